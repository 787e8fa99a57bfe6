"""CONVENTIONS.md shows how to convert to and from QuTiP and Qiskit: those lines, run; Cirq's are run daily."""

from __future__ import annotations

import doctest

import pytest

from tests.test_conventions import examples


@pytest.mark.parametrize("library", ["QuTiP", "Qiskit"])
def test_the_bridge_holds(library: str) -> None:
    shown = examples(library)
    assert len(shown.examples) > 15
    assert doctest.DocTestRunner().run(shown).failed == 0
