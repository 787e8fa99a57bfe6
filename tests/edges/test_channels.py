"""Channels at their edges, against Kraus sums written out on the whole register."""

from __future__ import annotations

from math import exp, inf
from typing import Any

import numpy as np

from qlab import channels, states
from qlab.circuits import Operation
from qlab.gates import PAULIS, H, X, Y, Z
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import embedded, matrix, width

RHO = states.random_density_matrix(2, np.random.default_rng(2))
FLIP = channels.bit_flip(0.25)
SMALL_TIMES = (1e-310, 5e-324, 1e300, inf)


def paulis(p: Any, letters: str) -> Any:
    """√(1-p) I, then √(p/m) of each of m Paulis."""
    q = float(p)
    return [np.sqrt(1 - q) * np.eye(2)] + [np.sqrt(q / len(letters)) * PAULIS[letter] for letter in letters]


def acts_as(wanted: Any) -> Any:
    """A law: the stack does to |0⟩⟨0|, |1⟩⟨1| and |+⟩⟨r| … what another way says."""

    def holds(result: Any, **arguments: Any) -> bool:
        units = np.eye(4).reshape(4, 2, 2)
        found = [sum(k @ unit @ k.conj().T for k in result) for unit in units]
        return bool(np.allclose(found, [wanted(unit, **arguments) for unit in units], rtol=1e-9, atol=1e-12))

    return law(holds)


def scaled(unit: Any, p: Any) -> Any:
    """Coherences shrink by 1-p."""
    return unit * np.array([[1, 1 - float(p)], [1 - float(p), 1]])


def relaxed(unit: Any, duration: Any, t1: Any, t2: Any) -> Any:
    t, t1, t2 = (float(v) for v in (duration, t1, t2))
    kept = exp(-t / t1)
    fallen = np.array([[unit[0, 0] + (1 - kept) * unit[1, 1], unit[0, 1]], [unit[1, 0], kept * unit[1, 1]]])
    return fallen * np.array([[1, exp(-t / t2)], [exp(-t / t2), 1]])


def depolarized(p: Any, num_qubits: Any) -> Any:
    strings: list[Any] = [np.eye(1)]
    for _ in range(int(num_qubits)):
        strings = [np.kron(s, pauli) for s in strings for pauli in (np.eye(2), X, Y, Z)]
    rest = len(strings) - 1
    return [np.sqrt(1 - float(p)) * strings[0]] + [np.sqrt(float(p) / rest) * s for s in strings[1:]]


def composed(first: Any, second: Any) -> Any:
    one, two = np.array(first, dtype=complex), np.array(second, dtype=complex)
    products = [b @ a for b in two for a in one]
    return [product for product in products if np.abs(product).max() > 0]


def summed(rho: Any, kraus: Any, qubits: Any) -> Any:
    full, n = matrix(rho), width(matrix(rho))
    operators = [embedded(k, qubits, n) for k in np.array(kraus, dtype=complex)]
    return sum(k @ full @ k.conj().T for k in operators)


def read(probabilities: Any, e0: Any, e1: Any) -> Any:
    one = np.array([[1 - float(e0), float(e1)], [float(e0), 1 - float(e1)]])
    chances = np.array(probabilities, dtype=float)
    whole = np.eye(1)
    for _ in range(width(chances)):
        whole = np.kron(whole, one)
    return whole @ chances


def spelled(operation: Any) -> Any:
    name, params = operation.name, operation.params
    if name == "kraus":
        return np.array(params).reshape(-1, 2, 2)
    return {"rx": [np.cos(0.15) * np.eye(2) - 1j * np.sin(0.15) * X], "measure": [np.diag([1, 0]), np.diag([0, 1])],
            "reset": [np.diag([1, 0]), np.array([[0, 1], [0, 0]])], "bit_flip": FLIP}[name]  # fmt: skip


ONE = Operation
OPERATIONS = [
    ONE("measure", (0,), (), "m"), ONE("reset", (0,)), ONE("bit_flip", (0,), (0.25,)), ONE("bit_flip", (0,), (2.0,)),
    ONE("bit_flip", (0,), ()), ONE("depolarizing", (0,), ()), ONE("kraus", (0,), (1, 0, 0)), ONE("rx", (0,)),
    ONE("rx", (0,), (0.3, 0.4)), ONE("rx", (0,), (1j,)), ONE("nonsense", (0,)), ONE("unitary", (0,), ("a",)),
    ONE("bit_flip", (0, 1), (0.25,)), ONE("kraus", (0,), tuple(FLIP.ravel())),
]  # fmt: skip
P = {"p": 0.25}
BITS = np.array([[0, 1], [1, 1]], dtype=np.uint8)
CASES = [
    Case(channels.bit_flip, P, lambda p: paulis(p, "X")),
    Case(channels.phase_flip, P, lambda p: paulis(p, "Z")),
    Case(channels.dephasing, P, acts_as(scaled)),
    Case(channels.depolarizing, {"p": 0.25, "num_qubits": 1}, depolarized),
    Case(channels.amplitude_damping, {"gamma": 0.25}, acts_as(
        lambda unit, gamma: relaxed(unit, inf if gamma == 1 else -np.log1p(-float(gamma)), 1, 2)
    )),
    Case(
        channels.thermal_relaxation, {"duration": 0.3, "t1": 1.0, "t2": 1.5}, acts_as(relaxed),
        odd={"duration": SMALL_TIMES, "t1": SMALL_TIMES, "t2": [2.0, 2.0000001, *SMALL_TIMES]},
        says=["t2"],
    ),
    Case(channels.compose, {"first": FLIP, "second": channels.amplitude_damping(0.5)}, composed, says=["second"], odd={
        "first": [channels.depolarizing(0.1, num_qubits=2)], "second": [channels.dephasing(0.0), FLIP + 1e-7],
    }),
    Case(channels.apply_channel, {"rho": RHO, "kraus": FLIP, "qubits": (1,)}, summed, says=["kraus", "qubits"], odd={
        "rho": [states.epr_pair(), states.ghz_state(3)], "kraus": [channels.depolarizing(0.1, num_qubits=2)],
        "qubits": [(0, 1), {1}, range(1)],
    }),
    Case(
        channels.kraus_operators, {"operation": ONE("rx", (0,), (0.3,))}, spelled,
        odd={"operation": OPERATIONS}, says=["params", "theta", "p", "qubits"],
    ),
    Case(
        channels.readout_confusion, {"e0": 0.01, "e1": 0.05},
        lambda e0, e1: [[1 - float(e0), float(e1)], [float(e0), 1 - float(e1)]],
    ),
    Case(channels.confuse, {"probabilities": np.array([0.5, 0.0, 0.25, 0.25]), "e0": 0.01, "e1": 0.05}, read, odd={
        "probabilities": [[0.5, 0.5 + 1e-7], [np.nan, 1], [0.5, 0.25, 0.25], [1.0]],
    }),
    Case(channels.readout_error, {"bits": BITS, "e0": 0.0, "e1": 1.0, "rng": RNG}, law(
        lambda result, bits, e0, e1, rng: result.dtype == np.uint8 and result.shape == np.shape(bits) and all(
            (e1 if true else e0) > 0 if int(true) != seen else (e1 if true else e0) < 1
            for true, seen in zip(np.ravel(bits), result.ravel(), strict=True)
        )
    ), odd={"bits": [[True, False], [], [0.0, 1.0], [2], ["1"]]}),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.channels", CASES
)


def test_single_precision_stays_single_and_is_accepted_again() -> None:
    for kraus in (FLIP, FLIP.astype(np.complex64)):
        after = channels.apply_channel(RHO.astype(np.complex64), kraus, [0])
        assert after.dtype == np.complex64
        again = channels.apply_channel(after, channels.compose(kraus, H[None].astype(np.complex64)), [1])
        assert np.allclose(again, summed(summed(RHO, FLIP, [0]), composed(FLIP, [H]), [1]), atol=1e-5)
