"""Circuits as data: building, checking, reading back, drawing."""

from __future__ import annotations

import numpy as np
import pytest

from qlab import gates
from qlab.circuits import Circuit, Operation, as_circuit
from tests.circuit_maker import dynamic, with_noise


def test_every_method_appends_its_gate() -> None:
    c = Circuit(2).x(0).y(0).z(0).h(0).s(0).t(0).rx(0.1, 0).ry(0.2, 1).rz(0.3, 1).cnot(0, 1).cz(1, 0).swap(0, 1)
    assert [o.name for o in c] == ["x", "y", "z", "h", "s", "t", "rx", "ry", "rz", "cnot", "cz", "swap"]
    assert c.operations[7].params == (0.2,)
    assert c.operations[10].qubits == (1, 0)
    assert c.count("x", "y") == 2
    assert len(c) == 12


def test_appending_leaves_the_original_alone() -> None:
    bell = Circuit(2).h(0)
    longer = bell.cnot(0, 1)
    assert len(bell) == 1
    assert bell + Circuit(2).cnot(0, 1) == longer
    assert hash(longer) == hash(Circuit(2).h(0).cnot(0, 1))


def test_append_checks_as_thoroughly_as_the_constructor() -> None:
    step = Operation("cnot", (0, 2))
    for build in (lambda: Circuit(2).append(step), lambda: Circuit(2, (step,))):
        with pytest.raises(ValueError, match="qubits of cnot must be a whole number of at least 0 and at most 1"):
            build()


def test_plain_data_and_back() -> None:
    rng = np.random.default_rng(11)
    for _ in range(30):
        circuit = with_noise(dynamic(rng, 3, 4), rng)
        assert as_circuit(circuit.to_data()) == circuit
    assert as_circuit(circuit) is circuit


def test_depth_counts_waiting_for_results() -> None:
    assert Circuit(3).h(0).h(1).cnot(0, 1).h(2).depth() == 2
    assert Circuit(2).measure(0, key="m").x(1, when="m").depth() == 2
    assert Circuit(2).depth() == 0


def test_unitary_of_a_circuit() -> None:
    assert np.allclose(Circuit(2).cnot(1, 0).to_unitary(), gates.SWAP @ gates.CNOT @ gates.SWAP)
    assert np.allclose(
        Circuit(3).unitary(gates.CCX, 2, 0, 1).to_unitary(), Circuit(3).gate("ccx", 2, 0, 1).to_unitary()
    )
    assert np.allclose(Circuit(1).h(0).s(0).to_unitary(), gates.S @ gates.H)


def test_default_key_and_keys() -> None:
    c = Circuit(2).measure(0, 1).measure(1, key="again")
    assert c.keys == ("m0_1", "again")
    assert not c.is_unitary()
    assert Circuit(1).h(0).is_unitary()
    assert not Circuit(1).measure(0, key="m").x(0, when="m").is_unitary()


def test_drawing() -> None:
    circuit = (
        Circuit(3).h(0).cnot(0, 2).measure(0, key="a").x(1, when="a").rz(0.5, 2).noise("bit_flip", 1, params=[0.1])
    )
    assert str(circuit).splitlines() == [
        "q0: ─H─@─M─────────────────────────",
        "       │",
        "q1: ───┼─────────X?a─bit_flip(0.1)─",
        "       │",
        "q2: ───X─Rz(0.5)───────────────────",
    ]
    assert str(Circuit(1).reset(0).kraus(np.array([gates.I]), 0).unitary(gates.X, 0)) == "q0: ─|0⟩─E─U─"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Circuit(0), "num_qubits must be a whole number of at least 1"),
        (lambda: Circuit(2).cnot(0, 0), "qubits of cnot must not name a qubit twice"),
        (lambda: Circuit(2).gate("cx", 0, 1), "gate must be one of"),
        (lambda: Circuit(2).gate("cnot", 0), "qubits of cnot must number 2"),
        (lambda: Circuit(2).append(Operation("h", (0, 1))), "qubits of h must number 1"),
        (lambda: Circuit(2).noise("bit_flip", 0, 1, params=[0.1]), "qubits of bit_flip must number 1, got (0, 1)"),
        (lambda: Circuit(2).measure(key="m"), "qubits of measure must number at least one, got ()"),
        (lambda: Circuit(1).gate("rx", 0), "params of gate rx must hold 1 angles"),
        (lambda: Circuit(1).rx(np.nan, 0), "angle of gate rx"),
        (lambda: Circuit(1).unitary(np.ones((2, 2)), 0), "matrix must be unitary"),
        (lambda: Circuit(1).unitary(np.eye(4), 0), "matrix must have shape (2, 2), got (4, 4)"),
        (lambda: Circuit(1).unitary(np.eye(3), 0), "matrix must have a dimension that is a power of two"),
        (lambda: Circuit(1).kraus(np.array([gates.X, gates.X]), 0), "K†K"),
        (lambda: Circuit(1).noise("bit_flip", 0, params=[1.5]), "parameter of bit_flip must lie in [0, 1], got 1.5"),
        (lambda: Circuit(1).noise("bit_flip", 0), "params of channel bit_flip must hold 1 numbers"),
        (lambda: Circuit(1).noise("crosstalk", 0), "noise must be one of"),
        (lambda: Circuit(1).measure(0, key="m").measure(0, key="m"), "key must be a new identifier"),
        (lambda: Circuit(1).measure(0, key="1m"), "key must be a new identifier"),
        (lambda: Circuit(1).append(Operation("measure", (0,))), "key must be given for measure"),
        (lambda: Circuit(1).append(Operation("h", (0,), key="m")), "key must be given for measure"),
        (lambda: Circuit(1).x(0, when="m"), "condition must name an earlier measurement"),
        (lambda: Circuit(1).append(Operation("reset", (0,), (1,))), "params of reset must be empty"),
        (lambda: Circuit(1) + Circuit(2), "other must be a circuit of 1 qubits"),
        (lambda: Circuit(1).append("h"), "operations must hold Operation objects"),
        (lambda: as_circuit([1]), "circuit must be a Circuit or a mapping"),
        (lambda: as_circuit({"num_qubits": 1, "operations": "h"}), "operations must be a list"),
        (lambda: as_circuit({"num_qubits": 1, "operations": [{"name": "h"}]}), "each operation must be a mapping"),
        (lambda: as_circuit({"num_qubits": 1, "operations": [{"name": "h", "qubits": [0], "x": 1}]}), "each operation"),
        (lambda: Circuit(1).measure(0).to_unitary(), "circuit must hold gates only"),
        (lambda: Circuit(13).to_unitary(), "num_qubits"),
        (lambda: Operation("measure", (0,)).matrix(), "operation must be a gate to have a matrix"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
        call()
    assert message in str(caught.value)
