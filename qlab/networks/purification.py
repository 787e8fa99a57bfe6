"""Purification: two noisy pairs in, one better pair out, when two local results agree.

Weights are those of `qlab.states.bell_diagonal_state`: Φ+, Φ-, Ψ+, Ψ-. Nothing travels but two
classical bits a round, and no local operation makes entanglement from separable pairs: a Werner pair
with F ≤ ½ gains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.channels import apply_channel, depolarizing
from qlab.gates import CNOT, rx
from qlab.states import partial_trace

Weights = tuple[float, float, float, float]

PROTOCOLS = ("bbpssw", "dejmps")
ORDERS = ("recurrence", "pumping")


def checked_weights(name: str, weights: Sequence[float]) -> Weights:
    """Four probabilities that add up to 1, as a tuple.

    Args:
        name: argument to name in an error.
        weights: four numbers in [0, 1].
    """
    checked = _validate.distribution(name, weights)
    if len(checked) != 4:
        raise _validate.fail(name, "must be four probabilities", weights)
    a, b, c, d = (float(weight) for weight in checked.clip(0, 1))
    return a, b, c, d


def werner_weights(fidelity: float) -> Weights:
    """Weights (F, (1-F)/3, (1-F)/3, (1-F)/3) of `qlab.states.werner_state`."""
    f = _validate.probability("fidelity", fidelity)
    return f, (1 - f) / 3, (1 - f) / 3, (1 - f) / 3


def twirl(weights: Sequence[float]) -> Weights:
    """Weights after random equal rotations on both sides: the weight of Φ+ stays, the rest evens out."""
    return werner_weights(checked_weights("weights", weights)[0])


def bbpssw(first: float, second: float | None = None) -> tuple[float, float]:
    """Two Werner pairs in, one twirled Werner pair out.

    F' = [F₁F₂ + (1-F₁)(1-F₂)/9] / s, s = F₁F₂ + [F₁(1-F₂) + (1-F₁)F₂]/3 + 5(1-F₁)(1-F₂)/9.
    Source: Bennett, Brassard, Popescu, Schumacher, Smolin, Wootters, PRL 76, 722 (1996).

    Args:
        first: fidelity of the pair kept, in [0, 1].
        second: fidelity of the pair measured; by default as the first.

    Returns:
        Fidelity of the pair kept, and the probability s that it is kept.

    >>> tuple(round(x, 6) for x in bbpssw(0.9))
    (0.926396, 0.875556)
    """
    f = _validate.probability("first", first)
    g = f if second is None else _validate.probability("second", second)
    success = f * g + (f * (1 - g) + (1 - f) * g) / 3 + 5 * (1 - f) * (1 - g) / 9
    return (f * g + (1 - f) * (1 - g) / 9) / success, success


def dejmps(weights: Sequence[float], other: Sequence[float] | None = None) -> tuple[Weights, float]:
    """Two Bell-diagonal pairs in, one Bell-diagonal pair out, after Alice's and Bob's ±π/2 turns about X.

    With A, D, C, B the weights of Φ+, Φ-, Ψ+, Ψ- of two equal pairs: s = (A+B)² + (C+D)²,
    A' = (A²+B²)/s, B' = 2CD/s, C' = (C²+D²)/s, D' = 2AB/s.
    Source: Deutsch, Ekert, Jozsa, Macchiavello, Popescu, Sanpera, PRL 77, 2818 (1996).

    Args:
        weights: of the pair kept, in the order of `qlab.states.BELL_NAMES`.
        other: of the pair measured; by default as the first.

    Returns:
        Weights of the pair kept, and the probability s that it is kept.

    Raises:
        ValueError: where the pairs never pass (the probability is zero).

    >>> kept, probability = dejmps((0.8, 0.2, 0.0, 0.0))
    >>> round(kept[0], 5), round(probability, 2)
    (0.94118, 0.68)
    """
    a, d, c, b = checked_weights("weights", weights)
    e, h, g, f = (a, d, c, b) if other is None else checked_weights("other", other)
    success = (a + b) * (e + f) + (c + d) * (g + h)
    if success <= 0:
        raise _validate.fail("other", "must pass with the first pair at times", other)
    kept = (a * e + b * f, a * f + b * e, c * g + d * h, c * h + d * g)
    return (kept[0] / success, kept[1] / success, kept[2] / success, kept[3] / success), min(1.0, success)


@dataclass(frozen=True)
class PurificationStep:
    """One round of a schedule.

    Attributes:
        round: 0 for the raw pair, then 1, 2, …
        weights: of the pair in hand, order Φ+, Φ-, Ψ+, Ψ-.
        success: probability that this round kept its pair.
        raw_pairs: mean number of raw pairs spent for one pair of this round.
    """

    round: int
    weights: Weights
    success: float
    raw_pairs: float

    @property
    def fidelity(self) -> float:
        """Weight of Φ+."""
        return self.weights[0]


def _one_round(protocol: str, kept: Weights, spent: Weights) -> tuple[Weights, float]:
    if protocol == "dejmps":
        return dejmps(kept, spent)
    fidelity, success = bbpssw(kept[0], spent[0])
    return werner_weights(fidelity), success


def purification_schedule(
    weights: Sequence[float],
    *,
    target: float,
    protocol: str = "dejmps",
    order: str = "recurrence",
    max_rounds: int = 64,
) -> tuple[PurificationStep, ...]:
    """Rounds until a fidelity is reached, with the mean number of raw pairs that each costs.

    Recurrence joins two pairs of equal age and needs Π 2/sₖ raw pairs; pumping feeds one pair with fresh
    raw ones and needs cₖ = (cₖ₋₁ + 1)/sₖ (Dür, Briegel, Cirac, Zoller, PRA 59, 169, 1999).
    BBPSSW twirls the raw pair first.

    Args:
        weights: of the raw pairs, order Φ+, Φ-, Ψ+, Ψ-.
        target: fidelity to reach, in (0, 1).
        protocol: one of `PROTOCOLS`.
        order: one of `ORDERS`.
        max_rounds: give up after so many rounds, 1 to 1000.

    Raises:
        ValueError: where the rounds run out short of the target (separable pairs never get there).

    >>> steps = purification_schedule(werner_weights(0.9), target=0.99)
    >>> steps[-1].round, round(steps[-1].raw_pairs, 1)
    (3, 10.8)
    """
    _validate.in_range("target", target, 0, 1, open_low=True, open_high=True)
    _validate.one_of("protocol", protocol, PROTOCOLS)
    _validate.one_of("order", order, ORDERS)
    limit = _validate.count("max_rounds", max_rounds, 1, 1000)
    raw = checked_weights("weights", weights)
    raw = twirl(raw) if protocol == "bbpssw" else raw
    steps = [PurificationStep(0, raw, 1.0, 1.0)]
    while steps[-1].fidelity < target:
        last = steps[-1]
        # A round without gain is no reason to stop: DEJMPS may lose a little in one and win it back in the next.
        if last.round >= limit:
            raise _validate.fail("target", f"must be within reach of {protocol} by {order}", target)
        kept, success = _one_round(protocol, last.weights, last.weights if order == "recurrence" else raw)
        cost = 2 * last.raw_pairs if order == "recurrence" else last.raw_pairs + 1
        steps.append(
            PurificationStep(last.round + 1, kept, success, _validate.fitting("target", target, cost / success))
        )
    return tuple(steps)


def purify(
    first: ComplexArray, second: ComplexArray, *, protocol: str = "dejmps", gate_error: float = 0.0
) -> tuple[ComplexArray, float]:
    """One round on density matrices, gate by gate, with noisy CNOTs: the other truth of the formulas above.

    Qubits: Alice and Bob of the first pair, Alice and Bob of the second. DEJMPS turns each of Alice's
    qubits by +π/2 and Bob's by -π/2 about X first; CNOTs go from the first pair to the second; the second
    pair is measured in Z and the first kept where both results agree. BBPSSW does without the turns, and
    its formula speaks of Werner inputs and of the output's fidelity (the twirl that follows keeps it).
    Each CNOT is followed by two-qubit depolarizing noise.

    Args:
        first: density matrix (or ket) of the pair kept, shape (4, 4).
        second: the same for the pair measured.
        protocol: one of `PROTOCOLS`.
        gate_error: probability of a non-identity Pauli after each CNOT, in [0, 1].

    Returns:
        Density matrix of the pair kept, shape (4, 4), and the probability that it is kept.
    """
    _validate.one_of("protocol", protocol, PROTOCOLS)
    error = _validate.probability("gate_error", gate_error)
    given = (("first", first), ("second", second))
    pairs = [_validate.density_matrix(name, pair, num_qubits=2) for name, pair in given]
    rho = np.kron(*pairs).astype(complex)
    rho /= np.trace(rho)  # pairs in single precision are normalised to that only
    if protocol == "dejmps":
        for qubit, sign in enumerate((1, -1, 1, -1)):
            rho = apply_channel(rho, rx(sign * np.pi / 2)[None], [qubit])
    for qubits in ((0, 2), (1, 3)):
        rho = apply_channel(rho, CNOT[None], qubits)
        rho = apply_channel(rho, depolarizing(error, num_qubits=2), qubits) if error else rho
    agree = np.kron(np.eye(4), np.diag([1, 0, 0, 1]))
    passed = agree @ rho @ agree
    probability = float(np.trace(passed).real)
    if probability <= 0:
        raise _validate.fail("second", "must pass with the first pair at times", probability)
    return _validate.in_precision_of(partial_trace(passed / probability, [0, 1]), *pairs), probability
