"""Log-probabilities of labels against arithmetic of 60 digits, by the rules M01 to M19."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import crossent as ce
import oracle
from contract.case import bits_of
from contract.log_prob_calls import FLOATS, asked
from contract.policy import compute_dtype
from contract.runner import Runner
from oracle import ulp

ALL = (*FLOATS, "rank", "correct")
BFLOAT16 = ml_dtypes.bfloat16


def draw(
    rows: tuple[int, ...], classes: int, dtype: Any = np.float32, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits: unsure, sure and right, sure and wrong, tied, far from 0."""
    rng = np.random.default_rng([seed, classes, *rows])
    n = int(np.prod(rows))
    x = rng.normal(size=(n, classes)) * np.resize([0.1, 1, 3, 10, 40], n)[:, None]
    x[::7] = np.round(x[::7])
    x[1::11] += 1000
    y = rng.integers(0, classes, n)
    y[3::5] = x[3::5].argmax(axis=1)
    return y.reshape(rows), x.reshape(*rows, classes).astype(dtype)


class Exact:
    """The outputs of one row, and its gradient, with 60 digits."""

    def __init__(self, y: int, row: Any, exists: Any = None) -> None:
        x = [mpf(float(one)) for one in row]
        here = [c for c in range(len(x)) if exists is None or exists[c]]
        top = max(here, key=lambda c: x[c])
        exps = [mpmath.exp(one - x[top]) if c in here else mpf(0) for c, one in enumerate(x)]
        rest = mpmath.fsum(e for c, e in enumerate(exps) if c != top)
        self.p = [e / (1 + rest) for e in exps]
        loss_top = mpmath.log1p(rest)
        self.losses = [x[top] - one + loss_top for one in x]
        self.log_prob, self.lse = -self.losses[y], x[top] + loss_top
        self.entropy = mpmath.fsum(
            p * loss for p, loss in zip(self.p, self.losses, strict=True) if p
        )
        self.rank = sum(
            c in here and (one > x[y] or (one == x[y] and c < y)) for c, one in enumerate(x)
        )
        self.correct = self.rank == 0
        self.y, self.top, self.depth = y, top, [x[top] - one for one in x]
        self.others = rest / (1 + rest)

    def gradient(self, bars: dict[str, Any]) -> list[tuple[mpf, mpf]]:
        """The gradient of sum(bar * output), and the size of what is added up in each."""
        of = {name: mpf(float(bar)) for name, bar in bars.items()}
        a, b, h = (of.get(name, mpf(0)) for name in ("log_prob", "lse", "entropy"))
        found = []
        for c, p in enumerate(self.p):
            own = -a * p
            if c == self.y:
                own = a * (self.others if c == self.top else 1 - p)
            spread = p * (self.losses[c] - self.entropy) if p else mpf(0)
            size = abs(own) + abs(b) * p
            size += abs(h) * p * (abs(self.losses[c]) + self.entropy) if p else 0
            found.append((own + b * p + h * spread, size))
        return found


def check(
    runner: Runner, y: np.ndarray, x: np.ndarray, found: dict[str, np.ndarray],
    gradient: np.ndarray | None = None, bars: dict[str, np.ndarray] | None = None,
    *, exists: Any = None, left_out: Any = None, scale: float = 1.0,
) -> None:  # fmt: skip
    """Compare every row with the truth; `scale` is d(logits) / d(what was given)."""
    dtype = compute_dtype(x.dtype)
    eps, policy = mpf(2) ** -(oracle.FORMATS[dtype.name][0] - 1), runner.policy
    own = np.dtype(x.dtype)
    rows = x.reshape(-1, x.shape[-1])
    for i, (label, row) in enumerate(zip(y.reshape(-1), rows, strict=True)):
        got = {name: one.reshape(-1)[i] for name, one in found.items()}
        if left_out is not None and left_out.reshape(-1)[i]:
            empty = dict(zip(ALL, (0.0, 0.0, 0.0, -1, False), strict=True))
            assert got == {name: empty[name] for name in got}
            if gradient is not None:
                assert not gradient.reshape(rows.shape)[i].any()
            continue
        want = Exact(int(label), row, None if exists is None else exists.reshape(-1, len(row))[i])
        for name in FLOATS:
            if name not in found:
                continue
            value = getattr(want, name)
            allowed = policy.term * ulp(value, dtype)
            if name == "entropy":
                # Each term of the sum has the relative error of exp(x - max).
                allowed = max(allowed, (policy.term / 2 + max(want.depth) / 2) * eps * value)
                allowed = max(allowed, mpf(1e-7) if dtype == np.float32 else mpf(1e-15))
            assert abs(mpf(float(got[name])) - value) <= allowed, (i, name, got[name], value)
        for name in ("rank", "correct"):
            if name in found:
                assert got[name] == getattr(want, name), (i, name)
        if gradient is None or bars is None:
            continue
        truth = want.gradient({name: bar.reshape(-1)[i] for name, bar in bars.items()})
        for c, (value, size) in enumerate(truth):
            some = float(gradient.reshape(rows.shape)[i, c])
            deep = min(float(want.depth[c]), 200.0)
            allowed = (policy.gradient + (1 + policy.by_depth) * deep) * eps * size * abs(scale)
            allowed += ulp(value * scale, own)
            # A probability below the smallest normal number is rounded coarsely, or flushed to 0.
            precision, lowest = oracle.FORMATS[dtype.name]
            coarse = mpf(2) ** (lowest + 4 if policy.flushes else lowest - precision + 1)
            allowed += coarse * (1 + abs(want.losses[c]))
            assert abs(mpf(some) - value * scale) <= allowed, (i, c, some, value * scale)


def bars_for(rows: tuple[int, ...], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Upstream gradients of different size and sign, exact in every float type."""
    steps = np.arange(int(np.prod(rows))).reshape(rows)
    return {
        name: (((steps * 5 + k * 3) % 8) / 4 - 0.75).astype(np.float32)
        for k, name in enumerate(names)
    }


@pytest.mark.parametrize("dtype", [np.float16, BFLOAT16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 10])
def test_m12_every_output_and_its_gradient(runner: Runner, classes: int, dtype: Any) -> None:
    y, x = draw((4, 5), classes, dtype)
    bars = bars_for((4, 5), FLOATS)
    found, gradient = asked(runner, y, x, bars, outputs=ALL)
    assert all(found[name].dtype == compute_dtype(x.dtype) for name in FLOATS)
    assert found["rank"].dtype.kind == "i"
    assert found["correct"].dtype == bool
    check(runner, y, x, found, gradient, bars)
    if gradient is not None:
        assert gradient.dtype == x.dtype


@pytest.mark.parametrize("name", FLOATS)
def test_the_gradient_of_one_output(runner: Runner, name: str) -> None:
    y, x = draw((9,), 12)
    bars = bars_for((9,), (name,))
    found, gradient = asked(runner, y, x, bars, outputs=name)
    check(runner, y, x, found, gradient, bars)


@pytest.mark.needs("quick calls")
@pytest.mark.parametrize("classes", [3, 64, 65, 1025, 5000])
def test_many_classes(runner: Runner, classes: int) -> None:
    y, x = draw((6,), classes)
    bars = bars_for((6,), FLOATS)
    found, gradient = asked(runner, y, x, bars, outputs=ALL)
    check(runner, y, x, found, gradient, bars)


@pytest.mark.parametrize("dtype", [BFLOAT16, np.float32])
@pytest.mark.parametrize("temperature", [0.7, 3])
def test_logits_are_divided_by_the_temperature(
    runner: Runner, temperature: float, dtype: Any
) -> None:
    y, x = draw((8,), 11, dtype, seed=3)
    bars = bars_for((8,), FLOATS)
    found, gradient = asked(runner, y, x, bars, outputs=ALL, temperature=temperature)
    # Accurate for the quotients as they are rounded, or as a product with the reciprocal gives.
    wide = x.astype(np.float32)
    z = wide / np.float32(temperature)
    other = wide * np.float32(1 / np.float64(temperature))
    if not (runner.name == "numpy" or runner.name.startswith("torch")) and (z != other).any():
        near = np.abs(found["lse"] - np.logaddexp.reduce(z.astype(np.float64), axis=-1))
        assert (near <= 4e-7 * np.abs(z).max()).all()
        return
    gradient = None if gradient is None else gradient.astype(np.float32)
    if dtype == BFLOAT16:
        gradient = None  # it is rounded to fewer bits than the check below allows for
    check(runner, y, z, found, gradient, bars, scale=1 / temperature)


def test_m06_rows_left_out(runner: Runner) -> None:
    y, x = draw((3, 4), 6)
    y[0, 1] = y[2, 3] = -100
    y[1, 1] = -1
    x[0, 1], x[2, 3] = np.nan, np.inf
    bars = bars_for((3, 4), FLOATS)
    found, gradient = asked(runner, y, x, bars, outputs=ALL, ignore_class=(-100, -1))
    check(runner, y, x, found, gradient, bars, left_out=y < 0)


@pytest.mark.parametrize("own", [False, True], ids=["one mask", "a mask for each row"])
def test_classes_that_do_not_exist(runner: Runner, own: bool) -> None:
    y, x = draw((7,), 9)
    exists = np.random.default_rng(1).random((7, 9)) < 0.6
    exists[np.arange(7), y] = True
    if not own:
        exists = np.broadcast_to(np.arange(9) != 4, (7, 9)).copy()
        y[y == 4] = 3
    x[~exists] = np.resize([np.nan, np.inf, 50.0], (~exists).sum())
    bars = bars_for((7,), FLOATS)
    mask = exists if own else exists[0]
    found, gradient = asked(runner, y, x, bars, outputs=ALL, class_mask=mask)
    check(runner, y, np.where(exists, x, 0), found, gradient, bars, exists=exists)


@pytest.mark.parametrize("axis", [0, 1])
def test_m19_classes_on_any_axis(runner: Runner, axis: int) -> None:
    y, x = draw((3, 4), 5)
    bars = bars_for((3, 4), FLOATS)
    moved = np.ascontiguousarray(np.moveaxis(x, -1, axis))
    found, gradient = asked(runner, y, moved, bars, outputs=ALL, axis=axis)
    back = None if gradient is None else np.ascontiguousarray(np.moveaxis(gradient, axis, -1))
    check(runner, y, x, found, back, bars)


@pytest.mark.parametrize("axis", [1, -1])
def test_a_row_meets_the_next_label(runner: Runner, axis: int) -> None:
    y, x = draw((3, 5), 6)
    y[:, 0] = 77  # no row meets the first label, which may be anything
    y[1, 3] = -100
    bars = bars_for((3, 4), FLOATS)
    moved = np.ascontiguousarray(np.moveaxis(x, -1, axis))
    options = {"outputs": ALL, "shift": True, "ignore_class": -100, "axis": axis}
    found, gradient = asked(runner, y, moved, bars, **options)
    assert all(one.shape == (3, 4) for one in found.values())
    if gradient is not None:
        gradient = np.moveaxis(gradient, axis, -1)
        assert not gradient[:, -1].any()
        gradient = np.ascontiguousarray(gradient[:, :-1])
    kept, rows = y[:, 1:], np.ascontiguousarray(x[:, :-1])
    check(runner, kept, rows, found, gradient, bars, left_out=kept < 0)


def test_a_shifted_label_has_the_classes_of_its_row(runner: Runner) -> None:
    y, x = draw((2, 4), 6)
    y[:, 0], y[1, 2:] = 77, (4, 3)
    exists = np.ones((2, 4, 6), dtype=bool)
    exists[1, 2, 4] = False  # label 4 stands at place 2 and belongs to row 1
    found, _ = asked(runner, y, x, outputs=ALL, shift=True, class_mask=exists)
    rows, here = np.ascontiguousarray(x[:, :-1]), exists[:, :-1]
    check(runner, y[:, 1:], rows, found, exists=here)
    exists[1, 1, 4] = False
    if not runner.traced:
        with pytest.raises(ce.LabelRangeError, match=r"excludes: 4 \(first at \(1, 2\)\)"):
            asked(runner, y, x, shift=True, class_mask=exists)


def test_a_sequence_of_one_place_meets_no_label(runner: Runner) -> None:
    y, x = draw((3, 1), 4)
    found, _ = asked(runner, y, x, shift=True)
    assert found["log_prob"].shape == (3, 0)


@pytest.mark.parametrize("how", ["plain", "shifted"])
def test_m01_a_label_that_is_no_class(runner: Runner, how: str) -> None:
    y, x = draw((2, 4), 6)
    options: dict[str, Any] = {"outputs": ALL, "shift": how == "shifted"}
    good, _ = asked(runner, y, x, **options)
    bad = y.copy()
    bad[1, 2] = 9
    if not runner.traced:
        with pytest.raises(ce.LabelRangeError, match=r"9 \(first at \(1, 2\)\)"):
            asked(runner, bad, x, **options)
        return
    if runner.stops:
        import tensorflow as tf

        with pytest.raises(tf.errors.InvalidArgumentError, match=r"CE101.*\n?.*`logits` has 6"):
            asked(runner, bad, x, **options)
        options["validate"] = "off"
    bars = bars_for(good["log_prob"].shape, FLOATS)
    found, gradient = asked(runner, bad, x, bars, **options)
    row = (1, 1) if how == "shifted" else (1, 2)
    for name in ALL:
        one = found[name].copy()
        empty = np.isnan(one[row]) if name in FLOATS else one[row] in (-1, False)
        assert empty, name
        one[row] = good[name][row]
        assert bits_of(one) == bits_of(good[name]), name
    if gradient is not None:
        assert np.isnan(gradient[row]).all()
        assert np.isfinite(np.delete(gradient.reshape(8, 6), 4 + row[1], axis=0)).all()


def test_m01_a_label_of_a_class_that_is_masked_out(runner: Runner) -> None:
    y, x = draw((5,), 6)
    y[:] = [0, 1, 2, 3, 4]
    mask = np.arange(6) != 3
    if not runner.traced:
        with pytest.raises(ce.LabelRangeError, match="class_mask"):
            asked(runner, y, x, class_mask=mask)
        return
    found, _ = asked(runner, y, x, class_mask=mask, validate="off", outputs=("log_prob", "rank"))
    assert np.isnan(found["log_prob"]).tolist() == [False, False, False, True, False]
    assert found["rank"][3] == -1


def test_m09_and_m10_infinite_and_missing_logits(runner: Runner) -> None:
    inf, nan = np.inf, np.nan
    x = np.array(
        [[1, -inf, 2], [-inf, 1, 2], [nan, 1, 2], [1, inf, 2], [-inf, -inf, -inf], [-inf, 0, -inf],
         [1, nan, inf]], np.float32,
    )  # fmt: skip
    y = np.array([0, 0, 1, 2, 0, 1, 1])
    bars = bars_for((7,), FLOATS)
    found, gradient = asked(runner, y, x, bars, outputs=ALL)
    lse = np.float32(2 + np.log1p(np.exp(-1.0)))
    np.testing.assert_allclose(found["lse"][:2], lse, rtol=2e-7)
    np.testing.assert_allclose(found["log_prob"][0], 1 - lse, rtol=4e-7)
    assert found["log_prob"][1] == -inf
    p = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(
        found["entropy"][:2], -p * np.log(p) - (1 - p) * np.log(1 - p), rtol=1e-6
    )
    assert found["log_prob"][5] == found["entropy"][5] == found["lse"][5] == 0
    for name in FLOATS:
        assert np.isnan(found[name][[2, 3, 4, 6]]).all(), name
    assert found["rank"].tolist() == [1, 2, 2, 1, 0, 0, 3]
    if gradient is not None:
        assert np.isnan(gradient[[2, 3, 4, 6]]).all()
        assert np.isfinite(gradient[[0, 1, 5]]).all()
        assert gradient[0, 1] == gradient[5, 0] == gradient[5, 2] == 0
        # As of any class: what comes down, less its share.
        bar, h = bars["log_prob"][1], bars["entropy"][1]
        rest = found["entropy"][1] + np.log1p(-p)
        own = (1 - p) * (bars["lse"][1] - bar - h * rest)
        np.testing.assert_allclose(gradient[1, 0], bar, rtol=1e-6)
        np.testing.assert_allclose(gradient[1, 1], own, rtol=1e-5)


@pytest.mark.needs("fixed bits")
@pytest.mark.parametrize("classes", [3, 10, 100, 4097])
@pytest.mark.parametrize("dtype", [BFLOAT16, np.float32, np.float64])
def test_m14_a_row_has_the_same_bits_in_any_batch(runner: Runner, classes: int, dtype: Any) -> None:
    y, x = draw((13,), classes, dtype)
    bars = bars_for((13,), FLOATS)
    whole, slope = asked(runner, y, x, bars, outputs=ALL)
    for some in (slice(4, 5), slice(2, 9), slice(None, None, -1)):
        part, own = asked(
            runner, y[some].copy(), x[some].copy(), {n: b[some] for n, b in bars.items()},
            outputs=ALL,
        )  # fmt: skip
        for name in ALL:
            assert bits_of(part[name]) == bits_of(whole[name][some].copy()), name
        if slope is not None and own is not None:
            assert bits_of(own) == bits_of(slope[some].copy())


def test_m15_inputs_are_not_written(runner: Runner) -> None:
    y, x = draw((6,), 8)
    before = bits_of(y), bits_of(x)
    asked(runner, y, x, bars_for((6,), FLOATS), outputs=ALL, temperature=0.5)
    assert (bits_of(y), bits_of(x)) == before


@pytest.mark.parametrize("kind", ["int8", "uint8", "uint16", "bool", "float32"])
def test_m02_labels_of_any_type(runner: Runner, kind: str) -> None:
    y, x = draw((2, 3), 2)
    for shift in (False, True):
        want, _ = asked(runner, y, x, shift=shift)
        found, _ = asked(runner, y.astype(kind), x, shift=shift)
        assert bits_of(found["log_prob"]) == bits_of(want["log_prob"])


def test_outputs_come_in_the_order_in_which_they_are_asked_for(runner: Runner) -> None:
    y, x = draw((4,), 5)
    some, _ = asked(runner, y, x, outputs=("rank", "entropy", "log_prob"))
    every, _ = asked(runner, y, x, outputs=ALL)
    for name, one in some.items():
        assert bits_of(one) == bits_of(every[name]) or name in FLOATS
        np.testing.assert_allclose(one, every[name], rtol=1e-6)
