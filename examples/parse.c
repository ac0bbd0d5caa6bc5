/* SPDX-License-Identifier: MIT */
/* parse: formulas, each an argument, as trees, and what they come to.
 *
 *     $ parse "(8 - 2) * 3 + 1"
 *     (+ (* (- 8 2) 3) 1) = 19
 *
 * The tree lives in an arena, which begins in a buffer on the stack: a node is
 * one call, and no path through the parser has anything to release. */
#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    char op; /* one of + - * and /, or 0: a number */
    double value;
    const struct node *left, *right;
};

struct parser {
    struct alcove_arena arena;
    struct alcove_error err;
    const char *at, *fault;
};

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
            return p->fault = "a ) is missing", NULL;
        p->at += n != NULL;
    } else {
        x = strtod(p->at, &end);
        if (end == p->at)
            return p->fault = "a number is missing", NULL;
        p->at = end;
        n = make(p, (struct node){.value = x});
    }
    while (n && (op = next(p)) && strchr("+-*/", op)) {
        binds = op == '*' || op == '/' ? 2 : 1;
        if (binds < least)
            break;
        p->at++;
        if (!(r = formula(p, binds + 1)))
            return NULL;
        x = op == '+'   ? n->value + r->value
            : op == '-' ? n->value - r->value
            : op == '*' ? n->value * r->value
                        : n->value / r->value;
        n = make(p, (struct node){op, x, n, r});
    }
    return n;
}

static void
show(const struct node *n)
{
    if (!n->op) {
        printf("%g", n->value);
        return;
    }
    printf("(%c ", n->op);
    show(n->left), putchar(' ');
    show(n->right), putchar(')');
}

int
main(int argc, char **argv)
{
    char buffer[1024], text[256];
    int failed = argc < 2;

    while (argc > 1 && *++argv) {
        struct parser p = {.at = *argv, .fault = "it is too long"};
        const struct node *n;

        alcove_arena_init(&p.arena, alcove_malloc(), buffer, sizeof buffer);
        /* Each ( is a call, on a stack that has an end. */
        n = strlen(*argv) < 10000 ? formula(&p, 1) : NULL;
        if (n && *p.at)
            n = NULL, p.fault = "something comes after it";
        if (n) {
            show(n), printf(" = %g\n", n->value);
        } else {
            alcove_error_format(&p.err, text, sizeof text);
            fprintf(stderr, "parse: %s\n", p.err.code ? text : p.fault);
            failed = 1;
        }
        alcove_arena_done(&p.arena);
    }
    return failed;
}
