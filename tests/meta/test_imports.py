"""Imports go one way, and a framework is named in its own files alone."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from crossent.frontends import MODULE_OF
from meta.source import PACKAGE, imports, name_of, python_files

# A module may import from its own line and from the lines below it.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"doctor"},
    {"conventions"},
    {"evaluate"},
    {"stream"},
    {"compat", "distributed", "testing"},
    {"gradient"},
    {"linear"},
    {"api", "objects"},
    {"signatures"},
    {"frontends"},
    {"losses", "kernels"},
    {"core"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FRAMEWORKS = {"jax", "keras", "tensorflow", "torch"}
ADAPTERS = {"frontends", "compat", "distributed", "guards", "models"}  # torch.py, torch/ops.py
BUILT_ON = {"optax": "jax", "transformers": "torch", "trl": "torch", "verl": "torch"}

FILES = python_files("src/crossent")
each_file = pytest.mark.parametrize("path", FILES, ids=[name_of(path) for path in FILES])


def layer(name: str) -> str:
    """Return the part of the order that a module belongs to; empty for the package itself."""
    inner = name.removeprefix("crossent").removeprefix(".")
    return inner if inner in RANK else inner.partition(".")[0]


def test_every_module_has_a_place_in_the_order() -> None:
    assert {layer(name_of(path)) for path in FILES} - {""} == set(RANK)


@each_file
def test_imports_go_down(path: Path) -> None:
    own = layer(name_of(path))
    rank = RANK[own] if own else -1  # the package itself names everything
    upward = [
        name
        for name in imports(path)
        if name.partition(".")[0] == "crossent" and RANK.get(layer(name), -1) < rank
    ]
    # Shown by the program, not used by the library: the version that the command prints.
    if own == "cli":
        upward = [name for name in upward if name != "crossent"]
    assert upward == []


@each_file
def test_frameworks_are_imported_in_their_own_files(path: Path) -> None:
    found = {name.partition(".")[0] for name in imports(path)} & FRAMEWORKS
    own = path.stem.partition("_")[0]
    allowed = {BUILT_ON.get(own, own)} if path.parent.name in ADAPTERS else set()
    if path.parent.parent.name in ADAPTERS:
        allowed = {path.parent.name}  # compat/keras/
    assert found <= allowed


@each_file
def test_numba_and_typer_stay_in_their_folders(path: Path) -> None:
    home = {
        "numba": "kernels", "triton": "kernels", "typer": "cli", "rich": "cli",
        "matplotlib": "doctor",
    }  # fmt: skip
    if name_of(path) == "crossent.frontends.torch.triton":  # which launches them
        home.pop("triton")
    strangers = [
        name
        for name in imports(path)
        if (root := name.partition(".")[0]) in home and layer(name_of(path)) != home[root]
    ]
    assert strangers == []


def test_front_ends_do_not_import_each_other() -> None:
    names = set(MODULE_OF.values())
    for name in names:
        files = [path for path in FILES if path.parent == PACKAGE / "frontends" / name]
        assert f"crossent.frontends.{name}.front_end" in {name_of(path) for path in files}
        found = {part for path in files for part in imports(path)}
        others = {f"crossent.frontends.{other}" for other in names - {name, "numpy"}}
        assert not [one for one in found if one.rpartition(".")[0] in others]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name_of(path): set(imports(path)) - {name_of(path)} for path in FILES}
    # It imports a front end when an array of its framework comes: the others may ask it for that.
    graph["crossent.frontends"] -= {name for name in graph if name.endswith(".front_end")}
    order = TopologicalSorter({name: found & set(graph) for name, found in graph.items()})
    # A circle is a CycleError, which names the modules.
    assert set(order.static_order()) == set(graph)
