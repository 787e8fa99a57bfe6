"""Child process of `qlab.learner.notebook`: execute cells, judge visible tests, write one JSON line a task."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from qlab.learner.notebook import read_notebook, visible_id


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return "".join(source) if isinstance(source, list) else str(source)


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return InteractiveShell.instance(config=config)


def main(notebook: Path, results: Path) -> None:
    """Run all cells in order; where a visible test stands, judge the answer that is bound just then."""
    from qlab.checks import judge_answer, tasks_of_unit

    tasks = {visible_id(task.id): task for task in tasks_of_unit(notebook.stem.split("_")[0])}
    shell = _shell()
    with results.open("a", encoding="utf-8") as out:
        for cell in read_notebook(notebook)["cells"]:
            if cell.get("cell_type") != "code":
                continue
            mark = cell["metadata"].get("nbgrader", {})
            task = tasks.get(mark.get("grade_id", "")) if mark.get("grade") else None
            if task is None:
                shell.run_cell(_source(cell), store_history=False, silent=True)
                continue
            name = task.id.split(".", 1)[1]
            points = float(mark.get("points", 0))
            if name in shell.user_ns:
                verdict = judge_answer(task.id, shell.user_ns[name])
                status, message = verdict.status, verdict.message
            else:
                status = "failed"
                message = f"{name} is not defined: run its cell, or copy it back from a fresh exercise."
            earned = points if status == "passed" else 0.0
            report = {"task": task.id, "title": task.title, "status": status, "message": message}
            out.write(json.dumps({**report, "points": points, "earned": earned}) + "\n")
            out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # a learner's threads or exit handlers must not keep the process
