"""BB84, BBM92, E91: simulations against closed forms, closed forms against density matrices."""

from collections.abc import Callable
from math import cos, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.channels import apply_channel
from qlab.circuits import Circuit
from qlab.gates import X, Z, ry
from qlab.keys.bb84 import simulate_bb84
from qlab.keys.entangled_pairs import (
    E91_ALICE_ANGLES,
    E91_BOB_ANGLES,
    E91Result,
    e91_probabilities,
    simulate_bbm92,
    simulate_e91,
)
from qlab.keys.intercept_resend import (
    EVE_STRATEGIES,
    KeyExchangeResult,
    detection_probability,
    eve_agreement_probability,
    intercept_resend_qber,
    intercept_resend_s,
)
from qlab.simulator import run, sample
from qlab.states import density_matrix, epr_pair, ket, random_density_matrix, werner_state

fractions = st.floats(0, 1)


def seeded(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def tap(angle: float) -> np.ndarray:
    """Kraus operators of measuring at an angle and sending on what was seen."""
    vectors = ry(angle)
    return np.array([np.outer(vectors[:, bit], vectors[:, bit].conj()) for bit in (0, 1)])


def eve_angles(eve: str, receiver: float) -> list[float]:
    return {"random basis": [0.0, pi / 2], "fixed basis": [0.0], "breidbart": [pi / 4], "knows basis": [receiver]}[eve]


def within(value: float, expected: float, trials: int) -> bool:
    """Whether a frequency lies within four standard errors of its probability."""
    return abs(value - expected) <= 4 * sqrt(max(expected * (1 - expected), 0) / trials) + 1e-12


@pytest.mark.parametrize("eve", EVE_STRATEGIES)
@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("simulate", [simulate_bb84, simulate_bbm92])
def test_simulations_meet_the_closed_forms(
    simulate: Callable[..., KeyExchangeResult], eve: str, fraction: float
) -> None:
    result = simulate(200_000, seeded(), intercepted_fraction=fraction, eve=eve)
    assert within(result.qber, intercept_resend_qber(fraction, eve=eve), result.sifted_bits)
    assert within(result.sifted_bits / result.rounds, 0.5, result.rounds)
    assert within(result.intercepted / result.sifted_bits, fraction, result.sifted_bits)
    if fraction:
        assert within(result.eve_agreement, eve_agreement_probability(eve), result.intercepted)
    else:
        assert np.isnan(result.eve_agreement)


def test_full_intercept_resend_at_the_sheets_size() -> None:
    result = simulate_bb84(400_000, seeded(1), intercepted_fraction=1.0)
    assert abs(result.qber - 0.25) < 4 * result.standard_error
    assert within(result.eve_agreement, 0.75, result.intercepted)


def test_a_fixed_basis_shows_in_one_basis_only() -> None:
    for simulate in (simulate_bb84, simulate_bbm92):
        result = simulate(100_000, seeded(2), intercepted_fraction=1.0, eve="fixed basis")
        assert result.qber_by_basis[0] == 0
        assert within(result.qber_by_basis[1], 0.5, result.sifted[1])


@pytest.mark.parametrize("angle", [0.0, pi / 2])
@pytest.mark.parametrize("eve", EVE_STRATEGIES)
def test_bb84_round_as_density_matrix(eve: str, angle: float) -> None:
    """QBER by basis and Eve's knowledge from Kraus operators alone."""
    wrong, known = [], []
    for bit in (0, 1):
        prepared = run(Circuit(1).ry(angle, 0), initial=ket(str(bit)))
        for between in eve_angles(eve, angle):
            rho = apply_channel(prepared, tap(between), [0])
            seen = tap(between)[bit] @ density_matrix(prepared)
            wrong.append(np.trace(tap(angle)[1 - bit] @ rho).real)
            known.append(np.trace(seen).real)
    result = simulate_bb84(100_000, seeded(3), intercepted_fraction=1.0, eve=eve, z_probability=float(angle == 0.0))
    assert within(result.qber, float(np.mean(wrong)), result.sifted_bits)
    assert within(result.eve_agreement, float(np.mean(known)), result.intercepted)


def test_bb84_as_a_circuit_shot_by_shot() -> None:
    """All basis choices of one pulse, as measured circuits with Eve's measurement in between."""
    wrong = total = 0
    for bit in (0, 1):
        for basis in (0.0, pi / 2):
            for eve in (0.0, pi / 2):
                circuit = Circuit(1).gate("x", 0) if bit else Circuit(1)
                circuit = circuit.ry(basis, 0).ry(-eve, 0).measure(0, key="eve").ry(eve, 0)
                circuit = circuit.ry(-basis, 0).measure(0, key="bob")
                bits = sample(circuit, 2000, seeded(bit))["bob"]
                wrong, total = wrong + int(np.count_nonzero(bits != bit)), total + 2000
    assert within(wrong / total, 0.25, total)


def test_flips_and_biased_bases() -> None:
    result = simulate_bb84(300_000, seeded(4), flip_probability=0.03, z_probability=0.9)
    assert within(result.qber, 0.03, result.sifted_bits)
    assert within(result.sifted[0] / result.rounds, 0.81, result.rounds)
    assert within(result.sifted[1] / result.rounds, 0.01, result.rounds)


def test_eve_agrees_with_alice_whatever_the_line_does_to_bob() -> None:
    result = simulate_bb84(20_000, seeded(4), intercepted_fraction=1.0, eve="knows basis", flip_probability=0.2)
    assert result.eve_agreement == 1.0
    assert within(result.qber, 0.2, result.sifted_bits)


def test_blocks_join_and_results_add() -> None:
    long = simulate_bb84(2**20 + 17, seeded(5), intercepted_fraction=1.0)
    assert long.rounds == 2**20 + 17
    assert within(long.qber, 0.25, long.sifted_bits)
    both = long + simulate_bbm92(1000, seeded(5))
    assert both.rounds == long.rounds + 1000
    assert sum(both.errors) == sum(long.errors)
    one, two = KeyExchangeResult(9, (5, 4), (1, 2), 7, 6), KeyExchangeResult(30, (10, 20), (3, 5), 11, 8)
    assert one + two == KeyExchangeResult(39, (15, 24), (4, 7), 18, 14)
    empty = KeyExchangeResult(0, (0, 0), (0, 0), 0, 0)
    assert np.isnan(empty.qber)
    assert np.isnan(empty.standard_error)
    assert long + empty == long


def test_werner_pairs_err_by_two_thirds_of_what_they_lack() -> None:
    result = simulate_bbm92(200_000, seeded(6), rho=werner_state(0.85))
    assert within(result.qber, 0.1, result.sifted_bits)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), fractions, st.sampled_from(EVE_STRATEGIES))
def test_e91_table_against_kraus_operators(seed: int, fraction: float, eve: str) -> None:
    rho = random_density_matrix(2, np.random.default_rng(seed))
    table = e91_probabilities(rho, intercepted_fraction=fraction, eve=eve)
    for x, alice in enumerate(E91_ALICE_ANGLES):
        for y, bob in enumerate(E91_BOB_ANGLES):
            angles = eve_angles(eve, bob)
            after = (1 - fraction) * rho
            after = after + sum(fraction / len(angles) * apply_channel(rho, tap(a), [1]) for a in angles)
            expected = [[np.trace(np.kron(a, b) @ after).real for b in tap(bob)] for a in tap(alice)]
            assert np.allclose(table[x, y], expected, atol=1e-10)


@settings(deadline=None)
@given(st.integers(0, 10**6), fractions, st.sampled_from(EVE_STRATEGIES))
def test_alice_never_sees_what_bob_or_eve_do(seed: int, fraction: float, eve: str) -> None:
    rho = random_density_matrix(2, np.random.default_rng(seed))
    table = e91_probabilities(rho, intercepted_fraction=fraction, eve=eve)
    marginal = table.sum(axis=3)
    assert np.allclose(table.sum(axis=(2, 3)), 1)
    assert np.allclose(marginal, marginal[:, :1])
    assert np.allclose(marginal, e91_probabilities(rho).sum(axis=3))


def s_of(table: np.ndarray) -> float:
    e = table[..., 0, 0] + table[..., 1, 1] - table[..., 0, 1] - table[..., 1, 0]
    return float(e[0, 0] + e[0, 1] + e[1, 0] - e[1, 1])


@settings(deadline=None)
@given(fractions, st.sampled_from(EVE_STRATEGIES))
def test_s_falls_with_the_share_that_eve_taps(fraction: float, eve: str) -> None:
    table = e91_probabilities(intercepted_fraction=fraction, eve=eve)
    assert s_of(table) == pytest.approx(intercept_resend_s(fraction, eve=eve), abs=1e-10)


@settings(deadline=None)
@given(st.floats(0, 2 * pi))
def test_no_in_plane_basis_leaves_more_than_root_two(angle: float) -> None:
    rho = apply_channel(epr_pair(), tap(angle), [1])
    s = sum(
        sign * np.trace(np.kron(a, (Z + flip * X) / sqrt(2)) @ rho).real
        for a, flip, sign in ((Z, 1, 1), (Z, -1, 1), (X, 1, 1), (X, -1, -1))
    )
    assert abs(s) <= sqrt(2) + 1e-12


@pytest.mark.parametrize(("fraction", "eve"), [(0.0, "random basis"), (0.5, "breidbart"), (1.0, "fixed basis")])
def test_e91_simulation(fraction: float, eve: str) -> None:
    result = simulate_e91(600_000, seeded(8), intercepted_fraction=fraction, eve=eve)
    assert int(result.counts.sum()) == 600_000
    assert within(result.key_bits / 600_000, 1 / 6, 600_000)
    assert abs(result.s - intercept_resend_s(fraction, eve=eve)) < 4 * result.standard_error
    expected = e91_probabilities(intercepted_fraction=fraction, eve=eve)[0, 2]
    assert within(result.qber, float(expected[0, 1] + expected[1, 0]), result.key_bits)


def test_the_standard_error_of_s_is_that_of_repeated_runs() -> None:
    rng = seeded(9)
    runs = [simulate_e91(6000, rng, rho=werner_state(0.9)) for _ in range(400)]
    spread = np.std([r.s for r in runs])
    assert spread == pytest.approx(np.mean([r.standard_error for r in runs]), rel=4 / sqrt(2 * 400))


def test_eve_who_knows_the_settings_is_not_seen() -> None:
    result = simulate_e91(200_000, seeded(10), intercepted_fraction=1.0, eve="knows basis")
    assert result.qber == 0
    assert abs(result.s - 2 * sqrt(2)) < 4 * result.standard_error


def test_few_rounds_leave_gaps_without_a_crash() -> None:
    result = simulate_e91(1, seeded(11))
    for figure in ("s", "standard_error"):
        with pytest.raises(ValueError, match="counts must hold a round of each pair of questions"):
            getattr(result, figure)
    with pytest.raises(ValueError, match="counts must be 24 whole numbers"):
        E91Result(np.zeros((2, 2, 2, 2), dtype=int))
    assert simulate_bb84(40, seeded(12)).errors == (0, 0)
    assert simulate_bb84(40, seeded(12)).standard_error > 0.02
    assert simulate_bb84(1, seeded(12)).sifted_bits in (0, 1)


@pytest.mark.parametrize(("bits", "chance"), [(8, 0.8999), (16, 0.9900), (20, 0.9968), (30, 0.9998)])
def test_detection_table(bits: int, chance: float) -> None:
    assert detection_probability(bits) == pytest.approx(chance, abs=6e-5)
    trials = [simulate_bb84(2 * bits, seeded(s), intercepted_fraction=1.0) for s in range(300)]
    rate = np.mean([any(t.errors) for t in trials])
    expected = np.mean([detection_probability(t.sifted_bits) for t in trials])
    assert within(float(rate), float(expected), 300)


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0, 1))
def test_detection_grows_with_the_sample(bits: int, qber: float) -> None:
    assert 0 <= detection_probability(bits, qber=qber) <= detection_probability(bits + 1, qber=qber) <= 1


def test_closed_forms_at_their_ends() -> None:
    assert detection_probability(0) == 0
    assert [detection_probability(n, qber=1.0) for n in (0, 1, 3)] == [0, 1, 1]
    assert eve_agreement_probability() == 0.75
    assert intercept_resend_qber(1.0) == 0.25
    assert intercept_resend_s(0.0) == pytest.approx(2 * sqrt(2))
    assert eve_agreement_probability("breidbart") == pytest.approx(cos(pi / 8) ** 2)
    assert [eve_agreement_probability(e) for e in ("random basis", "fixed basis", "knows basis")] == [0.75, 0.75, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate_bb84(0, seeded()), "pulses must be a whole number of at least 1, got 0"),
        (lambda: simulate_bb84(5, seeded(), intercepted_fraction=1.2), "intercepted_fraction must lie"),
        (lambda: simulate_bb84(5, seeded(), eve="magic"), "eve must be one of 'random basis'"),
        (lambda: simulate_bb84(5, seeded(), flip_probability=-1), "flip_probability must lie"),
        (lambda: simulate_bb84(5, seeded(), z_probability=2), "z_probability must lie"),
        (lambda: simulate_bbm92(0, seeded()), "pairs must be"),
        (lambda: simulate_bbm92(5, seeded(), rho=ket("0")), "rho must be a state of two qubits"),
        (lambda: simulate_bbm92(5, seeded(), z_probability=2), "z_probability must lie"),
        (lambda: simulate_bbm92(5, seeded(), eve="x"), "eve must be one of"),
        (lambda: simulate_e91(0, seeded()), "pairs must be"),
        (lambda: e91_probabilities(intercepted_fraction=-1), "intercepted_fraction must lie"),
        (lambda: intercept_resend_qber(2), "intercepted_fraction must lie"),
        (lambda: intercept_resend_s(0.5, eve="x"), "eve must be one of"),
        (lambda: eve_agreement_probability("x"), "eve must be one of"),
        (lambda: detection_probability(-1), "compared_bits must be"),
        (lambda: detection_probability(1, qber=1.2), "qber must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
