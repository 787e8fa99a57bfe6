"""In which order the wires of a large ket lie, so that windows meet adjacent wires and memory is copied in runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qlab import _validate

TAIL = 7
"""Wires at the end that no window needs for long: a copy that leaves them alone moves runs of 2**7 amplitudes."""

SHORTEST = 4
"""A tail of fewer wires is chosen anew."""


def adjacent(order: Sequence[int], window: Sequence[int]) -> tuple[int, int]:
    """Place of the first wire of a window and number of wires behind its last; -1 for both where they lie apart."""
    places = [order.index(w) for w in window]
    first, last = min(places), max(places)
    return (first, len(order) - 1 - last) if last - first == len(places) - 1 else (-1, -1)


def arrangement(order: Sequence[int], window: Sequence[int], ahead: Sequence[Sequence[int]]) -> list[int]:
    """Order of wires in which a window is adjacent, and the windows after it where that costs nothing more.

    Args:
        order: the wires as they lie now, slowest first.
        window: the wires needed now.
        ahead: the wires of the windows that follow, the next one first.

    Returns:
        Others, the window after the next if it shares no wire, the next window and this one overlapping in what
        they share, then a tail that none of them touches.

    >>> arrangement([0, 1, 2, 3, 4, 5, 6, 7], (0, 5), [(2, 5), (0, 5)])
    [2, 5, 0, 1, 3, 4, 6, 7]
    """
    if not set(window) <= set(order):
        raise _validate.fail("window", f"must hold wires of {list(order)}", list(window))
    now = set(window)
    following = set(ahead[0]) if ahead else set()
    if len(now | following) + SHORTEST > len(order):
        following = set()
    busy = now | following
    tail = _tail(order, busy, ahead)
    after = set(ahead[1]) if len(ahead) > 1 else set()
    if not after.isdisjoint(busy.union(tail)):
        after = set()
    groups = (after, following - now, now & following, now - following)
    placed = set(tail).union(*groups)
    return [w for w in order if w not in placed] + [w for group in groups for w in order if w in group] + tail


def _tail(order: Sequence[int], busy: set[int], ahead: Sequence[Sequence[int]]) -> list[int]:
    """The wires behind the last busy one; where these are few, those needed last, the longest run at the end."""
    free = 0
    while free < TAIL and order[len(order) - 1 - free] not in busy:
        free += 1
    if free >= SHORTEST:
        return list(order[len(order) - free :])
    needed = {w: len(ahead) for w in order if w not in busy}
    for turn in range(len(ahead) - 1, -1, -1):
        needed.update((w, turn) for w in ahead[turn] if w in needed)
    chosen = sorted(needed, key=lambda w: -needed[w])[:TAIL]
    runs: list[list[int]] = []
    for before, w in pairwise([-1, *order]):
        if w in chosen:
            if runs and runs[-1][-1] == before:
                runs[-1].append(w)
            else:
                runs.append([w])
    return [w for run in sorted(runs, key=len) for w in run]


def coalesced(old: Sequence[int], new: Sequence[int]) -> tuple[list[int], list[int]]:
    """Shape and axes of a permutation, wires that stay neighbours taken as one axis.

    >>> coalesced([0, 1, 2, 3], [2, 0, 1, 3])
    ([4, 2, 2], [1, 0, 2])
    """
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


def numbers(old: Sequence[int], new: Sequence[int]) -> NDArray[np.intp]:
    """For each number whose bits are in the new order the one with the same bits in the old order.

    >>> numbers([0, 1], [1, 0])
    array([0, 2, 1, 3])
    """
    return np.arange(2 ** len(old)).reshape((2,) * len(old)).transpose([old.index(w) for w in new]).reshape(-1)
