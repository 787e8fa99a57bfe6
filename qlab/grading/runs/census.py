"""What submissions import and the grader lacks, or has in another version: told before points are lost for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata, util

from qlab.grading.notebooks.reading import UnreadableNotebook, parse_notebook
from qlab.grading.notebooks.scope import imported_modules
from qlab.grading.runs.submitted import Submission

_ASKED = re.compile(r"^\s*[%!]?(?:pip|uv pip|python -m pip)\s+install\s+(.+)$", re.MULTILINE)
_PINNED = re.compile(r"([A-Za-z][\w.-]*)\s*==\s*([\w.!+-]+)")
_FIRST = re.compile(rb"(?:import|from)[ \t]+([A-Za-z_]\w*)|,[ \t]*([A-Za-z_]\w*)")
"""Whatever may be the name of a module, in a notebook's bytes: most notebooks need no closer look."""


class Census:
    """Counts, learner by learner, the packages that the grader cannot give.

    Args:
        given: files beside the source notebooks: modules among them are there.
    """

    def __init__(self, given: Mapping[str, bytes]) -> None:
        self._given = _modules_in(given)
        self._there: dict[str, bool] = {}
        self._missing: dict[str, set[str]] = {}
        self._other: dict[tuple[str, str, str], set[str]] = {}

    def take(self, submission: Submission) -> None:
        """Look at one submission: what its cells import, and the versions that they or a requirements.txt pin."""
        own = self._given | _modules_in(submission.files)
        texts = [submission.files.get("requirements.txt", b"").decode(errors="replace")]
        for content in submission.notebooks.values():
            named = {match[1] or match[2] for match in _FIRST.finditer(content)}
            if b"==" not in content and all(self._is_there(name.decode()) or name.decode() in own for name in named):
                continue
            try:
                cells = [cell["source"] for cell in parse_notebook(content)["cells"] if cell["cell_type"] == "code"]
            except UnreadableNotebook:
                continue
            for module in {name.partition(".")[0] for text in cells for name in imported_modules(text)}:
                if module not in own and not self._is_there(module):
                    self._missing.setdefault(module, set()).add(submission.learner)
            texts += [line for text in cells for line in _ASKED.findall(text)]
        for package, wanted in {found for text in texts for found in _PINNED.findall(text)}:
            here = _version(package)
            if here is not None and here != wanted:
                self._other.setdefault((package, wanted, here), set()).add(submission.learner)

    def lines(self) -> list[str]:
        """Return one line for each package that is missing or has another version."""
        found = [f"{_who(who)} {name}, which the grader does not have" for name, who in sorted(self._missing.items())]
        for (name, wanted, here), who in sorted(self._other.items()):
            found.append(f"{_who(who, 'want')} {name} {wanted}, and the grader has {here}")
        return found

    def _is_there(self, module: str) -> bool:
        if module not in self._there:
            try:
                self._there[module] = util.find_spec(module) is not None
            except (ImportError, ValueError, AttributeError):
                self._there[module] = False
        return self._there[module]


def _modules_in(files: Mapping[str, bytes]) -> set[str]:
    """Return the modules that lie beside a notebook, in whatever folder.

    Example:
        >>> sorted(_modules_in({"tools.py": b"", "lib/kit/core.py": b"", "data.csv": b""}))
        ['core', 'kit', 'lib', 'tools']
    """
    names = [name.removesuffix(".py").split("/") for name in files if name.endswith(".py")]
    return {part for parts in names for part in parts}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _who(learners: set[str], verb: str = "import") -> str:
    return f"1 learner {verb}s" if len(learners) == 1 else f"{len(learners)} learners {verb}"
