"""The code of the kernels: exp in vectors of AVX2, and no call for each class."""

from __future__ import annotations

import re
from typing import Any

import pytest

SOFTMAX = [
    f"{regime}_{kernel} {dtype} {dtype}"
    for regime in (
        "logits_label", "logits_label_across_rows", "logits_target", "logits_target_across_rows"
    )
    for kernel in ("values", "gradient")  # the latter serves in place too
    for dtype in ("float32", "float64")
]  # fmt: skip
PROBABILITIES = [
    f"probability_label_{kernel} {dtype} {dtype}"
    for kernel in ("values", "gradient")
    for dtype in ("float32", "float64")
]
TARGETS = [  # of the types of predictions and targets that the digests need
    f"{regime}_{kernel} {p} {'float64' if 'rows' in regime else p}"
    for regime in ("probability_target", "probability_target_across_rows")
    for kernel in ("values", "gradient")
    for p in ("float32", "float64")
]
# Everything is float64; the second type is that of the losses.
ELEMENTS = [f"elements_gradient float64 {dtype}" for dtype in ("float32", "float64")]
PACKED = {
    "float32": r"\tvfn?m(?:add|sub)\d+ps\s.*ymm",
    "float64": r"\tvfn?m(?:add|sub)\d+pd\s.*ymm",
}
SINGLE = {"float32": r"\tvfn?m(?:add|sub)\d+ss\s", "float64": r"\tvfn?m(?:add|sub)\d+sd\s"}
LARGER = {"float32": r"\tvmaxps\s.*ymm", "float64": r"\tvmaxpd\s.*ymm"}
MATHS = r"(?<=[\s$,])(?:exp|exp2|log|log1p|fma|fmax|fmin|ldexp|pow|rint)f?(?=[\s,@(])"


@pytest.mark.parametrize("name", SOFTMAX)
def test_a_kernel_computes_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    dtype = name.rpartition(" ")[2]
    # exp of a group of 4 vectors, of 2 registers each; rows that fill vectors have another such
    # group for what is left, so that the loop over whole groups cannot go missing unseen.
    groups = 1 if "_across_rows_" in name else 2
    steps = 9 if dtype == "float32" else 14
    assert len(re.findall(PACKED[dtype], text)) >= groups * 4 * 2 * steps
    assert len(re.findall(LARGER[dtype], text)) >= 2
    # One exp of the maximum of a block, whose other lanes the compiler leaves out.
    assert len(re.findall(SINGLE[dtype], text)) <= (13 if dtype == "float64" else 0)
    assert_no_maths_are_called(text)


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_are_judged_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    word = "ps" if name.endswith("float32") else "pd"
    for step in (f"vmax{word}", f"vmin{word}", "vaddpd"):
        assert len(re.findall(rf"\t{step}\s.*ymm", text)) >= 4, step
    assert_no_maths_are_called(text)


@pytest.mark.parametrize("name", TARGETS)
def test_distributions_meet_probabilities_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    # Rows are judged in vectors of their own type where they are read once more.
    for step in ("vmaxp[ds]", "vminp[ds]", "vaddpd", "vdivpd"):
        assert len(re.findall(rf"\t{step}\s.*ymm", text)) >= 2, step
    if "values" in name:  # one logarithm, of vectors of 2 registers
        assert len(re.findall(PACKED["float64"], text)) >= 2 * 14
        assert re.findall(SINGLE["float64"], text) == []
    assert_no_maths_are_called(text)


@pytest.mark.parametrize("name", ELEMENTS)
def test_binary_losses_are_computed_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    assert len(re.findall(PACKED["float64"], text)) >= 2 * (13 + 11)  # exp and log1p
    assert re.findall(SINGLE["float64"], text) == []
    assert_no_maths_are_called(text)


def assert_no_maths_are_called(text: str) -> None:
    """No element costs a call of the C library: its functions are not even named."""
    assert re.findall(MATHS, text) == []


def test_no_kernel_is_compiled_for_more_types_than_it_needs(on_avx2: dict[str, Any]) -> None:
    wanted = [*SOFTMAX, *PROBABILITIES, *TARGETS, *ELEMENTS]
    assert sorted(on_avx2["assembly"]) == sorted(wanted)
