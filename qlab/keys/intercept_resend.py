"""Intercept-resend: where Eve measures, what a key exchange then counts, and the closed forms.

Bases are angles on the Bloch sphere: 0 is Z, π/2 is X.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, log1p, pi, sqrt

import numpy as np

from qlab import _validate
from qlab._numeric import honest_variance
from qlab.bell.chsh import TSIRELSON_BOUND

EVE_STRATEGIES = ("random basis", "fixed basis", "breidbart", "knows basis")
"""Where Eve measures and resends: Z or X by a coin; always Z; half-way between; as if told the receiver's basis."""

Z_ANGLE, X_ANGLE = 0.0, pi / 2


@dataclass(frozen=True)
class KeyExchangeResult:
    """Counts of a run of BB84 or BBM92; results of separate runs add.

    Attributes:
        rounds: pulses or pairs.
        sifted: rounds in which both used (Z, X).
        errors: sifted rounds with unequal bits, in (Z, X).
        intercepted: sifted rounds that Eve measured.
        eve_agreements: those of them in which Eve's bit is Alice's.
    """

    rounds: int
    sifted: tuple[int, int]
    errors: tuple[int, int]
    intercepted: int
    eve_agreements: int

    def __add__(self, other: KeyExchangeResult) -> KeyExchangeResult:
        return KeyExchangeResult(
            self.rounds + other.rounds,
            (self.sifted[0] + other.sifted[0], self.sifted[1] + other.sifted[1]),
            (self.errors[0] + other.errors[0], self.errors[1] + other.errors[1]),
            self.intercepted + other.intercepted,
            self.eve_agreements + other.eve_agreements,
        )

    @property
    def sifted_bits(self) -> int:
        """Rounds with equal bases."""
        return sum(self.sifted)

    @property
    def qber(self) -> float:
        """Fraction of unequal bits among the sifted ones (not a number where there are none)."""
        return sum(self.errors) / self.sifted_bits if self.sifted_bits else float("nan")

    @property
    def qber_by_basis(self) -> tuple[float, float]:
        """The same in Z and in X alone."""
        z, x = (e / s if s else float("nan") for e, s in zip(self.errors, self.sifted, strict=True))
        return z, x

    @property
    def standard_error(self) -> float:
        """Standard error √(Q(1-Q)/n) of the QBER; not zero where all bits agree, see `qlab._numeric`."""
        n = self.sifted_bits
        return sqrt(honest_variance(self.qber * (1 - self.qber), n) / n) if n else float("nan")

    @property
    def eve_agreement(self) -> float:
        """Fraction of the sifted bits that she measured and has right (not a number where she measured none)."""
        return self.eve_agreements / self.intercepted if self.intercepted else float("nan")


def checked_eve(intercepted_fraction: float, eve: str) -> tuple[float, str]:
    """The two arguments that every protocol with Eve takes, checked.

    Args:
        intercepted_fraction: share of the qubits that Eve measures and resends, in [0, 1].
        eve: one of `EVE_STRATEGIES`.
    """
    return _validate.probability("intercepted_fraction", intercepted_fraction), _validate.one_of(
        "eve", eve, EVE_STRATEGIES
    )


def intercept_resend_qber(intercepted_fraction: float, *, eve: str = "random basis") -> float:
    """QBER over both bases: q/4 for every in-plane strategy of Eve, 0 for one who knows the basis.

    Args:
        intercepted_fraction: share of the qubits that Eve measures and resends, in [0, 1].
        eve: one of `EVE_STRATEGIES`.
    """
    fraction, strategy = checked_eve(intercepted_fraction, eve)
    return 0.0 if strategy == "knows basis" else fraction / 4


def intercept_resend_s(intercepted_fraction: float, *, eve: str = "random basis") -> float:
    """S of |Φ+⟩ under intercept-resend: 2√2 - q√2, and 2√2 where Eve knows each setting beforehand.

    Args:
        intercepted_fraction: share of the qubits that Eve measures and resends, in [0, 1].
        eve: one of `EVE_STRATEGIES`.

    >>> round(intercept_resend_s(1.0), 6)
    1.414214
    """
    fraction, strategy = checked_eve(intercepted_fraction, eve)
    return TSIRELSON_BOUND - (0 if strategy == "knows basis" else fraction * sqrt(2))


def eve_agreement_probability(eve: str = "random basis") -> float:
    """Probability that Eve's measured bit is Alice's, over sifted bits of both bases: ¾, ¾, cos²(π/8), 1.

    >>> eve_agreement_probability("breidbart") == cos(pi / 8) ** 2
    True
    """
    strategy = _validate.one_of("eve", eve, EVE_STRATEGIES)
    return {"breidbart": cos(pi / 8) ** 2, "knows basis": 1.0}.get(strategy, 0.75)


def detection_probability(compared_bits: int, *, qber: float = 0.25) -> float:
    """1-(1-Q)ⁿ: at least one error shows among n compared bits; on a noiseless line that unmasks Eve.

    Args:
        compared_bits: n, at least 0.
        qber: error rate Q that Eve causes, in [0, 1].

    >>> round(detection_probability(20), 4)
    0.9968
    """
    n = _validate.count("compared_bits", compared_bits)
    q = _validate.probability("qber", qber)
    return float(n > 0) if q == 1 else float(-np.expm1(n * log1p(-q)))
