# SPDX-License-Identifier: MIT
"""Breaks lib/ in all small ways, one at a time, and sees whether a test notices.

A mutant is compiled alone, and linked into one test after the other, those that
reach its line, till one fails; those that have killed most for their time come
first. When all are through, the tests that know a survivor's file best run once
more, under AddressSanitizer and UBSan; and if the compiler warns of it, it does
not survive either, for CI builds with --enable-werror. What was found is kept
in mutants/results: a run that was stopped goes on where it was.

Mutants come in an order drawn by --seed that takes from each file in proportion,
so that what was tried, however much that is, is a fair sample of the rest.

What lives is told to be equivalent by the compiler (the same code at -O2) or by
verify/mutants-equivalent, or is a survivor. Tests run as nobody, if root runs this.
"""
import argparse
import bisect
import collections
import glob
import hashlib
import json
import math
import os
import queue
import random
import re
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import mutate

AIMS = (  # of these files; and of all together
    ('lib/core/layout', 100), ('lib/compose/arena', 100),
    ('lib/compose/pool', 100), ('lib/backend/stack', 100),
)
WHOLE = 95
SLOWER = 4  # times a test's usual time, and it hangs
PATIENCE = 1  # seconds that a survivor is tried
SANITIZED = ('-O1', '-fsanitize=address,undefined',
             '-fno-sanitize-recover=undefined')
SANITIZE = {
    'ASAN_OPTIONS': 'allocator_may_return_null=1:detect_stack_use_after_return=1',
    'UBSAN_OPTIONS': 'halt_on_error=1',
}
KILLED, WARNED, SURVIVED, FIRM, SAME, LISTED, UNBUILT = \
    'killed', 'warned', 'survived', 'firm', 'same', 'listed', 'unbuilt'


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
        self.own = ''  # digest of its sources
        self.wall, self.cpu, self.why = 0.0, 0.0, None
        self.lines = {}
        self.kills = collections.Counter()
        self.tries = collections.Counter()
        self.sane = None  # does it pass when sanitized?

    def is_home(self, file):
        """Is it for this file, or its folder, that the test was written?"""
        folder, name = os.path.split(file)
        return name.startswith(self.name.removesuffix('edge')) or \
            os.path.basename(folder) == self.name

    def dear(self, file):
        """The time that a kill may cost: what has killed in a file comes first."""
        mine = 4 if self.is_home(file) else 1
        return (self.cpu + 0.05) * (self.tries[file] + 2 + mine) / \
            (self.kills[file] + mine)

    def runs(self, file, lines):
        return not self.lines.get(file, set()).isdisjoint(lines)


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
                r'^t_(\w+)_t_SOURCES = ((?:.*\\\n)*.*)$', text, re.M):
            files = [s for s in sources.split() if s.endswith('.c')]
            if files:
                self.tests[name] = Test(name, files)
        self.left_out, self.sanitized, self.home = [], False, False
        self.used = {}  # seconds of the last test that ran in a directory
        self.depends, self.digests = {}, {}
        self.running = set()
        self.ever = {}
        self.apart = []
        if self.run(['unshare', '--pid', '--fork', 'true']):
            # The first process of a name space is spared many signals: that is
            # a shell, not the test.
            self.apart += ['unshare', '--pid', '--fork', '--kill-child', 'sh',
                           '-c', '"$@"; exit $?', 'sh']
        if os.geteuid() == 0:
            self.apart += ['setpriv', '--reuid=65534', '--regid=65534',
                           '--clear-groups', '--no-new-privs']
            if not self.run([*self.apart, 'true']):
                raise SystemExit('mutants: root can do harm: run this as another '
                                 'user, or install setpriv (util-linux)')

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
        """What is broken without optimization, under which what is undefined may
        go unnoticed; but in the tests the inline functions are to be inlined,
        for some look at where a call came from."""
        flags = flags or ['-O0' if source.startswith('lib/') and
                          tree != self.top else '-O2']
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
            if self.is_new(target, source):
                return
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

    def is_new(self, target, source):
        """Is this object of this tree, and younger than all that it was made
        of?"""
        try:
            listed = read(target[:-1] + 'd').replace('\\\n', ' ').split()[1:]
            made = os.stat(target).st_mtime_ns
            return f'{self.top}/{source}' in listed and all(
                os.stat(s).st_mtime_ns < made for s in listed)
        except OSError:
            return False

    def start(self, program, where, cpu, more=None):
        """A test in a session of its own, and where it can be had, with no other
        process to be seen: what a mutant kills is then its own. It cannot fill
        the disk, nor all memory, and is nobody."""
        limits = f'ulimit -c 0; ulimit -t {cpu}; ulimit -f 200000; '
        if more != SANITIZE:  # the shadow is that large
            limits += 'ulimit -d 4000000; '
        limits += 'exec "$@"'
        env = dict(os.environ, ALCOVE_TEST_QUICK='1', ALCOVE_TEST_SEED='1',
                   srcdir=self.top, builddir='.', HOME=where, TMPDIR=where,
                   **(more or {}))
        return subprocess.Popen(
            ['sh', '-c', limits, 'sh', *self.apart, program], cwd=where, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True)

    def stop(self):
        """Nothing is left running behind us."""
        for pid in list(self.running):
            os.killpg(pid, signal.SIGKILL)

    def passes(self, program, where, cpu, wall, more=None):
        """Why not, or None."""
        child = self.start(program, where, cpu, more)
        self.running.add(child.pid)
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
        _, status, used = os.wait4(child.pid, 0)
        self.running.discard(child.pid)
        child.returncode = status = os.waitstatus_to_exitcode(status)
        self.used[where] = used.ru_utime + used.ru_stime
        if why is None and status not in (0, 77):
            why = f'exit {status}'
        return why

    def near(self, mutant):
        """Its lines; or if no test is known to run them, the next ones that are
        run: not every line of a statement is counted."""
        if mutant.file not in self.ever:
            self.ever[mutant.file] = sorted(set().union(*(
                t.lines.get(mutant.file, ()) for t in self.tests.values())))
        ever = self.ever[mutant.file]
        low = bisect.bisect_left(ever, mutant.line)
        high = bisect.bisect_right(ever, mutant.last)
        return ever[low:high] or ever[max(low - 1, 0):high + 1]

    def reaching(self, mutant):
        """The tests to be tried: those of its file, and others that run its
        line, while that takes no longer than PATIENCE."""
        file, left, found = mutant.file, PATIENCE, []
        lines = self.near(mutant)
        for test in sorted(self.tests.values(),
                           key=lambda t: (not t.is_home(file), t.cpu)):
            if test.is_home(file) or (test.cpu <= left and not self.home and
                                      test.runs(file, lines)):
                left -= test.cpu
                found.append(test)
        return found

    def remember(self):
        """What was found of a test before, if neither it nor a file of which it
        ran lines was changed since."""
        try:
            known = json.loads(read(f'{self.out}/map'))
        except (OSError, ValueError):
            known = {}
        self.digests = {
            s: digest(read(f'{self.top}/{s}'))[:8]
            for s in sorted(set().union(*self.depends.values()))
            if s.startswith(('lib/', 'include/', 't/', 'tools/'))}
        for test in self.tests.values():
            test.own = digest(*(
                self.digests[s] for s in sorted(set().union(*(
                    self.depends[s] for s in test.sources)))
                if s.startswith(('t/', 'tools/'))))[:8]
            old = known.get(test.name, {})
            if old.get('own') == test.own:
                test.wall, test.cpu, test.why = (
                    old['wall'], old['cpu'], old['why'])
                if all(self.digests.get(f) == of
                       for f, (of, _) in old['lines'].items()):
                    test.lines = {f: set(n) for f, (_, n) in
                                  old['lines'].items()}

    def record(self):
        write(f'{self.out}/map', json.dumps({
            t.name: {'own': t.own, 'wall': t.wall, 'cpu': t.cpu, 'why': t.why,
                     'lines': {f: (self.digests[f], sorted(n)) for f, n in
                               t.lines.items() if f in self.digests}}
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
            test.cpu = self.used[where]
            os.remove(program)
            progress(f'{test.name}.t takes {test.wall:.1f} s')

        side_by_side(one, [t for t in self.tests.values() if not t.wall],
                     workers)

    def choose(self, longest):
        """Leaves out what cannot pass, and what takes too long."""
        for test in list(self.tests.values()):
            if test.why or test.cpu > longest:
                say(f'left out: {test.name}.t, ' + (
                    f'it fails ({test.why})' if test.why else
                    f'it takes {test.cpu:.0f} s'))
                self.left_out.append(self.tests.pop(test.name))

    def reach(self, workers):
        """Which lines each test runs."""
        def one(test, number):
            base = f'{self.out}/w{number}'
            where, counts = f'{base}/run', f'{base}/counts'
            shutil.rmtree(counts, ignore_errors=True)
            os.makedirs(counts)
            os.chmod(counts, 0o777)
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
            self.record()
            progress(f'the lines that {test.name}.t reaches')

        side_by_side(one, [t for t in self.tests.values() if not t.lines],
                     workers)


class Worker:
    """Has a copy of the sources, in which it breaks one thing at a time."""

    def __init__(self, build, number):
        self.build, self.tree = build, f'{build.out}/w{number}'
        self.where = f'{self.tree}/run'
        self.text, self.optimized = '', {}  # of what is to be broken, whole
        for folder in ('lib', 'include', 't', 'tools'):
            shutil.copytree(f'{build.top}/{folder}', f'{self.tree}/{folder}',
                            dirs_exist_ok=True)
        os.makedirs(self.where, exist_ok=True)
        os.chmod(self.where, 0o777)

    def affected(self, file, sources):
        return [s for s in sources if file in self.build.depends[s]]

    def judge(self, mutant, verdict, through):
        """The verdict, and the test: by this function."""
        path = f'{self.tree}/{mutant.file}'
        self.text = text = read(path)
        write(path, mutant.apply(text))
        try:
            return verdict(mutant, through)
        finally:
            write(path, text)

    def verdict(self, mutant, through):
        """By the tests that it has not come through before."""
        file, objects = mutant.file, {}
        for source in self.affected(file, self.build.sources):
            objects[source] = f'{self.tree}/{source.replace("/", "-")}.o'
            if not self.build.compile(self.tree, source, objects[source]):
                return UNBUILT, '-'
        tests = [t for t in self.build.reaching(mutant) if t.own not in through]
        for test in sorted(tests, key=lambda t: t.dear(file)):
            test.tries[file] += 1
            if not self.survives(mutant, test, objects):
                test.kills[file] += 1
                return KILLED, test.name
        if self.same(file):
            return SAME, '-'
        return (WARNED if self.warned(file) else SURVIVED), '-'

    def again(self, mutant, _):
        test = self.sanitized(mutant)
        return (KILLED, f'{test}+asan') if test else (FIRM, '-')

    def survives(self, mutant, test, objects, kind='plain'):
        own, more, slower = {}, None, SLOWER
        flags = None
        if kind == 'sanitized':
            more, slower, flags = SANITIZE, 4 * SLOWER, SANITIZED
        for source in self.affected(mutant.file, test.sources):
            own[source] = f'{self.tree}/{source.replace("/", "-")}.o'
            if not self.build.compile(self.tree, source, own[source], flags):
                return False
        # What a test includes, it has of its own.
        mine = set().union(*(self.build.depends[s] for s in test.sources))
        others = [o for s, o in objects.items() if s not in mine]
        program = f'{self.where}/{test.name}.t'
        if not self.build.link(others, test, program, kind, own):
            return False
        for patience in 1, 4:  # the machine may have been busy with others
            why = self.build.passes(
                program, self.where, patience * int(slower * test.cpu + 2),
                patience * (slower * test.wall + 5), more)
            if why not in ('time', 'exit 137', 'exit 152'):
                break
        os.remove(program)
        return why is None

    def sanitized(self, mutant):
        """The name of the test that notices when it is sanitized, if one does."""
        if not self.build.sanitized:
            return None
        file, objects = mutant.file, {}
        for source in self.affected(file, self.build.sources):
            objects[source] = f'{self.tree}/{source.replace("/", "-")}.o'
            if not self.build.compile(self.tree, source, objects[source],
                                      SANITIZED):
                return None
        tests = [t for t in self.build.tests.values()
                 if t.cpu < 1 and t.runs(file, self.build.near(mutant))]
        tests.sort(key=lambda t: (not t.is_home(file), t.cpu))
        for test in tests[:3]:
            if test.sane is None:
                nothing = mutate.Mutant('-', '', 0, 0, '')
                test.sane = self.survives(nothing, test, {}, 'sanitized')
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
                write(path, self.text)
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
    """What is known of each mutant, kept from run to run: the verdict, the test
    that killed it, and the digests of those that did not."""

    def __init__(self, path):
        self.path, self.known = path, {}
        self.lock = threading.Lock()
        if os.path.exists(path):
            for line in read(path).splitlines():
                key, verdict, test, through = line.split('\t')[:4]
                self.known[key] = (verdict, test, set(through.split()))

    def verdict(self, mutant):
        return self.known.get(mutant.key, (None,))[0]

    def through(self, mutant):
        """The tests that it lived through, if it lived."""
        verdict, _, through = self.known.get(mutant.key, ('', '', set()))
        return through if verdict in (SURVIVED, FIRM) else set()

    def add(self, mutant, verdict, test, through):
        with self.lock:
            self.known[mutant.key] = (verdict, test, through)
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write('\t'.join((
                    mutant.key, verdict, test, ' '.join(sorted(through)),
                    f'{mutant.file}:{mutant.line}')) + '\n')


def equivalents(path):
    """A function of a mutant: which paragraphs are about it? And their count."""
    found = {}
    for number, block in enumerate(re.split(r'\n\s*\n', read(path))):
        lines = [l for l in block.splitlines() if not l.startswith('#')]
        if not lines:
            continue
        part, becomes = dict.fromkeys('@-=', ''), []
        for line in lines[1:]:
            if line[:2] not in ('@ ', '- ', '+ ', '= ', '  '):
                raise SystemExit(f'{path}: paragraph {number + 1}: {line}')
            now = line[0] if line[0] != ' ' else now
            if line[0] == '+':
                becomes.append('')
            if now == '+':
                becomes[-1] += ' ' + line[2:]
            else:
                part[now] += ' ' + line[2:]
        if not part['='] or not becomes:
            raise SystemExit(f'{path}: paragraph {number + 1}: no reason')
        for text in becomes:
            found.setdefault((lines[0].strip(), mutate.squeeze(part['-']),
                              mutate.squeeze(text)), {})[
                                  mutate.squeeze(part['@'])] = number + 1

    def about(mutant):
        here = found.get((mutant.file, mutant.before, mutant.after), {})
        return here.get(mutant.above) or here.get('')

    return about, {n for here in found.values() for n in here.values()}


def code_around(text, at):
    """The function there, or what is between two, without comments."""
    start, end = max(text.rfind('\n}', 0, at), 0), text.find('\n}', at)
    return mutate.squeeze(re.sub(r'(?s)/\*.*?\*/|//[^\n]*', ' ',
                                 text[start:end]))


def make(build, patterns, seed):
    """All mutants of the files that begin so, each with its key; in an order of
    which each beginning is a sample of all files in proportion."""
    files = [os.path.relpath(p, build.top) for p in
             sorted(glob.glob(f'{build.top}/lib/*/*.[ch]') +
                    glob.glob(f'{build.top}/include/alcove/*.h'))]
    files = [f for f in files if any(f.startswith(p) for p in patterns)]
    made = []
    flags = build.config + [f'-I{build.top}/include', '-include', 'config.h']
    for file in files:
        counts = collections.Counter()
        text = read(f'{build.top}/{file}')
        for mutant in mutate.mutants(f'{build.top}/{file}', file, flags):
            what = (file, code_around(text, mutant.start), mutant.before,
                    mutant.after)
            counts[what] += 1
            mutant.key = digest(*what, str(counts[what]))
            made.append(mutant)
    drawn, place = random.Random(seed), {}
    for file in files:
        mine = [m for m in made if m.file == file]
        drawn.shuffle(mine)
        for i, mutant in enumerate(mine):
            place[mutant.key] = (i + drawn.random()) / len(mine)
    return sorted(made, key=lambda m: place[m.key])


def estimate(rows):
    """The score of all from those tried of each file, and how far off it may be,
    with 95 % confidence: ratios of sums over strata."""
    killed = real = spread = 0
    for row in rows:
        tried = sum(row[v] for v in (KILLED, WARNED, SURVIVED))
        if tried == 0:
            continue
        share = tried / (tried + row[LISTED] + row[SAME])
        of = (row['made'] - row[UNBUILT]) * share
        p = (row[KILLED] + row[WARNED]) / tried
        killed, real = killed + of * p, real + of
        careful = (row[SURVIVED] + 0.5) / (tried + 1)
        spread += of * of * careful * (1 - careful) / tried * \
            (1 - min(1, tried / of))
    if not real:
        return 100.0, 0.0
    return 100 * killed / real, 100 * 1.96 * math.sqrt(spread) / real


def table(made, results, listed):
    """The figures, file by file; how many reached their aim, and how many not."""
    passed = failed = 0
    files = collections.defaultdict(collections.Counter)
    for mutant in made:
        row, verdict = files[mutant.file], results.verdict(mutant)
        if verdict in (SURVIVED, FIRM, None) and listed(mutant):
            verdict = LISTED
        elif verdict == FIRM:
            verdict = SURVIVED
        row['made'] += 1
        row[verdict] += verdict is not None
    rows = {name: [row] for name, row in files.items()}
    for name, row in files.items():
        rows.setdefault(os.path.dirname(name) + '/', []).append(row)
        rows.setdefault('all', []).append(row)
    say(f'{"":24} mutants  tried  killed  warned  survived  equivalent  score  '
        'aim')
    for name in sorted(n for n in rows if n != 'all') + ['all'] * ('all' in rows):
        row = sum(rows[name], collections.Counter())
        tried = sum(row.values()) - row['made'] - row[UNBUILT]
        of = row['made'] - row[UNBUILT]
        score, off = estimate(rows[name])
        aim = WHOLE if name == 'all' else next(
            (a for p, a in AIMS if name.startswith(p)), None)
        if not tried:
            aim = None
        if aim is not None:
            good = score >= aim
            passed, failed = passed + good, failed + (not good)
        say(f'{name:24} {of:7} {tried:6} {row[KILLED]:7} '
            f'{row[WARNED]:7} {row[SURVIVED]:9} {row[SAME] + row[LISTED]:11}  ' +
            (f'{score:5.1f}' if tried else '    -') +
            (f' +-{off:.1f}' if tried and off >= 0.05 else '') +
            ('' if aim is None else f'  {aim}' if good else
             f'  {aim} NOT REACHED'))
    whole = sum(rows.get('all', []), collections.Counter())
    of = whole['made'] - whole[UNBUILT]
    score, off = estimate(rows.get('all', []))
    untried = [r for r in files.values() if sum(r.values()) == r['made']]
    say(f'tried {sum(whole.values()) - whole["made"] - whole[UNBUILT]} of {of}: '
        f'{score:.1f} % killed' + (
            f', +- {off:.1f} with 95 % confidence' if off >= 0.05 else '') + (
                f'; {sum(r["made"] for r in untried)} are in {len(untried)} files '
                'of which none was tried' if untried else ''))
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
                        help='only N mutants, in proportion from each file')
    parser.add_argument('--seed', type=int, default=1, metavar='S',
                        help='...drawn by this seed (default 1)')
    parser.add_argument('--survivors', action='store_true',
                        help='only those that survived before')
    parser.add_argument('--longest', type=float, default=2, metavar='S',
                        help='only tests of up to S seconds (default 2)')
    parser.add_argument('--home', action='store_true',
                        help='only the tests that are named after a file: '
                        'quicker, and kills fewer')
    parser.add_argument('--workers', type=int, default=2, metavar='N')
    parser.add_argument('--minutes', type=float, default=1e6,
                        help='stop after so long, and say what is left')
    parser.add_argument('--sanitize', action=argparse.BooleanOptionalAction,
                        default=True, help='try survivors again, sanitized')
    parser.add_argument('--report', action='store_true',
                        help='only say what is known')
    parser.add_argument('--list', action='store_true',
                        help='only print the mutants')
    return parser.parse_args()


def harmless():
    """Is what mutants have been seen to destroy still there?"""
    if not stat.S_ISCHR(os.stat('/dev/null').st_mode):
        raise SystemExit('mutants: /dev/null is no device any more')


def prepare(build, a):
    """Compiles, measures the tests, and gives workers."""
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
    return workers


def try_all(build, a, chosen, results, listed, begun):
    """Each that is not known; then each survivor again, sanitized."""
    workers = prepare(build, a)

    def one_pass(todo, how):
        start, count = time.monotonic(), collections.Counter()

        def one(mutant, number):
            if time.monotonic() - begun > 60 * a.minutes:
                count['left'] += 1
                return
            harmless()
            worker = workers[number]
            through = results.through(mutant)
            verdict, test = worker.judge(mutant, getattr(worker, how), through)
            if verdict in (SURVIVED, FIRM):
                through = through | {t.own for t in build.reaching(mutant)}
            results.add(mutant, verdict, test, through)
            count[verdict] += 1
            finished = sum(count.values())
            left = (time.monotonic() - start) / finished * (len(todo) - finished)
            progress(f'{finished}/{len(todo)}, {count[KILLED]} killed, '
                     f'{count[SURVIVED] + count[FIRM]} survived, '
                     f'{left / 60:.0f} min left')

        side_by_side(one, todo, a.workers)
        if count['left']:
            say(f'{count["left"]} mutants were not run: the time was up')

    def is_open(mutant):
        """Is there anything that could kill it, and was not tried?"""
        known = results.verdict(mutant)
        return known is None or (
            known in (SURVIVED, FIRM) and not listed(mutant) and any(
                t.own not in results.through(mutant)
                for t in build.reaching(mutant)))

    # The list of equivalents is put to the test last.
    one_pass(sorted((m for m in chosen if is_open(m)),
                    key=lambda m: listed(m) is not None), 'verdict')
    todo = [m for m in chosen
            if results.verdict(m) == SURVIVED and not listed(m)]
    if not a.sanitize or not todo or time.monotonic() - begun > 60 * a.minutes:
        return
    progress('compiling with sanitizers')
    build.sanitized = build.compile(build.top, build.sources[0],
                                    f'{build.out}/probe.o', SANITIZED)
    if not build.sanitized:
        return say('left out: the second try, under AddressSanitizer')
    build.objects('sanitized', SANITIZED)
    one_pass(todo, 'again')


def main():
    a = arguments()
    begun = time.monotonic()
    os.nice(10)
    top, out = os.path.abspath(a.top), os.path.abspath('mutants')
    if not os.path.exists('config.h'):
        raise SystemExit('mutants: run configure first')
    build = Build(top, out, os.environ.get('CC') or 'cc')
    build.home = a.home
    made = make(build, a.files or ['lib/'], a.seed)
    chosen = made[:a.sample]
    if a.list:
        for m in chosen:
            say(f'{m.file}:{m.line}\n- {m.before}\n+ {m.after}')
        return 0

    listed, paragraphs = equivalents(f'{top}/verify/mutants-equivalent')
    os.makedirs(out, exist_ok=True)
    results = Results(f'{out}/results')
    if a.survivors:
        chosen = [m for m in chosen if results.verdict(m) in (SURVIVED, FIRM)]
    known = sum(m.key in results.known for m in made)
    say(f'{len(made)} mutants, {known} of them known')
    if not a.report:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            try_all(build, a, chosen, results, listed, begun)
        finally:
            build.stop()

    done = [(m, results.known[m.key][:2]) for m in made if m.key in results.known]
    wrong, used, lived = 0, set(), set()
    used.update(listed(m) for m in made)
    for m, (verdict, _) in done:
        if verdict in (SURVIVED, FIRM, SAME):
            lived.add(listed(m))
    for m, (verdict, test) in done:
        if verdict == KILLED and listed(m) and listed(m) not in lived:
            wrong += 1
            say(f'NOT OK: {m.file}:{m.line} is listed as equivalent, and '
                f'{test}.t killed it\n    - {m.before}\n    + {m.after}')
        if verdict in (SURVIVED, FIRM) and not listed(m):
            say(f'survived: {m.file}:{m.line}\n    - {m.before}\n'
                f'    + {m.after}')
    if a.files is None:
        for number in sorted(paragraphs - used):
            wrong += 1
            say('NOT OK: mutants-equivalent: there is nothing like paragraph '
                f'{number}')
    passed, failed = table(made, results, listed)
    say(f'{passed} passed, {failed + wrong} failed')
    return 1 if failed + wrong else 0


if __name__ == '__main__':
    sys.exit(main())
