"""Before anything is sent: what a card asks of a machine, what that costs, and what it can and cannot decide."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from statistics import NormalDist

from qlab import _validate
from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.scorecard.caveats import CANNOT_TELL
from qlab.scorecard.conclusions.faults import DRIFT_Z
from qlab.scorecard.conclusions.protocols import (
    BBM92_QBER,
    BELL_TEST,
    DENSE_CODING_FIDELITY,
    DEVICE_INDEPENDENT_S,
    PAIR,
)
from qlab.scorecard.estimates import LEVEL
from qlab.scorecard.execution import Measured, Runner
from qlab.scorecard.experiments import ORDER, Experiments
from qlab.scorecard.planning import VARIANCES, Plan, Settings

POWER = 0.9
"""A true figure that is called decidable is decided with this chance at least."""


@dataclass(frozen=True)
class Rates:
    """What a vendor asks, and how fast the machine is; whatever is not known stays None.

    Attributes:
        per_job: price of a job.
        per_shot: price of a shot.
        per_second: price of a second of the machine.
        job_seconds: time of a job apart from its shots, in s.
        shots_per_second: within a job.
        currency: of the prices.
    """

    per_job: float | None = None
    per_shot: float | None = None
    per_second: float | None = None
    job_seconds: float | None = None
    shots_per_second: float | None = None
    currency: str = "USD"

    def __post_init__(self) -> None:
        for name in ("per_job", "per_shot", "per_second", "job_seconds"):
            if getattr(self, name) is not None:
                _validate.non_negative(name, getattr(self, name))
        if self.shots_per_second is not None:
            _validate.positive("shots_per_second", self.shots_per_second)
        if not isinstance(self.currency, str):
            raise _validate.fail("currency", "must be a text", self.currency)
        if self.per_second is not None and (self.job_seconds is None or self.shots_per_second is None):
            raise _validate.fail("per_second", "needs job_seconds and shots_per_second beside it", self.per_second)

    def seconds(self, jobs: int, shots: int) -> float | None:
        """Time of the machine; None where it cannot be told."""
        if self.job_seconds is None or self.shots_per_second is None:
            return None
        return jobs * self.job_seconds + shots / self.shots_per_second

    def price(self, jobs: int, shots: int) -> float | None:
        """Price of so many jobs and shots together; None where no price is known."""
        if self.per_job is self.per_shot is self.per_second is None:
            return None
        time = self.seconds(jobs, shots) or 0.0
        return jobs * (self.per_job or 0.0) + shots * (self.per_shot or 0.0) + time * (self.per_second or 0.0)


def read_rates(path: str | Path) -> Rates:
    """Rates from a YAML file that holds fields of `Rates`.

    Raises:
        ValueError: where an entry is none of them, or out of its range.
    """
    import yaml

    try:
        entry = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise _validate.fail("rates", f"must be YAML ({str(error).splitlines()[0]})", str(path)) from None
    names = [f.name for f in fields(Rates)]
    if not isinstance(entry, dict) or not set(entry) <= set(names):
        got = sorted(map(str, entry)) if isinstance(entry, dict) else entry
        raise _validate.fail("rates", f"must be fields of {', '.join(names)}", got)
    return Rates(**entry)


@dataclass(frozen=True)
class Decision:
    """What a card of this plan can tell of one figure.

    Attributes:
        question: in words.
        needs: the true figure from which on the answer is yes at least nine times in ten.
        parts: couplings that it is asked of at once.
        possible: whether any machine could be so good.
        text: the same in a sentence.
    """

    question: str
    needs: float
    parts: int
    possible: bool
    text: str


@dataclass(frozen=True)
class Outlook:
    """What a card would ask and tell.

    Attributes:
        machine: its name.
        plan: circuits and shots of each experiment.
        jobs: circuits at most; GHZ states stop early where one fails.
        shots: at most, as long as no call fails.
        most_shots: the budget, which repeated calls may use too.
        seconds: of the machine; None where nothing is known of its speed.
        price: None where nothing is known of it.
        currency: of the price.
        decisions: what can be decided.
        undecided: what cannot be, and why.
    """

    machine: str
    plan: Plan
    jobs: int
    shots: int
    most_shots: int
    seconds: float | None
    price: float | None
    currency: str
    decisions: tuple[Decision, ...]
    undecided: tuple[str, ...]

    def __str__(self) -> str:
        plan = self.plan
        lines = [f"Plan for {self.machine}. Nothing was sent.", ""]
        lines.append(f"{'experiment':<14}{'circuits':>9}{'shots each':>12}{'shots':>10}   guaranteed ± (asked)")
        for name, n in plan.circuits.items():
            width = f"{plan.half_widths[name]:.2g} ({plan.targets[name]:.2g})"
            lines.append(f"{name:<14}{n:>9,}{plan.shots[name]:>12,}{n * plan.shots[name]:>10,}   {width}")
        seconds = "not known, rates give no speed" if self.seconds is None else _duration(self.seconds)
        price = "not known, no rates were given" if self.price is None else f"{self.price:,.2f} {self.currency}"
        lines += ["", f"At most {self.jobs:,} jobs of one circuit each, {self.shots:,} shots; {plan.sentence()}"]
        lines += [f"Time of the machine: {seconds}. Price: {price}.", "", "What this card can decide:"]
        lines += [f"- {d.text}" for d in self.decisions if d.possible]
        lines += ["", "What it cannot decide:", *(f"- {text}" for text in self.undecided)]
        return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} min"


def outlook(
    machine: Measured, *, shots: int = 200_000, settings: Settings | None = None, rates: Rates | None = None
) -> Outlook:
    """What a card of a machine would ask and tell; nothing is sent.

    Args:
        machine: what would be measured.
        shots: budget for the whole card.
        settings: what would be measured.
        rates: prices and speed.

    Raises:
        ValueError: where the budget is too small for the card.
        DeviceError: where the machine can tell beforehand that a circuit would not arrive as meant.
    """
    # A queue would write its files; the plan needs none.
    runner = Runner(machine, dry=True)
    found = Experiments(runner, settings or Settings(), shots)
    plan, known = found.plan, rates or Rates()
    decisions = _decisions(plan, len(found.edges))
    return Outlook(
        machine=machine.name,
        plan=plan,
        jobs=found.circuits,
        shots=plan.total + found.circuits - sum(plan.circuits.values()),
        most_shots=plan.budget,
        seconds=known.seconds(found.circuits, plan.total),
        price=known.price(found.circuits, plan.total),
        currency=known.currency,
        decisions=decisions,
        undecided=(*(d.text for d in decisions if not d.possible), *_undecided(found), *CANNOT_TELL),
    )


def _decisions(plan: Plan, parts: int) -> tuple[Decision, ...]:
    """Thresholds of the protocols with the distance from them that the shots can tell, all couplings at once."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - (1 - LEVEL) / 2 / parts) + normal.inv_cdf(POWER)
    fidelity = reach * float(VARIANCES["bell"] / plan.shots["bell"]) ** 0.5
    s = reach * float(VARIANCES["chsh"] / plan.shots["chsh"] / ORDER.count("chsh")) ** 0.5
    # The error rate has two thirds of the variance of the fidelity.
    rate = fidelity * (2 / 3) ** 0.5
    rows = [
        (PAIR, "pair fidelity", 0.5 + fidelity, 1.0, "or more"),
        (BELL_TEST, "S", 2.0 + s, float(TSIRELSON_BOUND), "or more"),
        ("Superdense coding beats one plain bit", "pair fidelity", DENSE_CODING_FIDELITY + fidelity, 1.0, "or more"),
        ("Entanglement-based key, trusted devices (BBM92)", "error rate", BBM92_QBER - rate, 0.0, "or less"),
        ("S that a device-independent key needs", "S", DEVICE_INDEPENDENT_S + s, float(TSIRELSON_BOUND), "or more"),
    ]
    found = []
    for question, quantity, needs, best, side in rows:
        possible = needs <= best if side == "or more" else needs >= best
        text = f"{question}: yes, coupling by coupling, at least nine times in ten, at a true {quantity} of {needs:.3f}"
        text += f" {side}"
        if not possible:
            text = f"{question}: with so few shots no machine is sure of a yes (it would take {quantity} {needs:.3f})"
        found.append(Decision(question, needs, parts, possible, text))
    return tuple(found)


def _undecided(found: Experiments) -> list[str]:
    chip, settings, plan = found.map, found.settings, found.plan
    lines = []
    if len(found.edges) < len(chip.edges):
        lines.append(f"{len(chip.edges) - len(found.edges)} of {len(chip.edges)} couplings, which are not measured.")
    largest = max(found.sizes, default=0)
    if largest < chip.num_qubits:
        lines.append(f"Whether more than {largest} qubits share a GHZ state: no larger one is tried.")
    trend = (DRIFT_Z + 1.28) * (2 * VARIANCES["chsh"] / plan.shots["chsh"] / len(found.edges)) ** 0.5
    lines.append(
        f"A drift of mean S by less than {trend:.3f}, or one that comes and goes between the three Bell tests."
    )
    missing = [name for name in ("teleportation", "swapping", "depth", "distance", "idle") if name not in plan.circuits]
    missing += [skipped.experiment for skipped in found.skipped if skipped.experiment not in missing]
    if missing:
        lines.append(f"Anything of {', '.join(missing)}: the machine has no room for it, or does not take it.")
    if not found.machine.feed_forward:
        lines.append("Corrections on the machine: it has no feed-forward, so they are made in the evaluation.")
    lines.append(f"What a pair loses beyond {max(settings.idle_us, default=0.0):g} µs of waiting.")
    return lines
