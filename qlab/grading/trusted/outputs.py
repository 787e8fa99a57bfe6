"""Outputs that student code claims to have made, checked before they enter a notebook."""

from __future__ import annotations

import json
from typing import Any

_LEFT_OUT = "\n... Output left out: the notebook holds more than it may ...\n"
_MOST_WORDS = 200
_STREAMS = ("stdout", "stderr")


def clean_outputs(claimed: Any, most: int) -> list[dict[str, Any]]:
    """Return those outputs that have nbformat's form, up to `most` bytes in all.

    Args:
        claimed: whatever the student's side sent.
        most: bytes of text and data kept.

    Example:
        >>> clean_outputs([{"output_type": "stream", "name": "stdout", "text": "abc"}, 7], 2)
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'ab'}]
    """
    kept: list[dict[str, Any]] = []
    left = most + 2_000
    for output in claimed if isinstance(claimed, list) else ():
        if not isinstance(output, dict) or left <= 0 or len(kept) >= 1000:
            continue
        clean = _clean(output, min(left, most))
        if clean is not None:
            left -= _size(clean) + 50
            if left > -2_000:
                kept.append(clean)
    return kept


def within(outputs: list[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], int]:
    """Return a cell's outputs for which its notebook has room, and the room that is left.

    The error that ended a cell stays, without its traceback where there is no room for it; what is left out is said.

    Args:
        outputs: clean outputs of one cell.
        room: bytes that the notebook may still take, as its file holds them.

    Example:
        >>> within([{"output_type": "stream", "name": "stdout", "text": "x" * 99}], 10)[0][0]["text"]
        '\\n... Output left out: the notebook holds more than it may ...\\n'
    """
    kept: list[dict[str, Any]] = []
    left_out = False
    for output in outputs:
        size = len(json.dumps(output))
        if size <= room:
            kept.append(output)
            room -= size
        elif output["output_type"] == "error" and output is outputs[-1]:
            kept.append({**output, "evalue": output["evalue"][:_MOST_WORDS], "traceback": []})
        else:
            left_out = True
    if left_out:
        kept.insert(0, {"output_type": "stream", "name": "stdout", "text": _LEFT_OUT})
    return kept, room


def _clean(output: dict[Any, Any], left: int) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in _STREAMS:
        return {"output_type": "stream", "name": output["name"], "text": _text(output.get("text"), left)}
    if kind == "error":
        trace = output.get("traceback")
        lines = [_text(line, 20_000) for line in trace[:100]] if isinstance(trace, list) else []
        while lines and sum(map(len, lines)) > left:
            lines.pop(0)
        return {
            "output_type": "error",
            "ename": _text(output.get("ename"), 200),
            "evalue": _text(output.get("evalue"), 2000),
            "traceback": lines,
        }
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        items = [(key, value) for key, value in output["data"].items() if isinstance(value, str)][:20]
        data = {_text(key, 200): value.encode("utf-8", "replace").decode() for key, value in items}
        clean: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            clean["execution_count"] = count if type(count) is int and 0 < count < 1 << 31 else None
        return clean
    return None


def _text(value: Any, most: int) -> str:
    text = value[:most] if isinstance(value, str) else ""
    return text.encode("utf-8", "replace")[:most].decode(errors="ignore")


def _size(output: dict[str, Any]) -> int:
    data = output.get("data", {})
    parts = [*data, *data.values(), *output.get("traceback", ())]
    parts += [output.get(key, "") for key in ("text", "ename", "evalue")]
    return sum(len(part.encode()) for part in parts)
