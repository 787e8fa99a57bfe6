"""Papers read through the public functions: errors, p-values, pooled values and counts as printed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlab.bell import eberhard, published
from qlab.bell.chsh import play_quantum
from qlab.bell.statistics import HENSEN_2015, BellTestResult
from qlab.states import werner_state


@pytest.mark.parametrize(
    ("s", "rounds", "printed", "half_a_digit"),
    [
        (2.42, 245, 0.20, 0.005),  # Hensen et al., Nature 526, 682 (2015)
        (2.38, 545, 0.14, 0.005),  # both runs: Hensen et al., Sci. Rep. 6, 30289 (2016)
        (2.0747, 2**20, 0.0033, 0.00005),  # Storz et al., Nature 617, 265 (2023)
    ],
)
def test_errors_of_s_are_the_printed_ones(s: float, rounds: int, printed: float, half_a_digit: float) -> None:
    assert abs(published.s_standard_error(s, rounds) - printed) < half_a_digit


def test_error_from_s_and_n_is_that_of_counts() -> None:
    result = play_quantum(werner_state(0.93), 200_000, np.random.default_rng(3))
    assert published.s_standard_error(result.s, result.rounds) == pytest.approx(result.standard_error, rel=0.01)


def test_naive_and_strict_p_values_of_hensen() -> None:
    """0.019 by the conventional reading, 0.039 with memory and predictable settings (Hensen et al. 2015)."""
    s, error = HENSEN_2015.s, HENSEN_2015.standard_error
    _, strict = published.two_p_values(
        8 * HENSEN_2015.wins / HENSEN_2015.rounds - 4, HENSEN_2015.rounds, standard_error=error
    )
    assert strict == pytest.approx(HENSEN_2015.log10_p_value())
    assert round(10 ** published.two_p_values(s, 245, standard_error=error)[0], 3) == 0.019
    assert round(10**strict, 3) == 0.039


def test_p_value_of_storz_is_below_the_printed_bound() -> None:
    """P < 1e-108 from more than a million rounds (Storz et al. 2023)."""
    naive, strict = published.two_p_values(2.0747, 2**20)
    assert -109 < strict < -108
    assert naive < strict


@given(st.floats(2.05, 2.8), st.integers(100, 10**6), st.floats(0, 0.1), st.floats(0, 0.1))
def test_predictable_settings_never_help(s: float, rounds: int, one: float, two: float) -> None:
    low, high = sorted((one, two))
    values = [published.two_p_values(s, rounds, input_excess=tau) for tau in (low, high)]
    assert values[0][1] <= values[1][1]
    assert values[0][0] == values[1][0]


def test_far_out_the_naive_p_value_goes_on() -> None:
    near, far = (published.two_p_values(2 + z * 0.01, 10**6, standard_error=0.01)[0] for z in (29.99, 30.01))
    assert 0 < near - far < 0.5
    assert -45 < published.two_p_values(4.0, 100)[0] < -35  # where all agree the error is still not zero


def test_pooling_of_both_runs_of_hensen() -> None:
    """2.42 ± 0.20 and 2.35 ± 0.18 are printed as 2.38 ± 0.14 together (Hensen et al. 2016)."""
    both = published.pool([2.42, 2.35], [0.20, 0.18])
    assert round(both.value, 2) == 2.38
    assert abs(both.standard_error - 0.14) < 0.01
    assert both.chi_squared < 1
    assert both.scale == 1


@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(0.001, 1)), min_size=1, max_size=6))
def test_laws_of_pooling(measured: list[tuple[float, float]]) -> None:
    values, errors = zip(*measured, strict=True)
    all_of_them = published.pool(values, errors)
    assert min(values) - 1e-9 <= all_of_them.value <= max(values) + 1e-9
    assert all_of_them.standard_error <= min(errors) * (1 + 1e-9)
    if len(values) > 1:  # in two steps as in one
        first = published.pool(values[:-1], errors[:-1])
        steps = published.pool([first.value, values[-1]], [first.standard_error, errors[-1]])
        assert steps.value == pytest.approx(all_of_them.value, abs=1e-9)
        assert steps.standard_error == pytest.approx(all_of_them.standard_error)


def test_disagreeing_measurements_have_a_scale() -> None:
    pooled = published.pool([2.0, 2.6], [0.1, 0.1])
    assert pooled.chi_squared == pytest.approx(18)
    assert pooled.scale == pytest.approx(np.sqrt(18))


@pytest.mark.parametrize(
    ("result", "rounds", "j", "p"),
    [(published.GIUSTINA_2015, 3_502_784_150, 7.27e-6, 3.74e-31), (published.SHALM_2015, 173_149_423, 1.207e-5, 1e-7)],
)
def test_counts_of_the_photonic_experiments(result: BellTestResult, rounds: int, j: float, p: float) -> None:
    """Rounds, J and bound of Giustina et al. 2015 are the paper's; of Shalm et al. the rounds are."""
    assert result.rounds == rounds
    analysis = eberhard.analyse(result)
    assert analysis.j == pytest.approx(j, rel=2e-3)
    assert analysis.log10_p_value < np.log10(p)


def test_giustinas_trials_a_setting_are_the_printed_ones() -> None:
    assert published.GIUSTINA_2015.setting_totals.tolist() == [[875_683_790, 875_518_074], [875_882_007, 875_700_279]]


def test_four_terms_say_what_sixteen_cells_say() -> None:
    whole = eberhard.analyse(published.SHALM_2015, input_excess=1e-3)
    trials = published.SHALM_2015.setting_totals.ravel()
    assert eberhard.analyse_terms([6_378, 2_821, 2_843, 106], trials, input_excess=1e-3) == whole
    assert (whole.for_quantum, whole.against) == (6_378, 2_821 + 2_843 + 106)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: published.s_standard_error(4.1, 100), r"s must lie in \[-4, 4\], got 4.1"),
        (lambda: published.s_standard_error(2.0, 3), "rounds must be a whole number of at least 4"),
        (
            lambda: published.two_p_values(2.4, 100, standard_error=0.0),
            "standard_error must be a finite number greater",
        ),
        (lambda: published.two_p_values(2.4, 100, input_excess=0.6), r"input_excess must lie in \[0, 0.5\]"),
        (lambda: published.pool([], []), "values must be at least one finite number"),
        (lambda: published.pool([2.0], [0.0]), "standard_errors must be 1 finite numbers above 0"),
        (lambda: published.pool([2.0, 2.1], [0.1]), "standard_errors must be 2 finite numbers above 0"),
        (lambda: eberhard.analyse_terms([1, 2, 3], [5, 5, 5, 5]), "terms must be 4 whole numbers"),
        (lambda: eberhard.analyse_terms([1, 2, 3, 6], [5, 5, 5, 5]), "trials must hold a round of each pair"),
        (lambda: eberhard.analyse_terms([0, 0, 0, 0], [0, 5, 5, 5]), "trials must hold a round of each pair"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
