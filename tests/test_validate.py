"""Complaints name the argument, the demand and the value."""

from __future__ import annotations

import numpy as np
import pytest

from qlab import _validate
from qlab.circuits import Circuit
from qlab.simulator import _memory, run


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: _validate.in_range("fidelity", 1.2, 0, 1), "fidelity must lie in [0, 1], got 1.2"),
        (lambda: _validate.in_range("x", 0, 0, 1, open_low=True), "x must lie in (0, 1], got 0"),
        (lambda: _validate.in_range("x", 1, 0, 1, open_high=True), "x must lie in [0, 1), got 1"),
        (lambda: _validate.in_range("x", float("nan"), 0, 1), "x must lie in [0, 1], got nan"),
        (lambda: _validate.in_range("x", "a", 0, 1), "x must be a real number and lie in [0, 1], got 'a'"),
        (lambda: _validate.in_range("x", True, 0, 1), "x must be a real number and lie in [0, 1], got True"),
        (lambda: _validate.positive("rate_hz", 0), "rate_hz must be a finite number greater than 0, got 0"),
        (lambda: _validate.positive("rate_hz", np.inf), "rate_hz must be a finite number greater than 0, got inf"),
        (lambda: _validate.non_negative("t", -1), "t must be a finite number of at least 0, got -1"),
        (lambda: _validate.integer("shots", 1.5, 0), "shots must be a whole number of at least 0, got 1.5"),
        (lambda: _validate.integer("n", 5, 1, 4), "n must be a whole number of at least 1 and at most 4, got 5"),
        (lambda: _validate.one_of("kind", "c", "ab"), "kind must be one of 'a', 'b', got 'c'"),
        (lambda: _validate.distinct_qubits("q", [0, 0], 2), "q must not name a qubit twice, got (0, 0)"),
        (lambda: _validate.distinct_qubits("q", [2], 2), "q must be a whole number of at least 0 and at most 1, got 2"),
        (lambda: _validate.ket("psi", [1, 1]), "psi must have norm 1, got 1.414"),
        (lambda: _validate.ket("psi", [[1]]), "psi must be a vector of shape (2**n,), got (1, 1)"),
        (lambda: _validate.ket("psi", [1, np.nan]), "psi must hold finite numbers only"),
        (lambda: _validate.ket("psi", ["a"]), "psi must be an array of numbers"),
        (lambda: _validate.ket("psi", [1, 0, 0]), "psi must have a dimension that is a power of two"),
        (lambda: _validate.density_matrix("rho", np.eye(2)), "rho must have trace 1"),
        (lambda: _validate.density_matrix("rho", np.diag([1.5, -0.5])), "rho must have no negative eigenvalue"),
        (lambda: _validate.density_matrix("rho", [[1, 1], [0, 0]]), "rho must be Hermitian"),
        (
            lambda: _validate.density_matrix("rho", np.ones((2, 3))),
            "rho must be a ket of shape (2**n,) or a matrix of",
        ),
        (lambda: _validate.real_array("angles", "x"), "angles must be an array of real numbers, got 'x'"),
        (lambda: _validate.real_array("angles", [[1], [1, 2]]), "angles must be an array of real numbers, got [[1], "),
        (lambda: _validate.real_array("angles", [1, 1j]), "angles must be an array of real numbers, got [1, 1j]"),
        (lambda: _validate.unitary("u", [[1, 1], [0, 1]]), "u must be unitary"),
        (lambda: _validate.kraus_operators("k", [np.eye(2), np.eye(2)]), "k must satisfy sum of K†K = I"),
        (lambda: _validate.kraus_operators("k", np.eye(2)), "k must be a stack of square matrices"),
    ],
)
def test_complaints(call, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared whole)
        call()
    assert message in str(caught.value)


def test_edges_are_inside() -> None:
    assert _validate.probability("p", 0) == 0
    assert _validate.probability("p", np.float32(1)) == 1
    assert _validate.integer("n", np.int64(3), 3, 3) == 3
    assert _validate.non_negative("t", 0) == 0


def test_long_values_are_cut() -> None:
    assert len(str(_validate.fail("x", "must be short", "a" * 1000))) < 120


def test_norm_of_a_long_single_precision_ket() -> None:
    """Accumulating in single precision loses more than a thousandth here."""
    ket = np.full(2**22, 2**-11, dtype=np.complex64)
    assert _validate.norm_squared(ket) == pytest.approx(1, abs=1e-6)


def test_a_ket_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match=r"a ket of complex128 .* needs 32 TiB, .* are free\), got 40"):
        run(Circuit(40).h(0))
    with pytest.raises(ValueError, match=r"complex64 .* needs 16 TiB"):
        run(Circuit(40).h(0), dtype=np.complex64)


def test_sizes_are_spelled() -> None:
    assert [_memory.spelled(s) for s in (1, 1000, 1536, 2**40)] == ["1 bytes", "1000 bytes", "1.5 KiB", "1 TiB"]
    assert 2**20 < _memory.free_bytes() < 2**60
