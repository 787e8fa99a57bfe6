"""What a native run must get wrong, and what it must get right, to be believed.

The native run is the learner's own interpreter saying how a test ended.  Whoever overrides a comparison, `assert`,
a built-in function or the shell to make a test pass makes these pass too: a program of assertions, some true and some
false in an order that nobody knows before the test is over, and the test itself with other values demanded.
"""

from __future__ import annotations

import ast
import random
import string

from qlab.grading.trusted.blame import derived_names

_ALWAYS = ("{a} + {b} == {sum}", "[{a}, {b}] == [{a}, {sum} - {a}]", "'{a}' + '{b}' == '{a}' + str({sum} - {a})")
_ASKED: dict[str, str] = {
    "abs": "abs(-{a} - {b}) == {sum}",
    "all": "all([True, {a} + {b} == {sum}])",
    "any": "any([False, {a} + {b} == {sum}])",
    "len": "len('x' * ({a} % 50)) + {b} == {sum} - {a} + {a} % 50",
    "sum": "sum([{a}, {b}]) == {sum}",
    "sorted": "sorted([{a}, {b}, 0])[0:1] == [{a} + {b} - {sum}]",
    "isinstance": "isinstance({a} + {b} == {sum} or '', bool)",
    "round": "round({a} + {b} + 0.25) == {sum}",
    "min": "min({a} + {b}, {sum}) == max({a} + {b}, {sum})",
    "max": "min({a} + {b}, {sum}) == max({a} + {b}, {sum})",
    "set": "set([{a} + {b}]) == set([{sum}])",
    "list": "list(({a} + {b},)) == [{sum}]",
    "tuple": "tuple([{a} + {b}]) == ({sum},)",
    "isclose": "__import__('math').isclose({a} + {b}, {sum})",
    "allclose": "bool(__import__('numpy').allclose([{a} + {b}], [{sum}]))",
    "array_equal": "bool(__import__('numpy').array_equal([{a} + {b}], [{sum}]))",
    "assert_allclose": "__import__('numpy').testing.assert_allclose([{a} + {b}], [{sum}]) is None",
    "assert_array_equal": "__import__('numpy').testing.assert_array_equal([{a} + {b}], [{sum}]) is None",
    "assert_equal": "__import__('numpy').testing.assert_equal([{a} + {b}], [{sum}]) is None",
    "assert_almost_equal": "__import__('numpy').testing.assert_almost_equal({a} + {b}, {sum}) is None",
}
"""What is true if the sum is right and false if it is one too large, by a name that a test may mention."""
_CLOSE = frozenset({"allclose", "isclose", "array_equal", "array_equiv", "approx", "assert_allclose", "assert_equal",
                    "assert_array_equal", "assert_almost_equal", "assert_array_almost_equal", "assertEqual",
                    "assertAlmostEqual"})  # fmt: skip
_Draw = random.SystemRandom


def canary_program(test: str, student_names: set[str]) -> tuple[str, str]:
    """Return a program of true and false assertions and what its last line must show.

    Args:
        test: the test's source, whose functions the program asks too.
        student_names: names that the student is asked to define, which it does not ask.
    """
    draw = _Draw()
    try:
        nodes = list(ast.walk(ast.parse(test)))
    except (SyntaxError, ValueError):
        nodes = []
    mentioned = {node.id for node in nodes if isinstance(node, ast.Name)}
    mentioned |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    asked = [text for name, text in _ASKED.items() if name in mentioned - student_names]
    claims = [(text, truth) for text in dict.fromkeys([*_ALWAYS, *asked]) for truth in (True, False)]
    draw.shuffle(claims)
    name = "_" + "".join(draw.choices(string.ascii_lowercase, k=8))
    lines, expected = [f"{name} = ''"], ""
    for text, truth in claims:
        a, b = draw.randrange(1000, 9999), draw.randrange(1000, 9999)
        claim = text.format(a=a, b=b, sum=a + b if truth else a + b + 1)
        lines += ["try:", f"    assert {claim}", f"    {name} += '1'", f"except AssertionError:\n    {name} += '0'"]
        expected += "1" if truth else "0"
    a, b = draw.randrange(10_000), draw.randrange(10_000)
    answer = int(expected, 2) * 10**9 + a * b
    return "\n".join([*lines, f"int({name}, 2) * {10**9} + {a} * {b}"]), repr(answer)


def mutant(test: str, student_names: set[str]) -> str:
    """Return a test that demands other values, which no honest answer gives; empty if none are demanded.

    Example:
        >>> mutant("assert f(1) == 2", {"f"}) not in ("", "assert f(1) == 2")
        True
        >>> mutant("assert f(1)", {"f"})
        ''
    """
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError):
        return ""
    changer = _Changer(derived_names(tree, student_names))
    changed = changer.visit(tree)
    return ast.unparse(ast.fix_missing_locations(changed)) if changer.found else ""


class _Changer(ast.NodeTransformer):
    """Puts another value where a test compares with one that is not the student's."""

    def __init__(self, theirs: set[str]) -> None:
        self._theirs = theirs
        self._draw = _Draw()
        self.found = False

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            node.left, node.comparators[0] = self._pair(node.left, node.comparators[0])
        elif len(node.ops) == 1 and isinstance(node.ops[0], ast.Lt | ast.LtE):
            self._distance(node.left)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _CLOSE and len(node.args) >= 2:
            node.args[0], node.args[1] = self._pair(node.args[0], node.args[1])
        return node

    def _distance(self, node: ast.AST) -> None:
        """Change `abs(theirs - ours)` below a bound."""
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "abs":
            inside = node.args[0] if node.args else None
            if isinstance(inside, ast.BinOp) and isinstance(inside.op, ast.Sub):
                inside.left, inside.right = self._pair(inside.left, inside.right, far=True)

    def _pair(self, one: ast.expr, other: ast.expr, *, far: bool = False) -> tuple[ast.expr, ast.expr]:
        first, second = self._is_theirs(one), self._is_theirs(other)
        if first == second:
            return one, other
        self.found = True
        return (one, self._instead(other, far)) if first else (self._instead(one, far), other)

    def _is_theirs(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self._theirs for part in ast.walk(node))

    def _instead(self, node: ast.expr, far: bool) -> ast.expr:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and not far:
            return ast.Constant("".join(self._draw.choices(string.ascii_letters, k=max(len(value), 12))))
        if type(value) is int and not far:
            return ast.Constant(value + self._draw.randrange(10**6, 10**9))
        return ast.Constant(self._draw.uniform(1e14, 1e17))
