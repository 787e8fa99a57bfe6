"""Before release: would the instructor's own solutions pass, and if not, what cannot cross?

Two looks at each test.  The text is searched for what is known not to cross.  Then the instructor's own
notebook, solutions in place, is graded like a submission: a test that its own solution does not pass
is reported with the reason.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from qlab.grading.notebooks import scope
from qlab.grading.notebooks.files import HIDDEN, files_below
from qlab.grading.notebooks.plan import Plan, make_job, make_plan
from qlab.grading.notebooks.reading import grade_id, is_test
from qlab.grading.runs.course import Course
from qlab.grading.runs.worker import Worker
from qlab.grading.wire.verdict import Verdict

_SOURCE_READERS = {"getsource", "getsourcelines", "getsourcefile", "getfile", "getmodule", "getclosurevars"}
_RUN_TEXT = {"eval", "exec", "pickle.loads", "pickle.load", "marshal.loads", "dill.loads", "os.system", "os.popen",
             "subprocess.run", "subprocess.check_output", "subprocess.Popen", "importlib.import_module"}  # fmt: skip
_OUTPUT_READERS = {"capsys", "redirect_stdout", "capture_output", "getoutput"}


@dataclass(frozen=True)
class Finding:
    """One test that cannot be graded as it stands.

    Attributes:
        notebook: the notebook's name.
        cell: the test cell's grade id, or the file beside the notebook.
        says: what is wrong, and what to write instead.
    """

    notebook: str
    cell: str
    says: str


def check_assignment(course: Course, assignment: str) -> list[Finding]:
    """Return what stands in the way of grading an assignment, empty if nothing does.

    Args:
        course: the course.
        assignment: the assignment's name; it need not be released yet.

    Raises:
        SandboxUnavailable: student code cannot be confined here.
    """
    sources = course.source_notebooks(assignment)
    plans = [make_plan(name, content) for name, content in sources.items()]
    beside = files_below(course.path("source", assignment))
    first = plans[0].name
    findings = [
        Finding(first, file, f"it is left out: {why}") for file, why in beside.left_out.items() if why != HIDDEN
    ]
    kept_back = course.kept_back(assignment)
    with Worker(course.settings(sources)) as worker:
        for plan in plans:
            said = check_text(plan)
            job = make_job(
                plan,
                plan.source,
                directory=course.path("source", assignment),
                limits=course.limits(),
                files={name: text for name, text in beside.files.items() if name not in kept_back},
                relayed=list(course.options.relayed_functions),
            )
            tests = worker.run(job).tests
            named = {finding.cell for finding in said}
            for cell, judgement in tests.items():
                if judgement.verdict != Verdict.PASSED and cell not in named:
                    why = judgement.detail or judgement.message
                    said.append(Finding(plan.name, cell, f"the instructor's own solution does not pass: {why}"))
            findings += said
    return findings


def check_text(plan: Plan) -> list[Finding]:
    """Return the tests of a notebook whose text shows that they need what cannot cross."""
    findings = []
    for cell in plan.source["cells"]:
        name = grade_id(cell)
        if not is_test(cell) or name is None:
            continue
        tree = scope.parse(cell["source"])
        if tree is None:
            findings.append(Finding(plan.name, name, "the test cell is not Python"))
            continue
        local = scope.bound_names(cell["source"])
        reasons = [
            reason for node in ast.walk(tree) if (reason := _reason(node, set(plan.student_names) - local, plan))
        ]
        findings += [Finding(plan.name, name, reason) for reason in dict.fromkeys(reasons)]
        if re.search(r"^\s*(%%|%|!)", cell["source"], re.MULTILINE):
            findings.append(Finding(plan.name, name, "magics and shell commands do not reach the student's side"))
    return findings


def _reason(node: ast.AST, student: set[str], plan: Plan) -> str:
    """Return why a node cannot work across the boundary, empty if it can."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        mentioned = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)} & student
        if called in _SOURCE_READERS and mentioned:
            asked = f"{called}({', '.join(sorted(mentioned))})"
            return f"{asked} needs the student's source, which cannot cross; test what it does"
        if ast.unparse(node.func) in _RUN_TEXT and node.args and not isinstance(node.args[0], ast.Constant):
            return f"{called}() of what a student may have made runs it outside the sandbox; compare values"
        if called in _OUTPUT_READERS:
            return "what student code prints does not cross; ask for a returned value"
        if called in ("get_ipython", "locals", "globals", "vars", "eval", "exec") and not node.args:
            return f"{called}() shows the trusted side's names only; name what you test"
    if isinstance(node, ast.Name) and node.id == "In" and isinstance(node.ctx, ast.Load):
        return "the notebook's history does not cross"
    target = _changed(node)
    if target in student and target not in plan.classes:
        return f"changing the student's {target} in place does not reach the student's side; copy it or call a function"
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        own = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} & student
        if own:
            return f"except {', '.join(sorted(own))}: a student's exception class cannot cross; name a built-in one"
    return ""


def _changed(node: ast.AST) -> str:
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and isinstance(node.value, ast.Name)
    ):
        return node.value.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.value.id if node.func.attr in scope.MUTATORS else ""
    return ""
