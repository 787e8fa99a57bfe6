"""Gate matrices: unitary, as named, as the field writes them."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import gates

ANGLES = st.floats(-10, 10)


@pytest.mark.parametrize("name", gates.GATES)
def test_every_gate_is_unitary_and_of_its_size(name: str) -> None:
    spec = gates.GATES[name]
    matrix = gates.unitary(name, np.linspace(0.3, 1.1, spec.num_params))
    assert matrix.shape == (2**spec.num_qubits,) * 2
    assert np.allclose(matrix @ matrix.conj().T, np.eye(len(matrix)))
    assert len(spec.symbols) == spec.num_qubits


@given(ANGLES)
@settings(deadline=None)
def test_rotations_are_exponentials_of_their_paulis(theta: float) -> None:
    for rotation, pauli in ((gates.rx, gates.X), (gates.ry, gates.Y), (gates.rz, gates.Z)):
        assert np.allclose(rotation(theta), np.cos(theta / 2) * np.eye(2) - 1j * np.sin(theta / 2) * pauli)
    zz = gates.pauli_string("ZZ")
    assert np.allclose(gates.rzz(theta), np.cos(theta / 2) * np.eye(4) - 1j * np.sin(theta / 2) * zz)
    assert np.allclose(gates.cphase(theta), gates.controlled(gates.phase(theta)))


@given(ANGLES, ANGLES, ANGLES)
@settings(deadline=None)
def test_u3_is_three_rotations_up_to_a_phase(theta: float, phi: float, lam: float) -> None:
    composed = gates.rz(phi) @ gates.ry(theta) @ gates.rz(lam) * np.exp(0.5j * (phi + lam))
    assert np.allclose(gates.u3(theta, phi, lam), composed)


def test_identities() -> None:
    assert np.allclose(gates.S @ gates.S, gates.Z)
    assert np.allclose(gates.T @ gates.T, gates.S)
    assert np.allclose(gates.SX @ gates.SX, gates.X)
    assert np.allclose(gates.S @ gates.SDG, gates.I)
    assert np.allclose(gates.T @ gates.TDG, gates.I)
    assert np.allclose(gates.H @ gates.X @ gates.H, gates.Z)
    assert np.allclose(gates.X @ gates.Y, 1j * gates.Z)
    assert np.allclose(gates.controlled(gates.X), gates.CNOT)
    assert np.allclose(gates.controlled(gates.CNOT), gates.CCX)
    assert np.allclose(gates.SWAP @ np.kron(gates.X, gates.Z) @ gates.SWAP, np.kron(gates.Z, gates.X))
    assert np.allclose(gates.ISWAP, gates.SWAP @ gates.CZ @ np.kron(gates.S, gates.S))


def test_pauli_strings_and_random_unitaries() -> None:
    assert np.allclose(gates.pauli_string("XZ"), np.kron(gates.X, gates.Z))
    rng = np.random.default_rng(5)
    assert abs(gates.random_unitary(1, rng)[0, 0]) == pytest.approx(1)
    columns = np.array([gates.random_unitary(2, rng)[:, 0] for _ in range(4000)])
    # Moments of a Haar column u: the mean of uu† is I/2, that of uuᵀ is 0, and |u₀|² is uniform in [0, 1].
    for second, expected in ((columns.conj(), np.eye(2) / 2), (columns, np.zeros((2, 2)))):
        assert np.abs(np.einsum("ni,nj->ij", columns, second) / 4000 - expected).max() < 4 / np.sqrt(3 * 4000)
    weights = np.abs(columns[:, 0]) ** 2
    assert abs(np.mean(weights**2) - 1 / 3) < 4 * np.sqrt((1 / 5 - 1 / 9) / 4000)


def test_the_module_read_afresh_holds_the_same_tables() -> None:
    """The tables are filled when the module is read, long before a test begins, and so they are filled once more."""
    fresh = runpy.run_path(str(gates.__file__), run_name=gates.__name__)
    for name in ("I", "X", "Y", "Z", "H", "S", "SDG", "T", "TDG", "SX", "CNOT", "CZ", "SWAP", "ISWAP", "CCX"):
        matrix = fresh[name]
        assert np.array_equal(matrix, getattr(gates, name))
        assert matrix.dtype == np.complex128
        assert not matrix.flags.writeable
    for name, spec in fresh["GATES"].items():
        known = gates.GATES[name]
        assert (spec.num_qubits, spec.num_params, spec.symbols) == (known.num_qubits, known.num_params, known.symbols)
        angles = np.linspace(0.3, 1.1, spec.num_params)
        assert np.array_equal(spec.matrix(*angles), gates.unitary(name, angles))


def test_matrices_are_complex_even_where_their_entries_are_real() -> None:
    for matrix in (gates.ry(0.3), gates.pauli_string("ZZ"), gates.controlled(np.eye(2)), gates.unitary("h")):
        assert matrix.dtype == np.complex128


def test_constants_cannot_be_overwritten() -> None:
    with pytest.raises(ValueError, match="read-only"):
        gates.X[0, 0] = 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gates.unitary("toffoli"), "name must be one of"),
        (lambda: gates.unitary("rx"), "params of gate rx must hold 1 angles"),
        (lambda: gates.controlled(np.ones((2, 2))), "matrix must be unitary"),
        (lambda: gates.pauli_string("XQ"), "label must be a non-empty string of the letters"),
        (lambda: gates.pauli_string(""), "label must be a non-empty string of the letters"),
        (lambda: gates.random_unitary(0, np.random.default_rng(1)), "dimension"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
