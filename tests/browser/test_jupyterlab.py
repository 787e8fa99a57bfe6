"""JupyterLab as `make lab` starts it, in real Chromium: every notebook opened, answered and validated."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from qlab.authoring.sample_class import Role, answer_source
from qlab.checks import all_units, slug, tasks_of_unit
from qlab.learner.notebook import NotebookReport, check_notebook
from qlab.learner.places import OWN, start_units
from tests.waiting import PATIENCE_MS, free_port, stop, wait_until_served

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ("formgrader", "validate_assignment", "assignment_list", "course_list")
# Opens a notebook in the running JupyterLab without starting a kernel, fills cells by grade id, saves and closes it.
ANSWER = """async ([path, answers]) => {
  const app = window.jupyterapp;
  const widget = await app.commands.execute('docmanager:open', { path, kernel: { shouldStart: false } });
  await widget.context.ready;
  await widget.revealed;
  const filled = [];
  for (const cell of widget.content.model.cells) {
    const mark = cell.getMetadata('nbgrader') ?? {};
    if (mark.grade_id in answers) {
      cell.sharedModel.setSource(answers[mark.grade_id]);
      filled.push(mark.grade_id);
    }
  }
  const shown = document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').length;
  await widget.context.save();
  widget.close();
  return { filled, shown, cells: widget.content.model?.cells.length ?? 0 };
}"""
VALIDATE = """async (path) => {
  const token = document.cookie.match('_xsrf=([^;]*)')?.[1] ?? '';
  const answer = await fetch('/assignments/validate', {
    method: 'POST',
    headers: { 'X-XSRFToken': token, 'Content-Type': 'application/json' },
    body: JSON.stringify({ path }),
  });
  return await answer.json();
}"""


def lab_command(environment: dict[str, str]) -> list[str]:
    """The very command of `make lab`, after what it does once."""
    shown = subprocess.run(["make", "--dry-run", "lab"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = shown.replace("\\\n", " ").splitlines()
    (once,) = [line for line in lines if line.startswith("test -e ")]
    subprocess.run(["bash", "-c", once], cwd=ROOT, env=environment, check=True, capture_output=True)
    (command,) = [line for line in lines if line.startswith("jupyter lab ")]
    return shlex.split(command)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A running JupyterLab over a copy of the course, with a configuration of its own; its folder and its address."""
    folder = tmp_path_factory.mktemp("lab")
    course = folder / "course"
    for part in ("exercises", "solutions"):
        shutil.copytree(ROOT / part, course / part, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    start_units([], course / OWN)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    own = {f"JUPYTER_{part}_DIR": str(folder / part.lower()) for part in ("CONFIG", "DATA", "RUNTIME")}
    paths = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    port = free_port()
    flags = ["--no-browser", "--allow-root", "--expose-app-in-browser", f"--ServerApp.port={port}"]
    flags += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    log = folder / "log"
    environment = {**os.environ, **own, **paths, "IPYTHONDIR": str(folder / "ipython")}
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*lab_command(environment), *flags],
            cwd=course,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            wait_until_served(f"http://127.0.0.1:{port}/api/status", server, log)
            yield course, f"http://127.0.0.1:{port}"
        finally:
            stop(server)


@pytest.fixture(scope="module")
def desk(lab: tuple[Path, str], chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """A tab with JupyterLab as it opens by itself, and the addresses it asked for elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    elsewhere: list[str] = []
    own = (lab[1], lab[1].replace("http:", "ws:"), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else elsewhere.append(request.url))
    page.goto(lab[1])
    page.wait_for_selector(".jp-DirListing-item")
    yield page, elsewhere
    context.close()


def answers(number: int, unit: str) -> dict[str, str]:
    """Content of every cell to fill in, from the solutions; every second unit gets one of the answers wrong."""
    document = json.loads((ROOT / "solutions" / slug(unit) / f"{slug(unit)}.ipynb").read_text(encoding="utf-8"))
    marked = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in document["cells"]]
    chosen = {mark["grade_id"]: source for mark, source in marked if mark.get("solution")}
    tasks = tasks_of_unit(unit)
    assert {task.grade_id for task in tasks} <= set(chosen)
    if number % 2:
        wrong = tasks[number % len(tasks)]
        held = wrong.misconceptions[number % len(wrong.misconceptions)]
        chosen[wrong.grade_id] = answer_source(wrong, Role("misconception", held.key), "")
    return chosen


def refused(result: dict[str, Any]) -> list[str]:
    """Tasks that nbgrader's Validate found failing."""
    assert result["success"], result["value"]
    assert set(result["value"]) <= {"failed"}, result["value"]
    found = [re.fullmatch(r'check\("([^"]+)", \w+\)', each["source"]) for each in result["value"].get("failed", [])]
    return [match.group(1) for match in found if match]


def test_it_opens_at_the_exercises_with_all_extensions_and_asks_nobody_else(
    lab: tuple[Path, str], desk: tuple[Any, list[str]]
) -> None:
    page, elsewhere = desk
    shown = page.eval_on_selector_all(".jp-DirListing-itemName", "all => all.map(each => each.innerText)")
    assert sorted(shown) == [slug(unit) for unit in all_units()]
    log = (lab[0].parent / "log").read_text(errors="replace")
    for name in EXTENSIONS:
        assert f"nbgrader.server_extensions.{name} | extension was successfully loaded." in log
    assert not page.get_by_text("Would you like to get notified").count()
    assert elsewhere == []


def test_formgrader_is_reachable_and_knows_the_units(lab: tuple[Path, str], desk: tuple[Any, list[str]]) -> None:
    tab = desk[0].context.new_page()
    answer = tab.goto(f"{lab[1]}/formgrader/manage_assignments")
    assert answer.status == 200
    for unit in all_units():
        tab.get_by_role("link", name=slug(unit), exact=True).first.wait_for()
    tab.close()


def test_every_notebook_opened_and_answered_gets_the_verdict_of_qlab_check(
    lab: tuple[Path, str], desk: tuple[Any, list[str]]
) -> None:
    course, _ = lab
    page, elsewhere = desk
    waiting: dict[str, Future[NotebookReport]] = {}
    with ThreadPoolExecutor(1) as pool:
        for number, unit in enumerate(all_units()):
            path = f"my_exercises/{slug(unit)}/{slug(unit)}.ipynb"
            chosen = answers(number, unit)
            outcome = page.evaluate(ANSWER, [path, chosen])
            assert sorted(outcome["filled"]) == sorted(chosen), unit
            assert outcome["shown"] > 0, unit
            waiting[unit] = pool.submit(check_notebook, course / path)
        for number, unit in enumerate(all_units()):
            result = page.evaluate(VALIDATE, f"my_exercises/{slug(unit)}/{slug(unit)}.ipynb")
            report = waiting[unit].result()
            assert refused(result) == [task.task for task in report.tasks if task.status != "passed"], unit
            assert report.all_passed == (number % 2 == 0), unit
            assert report.notes == ()
            wrong = [task.message for task in report.tasks if task.status != "passed"]
            errors = [" ".join(each["raw_error"].split()) for each in result["value"].get("failed", [])]
            assert all(message in error for message, error in zip(wrong, errors, strict=True)), unit
    assert elsewhere == []


def test_run_all_goes_on_through_all_tasks_and_shows_sentences(
    lab: tuple[Path, str], desk: tuple[Any, list[str]]
) -> None:
    page, unit = desk[0], "03"
    tasks = tasks_of_unit(unit)
    path = f"my_exercises/{slug(unit)}/{slug(unit)}.ipynb"
    first = [Role("misconception", task.misconceptions[0].key) for task in tasks]
    wrong = {task.grade_id: answer_source(task, role, "") for task, role in zip(tasks, first, strict=True)}
    page.evaluate(ANSWER, [path, {**wrong, tasks[0].grade_id: f"def {tasks[0].name}(\n    return 3"}])
    page.goto(f"{lab[1]}/lab/tree/{path}?reset")
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell").first.wait_for()
    page.wait_for_function("document.body.innerText.includes('| Idle')")
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell .cm-content").first.click()
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()
    last = " ".join(tasks[-1].misconceptions[0].says.split()[:3])
    page.locator(".jp-OutputArea-output", has_text=last).first.wait_for()
    shown = [" ".join(text.split()) for text in page.locator(".jp-OutputArea-output").all_inner_texts()]
    assert [task.id for task in tasks[1:] if task.misconceptions[0].says not in shown] == []
    assert not any("_judge.py" in text for text in shown)


def press_validate(page: Any) -> str:
    """Press the toolbar's button and return what the dialog says, after closing it."""
    page.get_by_role("button", name="Validate", exact=True).locator("visible=true").first.click()
    dialog = page.locator(".jp-Dialog-content")
    dialog.wait_for()
    text = str(dialog.inner_text())
    dialog.get_by_role("button").last.click()
    dialog.wait_for(state="detached")
    return text


def test_the_button_in_the_toolbar_says_the_same(lab: tuple[Path, str], desk: tuple[Any, list[str]]) -> None:
    """As a learner does it: open, press Validate, type another answer over the first, press again."""
    page, elsewhere = desk
    unit = "01"
    task = tasks_of_unit(unit)[0]
    path = f"my_exercises/{slug(unit)}/{slug(unit)}.ipynb"
    notebook = lab[0] / path
    document = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers(0, unit).get(grade_id, cell["source"])
    notebook.write_text(json.dumps(document), encoding="utf-8")
    page.goto(f"{lab[1]}/lab/tree/{path}?reset")
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell").first.wait_for()
    page.wait_for_function("document.body.innerText.includes('| Idle')")
    said = press_validate(page)
    assert "Success" in said
    assert check_notebook(notebook).all_passed
    page.locator(".jp-CodeCell .cm-content", has_text=f"def {task.name}(").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(f"{task.name} = None")
    said = press_validate(page)
    report = check_notebook(notebook)
    assert [each.status for each in report.tasks] == ["failed", *["passed"] * (len(report.tasks) - 1)]
    assert "The following cell failed" in said
    assert f'check("{task.id}", {task.name})' in said
    assert report.tasks[0].message in " ".join(said.split())
    assert elsewhere == []
