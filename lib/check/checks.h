/* SPDX-License-Identifier: MIT */
/* The list of all checks.
 *
 * X(name, function, needs, promise): the name stays for ever, `needs` are the
 * ALCOVE_CAN_ bits without which it is skipped. The order is that of the
 * report: what the others build on comes first, the books come last.
 */
#ifndef ALCOVE_LIB_CHECK_CHECKS_H
#define ALCOVE_LIB_CHECK_CHECKS_H

#define ALCOVE_CHECKS(X)                                                       \
    /* features.c */                                                           \
    X("table-sound", table_sound, 0,                                           \
      "its table has a size, a name, and the operations that must be there")   \
    X("features-backed", features_backed, 0,                                   \
      "each capability it claims has the operation that it takes")             \
    X("require-told", require_told, 0,                                         \
      "alcove_require succeeds for what it claims, and names what it lacks")   \
    X("unclaimed-refused", unclaimed_refused, 0,                               \
      "what it does not claim is refused, or done as if it were claimed")      \
    /* layouts.c */                                                            \
    X("zero-size-dangling", zero_size_dangling, 0,                             \
      "a block of size 0 is its alignment as an address, and costs nothing")   \
    X("invalid-refused", invalid_refused, 0,                                   \
      "an invalid layout is refused by every function, and nothing changes")   \
    X("huge-refused", huge_refused, 0,                                         \
      "sizes near ALCOVE_SIZE_MAX are refused: with what is wrong with them")  \
    X("alloc-serves-something", alloc_serves_something, ALCOVE_CAN_ALLOC,      \
      "what claims to allocate serves some layout of at most a page")          \
    X("alloc-aligned", alloc_aligned, ALCOVE_CAN_ALLOC,                        \
      "each block has the alignment that was asked for, and keeps its bytes")  \
    /* blocks.c */                                                             \
    X("blocks-disjoint", blocks_disjoint, ALCOVE_CAN_ALLOC,                    \
      "blocks that are live at once do not overlap")                           \
    X("release-any-order", release_any_order,                                  \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC,                                   \
      "blocks are released in any order, and the others stay whole")           \
    X("fill-and-recover", fill_and_recover,                                    \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC,                                   \
      "when it is full its blocks are whole, and a release makes room")        \
    X("reclaim-honest", reclaim_honest,                                        \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM,              \
      "what is released is had again, however often")                          \
    /* contents.c */                                                           \
    X("zalloc-zero", zalloc_zero, ALCOVE_CAN_ALLOC,                            \
      "a block from zalloc is 0, also where dirty memory was released")        \
    X("grow-keeps-contents", grow_keeps_contents, ALCOVE_CAN_ALLOC,            \
      "a block that grows keeps all its bytes")                                \
    X("shrink-keeps-contents", shrink_keeps_contents, ALCOVE_CAN_ALLOC,        \
      "a block that shrinks keeps the bytes that still fit")                   \
    X("realloc-keeps-contents", realloc_keeps_contents, ALCOVE_CAN_ALLOC,      \
      "a block that changes either way, again and again, keeps what fits")     \
    X("realloc-aligned", realloc_aligned, ALCOVE_CAN_ALLOC,                    \
      "a block that changes has the alignment of its new layout")              \
    X("rezalloc-zero", rezalloc_zero, ALCOVE_CAN_ALLOC,                        \
      "rezalloc and zgrow clear what is new, also after a shrink")             \
    X("realloc-zero-size", realloc_zero_size, ALCOVE_CAN_ALLOC,                \
      "a block comes from size 0, or from NULL, and goes to size 0")           \
    /* resize.c */                                                             \
    X("resize-in-place", resize_in_place, ALCOVE_CAN_ALLOC,                    \
      "resize leaves a block where it is with its bytes, or changes nothing")  \
    X("resize-honest", resize_honest, ALCOVE_CAN_ALLOC | ALCOVE_CAN_RESIZE,    \
      "what claims to resize in place does so at least sometimes")             \
    X("usable-size", usable_size, ALCOVE_CAN_ALLOC,                            \
      "the usable size is at least the size, and can be used and owned")       \
    /* failures.c */                                                           \
    X("failed-alloc-changes-nothing", failed_alloc_changes_nothing,            \
      ALCOVE_CAN_ALLOC,                                                        \
      "after a refused allocation all is as it was")                           \
    X("failed-grow-keeps-block", failed_grow_keeps_block, ALCOVE_CAN_ALLOC,    \
      "after a failed grow the old block is whole, valid, the caller's")       \
    X("failed-shrink-keeps-block", failed_shrink_keeps_block,                  \
      ALCOVE_CAN_ALLOC,                                                        \
      "after a failed shrink the old block is whole, valid, the caller's")     \
    X("failed-realloc-keeps-block", failed_realloc_keeps_block,                \
      ALCOVE_CAN_ALLOC,                                                        \
      "after a failed realloc the old block is whole, valid, the caller's")    \
    X("refused-release-keeps-block", refused_release_keeps_block,              \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC,                                   \
      "a block whose release fails is whole, and can be released later")       \
    X("wrong-way-refused", wrong_way_refused, ALCOVE_CAN_ALLOC,                \
      "a grow to less, a shrink to more, a smaller alignment are refused")     \
    /* errors.c */                                                             \
    X("error-code", error_code, 0,                                             \
      "a refusal has a code that says what kind it is, and a cause")           \
    X("error-fields", error_fields, 0,                                         \
      "a refusal says who refused and what was asked, and has a text")         \
    X("error-may-be-null", error_may_be_null, 0,                               \
      "a caller that wants no error is refused in the same way")               \
    X("errno-on-failure", errno_on_failure, 0,                                 \
      "a refusal sets errno: to the system's error, or the code's number")     \
    X("errno-on-success", errno_on_success, 0,                                 \
      "success leaves errno alone, that of a release too")                     \
    X("error-on-success", error_on_success, 0,                                 \
      "success leaves the caller's error alone")                               \
    /* owners.c */                                                             \
    X("owns-own-blocks", owns_own_blocks,                                      \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_OWNS,                                      \
      "it owns every block that it gave and did not take back")                \
    X("owns-nothing-foreign", owns_nothing_foreign, 0,                         \
      "it never owns a foreign pointer, whatever that is")                     \
    X("checked-operations", checked_operations, ALCOVE_CAN_OWNS,               \
      "the checked operations refuse what it does not own")                    \
    X("checked-release", checked_release,                                     \
      ALCOVE_CAN_CHECKED | ALCOVE_CAN_DEALLOC,                                 \
      "a release of a wrong block, a wrong layout, or twice is refused")       \
    /* temps.c */                                                              \
    X("temp-zero-size", temp_zero_size, 0,                                     \
      "a temporary of size 0 is served by everyone")                           \
    X("temp-called-once", temp_called_once, ALCOVE_CAN_TEMP,                   \
      "the callback of a temporary is called once, with its argument")         \
    X("temp-aligned", temp_aligned, ALCOVE_CAN_TEMP,                           \
      "a temporary has the alignment asked for, and can be written")           \
    X("temp-nested", temp_nested, ALCOVE_CAN_TEMP,                             \
      "temporaries nest 64 deep, and do not overlap")                          \
    X("temp-refusal-never-calls", temp_refusal_never_calls, 0,                 \
      "a temporary that is refused never runs its callback")                   \
    X("temp-gives-back", temp_gives_back, ALCOVE_CAN_TEMP,                     \
      "a temporary is gone when its callback is")                              \
    X("temp-keeps-errno", temp_keeps_errno, ALCOVE_CAN_TEMP,                   \
      "errno after a temporary is what the callback left")                     \
    X("zalloc-temp-zero", zalloc_temp_zero, ALCOVE_CAN_TEMP,                   \
      "a temporary from zalloc_temp is 0")                                     \
    /* endings.c */                                                            \
    X("temp-thread-exit", temp_thread_exit, ALCOVE_CAN_TEMP,                   \
      "a temporary is gone when its callback ends the thread")                 \
    X("temp-thread-cancel", temp_thread_cancel, ALCOVE_CAN_TEMP,               \
      "a temporary is gone when its callback is cancelled")                    \
    /* threads.c */                                                            \
    X("threads-share", threads_share, ALCOVE_CAN_THREADS,                      \
      "four threads use it at once, and each keeps its blocks")                \
    X("threads-hand-over", threads_hand_over,                                  \
      ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_THREADS,              \
      "a block from one thread is whole, and released, on another")            \
    /* parent.c */                                                             \
    X("parent-respected", parent_respected, 0,                                 \
      "its parent sees valid calls only, and no byte beyond a block")          \
    X("books-balanced", books_balanced, 0,                                     \
      "what it took from its parent is back when it is done")                  \
    /* end */

#endif /* ALCOVE_LIB_CHECK_CHECKS_H */
