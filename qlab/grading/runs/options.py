"""Every option of nbgrader's autograde, feedback and their preprocessors, and what becomes of it here.

None is ignored without a word: it is honoured, or refused by name before anything runs, or has nothing to act on
here, which is said by name in every run of a course that sets it. OPTIONS.md, for instructors, is made from this table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

Door = Literal["nbgrader", "qlab"]
"""Which command grades: `nbgrader autograde` with the drop-in, or `qlab grade`."""


class Fate(Enum):
    """What becomes of an option."""

    HONOURED = "honoured"
    REFUSED = "refused"
    IDLE = "nothing to act on"


@dataclass(frozen=True)
class Option:
    """What becomes of one option.

    Attributes:
        nbgrader: through `nbgrader autograde` and `generate_feedback` with the drop-in.
        qlab: through `qlab grade`.
        says: how it acts, why it is refused, or why it has nothing to act on.
        usual: values that ask for nothing beyond what is done anyway.
    """

    nbgrader: Fate
    qlab: Fate
    says: str
    usual: tuple[Any, ...] = ()

    def at(self, door: Door) -> Fate:
        """Return what becomes of it through one of the commands."""
        return self.nbgrader if door == "nbgrader" else self.qlab


_H, _R, _I = Fate.HONOURED, Fate.REFUSED, Fate.IDLE
_NO_KERNEL = "no Jupyter kernel is started: cells run in the sandbox's own processes"
_NO_HOOK = "it would be called from a kernel's client, and no kernel is started"
_REBUILT = "every notebook is rebuilt around the instructor's cells before it is graded"
_AT_RELEASE = "acts when the assignment is made; what was released is graded"
_OWN_COMMAND = "nbgrader's own command follows it"
_THROUGH_NBGRADER = "only nbgrader runs it: grade with `nbgrader autograde`"
_EXCHANGE = "nbgrader follows it when it copies to and from its exchange, and nowhere else"


def _all(owner: str, names: str, option: Option) -> dict[str, Option]:
    return {f"{owner}.{name}": option for name in names.split()}


OPTIONS: dict[str, Option] = {
    **_all("Autograde", "create_student exclude_overwriting force pre_convert_hook post_convert_hook",
           Option(_H, _H, "as under stock")),
    "Autograde.permissions": Option(
        _H, _H, "as under stock; where none are set, `qlab grade` leaves what the umask gives"),
    **_all("Autograde", "sanitize_preprocessors autograde_preprocessors", Option(
        _H, _R, "all are run in the given order, but for Execute, whose place the sandbox takes; `qlab grade` does "
        "what nbgrader's own do, and another one is nbgrader's to run: grade with `nbgrader autograde`")),
    "Autograde.exporter_class": Option(
        _R, _R, "the drop-in's exporter is what puts the sandbox in Execute's place; make yours from "
        "qlab.grading.hooks.exporters.GradingExporter", ("qlab.grading.hooks.exporters.GradingExporter",)),
    **_all("GenerateFeedback", "force permissions pre_convert_hook post_convert_hook preprocessors",
           Option(_H, _H, f"{_OWN_COMMAND}; hidden tests are taken out and the page is sealed after it")),
    "GenerateFeedback.exporter_class": Option(
        _R, _H, "the drop-in's exporter keeps hidden tests off the page; make yours from "
        "qlab.grading.pages.exporter.FeedbackExporter", ("qlab.grading.pages.exporter.FeedbackExporter",)),
    **_all("CourseDirectory", "assignment_id autograded_directory course_id db_url directory_structure "
           "feedback_directory groupshared ignore release_directory root source_directory student_id "
           "student_id_exclude submitted_directory", Option(_H, _H, "as under stock")),
    **_all("CourseDirectory", "solution_directory source_with_tests_directory", Option(
        _H, _H, f"{_OWN_COMMAND}; grading does not look there")),
    **_all("CourseDirectory", "include max_dir_size max_file_size", Option(_H, _H, _EXCHANGE)),
    "CourseDirectory.notebook_id": Option(
        _H, _R, "`qlab grade` grades all notebooks of a submission; `nbgrader autograde --notebook` some", ("*", "")),
    "Execute.enabled": Option(
        _H, _R, "`--no-execute` grades the outputs as they were submitted, which can be forged; `qlab grade` "
        "always runs", (True,)),
    "Execute.timeout": Option(
        _H, _H, "the time of each cell and each test, under its older names too; None and negative ones leave the "
        "notebook's whole time, `c.QlabGrading.notebook_seconds`, by default 120 s or four times the cell's"),
    "Execute.timeout_func": Option(_R, _R, f"{_NO_HOOK}; set c.Execute.timeout", (None,)),
    "Execute.kernel_name": Option(
        _R, _R, "the source notebook names its kernel; Python ones alone are graded", ("", "python3", "python")),
    "Execute.skip_cells_with_tag": Option(
        _R, _R, "cells tagged skip-execution are not run, and no other tag does that", ("skip-execution",)),
    "Execute.force_raise_errors": Option(_R, _R, "the cells after an error are run all the same", (False,)),
    **_all("Execute", "on_cell_complete on_cell_error on_cell_execute on_cell_start on_notebook_complete "
           "on_notebook_error on_notebook_start", Option(_R, _R, _NO_HOOK, (None,))),
    **_all("Execute", "extra_arguments iopub_timeout ipython_hist_file kernel_manager_class raise_on_iopub_timeout "
           "shell_timeout_interval shutdown_kernel startup_timeout store_widget_state record_timing",
           Option(_I, _I, _NO_KERNEL)),
    "Execute.allow_error_names": Option(_I, _I, "the cells after any error are run all the same"),
    "Execute.error_on_timeout": Option(_I, _I, "a cell that is late says so in our words"),
    "Execute.execute_retries": Option(_I, _I, "a notebook whose process is killed is run once more"),
    "Execute.interrupt_on_timeout": Option(_I, _I, "a late cell is interrupted, and ended if that does not help",
                                           (True,)),
    **_all("IgnorePattern", "enabled pattern", Option(_H, _H, "as under stock")),
    **_all("LimitOutput", "max_lines max_traceback enabled", Option(
        _H, _H, "as under stock; c.QlabGrading.output_bytes limits a cell's output before")),
    **_all("ClearMetadataPreprocessor", "enabled clear_cell_metadata clear_notebook_metadata "
           "preserve_cell_metadata_mask preserve_nb_metadata_mask", Option(_H, _R, _THROUGH_NBGRADER, (False,))),
    "SaveAutoGrades.enabled": Option(_H, _R, f"`qlab grade` always saves; {_THROUGH_NBGRADER}", (True,)),
    **_all("AssignLatePenalties", "enabled plugin_class", Option(
        _H, _H, "as under stock; a plugin may lie in the course's folder")),
    "CheckCellMetadata.enabled": Option(_H, _I, _REBUILT, (True,)),
    "DeduplicateIds.enabled": Option(_I, _I, _REBUILT, (True,)),
    "OverwriteKernelspec.enabled": Option(_I, _I, _REBUILT, (True,)),
    **_all("OverwriteCells", "enabled add_missing_cells missing_cell_notification", Option(
        _I, _I, f"{_REBUILT}; missing ones are put back, and the report names them", (True,))),
    **_all("ClearOutput", "enabled remove_metadata_fields", Option(
        _I, _I, "outputs are made anew; with `--no-execute` none is cleared", (True,))),
    **_all("GetGrades", "enabled display_data_priority", Option(_H, _H, _OWN_COMMAND)),
    **_all("CSSHTMLHeaderPreprocessor", "enabled highlight_class style", Option(_H, _H, _OWN_COMMAND)),
    **_all("ClearSolutions", "enabled begin_solution_delimeter end_solution_delimeter code_stub text_stub "
           "enforce_metadata", Option(_H, _H, f"{_AT_RELEASE}; the marks are read while grading, too")),
    **_all("ClearHiddenTests", "enabled begin_test_delimeter end_test_delimeter enforce_metadata",
           Option(_H, _H, f"{_AT_RELEASE}; the marks are read while grading, too")),
    **_all("ClearMarkScheme", "enabled begin_mark_scheme_delimeter end_mark_scheme_delimeter enforce_metadata "
           "check_attachment_leakage", Option(_H, _H, _AT_RELEASE)),
    **_all("IncludeHeaderFooter", "enabled header footer", Option(_H, _H, _AT_RELEASE)),
    **_all("InstantiateTests", "enabled autotest_delimiter autotest_filename comment_strs enforce_metadata "
           "hashed_delimiter sanitizers use_salt", Option(_H, _H, _AT_RELEASE)),
    **_all("LockCells", "enabled lock_all_cells lock_grade_cells lock_readonly_cells lock_solution_cells",
           Option(_H, _H, _AT_RELEASE)),
    **_all("ComputeChecksums", "enabled", Option(_H, _H, _AT_RELEASE)),
    **_all("SaveCells", "enabled", Option(_H, _H, _AT_RELEASE)),
}  # fmt: skip

_ABOVE = {
    "Autograde": ("BaseConverter", "AutogradeApp"),
    "GenerateFeedback": ("BaseConverter", "Feedback", "FeedbackApp"),
    "Execute": ("NotebookClient", "ExecutePreprocessor"),
}
"""Sections that set a class's options beside its own, the most particular last."""
_UNSET = object()


def value_of(config: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Return what a configuration sets an option to, in its own section or one that nbgrader reads for it.

    Example:
        >>> value_of({"ExecutePreprocessor": {"timeout": 60}}, "Execute.timeout")
        60
    """
    owner, _, trait = name.partition(".")
    found = default
    for section in (*_ABOVE.get(owner, ()), owner):
        found = config.get(section, {}).get(trait, found)
    if isinstance(found, str) and type(found) is not str:  # as the command line gave it, not read yet
        try:
            return ast.literal_eval(found)
        except (ValueError, SyntaxError):
            return str(found)
    return found


def demand_honoured(config: Mapping[str, Any], *, door: Door) -> None:
    """Refuse a configuration that asks for what is not done here.

    Raises:
        ValueError: an option is set that is refused; the message names it, why, and its value.

    Example:
        >>> demand_honoured({"Execute": {"timeout_func": len}}, door="qlab")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        ValueError: c.Execute.timeout_func must be left out: ...; set c.Execute.timeout, got <built-in function len>
    """
    for name, option, value in _set_beyond_usual(config, door, Fate.REFUSED):
        raise ValueError(f"c.{name} must be left out: {option.says}, got {_shown(value)}")


def without_effect(config: Mapping[str, Any], *, door: Door) -> list[str]:
    """Return a line for each option that is set and has nothing to act on.

    Example:
        >>> without_effect({"Execute": {"iopub_timeout": 10}}, door="qlab")[0][:43]
        'c.Execute.iopub_timeout has nothing to act '
    """
    found = _set_beyond_usual(config, door, Fate.IDLE)
    return [f"c.{name} has nothing to act on: {option.says}" for name, option, _ in found]


def _set_beyond_usual(config: Mapping[str, Any], door: Door, fate: Fate) -> Iterator[tuple[str, Option, Any]]:
    for name, option in OPTIONS.items():
        if option.at(door) is fate:
            value = value_of(config, name, _UNSET)
            if value is not _UNSET and not _is_usual(name, option, value):
                yield name, option, value


def _is_usual(name: str, option: Option, value: Any) -> bool:
    if name.endswith("preprocessors"):
        return all(_place(one).startswith(("nbgrader.", "nbconvert.", "qlab.")) for one in value)
    if name.endswith("exporter_class"):
        return _place(value) in option.usual or _is_made_from(value, option.usual)
    if getattr(value, "__module__", "") == "qlab.grading.hooks.drop_in":
        return True
    return any(value is one or (type(value) is type(one) and value == one) for one in option.usual)


def _is_made_from(value: Any, usual: tuple[str, ...]) -> bool:
    from traitlets.utils.importstring import import_item

    if isinstance(value, str):
        try:
            value = import_item(value)
        except ImportError:
            return False
    return isinstance(value, type) and any(_place(one) in usual for one in value.__mro__)


def _place(value: Any) -> str:
    """Return where a class is defined, as nbgrader's configuration would name it."""
    return value if isinstance(value, str) else f"{value.__module__}.{value.__qualname__}"


def _shown(value: Any) -> str:
    return _place(value) if isinstance(value, type) else repr(value)


def page() -> str:
    """Return the table for instructors, as Markdown."""
    lines = [
        "# nbgrader's options, and what becomes of each",
        "",
        "Made from `qlab/grading/runs/options.py`; a test compares it with nbgrader's own lists. *nothing to act on*:",
        "every run of a course that sets the option says so by name.",
        "",
        "| option | `nbgrader autograde` with the drop-in | `qlab grade` | |",
        "| --- | --- | --- | --- |",
    ]
    groups: dict[tuple[str, Option], list[str]] = {}
    for name, option in OPTIONS.items():
        owner, _, trait = name.partition(".")
        groups.setdefault((owner, option), []).append(trait)
    for (owner, option), traits in groups.items():
        names = ", ".join(f"`{trait}`" for trait in traits)
        lines.append(f"| {owner}: {names} | {option.nbgrader.value} | {option.qlab.value} | {option.says} |")
    return "\n".join(lines) + "\n"
