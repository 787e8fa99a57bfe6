"""Waiting times and fidelities of chains: tables, direct summation, round-by-round play, Monte Carlo."""

import time
from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.channels import apply_channel, depolarizing
from qlab.gates import CNOT, H
from qlab.measures import fidelity
from qlab.networks.links import FibreLink, mean_rounds_two_links, mean_storage_factor
from qlab.networks.repeaters import (
    chain_fidelity,
    simulate_chain,
    swapped_weights,
)
from qlab.networks.waiting_times import mean_rounds_all_links, waiting_time
from qlab.states import bell_diagonal_state, bell_state, epr_pair, partial_trace, werner_state


@pytest.mark.parametrize(
    ("p", "rounds"),
    [
        (0.5, (2.6667, 3.1429, 3.5048, 4.4211, 5.3774)),
        (0.1, (14.7368, 17.9006, 20.2734, 26.2958, 32.5872)),
        (0.01, (149.749, 182.915, 207.790, 270.925, 336.880)),
        (0.001, (1499.75, 1832.92, 2082.79, 2717.00, 3379.54)),
    ],
)
def test_a5_all_links_table(p: float, rounds: tuple[float, ...]) -> None:
    computed = [mean_rounds_all_links(p, n) for n in (2, 3, 4, 8, 16)]
    assert computed == pytest.approx(rounds, rel=4e-6 if p < 0.1 else 2e-5)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 1), st.integers(1, 40))
def test_all_links_against_direct_summation(p: float, n: int) -> None:
    q = 1 - p
    direct = sum(1 - (1 - q**t) ** n for t in range(6000))
    assert mean_rounds_all_links(p, n) == pytest.approx(direct, rel=1e-8)


@pytest.mark.parametrize(
    ("p", "swap", "segments", "rounds"),
    [
        (0.5, 0.5, 2, 5.3333),
        (0.5, 0.5, 4, 15.0939),
        (0.1, 0.5, 2, 29.4737),
        (0.1, 0.5, 4, 84.8176),
        (0.1, 0.5, 8, 242.348),
        (0.1, 1.0, 2, 14.7368),
        (0.1, 1.0, 4, 20.2734),
        (0.1, 1.0, 8, 26.2958),
        (0.01, 0.5, 4, 864.882),
    ],
)
def test_a5_nested_doubling_table(p: float, swap: float, segments: int, rounds: float) -> None:
    exact = waiting_time(segments, p, swap_success=swap)
    assert exact.mean == pytest.approx(rounds, rel=7e-6)
    run = simulate_chain(20_000, np.random.default_rng(3), segments=segments, success_probability=p, swap_success=swap)
    assert abs(run.mean_rounds - exact.mean) < 3 * run.standard_error


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 1), st.floats(0.2, 1), st.integers(1, 6))
def test_generating_function(p: float, swap: float, segments: int) -> None:
    """The table agrees with q·M(z)/(1-(1-q)·M(z)), M summed directly from the halves' tables."""
    whole = waiting_time(segments, p, swap_success=swap, missing=1e-11)
    assert whole.missing <= 1e-11
    assert (whole.pmf >= 0).all()
    assert whole.pmf[0] == pytest.approx(0, abs=1e-14)
    if segments == 1:
        assert whole.mean == pytest.approx(1 / p)
        return
    halves = [
        np.cumsum(waiting_time(n, p, swap_success=swap, missing=1e-11).pmf)
        for n in (segments // 2, segments - segments // 2)
    ]
    size = max(map(len, halves))
    both = np.prod([np.pad(c, (0, size - len(c)), constant_values=c[-1]) for c in halves], axis=0)
    later = np.diff(both, prepend=0.0)
    for z in (0.3, 0.9, 0.99):
        value = later @ z ** np.arange(size)
        assert whole.pmf @ z ** np.arange(len(whole.pmf)) == pytest.approx(
            swap * value / (1 - (1 - swap) * value), abs=1e-9
        )


@settings(deadline=None, max_examples=40)
@given(st.floats(0.03, 1), st.floats(0.3, 1), st.floats(0.5, 1))
def test_two_segments_have_closed_forms(p: float, swap: float, survival: float) -> None:
    exact = waiting_time(2, p, swap_success=swap, survival_per_round=survival)
    assert exact.mean == pytest.approx(mean_rounds_two_links(p) / swap, rel=1e-7)
    assert exact.mean_visibility == pytest.approx(mean_storage_factor(p, -np.log(survival)), abs=1e-8)


def played(segments: int, p: float, swap: float, survival: float, rng: np.random.Generator) -> tuple[int, float]:
    """A chain in a day's log: rounds of a block one after the other, without any formula."""
    if segments == 1:
        rounds = 1
        while rng.random() >= p:
            rounds += 1
        return rounds, 1.0
    total = 0
    while True:
        (left, w), (right, v) = (played(segments // 2, p, swap, survival, rng) for _ in range(2))
        total += max(left, right)
        if rng.random() < swap:
            return total, w * v * survival ** abs(left - right)


def test_chain_played_round_by_round() -> None:
    rng = np.random.default_rng(17)
    sample = np.array([played(4, 0.3, 0.6, 0.97, rng) for _ in range(4000)])
    exact = waiting_time(4, 0.3, swap_success=0.6, survival_per_round=0.97)
    for column, mean in ((0, exact.mean), (1, exact.mean_visibility)):
        values = sample[:, column]
        assert abs(values.mean() - mean) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("segments", [1, 3, 5, 8])
def test_monte_carlo_against_distribution(segments: int) -> None:
    setting = {"swap_success": 0.7, "link_visibility": 0.98, "survival_per_round": 0.995}
    exact = waiting_time(segments, 0.2, **setting)
    run = simulate_chain(40_000, np.random.default_rng(23), segments=segments, success_probability=0.2, **setting)
    assert abs(run.mean_rounds - exact.mean) < 4 * run.standard_error
    spread = run.visibilities.std() / np.sqrt(len(run.visibilities))
    assert abs(run.visibilities.mean() - exact.mean_visibility) <= 4 * spread + 1e-12
    assert run.fidelities.mean() == pytest.approx(exact.mean_fidelity, abs=4 * spread + 1e-12)
    for share in (0.1, 0.5, 0.9):
        enough = int(np.searchsorted(np.cumsum(exact.pmf), share))
        reached, ideal = np.mean(run.rounds <= enough), np.cumsum(exact.pmf)[enough]
        assert abs(reached - ideal) < 4 * np.sqrt(share * (1 - share) / 40_000) + 1e-12


@pytest.mark.parametrize(("pairs", "swap_success"), [(2, 1.0), (37, 0.5), (3000, 0.02)])
def test_as_many_pairs_as_were_asked_for(pairs: int, swap_success: float) -> None:
    """The last is more than one block of the simulation holds."""
    run = simulate_chain(
        pairs, np.random.default_rng(5), segments=4, success_probability=0.9, swap_success=swap_success
    )
    assert len(run.rounds) == len(run.visibilities) == len(run.fidelities) == pairs


def test_monte_carlo_is_fast() -> None:
    rates = []
    for seed in range(3):
        start = time.process_time()
        simulate_chain(100_000, np.random.default_rng(seed), segments=4, success_probability=0.1, swap_success=0.5)
        rates.append(100_000 / (time.process_time() - start))
    assert max(rates) >= 50_000


@pytest.mark.parametrize("missing", [0.5, 0.1, 1e-6])
def test_a_short_table_speaks_of_the_pairs_it_holds(missing: float) -> None:
    """Links that keep their visibility deliver it, however little of the distribution is worked out."""
    exact = waiting_time(1, 0.1, link_visibility=0.8, missing=missing)
    assert exact.missing <= missing
    assert exact.mean_visibility == pytest.approx(0.8)


def test_the_popular_estimate_is_too_high() -> None:
    assert waiting_time(8, 0.01, swap_success=1).mean < (3 / 2) ** 3 / 0.01 * 0.85


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 0.9), st.floats(0.3, 1), st.integers(1, 7))
def test_longer_chains_wait_longer_and_decay_more(p: float, swap: float, segments: int) -> None:
    short, long = (waiting_time(n, p, swap_success=swap, survival_per_round=0.99) for n in (segments, segments + 1))
    assert long.mean > short.mean
    assert long.mean_visibility <= short.mean_visibility + 1e-9


def noisy_swap(first: np.ndarray, second: np.ndarray, *, keep: float, right: float) -> np.ndarray:
    """Bell measurement on the middle qubits of two pairs with noise, corrections included: density matrices."""
    rho = np.kron(first, second)
    rho = apply_channel(rho, depolarizing(15 / 16 * (1 - keep), num_qubits=2), [1, 2])
    rho = apply_channel(apply_channel(rho, CNOT[None], [1, 2]), H[None], [1])
    total = np.zeros((4, 4), dtype=complex)
    paulis = {"0": np.eye(2), "z": np.diag([1, -1]), "x": np.array([[0, 1], [1, 0]])}
    for phase_bit in (0, 1):
        for flip_bit in (0, 1):
            projector = reduce(np.kron, [np.eye(2), np.diag([1 - phase_bit, phase_bit]).astype(complex)])
            projector = reduce(np.kron, [projector, np.diag([1 - flip_bit, flip_bit]), np.eye(2)])
            branch = projector @ rho @ projector
            weight = float(np.trace(branch).real)
            state = partial_trace(branch / weight, [0, 3])
            for seen_phase in (0, 1):
                for seen_flip in (0, 1):
                    chance = np.prod(
                        [right if s == t else 1 - right for s, t in ((seen_phase, phase_bit), (seen_flip, flip_bit))]
                    )
                    fix = np.linalg.matrix_power(paulis["z"], seen_phase) @ np.linalg.matrix_power(
                        paulis["x"], seen_flip
                    )
                    full = np.kron(np.eye(2), fix)
                    total += weight * chance * full @ state @ full.conj().T
    return total


@settings(deadline=None, max_examples=20)
@given(st.floats(0.25, 1), st.floats(0.25, 1), st.floats(0, 1), st.floats(0.5, 1))
def test_noisy_swap_against_density_matrices(first: float, second: float, keep: float, right: float) -> None:
    rho = noisy_swap(werner_state(first), werner_state(second), keep=keep, right=right)
    expected = chain_fidelity([first, second], gate_error=(1 - keep) * 15 / 16, readout_error=1 - right)
    assert fidelity(epr_pair(), rho) == pytest.approx(expected, abs=1e-10)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8))
def test_swapped_weights_against_density_matrices(parts: list[float]) -> None:
    first, second = (np.array(p) / sum(p) for p in (parts[:4], parts[4:]))
    rho = noisy_swap(bell_diagonal_state(list(first)), bell_diagonal_state(list(second)), keep=1, right=1)
    assert np.allclose(rho, bell_diagonal_state(swapped_weights(list(first), list(second))), atol=1e-10)


def test_swap_table() -> None:
    for fidelities, expected in (((0.9, 0.9), 0.813333), ((0.95, 0.8), 0.763333), ((0.99, 0.99), 0.980133)):
        assert chain_fidelity(fidelities) == pytest.approx(expected, abs=6e-7)
    for links, expected in ((2, 0.903333), (4, 0.819126), (8, 0.681872), (16, 0.498685)):
        assert chain_fidelity([0.95] * links) == pytest.approx(expected, abs=6e-7)
    noisy = chain_fidelity([0.96, 0.96], gate_error=0.01 * 15 / 16, readout_error=0.01)
    assert noisy == pytest.approx(0.897756, abs=6e-7)
    for f, most in ((0.99, 81), (0.98, 40), (0.95, 15), (0.90, 7)):
        assert chain_fidelity([f] * most) > 0.5 >= chain_fidelity([f] * (most + 1))


def test_swapping_a_bell_state_into_another() -> None:
    assert swapped_weights((0, 1, 0, 0), (0, 0, 1, 0)) == (0, 0, 0, 1)
    joined = noisy_swap(
        np.outer(bell_state("phi-"), bell_state("phi-")),
        np.outer(bell_state("psi+"), bell_state("psi+")),
        keep=1,
        right=1,
    )
    assert fidelity(bell_state("psi-"), joined) == pytest.approx(1)


def test_the_longest_waits_do_not_overflow() -> None:
    link = FibreLink(1000.0)
    run = simulate_chain(
        20_000, np.random.default_rng(2), segments=2, success_probability=link.herald_probability, swap_success=0.5
    )
    expected = mean_rounds_two_links(link.herald_probability) / 0.5
    assert expected == pytest.approx(6e20)
    assert run.rounds.min() > 0
    assert abs(run.mean_rounds - expected) < 4 * run.standard_error
    rarest = simulate_chain(1000, np.random.default_rng(3), segments=3, success_probability=1e-240)
    assert abs(rarest.mean_rounds - mean_rounds_all_links(1e-240, 3)) < 4 * rarest.standard_error


def test_pairs_that_all_took_equally_long_leave_an_error() -> None:
    run = simulate_chain(10, np.random.default_rng(4), segments=2, success_probability=1 - 1e-9)
    assert run.mean_rounds == 1
    assert run.standard_error == pytest.approx(np.sqrt(11 / 144 / 10))


@pytest.mark.parametrize("talk", [1.0, 2.0, 0.6])
def test_news_of_swaps_takes_its_time(talk: float) -> None:
    setting = {"segments": 5, "success_probability": 0.2, "swap_success": 0.7, "survival_per_round": 0.97}
    exact = waiting_time(5, 0.2, swap_success=0.7, survival_per_round=0.97, swap_talk=talk)
    run = simulate_chain(40_000, np.random.default_rng(5), swap_talk=talk, **setting)
    assert abs(run.mean_rounds - exact.mean) < 4 * run.standard_error
    spread = run.visibilities.std() / np.sqrt(len(run.visibilities))
    assert abs(run.visibilities.mean() - exact.mean_visibility) < 4 * spread
    # Two halves of equal length start and end together: their news adds up, 1 + 2 + 4 segments in a chain of eight.
    quiet, loud = (waiting_time(8, 0.2, survival_per_round=0.97, swap_talk=t) for t in (0.0, 1.0))
    assert loud.mean == pytest.approx(quiet.mean + 7)
    assert loud.mean_visibility == pytest.approx(quiet.mean_visibility * 0.97 ** (4 + 2 * 2 + 4 * 1))


def test_many_rare_links_by_their_closed_form() -> None:
    for n, p in ((17, 0.039), (100, 1e-3), (1000, 0.01)):
        late = np.exp(np.arange(1, int(60 / p)) * np.log1p(-p))
        assert mean_rounds_all_links(p, n) == pytest.approx(1 - np.sum(np.expm1(n * np.log1p(-late))), rel=1e-11)
    assert mean_rounds_all_links(1e-9, 100) == pytest.approx(sum(1 / k for k in range(1, 101)) * 1e9, rel=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_rounds_all_links(0, 2), r"success_probability must lie in \(0, 1\], got 0"),
        (lambda: mean_rounds_all_links(0.1, 0), "segments must be a whole number"),
        (lambda: mean_rounds_all_links(5e-324, 100), "success_probability must leave an answer below 1.8e"),
        (
            lambda: simulate_chain(5, np.random.default_rng(0), segments=2, success_probability=1e-260),
            "success_probability must be at least 1e-250, got 1e-260",
        ),
        (lambda: waiting_time(2, 1e-9), "must need at most 262,144 rounds in the table"),
        (lambda: waiting_time(0, 0.1), "segments must be"),
        (lambda: waiting_time(2, 0.1, swap_success=0), "swap_success must lie"),
        (lambda: waiting_time(2, 0.1, link_visibility=2), "link_visibility must lie"),
        (lambda: waiting_time(2, 0.1, survival_per_round=-1), "survival_per_round must lie"),
        (lambda: waiting_time(2, 0.1, missing=0), "missing must lie"),
        (lambda: simulate_chain(1, np.random.default_rng(0), segments=2, success_probability=0.1), "pairs must be"),
        (
            lambda: simulate_chain(5, np.random.default_rng(0), segments=2, success_probability=0),
            "success_probability must lie",
        ),
        (lambda: simulate_chain(5, np.random.default_rng(0), segments=0, success_probability=0.5), "segments must be"),
        (
            lambda: simulate_chain(
                5, np.random.default_rng(0), segments=64, success_probability=0.5, swap_success=0.01
            ),
            "swap_success must be larger for 64 segments, got 0.01",
        ),
        (lambda: swapped_weights((1, 0), (1, 0, 0, 0)), "first must be four probabilities"),
        (lambda: chain_fidelity([]), "fidelities must hold at least one number"),
        (lambda: chain_fidelity([1.2]), "each of fidelities must lie"),
        (lambda: chain_fidelity([1.0], gate_error=2), "gate_error must lie"),
        (lambda: chain_fidelity([1.0], readout_error=1.4), "readout_error must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
