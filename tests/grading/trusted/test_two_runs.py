# ruff: noqa: E501 - whole programs as one string each
"""Every test is run twice: what no wire carries counts as under stock, and no right answer is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import Report, grade_assignment
from qlab.grading.runs.store import Store
from qlab.grading.trusted.canaries import canary_program, mutant
from qlab.grading.trusted.native import NativeRun
from qlab.grading.trusted.two_runs import combined
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.standing import Native, Speaks, Standing, Trust
from qlab.grading.wire.verdict import Verdict
from tests.grading.courses import CourseOnDisk, nbgrader, write_course
from tests.notebooks import answered, graded, hidden, locked, notebook, solution

CONFIG = "c = get_config()\nc.QlabGrading.test_seconds = 2.0\nc.QlabGrading.masked_packages = ['qlab.checks']\n"
TASKS: dict[str, tuple[str, str]] = {
    "change": ("def change(xs):\n    return [x + 1 for x in xs]", "xs = [1, 2]\nassert change(xs) == [2, 3]\nassert xs == [1, 2]"),
    "alias": ("def alias(n):\n    return [[0] * n for _ in range(n)]", "g = alias(2)\ng[0][0] = 1\nassert g == [[1, 0], [0, 0]]"),
    "fresh": ("def fresh():\n    return []", "fresh().append(1)\nassert fresh() == []"),
    "copied": ("def copied(x):\n    return list(x)", "x = [1]\nassert copied(x) == x and copied(x) is not x"),
    "order": ("def order(names):\n    return OrderedDict((n, 0) for n in names)", "assert order('ba') == OrderedDict([('b', 0), ('a', 0)])"),
    "strict": ("def strict(x):\n    raise TypeError(x)", "try:\n    strict(1)\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError('no error')"),
    "point": ("class P:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\ndef point(x, y):\n    return P(x, y)", hidden("p = point(3, 4)\nassert p.x == 3 and p.y == 4")),
    "colour": ("def colour():\n    return 1", "assert colour() == 1"),
    "values": ("def values(n):\n    return list(range(n))", "assert values(3) == [0, 1, 2]"),
    "array": ("def array():\n    return np.ones((2, 2))", "assert array().sum() == 4 and (array() * array() == 1).all()"),
    "memo": ("def memo(x):\n    return x * x", "assert memo(3) == 9 and memo(4) == 16"),
    "pool": ("def pool(xs):\n    return [abs(x) for x in xs]", "assert pool([-1, 2]) == [1, 2]"),
    "masked": ("def masked():\n    return 5", "assert masked() == 5"),
}  # fmt: skip
PASSED, FAILED, LOOK = "passed", "failed", "needs_a_look"
OBJECT = "from dataclasses import dataclass\nfrom typing import NamedTuple\n"
ENUM = "import enum\n"
DATA = "from dataclasses import dataclass\n"
POOLS = "import threading, queue, asyncio\nfrom multiprocessing.pool import ThreadPool\n"
ASKED = "from qlab.checks import "
KINDS: dict[str, tuple[list[str], list[str]]] = {
    "change": (["def change(xs):\n    xs[:] = [x + 1 for x in xs]\n    return list(xs)",
                "def change(xs):\n    got = [x + 1 for x in xs]\n    xs.clear()\n    return got",
                "def change(xs):\n    got = []\n    while xs:\n        got.append(xs.pop(0) + 1)\n    return got"], [FAILED]),
    "alias": (["def alias(n):\n    return [[0] * n] * n",
               "def alias(n):\n    row = [0] * n\n    return [row for _ in range(n)]",
               "row = []\ndef alias(n):\n    row[:] = [0] * n\n    return [row, row]"], [FAILED]),
    "fresh": (["kept = []\ndef fresh():\n    return kept", "def fresh(a=[]):\n    return a",
               "import functools\n@functools.cache\ndef fresh():\n    return []"], [FAILED]),
    "copied": (["def copied(x):\n    return x", "copied = lambda x: x", "def copied(x):\n    x.append(0)\n    x.pop()\n    return x"], [FAILED]),
    "order": (["def order(names):\n    return OrderedDict((n, 0) for n in sorted(names))",
               "def order(names):\n    return OrderedDict.fromkeys(names[::-1], 0)",
               "def order(names):\n    d = OrderedDict.fromkeys(names, 0)\n    d.move_to_end(names[0])\n    return d"], [FAILED]),
    "strict": (["def strict(x):\n    got = []\n    for _ in range(150):\n        got = [got]\n    return got",
                "def strict(x):\n    return [0] * 1_200_000", "def strict(x):\n    return {'a': [0] * 1_200_000}"], [FAILED]),
    "point": ([OBJECT + "@dataclass(frozen=True)\nclass P:\n    x: int\n    y: int\ndef point(x, y):\n    return P(x, y)",
               OBJECT + "class P(NamedTuple):\n    x: int\n    y: int\ndef point(x, y):\n    return P(x, y)",
               OBJECT + "class P(list):\n    x = property(lambda s: s[0])\n    y = property(lambda s: s[1])\ndef point(x, y):\n    return P([x, y])"], [PASSED, LOOK]),
    "colour": ([ENUM + "class C(enum.IntEnum):\n    red = 1\ndef colour():\n    return C.red",
                ENUM + "class C(int, enum.Enum):\n    red = 1\ndef colour():\n    return C.red",
                ENUM + "class C(enum.IntFlag):\n    red = 1\ndef colour():\n    return C.red"], [PASSED, LOOK]),
    "values": (["class L(list):\n    pass\ndef values(n):\n    return L(range(n))",
                "from collections import UserList\ndef values(n):\n    return UserList(range(n))",
                "class S:\n    def __init__(s, n): s.n = n\n    def __eq__(s, o): return list(range(s.n)) == o\ndef values(n):\n    return S(n)"], [PASSED, LOOK]),
    "array": (["def array():\n    return np.ma.masked_array(np.ones((2, 2)))", "class A(np.ndarray):\n    pass\ndef array():\n    return np.ones((2, 2)).view(A)",
               "class Ones:\n    def sum(s): return 4\n    def __mul__(s, o): return np.ones(2)\ndef array():\n    return Ones()"], [PASSED, LOOK]),
    "memo": (["class M(dict):\n    def __call__(s, x): return s.setdefault(x, x * x)\nmemo = M()",
              DATA + "@dataclass(frozen=True)\nclass M:\n    power: int = 2\n    def __call__(s, x): return x**s.power\nmemo = M()",
              "class M(list):\n    def __call__(s, x): return x * x\nmemo = M()"], [PASSED]),
    "pool": ([POOLS + "workers = ThreadPool(2)\ndef pool(xs):\n    return workers.map(abs, xs)",
              POOLS + "asked, told = queue.Queue(), queue.Queue()\ndef work():\n    while True:\n        told.put(abs(asked.get()))\nthreading.Thread(target=work, daemon=True).start()\ndef pool(xs):\n    for x in xs:\n        asked.put(x)\n    return [told.get() for _ in xs]",
              POOLS + "loop = asyncio.new_event_loop()\nthreading.Thread(target=loop.run_forever, daemon=True).start()\nasync def one(x):\n    return abs(x)\ndef pool(xs):\n    return [asyncio.run_coroutine_threadsafe(one(x), loop).result() for x in xs]"], [LOOK]),
    "masked": ([ASKED + "TASKS\ndef masked():\n    return 5", ASKED + "Failed\ndef masked():\n    return 5",
                "import qlab.checks._judge\ndef masked():\n    return 5"], [LOOK]),
}  # fmt: skip


def course_at(root: Path, tasks: dict[str, tuple[str, str]], config: str = CONFIG) -> CourseOnDisk:
    setup = locked("setup", "import numpy as np\nfrom collections import OrderedDict")
    cells = [
        cell
        for name, (answer, test) in tasks.items()
        for cell in (solution(name, answered(answer)), graded(f"{name}-test", test))
    ]
    write_course(root, config, notebook(setup, *cells))
    nbgrader(root, "generate_assignment", "ps1")
    return CourseOnDisk(root)


def grade(course: CourseOnDisk, **options: Any) -> tuple[Report, dict[str, dict[str, Judgement]]]:
    """Grade with `qlab grade`'s own function; return its report and the judgements, by learner and task."""
    config = Config({"QlabGrading": options}) if options else None
    report = grade_assignment(Course(course.root, config), "ps1", workers=2)
    return report, judgements(course.root)


def judgements(root: Path) -> dict[str, dict[str, Judgement]]:
    found: dict[str, dict[str, Judgement]] = {}
    for path in (root / ".qlab_grading" / "results").rglob("*.json"):
        result = Store(root / ".qlab_grading" / "results").get(path.stem)
        assert result is not None
        tests = result.notebooks["words"].tests
        found[result.learner] = {name.removesuffix("-test"): one for name, one in tests.items()}
    return found


@pytest.fixture(scope="module", name="kinds")
def graded_kinds(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three learners, each with one answer of every kind, and one with the instructor's answers."""
    course = course_at(tmp_path_factory.mktemp("kinds"), TASKS)
    course.submit("right", {name: answer for name, (answer, _) in TASKS.items()})
    for number in range(3):
        course.submit(f"case{number}", {name: answers[number] for name, (answers, _) in KINDS.items()})
    report, found = grade(course)
    return report, found, course


def test_the_reference_passes_every_test(kinds: Any) -> None:
    _, found, course = kinds
    assert {name: one.verdict for name, one in found["right"].items()} == dict.fromkeys(TASKS, Verdict.PASSED)
    assert not [one for one in found["right"].values() if one.waits]
    assert set(course.scores()["right"].values()) == {1}


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kinds: Any, kind: str, number: int) -> None:
    report, found, course = kinds
    learner, (answers, allowed) = f"case{number}", KINDS[kind]
    got = found[learner][kind]
    assert got.verdict in allowed, (answers[number], got)
    assert course.scores()[learner][f"{kind}-test"] == (1 if got.verdict == PASSED else 0)
    assert got.waits == (got.verdict == LOOK)
    if got.verdict == LOOK:
        row = next(row for row in report.rows if row.learner == learner)
        assert row.looks[f"words/{kind}-test"] == got.look
        assert kind in ("pool", "masked") or "the test gives full points" in got.look


def test_what_waits_is_asked_for_in_formgrader_and_in_the_exit_code(kinds: Any) -> None:
    from nbgrader.api import Gradebook

    report, found, course = kinds
    wanted = {(who, f"{name}-test") for who, tests in found.items() for name, one in tests.items() if one.waits}
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        flagged = {
            (one.student.id, grade.name)
            for one in book.assignment_submissions("ps1")
            for n in one.notebooks
            for grade in n.grades
            if grade.needs_manual_grade
        }
    assert flagged == wanted
    assert wanted
    assert report.exit_code == 2


SOURCE = ("import inspect\ndef rec(n):\n    return n if n < 2 else n + rec(n - 1)",
          "import inspect\nassert 'for' not in inspect.getsource(rec)\nassert rec(3) == 6 and rec(4) == 10")  # fmt: skip
FORGED = [
    "class E:\n    def __eq__(s, o): return True\ndef rec(n):\n    return E()",
    "import numpy as np\nclass A(np.ndarray):\n    def __eq__(s, o): return True\ndef rec(n):\n    return np.ones(1).view(A)",
    "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(s, n): return ast.Pass()\nget_ipython().ast_transformers.append(Strip())\ndef rec(n):\n    return 0",
    "shell = get_ipython()\nkept = shell.run_cell('1')\nshell.run_cell = lambda *a, **k: kept\ndef rec(n):\n    return 0",
    "import sys\ndef rec(n):\n    sys.exit(0)",
    "import os\ndef rec(n):\n    os._exit(0)",
    "import builtins\nbuiltins.AssertionError = type('A', (Exception,), {})\ndef rec(n):\n    return 0",
    "import sys\ndef rec(n):\n    sys._getframe(1).f_globals['rec'] = rec\n    raise SystemExit",
]  # fmt: skip
ONLY_NATIVELY = [
    "    while True: pass",
    "    os.kill(os.getpid(), signal.SIGKILL)",
    "    os._exit(0)",
]


@pytest.fixture(scope="module", name="native")
def graded_natively(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A test that only the native run can judge, one that fails with any answer, one that both runs can judge."""
    tasks = {
        "rec": SOURCE,
        "broken": ("def broken():\n    return 1", "assert broken() == 2"),
        "part": ("def part(x):\n    return x", "assert part(1) == 1\n0.25 if part(2) == 2 else 0.75"),
    }
    course = course_at(tmp_path_factory.mktemp("native"), tasks)
    right = {name: answer for name, (answer, _) in tasks.items()}
    course.submit("right", right)
    course.submit("loop", {**right, "rec": "def rec(n):\n    return sum(i for i in range(n + 1))"})
    for number, answer in enumerate(FORGED):
        course.submit(f"forged{number}", {**right, "rec": answer})
    for number, body in enumerate(ONLY_NATIVELY):
        seen = "import os, signal, sys\ndef part(x):\n    if sys._getframe(1).f_globals is globals():\n"
        course.submit(
            f"ends{number}",
            {**right, "part": f"{seen}    {body}\n    return x"},
        )
    report, found = grade(course)
    return report, found, course


def test_the_native_run_alone_earns_points_that_are_to_be_confirmed(native: Any) -> None:
    report, found, course = native
    right = found["right"]["rec"]
    assert (right.verdict, course.scores()["right"]["rec-test"]) == (Verdict.PASSED, 1)
    assert right.waits
    assert "gives full points" in right.look
    assert found["loop"]["rec"].verdict == Verdict.FAILED
    assert set(report.looks) >= {"words/rec-test"}


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_forging_the_native_run_takes_more_than_overriding(native: Any, number: int) -> None:
    _, found, course = native
    assert course.scores()[f"forged{number}"]["rec-test"] == 0, found[f"forged{number}"]["rec"]


@pytest.mark.parametrize("number", range(len(ONLY_NATIVELY)))
def test_a_native_run_that_did_not_finish_decides_nothing(native: Any, number: int) -> None:
    _, found, course = native
    got = found[f"ends{number}"]["part"]
    assert got.verdict == Verdict.NEEDS_A_LOOK, got
    assert course.scores()[f"ends{number}"]["part-test"] == 0


def test_a_broken_test_fails_nobody_and_is_named_after_every_run(native: Any) -> None:
    report, found, course = native
    assert {tests["broken"].verdict for tests in found.values()} == {Verdict.COULD_NOT_TELL}
    again, _ = grade(course)
    for one in (report, again):
        assert "assert" not in found["right"]["broken"].message
        assert set(one.broken) == {"words/broken-test"}
        assert one.exit_code == 2


def test_partial_credit_is_the_smaller_of_both(native: Any) -> None:
    assert native[2].scores()["right"]["part-test"] == 0.25


@pytest.mark.parametrize(
    ("trust", "verdict", "waits"),
    [("flagged", "passed", True), ("native", "passed", False), ("split", "needs_a_look", True)],
)
def test_trust_is_a_choice(tmp_path: Path, trust: str, verdict: str, waits: bool) -> None:
    course = course_at(tmp_path, {"rec": SOURCE}, f"{CONFIG}c.QlabGrading.trust_for = {{'ps1/rec-test': {trust!r}}}\n")
    course.submit("ada", {"rec": SOURCE[0]})
    got = grade(course)[1]["ada"]["rec"]
    assert (got.verdict, got.waits) == (verdict, waits)


RIGHT, WRONG, UNSURE = Judgement(Verdict.PASSED), Judgement(Verdict.FAILED, "no"), Judgement(Verdict.COULD_NOT_TELL)


@pytest.mark.parametrize(
    ("speaks", "split", "native", "carried", "verdict"),
    [
        (Speaks.ISOLATED, RIGHT, Native.PASSED, True, "passed"),
        (Speaks.ISOLATED, RIGHT, Native.FAILED, True, "failed"),
        (Speaks.ISOLATED, RIGHT, Native.UNFINISHED, True, "needs_a_look"),
        (Speaks.ISOLATED, RIGHT, Native.FORGED, True, "needs_a_look"),
        (Speaks.ISOLATED, WRONG, Native.PASSED, True, "failed"),
        (Speaks.ISOLATED, WRONG, Native.PASSED, False, "needs_a_look"),
        (Speaks.ISOLATED, WRONG, Native.FORGED, False, "failed"),
        (Speaks.ISOLATED, UNSURE, Native.PASSED, True, "needs_a_look"),
        (Speaks.ISOLATED, UNSURE, Native.FAILED, True, "failed"),
        (Speaks.NATIVE, WRONG, Native.PASSED, True, "passed"),
        (Speaks.NATIVE, RIGHT, Native.FAILED, True, "failed"),
        (Speaks.NATIVE, RIGHT, Native.UNFINISHED, True, "needs_a_look"),
        (Speaks.NATIVE, UNSURE, Native.FORGED, True, "needs_a_look"),
        (Speaks.SPLIT, RIGHT, Native.FAILED, True, "passed"),
        (Speaks.BROKEN, RIGHT, Native.PASSED, True, "could_not_tell"),
        (Speaks.BROKEN, WRONG, Native.PASSED, True, "could_not_tell"),
    ],
)
def test_the_table(speaks: Speaks, split: Judgement, native: Native, carried: bool, verdict: str) -> None:
    run = NativeRun(native, words="AssertionError: no")
    assert combined(Standing(speaks), "assert f() == 1", split, run, carried=carried).verdict == verdict


def test_no_native_run_is_no_pass() -> None:
    assert combined(Standing(Speaks.ISOLATED), "", RIGHT, None).verdict == Verdict.NEEDS_A_LOOK
    assert combined(Standing(Speaks.NATIVE, trust=Trust.NATIVE), "", RIGHT, None).verdict == Verdict.NEEDS_A_LOOK


def test_nothing_of_the_native_run_reaches_the_learner() -> None:
    run = NativeRun(Native.FAILED, line=2, words="ValueError: kestrel")
    for speaks in Speaks:
        for split in (RIGHT, WRONG, UNSURE):
            if speaks != Speaks.ON_TRIAL:
                said = combined(Standing(speaks), hidden("assert f(918273) == 1"), split, run, carried=False).message
                assert "kestrel" not in said
                assert "918273" not in said


@pytest.mark.parametrize("test", ["assert f(1) == 2", "assert np.allclose(f(1), 3.0)", "assert all(sorted(f(1)))"])
def test_canaries_show_what_is_expected_in_an_honest_interpreter(test: str) -> None:
    program, expected = canary_program(test, {"f"})
    body, _, last = program.rpartition("\n")
    names: dict[str, Any] = {}
    exec(body, names)
    assert repr(eval(last, names)) == expected
    assert "== " in program


@pytest.mark.parametrize(
    ("test", "right"),
    [
        ("assert f(1) == 2", "def f(x): return x + 1"),
        ("for x in (1, 2):\n    assert [x, x] == f(x)", "def f(x): return [x, x]"),
        ("import math\nassert math.isclose(f(2), 4.0)", "def f(x): return 2.0 * x"),
        ("assert abs(f(2) - 4.0) < 1e-9", "def f(x): return 2.0 * x"),
        ("got = f('a')\nassert got == 'aa'", "def f(x): return 2 * x"),
    ],
)
def test_a_mutant_fails_with_the_right_answer(test: str, right: str) -> None:
    names: dict[str, Any] = {}
    exec(right, names)
    exec(test, names)
    with pytest.raises(AssertionError):
        exec(mutant(test, {"f"}), names)


def test_settled_standings_are_kept_and_used_again(tmp_path: Path) -> None:
    course = course_at(tmp_path, {"colour": TASKS["colour"]})
    course.submit("ada", {"colour": TASKS["colour"][0]})
    grade(course)
    (kept,) = (tmp_path / ".qlab_grading" / "reference").glob("*.json")
    assert json.loads(kept.read_text())["words"]["colour-test"]["speaks"] == "isolated"
    kept.write_text(kept.read_text().replace("isolated", "broken"))
    course.submit("bob", {"colour": TASKS["colour"][0]})
    assert grade(course)[1]["bob"]["colour"].verdict == Verdict.COULD_NOT_TELL
