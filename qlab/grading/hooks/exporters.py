"""nbgrader's exporter for autograding with the sandbox inside: what a course configures is registered and stays."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.preprocessors import Execute, SaveAutoGrades

from qlab.grading.hooks.preprocessors import AskPerson, Rebuild, SplitExecute


class GradingExporter(NotebookExporter):
    """Registers what a course asks for, with the sandbox in the place of `Execute`.

    nbgrader hands over each preprocessor of `Autograde.sanitize_preprocessors` and `autograde_preprocessors`, whoever
    set them and where. Before the sanitising ones goes :class:`Rebuild`, after `SaveAutoGrades` :class:`AskPerson`.
    """

    def register_preprocessor(self, preprocessor: Any, enabled: bool = False) -> Any:
        """Register a preprocessor; `Execute` gives its place and its settings to :class:`SplitExecute`.

        Raises:
            ValueError: it runs student code in a kernel and is not nbgrader's `Execute` itself.
        """
        if isinstance(preprocessor, ExecutePreprocessor) and not isinstance(preprocessor, SplitExecute):
            if type(preprocessor) is not Execute:
                own = type(preprocessor)
                raise ValueError(
                    "Autograde.autograde_preprocessors must run student code by nbgrader's Execute alone, which the "
                    f"sandbox replaces, got {own.__module__}.{own.__qualname__}"
                )
            preprocessor = SplitExecute(parent=self, stock=preprocessor, enabled=preprocessor.enabled)
        made: Any = super().register_preprocessor(preprocessor, enabled)  # type: ignore[no-untyped-call]
        if isinstance(preprocessor, SaveAutoGrades):
            self.register_preprocessor(AskPerson(parent=self, enabled=preprocessor.enabled))
        return made

    def _preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if getattr(self.parent, "_sanitizing", False):
            runs = Execute(parent=self).enabled
            if not runs:
                self.log.warning("nothing is run: the scores come from the outputs as submitted, which can be forged")
            self._preprocessors.insert(0, Rebuild(parent=self, enabled=runs))
        done: tuple[Any, Any] = super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]
        return done
