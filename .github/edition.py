"""Print the notes of an edition from CHANGELOG.md, or say why its tag is not ready.

python .github/edition.py v0.1.0
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str, *, version: str, changelog: str) -> str:
    """The text under an edition's heading, `## X.Y.Z - YYYY-MM-DD`.

    Args:
        tag: what was tagged, `v` and the version.
        version: what pyproject.toml states.
        changelog: the whole file.

    Raises:
        ValueError: the tag is not that version's, or its section is missing, undated or empty.
    """
    if tag != f"v{version}":
        raise ValueError(f"tag must be v{version}, the version in pyproject.toml, got {tag}")
    section = re.search(
        rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if section is None or not section[1].strip():
        raise ValueError(f"CHANGELOG.md must have a section '## {version} - YYYY-MM-DD' that says what is new")
    return section[1].strip() + "\n"


if __name__ == "__main__":
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    try:
        text = notes(sys.argv[1], version=stated, changelog=(ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(str(error))
    sys.stdout.write(text)
