"""The page that follows a call names the files that a call goes through, in their order."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import pytest

import crossent as ce
from meta.source import DOCS, PACKAGE

TABLE = re.compile(r"\| File of `src/crossent/` .*?\n\n", re.DOTALL)


def tables() -> list[list[str]]:
    page = (DOCS / "how_it_works.md").read_text(encoding="utf-8")
    return [re.findall(r"^\| `([^`]+\.py)`", part, re.MULTILINE) for part in TABLE.findall(page)]


@pytest.fixture
def kernels_as_they_were() -> Iterator[None]:
    yield
    ce.use_kernels(True)


@pytest.mark.parametrize(("which", "kernels"), [(0, True), (1, False)])
def test_a_call_goes_through_the_files_of_the_page(
    which: int, kernels: bool, kernels_as_they_were: None
) -> None:
    x = np.random.default_rng(0).normal(size=(5, 20))
    options: dict[str, Any] = {"from_logits": True}
    ce.use_kernels(kernels)
    ce.sparse_categorical_crossentropy(np.arange(5), x, **options)  # imports what is needed
    seen: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(PACKAGE)):
            file = name.removeprefix(f"{PACKAGE}/")
            if file not in seen:
                seen.append(file)

    sys.setprofile(note)
    try:
        ce.sparse_categorical_crossentropy(np.arange(5), x, **options, label_smoothing=0.1)
    finally:
        sys.setprofile(None)
    named = tables()[which]
    assert len(named) > 9
    assert [file for file in seen if file in named] == named
