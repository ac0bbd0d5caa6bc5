# SPDX-License-Identifier: MIT
"""Makes mutants: all the small changes to a C source that its tests should notice.

Each is a piece of the text and what stands there instead. They come from the
syntax tree, so that only code is changed, and only where the compiler sees it.
Left out: assertions, which a right caller cannot tell from none, the bodies of
macros, and constants that give an array its length.
"""
import re

from clang import cindex
from clang.cindex import CursorKind as K, TypeKind

BINARY = {
    '<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='), '>=': ('>', '<'),
    '==': ('!=',), '!=': ('==',), '&&': ('||',), '||': ('&&',),
    '+': ('-',), '-': ('+',), '*': ('/',), '/': ('*',), '%': ('*',),
    '<<': ('>>',), '>>': ('<<',), '&': ('|',), '|': ('&',), '^': ('&',),
    '+=': ('-=',), '-=': ('+=',), '*=': ('/=',), '/=': ('*=',), '%=': ('*=',),
    '&=': ('|=',), '|=': ('&=',), '^=': ('&=',), '<<=': ('>>=',),
    '>>=': ('<<=',),
}
COMPARISONS = {'<', '<=', '>', '>=', '==', '!='}
OPERATIONS = (K.BINARY_OPERATOR, K.COMPOUND_ASSIGNMENT_OPERATOR)
# A hint to the compiler is no code: with blanks in place of its name, the
# condition inside has its operators at the same offsets.
HINT = re.compile(r'ALCOVE_(?:UN)?LIKELY(?=\()')


class Mutant:
    """One change: `before` and `after` are the lines it touches, blanks squeezed."""

    def __init__(self, file, text, start, end, new):
        head = text.rfind('\n', 0, start) + 1
        tail = text.find('\n', end)
        self.file = file
        self.start, self.end, self.new = start, end, new
        self.line = text.count('\n', 0, start) + 1
        self.last = text.count('\n', 0, end) + 1
        self.before = squeeze(text[head:tail])
        self.after = squeeze(text[head:start] + new + text[end:tail])
        self.above = squeeze(text[text.rfind('\n', 0, max(head - 1, 0)) + 1:head])

    def apply(self, text):
        """The source with the change, and as many lines as before."""
        lines = '\n' * text.count('\n', self.start, self.end)
        return text[:self.start] + self.new + lines + text[self.end:]


def squeeze(text):
    return ' '.join(text.split())


def mutants(path, name, flags):
    """Those of the file at `path`, which is called `name`."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    seen = HINT.sub(lambda m: ' ' * len(m.group()), text)
    unit = cindex.Index.create().parse(
        path, args=['-x', 'c', '-std=gnu99'] + flags, unsaved_files=[(path, seen)],
        options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
    errors = [d.spelling for d in unit.diagnostics if d.severity > 2]
    if errors:
        raise SystemExit(f'{name}: {errors[0]}')
    maker = Maker(unit, path, text)
    maker.walk(unit.cursor, None, None)
    made, known = [], set()
    for start, end, new in sorted(maker.edits):
        mutant = Mutant(name, text, start, end, new)
        if (start, end, new) not in known and mutant.before != mutant.after:
            known.add((start, end, new))
            made.append(mutant)
    return made


class Maker:
    def __init__(self, unit, path, text):
        self.path, self.text, self.edits = path, text, []
        # Offsets are in bytes, and are used as if in characters.
        assert text.isascii()
        self.macros = [
            (*self.span(c), c.spelling) for c in unit.cursor.get_children()
            if c.kind == K.MACRO_INSTANTIATION and self.here(c)]

    def here(self, cursor):
        file = cursor.location.file
        return file is not None and file.name == self.path

    @staticmethod
    def span(cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def of(self, cursor):
        start, end = self.span(cursor)
        return self.text[start:end]

    def macro(self, cursor):
        """The macro that all of it stands in or is, or None."""
        start, end = self.span(cursor)
        for low, high, name in self.macros:
            if low <= start and end <= high:
                return name
        return None

    def edit(self, start, end, new):
        if start < end:
            self.edits.append((start, end, new))

    def walk(self, cursor, parent, function):
        if parent is not None and parent.kind == K.TRANSLATION_UNIT:
            if not self.here(cursor) or cursor.kind in (
                    K.TYPEDEF_DECL, K.STRUCT_DECL, K.UNION_DECL,
                    K.MACRO_DEFINITION, K.MACRO_INSTANTIATION):
                return
        if cursor.kind == K.FUNCTION_DECL:
            function = cursor
        children = list(cursor.get_children())
        if self.macro(cursor) is None:
            self.change(cursor, children, function)
        elif re.fullmatch('true|false', self.of(cursor)):
            self.edit(*self.span(cursor),
                      'false' if self.of(cursor) == 'true' else 'true')
        self.statements(cursor, children)
        for child in children:
            self.walk(child, cursor, function)

    def change(self, cursor, children, function):
        kind = cursor.kind
        if kind in OPERATIONS and len(children) == 2:
            self.operator(children)
        elif kind == K.UNARY_OPERATOR:
            self.unary(cursor)
        elif kind == K.INTEGER_LITERAL:
            self.number(cursor)
        elif kind == K.CALL_EXPR:
            self.swap(children[1:])
        elif kind == K.RETURN_STMT and children:
            self.result(children[0], function)
        elif kind in (K.IF_STMT, K.WHILE_STMT, K.CONDITIONAL_OPERATOR):
            self.negate(children[0])
        elif kind == K.DO_STMT:
            self.negate(children[-1])
        elif kind == K.VAR_DECL or kind == K.FIELD_DECL:
            if cursor.type.kind == TypeKind.CONSTANTARRAY:
                children[:] = [c for c in children
                               if c.kind != K.INTEGER_LITERAL]
        elif kind == K.DECL_REF_EXPR:
            self.enumerator(cursor)

    def token(self, children):
        """Where the operator between two operands stands, and it."""
        start, end = self.span(children[0])[1], self.span(children[1])[0]
        found = re.fullmatch(r'\s*([-+*/%<>=!&|^]+)\s*', self.text[start:end])
        return found and (start + found.start(1), found.group(1))

    def operator(self, children):
        found = self.token(children)
        for new in BINARY.get(found[1], ()) if found else ():
            self.edit(found[0], found[0] + len(found[1]), new)

    def unary(self, cursor):
        start, end = self.span(cursor)
        text = self.text[start:end]
        for old, new in (('++', '--'), ('--', '++')):
            if text.startswith(old):
                return self.edit(start, start + 2, new)
            if text.endswith(old):
                return self.edit(end - 2, end, new)
        if text[:1] in ('!', '-', '~'):
            self.edit(start, start + 1, '')

    def number(self, cursor):
        found = re.fullmatch(r'(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)', self.of(cursor))
        if not found:
            return
        value = int(found.group(1), 0 if 'x' in found.group(1).lower() else 10)
        for new in (value + 1, value - 1) if value > 0 else (1,):
            self.edit(*self.span(cursor), f'{new}{found.group(2)}')

    def swap(self, arguments):
        for one, two in zip(arguments, arguments[1:]):
            a, b = self.of(one), self.of(two)
            same = one.type.get_canonical().spelling == \
                two.type.get_canonical().spelling
            start, middle = self.span(one)
            other, end = self.span(two)
            if same and a != b and a and middle <= other:
                between = self.text[middle:other]
                self.edit(start, end, f'{b}{between}{a}')

    def result(self, value, function):
        text = self.of(value)
        kind = function.result_type.get_canonical().kind
        if kind == TypeKind.BOOL:
            if not self.is_condition(value) and text not in ('true', 'false'):
                self.edit(*self.span(value), f'!({text})')
        elif kind == TypeKind.POINTER:
            if text != 'NULL':
                self.edit(*self.span(value), 'NULL')
        elif kind != TypeKind.RECORD and not self.is_constant(value):
            self.edit(*self.span(value), f'({text}) + 1')

    def is_constant(self, cursor):
        """Is it changed by another change: a number, or an enumerator?"""
        text = self.of(cursor)
        return re.fullmatch(r'\d+|ALCOVE_[A-Z_0-9]+', text) is not None

    def is_condition(self, cursor):
        """Is what it says changed in every way by changing its operator?"""
        while cursor.kind in (K.UNEXPOSED_EXPR, K.PAREN_EXPR):
            inner = list(cursor.get_children())
            if len(inner) != 1:
                break
            cursor = inner[0]
        if cursor.kind == K.BINARY_OPERATOR:
            found = self.token(list(cursor.get_children()))
            return bool(found) and found[1] in COMPARISONS
        return self.of(cursor).startswith('!')

    def negate(self, condition):
        if not self.is_condition(condition) and self.of(condition):
            self.edit(*self.span(condition), f'!({self.of(condition)})')

    def enumerator(self, cursor):
        this = cursor.referenced
        if this is None or this.kind != K.ENUM_CONSTANT_DECL:
            return
        names = [c.spelling for c in this.semantic_parent.get_children()
                 if c.kind == K.ENUM_CONSTANT_DECL]
        if len(names) > 1 and self.of(cursor) == this.spelling:
            next_one = (names.index(this.spelling) + 1) % len(names)
            self.edit(*self.span(cursor), names[next_one])

    def statements(self, cursor, children):
        """Leave out those that stand by themselves."""
        if cursor.kind == K.COMPOUND_STMT:
            found = children
        elif cursor.kind == K.IF_STMT:
            found = children[1:]
        elif cursor.kind in (K.FOR_STMT, K.WHILE_STMT):
            found = children[-1:]
        elif cursor.kind in (K.CASE_STMT, K.DEFAULT_STMT):
            found = children[-1:]
        else:
            return
        for child in found:
            start, end = self.span(child)
            if self.text[end:end + 1] == ';' and self.can_go(child):
                self.edit(start, end, '(void)0')

    def can_go(self, cursor):
        name = self.macro(cursor)
        if name is not None:
            low = next(m for m in self.macros
                       if m[0] <= self.span(cursor)[0] < m[1])
            return name != 'assert' and low[:2] == self.span(cursor)
        if cursor.kind == K.BINARY_OPERATOR:
            found = self.token(list(cursor.get_children()))
            return bool(found) and found[1] == '='
        if cursor.kind == K.CSTYLE_CAST_EXPR:
            return '(' in self.of(cursor)[6:]
        return cursor.kind in (
            K.CALL_EXPR, K.COMPOUND_ASSIGNMENT_OPERATOR, K.UNARY_OPERATOR,
            K.BREAK_STMT, K.CONTINUE_STMT)
