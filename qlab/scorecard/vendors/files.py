"""A machine that is reached by files alone: programs go out into one folder, counts come back into another.

The folder holds ``machine.yml``; ``todo/`` is filled with one OpenQASM program a circuit, and ``done/`` is looked
into for the answers, one JSON file of the same name a circuit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from qlab import _validate
from qlab._files import write_atomically
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import CouplingMap
from qlab.devices.couplings import coupling_map_from_edges
from qlab.scorecard.queueing import JobFailed
from qlab.scorecard.vendors import answers
from qlab.scorecard.vendors.native import BASES, PLAIN, native
from qlab.scorecard.vendors.programs import openqasm, verbatim

DIALECTS = ("openqasm3", "braket verbatim")
ORDERS = ("c[0] first", "c[0] last")


@dataclass(frozen=True)
class Description:
    """What ``machine.yml`` says.

    Attributes:
        name: of the machine.
        qubits: the maker's numbers of the qubits, by default 0 to the largest of the couplings.
        couplings: pairs of these numbers.
        bit_order: which bit of an answer stands first; vendors differ, so it has no default.
        basis: gates to write, one of `qlab.scorecard.vendors.native.BASES`.
        dialect: of the programs, one of `DIALECTS`.
        provenance: where the machine and its figures come from, as text by name.
    """

    name: str
    couplings: tuple[tuple[int, int], ...]
    bit_order: str
    qubits: tuple[int, ...] = ()
    basis: str = PLAIN
    dialect: str = DIALECTS[0]
    provenance: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise _validate.fail("name", "must be a text", self.name)
        _validate.one_of("bit_order", self.bit_order, ORDERS)
        _validate.one_of("basis", self.basis, BASES)
        _validate.one_of("dialect", self.dialect, DIALECTS)
        if self.dialect == DIALECTS[1] and self.basis == PLAIN:
            raise _validate.fail("basis", "must be the machine's own for a verbatim box", self.basis)
        said = self.provenance or {}
        if not isinstance(said, Mapping) or not all(isinstance(x, str) for pair in said.items() for x in pair):
            raise _validate.fail("provenance", "must be texts by name", self.provenance)


def read_description(path: Path) -> Description:
    """The description of a machine from its YAML file.

    Raises:
        ValueError: where an entry is missing, unknown or of a wrong kind; names the file.
    """
    import yaml

    try:
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise _validate.fail("machine", f"must be a readable YAML file ({error})", str(path)) from None
    names = [f.name for f in fields(Description)]
    if not isinstance(entry, dict) or not {"name", "couplings", "bit_order"} <= set(entry) <= set(names):
        got = sorted(map(str, entry)) if isinstance(entry, dict) else entry
        needs = f"must hold name, couplings and bit_order, and no more than {', '.join(names)}"
        raise _validate.fail(str(path), needs, got)
    pairs = entry["couplings"]
    if not isinstance(pairs, list) or not all(isinstance(p, list) and len(p) == 2 for p in pairs) or not pairs:
        raise _validate.fail("couplings", "must be a list of pairs", pairs)
    entry["couplings"] = tuple(tuple(_validate.integer("each of couplings", q, 0) for q in p) for p in pairs)
    entry["qubits"] = tuple(_validate.integer("each of qubits", q, 0) for q in entry.get("qubits") or ())
    return Description(**entry)


class FileMachine:
    """A machine in a folder, as `qlab.scorecard.measure` takes it.

    Args:
        folder: with ``machine.yml`` in it.
    """

    feed_forward = False
    names_jobs = False

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._said = said = read_description(self.folder / "machine.yml")
        own = said.qubits or tuple(range(1 + max(q for pair in said.couplings for q in pair)))
        if len(set(own)) != len(own):
            raise _validate.fail("qubits", "must be different", own)
        place = {q: i for i, q in enumerate(own)}
        for pair in said.couplings:
            if not set(pair) <= set(own) or pair[0] == pair[1]:
                raise _validate.fail("couplings", "must join two of the qubits", pair)
        self.couplings: CouplingMap = coupling_map_from_edges(
            [(place[a], place[b]) for a, b in said.couplings], len(own)
        )
        self.labels = tuple(str(q) for q in own)
        self._names = [f"${q}" for q in own]
        self.name = said.name
        self.provenance = {"kind": "machine reached by files", **(said.provenance or {})}
        self.identity = repr(said)

    def sample_batch(self, circuits: Any, shots: Any) -> list[dict[str, Bits]]:
        """Not at once: `submit` and `collect` stand for it."""
        raise NotImplementedError("a machine reached by files answers later")

    def program(self, circuit: Circuit) -> str:
        """The text that is sent."""
        steps = native(circuit, self._said.basis)
        write = verbatim if self._said.dialect == DIALECTS[1] else openqasm
        return write(steps, self._names, answers.width(circuit))

    def check(self, circuit: Circuit) -> None:
        """See that a circuit can be written.

        Raises:
            ValueError: where it holds what the dialect cannot say.
        """
        self.program(circuit)

    def submit(self, circuit: Circuit, shots: int, tag: str) -> str:
        """Write a program and what is asked of it; the id of the job is the name of the file."""
        asked = {"program": f"{tag}.qasm", "shots": shots, "answer": f"done/{tag}.json", "bits": answers.width(circuit)}
        asked |= {"bit_order": self._said.bit_order}
        write_atomically(self.folder / "todo" / f"{tag}.qasm", self.program(circuit), durable=True)
        write_atomically(self.folder / "todo" / f"{tag}.json", json.dumps(asked, indent=1) + "\n", durable=True)
        return tag

    def find(self, tag: str) -> str | None:
        """The job of a tag, where both of its files were written."""
        return tag if (self.folder / "todo" / f"{tag}.json").exists() else None

    def collect(self, job: str, circuit: Circuit, shots: int) -> dict[str, Bits] | None:
        """Bits by key from ``done/``; None while there is no file.

        The file holds ``{"counts": {"01": 7, …}}``, or ``{"shots": [[0, 1], …]}`` with bit 0 of the register
        first, or ``{"error": "…"}`` for a job that failed.
        """
        path = self.folder / "done" / f"{job}.json"
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise answers.Unusable(f"{path}: must be JSON ({error})") from None
        try:
            return self._read(entry, circuit, shots)
        except answers.Unusable as error:
            raise answers.Unusable(f"{path}: {error}") from None

    def _read(self, entry: Any, circuit: Circuit, shots: int) -> dict[str, Bits]:
        if isinstance(entry, dict) and "error" in entry:
            raise JobFailed(str(entry["error"]))
        if isinstance(entry, dict) and "counts" in entry:
            last_first = self._said.bit_order == ORDERS[1]
            return answers.from_counts(entry["counts"], circuit, shots, last_first=last_first)
        if isinstance(entry, dict) and "shots" in entry:
            return answers.from_shots(entry["shots"], circuit, shots)
        got = sorted(entry) if isinstance(entry, dict) else type(entry).__name__
        raise answers.Unusable(f"must hold counts, shots or error, got {got}")
