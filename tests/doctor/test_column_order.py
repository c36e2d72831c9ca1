"""Columns in another order: found on the mistakes of real models, and on no untrained one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import crossent as ce
from crossent.doctor.column_order import assignment

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DATA = {
    load.__name__[5:]: load(return_X_y=True)
    for load in (load_digits, load_iris, load_wine, load_breast_cancer)
}
MODELS = {
    "linear": LogisticRegression(max_iter=300), "bayes": GaussianNB(),
    "neighbours": KNeighborsClassifier(5), "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(30, random_state=0), "lda": LinearDiscriminantAnalysis(),
}  # fmt: skip


def orders(classes: int, rng: np.random.Generator) -> Iterator[tuple[str, Ints]]:
    """Ways to put the columns into another order: `order[j]` is what column j holds."""
    here = np.arange(classes)
    swap = here.copy()
    one, two = rng.choice(classes, 2, replace=False)
    swap[[one, two]] = two, one
    yield "swap", swap
    yield "shift", np.roll(here, 1)
    yield "reversed", here[::-1]
    if classes > 2:
        cycle = here.copy()
        some = rng.choice(classes, 3, replace=False)
        cycle[some] = np.roll(some, 1)
        yield "cycle", cycle
        # Names of numbers from 1 on, sorted as text: "10" stands before "2".
        yield "sorted as text", np.array(sorted(here, key=lambda c: str(c + 1)))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("data", DATA)
def test_real_models_with_moved_columns(data: str, model: str) -> None:
    rows, labels = DATA[data]
    x, new, y, true = train_test_split(rows, labels, test_size=0.5, stratify=labels, random_state=0)
    shares = make_pipeline(StandardScaler(), MODELS[model]).fit(x, y).predict_proba(new)
    assert (shares.argmax(1) == true).mean() > 0.8
    assert "CE318" not in ce.diagnose(true, shares, from_logits=False).codes
    for kind, order in orders(shares.shape[1], np.random.default_rng(len(data))):
        if (order == np.arange(len(order))).all():
            continue
        found = ce.diagnose(true, shares[:, order], from_logits=False, select="CE318").findings
        assert [one.code for one in found] == ["CE318"], kind
        back = np.argsort(order)
        fix = "y_pred[:, ::-1]" if len(order) == 2 else f"y_pred[..., {back.tolist()}]"
        assert fix in found[0].fix, kind
        right = 100 * (shares[:, order].argmax(1) == true).mean()
        best = 100 * (order[shares[:, order].argmax(1)] == true).mean()  # ties may fall otherwise
        assert f"{right:.3g} %" in found[0].seen or right < 1
        assert f"{best:.3g} %" in found[0].seen


def untrained(rng: np.random.Generator) -> tuple[Ints, Array]:
    """Labels, and what a network of random weights makes of the inputs."""
    if rng.random() < 0.3:
        x, y = list(DATA.values())[rng.integers(4)]
    else:
        classes, n = int(rng.choice([2, 3, 5, 10, 20, 50])), int(rng.choice([20, 100, 1000, 5000]))
        shares = rng.dirichlet(np.full(classes, rng.choice([0.5, 100.0])))
        y = rng.choice(classes, n, p=shares)
        x = rng.normal(size=(n, 20)) + rng.choice([0, 0.5, 1]) * rng.normal(size=(classes, 20))[y]
    hidden = (x - x.mean(0)) / (x.std(0) + 1e-9)
    for _ in range(rng.integers(4)):
        width = int(rng.choice([16, 64]))
        weight = rng.normal(size=(hidden.shape[1], width)) * np.sqrt(2 / hidden.shape[1])
        hidden = np.maximum(hidden @ weight, 0)
    outputs = int(y.max()) + 1
    scale = rng.choice([np.sqrt(1 / hidden.shape[1]), np.sqrt(2 / (hidden.shape[1] + outputs))])
    return y.astype(np.int64), hidden @ rng.normal(size=(hidden.shape[1], outputs)) * scale


def test_no_untrained_network_is_alarmed() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        y, x = untrained(rng)
        found = ce.diagnose(y, x, from_logits=True, select="CE318").findings
        alarms += any(one.severity != "note" for one in found)
    assert alarms == 0


def far_apart(rng: np.random.Generator) -> tuple[Ints, Array]:
    """Classes that lie far apart: random weights give many of them a column of their own."""
    classes, n, width = (int(rng.choice(some)) for some in ([2, 3, 5, 8], [50, 300, 1000], [2, 20]))
    y = rng.choice(classes, n, p=rng.dirichlet(np.full(classes, rng.choice([2.0, 100.0]))))
    x = rng.normal(size=(n, width)) + 10 * rng.normal(size=(classes, width))[y]
    hidden = (x - x.mean(0)) / (x.std(0) + 1e-9)
    for _ in range(rng.integers(3)):
        weight = rng.normal(size=(hidden.shape[1], 32)) * np.sqrt(2 / hidden.shape[1])
        hidden = np.maximum(hidden @ weight, 0)
    return y, hidden @ rng.normal(size=(hidden.shape[1], classes)) / np.sqrt(hidden.shape[1])


def test_no_untrained_network_is_alarmed_where_classes_lie_far_apart() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        y, x = far_apart(rng)
        found = ce.diagnose(y, x, from_logits=True, select="CE318").findings
        assert all(one.severity == "note" for one in found), (found[0].seen, x.shape)


def test_rows_that_are_there_many_times_count_once() -> None:
    rng = np.random.default_rng(3)
    for form in ("logits", "probabilities"):
        y = np.arange(8) % 2
        x = 6 * np.eye(2)[1 - y] + rng.normal(size=(8, 2))
        if form == "probabilities":
            x = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        often = ce.diagnose(np.tile(y, 50), np.tile(x, (50, 1)), from_logits=form == "logits")
        assert "CE318" not in often.codes
    # A tree gives few different rows; each row of the data speaks all the same.
    y = np.arange(400) % 2
    assert "CE318" in ce.diagnose(y, np.eye(2)[1 - y], from_logits=False).codes


def test_a_pair_that_is_confused_is_no_swap() -> None:
    rng = np.random.default_rng(0)
    for classes in (2, 3, 10):
        for crossed in (0.3, 0.45, 0.55, 0.6):
            y = rng.integers(0, classes, 3000)
            top = np.where((y < 2) & (rng.random(3000) < crossed), 1 - y, y)
            x = 6 * np.eye(classes)[top] + rng.normal(size=(3000, classes))
            assert "CE318" not in ce.diagnose(y, x, from_logits=True).codes, (classes, crossed)


def test_a_weak_model_whose_best_order_is_hardly_better_is_no_swap() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        classes, n = int(rng.integers(2, 12)), int(rng.choice([20, 60, 300]))
        y = rng.integers(0, classes, n)
        x = rng.normal(size=(n, classes)) + rng.choice([0, 0.5, 1]) * np.eye(classes)[y]
        assert "CE318" not in ce.diagnose(y, x, from_logits=True).codes


def test_two_classes_may_share_a_favourite_column() -> None:
    y = np.r_[np.arange(90) % 3, [3] * 5]
    x = 5 * np.eye(4)[np.where(y == 3, 1, y)]
    found = ce.diagnose(y, x[:, [3, 0, 1, 2]], from_logits=True).findings[0]
    assert found.code == "CE318"
    assert "In the given order 0 % of 95 rows" in found.seen
    assert "in the best order 94.7 %" in found.seen
    assert "No row shows which column belongs to 3" in found.seen
    assert "y_pred[..., [1, 2, 3, 0]]" in found.fix


def test_names_are_told_in_the_order_of_the_columns() -> None:
    names = ["cat", "dog", "fish", "bird"]
    y = np.arange(80) % 4
    found = ce.diagnose(
        y, 6 * np.eye(4)[y][:, [3, 0, 1, 2]], class_names=names, from_logits=True
    ).findings[0]
    assert found.code == "CE318"
    assert "cat as dog" in found.seen
    assert "class_names=['bird', 'cat', 'dog', 'fish']" in found.fix


def test_the_assignment_is_the_best() -> None:
    rng = np.random.default_rng(0)
    for classes in (1, 2, 3, 7, 40):
        for most in (2, 9, 1000):
            gain = rng.integers(0, most, (classes, classes))
            order = assignment(gain)
            best = gain[linear_sum_assignment(gain, maximize=True)].sum()
            assert sorted(order) == list(range(classes))
            assert gain[np.arange(classes), order].sum() == best
    assert assignment(np.ones((6, 6), np.int64)).tolist() == list(range(6))
