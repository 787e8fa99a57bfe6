"""What pyproject.toml cannot say: a built package brings the cut exercises along, so that `qlab start` has them.

A checkout, installed in place, reads them where they are.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EXERCISES = Path("exercises")
PLACE = Path("qlab", "learner", "exercises")
"""Where `qlab.learner.places` looks for them in an installed package."""


class BuildWithExercises(build_py):
    """Setuptools' own step, and the units as they are handed out: their notebooks and the list of digests."""

    def _handed_out(self) -> dict[str, str]:
        """Where each file goes, by where it comes from."""
        found = [EXERCISES / ".released.json", *sorted(EXERCISES.glob("*/*.ipynb"))]
        target = Path(self.build_lib) / PLACE
        return {path.as_posix(): str(target / path.relative_to(EXERCISES)) for path in found}

    def run(self) -> None:
        """Build, and copy the exercises beside the module that hands them out."""
        super().run()
        if not self.editable_mode:
            for source, goal in self._handed_out().items():
                self.mkpath(str(Path(goal).parent))
                self.copy_file(source, goal)

    def get_source_files(self) -> list[str]:
        """What a source archive holds for this step."""
        return [*super().get_source_files(), *self._handed_out()]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What this step has built."""
        built = [] if self.editable_mode else list(self._handed_out().values())
        return [*super().get_outputs(include_bytecode), *built]


setup(cmdclass={"build_py": BuildWithExercises})
