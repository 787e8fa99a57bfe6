"""What the instructor's own answer shows of each test: which of its two runs can speak.

Before anything is graded, the source notebook with its solutions is graded like a submission, and both runs of every
test are told.  What one of them cannot carry with the right answer, it cannot judge with another.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from qlab._files import write_atomically
from qlab.grading.runs import jobs
from qlab.grading.runs.course import Course
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.standing import Native, Speaks, Standing
from qlab.grading.wire.verdict import Verdict

Standings = dict[str, dict[str, Standing]]


def settled(
    course: Course,
    name: str,
    assignment: jobs.Assignment,
    find: Callable[[jobs.Assignment, str], dict[str, Standing]] | None = None,
) -> jobs.Assignment:
    """Return an assignment in which it is settled how each test is judged.

    What was found is kept beside the results, unless a test is broken: that may have been a bad day of the machine's.

    Args:
        course: the course.
        name: the assignment's name.
        assignment: the assignment by value.
        find: stands in for :func:`settle`, where it runs elsewhere.
    """
    if not course.options.warm_up:
        return assignment
    place = course.state / "reference" / f"{assignment.fingerprint}.json"
    found = _kept(place)
    if found is None:
        found = {
            notebook: {
                test: replace(standing, trust=course.options.trust_in(name, test))
                for test, standing in (find or settle)(assignment, notebook).items()
            }
            for notebook in assignment.sources
        }
        if not broken(found):
            data = {notebook: {test: one.to_data() for test, one in tests.items()} for notebook, tests in found.items()}
            write_atomically(place, json.dumps(data).encode())
    return replace(assignment, standings=found)


def settle(assignment: jobs.Assignment, notebook: str) -> dict[str, Standing]:
    """Return how each test of a notebook is judged.

    A test that fails in both runs is tried once more with all earlier tests before it, as stock would run it. One to
    which the source holds no answer is not broken for that: both runs judge it, and the smaller score counts.
    """
    source = jobs.plan_of(assignment, notebook).source

    def try_all(standings: dict[str, Standing]) -> dict[str, Judgement]:
        job = jobs.job_for(assignment, notebook, source, {}, standings)
        return jobs.run_with_retry(assignment.settings, job).tests

    on_trial = Standing(Speaks.ON_TRIAL)
    names = jobs.job_for(assignment, notebook, source, {}, {}).tests()
    found = {test: standing_of(one) for test, one in try_all(dict.fromkeys(names, on_trial)).items()}
    again = [test for test in names[1:] if found[test].speaks == Speaks.BROKEN]
    if again:
        told = try_all({**found, **dict.fromkeys(again, replace(on_trial, after_all=True))})
        for test in again:
            standing = standing_of(told[test])
            if standing.speaks != Speaks.BROKEN:
                found[test] = replace(standing, after_all=True)
    for test in jobs.plan_of(assignment, notebook).unanswered:
        if test in found and found[test].speaks == Speaks.BROKEN:
            found[test] = Standing(Speaks.ISOLATED, "the source holds no answer to it")
    return found


def standing_of(judgement: Judgement) -> Standing:
    """Return how a test is judged of which both runs with the right answer are told."""
    apart, natively = judgement.verdict == Verdict.PASSED, judgement.native in (Native.PASSED, Native.PROVED)
    speaks = {
        (True, True): Speaks.ISOLATED,
        (True, False): Speaks.SPLIT,
        (False, True): Speaks.NATIVE,
        (False, False): Speaks.BROKEN,
    }[apart, natively]
    return Standing(speaks, judgement.detail, mutates=judgement.native == Native.PROVED)


def broken(standings: Standings) -> dict[str, str]:
    """Return why tests are broken, by notebook and test."""
    return {
        f"{notebook}/{test}": one.why
        for notebook, tests in standings.items()
        for test, one in tests.items()
        if one.speaks == Speaks.BROKEN
    }


def _kept(place: Path) -> Standings | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return {
            notebook: {test: Standing.from_data(one) for test, one in tests.items()}
            for notebook, tests in json.loads(place.read_bytes()).items()
        }
    return None
