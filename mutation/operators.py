"""The mutants of one module: each is its source with one small change."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
Change = tuple[str, Callable[[ast.AST], ast.AST]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its place, its name, and the changed source."""

    path: Path
    line: int
    change: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.change}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module, top to bottom."""
    text = path.read_text()
    tree = ast.parse(text)
    for number, node in enumerate(_walk(tree)):
        for name, change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = _walk(mutated)[number]
            segment = ast.get_source_segment(text, node) or ast.unparse(node)
            _replace(mutated, twin, change(twin))
            source = ast.unparse(ast.fix_missing_locations(mutated))
            yield Mutant(
                path, getattr(node, "lineno", 0), f"{name}: {' '.join(segment.split())[:90]}", source
            )


def _walk(tree: ast.AST) -> list[ast.AST]:
    """The nodes whose change a test could detect: no annotations, docstrings or error texts."""
    found: list[ast.AST] = []

    def visit(node: ast.AST) -> None:
        found.append(node)
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "decorator_list"} or isinstance(
                node, ast.JoinedStr | ast.Raise
            ):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_irrelevant(child):
                    visit(child)

    visit(tree)
    return found


def _is_irrelevant(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    type_alias = isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar")
    return typing_only or type_alias or isinstance(node, ast.Import | ast.ImportFrom)


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from _of_statement(node)
    yield from _of_expression(node)


def _of_statement(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Expr() | ast.Raise() | ast.Continue() | ast.Break():
            yield "statement deleted", lambda _: ast.Pass()
        case ast.Return(value=value) if value is not None and ast.unparse(value) != "None":
            yield "returns None", lambda _: ast.Return(value=ast.Constant(None))
        case ast.Try():
            yield "no exception caught", _only_body
        case ast.With():
            yield "context removed", _only_body


def _of_expression(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition negated", lambda twin: _with(twin, test=_negated(twin.test))  # type: ignore[attr-defined]
        case ast.comprehension(ifs=[_, *_]):
            yield "filter negated", lambda twin: _with(twin, ifs=[_negated(c) for c in twin.ifs])  # type: ignore[attr-defined]
        case ast.Compare(ops=[operator, *_]) if type(operator) in _SWAPPED:
            yield "comparison changed", lambda twin: _with(twin, ops=[_SWAPPED[type(operator)]()])
        case ast.BoolOp(op=operator):
            yield "and/or swapped", lambda twin: _with(twin, op=_SWAPPED[type(operator)]())
        case ast.Constant():
            yield from _constant(node.value)
        case ast.Call():
            yield from (_without_keyword(node, number) for number in range(len(node.keywords)))


def _constant(value: object) -> Iterator[Change]:
    if isinstance(value, bool):
        yield "constant flipped", lambda _: ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "constant changed", lambda _: ast.Constant(value + 1)
    elif isinstance(value, str):
        yield "constant changed", lambda _: ast.Constant(f"{value}X")


def _without_keyword(call: ast.Call, number: int) -> Change:
    name = call.keywords[number].arg
    rest = [*range(number), *range(number + 1, len(call.keywords))]
    return f"keyword {name} removed", lambda twin: _with(twin, keywords=[twin.keywords[n] for n in rest])


def _only_body(twin: ast.AST) -> ast.AST:
    return ast.If(test=ast.Constant(value=True), body=twin.body, orelse=[])  # type: ignore[attr-defined]


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=test)


def _with(twin: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    if old is new:
        return
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                setattr(parent, field, [new if item is old else item for item in value])
