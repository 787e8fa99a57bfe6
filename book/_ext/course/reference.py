"""Reference pages of `qlab`, made from the docstrings.

``{reference} qlab`` lists every public module, and its public names in source order. Docstrings are plain
text in Google style: formulas hold ``|`` and ``*`` that reStructuredText would misread, so they
are set here without it. Every entry is an object of Sphinx's Python domain, to be linked and indexed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.util.docutils import SphinxDirective

# Programs around the physics, documented by their own --help and by the instructor guide.
TOOLS = {"checks", "cli", "doctor", "grading", "learner"}
SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Yields", "Source", "Sources", "Example", "Examples")
LITERAL = re.compile(r"``([^`]+)``|`([^`]+)`")
ENTRY = re.compile(r"^(\*{0,2}[\w., *]+?)(?: \([^)]*\))?: +(.*)$", re.DOTALL)


class Reference(SphinxDirective):
    """Every public module of a package, a section each; their public names, an entry each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one section for each module, in alphabetical order."""
        modules = [importlib.import_module(name) for name in public_modules(self.arguments[0])]
        return [self.section(module) for module in modules if module.__file__ and public_names(module)]

    def section(self, module: ModuleType) -> nodes.section:
        """Return a module's title, docstring and entries."""
        name = module.__name__
        self.env.note_dependency(str(module.__file__))
        section = nodes.section("", ids=[f"module-{name.replace('.', '-')}"], names=[name])
        section += nodes.title("", "", nodes.literal("", name))
        section += docstring_nodes(module.__doc__ or "")
        cast(PythonDomain, self.env.get_domain("py")).note_module(name, section["ids"][0], "", "", False)
        for thing_name, thing, text in public_names(module):
            section += self.entry(name, thing_name, thing, text)
        return section

    def entry(self, module: str, name: str, thing: Any, text: str) -> list[nodes.Node]:
        """Return the index entry and the description of one name."""
        full = f"{module}.{name}"
        kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
        domain = cast(PythonDomain, self.env.get_domain("py"))
        domain.note_object(full, kind, full, location=self.get_location())
        signature = addnodes.desc_signature("", "", ids=[full], module=module, fullname=name, **{"class": ""})
        if kind == "class":
            signature += addnodes.desc_annotation("", "class ")
        signature += addnodes.desc_name("", name)
        signature += addnodes.desc_addname("", signature_text(thing, kind))
        content = addnodes.desc_content("", *docstring_nodes(text))
        if kind == "class":
            for member, method, method_text in public_methods(thing):
                content += method_nodes(member, method, method_text)
        description = addnodes.desc("", signature, content, domain="py", objtype=kind, desctype=kind, no_index=True)
        description["classes"] += ["py", kind]
        index = addnodes.index(entries=[("single", f"{name} ({module})", full, "", None)])
        return [index, description]


def public_modules(package: str) -> list[str]:
    """Return the names of a package's public modules and sub-packages, one level deep, tools left out."""
    parent = importlib.import_module(package)
    found = pkgutil.iter_modules(parent.__path__)
    return [f"{package}.{info.name}" for info in found if not info.name.startswith("_") and info.name not in TOOLS]


def public_names(module: ModuleType) -> list[tuple[str, Any, str]]:
    """Return (name, object, docstring) of what the module itself defines, in source order."""
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    if hasattr(module, "__path__"):
        gathered = [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]
        return [(name, thing, inspect.getdoc(thing) or "") for name, thing in gathered if callable(thing)]
    found = []
    for name, thing in vars(module).items():
        if name.startswith("_") or inspect.ismodule(thing):
            continue
        if inspect.isclass(thing) or inspect.isfunction(thing):
            if thing.__module__ == module.__name__ and inspect.getdoc(thing):
                found.append((name, thing, inspect.getdoc(thing) or ""))
        elif text := constant_docstring(source, name):
            found.append((name, thing, text))
    return sorted(found, key=lambda item: place(source, item[0]))


def place(source: str, name: str) -> int:
    """Return where a name is defined in the source."""
    match = re.search(rf"^(?:def|class) {name}\b|^{name}\b\s*(?::|=)", source, flags=re.MULTILINE)
    return match.start() if match else len(source)


def constant_docstring(source: str, name: str) -> str:
    """Return the string literal under a module's constant, or an empty string."""
    match = re.search(rf'^{name}\b[^\n]*=(?:.*?)\n"""(.*?)"""', source, flags=re.MULTILINE | re.DOTALL)
    return inspect.cleandoc(match.group(1)) if match and '"""' not in match.group(0)[: -len(match.group(1)) - 6] else ""


def public_methods(thing: type) -> list[tuple[str, Any, str]]:
    """Return (name, function, docstring) of a class's own public methods and properties."""
    found = []
    for name, member in vars(thing).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
            found.append((name, member, inspect.getdoc(function) or ""))
    return found


def method_nodes(name: str, member: Any, text: str) -> nodes.Node:
    """Return one method as a term with its docstring."""
    arguments = "" if isinstance(member, property) else signature_text(getattr(member, "__func__", member), "function")
    arguments = re.sub(r"^\((?:self|cls)(?:, )?", "(", arguments)
    term = nodes.term("", "", nodes.literal("", f".{name}{arguments}"))
    definition = nodes.definition("", *docstring_nodes(text))
    return nodes.definition_list("", nodes.definition_list_item("", term, definition))


def signature_text(thing: Any, kind: str) -> str:
    """Return the arguments with their defaults, annotations left to the text."""
    if kind == "data":
        return ""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


def docstring_nodes(text: str) -> list[nodes.Node]:
    """Return a docstring as paragraphs, labelled lists and examples."""
    result: list[nodes.Node] = []
    for block in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = block.splitlines()
        heading = lines[0].rstrip(":") if lines and lines[0].endswith(":") else ""
        if block.lstrip().startswith(">>>"):
            result.append(nodes.literal_block(block, inspect.cleandoc(block), language="pycon"))
        elif heading in SECTIONS and len(lines) > 1:
            result += section_nodes(heading, lines[1:])
        elif block.strip():
            result.append(nodes.paragraph("", "", *inline_nodes(" ".join(block.split()))))
    return result


def section_nodes(heading: str, lines: list[str]) -> list[nodes.Node]:
    """Return one section: its name, then a definition for each entry."""
    body = inspect.cleandoc("\n".join(lines))
    if body.startswith(">>>"):
        return [nodes.literal_block(body, body, language="pycon")]
    entries = [" ".join(entry.split()) for entry in re.split(r"\n(?=\S)", body)]
    items = nodes.bullet_list("")
    for entry in entries:
        parts = ENTRY.match(entry)
        content = (
            [nodes.literal("", parts.group(1)), nodes.Text(": "), *inline_nodes(parts.group(2))]
            if parts
            else inline_nodes(entry)
        )
        items += nodes.list_item("", nodes.paragraph("", "", *content))
    return [nodes.paragraph("", "", nodes.strong("", heading)), items]


def inline_nodes(text: str) -> list[nodes.Node]:
    """Return text with its back-quoted names as literals."""
    result: list[nodes.Node] = []
    position = 0
    for match in LITERAL.finditer(text):
        result.append(nodes.Text(text[position : match.start()]))
        result.append(nodes.literal("", match.group(1) or match.group(2)))
        position = match.end()
    return [*result, nodes.Text(text[position:])]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reference", Reference)
