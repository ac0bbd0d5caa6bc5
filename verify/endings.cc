// SPDX-License-Identifier: MIT
// What becomes of an allocator when a callback does not return: every callback
// of the library, every way out, each in a process of its own. The manual says
// what is to come of it; this reads the tables there, and prints its own.
//
//     endings alcove_temp.3 alcove.3
//
// For verify/torture; needs glibc.
#include <config.h>

#include <alcove.h>

extern "C" {
#include "../tools/makers.h"
#include "count.h"
#include "states.h"
}

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

// ---- ways out ----

enum way {
    RETURN,
    THROW,
    THREAD_EXIT,
    CANCEL,
    ASYNC,
    EXIT,
    LONGJMP,
    SIGLONGJMP
};

// As the manual calls them.
const char *const ways[] = {
    "return",         "exception", "pthread_exit", "pthread_cancel",
    "pthread_cancel", "exit",      "longjmp",      "siglongjmp",
};
const char *const titles[] = {
    "return", "throw", "pth_exit", "cancel",
    "async",  "exit",  "longjmp",  "siglong",
};
constexpr int WAYS = sizeof ways / sizeof *ways;

way chosen;
std::jmp_buf out;
sigjmp_buf out_of_handler;
volatile bool inside;
bool armed; // else callbacks return

void
jump(int)
{
    siglongjmp(out_of_handler, 1);
}

// At the end of each callback.
void
leave()
{
    if (!armed)
        return;
    armed = false;
    switch (chosen) {
    case THROW:
        throw 42;
    case THREAD_EXIT:
        pthread_exit(nullptr);
    case CANCEL:
        pthread_cancel(pthread_self());
        pthread_testcancel();
        break;
    case ASYNC:
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
        inside = true;
        for (;;)
            ;
    case EXIT:
        std::exit(0);
    case LONGJMP:
        std::longjmp(out, 1);
    case SIGLONGJMP:
        std::signal(SIGUSR1, jump);
        std::raise(SIGUSR1);
        break;
    default:
        break;
    }
}

// ---- scenes ----

// Something that calls back. `call` is made once as a rehearsal, in which the
// callback returns, and then once for good.
struct scene {
    void (*open)();
    void (*call)();
    bool (*is_as_before)(); // nothing is lost
    bool (*works)();        // it can be used on
};
scene now;

void *
call_on_thread(void *)
{
    now.call();
    return nullptr;
}

void
call_as_chosen()
{
    pthread_t thread;
    bool for_good = armed;

    switch (chosen) {
    case THREAD_EXIT:
    case CANCEL:
    case ASYNC:
        inside = false;
        if (pthread_create(&thread, nullptr, call_on_thread, nullptr) != 0)
            std::abort();
        if (chosen == ASYNC && for_good) {
            while (!inside)
                ;
            pthread_cancel(thread);
        }
        pthread_join(thread, nullptr);
        break;
    case THROW:
        try {
            now.call();
        } catch (int) {
        }
        break;
    case LONGJMP:
        if (setjmp(out) == 0)
            now.call();
        break;
    case SIGLONGJMP:
        if (sigsetjmp(out_of_handler, 1) == 0)
            now.call();
        break;
    default:
        now.call();
        break;
    }
}

int answer[2];

void
tell(const char *text)
{
    if (write(answer[1], text, std::strlen(text)) < 0)
        std::abort();
}

void
judge()
{
    if (!now.works())
        tell("broken");
    else if (chosen == EXIT)
        tell("usable");
    else
        tell(now.is_as_before() ? "in order" : "lost");
}

// The verdict, from a child: "crashed" if it does not give one in time.
std::string
play(const scene &s, way w)
{
    char text[40] = "";
    int status;

    if (pipe(answer) != 0)
        std::abort();
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        mallopt(M_ARENA_MAX, 1); // a new one is no loss
        now = s;
        chosen = w;
        now.open();
        call_as_chosen();
        call_as_chosen();
        if (!now.works())
            tell("no rehearsal");
        now.is_as_before(); // remembers
        if (w == EXIT)
            std::atexit(judge);
        armed = w != RETURN;
        call_as_chosen();
        judge();
        _exit(0);
    }
    close(answer[1]);
    ssize_t n = read(answer[0], text, sizeof text - 1);
    close(answer[0]);
    waitpid(child, &status, 0);
    if (n <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hung"
                                                                  : "crashed";
    return text;
}

// ---- scopes ----

constexpr size_t MIB = 1024 * 1024;
constexpr alcove_layout block = {40, 8}, large = {200000, 16},
                        huge = {16 * MIB, 16};
alcove_allocator *top;
count books;
stack made;
alcove_layout wanted;

void
in_scope(void *mem, void *)
{
    std::memset(mem, 1, wanted.size);
    leave();
}

void
call_scope()
{
    if (!alcove_alloc_temp(top, wanted, in_scope, nullptr, nullptr))
        tell("refused, ");
}

bool
scope_works()
{
    bool good = made.open == 0 || states_ok(&made);
    bool was = armed;

    armed = false;
    if (made.open == 0 || made.makers[0]->size != sizeof(alcove_page_reserve))
        good =
            good && alcove_alloc_temp(top, wanted, in_scope, nullptr, nullptr);
    // A reservation's one block is lost, or the scope's that has not ended.
    if (made.open > 0 && made.makers[0]->size == sizeof(alcove_page_reserve))
        return states_ok(&made);
    if (alcove_features(top) & ALCOVE_CAN_ALLOC) {
        void *p = alcove_alloc(top, block, nullptr);

        good = good && p && alcove_dealloc(top, p, block, nullptr);
    }
    armed = was;
    return good;
}

// Live bytes: of books, of malloc, of pages.
size_t
live()
{
    struct mallinfo2 m = mallinfo2();
    unsigned long pages = 0;
    std::FILE *f = std::fopen("/proc/self/statm", "r");

    if (!f || std::fscanf(f, "%lu", &pages) != 1)
        std::abort();
    std::fclose(f);
    return std::max(m.uordblks + m.hblkhd, pages * 4096) / (8 * MIB);
}

bool
same_live()
{
    static size_t before;
    size_t after = live(), was = before;

    before = after;
    return after <= was;
}

bool
same_books()
{
    static state before;
    static size_t blocks, bytes;
    state was = before;
    bool same;

    before = made.open > 0 ? state_of(&made, made.open - 1) : state();
    same = before.bytes == was.bytes && before.count == was.count &&
           books.live_blocks == blocks && books.live_bytes == bytes;
    blocks = books.live_blocks;
    bytes = books.live_bytes;
    return same;
}

const maker *current;

void
open_made()
{
    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_OWNS);
    made = stack();
    made.makers[0] = current;
    made.count = 1;
    // Large enough for the parent, where small ones have a place of their own.
    wanted = std::strcmp(current->name, "fallback") == 0 ||
                     std::strcmp(current->name, "segregate") == 0
                 ? alcove_layout{5000, 8}
                 : block;
    top = stack_make(&books.allocator, &made);
}

alcove_allocator *(*backend)();
alcove_layout backend_block;

void
open_backend()
{
    top = backend();
    wanted = backend_block;
}

// ---- the other callbacks ----

alcove_limit limit;
alcove_trace trace;
alcove_guard guard;
alcove_arena arena;
alcove_bridge bridge;
alcove_foreign foreign;
alcove_vec vec;
void *kept;

bool
book_works()
{
    void *p = alcove_alloc(top, block, nullptr);

    return p && alcove_dealloc(top, p, block, nullptr);
}

void
open_books()
{
    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_OWNS);
    top = &books.allocator;
    made = stack();
}

bool
hook(alcove_limit *, size_t, void *)
{
    leave();
    return false;
}

void
open_limit()
{
    open_books();
    if (!alcove_limit_init(&limit, top, 100, SIZE_MAX, nullptr))
        std::abort();
    alcove_limit_on_pressure(&limit, hook, nullptr);
    top = &limit.allocator;
}

void
call_limit()
{
    if (alcove_alloc(top, large, nullptr))
        std::abort();
}

bool
limit_works()
{
    return book_works() && !limit.in_hook && alcove_limit_used(&limit) == 0;
}

void
see(const alcove_trace_event *, void *)
{
    leave();
}

void
open_trace()
{
    open_books();
    if (!alcove_trace_init(&trace, top, see, nullptr, nullptr))
        std::abort();
    top = &trace.allocator;
}

void
call_trace()
{
    kept = nullptr; // refused: nothing can be lost but the trace
    books.fail_after = 0;
    kept = alcove_alloc(top, block, nullptr);
}

bool
trace_works()
{
    books.fail_after = SIZE_MAX;
    return book_works() && !trace.busy;
}

void
report(const alcove_error *, void *)
{
    leave();
}

void
open_guard()
{
    alcove_guard_options options = {};

    open_books();
    options.struct_size = sizeof options;
    options.report = report;
    if (!alcove_guard_init(&guard, top, &options, nullptr))
        std::abort();
    top = &guard.allocator;
    kept = alcove_alloc(top, block, nullptr);
}

void
call_guard_report()
{
    (void)alcove_dealloc(top, kept, large, nullptr);
}

bool
guard_works()
{
    bool was = armed, good;

    armed = false;
    good = book_works() && guard.live.blocks == 1 &&
           alcove_guard_check(&guard, nullptr);
    armed = was;
    return good;
}

// What was written after a release is told when the block leaves the
// quarantine.
void
call_guard_evict()
{
    char *p = static_cast<char *>(alcove_alloc(top, block, nullptr));

    (void)alcove_dealloc(top, p, block, nullptr);
    p[3] = 1;
    for (int i = 0; i < 20; i++)
        (void)alcove_dealloc(top, alcove_alloc(top, {5000, 8}, nullptr),
                             {5000, 8}, nullptr);
}

// And what was written past the end of a scope's block, when that ends.
void
overrun(void *mem, void *)
{
    static_cast<char *>(mem)[block.size] = 1;
}

void
call_guard_scope()
{
    if (!alcove_alloc_temp(top, block, overrun, nullptr, nullptr))
        std::abort();
}

bool
evicted()
{
    bool was = armed, good;

    armed = false;
    good = book_works() && guard.live.blocks == 1;
    armed = was;
    return good;
}

void
see_block(const alcove_guard_block *, void *)
{
    leave();
}

void
call_guard_each()
{
    (void)alcove_guard_each(&guard, see_block, nullptr);
}

bool
guard_as_before()
{
    return guard.live.blocks == 1;
}

alcove_arena_cleanup nodes[3];
int cleaned, rounds;

void
clean(void *node)
{
    cleaned++;
    if (node == &nodes[1])
        leave();
}

void
open_arena()
{
    open_books();
    alcove_arena_init(&arena, top, nullptr, 0);
    top = &arena.allocator;
}

void
call_arena()
{
    rounds++;
    for (auto &node : nodes) {
        (void)!alcove_arena_alloc(&arena, block, nullptr);
        alcove_arena_defer(&arena, &node, clean, &node);
    }
    alcove_arena_reset(&arena);
}

// What is left is released by the next reset, and each cleanup ran once.
bool
arena_works()
{
    alcove_arena_reset(&arena);
    return alcove_arena_ok(&arena) && alcove_arena_used(&arena) == 0 &&
           cleaned == 3 * rounds && book_works();
}

bool
yes()
{
    return true;
}

bool
on_oom(const alcove_error *, void *)
{
    leave();
    return false;
}

void
on_wrong(const alcove_error *, void *)
{
    leave();
}

void
open_bridge()
{
    alcove_bridge_options options = {};

    open_books();
    options.struct_size = sizeof options;
    options.on_oom = on_oom;
    options.on_wrong = on_wrong;
    if (!alcove_bridge_init(&bridge, top, &options, nullptr))
        std::abort();
}

void
call_on_oom()
{
    books.fail_after = 0;
    kept = alcove_bridge_alloc(&bridge, 100);
    books.fail_after = SIZE_MAX;
}

void
call_on_wrong()
{
    static char no_block[256];

    alcove_bridge_free(&bridge, no_block + 64);
}

bool
bridge_works()
{
    bool was = armed;

    books.fail_after = SIZE_MAX;
    armed = false;
    void *p = alcove_bridge_alloc(&bridge, 100);
    alcove_bridge_free(&bridge, p);
    armed = was;
    return p && bridge.telling == 0;
}

bool
keep(void *item, void *)
{
    if (*static_cast<int *>(item) == 5)
        leave();
    return true;
}

void
open_vec()
{
    open_books();
    if (!alcove_vec_init(&vec, top, ALCOVE_LAYOUT(int), nullptr))
        std::abort();
    for (int i = 0; i < 10; i++)
        if (!alcove_vec_push(&vec, &i, nullptr))
            std::abort();
}

void
call_vec()
{
    (void)alcove_vec_retain(&vec, keep, nullptr);
}

// What was kept before is there.
bool
vec_works()
{
    return alcove_vec_ok(&vec) && vec.count >= 5;
}

void *
foreign_alloc(void *, size_t size)
{
    leave();
    return std::malloc(size);
}

void
foreign_free(void *, void *p)
{
    std::free(p);
}

void
open_foreign()
{
    static alcove_foreign_functions functions = {};

    functions.struct_size = sizeof functions;
    functions.alloc = foreign_alloc;
    functions.free = foreign_free;
    open_books();
    if (!alcove_foreign_init(&foreign, &functions, nullptr, 16, nullptr))
        std::abort();
    top = &foreign.allocator;
}

void
call_foreign()
{
    kept = nullptr;
    kept = alcove_alloc(top, block, nullptr);
    (void)alcove_dealloc(top, kept, block, nullptr);
}

// ---- the tables ----

// The manual's: .It Sy ROW Ta CELL Ta CELL ...
std::map<std::string, std::vector<std::string>>
read_manual(const char *file)
{
    std::map<std::string, std::vector<std::string>> rows;
    std::ifstream in(file);
    std::string line;

    while (std::getline(in, line)) {
        if (line.compare(0, 7, ".It Sy ") != 0)
            continue;
        std::vector<std::string> cells;
        size_t at = 7, end;
        while ((end = line.find(" Ta ", at)) != line.npos) {
            cells.push_back(line.substr(at, end - at));
            at = end + 4;
        }
        cells.push_back(line.substr(at));
        rows[cells[0]].assign(cells.begin() + 1, cells.end());
    }
    return rows;
}

unsigned cells, wrong;

void
print_titles(const char *first)
{
    std::printf("%-26s", first);
    for (auto title : titles)
        std::printf(" %-9s", title);
    std::printf("\n");
}

// One row; expect(way) is what the manual has, "" if it has nothing.
template <class Expect>
void
print_row(const char *name, const scene &s, Expect expect)
{
    std::string bad;

    std::printf("%-26s", name);
    for (int w = 0; w < WAYS; w++) {
        std::string is = play(s, static_cast<way>(w)), want = expect(w);

        std::printf(" %-9s", is.c_str());
        cells++;
        if (is != want && want != "must return") {
            wrong++;
            bad += std::string("\n    not ok: ") + name + ", " + titles[w] +
                   ": " + is + ", the manual says \"" + want + "\"";
        }
    }
    std::printf("%s\n", bad.c_str());
}

struct other {
    const char *title;
    const char *name; // as in the manual
    scene s;
};

const other others[] = {
    {"limit's hook",
     "alcove_limit_on_pressure",
     {open_limit, call_limit, yes, limit_works}},
    {"trace", "alcove_trace_init", {open_trace, call_trace, yes, trace_works}},
    {"guard's report, refusal",
     "alcove_guard_init",
     {open_guard, call_guard_report, guard_as_before, guard_works}},
    {"guard's report, finding",
     "alcove_guard_init",
     {open_guard, call_guard_evict, guard_as_before, evicted}},
    {"guard's report, scope",
     "scope of a guard",
     {open_guard, call_guard_scope, guard_as_before, evicted}},
    {"guard_each",
     "alcove_guard_each",
     {open_guard, call_guard_each, guard_as_before, guard_works}},
    {"arena's cleanup",
     "alcove_arena_defer",
     {open_arena, call_arena, yes, arena_works}},
    {"bridge's on_oom",
     "on_oom",
     {open_bridge, call_on_oom, same_books, bridge_works}},
    {"bridge's on_wrong",
     "on_wrong",
     {open_bridge, call_on_wrong, same_books, bridge_works}},
    {"vec_retain",
     "alcove_vec_retain",
     {open_vec, call_vec, same_books, vec_works}},
    {"foreign's alloc",
     "alcove_foreign_init",
     {open_foreign, call_foreign, yes, book_works}},
};

} // namespace

int
main(int argc, char **argv)
{
    if (argc < 3) {
        std::fprintf(stderr, "usage: endings alcove_temp.3 alcove.3\n");
        return 2;
    }
    auto scopes = read_manual(argv[1]), callbacks = read_manual(argv[2]);
    // Column 0: on the stack, 1: on the heap.
    auto column = [&](size_t i) {
        return [&scopes, i](int w) {
            auto &row = scopes[ways[w]];
            return i < row.size() ? row[i] : std::string();
        };
    };

    static const struct {
        const char *name;
        alcove_allocator *(*get)();
        size_t column;
        alcove_layout layout;
    } backends[] = {
        {"stack", alcove_stack, 0, large},
        {"scratch, what fits", alcove_scratch, 0, large},
        {"scratch, what does not", alcove_scratch, 1, huge},
        {"malloc", alcove_malloc, 1, huge},
        {"posix_memalign", alcove_posix_memalign, 1, huge},
        {"aligned_alloc", alcove_aligned_alloc, 1, huge},
        {"page", alcove_page, 1, huge},
        {"hugepage", alcove_hugepage, 1, huge},
    };

    print_titles("scope over");
    for (auto &b : backends) {
        backend = b.get;
        backend_block = b.layout;
        if (alcove_features(backend()) & ALCOVE_CAN_TEMP)
            print_row(b.name,
                      {open_backend, call_scope, same_live, scope_works},
                      column(b.column));
    }
    for (size_t i = 0; i < makers_count; i++) {
        current = &makers[i];
        bool on_stack = std::strcmp(current->name, "stackfirst") == 0;
        print_row(current->name,
                  {open_made, call_scope, same_books, scope_works},
                  column(on_stack ? 0 : 1));
    }
    print_titles("callback of");
    for (auto &o : others)
        print_row(o.title, o.s, [&](int w) {
            auto &row = callbacks[o.name];
            std::string all = row.empty() ? std::string() : row[0];
            if (w == RETURN)
                return std::string("in order");
            return w == EXIT && all == "in order" ? "usable" : all;
        });
    std::printf("endings: %u cells, %u not as the manual says\n", cells, wrong);
    return wrong != 0;
}
