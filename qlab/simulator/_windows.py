"""Windows on a large ket: each one matrix product on a view of the amplitudes.

The ket is a flat array with its wires in some order. A window on adjacent wires is a product with the view
(A, 2ᵏ, B), without moving anything. Wires that lie apart are brought together by one copy, which serves the next
windows too where it can, and keeps the last wires in place, so that memory is copied in runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from qlab._validate import ComplexArray
from qlab.simulator._fusion import Gate, merged, window_matrix, windows
from qlab.simulator._wires import adjacent, arrangement, coalesced, numbers

TILE = 32
"""Rows that are turned into columns at a time."""


class Ket:
    """Amplitudes and the order of their wires, with a second buffer of the same size to write into.

    Attributes:
        values: flat, shape (lead * 2**len(order),).
        order: wires, slowest first.
    """

    def __init__(self, values: ComplexArray, order: list[int], threads: int = 1) -> None:
        self.values = values
        self.order = order
        self.spare: ComplexArray | None = None
        self.threads = threads

    def _other(self) -> ComplexArray:
        if self.spare is None:
            self.spare = np.empty_like(self.values)
        return self.spare

    def _wrote(self, target: ComplexArray) -> None:
        self.values, self.spare = target.reshape(-1), self.values

    def permute(self, order: list[int]) -> None:
        """Copy the amplitudes into another order of wires."""
        if order == self.order:
            return
        if len(order) >= 12 and len(self.values) == 2 ** len(order) and self._turned_over(order):
            return
        shape, axes = coalesced(self.order, order)
        source = self.values.reshape([-1, *shape]).transpose([0, *(1 + a for a in axes)])
        target = self._other()
        room = target.reshape(source.shape)

        def copy(part: slice) -> None:
            room[:, part] = source[:, part]

        in_slices(copy, source.shape[1], self.threads)
        self._wrote(target)
        self.order = list(order)

    def _turned_over(self, order: list[int]) -> bool:
        """Copy where the halves of the order change places, as after a Fourier transform: a few rows at a time."""
        n = len(order)
        rows, columns = self.order[: n - n // 2], self.order[n - n // 2 :]
        if set(order[: n // 2]) != set(columns):
            return False
        old_row, old_column = numbers(rows, order[n // 2 :]), numbers(columns, order[: n // 2])
        source = self.values.reshape(len(old_row), -1)
        target = self._other()
        turned = target.reshape(len(old_column), -1)
        for start in range(0, len(old_row), TILE):
            part = slice(start, start + TILE)
            turned[:, part] = source[old_row[part]].take(old_column, axis=1).T
        self._wrote(target)
        self.order = list(order)
        return True

    def gather(self, window: Sequence[int], ahead: Sequence[Sequence[int]] = ()) -> int:
        """Bring the wires of a window together, with an eye on those ahead; returns the place of the first."""
        first, behind = adjacent(self.order, window)
        if first < 0 or (behind in (1, 2) and len(self.order) >= 10):
            self.permute(arrangement(self.order, window, ahead))
            first, _ = adjacent(self.order, window)
        return first

    def apply(self, window: Sequence[int], gates: list[Gate], ahead: Sequence[Sequence[int]] = ()) -> None:
        """One window; those ahead are named so that its copy may serve them."""
        first = self.gather(window, ahead)
        k, n = len(window), len(self.order)
        wires = tuple(self.order[first : first + k])
        matrix = window_matrix(wires, gates).astype(self.values.dtype)
        below = 2 ** (n - first - k)
        target = self._other()
        if below == 1:
            source, into = self.values.reshape(-1, 2**k), target.reshape(-1, 2**k)
            in_slices(lambda part: np.matmul(source[part], matrix.T, out=into[part]), len(source), self.threads)
        else:
            view, room = self.values.reshape(-1, 2**k, below), target.reshape(-1, 2**k, below)
            if len(view) >= 2 * self.threads or self.threads == 1:
                in_slices(lambda part: np.matmul(matrix, view[part], out=room[part]), len(view), self.threads)
            else:
                in_slices(lambda part: np.matmul(matrix, view[..., part], out=room[..., part]), below, self.threads)
        self._wrote(target)


def in_slices(work: Callable[[slice], Any], length: int, threads: int) -> None:
    """Call ``work`` with slices that together cover a length, one a thread."""
    if threads == 1 or length < threads:
        work(slice(None))
        return
    step = -(-length // threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda start: work(slice(start, start + step)), range(0, length, step)))


def apply_all(ket: Ket, gates: list[Gate]) -> None:
    """All gates, through windows."""
    plan = windows(merged(gates), len(ket.order))
    needed = [window for window, _ in plan]
    for turn, (window, inside) in enumerate(plan):
        ket.apply(window, inside, needed[turn + 1 :])
