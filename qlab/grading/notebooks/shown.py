"""What of a notebook's output is written: nbgrader's `LimitOutput` and `IgnorePattern`, for `qlab grade`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qlab.grading.notebooks.reading import Notebook
from qlab.grading.wire.messages import Output

_TRUNCATED = "... Output truncated ..."
_TRACEBACK = "... Traceback truncated ..."


@dataclass(frozen=True)
class Shown:
    """What of each cell's output is kept.

    Attributes:
        max_lines: lines of printed text; -1 for all.
        max_traceback: lines of a traceback; -1 for all.
        ignored: regular expression of what is taken out of stderr; empty for nothing.
    """

    max_lines: int = 1000
    max_traceback: int = 100
    ignored: str = ""

    def limit(self, notebook: Notebook) -> None:
        """Cut the outputs of a notebook, in place.

        Example:
            >>> cell = {"cell_type": "code", "outputs": [{"output_type": "stream", "text": "a\\nb\\nc"}]}
            >>> Shown(max_lines=2).limit({"cells": [cell]})
            >>> cell["outputs"][0]["text"]
            'a\\n... Output truncated ...'
        """
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                kept = [output for output in cell["outputs"] if not self._is_ignored(output)]
                cell["outputs"] = [self._traceback(output) for output in self._lines(kept)]

    def _is_ignored(self, output: Output) -> bool:
        printed = output["output_type"] == "stream" and output.get("name") == "stderr"
        return bool(self.ignored and printed and re.search(self.ignored, _text(output)))

    def _lines(self, outputs: list[Output]) -> list[Output]:
        kept: list[Output] = []
        length = 0
        for output in outputs:
            if output["output_type"] == "stream" and self.max_lines != -1:
                if length == self.max_lines:
                    continue
                lines = _text(output).split("\n")
                if len(lines) + length > self.max_lines:
                    lines = [*lines[: max(self.max_lines - length - 1, 0)], _TRUNCATED]
                length += len(lines)
                kept.append({**output, "text": "\n".join(lines)})
            else:
                kept.append(output)
        return kept

    def _traceback(self, output: Output) -> Output:
        lines = output.get("traceback", [])
        if output["output_type"] != "error" or self.max_traceback == -1 or len(lines) <= self.max_traceback:
            return output
        start = self.max_traceback // 2
        end = self.max_traceback - start - 1
        return {**output, "traceback": [*lines[:start], _TRACEBACK, *(lines[-end:] if end > 0 else [])]}


def _text(output: Output) -> str:
    text = output.get("text", "")
    return "".join(text) if isinstance(text, list) else str(text)
