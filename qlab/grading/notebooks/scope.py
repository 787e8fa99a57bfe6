"""What a notebook's cells bind and use, read from their text without running it."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MUTATORS = frozenset({"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update",
                       "setdefault", "popitem", "add", "discard", "fill", "itemset", "put", "resize",
                       "difference_update", "intersection_update", "symmetric_difference_update"})  # fmt: skip
"""Methods that change what they are called on."""
_DRAWS = frozenset({"random", "normal", "standard_normal", "integers", "choice", "uniform", "shuffle", "binomial",
                    "permutation", "poisson", "exponential", "multinomial", "geometric", "randint",
                    "randrange", "gauss", "sample", "choices", "permuted", "bytes", "multivariate_normal",
                    "standard_exponential", "beta", "gamma"})  # fmt: skip
EQUALS_PLAIN = "__eq__ with plain data"


def python_text(source: str) -> str:
    """Return a cell's source as plain Python, with IPython's magics turned into calls.

    Example:
        >>> python_text("x = 1")
        'x = 1\\n'
    """
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager
    return str(manager().transform_cell(source))


@lru_cache(maxsize=4096)
def parse(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, or None if it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        return ast.parse(python_text(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree that run in its own scope, functions and classes not entered."""
    for node in ast.iter_child_nodes(tree):
        yield node
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp,
                 ast.SetComp, ast.DictComp, ast.GeneratorExp)  # fmt: skip
        if not isinstance(node, inner):
            yield from statements(node)


def bound_names(source: str) -> set[str]:
    """Return the names that a cell binds in the notebook, imports left out.

    Example:
        >>> sorted(bound_names("import os\\ndef f(): y = 1\\na, b = 1, 2"))
        ['a', 'b', 'f']
    """
    tree = parse(source)
    names: set[str] = set()
    for node in statements(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.discard(node.name)
    return names


def used_names(source: str) -> set[str]:
    """Return every name that a cell mentions, inside functions too.

    Example:
        >>> sorted(used_names("def f(): return g(x)"))
        ['g', 'x']
    """
    tree = parse(source)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()


def used_at_once(source: str) -> set[str]:
    """Return the names that a cell reads when it runs, function bodies left out."""
    tree = parse(source)
    if tree is None:
        return set()
    found: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.ClassDef):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found


def free_names(source: str) -> set[str]:
    """Return the names that a cell reads or deletes and does not make itself, inside functions too.

    Example:
        >>> sorted(free_names("def f(n): return g(n)\\ndel h\\nimport os\\nassert f(a) == os.sep and a"))
        ['a', 'g', 'h']
    """
    tree = parse(source)
    if tree is None:
        return set()
    found = {node.id for node in statements(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
    waiting = [symtable.symtable(ast.unparse(tree), "<cell>", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
    return found - bound_names(source) - imported_names(source) - set(dir(builtins))


def reached_names(source: str) -> dict[str, frozenset[str]]:
    """Return, by name that the text binds, the names that its definitions mention.

    Example:
        >>> sorted(reached_names("def f(): return g(x)")["f"])
        ['g', 'x']
    """
    tree = parse(source)
    found: dict[str, frozenset[str]] = {}
    for node in tree.body if tree else ():
        text = ast.unparse(node)
        for name in bound_names(text):
            found[name] = found.get(name, frozenset()) | used_names(text)
    return found


def import_statements(source: str) -> list[str]:
    """Return a cell's own import statements as text, one a line.

    Example:
        >>> import_statements("import numpy as np; x = 1\\nfrom math import pi")
        ['import numpy as np', 'from math import pi']
    """
    tree = parse(source)
    found = statements(tree) if tree else ()
    return [ast.unparse(node) for node in found if isinstance(node, ast.Import | ast.ImportFrom)]


def imported_names(source: str) -> set[str]:
    """Return the names that a cell's own imports bind; for `from m import *` none is known.

    Example:
        >>> sorted(imported_names("import os.path, numpy as np\\nfrom math import pi"))
        ['np', 'os', 'pi']
    """
    tree = parse(source)
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in (statements(tree) if tree else ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def imported_modules(source: str) -> list[str]:
    """Return the modules that a cell imports anywhere, for a warm start.

    Example:
        >>> imported_modules("import numpy.linalg\\nfrom matplotlib import pyplot")
        ['numpy.linalg', 'matplotlib', 'matplotlib.pyplot']
    """
    tree = parse(source)
    names: list[str] = []
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")]
    if any(line.lstrip().startswith(("%matplotlib", "%pylab")) for line in source.split("\n")):
        names.append("matplotlib.pyplot")
    return list(dict.fromkeys(names))


def classes_and_methods(source: str) -> dict[str, list[str]]:
    """Return the special methods of each class that a cell defines.

    Example:
        >>> classes_and_methods("class P:\\n def __eq__(self, o): return 1")
        {'P': ['__eq__']}
    """
    tree = parse(source)
    found = [node for node in statements(tree) if isinstance(node, ast.ClassDef)] if tree else []
    return {node.name: _special_methods(node) for node in found}


def _special_methods(node: ast.ClassDef) -> list[str]:
    names = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            names.append(part.name)
            names += [EQUALS_PLAIN] if part.name == "__eq__" and _looks_at_whole(part) else []
        elif isinstance(part, ast.Assign):
            names += [target.id for target in part.targets if isinstance(target, ast.Name)]
    if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
        names += ["__eq__"]
    if any("total_ordering" in ast.unparse(mark) for mark in node.decorator_list):
        names += ["__lt__", "__le__", "__gt__", "__ge__"]
    return [name for name in names if name == EQUALS_PLAIN or (name.startswith("__") and name.endswith("__"))]


def _looks_at_whole(method: ast.FunctionDef) -> bool:
    """Return whether a comparison uses the other value itself, not its attributes and class alone."""
    if len(method.args.args) != 2:
        return True
    other = method.args.args[1].arg
    asked = ("isinstance", "type", "getattr", "hasattr", "super")
    parts: set[ast.AST] = set()
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute):
            parts.add(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in asked:
            parts |= set(node.args[:1])
    return any(isinstance(node, ast.Name) and node.id == other and node not in parts for node in ast.walk(method))


def changed_parameters(source: str) -> dict[str, list[int | str]]:
    """Return, by function, the parameters that it changes in place, by position and by name.

    Example:
        >>> changed_parameters("def f(a, b): b.append(a)")
        {'f': [1, 'b']}
    """
    tree = parse(source)
    found: dict[str, list[int | str]] = {}
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, ast.FunctionDef):
            continue
        names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
        changed = _changed_names(node)
        first = 1 if names[:1] in (["self"], ["cls"]) else 0
        places: list[int | str] = [i - first for i, name in enumerate(names) if name in changed and i >= first]
        places += [name for name in names[first:] if name in changed]
        places += [argument.arg for argument in node.args.kwonlyargs if argument.arg in changed]
        if places:
            found[node.name] = places
    return found


def _changed_names(function: ast.FunctionDef) -> set[str]:
    changed: set[str] = set()
    for node in ast.walk(function):
        target: ast.AST | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            target = node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS | _DRAWS:
                target = node.func.value
            if node.func.attr in ("shuffle", "heappush", "heappop", "heapify") and node.args:
                changed |= {node.args[0].id} if isinstance(node.args[0], ast.Name) else set()
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            changed.add(target.id)
    return changed
