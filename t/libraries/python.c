/* SPDX-License-Identifier: MIT */
/* CPython: an interpreter runs a program with classes, generators, exceptions,
 * and modules, and another thread, which calls without the interpreter's lock.
 *
 * The domains RAW and OBJ are bridged as such, MEM by CPython's own allocator
 * of small blocks, which has its arenas from the bridge: so all functions are
 * used.
 */
#include <config.h>

#include "library.h"

#include <Python.h>

#include <alcove/bridge/python.h>
#include <pthread.h>
#include <string.h>

static const char program[] =
    "import gc, itertools, marshal\n"
    "from _collections import OrderedDict, deque\n"
    "from _functools import partial, reduce\n"
    "from _io import BytesIO, StringIO, TextIOWrapper\n"
    "lines = []\n"
    "class Shape:\n"
    "    __slots__ = ('name', 'sides')\n"
    "    def __init__(self, name, *sides):\n"
    "        self.name, self.sides = name, sides\n"
    "    @property\n"
    "    def around(self):\n"
    "        return sum(self.sides)\n"
    "    def __repr__(self):\n"
    "        return f'<{self.name!r} {self.around:>8.3f}>'\n"
    "class Square(Shape):\n"
    "    def __init__(self, side):\n"
    "        super().__init__('square', *[side] * 4)\n"
    "shapes = [Square(n / 7) for n in range(50)] + [Shape('line', 1)]\n"
    "lines.append(repr(sorted(shapes, key=lambda s: -s.around)[:5]))\n"
    "words = text.split()\n"
    "counts = {}\n"
    "for word in words:\n"
    "    counts[word] = counts.get(word, 0) + 1\n"
    "lines.append(str(sorted(counts.items())))\n"
    "def walk(tree):\n"
    "    for node in tree:\n"
    "        if isinstance(node, list):\n"
    "            yield from walk(node)\n"
    "        else:\n"
    "            yield node\n"
    "lines.append(','.join(map(str, walk([1, [2, [3, [4]], 5]]))))\n"
    "def divide(x, y):\n"
    "    try:\n"
    "        return x // y\n"
    "    except ZeroDivisionError as error:\n"
    "        raise ValueError('no') from error\n"
    "    finally:\n"
    "        lines.append(f'{x} by {y}')\n"
    "try:\n"
    "    divide(7, 2) and divide(1, 0)\n"
    "except ValueError as error:\n"
    "    lines.append(repr(error.__cause__))\n"
    "match {'kind': 'pair', 'of': [1, 2, 3]}:\n"
    "    case {'kind': str(kind), 'of': [first, *rest]}:\n"
    "        lines.append(f'{kind} {first} {rest}')\n"
    "big = reduce(lambda x, y: x * y, range(1, 120))\n"
    "lines.append(hex(big ** 3 % (2 ** 521 - 1)))\n"
    "ring = deque(itertools.islice(itertools.cycle('abc'), 100), 10)\n"
    "ring.rotate(3)\n"
    "lines.append(''.join(ring))\n"
    "code = compile('[x ** 2 for x in range(n) if x & 1]', 'c', 'eval')\n"
    "code = marshal.loads(marshal.dumps(code))\n"
    "lines.append(str(eval(code, {'n': 30})))\n"
    "raw = BytesIO()\n"
    "out = TextIOWrapper(raw, encoding='utf-8', newline='\\r\\n')\n"
    "out.write('\\u20ac\\n' * 300)\n"
    "out.flush()\n"
    "lines.append(str(len(raw.getvalue())) + text.title()[:50])\n"
    "grown = bytearray()\n"
    "for i in range(200):\n"
    "    grown += bytes([i]) * 20\n"
    "del grown[100:]\n"
    "order = OrderedDict((n, {n}) for n in range(40))\n"
    "order.move_to_end(3)\n"
    "lines.append(f'{len(grown)} {list(order)[-1]} {partial(max, 5)(3)}')\n"
    "for i in range(20):\n"
    "    knot = []\n"
    "    knot.append(knot)\n"
    "del knot\n"
    "gc.collect()\n"
    "answer = '\\n'.join(lines)\n";

struct session {
    PyObject *names; /* of the program */
    bool good;       /* the thread's part */
};

/* What went wrong, by the name of its type: to make a text of it would need
 * memory. */
static bool
say(struct work *w, const char *call)
{
    PyObject *type = PyErr_Occurred();
    const char *name = type ? ((PyTypeObject *)type)->tp_name : "no exception";

    (void)refused(w, "%s: %s", call, name);
    PyErr_Clear();
    return false;
}

static bool
run(PyObject *names, const char *code)
{
    PyObject *value = PyRun_String(code, Py_file_input, names, names);

    Py_XDECREF(value);
    return value != NULL;
}

/* Without the lock, then with it. */
static void *
in_thread(void *arg)
{
    struct session *s = arg;
    char *p = PyMem_RawCalloc(100, 10);
    char *longer = p ? PyMem_RawRealloc(p, 100000) : NULL;
    PyGILState_STATE state;

    PyMem_RawFree(longer ? longer : p);
    if (!longer)
        return NULL;
    state = PyGILState_Ensure();
    s->good = run(s->names, "answer += str([n * 'x' for n in range(30)])");
    PyErr_Clear();
    PyGILState_Release(state);
    return NULL;
}

static bool
run_thread(struct work *w, struct session *s)
{
    pthread_t thread;
    int code;

    Py_BEGIN_ALLOW_THREADS code = pthread_create(&thread, NULL, in_thread, s);
    if (code == 0)
        pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS return (code == 0 && s->good) ||
        refused(w, "the thread: no memory");
}

static bool
put_answer(struct work *w, PyObject *names)
{
    PyObject *answer = PyDict_GetItemString(names, "answer");
    Py_ssize_t size = 0;
    const char *text = answer ? PyUnicode_AsUTF8AndSize(answer, &size) : NULL;

    if (!text)
        return say(w, "PyUnicode_AsUTF8AndSize");
    result(w, text, (size_t)size);
    return true;
}

static bool
use(struct work *w)
{
    struct session s = {PyDict_New(), false};
    PyObject *text = PyUnicode_FromStringAndSize(some_text(2000), 2000);
    bool good;

    good =
        (s.names && text && PyDict_SetItemString(s.names, "text", text) == 0 &&
         PyDict_SetItemString(s.names, "__builtins__", PyEval_GetBuiltins()) ==
             0 &&
         run(s.names, program)) ||
        say(w, "PyRun_String");
    good = good && run_thread(w, &s) && put_answer(w, s.names);
    Py_XDECREF(text);
    Py_XDECREF(s.names);
    return good;
}

static void
install(struct alcove_bridge *bridge)
{
    PyMemAllocatorEx mem = alcove_bridge_python(bridge);
    PyObjectArenaAllocator arena = alcove_bridge_python_arena(bridge);

    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &mem);
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &mem);
    PyObject_SetArenaAllocator(&arena);
}

/* Of the environment nothing counts, nor what "python3" there is in its path:
 * the modules are those that the library was built for. */
static PyStatus
begin(PyConfig *config)
{
    PyStatus status;

    config->site_import = 0;
    config->write_bytecode = 0;
    config->use_hash_seed = 1;
    status = PyConfig_SetString(config, &config->program_name, L"/no/python");
    return PyStatus_Exception(status) ? status
                                      : Py_InitializeFromConfig(config);
}

static bool
work(struct work *w)
{
    PyPreConfig before;
    PyConfig config;
    PyStatus status;
    bool good;

    if (w->bridge)
        install(w->bridge);
    PyPreConfig_InitIsolatedConfig(&before);
    status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status))
        return refused(w, "Py_PreInitialize: %s", status.err_msg);
    PyConfig_InitIsolatedConfig(&config);
    status = begin(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        return refused(w, "Py_InitializeFromConfig: %s", status.err_msg);
    good = use(w);
    return Py_FinalizeEx() == 0 ? good : refused(w, "Py_FinalizeEx: -1");
}

/* Without the compiler and the date. */
static const char *
version(void)
{
    static char text[16];
    const char *all = Py_GetVersion();

    snprintf(text, sizeof text, "%.*s", (int)strcspn(all, " "), all);
    return text;
}

const struct library library = {
    .name = "CPython",
    .version = version,
    .shape = "context first; arenas with their size",
    .work = work,
    .threads = true,
    .keeps = 1000,
    .keeps_why = "what Py_FinalizeEx leaves: static types, interned strings",
    .defects = CRASHES | LEAKS | OVERRUNS,
    .defects_text =
        "_PyErr_NoMemory ends the program until there is a MemoryError; "
        "PyThreadState_New and PyStructSequence_NewType use NULL; what was "
        "made is left when Py_InitializeFromConfig fails; the compiler "
        "counts a block's instructions as grown before they are, and writes "
        "past their end",
};
