/* SPDX-License-Identifier: MIT */
/* cmark: a text with all that CommonMark has is parsed in pieces, changed, and
 * written in each of its formats. */
#include <config.h>

#include "library.h"

#include <cmark.h>
#include <string.h>

ALCOVE_BRIDGE_GLOBAL(cmark);

enum { PIECE = 100, REPEATS = 4 };

static const char document[] =
    "Title\n=====\n\n# First *heading* #\n\n"
    "A paragraph with *emphasis*, **strong**, `code`, a\\\nbreak, a  \nsoft "
    "one, <b>HTML</b>, &auml; &#x263a; and \"quotes\" -- dashes...\n\n"
    "[link](http://example.org/a?b=c \"title\"), [ref], ![image][ref], "
    "<http://example.org>, <me@example.org>, ***both** of them*\n\n"
    "> quoted\n> > twice\nlazily\n\n"
    "- a\n- b\n\n  more of b\n  1. one\n  2. two\n- c\n\n7) seven\n\n***\n\n"
    "    indented code\n\twith a tab\n\n```c\nint main(void);\n```\n\n"
    "<div>\n*no emphasis*\n</div>\n\n"
    "[ref]: <http://example.org/ref> 'The \\\"title\\\"'\n\n";

static void
print(struct work *w, cmark_mem *mem, char *text)
{
    result(w, text, strlen(text));
    mem->free(text);
}

static void
print_all(struct work *w, cmark_mem *mem, cmark_node *root)
{
    print(w, mem, cmark_render_html(root, CMARK_OPT_SOURCEPOS));
    print(w, mem, cmark_render_html(root, CMARK_OPT_UNSAFE));
    print(w, mem, cmark_render_xml(root, CMARK_OPT_DEFAULT));
    print(w, mem, cmark_render_man(root, CMARK_OPT_HARDBREAKS, 60));
    print(w, mem, cmark_render_commonmark(root, CMARK_OPT_DEFAULT, 40));
    print(w, mem, cmark_render_latex(root, CMARK_OPT_DEFAULT, 0));
}

static cmark_node *
parse(cmark_mem *mem)
{
    cmark_parser *parser = cmark_parser_new_with_mem(CMARK_OPT_SMART, mem);
    size_t size = sizeof document - 1, at;
    cmark_node *root;
    int i;

    for (i = 0; i < REPEATS; i++)
        for (at = 0; at < size; at += PIECE)
            cmark_parser_feed(parser, document + at,
                              size - at < PIECE ? size - at : PIECE);
    root = cmark_parser_finish(parser);
    cmark_parser_free(parser);
    return root;
}

/* Each link leads elsewhere, and each heading goes. */
static bool
change(struct work *w, cmark_node *root)
{
    cmark_iter *iter = cmark_iter_new(root);
    bool good = true;

    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);

        if (cmark_iter_get_event_type(iter) != CMARK_EVENT_EXIT)
            continue;
        result_text(w, "%s %d;", cmark_node_get_type_string(node),
                    cmark_node_get_start_line(node));
        if (cmark_node_get_type(node) == CMARK_NODE_LINK)
            good = good && cmark_node_set_url(node, "http://else.where/it/is");
        else if (cmark_node_get_type(node) == CMARK_NODE_HEADING)
            cmark_node_free(node);
    }
    cmark_iter_free(iter);
    return good || refused(w, "cmark_node_set_url: 0");
}

static bool
append(struct work *w, cmark_mem *mem, cmark_node *root)
{
    cmark_node *paragraph = cmark_node_new_with_mem(CMARK_NODE_PARAGRAPH, mem);
    cmark_node *text = cmark_node_new_with_mem(CMARK_NODE_TEXT, mem);

    if (!cmark_node_append_child(root, paragraph) ||
        !cmark_node_append_child(paragraph, text))
        return refused(w, "cmark_node_append_child: 0");
    return cmark_node_set_literal(text, "the *end*") ||
           refused(w, "cmark_node_set_literal: 0");
}

static bool
work(struct work *w)
{
    cmark_mem ours = {cmark_calloc, cmark_realloc, cmark_free};
    cmark_mem *mem = w->bridge ? &ours : cmark_get_default_mem_allocator();
    cmark_node *root = parse(mem);
    bool good;

    print_all(w, mem, root);
    good = change(w, root) && append(w, mem, root);
    cmark_consolidate_text_nodes(root);
    print_all(w, mem, root);
    cmark_node_free(root);
    return good;
}

const struct library library = {
    .name = "cmark",
    .version = cmark_version_string,
    .shape = "calloc, realloc and free, no context",
    .work = work,
    .bind = cmark_bind,
    .unbind = cmark_unbind,
    .bound = cmark_bridge,
    .never_null = true,
};
