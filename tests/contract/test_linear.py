"""The loss over a linear layer against float64, by every option, reduction and size of a tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossent as ce
from contract.linear_calls import DIFFERENTIABLE, asked
from contract.runner import Runner
from linear_truth import truth

B, T, D, C = 2, 7, 5, 11
RNG = np.random.default_rng(5)


def _case(dtype: Any) -> dict[str, Any]:
    y = RNG.integers(0, C, (B, T))
    ignored = y.copy()
    ignored[0, 2] = ignored[1, 6] = -100
    mask = RNG.random(C) < 0.8
    mask[np.unique(y)] = True
    own = RNG.random((B, T, C)) < 0.7
    np.put_along_axis(own, y[..., None], True, -1)
    weights = RNG.random((B, T)).astype(dtype)
    weights[0, 0] = 0
    several = np.stack([RNG.permutation(C)[:3] for _ in range(B * T)]).reshape(B, T, 3)
    return {
        "y": y,
        "ignored": ignored,
        "mask": mask,
        "own": own,
        "weights": weights,
        "several": several,
        "prob": RNG.dirichlet(np.ones(4), (B, T))[..., :3].astype(dtype),
        "dense": RNG.dirichlet(np.ones(C), (B, T)).astype(dtype),
        "of_classes": RNG.random(C).astype(dtype),
        "bias": RNG.normal(size=C).astype(dtype),
        "hidden": RNG.normal(size=(B, T, D)).astype(dtype),
        "weight": RNG.normal(size=(C, D)).astype(dtype),
    }


CASES = {np.float32: _case(np.float32), np.float64: _case(np.float64)}
OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("y", {}),
    "bias": ("y", {"linear_bias": "bias"}),
    "ignored": ("ignored", {"ignore_class": -100}),
    "shifted": ("ignored", {"ignore_class": -100, "shift": True}),
    "scaled and capped": ("y", {"logit_scale": 0.5, "softcap": 2.0, "linear_bias": "bias"}),
    "scaled": ("y", {"logit_scale": -0.5}),
    "smoothed": ("ignored", {"ignore_class": -100, "label_smoothing": 0.1, "z_loss": 0.01}),
    "weighted": ("y", {"class_weight": "of_classes", "sample_weight": "weights"}),
    "masked": ("y", {"class_mask": "mask", "label_smoothing": 0.1}),
    "masked by row": ("y", {"class_mask": "own"}),
    "dense": ("dense", {"linear_bias": "bias"}),
    "dense, all": (
        "dense",
        {"class_weight": "of_classes", "sample_weight": "weights", "label_smoothing": 0.1,
         "z_loss": 0.1, "shift": True},
    ),
    "several": ("several", {"target_prob": "prob"}),
    "several, all": (
        "several",
        {"target_prob": "prob", "class_weight": "of_classes", "shift": True, "softcap": 3.0,
         "z_loss": 0.1},
    ),
}  # fmt: skip


WAYS: dict[str, dict[str, Any]] = {
    "mean": {},
    "none": {"reduction": "none"},
    "recompute": {"gradients": "recompute"},
    "sum": {"reduction": "sum"},
}
"""Reductions, and how the gradients come; a program that takes a second each has the first two."""


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option(runner: Runner, name: str) -> None:
    which = list(OPTIONS).index(name)
    dtype = (np.float32, np.float64)[which % 2]
    case, (y, words) = CASES[dtype], OPTIONS[name]
    options = {key: case[one] if isinstance(one, str) else one for key, one in words.items()}
    memory = (1, 1_500, 2**27)[which % 3]
    for way in list(WAYS)[: 2 if runner.traced else None]:
        check_loss(runner, case, case[y], options, {**WAYS[way], "max_memory": memory})


def check_loss(
    runner: Runner, case: dict[str, Any], y: np.ndarray, options: dict[str, Any], way: Any
) -> None:
    """Compare values and gradients with those in float64, within the errors of the products."""
    dtype, shift = case["hidden"].dtype, options.get("shift", False)
    eps = np.finfo(dtype).eps
    rows = (B, T - shift)
    of_rows = way.get("reduction") == "none"
    bar = np.asarray(RNG.normal(size=rows) if of_rows else 1.7, dtype)
    found, gradients = asked(
        runner, ce.linear_crossentropy, y, case["hidden"], case["weight"], {"loss": bar},
        **options, **way,
    )  # fmt: skip
    value = found["loss"]
    whole = np.pad(bar, [(0, 0), (0, 1)]) if of_rows and shift else bar
    want = truth(y, case["hidden"], case["weight"], **options, bar=whole, eps=eps)
    divisor = 1.0 if "reduction" in way else want.weights.sum()
    assert value.dtype == dtype
    if of_rows:
        assert value.shape == rows
        assert (np.abs(value - want.terms) <= want.term_slack).all()
    else:
        slack = (want.term_slack + 4 * eps * np.abs(want.terms)).sum() / divisor
        assert abs(value - want.terms.sum() / divisor) <= slack
    for key, one in gradients.items():
        exact = want.gradients[key] / divisor
        slack = want.slack[key] / divisor + 4 * eps * np.abs(exact)
        assert one.dtype == dtype
        assert (np.abs(one - exact) <= slack).all(), key


@pytest.mark.parametrize("shift", [False, True])
def test_log_probs(runner: Runner, shift: bool) -> None:
    case = CASES[np.float64]
    t, scale, cap = 0.7, 1.5, 2.5
    y, h, w, b = (case[key] for key in ("ignored", "hidden", "weight", "bias"))
    rows = (B, T - shift)
    bars = {name: RNG.normal(size=rows) for name in DIFFERENTIABLE}
    names = (*DIFFERENTIABLE, "rank", "correct")
    found, gradients = asked(
        runner, ce.linear_log_probs, y, h, w, bars, linear_bias=b, ignore_class=-100, shift=shift,
        temperature=t, logit_scale=scale, softcap=cap, outputs=names, max_memory=1_500,
    )  # fmt: skip
    assert set(found) == set(names)

    labels, h = (y[:, 1:], h[:, :-1]) if shift else (y, h)
    slope = np.tanh(scale * (h @ w.T + b) / cap)
    x = cap * slope / t
    kept, own = labels != -100, np.maximum(labels, 0)[..., None]
    lse = np.logaddexp.reduce(x, axis=-1)
    log_p = x - lse[..., None]
    p = np.exp(log_p)
    entropy = -(p * log_p).sum(-1)
    label = np.take_along_axis(x, own, -1)
    want = {
        "log_prob": np.take_along_axis(log_p, own, -1)[..., 0],
        "entropy": entropy,
        "lse": lse,
        "rank": (x > label).sum(-1),
    }
    for name, one in want.items():
        left_out = -1 if name == "rank" else 0
        np.testing.assert_allclose(found[name], np.where(kept, one, left_out), 1e-13, 1e-13)
    np.testing.assert_array_equal(found["correct"], found["rank"] == 0)
    a, e, z = (np.where(kept, bars[name], 0)[..., None] for name in DIFFERENTIABLE)
    one_hot = np.arange(C) == own
    g = a * (one_hot - p) + z * p - e * p * (log_p + entropy[..., None])
    g *= (1 - slope**2) * scale / t
    exact = {"hidden": g @ w, "weight": np.einsum("btc,btd->cd", g, h), "bias": g.sum((0, 1))}
    if shift:
        exact["hidden"] = np.pad(exact["hidden"], [(0, 0), (0, 1), (0, 0)])
    for key, one in gradients.items():
        np.testing.assert_allclose(one, exact[key], 1e-12, 1e-12, err_msg=key)


@pytest.mark.parametrize("function", [ce.linear_crossentropy, ce.linear_log_probs])
def test_a_label_that_is_no_class(runner: Runner, function: Any) -> None:
    case = CASES[np.float64]
    y = case["y"].copy()
    y[1, 3] = C
    none = {"reduction": "none"} if function is ce.linear_crossentropy else {}
    name = "loss"

    def found() -> Any:
        bars = {name: np.ones((B, T))}
        return asked(runner, function, y, case["hidden"], case["weight"], bars, **none)[0][name]

    if runner.traced and not runner.stops:
        assert (np.isnan(found()) == (y == C)).all()
        return
    with pytest.raises(Exception, match=r"\[CE101\] .*`hidden @ linear_weight.T` has 11 classes"):
        found()


@pytest.mark.parametrize("features", [0, D])
def test_no_label_and_no_features(runner: Runner, features: int) -> None:
    """Of no label the mean is 0; without features all classes are equal."""
    case = CASES[np.float64]
    y = case["y"] if features == 0 else np.full((B, T), -100)
    h, w = case["hidden"][..., :features], case["weight"][:, :features]
    bar = {"loss": np.float64(1)}
    found, gradients = asked(runner, ce.linear_crossentropy, y, h, w, bar, ignore_class=-100)
    np.testing.assert_allclose(found["loss"], np.log(C) if features == 0 else 0, 1e-14)
    assert all(np.array_equal(one, np.zeros_like(one)) for one in gradients.values())
