"""An error and a report never name different causes for the same data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import crossent as ce
from verdict_draws import (
    DRAWN,
    NO_ERROR,
    check,
    drawn_elements,
    drawn_predictions,
    drawn_targets,
)

LOSSES: dict[str, Any] = {
    "sparse": ce.sparse_categorical_crossentropy,
    "dense": ce.categorical_crossentropy,
    "binary": ce.binary_crossentropy,
}
DTYPES: tuple[Any, ...] = (np.float64, np.float32, np.float16, ml_dtypes.bfloat16)
EXPECTED = {
    "sparse": {None, "CE106", "CE214", "CE314", "CE406"},
    "dense": {None, "CE106", "CE214", "CE301", "CE308", "CE314", "CE406"},
    "binary": {None, "CE106", "CE308", "CE312", "CE314"},
}


def test_the_code_of_the_error_is_that_of_the_first_error_reported() -> None:
    check(lambda array: array)


@pytest.mark.filterwarnings("ignore::crossent.CrossentWarning")
@pytest.mark.parametrize("kind", ["sparse", "dense", "binary"])
def test_so_it_is_of_targets_predictions_and_weights(kind: str) -> None:
    rng = np.random.default_rng(8)
    seen: Counter[str | None] = Counter()
    for number in range(DRAWN):
        n, classes = int(rng.choice([1, 3, 10, 60])), int(rng.choice([2, 3, 6]))
        x, from_logits = drawn_predictions(rng, n, classes)
        y: Any = rng.integers(0, classes, n)
        if kind == "dense":
            y = drawn_targets(rng, n, classes)
        elif kind == "binary":
            x = x[:, 0]
            y = drawn_elements(rng, n)
        if kind != "sparse":
            with np.errstate(over="ignore"):
                y = y.astype(DTYPES[int(rng.integers(len(DTYPES)))])
        options: dict[str, Any] = {"from_logits": from_logits}
        turn = int(rng.integers(12))
        if turn == 0:
            options["sample_weight"] = np.ones(n)
            options["sample_weight"][int(rng.integers(n))] = rng.choice([-1.0, np.nan, np.inf])
        elif turn <= 3:
            # What is wrong may lie in the rows that weigh nothing, or not.
            options["sample_weight"] = rng.integers(0, 2, n).astype(float)
        elif turn == 4 and kind != "binary":
            options["class_weight"] = np.ones(classes)
            options["class_weight"][int(rng.integers(classes))] = rng.choice([-1.0, np.nan])
        elif turn == 5 and kind != "binary":
            named = rng.integers(-1 if rng.integers(3) == 0 else 0, classes, classes)
            options["class_weight"] = dict.fromkeys(named.tolist(), 2.0)
            options["label_smoothing"] = float(rng.choice([0.0, 0.1]))
        code = None
        try:
            LOSSES[kind](y, x, **options)
        except ce.CrossentError as error:
            code = error.code
        report = ce.diagnose(y, x, loss=kind, **options)
        codes = [finding.code for finding in report.errors if finding.code not in NO_ERROR]
        assert (codes[0] if codes else None) == code or (code == "CE314" and code in codes), (
            f"{number}: {code}, but {codes} of {classes} classes, {options}: {y[:3]} {x[:3]}"
        )
        seen[code] += 1
    assert set(seen) >= EXPECTED[kind]


THREE = np.ones((3, 3)) / 3
SHAPES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "one-hot alone": (np.eye(3), None, {"num_classes": 3, "loss": "dense"}),
    "labels alone": ([0, 1, 2], None, {"num_classes": 3}),
    "one label alone": (5, None, {"num_classes": 3}),
    "fewer one-hot rows": (np.eye(3)[:2], THREE, {"loss": "dense"}),
    "more labels": ([0, 1, 2, 1], THREE, {}),
    "a column of labels": ([[0], [1], [2]], THREE, {}),
    "grids": (np.eye(3)[[[0, 1], [2, 0]]], np.ones((2, 2, 3)) / 3, {"loss": "dense"}),
    "classes in the middle": (np.eye(3)[None], THREE[None], {"loss": "dense", "axis": 1}),
    "elements": ([0.0, 1, 0], [0.2, 0.3, 0.4], {"loss": "binary"}),
    "elements of other axes": ([[0.0, 1, 0]], [0.2, 0.3, 0.4], {"loss": "binary"}),
    "no rows": (np.zeros((0, 3)), np.zeros((0, 3)), {"loss": "dense"}),
}
WEIGHTS = (1.0, 0.0, [1.0, 0.0, 1.0], [1, 0], np.ones((2, 2)), np.ones((3, 1)), [], np.ones(4))


@pytest.mark.parametrize(("labels", "predictions", "options"), SHAPES.values(), ids=SHAPES)
def test_weights_of_any_shape_are_reported_on(
    labels: Any, predictions: Any, options: dict[str, Any]
) -> None:
    for weight in WEIGHTS:
        report = ce.diagnose(labels, predictions, sample_weight=weight, **options)
        assert all(finding.code.startswith("CE") for finding in report.findings)


def test_rows_of_weight_0_may_hold_anything() -> None:
    weight = np.array([1.0, 0.0, 1.0])
    for labels, predictions in (
        ([0, 99, 1], THREE),
        ([0.0, np.nan, 1.0], THREE),
        (np.array([[1, 0, 0], [1, 1, 7], [0, 1, 0]]), THREE),
        ([0.0, 7.0, 1.0], np.array([0.2, 9.0, 0.4])),
    ):
        kind = (
            "dense" if np.ndim(labels) == 2 else "binary" if np.ndim(predictions) == 1 else "sparse"
        )
        options: dict[str, Any] = {"loss": kind, "from_logits": False}
        assert not ce.diagnose(labels, predictions, sample_weight=weight, **options).errors
        assert ce.diagnose(labels, predictions, **options).errors
