/* SPDX-License-Identifier: MIT */
/* What the contracts in the sources are written in. Frama-C reads it before
 * each source; no compiler ever does.
 *
 * The axioms are about the bits of numbers of the width of size_t; two SMT
 * solvers check them at 16, 32 and 64 bits. Lemmas are proved as the functions
 * are. What only one source needs is there for it only (PROVE_ and its name):
 * provers get lost in facts.
 */
#ifndef ALCOVE_VERIFY_PROVE_H
#define ALCOVE_VERIFY_PROVE_H

#include <alcove/layout.h>

#include <errno.h>

/* ---- quotients and remainders ---- */

/*@ lemma remainder_is_less:
        \forall integer n, a; n >= 0 && a > 0 ==> 0 <= n % a < a;
    lemma less_is_remainder:
        \forall integer q, r, a;
            q >= 0 && a > 0 && 0 <= r < a ==> (q * a + r) % a == r;
    lemma multiple_has_none:
        \forall integer q, a; q >= 0 && a > 0 ==> (q * a) % a == 0;
    lemma without_is_multiple:
        \forall integer n, a; a > 0 ==> (n / a) * a + n % a == n;
    lemma over_quotient:
        \forall integer x, y, most; x >= 0 && y > 0 && most >= 0 ==>
            (x > most / y <==> x * y > most);
    lemma over_largest_quotient:
        \forall size_t x, y; y > 0 ==>
            (x > SIZE_MAX / y <==> x * y > SIZE_MAX);
*/

/* The least multiple of `a` that is at least `n`. */
/*@ logic integer up(integer n, integer a) = ((n + a - 1) / a) * a;

    lemma up_is_multiple:
        \forall integer n, a; n >= 0 && a > 0 ==> up(n, a) % a == 0;
    lemma up_is_least:
        \forall integer n, a; n >= 0 && a > 0 ==> n <= up(n, a) < n + a;
    lemma up_without:
        \forall integer n, a; n >= 0 && a > 0 ==>
            up(n, a) == n + a - 1 - (n + a - 1) % a;
    lemma up_of_multiple:
        \forall integer q, a; q >= 0 && a > 0 ==> up(q * a, a) == q * a;
    lemma up_again:
        \forall integer n, a; n >= 0 && a > 0 && n % a == 0 ==> up(n, a) == n;
    lemma next_multiple:
        \forall integer n, a, m;
            0 <= n < m && a > 0 && n % a == 0 && m % a == 0 ==> n + a <= m;
    lemma up_below_multiple:
        \forall integer n, a, m; n >= 0 && a > 0 && m >= 0 && m % a == 0 ==>
            (up(n, a) < m <==> n + a <= m);
*/

/* ---- powers ---- */

#if defined PROVE_LAYOUT || defined PROVE_PROVE

/* `r`, multiplied by `x` `n` times. */
/*@ axiomatic Powers {
        logic integer times(integer r, integer x, integer n);
        axiom times_0: \forall integer r, x; times(r, x, 0) == r;
        axiom times_n: \forall integer r, x, n;
            n > 0 ==> times(r, x, n) == times(r * x, x, n - 1);
    }
    lemma times_once: \forall integer r, x, n;
        r >= 1 && x >= 1 && n > 0 && times(r * x, x, n - 1) >= r * x ==>
            times(r, x, n) >= x;
    logic integer to_the(integer x, integer n) = times(1, x, n);
*/

/* A lemma by induction, for the loop of power(). */
/*@ ghost
    /@ assigns \nothing;
       ensures y % 2 == 0 ==>
           \forall integer r; times(r, x, y) == times(r, x * x, y / 2);
       ensures y % 2 == 1 ==>
           \forall integer r; times(r, x, y) == times(r * x, x * x, y / 2);
       ensures x >= 1 ==>
           \forall integer r; r >= 0 ==> times(r, x * x, y / 2) >= r;
       ensures x >= 1 && y >= 2 ==>
           \forall integer r; r >= 1 ==> times(r, x * x, y / 2) >= x * x;
    @/
    void power_of_square(size_t x, size_t y)
    {
        size_t i = 0;

        /@ loop invariant 0 <= i <= y / 2;
           loop invariant
               \forall integer r; times(r, x, 2 * i) == times(r, x * x, i);
           loop invariant x >= 1 ==>
               \forall integer r; r >= 0 ==> times(r, x * x, i) >= r;
           loop invariant x >= 1 && i >= 1 ==>
               \forall integer r; r >= 1 ==> times(r, x * x, i) >= x * x;
           loop assigns i;
           loop variant y - i;
        @/
        while (i < y / 2) {
            /@ assert \forall integer r;
                   times(r, x, 2 * i + 2) == times(r * x * x, x, 2 * i); @/
            i++;
        }
    }
*/

#endif

/* ---- bits ---- */

/*@ predicate pow2(integer a) = a > 0 && (a & (a - 1)) == 0;

    axiomatic Bits {
        axiom mask_is_remainder:
            \forall size_t n, a; pow2(a) ==> (n & (a - 1)) == n % a;
        axiom mask_below_is_remainder:
            \forall size_t n, m; pow2(m + 1) ==> (n & m) == n % (m + 1);
        axiom smaller_divides_larger:
            \forall size_t a, b; pow2(a) && pow2(b) && a <= b ==> b % a == 0;
        axiom differs_everywhere:
            \forall struct alcove_layout l; pow2(l.align) <==>
                (size_t)(l.align ^ (size_t)(l.align - 1)) >
                    (size_t)(l.align - 1);
        axiom half_is_largest:
            pow2(SIZE_MAX / 2 + 1) &&
            \forall size_t a; pow2(a) ==> a <= SIZE_MAX / 2 + 1;
    }
*/

#if defined PROVE_ARENASPAN || defined PROVE_PROVE
/*@ axiomatic MoreBits {
        axiom divides_the_end:
            \forall size_t a; pow2(a) ==> (SIZE_MAX + 1) % a == 0;
        axiom or_is_sum:
            \forall size_t n, m; (n | m) == n - (n & m) + m;
        axiom sixteen: pow2(16);
    }

    lemma up_to_the_end:
        \forall size_t n, a; pow2(a) ==>
            (n + a - 1 > SIZE_MAX <==> up(n, a) > SIZE_MAX);
*/
#endif

/* ---- layouts ---- */

/*@ predicate valid(integer size, integer align) =
        pow2(align) && up(size, align) <= ALCOVE_SIZE_MAX;
    predicate ok(struct alcove_layout l) = valid(l.size, l.align);
    predicate is(struct alcove_layout l, integer size, integer align) =
        l.size == size && l.align == align;
    predicate optional(struct alcove_error *err) =
        err == \null || \valid(err);
    predicate silent{K, L}(struct alcove_error *err) =
        err == \null || \at(*err, K) == \at(*err, L);

    predicate why(integer code, integer size, integer align) =
        align == 0 ? code == ALCOVE_ERR_ZERO_ALIGN :
        !pow2(align) ? code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO :
        up(size, align) > ALCOVE_SIZE_MAX ? code == ALCOVE_ERR_EXCEEDS_MAX :
        code == ALCOVE_OK;

    // ALCOVE_SIZE_MAX + 1 is a power of two: each smaller one divides it.
    lemma align_divides_largest:
        \forall size_t align; pow2(align) ==>
            (ALCOVE_SIZE_MAX + 1) % align == 0;
    lemma valid_without_rounding:
        \forall size_t size, align; pow2(align) ==>
            (size + align - 1 <= ALCOVE_SIZE_MAX <==>
                up(size, align) <= ALCOVE_SIZE_MAX);
*/

/*@ assigns \nothing;
    ensures \result <==> ok(l);
*/
static inline bool alcove_layout_ok(struct alcove_layout l);

/* Without --disable-os-errors. */
/*@ requires optional(err) && \valid_read(what) && \separated(err, what);
    assigns *err, errno;
    ensures !\result;
    ensures err != \null ==> *err == \old(*what);
    ensures \old(what->os_error) != 0 ==> errno == \old(what->os_error);
    ensures \old(what->code) != ALCOVE_OK ==> errno != 0;
*/
bool alcove_error_set(struct alcove_error *err,
                      const struct alcove_error *what);

/* ---- checked arithmetic ---- */

#if defined PROVE_LAYOUT

/*@ predicate defined(integer op, integer y) =
        ALCOVE_ARITH_NONE < op < ALCOVE_ARITH_OP_COUNT &&
        (op == ALCOVE_ARITH_DIV || op == ALCOVE_ARITH_REM ||
            op == ALCOVE_ARITH_DIV_CEIL ==> y != 0);
    logic integer arith(integer x, integer op, integer y) =
        op == ALCOVE_ARITH_ADD ? x + y :
        op == ALCOVE_ARITH_SUB ? x - y :
        op == ALCOVE_ARITH_MUL ? x * y :
        op == ALCOVE_ARITH_DIV ? x / y :
        op == ALCOVE_ARITH_REM ? x % y :
        op == ALCOVE_ARITH_DIV_CEIL ? x / y + (x % y == 0 ? 0 : 1) :
        to_the(x, y);
    predicate computable(integer x, integer op, integer y) =
        defined(op, y) && 0 <= arith(x, op, y) <= SIZE_MAX;
*/

#endif

#endif /* ALCOVE_VERIFY_PROVE_H */
