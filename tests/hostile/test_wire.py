"""What the cases of `cases/boundary-*` send, refused by name at the boundary itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qlab.grading.codec import CannotCross, Packer, Unpacker
from qlab.grading.outputs import clean_outputs
from qlab.grading.verdicts import judge


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
    with pytest.raises(CannotCross, match="outside its buffer"):
        bad = packer.pack(state)
        Unpacker(packer.blobs).unpack({"g": bad})


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
    options: Any = {"source": source, "namespace": {}, "student_names": set(), "tainted": False, "seconds": 0.0}
    assert judge(AssertionError("kestrel"), None, **options).message == "A hidden test did not hold."
