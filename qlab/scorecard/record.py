"""The finished card: measurements, conclusions, and the JSON form of both."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qlab import _validate
from qlab.scorecard.conclusions.answers import Answer, answers
from qlab.scorecard.conclusions.faults import Fault, find_faults
from qlab.scorecard.conclusions.gates import Gate, check
from qlab.scorecard.conclusions.limits import LimitingCause, limiting_causes
from qlab.scorecard.conclusions.protocols import ProtocolRow, protocol_rows
from qlab.scorecard.conclusions.summary import Summary, summarise
from qlab.scorecard.estimates import Estimate, mean
from qlab.scorecard.json_form import from_plain, to_plain
from qlab.scorecard.measurements import Measurements

SCHEMA = "qlab.scorecard/2"
"""Name and version of the JSON form; a change that readers would notice gets a new number."""

FIGURES = ("s", "s_corrected", "fidelity", "fidelity_corrected")
"""Figures that every coupling has."""


@dataclass(frozen=True)
class Scorecard(Measurements):
    """A finished card, with the figures that are asked for most.

    Attributes:
        gates: the checks that stand before any yes.
        faults: what is wrong with the machine, by name.
        limits: what costs pair fidelity, the largest loss first.
        protocols: which protocols the machine can carry.
        summary: means and counts.
        verdicts: the questions of the card and their answers.
    """

    gates: tuple[Gate, ...]
    faults: tuple[Fault, ...]
    limits: tuple[LimitingCause, ...]
    protocols: tuple[ProtocolRow, ...]
    summary: Summary
    verdicts: tuple[Answer, ...]

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise _validate.fail("schema", f"must be {SCHEMA!r}", self.schema)

    @property
    def name(self) -> str:
        """Of the machine."""
        return self.device.name

    def figures(self, name: str) -> list[Estimate]:
        """A figure of every coupling that has it, one of `FIGURES`."""
        _validate.one_of("figure", name, FIGURES)
        found = (getattr(row, name) for row in self.couplings)
        return [figure for figure in found if figure is not None]

    def mean(self, name: str) -> Estimate:
        """Mean of a figure over the couplings, with an interval for shot noise."""
        return mean(self.figures(name))

    def to_json(self) -> str:
        """The record as JSON text."""
        return json.dumps(to_plain(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Scorecard:
        """Read a record back.

        Raises:
            ValueError: where the text is not a record of this version; names the entry at fault.
        """
        try:
            entry = json.loads(text)
        except json.JSONDecodeError as error:
            raise _validate.fail("text", f"must be JSON ({error})", text[:40]) from None
        if not isinstance(entry, dict):
            raise _validate.fail("text", "must hold an object", entry)
        if entry.get("schema") != SCHEMA:
            raise _validate.fail("schema", f"must be {SCHEMA!r}", entry.get("schema"))
        card: Scorecard = from_plain(cls, entry, "record")
        return card


def conclude(measured: Measurements) -> Scorecard:
    """The card of what was measured: everything that is concluded from the figures is added."""
    clearance = check(measured)
    summary = summarise(measured, clearance)
    limits = limiting_causes(measured, summary)
    protocols = protocol_rows(measured, summary, clearance)
    faults = find_faults(measured, clearance)
    return Scorecard(
        **vars(measured),
        gates=clearance.gates,
        faults=faults,
        limits=limits,
        protocols=protocols,
        summary=summary,
        verdicts=answers(measured, summary, clearance, limits, protocols, faults),
    )
