"""The code of the kernels: exp in vectors of AVX2, and no call for each class."""

from __future__ import annotations

import re
from typing import Any

import pytest

KERNELS = [
    f"{module} {kernel} {dtype}"
    for module in ("softmax", "few_classes")
    for kernel in ("label_values", "label_gradient")  # the latter serves in place too
    for dtype in ("float32", "float64")
]
PACKED = {
    "float32": r"\tvfn?m(?:add|sub)\d+ps\s.*ymm",
    "float64": r"\tvfn?m(?:add|sub)\d+pd\s.*ymm",
}
SINGLE = {"float32": r"\tvfn?m(?:add|sub)\d+ss\s", "float64": r"\tvfn?m(?:add|sub)\d+sd\s"}
LARGER = {"float32": r"\tvmaxps\s.*ymm", "float64": r"\tvmaxpd\s.*ymm"}
MATHS = r"\b_?(?:__)?(?:exp|exp2|log|log1p|fma|fmax|max|ldexp|pow)f?\b"


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_computes_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    dtype = name.rpartition(" ")[2]
    # exp of a group of 4 vectors: 2 registers each, 8 steps in float32 and 13 in float64
    assert len(re.findall(PACKED[dtype], text)) >= 2 * 4 * 8
    assert len(re.findall(LARGER[dtype], text)) >= 2
    # One exp of the maximum of a block, whose other lanes the compiler leaves out.
    assert len(re.findall(SINGLE[dtype], text)) <= (13 if dtype == "float64" else 0)
    calls = re.findall(r"\tcallq?\s+(\S+)", text)
    named = [call for call in calls if re.search(MATHS, call)]
    assert named == []


def test_every_kernel_is_compiled_for_two_types_and_no_more(on_avx2: dict[str, Any]) -> None:
    assert sorted(on_avx2["assembly"]) == sorted(KERNELS)
