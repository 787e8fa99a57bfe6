"""The language of a notebook: what is not Python is named before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PYTHON = ("python", "ipython", "xpython", "pyodide")
"""How Python's own kernels and languages begin, whatever version follows."""
_OTHERS = ("ir", "xr", "julia", "octave", "xoctave", "matlab", "imatlab", "sas", "stata", "bash", "zsh", "sh",
           "javascript", "jslab", "tslab", "deno", "ijavascript", "xcpp", "cling", "c", "cpp", "java", "ijava",
           "rjava", "kotlin", "scala", "almond", "apache_toree_scala", "spylon-kernel", "ruby", "iruby", "perl",
           "iperl", "haskell", "ihaskell", "ocaml", "ocaml-jupyter", "rust", "evcxr", "go", "gophernotes", "gonb",
           "lua", "ilua", "xsqlite", "sql", "xsql", "prolog", "prolog_kernel", "maxima", "gnuplot", "wolframlanguage",
           ".net-csharp", ".net-fsharp", ".net-powershell", "powershell", "racket", "clojure", "coq", "lean",
           "mit-scheme", "calysto_scheme", "singular", "gap", "fortran")  # fmt: skip
"""Kernels of other languages, for notebooks that name a kernel and no language."""


@dataclass(frozen=True)
class Language:
    """A notebook's kernel and language, as its metadata name them.

    Attributes:
        kernel: the kernel's name, empty if none is given.
        language: its language, empty if none is given.
    """

    kernel: str
    language: str

    def __str__(self) -> str:
        known = f" ({self.language})" if self.language and self.language != self.kernel else ""
        return f"kernel {self.kernel!r}{known}" if self.kernel else f"language {self.language!r}"

    def refusal(self, notebook: str) -> str:
        """Say why a notebook is not graded here, and what to do."""
        return (
            f"{notebook} must be a Python notebook, got {self}: student code of other languages cannot be kept apart "
            f"here. Grade it by stock nbgrader; c.QlabGrading.stock_kernels = [{self.kernel!r}] lets `nbgrader "
            "autograde` run it without a sandbox"
        )


def foreign_language(metadata: Mapping[str, Any]) -> Language | None:
    """Return a notebook's kernel and language if they are not Python's.

    The kernel's own word counts first, as it decides what runs; a kernel of unknown name is Python's, as nbgrader
    grades a notebook without one.

    Args:
        metadata: the notebook's.

    Example:
        >>> print(foreign_language({"kernelspec": {"name": "ir", "language": "R"}}))
        kernel 'ir' (R)
        >>> foreign_language({"kernelspec": {"name": "my-class", "display_name": "Class"}}) is None
        True
    """
    spec, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    kernel, said = _text(spec.get("name")), _text(spec.get("language"))
    language = said or _text(info.get("name"))
    if said:
        known = _is_python(said)
    elif kernel and _is_python(kernel):
        known = True
    elif kernel and _stem(kernel) in _OTHERS:
        known = False
    else:
        known = not language or _is_python(language)
    return None if known else Language(kernel, language)


def _is_python(name: str) -> bool:
    return name.lower().startswith(_PYTHON) or name.lower() in ("conda", "sage", "sagemath")


def _stem(kernel: str) -> str:
    """Return a kernel's name without its version.

    Example:
        >>> _stem("julia-1.10"), _stem("ir"), _stem("xcpp17")
        ('julia', 'ir', 'xcpp')
    """
    name = kernel.lower()
    return name if name in _OTHERS else name.rstrip("0123456789.-_")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
