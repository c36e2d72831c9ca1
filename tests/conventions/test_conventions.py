"""`ce.conventions` and `crossent conventions`: numbers, matches, and misuse."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import crossent as ce
from meta.source import ROOT, run_python

Y = np.array([0, 1, 2, 1, 0, 2, 2, 1])
X = np.random.default_rng(11).normal(size=(8, 3)).astype(np.float32) * 3
P = np.exp(X.astype(np.float64)) / np.exp(X.astype(np.float64)).sum(axis=1, keepdims=True)
LOSSES = -np.log(P[np.arange(8), Y])
DIGITS = ROOT / "examples" / "digits"


@pytest.mark.parametrize(
    ("observed", "how"),
    [
        (LOSSES.mean() / math.log(2), "in bits"),
        (LOSSES.mean() / math.log(10), "base 10"),
        (math.exp(LOSSES.mean()), "perplexity"),
        (LOSSES.sum(), "the sum over the rows"),
        (LOSSES.mean() / 3, "the mean over the rows and the classes"),
        (-LOSSES.mean(), "negated (scikit-learn: neg_log_loss)"),
        (-X[np.arange(8), Y].astype(float).mean(), "nll_loss without log_softmax"),
        ((np.log(np.exp(P).sum(1)) - P[np.arange(8), Y]).mean(), "softmax applied twice"),
    ],
)
def test_an_observed_number_is_named(observed: float, how: str) -> None:
    found = ce.conventions(Y, X, observed=observed)
    assert [how in value.how for value in found.matches] == [True]
    assert found.matches[0].value == pytest.approx(observed, abs=1e-4)
    assert how in str(found)


def test_a_mean_over_the_classes_of_other_shapes() -> None:
    kept = np.where(np.arange(8) == 2, -1, Y)
    mean = LOSSES[kept >= 0].mean()
    for arguments, options in (
        ((np.eye(3)[Y], X), {}),
        ((Y.reshape(2, 4), X.reshape(2, 4, 3).swapaxes(1, 2)), {"axis": 1}),
        ((kept, X), {"ignore_class": -1}),
    ):
        value = mean if options.get("ignore_class") else LOSSES.mean()
        found = ce.conventions(*arguments, observed=value / 3, **options)
        assert any("rows and the classes" in one.how for one in found.matches)
    binary = ce.conventions(Y % 2, X[:, 0], loss="binary", from_logits=True)
    assert not any("classes" in one.how for one in binary.others)


def test_the_plain_mean_is_everybodys() -> None:
    found = ce.conventions(Y, X, observed=LOSSES.mean())
    assert {"PyTorch", "TensorFlow", "optax", "Keras", "scikit-learn"} <= {
        value.whose for value in found.matches
    }
    assert found.values[0].value == pytest.approx(LOSSES.mean(), rel=1e-6)


def test_a_number_that_nothing_gives() -> None:
    found = ce.conventions(Y, X, observed=123.4)
    assert found.matches == ()
    assert "none of these" in str(found)
    assert "nearest" in str(found)


def test_numbers_that_are_not_finite_have_no_nearest() -> None:
    assert "nearest" not in str(ce.conventions(Y, X, observed=math.nan))
    bad = X.copy()
    bad[3] = np.nan
    with pytest.warns(ce.CrossentWarning, match="CE217"):  # which names the row
        found = ce.conventions(Y, bad, from_logits=True, observed=0.5)
    assert math.isnan(found.values[0].value)
    assert "Some row has no finite loss" in str(found)
    with pytest.warns(ce.CrossentWarning, match="CE217"):
        assert ce.conventions(Y, bad, from_logits=True, observed=math.nan).matches


def test_shifted_labels_of_sequences() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3, 6, 5)).astype(np.float32)
    y = rng.integers(0, 5, (3, 6))
    p = np.log(np.exp(x.astype(float)).sum(-1))
    want = (p[:, :-1] - np.take_along_axis(x, y[..., None], -1)[..., 0][:, :-1]).mean()
    shifted = (p[:, :-1] - np.take_along_axis(x[:, :-1], y[:, 1:, None], -1)[..., 0]).mean()
    found = ce.conventions(y, x, observed=float(shifted))
    assert [v.how for v in found.matches] == ["each place scored by the next label"]
    assert not np.isclose(want, shifted, atol=1e-4)
    per_entry = ce.conventions(y, x, observed=float((p.sum() - np.take_along_axis(
        x, y[..., None], -1).sum()) / 3))  # fmt: skip
    assert [v.how for v in per_entry.matches] == ["the sum divided by the first dimension"]


def test_ignored_rows_and_weights_divide() -> None:
    y = np.where(np.arange(8) < 2, -1, Y)
    found = ce.conventions(y, X, ignore_class=-1)
    values = {v.name: v.value for v in found.values}
    kept, all_rows = LOSSES[2:].mean(), LOSSES[2:].sum() / 8
    assert values["PyTorch: F.cross_entropy(logits, labels)"] == pytest.approx(kept)
    assert values["Paddle: nn.functional.cross_entropy(logits, labels)"] == pytest.approx(all_rows)
    metric = "Keras: metrics.SparseCategoricalCrossentropy(from_logits=True)"
    assert values[metric] == pytest.approx(all_rows)
    w = np.arange(8.0)
    weighted = ce.conventions(Y, X, sample_weight=w)
    values = {v.whose: v.value for v in weighted.values}
    assert values["Keras"] == pytest.approx((w * LOSSES).sum() / 8)
    assert values["scikit-learn"] == pytest.approx((w * LOSSES).sum() / w.sum())
    assert "PyTorch" not in values  # it takes no weights of rows


def test_dense_targets_and_axes() -> None:
    one_hot = np.eye(3)[Y]
    by_index = ce.conventions(Y, X).values
    for found in (
        ce.conventions(one_hot, X, loss="dense"),
        ce.conventions(Y.reshape(2, 4), X.reshape(2, 4, 3).transpose(0, 2, 1), axis=1),
        ce.conventions(Y, X.T, axis=0),
    ):
        assert [v.value for v in found.values] == pytest.approx([v.value for v in by_index])


def test_pieces_make_no_difference(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70_000, 40)).astype(np.float32)  # several pieces
    y = rng.integers(0, 40, 70_000)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    found = ce.conventions(tmp_path / "y.npy", tmp_path / "x.npy")
    lse = np.log(np.exp(x.astype(float)).sum(1))
    want = (lse - x[np.arange(len(x)), y]).mean()
    assert found.rows == 70_000
    assert [v.value for v in found.values] == pytest.approx([want] * len(found.values), rel=1e-6)


def test_json_round_trip() -> None:
    found = ce.conventions([0, 1], [[0.0, 1.0], [0.0, 1.0]], from_logits=False, observed=8.05905)
    data = json.loads(found.to_json())
    assert data["rows"] == 2
    assert "inf" in [line["value"] for line in data["conventions"]]
    assert data["matches"] == [v.name for v in found.matches]
    assert any("Keras" in name for name in data["matches"])


def test_bad_labels_are_the_usual_errors() -> None:
    with pytest.raises(ce.LabelRangeError):
        ce.conventions([0, 3], X[:2], from_logits=True)


def command(*words: str) -> tuple[int, str, str]:
    done = run_python("-m", "crossent.cli", "conventions", *words, cwd=ROOT)
    return done.returncode, done.stdout, done.stderr


def test_the_command() -> None:
    files = (str(DIGITS / "labels.npy"), str(DIGITS / "logits.npy"))
    status, out, err = command(*files, "--observed", "0.2635")
    assert (status, err) == (0, "")
    assert "in bits" in out
    status, out, _ = command(*files, "--observed", "9.5")
    assert status == 1
    assert "none of these" in out
    status, out, _ = command(*files, "--json")
    assert status == 0
    assert json.loads(out)["observed"] is None
    status, out, err = command(str(DIGITS / "broken" / "labels_from_1.npy"), files[1])
    assert (status, out) == (1, "")
    assert "CE104" in err
    assert command(files[0], "nowhere.npy")[0] == 2
