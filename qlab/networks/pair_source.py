"""Pairs from a crystal: a source that now and then emits two pairs at once, and detectors that click in the dark."""

from __future__ import annotations

from dataclasses import dataclass

from qlab import _validate
from qlab.bell.chsh import TSIRELSON_BOUND


@dataclass(frozen=True)
class PairSource:
    """A pulsed source of photon pairs (parametric down-conversion) between two sides with two detectors each.

    A pulse holds n pairs with probability (n+1)λⁿ/(1+λ)ⁿ⁺², λ = μ/2. Two detectors of a side that click together
    count as a random answer. With a = 1+η_Aλ, b = 1+η_Bλ, c = 1+(η_A+η_B-η_Aη_B)λ:
    Q = 1 - (1-Y_A)/a² - (1-Y_B)/b² + (1-Y_A)(1-Y_B)/c², E·Q = ½Q - (1-2e)η_Aη_Bλ(1+λ)/(abc).
    Source: Ma, Fung, Lo, PRA 76, 012307 (2007).

    Attributes:
        mean_pairs: μ, pairs a pulse on average, in (0, 1e6].
        alice_efficiency: η_A: probability that a photon of hers is seen, fibre included.
        bob_efficiency: η_B.
        alice_dark_counts: Y_A: probability that her side clicks without a photon, a pulse.
        bob_dark_counts: Y_B.
        misalignment: e: probability that a seen pair gives the wrong answer.

    >>> weak, strong = PairSource(0.001, 0.1, 0.1), PairSource(0.2, 0.1, 0.1)
    >>> round(weak.qber, 4), round(strong.qber, 4)
    (0.0005, 0.0705)
    """

    mean_pairs: float
    alice_efficiency: float
    bob_efficiency: float
    alice_dark_counts: float = 0.0
    bob_dark_counts: float = 0.0
    misalignment: float = 0.0

    def __post_init__(self) -> None:
        _validate.keep(
            self,
            mean_pairs=_validate.in_range("mean_pairs", _validate.positive("mean_pairs", self.mean_pairs), 0, 1e6),
            alice_efficiency=_validate.probability("alice_efficiency", self.alice_efficiency),
            bob_efficiency=_validate.probability("bob_efficiency", self.bob_efficiency),
            alice_dark_counts=_validate.probability("alice_dark_counts", self.alice_dark_counts),
            bob_dark_counts=_validate.probability("bob_dark_counts", self.bob_dark_counts),
            misalignment=_validate.in_range("misalignment", self.misalignment, 0, 0.5),
        )

    @property
    def gain(self) -> float:
        """Q: probability that both sides click, a pulse."""
        alice, bob, both = self._seen
        dark_a, dark_b = self.alice_dark_counts, self.bob_dark_counts
        # Both see a photon, one sees and the other is dark, or both are dark: no difference of large numbers.
        return both + (alice - both) * dark_b + (bob - both) * dark_a + (1 - alice - bob + both) * dark_a * dark_b

    @property
    def _seen(self) -> tuple[float, float, float]:
        """Probabilities that a photon is seen by Alice, by Bob, by both."""
        rate, eta_a, eta_b = self.mean_pairs / 2, self.alice_efficiency, self.bob_efficiency
        x, y, joint = rate * eta_a, rate * eta_b, rate * eta_a * eta_b
        a, b, c = 1 + x, 1 + y, 1 + x + y - joint
        alice, bob = x * (2 + x) / a**2, y * (2 + y) / b**2
        # 1 - 1/a² - 1/b² + 1/c² is their product and 1/c² - 1/(ab)², where ab - c is xy + joint.
        return alice, bob, alice * bob + (x * y + joint) * (a * b + c) / (a * b * c) ** 2

    @property
    def qber(self) -> float:
        """E: share of unequal answers among the pulses with clicks on both sides, in either basis."""
        rate, eta_a, eta_b = self.mean_pairs / 2, self.alice_efficiency, self.bob_efficiency
        x, y, joint, gain = rate * eta_a, rate * eta_b, rate * eta_a * eta_b, self.gain
        if gain == 0:
            return 0.5
        fitting = (1 - 2 * self.misalignment) * joint * (1 + rate) / ((1 + x) * (1 + y) * (1 + x + y - joint))
        return max(0.0, 0.5 - fitting / gain)

    @property
    def s(self) -> float:
        """CHSH value at the best angles where the noise is white: 2√2(1-2E)."""
        return TSIRELSON_BOUND * (1 - 2 * self.qber)
