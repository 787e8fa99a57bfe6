"""The questions of the card, each with an answer of a few words and the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.networks.repeaters import chain_fidelity
from qlab.scorecard.conclusions.faults import Fault
from qlab.scorecard.conclusions.limits import LimitingCause
from qlab.scorecard.conclusions.protocols import BELL_TEST, PAIR, ProtocolRow
from qlab.scorecard.conclusions.summary import Summary
from qlab.scorecard.estimates import Estimate, median
from qlab.scorecard.measurements import Measurements, Throughput


@dataclass(frozen=True)
class Answer:
    """A question of the card.

    Attributes:
        question: as the report asks it.
        answer: in a few words.
        text: the figures behind it.
    """

    question: str
    answer: str
    text: str


def answers(
    measured: Measurements,
    summary: Summary,
    limits: Sequence[LimitingCause],
    protocols: Sequence[ProtocolRow],
    faults: Sequence[Fault],
) -> tuple[Answer, ...]:
    """The seven questions, in the order of the report.

    Args:
        measured: all rows.
        summary: of them.
        limits: losses of pair fidelity, the largest first.
        protocols: rows of at least `PAIR` and `BELL_TEST`.
        faults: what is wrong.
    """
    by_name = {row.protocol: row for row in protocols}
    return (
        _pairs(summary, by_name[PAIR]),
        _bell_test(summary, by_name[BELL_TEST]),
        _errors(summary, limits),
        _size(summary),
        _reach(measured),
        _throughput(measured.throughput),
        _stability(measured, faults),
    )


def _short(figure: Estimate) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _extent(row: ProtocolRow) -> str:
    if row.passing == row.measured:
        return "yes"
    return {"yes": "mostly", "no": "no", "cannot tell": "cannot tell"}[row.verdict]


def _pairs(summary: Summary, row: ProtocolRow) -> Answer:
    fidelity = summary.fidelity
    worst = f"{_short(fidelity.worst)} on {'–'.join(fidelity.worst_coupling)}"
    text = (
        f"Median fidelity {_short(fidelity.median)}, worst {worst}; "
        f"{row.passing} of {summary.couplings_measured} couplings are surely entangled."
    )
    return Answer("Does the hardware make entanglement on every coupling?", _extent(row), text)


def _bell_test(summary: Summary, row: ProtocolRow) -> Answer:
    text = (
        f"Median S {_short(summary.s.median)}; {summary.violating} of {summary.couplings_measured} couplings surely "
        f"exceed 2, {summary.not_violating} were found at or below it."
    )
    return Answer("Is it more than any shared seed could give?", _extent(row), text)


def _errors(summary: Summary, limits: Sequence[LimitingCause]) -> Answer:
    error = summary.error_per_cnot
    parts = [f"Misreading: 0 as 1 {_short(summary.e0)}, 1 as 0 {_short(summary.e1)}."]
    if error is not None:
        parts.append(f"One CNOT: {error.value:.2e} ({error.low:.1e} to {error.high:.1e}).")
    if limits:
        top = limits[0]
        parts.append(f"Largest loss: {top.cause}, {_short(top.loss)}, {top.evidence}.")
    answer = limits[0].cause if limits and limits[0].loss.low > 0 else "none found"
    return Answer("What are the error rates, and which one limits?", answer, " ".join(parts))


def _size(summary: Summary) -> Answer:
    cliff, largest = summary.ghz_cliff, summary.ghz_largest
    tail = {
        "measured": f"at {cliff.qubits} it is surely gone",
        "extrapolated": f"a straight line through log F puts the cliff near {cliff.qubits}, an extrapolation",
        "none in sight": "no decline was seen",
        "unknown": "too little was measured to say where it ends",
    }[cliff.kind]
    text = f"Surely entangled together: {largest} qubits; {tail}."
    return Answer("How many qubits can share one entangled state?", str(largest) if largest else "none", text)


def _reach(measured: Measurements) -> Answer:
    late = measured.idle[-1]
    parts = [f"After waiting {late.time_us:g} µs the pairs keep {_short(late.fidelity)}."]
    alive = late.fidelity.low > 0.5
    for far in measured.distance[-1:]:
        parts.insert(0, f"Routed over {far.distance} couplings a pair keeps {_short(far.fidelity)}.")
        alive = alive and far.fidelity.low > 0.5
    if measured.swapping:
        ends = median([path.fidelity for path in measured.swapping], bounds=(0, 1))
        chain = chain_fidelity([ends.value, ends.value]) if ends.value > 0.25 else 0.25
        parts.append(f"Swapping leaves {_short(ends)}; once more would leave about {chain:.2f}.")
    answer = "yes" if alive else "not at the far end"
    return Answer("Does entanglement survive routing and waiting?", answer, " ".join(parts))


def _throughput(flow: Throughput) -> Answer:
    text = (
        f"{flow.shots:,} shots in {flow.circuits} circuits and {flow.jobs} jobs took {flow.seconds:.1f} s. "
        f"The smallest job takes {flow.latency_s:.3g} s (queue, network, overhead); beyond that "
        f"{flow.circuits_per_s:.3g} circuits/s."
    )
    return Answer("What throughput?", f"{flow.shots_per_s:,.0f} shots/s", text)


def _stability(measured: Measurements, faults: Sequence[Fault]) -> Answer:
    drift = measured.drift
    kinds = {fault.kind for fault in faults}
    text = f"{drift.repeats} repeats of the Bell test differ by z = {drift.z:.1f} over all couplings."
    if measured.failures:
        text += f" {len(measured.failures)} failed calls were repeated."
    steady = not kinds & {"drift", "failing sampler", "swapped qubits", "wrong answers"}
    return Answer("Is it steady and does it answer for itself?", "yes" if steady else "no", text)
