"""The machinery of the exercises, on small tasks that belong to no unit."""

from __future__ import annotations

import inspect
import itertools
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import qlab.checks
from qlab import Circuit
from qlab.checks import _forms, _judge, _views
from qlab.checks._declaration import Declaration
from qlab.checks._exam import exam
from qlab.checks._families import CONVENTION, FAMILIES, OUTCOMES, PLAN_SHOTS
from qlab.checks._forms import Form, WrongForm
from qlab.checks._task import Misconception, Task

NUMBER = _forms.number()
SENTENCE = "You added where the question asks for a product of both numbers."


def wrong(key: str, answer: Callable[..., Any]) -> Misconception:
    return Misconception(key, f"{SENTENCE} ({key})", answer, CONVENTION)


def product_task(**changes: Any) -> Task:
    """Multiply two numbers."""
    task = Task(
        id="01.product",
        title="Multiply",
        outcome=PLAN_SHOTS,
        inputs=lambda rng: [tuple(rng.uniform(2, 9, 2).tolist()) for _ in range(3)],
        reference=lambda a, b: a * b,
        returns=_forms.number(),
        misconceptions=(
            wrong("sum", lambda a, b: a + b),
            wrong("ratio", lambda a, b: a / b),
            wrong("difference", lambda a, b: a - b),
            wrong("first", lambda a, b: a),
        ),
        alternatives=(lambda a, b: b * a, lambda a, b: np.float64(a) * b, lambda a, b: float(np.prod([a, b]))),
        hints=("one", "two", "three"),
    )
    return replace(task, **changes)


def judged(task: Task, answer: Any, seed: object = None) -> Any:
    return _judge._assess(task, answer, seed)[0]


@pytest.fixture
def lone_task(monkeypatch: pytest.MonkeyPatch) -> Task:
    task = product_task()
    monkeypatch.setattr(_judge, "find_task", lambda _: task)
    return task


def test_every_answer_gets_its_own_verdict() -> None:
    task = product_task()
    for seed in [None, *range(20)]:
        assert judged(task, task.reference, seed).status == "passed"
        for alternative in task.alternatives:
            assert judged(task, alternative, seed).status == "passed"
        for misconception in task.misconceptions:
            verdict = judged(task, misconception.answer, seed)
            assert (verdict.status, verdict.misconception) == ("failed", misconception.key)
            assert verdict.message == misconception.says


def raising(error: BaseException) -> Callable[..., Any]:
    def answer(a: float, b: float) -> float:
        raise error

    return answer


def test_not_done_crashed_and_wrong_are_told_apart() -> None:
    task = product_task()
    assert "Not done yet" in judged(task, raising(NotImplementedError())).message
    assert judged(task, raising(ZeroDivisionError("a was 3"))).status == "crashed"
    assert judged(task, raising(SystemExit(0))).status == "crashed"
    assert judged(task, lambda: 1).status == "crashed"
    assert judged(task, lambda a, b: 17.0).misconception is None
    assert judged(task, 17.0).message == "product should be a function, but it is a number."


def test_a_hidden_check_shows_no_argument_and_no_text_of_the_learner(capsys: pytest.CaptureFixture[str]) -> None:
    task = product_task()
    seen: list[str] = []

    def spy(a: float, b: float) -> float:
        seen.extend([repr(a), repr(b)])
        print("inputs", a, b)
        raise ValueError(f"a={a} b={b}")

    def wrong_value(a: float, b: float) -> float:
        seen.extend([repr(a), repr(b)])
        return 100 * a + b

    messages = [judged(task, spy, 5).message, judged(task, wrong_value, 5).message, judged(task, lambda a, b: "x", 5)]
    printed = capsys.readouterr()
    assert seen
    assert not any(value[:6] in str(messages) + printed.out + printed.err for value in seen)
    shown = judged(task, spy)
    assert "raised ValueError" in shown.message
    assert "inputs" in capsys.readouterr().out


def test_the_right_value_is_never_shown() -> None:
    task = product_task()
    held = exam(task, None)
    for answer in (lambda a, b: 3.0, lambda a, b: None, lambda a, b: a * b + 1):
        message = judged(task, answer).message
        assert not any(f"{value:.6g}"[:6] in message for value in held.expected if answer(1, 1) != 2)


def test_arguments_are_copies_and_prints_and_warnings_do_no_harm() -> None:
    task = product_task(
        id="01.total",
        inputs=lambda rng: [([1.0 + rng.random(), 2.0], {"k": rng.random(3)})],
        reference=lambda values, table: sum(values),
        misconceptions=tuple(wrong(f"n{i}", lambda values, table, i=i: sum(values) + i + 1) for i in range(4)),
    )

    def spoiling(values: list[float], table: dict[str, Any]) -> float:
        total = sum(values)
        values.clear()
        table["k"][:] = 0
        print("done")
        warnings.warn("careless", RuntimeWarning, stacklevel=1)
        return float(np.float64(total) + 0 * (np.zeros(1) / np.ones(1))[0])

    assert judged(task, spoiling, 3).status == "passed"
    assert judged(task, spoiling, 3).status == "passed"
    assert judged(task, task.reference, 3).status == "passed"


class AlwaysEqual(float):
    def __eq__(self, other: object) -> bool:
        return True

    def __abs__(self) -> float:
        return 0.0

    def __sub__(self, other: Any) -> Any:
        return self

    __rsub__ = __sub__
    __hash__ = float.__hash__


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "is a `return` missing"),
        ("6", "a text"),
        (True, "True or False"),
        (float("nan"), "nan"),
        (1j, "complex"),
        ([1.0], "a list"),
        (np.ones((2, 2)), r"shape (2, 2)"),
        (10**400, "too large"),
        ([0] * 200_000, "more than 5000 values"),
        (np.ones(200_000), "more than 5000 values"),
        (np.array([None]), "a list"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "an array of date values"),
        (object(), "object of type object"),
        (lambda: 1, "a function or a class, not what a call of it gives"),
    ],
)
def test_results_of_the_wrong_kind_are_named(value: Any, word: str) -> None:
    for seed in (None, 4):
        verdict = judged(product_task(), lambda a, b: value, seed)
        assert verdict.status == "failed"
        assert word in verdict.message


def test_a_number_of_the_learners_own_kind_is_read_by_its_value() -> None:
    assert judged(product_task(), lambda a, b: AlwaysEqual(1)).status == "failed"
    assert judged(product_task(), lambda a, b: AlwaysEqual(a * b)).status == "passed"


def test_a_generator_that_raises_or_never_ends_is_the_learners() -> None:
    task = product_task(
        returns=_forms.listing(NUMBER, 1),
        reference=lambda a, b: [a * b],
        misconceptions=tuple(wrong(f"n{i}", lambda a, b, i=i: [a * b + 1 + i]) for i in range(4)),
        alternatives=(lambda a, b: [b * a],) * 3,
    )
    assert judged(task, lambda a, b: (a * b for _ in range(1))).status == "passed"
    assert judged(task, lambda a, b: (1 / 0 for _ in range(1))).status == "crashed"
    assert "more than" in judged(task, lambda a, b: itertools.count()).message


def test_nesting_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "nested" in judged(product_task(), lambda a, b: endless).message


FORMS: list[tuple[Form, Any, Any]] = [
    (_forms.number(0, 1), np.float64(0.25), 0.25),
    (_forms.whole_number(), 3.0, 3),
    (_forms.boolean(), np.bool_(True), True),
    (_forms.choice("Z", "X"), " z ", "Z"),
    (_forms.listing(_forms.boolean(), 2), (True, False), [True, False]),
    (_forms.collection(_forms.choice("a", "b")), ["b", "a"], frozenset({"a", "b"})),
    (_forms.collection(_forms.listing(_forms.whole_number(), 2)), {(0, 1), (1, 2)}, frozenset({(0, 1), (1, 2)})),
    (_forms.record(n=_forms.whole_number(), ok=_forms.boolean()), {"ok": True, "n": 2}, {"n": 2, "ok": True}),
    (_forms.mapping(_forms.number()), {"b": 2, "a": 1}, {"a": 1.0, "b": 2.0}),
    (_forms.circuit(1), Circuit(1).h(0), Circuit(1).h(0)),
    (_forms.circuit(1), Circuit(1).h(0).to_data(), Circuit(1).h(0)),
]


@pytest.mark.parametrize(("form", "value", "canonical"), FORMS)
def test_forms_read_what_is_meant(form: Form, value: Any, canonical: Any) -> None:
    assert form(value) == canonical


@pytest.mark.parametrize(
    ("form", "value", "word"),
    [
        (_forms.number(0, 1), 1.5, r"outside \[0, 1\]"),
        (_forms.whole_number(), 2.5, "not whole"),
        (_forms.whole_number(1), 0, "below 1"),
        (_forms.boolean(), 2, "a whole number"),
        (_forms.choice("Z", "X"), "Y", "another text"),
        (_forms.numbers(2), [1, 2, 3], r"shape \(3,\)"),
        (_forms.numbers(2), [1, 2j], "complex"),
        (_forms.numbers(None, low=0), [-1], "outside"),
        (_forms.numbers(2, 2), [[1, 2], [3]], "different lengths"),
        (_forms.ket(1), [1, 1], "length is not 1"),
        (_forms.density_matrix(1), [[1, 1], [0, 0]], "not Hermitian"),
        (_forms.density_matrix(1), [[2, 0], [0, -1]], "negative"),
        (_forms.density_matrix(1), [[1, 0], [0, 1]], "trace"),
        (_forms.circuit(2), Circuit(1), "on 1 qubits"),
        (_forms.circuit(), {"num_qubits": 1}, "cannot be read"),
        (_forms.circuit(), "H", "a text"),
        (_forms.listing(_forms.number(), 2), [1], "1 items"),
        (_forms.collection(_forms.number()), [1, 1], "twice"),
        (_forms.collection(_forms.number()), {(1, 2)}, "a list"),
        (_forms.record(n=_forms.number()), {}, "'n' is missing"),
        (_forms.record(n=_forms.number()), {"n": 1, "m": 2}, "not asked for"),
        (_forms.record(n=_forms.number()), {"n": "x"}, "under 'n' it returned a text"),
        (_forms.mapping(_forms.number(), ["a"]), {"b": 1}, "'a' is missing"),
        (_forms.mapping(_forms.number()), {1: 1}, "a dictionary"),
    ],
)
def test_forms_say_what_is_wrong(form: Form, value: Any, word: str) -> None:
    with pytest.raises(WrongForm, match=word):
        form(value)


def test_the_list_of_forms_is_complete() -> None:
    listed = (qlab.checks.__doc__ or "").split("`qlab.checks._forms` (")[1].split(")")[0]
    functions = {name: thing for name, thing in vars(_forms).items() if inspect.isfunction(thing)}
    made = {name for name, function in functions.items() if function.__annotations__.get("return") == "Form"}
    assert set(re.findall(r"\w+", listed)) == made


def test_views_know_what_physics_does_not_distinguish() -> None:
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    assert _views.close(_views.up_to_phase(bell + 0j), _views.up_to_phase(1j * bell))
    same = (Circuit(2).h(0).cnot(0, 1), Circuit(2).h(1).cnot(1, 0))
    assert _views.close(*map(_views.final_state, same))
    assert not _views.close(*map(_views.action, same))
    assert _views.close(_views.action(Circuit(1).z(0)), _views.action(Circuit(1).rz(np.pi, 0)))
    assert _views.final_state(Circuit(1).measure(0)).size == 0
    assert _views.close(np.inf, np.inf)
    assert not _views.close(True, 1)
    assert not _views.close([1], [1, 2])


def test_check_raises_with_what_the_grader_reads(lone_task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    _judge.check("01.product", lambda a, b: a * b)
    assert "Multiply: passed" in capsys.readouterr().out
    with pytest.raises(_judge.CheckFailed, match="You added") as wrong_answer:
        _judge.check("01.product", lambda a, b: a + b, seed=2)
    assert (wrong_answer.value.verdict, wrong_answer.value.misconception) == ("failed", "sum")
    with pytest.raises(_judge.AnswerCrashed) as crash:
        _judge.check("01.product", lambda a, b: 1 / 0, seed=2)
    assert crash.value.verdict == "crashed"
    assert crash.value.__cause__ is None
    with pytest.raises(_judge.AnswerCrashed) as visible:
        _judge.check("01.product", lambda a, b: 1 / 0)
    assert isinstance(visible.value.__cause__, ZeroDivisionError)
    with pytest.raises(KeyboardInterrupt):
        _judge.check("01.product", raising(KeyboardInterrupt()))


def test_a_fault_of_the_check_is_no_fault_of_the_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = product_task(reference=lambda a, b: 1 / 0)
    assert judged(broken, lambda a, b: a * b).status == "could_not_tell"
    unclear = product_task(inputs=lambda rng: [(2.0, 2.0)])  # sum and product agree
    assert judged(unclear, lambda a, b: a * b).status == "could_not_tell"
    with pytest.raises(LookupError, match="the reference and sum"):
        exam(unclear, 1)
    monkeypatch.setattr(_judge, "find_task", lambda _: broken)
    with pytest.raises(_judge.CouldNotTell):
        _judge.check("01.product", lambda a, b: 0)


def test_a_judge_that_stumbles_and_an_error_without_text_are_survived() -> None:
    def stumbling(got: float, expected: float, a: float, b: float) -> bool:
        if got == 17.0:
            raise RuntimeError
        return abs(got - expected) < 1e-6

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    task = product_task(judge=stumbling)
    assert judged(task, lambda a, b: 17.0).status == "could_not_tell"
    assert judged(task, task.reference).status == "passed"
    assert "(no readable text)" in judged(task, raising(Mute())).message
    assert "raised Exception on" in judged(task, raising(Mute()), 3).message


def test_seeds_repeat_and_differ() -> None:
    task = product_task()
    assert exam(task, 7).cases == exam(product_task(), 7).cases != exam(task, 8).cases
    assert exam(task, None).cases != exam(task, 0).cases


def test_hints_come_in_three_steps(lone_task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    _judge.hint("01.product", 2)
    assert capsys.readouterr().out == "Hint 2 of 3: two\n"
    with pytest.raises(ValueError, match="step must be 1, 2 or 3, got 4"):
        _judge.hint("01.product", 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "product"}, "id must be"),
        ({"outcome": "be clever"}, "outcome must be one of"),
        ({"misconceptions": ()}, "misconceptions of 01.product must be at least 4"),
        ({"alternatives": ()}, "alternatives of 01.product must be at least 3"),
        ({"hints": ("one",)}, "hints of 01.product must be 3"),
        ({"points": 1}, "points must be"),
    ],
)
def test_a_task_that_lacks_something_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        product_task(**changes)


def test_a_misconception_must_speak_about_the_thinking() -> None:
    with pytest.raises(ValueError, match="says must name the error"):
        Misconception("sum", "Wrong value.", lambda a, b: a, CONVENTION)
    with pytest.raises(ValueError, match="family must be one of"):
        Misconception("sum", SENTENCE, lambda a, b: a, "other")
    with pytest.raises(ValueError, match="key must be"):
        Misconception("Sum up", SENTENCE, lambda a, b: a, CONVENTION)


def declaration(points: int = 3, tolerance: float = 1e-6) -> Declaration:
    task = product_task()
    return Declaration(task.id, points, task.title, task.outcome, NUMBER, tolerance)


def test_a_declaration_collects_its_parts_in_order_and_leaves_functions_alone() -> None:
    whole, task = product_task(returns=NUMBER, tolerance=1e-3, points=4), declaration(points=4, tolerance=1e-3)

    def first_number(a: float, b: float) -> float:
        return a

    def _both_added(a: float, b: float) -> float:
        return a + b

    assert task.inputs(whole.inputs) is whole.inputs
    assert task.reference(whole.reference) is whole.reference
    assert task.misconception(CONVENTION, SENTENCE)(first_number) is first_number
    task.misconception(CONVENTION, SENTENCE)(_both_added)
    assert [(m.key, m.says, m.answer, m.family) for m in task._misconceptions] == [
        ("first-number", SENTENCE, first_number, CONVENTION),
        ("both-added", SENTENCE, _both_added, CONVENTION),
    ]
    task._misconceptions[:] = whole.misconceptions
    for alternative in whole.alternatives:
        assert task.alternative(alternative) is alternative
    assert task.with_hints("one", "two", "three") == whole
    task.view(_views.up_to_phase)
    task.judge(_views.close)
    held = task.with_hints("one", "two", "three")
    assert (held.view, held.judge) == (_views.up_to_phase, _views.close)


def test_a_declaration_that_lacks_a_part_or_has_it_twice_is_refused() -> None:
    task = declaration()
    task.reference(len)
    with pytest.raises(ValueError, match=r"reference of 01.product must be declared once, got 'sum'"):
        task.reference(sum)
    with pytest.raises(ValueError, match=r"parts of 01.product must include inputs and reference, got \['reference'\]"):
        task.with_hints("one", "two", "three")


def test_unknown_tasks_and_units_are_refused() -> None:
    from qlab.checks import find_task, tasks_of_unit

    for unknown in ("01.no_such_task", "99.x", "x", 3):
        with pytest.raises(ValueError, match="id must be the id of a task"):
            find_task(unknown)
    with pytest.raises(ValueError, match="unit must be one of"):
        tasks_of_unit("99")


def test_names_are_shared_and_said_in_words() -> None:
    assert len(set(OUTCOMES)) == len(OUTCOMES)
    assert all(text.endswith(".") and len(text.split()) > 5 for text in FAMILIES.values())


def test_importing_the_checks_imports_no_unit_and_nothing_but_numpy() -> None:
    probe = "import sys, qlab.checks; print(*[m for m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split()
    assert not [m for m in loaded if m.startswith("qlab.checks.units")]
    assert not {"scipy", "cirq", "matplotlib", "nbformat", "IPython"} & {m.split(".")[0] for m in loaded}
