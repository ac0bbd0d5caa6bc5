# SPDX-License-Identifier: MIT
"""Breaks lib/ in all small ways, one at a time, and sees whether a test notices.

A mutant is compiled alone, and linked into one test after the other, those that
reach its line, till one fails. If none does, the tests that know its file best
run once more under AddressSanitizer and UBSan; and if the compiler warns of it,
it does not survive either, for CI builds with --enable-werror. What was found
is kept in mutants/results: a run that was stopped goes on where it was.

What lives is told to be equivalent by the compiler (the same code at -O2) or by
verify/mutants-equivalent, or is a survivor.
"""
import argparse
import collections
import glob
import hashlib
import json
import os
import queue
import random
import re
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time

import mutate

AIMS = (
    ('lib/core/layout', 100), ('lib/compose/arena', 100),
    ('lib/compose/pool', 100), ('lib/backend/stack', 100), ('lib/', 95),
)
SLOWER = 5  # times a test's usual time, and it hangs
SANITIZED = ('-O1', '-fsanitize=address,undefined',
             '-fno-sanitize-recover=undefined')
SANITIZE = {
    'ASAN_OPTIONS': 'allocator_may_return_null=1:detect_stack_use_after_return=1',
    'UBSAN_OPTIONS': 'halt_on_error=1',
}
KILLED, WARNED, SURVIVED, SAME, LISTED, UNBUILT = \
    'killed', 'warned', 'survived', 'same', 'listed', 'unbuilt'


def say(text):
    print(text, flush=True)


def progress(text, last=[0.0]):
    tty = sys.stderr.isatty()
    if tty or time.time() > last[0] + 20:
        last[0] = time.time()
        print(f'mutants: {text}', end='\033[K\r' if tty else '\n',
              file=sys.stderr, flush=True)


def digest(*parts):
    return hashlib.sha1('\0'.join(parts).encode()).hexdigest()[:16]


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def side_by_side(work, items, count):
    """work(item, number of the worker) for each; the first exception is ours."""
    todo, failures = queue.Queue(), []
    for item in items:
        todo.put(item)

    def loop(number):
        while not failures:
            try:
                work(todo.get_nowait(), number)
            except queue.Empty:
                return
            except BaseException as failure:  # pylint: disable=broad-except
                failures.append(failure)

    threads = [threading.Thread(target=loop, args=(i,), daemon=True)
               for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
    if failures:
        raise failures[0]


class Test:
    """A test program: its sources, how long it takes, and what it has killed."""

    def __init__(self, name, sources):
        self.name, self.sources = name, sources
        self.key, self.wall, self.why = '', 0.0, None
        self.lines = {}
        self.kills = collections.Counter()
        self.tries = collections.Counter()
        self.sane = None  # does it pass when sanitized?

    def is_home(self, file):
        """Is it for this file that the test was written?"""
        return os.path.basename(file).startswith(self.name.removesuffix('edge'))

    def dear(self, file):
        """The time that a kill may cost: what has killed in a file comes first."""
        mine = 4 if self.is_home(file) else 1
        return (self.wall + 0.05) * (self.tries[file] + 2 + mine) / \
            (self.kills[file] + mine)

    def reaches(self, mutant):
        lines = self.lines.get(mutant.file, ())
        return any(n in lines for n in range(mutant.line, mutant.last + 1))


class Build:
    """The library and its tests as objects, and what can be made of them."""

    def __init__(self, top, out, cc):
        self.top, self.out, self.cc = top, out, cc.split()
        self.config = ['-DHAVE_CONFIG_H', '-I.', '-Iinclude']
        self.sources = [os.path.relpath(p, top)
                        for p in sorted(glob.glob(f'{top}/lib/*/*.c'))]
        self.tests = {}
        text = read(f'{top}/Makefile.am')
        for name, sources in re.findall(
                r'^t_(\w+)_t_SOURCES = (.*)$', text, re.M):
            files = [s for s in sources.split() if s.endswith('.c')]
            if files:
                self.tests[name] = Test(name, files)
        self.left_out, self.sanitized, self.home = [], False, False
        self.depends = {}
        self.isolated = self.run(['unshare', '--pid', '--fork', 'true'])

    @staticmethod
    def run(command, **more):
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False,
                                  **more).returncode == 0
        except OSError:
            return False

    def compile(self, tree, source, output, flags=None):
        """Without optimization, under which what is undefined may go unnoticed;
        but in the tests the inline functions are to be inlined, for some look
        at where a call came from."""
        flags = flags or ['-O0' if source.startswith('lib/') else '-O1']
        return self.run(
            self.cc + ['-w'] * ('-Werror' not in flags) +
            [*flags, '-pthread', '-fexceptions', '-MMD',
                       *self.config[:2], f'-I{tree}/include', *self.config[2:],
                       '-c', f'{tree}/{source}', '-o', output])

    def object(self, source, kind='plain'):
        return f'{self.out}/{kind}/{source.replace("/", "-")}.o'

    def link(self, objects, test, output, kind='plain', mutated=None):
        """Objects that are given stand before the library's of the same name."""
        mutated = mutated or {}
        own = [mutated.get(s) or self.object(s, kind) for s in test.sources]
        archive = f'{self.out}/{kind}/all.a'
        more = {'counted': ['--coverage'], 'sanitized': SANITIZED}.get(kind, [])
        return self.run(self.cc + own + objects +
                        [archive, '-pthread', *more, '-o', output])

    def objects(self, kind, flags=None):
        """Everything as it is, in an archive."""
        os.makedirs(f'{self.out}/{kind}', exist_ok=True)
        mine = {s for t in self.tests.values() for s in t.sources}
        taps = ['t/tap.c', 't/count.c']

        def one(source, _):
            target = self.object(source, kind)
            if not self.compile(self.top, source, target, flags):
                raise SystemExit(f'mutants: {source} cannot be compiled: {kind}')

        side_by_side(one, self.sources + taps + sorted(mine), 2)
        archive = f'{self.out}/{kind}/all.a'
        if os.path.exists(archive):
            os.remove(archive)
        if not self.run(['ar', 'rcs', archive] + [
                self.object(s, kind) for s in self.sources + taps]):
            raise SystemExit('mutants: there is no ar')
        for source in self.sources + sorted(mine):
            listed = read(self.object(source, kind)[:-1] + 'd')
            self.depends[source] = {
                os.path.relpath(word, self.top)
                for word in listed.replace('\\\n', ' ').split()[1:]}

    def start(self, program, where, cpu, more=None):
        """A test in a session of its own, and where it can be had, with no other
        process to be seen: what a mutant kills is then its own. It cannot fill
        the disk, nor all memory."""
        apart = ['unshare', '--pid', '--fork', '--kill-child'] \
            if self.isolated else []
        limits = f'ulimit -c 0; ulimit -t {cpu}; ulimit -f 200000; '
        if more != SANITIZE:  # the shadow is that large
            limits += 'ulimit -d 4000000; '
        limits += 'exec "$@"'
        env = dict(os.environ, ALCOVE_TEST_QUICK='1', ALCOVE_TEST_SEED='1',
                   srcdir=self.top, builddir='.', **(more or {}))
        return subprocess.Popen(
            ['sh', '-c', limits, 'sh', *apart, program], cwd=where, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True)

    def passes(self, program, where, cpu, wall, more=None):
        """Why not, or None."""
        child = self.start(program, where, cpu, more)
        end, tail, why = time.monotonic() + wall, b'', None
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while why is None:
                left = end - time.monotonic()
                if left <= 0 or not selector.select(left):
                    why = 'time'
                    break
                some = os.read(child.stdout.fileno(), 65536)
                if not some:
                    break
                tail = tail[-200:] + some
                bad = re.search(rb'^not ok(?![^\n]*# TODO)', tail, re.M)
                if bad:
                    why = 'check'
        if why:
            os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()
        status = child.wait()
        if why is None and status not in (0, 77):
            why = f'exit {status}'
        return why

    def remember(self):
        """What was found of a test before, if nothing was changed since."""
        try:
            known = json.loads(read(f'{self.out}/map'))
        except (OSError, ValueError):
            known = {}
        everything = sorted(s for s in set().union(*self.depends.values())
                            if s.startswith(('lib/', 'include/')))
        library = digest(*(read(f'{self.top}/{s}') for s in everything))
        for test in self.tests.values():
            test.key = digest(library, read(f'{self.top}/t/tap.c'), *(
                read(f'{self.top}/{s}') for s in test.sources))
            old = known.get(test.name, {})
            if old.get('key') == test.key:
                test.wall, test.why = old['wall'], old['why']
                test.lines = {f: set(n) for f, n in old['lines'].items()}

    def record(self):
        write(f'{self.out}/map', json.dumps({
            t.name: {'key': t.key, 'wall': t.wall, 'why': t.why,
                     'lines': {f: sorted(n) for f, n in t.lines.items()}}
            for t in [*self.tests.values(), *self.left_out]}))

    def measure(self, workers):
        """How long each test takes unbroken, and whether it passes."""
        def one(test, number):
            where = f'{self.out}/w{number}/run'
            program = f'{where}/{test.name}.t'
            if not self.link([], test, program):
                raise SystemExit(f'mutants: {test.name}.t cannot be linked')
            start = time.monotonic()
            test.why = self.passes(program, where, 600, 600)
            test.wall = time.monotonic() - start
            os.remove(program)
            progress(f'{test.name}.t takes {test.wall:.1f} s')

        side_by_side(one, [t for t in self.tests.values() if not t.wall],
                     workers)

    def choose(self, longest):
        """Leaves out what cannot pass, and what takes too long."""
        for test in list(self.tests.values()):
            if test.why or test.wall > longest:
                say(f'left out: {test.name}.t, ' + (
                    f'it fails ({test.why})' if test.why else
                    f'it takes {test.wall:.0f} s'))
                self.left_out.append(self.tests.pop(test.name))

    def reach(self, workers):
        """Which lines each test runs."""
        def one(test, number):
            base = f'{self.out}/w{number}'
            where, counts = f'{base}/run', f'{base}/counts'
            shutil.rmtree(counts, ignore_errors=True)
            os.makedirs(counts)
            if not self.link([], test, f'{where}/{test.name}.t', 'counted'):
                raise SystemExit(f'mutants: {test.name}.t cannot be linked')
            self.passes(f'{where}/{test.name}.t', where, 600, 600,
                        {'GCOV_PREFIX': counts, 'GCOV_PREFIX_STRIP': '99'})
            os.remove(f'{where}/{test.name}.t')
            data = [d for d in os.listdir(counts) if d.endswith('.gcda')]
            for name in data:
                os.symlink(f'{self.out}/counted/{name[:-1]}o'.replace(
                    '.gcdo', '.gcno'), f'{counts}/{name[:-4]}gcno')
            told = subprocess.run(
                ['gcov', '-j', '-t', *data], cwd=counts, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            for line in told.splitlines():
                for file in json.loads(line)['files']:
                    name = os.path.relpath(
                        os.path.join(os.getcwd(), file['file']), self.top)
                    hit = {x['line_number'] for x in file['lines'] if x['count']}
                    test.lines[name] = test.lines.get(name, set()) | hit
            progress(f'the lines that {test.name}.t reaches')

        side_by_side(one, [t for t in self.tests.values() if not t.lines],
                     workers)


class Worker:
    """Has a copy of the sources, in which it breaks one thing at a time."""

    def __init__(self, build, number):
        self.build, self.tree = build, f'{build.out}/w{number}'
        self.where = f'{self.tree}/run'
        self.optimized = {}
        for folder in ('lib', 'include', 't', 'tools'):
            shutil.copytree(f'{build.top}/{folder}', f'{self.tree}/{folder}',
                            dirs_exist_ok=True)
        os.makedirs(self.where, exist_ok=True)

    def affected(self, file, sources):
        return [s for s in sources if file in self.build.depends[s]]

    def judge(self, mutant):
        """The verdict, and the test."""
        path = f'{self.tree}/{mutant.file}'
        text = read(f'{self.build.top}/{mutant.file}')
        write(path, mutant.apply(text))
        try:
            return self.verdict(mutant)
        finally:
            write(path, text)

    def verdict(self, mutant):
        objects = {}
        for source in self.affected(mutant.file, self.build.sources):
            objects[source] = f'{self.tree}/{source.replace("/", "-")}.o'
            if not self.build.compile(self.tree, source, objects[source]):
                return UNBUILT, '-'
        file = mutant.file
        tests = [t for t in self.build.tests.values() if t.is_home(file) or
                 t.reaches(mutant) and not self.build.home]
        for test in sorted(tests, key=lambda t: t.dear(file)):
            test.tries[file] += 1
            if not self.survives(mutant, test, list(objects.values())):
                test.kills[file] += 1
                return KILLED, test.name
        if self.same(file):
            return SAME, '-'
        test = self.sanitized(mutant)
        if test:
            return KILLED, f'{test}+asan'
        return (WARNED if self.warned(file) else SURVIVED), '-'

    def survives(self, mutant, test, objects, kind='plain'):
        own, more, slower = {}, None, SLOWER
        flags = None
        if kind == 'sanitized':
            more, slower, flags = SANITIZE, 4 * SLOWER, SANITIZED
        for source in self.affected(mutant.file, test.sources):
            own[source] = f'{self.tree}/{source.replace("/", "-")}.o'
            if not self.build.compile(self.tree, source, own[source], flags):
                return False
        program = f'{self.where}/{test.name}.t'
        if not self.build.link(objects, test, program, kind, own):
            return False
        why = self.build.passes(program, self.where, int(slower * test.wall) + 2,
                                slower * test.wall + 10, more)
        os.remove(program)
        return why is None

    def sanitized(self, mutant):
        """The name of the test that notices when it is sanitized, if one does."""
        if not self.build.sanitized:
            return None
        file, objects = mutant.file, []
        for source in self.affected(file, self.build.sources):
            objects.append(f'{self.tree}/{source.replace("/", "-")}.o')
            if not self.build.compile(self.tree, source, objects[-1], SANITIZED):
                return None
        tests = sorted(self.build.tests.values(), reverse=True,
                       key=lambda t: (t.is_home(file), -t.wall))
        for test in tests[:3]:
            if test.kills[file] == 0 and not test.is_home(file):
                continue
            if test.sane is None:
                nothing = mutate.Mutant('-', '', 0, 0, '')
                test.sane = self.survives(nothing, test, [], 'sanitized')
            if test.sane and not self.survives(mutant, test, objects,
                                               'sanitized'):
                return test.name
        return None

    def warned(self, file):
        """Does the compiler warn, as it does not of what is unbroken?"""
        flags = ('-O2', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter')
        return not all(self.build.compile(self.tree, source,
                                          f'{self.tree}/code.o', flags)
                       for source in self.affected(file, self.build.sources))

    def same(self, file):
        """Does the compiler make the same of it? Compiled at the same place."""
        for source in self.affected(file, self.build.sources):
            mutated = self.code(source)
            if source not in self.optimized:
                path = f'{self.tree}/{file}'
                broken = read(path)
                write(path, read(f'{self.build.top}/{file}'))
                self.optimized[source] = self.code(source)
                write(path, broken)
            if mutated != self.optimized[source]:
                return False
        return True

    def code(self, source):
        output = f'{self.tree}/code.o'
        self.build.compile(self.tree, source, output, ('-O2', '-g0'))
        with open(output, 'rb') as file:
            return file.read()


class Results:
    """What is known of each mutant, kept from run to run."""

    def __init__(self, path, suite):
        self.path, self.suite, self.known = path, suite, {}
        self.lock = threading.Lock()
        if os.path.exists(path):
            for line in read(path).splitlines():
                key, verdict, test, of = line.split('\t')[:4]
                # What lived through other tests is tried again.
                if verdict != SURVIVED or of == suite:
                    self.known[key] = (verdict, test)

    def add(self, mutant, verdict, test):
        with self.lock:
            self.known[mutant.key] = (verdict, test)
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write('\t'.join((mutant.key, verdict, test, self.suite,
                                      f'{mutant.file}:{mutant.line}')) + '\n')


def equivalents(path):
    """A function of a mutant: which paragraphs are about it? And their count."""
    found = {}
    for number, block in enumerate(re.split(r'\n\s*\n', read(path))):
        lines = [l for l in block.splitlines() if not l.startswith('#')]
        if not lines:
            continue
        part = dict.fromkeys('@-+=', '')
        for line in lines[1:]:
            if line[:2] not in ('@ ', '- ', '+ ', '= ', '  '):
                raise SystemExit(f'{path}: paragraph {number + 1}: {line}')
            now = line[0] if line[0] != ' ' else now
            part[now] += ' ' + line[2:]
        for now in part:
            part[now] = mutate.squeeze(part[now])
        if not part['=']:
            raise SystemExit(f'{path}: paragraph {number + 1}: no reason')
        found.setdefault((lines[0].strip(), part['-'], part['+']), {})[
            part['@']] = number + 1

    def about(mutant):
        here = found.get((mutant.file, mutant.before, mutant.after), {})
        return here.get(mutant.above) or here.get('')

    return about, {n for here in found.values() for n in here.values()}


def make(build, patterns):
    """All mutants of the files that begin so, each with its key."""
    files = [os.path.relpath(p, build.top) for p in
             sorted(glob.glob(f'{build.top}/lib/*/*.[ch]') +
                    glob.glob(f'{build.top}/include/alcove/*.h'))]
    files = [f for f in files if any(f.startswith(p) for p in patterns)]
    made = []
    flags = build.config + [f'-I{build.top}/include', '-include', 'config.h']
    for file in files:
        counts = collections.Counter()
        whole = digest(read(f'{build.top}/{file}'))
        for mutant in mutate.mutants(f'{build.top}/{file}', file, flags):
            what = (file, mutant.before, mutant.after)
            counts[what] += 1
            mutant.key = digest(*what, str(counts[what]), whole)
            made.append(mutant)
    return made


def table(done, listed):
    """The figures, file by file; how many reached their aim, and how many not."""
    passed = failed = 0
    rows = collections.OrderedDict()
    for mutant, (verdict, _) in done:
        if verdict == UNBUILT:
            continue
        if verdict == SURVIVED and listed(mutant):
            verdict = LISTED
        for name in (mutant.file, os.path.dirname(mutant.file) + '/', 'all'):
            rows.setdefault(name, collections.Counter())[verdict] += 1
    say(f'{"":28} mutants  killed  warned  survived  equivalent  score  aim')
    order = sorted(n for n in rows if n != 'all') + ['all'] * ('all' in rows)
    for name in order:
        row = rows[name]
        equal = row[SAME] + row[LISTED]
        real = sum(row.values()) - equal
        score = 100 * (row[KILLED] + row[WARNED]) / real if real else 100.0
        aim = next((a for p, a in AIMS if name.startswith(p)), None)
        if name.endswith('/') or name == 'all':
            aim = None
        if aim is not None:
            good = score >= aim
            passed, failed = passed + good, failed + (not good)
        say(f'{name:28} {sum(row.values()):7} {row[KILLED]:7} '
            f'{row[WARNED]:7} {row[SURVIVED]:9} {equal:11}  {score:5.1f}  ' +
            ('' if aim is None else f'{aim}' if good else f'{aim} NOT REACHED'))
    return passed, failed


def arguments():
    parser = argparse.ArgumentParser(
        prog='make mutants', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='Give these in MUTANTS=... to make. To be run in the build '
        'directory.')
    parser.add_argument('--top', default='.', help='the source directory')
    parser.add_argument('--files', action='append', metavar='START',
                        help='only files whose names begin so (default lib/)')
    parser.add_argument('--sample', type=int, metavar='N',
                        help='only N mutants, taken at random')
    parser.add_argument('--seed', type=int, default=1, help='...by this seed')
    parser.add_argument('--longest', type=float, default=4, metavar='S',
                        help='only tests of up to S seconds (default 4)')
    parser.add_argument('--home', action='store_true',
                        help='only the tests that are named after a file: '
                        'quicker, and kills fewer')
    parser.add_argument('--workers', type=int, default=2, metavar='N')
    parser.add_argument('--minutes', type=float, default=1e6,
                        help='stop after so long, and say what is left')
    parser.add_argument('--list', action='store_true',
                        help='only print the mutants')
    return parser.parse_args()


def main():
    a = arguments()
    begun = time.monotonic()
    os.nice(10)
    top, out = os.path.abspath(a.top), os.path.abspath('mutants')
    if not os.path.exists('config.h'):
        raise SystemExit('mutants: run configure first')
    build = Build(top, out, os.environ.get('CC') or 'cc')
    build.home = a.home
    made = make(build, a.files or ['lib/'])
    if a.sample is not None and a.sample < len(made):
        chosen = set(random.Random(a.seed).sample(range(len(made)), a.sample))
        say(f'{a.sample} of {len(made)} mutants, by seed {a.seed}')
        made = [m for i, m in enumerate(made) if i in chosen]
    if a.list:
        for m in made:
            say(f'{m.file}:{m.line}\n- {m.before}\n+ {m.after}')
        return 0

    listed, paragraphs = equivalents(f'{top}/verify/mutants-equivalent')
    suite = digest(f'{a.longest:g} {a.home}', *(
        read(p) for p in sorted(glob.glob(f'{top}/t/*.[ch]') +
                                glob.glob(f'{top}/tools/*.[ch]'))))
    os.makedirs(out, exist_ok=True)
    results = Results(f'{out}/results', suite)
    todo = [m for m in made if m.key not in results.known]
    say(f'{len(made)} mutants, {len(made) - len(todo)} of them known')
    if todo:
        workers = [Worker(build, i) for i in range(a.workers)]
        progress('compiling')
        build.objects('plain')
        build.remember()
        build.measure(a.workers)
        build.record()
        build.choose(a.longest)
        if not all(t.lines for t in build.tests.values()):
            progress('compiling with counters')
            build.objects('counted', ('-O0', '-g', '--coverage'))
            build.reach(a.workers)
            build.record()
        progress('compiling with sanitizers')
        build.sanitized = build.compile(top, build.sources[0],
                                        f'{out}/probe.o', SANITIZED)
        if build.sanitized:
            build.objects('sanitized', SANITIZED)
        else:
            say('left out: the second try, under AddressSanitizer')
        start, count = time.monotonic(), collections.Counter()

        def one(mutant, number):
            if time.monotonic() - begun > 60 * a.minutes:
                count['left'] += 1
                return
            verdict, test = workers[number].judge(mutant)
            results.add(mutant, verdict, test)
            count[verdict] += 1
            finished = sum(count.values())
            left = (time.monotonic() - start) / finished * (len(todo) - finished)
            progress(f'{finished}/{len(todo)}, {count[KILLED]} killed, '
                     f'{count[SURVIVED]} survived, {left / 60:.0f} min left')

        side_by_side(one, todo, a.workers)
        if count['left']:
            say(f'{count["left"]} mutants were not run: the time was up')

    done = [(m, results.known[m.key]) for m in made if m.key in results.known]
    wrong, used, lived = 0, set(), set()
    for m, (verdict, _) in done:
        used.add(listed(m))
        if verdict in (SURVIVED, SAME):
            lived.add(listed(m))
    for m, (verdict, test) in done:
        if verdict == KILLED and listed(m) and listed(m) not in lived:
            wrong += 1
            say(f'NOT OK: {m.file}:{m.line} is listed as equivalent, and '
                f'{test}.t killed it\n    - {m.before}\n    + {m.after}')
        if verdict == SURVIVED and not listed(m):
            say(f'survived: {m.file}:{m.line}\n    - {m.before}\n'
                f'    + {m.after}')
    if a.sample is None and a.files is None and len(done) == len(made):
        for number in sorted(paragraphs - used):
            wrong += 1
            say('NOT OK: mutants-equivalent: there is nothing like paragraph '
                f'{number}')
    passed, failed = table(done, listed)
    say(f'{passed} passed, {failed + wrong} failed')
    return 1 if failed + wrong else 0


if __name__ == '__main__':
    sys.exit(main())
