"""The book's TeX macros spelled out, for what does not know them: notebooks and the converter to MathML."""

from __future__ import annotations

import re

# Macro -> (number of arguments, spelling).
MACROS = {
    "ketbra": (2, r"|{0}\rangle\langle {1}|"),
    "braket": (2, r"\langle {0}|{1}\rangle"),
    "ket": (1, r"|{0}\rangle"),
    "bra": (1, r"\langle {0}|"),
    "Tr": (0, r"\operatorname{{Tr}}"),
}
NAME = re.compile(rf"\\({'|'.join(MACROS)})(?![A-Za-z])")
TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\.|[^\s{}])")


def expand(tex: str) -> str:
    """Return the formula with every macro of the book replaced, inner ones too."""
    match = NAME.search(tex)
    if match is None:
        return tex
    count, spelling = MACROS[match.group(1)]
    position, arguments = match.end(), []
    for _ in range(count):
        argument, position = read_argument(tex, position)
        arguments.append(expand(argument))
    return tex[: match.start()] + spelling.format(*arguments) + expand(tex[position:])


def read_argument(tex: str, position: int) -> tuple[str, int]:
    """Return one argument, braced or a single token, and the position after it."""
    start = position
    while start < len(tex) and tex[start].isspace():
        start += 1
    if start < len(tex) and tex[start] == "{":
        depth = 0
        for end in range(start, len(tex)):
            depth += {"{": 1, "}": -1}.get(tex[end], 0) if tex[end - 1] != "\\" else 0
            if depth == 0:
                return tex[start + 1 : end], end + 1
    token = TOKEN.match(tex, position)
    if token is None:
        raise ValueError(f"macro must have an argument, got {tex[position : position + 20]!r}")
    return token.group(1), token.end()
