"""BB84 played round by round, with Eve on the line.

Bits are 0 and 1, bases are angles on the Bloch sphere (0 is Z, π/2 is X). A qubit prepared at one angle and
measured at another gives the wrong bit with probability sin²(Δ/2): all that BB84 needs. Every protocol here
assumes an authenticated classical channel (see `qlab.keys.authentication`), and none resists a cut fibre.
Source: Bennett, Brassard, Proc. IEEE Int. Conf. Computers, Systems and Signal Processing, Bangalore, 175 (1984).
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import FloatArray
from qlab.keys.intercept_resend import X_ANGLE, Z_ANGLE, KeyExchangeResult, checked_eve

_BLOCK = 2**20


def _eve_angles(eve: str, receiver: FloatArray, rng: np.random.Generator) -> FloatArray:
    if eve == "random basis":
        return np.where(rng.random(len(receiver)) < 0.5, Z_ANGLE, X_ANGLE)
    if eve == "knows basis":
        return receiver
    return np.full(len(receiver), Z_ANGLE if eve == "fixed basis" else pi / 4)


def _read(
    bits: NDArray[np.bool_], turn: FloatArray, rng: np.random.Generator, flip_probability: float = 0.0
) -> NDArray[np.bool_]:
    """Measured bits of qubits prepared in ``bits`` at an angle ``turn`` away, after a flip now and then."""
    wrong = np.sin(turn / 2) ** 2
    flipped = bits ^ (rng.random(len(bits)) < wrong)
    return flipped ^ (rng.random(len(bits)) < flip_probability) if flip_probability else flipped


def _bb84_block(
    n: int, rng: np.random.Generator, fraction: float, eve: str, flip_probability: float, z_probability: float
) -> KeyExchangeResult:
    sent, sender = rng.random(n) < 0.5, np.where(rng.random(n) < z_probability, Z_ANGLE, X_ANGLE)
    receiver = np.where(rng.random(n) < z_probability, Z_ANGLE, X_ANGLE)
    tapped = rng.random(n) < fraction
    between = _eve_angles(eve, receiver, rng)
    seen = _read(sent, between - sender, rng)
    travelling, angle = np.where(tapped, seen, sent), np.where(tapped, between, sender)
    received = _read(travelling, receiver - angle, rng, flip_probability)
    kept, in_z, wrong = sender == receiver, sender == Z_ANGLE, sent != received
    counts = [int(np.count_nonzero(mask)) for mask in (kept & in_z, kept & ~in_z, kept & in_z & wrong)]
    known = kept & tapped
    return KeyExchangeResult(
        n,
        (counts[0], counts[1]),
        (counts[2], int(np.count_nonzero(kept & ~in_z & wrong))),
        int(np.count_nonzero(known)),
        int(np.count_nonzero(known & (seen == sent))),
    )


def simulate_bb84(
    pulses: int,
    rng: np.random.Generator,
    *,
    intercepted_fraction: float = 0.0,
    eve: str = "random basis",
    flip_probability: float = 0.0,
    z_probability: float = 0.5,
) -> KeyExchangeResult:
    """BB84 with single photons, in blocks that keep memory bounded.

    Args:
        pulses: number of qubits sent, 1 to 10,000,000; results of separate runs add.
        rng: source of randomness.
        intercepted_fraction: share of the qubits that Eve measures and resends.
        eve: one of `EVE_STRATEGIES`.
        flip_probability: probability that the line flips the received bit, whatever the basis.
        z_probability: probability of Z on either side, independently.

    >>> run = simulate_bb84(100_000, np.random.default_rng(7), intercepted_fraction=1.0)
    >>> abs(run.qber - 0.25) < 4 * run.standard_error
    True
    """
    n = _validate.count("pulses", pulses, 1, 10_000_000)
    _validate.generator("rng", rng)
    fraction, strategy = checked_eve(intercepted_fraction, eve)
    flip = _validate.probability("flip_probability", flip_probability)
    z = _validate.probability("z_probability", z_probability)
    total = KeyExchangeResult(0, (0, 0), (0, 0), 0, 0)
    for start in range(0, n, _BLOCK):
        total += _bb84_block(min(_BLOCK, n - start), rng, fraction, strategy, flip, z)
    return total
