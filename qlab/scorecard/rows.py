"""Figures of each experiment as typed rows, each figure with its interval.

The names of the fields are the keys of the JSON record (`record.schema.json`); a change is a new version of the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qlab.scorecard.estimates import Estimate
from qlab.scorecard.paths import Edge, QubitPath


@dataclass(frozen=True)
class CouplingRow:
    """A pair of qubits: the pair it makes and the Bell test on it.

    Attributes:
        qubits: the two.
        labels: the maker's names of them.
        bell_state: the Bell state with the largest share, ``"Φ+"`` unless a local frame is off.
        fidelity: Bell fidelity with it.
        fidelity_corrected: the same with misreading inverted; may pass 1; None where it cannot be inverted.
        s: CHSH value, by the expression of that Bell state.
        s_corrected: the same with misreading inverted; None where it cannot be.
        log10_p: log₁₀ of the probability that a shared seed does as well.
        correlators: ⟨XX⟩, ⟨YY⟩ and ⟨ZZ⟩ by name.
        smallest_share: the one of the four Bell shares that lies deepest below zero, in its own errors.
        smallest_share_corrected: the same with misreading inverted; None where it cannot be.
        agreement: S less √2(±⟨XX⟩ ± ⟨ZZ⟩), which is 0 for every state of two qubits.
        signalling: largest shift of one side's answers with the other side's setting.
    """

    qubits: Edge
    labels: tuple[str, str]
    bell_state: str
    fidelity: Estimate
    fidelity_corrected: Estimate | None
    s: Estimate
    s_corrected: Estimate | None
    log10_p: float
    correlators: Mapping[str, float]
    smallest_share: Estimate
    smallest_share_corrected: Estimate | None
    agreement: Estimate
    signalling: Estimate


@dataclass(frozen=True)
class ReadoutRow:
    """Misreading of a qubit.

    Attributes:
        qubit: its number.
        label: the maker's name.
        e0: probability that 0 is read as 1.
        e1: probability that 1 is read as 0.
    """

    qubit: int
    label: str
    e0: Estimate
    e1: Estimate


@dataclass(frozen=True)
class GhzRow:
    """A GHZ state of one size.

    Attributes:
        qubits: its size.
        patch: the qubits that share it, in the order of joining.
        fidelity: half of populations plus contrast.
        populations: share of all zeros and all ones.
        contrast: mean alternating parity along the axes of the equator.
        parities: parity along each axis; those of a GHZ state alternate.
    """

    qubits: int
    patch: QubitPath
    fidelity: Estimate
    populations: Estimate
    contrast: Estimate
    parities: tuple[Estimate, ...]


@dataclass(frozen=True)
class PathRow:
    """A protocol run along a path.

    Attributes:
        qubits: of the path, in order.
        fidelity: of what arrives at its end.
    """

    qubits: QubitPath
    fidelity: Estimate


@dataclass(frozen=True)
class Teleportation:
    """Teleportation along disjoint paths of three qubits.

    Attributes:
        mode: whether corrections were made on the machine or in the evaluation.
        paths: mean fidelity of six message states on each path.
    """

    mode: str
    paths: tuple[PathRow, ...]


@dataclass(frozen=True)
class DenseCodingRow:
    """Superdense coding over a coupling.

    Attributes:
        qubits: the coupling.
        success: probability that both bits arrive.
    """

    qubits: Edge
    success: Estimate


@dataclass(frozen=True)
class IdleRow:
    """Pairs that waited before they were read.

    Attributes:
        time_us: waiting time in µs.
        parts: how many couplings were measured at once.
        fidelity: mean Bell fidelity over them.
    """

    time_us: float
    parts: int
    fidelity: Estimate


@dataclass(frozen=True)
class DepthRow:
    """Pairs after layers of CNOTs and random turns, and the same layers back.

    Attributes:
        cnots: CNOTs on a pair.
        parts: how many couplings were measured at once.
        circuits: how many random circuits.
        polarisation: mean over parts and circuits; 1 for the right answer, 0 for noise.
    """

    cnots: int
    parts: int
    circuits: int
    polarisation: Estimate


@dataclass(frozen=True)
class DistanceRow:
    """Pairs whose halves were swapped apart.

    Attributes:
        distance: couplings between the ends.
        swaps: SWAPs that it took.
        parts: how many paths were measured at once.
        fidelity: mean Bell fidelity over them.
    """

    distance: int
    swaps: int
    parts: int
    fidelity: Estimate


@dataclass(frozen=True)
class Drift:
    """Whether the repeats of the CHSH test agree.

    Attributes:
        repeats: how often the test was run.
        chi2: χ² of all repeats and couplings.
        degrees_of_freedom: of it.
        z: χ² in standard deviations of a normal variable.
        worst_z: the same for the coupling that disagrees most.
        worst_coupling: which one that is; None where nothing can be told.
        trend: mean S of the last repeat less that of the first.
    """

    repeats: int
    chi2: float
    degrees_of_freedom: int
    z: float
    worst_z: float
    worst_coupling: Edge | None
    trend: Estimate


@dataclass(frozen=True)
class IdentityMistake:
    """A qubit that does not report its own number.

    Attributes:
        qubit: which one.
        reports: whose number it reports; None where nothing stable.
    """

    qubit: int
    reports: int | None
