"""Clifford circuits of any width, from one noiseless run and the errors of each shot."""

from __future__ import annotations

import numpy as np
import pytest

from qlab import gates
from qlab.circuits import Circuit, Operation
from qlab.simulator import _frames, _memory, run, run_density_matrix, sample
from qlab.simulator._frames import sample_frames
from qlab.simulator._layers import layers, obstacle
from qlab.simulator._stabilizer import _GATES, Tableau, reference_record
from tests.circuit_maker import clifford, clifford_rounds, with_errors
from tests.crosscheck.chances import assert_alike
from tests.simulator.test_circuit_shapes import scored

SHOTS = 1000


def fed(circuit: Circuit, rng: np.random.Generator) -> Circuit:
    """The circuit with Pauli gates that wait for its results strewn in."""
    steps = list(circuit)
    for place, o in reversed(list(enumerate(circuit))):
        if o.key is not None and o.key != "last":
            for _ in range(int(rng.integers(0, 3))):
                name = str(rng.choice(["x", "y", "z", "i"]))
                steps.insert(place + 1, Operation(name, (int(rng.integers(circuit.num_qubits)),), (), None, o.key))
    return Circuit(circuit.num_qubits, tuple(steps))


def frames_case(seed: int) -> tuple[float, int]:
    """Shots of `sample_frames` against the reference simulator."""
    rng = np.random.default_rng([31, seed])
    n = int(rng.integers(1, 6))
    circuit = clifford_rounds(rng, n)
    circuit = fed(circuit, rng) if seed % 2 else circuit
    circuit = with_errors(circuit, rng, 2, paulis=True) if seed % 3 else circuit
    return scored(circuit, sample_frames(circuit, SHOTS, rng), None)


def test_shots_follow_the_reference() -> None:
    assert_alike([frames_case(seed) for seed in range(60)])


def test_blocks_of_shots_and_rows_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_frames, "BLOCK_BITS", 2**9)
    monkeypatch.setattr(_frames, "ROW_BY_ROW", 0)
    assert_alike([frames_case(seed) for seed in range(60, 90)])


@pytest.mark.soak
def test_many_shots_follow_the_reference() -> None:
    assert_alike([frames_case(seed) for seed in range(90, 3000)])


def test_rows_of_the_tableau_are_the_gates_themselves() -> None:
    """Every Clifford gate after every other: i^r X^x Z^z is U†PU as a matrix."""
    for seed in range(40):
        rng = np.random.default_rng([32, seed])
        n = int(rng.integers(1, 5))
        circuit = Circuit(n, tuple(clifford(rng, range(n))))
        tableau = Tableau(n)
        for layer in layers(circuit):
            _GATES[layer.name](tableau, *layer.qubits.T)
        u = circuit.to_unitary()
        for row in range(2 * n):
            letter, q = ("X", row) if row < n else ("Z", row - n)
            before = gates.pauli_string("I" * q + letter + "I" * (n - q - 1))
            x, z = (int(v) for v in tableau.rows[row, [0, tableau.width]])
            after = 1j ** tableau.powers[row] * np.eye(1)
            for k in range(n):
                power = gates.X if x >> k & 1 else gates.I
                after = np.kron(after, power @ (gates.Z if z >> k & 1 else gates.I))
            assert np.allclose(after, u.conj().T @ before @ u), (seed, row)


@pytest.mark.parametrize("n", [40, 1000])
def test_a_ghz_state_agrees_with_itself(n: int) -> None:
    circuit = Circuit(n, (Operation("h", (0,)), *(Operation("cnot", (q, q + 1)) for q in range(n - 1))))
    bits = sample(circuit.measure(*range(n), key="m"), 400, np.random.default_rng(5))["m"]
    assert (bits == bits[:, :1]).all()
    assert abs(bits[:, 0].mean() - 0.5) < 4 * 0.5 / np.sqrt(400)


def test_what_is_certain_is_read_off_however_wide() -> None:
    """A random circuit of 300 qubits undone again: every result is that of the first flips."""
    rng = np.random.default_rng(6)
    n = 300
    steps = [step for _ in range(30) for step in clifford(rng, range(n))]
    undone = [
        Operation(name, o.qubits)
        for o in reversed(steps)
        for name in {"s": ["sdg"], "sdg": ["s"], "sx": ["sx"] * 3, "iswap": ["iswap"] * 3}.get(o.name, [o.name])
    ]
    flipped = [q for q in range(n) if rng.random() < 0.5]
    circuit = Circuit(n, (*(Operation("x", (q,)) for q in flipped), *steps, *undone)).measure(*range(n), key="m")
    bits = sample(circuit, 70, rng)["m"]
    assert (bits == np.isin(np.arange(n), flipped)).all()


def test_a_parity_of_a_wide_graph_state_is_certain() -> None:
    """X on one qubit and Z on its neighbours: each result is a coin, their sum is even."""
    n = 200
    rng = np.random.default_rng(7)
    ring = Circuit(
        n, (*(Operation("h", (q,)) for q in range(n)), *(Operation("cz", (q, (q + 1) % n)) for q in range(n)))
    )
    bits = sample(ring.h(50).measure(49, 50, 51, key="m"), 2000, rng)["m"]
    assert (bits.sum(axis=1) % 2 == 0).all()
    assert (abs(bits.mean(axis=0) - 0.5) < 4 * 0.5 / np.sqrt(2000)).all()


def test_a_chain_of_teleportations_ends_where_it_should() -> None:
    """A definite Y eigenstate, sent over twenty pairs and measured along Y."""
    links = 20
    circuit = Circuit(2 * links + 1).h(0).s(0)
    for k in range(links):
        a, b, c = 2 * k, 2 * k + 1, 2 * k + 2
        circuit = circuit.h(b).cnot(b, c).cnot(a, b).h(a).measure(a, key=f"z{k}").measure(b, key=f"x{k}")
        circuit = circuit.x(c, when=f"x{k}").z(c, when=f"z{k}")
    circuit = circuit.gate("sdg", 2 * links).h(2 * links).measure(2 * links, key="end")
    results = sample(circuit, 500, np.random.default_rng(8))
    assert not results["end"].any()
    assert 0.3 < results["x7"].mean() < 0.7


def test_noise_on_a_wide_chain_has_its_rate() -> None:
    n, p, shots = 500, 0.02, 4000
    circuit = Circuit(n, tuple(Operation("depolarizing", (q,), (p,)) for q in range(n))).measure(*range(n), key="m")
    flips = sample(circuit, shots, np.random.default_rng(9))["m"].mean()
    chance = 2 * p / 3
    assert abs(flips - chance) < 4 * np.sqrt(chance * (1 - chance) / (shots * n))


def test_one_run_is_a_possible_one() -> None:
    for seed in range(30):
        rng = np.random.default_rng([33, seed])
        n = int(rng.integers(1, 6))
        steps = Circuit(n, tuple(clifford(rng, range(n))))
        bits = reference_record(n, layers(steps.measure(*range(n), key="m")))["m"]
        assert abs(run(steps)[int("".join(map(str, bits)), 2)]) > 1e-6


def test_what_no_frame_can_follow_is_found_and_refused_before_anything_is_allocated() -> None:
    assert obstacle(Circuit(1).h(0).measure(0, key="m").x(0, when="m").reset(0)) is None
    for hindrance in (
        Operation("t", (1,)),
        Operation("amplitude_damping", (1,), (0.1,)),
        Operation("rx", (1,), (0.2,)),
    ):
        circuit = Circuit(1018).h(0).append(hindrance).measure(0, 1, key="m")
        assert obstacle(circuit) == hindrance
        said = f"any width is sampled without {hindrance.name} on qubit 1: from Clifford"
        with pytest.raises(ValueError, match=said):
            sample(circuit, 10, np.random.default_rng(1))
    waits = Circuit(156).measure(0, key="m").append(Operation("s", (3,), (), None, "m")).measure(3)
    with pytest.raises(ValueError, match="any width is sampled without s on qubit 3"):
        sample(waits, 10, np.random.default_rng(1))
    with pytest.raises(ValueError, match="a ket of complex128 with room to work needs"):
        run(Circuit(2000).h(0))
    with pytest.raises(ValueError, match="a density matrix with its working space needs"):
        run_density_matrix(Circuit(2000).h(0))
    with pytest.raises(ValueError, match="an array of results needs"):
        sample(Circuit(2000).h(0).measure(*range(2000)), 10**8, np.random.default_rng(1))
    assert _memory.spelled(2**5000) == "2^5000 bytes"
