/* SPDX-License-Identifier: MIT */
/* expat: each request of a parser is refused once; a guard looks for leaks. */
#include <alcove.h>
#include <expat.h>
#include <stdio.h>
#include <unistd.h>

ALCOVE_BRIDGE_GLOBAL(xml); /* makes xml_bind, xml_malloc and others */

static void XMLCALL
count(void *elements, const XML_Char *name, const XML_Char **attributes)
{
    (void)name, (void)attributes;
    ++*(int *)elements;
}

static enum XML_Error
parse(int *elements)
{
    static const char book[] = "<book><part n='1'><page/></part><part/></book>";
    const XML_Memory_Handling_Suite x = {xml_malloc, xml_realloc, xml_free};
    XML_Parser parser = XML_ParserCreate_MM(NULL, &x, NULL);
    enum XML_Error error;

    if (!parser)
        return XML_ERROR_NO_MEMORY;
    XML_SetUserData(parser, elements);
    XML_SetStartElementHandler(parser, count);
    (void)XML_Parse(parser, book, sizeof book - 1, XML_TRUE);
    error = XML_GetErrorCode(parser);
    XML_ParserFree(parser);
    return error;
}

int
main(void)
{
    struct alcove_bridge_options one = {.struct_size = sizeof one,
                                        .threads = ALCOVE_BRIDGE_THREADS_ONE};
    struct alcove_fail_rule rule = {.nth = 1};
    struct alcove_guard guard;
    struct alcove_fail fail;
    enum XML_Error error;
    int elements, told = 0;

    if (!alcove_guard_init(&guard, alcove_malloc(), NULL, NULL) ||
        !alcove_fail_init(&fail, &guard.allocator, &rule, NULL) ||
        !xml_bind(&fail.allocator, &one, NULL))
        return fputs("expat: no bridge\n", stderr), 1;
    do { /* ... until the parser has all it asks for */
        elements = 0;
        error = parse(&elements);
        told += error == XML_ERROR_NO_MEMORY;
        rule.nth++;
    } while (alcove_guard_done(&guard, NULL) && alcove_fail_fired(&fail) > 0 &&
             alcove_fail_set(&fail, &rule, NULL));
    printf("%d elements, %zu refused, %d told\n", elements, rule.nth - 2, told);
    alcove_guard_report(&guard, STDERR_FILENO, NULL); /* what is left */
    return !alcove_guard_done(&guard, NULL) || error != XML_ERROR_NONE;
}
