"""nbgrader's own tests, stock and with the drop-in switched on for every command that they start.

`make peer-suite` runs the modules that nbgrader installs with itself twice, and fails on any test that stock passes
and the drop-in does not, but for the exceptions in exceptions.json, each with its reason. An exception that passes
fails too: it is to be removed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MODULES = [
    "api.test_gradebook", "api.test_models",
    *(f"apps.test_nbgrader{name}" for name in (
        "", "_autograde", "_collect", "_db", "_export", "_fetch_assignment", "_fetchfeedback", "_formgrade",
        "_generate_assignment", "_generate_config", "_generate_feedback", "_generate_solution", "_list", "_quickstart",
        "_releaseassignment", "_releasefeedback", "_submit", "_update", "_validate", "_zip_collect")),
    "apps.test_api", "apps.test_config", "nbgraderformat", "preprocessors", "utils", "test_auth", "test_validator",
]  # fmt: skip
"""Below `nbgrader.tests`; the browser's tests need Node and Playwright, which nbgrader does not install."""
DROP_IN = "c = get_config()\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n"


@dataclass(frozen=True)
class Ended:
    """How one test ended.

    Attributes:
        outcome: "passed", "failed" or "skipped".
        confined: notebooks whose cells ran in the sandbox meanwhile.
    """

    outcome: str
    confined: int


def run(tests: list[str], *, drop_in: bool, more: tuple[str, ...] = ()) -> dict[str, Ended]:
    """Run some of nbgrader's tests and return how each ended, by its id.

    Args:
        tests: modules below `nbgrader.tests`, or tests in one as `module::test`.
        drop_in: whether the drop-in is switched on, by a configuration of two lines that every command reads.
        more: further arguments for pytest.
    """
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        root = Path(folder)
        for name in ("config", "home", "work"):
            (root / name).mkdir()
        (root / "config" / "nbgrader_config.py").write_text(DROP_IN if drop_in else "")
        (root / "pytest.ini").write_text("[pytest]\n")
        report = root / "report.json"
        repository = HERE.parents[2]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER_", "PYTEST_"))},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "JUPYTER_CONFIG_PATH": str(root / "config"),
            "HOME": str(root / "home"),
            "USER": "peer",  # nbgrader's tests of its exchange ask for it
            "PYTHONPATH": str(repository),
            "PEER_REPORT": str(report),
        }
        names = [f"nbgrader.tests.{test}" for test in tests]
        command = [sys.executable, "-m", "pytest", "-c", str(root / "pytest.ini"), "-q", "-p", "no:cacheprovider",
                   "-p", "tests.grading.peers.recorder", *more, "--pyargs", *names]  # fmt: skip
        subprocess.run(command, cwd=root / "work", env=environment, check=False, stdin=subprocess.DEVNULL)
        found = json.loads(report.read_text()) if report.is_file() else {}
    return {test: Ended(one["outcome"], one["confined"]) for test, one in found.items()}


def exceptions() -> dict[str, str]:
    """Return why a test of nbgrader's that stock passes need not pass here, by its id."""
    found: dict[str, str] = json.loads((HERE / "exceptions.json").read_text())
    return found


def complaints(stock: dict[str, Ended], ours: dict[str, Ended], allowed: dict[str, str]) -> list[str]:
    """Return what is wrong with a run, line by line; empty if nothing is.

    Args:
        stock: how each test ended without the drop-in.
        ours: and with it.
        allowed: the exceptions among them, with their reasons.

    Example:
        >>> complaints({"t": Ended("passed", 0)}, {"t": Ended("failed", 1)}, {})
        ['t passes with stock nbgrader and not with the drop-in: failed']
    """
    found = []
    for test, one in sorted(stock.items()):
        if one.confined:
            found.append(f"{test} is to run without the drop-in, and {one.confined} notebooks ran in the sandbox")
        now = ours.get(test, Ended("not run", 0))
        if one.outcome == "passed" and now.outcome != "passed" and test not in allowed:
            found.append(f"{test} passes with stock nbgrader and not with the drop-in: {now.outcome}")
        if test in allowed and (now.outcome == "passed" or one.outcome != "passed"):
            found.append(f"{test} needs no exception: take it out of exceptions.json")
    found += [f"{test} is an exception that nbgrader does not have" for test in sorted(allowed.keys() - stock.keys())]
    if stock and not any(one.confined for one in ours.values()):
        found.append("no notebook ran in the sandbox: the drop-in was not switched on")
    return found


def main(modules: list[str]) -> int:
    """Run both, say what happened, and return 1 if something is wrong."""
    stock: dict[str, Ended] = {}
    ours: dict[str, Ended] = {}
    for module in modules or MODULES:
        print(f"== {module}", flush=True)
        stock |= run([module], drop_in=False, more=("--no-header", "--tb=no", "-rN"))
        ours |= run([module], drop_in=True, more=("--no-header", "--tb=short", "-rN"))
    allowed = {test: why for test, why in exceptions().items() if not modules or test in stock}
    for who, ended in (("stock", stock), ("drop-in", ours)):
        count = {how: sum(one.outcome == how for one in ended.values()) for how in ("passed", "failed", "skipped")}
        busy = [one.confined for one in ended.values() if one.confined]
        print(f"{who}: {count}, {sum(busy)} notebooks in the sandbox in {len(busy)} tests")
    print(f"better or otherwise by intent, {len(allowed)}:")
    for test, why in allowed.items():
        print(f"  {test}: {why}")
    wrong = complaints(stock, ours, allowed)
    print("\n".join(wrong) or "every other test that stock passes, passes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
