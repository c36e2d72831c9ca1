"""In each row of the table of own names both sides give the same number."""

from __future__ import annotations

import importlib
import re
from typing import Any

import numpy as np
import pytest

from docs.pages import MIGRATION, section_of

SECTION = section_of(MIGRATION, "In crossent's own names")
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", SECTION, re.MULTILINE)
RNG = np.random.default_rng(3)
X = RNG.normal(size=(6, 3)).astype(np.float32)
Y = np.array([0, 2, 1, 1, 0, 2])
DATA: dict[str, Any] = {
    "x": X, "y": Y, "p": np.exp(X) / np.exp(X).sum(1, keepdims=True),
    "q": np.eye(3, dtype=np.float32)[Y], "t": np.eye(3, dtype=np.float32)[Y],
    "w": np.array([1, 2, 0.5], np.float32),
}  # fmt: skip


def given_to(call: str) -> dict[str, Any]:
    """The data as arrays of the library that is called; with a mark where the call names one."""
    data = dict(DATA)
    if "-100" in call:
        data["y"] = np.where(np.arange(6) == 4, -100, Y)
    library = {"F": "torch", "optax": "jax.numpy"}.get(call.partition(".")[0])
    if library is None:
        return data
    convert = importlib.import_module(library).asarray
    return {name: convert(value) for name, value in data.items()}


def names(library: str) -> dict[str, Any]:
    modules = {"F": "torch.nn.functional", "ce": "crossent", "sklearn": "sklearn.metrics"}
    module = importlib.import_module(modules.get(library, library))
    return {library: importlib.import_module("sklearn") if library == "sklearn" else module}


def test_every_library_has_a_row() -> None:
    libraries = {theirs.partition(".")[0] for theirs, _ in ROWS}
    assert libraries == {"F", "keras", "optax", "sklearn"}


@pytest.mark.parametrize(("theirs", "ours"), ROWS)
def test_both_sides_give_the_same_number(theirs: str, ours: str) -> None:
    data = given_to(theirs)
    library = theirs.partition(".")[0]
    want, found = (np.asarray(eval(call, {**names(name), **data}))
                   for call, name in ((theirs, library), (ours, "ce")))  # fmt: skip
    assert found.shape == want.shape
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)
