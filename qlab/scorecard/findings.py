"""From counts to figures: one function an experiment, each figure with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from qlab._validate import FloatArray
from qlab.bell.statistics import BellTestResult
from qlab.scorecard.estimates import (
    PSEUDO_COUNTS,
    Estimate,
    Z,
    chi2_z,
    difference,
    homogeneity,
    linear,
    mean,
    proportion,
    standard_error,
)
from qlab.scorecard.execution import Counts, Results
from qlab.scorecard.paths import Edge
from qlab.scorecard.rows import Drift, GhzRow, IdentityMistake
from qlab.scorecard.steps import MESSAGES
from qlab.scorecard.tasks import CHSH_SETTINGS, PAULI_SETTINGS

PARITY = np.array([1.0, -1.0, -1.0, 1.0])
_FIRST = np.array([1.0, 1.0, -1.0, -1.0])
_SECOND = np.array([1.0, -1.0, 1.0, -1.0])
_OUTCOMES = np.stack([PARITY, _FIRST, _SECOND])

_PAIR_KEYS = ("00", "01", "10", "11")

BELL_STATES: dict[str, tuple[int, int, int]] = {
    "Φ+": (1, -1, 1), "Φ−": (-1, 1, 1), "Ψ+": (1, 1, -1), "Ψ−": (-1, -1, -1),
}  # fmt: skip
"""⟨XX⟩, ⟨YY⟩ and ⟨ZZ⟩ of each Bell state; the share of one in a pair is (1 + sum of sign · correlator)/4."""

_CHSH_SIGNS = {"Φ+": (1, 1, 1, -1), "Φ−": (1, 1, -1, 1), "Ψ+": (-1, -1, 1, -1), "Ψ−": (-1, -1, -1, 1)}
"""Signs of E00, E01, E10, E11 in the CHSH expression that a Bell state maximises at the angles of the card."""


def pair_counts(counts: Counts) -> FloatArray:
    """Counts of 00, 01, 10, 11 as an array."""
    return np.array([counts.get(key, 0) for key in _PAIR_KEYS], dtype=float)


class Readout:
    """Confusion of every qubit, measured; knows how to take it out of a correlator, its own error included."""

    def __init__(self, results: Results) -> None:
        self._zero, self._one = results["all0"], results["all1"]
        self._known: dict[int, tuple[Estimate, Estimate]] = {}

    def counts(self, qubit: int) -> list[FloatArray]:
        """Right and wrong reports of 0, wrong and right reports of 1 (as shares of outcomes 0 and 1)."""
        tables = (self._zero[f"q{qubit}"], self._one[f"q{qubit}"])
        return [np.array([t.get("0", 0), t.get("1", 0)], dtype=float) for t in tables]

    def errors(self, qubit: int) -> tuple[Estimate, Estimate]:
        """Probability that 0 is reported as 1, and that 1 is reported as 0."""
        if qubit not in self._known:
            zero, one = self.counts(qubit)
            self._known[qubit] = proportion(zero[1], zero.sum()), proportion(one[0], one.sum())
        return self._known[qubit]

    def invertible(self, *qubits: int) -> bool:
        """Whether the reports of these qubits say enough to be inverted."""
        return all(1 - e0.value - e1.value > 0.1 for e0, e1 in map(self.errors, qubits))


def corrected(
    weights: Sequence[float], tables: Sequence[FloatArray], readout: Readout, edge: Edge, *, offset: float = 0.0
) -> Estimate | None:
    """A weighted sum of correlators with the measured misreading taken out; nothing where it cannot be inverted.

    A qubit that reports ⟨A⟩ as κ⟨A⟩ + β, κ = 1 - e0 - e1, β = e1 - e0, turns ⟨AB⟩ into
    κκ'⟨AB⟩ + κβ'⟨A⟩ + βκ'⟨B⟩ + ββ'. The interval counts the error of the calibration. Neither value nor
    interval is cut at what a state can have: where they pass it, the model of the misreading does not hold.

    Args:
        weights: of each correlator.
        tables: counts of 00, 01, 10, 11 of each.
        readout: the calibration.
        edge: the two qubits.
        offset: added to the sum.
    """
    if not readout.invertible(*edge):
        return None
    added = PSEUDO_COUNTS / (len(tables) + 4)
    confusions = [readout.counts(q) for q in edge]
    raw = _inverted(weights, tables, confusions, 0.0)
    centre, variance = _inverted(weights, tables, confusions, added)
    reach = Z * float(np.sqrt(variance))
    value, middle = offset + raw[0], offset + centre
    shots = sum(float(t.sum()) for t in tables) + sum(float(c.sum()) for own in confusions for c in own)
    return Estimate(value, min(middle - reach, value), max(middle + reach, value), round(shots))


def _inverted(
    weights: Sequence[float], tables: Sequence[FloatArray], confusions: Sequence[Sequence[FloatArray]], added: float
) -> tuple[float, float]:
    """Value and variance of the inverted sum, with so many pseudo-counts spread over each circuit."""
    wrong = [[(own[bit][1 - bit] + added / 2) / (own[bit].sum() + added) for bit in (0, 1)] for own in confusions]
    sizes = [[own[bit].sum() + added for bit in (0, 1)] for own in confusions]
    (ka, ba), (kb, bb) = ((1 - e0 - e1, e1 - e0) for e0, e1 in wrong)
    outcome = (PARITY - bb * _FIRST - ba * _SECOND + ba * bb) / (ka * kb)
    value, variance, slopes = 0.0, 0.0, [0.0, 0.0]
    for weight, table in zip(weights, tables, strict=True):
        total = float(table.sum()) + added
        shares = (table + added / 4) / total
        part = float(outcome @ shares)
        value += weight * part
        variance += weight**2 * float((outcome - part) ** 2 @ shares) / total
        _, first, second = (float(x) for x in _OUTCOMES @ shares)
        slopes[0] += weight * (bb - second) / (ka * kb)
        slopes[1] += weight * (ba - first) / (ka * kb)
    for slope, kept, errors, size in zip(slopes, (ka, kb), wrong, sizes, strict=True):
        for sign, error, n in zip((-1, 1), errors, size, strict=True):
            variance += (sign * slope + value / kept) ** 2 * error * (1 - error) / n
    return value, variance


def _blocks(tables: Mapping[str, FloatArray]) -> list[FloatArray]:
    return [tables[s] for s in PAULI_SETTINGS]


def bell_share(tables: Mapping[str, FloatArray], state: str) -> Estimate:
    """Share of a Bell state from counts in XX, YY and ZZ: (1 + sum of sign · correlator)/4, not cut at [0, 1]."""
    return linear([sign / 4 * PARITY for sign in BELL_STATES[state]], _blocks(tables), offset=0.25)


def best_bell_state(tables: Mapping[str, FloatArray]) -> str:
    """The Bell state with the largest share; local frames turn each into each."""
    return max(BELL_STATES, key=lambda state: bell_share(tables, state).value)


def smallest_share(shares: Sequence[Estimate | None]) -> Estimate | None:
    """The share that lies deepest below zero, in its own errors; nothing where any is missing."""
    found = [share for share in shares if share is not None]
    if len(found) < len(shares):
        return None
    return min(found, key=lambda e: e.value / max(standard_error(e), 1e-12))


def pair_fidelity(tables: Mapping[str, FloatArray], state: str = "Φ+") -> Estimate:
    """Fidelity with a Bell state from counts in XX, YY and ZZ."""
    return linear([sign / 4 * PARITY for sign in BELL_STATES[state]], _blocks(tables), offset=0.25, bounds=(0, 1))


def corrected_bell_share(
    tables: Mapping[str, FloatArray], readout: Readout, edge: Edge, state: str = "Φ+"
) -> Estimate | None:
    """Share of a Bell state with misreading taken out; nothing where it cannot be inverted."""
    return corrected([sign / 4 for sign in BELL_STATES[state]], _blocks(tables), readout, edge, offset=0.25)


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


def chsh_blocks(table: FloatArray) -> list[FloatArray]:
    """Counts [x][y][a][b] as one array a pair of settings."""
    return [table[x, y].reshape(-1) for x, y in CHSH_SETTINGS]


def chsh_estimate(table: FloatArray, state: str = "Φ+") -> Estimate:
    """S from counts, by the CHSH expression that belongs to a Bell state (E00 + E01 + E10 - E11 for Φ+)."""
    return linear([sign * PARITY for sign in _CHSH_SIGNS[state]], chsh_blocks(table), bounds=(-4, 4))


def corrected_chsh(table: FloatArray, readout: Readout, edge: Edge, state: str = "Φ+") -> Estimate | None:
    """S with misreading taken out; nothing where it cannot be inverted."""
    return corrected(_CHSH_SIGNS[state], chsh_blocks(table), readout, edge)


def chsh_agreement(table: FloatArray, tables: Mapping[str, FloatArray], state: str) -> Estimate:
    """S less what the pair's own correlators ask for.

    At the angles of the card every state of two qubits has S = √2(±⟨XX⟩ ± ⟨ZZ⟩), with the signs of its frame. A
    shared seed that fakes the three correlators cannot have both.
    """
    xx, _, zz = (-np.sqrt(2) * sign * PARITY for sign in BELL_STATES[state])
    weights = [*(sign * PARITY for sign in _CHSH_SIGNS[state]), xx, zz]
    return linear(weights, [*chsh_blocks(table), tables["XX"], tables["ZZ"]])


def signalling(table: FloatArray) -> Estimate:
    """Largest shift of one side's answers when the other side's setting changes, in its own errors."""
    found = []
    for setting in (0, 1):
        mine, yours = [table[setting, y].reshape(-1) for y in (0, 1)], [table[x, setting].reshape(-1) for x in (0, 1)]
        found += [linear([_FIRST / 2, -_FIRST / 2], mine), linear([_SECOND / 2, -_SECOND / 2], yours)]
    return max(found, key=lambda e: abs(e.value) / max(standard_error(e), 1e-12))


def chsh_log10_p(table: FloatArray, state: str = "Φ+") -> float:
    """log₁₀ of the probability that any shared seed wins as often, for settings drawn at random."""
    xx, _, zz = BELL_STATES[state]
    turned = table.copy()
    # The local frame turns Alice's answers over: to the first setting where ZZ is negative, to the second for XX.
    for x, sign in ((0, zz), (1, xx)):
        turned[x] = turned[x] if sign > 0 else turned[x][:, ::-1, :]
    return BellTestResult(turned.round().astype(np.int64).tolist()).log10_p_value()


def drift(repeats: Sequence[Mapping[Edge, FloatArray]], states: Mapping[Edge, str]) -> Drift:
    """Whether the repeats of the CHSH test agree: over all, coupling by coupling, and from first to last.

    Args:
        repeats: counts [x][y][a][b] of each coupling, in the order of time.
        states: the Bell state of each coupling.
    """
    chi2, dof, worst, where = 0.0, 0, -np.inf, None
    for edge in repeats[0]:
        own_chi2, own_dof = 0.0, 0
        for x, y in CHSH_SETTINGS:
            part, freedom = homogeneity([r[edge][x, y].reshape(-1) for r in repeats])
            own_chi2, own_dof = own_chi2 + part, own_dof + freedom
        if own_dof and (z := chi2_z(own_chi2, own_dof)) > worst:
            worst, where = z, edge
        chi2, dof = chi2 + own_chi2, dof + own_dof
    first, last = (mean([chsh_estimate(r[edge], states[edge]) for edge in r]) for r in (repeats[0], repeats[-1]))
    trend = difference(last, first)
    return Drift(len(repeats), chi2, dof, chi2_z(chi2, dof), worst if where else 0.0, where, trend)


def ghz_row(results: Results, patch: Sequence[int]) -> GhzRow:
    """Fidelity, populations, contrast and parities of a GHZ state on a patch of qubits."""
    size = len(patch)
    populations = results["populations"]["g"]
    inside = populations.get("0" * size, 0) + populations.get("1" * size, 0)
    blocks = [np.array([inside, sum(populations.values()) - inside], dtype=float)]
    for k in range(size):
        table = results[f"phase{k}"]["g"]
        odd = sum(n for bits, n in table.items() if bits.count("1") % 2)
        blocks.append(np.array([sum(table.values()) - odd, odd], dtype=float))
    swing = [(-1) ** k / size * np.array([1.0, -1.0]) for k in range(size)]
    parities = tuple(linear([[1, -1]], [block], bounds=(-1, 1)) for block in blocks[1:])
    return GhzRow(
        qubits=size,
        patch=tuple(patch),
        fidelity=linear([[0.5, 0], *(w / 2 for w in swing)], blocks, bounds=(0, 1)),
        populations=proportion(inside, blocks[0].sum()),
        contrast=linear(swing, blocks[1:], bounds=(-1, 1)),
        parities=parities,
    )


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
    return linear([[1 / len(blocks), 0]] * len(blocks), blocks, bounds=(0, 1))


def dense_coding_success(results: Results, edge: Edge) -> Estimate:
    """Probability that both bits arrive, over the four messages."""
    blocks = []
    for z, x in product("01", "01"):
        table = results[z + x][f"c{edge[0]}_{edge[1]}"]
        right = table.get(z + x, 0)
        blocks.append(np.array([right, sum(table.values()) - right], dtype=float))
    return linear([[1 / 4, 0]] * 4, blocks, bounds=(0, 1))


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


def polarisation(results: Results, prefix: str, expected: Mapping[str, Mapping[str, str]]) -> Estimate:
    """Mean polarisation over all parts and circuits whose names begin with a prefix.

    16/15·(h₀ - h₁/2 + h₂/4) - 1/15 with hₖ the share of answers that differ from the expected one in k bits: 1 for
    the right answer, 0 for noise (Proctor et al., PRL 129, 150502, 2022). The interval counts shot noise and
    whatever differs from part to part and from circuit to circuit.

    Args:
        results: of the whole experiment.
        prefix: of the circuits' names.
        expected: the ideal answer of each part of each circuit.
    """
    found = []
    for name in (n for n in results if n.split("/")[0] == prefix):
        for key, right in expected[name].items():
            weights = np.array([(-0.5) ** sum(a != b for a, b in zip(bits, right, strict=True)) for bits in _PAIR_KEYS])
            found.append(linear([16 / 15 * weights], [pair_counts(results[name][key])], offset=-1 / 15))
    pooled = mean(found)
    if len(found) < 2:
        return pooled
    scatter = Z * float(np.std([e.value for e in found], ddof=1)) / float(np.sqrt(len(found)))
    reach = max(pooled.half_width, scatter)
    return Estimate(pooled.value, pooled.value - reach, pooled.value + reach, pooled.shots)


def identity_mistakes(results: Results, readout: Readout, num_qubits: int) -> tuple[IdentityMistake, ...]:
    """Qubits that report another number than their own, judged by the misreading measured on them.

    A bit counts as 1 where its share of ones is nearer to that of a prepared 1 than to that of a prepared 0.
    """
    mistakes = []
    for q in range(num_qubits):
        e0, e1 = (float(e.value) for e in readout.errors(q))
        number, stable = 0, 1 - e0 - e1 > 0
        for name, answer in results.items():
            table = answer[f"q{q}"]
            n = sum(table.values())
            share = table.get("1", 0) / n
            one = share > (e0 + 1 - e1) / 2
            near = 1 - e1 if one else e0
            number |= int(one) << int(name.removeprefix("bit"))
            # Nearer to one of two, but five standard errors and a tenth away from it: that is neither.
            stable &= abs(share - near) < 0.1 + 5 * float(np.sqrt((near * (1 - near) + 1 / n) / n))
        if number != q + 1 or not stable:
            mistakes.append(IdentityMistake(q, number - 1 if stable and 0 < number <= num_qubits else None))
    return tuple(mistakes)
