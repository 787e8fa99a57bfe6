"""Is a behaviour local? The nearest mixture of programs, or an inequality that the behaviour violates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qlab._validate import FloatArray
from qlab.bell.inequalities import as_any_behaviour, best_programs

LOCALITY_TOLERANCE = 1e-7
"""A distance from the local behaviours that counts as none."""


@dataclass(frozen=True, eq=False)
class LocalityCheck:
    """What `check_locality` found.

    Attributes:
        distance: Euclidean distance from the behaviour to the nearest local one.
        nearest: that local behaviour, a mixture of programs, shape (X, Y, A, B).
        functional: the inequality that the behaviour violates most clearly, coefficients of norm 1; zeros if none.
        local_bound: its local bound, by enumeration.
        value: its value at the behaviour: `local_bound` plus `distance`.
    """

    distance: float
    nearest: FloatArray
    functional: FloatArray
    local_bound: float
    value: float

    @property
    def is_local(self) -> bool:
        """Whether the distance is within rounding (1e-7)."""
        return self.distance <= LOCALITY_TOLERANCE


def check_locality(behaviour: FloatArray) -> LocalityCheck:
    """Is there a shared seed with these probabilities? The nearest local behaviour, or an inequality that says no.

    Finds the point of the local polytope next to the behaviour (Wolfe, Math. Program. 11, 128, 1976). Where it
    is another point, the direction between them is the certificate: no program exceeds `local_bound`, the
    behaviour does. Measured frequencies are never exactly local, since they signal a little by chance: for
    counts there is the p-value of `qlab.bell.statistics`.

    Args:
        behaviour: P(a, b | x, y), shape (X, Y, A, B).

    >>> from qlab.bell.correlations import behaviour, pr_box
    >>> from qlab.states import werner_state
    >>> settings = (0, np.pi / 2), (np.pi / 4, -np.pi / 4)
    >>> [check_locality(behaviour(werner_state(f), *settings)).is_local for f in (0.78, 0.79)]
    [True, False]
    >>> round(check_locality(pr_box()).distance, 9)
    0.5
    """
    target = as_any_behaviour(behaviour)
    shape, corner = target.shape, (best_programs(target)[1] - target).ravel()
    corners, weights, norm = corner[None], np.ones(1), np.inf
    while True:  # seen from the behaviour: the point of least norm
        point = weights @ corners
        corner = (best_programs(-point.reshape(shape))[1] - target).ravel()
        if point @ (point - corner) <= LOCALITY_TOLERANCE**2 or point @ point >= norm:
            break
        norm = float(point @ point)
        corners, weights = _least_norm(np.vstack([corners, corner]), np.append(weights, 0.0))
    distance = float(np.linalg.norm(point))
    functional = (-point / distance if distance > LOCALITY_TOLERANCE else 0 * point).reshape(shape)
    bound = best_programs(functional)[0]
    return LocalityCheck(distance, point.reshape(shape) + target, functional, bound, float(np.sum(functional * target)))


def _least_norm(corners: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Point of least norm in the hull of some corners, and the corners that carry it."""
    while True:
        rows = np.block([[corners @ corners.T, np.ones((len(corners), 1))], [np.ones(len(corners)), 0]])
        wanted = np.linalg.lstsq(rows, np.append(np.zeros(len(corners)), 1.0), rcond=None)[0][:-1]
        if wanted.min() > 1e-12:
            return corners, wanted / wanted.sum()
        falling = wanted <= 1e-12
        steps = weights[falling] / np.maximum(weights[falling] - wanted[falling], 1e-300)
        weights = weights + min(1.0, steps.min()) * (wanted - weights)
        kept = weights > 1e-12
        corners, weights = corners[kept], weights[kept] / weights[kept].sum()
