/* SPDX-License-Identifier: MIT */
/* Tree-sitter: a text in a language of lists is parsed from pieces, edited,
 * parsed again, with errors and in parts, walked through and asked.
 *
 * The language comes as a generated parser does: a lexer, and LR tables.
 *     document: items?    list: '(' items? ')'
 *     items: item | items item    item: word | number | list
 * with comments everywhere. */
#include <config.h>

#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>
#include <tree_sitter/parser.h>

ALCOVE_BRIDGE_GLOBAL(tree);

/* ---- the language ---- */

enum {
    END,
    OPEN,
    CLOSE,
    WORD,
    NUMBER,
    COMMENT,
    TOKENS,
    DOCUMENT = TOKENS,
    LIST,
    ITEMS,
    SYMBOLS
};

/* After what; 0 is where it recovers from an error. */
enum {
    ERROR,
    START,
    SOME,    /* items */
    FIRST,   /* an item */
    OPENED,  /* ( */
    ALL,     /* the document */
    ANOTHER, /* items item */
    EMPTY,   /* ( ) */
    INSIDE,  /* ( items */
    CLOSED,  /* ( items ) */
    STATES
};

enum { PLAIN, SHORT_LIST, LONG_LIST, PRODUCTIONS, LONGEST = 3 };

/* Where in the list of actions. */
enum {
    NOTHING,
    RECOVERS,
    SKIPS = 3,
    OPENS = 5,
    TAKES_FIRST = 7,
    TAKES_ANOTHER = 9,
    CLOSES_EMPTY = 11,
    CLOSES = 13,
    MAKES_EMPTY_DOCUMENT = 15,
    MAKES_DOCUMENT = 17,
    MAKES_ITEMS = 19,
    MAKES_MORE_ITEMS = 21,
    MAKES_EMPTY_LIST = 23,
    MAKES_LIST = 25,
    ACCEPTS = 27
};

#define ONE                                                                    \
    {                                                                          \
        .entry = {.count = 1, .reusable = true }                               \
    }
#define MAKE(symbol, count, production)                                        \
    REDUCE(symbol, count, .production_id = production)

static const TSParseActionEntry actions[] = {
    [NOTHING] = {.entry = {.count = 0}},
    [RECOVERS] = ONE,
    RECOVER(),
    [SKIPS] = ONE,
    SHIFT_EXTRA(),
    [OPENS] = ONE,
    SHIFT(OPENED),
    [TAKES_FIRST] = ONE,
    SHIFT(FIRST),
    [TAKES_ANOTHER] = ONE,
    SHIFT(ANOTHER),
    [CLOSES_EMPTY] = ONE,
    SHIFT(EMPTY),
    [CLOSES] = ONE,
    SHIFT(CLOSED),
    [MAKES_EMPTY_DOCUMENT] = ONE,
    MAKE(DOCUMENT, 0, PLAIN),
    [MAKES_DOCUMENT] = ONE,
    MAKE(DOCUMENT, 1, PLAIN),
    [MAKES_ITEMS] = ONE,
    MAKE(ITEMS, 1, PLAIN),
    [MAKES_MORE_ITEMS] = ONE,
    MAKE(ITEMS, 2, PLAIN),
    [MAKES_EMPTY_LIST] = ONE,
    MAKE(LIST, 2, SHORT_LIST),
    [MAKES_LIST] = ONE,
    MAKE(LIST, 3, LONG_LIST),
    [ACCEPTS] = ONE,
    ACCEPT_INPUT(),
};

#define ALWAYS(action)                                                         \
    {                                                                          \
        [END] = action, [OPEN] = action, [CLOSE] = action, [WORD] = action,    \
        [NUMBER] = action, [COMMENT] = SKIPS                                   \
    }

/* Of a token: which actions; of another symbol: the next state. */
static const uint16_t table[STATES][SYMBOLS] = {
    [ERROR] = ALWAYS(RECOVERS),
    [START] = {[END] = MAKES_EMPTY_DOCUMENT,
               [OPEN] = OPENS,
               [WORD] = TAKES_FIRST,
               [NUMBER] = TAKES_FIRST,
               [COMMENT] = SKIPS,
               [DOCUMENT] = ALL,
               [LIST] = FIRST,
               [ITEMS] = SOME},
    [SOME] = {[END] = MAKES_DOCUMENT,
              [OPEN] = OPENS,
              [WORD] = TAKES_ANOTHER,
              [NUMBER] = TAKES_ANOTHER,
              [COMMENT] = SKIPS,
              [LIST] = ANOTHER},
    [FIRST] = ALWAYS(MAKES_ITEMS),
    [OPENED] = {[OPEN] = OPENS,
                [CLOSE] = CLOSES_EMPTY,
                [WORD] = TAKES_FIRST,
                [NUMBER] = TAKES_FIRST,
                [COMMENT] = SKIPS,
                [LIST] = FIRST,
                [ITEMS] = INSIDE},
    [ALL] = {[END] = ACCEPTS, [COMMENT] = SKIPS},
    [ANOTHER] = ALWAYS(MAKES_MORE_ITEMS),
    [EMPTY] = ALWAYS(MAKES_EMPTY_LIST),
    [INSIDE] = {[OPEN] = OPENS,
                [CLOSE] = CLOSES,
                [WORD] = TAKES_ANOTHER,
                [NUMBER] = TAKES_ANOTHER,
                [COMMENT] = SKIPS,
                [LIST] = ANOTHER},
    [CLOSED] = ALWAYS(MAKES_LIST),
};

static const char *const symbol_names[] = {
    "end", "(", ")", "word", "number", "comment", "document", "list", "items"};

static const TSSymbolMetadata metadata[] = {
    [END] = {false, true, false},     [OPEN] = {true, false, false},
    [CLOSE] = {true, false, false},   [WORD] = {true, true, false},
    [NUMBER] = {true, true, false},   [COMMENT] = {true, true, false},
    [DOCUMENT] = {true, true, false}, [LIST] = {true, true, false},
    [ITEMS] = {false, false, false},
};

/* In the order of the alphabet: Tree-sitter looks no further than that. */
static const char *const field_names[] = {NULL, "close", "open"};
static const TSFieldMapEntry fields[] = {
    {1, 1, false}, {2, 0, false}, {1, 2, false}, {2, 0, false}};
static const TSFieldMapSlice slices[PRODUCTIONS] = {
    [SHORT_LIST] = {0, 2}, [LONG_LIST] = {2, 2}};

static const TSSymbol itself[] = {END,     OPEN,     CLOSE, WORD, NUMBER,
                                  COMMENT, DOCUMENT, LIST,  ITEMS};
static const TSStateId states[] = {ERROR, START,   SOME,  FIRST,  OPENED,
                                   ALL,   ANOTHER, EMPTY, INSIDE, CLOSED};
static const uint16_t no_alias[1];
static const TSSymbol no_aliases[PRODUCTIONS * LONGEST];
static const TSLexMode modes[STATES];

static bool
is_space(int32_t c)
{
    return c == ' ' || c == '\n';
}

static bool
is_word(int32_t c)
{
    return (c >= 'a' && c <= 'z') || c == '-' || c == 0x20AC;
}

static bool
is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_in_line(int32_t c)
{
    return c != '\n' && c != 0;
}

static bool
token(TSLexer *lexer, TSSymbol symbol, bool (*more)(int32_t))
{
    do
        lexer->advance(lexer, false);
    while (more && more(lexer->lookahead));
    lexer->mark_end(lexer);
    lexer->result_symbol = symbol;
    return true;
}

static bool
lex(TSLexer *lexer, TSStateId state)
{
    (void)state;
    while (is_space(lexer->lookahead))
        lexer->advance(lexer, true);
    if (lexer->eof(lexer)) {
        lexer->mark_end(lexer);
        lexer->result_symbol = END;
        return true;
    }
    if (is_word(lexer->lookahead))
        return token(lexer, WORD, is_word);
    if (is_digit(lexer->lookahead))
        return token(lexer, NUMBER, is_digit);
    switch (lexer->lookahead) {
    case '(':
        return token(lexer, OPEN, NULL);
    case ')':
        return token(lexer, CLOSE, NULL);
    case ';':
        return token(lexer, COMMENT, is_in_line);
    default:
        return false;
    }
}

static const TSLanguage language = {
    .version = 14,
    .symbol_count = SYMBOLS,
    .token_count = TOKENS,
    .state_count = STATES,
    .large_state_count = STATES,
    .production_id_count = PRODUCTIONS,
    .field_count = 2,
    .max_alias_sequence_length = LONGEST,
    .parse_table = &table[0][0],
    .parse_actions = actions,
    .symbol_names = symbol_names,
    .field_names = field_names,
    .field_map_slices = slices,
    .field_map_entries = fields,
    .symbol_metadata = metadata,
    .public_symbol_map = itself,
    .alias_map = no_alias,
    .alias_sequences = no_aliases,
    .lex_modes = modes,
    .lex_fn = lex,
    .primary_state_ids = states,
};

/* ---- the work ---- */

enum { STATEMENTS = 40, TEXT = 4000, PIECE = 100 };

static char text[TEXT];

static void
write_text(void)
{
    size_t used = 0;
    int i;

    for (i = 0; i < STATEMENTS; i++)
        used += (size_t)snprintf(
            text + used, TEXT - used,
            "(define (cube-%c x)\n  (times x (times x x) %d)) ; the %d.\n()\n",
            'a' + i % 26, i * 37, i);
}

static const char *
piece(void *data, uint32_t byte, TSPoint position, uint32_t *size)
{
    size_t left = strlen(text) - byte;

    (void)data;
    (void)position;
    *size = (uint32_t)(left < PIECE ? left : PIECE);
    return text + byte;
}

/* What Tree-sitter hands out comes from its allocator. */
static void
give_back(struct work *w, void *p)
{
    if (w->bridge)
        tree_free(p);
    else
        free(p);
}

static void
put(struct work *w, const TSTree *tree)
{
    TSNode root = ts_tree_root_node(tree);
    char *s = ts_node_string(root);

    result(w, s, strlen(s));
    result_text(w, "%d", ts_node_has_error(root));
    give_back(w, s);
}

static void
walk(struct work *w, const TSTree *tree)
{
    TSTreeCursor c = ts_tree_cursor_new(ts_tree_root_node(tree));
    bool more = true;

    while (more) {
        TSNode node = ts_tree_cursor_current_node(&c);
        const char *field = ts_tree_cursor_current_field_name(&c);

        result_text(w, "%s %s %u ", field ? field : "-", ts_node_type(node),
                    (unsigned)ts_node_start_point(node).column);
        more = ts_tree_cursor_goto_first_child(&c);
        while (!more && !ts_tree_cursor_goto_next_sibling(&c))
            if (!ts_tree_cursor_goto_parent(&c))
                goto done;
        more = true;
    }
done:
    ts_tree_cursor_delete(&c);
}

static bool
ask(struct work *w, const TSTree *tree)
{
    static const char patterns[] =
        "(list open: \"(\" . (word) @name (list (word)+ @args (number)? @n))"
        "((word) @word (#eq? @word \"define\"))"
        "(document [(comment) @note (list !close)])"
        "((list . (_) @inner) (#match? @inner \"^a\"))";
    TSQueryError error;
    uint32_t offset, i;
    TSQuery *query =
        ts_query_new(&language, patterns, sizeof patterns - 1, &offset, &error);
    TSQueryCursor *cursor;
    TSQueryMatch match;

    if (!query)
        return refused(w, "ts_query_new: error %d at %u", (int)error,
                       (unsigned)offset);
    cursor = ts_query_cursor_new();
    ts_query_cursor_exec(cursor, query, ts_tree_root_node(tree));
    while (ts_query_cursor_next_match(cursor, &match))
        for (i = 0; i < match.capture_count; i++)
            result_text(w, "%u:%u@%u ", (unsigned)match.pattern_index,
                        (unsigned)match.captures[i].index,
                        (unsigned)ts_node_start_byte(match.captures[i].node));
    ts_query_cursor_delete(cursor);
    ts_query_delete(query);
    return true;
}

/* A word of the text is overwritten by another that does not fit. */
static void
edit(TSTree *tree, const char *from, const char *to)
{
    char *where = strstr(text + strlen(text) / 2, from);
    const uint32_t at = (uint32_t)(where - text);
    TSInputEdit e = {.start_byte = at};

    e.old_end_byte = at + (uint32_t)strlen(from);
    e.new_end_byte = at + (uint32_t)strlen(to);
    e.start_point = ts_node_start_point(
        ts_node_descendant_for_byte_range(ts_tree_root_node(tree), at, at + 1));
    e.old_end_point = e.new_end_point = e.start_point;
    e.old_end_point.column += (uint32_t)strlen(from);
    e.new_end_point.column += (uint32_t)strlen(to);
    memmove(where + strlen(to), where + strlen(from),
            strlen(where + strlen(from)) + 1);
    memcpy(where, to, strlen(to));
    ts_tree_edit(tree, &e);
}

static TSTree *
parse(TSParser *parser, const TSTree *old)
{
    const TSInput input = {NULL, piece, TSInputEncodingUTF8};

    return ts_parser_parse(parser, old, input);
}

/* Returns the new tree. */
static TSTree *
parse_again(struct work *w, TSParser *parser, TSTree *old, const char *from,
            const char *to)
{
    TSTree *new;
    TSRange *ranges;
    uint32_t count, i;

    edit(old, from, to);
    new = parse(parser, old);
    ranges = ts_tree_get_changed_ranges(old, new, &count);
    for (i = 0; i < count; i++)
        result_text(w, "%u-%u ", (unsigned)ranges[i].start_byte,
                    (unsigned)ranges[i].end_byte);
    give_back(w, ranges);
    put(w, new);
    ts_tree_delete(old);
    return new;
}

/* Two parts of it, as if there was nothing between. */
static bool
parse_parts(struct work *w, TSParser *parser)
{
    const TSRange parts[] = {
        {{0, 0}, {0, 15}, 0, 15},
        {{1, 0}, {2, 0}, 20, 53},
    };
    TSTree *tree;

    if (!ts_parser_set_included_ranges(parser, parts, 2))
        return refused(w, "ts_parser_set_included_ranges: no");
    tree = parse(parser, NULL);
    put(w, tree);
    ts_tree_delete(tree);
    return true;
}

static bool
use(struct work *w, TSParser *parser)
{
    TSTree *tree, *copy;
    bool good;

    if (!ts_parser_set_language(parser, &language))
        return refused(w, "ts_parser_set_language: no");
    write_text();
    tree = parse(parser, NULL);
    put(w, tree);
    copy = ts_tree_copy(tree);
    tree = parse_again(w, parser, tree, "define", "defining-\xE2\x82\xAC ()");
    tree = parse_again(w, parser, tree, "(times", ") ! 5 ((");
    walk(w, tree);
    good = ask(w, copy) && ask(w, tree) && parse_parts(w, parser);
    ts_tree_delete(copy);
    ts_tree_delete(tree);
    return good;
}

static bool
work(struct work *w)
{
    TSParser *parser;
    bool good;

    if (w->bridge)
        ts_set_allocator(tree_malloc, tree_calloc, tree_realloc, tree_free);
    parser = ts_parser_new();
    good = use(w, parser);
    ts_parser_delete(parser);
    return good;
}

/* It tells no version of its own. */
static const char *
version(void)
{
    static char v[32];

    snprintf(v, sizeof v, "ABI %d", TREE_SITTER_LANGUAGE_VERSION);
    return v;
}

const struct library library = {
    .name = "tree-sitter",
    .version = version,
    .shape = "no context, as the C library's",
    .work = work,
    .bind = tree_bind,
    .unbind = tree_unbind,
    .bound = tree_bridge,
    .never_null = true,
};
