"""OpenQASM in: what we write comes back, programs in public style mean what they say, the rest is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from qlab import devices, gates
from qlab.circuits import Circuit, Operation
from qlab.interop import _qasm_program, from_qasm2, from_qasm3, to_qasm3
from qlab.interop._qasm_gates import LIBRARIES, matrix_of
from qlab.interop._qasm_names import Names
from qlab.simulator import counts, reference, run, sample
from tests.circuit_maker import dynamic, random_gates

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.qasm"))
READ = {"2": from_qasm2, "3": from_qasm3}
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
HEAD2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def there_and_back(seed: int) -> None:
    """A random circuit, written and read: the same operations where all have names, else the same states."""
    rng = np.random.default_rng([13, seed])
    n = int(rng.integers(1, 5))
    circuit = random_gates(rng, n, 6) if seed % 3 else dynamic(rng, min(n, 3), 2)
    back = from_qasm3(to_qasm3(circuit))
    assert back.keys == circuit.keys
    assert back.num_qubits == circuit.num_qubits
    if circuit.count("unitary") == 0:
        assert back == circuit
    elif circuit.is_unitary():
        assert abs(np.vdot(run(back), run(circuit))) == pytest.approx(1, abs=1e-7)
    else:
        assert np.abs(reference.final_density_matrix(back) - reference.final_density_matrix(circuit)).max() < 1e-7


def test_what_we_write_comes_back() -> None:
    for seed in range(12):
        there_and_back(seed)


@pytest.mark.soak
def test_what_we_write_comes_back_a_thousand_times() -> None:
    for seed in range(1000):
        there_and_back(seed)


def test_waits_and_resets_come_back() -> None:
    circuit = (
        devices.wait(Circuit(2).h(0), 2.5, 0).measure(0, 1, key="m").append(Operation("reset", (0,), (), None, "m"))
    )
    assert from_qasm3(to_qasm3(circuit)) == circuit


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_programs_mean_what_their_first_lines_say(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = re.findall(r"^// result: (\w+) (.*)$", text, re.MULTILINE)
    assert expected
    shots = 4000
    results = sample(READ[path.name.split(".")[1]](text), shots, np.random.default_rng(4))
    for key, table in expected:
        words = table.split()
        chances = dict(zip(words[::2], map(float, words[1::2]), strict=True))
        assert sum(chances.values()) == pytest.approx(1)
        seen = counts(results[key])
        assert set(seen) <= set(chances)
        for bits, p in chances.items():
            assert abs(seen.get(bits, 0) - shots * p) <= 4 * np.sqrt(shots * p * (1 - p)), bits


def test_there_are_a_dozen_programs_of_each_version() -> None:
    for version in READ:
        assert sum(path.name.endswith(f".{version}.qasm") for path in PROGRAMS) >= 12


def unitary_of(text: str) -> np.ndarray:
    """Matrix of a program of gates; column by column as `run` gives it, up to one phase."""
    return from_qasm3(HEAD + text).to_unitary()


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and abs(abs(np.vdot(first, second)) - len(first)) < 1e-9


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("ctrl @ z q[0], q[1];", "cz q[0], q[1];"),
        ("ctrl @ U(0.3, 0.2, 0.1) q[0], q[1];", "cu(0.3, 0.2, 0.1, 0.15) q[0], q[1];"),
        ("ctrl @ u3(0.3, 0.2, 0.1) q[0], q[1];", "cu(0.3, 0.2, 0.1, -0.15) q[0], q[1];"),
        ("ctrl @ u2(0.2, 0.1) q[0], q[1];", "cu(pi / 2, 0.2, 0.1, -0.15) q[0], q[1];"),
        ("ctrl @ rz(0.4) q[0], q[1];", "crz(0.4) q[0], q[1];"),
        ("ctrl @ gphase(0.4) q[1];", "p(0.4) q[1];"),
        ("negctrl @ x q[0], q[1];", "x q[0]; cx q[0], q[1]; x q[0];"),
        ("inv @ sx q[0];", "sx q[0]; z q[0]; z q[0]; x q[0];"),
        ("inv @ t q[0]; inv @ inv @ s q[1];", "tdg q[0]; s q[1];"),
        ("inv @ cu(0.3, 0.2, 0.1, 0.7) q[0], q[1];", "cu(-0.3, -0.1, -0.2, -0.7) q[0], q[1];"),
        ("pow(3) @ t q[0];", "s q[0]; t q[0];"),
        ("pow(-1) @ cx q[0], q[1];", "cx q[0], q[1];"),
        ("ctrl @ pow(1 / 2) @ x q[0], q[1];", "h q[1]; ctrl @ s q[0], q[1]; h q[1];"),
        ("pow(0.5) @ swap q[0], q[1];", "cx q[0], q[1]; ctrl @ pow(1 / 2) @ x q[1], q[0]; cx q[0], q[1];"),
        ("ch q[0], q[1];", "ry(-pi / 4) q[1]; cz q[0], q[1]; ry(pi / 4) q[1];"),
        ("cy q[0], q[1];", "rz(-pi / 2) q[1]; cx q[0], q[1]; rz(pi / 2) q[1];"),
        ("cphase(0.3) q[0], q[1]; phase(0.2) q[0]; u1(0.1) q[1];", "cp(0.3) q[0], q[1]; p(0.2) q[0]; p(0.1) q[1];"),
        ("gate g(a) x, y { gphase(a); cx x, y; } ctrl @ g(0.3) q[2], q[0], q[1];", "ccx q[2], q[0], q[1]; p(.3) q[2];"),
        ("x q;", "for uint i in [0:2] { x q[i]; }"),
        ("cx q[0], q[1:2];", "cx q[0], q[1]; cx q[0], q[2];"),
        ("let a = q[{2, 0}]; let b = a ++ q[1]; rx(tau / 8) a[0]; h b[-1];", "rx(π / 4) q[2]; h q[1];"),
        ("const float a = 2 * -sin(pi / 6) ** 2; rx(a) q[0];", "rx(-0.5) q[0];"),
        ("for int i in [2:-1:1] { rx(i) q[i]; }", "rx(2) q[2]; rx(1) q[1];"),
        ("if (true) x q[0]; if (false) y q[1]; else { z q[2]; }", "x q[0]; z q[2];"),
    ],
)  # fmt: skip
def test_two_ways_to_write_one_thing(text: str, means: str) -> None:
    assert same(unitary_of("qubit[3] q;\n" + text), unitary_of("qubit[3] q;\n" + means))


def test_every_gate_of_both_libraries_is_unitary_and_controls_act_on_the_last_qubits_alone() -> None:
    for library in LIBRARIES.values():
        for name, (angles, width, build) in library.items():
            matrix = matrix_of(build(*np.linspace(0.3, 0.9, angles)), width)
            assert np.allclose(matrix @ matrix.conj().T, np.eye(2**width)), name
            if name.startswith("c") and name != "cswap" and name not in ("cx", "cz"):
                assert np.allclose(matrix[0, 0], 1), name


CONDITIONS = [
    ("if (c[0]) x q[2];", "1-", False), ("if (c[0] == 1) x q[2];", "1-", False), ("if (!c[0]) x q[2];", "0-", False),
    ("if (c[0] == false) x q[2];", "0-", False), ("if (1 > c[1]) x q[2];", "-0", False),
    ("if (c[0] != 1) x q[2];", "0-", False), ("if (~c[0]) x q[2];", "0-", False), ("if (c != 0) x q[2];", "any", True),
    ("if (c == 0) x q[2];", "none", True), ('if (c == "00") x q[2];', "none", True),
    ("if (uint[2](c) > 0) x q[2];", "any", True), ("if (c < 1) x q[2];", "none", True),
    ("if (c[0] || c[1]) x q[2];", "any", True), ("if (!c[0] && !c[1]) x q[2];", "none", True),
    ("if (!c[0]) { if (!c[1]) x q[2]; }", "none", True), ("if (c == 0) z q[2]; else x q[2];", "any", True),
    ("if (c[1]) { x q[2]; } else { }", "-1", False), ("if (c > 3) x q[2];", "never", True),
    ("if (0 <= c) x q[2];", "always", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "whole"), CONDITIONS)
def test_conditions(text: str, where: str, whole: bool) -> None:
    circuit = from_qasm3(HEAD + f"qubit[3] q; bit[2] c; h q[0:1]; c = measure q[0:1];\n{text}\nbit d = measure q[2];")
    results = sample(circuit, 400, np.random.default_rng(1))
    read = results["c"] if where in ("any", "none", "never", "always") else np.hstack([results["c_0"], results["c_1"]])
    assert len(np.unique(read, axis=0)) == 4
    wanted = {"any": read.any(axis=1), "none": ~read.any(axis=1), "never": read[:, 0] > 1, "always": read[:, 0] < 2}
    rows = wanted.get(where)
    if rows is None:
        place = where.index("-") ^ 1
        rows = read[:, place] == int(where[place])
    assert (results["d"][:, 0] == rows).all()


def test_unread_bits_are_zero_and_bits_can_be_read_again() -> None:
    text = "qreg q[2]; creg c[4]; x q[0]; measure q[0] -> c[1]; if (c == 2) x q[1]; measure q[1] -> c[1];"
    circuit = from_qasm2(HEAD2 + text)
    assert circuit.keys == ("c_1", "c_1_2")
    assert sample(circuit, 1, np.random.default_rng(1))["c_1_2"].tolist() == [[1]]


def test_registers_become_results() -> None:
    whole = from_qasm3("qubit[2] q; bit[2] c; c[1] = measure q[0]; U(1, 2, 3) q[1]; c[0] = measure q[1];")
    assert whole.operations[-1] == Operation("measure", (1, 0), (), "c")
    split = from_qasm3("qubit[2] q; bit[2] c; c[1] = measure q[0]; U(1, 2, 3) q[0]; c[0] = measure q[1];")
    assert split.keys == ("c_1", "c_0")
    nameless = from_qasm3("qubit[2] q; measure q; bit[1] c_m; bit[1] m; c_m[0] = measure q[0]; m[0] = measure q[1];")
    assert nameless.keys == ("unused", "unused_2", "c_m", "m")


def test_words_of_version_3_are_names_in_version_2() -> None:
    program = "qreg in[1]; creg output[1]; gate box(angle) bit { U(angle^2, -2^2, ln(2)) bit; }\nbox(0.5) in[0];"
    operation = from_qasm2("OPENQASM 2.0;\n" + program).operations[0]
    assert operation.params == pytest.approx((0.25, -4, np.log(2)))


def test_gates_of_ours_that_a_program_defines_keep_their_names_only_where_they_are_ours() -> None:
    ours = "gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }\nqubit[2] q;\nrzz(0.3) q[0], q[1];"
    other = ours.replace("rz(t)", "rz(2 * t)")
    assert from_qasm3(HEAD + ours) == Circuit(2).gate("rzz", 0, 1, params=[0.3])
    assert same(unitary_of(other), gates.rzz(0.6))


def test_a_thousand_qubits_are_read() -> None:
    text = HEAD + "qubit[1000] q; bit[1000] c; h q[0]; for uint i in [0:998] { cx q[i], q[i + 1]; } c = measure q;"
    circuit = from_qasm3(text)
    assert (circuit.num_qubits, len(circuit), circuit.keys) == (1000, 1001, ("c",))


REFUSED = [
    ("qubit[2] q;\nh q[2];", 4, "index must be a whole number of at least -2 and at most 1, got 2"),
    ("qubit[2] q;\n\ncx q[0], q[0];", 5, "qubits must not name a qubit twice"),
    ("qubit[2] q; qubit[3] r;\ncx q, r;", 4, r"registers must have one size, got \[2, 3\]"),
    ("qubit q;\nfrob q;", 4, "gate must be built in, included or defined before, got 'frob'"),
    ("qubit q;\nrx q;", 4, "gate rx must have 1 angles, got 0"),
    ("qubit[2] q;\ncx q[0];", 4, "gate must have 2 operands, got 1"),
    ("qubit q;\nrx(1 / 0) q;", 4, "expression must have a value"),
    ("qubit q;\nrx(9.0 ** 9 ** 9) q;", 4, "expression must have a value"),
    ("qubit q;\nrx(theta) q;", 4, "expression must be known before the program runs, got 'theta'"),
    ("qubit q;\ninput float theta;", 4, "statement must be one that a circuit can hold, got 'IODeclaration'"),
    ("qubit q; bit c;\nwhile (c) { x q; }", 4, "statement must be one .*, got 'WhileLoop'"),
    ("def f(qubit q) { x q; }", 3, "statement must be one .*, got 'SubroutineDefinition'"),
    ("qubit q; int i = 0;\ni = 1;", 4, "statement must be one .*, got 'ClassicalAssignment'"),
    ("qubit q;\nint i;", 4, "variable must be a constant, got 'i'"),
    ("qubit[2] q; bit[2] c = measure q;\n\nif (c == 2) x q[0];", 5, "condition must ask whether any"),
    ("qubit[2] q; bit[2] c = measure q;\nif (c[0] && c[1]) x q[0];", 4, "condition must ask whether any"),
    ("qubit[2] q; bit[2] c = measure q;\nif (c[0]) { x q[0];\nif (c != 0) { x q[0]; } }", 5, "must ask whether any"),
    ("qubit[2] q; bit[2] c = measure q;\nif (c[0]) x q[0];\nif (c != 0) x q[0];", 5, "condition must ask for bits"),
    ("qubit[2] q; bit[2] c;\nc[0] = measure q[0]; h q[0]; c[1] = measure q[1];\nif (c) x q[0];", 5, "together"),
    ("qubit[2] q; bit[2] c; c[0] = measure q[0];\nif (c[0]) { c[1] = measure q[1]; }", 4, "must not wait for a result"),
    ("qubit q; bit c = measure q;\nif (!c) { reset q; }", 4, "operation must be a gate to act where a result is zero"),
    ("qubit[2] q; bit[3] c;\nc = measure q;", 4, "measurement must fill 2 bits, got 3"),
    ("qubit q; bit c = 1;", 3, "bit must begin as zero"),
    ("qubit q; qubit q;", 3, "name must be new, got 'q'"),
    ("qubit q;\nx $0;", 4, "qubits must be all declared or all physical"),
    ("qubit q;\ndelay[10dt] q;", 4, "delay must be a number of ns, us, ms or s, got 'dt'"),
    ("gate g a {\n  x a;\n  h b;\n}", 5, "qubit must be declared, got 'b'"),
    ("gate g a {\n  reset a;\n}", 4, "text must be OpenQASM, got .*'reset' instruction in a gate"),
    ("gate g a {\n  delay[1ns] a;\n}", 4, "gate must be made of gates, got 'DelayInstruction'"),
    ("gate g a {\n  g a;\n}", 4, "gate must be built in"),
    ("qubit[9] q;\nctrl(8) @ x q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7], q[8];", 4, "at most 8 qubits, got 9"),
    ("qubit q;\nx q\nx q;", 5, "text must be OpenQASM, got 'x'"),
    ("qubit q;\nx q; §", 4, "text must be OpenQASM"),
    ("qubit[20000] q;", 3, "number of qubits must be a whole number of at least 1 and at most 10000"),
    ('include "my.inc";', 3, "include must be one of 'qelib1.inc', 'stdgates.inc', got 'my.inc'"),
    ("qubit q; for uint i in [0:0:3] { x q; }", 3, "range must have two ends and a step other than 0"),
    ("qubit[4] q; x q[0.5];", 3, "expression must be a whole number, got 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), REFUSED)
def test_refusals_name_the_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"line {line} of the program: .*({message})"):
        from_qasm3(HEAD + text)


def test_refusals_of_whole_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"program must be OpenQASM 3 \(see from_qasm2\), got 'OPENQASM 2'"):
        from_qasm3("// old\nOPENQASM 2.0;\nqreg q[1];")
    with pytest.raises(ValueError, match=r"line 4 of the program: gate must not be opaque, got 'opaque magic q;'"):
        from_qasm2("OPENQASM 2.0;\n// opaque\n\nopaque magic q;\nqreg q[1];")
    for empty in ("", "  // nothing\n"):
        with pytest.raises(ValueError, match="program must not be empty"):
            from_qasm3(empty)
    with pytest.raises(ValueError, match="program must declare at least one qubit"):
        from_qasm3("OPENQASM 3.0; bit c;")
    with pytest.raises(ValueError, match="text must be a string, got None"):
        from_qasm3(None)
    with pytest.raises(ValueError, match="program must not be nested so deeply"):
        from_qasm3("qubit q; U(" + "(" * 300 + "1" + ")" * 300 + ", 0, 0) q;")
    monkeypatch.setattr(_qasm_program, "MAX_STEPS", 1000)
    bomb = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; g{i} a; g{i} a; }}\n" for i in range(12))
    for text in ("qubit q; for uint i in [0:10 ** 8] { x q; }", f"gate g0 a {{ x a; }} {bomb} qubit q; g12 q;"):
        with pytest.raises(ValueError, match="program must unroll to at most 1000 operations"):
            from_qasm3(HEAD + text)


def test_without_the_parser_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openqasm3", None)
    with pytest.raises(
        ValueError,
        match=r"openqasm3 must be installed to read OpenQASM \(pip install 'correlation-is-not-enough\[qasm\]'\)",
    ):
        from_qasm3("qubit q;")


def test_a_scope_ends_with_its_block() -> None:
    assert Names().num_qubits == 0
    with pytest.raises(ValueError, match=r"line 3 of the program: .*known before the program runs, got 'i'"):
        from_qasm3(HEAD + "qubit q; for uint i in [0:1] { x q; } rx(i) q;")
