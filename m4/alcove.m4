# SPDX-License-Identifier: MIT
# The probes. Each compiles and links the real call with the real header, runs
# nothing, and keeps its answer in a cache variable that the user can set:
#     alcove_cv_call_alloca=no ./configure

# ALCOVE_ARG_TRISTATE(NAME, WHAT): --enable-NAME=auto|yes|no.
AC_DEFUN([ALCOVE_ARG_TRISTATE], [
  AC_ARG_ENABLE([$1],
    [AS_HELP_STRING([--enable-$1=auto|yes|no], [build with $2 [auto]])],
    [AS_CASE([$enableval], [auto|yes|no], [],
      [AC_MSG_ERROR([--enable-$1 takes auto, yes or no, not '$enableval'])])],
    [AS_VAR_SET([enable_]m4_translit([$1], [-], [_]), [auto])])
])

# ALCOVE_ARG_SWITCH(NAME, DEFAULT, WHAT): --enable-NAME, --disable-NAME.
AC_DEFUN([ALCOVE_ARG_SWITCH], [
  AC_ARG_ENABLE([$1],
    [AS_HELP_STRING(m4_if([$2], [yes], [--disable-$1], [--enable-$1]), [$3])],
    [AS_CASE([$enableval], [yes|no], [],
      [AC_MSG_ERROR([--enable-$1 takes yes or no, not '$enableval'])])],
    [AS_VAR_SET([enable_]m4_translit([$1], [-], [_]), [$2])])
])

# Freestanding: the answer to all that is asked of the system is known.
AC_DEFUN([ALCOVE_CHECK_FREESTANDING], [
  alcove_hosted=yes
  AS_VAR_IF([enable_freestanding], [yes], [
    alcove_hosted=no
    enable_os_errors=no
    alcove_cv_call_alloca=no
    alcove_cv_call_pthread=no
    alcove_cv_call_strerror_r=no
    alcove_cv_thread_local=no
    alcove_cv_cc_valgrind=no
    alcove_cv_cxx=no])
  AM_CONDITIONAL([HOSTED], [test "$alcove_hosted" = yes])
  AS_VAR_IF([alcove_hosted], [yes], [alcove_number=0], [alcove_number=1])
  AC_DEFINE_UNQUOTED([ALCOVE_FREESTANDING], [$alcove_number],
    [1 if there is no operating system, and no C library but four functions.])
])

# ALCOVE_CHECK_CALL(NAME, PROLOGUE, BODY): does this program link?
# Sets alcove_cv_call_NAME, and defines ALCOVE_<NAME> to 1 or 0.
AC_DEFUN([ALCOVE_CHECK_CALL], [
  AS_VAR_IF([enable_freestanding], [yes], [alcove_cv_call_$1=no])
  AC_CACHE_CHECK([for $1], [alcove_cv_call_$1],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([$2], [$3])],
      [alcove_cv_call_$1=yes], [alcove_cv_call_$1=no])])
  AS_VAR_IF([alcove_cv_call_$1], [no], [alcove_number=0], [alcove_number=1])
  AC_DEFINE_UNQUOTED([ALCOVE_]m4_toupper([$1]), [$alcove_number],
    [1 if the call of $1 compiles and links.])
])

# ALCOVE_CC_SYNTAX(NAME, WHAT, PROLOGUE, BODY): does the compiler take this
# without a warning? Sets alcove_cv_cc_NAME and ALCOVE_<NAME> likewise.
AC_DEFUN([ALCOVE_CC_SYNTAX], [
  AC_CACHE_CHECK([whether $CC has $2], [alcove_cv_cc_$1],
    [alcove_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([$3], [$4])],
      [alcove_cv_cc_$1=yes], [alcove_cv_cc_$1=no])
    CFLAGS=$alcove_save_CFLAGS])
  AS_VAR_IF([alcove_cv_cc_$1], [no], [alcove_number=0], [alcove_number=1])
  AC_DEFINE_UNQUOTED([ALCOVE_]m4_toupper([$1]), [$alcove_number],
    [1 if the compiler has $2.])
])

# ALCOVE_CC_FLAGS(VARIABLE, FLAGS, [PROLOGUE], [BODY]): those of FLAGS that the
# compiler takes, and with which this program links. clang says yes to any -W flag that it does not know, unless -Werror is on.
AC_DEFUN([ALCOVE_CC_FLAGS], [
  $1=
  for alcove_flag in m4_normalize([$2]); do
    AS_VAR_PUSHDEF([alcove_cache], [alcove_cv_cc_flag_$alcove_flag])
    AC_CACHE_CHECK([whether $CC takes $alcove_flag], [alcove_cache],
      [alcove_save_CFLAGS=$CFLAGS
      CFLAGS="$CFLAGS -Werror $alcove_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([$3], [$4])],
        [AS_VAR_SET([alcove_cache], [yes])], [AS_VAR_SET([alcove_cache], [no])])
      CFLAGS=$alcove_save_CFLAGS])
    AS_VAR_IF([alcove_cache], [yes], [AS_VAR_APPEND([$1], [" $alcove_flag"])])
    AS_VAR_POPDEF([alcove_cache])
  done
  AC_SUBST([$1])
])

# ALCOVE_BACKEND(NAME, MACRO, POSSIBLE, WHY-NOT)
# Defines ALCOVE_HAVE_<MACRO> to 1 or 0, and ALCOVE_NO_<MACRO> to the reason.
AC_DEFUN([ALCOVE_BACKEND], [
  alcove_have_$1=no
  alcove_why_not="it was turned off with --disable-m4_translit([$1], [_], [-])"
  AS_CASE([$enable_$1:$3],
    [no:*], [],
    [yes:no], [AC_MSG_ERROR([--enable-m4_translit([$1], [_], [-]): $4])],
    [*:no], [alcove_why_not="$4"],
    [alcove_have_$1=yes])
  AS_VAR_IF([alcove_have_$1], [yes], [alcove_number=1], [alcove_number=0])
  AC_DEFINE_UNQUOTED([ALCOVE_HAVE_$2], [$alcove_number],
    [1 if the $1 backend is built.])
  AC_DEFINE_UNQUOTED([ALCOVE_NO_$2], ["$alcove_why_not"],
    [Why the $1 backend is not built, if it is not.])
  AS_VAR_IF([alcove_have_$1], [yes], [alcove_says_$1=yes],
    [alcove_says_$1="no: $alcove_why_not"])
])

# alloca: in <alloca.h>, in <stdlib.h>, or the compiler's own.
AC_DEFUN([ALCOVE_CHECK_ALLOCA], [
  AC_CACHE_CHECK([for alloca], [alcove_cv_call_alloca],
    [alcove_cv_call_alloca=no
    for alcove_where in alloca.h stdlib.h malloc.h; do
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <$alcove_where>
]], [[char *p = alloca(16); p[0] = 0; return p[0];]])],
        [alcove_cv_call_alloca=$alcove_where; break])
    done
    AS_VAR_IF([alcove_cv_call_alloca], [no],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([], [[
char *p = __builtin_alloca(16); p[0] = 0; return p[0];]])],
        [alcove_cv_call_alloca=compiler])])])
  AS_CASE([$alcove_cv_call_alloca],
    [no|compiler], [alcove_header="<stddef.h>"],
    [alcove_header="<$alcove_cv_call_alloca>"])
  AC_DEFINE_UNQUOTED([ALCOVE_ALLOCA_HEADER], [$alcove_header],
    [The header that has alloca.])
  ALCOVE_CC_SYNTAX([alloca_with_align], [__builtin_alloca_with_align], [],
    [[char *p = __builtin_alloca_with_align(16, 64); p[0] = 0; return p[0];]])
])

# Threads: pthread_create, mutexes and cleanup handlers, with -pthread if needed.
AC_DEFUN([ALCOVE_CHECK_THREADS], [
  AC_CACHE_CHECK([for pthread], [alcove_cv_call_pthread],
    [alcove_cv_call_pthread=no
    alcove_save_CFLAGS=$CFLAGS
    for alcove_flag in "" -pthread; do
      CFLAGS="$alcove_save_CFLAGS $alcove_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <pthread.h>
static void nothing(void *arg) { (void)arg; }
static void *start(void *arg) { return arg; }
]], [[
  pthread_t t;
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_cleanup_push(nothing, 0);
  pthread_mutex_lock(&m);
  if (pthread_create(&t, 0, start, 0) == 0) pthread_join(t, 0);
  pthread_cleanup_pop(1);
]])], [alcove_cv_call_pthread=${alcove_flag:-yes}; break])
    done
    CFLAGS=$alcove_save_CFLAGS])
  AS_IF([test "$enable_threads" = yes && test "$alcove_cv_call_pthread" = no],
    [AC_MSG_ERROR([--enable-threads: this system has no POSIX threads])])
  alcove_have_threads=yes
  AS_IF([test "$enable_threads" = no || test "$alcove_cv_call_pthread" = no],
    [alcove_have_threads=no])
  AS_CASE([$alcove_cv_call_pthread], [-*], [PTHREAD_CFLAGS=$alcove_cv_call_pthread],
    [PTHREAD_CFLAGS=])
  AS_VAR_IF([alcove_have_threads], [yes], [alcove_number=1],
    [alcove_number=0; PTHREAD_CFLAGS=])
  AC_SUBST([PTHREAD_CFLAGS])
  AC_DEFINE_UNQUOTED([ALCOVE_HAVE_THREADS], [$alcove_number],
    [1 if POSIX threads are used.])
  alcove_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $PTHREAD_CFLAGS"
  ALCOVE_CHECK_CALL([pthread_atfork], [[#include <pthread.h>
static void nothing(void) { }]],
    [[return (pthread_atfork)(nothing, nothing, nothing);]])
  dnl Of winpthreads, in which pthread_exit runs no cleanup handlers.
  ALCOVE_CHECK_CALL([pthread_getclean], [[#include <pthread.h>]],
    [[return pthread_getclean() == 0;]])
  CFLAGS=$alcove_save_CFLAGS
])

# The ways in which systems tell the bounds of a thread's stack; and is it of use
# to know them? On PA-RISC, alone, a stack grows upwards.
AC_DEFUN([ALCOVE_CHECK_STACK_BOUNDS], [
  AC_CACHE_CHECK([whether the stack grows down], [alcove_cv_stack_grows_down],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#if defined __hppa__ || defined __hppa
#    error upwards
#endif]], [])],
      [alcove_cv_stack_grows_down=yes], [alcove_cv_stack_grows_down=no])])
  alcove_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $PTHREAD_CFLAGS"
  ALCOVE_CHECK_CALL([pthread_getattr_np], [[#include <pthread.h>]], [[
    pthread_attr_t a; return pthread_getattr_np(pthread_self(), &a);]])
  ALCOVE_CHECK_CALL([pthread_attr_get_np], [[#include <pthread.h>
#include <pthread_np.h>]], [[
    pthread_attr_t a; return pthread_attr_get_np(pthread_self(), &a);]])
  ALCOVE_CHECK_CALL([pthread_get_stackaddr_np], [[#include <pthread.h>]], [[
    return pthread_get_stackaddr_np(pthread_self()) == 0
      || pthread_get_stacksize_np(pthread_self()) == 0;]])
  ALCOVE_CHECK_CALL([pthread_stackseg_np], [[#include <sys/types.h>
#include <sys/signal.h>
#include <pthread.h>
#include <pthread_np.h>]], [[
    stack_t s; return pthread_stackseg_np(pthread_self(), &s);]])
  ALCOVE_CHECK_CALL([thr_stksegment], [[#include <thread.h>
#include <signal.h>]], [[stack_t s; return thr_stksegment(&s);]])
  CFLAGS=$alcove_save_CFLAGS
  ALCOVE_CHECK_CALL([stack_limits], [[#include <windows.h>]], [[
    ULONG_PTR low, high; ULONG guarantee = 0;
    GetCurrentThreadStackLimits(&low, &high);
    return high == low || SetThreadStackGuarantee(&guarantee);]])
  ALCOVE_CHECK_CALL([initial_stack], [[#include <signal.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>]], [[
    struct rlimit l;
    getrlimit(RLIMIT_STACK, &l);
    return getauxval(AT_EXECFN) == getauxval(AT_PAGESZ)
      || syscall(SYS_rt_sigprocmask, -1, (void *)8, (void *)0, (NSIG / 8)) == 0;]])
  ALCOVE_CHECK_CALL([sigaltstack], [[#include <signal.h>]], [[
    stack_t s; return sigaltstack(0, &s) || (s.ss_flags & SS_ONSTACK);]])
])

# Thread-local storage: the keyword, if one links.
AC_DEFUN([ALCOVE_CHECK_THREAD_LOCAL], [
  AC_CACHE_CHECK([for thread-local storage], [alcove_cv_thread_local],
    [alcove_cv_thread_local=no
    for alcove_word in __thread _Thread_local; do
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[
struct pair { unsigned long a, b; };
extern $alcove_word struct pair here;
$alcove_word struct pair here;
]], [[here.a = 1; return (int)here.b;]])],
        [alcove_cv_thread_local=$alcove_word; break])
    done])
  AS_VAR_IF([alcove_cv_thread_local], [no], [alcove_number=0], [alcove_number=1])
  AC_DEFINE_UNQUOTED([ALCOVE_THREAD_LOCAL_WORKS], [$alcove_number],
    [1 if there is thread-local storage.])
  AC_DEFINE_UNQUOTED([ALCOVE_THREAD_LOCAL], [$alcove_cv_thread_local],
    [The keyword for thread-local storage.])
])

AC_DEFUN([ALCOVE_CHECK_STRERROR_R], [
  AC_CACHE_CHECK([for strerror_r], [alcove_cv_call_strerror_r],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
        [[char b[9]; return *strerror_r(1, b, 9);]])],
      [alcove_cv_call_strerror_r=GNU],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
          [[char b[9]; return strerror_r(1, b, 9);]])],
        [alcove_cv_call_strerror_r=POSIX],
        [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
            [[char b[9]; return strerror_s(b, 9, 1);]])],
          [alcove_cv_call_strerror_r=strerror_s],
          [alcove_cv_call_strerror_r=no])])])])
  AS_CASE([$alcove_cv_call_strerror_r], [strerror_s], [alcove_number=3],
    [GNU], [alcove_number=2], [no], [alcove_number=0], [alcove_number=1])
  AC_DEFINE_UNQUOTED([ALCOVE_STRERROR_R], [$alcove_number],
    [3 if it is strerror_s, 2 if it is GNU's, 1 if POSIX's, 0 if there is none.])
])

# The tarball of `make dist`, the same for the same files, if tar is GNU's:
# SOURCE_DATE_EPOCH is the time of them all, in seconds since 1970.
AC_DEFUN([ALCOVE_DIST_TAR], [
  AS_IF([tar --sort=name --version >/dev/null 2>&1],
    [am__tar='TAR_OPTIONS="--sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@$${SOURCE_DATE_EPOCH-`date +%s`}" '$am__tar])
])

# What the compiler can be told about functions.
AC_DEFUN([ALCOVE_CHECK_ATTRIBUTES], [
  ALCOVE_CC_SYNTAX([hidden_visibility], [hidden visibility], [[
extern __attribute__((visibility("hidden"))) int hidden;
int hidden;]], [[return hidden;]])
  ALCOVE_CC_SYNTAX([cleanup_attribute], [the cleanup attribute], [[
static void done(int *i) { *i = 0; }]],
    [[__attribute__((cleanup(done))) int i = 1; return i;]])
  ALCOVE_CC_SYNTAX([frame_address], [__builtin_frame_address], [],
    [[return __builtin_frame_address(0) == 0;]])
  ALCOVE_CC_SYNTAX([return_address], [__builtin_return_address], [],
    [[return !__builtin_extract_return_addr(__builtin_return_address(0));]])
  ALCOVE_CC_SYNTAX([leading_zeros], [__builtin_clzll], [],
    [[return __builtin_clzll(4711);]])
  ALCOVE_CC_SYNTAX([atomic_builtins], [__atomic_load_n], [],
    [[static int i; __atomic_store_n(&i, 1, __ATOMIC_RELAXED);
      return __atomic_load_n(&i, __ATOMIC_RELAXED);]])
  ALCOVE_CC_SYNTAX([no_inline], [noinline functions], [[
static __attribute__((noinline)) int f(void) { return 0; }]], [[return f();]])
  ALCOVE_CC_SYNTAX([no_clone], [noclone functions], [[
static __attribute__((noclone)) int f(void) { return 0; }]], [[return f();]])
  ALCOVE_CC_SYNTAX([no_return], [noreturn functions], [[
static __attribute__((noreturn)) void f(void) { for (;;) continue; }]], [[f();]])
  ALCOVE_CC_SYNTAX([no_protector], [no_stack_protector functions], [[
static __attribute__((no_stack_protector)) int f(void) { return 0; }]],
    [[return f();]])
  ALCOVE_CC_SYNTAX([no_clash], [functions without -fstack-clash-protection], [[
static __attribute__((optimize("no-stack-clash-protection")))
int f(void) { return 0; }]], [[return f();]])
  AH_BOTTOM([
#if ALCOVE_HIDDEN_VISIBILITY
#    define ALCOVE_HIDDEN __attribute__((visibility("hidden")))
#else
#    define ALCOVE_HIDDEN
#endif
#if ALCOVE_NO_INLINE && ALCOVE_NO_CLONE
#    define ALCOVE_NOINLINE __attribute__((noinline, noclone))
#elif ALCOVE_NO_INLINE
#    define ALCOVE_NOINLINE __attribute__((noinline))
#else
#    define ALCOVE_NOINLINE
#endif
#if ALCOVE_NO_RETURN
#    define ALCOVE_NORETURN __attribute__((noreturn))
#else
#    define ALCOVE_NORETURN
#endif
#if ALCOVE_NO_PROTECTOR
#    define ALCOVE_NOPROTECTOR __attribute__((no_stack_protector))
#else
#    define ALCOVE_NOPROTECTOR
#endif
#if ALCOVE_NO_CLASH
#    define ALCOVE_NOCLASH \
        __attribute__((optimize("no-stack-clash-protection")))
#else
#    define ALCOVE_NOCLASH
#endif
/* For functions that place a block in their frame. Aligned, they take as long
 * as raw alloca; not aligned, an eighth more (measured: make time). */
#define ALCOVE_PLACES_BLOCK \
    ALCOVE_NOINLINE ALCOVE_NOPROTECTOR ALCOVE_NOCLASH ALCOVE_FAST_ENTRY
#if ALCOVE_NO_INLINE
#    define ALCOVE_FAST_ENTRY __attribute__((aligned(32)))
#else
#    define ALCOVE_FAST_ENTRY
#endif
/* A flag that threads may set and read at once. */
#if ALCOVE_ATOMIC_BUILTINS
#    define ALCOVE_LOAD(x)     __atomic_load_n(&(x), __ATOMIC_RELAXED)
#    define ALCOVE_STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#else
#    define ALCOVE_LOAD(x)     (*(volatile int *)&(x))
#    define ALCOVE_STORE(x, v) ((void)(*(volatile int *)&(x) = (v)))
#endif])
])

# All that is asked of the system, and what the stack allocator lacks.
AC_DEFUN([ALCOVE_CHECK_SYSTEM], [
  ALCOVE_CHECK_ALLOCA
  ALCOVE_CHECK_CALL([posix_memalign], [[#include <stdlib.h>]],
    [[void *p; return posix_memalign(&p, 64, 64);]])
  ALCOVE_CHECK_CALL([aligned_alloc], [[#include <stdlib.h>]],
    [[return aligned_alloc(64, 64) == 0;]])
  ALCOVE_CHECK_CALL([memalign], [[#include <malloc.h>]],
    [[return memalign(64, 64) == 0;]])
  ALCOVE_CHECK_CALL([aligned_malloc], [[#include <malloc.h>]],
    [[void *p = _aligned_malloc(64, 64);
      p = _aligned_realloc(p, 128, 64); _aligned_free(p); return 0;]])
  ALCOVE_CHECK_CALL([heapalloc], [[#include <windows.h>]],
    [[return HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 1));]])
  ALCOVE_CHECK_CALL([virtualalloc], [[#include <windows.h>]], [[
    void *p = VirtualAlloc(0, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    return VirtualFree(p, 0, MEM_RELEASE);]])
  ALCOVE_CHECK_CALL([mmap], [[#include <sys/mman.h>
#include <unistd.h>
#ifndef MAP_ANONYMOUS
#    define MAP_ANONYMOUS MAP_ANON
#endif]], [[
    void *p = mmap(0, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED || munmap(p, 1);]])
  ALCOVE_CHECK_CALL([mremap], [[#include <sys/mman.h>]],
    [[return mremap((void *)0, 1, 2, MREMAP_MAYMOVE) == MAP_FAILED;]])
  ALCOVE_CHECK_CALL([madvise_hugepage], [[#include <sys/mman.h>]],
    [[return madvise((void *)0, 1, MADV_HUGEPAGE);]])
  dnl For tests: may a program define calls of its own, and have the real ones?
  ALCOVE_CHECK_CALL([interpose], [[#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
int munmap(void *p, size_t size) { return dlsym(RTLD_NEXT, p) == 0 && size; }
void *realloc(void *p, size_t size) { return size ? p : (void *)0; }]],
    [[return munmap((void *)0, 1) || realloc((void *)0, 1);]])
  ALCOVE_CHECK_CALL([backtrace], [[#include <execinfo.h>]], [[
    void *f[2]; int n = backtrace(f, 2); backtrace_symbols_fd(f, n, 1);
    return n;]])
  ALCOVE_CHECK_CALL([secure_getenv], [[#include <stdlib.h>]],
    [[return secure_getenv("X") == 0;]])
  ALCOVE_CHECK_CALL([issetugid], [[#include <unistd.h>]], [[return issetugid();]])
  ALCOVE_CHECK_CALL([getuid], [[#include <stdlib.h>
#include <unistd.h>]], [[return getuid() == geteuid() && getenv("X") == 0;]])
  # For the out-of-memory driver: a run in a process of its own.
  ALCOVE_CHECK_CALL([fork], [[#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>]], [[
    struct rlimit l = { 0, 0 }; struct timespec t; int s[2];
    struct pollfd p = { 0, POLLIN, 0 };
    pid_t c = pipe(s) == 0 && isatty(0) == 0 ? fork() : -1;
    if (c == 0) _exit(setrlimit(RLIMIT_CORE, &l));
    return poll(&p, 1, 0) + clock_gettime(CLOCK_MONOTONIC, &t)
      + kill(c, SIGKILL) + (int)waitpid(c, s, 0);]])
  # For tests: a stack of one's own.
  ALCOVE_CHECK_CALL([makecontext], [[#include <ucontext.h>
static void nothing(void) { }]], [[
    ucontext_t c;
    getcontext(&c); makecontext(&c, nothing, 0); return swapcontext(&c, &c);]])
  ALCOVE_CHECK_STRERROR_R
  ALCOVE_CHECK_THREADS
  ALCOVE_CHECK_THREAD_LOCAL
  ALCOVE_CHECK_STACK_BOUNDS
  ALCOVE_CHECK_ATTRIBUTES
  ALCOVE_CC_SYNTAX([valgrind], [<valgrind/valgrind.h>],
    [[#include <valgrind/valgrind.h>]], [[return RUNNING_ON_VALGRIND;]])
  AS_VAR_IF([enable_os_errors], [yes], [alcove_number=1], [alcove_number=0])
  AC_DEFINE_UNQUOTED([ALCOVE_HAVE_OS_ERRORS], [$alcove_number],
    [1 if errors carry the operating system's own.])

  alcove_pages_possible=no
  AS_CASE([$alcove_cv_call_mmap:$alcove_cv_call_virtualalloc], [*yes*],
    [alcove_pages_possible=yes])
  alcove_stack_possible=no
  AS_IF([test "$alcove_cv_call_alloca" = no],
      [alcove_stack_lacks="this system has no alloca"],
    [test "$alcove_cv_thread_local" = no],
      [alcove_stack_lacks="the compiler has no thread-local storage"],
    [test "$alcove_cv_cc_frame_address" = no],
      [alcove_stack_lacks="the compiler does not tell the address of a frame"],
    [test "$alcove_cv_stack_grows_down" = no],
      [alcove_stack_lacks="the stack of this machine grows upwards"],
    [alcove_stack_possible=yes alcove_stack_lacks=])
])

# A C++ compiler is for tests only.
AC_DEFUN([ALCOVE_CHECK_CXX], [
  AC_LANG_PUSH([C++])
  dnl In a cross build AC_PROG_CXX falls back to the compiler for this machine.
  AC_CACHE_CHECK([for a C++11 compiler, for tests], [alcove_cv_cxx],
    [alcove_cv_cxx=no
    AS_IF([test $cross_compiling = no ||
        test "`$CXX -dumpmachine 2>&1`" = "`$CC -dumpmachine 2>&1`"],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <cstddef>]], [[
        auto f = [] { throw 1; }; try { f(); } catch (int) {} return alignof(int);]])],
        [alcove_cv_cxx=yes])])])
  AC_CACHE_CHECK([for C++17 with <memory_resource>, for tests],
    [alcove_cv_cxx17],
    [alcove_save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="-std=c++17 $CXXFLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <memory_resource>
#include <vector>]], [[
      std::pmr::monotonic_buffer_resource r(std::pmr::new_delete_resource());
      std::pmr::vector<int> v(3, 0, &r); return v[2];]])],
      [alcove_cv_cxx17=yes], [alcove_cv_cxx17=no])
    CXXFLAGS=$alcove_save_CXXFLAGS])
  AC_LANG_POP([C++])
  AM_CONDITIONAL([HAVE_CXX], [test "$alcove_cv_cxx" = yes])
  AM_CONDITIONAL([HAVE_CXX17],
    [test "$alcove_cv_cxx" = yes && test "$alcove_cv_cxx17" = yes])
])

# Programs for Windows that are made elsewhere are tested by wine.
AC_DEFUN([ALCOVE_CHECK_WINDOWS], [
  AS_CASE([$host_os], [mingw*], [alcove_windows=yes], [alcove_windows=no])
  AM_CONDITIONAL([WINDOWS], [test $alcove_windows = yes])
  RUNNER=
  AS_IF([test "$alcove_windows:$cross_compiling" = yes:yes],
    [AC_CHECK_PROG([alcove_wine], [wine], [yes], [no])
    AS_VAR_IF([alcove_wine], [yes],
      [RUNNER='$(SHELL) $(abs_top_srcdir)/t/wine'])])
  AC_SUBST([RUNNER])
])

AC_DEFUN([ALCOVE_SUMMARY], [
  alcove_bounds=
  for alcove_way in initial_stack pthread_getattr_np pthread_attr_get_np \
    pthread_get_stackaddr_np pthread_stackseg_np thr_stksegment stack_limits \
    sigaltstack; do
    AS_VAR_COPY([alcove_found], [alcove_cv_call_$alcove_way])
    AS_CASE([$alcove_found], [no], [],
      [AS_VAR_APPEND([alcove_bounds], [" $alcove_way"])])
  done
  AC_MSG_NOTICE([

alcove AC_PACKAGE_VERSION for $host

  backends
    malloc           $alcove_says_malloc
    posix_memalign   $alcove_says_posix_memalign
    aligned_alloc    $alcove_says_aligned_alloc
    aligned_malloc   $alcove_says_aligned_malloc
    heapalloc        $alcove_says_heapalloc
    page             $alcove_says_page (mremap: $alcove_cv_call_mremap)
    stack            $alcove_says_stack
    scratch, null    yes

  alloca             $alcove_cv_call_alloca
  stack bounds from ${alcove_bounds:- nothing: every block of the stack allocator will be refused}
  thread-local       $alcove_cv_thread_local
  POSIX threads      $alcove_have_threads
  OS errors          $enable_os_errors
  Valgrind's header  $alcove_cv_cc_valgrind (stack, arena and pool see that Valgrind is there)
  C++ tests          $alcove_cv_cxx (C++17: $alcove_cv_cxx17)
  bridges tested by $(echo $LIBRARY_TESTS | wc -w) programs; absent:${LIBRARIES_ABSENT:- none}
  libraries          shared $enable_shared, static $enable_static
])
])
