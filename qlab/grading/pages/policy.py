"""What the browser may do on a page that shows a learner's work: run nbgrader's own scripts, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re

from jinja2 import Environment, TemplateNotFound, pass_environment

_MACROS = "formgrade_macros.html.j2"
"""Formgrader's own frame, whose scripts and handlers may run."""
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r'\bonclick="([^"]*)"')


def _meta(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


FEEDBACK = _meta(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
)
"""Feedback runs nothing and fetches nothing."""


@pass_environment
def with_policy(environment: Environment, head: str) -> str:
    """Return the head of formgrader's page with a policy: no script but those of the head and of nbgrader's frame.

    Scripts and handlers written into the page count by their hash, so a learner's never run; pictures come from
    the page itself alone.

    Args:
        environment: of the page's templates, where formgrader's frame is found.
        head: the text of the page's head.
    """
    try:
        frame = environment.loader.get_source(environment, _MACROS)[0] if environment.loader else ""
    except TemplateNotFound:
        frame = ""  # a feedback page
    known = [*_SCRIPT.findall(head), *_SCRIPT.findall(frame), *_HANDLER.findall(frame)]
    hashes = " ".join(dict.fromkeys(f"'sha256-{_sha256(text)}'" for text in known if text))
    policy = (
        f"default-src 'none'; script-src 'self' 'unsafe-hashes' {hashes}; connect-src 'self'; img-src data:; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; base-uri 'none'; form-action 'none'"
    )
    return head.replace("<head>", f"<head>{_meta(policy)}", 1)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
