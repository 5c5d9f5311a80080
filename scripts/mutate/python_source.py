# SPDX-License-Identifier: Apache-2.0
"""Mutants of Python functions: one small change of the syntax tree, compiled, and put in the function's place.

The module stays imported as it is: only the function's code object is exchanged, so whoever holds the function gets the mutant.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
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
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
_SKIPPED = (ast.JoinedStr, ast.Raise, ast.Assert)  # what is said to people, when it is too late


@dataclass(frozen=True)
class Site:
    """One possible change inside a function: where, what, and how to make it in the tree that it was found in."""

    line: int
    description: str
    apply: Callable[[], None]


@dataclass(frozen=True)
class Function:
    """A function or method of a module: its path of names, and its tree."""

    name: str
    tree: ast.FunctionDef | ast.AsyncFunctionDef


def _abstract(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function only says that a subclass has to have it: nobody calls it."""
    last = tree.body[-1]
    return isinstance(last, ast.Raise) and len(tree.body) <= 2 and "NotImplementedError" in ast.unparse(last)


def functions(module: ast.Module) -> list[Function]:
    """The functions of a module and the methods of its classes; functions inside functions belong to those.

    Abstract ones are left out.
    """
    found = []
    for node in module.body:
        scope = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found += [
            Function(prefix + item.name, item)
            for item in scope
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not _abstract(item)
        ]
    return found


def _text(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0][:70]


def _replace(node: ast.AST, field: str, value: Any, index: int | None = None) -> None:
    if index is None:
        setattr(node, field, value)
    else:
        getattr(node, field)[index] = value


def _negate(node: ast.If | ast.While | ast.IfExp) -> None:
    node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)


def _of_expression(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """Changes of one node."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            other = _COMPARE[type(operator)]
            yield f"{_text(node)}: {other.__name__}", partial(_replace, node, "ops", other(), index)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        other_op = _ARITHMETIC[type(node.op)]
        yield f"{_text(node)}: {other_op.__name__}", partial(_replace, node, "op", other_op())
    elif isinstance(node, ast.BoolOp):
        swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{_text(node)}: {swapped.__name__}", partial(_replace, node, "op", swapped())
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield f"{_text(node.test)}: condition negated", partial(_negate, node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} in column {node.col_offset}: the other", partial(_replace, node, "value", not node.value)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value} in column {node.col_offset}: one more", partial(_replace, node, "value", node.value + 1)


def _dropped(body: list[ast.stmt], index: int) -> None:
    body[index] = ast.copy_location(ast.Pass(), body[index])


def _can_drop(statement: ast.stmt) -> bool:
    """Whether a function still runs without the statement: calls, changes of what exists already."""
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in statement.targets)
    return isinstance(statement, ast.AugAssign | ast.Raise)


def _walk(node: ast.AST) -> Iterator[Site]:
    for index, statement in enumerate(getattr(node, "body", [])) if isinstance(getattr(node, "body", None), list) else ():
        if _can_drop(statement):
            yield Site(statement.lineno, f"{_text(statement)}: dropped", partial(_dropped, node.body, index))
    for description, apply in _of_expression(node):
        yield Site(node.lineno, description, apply)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "args") and isinstance(node, ast.FunctionDef | ast.AnnAssign):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _SKIPPED):
                yield from _walk(child)


def _return_at_once(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    tree.body.insert(0, ast.copy_location(ast.Return(ast.Constant(None)), tree.body[0]))


def sites(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> list[Site]:
    """Every change of a function, always in the same order."""
    found = list(_walk(tree))
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    if not returns and not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(tree)):
        found.append(Site(tree.lineno, f"{tree.name}: returns at once", partial(_return_at_once, tree)))
    return found


def _code_of(module: types.CodeType, name: str) -> types.CodeType:
    """The code object of a function, by its path of names, in a compiled module."""
    code = module
    for part in name.split("."):
        code = next(item for item in code.co_consts if isinstance(item, types.CodeType) and item.co_name == part)
    return code


def _function_object(module: types.ModuleType, name: str) -> tuple[types.FunctionType, list[Any]]:
    """The function behind properties and wrappers, and the wrappers, whose caches must be emptied."""
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    wrappers = []
    while not isinstance(found, types.FunctionType) or hasattr(found, "__wrapped__"):
        wrappers.append(found)
        inner = next(getattr(found, key) for key in ("__wrapped__", "fget", "func", "__func__") if getattr(found, key, None))
        found = inner
    return found, wrappers


def mutate_function(module: str, function: str, index: int) -> None:
    """Put mutant `index` of a function in its place, in this process for ever.

    Raises IndexError when the function has fewer.
    """
    loaded = importlib.import_module(module)
    tree = ast.parse(inspect.getsource(loaded))
    target = next(item for item in functions(tree) if item.name == function)
    sites(target.tree)[index].apply()
    code = _code_of(compile(ast.fix_missing_locations(tree), loaded.__file__ or module, "exec"), function)
    real, wrappers = _function_object(loaded, function)
    real.__code__ = code
    for wrapper in wrappers:
        if hasattr(wrapper, "cache_clear"):
            wrapper.cache_clear()
