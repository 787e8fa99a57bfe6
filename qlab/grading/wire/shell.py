"""IPython without a kernel: runs cells one after another and records their outputs for a notebook."""

from __future__ import annotations

import ast
import base64
import io
import sys
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class Recorder:
    """The outputs of the running cell, in nbformat's form, up to a number of bytes."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.allowance = 0
        self._full = False
        self._clear_next = False

    def start(self, allowance: int) -> None:
        """Forget what was recorded and accept `allowance` bytes."""
        self.outputs, self.allowance = [], allowance
        self._full = self._clear_next = False

    def stream(self, name: str, text: str) -> None:
        """Record what was written to stdout or stderr."""
        self._before()
        text = text[: self._spend(len(text))]
        if not text:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["parts"].append(text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "parts": [text]})

    def rich(self, kind: str, data: dict[str, Any], metadata: dict[str, Any], count: int | None) -> None:
        """Record display data or a cell's result, binary parts as base64."""
        self._before()
        plain = {str(mime): _mime_text(str(mime), value) for mime, value in data.items()}
        size = sum(len(value) if isinstance(value, str) else 1000 for value in plain.values())
        if self._spend(size) < size:
            return
        output: dict[str, Any] = {"output_type": kind, "data": plain, "metadata": dict(metadata or {})}
        if kind == "execute_result":
            output["execution_count"] = count
        self.outputs.append(output)

    def error(self, name: str, text: str, trace: list[str]) -> None:
        """Record an exception; the last kilobytes of its traceback are always kept."""
        self._before()
        self._full = False
        trace = [line[-20_000:] for line in trace][-50:]
        self.outputs.append({"output_type": "error", "ename": name[:200], "evalue": text[:2000], "traceback": trace})

    def clear(self, wait: bool) -> None:
        """Clear the outputs so far, now or when the next one comes."""
        if wait:
            self._clear_next = True
        else:
            self.outputs = []

    def finished(self) -> list[dict[str, Any]]:
        """Return the outputs, their streams joined."""
        for output in self.outputs:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.outputs

    def _before(self) -> None:
        if self._clear_next:
            self.outputs, self._clear_next = [], False

    def _spend(self, size: int) -> int:
        granted = min(size, max(self.allowance, 0))
        self.allowance -= granted
        if granted < size and not self._full:
            self._full = True
            self.outputs.append({"output_type": "stream", "name": "stdout", "parts": ["\n... Output truncated ...\n"]})
        return granted


def _mime_text(mime: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.encodebytes(value).decode() if not mime.startswith("text/") else value.decode(errors="replace")
    return value


class Stream(io.TextIOBase):
    """A text stream that ends in the recorder."""

    encoding = "utf-8"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder, self.name = recorder, f"<{name}>"
        self._kind = name

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Record the text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self._kind, text)
        return len(text)


class _Publisher(DisplayPublisher):
    recorder: Recorder

    def publish(self, data: Any, metadata: Any = None, *args: Any, **other: Any) -> None:
        self.recorder.rich("display_data", data, metadata or {}, None)

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.clear(wait)


class _Hook(DisplayHook):
    recorder: Recorder
    _format: tuple[Any, Any] = ({}, {})

    def write_output_prompt(self) -> None:
        return

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self._format = (format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        data, metadata = self._format
        if data:
            self.recorder.rich("execute_result", data, metadata, self.prompt_count)
        self._format = ({}, {})
        self._is_active = False


class NotebookShell(InteractiveShell):
    """An IPython shell whose outputs go to a :class:`Recorder`."""

    recorder: Recorder
    shows_tracebacks = True

    def enable_gui(self, gui: Any = None) -> None:
        """Accept the inline backend; there is no window to open."""

    def showtraceback(self, *args: Any, **options: Any) -> None:
        """Record the traceback of the cell's exception, unless the caller reports it itself."""
        if self.shows_tracebacks:
            super().showtraceback(*args, **options)

    def showsyntaxerror(self, *args: Any, **options: Any) -> None:
        """Record a syntax error, unless the caller reports it itself."""
        if self.shows_tracebacks:
            super().showsyntaxerror(*args, **options)  # type: ignore[no-untyped-call]

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = ""
        self.recorder.error(getattr(etype, "__name__", "Error"), text, list(stb))

    def forget(self) -> None:
        """Return to the state of a shell that has run nothing."""
        self.reset(new_session=True)  # type: ignore[no-untyped-call]
        self.recorder.start(0)
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            if hasattr(sys, name):
                delattr(sys, name)

    def run(self, source: str, allowance: int) -> tuple[list[dict[str, Any]], BaseException | None]:
        """Run one cell; return its outputs and the exception that ended it, if any."""
        self.recorder.start(allowance)
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = Stream(self.recorder, "stdout"), Stream(self.recorder, "stderr")
        try:
            result = self.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        finally:
            sys.stdout, sys.stderr = kept
        return self.recorder.finished(), result.error_before_exec or result.error_in_exec

    def execute(self, source: str, names: dict[str, Any] | None = None) -> tuple[BaseException | None, str]:
        """Run one cell; return the exception that ended it, if any, and the number that its last line shows.

        Plain Python, which most tests are, runs without IPython's machinery.

        Args:
            source: the cell.
            names: its namespace; by default the notebook's.

        Returns:
            The exception, and the number as text; empty for any other value.
        """
        names = self.user_ns if names is None else names
        try:
            tree = ast.parse(source)
            end = tree.body[-1] if tree.body else None
            shows = None
            if isinstance(end, ast.Expr):
                shows = compile(ast.Expression(end.value), "<cell>", "eval", dont_inherit=True)
                tree.body.pop()
            code = compile(tree, "<cell>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            outputs, error = self.run(source, 1000)
            texts = [one["data"].get("text/plain") for one in outputs if one["output_type"] == "execute_result"]
            return error, str(texts[0]) if texts else ""
        try:
            exec(code, names)
            value = eval(shows, names) if shows else None  # noqa: S307 - the instructor's own cell
        except BaseException as error:
            return error, ""
        return None, repr(value) if type(value) in (int, float) else ""


def make_shell() -> NotebookShell:
    """Return the process's one shell: no history file, no prompts, inline figures.

    The shell is made before the process forks, so that each notebook starts with a warm one.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.ast_node_interactivity = "last_expr"
    HistoryManager.enabled = False  # type: ignore[assignment]
    shell: NotebookShell = NotebookShell.instance(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
    shell.recorder = Recorder()
    for part in (shell.display_pub, shell.displayhook):
        part.recorder = shell.recorder  # type: ignore[union-attr]
    sys.modules["__main__"] = shell.user_module
    _warm_up(shell)
    return shell


def _warm_up(shell: NotebookShell) -> None:
    """Run what IPython imports only at its first cell, first output and first error, then forget it."""
    shell.run("1", 1000)
    shell.run("1 / 0", 1000)
    shell.forget()
