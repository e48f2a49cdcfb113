"""Small faults that a programmer could make, put into the syntax tree of a source file one at a time."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
# Calls whose arguments cannot be swapped without an error of type, or whose order means nothing.
UNORDERED = {*OPPOSITES, "isinstance", "issubclass", "getattr", "hasattr", "setattr", "zip", "cast", "Span", "field"}
MESSAGES = ("Error", "Warning", "warn", "debug", "info", "warning")  # ends of the names of calls that only speak


@dataclass(frozen=True)
class Mutant:
    """One change of a source file: where, the line as it stands there, what was changed, and the changed file."""

    number: int
    line: str
    change: str
    source: str


@dataclass(frozen=True)
class Change:
    """`container[key]`, or the attribute `key` of `container`, becomes `new`."""

    node: ast.AST
    container: Any
    key: str | int
    new: ast.AST

    @property
    def change(self) -> str:
        """Old and new text on one line."""
        new = "(deleted)" if isinstance(self.new, ast.Pass) else _short(self.new)
        return f"{_short(self.node)} → {new}"

    def source(self, tree: ast.Module) -> str:
        """The changed file. `tree` is changed back afterwards."""
        if isinstance(self.key, int):
            self.container[self.key] = self.new
        else:
            setattr(self.container, self.key, self.new)
        try:
            return ast.unparse(tree)
        finally:
            if isinstance(self.key, int):
                self.container[self.key] = self.node
            else:
                setattr(self.container, self.key, self.node)


def mutants(source: str, sample: int | None = None, seed: str = "") -> list[Mutant]:
    """Mutants of a source file in the order of its lines, all of them or a sample that `seed` fixes."""
    tree = ast.parse(source)
    lines = source.splitlines()
    changes = list(_changes(tree, _Place()))
    if sample is not None and len(changes) > sample:
        changes = random.Random(seed).sample(changes, sample)
    found = {}
    for change in sorted(changes, key=lambda one: (one.node.lineno, one.node.col_offset)):  # type: ignore[attr-defined]
        number = change.node.lineno  # type: ignore[attr-defined]
        found[change.source(tree)] = (number, lines[number - 1].strip(), change.change)
    found.pop(ast.unparse(tree), None)
    return [Mutant(number, line, change, text) for text, (number, line, change) in found.items()]


@dataclass(frozen=True)
class _Place:
    """What surrounds a node."""

    function: bool = False
    assigned: frozenset[str] = frozenset()  # names that have a value already


def _changes(node: ast.AST, place: _Place) -> Iterator[Change]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        names = [one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)]
        place = _Place(True, frozenset(names))
    for name, value in ast.iter_fields(node):
        if _left_out(node, name):
            continue
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _of_child(node, child, value, index, place)
                    if isinstance(child, ast.stmt):
                        place = _Place(place.function, place.assigned | _names_set(child))
        elif isinstance(value, ast.AST):
            yield from _of_child(node, value, node, name, place)


def _of_child(parent: ast.AST, child: ast.AST, container: Any, key: str | int, place: _Place) -> Iterator[Change]:
    if _silent(parent, child):
        return
    if isinstance(child, ast.expr | ast.stmt):
        for new in _replacements(parent, child, place):
            yield Change(child, container, key, new)
    yield from _changes(child, place)


def _left_out(node: ast.AST, name: str) -> bool:
    """Parts of a node without behaviour that a test should see."""
    if name in ("annotation", "returns", "decorator_list", "format_spec", "type_params", "bases"):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    return isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom)


def _silent(parent: ast.AST, child: ast.AST) -> bool:
    """Texts for people, `__all__`, names of types, and `strict=` of zip."""
    if isinstance(child, ast.keyword):
        return child.arg == "strict"
    if isinstance(child, ast.Call):
        return _name(child.func).endswith(MESSAGES)
    if isinstance(child, ast.Assign | ast.AnnAssign):
        targets = child.targets if isinstance(child, ast.Assign) else [child.target]
        return any(_name(target) == "__all__" for target in targets)
    return isinstance(parent, ast.Subscript) and _name(parent.value) in {"Callable", "Literal", "tuple", "TypeVar"}


def _replacements(parent: ast.AST, node: ast.AST, place: _Place) -> Iterator[ast.AST]:
    rule: Callable[[Any], Iterator[ast.AST]] | None = _RULES.get(type(node))
    if rule is not None:
        yield from rule(node)
    if isinstance(node, ast.stmt) and place.function and _may_be_deleted(node, place):
        yield ast.Pass()
    tested = isinstance(parent, ast.If | ast.IfExp) and node is parent.test
    if tested or (isinstance(parent, ast.comprehension) and node in parent.ifs):
        if not isinstance(node, ast.UnaryOp | ast.Compare):  # these have a rule that does it
            yield ast.UnaryOp(ast.Not(), _same(node))


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            new = _same(node)
            new.ops[index] = other()
            yield new


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    other = ARITHMETIC.get(type(node.op))
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
    text = any(isinstance(one, ast.JoinedStr) or _is(one, str) for one in sides)
    if other is not None and not text and not any(_is(one, type(None)) for one in sides):
        new = _same(node)
        new.op = other()
        yield new


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(value * 2), ast.Constant(value / 2)) if value else (ast.Constant(1.0),)


def _bool_op(node: ast.BoolOp) -> Iterator[ast.AST]:
    new = _same(node)
    new.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    yield new


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if not isinstance(node.op, ast.UAdd):
        yield _same(node.operand)


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is None or _is(node.value, type(None)):
        return
    if not (isinstance(node.value, ast.Constant) and node.value.value is False):  # as good as None
        yield ast.Return(ast.Constant(None))
    if isinstance(node.value, ast.BoolOp | ast.Call) or _is(node.value, bool):
        yield ast.Return(ast.UnaryOp(ast.Not(), _same(node.value)))


def _call(node: ast.Call) -> Iterator[ast.AST]:
    name = _name(node.func)
    if name in OPPOSITES:
        new = _same(node)
        if isinstance(new.func, ast.Name):
            new.func.id = OPPOSITES[name]
        else:
            new.func.attr = OPPOSITES[name]
        yield new
    plain = len(node.args) >= 2 and not any(isinstance(one, ast.Starred) for one in node.args[:2])
    if plain and name not in UNORDERED and ast.dump(node.args[0]) != ast.dump(node.args[1]):
        new = _same(node)
        new.args[:2] = new.args[1::-1]
        yield new


_RULES: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BinOp: _arithmetic,
    ast.AugAssign: _arithmetic,
    ast.Constant: _constant,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.Return: _return,
    ast.Call: _call,
}


def _may_be_deleted(node: ast.stmt, place: _Place) -> bool:
    """Calls, jumps, and assignments to what has a value already: without others any test that runs the line fails."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    if isinstance(node, ast.Assign):
        targets: Sequence[ast.expr] = node.targets
        return all(not isinstance(one, ast.Name) or one.id in place.assigned for one in targets)
    return isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Delete | ast.Raise)


def _names_set(node: ast.stmt) -> set[str]:
    found = (one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    return {one.id for one in found}


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is(node: ast.AST, kind: type) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, kind)


def _same(node: Any) -> Any:
    return copy.deepcopy(node)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 160 else text[:157] + "..."
