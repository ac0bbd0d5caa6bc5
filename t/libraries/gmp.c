/* SPDX-License-Identifier: MIT */
/* GMP: large integers, by all ways to multiply and divide, a prime, fractions,
 * floats, random numbers, and texts that it allocates. */
#include <config.h>

#include "library.h"

#include <gmp.h>
#include <stdio.h>
#include <string.h>

ALCOVE_BRIDGE_GLOBAL(gmp);

enum { DIGITS = 3000 };

/* A text of GMP's is released by GMP's function, and with its size. */
static void
put_text(struct work *w, char *text)
{
    void (*release)(void *, size_t);

    result(w, text, strlen(text));
    mp_get_memory_functions(NULL, NULL, &release);
    release(text, strlen(text) + 1);
}

static void
put(struct work *w, const mpz_t x)
{
    put_text(w, mpz_get_str(NULL, 10, x));
}

/* From a few limbs to more than a thousand: each size has its own algorithm. */
static bool
multiply(struct work *w)
{
    mpz_t x, y, z, rest;
    bool good = true;
    unsigned long n;

    mpz_inits(x, y, z, rest, (mpz_ptr)NULL);
    for (n = 3; n < 1000 && good; n *= 3) {
        mpz_ui_pow_ui(x, 7, n * 20);
        mpz_fac_ui(y, n);
        mpz_mul(z, x, y);
        mpz_addmul(z, x, x);
        mpz_sub(z, z, y);
        mpz_tdiv_qr(z, rest, z, x);
        mpz_gcdext(z, rest, NULL, y, z);
        put(w, z);
        mpz_mul(z, x, x);
        mpz_sqrtrem(z, rest, z);
        good = mpz_cmp(z, x) == 0 && mpz_sgn(rest) == 0;
    }
    mpz_clears(x, y, z, rest, (mpz_ptr)NULL);
    return good || refused(w, "a square's root is another");
}

/* The digits of pi, by Machin's formula in integers. */
static void
inverse_tangent(mpz_t sum, unsigned long x, const mpz_t one)
{
    mpz_t term, part;
    unsigned long n;

    mpz_init(part);
    mpz_init(term);
    mpz_tdiv_q_ui(term, one, x);
    mpz_set(sum, term);
    for (n = 3; mpz_sgn(term) != 0; n += 2) {
        mpz_tdiv_q_ui(term, term, x * x);
        mpz_tdiv_q_ui(part, term, n);
        if (n % 4 == 3)
            mpz_sub(sum, sum, part);
        else
            mpz_add(sum, sum, part);
    }
    mpz_clear(term);
    mpz_clear(part);
}

static void
pi(struct work *w)
{
    mpz_t one, x, y;

    mpz_inits(one, x, y, (mpz_ptr)NULL);
    mpz_ui_pow_ui(one, 10, DIGITS);
    inverse_tangent(x, 5, one);
    inverse_tangent(y, 239, one);
    mpz_mul_ui(x, x, 4);
    mpz_sub(x, x, y);
    mpz_mul_2exp(x, x, 2);
    put(w, x);
    mpz_clears(one, x, y, (mpz_ptr)NULL);
}

static bool
primes(struct work *w)
{
    gmp_randstate_t state;
    mpz_t p, x, y;
    bool good;

    mpz_inits(p, x, y, (mpz_ptr)NULL);
    gmp_randinit_mt(state);
    gmp_randseed_ui(state, 42);
    mpz_urandomb(p, state, 200);
    mpz_nextprime(p, p);
    mpz_sub_ui(y, p, 1);
    mpz_urandomm(x, state, y);
    mpz_add_ui(x, x, 1);
    mpz_powm(y, x, y, p);
    good = mpz_cmp_ui(y, 1) == 0 && mpz_invert(y, x, p) != 0 &&
           mpz_probab_prime_p(p, 20) != 0;
    put(w, p);
    put(w, y);
    gmp_randclear(state);
    mpz_clears(p, x, y, (mpz_ptr)NULL);
    return good || refused(w, "Fermat's little theorem does not hold");
}

static void
fractions(struct work *w)
{
    char *text = NULL;
    unsigned long n;
    mp_exp_t exp;
    mpq_t sum, x;
    mpf_t f;

    mpq_inits(sum, x, (mpq_ptr)NULL);
    for (n = 1; n <= 100; n++) {
        mpq_set_ui(x, 1, n);
        mpq_add(sum, sum, x);
    }
    put_text(w, mpq_get_str(NULL, 36, sum));
    mpf_init2(f, 1000);
    mpf_set_q(f, sum);
    mpf_sqrt(f, f);
    put_text(w, mpf_get_str(NULL, &exp, 10, 0, f));
    gmp_asprintf(&text, "%Qd is %.50Ff, to %d", sum, f, (int)exp);
    put_text(w, text);
    mpf_clear(f);
    mpq_clears(sum, x, (mpq_ptr)NULL);
}

/* As bytes, and back. */
static bool
exchange(struct work *w)
{
    static unsigned char bytes[1000];
    size_t size = 0;
    mpz_t x, y;
    bool good;

    mpz_inits(x, y, (mpz_ptr)NULL);
    mpz_import(x, sizeof bytes, 1, 1, 0, 0, some_text(sizeof bytes));
    mpz_export(bytes, &size, -1, 1, 0, 0, x);
    mpz_import(y, size, -1, 1, 0, 0, bytes);
    good = mpz_cmp(x, y) == 0;
    mpz_realloc2(y, 64);
    mpz_set_ui(y, mpz_sizeinbase(x, 2));
    put(w, y);
    mpz_clears(x, y, (mpz_ptr)NULL);
    return good || refused(w, "it came back otherwise");
}

static bool
work(struct work *w)
{
    if (w->bridge)
        mp_set_memory_functions(gmp_sized_alloc, gmp_sized_realloc,
                                gmp_sized_free);
    pi(w);
    fractions(w);
    return multiply(w) && primes(w) && exchange(w);
}

static const char *
version(void)
{
    return gmp_version;
}

const struct library library = {
    .name = "GMP",
    .version = version,
    .shape = "all sizes, no context",
    .work = work,
    .bind = gmp_bind,
    .unbind = gmp_unbind,
    .bound = gmp_bridge,
    .never_null = true,
};
