/* SPDX-License-Identifier: MIT */
/* uv: primes, counted on the threads of libuv's pool. These and libuv share an
 * allocator that keeps books; alcove_locked makes it fit for threads. */
#include <alcove.h>
#include <stdio.h>
#include <uv.h>

ALCOVE_BRIDGE_GLOBAL(x); /* makes x_bind, x_malloc and others */

static struct alcove_stats stats;
static struct alcove_locked shared; /* over stats */

/* Replace a number by that of the primes below it, or by 0: no memory. */
static void
count_primes(uv_work_t *work)
{
    size_t *count = work->data;
    struct alcove_layout layout = {*count, 1};
    char *crossed = alcove_zalloc(&shared.allocator, layout, NULL);

    *count = 0;
    for (size_t n = 2; crossed && n < layout.size; n++) {
        *count += !crossed[n];
        for (size_t m = 2 * n; !crossed[n] && m < layout.size; m += n)
            crossed[m] = 1;
    }
    alcove_dealloc(&shared.allocator, crossed, layout, NULL);
}

int
main(void)
{
    size_t counts[] = {1000, 10000, 100000};
    uv_work_t work[3];
    uv_loop_t loop;
    bool begun = alcove_stats_init(&stats, alcove_malloc(), NULL) &&
                 alcove_locked_init(&shared, &stats.allocator, NULL) &&
                 x_bind(&shared.allocator, NULL, NULL) &&
                 !uv_replace_allocator(x_malloc, x_realloc, x_calloc, x_free) &&
                 uv_loop_init(&loop) == 0;
    bool ok = begun;

    for (int i = 0; ok && i < 3; i++) {
        work[i].data = &counts[i];
        ok = uv_queue_work(&loop, &work[i], count_primes, NULL) == 0;
    }
    ok = begun && uv_run(&loop, UV_RUN_DEFAULT) == 0 && ok;
    ok = begun && uv_loop_close(&loop) == 0 && ok;
    uv_library_shutdown();
    x_unbind();
    ok = alcove_locked_done(&shared, NULL) && ok;
    ok = alcove_stats_done(&stats, NULL) && ok; /* is all released? */
    if (ok)
        printf("primes: %zu, %zu, %zu\n", counts[0], counts[1], counts[2]);
    else
        fputs("uv: no loop, no thread, or memory was left\n", stderr);
    return !ok;
}
