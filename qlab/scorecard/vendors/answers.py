"""Counts and shots as vendors hand them over, as bits by measurement key; refused by name where they cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.scorecard.vendors.native import places


class Unusable(ValueError):
    """An answer that cannot be the result of the circuit that was sent."""

    answered = True
    """The circuit was taken: this is no refusal."""


def width(circuit: Circuit) -> int:
    """Number of bits that a circuit measures."""
    return sum(len(own) for own in places(circuit).values())


def from_counts(counts: Any, circuit: Circuit, shots: int, *, last_first: bool) -> dict[str, Bits]:
    """Bits by key from counts of whole answers.

    The order of the shots is lost with the counts; no figure of the card needs it.

    Args:
        counts: how often each answer came: a text of 0 and 1, blanks between registers allowed, or ``0x…``.
        circuit: what was sent, all bits in one register in the order of `places`.
        shots: how many were asked for.
        last_first: whether the text begins with the last bit of the register, as Qiskit's does.

    Raises:
        Unusable: where counts are no whole numbers (shares, quasi-probabilities), do not sum to the shots asked
            for, or an answer has another length.

    >>> from_counts({"01": 2}, Circuit(2).measure(0, 1, key="m"), 2, last_first=True)["m"].tolist()
    [[1, 0], [1, 0]]
    """
    if not isinstance(counts, Mapping) or not counts:
        raise Unusable(f"counts must be an object of answers and how often each came, got {type(counts).__name__}")
    bits = width(circuit)
    rows: list[list[int]] = []
    often: list[int] = []
    for text, n in counts.items():
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
            raise Unusable(f"counts must be whole numbers, not shares or quasi-probabilities, got {n!r} for {text!r}")
        word = _word(text, bits)
        rows.append([int(bit) for bit in (word[::-1] if last_first else word)])
        often.append(int(n))
    if sum(often) != shots:
        raise Unusable(
            f"counts must sum to the {shots} shots asked for, got {sum(often)}: shots left out, post-selected or lost"
        )
    table = np.repeat(np.array(rows, dtype=np.uint8).reshape(len(rows), bits), often, axis=0)
    return {key: table[:, list(own)] for key, own in places(circuit).items()}


def _word(text: Any, bits: int) -> str:
    if not isinstance(text, str):
        raise Unusable(f"an answer must be a text of 0 and 1, got {text!r}")
    word = text.replace(" ", "")
    if word[:2].lower() == "0x":
        try:
            word = f"{int(word, 16):0{bits}b}"
        except ValueError:
            raise Unusable(f"an answer must be a text of 0 and 1, or a number 0x…, got {text!r}") from None
    if len(word) != bits or set(word) - {"0", "1"}:
        raise Unusable(f"an answer must be {bits} times 0 or 1, got {text!r}")
    return word


def from_shots(table: Any, circuit: Circuit, shots: int, *, columns: Sequence[int] | None = None) -> dict[str, Bits]:
    """Bits by key from one row a shot.

    Args:
        table: rows of 0 and 1.
        circuit: what was sent.
        shots: how many were asked for.
        columns: the column in which each bit of the register stands; by default in their order.

    Raises:
        Unusable: where rows or columns are missing, or hold anything but 0 and 1.
    """
    bits = width(circuit)
    try:
        found = np.asarray(table)
    except ValueError:
        raise Unusable("shots must be rows of one length") from None
    if found.ndim != 2 or found.shape[0] != shots:
        raise Unusable(f"shots must be {shots} rows, as many as asked for, got an array of shape {found.shape}")
    order = list(range(bits)) if columns is None else list(columns)
    if len(order) != bits or found.shape[1] < bits or (order and max(order) >= found.shape[1]):
        raise Unusable(f"shots must have {bits} columns, one a bit measured, got {found.shape[1]}")
    if not np.isin(found, (0, 1)).all():
        raise Unusable(f"shots must hold zeros and ones only, got {np.unique(found)[:5].tolist()}")
    return {key: found[:, [order[i] for i in own]].astype(np.uint8) for key, own in places(circuit).items()}
