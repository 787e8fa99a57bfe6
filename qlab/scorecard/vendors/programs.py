"""Programs as OpenQASM 3 text on a machine's own qubits."""

from __future__ import annotations

from collections.abc import Sequence

from qlab import _validate
from qlab.scorecard.vendors.native import Step

_BRAKET = {"cx": "cnot", "sdg": "si", "sx": "v"}
"""What Amazon Braket calls differently."""


def openqasm(steps: Sequence[Step], qubits: Sequence[str], width: int) -> str:
    """A program with the gates of ``stdgates.inc``, its bits in one register ``c``.

    Args:
        steps: as `qlab.scorecard.vendors.native.native` makes them.
        qubits: the text of each qubit, ``"$3"`` or ``"q[3]"``.
        width: number of bits.

    >>> print(openqasm([Step("h", (0,)), Step("barrier", (0, 1)), Step("measure", (1,), (), (0,))], ("$4", "$5"), 1))
    OPENQASM 3.0;
    include "stdgates.inc";
    bit[1] c;
    h $4;
    barrier $4, $5;
    c[0] = measure $5;
    <BLANKLINE>
    """
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"bit[{width}] c;"]
    if any(step.name == "prx" for step in steps):
        lines.insert(2, "gate prx(theta, phi) a { rz(-phi) a; rx(theta) a; rz(phi) a; }")
    for step in steps:
        if step.name == "delay":
            lines.append(f"delay[{step.params[0]!r}us] {qubits[step.qubits[0]]};")
        else:
            lines += _lines(step, qubits, step.name)
    return "\n".join(lines) + "\n"


def verbatim(steps: Sequence[Step], qubits: Sequence[str], width: int) -> str:
    """A program for Amazon Braket, all gates in one verbatim box, so that its compiler keeps every one of them.

    Args:
        steps: in gates that the machine has, without waits, all measurements last.
        qubits: the number of each qubit there, as ``"$3"``.
        width: number of bits.

    Raises:
        ValueError: where a step is a wait, or a gate follows a measurement.
    """
    gates, measured = ["#pragma braket verbatim", "box {"], []
    for step in steps:
        if step.name == "delay":
            raise _validate.fail("circuit", "must hold no wait for a verbatim box", step.params[0])
        if step.name == "measure":
            measured += _lines(step, qubits, "measure")
        elif step.name != "barrier":
            touched = {bit for later in measured for bit in [later.rstrip(";").split()[-1]]}
            if touched & {qubits[q] for q in step.qubits}:
                raise _validate.fail("circuit", "must measure a qubit last", step.qubits)
            gates += _lines(step, qubits, _BRAKET.get(step.name, step.name))
    return "\n".join(["OPENQASM 3.0;", f"bit[{width}] c;", *gates, "}", *measured]) + "\n"


def _lines(step: Step, qubits: Sequence[str], name: str) -> list[str]:
    if step.name == "measure":
        return [f"c[{bit}] = measure {qubits[q]};" for bit, q in zip(step.bits, step.qubits, strict=True)]
    angles = f"({', '.join(repr(p) for p in step.params)})" if step.params else ""
    return [f"{name}{angles} {', '.join(qubits[q] for q in step.qubits)};"]
