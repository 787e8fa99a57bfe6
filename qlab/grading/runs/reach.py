"""What learners' programs must not reach: the course, and the packages that hold the answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qlab.grading.student.bubblewrap import SYSTEM, binds, package_place


def demand_masked(names: Iterable[str]) -> None:
    """Make sure that each masked package is there to be masked.

    Raises:
        ValueError: there is no such package or module, or none that lies in a file.

    Example:
        >>> demand_masked(["json"])
    """
    for name in names:
        if package_place(name) is None:
            raise ValueError(
                f"QlabGrading.masked_packages must name packages or modules that lie in files here, got {name!r}"
            )


def demand_out_of_reach(places: Iterable[Path], modules: Iterable[str]) -> None:
    """Make sure that nothing of a course lies below a folder that student code may read.

    Args:
        places: the course and whatever of it lies elsewhere.
        modules: modules that the notebooks import; their folders are readable too.

    Raises:
        ValueError: one of the places does.
    """
    readable = [place.resolve() for place in [*map(Path, SYSTEM), *binds(list(modules))]]
    for place in places:
        within = next((one for one in readable if place.resolve().is_relative_to(one)), None)
        if within is not None:
            raise ValueError(
                f"course-dir must lie outside of what student code may read (the system, Python and its packages), "
                f"got {str(place)!r} below {str(within)!r}"
            )
