/* SPDX-License-Identifier: MIT */
/* expat: a document with all that XML has is parsed, in pieces, with pauses,
 * and with parsers for its entities; then a wrong one, by the same parser. */
#include <config.h>

#include "library.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

ALCOVE_BRIDGE_GLOBAL(expat);

enum { PIECE = 200, ROWS = 40 };

/* What the system identifiers stand for. */
static const struct entity {
    const char *id, *text;
} entities[] = {
    {"base/doc.dtd",
     "<?xml version='1.0' encoding='utf-8'?>\n"
     "<!ENTITY % more 'INCLUDE'><!ENTITY % other SYSTEM 'other.dtd'>\n"
     "<![%more;[<!ELEMENT row (#PCDATA|b|i)*>]]><![IGNORE[<!ELEMENT no>]]>\n"
     "<!ATTLIST row kind (old|new) 'new' id ID #IMPLIED note CDATA #FIXED "
     "'x'>\n"
     "%other;\n"},
    {"base/other.dtd", "<!ELEMENT b EMPTY><!ELEMENT i ANY>\n"},
    {"base/chapter.xml", "<i>from &amp; outside, &inner;</i><b/>"},
};

static const char head[] =
    "<?xml version='1.0' encoding='x-one' standalone='no'?>\n"
    "<!DOCTYPE doc PUBLIC '-//alcove//doc' 'doc.dtd' [\n"
    "<!ELEMENT doc (title?,((row|i)+,b*)*)>\n"
    "<!ELEMENT title (#PCDATA)>\n"
    "<!NOTATION gif PUBLIC 'gif viewer'>\n"
    "<!ENTITY inner 'an &deeper; entity'>\n"
    "<!ENTITY word 'some words'>\n"
    "<!ENTITY deeper '<b/>even deeper'>\n"
    "<!ENTITY chapter SYSTEM 'chapter.xml'>\n"
    "<!ENTITY picture SYSTEM 'picture.gif' NDATA gif>\n"
    "<!ATTLIST doc xml:lang NMTOKEN 'en' xmlns:a CDATA 'urn:a' p ENTITY "
    "'picture'>"
    "\n]>\n"
    "<doc xmlns='urn:doc'><title>&#x41;&lt;\xe4\xf6</title><!-- a comment -->\n"
    "<?pause?><i>&inner;</i>&chapter;<![CDATA[ <no> & markup ]]>\n";

static const char foot[] = "</doc>\n<?pause?><!-- the end -->\n";

static const char wrong[] = "<doc><row>\n<b></row></doc>";

/* ---- what is found ---- */

/* Its handlers get the parser. */
static struct work *
of(void *parser)
{
    return XML_GetUserData(parser);
}

static void
tell(void *p, const char *text)
{
    text = text ? text : "(none)";
    result(of(p), text, strlen(text) + 1);
}

static void XMLCALL
on_start(void *p, const XML_Char *name, const XML_Char **atts)
{
    tell(p, "start");
    tell(p, name);
    for (; *atts; atts++)
        tell(p, *atts);
}

static void XMLCALL
on_end(void *p, const XML_Char *name)
{
    tell(p, "end");
    tell(p, name);
}

static void XMLCALL
on_text(void *p, const XML_Char *s, int size)
{
    result(of(p), s, (size_t)size);
}

static void XMLCALL
on_comment(void *p, const XML_Char *text)
{
    tell(p, "comment");
    tell(p, text);
}

static void XMLCALL
on_cdata(void *p)
{
    tell(p, "cdata");
}

static void XMLCALL
on_namespace(void *p, const XML_Char *prefix, const XML_Char *uri)
{
    tell(p, prefix);
    tell(p, uri);
}

static void XMLCALL
on_namespace_end(void *p, const XML_Char *prefix)
{
    tell(p, prefix);
}

static void XMLCALL
on_doctype(void *p, const XML_Char *name, const XML_Char *system,
           const XML_Char *public, int internal)
{
    result_text(of(p), "doctype %s %s %s %d", name, system, public, internal);
}

static void XMLCALL
on_notation(void *p, const XML_Char *name, const XML_Char *base,
            const XML_Char *system, const XML_Char *public)
{
    tell(p, name);
    tell(p, base);
    tell(p, system);
    tell(p, public);
}

static void XMLCALL
on_entity(void *p, const XML_Char *name, int parameter, const XML_Char *value,
          int size, const XML_Char *base, const XML_Char *system,
          const XML_Char *public, const XML_Char *notation)
{
    result_text(of(p), "entity %s %d", name, parameter);
    if (value)
        result(of(p), value, (size_t)size);
    on_notation(p, notation, base, system, public);
}

static void XMLCALL
on_attlist(void *p, const XML_Char *element, const XML_Char *name,
           const XML_Char *type, const XML_Char *value, int required)
{
    on_notation(p, element, name, type, value);
    result(of(p), &required, sizeof required);
}

static void XMLCALL
on_declaration(void *p, const XML_Char *version, const XML_Char *encoding,
               int standalone)
{
    tell(p, version);
    tell(p, encoding);
    result(of(p), &standalone, sizeof standalone);
}

static void
tell_model(void *p, const XML_Content *model)
{
    unsigned i;

    result_text(of(p), "(%d %d", (int)model->type, (int)model->quant);
    tell(p, model->name);
    for (i = 0; i < model->numchildren; i++)
        tell_model(p, &model->children[i]);
}

static void XMLCALL
on_element(void *p, const XML_Char *name, XML_Content *model)
{
    tell(p, name);
    tell_model(p, model);
    XML_FreeContentModel(p, model);
}

static void XMLCALL
on_instruction(void *p, const XML_Char *target, const XML_Char *data)
{
    tell(p, target);
    tell(p, data);
    XML_StopParser(p, XML_TRUE);
}

static bool
say(XML_Parser parser, const char *call)
{
    return refused(of(parser), "%s: %s", call,
                   XML_ErrorString(XML_GetErrorCode(parser)));
}

static const char *
text_of(const char *id)
{
    size_t i;

    for (i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (strcmp(entities[i].id, id) == 0)
            return entities[i].text;
    return "<unknown>";
}

static int XMLCALL
on_external(XML_Parser parser, const XML_Char *context, const XML_Char *base,
            const XML_Char *system, const XML_Char *public)
{
    XML_Parser part = XML_ExternalEntityParserCreate(parser, context, NULL);
    const char *text;
    char id[40];
    bool good;

    (void)public;
    if (!part)
        return refused(of(parser), "XML_ExternalEntityParserCreate: NULL");
    snprintf(id, sizeof id, "%s/%s", base, system);
    text = text_of(id);
    good = (XML_SetBase(part, base) == XML_STATUS_OK ||
            refused(of(parser), "XML_SetBase: no memory for it")) &&
           (XML_Parse(part, text, (int)strlen(text), 1) == XML_STATUS_OK ||
            say(part, id));
    XML_ParserFree(part);
    return good;
}

/* Latin 1, under another name. */
static int XMLCALL
on_encoding(void *w, const XML_Char *name, XML_Encoding *encoding)
{
    int i;

    result(w, name, strlen(name));
    for (i = 0; i < 256; i++)
        encoding->map[i] = i;
    encoding->data = NULL;
    encoding->convert = NULL;
    encoding->release = NULL;
    return XML_STATUS_OK;
}

/* ---- the work ---- */

static void
handle(XML_Parser parser, struct work *w)
{
    XML_SetUserData(parser, w);
    XML_UseParserAsHandlerArg(parser);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetCommentHandler(parser, on_comment);
    XML_SetCdataSectionHandler(parser, on_cdata, on_cdata);
    XML_SetNamespaceDeclHandler(parser, on_namespace, on_namespace_end);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetNotationDeclHandler(parser, on_notation);
    XML_SetEntityDeclHandler(parser, on_entity);
    XML_SetAttlistDeclHandler(parser, on_attlist);
    XML_SetElementDeclHandler(parser, on_element);
    XML_SetXmlDeclHandler(parser, on_declaration);
    XML_SetProcessingInstructionHandler(parser, on_instruction);
    XML_SetExternalEntityRefHandler(parser, on_external);
    XML_SetUnknownEncodingHandler(parser, on_encoding, w);
    XML_SetParamEntityParsing(parser, XML_PARAM_ENTITY_PARSING_ALWAYS);
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetHashSalt(parser, 1);
}

/* In the parser's own buffer. */
static bool
feed(XML_Parser parser, const char *text, size_t size, bool last)
{
    void *buffer = XML_GetBuffer(parser, (int)size);
    enum XML_Status status;

    if (!buffer)
        return say(parser, "XML_GetBuffer");
    memcpy(buffer, text, size);
    status = XML_ParseBuffer(parser, (int)size, last);
    while (status == XML_STATUS_SUSPENDED)
        status = XML_ResumeParser(parser);
    return status == XML_STATUS_OK || say(parser, "XML_ParseBuffer");
}

static bool
parse_rows(XML_Parser parser)
{
    char row[2 * PIECE];
    int i;

    for (i = 0; i < ROWS; i++) {
        snprintf(row, sizeof row,
                 "<row id='r%d' xmlns:n%d='urn:n%d' n%d:x='&word;%.*s'>"
                 "<n%d:y>%d</n%d:y><row%d a%d=''/></row>\n",
                 i, i, i, i, 5 * i % PIECE, some_text(PIECE), i, i, i, i, i);
        if (!feed(parser, row, strlen(row), false))
            return false;
    }
    return true;
}

static bool
parse_good(XML_Parser parser, struct work *w)
{
    size_t size = sizeof head - 1, at;

    handle(parser, w);
    if (XML_SetBase(parser, "base") != XML_STATUS_OK)
        return say(parser, "XML_SetBase");
    for (at = 0; at < size; at += PIECE)
        if (!feed(parser, head + at, size - at < PIECE ? size - at : PIECE,
                  false))
            return false;
    return parse_rows(parser) && feed(parser, foot, sizeof foot - 1, true);
}

static bool
parse_wrong(XML_Parser parser, struct work *w)
{
    if (!XML_ParserReset(parser, "utf-8"))
        return refused(w, "XML_ParserReset: false");
    handle(parser, w);
    if (XML_Parse(parser, wrong, sizeof wrong - 1, 1) == XML_STATUS_OK)
        return refused(w, "XML_Parse: nothing is wrong");
    if (XML_GetErrorCode(parser) != XML_ERROR_TAG_MISMATCH)
        return say(parser, "XML_Parse");
    result_text(w, "%s, line %lu, column %lu",
                XML_ErrorString(XML_GetErrorCode(parser)),
                (unsigned long)XML_GetCurrentLineNumber(parser),
                (unsigned long)XML_GetCurrentColumnNumber(parser));
    return true;
}

static bool
work(struct work *w)
{
    const XML_Memory_Handling_Suite suite = {expat_malloc, expat_realloc,
                                             expat_free};
    XML_Parser parser =
        XML_ParserCreate_MM(NULL, w->bridge ? &suite : NULL, "|");
    bool good;

    if (!parser)
        return refused(w, "XML_ParserCreate_MM: NULL");
    good = parse_good(parser, w) && parse_wrong(parser, w);
    XML_ParserFree(parser);
    return good;
}

const struct library library = {
    .name = "expat",
    .version = XML_ExpatVersion,
    .shape = "malloc, realloc and free, no context",
    .work = work,
    .bind = expat_bind,
    .unbind = expat_unbind,
    .bound = expat_bridge,
    .defects = SWALLOWS,
    .defects_text = "getAttributeId does not look at lookup's NULL for the "
                    "prefix in xmlns:prefix, which then declares nothing",
};
