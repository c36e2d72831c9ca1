"""The gradient of facts of rows: of any part of them, in place, and on rows that are copied."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import crossent as ce
from contract.test_log_probs import Exact
from crossent.frontends import kernel_rows
from crossent.kernels.bfloat16 import rounded, widened
from kernels.test_row_facts import draw, replaced

NAMES = ("log_prob", "entropy", "lse")


def rows_of(y: np.ndarray, x: np.ndarray, **options: Any) -> Any:
    """Return the rows that log_probs hands to the kernels."""
    found: list[Any] = []
    take = kernel_rows.kernel_rows

    def note(*given: Any) -> Any:
        found.append(take(*given))
        return found[-1]

    with replaced("crossent.frontends.kernel_rows", "kernel_rows", note):
        ce.log_probs(y, x, **options)
    return found[-1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 17, 300, 4097])
def test_the_gradient_is_that_of_the_oracle(classes: int, dtype: str) -> None:
    y, x = draw(classes, dtype)
    x[2] = x[3]  # no class at -inf, which the oracle does not know
    bars = {name: np.linspace(-1, 1, 12) ** (k + 1) for k, name in enumerate(NAMES)}
    out = np.empty_like(x)
    rows_of(y, x).facts_gradient(out, bars)
    eps = np.finfo(dtype).eps
    for i in range(len(y)):
        want = Exact(int(y[i]), x[i])
        for c, (value, size) in enumerate(want.gradient({n: b[i] for n, b in bars.items()})):
            many = 8 + min(float(want.depth[c]), 800)
            # exp(x - m2) is a multiple of the smallest subnormal number before it is multiplied.
            coarse = float(np.finfo(dtype).smallest_subnormal) * (2 + float(want.losses[c]))
            allowed = many * eps * float(size) + coarse
            assert abs(float(out[i, c]) - float(value)) <= allowed, (i, c)


@pytest.mark.parametrize("classes", [5, 300, 9000])
def test_it_may_be_written_where_the_logits_are(classes: int) -> None:
    y, x = draw(classes, "float32")
    bars = {name: np.linspace(-1, 1, 12) for name in NAMES}
    out = np.empty_like(x)
    rows_of(y, x).facts_gradient(out, bars)
    rows_of(y, x).facts_gradient(x, bars)
    assert x.tobytes() == out.tobytes()


def test_what_comes_down_to_one_fact_alone() -> None:
    y, x = draw(300, "float64")
    bar = np.linspace(-1, 1, 12)
    together, alone = np.empty_like(x), np.zeros_like(x)
    for k, name in enumerate(NAMES):
        part = np.empty_like(x)
        rows_of(y, x).facts_gradient(part, {name: (k + 1) * bar})
        alone += part
    rows_of(y, x).facts_gradient(together, {n: (k + 1) * bar for k, n in enumerate(NAMES)})
    np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-14)


def test_bad_and_ignored_rows() -> None:
    y, x = draw(40, "float32")
    y[1], y[2] = -100, 77
    rows = rows_of(np.where(y == 77, 0, y), x, ignore_class=-100, validate="off")
    bars = {"entropy": np.ones(12)}
    out = np.empty_like(x)
    rows.of_arrays(x, y).facts_gradient(out, bars)
    assert not out[1].any()
    assert np.isnan(out[2]).all()
    assert np.isfinite(np.delete(out, 2, axis=0)).all()


def test_bfloat16_is_read_and_rounded_as_ml_dtypes_does() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    want = bits.view(ml_dtypes.bfloat16).astype(np.float32)
    assert widened(bits).tobytes() == want.tobytes()
    assert widened(bits[::2]).tobytes() == want[::2].tobytes()
    swapped = bits.astype(bits.dtype.newbyteorder())
    assert widened(swapped).tobytes() == want.tobytes()
    finite = want[np.isfinite(want)]
    rng = np.random.default_rng(0)
    between = (finite[:-1].astype(np.float64) + finite[1:]) / 2  # ties, half of them to even
    many = np.concatenate([
        finite, between.astype(np.float32), rng.normal(size=50_000).astype(np.float32),
        np.float32([3.4e38, -3.4e38, np.inf, -np.inf, 1e-45, -0.0]),
    ])  # fmt: skip
    with np.errstate(over="ignore"):
        assert (rounded(many) == many.astype(ml_dtypes.bfloat16).view(np.uint16)).all()
    assert rounded(np.float32([np.nan, -np.nan])).tolist() == [0x7FC0, 0x7FC0]
