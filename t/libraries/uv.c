/* SPDX-License-Identifier: MIT */
/* libuv: files by the thread pool, timers, a pipe, work, and what it
 * tells of this machine. */
#include <config.h>

#include "library.h"

#include "../../lib/os/tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { TIMERS = 60, FILES = 6, SIZE = 20000 };

static struct {
    struct work *w;
    uv_loop_t loop;
    uv_timer_t timers[TIMERS];
    uv_idle_t idle;
    uv_async_t async;
    uv_pipe_t ends[2];
    uv_fs_t files[FILES];
    uv_work_t work;
    char buffer[2000], received[SIZE];
    size_t got;
    int order[TIMERS];
    int fired, finished, bytes;
    bool idled, woken, worked, failed;
} test;

/* False if it failed. */
static bool
check(const char *call, int code)
{
    if (code >= 0)
        return true;
    test.failed = true;
    return refused(test.w, "%s: %s", call, uv_strerror(code));
}

/* ---- timers, and what else is on the loop ---- */

static void
on_timer(uv_timer_t *timer)
{
    test.order[test.fired++] = (int)(timer - test.timers);
}

static void
on_idle(uv_idle_t *idle)
{
    test.idled = true;
    uv_close((uv_handle_t *)idle, NULL);
    uv_async_send(&test.async);
}

static void
on_async(uv_async_t *async)
{
    test.woken = true;
    uv_close((uv_handle_t *)async, NULL);
}

/* On a thread of the pool. */
static void
on_work(uv_work_t *work)
{
    size_t *sum = work->data;
    size_t i;

    for (i = 0; i < SIZE; i++)
        *sum = *sum * 31 + (unsigned char)some_text(SIZE)[i];
}

static void
on_worked(uv_work_t *work, int code)
{
    (void)work;
    test.worked = check("uv_queue_work", code);
}

static bool
start_timers(void)
{
    int i;

    for (i = 0; i < TIMERS; i++)
        if (!check("uv_timer_init",
                   uv_timer_init(&test.loop, &test.timers[i])) ||
            !check("uv_timer_start",
                   uv_timer_start(&test.timers[i], on_timer, i % 3 == 0, 0)))
            return false;
    return check("uv_idle_init", uv_idle_init(&test.loop, &test.idle)) &&
           check("uv_idle_start", uv_idle_start(&test.idle, on_idle)) &&
           check("uv_async_init",
                 uv_async_init(&test.loop, &test.async, on_async));
}

/* ---- a pipe ---- */

static void
give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(test.buffer, sizeof test.buffer);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    if (n < 0) {
        if (n != UV_EOF)
            (void)check("uv_read_start", (int)n);
        uv_close((uv_handle_t *)stream, NULL);
        return;
    }
    if ((size_t)n > SIZE - test.got)
        n = (ssize_t)(SIZE - test.got);
    memcpy(test.received + test.got, buffer->base, (size_t)n);
    test.got += (size_t)n;
}

static void
on_written(uv_write_t *request, int code)
{
    (void)check("uv_write", code);
    if (!uv_is_closing((uv_handle_t *)request->handle))
        uv_close((uv_handle_t *)request->handle, NULL);
}

/* Eight parts, which is more than a request has room for. */
static bool
write_pipe(void)
{
    static uv_write_t request;
    uv_buf_t parts[8];
    unsigned i;

    for (i = 0; i < 8; i++)
        parts[i] =
            uv_buf_init((char *)some_text(SIZE) + i * SIZE / 8, SIZE / 8);
    return check("uv_write", uv_write(&request, (uv_stream_t *)&test.ends[1],
                                      parts, 8, on_written));
}

static bool
start_pipe(void)
{
    uv_file ends[2];
    int i;

    if (!check("uv_pipe", uv_pipe(ends, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE)))
        return false;
    for (i = 0; i < 2; i++)
        if (!check("uv_pipe_init",
                   uv_pipe_init(&test.loop, &test.ends[i], 0)) ||
            !check("uv_pipe_open", uv_pipe_open(&test.ends[i], ends[i])))
            return false;
    return check("uv_read_start", uv_read_start((uv_stream_t *)&test.ends[0],
                                                give_buffer, on_read)) &&
           write_pipe();
}

/* ---- what the thread pool does ---- */

static void
on_file(uv_fs_t *request)
{
    if (check("uv_fs", (int)request->result))
        test.finished++;
    if (request->fs_type == UV_FS_READ && request->result > 0)
        test.bytes += (int)request->result;
    uv_fs_req_cleanup(request);
}

static void
on_address(uv_getaddrinfo_t *request, int code, struct addrinfo *all)
{
    char text[40] = "";

    (void)request;
    if (check("uv_getaddrinfo", code) &&
        check("uv_ip4_name",
              uv_ip4_name((void *)all->ai_addr, text, sizeof text)))
        result_text(test.w, "address %s\n", text);
    uv_freeaddrinfo(all);
}

static bool
start_files(uv_file fd)
{
    static char text[FILES][1000];
    int i;

    for (i = 0; i < FILES; i++) {
        uv_buf_t parts[8];
        unsigned j;

        for (j = 0; j < 8; j++)
            parts[j] = uv_buf_init(text[i] + j * 125, 125);
        if (i % 2 == 0 &&
            !check("uv_fs_read", uv_fs_read(&test.loop, &test.files[i], fd,
                                            parts, 8, i * 1000, on_file)))
            return false;
        if (i % 2 == 1 &&
            !check("uv_fs_stat",
                   uv_fs_stat(&test.loop, &test.files[i], "/", on_file)))
            return false;
    }
    return true;
}

static bool
start_work(void)
{
    static uv_getaddrinfo_t address;
    static size_t sum;

    test.work.data = &sum;
    (void)some_text(SIZE); /* filled on this thread */
    return check("uv_queue_work",
                 uv_queue_work(&test.loop, &test.work, on_work, on_worked)) &&
           check("uv_getaddrinfo",
                 uv_getaddrinfo(&test.loop, &address, on_address, "127.0.0.1",
                                "80", NULL));
}

/* ---- files, without a loop ---- */

/* Takes what the call gave; with a text, says it. */
static bool
end_call(uv_fs_t *request, const char *call, bool tell)
{
    bool good = check(call, (int)request->result);

    if (good && tell && request->ptr)
        result_text(test.w, "%s: %s\n", call, strrchr(request->ptr, '/') + 1);
    uv_fs_req_cleanup(request);
    return good;
}

static bool
list(const char *path)
{
    uv_fs_t request;
    uv_dirent_t entry;
    bool good;
    int code = uv_fs_scandir(NULL, &request, path, 0, NULL);

    good = check("uv_fs_scandir", code);
    while (good && (code = uv_fs_scandir_next(&request, &entry)) != UV_EOF) {
        good = check("uv_fs_scandir_next", code);
        if (good)
            result_text(test.w, "entry %s\n", entry.name);
    }
    uv_fs_req_cleanup(&request);
    return good;
}

/* realpath(3) has the last word on links, so that the name of the directory is
 * not of interest. AddressSanitizer would see that the bridge looks for a
 * header before its pointer, where there is none. */
static bool
use_links(const char *directory)
{
    char one[100], two[100];
    uv_fs_t request;
    bool good;

    snprintf(one, sizeof one, "%s/one", directory);
    snprintf(two, sizeof two, "%s/two", directory);
    uv_fs_mkdir(NULL, &request, one, 0700, NULL);
    good = end_call(&request, "uv_fs_mkdir", false);
    if (good) {
        uv_fs_symlink(NULL, &request, one, two, 0, NULL);
        good = end_call(&request, "uv_fs_symlink", false);
    }
    if (good) {
        uv_fs_readlink(NULL, &request, two, NULL);
        good = end_call(&request, "uv_fs_readlink", true);
    }
    if (good && !ALCOVE_ASAN) {
        uv_fs_realpath(NULL, &request, two, NULL);
        good = end_call(&request, "uv_fs_realpath", true);
    }
    good = good && list(directory);
    unlink(two);
    rmdir(one);
    return good;
}

static bool
use_directory(void)
{
    uv_fs_t request;
    char path[64];
    bool good;
    int code = uv_fs_mkdtemp(NULL, &request, "/tmp/alcove-uv-XXXXXX", NULL);

    if (code == 0)
        snprintf(path, sizeof path, "%s", request.path);
    if (!end_call(&request, "uv_fs_mkdtemp", false))
        return false;
    good = use_links(path);
    rmdir(path);
    return good;
}

extern char **environ;

static bool
use_machine(void)
{
    static char one[] = "ONE=1", two[] = "TWO=2", *few[] = {one, two, NULL};
    uv_interface_address_t *addresses;
    uv_env_item_t *items;
    int count;

    environ = few;
    if (!check("uv_interface_addresses",
               uv_interface_addresses(&addresses, &count)))
        return false;
    uv_free_interface_addresses(addresses, count);
    if (!check("uv_os_environ", uv_os_environ(&items, &count)))
        return false;
    uv_os_free_environ(items, count);
    return true;
}

/* Of text, without a name. */
static uv_file
open_file(void)
{
    char path[] = "/tmp/alcove-uv-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0)
        return -1;
    unlink(path);
    if (write(fd, some_text(SIZE), SIZE) == SIZE)
        return fd;
    close(fd);
    return -1;
}

/* ---- the work ---- */

static void
end_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Not for ever: a request that failed may be counted as active. */
static void
drain(void)
{
    const struct timespec moment = {0, 1000000};
    int i;

    for (i = 0; i < 200 && uv_run(&test.loop, UV_RUN_NOWAIT) != 0; i++)
        nanosleep(&moment, NULL);
}

static bool
run_loop(uv_file fd)
{
    bool good;

    if (!check("uv_loop_init", uv_loop_init(&test.loop)))
        return false;
    good = start_timers() && start_pipe() && start_files(fd) && start_work();
    if (good)
        uv_run(&test.loop, UV_RUN_DEFAULT);
    uv_walk(&test.loop, end_handle, NULL);
    drain();
    return check("uv_loop_close", uv_loop_close(&test.loop)) && good;
}

static bool
is_all_done(struct work *w)
{
    result(w, test.order, sizeof test.order);
    result(w, test.received, test.got);
    result_text(w, "%d files, %d bytes, sum %lu, %d%d%d\n", test.finished,
                test.bytes, (unsigned long)*(size_t *)test.work.data,
                test.idled, test.woken, test.worked);
    return !test.failed;
}

static bool
work(struct work *w)
{
    bool good;
    uv_file fd;

    test.w = w;
    if (w->bridge && !check("uv_replace_allocator",
                            uv_replace_allocator(memory_malloc, memory_realloc,
                                                 memory_calloc, memory_free)))
        return false;
    fd = open_file();
    if (fd < 0)
        return refused(w, "no file");
    good = use_directory() && use_machine() && run_loop(fd) && is_all_done(w);
    close(fd);
    uv_library_shutdown();
    return good;
}

const struct library library = {
    .name = "libuv",
    .version = uv_version_string,
    .shape = "no context",
    .work = work,
    .threads = true,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .defects = CRASHES | LEAKS | MISUSES,
    .defects_text =
        "uv_fs_req_cleanup releases what uv_fs_realpath has from realpath(3); "
        "without memory uv_interface_addresses goes on with a NULL, "
        "uv_os_environ frees the wrong item, uv_write leaves its request "
        "active, and the table of watchers aborts",
};
