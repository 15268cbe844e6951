"""The site uses only public parts of libraries, because private ones may change any day."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("clinic", "diagnosis", "ml", "skinhealth")
PRIVATE = re.compile(r"_(?!_)\w*(?<!_)")  # neither __this__ nor _this_ nor a lone _
INTERNAL = re.compile(r"[a-z]\w*(\.\w+)*\.internal(\.\w+)*")

# Names that begin with an underscore, and are public nevertheless.
PROMISED = {
    # https://docs.djangoproject.com/en/5.2/howto/custom-file-storage/
    "clinic.core.encrypted_storage.EncryptedStorage._open",
    "clinic.core.encrypted_storage.EncryptedStorage._save",
    # Abstract in Kombu: “Virtual channels must implement _put”.
    "skinhealth.operations.queue_folder.Channel._put",
}


@cache
def modules() -> dict[str, ast.Module]:
    """Return each module of the product by name, parsed."""
    paths = [path for room in PRODUCT for path in (ROOT / room).rglob("*.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    texts = [ast.parse(path.read_text()) for path in paths]
    return {name.removesuffix(".__init__"): text for name, text in zip(names, texts, strict=True)}


def taken_from_inside(tree: ast.AST) -> set[str]:
    """Return the private library names that are imported, or named in a string."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and INTERNAL.fullmatch(str(node.value)):
            names = [str(node.value)]
        else:
            continue
        found.update(
            name
            for name in names
            if any(part == "internal" or PRIVATE.fullmatch(part) for part in name.split("."))
        )
    return found


def written_in(node: ast.ClassDef) -> set[str]:
    """Return the private names that a class gives to its parts and to itself."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            names.add(part.attr)
    return set(filter(PRIVATE.fullmatch, names))


def has(base: type, name: str) -> bool:
    """Return whether a library class has this name, even if only in a line of a method."""
    parts = [getattr(part, "__func__", getattr(part, "fget", part)) for part in vars(base).values()]
    codes = [part.__code__ for part in parts if isinstance(part, FunctionType)]
    return hasattr(base, name) or any(name in code.co_names + code.co_consts for code in codes)


def overridden(name: str, tree: ast.Module) -> set[str]:
    """Return the private names of libraries that the classes of a module override."""
    found = set()
    for node in tree.body:
        names = written_in(node) if isinstance(node, ast.ClassDef) else set()
        if not names:
            continue
        own = getattr(import_module(name), node.name)
        libraries = [
            base
            for base in own.__mro__
            if base.__module__.split(".")[0] not in {*PRODUCT, "builtins", "typing", "abc"}
        ]
        found.update(
            f"{name}.{node.name}.{each}"
            for each in names
            if any(has(base, each) for base in libraries)
        )
    return found


def test_no_module_takes_what_a_library_keeps_for_itself():
    taken = {
        f"{name} {what}" for name, tree in modules().items() for what in taken_from_inside(tree)
    }
    assert not taken


def test_no_class_overrides_what_a_library_keeps_for_itself():
    made_own = {what for name, tree in modules().items() for what in overridden(name, tree)}
    assert made_own == PROMISED


@pytest.mark.parametrize(
    "line",
    [
        "from allauth.core.internal.ratelimit import consume",
        "from allauth.core.internal import ratelimit",
        "from allauth.core import internal",
        "import allauth.core.internal.httpkit",
        "from django.utils.functional import _ugly",
        "import_module('allauth.core.internal.ratelimit')",
    ],
)
def test_the_ways_in_are_known(line):
    assert taken_from_inside(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    [
        "from django.utils.translation import gettext as _",
        "from __future__ import annotations",
        "from allauth.core.ratelimit import consume",
        "error = 'A mistake that is internal.'",
    ],
)
def test_what_is_promised_may_be_taken(line):
    assert not taken_from_inside(ast.parse(line))
