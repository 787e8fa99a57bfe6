"""Data sheets: what a vendor says about a machine, as a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from qlab import _validate
from qlab.devices.couplings import CouplingMap, all_to_all, coupling_map_from_edges, grid, heavy_hex, line
from qlab.devices.hardware import Device, uniform_calibration

FIGURES = (
    "t1_us",
    "t2_us",
    "one_qubit_infidelity",
    "two_qubit_infidelity",
    "readout_e0",
    "readout_e1",
    "one_qubit_ns",
    "two_qubit_ns",
    "measure_ns",
)
"""What a sheet may state, in the names and units of `Calibration`."""

_SHEETS = Path(__file__).parent / "data_sheets"


@dataclass(frozen=True)
class DataSheet:
    """A vendor's figures.

    Attributes:
        name: of the machine.
        couplings: coupling map as stated.
        figures: name of a figure → stated value.
        claims: further statements that a measurement can contradict, such as ``ghz_qubits`` or ``chsh_s``.
        synthetic: whether the sheet was made up for teaching.
        source: citation or origin.
        date: day of the figures.
        actual: in a synthetic sheet the figures that the machine really has, where they differ.
        planted: in a synthetic sheet what is overclaimed, in a sentence.
    """

    name: str
    couplings: CouplingMap
    figures: Mapping[str, float]
    claims: Mapping[str, float] = field(default_factory=dict)
    synthetic: bool = False
    source: str = ""
    date: str = ""
    actual: Mapping[str, float] = field(default_factory=dict)
    planted: str = ""

    def __post_init__(self) -> None:
        _validate.instance("synthetic", self.synthetic, bool)
        for name in ("name", "source", "date", "planted"):
            _validate.instance(name, getattr(self, name), str)
        _validate.instance("couplings", self.couplings, CouplingMap)
        for name, allowed in (("figures", FIGURES), ("claims", CLAIMS), ("actual", FIGURES)):
            _validate.keep(self, **{name: _numbers(name, getattr(self, name), allowed)})
        if (self.actual or self.planted) and not self.synthetic:
            raise _validate.fail("actual", "must be empty unless the sheet is synthetic", dict(self.actual))

    def device(self) -> Device:
        """The machine as it would be if every qubit kept to the sheet."""
        return self.device_on(self.couplings)

    def delivered(self) -> Device:
        """The machine as it really is: differs from `device` in a synthetic sheet with planted overclaims."""
        return replace(self, figures={**self.figures, **self.actual}, actual={}, planted="").device()

    def device_on(self, couplings: CouplingMap) -> Device:
        """The same figures on another map, for instance on a single pair."""
        figures: dict[str, Any] = dict(self.figures)
        calibration = uniform_calibration(couplings, date=self.date, source=self.source, **figures)
        return Device(self.name, couplings, calibration)


CLAIMS = ("chsh_s", "bell_fidelity", "ghz_qubits", "throughput_shots_per_s")


def _couplings(entry: Any) -> CouplingMap:
    if not isinstance(entry, dict) or "kind" not in entry:
        raise _validate.fail("couplings", "must be a mapping with a kind", entry)
    arguments = {key: value for key, value in entry.items() if key != "kind"}
    makers: dict[str, Any] = {
        "line": line,
        "grid": grid,
        "heavy_hex": heavy_hex,
        "all_to_all": all_to_all,
        "edges": coupling_map_from_edges,
    }
    kind = _validate.one_of("kind of couplings", entry["kind"], makers)
    try:
        made: CouplingMap = makers[kind](**arguments)
    except TypeError as error:
        raise _validate.fail("couplings", f"must fit {kind} ({error})", arguments) from None
    return made


def _numbers(name: str, entry: Any, allowed: tuple[str, ...]) -> dict[str, float]:
    if not isinstance(entry, Mapping):
        raise _validate.fail(name, "must be a mapping of names to numbers", entry)
    for key in entry:
        _validate.one_of(f"name among {name}", key, allowed)
    return {key: _validate.in_range(f"{name}.{key}", value, 0, float("inf")) for key, value in entry.items()}


def _text(name: str, entry: Mapping[str, Any]) -> str:
    """A text on one line; YAML reads days as dates."""
    value = entry.get(name, "")
    if not isinstance(value, (str, date)):
        raise _validate.fail(name, "must be text", value)
    return " ".join(str(value).split())


def sheet_from_mapping(entry: Any) -> DataSheet:
    """A data sheet from the mapping that its file holds."""
    known = {"name", "couplings", "figures", "claims", "synthetic", "source", "date", "actual", "planted"}
    if not isinstance(entry, dict) or not {"name", "couplings", "figures"} <= set(entry) <= known:
        raise _validate.fail("sheet", f"must be a mapping with name, couplings, figures, of {sorted(known)}", entry)
    return DataSheet(
        name=entry["name"],
        couplings=_couplings(entry["couplings"]),
        figures=entry["figures"],
        claims=entry.get("claims", {}),
        synthetic=entry.get("synthetic", False),
        source=_text("source", entry),
        date=_text("date", entry),
        actual=entry.get("actual", {}),
        planted=_text("planted", entry),
    )


def read_sheet(path: str | Path) -> DataSheet:
    """Read a data sheet from a YAML file, or one that ships by its name (needs PyYAML, from the extra ``cli``).

    >>> read_sheet("ion_trap_98").couplings.num_qubits
    98
    """
    import yaml

    if not isinstance(path, (str, Path)):
        raise _validate.fail("path", "must be a path or the name of a sheet", path)
    place = Path(path)
    if place.suffix not in (".yml", ".yaml"):
        place = _SHEETS / f"{_validate.one_of('path', str(path), shipped_sheets())}.yml"
    try:
        entry = yaml.safe_load(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _validate.fail("path", f"must name a file that can be read ({error})", str(path)) from None
    except yaml.YAMLError as error:
        raise _validate.fail("sheet", f"must hold YAML ({' '.join(str(error).split())})", str(path)) from None
    return sheet_from_mapping(entry)


def shipped_sheets() -> tuple[str, ...]:
    """Names of the data sheets that come with the package."""
    return tuple(sorted(path.stem for path in _SHEETS.glob("*.yml")))
