/* SPDX-License-Identifier: MIT */
/* The trace: a callback for each operation of an allocator, and writers that
 * make lines of text, lines of JSON, or a graph of them.
 *
 * It talks only to its parent.
 *
 * - Only what reaches the allocator is traced. Size 0, layouts that are not
 *   valid, a NULL to be released, and a change to the layout that a block
 *   already has are served or refused before; alcove_owns and
 *   alcove_usable_size change nothing.
 * - The callback runs after the operation, whether that was done or refused.
 *   errno is kept around it, and so the caller of the operation sees what it
 *   would see without the trace.
 * - A scoped block is two events: before its callback runs, and when that ends,
 *   however it does (but not by longjmp).
 * - What the callback itself does with the trace is served, but not traced.
 * - What gives all its blocks back at once, as an arena does, seems to grow
 *   only: trace its parent.
 * - One thread at a time.
 */
#ifndef ALCOVE_TRACE_H
#define ALCOVE_TRACE_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* X(NAME, name) for each operation, in the order of the enum. */
#define ALCOVE_TRACE_OPS(X)                                                    \
    X(ALLOC, "alloc")                                                          \
    X(ZALLOC, "zalloc")                                                        \
    X(DEALLOC, "dealloc")                                                      \
    X(RESIZE, "resize") /* alcove_resize */                                    \
    X(REALLOC, "realloc") /* grow, shrink, realloc, zgrow, rezalloc */         \
    X(TEMP_BEGIN, "temp-begin") /* alloc_temp, zalloc_temp */                  \
    X(TEMP_END, "temp-end")                                                    \
    /* end */

enum alcove_trace_op {
#define ALCOVE_X(name, text) ALCOVE_TRACE_##name,
    ALCOVE_TRACE_OPS(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_TRACE_OP_COUNT
};

/* One operation. A field that says nothing about it is 0 or NULL. Blocks are
 * told by their addresses only: what is in them is the caller's, and one that
 * was released is not there any more.
 */
struct alcove_trace_event {
    size_t struct_size; /* bytes; the struct may grow at its end */
    uint64_t number;    /* 1, 2, ... */
    enum alcove_trace_op op;
    bool done;                   /* false: refused, or not to be had in place */
    struct alcove_layout layout; /* of the block; if it changes, the new one */
    struct alcove_layout old;    /* of a resize or realloc */
    const void *block;           /* given in: to release, to change, to leave */
    const void *result;          /* given out: a block, a changed one */
    const void *caller;          /* an address in what called: see below */

    /* Why it was refused: OK if it was done, and for a resize, which gives no
     * reason. `error` is NULL then, and else lives as long as the callback. */
    enum alcove_code code;
    enum alcove_cause cause;
    const struct alcove_error *error;
};

/* The callback. It must return, and not end by another way: nothing would be
 * traced after that. The event lives as long as the callback.
 */
typedef void alcove_trace_fn(const struct alcove_trace_event *event, void *arg);

/* Invariant: parent and fn are not NULL. */
struct alcove_trace {
    struct alcove_allocator allocator; /* pass &trace.allocator */
    struct alcove_allocator *parent;
    alcove_trace_fn *fn;
    void *arg;
    uint64_t number; /* of the last event, 0: none yet */
    bool busy;       /* the callback runs */
};

/* Trace what `parent` does: fn(event, arg) for each event, numbered from 1 on.
 * `parent` must live as long as the trace is used. Nothing is allocated, and
 * there is nothing to release.
 * Fails, with nothing changed and errno EINVAL, if and only if `parent` is NULL
 * or the trace itself, or `fn` is NULL: OTHER.
 *
 * The trace can what its parent can, but be shared between threads
 * (ALCOVE_CAN_THREADS). An operation fails if and only if the parent's does,
 * and the error is the parent's.
 *
 * event->caller is the return address of the operation: it points behind a call
 * in the code that called the interface, for a debugger or addr2line to find.
 * That holds for alcove_alloc, alcove_zalloc, alcove_dealloc, alcove_alloc_temp
 * and the macros for one item, where the compiler inlines them. alcove_resize,
 * alcove_grow, alcove_shrink, alcove_realloc and the checked functions jump to
 * the operation, where compiler, optimisation and machine allow it (gcc and
 * clang at -O2 on x86-64); else, and for the other functions, it is an address
 * in alcove. Where another adapter stands outside the trace, that is the
 * caller. NULL if the compiler cannot tell.
 * Cost: that of the parent, some eighty instructions, and the callback.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_trace_init(struct alcove_trace *trace,
                       struct alcove_allocator *parent, alcove_trace_fn *fn,
                       void *arg, struct alcove_error *err);

/* "alloc", "temp-end": the operation's name as static text, or "?" for a number
 * that is none of them.
 */
ALCOVE_API ALCOVE_CONST
const char *alcove_trace_op_name(enum alcove_trace_op op);

/* ---- writers ---- */

enum alcove_trace_format {
    /* One line for each event: its number, the caller, the operation, on what,
     * and how it went.
     *
     *     7 0x4011c2 alloc 100 bytes aligned to 8: 0x5581a0
     *     8 0x4011f0 realloc 0x5581a0 100 bytes aligned to 8 to 900 bytes
     *     aligned to 8: limit: cannot allocate ...
     *
     * (The second is one line, too.) A line that would have more than 512 bytes
     * is cut off; the newline is there. */
    ALCOVE_TRACE_TEXT,

    /* One JSON object for each event, on a line of its own, always with the
     * same keys: number, op, done, size, align, old_size, old_align, block,
     * result, caller, code, cause, os_error. Addresses are strings ("0x5581a0")
     * or null. */
    ALCOVE_TRACE_JSON,

    /* The massif.out format of Valgrind, which ms_print draws as a graph:
     * written by alcove_trace_writer_done, all at once. Blocks are "heap",
     * scoped blocks "stacks"; the unit of time is the byte: allocated,
     * released, or changed in size. The peak is exact; in all, at most
     * ALCOVE_TRACE_SNAPSHOTS states are kept, spread evenly over the time. A
     * release of more than is live leaves 0. */
    ALCOVE_TRACE_MASSIF,

    ALCOVE_TRACE_FORMAT_COUNT
};

enum { ALCOVE_TRACE_SNAPSHOTS = 100 };

/* A state, for massif. */
struct alcove_trace_snapshot {
    uint64_t time;       /* bytes */
    size_t heap, stacks; /* live bytes */
    size_t blocks;       /* that are live, without scoped ones */
};

/* Writes events to a file descriptor. Allocates nothing.
 * Invariant: snapshots[0 .. count - 1] are in the order of their times, the
 * first at time 0, and count is at least 1 and at most the array's size less 2.
 */
struct alcove_trace_writer {
    enum alcove_trace_format format;
    int fd;
    int os_error; /* of the first write that failed, 0: none has */
    bool is_done;
    uint64_t interval; /* bytes, the least time between snapshots */
    struct alcove_trace_snapshot now, peak;
    size_t count;
    struct alcove_trace_snapshot snapshots[ALCOVE_TRACE_SNAPSHOTS];
};

/* Begin to write to `fd` in this format. The writer is then the `arg` of
 * alcove_trace_write, for one trace or several; `fd` stays the caller's, must
 * be open until alcove_trace_writer_done, and should not be in non-blocking
 * mode: EAGAIN is a failure like others.
 * Fails, with nothing changed and errno EINVAL, if and only if the format is
 * none, or `fd` is negative: OTHER.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_trace_writer_init(struct alcove_trace_writer *writer,
                              enum alcove_trace_format format, int fd,
                              struct alcove_error *err);

/* Write the event: an alcove_trace_fn, whose `arg` is the writer. It leaves
 * errno alone.
 *
 * Text and JSON are written at once, a line with one call of write, so that
 * nothing is lost when the program crashes: that call is the cost of an event.
 * Massif counts, in some seventy instructions.
 *
 * A write that is interrupted or short is continued. One that fails is the
 * last: alcove_trace_writer_done reports it, and the operations that are traced
 * do not notice. SIGPIPE is not dealt with: who writes to a pipe may ignore it.
 * The thread is not cancelled in here. One thread at a time.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2)
void alcove_trace_write(const struct alcove_trace_event *event, void *writer);

/* Write what is left to be written, for massif all there is. Events that come
 * later are ignored. `fd` is not closed. Called once more, it writes nothing,
 * and returns the same.
 * Fails if and only if a write has failed, this one's or an earlier one:
 * OTHER, cause OS, with the first failure's os_error and errno.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_trace_writer_done(struct alcove_trace_writer *writer,
                              struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_TRACE_H */
