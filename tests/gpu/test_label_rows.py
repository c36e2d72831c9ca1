"""The kernels of rows with a label against the oracle: options, dtypes, classes and tiles."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from mpmath import mpf

import oracle
from contract.policy import compute_dtype
from contract.runner_torch import array_of
from crossent.frontends.call import prepare_call
from crossent.frontends.torch import triton as gpu
from crossent.kernels.triton import tiles
from oracle import exact, ulp

IGNORED = -100
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
OPTIONS = ("ignore", "smooth", "weight", "sample", "z", "mask", "row masks")
NEAREST = {torch.float16: 0.5, torch.bfloat16: 1.0}  # of an ulp; the interpreter cuts bfloat16

Given = dict[str, Any]


def options_of(names: tuple[str, ...], rows: int, classes: int, y: Any) -> Given:
    """Options by their names, with random numbers."""
    g = torch.Generator().manual_seed(rows + classes)
    masks = torch.rand(rows, classes, generator=g) > 0.3
    masks[torch.arange(rows), y.clamp(min=0)] = True
    mask = torch.rand(classes, generator=g) > 0.3
    mask[y.clamp(min=0)] = True
    sample = torch.rand(rows, generator=g)
    sample[0] = 0.0
    every: Given = {
        "ignore": {"ignore_class": IGNORED}, "smooth": {"label_smoothing": 0.1},
        "weight": {"class_weight": torch.rand(classes, generator=g)},
        "sample": {"sample_weight": sample}, "z": {"z_loss": 1e-2}, "mask": {"class_mask": mask},
        "row masks": {"class_mask": masks},
    }  # fmt: skip
    found: Given = {}
    for name in names:
        found |= every[name]
    return found


def drawn(rows: int, classes: int, dtype: Any, names: tuple[str, ...]) -> tuple[Any, Any, Given]:
    """Rows from flat to confident, and far from 0."""
    g = torch.Generator().manual_seed(rows * classes)
    scale = torch.linspace(0.2, 12, rows)[:, None]
    x = torch.randn(rows, classes, generator=g) * scale
    x[1] += 100.0
    y = torch.randint(0, classes, (rows,), generator=g)
    x[2, y[2]] = x[2].max() + 30.0
    if "ignore" in names:
        y[3] = IGNORED
    return x.to(dtype), y, options_of(names, rows, classes, y)


def run(x: Any, y: Any, options: Given, **asked: Any) -> tuple[Any, Any, Any]:
    """Facts of the rows, their gradient for an upstream one that differs, and that."""
    call = prepare_call(
        "sparse", y, x, {**options, "from_logits": True, "validate": "off", "reduction": "none"}
    )
    found = gpu.label_rows(call.plan, call.x, call.inputs, **asked)
    steps = torch.arange(len(y)) * 0.6180339887
    bar = (steps % 1.0 - 0.37).to(found.terms.dtype)
    one = torch.ones((), dtype=torch.float64)
    return found, gpu.rows_gradient(call.plan, x, call.inputs, found.slopes, bar, one), bar


def check(x: Any, y: Any, options: Given, found: Any, gradient: Any, bar: Any) -> None:
    """Terms within 4 ulp (float64: 8), gradients within (8 + |x - m|)."""
    arrays = {k: array_of(v) if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    truth = oracle.compute("sparse", array_of(y), array_of(x), from_logits=True, **arrays)
    given = array_of(x).dtype
    dtype = compute_dtype(given)
    most = 8 if dtype == np.float64 else 4
    for i, row in enumerate(truth.rows):
        near_zero = row.slope * mpf(2) ** (-53 if dtype == np.float64 else -24)  # of lse
        off = abs(exact(found.terms[i].numpy()).item() - row.term)
        assert off <= most * (ulp(row.term, dtype) + near_zero), f"row {i}"
        assert float(found.weight[i]) == pytest.approx(float(row.weight), rel=1e-12)
        factor = exact(bar[i].numpy()).item()
        for c, value in enumerate(gradient[i].double().numpy()):
            want, scale = row.gradient[c] * factor, abs(row.scale[c] * factor)
            if want == 0 and scale == 0:
                assert value == 0, f"row {i}, class {c}"
                continue
            allowed = (8 + row.depth[c]) * ulp(max(abs(want), scale), dtype)
            allowed += NEAREST.get(x.dtype, 0.0) * ulp(want, given)
            assert abs(mpf(float(value)) - want) <= allowed, f"row {i}, class {c}"


PAIRS = [(), *((one,) for one in OPTIONS)] + [
    pair for pair in itertools.combinations(OPTIONS, 2) if pair != ("mask", "row masks")
]
"""Every option alone and with every other one."""


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("names", PAIRS, ids="+".join)
def test_options(names: tuple[str, ...], dtype: Any) -> None:
    x, y, options = drawn(7, 10, dtype, names)
    check(x, y, options, *run(x, y, options))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("classes", [2, 3, 300, 1000])
@pytest.mark.parametrize("names", [(), OPTIONS[:-1]], ids=["plain", "all"])
def test_classes(names: tuple[str, ...], classes: int, dtype: Any) -> None:
    x, y, options = drawn(5, classes, dtype, names)
    check(x, y, options, *run(x, y, options))


@pytest.mark.parametrize("tile", [(1, 16, 4), (8, 16, 4), (4, 64, 4), (1, 128, 4), (16, 512, 8)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_tiles(tile: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "tile", lambda classes, itemsize: tiles.Tile(*tile))
    x, y, options = drawn(9, 300, dtype, OPTIONS[:-1])
    check(x, y, options, *run(x, y, options))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_33_000_classes(dtype: Any) -> None:
    classes = 33_000
    x, y, options = drawn(4, classes, dtype, ("smooth",))
    found, gradient, bar = run(x[:2], y[:2], options)
    want = x[:2].double().requires_grad_()
    terms = torch.nn.functional.cross_entropy(want, y[:2], label_smoothing=0.1, reduction="none")
    terms.backward(bar.double())
    # Sums of 33 000 terms in the order of the tiles.
    torch.testing.assert_close(found.terms.double(), terms.detach(), rtol=1e-6, atol=0)
    rough = {torch.float16: 2e-3, torch.bfloat16: 1.6e-2}.get(dtype, 3e-5)
    largest = want.grad.abs().max(1, keepdim=True).values
    spacing = 2.0**-25 if dtype == torch.float16 else 0.0  # half of it, where numbers are small
    allowed = rough * want.grad.abs() + 1e-7 * largest + spacing
    assert ((gradient.double() - want.grad).abs() <= allowed).all()


def test_m14_a_row_has_the_same_bits_alone() -> None:
    x, y, options = drawn(33, 700, torch.float32, ("smooth", "z"))
    whole, gradient, _ = run(x, y, options)
    for i in (0, 5, 31):
        alone, of_row, bar = run(x[i : i + 1], y[i : i + 1], options)
        assert torch.equal(alone.terms, whole.terms[i : i + 1])
        steps = (torch.arange(33) * 0.6180339887 % 1.0 - 0.37).float()
        if steps[i] == bar[0]:
            assert torch.equal(of_row, gradient[i : i + 1])


def test_offsets_beyond_two_to_the_31() -> None:
    step = 2**30
    memory = torch.empty(2 * step + 64, dtype=torch.float16)  # of which three rows are touched
    x = memory.as_strided((3, 5), (step, 1))
    x[:] = torch.randn(3, 5).half()
    y = torch.tensor([1, 2, 4])
    found, _, _ = run(x, y, {})
    want, _, _ = run(x.clone(), y, {})
    assert torch.equal(found.terms, want.terms)


BAD = {
    "too large": {"y": 10},
    "negative": {"y": -1},
    "huge": {"y": 2**40},
    "NaN": {"x": float("nan")},
    "infinity": {"x": float("inf")},
    "a weight below 0": {"sample_weight": -1.0},
    "a class weight that is none": {"class_weight": float("nan")},
    "a masked label": {"class_mask": False},
}


@pytest.mark.parametrize("smooth", [0.0, 0.1])
@pytest.mark.parametrize("kind", BAD)
def test_a_fault_stays_in_its_row(kind: str, smooth: float) -> None:
    x, y, _ = drawn(5, 10, torch.float32, ())
    y = torch.tensor([0, 1, 7, 3, 4])
    fault, options = BAD[kind], {"label_smoothing": smooth} if smooth else {}
    good, gradient, _ = run(x, y, dict(options))
    for name, value in fault.items():
        if name == "y":
            y[2] = value
        elif name == "x":
            x[2, 5] = value
        else:
            size = 5 if name == "sample_weight" else 10
            filled = torch.ones(size, dtype=torch.bool if name == "class_mask" else torch.float32)
            if name == "class_mask":
                filled = torch.ones(5, 10, dtype=torch.bool)
                filled[2, 7] = value
            else:
                filled[2 if size == 5 else 7] = value
            options[name] = filled
    bad, spoiled, _ = run(x, y, options)
    rows = [0, 1, 3, 4]
    assert bad.terms[2].isnan()
    assert spoiled[2].isnan().all()
    if smooth and kind == "a class weight that is none":
        assert bad.terms.isnan().all()  # it is smoothed to every class
        return
    assert torch.equal(bad.terms[rows], good.terms[rows])
    assert torch.equal(spoiled[rows], gradient[rows])


def test_rows_left_out_may_hold_anything() -> None:
    x, y, options = drawn(5, 10, torch.float32, ("ignore", "smooth"))
    good, gradient, _ = run(x, y, options)
    x[3] = torch.tensor([float("nan"), float("inf"), *([0.0] * 8)])
    found, spoiled, _ = run(x, y, options)
    assert torch.equal(found.terms, good.terms)
    assert torch.equal(spoiled, gradient)
    assert (spoiled[3] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_entropy_and_logsumexp(dtype: Any) -> None:
    x, y, _ = drawn(9, 300, dtype, ())
    x[4, :20], x[5, y[5]] = -float("inf"), -float("inf")
    found, _, _ = run(x, y, {}, entropy=True)
    assert found.entropy_and_lse is not None
    entropy, lse = found.entropy_and_lse
    most = 30 if dtype == torch.float64 else 8
    eps = mpf(2) ** (-53 if dtype == torch.float64 else -24)
    for i, row in enumerate(exact(array_of(x))):
        top = max(row)
        powers = [mpmath.exp(v - top) if v != mpf("-inf") else mpf(0) for v in row]
        total = mpmath.fsum(powers)
        p = [v / total for v in powers]
        want = -mpmath.fsum(v * mpmath.log(v) for v in p if v)
        # The sum of the others keeps the digits of a small entropy where the label is the largest.
        size = want if row[int(y[i])] == top else want + 1
        assert abs(mpf(float(entropy[i])) - want) <= most * eps * size, f"row {i}"
        want = top + mpmath.log(total)
        assert abs(mpf(float(lse[i])) - want) <= most * eps * (abs(want) + 1), f"row {i}"
