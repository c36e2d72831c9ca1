"""What the kernels find to be sound is not looked at a second time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.core import checks

SPARSE, DENSE = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
CHECKS = (
    "check_targets", "check_probabilities", "check_binary_targets", "check_double_softmax",
)  # fmt: skip


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the checks that were called."""
    found: list[str] = []
    for name in CHECKS:
        theirs = getattr(checks, name)

        def check(*given: Any, name: str = name, theirs: Any = theirs) -> Any:
            found.append(name)
            return theirs(*given)

        monkeypatch.setattr(checks, name, check)
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [3, 7, 40, 5_000])
@pytest.mark.parametrize("rows", [1, 2, 5, 9, 17])
def test_sound_rows_are_looked_at_once(
    rows: int, classes: int, dtype: Any, looks: list[str]
) -> None:
    rng = np.random.default_rng(rows * classes)
    x = rng.normal(size=(rows, classes)).astype(dtype)
    p, q = (rng.dirichlet(np.ones(classes), rows).astype(dtype) for _ in range(2))
    y, t = rng.integers(0, classes, rows), (q > 0.2).astype(dtype)
    binary = ce.binary_crossentropy
    of_logits = [(DENSE, q, x), (binary, t, x)]
    of_probabilities = [(SPARSE, y, p), (DENSE, q, p), (binary, t, p)]
    for loss, target, given in of_logits + of_probabilities:
        logits = given is x
        loss(target, given, from_logits=logits)
        assert ce.last_path() == "kernel"
        ce.value_and_grad(loss)(target, given, from_logits=logits)
        assert ce.last_path() == "kernel"
    assert looks == []
    DENSE(q * 1.5, x, from_logits=True, validate="off")
    with pytest.raises(ce.TargetError):
        DENSE(q * 1.5, x, from_logits=True)
    assert looks == ["check_targets"]


@pytest.mark.parametrize("classes", [3, 7, 40, 5_000])
@pytest.mark.parametrize("rows", [2, 5, 9])
def test_rows_of_weight_0_are_not_looked_at(rows: int, classes: int, looks: list[str]) -> None:
    x = np.random.default_rng(0).normal(size=(rows, classes))
    q, weight = np.eye(classes)[np.zeros(rows, int)], np.ones(rows)
    for row in (0, rows - 1):
        q[row], weight[row] = 2.0, 0.0
    DENSE(q, x, from_logits=True, sample_weight=weight)
    ce.value_and_grad(DENSE)(q, x, from_logits=True, sample_weight=weight)
    assert looks == []


@pytest.mark.parametrize(("highest", "looked_at"), [(1.0, True), (1.005, False), (0.94, False)])
@pytest.mark.parametrize("classes", [3, 40])
def test_logits_in_which_no_probabilities_can_be_seen_are_not_looked_at(
    classes: int, highest: float, looked_at: bool, looks: list[str]
) -> None:
    """Probabilities lie in [0, 1] and sum to 1, within 1e-4 and 5 %."""
    y = np.arange(64) % classes
    x = np.eye(classes)[y]
    x[20] *= highest
    if looked_at:
        with pytest.warns(ce.CrossentWarning):
            SPARSE(y, x, from_logits=True)
    else:
        SPARSE(y, x, from_logits=True)
    assert bool(looks) is looked_at
