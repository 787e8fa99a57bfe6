"""Reference pages of `qlab`, made from the package itself: its modules, their docstrings, in source order.

``{reference} qlab`` shows a section for each room: first the package's own modules, then each
sub-package. A room that exports names (``__all__``) shows them; any other shows its modules. So a
module that moves needs no edit here. ``:without:`` names the rooms that are left out.

Docstrings are plain text in Google style. Their formulas hold ``|`` and ``*``, which autodoc would
read as reStructuredText, so they are set here; what autodoc itself uses to find documented constants
and the order of names (`sphinx.pycode`) serves here too. Every entry is an object of Sphinx's Python
domain, to be linked and indexed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Yields", "Source", "Sources", "Example", "Examples")
LITERAL = re.compile(r"``([^`]+)``|`([^`]+)`")
ENTRY = re.compile(r"^(\*{0,2}[\w., *]+?)(?: \([^)]*\))?: +(.*)$", re.DOTALL)


class Reference(SphinxDirective):
    """Every room of a package, a section each, with its modules and their public names."""

    required_arguments = 1
    option_spec: ClassVar = {"without": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return one section for the package's own modules, then one for each sub-package."""
        package = importlib.import_module(self.arguments[0])
        modules = public_modules(package)
        left_out = {f"{package.__name__}.{name}" for name in self.options.get("without", "").split()}
        unknown = left_out - {module.__name__ for module in modules}
        if unknown:
            raise self.error(f"without must name modules of {package.__name__}, got {', '.join(sorted(unknown))}")
        shown = [module for module in modules if module.__name__ not in left_out]
        own = [module for module in shown if not is_package(module)]
        rooms = [self.room(module) for module in shown if is_package(module)]
        return [self.section(package, [self.section(module) for module in own if public_names(module)]), *rooms]

    def room(self, package: ModuleType) -> nodes.section:
        """Return a sub-package: the names that it exports, or else its modules."""
        if hasattr(package, "__all__"):
            return self.section(package)
        return self.section(package, [self.section(module) for module in public_modules(package)])

    def section(self, module: ModuleType, inner: list[nodes.section] | None = None) -> nodes.section:
        """Return a module's title and docstring, then the inner sections or else the module's names."""
        name = module.__name__
        self.env.note_dependency(str(module.__file__))
        section = nodes.section("", ids=[f"module-{name.replace('.', '-')}"], names=[name])
        section += nodes.title("", "", nodes.literal("", name))
        section += docstring_nodes(module.__doc__ or "")
        cast(PythonDomain, self.env.get_domain("py")).note_module(name, section["ids"][0], "", "", False)
        if inner is not None:
            section += inner
            return section
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


def public_modules(package: ModuleType) -> list[ModuleType]:
    """Return a package's public modules and sub-packages, one level deep, in alphabetical order."""
    found = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in found]


def is_package(module: ModuleType) -> bool:
    """Return whether a module is a folder of modules."""
    return hasattr(module, "__path__")


def public_names(module: ModuleType) -> list[tuple[str, Any, str]]:
    """Return (name, object, docstring) of a package's exports, or of what a module defines, in source order."""
    if is_package(module):
        gathered = [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]
        return [(name, thing, inspect.getdoc(thing) or "") for name, thing in gathered if callable(thing)]
    analyzer = ModuleAnalyzer.for_module(module.__name__)
    documented = analyzer.find_attr_docs().items()
    constants = {name: inspect.cleandoc("\n".join(lines)) for (owner, name), lines in documented if not owner}
    found = []
    for name, thing in vars(module).items():
        own = (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__ == module.__name__
        text = (inspect.getdoc(thing) or "") if own else constants.get(name, "")
        if text and not name.startswith("_"):
            found.append((name, thing, text))
    return sorted(found, key=lambda entry: analyzer.tagorder[entry[0]])


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
