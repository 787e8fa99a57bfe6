"""S, error rate and fidelity under white noise, each way round, and the remark on measured pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlab import states
from qlab.bell.correlations import chsh_maximum, correlator
from qlab.keys import rates, white_noise


@given(st.floats(0.25, 1))
def test_both_ways_round(fidelity: float) -> None:
    assert white_noise.werner_fidelity(qber=rates.werner_qber(fidelity)) == pytest.approx(fidelity)
    assert white_noise.werner_fidelity(s=rates.werner_s(fidelity)) == pytest.approx(fidelity)


@given(st.floats(0.5, 1))
def test_a_werner_pair_fits(fidelity: float) -> None:
    rho = states.werner_state(fidelity)
    qber = (1 - correlator(rho, 0.0, 0.0)) / 2
    comparison = white_noise.compare_with_white_noise(chsh_maximum(rho), qber)
    assert comparison.expected_s == pytest.approx(chsh_maximum(rho))
    assert comparison.expected_qber == pytest.approx(qber)
    assert comparison.remark.startswith("fits white noise")


def test_known_thresholds() -> None:
    """11.0028 % needs F = 0.83496, S = 2 is F = 0.78033 (Shor, Preskill 2000; Horodecki 1995)."""
    assert white_noise.werner_fidelity(qber=0.110028) == pytest.approx(0.83496, abs=1e-5)
    assert white_noise.werner_fidelity(s=2.0) == pytest.approx(0.78033, abs=1e-5)


def test_munich_is_better_than_white_noise() -> None:
    """S = 2.578(75) and Q = 0.078(9) (Zhang et al., Nature 607, 687, 2022)."""
    comparison = white_noise.compare_with_white_noise(2.578, 0.078, s_error=0.075, qber_error=0.009)
    assert comparison.expected_s == pytest.approx(2 * np.sqrt(2) * 0.844)
    assert comparison.sigmas == pytest.approx((2.578 - 2.38719) / np.hypot(0.075, 2 * 2.82843 * 0.009), abs=1e-4)
    assert comparison.remark.startswith("better than white noise")


def test_dephasing_is_better_and_bad_angles_are_worse() -> None:
    dephased = states.bell_diagonal_state([0.9, 0.1, 0, 0])
    wrong = (1 - correlator(dephased, np.pi / 2, np.pi / 2)) / 2
    assert white_noise.compare_with_white_noise(chsh_maximum(dephased), wrong).remark.startswith("better")
    assert white_noise.compare_with_white_noise(2.2, 0.05, s_error=0.02).remark.startswith("worse")
    assert white_noise.compare_with_white_noise(2.9, 0.0, s_error=0.01).remark.startswith("S is above 2√2")
    assert white_noise.compare_with_white_noise(2.84, 0.0, s_error=0.01).remark.startswith("fits")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: white_noise.werner_fidelity(), "qber and s must be given one without the other"),
        (lambda: white_noise.werner_fidelity(qber=0.1, s=2.0), "qber and s must be given one without the other"),
        (lambda: white_noise.werner_fidelity(qber=0.7), "qber must lie in"),
        (lambda: white_noise.werner_fidelity(s=2.9), "s must lie in"),
        (lambda: white_noise.compare_with_white_noise(5, 0.1), r"s must lie in \[-4, 4\], got 5"),
        (lambda: white_noise.compare_with_white_noise(2.5, 1.1), r"qber must lie in \[0, 1\], got 1.1"),
        (lambda: white_noise.compare_with_white_noise(2.5, 0.1, s_error=-1), "s_error must be a finite number"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
