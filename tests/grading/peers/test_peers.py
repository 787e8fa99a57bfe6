"""A few of nbgrader's own tests in the sandbox every day, and what `make peer-suite` demands of all of them."""

from __future__ import annotations

import pytest

from tests.grading.peers.suite import Ended, complaints, exceptions, run

_AUTOGRADE = "apps.test_nbgrader_autograde::TestNbGraderAutograde::"
_DAILY = ["test_grade", "test_no_execute", "test_incorrect_source_kernelspec", "test_custom_permissions"]
"""A source without answers, a switch of the command line, another language, an option of the configuration."""


def test_a_few_of_nbgraders_own_tests_pass_in_the_sandbox() -> None:
    ended = run([f"{_AUTOGRADE}{name}" for name in _DAILY], drop_in=True, more=("--no-header", "--tb=short"))
    assert {test: one.outcome for test, one in ended.items()} == {f"{_AUTOGRADE}{name}": "passed" for name in _DAILY}
    assert ended[f"{_AUTOGRADE}test_grade"].confined
    assert not ended[f"{_AUTOGRADE}test_incorrect_source_kernelspec"].confined


def test_every_exception_has_a_reason() -> None:
    assert all(len(why.split()) > 5 for why in exceptions().values())


@pytest.mark.parametrize(
    ("stock", "ours", "allowed", "says"),
    [
        (Ended("passed", 0), Ended("failed", 1), {}, "passes with stock nbgrader and not with the drop-in"),
        (Ended("passed", 0), Ended("passed", 1), {"t": "why"}, "needs no exception"),
        (Ended("passed", 0), Ended("passed", 0), {}, "no notebook ran in the sandbox"),
        (Ended("passed", 2), Ended("passed", 1), {}, "is to run without the drop-in"),
        (Ended("passed", 0), Ended("failed", 1), {"t": "why", "u": "why"}, "u is an exception that nbgrader does not"),
    ],
)
def test_what_is_wrong_with_a_run_is_said(stock: Ended, ours: Ended, allowed: dict[str, str], says: str) -> None:
    found = complaints({"t": stock}, {"t": ours}, allowed)
    assert len(found) == 1
    assert says in found[0]


def test_a_right_run_is_right() -> None:
    assert complaints({"t": Ended("passed", 0)}, {"t": Ended("passed", 1)}, {}) == []
    assert complaints({"t": Ended("passed", 0)}, {"t": Ended("failed", 1)}, {"t": "why"}) == []
