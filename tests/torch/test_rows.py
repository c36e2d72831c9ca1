"""Bad and ignored rows, on every way to a gradient: a fault stays in its row."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import crossent as ce

NAN, INF = float("nan"), float("inf")
G = torch.Generator().manual_seed(11)
X = 2 * torch.randn(6, 5, generator=G)
Y = torch.tensor([0, 4, 2, 1, 3, 0])
Q = torch.softmax(torch.randn(6, 5, generator=G), -1)
T = torch.randint(0, 2, (6, 5), generator=G).float()
BAR = torch.tensor([0.7, -1.3, 2.0, 0.1, 5.0, -0.4])
PLANTED = [1, 4]  # rows that are ignored
LEFT = [0, 2, 3, 5]


def left_out(kind: str, x: Any, logits: bool) -> Any:
    """Terms with the planted rows ignored, or without weight."""
    options: dict[str, Any] = {"from_logits": logits, "reduction": "none"}
    weight = torch.tensor([1.0, 0.0, 0.5, 2.0, 0.0, 1.0])
    if kind == "ignored":
        y = torch.tensor([0, -1, 2, 1, -1, 0])
        return ce.sparse_categorical_crossentropy(y, x, ignore_class=-1, **options)
    if kind == "smoothed":
        y = torch.tensor([0, -1, 2, 1, -1, 0])
        return ce.sparse_categorical_crossentropy(
            y, x, ignore_class=-1, label_smoothing=0.1, **options
        )
    if kind == "no weight":
        return ce.sparse_categorical_crossentropy(Y, x, sample_weight=weight, **options)
    if kind == "soft":
        return ce.categorical_crossentropy(Q, x, sample_weight=weight, **options)
    return ce.binary_crossentropy(T, x, sample_weight=weight, **options).sum(-1)


@pytest.mark.parametrize("logits", [True, False], ids=["logits", "probabilities"])
@pytest.mark.parametrize("kind", ["ignored", "smoothed", "no weight", "soft", "binary"])
def test_m06_what_ignored_rows_hold_does_not_matter(way: Any, kind: str, logits: bool) -> None:
    x = X if logits else torch.softmax(X, -1)
    bad = x.clone()
    bad[1] = NAN
    bad[4] = torch.tensor([INF, -INF, NAN, 0.0, -INF])

    def loss(x: Any) -> Any:
        return left_out(kind, x, logits)

    terms, gradient = way(loss, bad, BAR)
    want_terms, want_gradient = way(loss, x, BAR)
    assert terms[PLANTED].tolist() == [0.0, 0.0]
    assert gradient[PLANTED].abs().max() == 0
    assert torch.isfinite(gradient).all()
    assert torch.equal(terms, want_terms)
    assert torch.equal(gradient, want_gradient)


@pytest.mark.parametrize("kind", ["index", "smoothed", "soft"])
def test_m09_m10_infinities(way: Any, kind: str) -> None:
    x = X.clone()
    x[1, 0], x[4, 1] = -INF, -INF  # no mass there for the index loss
    x[2], x[3, 1] = -INF, INF
    q = Q.clone()
    q[1, 0], q[4, 1] = 0, 0
    q /= q.sum(-1, keepdim=True)

    def loss(x: Any) -> Any:
        if kind == "soft":
            return ce.categorical_crossentropy(q, x, from_logits=True, reduction="none")
        smoothing = 0.1 if kind == "smoothed" else 0.0
        return ce.sparse_categorical_crossentropy(
            Y, x, from_logits=True, reduction="none", label_smoothing=smoothing
        )

    terms, gradient = way(loss, x, BAR)
    clean = x.clone()
    clean[2], clean[3] = X[2], X[3]
    want_terms, want_gradient = way(loss, clean, BAR)
    bad, good = [2, 3], [0, 1, 4, 5]
    assert torch.isnan(terms[bad]).all()
    assert torch.isnan(gradient[bad]).all()
    assert torch.equal(terms[good], want_terms[good])
    assert torch.equal(gradient[good], want_gradient[good])
    if kind == "smoothed":  # there is mass on every class
        assert terms[[1, 4]].tolist() == [INF, INF]
        assert torch.isfinite(gradient[good]).all()
    else:
        assert torch.isfinite(terms[good]).all()
        assert gradient[1, 0] == 0
        assert gradient[4, 1] == 0


BAD = {
    "label": ("y", torch.tensor([0, 5, 2, 1, -1, 0])),
    "huge label": ("y", torch.tensor([0, 2**32 + 1, 2, 1, -(2**40), 0])),
    "float label": ("y", torch.tensor([0, 1.5, 2, 1, NAN, 0])),
    "weight": ("s", torch.tensor([1.0, -1.0, 1.0, 1.0, NAN, 1.0])),
    "soft": ("q", None),
    "probability": ("p", None),
    "binary": ("t", None),
}


def bad_call(name: str, x: Any, spoiled: bool) -> Any:
    """Terms with rows 1 and 4 spoiled, or not; without checks."""
    options: dict[str, Any] = {"reduction": "none", "validate": "off"}
    what, value = BAD[name]
    if what == "y":
        y = value if spoiled else Y.to(value.dtype)
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True, **options)
    if what == "s":
        s = value if spoiled else torch.ones(6)
        return ce.sparse_categorical_crossentropy(
            Y, x, from_logits=True, sample_weight=s, **options
        )
    if what == "q":
        q = Q.clone()
        if spoiled:
            q[1], q[4, 0] = 0.7, -0.5
        return ce.categorical_crossentropy(q, x, from_logits=True, **options)
    if what == "p":
        p = torch.softmax(x, -1)
        if spoiled:
            p = torch.where(
                torch.tensor([False, True, False, False, True, False])[:, None], 1 + p, p
            )
        return ce.sparse_categorical_crossentropy(Y, p, **options)
    t = T.clone()
    if spoiled:
        t[1], t[4] = 1.5, NAN
    return ce.binary_crossentropy(t, x, from_logits=True, **options).sum(-1)


@pytest.mark.parametrize("name", BAD)
def test_m01_bad_rows_that_cannot_be_seen_are_nan_alone(way: Any, name: str) -> None:
    # both calls run one program: what is spoiled is data
    terms, gradient = way(lambda x: bad_call(name, x, True), X, BAR)
    want_terms, want_gradient = way(lambda x: bad_call(name, x, False), X, BAR)
    assert torch.isnan(terms[PLANTED]).all()
    assert torch.isnan(gradient[PLANTED]).all()
    assert torch.equal(terms[LEFT], want_terms[LEFT])
    assert torch.equal(gradient[LEFT], want_gradient[LEFT])


def test_m07_a_bad_row_leaves_the_gradients_of_the_others_finite(way: Any) -> None:
    y = torch.tensor([0, 5, 2, 1, -1, 0])

    def loss(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True, validate="off")

    value, gradient = way(loss, X, torch.tensor(1.0))
    assert torch.isnan(value)
    assert torch.isnan(gradient[PLANTED]).all()
    assert torch.isfinite(gradient[LEFT]).all()


@pytest.mark.parametrize("empty", ["zero", "nan"])
def test_m08_nothing_kept(way: Any, empty: str) -> None:
    y = torch.full((6,), -1)

    def loss(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(
            y, x, from_logits=True, ignore_class=-1, empty=empty
        )

    value, gradient = way(loss, X, torch.tensor(1.0))
    assert value == 0 if empty == "zero" else torch.isnan(value)
    assert torch.equal(gradient, torch.zeros_like(X))
