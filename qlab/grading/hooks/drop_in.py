"""The few lines that make stock nbgrader grade in the sandbox and give feedback that can be shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_EXPORTER = "qlab.grading.hooks.exporters.GradingExporter"
_FILTERS = {
    "markdown2html": "qlab.grading.pages.sanitise.shown_markdown",
    "strip_files_prefix": "qlab.grading.pages.sanitise.unchanged",
    "with_policy": "qlab.grading.pages.policy.with_policy",
}
"""What formgrader's and the feedback's template calls."""


def configure(config: Any) -> None:
    """Put the sandbox in the place of nbgrader's `Execute`; call it from nbgrader_config.py with `c`.

    A course's own preprocessors, hooks and templates stay, wherever they are set: what is replaced is the exporter
    that runs them. It is named by text, so that reading the configuration does not import nbgrader.

    Args:
        config: nbgrader's configuration object.

    Example:
        >>> from traitlets.config import Config
        >>> config = Config()
        >>> configure(config)
        >>> config.Autograde.exporter_class
        'qlab.grading.hooks.exporters.GradingExporter'
    """
    config.Autograde.exporter_class = _EXPORTER
    config.Execute.on_notebook_start = demand_sandbox
    config.GenerateFeedback.exporter_class = "qlab.grading.pages.exporter.FeedbackExporter"
    own = config.HTMLExporter
    if "template_file" not in own:
        own.template_file = str(Path(__file__).parents[1] / "pages" / "templates" / "offline.html.j2")
    own.filters = {**own.get("filters", {}), **_FILTERS}
    own.preprocessors = [*own.get("preprocessors", []), "qlab.grading.pages.sanitise.Sanitise"]
    config.ExportApp.setdefault("plugin_class", "qlab.grading.reports.export.HarmlessCsv")


def demand_sandbox(**_: Any) -> None:
    """Refuse a kernel for `nbgrader autograde`: where ours is in place, none is started.

    Raises:
        RuntimeError: something in the configuration has taken the sandbox's place.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        raise RuntimeError(
            "student code would run in a kernel and not in the sandbox: configure(c) is called, and then "
            f"Autograde.exporter_class is set to something else. It must be '{_EXPORTER}' "
            "or a class made from it; to grade without a sandbox, take configure(c) out"
        )
