"""XOR games: two players win where the parity of their answers is the one asked for. The quantum value, bounded twice.

By Tsirelson's theorem the correlators of quantum players are the products of unit vectors, one a question; the best
vectors are found in turn, and a dual bound says how far they can be from the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._validate import FloatArray


@dataclass(frozen=True, eq=False)
class XorBias:
    """The quantum value of a table of correlators, between two bounds.

    Attributes:
        lower: Σ m_xy u_x·v_y of the vectors: some state and observables reach it.
        upper: no state and observables exceed it.
        alice: unit vectors u_x, shape (X, r).
        bob: unit vectors v_y, shape (Y, r).
    """

    lower: float
    upper: float
    alice: FloatArray
    bob: FloatArray


def xor_bias(joint: Sequence[Sequence[float]] | FloatArray, rng: np.random.Generator, *, starts: int = 10) -> XorBias:
    """Largest Σ m_xy E(x, y) of any quantum state and measurements: the Tsirelson bound of a correlation inequality.

    Vectors: u_x ∝ Σ m_xy v_y and v_y ∝ Σ m_xy u_x in turn. Bound: with λ the lengths of these sums, the half of
    their total, plus (X+Y)/2 times what diag(λ) - [[0, M], [Mᵀ, 0]] lacks to be positive.
    Source: Tsirelson, J. Sov. Math. 36, 557 (1987); Cleve, Høyer, Toner, Watrous, CCC 2004 (quant-ph/0404076).

    Args:
        joint: m_xy, shape (X, Y).
        rng: source of the starts.
        starts: how many, 1 to 1000; the best is kept.

    >>> round(xor_bias([[1, 1], [1, -1]], np.random.default_rng(1)).upper, 9)
    2.828427125
    """
    m = _validate.real_array("joint", joint)
    if m.ndim != 2 or not m.size or max(m.shape) > 500 or not (np.abs(m) <= 1e290).all():
        raise _validate.fail("joint", "must be finite numbers of shape (X, Y), each at most 500", joint)
    _validate.generator("rng", rng)
    scale = float(np.abs(m).max()) or 1.0
    m = m / scale
    runs = [_vectors(m, rng) for _ in range(_validate.count("starts", starts, 1, 1000))]
    alice, bob = max(runs, key=lambda run: float(np.sum(m * (run[0] @ run[1].T))))
    lengths = np.concatenate([np.linalg.norm(m @ bob, axis=1), np.linalg.norm(m.T @ alice, axis=1)])
    dual = np.diag(lengths)
    dual[: len(m), len(m) :], dual[len(m) :, : len(m)] = -m, -m.T
    lacking = max(0.0, -float(np.linalg.eigvalsh(dual)[0]))
    lower, upper = float(np.sum(m * (alice @ bob.T))), float(lengths.sum() + len(dual) * lacking) / 2
    return XorBias(scale * lower, scale * upper, alice, bob)


def _vectors(m: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    bob, reached = _unit(rng.standard_normal((m.shape[1], min(m.shape))), rng), -np.inf
    for _ in range(20_000):
        alice = _unit(m @ bob, rng)
        towards = m.T @ alice
        bob, total = _unit(towards, rng), float(np.linalg.norm(towards, axis=1).sum())
        if total - reached <= 1e-15 * max(1.0, total):
            break
        reached = total
    return alice, bob


def _unit(vectors: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Vectors of length 1; a question that counts for nothing gets any."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    free = lengths < 1e-300
    filled = np.where(free, rng.standard_normal(vectors.shape), vectors)
    return np.asarray(filled / np.linalg.norm(filled, axis=1, keepdims=True))


def odd_cycle(length: int) -> FloatArray:
    """The game of two players who claim to colour an odd ring of n places with two colours, as a table for `xor_bias`.

    Asked the same place they must agree, asked neighbours (x, x+1) differ, each of the 2n questions equally
    likely. A game is won with probability ½ + bias/2: classically 1 - 1/2n, with pairs cos²(π/4n)
    (Cleve, Høyer, Toner, Watrous, CCC 2004, quant-ph/0404076).

    Args:
        length: n, odd, at least 3.

    >>> bias = xor_bias(odd_cycle(5), np.random.default_rng(1))
    >>> [round(float(won), 6) for won in (0.5 + bias.lower / 2, 0.5 + bias.upper / 2, np.cos(np.pi / 20) ** 2)]
    [0.975528, 0.975528, 0.975528]
    """
    n = _validate.integer("length", length, 3, 499)
    if n % 2 == 0:
        raise _validate.fail("length", "must be odd", length)
    return (np.eye(n) - np.roll(np.eye(n), 1, axis=1)) / (2 * n)
