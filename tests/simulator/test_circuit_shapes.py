"""The engine against the slow, plain way, on circuits of every gate, angle, width and shape that people build.

A case is one number: `ket_case(17)` repeats what failed. A few hundred run every day; `make soak` runs thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qlab import gates, states
from qlab.circuits import Circuit, Operation
from qlab.simulator import (
    _branches,
    _engine,
    _frames,
    _halves,
    _phases,
    _small,
    _transfer,
    _windows,
    noisy,
    reference,
    run,
    run_density_matrix,
    sample,
    sampling,
)
from tests.circuit_maker import SPECIAL_ANGLES, clifford_rounds, fed_forward, shaped, with_errors
from tests.crosscheck.chances import assert_alike, chi_squared

DAILY, SOAK = 80, 3000
"""Cases of each kind."""

NARROW = 8
"""Up to this many qubits kets are compared with the oracle, above it with `einsum_ket`."""

SHOTS = 2000


def einsum_ket(circuit: Circuit, initial=None):
    """Ket after gates, one call of `numpy.einsum` a gate: shares no line with the reference."""
    n = circuit.num_qubits
    ket = np.eye(1, 2**n, dtype=complex)[0] if initial is None else np.array(initial, dtype=complex)
    for o in circuit:
        k = len(o.qubits)
        fresh = dict(zip(o.qubits, range(n, n + k), strict=True))
        matrix = o.matrix().reshape((2,) * (2 * k))
        after = [fresh.get(q, q) for q in range(n)]
        ket = np.einsum(matrix, [*fresh.values(), *o.qubits], ket.reshape((2,) * n), list(range(n)), after).reshape(-1)
    return ket


def start_of(rng: np.random.Generator, n: int):
    """No ket to start from, a random one, or a basis state."""
    kind = rng.random()
    if kind < 0.6:
        return None
    if kind < 0.85:
        return states.random_ket(n, rng)
    ket = np.zeros(2**n, dtype=complex)
    ket[int(rng.integers(2**n))] = 1
    return ket


def ket_case(seed: int) -> None:
    """`run` in either precision, one thread or two."""
    rng = np.random.default_rng([1, seed])
    n = int(rng.integers(1, 12) if seed % 2 else rng.choice([12, 13, 14, 15, 16], p=[0.4, 0.25, 0.2, 0.1, 0.05]))
    circuit, start = shaped(rng, n), start_of(rng, n)
    dtype = [np.complex128, np.complex64][int(rng.integers(2))]
    ours = run(circuit, initial=start, dtype=dtype, threads=int(rng.integers(1, 3)))
    expected = reference.final_ket(circuit, start) if n <= NARROW else einsum_ket(circuit, start)
    assert ours.dtype == dtype
    assert np.linalg.norm(ours - expected) < (1e-12 if dtype is np.complex128 else 1e-5)


def matrix_case(seed: int) -> None:
    """`run_density_matrix` with noise, results that are used, and mixed states to start from."""
    rng = np.random.default_rng([2, seed])
    n = int(rng.integers(1, 5))
    circuit = with_errors(fed_forward(rng, n, most=2), rng, int(rng.integers(0, 6)))
    start = states.random_density_matrix(n, rng) if rng.random() < 0.3 else None
    ours = run_density_matrix(circuit, initial=start)
    assert np.abs(ours - reference.final_density_matrix(circuit, start)).max() < 1e-12


def record_kets(circuit: Circuit, initial=None):
    """As `reference.records`, for more qubits and less noise: (record, unnormalised ket) of each course of events."""
    n = circuit.num_qubits
    start = np.eye(1, 2**n, dtype=complex)[0] if initial is None else np.array(initial, dtype=complex)
    courses: list[tuple[Any, Any]] = [((), start)]
    for operation in circuit:
        after = []
        for record, ket in courses:
            if operation.condition is not None and dict(record)[operation.condition] == 0:
                after.append((record, ket))
                continue
            for result, k in reference.outcomes(operation):
                new = record if result is None else (*record, (operation.key, result))
                branch = reference.apply_matrix(ket, k, operation.qubits, n)
                if np.vdot(branch, branch).real > 1e-14:
                    after.append((new, branch))
        courses = after
    return courses


def chances_of(circuit: Circuit, start):
    """Probability of each record and outcome of the last measurement, and the place of each record among them."""
    n, last = circuit.num_qubits, circuit.operations[-1].qubits
    body = Circuit(n, circuit.operations[:-1])
    if n <= 3:
        rho = None if start is None else np.outer(start, start.conj())
        weights = [(record, matrix.diagonal().real) for record, matrix in reference.records(body, rho).items()]
    else:
        weights = [(record, np.abs(ket) ** 2) for record, ket in record_kets(body, start)]
    place: dict[tuple[tuple[str, int], ...], int] = {}
    table = np.zeros((len(weights), 2 ** len(last)))
    rest = [q for q in range(n) if q not in last]
    for record, weight in weights:
        row = place.setdefault(record, len(place))
        table[row] += weight.reshape((2,) * n).transpose([*last, *rest]).reshape(2 ** len(last), -1).sum(axis=1)
    return table[: len(place)], place


def seen_in(results, circuit: Circuit, place, size: int):
    """How often each record and last outcome occurs, in the layout of `chances_of`."""
    numbers = {key: bits.astype(int) @ (1 << np.arange(bits.shape[1])[::-1]) for key, bits in results.items()}
    counts = np.zeros((len(place) + 1, size), dtype=int)
    for shot in range(len(numbers["last"])):
        record = tuple((key, int(numbers[key][shot])) for key in circuit.keys[:-1])
        counts[place.get(record, len(place)), numbers["last"][shot]] += 1
    assert not counts[-1].any(), "an impossible record was seen"
    return counts[:-1]


def scored(circuit: Circuit, results, start) -> tuple[float, int]:
    """Chi-squared of results, and its degrees of freedom."""
    assert tuple(results) == circuit.keys
    table, place = chances_of(circuit, start)
    assert table.sum() == pytest.approx(1)
    counts = seen_in(results, circuit, place, table.shape[1])
    if not counts.any():
        return 0.0, 0
    return chi_squared(counts.ravel(), table.ravel() / table.sum())


def shots_of(rng: np.random.Generator) -> int:
    """None, few enough to be drawn at each branch, or many."""
    return int(rng.choice([0, 50, SHOTS], p=[0.05, 0.25, 0.7]))


def sample_case(seed: int) -> tuple[float, int]:
    """`sample`: measured on the way, fed forward, reset."""
    rng = np.random.default_rng([3, seed])
    n = int(rng.integers(1, 9) if seed % 4 else rng.integers(11, 15))
    circuit, start = fed_forward(rng, n, most=4 if n < 9 else 2), start_of(rng, n)
    results = sample(circuit, shots_of(rng), rng, initial=start)
    return scored(circuit, results, start)


def noisy_case(seed: int) -> tuple[float, int]:
    """`sample` with noise, in each of its ways."""
    rng = np.random.default_rng([4, seed])
    if seed % 3 == 0:
        n = int(rng.integers(1, 7))
        circuit, start = with_errors(clifford_rounds(rng, n), rng, 2 if n > 3 else 5, paulis=True), None
    else:
        n = int(rng.integers(1, 4) if seed % 2 else rng.integers(4, 13))
        circuit = with_errors(fed_forward(rng, n, most=2), rng, int(rng.integers(0, 6)) if n < 4 else 2)
        start = start_of(rng, n)
    results = sample(circuit, shots_of(rng), rng, initial=start)
    return scored(circuit, results, start)


@pytest.mark.parametrize("name", gates.GATES)
def test_every_gate_at_every_special_angle(name: str) -> None:
    """Kets in either precision, narrow and wide; density matrices and shots after noise and a measurement."""
    spec, rng = gates.GATES[name], np.random.default_rng(11)
    scores = []
    for angle in SPECIAL_ANGLES if spec.num_params else (0.0,):
        for n in (3, 12):
            ready = Circuit(n, tuple(Operation("ry", (q,), (0.4 + q,)) for q in range(n)))
            gate = Operation(name, (n - 1, 0, 1)[: spec.num_qubits], (angle,) * spec.num_params)
            expected = reference.final_ket(ready.append(gate))
            for dtype, tolerance in ((np.complex128, 1e-14), (np.complex64, 1e-6)):
                gap = run(ready.append(gate), dtype=dtype) - expected
                assert np.linalg.norm(gap) < tolerance, (angle, n, dtype)
        measured = Circuit(3, ready.operations[:3]).noise("amplitude_damping", 0, params=[0.3]).measure(1, key="m")
        gate = Operation(name, (2, 0, 1)[: spec.num_qubits], (angle,) * spec.num_params, None, "m")
        measured = measured.append(gate).h(0).h(2).measure(0, 2, key="last")
        ours = run_density_matrix(measured)
        assert np.abs(ours - reference.final_density_matrix(measured)).max() < 1e-14, angle
        scores.append(scored(measured, sample(measured, SHOTS, rng), None))
    assert_alike(scores)


BOUNDS = ((_halves, "GATE_BY_GATE", 2**8), (_branches, "BATCH_AMPLITUDES", 2**9), (sampling, "BLOCK", 2**6),
          (_transfer, "TILE", 4))  # fmt: skip
"""Sizes at which the engine changes its way, brought down to where circuits of this size lie on both sides."""


def lower_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name, size in BOUNDS:
        assert getattr(place, name) > size
        monkeypatch.setattr(place, name, size)


def always(arguments, result) -> bool:
    return True


WAYS: dict[Callable[[int], tuple[float, int] | None], list[tuple[Any, str, Callable[..., bool]]]] = {
    ket_case: [
        (_engine, "run_small", always),
        (_small, "_double", lambda arguments, active: active is not None and not active[0]),
        (_halves, "schmidt", always),
        (_halves, "phase_factors", lambda arguments, factors: factors is not None and len(factors[0]) > 2),
        (_halves, "phase_factors", lambda arguments, factors: factors is None),
        (_halves, "_short_svd", lambda arguments, result: arguments[0].shape[0] > arguments[0].shape[1]),
        (_halves, "apply_all", always),
        (_engine, "apply_all", lambda arguments, result: len(arguments[1]) > 0),
        (_phases, "_multiply", always),
        (_windows, "arrangement", always),
        (_windows.Ket, "_turned_over", lambda arguments, turned: turned),
    ],
    matrix_case: [
        (noisy, "_split", always),
        (noisy, "_merged", always),
        (_transfer, "_feed_fresh", always),
    ],
    sample_case: [
        (_engine, "Halves", always),
        (_branches, "_measured", always),
        (_branches, "_joined", always),
        (_branches.Batch, "pick", lambda arguments, result: isinstance(arguments[1], slice)),
        (sampling, "_words", always),
    ],
    noisy_case: [
        (_branches, "_noise", always),
        (_branches.Batch, "pick", lambda arguments, result: isinstance(arguments[1], slice)),
        (sampling, "sample_frames", always),
        (_frames._Frames, "_hit", always),
        (sampling, "_sample_final", always),
    ],
}
"""Kinds of cases, and the ways through the engine that they must have taken: a function, and which calls count."""


def run_cases(case, seeds: range) -> None:
    """All cases of a kind; the counts of those that sample must follow their chances, each and all together."""
    scores = []
    for seed in seeds:
        try:
            score = case(seed)
        except Exception as error:
            raise AssertionError(f"{case.__name__}({seed})") from error
        scores += [score] if score is not None else []
    if scores:
        assert_alike(scores)


def count_calls(monkeypatch: pytest.MonkeyPatch, taken: list[int], way: int, place, name: str, counts) -> None:
    """Add to ``taken[way]`` at every call that counts."""
    original = getattr(place, name)

    def counted(*arguments, **named):
        result = original(*arguments, **named)
        taken[way] += counts(arguments, result)
        return result

    monkeypatch.setattr(place, name, counted)


@pytest.mark.parametrize("case", WAYS)
def test_shapes_that_people_build(case, monkeypatch: pytest.MonkeyPatch) -> None:
    lower_bounds(monkeypatch)
    taken = [0] * len(WAYS[case])
    for way, (place, name, counts) in enumerate(WAYS[case]):
        count_calls(monkeypatch, taken, way, place, name, counts)
    run_cases(case, range(DAILY))
    assert min(taken) >= 3, [(name, n) for (_, name, _), n in zip(WAYS[case], taken, strict=True)]


@pytest.mark.soak
@pytest.mark.parametrize("case", WAYS)
@pytest.mark.parametrize("part", range(10))
def test_many_shapes_that_people_build(case, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if part % 2:
        lower_bounds(monkeypatch)
    run_cases(case, range(DAILY + part * SOAK // 10, DAILY + (part + 1) * SOAK // 10))
