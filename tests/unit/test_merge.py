"""Parts of rows join to the whole, however the classes are split and in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from crossent.frontends.numpy.ops import OPS
from crossent.losses.merge import Part, entropy_of, loss_of, lse_of, merge, of_tile

Array = np.ndarray
ULPS = 8  # of the magnitude below: some twenty operations, each rounded once
EPS = mpf(2) ** -53


def drawn(rng: np.random.Generator, rows: int, classes: int) -> tuple[Array, Array, Array, Array]:
    """Logits from flat to confident, some far from 0 and some -inf; labels, weights, targets."""
    x = rng.normal(size=(rows, classes)) * rng.choice([0.3, 3.0, 40.0], (rows, 1))
    x += rng.choice([0.0, 0.0, 1e6, -700.0], (rows, 1))
    y = rng.integers(0, classes, rows)
    x[np.arange(rows), y] += rng.choice([0.0, 30.0], rows)
    holes = rng.random(x.shape) < rng.choice([0.0, 0.3], (rows, 1))
    holes[np.arange(rows), y] = False
    holes[np.arange(rows), (y + 1) % classes] = False
    x[holes] = -np.inf
    w = rng.choice([0.0, 0.25, 2.7], classes)
    q = rng.dirichlet(np.ones(classes), rows)
    q[holes] = 0.0
    return x, y, w, q


def split(rng: np.random.Generator, classes: int) -> list[slice]:
    """The classes in tiles of any size."""
    count = int(rng.integers(1, min(classes, 6) + 1))
    cuts = np.sort(rng.choice(np.arange(1, classes), count - 1, replace=False)).tolist()
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, classes], strict=True)]


def joined(rng: np.random.Generator, parts: list[Part]) -> Part:
    """All parts, two of them at a time."""
    parts = list(parts)
    while len(parts) > 1:
        rng.shuffle(parts)  # type: ignore[arg-type]
        parts.append(merge(OPS, parts.pop(), parts.pop()))
    return parts[0]


def exact(x: Array, y: int) -> tuple[mpf, mpf, mpf]:
    """Loss, logsumexp and entropy of a row, from its very bits."""
    with mpmath.workdps(60):
        numbers = [mpf(float(v)) for v in x if v != -np.inf]
        top = max(numbers)
        others = [mpf(float(v)) for c, v in enumerate(x) if v != -np.inf and c != y]
        label = mpf(float(x[y]))
        loss = mpmath.log1p(mpmath.fsum(mpmath.exp(v - label) for v in others))
        lse = top + mpmath.log(mpmath.fsum(mpmath.exp(v - top) for v in numbers))
        shares = [mpmath.exp(v - lse) for v in numbers]
        return loss, lse, -mpmath.fsum(p * (v - lse) for p, v in zip(shares, numbers, strict=True))


def close(got: float, want: mpf, size: mpf) -> bool:
    """Whether a number is right to some units in the last place of `size`."""
    return abs(mpf(float(got)) - want) <= ULPS * EPS * size


@pytest.mark.parametrize("classes", [2, 3, 9, 200])
def test_parts_join_to_the_row(classes: int) -> None:
    rng = np.random.default_rng(classes)
    for _ in range(12):
        x, y, w, q = drawn(rng, 8, classes)
        tiles = split(rng, classes)
        own = x[np.arange(8), y]
        parts = [
            of_tile(OPS, x[:, tile], y, own, tile.start, w[tile], q[:, tile]) for tile in tiles
        ]
        whole = joined(rng, parts)
        assert whole.has_label.all()
        assert (whole.label == own).all()
        assert (whole.above == (x > own[:, None]).sum(-1)).all()
        losses, lses = loss_of(OPS, whole), lse_of(OPS, whole)
        entropies = entropy_of(OPS, whole)
        finite = np.where(np.isfinite(x), x, 0.0)
        for row in range(8):
            loss, lse, entropy = exact(x[row], int(y[row]))
            # The gap of two logits is rounded by half an ulp of the larger one.
            slack = mpf(float(np.abs(finite[row]).max()))
            assert close(losses[row], loss, loss + slack * min(loss, mpf(1)))
            assert close(lses[row], lse, abs(lse) + 1)
            assert close(entropies[row], entropy, entropy + (1 + slack) * (1 + entropy))
            for got, factor in ((whole.weighted, w), (whole.targeted, q[row])):
                if (factor[x[row] == -np.inf] > 0).any():  # mass where there is no probability
                    assert got[row] == -np.inf
                    continue
                pairs = zip(factor, finite[row], strict=True)
                terms = [mpf(float(f)) * mpf(float(v)) for f, v in pairs if f]
                sizes = mpmath.fsum(map(abs, terms)) * classes
                assert close(got[row], mpmath.fsum(terms), sizes)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_stays_in_its_row(value: float) -> None:
    rng = np.random.default_rng(4)
    x, y, _, _ = drawn(rng, 6, 9)
    sound = [loss_of(OPS, joined(rng, tiles_of(x, y)))[row] for row in (0, 5)]
    x[3, (y[3] + 1) % 9] = value
    losses = loss_of(OPS, joined(rng, tiles_of(x, y)))
    assert np.isnan(losses[3]) or losses[3] == np.inf
    np.testing.assert_allclose(losses[[0, 5]], sound, rtol=1e-14)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """As the front ends: infinities may meet."""
    with np.errstate(all="ignore"):
        yield


def tiles_of(x: Array, y: Array) -> list[Any]:
    """A row in three tiles."""
    own = x[np.arange(len(x)), y]
    return [of_tile(OPS, x[:, t], y, own, t.start) for t in (slice(0, 2), slice(2, 3), slice(3, 9))]


def test_a_part_without_another_class_changes_nothing() -> None:
    x, y = np.array([[2.0, -1.0, 0.5]]), np.array([1])
    own = x[[0], y]
    label_alone = of_tile(OPS, x[:, 1:2], y, own, 1)
    assert label_alone.top == -np.inf
    assert label_alone.rest == 0
    others = merge(OPS, of_tile(OPS, x[:, :1], y, own, 0), of_tile(OPS, x[:, 2:], y, own, 2))
    for whole in (merge(OPS, others, label_alone), merge(OPS, label_alone, others)):
        np.testing.assert_allclose(
            loss_of(OPS, whole), np.log(np.exp(x).sum()) - x[0, 1], rtol=1e-15
        )
    masked = of_tile(OPS, np.full((1, 4), -np.inf), y, own, 3)
    again = merge(OPS, masked, merge(OPS, others, label_alone))
    assert loss_of(OPS, again) == loss_of(OPS, merge(OPS, others, label_alone))
    assert np.isfinite(entropy_of(OPS, again)).all()
