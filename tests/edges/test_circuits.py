"""Circuits at their edges: each method against the matrix on the whole register, and plain data read back."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from qlab import circuits, gates
from qlab.channels import bit_flip
from qlab.circuits import Circuit, Operation
from tests.edges.frame import Case, edges_of, law
from tests.edges.matrices import embedded

START = Circuit(3).measure(2, key="m")
GOOD = Operation("rx", (0,), (0.3,))
OPERATIONS = [
    GOOD, Operation("h", (1,), (), None, "m"), Operation("h", (1,), (), None, "k"), Operation("h", (3,)),
    Operation("rx", (0,), (np.nan,)), Operation("cnot", (0, 0)), Operation("measure", (0,), (), "m"),
    Operation("unitary", (0,), (1, 1, 0, 1)), Operation("kraus", (0,), (1, 0, 0, 1)),
    Operation("bit_flip", (0,), (2.0,)), Operation("nonsense", (0,)), Operation("measure", (0,), (), "1"),
]  # fmt: skip


def appended(name: str, params: Any, qubits: Any, when: Any = None) -> Any:
    """A law: one operation more, with this matrix on the whole register."""

    def holds(result: Any, **arguments: Any) -> bool:
        last = result.operations[-1]
        values = tuple(float(p) for p in params(arguments))
        wanted = tuple(int(q) for q in qubits(arguments))
        full = Circuit(3).append(Operation(last.name, last.qubits, last.params)).to_unitary()
        by_hand = embedded(gates.unitary(name, values), wanted, 3)
        return bool(
            result.operations[:-1] == START.operations and last.condition == arguments.get("when")
            and np.allclose(full, by_hand, atol=1e-9)
        )  # fmt: skip

    return law(holds)


def gate_case(name: str) -> Case:
    spec = gates.GATES[name]
    names = {1: ["qubit"], 2: ["first", "second"] if name in ("cz", "swap") else ["control", "target"]}[spec.num_qubits]
    good: dict[str, Any] = {"theta": 0.3} if spec.num_params else {}
    good |= {argument: place for place, argument in enumerate(names)} | {"when": None}
    return Case(
        getattr(START, name), good,
        appended(name, lambda a: [a[n] for n in ["theta"] if n in a], lambda a: [a[n] for n in names]),
        odd={"when": ["m", "k"], "theta": [1e9, 1.1e9]}, says=["qubits", "angle", "condition"],
    )  # fmt: skip


def read_back(value: Any) -> Circuit:
    if isinstance(value, Circuit):
        return Circuit(value.num_qubits, value.operations)
    return Circuit(value["num_qubits"], tuple(
        item if isinstance(item, Operation)
        else Operation(**{"key": None, "condition": None, **item}
                       | {"qubits": tuple(item["qubits"]), "params": tuple(item.get("params", ()))})
        for item in value["operations"]
    ))  # fmt: skip


def as_operations(circuit: Any) -> Any:
    return read_back(circuit).operations


def whole(item: Any) -> dict[str, Any]:
    return {"num_qubits": 3, "operations": [item]}


DATA = whole({"name": "rx", "qubits": [0], "params": [0.3], "key": None, "condition": None})
MESSAGES = [
    "operations",
    "operation",
    "qubits",
    "params",
    "key",
    "condition",
    "num_qubits",
    "angle",
    "parameter",
    "name",
]
CASES = [
    Case(Operation, {"name": "rx", "qubits": (0,), "params": (0.3,), "key": None, "condition": None}, law(
        lambda result, name, qubits, params, **_: (result.name, result.qubits, result.params) == (name, qubits, params)
    ), says=["operation"]),
    Case(Circuit, {"num_qubits": 3, "operations": (GOOD,)}, law(
        lambda result, num_qubits, operations: result.num_qubits == num_qubits and len(result) == len(operations)
    ), says=MESSAGES, odd={"operations": [[operation] for operation in OPERATIONS], "num_qubits": [136, 137]}),
    Case(START.append, {"operations": (GOOD,)}, law(
        lambda result, operations: result.operations == (*START.operations, *operations)
    ), says=MESSAGES, odd={"operations": [[operation] for operation in OPERATIONS]}),
    Case(START.gate, {"name": "rx", "qubits": (0,), "params": (0.3,), "when": None}, law(
        lambda result, name, qubits, params, when: appended(
            name, lambda _: params, lambda _: qubits
        )(when=when).holds(result)
    ), odd={"name": ["h", "cnot"], "qubits": [(0, 1), (-1,), ("a",), (None,), (0.0,), (3,)], "when": ["m"]},
        says=[*MESSAGES, "gate"]),
    *[gate_case(name) for name in ("x", "y", "z", "h", "s", "t", "rx", "ry", "rz", "cnot", "cz", "swap")],
    Case(START.unitary, {"matrix": gates.H, "qubits": (1,), "when": None}, law(
        lambda result, matrix, qubits, when: np.allclose(
            Circuit(3, result.operations[1:]).to_unitary() if when is None else embedded(matrix, qubits, 3),
            embedded(matrix, qubits, 3), atol=1e-6,
        )
    ), odd={"matrix": [gates.CNOT, gates.H.astype(np.complex64), gates.H + 1e-6]}, says=[*MESSAGES, "matrix"]),
    Case(START.noise, {"name": "bit_flip", "qubits": (1,), "params": (0.25,)}, law(
        lambda result, name, qubits, params: result.operations[-1]
        == Operation(name, tuple(qubits), tuple(map(float, params)))
    ), says=[*MESSAGES, "noise"], odd={"name": ["depolarizing", "thermal_relaxation", "rx"]}),
    Case(START.kraus, {"operators": bit_flip(0.25), "qubits": (1,)}, law(
        lambda result, operators, qubits: np.allclose(
            result.operations[-1].stack(), np.array(operators, dtype=complex), atol=1e-6
        )
    ), odd={"operators": [bit_flip(0.25).astype(np.complex64), bit_flip(0.25) + 1e-6]}, says=[*MESSAGES, "operators"]),
    Case(START.measure, {"qubits": (0, 1), "key": "k"}, law(
        lambda result, qubits, key: result.keys == ("m", key if key is not None else "m" + "_".join(map(str, qubits)))
    ), says=MESSAGES, odd={"key": ["m", "1", None], "qubits": [(0,), (2,), (-1,), ("a",), (0.0,), (10**30,)]}),
    Case(START.reset, {"qubit": 0}, law(
        lambda result, qubit: result.operations[-1] == Operation("reset", (int(qubit),))
    ), says=["qubits"]),
    Case(START.count, {"names": ("measure",)}, lambda names: sum(o.name in list(names) for o in START)),
    Case(circuits.as_circuit, {"value": DATA}, read_back, says=[*MESSAGES, "circuit"], odd={"value": [
        START, {"num_qubits": 3}, {**DATA, "num_qubits": 2.0}, {**DATA, "num_qubits": 0}, {**DATA, "operations": None},
        *[whole(item) for item in (
            GOOD, 5, None, "x", {}, {"name": "h"}, {"name": "h", "qubits": 0}, {"name": "h", "qubits": "0"},
            {"name": 5, "qubits": [0]}, {"name": [], "qubits": [0]}, {"name": "h", "qubits": [0], "key": 5},
            {"name": "h", "qubits": [0], "condition": []}, {"name": "rx", "qubits": [0], "params": [None]},
            {"name": "rx", "qubits": [0], "params": [10**400]}, {"name": "h", "qubits": [[0]]},
            {"name": "unitary", "qubits": [0], "params": [1, 0, 0, 1]}, {"name": "h", "qubits": [True]},
            {"name": "unitary", "qubits": [0], "params": [[1], [0, 1]]}, {"name": "measure", "qubits": [0], "key": []},
            {"name": "kraus", "qubits": [0], "params": ["a"] * 4},
        )],
    ]}),
    Case(circuits.columns, {"circuit": Circuit(3).h(0).x(2).cnot(0, 2).x(1)}, law(
        lambda result, circuit: Counter(o for column in result for o in column) == Counter(as_operations(circuit))
    )),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.circuits", CASES
)
