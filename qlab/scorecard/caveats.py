"""What page one says first: what answered, and what no card can tell."""

from __future__ import annotations

from qlab.scorecard.card import HARDWARE, SIMULATED
from qlab.scorecard.record import Scorecard

CANNOT_TELL = (
    "Every yes means: yes, if the counts come from the machine named. A machine cannot be told from a good simulation "
    "of it, and whoever knows these circuits can forge all their answers.",
    "A pair on one chip is no proof against its maker. Both settings of a Bell test go to one box in one job, and the "
    "settings run in blocks, not drawn at random; a key from untrusted devices needs two separated sites.",
    "All pairs of a group run at once: what one pair shows includes the crosstalk of the others, and nothing here "
    "measures a pair alone.",
    "Corrections after a Bell measurement are made in software, by sorting the counts, unless the card says "
    "feed-forward; teleportation and swapping are tried on a few paths only.",
    "A fidelity below one half does not show that entanglement is absent; only that this test did not show it.",
    "One card is one day. Ups and downs between its three Bell tests go unseen.",
)
"""Sentences for page one, the same on every card."""


def origin(card: Scorecard) -> str:
    """What answered: a simulation and of what, a machine and its job ids, or that nothing tells."""
    provenance = card.provenance
    stated = provenance.machine
    kind = stated.get("kind", "no kind stated")
    if provenance.source == SIMULATED:
        calibration, day = stated.get("calibration", ""), stated.get("calibration date", "")
        figures = f" Its figures: {calibration}{f', of {day}' if day else ', no day stated'}." if calibration else ""
        return f"SIMULATED. No machine was measured; a program computed every answer ({kind}).{figures}"
    if provenance.source == HARDWARE:
        ids = provenance.job_ids
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        return f"Hardware, by its vendor's word: {len(ids)} jobs, {', '.join(ids[:3])}{more} ({kind})."
    return f"UNKNOWN. The answers came without job ids, and nothing shows what computed them ({kind})."


def resumed(card: Scorecard) -> str:
    """How many answers are older than this run; empty where none is."""
    provenance = card.provenance
    if not provenance.circuits_resumed:
        return ""
    total = card.throughput.jobs
    return (
        f"{provenance.circuits_resumed} of {total} circuits were taken from an earlier run, the oldest measured at "
        f"{provenance.oldest}; --fresh measures all again."
    )


def failed_checks(card: Scorecard) -> str:
    """Which checks failed, in a line."""
    failed = [gate.name for gate in card.gates if not gate.passed]
    return "all passed" if not failed else f"{len(failed)} failed: {'; '.join(failed)}"
