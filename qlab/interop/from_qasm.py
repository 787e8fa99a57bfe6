"""OpenQASM in: programs of version 3 and 2 as our circuits, read by the reference parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from qlab import _validate
from qlab.circuits import Circuit
from qlab.interop._qasm_program import Program, at_line
from qlab.interop._qasm_results import in_our_words

_NEW_IN_3 = (
    "array|angle|bit|bool|box|break|cal|case|complex|const|continue|ctrl|def|default|defcal|delay|duration|else|end|"
    "extern|float|for|gphase|im|in|input|int|inv|let|mutable|negctrl|nop|output|pow|qubit|readonly|return|stretch|"
    "switch|uint|void|while"
)
"""Words that version 3 keeps for itself and version 2 leaves to programs."""


def _parsed(text: str) -> Any:
    """The syntax tree of a program."""
    try:
        import openqasm3
        import openqasm3.parser
    except ImportError:
        raise _validate.fail(
            "openqasm3", "must be installed to read OpenQASM (pip install 'correlation-is-not-enough[qasm]')", None
        ) from None
    try:
        with redirect_stderr(StringIO()):  # the lexer prints what it raises, too
            return openqasm3.parse(text)
    except openqasm3.parser.QASM3ParsingError as error:
        cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
        token = getattr(cause, "offendingToken", None)
        said = re.match(r"L(\d+):C\d+: (.*)", str(error), re.DOTALL)
        line, got = (token.line, token.text) if token else (int(said[1]), said[2]) if said else (1, str(error))
        raise at_line(line, _validate.fail("text", "must be OpenQASM", got)) from None
    except RecursionError:
        raise _validate.fail("program", "must not be nested so deeply", "more than Python's stack holds") from None


def _read(text: Any, version: int, prepared: Callable[[str], str]) -> Circuit:
    if not isinstance(text, str):
        raise _validate.fail("text", "must be a string", text)
    code = re.sub(r"//.*|/\*[\s\S]*?\*/", "", text).strip()
    said = re.search(r"^OPENQASM\s+(\d+)", code)
    if not code:
        raise _validate.fail("program", "must not be empty", text)
    if said and int(said[1]) != version:
        raise _validate.fail("program", f"must be OpenQASM {version} (see from_qasm{said[1]})", said[0])
    program = Program(version)
    for node in _parsed(prepared(text)).statements:
        program.statement(node)
    if program.num_qubits == 0:
        raise _validate.fail("program", "must declare at least one qubit", text)
    operations, complaints = in_our_words(program.steps, program.widths)
    if complaints:
        raise at_line(complaints[0][1], complaints[0][0])
    return Circuit(program.num_qubits, tuple(operations))


def from_qasm3(text: str) -> Circuit:
    """An OpenQASM 3 program as a circuit (Cross et al., ACM Trans. Quantum Comput. 3, 12, 2022).

    Read are gates of ``stdgates.inc`` and gates that the program defines, their modifiers, broadcasting, aliases,
    constants, loops over ranges and sets, measurement, reset, delays, and ``if`` with ``else`` on results. Qubits are
    numbered as they are declared. A register is a result of its name (``c_key`` of `to_qasm3` is ``key``) where nothing
    asks for its bits one by one, else each bit is one: bit 2 of ``c`` is ``c_2``. Where a gate waits for a result to be
    zero, the gate acts, and its inverse where the result is not zero. Barriers and global phases are left out.

    Args:
        text: the program.

    Returns:
        A circuit that agrees with the program up to a global phase.

    Raises:
        ValueError: with the line, where the text is no OpenQASM 3 or our circuits cannot say it: a result that is
            compared with anything but zero or computed with, loops that wait for results, inputs, subroutines, pulses.

    >>> program = '''
    ... OPENQASM 3.0;
    ... include "stdgates.inc";
    ... qubit[2] q;
    ... bit[2] c;
    ... h q[0];
    ... ctrl @ x q[0], q[1];
    ... c = measure q;
    ... '''
    >>> from_qasm3(program) == Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="c")
    True
    """
    return _read(text, 3, lambda program: program)


def from_qasm2(text: str) -> Circuit:
    """An OpenQASM 2 program as a circuit (Cross et al., arXiv:1707.03429).

    Read is all that a circuit can hold, with the gates of ``qelib1.inc``; as in `from_qasm3`, which says more.

    Args:
        text: the program.

    Returns:
        A circuit that agrees with the program up to a global phase.

    Raises:
        ValueError: with the line, where the text is no OpenQASM 2 or our circuits cannot say it.

    >>> import numpy as np
    >>> program = '''OPENQASM 2.0;
    ... include "qelib1.inc";
    ... qreg q[2];
    ... creg c[1];
    ... u2(0, pi) q[0];
    ... measure q[0] -> c[0];
    ... if (c == 1) x q[1];
    ... '''
    >>> asked = Circuit(2).gate("u3", 0, params=[np.pi / 2, 0, np.pi]).measure(0, key="c").x(1, when="c")
    >>> from_qasm2(program) == asked
    True
    """

    def prepared(program: str) -> str:
        opaque = re.search(r"^\s*opaque\b.*", program, re.MULTILINE)
        if opaque:
            line = program[: opaque.end()].count("\n") + 1
            raise at_line(line, _validate.fail("gate", "must not be opaque", opaque[0].strip()))
        # `^` is a power in version 2 and an exclusive or in version 3; file names stay as they are.
        parts = re.split(r'("[^"\n]*"|//[^\n]*)', program)
        parts[::2] = [re.sub(rf"\b({_NEW_IN_3})\b", r"\1_", part).replace("^", "**") for part in parts[::2]]
        return "".join(parts)

    return _read(text, 2, prepared)
