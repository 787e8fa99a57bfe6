"""Cards in one call: of any sampler, or of several devices at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from qlab import _validate
from qlab.devices import CouplingMap
from qlab.scorecard.card import measure
from qlab.scorecard.execution import Measured
from qlab.scorecard.named_machines import load_machine
from qlab.scorecard.planning import Settings
from qlab.scorecard.record import Scorecard


def run(
    sampler: Any,
    *,
    couplings: CouplingMap | None = None,
    name: str | None = None,
    qubits: Sequence[Any] = (),
    gateset: Any = None,
    compiler: Any = None,
    feed_forward: bool = False,
    provenance: dict[str, str] | None = None,
    **options: Any,
) -> Scorecard:
    """The card of anything: a Cirq sampler, a machine, or the name of a device that ships.

    Args:
        sampler: a ``cirq.Sampler``, something with ``sample_batch``, or a name for `load_machine`.
        couplings: which qubits can meet; needed for a sampler.
        name: for the report.
        qubits: Cirq's name of each qubit, by default line qubits.
        gateset: Cirq's target gateset to compile to; none where the sampler takes any gate.
        compiler: the vendor's own compiler in its place, from one ``cirq.Circuit`` to another.
        feed_forward: whether the sampler runs gates that depend on earlier results.
        provenance: where the machine and its figures come from.
        options: further arguments of `measure` (``shots``, ``settings``, ``store``, ``fresh``, ``retries`` …).

    Returns:
        The finished card.

    Raises:
        DeviceError: where the machine keeps failing or answers wrongly.
        ValueError: where a sampler comes without couplings, or the budget is too small.
    """
    machine: Measured
    if isinstance(sampler, str):
        machine = load_machine(sampler)
    elif hasattr(sampler, "sample_batch"):
        machine = sampler
    else:
        if couplings is None:
            raise _validate.fail("couplings", "must be given for a sampler", couplings)
        if not isinstance(couplings, CouplingMap):
            needs = "must be a CouplingMap, as qlab.devices.coupling_map_from_edges makes"
            raise _validate.fail("couplings", needs, type(couplings).__name__)
        if not callable(getattr(sampler, "run_batch", None)):
            raise _validate.fail("sampler", "must have run_batch, as cirq.Sampler has", type(sampler).__name__)
        from qlab.interop import Machine

        title = name or type(sampler).__name__
        known = {"kind": f"sampler {type(sampler).__module__}.{type(sampler).__qualname__}", **(provenance or {})}
        machine = Machine(title, sampler, couplings, tuple(qubits), gateset, feed_forward, known, compiler)
    return measure(machine, **options)


def _card_of(name: str, seed: int, shots: int, settings: Settings | None, store: str | None, fresh: bool) -> str:
    machine = load_machine(name, seed=seed)
    return measure(machine, shots=shots, settings=settings, store=store, fresh=fresh).to_json()


def sweep(
    names: Sequence[str],
    *,
    shots: int = 200_000,
    seed: int = 0,
    settings: Settings | None = None,
    store: str | Path | None = None,
    fresh: bool = False,
    executor: Executor | None = None,
) -> list[Scorecard]:
    """Cards of several devices, each a job of an executor (process pool, Dask's ``get_executor()``).

    Args:
        names: names for `load_machine`.
        shots: budget for each card.
        seed: of the random results of each.
        settings: what to measure.
        store: folder for finished circuits.
        fresh: whether to measure again what the store holds.
        executor: where the jobs run; one after the other in this process by default.

    Returns:
        The cards, in the order of the names.
    """
    folder = None if store is None else str(store)
    if executor is None:
        texts = [_card_of(name, seed, shots, settings, folder, fresh) for name in names]
    else:
        jobs = [executor.submit(_card_of, name, seed, shots, settings, folder, fresh) for name in names]
        texts = [job.result() for job in jobs]
    return [Scorecard.from_json(text) for text in texts]
