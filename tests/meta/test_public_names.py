"""Every public name is on a page of docs/api, has a complete docstring and stands in a test."""

from __future__ import annotations

import re
from functools import cache

import griffe
import pytest

from meta.source import DOCS, SRC, TESTS, run_python

# Read without importing, so that the Keras module is checked in a process without Keras.
MODULES = (
    "crossent",
    "crossent.conventions",
    "crossent.doctor",
    "crossent.doctor.guards",
    "crossent.evaluate",
    "crossent.testing",
    "crossent.compat.keras",
    "crossent.compat.keras.losses",
    "crossent.compat.keras.metrics",
    "crossent.compat.optax",
    "crossent.compat.sklearn",
    "crossent.compat.torch",
    "crossent.compat.transformers",
    "crossent.compat.trl",
    "crossent.compat.verl",
    "crossent.distributed.torch",
)
SECTIONS = {
    "function": ("parameters", "returns", "raises", "examples"),
    "class": ("parameters", "examples"),
    "exception": (),
    "attribute": (),
}


@cache
def package() -> griffe.Module:
    loaded = griffe.load("crossent", search_paths=[SRC], docstring_parser="numpy")
    assert isinstance(loaded, griffe.Module)
    return loaded


def module(name: str) -> griffe.Module:
    inner = name.removeprefix("crossent").removeprefix(".")
    return package()[inner] if inner else package()


def public_names() -> list[str]:
    return [f"{name}.{word}" for name in MODULES for word in module(name).exports or ()]


def target(name: str) -> griffe.Object:
    """Return what a public name stands for, where it is defined."""
    found = package()[name.removeprefix("crossent.")]
    if found.is_module and found.name in found.members:
        found = found[found.name]  # crossent.evaluate: the function hides the module of its name
    return found.final_target if isinstance(found, griffe.Alias) else found


@cache
def documented() -> set[str]:
    """Return the paths of everything that a page of docs/api shows, members of modules too."""
    found = set()
    for page in (DOCS / "api").glob("*.md"):
        for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            shown = target(name)
            found |= {shown.path}
            if shown.is_module:
                found |= {member.path for member in shown.members.values()}
    return found


def kind(thing: griffe.Object) -> str:
    if thing.is_class and {"CrossentError", "CrossentWarning"} & {
        thing.name,
        *(base.name for base in thing.mro()),
    }:
        return "exception"
    return thing.kind.value


NAMES = public_names()
each_name = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("name", MODULES)
def test_modules_say_what_is_public(name: str) -> None:
    exports = module(name).exports
    assert exports, f"{name} has no __all__"
    words = [str(word) for word in exports]
    assert len(set(words)) == len(words)


def test_dir_shows_the_public_names_alone() -> None:
    shown = run_python(
        "-c", "import crossent, crossent.doctor; print(*dir(crossent))"
    ).stdout.split()
    assert sorted(shown) == sorted([*map(str, module("crossent").exports), "__version__"])


@each_name
def test_name_is_on_a_page(name: str) -> None:
    if not name.endswith("__version__"):
        assert target(name).path in documented()


@each_name
def test_docstring_is_complete(name: str) -> None:
    if name.endswith("__version__"):
        return
    thing = target(name)
    assert thing.docstring is not None
    first = thing.docstring.value.split("\n\n")[0]
    assert first.endswith("."), "a docstring opens with one whole sentence"
    found = {section.kind.value for section in thing.docstring.parsed}
    needed = set(SECTIONS[kind(thing)])
    if isinstance(thing, griffe.Function) and not list(thing.parameters):
        needed -= {"parameters", "raises"}
    assert needed - found == set()


@each_name
def test_every_parameter_is_described(name: str) -> None:
    thing = target(name)
    if kind(thing) == "exception" or not isinstance(thing, griffe.Function | griffe.Class):
        return
    assert thing.docstring is not None
    described = {
        word.strip().lstrip("*")
        for section in thing.docstring.parsed
        if section.kind.value == "parameters"
        for item in section.value
        for word in item.name.split(",")
    }
    signature = {parameter.name for parameter in thing.parameters} - {"self", "cls"}
    signature -= {"nameless", "unknown"}  # what a loss takes only to refuse it by name
    assert signature - described == set()


@each_name
def test_name_stands_in_a_test(name: str) -> None:
    word = re.compile(rf"\b{re.escape(name.rpartition('.')[2])}\b")
    files = [path for path in TESTS.rglob("*.py") if path.parent.name != "meta"]
    assert any(word.search(path.read_text(encoding="utf-8")) for path in files)
