"""nbgrader's exporter of feedback pages, which keeps hidden tests off them whatever a course adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter

from qlab.grading.pages.feedback import HideTests, seal
from qlab.grading.pages.policy import with_policy
from qlab.grading.pages.sanitise import Sanitise, shown_markdown, unchanged
from qlab.grading.runs.course import MARK


class FeedbackExporter(HTMLExporter):
    """Feedback pages without hidden tests, scripts and anything fetched.

    A course's own preprocessors, filters and templates stay; ours are registered here and need no line of theirs.
    """

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()  # type: ignore[no-untyped-call]
        if not any(isinstance(one, Sanitise) for one in self._preprocessors):
            self.register_preprocessor(Sanitise(parent=self))  # type: ignore[no-untyped-call]

    def _create_environment(self) -> Any:
        environment: Any = super()._create_environment()  # type: ignore[no-untyped-call]
        ours = {"markdown2html": shown_markdown, "strip_files_prefix": unchanged, "with_policy": with_policy}
        environment.filters.update(ours)
        return environment

    def _preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if not any(isinstance(one, HideTests) for one in self._preprocessors):
            self.register_preprocessor(HideTests(parent=self))  # type: ignore[no-untyped-call]
        done: tuple[Any, Any] = super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]
        return done

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[Any, Any]:
        """Return a notebook's page, sealed."""
        page, resources = super().from_notebook_node(nb, resources, **more)
        converter: Any = self.parent
        about = resources["nbgrader"]
        place = Path(converter._format_dest(about["assignment"], about["student"]))
        (place / MARK).unlink(missing_ok=True)  # nbgrader copies all that lies beside the notebooks
        return seal(str(page)), resources
