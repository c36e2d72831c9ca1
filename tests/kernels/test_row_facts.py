"""Facts of rows against arithmetic of 60 digits, and against NumPy's counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import crossent as ce
from crossent.evaluate.metrics import first_class, label_ranks
from crossent.frontends import kernel_rows
from crossent.frontends.numpy.ops import OPS
from crossent.losses import merge

CLASSES = (2, 3, 10, 64, 65, 300, 4097, 9000)
DTYPES = ("float16", "float32", "float64")
FACTS = ("log_prob", "lse", "entropy", "rank", "first_class", "squares")


def rows_of(call: Callable[[], Any]) -> Any:
    """Return the rows that a call hands to the kernels."""
    found: list[Any] = []
    take = kernel_rows.run_kernel

    def note(plan: Any, rows: Any, *given: Any, **options: Any) -> Any:
        found.append(rows)
        return take(plan, rows, *given, **options)

    with replaced("crossent.frontends.numpy.front_end", "run_kernel", note):
        call()
    return found[-1]


@contextmanager
def replaced(module: str, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{module}.{name}", value)
        yield


def draw(classes: int, dtype: str, rows: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of very different confidence, with ties and classes at -inf."""
    rng = np.random.default_rng([classes, np.dtype(dtype).itemsize])
    scale = np.resize([0.1, 1, 3, 10, 40, 200], rows)
    x = rng.normal(size=(rows, classes)) * scale[:, None]
    x[1] = 0.5
    x[2, classes // 2 :] = -np.inf
    y = rng.integers(0, classes, rows)
    y[3:6] = x[3:6].argmax(axis=1)  # right, and sure
    y[2] = 0
    return y, x.astype(dtype)


def facts(
    y: np.ndarray, x: np.ndarray, names: tuple[str, ...] = FACTS, **options: Any
) -> dict[str, np.ndarray]:
    loss = ce.sparse_categorical_crossentropy
    found: dict[str, np.ndarray] = rows_of(lambda: loss(y, x, **options)).facts(names)
    return found


def exact(y: int, row: np.ndarray) -> dict[str, Any]:
    """Compute the facts of one row of logits with 60 digits."""
    with mp.workdps(60):
        x = [mp.mpf(float(one)) for one in row]
        top = max(x)
        exps = [mp.exp(one - top) for one in x]
        total = mp.fsum(exps)
        p = [one / total for one in exps]
        # Of the largest class 1 - p has the digits.
        at = x.index(top)
        log_p = [
            one - top - mp.log(total) if e else mp.mpf(0) for one, e in zip(x, exps, strict=True)
        ]
        log_p[at] = -mp.log1p(mp.fsum(exps[:at] + exps[at + 1 :]))
        return {
            "log_prob": x[y] - top - mp.log(total) if y != at else log_p[at],
            "lse": top + mp.log(total),
            "entropy": -mp.fsum(a * b for a, b in zip(p, log_p, strict=True)),
            "squares": mp.fsum(a * a for a in p),
        }


def gap(row: np.ndarray) -> float:
    """Return how far the finite logits of a row are apart."""
    finite = row[np.isfinite(row)].astype(np.float64)
    return float(finite.max() - finite.min())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", CLASSES)
def test_facts_of_logits_are_accurate(classes: int, dtype: str) -> None:
    y, x = draw(classes, dtype)
    found = facts(y, x, from_logits=True)
    # Of float16 the values are exact in float32, in which they are computed.
    ulp = np.finfo(max(np.dtype(dtype), np.dtype(np.float32))).eps
    for i in range(len(y)):
        want = exact(int(y[i]), x[i])
        for name, value in want.items():
            wrong = abs(float(found[name][i]) - value)
            if name == "entropy":
                # Beside a label that is not the largest class, 1 - p of that class is rounded.
                assert wrong <= max(8 * ulp * value, mp.mpf(1e-7)), i
                assert wrong <= (8 + gap(x[i]) / 2) * ulp * max(value, 1), i
                continue
            # 4 ulp of log-probabilities; the exps that squares are made of have as many as
            # rounding x - max costs, half of itself.
            many = 8 + gap(x[i]) / 2 if name == "squares" else 4
            assert wrong <= many * ulp * abs(value) + mp.mpf(2) ** -1074, (name, i)
    assert (found["rank"] == label_ranks(x, y, None)).all()
    assert (found["first_class"] == first_class(x)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 10, 65, 300])
@pytest.mark.parametrize("normalize", [False, True])
def test_facts_of_probabilities_are_accurate(classes: int, dtype: str, normalize: bool) -> None:
    y, x = draw(classes, "float64")
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = (p / p.sum(axis=1, keepdims=True)).astype(dtype)
    names = ("log_prob", "entropy", "rank", "first_class", "squares")
    found = facts(y, p, names, normalize=normalize, epsilon=0.0)
    ulp = np.finfo(np.float64).eps  # they are computed in float64
    for i in range(len(y)):
        with mp.workdps(60):
            row = [mp.mpf(float(one)) for one in p[i]]
            total = mp.fsum(row) if normalize else mp.mpf(1)
            row = [one / total for one in row]
            entropy = -mp.fsum(one * mp.log(one) for one in row if one)
            squares = mp.fsum(one * one for one in row)
            # What rounding the quotient by the sum costs near 1, beside the relative error.
            assert abs(float(found["entropy"][i]) - entropy) <= (classes + 8) * ulp
            assert abs(float(found["squares"][i]) - squares) <= (classes + 8) * ulp * squares
            if row[y[i]]:
                wrong = abs(float(found["log_prob"][i]) - mp.log(row[y[i]]))
                assert wrong <= 4 * ulp * max(1, abs(mp.log(row[y[i]])))
            else:
                assert found["log_prob"][i] == -np.inf
    assert (found["rank"] == label_ranks(p, y, None)).all()
    assert (found["first_class"] == first_class(p)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [10, 300])
def test_ignored_rows_bad_labels_and_nan(classes: int, dtype: str) -> None:
    y, x = draw(classes, dtype)
    y[0], y[4] = -100, -100
    x[6, classes - 1] = np.nan
    x[7, y[7]] = np.nan
    x[8, 0] = np.inf
    found = facts(y, x, from_logits=True, ignore_class=-100)
    for name in ("log_prob", "lse", "entropy", "squares"):
        assert (found[name][[0, 4]] == 0).all(), name
        assert np.isnan(found[name][[6, 7]]).all(), name
    assert found["rank"][[0, 4]].tolist() == found["first_class"][[0, 4]].tolist() == [-1, -1]
    kept = np.flatnonzero(y >= 0)
    assert (found["rank"][kept] == label_ranks(x[kept], y[kept], None)).all()
    assert (found["first_class"][kept] == first_class(x[kept])).all()


@pytest.mark.parametrize("classes", [10, 300])
def test_facts_have_the_same_bits_in_any_batch_and_with_any_threads(classes: int) -> None:
    y, x = draw(classes, "float32", 20_000)
    before = ce.show_config()["threads"]
    try:
        whole = []
        for threads in (1, 3):
            ce.set_num_threads(threads)
            whole.append(facts(y, x, from_logits=True))
        some = facts(y[777:800], x[777:800], from_logits=True)
        one = facts(y[778:779], x[778:779], from_logits=True)
    finally:
        ce.set_num_threads(before)
    for name in FACTS:
        assert whole[0][name].tobytes() == whole[1][name].tobytes(), name
        assert whole[0][name][777:800].tobytes() == some[name].tobytes(), name
        assert some[name][1:2].tobytes() == one[name].tobytes(), name


@pytest.mark.parametrize("classes", [10, 300, 9000])
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_facts_of_parts_join(classes: int, cut: float) -> None:
    y, x = draw(classes, "float64")
    x[2] = np.linspace(-3, 3, classes)  # -inf in a whole part is another test's
    at = max(2, min(classes - 2, int(cut * classes)))
    names = ("top", "rest", "spread", "rank")
    x_label, zeros = x[np.arange(len(y)), y], np.zeros(len(y))

    def part(first: int, stop: int) -> merge.Part:
        own, piece = y - first, np.ascontiguousarray(x[:, first:stop])
        inside = (own >= 0) & (own < stop - first)
        loss = ce.sparse_categorical_crossentropy
        rows = rows_of(lambda: loss(own, piece, from_logits=True, validate="off"))
        found = rows.facts(names, is_part=True, label_logits=np.where(inside, 0.0, x_label))
        label, above = np.where(inside, x_label, 0.0), found["rank"].astype(np.float64)
        sums = found["top"], found["rest"], label, inside, zeros, zeros, found["spread"], above
        return merge.Part(*sums)

    parts = part(0, at), part(at, classes)
    joined = merge.merge(OPS, *parts)
    whole = facts(y, x, from_logits=True)
    want = {
        "log_prob": -merge.loss_of(OPS, joined),
        "lse": merge.lse_of(OPS, joined),
        "entropy": merge.entropy_of(OPS, joined),
    }
    for name, value in want.items():
        # merge is plain arithmetic in float64: the largest logits are in the hundreds.
        np.testing.assert_allclose(value, whole[name], rtol=1e-11, atol=1e-13, err_msg=name)
    ties = np.array([(row == row[label]).sum() - 1 for row, label in zip(x, y, strict=True)])
    assert (np.abs(joined.above - whole["rank"]) <= ties).all()


def test_a_gradient_in_the_place_of_the_logits() -> None:
    """Predictions are overwritten by their gradient, with an upstream gradient of each row."""
    rng = np.random.default_rng(0)
    sparse, dense = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
    for classes in (10, 65, 300, 9000):
        for dtype in ("float16", "float32", "float64"):
            y, x = draw(classes, dtype, 40)
            bar = rng.normal(size=40)
            q = rng.dirichlet(np.ones(classes), 40).astype(np.float64)
            for call in (
                lambda at, y=y: sparse(y, at, from_logits=True, label_smoothing=0.1),
                lambda at, q=q: dense(q, at, from_logits=True),
                lambda at, q=q: dense(q.astype(at.dtype), at, from_logits=True),
            ):
                out, place = np.empty_like(x), x.copy()
                rows_of(lambda call=call, x=x: call(x)).gradient(out, 4.0)
                rows_of(lambda call=call, place=place: call(place)).gradient(place, 4.0)
                assert place.tobytes() == out.tobytes()
                weighed, place = np.empty_like(x), x.copy()
                rows_of(lambda call=call, x=x: call(x)).gradient(weighed, 4.0, upstream=bar)
                rows_of(lambda call=call, place=place: call(place)).gradient(
                    place, 4.0, upstream=bar
                )
                assert place.tobytes() == weighed.tobytes()
                # A gradient is (p - q) bar / divisor, p and q at most 1: a few roundings of that.
                allowed = 4 * np.finfo(dtype).eps * np.abs(bar)[:, None] / 4
                assert (np.abs(weighed - out * bar[:, None]) <= allowed).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 10, 65, 300])
def test_ranks_alone(classes: int, dtype: str) -> None:
    y, x = draw(classes, dtype)
    y[0] = -100
    x[6, classes - 1] = np.nan
    x[7, y[7]] = np.nan
    names = ("rank", "first_class")
    found = facts(y, x, names, from_logits=True, ignore_class=-100)
    assert found["rank"][0] == found["first_class"][0] == -1
    assert (found["rank"][1:] == label_ranks(x[1:], y[1:], None)).all()
    assert (found["first_class"][1:] == first_class(x[1:])).all()


def test_what_probabilities_have_not_is_refused() -> None:
    y, x = draw(10, "float64")
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = rows_of(lambda: ce.sparse_categorical_crossentropy(y, p))
    with pytest.raises(TypeError, match="no lse"):
        rows.facts(("log_prob", "lse"))
    with pytest.raises(TypeError, match="upstream gradients are for logits"):
        rows.gradient(np.empty_like(p), 1.0, upstream=np.ones(len(y)))


def test_an_upstream_gradient_may_be_of_any_dtype() -> None:
    y, x = draw(10, "float64")
    bar = np.arange(len(y))
    found = []
    for dtype in ("int64", "float32", "float64"):
        g = np.empty_like(x)
        rows = rows_of(lambda: ce.sparse_categorical_crossentropy(y, x, from_logits=True))
        rows.gradient(g, 1.0, upstream=bar.astype(dtype))
        found.append(g.tobytes())
    assert len({*found}) == 1
