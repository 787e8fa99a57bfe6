"""From counts to figures: one function an experiment, each figure with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from qlab._validate import FloatArray
from qlab.bell.statistics import BellTestResult
from qlab.scorecard.estimates import Estimate, Shares, estimate, homogeneity, proportion
from qlab.scorecard.execution import Counts, Results
from qlab.scorecard.paths import Edge
from qlab.scorecard.rows import Drift, IdentityMistake
from qlab.scorecard.steps import MESSAGES
from qlab.scorecard.tasks import CHSH_SETTINGS, PAULI_SETTINGS

PARITY = np.array([1.0, -1.0, -1.0, 1.0])
_PAULI_SIGNS = np.array([1, -1, 1]) / 4
"""F with |Φ+⟩ is (1 + XX - YY + ZZ)/4."""


def pair_counts(counts: Counts) -> FloatArray:
    """Counts of 00, 01, 10, 11 as an array."""
    return np.array([counts.get(key, 0) for key in ("00", "01", "10", "11")], dtype=float)


def _inverse(e0: float, e1: float) -> FloatArray:
    return np.array([[1 - e1, -e1], [-e0, 1 - e0]]) / (1 - e0 - e1)


class Readout:
    """Confusion of every qubit, measured; knows how to take it out of a correlator, its own error included."""

    def __init__(self, results: Results) -> None:
        self._zero, self._one = results["all0"], results["all1"]

    def counts(self, qubit: int) -> list[FloatArray]:
        """Right and wrong reports of 0, wrong and right reports of 1 (as shares of outcomes 0 and 1)."""
        tables = (self._zero[f"q{qubit}"], self._one[f"q{qubit}"])
        return [np.array([t.get("0", 0), t.get("1", 0)], dtype=float) for t in tables]

    def errors(self, qubit: int) -> tuple[Estimate, Estimate]:
        """Probability that 0 is reported as 1, and that 1 is reported as 0."""
        zero, one = self.counts(qubit)
        return proportion(zero[1], zero.sum()), proportion(one[0], one.sum())

    def invertible(self, *qubits: int) -> bool:
        """Whether the reports of these qubits say enough to be inverted."""
        return all(1 - e0.value - e1.value > 0.1 for e0, e1 in map(self.errors, qubits))


def corrected_parity(shares: FloatArray, first: Shares, second: Shares) -> float:
    """⟨ZZ⟩ of two qubits with their measured confusion inverted."""
    a = _inverse(float(first[0][1]), float(first[1][0]))
    b = _inverse(float(second[0][1]), float(second[1][0]))
    return float(PARITY @ np.kron(a, b) @ shares)


def pair_fidelity(tables: Mapping[str, FloatArray]) -> Estimate:
    """Fidelity with |Φ+⟩ from counts in XX, YY and ZZ."""
    blocks = [tables[s] for s in PAULI_SETTINGS]
    return estimate(
        lambda shares: 0.25 + sum(w * float(PARITY @ s) for w, s in zip(_PAULI_SIGNS, shares, strict=True)),
        blocks,
        bounds=(0, 1),
    )


def corrected_pair_fidelity(tables: Mapping[str, FloatArray], readout: Readout, edge: Edge) -> Estimate | None:
    """The same with readout errors taken out; nothing where readout cannot be inverted."""
    if not readout.invertible(*edge):
        return None
    blocks = [*(tables[s] for s in PAULI_SETTINGS), *readout.counts(edge[0]), *readout.counts(edge[1])]

    def value(shares: Shares) -> float:
        parities = [corrected_parity(s, shares[3:5], shares[5:7]) for s in shares[:3]]
        return 0.25 + float(_PAULI_SIGNS @ np.array(parities))

    return estimate(value, blocks, bounds=(0, 1))


def bell_tables(results: Results, edges: Sequence[Edge]) -> dict[Edge, dict[str, FloatArray]]:
    """Counts in XX, YY and ZZ for each coupling."""
    found: dict[Edge, dict[str, FloatArray]] = {edge: {} for edge in edges}
    for name, answer in results.items():
        setting = name.split("/")[0]
        for a, b in edges:
            if f"c{a}_{b}" in answer:
                found[a, b][setting] = pair_counts(answer[f"c{a}_{b}"])
    return found


def chsh_tables(results: Results, edges: Sequence[Edge]) -> dict[Edge, FloatArray]:
    """Counts [x][y][a][b] for each coupling."""
    found = {edge: np.zeros((2, 2, 2, 2)) for edge in edges}
    for name, answer in results.items():
        x, y = int(name[0]), int(name[1])
        for a, b in edges:
            if f"c{a}_{b}" in answer:
                found[a, b][x, y] = pair_counts(answer[f"c{a}_{b}"]).reshape(2, 2)
    return found


def _s_value(parities: Sequence[float]) -> float:
    return parities[0] + parities[1] + parities[2] - parities[3]


def chsh_estimate(table: FloatArray) -> Estimate:
    """S = E00 + E01 + E10 - E11 from counts."""
    blocks = [table[x, y].reshape(-1) for x, y in CHSH_SETTINGS]
    return estimate(lambda shares: _s_value([float(PARITY @ s) for s in shares]), blocks, bounds=(-4, 4))


def corrected_chsh(table: FloatArray, readout: Readout, edge: Edge) -> Estimate | None:
    """S with readout errors taken out; nothing where readout cannot be inverted."""
    if not readout.invertible(*edge):
        return None
    blocks = [*(table[x, y].reshape(-1) for x, y in CHSH_SETTINGS), *readout.counts(edge[0]), *readout.counts(edge[1])]

    def value(shares: Shares) -> float:
        return _s_value([corrected_parity(s, shares[4:6], shares[6:8]) for s in shares[:4]])

    return estimate(value, blocks)


def chsh_log10_p(table: FloatArray) -> float:
    """log₁₀ of the probability that any shared seed wins as often, for settings drawn at random."""
    return BellTestResult(table.round().astype(np.int64).tolist()).log10_p_value()


def drift(repeats: Sequence[Mapping[Edge, FloatArray]]) -> Drift:
    """Whether the repeats of the CHSH test agree, coupling by coupling and all together."""
    chi2, dof, worst, where = 0.0, 0, -np.inf, None
    for edge in repeats[0]:
        own_chi2, own_dof = 0.0, 0
        for x, y in CHSH_SETTINGS:
            part, freedom, _ = homogeneity([r[edge][x, y].reshape(-1) for r in repeats])
            own_chi2, own_dof = own_chi2 + part, own_dof + freedom
        z = (own_chi2 - own_dof) / np.sqrt(2 * own_dof) if own_dof else 0.0
        if z > worst:
            worst, where = float(z), edge
        chi2, dof = chi2 + own_chi2, dof + own_dof
    z = (chi2 - dof) / float(np.sqrt(2 * dof)) if dof else 0.0
    return Drift(len(repeats), chi2, dof, z, worst if np.isfinite(worst) else 0.0, where)


def ghz_estimates(results: Results, size: int) -> tuple[Estimate, Estimate, Estimate]:
    """Fidelity, population and contrast of a GHZ state of one size."""
    populations = results["populations"]["g"]
    inside = populations.get("0" * size, 0) + populations.get("1" * size, 0)
    blocks = [np.array([inside, sum(populations.values()) - inside], dtype=float)]
    for k in range(size):
        table = results[f"phase{k}"]["g"]
        odd = sum(n for bits, n in table.items() if bits.count("1") % 2)
        blocks.append(np.array([sum(table.values()) - odd, odd], dtype=float))
    signs = np.array([(-1) ** k for k in range(size)]) / size

    def contrast(shares: Shares) -> float:
        return float(signs @ np.array([s[0] - s[1] for s in shares]))

    fidelity = estimate(lambda s: (float(s[0][0]) + contrast(s[1:])) / 2, blocks, bounds=(0, 1))
    return fidelity, proportion(inside, blocks[0].sum()), estimate(contrast, blocks[1:], bounds=(-1, 1))


def _flip_needed(label: str, z: str, x: str) -> bool:
    """Whether the correction X^x Z^z turns the outcome of a measurement along the message's own axis."""
    return {"0": x == "1", "1": x == "1", "+": z == "1", "-": z == "1"}.get(label, (z == "1") != (x == "1"))


def teleportation_estimate(results: Results, path: int, *, feed_forward: bool) -> Estimate:
    """Mean fidelity of the six message states on one path."""
    blocks = []
    for label in MESSAGES:
        table = results[label][f"p{path}"]
        right = 0
        for bits, n in table.items():
            end = bits if feed_forward else bits[2]
            turned = not feed_forward and _flip_needed(label, bits[0], bits[1])
            right += n if (end == "1") == turned else 0
        blocks.append(np.array([right, sum(table.values()) - right], dtype=float))
    return estimate(lambda shares: sum(float(s[0]) for s in shares) / len(shares), blocks, bounds=(0, 1))


def dense_coding_success(results: Results, edge: Edge) -> Estimate:
    """Probability that both bits arrive, over the four messages."""
    blocks = []
    for z, x in product("01", "01"):
        table = results[z + x][f"c{edge[0]}_{edge[1]}"]
        right = table.get(z + x, 0)
        blocks.append(np.array([right, sum(table.values()) - right], dtype=float))
    return estimate(lambda shares: sum(float(s[0]) for s in shares) / 4, blocks, bounds=(0, 1))


def swapping_estimate(results: Results, path: int) -> Estimate:
    """Fidelity of the end-to-end pair after the corrections that the Bell measurement asks for, done in software."""
    tables = {}
    for setting in PAULI_SETTINGS:
        total = np.zeros(4)
        for bits, n in results[setting][f"p{path}"].items():
            flip = _flip_needed({"X": "+", "Y": "r", "Z": "0"}[setting[0]], bits[0], bits[1])
            total[2 * int(bits[2]) + (int(bits[3]) ^ flip)] += n
        tables[setting] = total
    return pair_fidelity(tables)


def pooled_fidelity(results: Results, prefix: str) -> Estimate:
    """Mean Bell fidelity over all parts of the wide circuits whose names begin with a prefix."""
    tables = {
        s: np.sum([pair_counts(counts) for counts in results[f"{prefix}/{s}"].values()], axis=0) for s in PAULI_SETTINGS
    }
    return pair_fidelity(tables)


def identity_mistakes(results: Results, num_qubits: int) -> tuple[IdentityMistake, ...]:
    """Qubits that report another number than their own."""
    reported = np.zeros(num_qubits, dtype=int)
    unsure = np.zeros(num_qubits, dtype=bool)
    for name, answer in results.items():
        bit = int(name.removeprefix("bit"))
        for q in range(num_qubits):
            table = answer[f"q{q}"]
            ones, zeros = table.get("1", 0), table.get("0", 0)
            reported[q] |= int(ones > zeros) << bit
            unsure[q] |= abs(ones - zeros) < 4 * np.sqrt(ones + zeros)
    mistakes = []
    for q in range(num_qubits):
        if reported[q] != q + 1:
            number = int(reported[q]) - 1
            mistakes.append(IdentityMistake(q, number if 0 <= number < num_qubits and not unsure[q] else None))
    return tuple(mistakes)
