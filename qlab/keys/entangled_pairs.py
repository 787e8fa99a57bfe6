"""Keys from entangled pairs: BBM92, and E91 with its Bell test.

Bits are 0 and 1, settings are angles on the Bloch sphere (0 is Z, π/2 is X); Eve sits on Bob's side. Rounds are
independent, and so counts are drawn at once from exact probabilities: a billion rounds cost what one does.
Sources: Ekert, PRL 67, 661 (1991); Bennett, Brassard, Mermin, PRL 68, 557 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.bell.statistics import BellTestResult
from qlab.gates import ry
from qlab.keys.intercept_resend import X_ANGLE, Z_ANGLE, KeyExchangeResult, checked_eve
from qlab.states import epr_pair

E91_ALICE_ANGLES = (0.0, pi / 2)
"""Alice's settings: Z (also for the key) and X."""

E91_BOB_ANGLES = (pi / 4, -pi / 4, 0.0)
"""Bob's settings: two for S, and Z for the key."""


def _projectors(angle: float) -> ComplexArray:
    """Projectors on the answers 0 and 1 at an angle, shape (2, 2, 2)."""
    columns = ry(angle)
    return np.array([np.outer(columns[:, bit], columns[:, bit].conj()) for bit in (0, 1)])


def _joint(rho: ComplexArray, alice: float, bob: float) -> FloatArray:
    """P(a, b) for one pair of angles, shape (2, 2), clipped and normalised against rounding."""
    table = np.einsum(
        "aij,bkl,jlik->ab", _projectors(alice), _projectors(bob), rho.reshape(2, 2, 2, 2), optimize=True
    ).real.clip(0)
    result: FloatArray = table / table.sum()
    return result


def _eve_angles(bob: float, fraction: float, eve: str) -> list[tuple[float, float | None]]:
    """Eve's angles for Bob's qubit with their probabilities; None is a qubit left alone."""
    angles = {"random basis": (Z_ANGLE, X_ANGLE), "fixed basis": (Z_ANGLE,), "breidbart": (pi / 4,)}
    chosen = angles.get(eve, (bob,))
    return [(1 - fraction, None), *((fraction / len(chosen), angle) for angle in chosen)]


def _joint_with_eve(rho: ComplexArray, alice: float, bob: float, fraction: float, eve: str) -> FloatArray:
    """P(tapped, e, a, b), shape (2, 2, 2, 2); e is 0 where Eve left the qubit alone."""
    table = np.zeros((2, 2, 2, 2))
    for share, angle in _eve_angles(bob, fraction, eve):
        if angle is None:
            table[0, 0] += share * _joint(rho, alice, bob)
            continue
        first = _joint(rho, alice, angle)
        wrong = sin((bob - angle) / 2) ** 2
        for bit in (0, 1):
            table[1, bit] += share * np.outer(first[:, bit], [1 - wrong, wrong] if bit == 0 else [wrong, 1 - wrong])
    return table


def _pair(rho: ComplexArray | None) -> ComplexArray:
    return _validate.density_matrix("rho", epr_pair() if rho is None else rho, num_qubits=2)


def simulate_bbm92(
    pairs: int,
    rng: np.random.Generator,
    *,
    rho: ComplexArray | None = None,
    intercepted_fraction: float = 0.0,
    eve: str = "random basis",
    z_probability: float = 0.5,
) -> KeyExchangeResult:
    """BBM92: both measure halves of a pair in Z or X; Eve sits on Bob's side.

    Args:
        pairs: number of pairs ≥ 1.
        rng: source of randomness.
        rho: state of a pair, shape (4,) or (4, 4); by default |Φ+⟩.
        intercepted_fraction: share of Bob's qubits that Eve measures and resends.
        eve: one of `EVE_STRATEGIES`.
        z_probability: probability of Z on either side, independently.

    >>> simulate_bbm92(1000, np.random.default_rng(7)).qber
    0.0
    """
    n = _validate.count("pairs", pairs, 1)
    _validate.generator("rng", rng)
    fraction, strategy = checked_eve(intercepted_fraction, eve)
    z = _validate.probability("z_probability", z_probability)
    matrix = _pair(rho)
    z_rounds, x_rounds, _ = rng.multinomial(n, [z * z, (1 - z) ** 2, 2 * z * (1 - z)])
    total = np.zeros((2, 2, 2, 2, 2), dtype=np.int64)
    for basis, (angle, count) in enumerate(((Z_ANGLE, z_rounds), (X_ANGLE, x_rounds))):
        table = _joint_with_eve(matrix, angle, angle, fraction, strategy)
        total[basis] = rng.multinomial(count, table.ravel()).reshape(table.shape)
    wrong = total[:, :, :, 0, 1].sum(axis=(1, 2)) + total[:, :, :, 1, 0].sum(axis=(1, 2))
    right_guess = sum(int(total[:, 1, bit, bit, :].sum()) for bit in (0, 1))
    return KeyExchangeResult(
        n,
        (int(z_rounds), int(x_rounds)),
        (int(wrong[0]), int(wrong[1])),
        int(total[:, 1].sum()),
        right_guess,
    )


@dataclass(frozen=True)
class E91Result:
    """Counts of an entanglement-based run with a Bell test.

    Attributes:
        counts: ``counts[x][y][a][b]``, shape (2, 3, 2, 2): settings of `E91_ALICE_ANGLES` and `E91_BOB_ANGLES`.
    """

    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", _validate.counts("counts", self.counts, (2, 3, 2, 2)))

    @property
    def bell_test(self) -> BellTestResult:
        """The rounds of Alice's two and Bob's first two settings."""
        return BellTestResult(self.counts[:, :2])

    @property
    def s(self) -> float:
        """S = E00 + E01 + E10 - E11 of Alice's two and Bob's first two settings."""
        return self.bell_test.s

    @property
    def standard_error(self) -> float:
        """Standard error of S, see `qlab.bell.statistics.BellTestResult`."""
        return self.bell_test.standard_error

    @property
    def key_bits(self) -> int:
        """Rounds in which both measured Z."""
        return int(self.counts[0, 2].sum())

    @property
    def qber(self) -> float:
        """Fraction of unequal bits among the key rounds (not a number where there are none)."""
        wrong = int(self.counts[0, 2, 0, 1] + self.counts[0, 2, 1, 0])
        return wrong / self.key_bits if self.key_bits else float("nan")


def e91_probabilities(
    rho: ComplexArray | None = None, *, intercepted_fraction: float = 0.0, eve: str = "random basis"
) -> FloatArray:
    """P(a, b | x, y) for all settings of `simulate_e91`, shape (2, 3, 2, 2).

    Args:
        rho: state of a pair, shape (4,) or (4, 4); by default |Φ+⟩.
        intercepted_fraction: share of the qubits that Eve measures and resends, in [0, 1].
        eve: one of `EVE_STRATEGIES`.
    """
    fraction, strategy = checked_eve(intercepted_fraction, eve)
    matrix = _pair(rho)
    cells = [
        [_joint_with_eve(matrix, alice, bob, fraction, strategy).sum(axis=(0, 1)) for bob in E91_BOB_ANGLES]
        for alice in E91_ALICE_ANGLES
    ]
    return np.array(cells)


def simulate_e91(
    pairs: int,
    rng: np.random.Generator,
    *,
    rho: ComplexArray | None = None,
    intercepted_fraction: float = 0.0,
    eve: str = "random basis",
) -> E91Result:
    """E91 with settings drawn uniformly (two for Alice, three for Bob; Acín et al., PRL 98, 230501, 2007).

    Args:
        pairs: number of pairs ≥ 1.
        rng: source of randomness.
        rho: state of a pair; by default |Φ+⟩.
        intercepted_fraction: share of Bob's qubits that Eve measures and resends.
        eve: one of `EVE_STRATEGIES`; "knows basis" breaks the assumption of free settings, and S stays high.

    >>> run = simulate_e91(1_000_000, np.random.default_rng(7), intercepted_fraction=1.0)
    >>> abs(run.s - 2**0.5) < 4 * run.standard_error
    True
    """
    n = _validate.count("pairs", pairs, 1)
    _validate.generator("rng", rng)
    table = e91_probabilities(rho, intercepted_fraction=intercepted_fraction, eve=eve) / 6
    return E91Result(rng.multinomial(n, table.ravel() / table.sum()).reshape(table.shape).astype(np.int64))
