"""The few lines that make stock nbgrader grade in the sandbox and give feedback that can be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_STOCK = "nbgrader.preprocessors"


def configure(config: Any) -> None:
    """Put our preprocessors in place; call it from nbgrader_config.py with `c`.

    They are named by text, so that reading the configuration does not import nbgrader.

    Args:
        config: nbgrader's configuration object.

    Example:
        >>> from traitlets.config import Config
        >>> config = Config()
        >>> configure(config)
        >>> config.Autograde.autograde_preprocessors[0]
        'qlab.grading.hooks.preprocessors.SplitExecute'
    """
    config.Autograde.sanitize_preprocessors = [
        "qlab.grading.hooks.preprocessors.Rebuild",
        f"{_STOCK}.ClearOutput",
        f"{_STOCK}.DeduplicateIds",
        f"{_STOCK}.OverwriteKernelspec",
        f"{_STOCK}.OverwriteCells",
        f"{_STOCK}.CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        "qlab.grading.hooks.preprocessors.SplitExecute",
        f"{_STOCK}.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        f"{_STOCK}.LimitOutput",
        "qlab.grading.hooks.preprocessors.SaveGrades",
        f"{_STOCK}.AssignLatePenalties",
        f"{_STOCK}.CheckCellMetadata",
    ]
    config.HTMLExporter.template_file = str(Path(__file__).parents[1] / "pages" / "templates" / "offline.html.j2")
    config.HTMLExporter.filters = {
        "markdown2html": "qlab.grading.pages.sanitise.shown_markdown",
        "strip_files_prefix": "qlab.grading.pages.sanitise.unchanged",
        "with_policy": "qlab.grading.pages.policy.with_policy",
    }
    config.HTMLExporter.preprocessors = ["qlab.grading.pages.sanitise.Sanitise"]
    config.GenerateFeedback.preprocessors = [
        f"{_STOCK}.GetGrades",
        "qlab.grading.pages.feedback.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    config.ExportApp.plugin_class = "qlab.grading.reports.export.HarmlessCsv"
    config.GenerateFeedback.post_convert_hook = "qlab.grading.pages.feedback.seal_pages"
