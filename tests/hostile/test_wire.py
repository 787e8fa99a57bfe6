"""What the cases of `cases/boundary-*` send, refused by name at the boundary itself."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Future
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qlab.grading.runs import runner
from qlab.grading.trusted.outputs import clean_outputs
from qlab.grading.trusted.verdicts import judge
from qlab.grading.wire.codec import CannotCross, Packer, Unpacker


@pytest.mark.parametrize("content", [{"n": ["|b1", "02"]}, {"a": ["|b1", [2], 0]}])
def test_booleans_are_true_or_false(content: Any) -> None:
    with pytest.raises(CannotCross, match="neither true nor false"):
        Unpacker([b"\x01\xff"]).unpack(content)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("MT19937", {"pos": 625}),
        ("MT19937", {"pos": -1}),
        ("Philox", {"buffer_pos": -9}),
        ("Philox", {"buffer_pos": 5}),
    ],
)
def test_generators_point_into_their_own_memory(kind: str, change: dict[str, int]) -> None:
    generator = np.random.Generator(getattr(np.random, kind)(1))
    packer = Packer()
    good = packer.pack(generator)
    assert Unpacker(packer.blobs).unpack(good).integers(10) == generator.integers(10)
    state: Any = getattr(np.random, kind)(1).state
    (state["state"] if "pos" in change else state).update(change)
    packer = Packer()
    bad = {"g": packer.pack(state)}
    with pytest.raises(CannotCross, match="outside its buffer"):
        Unpacker(packer.blobs).unpack(bad)


def test_outputs_are_counted_in_bytes() -> None:
    many = {f"application/x-{number}": "" for number in range(50_000)}
    claimed = [
        {"output_type": "stream", "name": "stdout", "text": "\U0001f600" * 200_000},
        {"output_type": "display_data", "data": many},
        *({"output_type": "error", "ename": "E", "evalue": "v" * 2000, "traceback": []} for _ in range(900)),
    ]
    kept = clean_outputs(claimed, 200_000)
    assert len(str(kept).encode()) < 210_000


def test_an_echo_of_a_hidden_test_s_text_is_no_message_of_its_own() -> None:
    source = '### BEGIN HIDDEN TESTS\nfor word in ("kestrel",):\n    assert False, word\n### END HIDDEN TESTS'
    options: Any = {"source": source, "namespace": {}, "student_names": set()}
    options |= {"tainted": False, "sound": True, "seconds": 0.0}
    assert judge(AssertionError("kestrel"), None, **options).message == "A hidden test did not hold."


class _Pool:
    """Breaks for good when it is given the poisoned submission."""

    def __init__(self) -> None:
        self.broken = False

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def grade(self, work: str, store: str) -> Future[dict[str, Any]]:
        if self.broken:
            raise BrokenExecutor
        future: Future[dict[str, Any]] = Future()
        if work == "poison":
            self.broken = True
            future.set_exception(BrokenExecutor())
        else:
            future.set_result({"graded": work})
        return future


class _Batch(runner._Run):
    """Four submissions, one of which breaks whoever grades it."""

    def __init__(self) -> None:
        self.waiting: Any = dict.fromkeys(["poison", "a", "b", "c"])
        self.whole: Any = None
        self.store: Any = SimpleNamespace(directory="", get=lambda key: None)
        self.ended: dict[str, Any] = {}

    def work(self, key: str) -> Any:
        return key

    def done(self, key: str, result: Any) -> None:
        del self.waiting[key]
        self.ended[key] = result

    def _gave_up(self, key: str, detail: str = "") -> Any:
        return {"gave up": key}


def test_a_submission_that_kills_workers_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LocalPool", lambda *_: _Pool())
    run = _Batch()
    run.execute(None, object(), 2)
    assert run.ended == {"poison": {"gave up": "poison"}, **{key: {"graded": key} for key in "abc"}}
