"""What a job costs in time, and what a shot costs within it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qlab._validate import FloatArray
from qlab.scorecard.estimates import Estimate
from qlab.scorecard.execution import Job
from qlab.scorecard.measurements import Throughput

OF_A_PROGRAM = "simulated: the time of the program says nothing of a machine"
QUEUED = "answered later: the time of a job is mostly that of the queue"
_PAIRS = 4000
_TOO_ALIKE = "the time of a job does not grow with its shots by more than it scatters"


def throughput(jobs: Sequence[Job], *, untimed: str = "") -> Throughput:
    """Time of a job and shots a second, from a straight line through the times of all jobs.

    A job takes start + shots/rate. Medians keep a cold start or one long queue from setting the line; intervals come
    from drawing the jobs anew.

    Args:
        jobs: circuits with their shots and times.
        untimed: why the times say nothing of a machine; empty where they do.
    """
    seconds, shots = sum(job.seconds for job in jobs), sum(job.shots for job in jobs)

    def told(note: str, job_s: Estimate | None = None, rate: Estimate | None = None) -> Throughput:
        return Throughput(seconds, len(jobs), shots, job_s, rate, note)

    if untimed:
        return told(untimed)
    sizes, times = np.array([job.shots for job in jobs], dtype=float), np.array([job.seconds for job in jobs])
    if len(set(sizes)) < 3:
        return told(_TOO_ALIKE)
    rng = np.random.default_rng(20)
    picks = rng.integers(len(jobs), size=(200, len(jobs)))
    drawn = np.array([_line(sizes[own], times[own], rng) for own in picks])
    start, slope = _line(sizes, times, rng)
    (_, late_low), (_, late_high) = np.quantile(drawn, (0.025, 0.975), axis=0)
    if slope <= 0 or late_low <= 0:
        return told(_TOO_ALIKE)
    first_low, first_high = np.quantile(drawn[:, 0], (0.025, 0.975))
    rate = Estimate(1 / slope, min(1 / late_high, 1 / slope), max(1 / late_low, 1 / slope), shots)
    start = max(start, 0.0)
    return told("", Estimate(start, max(0.0, min(first_low, start)), max(first_high, start), shots), rate)


def _line(sizes: FloatArray, times: FloatArray, rng: np.random.Generator) -> tuple[float, float]:
    """Start and slope of a straight line: the median slope over pairs of jobs, which a few outliers do not move.

    Source: Sen, J. Am. Stat. Assoc. 63, 1379 (1968).
    """
    first, second = rng.integers(len(sizes), size=(2, _PAIRS))
    apart = sizes[first] != sizes[second]
    if not apart.any():
        return float(np.median(times)), 0.0
    rises = (times[second] - times[first])[apart] / (sizes[second] - sizes[first])[apart]
    slope = float(np.median(rises))
    return float(np.median(times - slope * sizes)), slope
