"""Records as JSON and back: dataclasses to plain dictionaries, and dictionaries to checked dataclasses.

This is the edge. Inside the scorecard a record is a frozen dataclass; only here it is a dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from qlab import _validate

OMITTED_IF_NONE = {"omitted_if_none": True}
"""Metadata of a field that has no entry in the JSON form where it is None."""


def to_plain(value: Any) -> Any:
    """Dictionaries, lists and scalars of a record, in the order of its fields."""
    if is_dataclass(value):
        entries = {f.name: (getattr(value, f.name), f.metadata) for f in fields(value)}
        return {name: to_plain(v) for name, (v, metadata) in entries.items() if v is not None or not metadata}
    if isinstance(value, Mapping):
        return {name: to_plain(v) for name, v in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(v) for v in value]
    return value


def from_plain(kind: Any, entry: Any, where: str) -> Any:
    """A value of a type from its plain form.

    Numbers stay as they are written: a whole number where a float is asked for is not turned into one, so that
    writing the record again gives the same text.

    Args:
        kind: a dataclass or a type that its fields use: scalar, ``X | None``, ``tuple``, ``Mapping[str, X]``.
        entry: what the JSON text holds.
        where: path of the entry, for errors.

    Returns:
        An instance of the type.

    Raises:
        ValueError: where the entry does not fit the type.
    """
    if is_dataclass(kind):
        return _instance(kind, entry, where)
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _of_union(inside, entry, where)
    if origin is tuple:
        return _tuple(inside, entry, where)
    if origin in (Mapping, dict):
        if not isinstance(entry, dict):
            raise _validate.fail(where, "must be an object", entry)
        return {name: from_plain(inside[1], v, f"{where}.{name}") for name, v in entry.items()}
    allowed = (int, float) if kind is float else kind
    if not isinstance(entry, allowed) or (isinstance(entry, bool) and kind is not bool):
        raise _validate.fail(where, f"must be of type {kind.__name__}", entry)
    return entry


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _instance(kind: Any, entry: Any, where: str) -> Any:
    if not isinstance(entry, dict):
        raise _validate.fail(where, "must be an object", entry)
    types = _types(kind)
    needed = [f.name for f in fields(kind) if not f.metadata]
    missing, unknown = [n for n in needed if n not in entry], [n for n in entry if n not in types]
    if missing or unknown:
        problem = f"must hold {missing[0]!r}" if missing else f"must not hold {unknown[0]!r}"
        raise _validate.fail(where, problem, list(entry))
    return kind(**{name: from_plain(of, entry.get(name), f"{where}.{name}") for name, of in types.items()})


def _of_union(kinds: tuple[Any, ...], entry: Any, where: str) -> Any:
    if entry is None and NoneType in kinds:
        return None
    others = [kind for kind in kinds if kind is not NoneType]
    fitting = [kind for kind in others if isinstance(kind, type) and isinstance(entry, kind)]
    return from_plain((fitting or others)[0], entry, where)


def _tuple(inside: tuple[Any, ...], entry: Any, where: str) -> Any:
    if not isinstance(entry, list):
        raise _validate.fail(where, "must be a list", entry)
    kinds = inside[:1] * len(entry) if inside[-1] is Ellipsis else inside
    if len(kinds) != len(entry):
        raise _validate.fail(where, f"must hold {len(kinds)} entries", entry)
    return tuple(from_plain(kind, v, f"{where}[{i}]") for i, (kind, v) in enumerate(zip(kinds, entry, strict=True)))


def schema(kind: Any) -> dict[str, Any]:
    """JSON schema of a type's plain form, which `from_plain` reads; ``record.schema.json`` is this of a card.

    Args:
        kind: a dataclass or a type that its fields use.
    """
    if isinstance(kind, type) and is_dataclass(kind):
        types = _types(kind)
        return {
            "type": "object",
            "required": [f.name for f in fields(kind) if not f.metadata],
            "additionalProperties": False,
            "properties": {name: schema(of) for name, of in types.items()},
        }
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return {"anyOf": [schema(own) for own in inside]}
    if origin is tuple:
        if inside[-1] is Ellipsis:
            return {"type": "array", "items": schema(inside[0])}
        return {"type": "array", "prefixItems": [schema(own) for own in inside], "minItems": len(inside)}
    if origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": schema(inside[1])}
    names = {int: "integer", float: "number", str: "string", bool: "boolean", NoneType: "null"}
    return {"type": names[kind]}
