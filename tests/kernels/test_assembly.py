"""The code of the kernels: exp in vectors of AVX2, and no call for each class."""

from __future__ import annotations

import re
from typing import Any

import pytest

SOFTMAX = [
    f"{module} {kernel} {dtype}"
    for module in ("logits_label", "logits_label_across_rows")
    for kernel in ("label_values", "label_gradient")  # the latter serves in place too
    for dtype in ("float32", "float64")
]
DISTRIBUTIONS = [
    f"{module} {kernel} {dtype}"
    for module in ("logits_target", "logits_target_across_rows")
    for kernel in ("distribution_values", "distribution_gradient")
    for dtype in ("float32", "float64")
]
PROBABILITIES = [f"probs_label label_values {dtype}" for dtype in ("float32", "float64")]
TARGETS = [  # of the types of predictions and targets that the digests need
    f"{module} {kernel} {p} {p if module == 'probs_target' else 'float64'}"
    for module in ("probs_target", "probs_target_across_rows")
    for kernel in ("target_values", "target_gradient")  # the latter serves in place too
    for p in ("float32", "float64")
]
BINARY = "binary element_values int64"  # everything is float64: the first argument is an address
PACKED = {
    "float32": r"\tvfn?m(?:add|sub)\d+ps\s.*ymm",
    "float64": r"\tvfn?m(?:add|sub)\d+pd\s.*ymm",
}
SINGLE = {"float32": r"\tvfn?m(?:add|sub)\d+ss\s", "float64": r"\tvfn?m(?:add|sub)\d+sd\s"}
LARGER = {"float32": r"\tvmaxps\s.*ymm", "float64": r"\tvmaxpd\s.*ymm"}
MATHS = r"(?<=[\s$,])(?:exp|exp2|log|log1p|fma|fmax|fmin|ldexp|pow|rint)f?(?=[\s,@(])"


@pytest.mark.parametrize("name", [*SOFTMAX, *DISTRIBUTIONS])
def test_a_kernel_computes_in_vectors(name: str, on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][name]
    dtype = name.rpartition(" ")[2]
    # exp of a group of 4 vectors, of 2 registers each; rows that fill vectors have another such
    # group for what is left, so that the loop over whole groups cannot go missing unseen.
    groups = 1 if "_across_rows " in name else 2
    if "gradient" in name and groups == 2:
        groups = 4  # with the exps written, and without
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
    if "target_values" in name:  # one logarithm, of vectors of 2 registers
        assert len(re.findall(PACKED["float64"], text)) >= 2 * 14
        assert re.findall(SINGLE["float64"], text) == []
    assert_no_maths_are_called(text)


def test_binary_losses_are_computed_in_vectors(on_avx2: dict[str, Any]) -> None:
    text = on_avx2["assembly"][BINARY]
    assert len(re.findall(PACKED["float64"], text)) >= 2 * (13 + 11)  # exp and log1p
    assert re.findall(SINGLE["float64"], text) == []
    assert_no_maths_are_called(text)


def assert_no_maths_are_called(text: str) -> None:
    """No element costs a call of the C library: its functions are not even named."""
    assert re.findall(MATHS, text) == []


def test_no_kernel_is_compiled_for_more_types_than_it_needs(on_avx2: dict[str, Any]) -> None:
    wanted = [*SOFTMAX, *DISTRIBUTIONS, *PROBABILITIES, *TARGETS, BINARY]
    assert sorted(on_avx2["assembly"]) == sorted(wanted)
