# SPDX-License-Identifier: MIT
#
# Where a C file can be mutated, and how. The places come from the syntax tree of libclang: comments, strings, types and
# sizeof are left alone, and a macro is taken as the one word that stands in the code. So a constant may be mutated where
# it is used, but never what stands in a #define.

import bisect
import collections
import pathlib
import re

from clang import cindex
from clang.cindex import CursorKind as Kind, TypeKind

# By what each operator is replaced.
SWAPS = {"<": "<= >=", "<=": "< >", ">": ">= <=", ">=": "> <", "==": "!= <= >=", "!=": "== < >",
         "+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "&": "| ^", "|": "& ^", "^": "& |", "<<": ">>", ">>": "<<",
         "&&": "||", "||": "&&",
         "=": "", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "/=", "&=": "|=", "|=": "&=", "^=": "|=",
         "<<=": ">>=", ">>=": "<<=", ",": ""}
UNARY_SWAPS = {"++": "--", "--": "++", "~": "", "!": ""}
BINDING = [["*", "/", "%"], ["+", "-"], ["<<", ">>"], ["<", "<=", ">", ">="], ["==", "!="]]  # the others stand alone
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
UNSIGNED = {TypeKind.BOOL, TypeKind.UCHAR, TypeKind.USHORT, TypeKind.UINT, TypeKind.ULONG, TypeKind.ULONGLONG,
            TypeKind.ENUM}
INTEGERS = UNSIGNED | {TypeKind.CHAR_S, TypeKind.SCHAR, TypeKind.SHORT, TypeKind.INT, TypeKind.LONG, TypeKind.LONGLONG}
NEVER_NEGATIVE = UNSIGNED | {TypeKind.POINTER}

# One change: the text from start to end becomes new. What a person reads: the lines before and after, and which of
# several alike in one function it is.
Mutant = collections.namedtuple("Mutant", "path function start end new line before after number")


def binds_alike(a, b):
    return any(a in level and b in level for level in BINDING) or a.endswith("=") and a not in COMPARISONS


def extent(node):
    return node.extent.start.offset, node.extent.end.offset


def inner(node):
    """Without the conversions and parentheses around it."""
    while node.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR):
        children = list(node.get_children())
        if len(children) != 1:
            break
        node = children[0]
    return node


def plain(code):
    """Without comments, and with one blank where there are several."""
    return " ".join(re.sub(r"/\*.*?\*/", "", code, flags=re.S).split())


class Finder:
    def __init__(self, path, flags=()):
        self.path = str(path)
        self.text = pathlib.Path(path).read_text()
        assert self.text.isascii(), f"{path}: offsets count bytes"
        self.unit = cindex.Index.create().parse(
            self.path, ["-std=c11", *flags], options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [str(d) for d in self.unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        assert not errors, "\n".join(errors)
        tokens = self.unit.get_tokens(extent=self.unit.cursor.extent)
        self.tokens = sorted((token.extent.start.offset, token.spelling) for token in tokens
                             if token.kind == cindex.TokenKind.PUNCTUATION)
        self.macros = {}  # where one is used: (start, end) -> name
        self.left_out = {}  # where one is defined, or used like a function, and not looked into: (file, line) -> name
        self.extents = {}  # of each function with a body: its name -> (start, end)
        self.changes = {}  # (start, end, new) -> function, in the order of their discovery
        self.function = ""
        self.last_return = None
        self.find_macros()
        for node in self.unit.cursor.get_children():
            self.top_level(node)

    def find_macros(self):
        definitions = {}
        for node in self.unit.cursor.get_children():
            if node.kind == Kind.MACRO_DEFINITION and node.location.file is not None:
                definitions[node.spelling] = node
            elif node.kind == Kind.MACRO_INSTANTIATION and self.is_here(node):
                self.macros[extent(node)] = node.spelling
        here = pathlib.Path(self.path).parent
        for name in set(self.macros.values()) & set(definitions):
            node = definitions[name]
            body = [t for t in node.get_tokens()][1:]
            counts = any(t.kind == cindex.TokenKind.LITERAL or t.spelling in SWAPS for t in body)
            if counts and here in pathlib.Path(node.location.file.name).parents:
                self.left_out[node.location.file.name, node.location.line] = name

    def is_here(self, node):
        return node.location.file is not None and node.location.file.name == self.path

    def top_level(self, node):
        body = [child for child in node.get_children() if child.kind == Kind.COMPOUND_STMT]
        if node.kind == Kind.FUNCTION_DECL and body and self.is_here(node):
            self.function = node.spelling
            self.extents[node.spelling] = extent(node)
            last = list(body[0].get_children())[-1:]
            self.last_return = extent(last[0]) if last else None
            self.result = node.result_type
            self.visit(body[0])
        elif node.kind == Kind.FUNCTION_DECL and body:
            same_folder = pathlib.Path(self.path).parent in pathlib.Path(node.location.file.name).parents
            assert not same_folder, f"{node.location}: code in a header is not mutated, see to it"
        elif node.kind == Kind.VAR_DECL and self.is_here(node):
            self.function = node.spelling
            self.visit(node)

    # ---- The walk: each node by its kind, then what lies below it ----

    def visit(self, node):
        start, end = extent(node)
        for (macro_start, macro_end), name in self.macros.items():
            if macro_start <= start and end <= macro_end:
                return self.in_macro(node, name)
        if node.kind == Kind.CXX_UNARY_EXPR:  # sizeof and its like: nothing in it is computed
            return None
        rule = self.RULES.get(node.kind)
        if rule is not None:
            rule(self, node, list(node.get_children()))
        for child in node.get_children():
            self.visit(child)
        return None

    def in_macro(self, node, name):
        start, end = extent(node)
        kinds = {child.kind for child in node.walk_preorder()}
        if self.text[start:end] != name:
            self.left_out[self.path, node.extent.start.line] = name
        elif name in ("true", "false"):
            self.change(node, "false" if name == "true" else "true")
        elif node.type.get_canonical().kind in INTEGERS and not kinds & {Kind.DECL_REF_EXPR, Kind.CALL_EXPR}:
            self.change(node, f"({name} + 1)")
            self.change(node, f"({name} - 1)")

    def change(self, node_or_extent, new):
        start, end = node_or_extent if isinstance(node_or_extent, tuple) else extent(node_or_extent)
        if self.text[start:end] != new:
            self.changes.setdefault((start, end, new), self.function)

    def source(self, node):
        start, end = extent(node)
        return self.text[start:end]

    def punctuation(self, start, end):
        first = bisect.bisect_left(self.tokens, (start, ""))
        return self.tokens[first:bisect.bisect_left(self.tokens, (end, ""))]

    def operator(self, left, right):
        """The one between two operands: its place and its text; none when a macro hides it."""
        found = [token for token in self.punctuation(extent(left)[1], extent(right)[0]) if token[1] in SWAPS]
        return found[0] if found else (0, "")

    def is_zero(self, node):
        node = inner(node)
        if node.kind == Kind.DECL_REF_EXPR and node.referenced.kind == Kind.ENUM_CONSTANT_DECL:
            return node.referenced.enum_value == 0
        return self.source(node) in ("0", "NULL", "false")

    def binary(self, node, children):
        left, right = children
        at, operator = self.operator(left, right)
        # What is never negative is equal to zero just when it is not above.
        at_zero = self.is_zero(right) and inner(left).type.get_canonical().kind in NEVER_NEGATIVE
        for new in SWAPS.get(operator, "").split():
            if at_zero and (operator, new) in (("==", "<="), ("!=", ">")):
                continue
            if binds_alike(operator, new):
                self.change((at, at + len(operator)), new)
            else:
                self.change(node, f"({self.source(left)} {new} {self.source(right)})")
        if operator in ("&&", "||"):
            self.change(node, self.source(left))
            self.change(node, self.source(right))

    def unary(self, node, children):
        start, end = extent(node)
        inside, after = extent(children[0])
        at, operator = (start, self.text[start:inside]) if inside > start else (after, self.text[after:end])
        if operator.strip("( ") in UNARY_SWAPS:
            self.change((at, at + len(operator)), UNARY_SWAPS[operator])

    def literal(self, node, _):
        text = self.source(node)
        if not re.fullmatch(r"\d+", text) or text.startswith("0") and text != "0":
            self.change(node, f"({text} + 1)")
            self.change(node, f"({text} - 1)")
            return
        self.change(node, str(int(text) + 1))
        if text != "0":
            self.change(node, str(int(text) - 1))

    def reference(self, node, _):
        if node.referenced is not None and node.referenced.kind == Kind.ENUM_CONSTANT_DECL:
            self.change(node, f"({node.spelling} + 1)")
            self.change(node, f"({node.spelling} - 1)")

    def negate(self, condition):
        bare = inner(condition)
        operands = list(bare.get_children())
        compares = bare.kind == Kind.BINARY_OPERATOR and self.operator(*operands)[1] in COMPARISONS
        if not compares and bare.kind != Kind.INTEGER_LITERAL and not self.source(bare).startswith("!"):
            self.change(condition, f"!({self.source(condition)})")

    # ---- Statements ----

    def statement(self, node):
        """A statement that can go: an expression, a jump, a return before the last."""
        if node.kind.is_expression() or node.kind in (Kind.BREAK_STMT, Kind.CONTINUE_STMT):
            self.change(node, "")
        elif node.kind == Kind.RETURN_STMT and extent(node) != self.last_return:
            self.change(node, "")

    def block(self, _, children):
        for child in children:
            self.statement(child)

    def branch(self, _, children):
        self.negate(children[0])
        for child in children[1:]:
            self.statement(child)

    def choice(self, _, children):
        self.negate(children[0])

    def do_loop(self, _, children):
        self.negate(children[1])
        self.statement(children[0])

    def for_loop(self, node, children):
        body = children[-1]
        depth, semicolons = 0, []
        for at, mark in self.punctuation(extent(node)[0], extent(body)[0]):
            depth += {"(": 1, ")": -1}.get(mark, 0)
            if mark == ";" and depth == 1:
                semicolons.append(at)
        for child in children[:-1]:
            if semicolons[0] < extent(child)[0] < semicolons[1]:
                self.negate(child)
        self.statement(body)

    def returns(self, _, children):
        if not children:
            return
        kind = self.result.get_canonical().kind
        if kind == TypeKind.BOOL:
            news = ["false", "true"]
        elif kind == TypeKind.POINTER:
            news = ["NULL"]
        elif kind == TypeKind.RECORD:
            news = [f"({self.result.spelling}){{ 0 }}"]
        else:
            news = [] if self.is_zero(children[0]) else ["0"]
        for new in news:
            self.change(children[0], new)

    RULES = {
        Kind.BINARY_OPERATOR: binary,
        Kind.COMPOUND_ASSIGNMENT_OPERATOR: binary,
        Kind.UNARY_OPERATOR: unary,
        Kind.INTEGER_LITERAL: literal,
        Kind.CHARACTER_LITERAL: literal,
        Kind.DECL_REF_EXPR: reference,
        Kind.CONDITIONAL_OPERATOR: choice,
        Kind.COMPOUND_STMT: block,
        Kind.IF_STMT: branch,
        Kind.WHILE_STMT: branch,
        Kind.DO_STMT: do_loop,
        Kind.FOR_STMT: for_loop,
        Kind.RETURN_STMT: returns,
    }

    # ---- The result ----

    def mutants(self):
        seen = collections.Counter()
        for (start, end, new), function in sorted(self.changes.items()):
            line_start = self.text.rfind("\n", 0, start) + 1
            line_end = self.text.find("\n", end)
            before = plain(self.text[line_start:line_end])
            after = plain(self.text[line_start:start] + new + self.text[end:line_end])
            seen[function, before, after] += 1
            yield Mutant(self.path, function, start, end, new, self.text.count("\n", 0, start) + 1, before, after,
                         seen[function, before, after])
