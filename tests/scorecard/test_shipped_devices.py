"""Every coupling of the shipped machines is measured, and the figures are those of the facts (section 8.1)."""

from __future__ import annotations

import numpy as np
import pytest

from qlab.scorecard import load_machine
from qlab.scorecard.execution import Runner
from qlab.scorecard.findings import bell_tables, chsh_estimate, chsh_tables, pair_fidelity
from qlab.scorecard.tasks import bell_tasks, chsh_tasks


@pytest.mark.parametrize(
    ("name", "couplings", "median", "lowest", "highest", "failing"),
    [("willow_pink", 182, 2.72, 2.677, 2.750, 0), ("weber", 86, 2.30, 0.87, 2.6, 5)],
)
def test_all_couplings_agree_with_the_published_medians(
    name: str, couplings: int, median: float, lowest: float, highest: float, failing: int
) -> None:
    machine = load_machine(name, seed=5)
    groups = [list(group) for group in machine.couplings.matchings()]
    results = Runner(machine).run(chsh_tasks(machine.couplings, groups, 0), 4000)
    found = [chsh_estimate(table) for table in chsh_tables(results, machine.couplings.edges).values()]
    values = np.array([f.value for f in found])
    assert len(found) == couplings
    assert abs(np.median(values) - median) < 0.03
    # One S has a standard error of 0.022 at 4,000 shots a setting; of so many, the extremes stray by three of them.
    assert abs(values.min() - lowest) < 0.08
    assert abs(values.max() - highest) < 0.08
    assert (values < 2).sum() == failing
    assert sum(f.high < 2 for f in found) <= failing


def test_the_state_itself_has_the_fidelity_of_the_facts() -> None:
    """Readout taken out by hand: F of the facts is that of the state, .9951 at the median."""
    machine = load_machine("willow_pink", seed=6)
    groups = [list(machine.couplings.matchings()[0])]
    runner = Runner(machine)
    raw = bell_tables(runner.run(bell_tasks(machine.couplings, groups), 2000), groups[0])
    fidelity = np.median([pair_fidelity(tables).value for tables in raw.values()])
    # Misreading with the median errors .00372 and .01062 shrinks F - 1/4 by (1 - e0 - e1)².
    shrunk = 0.25 + (0.9951 - 0.25) * (1 - 0.00372 - 0.01062) ** 2
    assert abs(fidelity - shrunk) < 0.004
