/* SPDX-License-Identifier: MIT */
/* parse: formulas, each an argument, written in postfix.
 *
 *     $ parse "(8 - 2) * 3 + 1"
 *     (8 - 2) * 3 + 1: 8 2 - 3 * 1 +
 *
 * The tree lives in an arena, which begins in a buffer on the stack: a node is
 * one call, and no path through the parser has anything to release. */
#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    char op; /* one of + - * and /, or 0: a number */
    double number;
    const struct node *left, *right;
};

struct parser {
    struct alcove_arena arena;
    struct alcove_error err;
    const char *at, *fault;
};

static const struct node *
wrong(struct parser *p, const char *fault)
{
    p->fault = fault;
    return NULL;
}

static const struct node *
make(struct parser *p, struct node what)
{
    struct node *n =
        alcove_arena_alloc(&p->arena, ALCOVE_LAYOUT(struct node), &p->err);

    if (n)
        *n = what;
    return n;
}

static char
next(struct parser *p)
{
    p->at += strspn(p->at, " ");
    return *p->at;
}

/* A formula, up to an operator that binds less than `least`. */
static const struct node *
formula(struct parser *p, int least)
{
    const struct node *n, *r;
    char *end, op = next(p);
    int binds;
    double x;

    if (op == '(') {
        p->at++;
        n = formula(p, 1);
        if (n && next(p) != ')')
            return wrong(p, "a ) is missing");
        p->at += n != NULL;
    } else {
        x = strtod(p->at, &end);
        if (end == p->at)
            return wrong(p, "a number is missing");
        p->at = end;
        n = make(p, (struct node){.number = x});
    }
    while (n && (op = next(p)) && strchr("+-*/", op) &&
           (binds = (op == '*' || op == '/' ? 2 : 1)) >= least) {
        p->at++;
        r = formula(p, binds + 1);
        n = r ? make(p, (struct node){op, 0, n, r}) : NULL;
    }
    return n;
}

/* Both operands before what is done with them. */
static void
show(const struct node *n)
{
    if (n->op) {
        show(n->left);
        show(n->right);
        printf(" %c", n->op);
    } else {
        printf(" %g", n->number);
    }
}

int
main(int argc, char **argv)
{
    char buffer[1024], text[256];
    int failed = argc < 2;

    while (argc > 1 && *++argv) {
        struct parser p = {.at = *argv, .fault = "something comes after it"};
        const struct node *n;

        alcove_arena_init(&p.arena, alcove_malloc(), buffer, sizeof buffer);
        n = strlen(*argv) > 9999 ? wrong(&p, "it is too long") : formula(&p, 1);
        if (n && !*p.at) {
            printf("%s:", *argv);
            show(n);
            printf("\n");
        } else {
            alcove_error_format(&p.err, text, sizeof text);
            fprintf(stderr, "parse: %s\n", p.err.code ? text : p.fault);
            failed = 1;
        }
        alcove_arena_done(&p.arena);
    }
    return failed;
}
