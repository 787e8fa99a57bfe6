"""The questions of the card, each with an answer of a few words and the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.networks.repeaters import chain_fidelity
from qlab.scorecard.conclusions.faults import DRIFT_Z, Fault
from qlab.scorecard.conclusions.gates import Clearance
from qlab.scorecard.conclusions.limits import LimitingCause, leading
from qlab.scorecard.conclusions.protocols import BELL_TEST, CANNOT_TELL, NO, NOT_SHOWN, PAIR, ProtocolRow
from qlab.scorecard.conclusions.summary import Summary
from qlab.scorecard.estimates import Estimate, mean, standard_error
from qlab.scorecard.measurements import Measurements, Throughput

UNSTEADY = ("drift", "impossible counts", "failing sampler", "swapped qubits", "wrong answers", "deaf qubit")
"""Faults of a machine that is not steady or does not answer for itself."""


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
    clearance: Clearance,
    limits: Sequence[LimitingCause],
    protocols: Sequence[ProtocolRow],
    faults: Sequence[Fault],
) -> tuple[Answer, ...]:
    """The seven questions, in the order of the report.

    Args:
        measured: all rows.
        summary: of them.
        clearance: the checks before any yes.
        limits: losses of pair fidelity, the largest first.
        protocols: rows of at least `PAIR` and `BELL_TEST`.
        faults: what is wrong.
    """
    by_name = {row.protocol: row for row in protocols}
    couplings = len(measured.device.couplings)
    return (
        _pairs(summary, by_name[PAIR], couplings),
        _bell_test(summary, by_name[BELL_TEST], couplings),
        _errors(summary, clearance, limits),
        _size(measured, summary, clearance),
        _reach(measured, clearance),
        _throughput(measured.throughput),
        _stability(measured, faults),
    )


def _short(figure: Estimate) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _extent(row: ProtocolRow, couplings: int) -> str:
    if row.verdict in (NO, NOT_SHOWN, CANNOT_TELL):
        return row.verdict
    if row.passing < row.measured:
        return f"on {row.passing} of {row.measured}"
    return "yes" if row.measured == couplings else f"yes, on the {row.measured} measured of {couplings}"


def _barred(row: ProtocolRow) -> str:
    return f" Barred by a check: {row.why}." if row.why else ""


def _pairs(summary: Summary, row: ProtocolRow, couplings: int) -> Answer:
    fidelity = summary.fidelity
    worst = f"{_short(fidelity.worst)} on {'–'.join(fidelity.worst_coupling)}"
    text = (
        f"Mean fidelity {_short(fidelity.mean)}, worst {worst}; {row.passing} of {summary.couplings_measured} "
        f"couplings surely show an entangled pair.{_barred(row)}"
    )
    return Answer("Does every coupling make an entangled pair?", _extent(row, couplings), text)


def _bell_test(summary: Summary, row: ProtocolRow, couplings: int) -> Answer:
    text = (
        f"Mean S {_short(summary.s.mean)}; {summary.violating} of {summary.couplings_measured} couplings surely "
        f"exceed 2, {summary.surely_not_violating} surely do not.{_barred(row)}"
    )
    return Answer("Do the pairs exceed what shared seeds give, S = 2?", _extent(row, couplings), text)


def percent(figure: Estimate) -> str:
    """An error rate for a board, as in ``0.47 % (0.45 to 0.49)``."""
    value, low, high = (100 * x + 0.0 for x in (figure.value, figure.low, figure.high))
    return f"{value:.2f} % ({low:.2f} to {high:.2f})"


def _errors(summary: Summary, clearance: Clearance, limits: Sequence[LimitingCause]) -> Answer:
    parts = [f"Misreading: 0 as 1 {percent(summary.e0)}, 1 as 0 {percent(summary.e1)}."]
    if summary.error_per_cnot is not None and clearance.depth:
        parts.append(f"One CNOT with its turns: {percent(summary.error_per_cnot)}.")
    parts += [f"{cause.cause.capitalize()} {_short(cause.loss)}: {cause.evidence}." for cause in limits]
    answer = leading(limits) if clearance.couplings else CANNOT_TELL
    return Answer("What costs a pair most: readout, its gates or a wait?", answer or "none found", " ".join(parts))


def _size(measured: Measurements, summary: Summary, clearance: Clearance) -> Answer:
    question = "How many qubits were shown to share one entangled state?"
    cliff, largest = summary.ghz_cliff, summary.ghz_largest
    if not measured.ghz:
        return Answer(question, "not measured", "No GHZ state was measured.")
    tail = {
        "measured": f"at {cliff.qubits} the fidelity is surely below 1/2, which shows nothing either way",
        "extrapolated": (
            f"a straight line through log F falls below 1/2 near {cliff.qubits} qubits ({cliff.low} to {cliff.high}), "
            "an extrapolation"
        ),
        "beyond the machine": "a straight line through log F stays above 1/2 over the whole machine, an extrapolation",
        "none in sight": "no decline was seen",
        "unknown": "too little was measured to say where it ends",
    }[cliff.kind]
    tried = measured.ghz[-1].qubits
    end = f"at least {largest}, the largest tried" if largest == tried < measured.device.qubits else str(largest)
    text = f"Surely entangled together: {largest} qubits of one patch; {tail}."
    if clearance.barred:
        text = f"Barred by a check: {clearance.barred}."
    return Answer(question, end if largest else "none shown", text)


def _reach(measured: Measurements, clearance: Clearance) -> Answer:
    question = "Does entanglement outlast routing and waiting?"
    parts, figures = [], []
    for far in measured.distance[-1:]:
        parts.append(f"Routed over {far.distance} couplings a pair keeps {_short(far.fidelity)}.")
        figures.append(far.fidelity)
    for late in measured.idle[-1:]:
        parts.append(f"After waiting {late.time_us:g} µs the pairs keep {_short(late.fidelity)}.")
        figures.append(late.fidelity)
    if measured.swapping:
        ends = mean([path.fidelity for path in measured.swapping], bounds=(0, 1))
        chain = chain_fidelity([ends.value, ends.value]) if ends.value > 0.25 else 0.25
        parts.append(f"Swapping leaves {_short(ends)}; once more would leave about {chain:.2f}.")
    if not figures:
        return Answer(question, "not measured", "Neither routing nor waiting was measured.")
    if clearance.barred:
        return Answer(question, NOT_SHOWN, f"Barred by a check: {clearance.barred}.")
    alive = all(figure.low > 0.5 for figure in figures)
    return Answer(question, "yes" if alive else "not shown at the far end", " ".join(parts))


def _throughput(flow: Throughput) -> Answer:
    question = "What throughput?"
    told = f"{flow.shots:,} shots in {flow.jobs} jobs took {flow.seconds:.1f} s."
    if flow.shots_per_s is None or flow.job_s is None:
        return Answer(question, "not measured", f"{told} No rate follows, {flow.note}.")
    rate, job = flow.shots_per_s, flow.job_s
    text = (
        f"{told} A job takes {job.value:.3g} s ({job.low:.3g} to {job.high:.3g}) apart from its shots, and then "
        f"{rate.value:,.0f} shots a second ({rate.low:,.0f} to {rate.high:,.0f})."
    )
    return Answer(question, f"{rate.value:,.0f} shots a second within a job", text)


def _stability(measured: Measurements, faults: Sequence[Fault]) -> Answer:
    drift = measured.drift
    error = standard_error(drift.trend)
    # A drift of so much is found nine times in ten.
    least = (DRIFT_Z + 1.28) * error
    text = (
        f"Over {drift.repeats} repeats of the Bell test mean S moved by {_short(drift.trend)}; a move of {least:.3f} "
        "would be found nine times in ten, ups and downs between the repeats would not."
    )
    if measured.failures:
        text += f" {len(measured.failures)} failed calls were repeated."
    steady = not {fault.kind for fault in faults} & set(UNSTEADY)
    return Answer("Is it steady and does it answer for itself?", "yes" if steady else "no", text.replace("-", "−"))
