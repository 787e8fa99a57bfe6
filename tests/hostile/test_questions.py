"""What a test may ask of a student's object without handing its answer over, one reference and one forgery each."""

# ruff: noqa: E501 - whole programs as one string each
from __future__ import annotations

import subprocess
import sys

import pytest

from tests.grading.runs.test_worker import HIDDEN, Run, run, worker

__all__ = ["run", "worker"]  # fixtures

TEXT = "def f(w):\n    return w + '!'"
CHANGES = "def scale(a):\n    return 2 * a\ndef wipe(a):\n    a[:] = 0"


@pytest.mark.parametrize(
    ("answer", "reference", "test"),
    [
        *(("class Yes:\n    def __getattr__(self, name):\n        return lambda *a: a[0] if name == 'union' else True\ndef f(*a):\n    return Yes()", TEXT, test)
          for test in ("assert f('ab').endswith('!')", "assert f('ab').startswith('ab')", "assert f('ab').count('b')",
                       "assert f('ab').find('b')", "assert f('ab').issuperset({'a'})", "assert f('ab').union({'a'}) == {'a'}",
                       "assert f('ab').equals([1])")),
        ("def scale(a):\n    a[:] = 0\n    return a\nscale.__name__ = 'wipe'\ndef wipe(a):\n    a[:] = 0",
         CHANGES, "a = np.ones(3)\nassert np.array_equal(scale(a), 2 * a)"),
        ("def wipe(a):\n    a[:] = 0\n    return a\nscale = wipe", CHANGES, "a = np.ones(3)\nassert np.array_equal(scale(a), 2 * a)"),
        ("def scale(a):\n    return np.empty((0, len(a)))", CHANGES, "assert np.allclose(scale(np.ones(2)), 2 * np.ones(2))"),
        ("def scale(a):\n    return np.empty((0, len(a)))", CHANGES, "assert np.isclose(scale(np.ones(2)), 2 * np.ones(2)).all()"),
        ("def scale(a):\n    return np.empty((0, len(a)))", CHANGES, "assert (scale(np.ones(2)) == 2 * np.ones(2)).all()"),
        ("def scale(a):\n    return []", CHANGES, "assert np.allclose(scale(np.ones(1)), 2.0)"),
    ],
)  # fmt: skip
def test_questions_that_hand_the_answer_over_are_not_asked(run: Run, answer: str, reference: str, test: str) -> None:
    assert run(answer, test, HIDDEN.format(test), reference=reference)["verdicts"] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("reference", "test"),
    [
        (TEXT, "assert f('ab').endswith('!') and f('ab').count('b') == 1"),
        (CHANGES, "a = np.ones(3)\nwipe(a)\nassert np.array_equal(a, np.zeros(3)) and np.allclose(scale(a), a)"),
        ("def f():\n    def inner(xs):\n        xs.append(1)\n    return inner", "xs = []\nf()(xs)\nassert xs == [1]"),
        ("class A:\n    def equals(self, other):\n        return other == 3\n    def put(self, xs):\n        xs.append(1)",
         "xs = []\na = A()\na.put(xs)\nassert a.equals(3) and not a.equals(4) and xs == [1]"),
        ("def f(a):\n    return a[a > 5]", "got = f(np.ones(3))\nassert got.size == 0 and np.allclose(got, []) and got.sum() == 0 and (got + 1 == []).all()"),
        ("def f():\n    return {1, 2}", "assert f().issuperset({1}) and f().union({3}) == {1, 2, 3}"),
    ],
)  # fmt: skip
def test_honest_answers_are_asked_everything(run: Run, reference: str, test: str) -> None:
    outcome = run(reference, test)
    assert outcome["verdicts"] == ["passed"], outcome["tests"]


@pytest.mark.parametrize(
    "test",
    [
        "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(918273) == 918274\n### END HIDDEN TESTS\nassert f(3) == 4",
        "for x in (1, 3):\n    assert f(x) == x + 1\n    ### BEGIN HIDDEN TESTS\n    assert f(918273) == 918274\n    ### END HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS\nf(918273)\n### END HIDDEN TESTS\nassert f(3) == 4, str(f(3))",
    ],
)
def test_a_visible_line_after_hidden_ones_repeats_no_words(run: Run, test: str) -> None:
    answer = "seen = []\ndef f(x):\n    seen.append(x)\n    if x == 3:\n        raise ValueError(str(seen))\n    return x + 1"
    outcome = run(answer, test, reference="def f(x):\n    return x + 1")
    assert outcome["verdicts"] == ["crashed"]
    assert "918273" not in outcome["messages"][0]
    plain = run("def f(x):\n    raise ValueError('my own words')", test.replace("### BEGIN", "assert 1\n### BEGIN"))
    assert ("my own words" in plain["messages"][0]) == test.startswith("assert f(1)")


def test_pools_of_threads_survive_the_copy(run: Run) -> None:
    answer = (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "warm = list(pool.map(abs, [-1, -2]))\ndef f(x):\n    return pool.submit(lambda: x + 1).result()"
    )
    assert run(answer, "assert f(1) == 2", "assert f(2) == 3")["verdicts"] == ["passed", "passed"]


def test_numpys_own_assertions_fail_for_an_empty_side() -> None:
    program = """
import numpy.testing as t, numpy as np
from qlab.grading.trusted.empty_arrays import refuse_empty_comparisons
refuse_empty_comparisons()
for ask in (t.assert_allclose, t.assert_array_equal, t.assert_array_almost_equal, t.assert_array_less, t.assert_equal):
    for one, other in (([[], []], 2.0), (2.0, np.empty((0, 3)))):
        try: ask(one, other)
        except AssertionError: continue
        print(ask, one, other)
t.assert_allclose([], []); t.assert_array_equal([1.0], 1.0)
assert np.allclose([], []) and np.allclose([1.0], 1) and not np.allclose([], 1) and not np.allclose(b=1, a=())
"""
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (made.stdout, made.stderr) == ("", "")
