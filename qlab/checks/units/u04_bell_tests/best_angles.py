"""Task 04.best_angles: settings that reach the quantum bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.bell import chsh
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, ONE_SETTING, RUN_BELL_TEST
from qlab.checks._task import Row
from qlab.gates import X, Z

Array = NDArray[Any]

task = Declaration(
    id="04.best_angles",
    points=3,
    title="Set four angles so that the pair wins as often as it can",
    outcome=RUN_BELL_TEST,
    returns=forms.numbers(4, what="four angles in radians: Alice's two, then Bob's two"),
)


@task.inputs
def _pair_inputs(rng: np.random.Generator) -> list[tuple[str, float]]:
    names = rng.permutation(states.BELL_NAMES)
    tilts = [rng.uniform(0.3, 0.7), -rng.uniform(0.3, 0.7), rng.uniform(0.9, 1.2), 0.0]
    return [(str(name), float(tilt)) for name, tilt in zip(names, tilts, strict=True)]


_MIRROR = {"phi+": (1, 1), "phi-": (1, -1), "psi+": (-1, 1), "psi-": (-1, -1)}


@task.reference
def _best_angles(name: str, tilt: float) -> list[float]:
    along_z, along_x = _MIRROR[name]
    bob = [math.atan2(along_x * sign, along_z) for sign in (1, -1)]
    return [-tilt, math.pi / 2 - tilt, *bob]


@task.view
def _value_view(got: Array, name: str, tilt: float) -> list[list[float]]:
    pair = states.bell_state(name)
    table = []
    for alice in got[:2] + tilt:
        row = []
        for bob in got[2:]:
            axes = [np.cos(angle) * Z + np.sin(angle) * X for angle in (alice, bob)]
            row.append(float(np.vdot(pair, np.kron(*axes) @ pair).real))
        table.append(row)
    return table


def _settings_value(name: str, alice: Sequence[float], bob: Sequence[float]) -> float:
    return float(chsh.chsh_value(states.density_matrix(states.bell_state(name)), alice, bob))


@task.judge
def _reaches_the_bound(got: Array, _expected: Array, name: str, tilt: float) -> bool:
    return _settings_value(name, list(got[:2] + tilt), list(got[2:])) > chsh.TSIRELSON_BOUND - 1e-4


@task.remark
def _four_correlations(rows: list[Row]) -> str | None:
    """What the four correlations look like in the first case that falls short."""
    for got, expected, (name, tilt) in rows:
        if _reaches_the_bound(got, expected, name, tilt):
            continue
        table = np.array(_value_view(got, name, tilt))
        if np.allclose(np.abs(table), math.sqrt(0.5), atol=1e-3):
            return (
                "Your four correlations are all as strong as they should be, and their signs are not: three should be "
                "positive, that of both second settings negative. Whose angles are exchanged or turned over?"
            )
        if np.abs(table).max() > 1 - 1e-3:
            return (
                "At one combination of settings your pair is perfectly correlated. That costs the others more than it "
                "gains: the four should be equally strong."
            )
        if np.abs(table).max() < math.sqrt(0.5) - 1e-3 or np.abs(table).min() < math.sqrt(0.5) - 1e-3:
            return (
                "Your four correlations are not equally strong. Look at the angles where the devices really measure: "
                "those of Alice with her tilt."
            )
    return None


@task.misconception(
    ONE_SETTING,
    "You gave both sides the same two axes, where the pair is perfectly correlated or not at all. The game is won by "
    "settling for a good correlation at all four combinations instead.",
)
def _same_for_both(name: str, tilt: float) -> list[float]:
    return [-tilt, math.pi / 2 - tilt, 0.0, math.pi / 2]


@task.misconception(
    CONVENTION,
    "You set the angles of polarisers. On the Bloch sphere every angle is twice that, because opposite results lie "
    "half a turn apart, not a quarter.",
)
def _polariser_angles(name: str, tilt: float) -> list[float]:
    return [angle / 2 for angle in _best_angles(name, tilt)]


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You trusted the dial. Alice's device is mounted askew, and the angle that counts is the one at which it really "
    "measures.",
)
def _tilt_ignored(name: str, tilt: float) -> list[float]:
    return _best_angles(name, 0.0)


@task.misconception(
    CONVENTION,
    "You corrected the tilt the wrong way round. The device adds it by itself; the setting has to take it away.",
)
def _tilt_added(name: str, tilt: float) -> list[float]:
    return _best_angles(name, -tilt)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You used one set of angles for every pair. The four Bell states agree and disagree along different axes, so the "
    "best settings follow the state.",
)
def _phi_plus_always(name: str, tilt: float) -> list[float]:
    return _best_angles("phi+", tilt)


@task.misconception(
    CONVENTION,
    "You gave degrees. The course measures angles in radians, and ninety radians are many turns and a bit.",
)
def _degrees(name: str, tilt: float) -> list[float]:
    return list(np.rad2deg(_best_angles(name, tilt)))


@task.alternative
def _turned_frame(name: str, tilt: float) -> list[float]:
    along_z, along_x = _MIRROR[name]
    turn = 0.4
    bob = [angle + turn * along_z * along_x for angle in _best_angles(name, 0.0)[2:]]
    return [turn - tilt, turn + math.pi / 2 - tilt, *bob]


@task.alternative
def _by_table(name: str, tilt: float) -> Array:
    quarter = np.pi / 4
    bob = {
        "phi+": [quarter, -quarter],
        "phi-": [-quarter, quarter],
        "psi+": [3 * quarter, -3 * quarter],
        "psi-": [-3 * quarter, 3 * quarter],
    }[name]
    return np.array([0 - tilt, 2 * quarter - tilt, *bob])


@task.alternative
def _by_scan(name: str, tilt: float) -> list[float]:
    pair = states.bell_state(name)
    grid = np.arange(8) * np.pi / 4
    alice = [0.0, np.pi / 2]

    def mean_product(a: float, b: float) -> float:
        axes = [np.cos(angle) * Z + np.sin(angle) * X for angle in (a, b)]
        return float(np.vdot(pair, np.kron(*axes) @ pair).real)

    first = max(grid, key=lambda b: mean_product(alice[0], b) + mean_product(alice[1], b))
    second = max(grid, key=lambda b: mean_product(alice[0], b) - mean_product(alice[1], b))
    return [alice[0] - tilt, alice[1] - tilt, float(first), float(second)]


@task.alternative
def _by_correlation_matrix(name: str, tilt: float) -> list[float]:
    rho = states.density_matrix(states.bell_state(name))
    table = np.array([[np.trace(rho @ np.kron(p, q)).real for q in (Z, X)] for p in (Z, X)])
    # Bob's two directions are the images of Alice's sum and difference.
    bob = [table.T @ direction for direction in (np.array([1, 1]), np.array([1, -1]))]
    return [-tilt, np.pi / 2 - tilt, *(float(np.arctan2(b[1], b[0])) for b in bob)]


TASK = task.with_hints(
    "Let Alice measure along Z and X. Then E(Z, b) and E(X, b) are Bob's cosine and sine, each with a sign that "
    "depends on the state.",
    "The first of Bob's angles enters with a plus for both of Alice's, the second with a plus and a minus.",
    "Bob's best directions lie halfway: along the sum and along the difference of what Alice's two axes are "
    "correlated with. Take the tilt away from Alice's angles at the end.",
)
