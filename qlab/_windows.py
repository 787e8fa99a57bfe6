"""Windows on a large ket: each one matrix product on a view of the amplitudes.

The ket is a flat array with its wires in some order. A window on adjacent wires is a product with the view
(A, 2ᵏ, B), without moving anything. Wires that lie apart are brought together by one copy, which keeps the
last wires in place where it can, so that memory is copied in runs and not amplitude by amplitude.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab._fusion import Gate, merged, window_matrix, windows
from qlab._validate import ComplexArray

STILL = 5
"""Wires at the end that a copy leaves alone where the window allows."""


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
        shape, axes = _coalesced(self.order, order)
        source = self.values.reshape([-1, *shape]).transpose([0, *(1 + a for a in axes)])
        target = self._other()
        target.reshape(source.shape)[...] = source
        self._wrote(target)
        self.order = list(order)

    def _turned_over(self, order: list[int]) -> bool:
        """Copy where the halves of the order change places, as after a Fourier transform: a few rows at a time."""
        n = len(order)
        rows, columns = self.order[: n - n // 2], self.order[n - n // 2 :]
        if set(order[: n // 2]) != set(columns):
            return False
        old_row, old_column = _numbers(rows, order[n // 2 :]), _numbers(columns, order[: n // 2])
        source = self.values.reshape(len(old_row), -1)
        target = self._other()
        turned = target.reshape(len(old_column), -1)
        for start in range(0, len(old_row), TILE):
            part = slice(start, start + TILE)
            turned[:, part] = source[old_row[part]].take(old_column, axis=1).T
        self._wrote(target)
        self.order = list(order)
        return True

    def gather(self, window: tuple[int, ...]) -> int:
        """Bring the wires of a window together; returns the place of the first."""
        places = sorted(self.order.index(w) for w in window)
        n, k = len(self.order), len(window)
        below = n - places[-1] - 1
        if places[-1] - places[0] == k - 1 and (below != 1 or n < 10):
            return places[0]
        rest = [w for w in self.order if w not in window]
        tail = min(STILL, len(rest))
        self.permute([*rest[: len(rest) - tail], *(self.order[p] for p in places), *rest[len(rest) - tail :]])
        return len(rest) - tail

    def apply(self, window: tuple[int, ...], gates: list[Gate]) -> None:
        """One window."""
        first = self.gather(window)
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


def _numbers(old: list[int], new: list[int]) -> NDArray[np.intp]:
    """For each number whose bits are in the new order the one with the same bits in the old order."""
    return np.arange(2 ** len(old)).reshape((2,) * len(old)).transpose([old.index(w) for w in new]).reshape(-1)


def _coalesced(old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
    """Shape and axes of a permutation, wires that stay neighbours taken as one axis."""
    runs: list[list[int]] = []
    follows = dict(pairwise(new))
    for w in old:
        if runs and follows.get(runs[-1][-1]) == w:
            runs[-1].append(w)
        else:
            runs.append([w])
    starts = [run[0] for run in runs]
    axes = [starts.index(w) for w in new if w in starts]
    return [2 ** len(run) for run in runs], axes


def apply_all(ket: Ket, gates: list[Gate]) -> None:
    """All gates, through windows."""
    for window, inside in windows(merged(gates)):
        ket.apply(window, inside)
