"""Intervals that cover, estimates that are right, plans that keep their word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import channels
from qlab.bell.correlations import behaviour
from qlab.scorecard import findings
from qlab.scorecard.estimates import (
    Estimate,
    chi2_z,
    difference,
    estimate,
    homogeneity,
    linear,
    mean,
    proportion,
    simultaneous,
    spread_z,
)
from qlab.scorecard.planning import DEFAULT_TARGETS, MIN_SHOTS, plan_shots, shots_for
from qlab.scorecard.tasks import CHSH_SETTINGS, PAULI_SETTINGS
from qlab.states import werner_state

ANGLES = ((0.0, np.pi / 2), (np.pi / 4, -np.pi / 4))
E0, E1 = (0.01, 0.02), (0.05, 0.03)
SEEDS = 200


def confused(shares: np.ndarray) -> np.ndarray:
    return np.kron(channels.readout_confusion(E0[0], E1[0]), channels.readout_confusion(E0[1], E1[1])) @ shares


def pauli_shares(fidelity: float) -> dict[str, np.ndarray]:
    visibility = (4 * fidelity - 1) / 3
    signs = {"XX": 1, "YY": -1, "ZZ": 1}
    return {s: (1 + signs[s] * visibility * findings.PARITY) / 4 for s in PAULI_SETTINGS}


class Lab:
    """One seed's worth of experiments on a Werner pair with misreading, and what should come out."""

    def __init__(self, seed: int, fidelity: float, shots: int) -> None:
        self.rng, self.shots, self.fidelity = np.random.default_rng(seed), shots, fidelity

    def counts(self, shares: np.ndarray) -> np.ndarray:
        return self.rng.multinomial(self.shots, shares).astype(float)

    def readout(self) -> findings.Readout:
        tables: dict[str, Any] = {"all0": {}, "all1": {}}
        for q in (0, 1):
            wrong0, wrong1 = self.rng.binomial(self.shots, E0[q]), self.rng.binomial(self.shots, E1[q])
            tables["all0"][f"q{q}"] = {"0": self.shots - wrong0, "1": wrong0}
            tables["all1"][f"q{q}"] = {"0": wrong1, "1": self.shots - wrong1}
        return findings.Readout(tables)

    def chsh(self, *, misread: bool) -> np.ndarray:
        chances = behaviour(werner_state(self.fidelity), *ANGLES)
        flat = {(x, y): chances[x, y].reshape(-1) for x, y in CHSH_SETTINGS}
        tables = [self.counts(confused(flat[s]) if misread else flat[s]).reshape(2, 2) for s in CHSH_SETTINGS]
        return np.array(tables).reshape(2, 2, 2, 2)

    def bell(self, *, misread: bool) -> dict[str, np.ndarray]:
        return {s: self.counts(confused(p) if misread else p) for s, p in pauli_shares(self.fidelity).items()}


def kinds(fidelity: float, shots: int) -> dict[str, tuple[float, Callable[[Lab], Estimate | None]]]:
    s = 2 * np.sqrt(2) * (4 * fidelity - 1) / 3
    return {
        "proportion": (0.03, lambda lab: proportion(lab.rng.binomial(shots, 0.03), shots)),
        "fidelity": (fidelity, lambda lab: findings.pair_fidelity(lab.bell(misread=False))),
        "S": (s, lambda lab: findings.chsh_estimate(lab.chsh(misread=False))),
        "corrected fidelity": (
            fidelity,
            lambda lab: findings.corrected_bell_share(lab.bell(misread=True), lab.readout(), (0, 1)),
        ),
        "corrected S": (s, lambda lab: findings.corrected_chsh(lab.chsh(misread=True), lab.readout(), (0, 1))),
    }


@pytest.mark.parametrize("kind", kinds(0.9, 1))
def test_intervals_cover_their_level_over_two_hundred_seeds(kind: str) -> None:
    """Five figures a seed, at five settings: 95 % intervals cover 93 to 97 %."""
    hits, total = 0, 0
    for i, (fidelity, shots) in enumerate([(0.97, 400), (0.93, 1000), (0.85, 300), (0.7, 500), (0.95, 3000)]):
        truth, measure = kinds(fidelity, shots)[kind]
        for seed in range(SEEDS):
            found = measure(Lab(SEEDS * i + seed, fidelity, shots))
            assert found is not None
            hits += found.low <= truth <= found.high
            total += 1
    # 1,000 independent intervals: the share itself is known to 0.7 %.
    assert 0.93 <= hits / total <= 0.97, f"{kind}: {hits / total:.3f} of {total}"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500))
def test_a_proportion_lies_in_its_interval_and_the_interval_in_reach(right: int, wrong: int) -> None:
    found = proportion(right, right + wrong)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(right / (right + wrong))
    assert found.shots == right + wrong


def test_perfect_counts_keep_an_interval() -> None:
    found = estimate(lambda s: float(s[0][0]), [[1000, 0]], bounds=(0, 1))
    assert found.value == found.high == 1
    assert 0.99 < found.low < 1


def test_a_linear_function_has_the_interval_of_the_general_one() -> None:
    rng = np.random.default_rng(8)
    counts = [rng.multinomial(400, [0.4, 0.1, 0.2, 0.3]) for _ in range(3)]
    weights = rng.normal(size=(3, 4))
    closed = linear(weights, counts, offset=0.25)
    numeric = estimate(lambda s: 0.25 + sum(float(w @ x) for w, x in zip(weights, s, strict=True)), counts)
    for end in ("value", "low", "high"):
        assert getattr(closed, end) == pytest.approx(getattr(numeric, end), abs=1e-6)


def test_inverted_figures_have_the_interval_of_the_general_one() -> None:
    lab = Lab(3, 0.9, 2000)
    tables, readout = lab.bell(misread=True), lab.readout()
    blocks = [*(tables[s] for s in PAULI_SETTINGS), *readout.counts(0), *readout.counts(1)]

    def inverse(zero: np.ndarray, one: np.ndarray) -> np.ndarray:
        return np.linalg.inv(channels.readout_confusion(float(zero[1]), float(one[0])))

    def value(shares: Any) -> float:
        undo = np.kron(inverse(*shares[3:5]), inverse(*shares[5:7]))
        parities = [float(findings.PARITY @ undo @ s) for s in shares[:3]]
        return 0.25 + (parities[0] - parities[1] + parities[2]) / 4

    numeric, closed = estimate(value, blocks), findings.corrected_bell_share(tables, readout, (0, 1))
    assert closed is not None
    for end in ("value", "low", "high"):
        assert getattr(closed, end) == pytest.approx(getattr(numeric, end), abs=1e-5)


def test_the_mean_is_right_where_shares_are_few() -> None:
    """Four shots a coupling, all alike: the median of such shares is 1, the truth 0.98, and the mean finds it."""
    hits = []
    for seed in range(100):
        wrong = np.random.default_rng(seed).binomial(20, 0.02, size=200)
        found = mean([proportion(20 - w, 20) for w in wrong], bounds=(0, 1))
        hits.append(found.low <= 0.98 <= found.high)
        assert abs(found.value - 0.98) < 0.01
    assert np.mean(hits) >= 0.95


def test_many_figures_at_once_miss_as_seldom_as_one() -> None:
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(200):
        tables = [rng.multinomial(200, [0.25] * 4) for _ in range(50)]
        figures = [simultaneous(linear([findings.PARITY], [t]), len(tables)) for t in tables]
        missed += any(not e.low <= 0 <= e.high for e in figures)
    # 5 % of 200 families, standard error 3.
    assert missed <= 10 + 4 * 3.1


def test_a_spread_is_told_from_shot_noise() -> None:
    rng = np.random.default_rng(9)
    alike = [spread_z([proportion(rng.binomial(500, 0.9), 500) for _ in range(30)]) for _ in range(50)]
    assert max(alike) < 4
    assert spread_z([proportion(rng.binomial(500, p), 500) for p in np.linspace(0.8, 0.95, 30)]) > 6


def test_chi_squared_becomes_standard_errors_in_both_tails() -> None:
    # Quantiles of χ² with 24 degrees of freedom at Φ(±3): 7.2, 53.5 (tables).
    assert chi2_z(36.415, 24) == pytest.approx(1.645, abs=0.01)
    assert chi2_z(13.848, 24) == pytest.approx(-1.645, abs=0.02)
    assert chi2_z(0.0, 24) < -9
    assert chi2_z(5.0, 0) == 0


def test_differences_add_their_errors() -> None:
    a, b = Estimate(0.9, 0.87, 0.93, 10), Estimate(0.8, 0.76, 0.84, 10)
    assert difference(a, b).half_width == pytest.approx(0.05)


def test_homogeneity_tells_a_drifting_source_from_a_steady_one() -> None:
    rng = np.random.default_rng(5)
    steady = [homogeneity([rng.multinomial(500, [0.4, 0.1, 0.1, 0.4]) for _ in range(3)])[0] for _ in range(400)]
    # χ² with 6 degrees of freedom: mean 6, standard error of 400 draws √12/20.
    assert abs(np.mean(steady) - 6) < 4 * np.sqrt(12) / 20
    assert chi2_z(*homogeneity([[400, 100], [300, 200]])) > 6


@settings(max_examples=50, deadline=None)
@given(st.integers(2000, 500_000), st.integers(1, 6))
def test_plans_stay_within_the_budget_and_keep_their_word(budget: int, groups: int) -> None:
    circuits = {"bell": 3 * groups, "chsh": 12 * groups, "readout": 2, "identity": 7}
    plan = plan_shots(circuits, budget)
    assert plan.total <= budget
    assert min(plan.shots.values()) >= MIN_SHOTS
    if plan.met:
        assert all(plan.shots[name] >= shots_for(name, DEFAULT_TARGETS[name]) for name in circuits)
        assert "guarantee every error bar" in plan.sentence()
    else:
        assert plan.needed > plan.budget * 0.99
        assert f"cannot guarantee the error bars asked for, which need {plan.needed:,}" in plan.sentence()


def test_the_needed_budget_is_enough_and_a_little_less_is_not() -> None:
    circuits = {"chsh": 16, "bell": 12}
    needed = plan_shots(circuits, 1000).needed
    assert plan_shots(circuits, needed).met
    assert not plan_shots(circuits, round(0.9 * needed)).met


def test_guaranteed_widths_hold_for_the_worst_device() -> None:
    # A white-noise pair has the largest variance of S there is.
    plan = plan_shots({"chsh": 4}, 4 * shots_for("chsh", 0.1))
    widths = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        table = np.array([rng.multinomial(plan.shots["chsh"], [0.25] * 4) for _ in range(4)], dtype=float)
        widths.append(findings.chsh_estimate(table.reshape(2, 2, 2, 2)).half_width)
    assert max(widths) <= 0.1 * 1.005


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plan_shots({"chsh": 4}, 79), "budget must be at least 80 shots for 4 circuits, got 79"),
        (lambda: plan_shots({"chsh": 4}, 1000, {"speed": 1}), "experiment in targets must be one of"),
        (lambda: shots_for("chsh", 0), "target of chsh must be a finite number greater than 0, got 0"),
        (lambda: Estimate(1, 2, 3, 4), "estimate must be ordered low, value, high"),
        (lambda: estimate(lambda s: 0.0, [[0, 0]]), "counts must hold at least one shot a circuit"),
        (lambda: mean([]), "figures must hold at least one figure"),
        (lambda: linear([[1, -1]], [[0, 0]]), "counts must hold at least one shot a circuit"),
        (lambda: simultaneous(Estimate(1, 0, 2, 9), 0), "comparisons must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
