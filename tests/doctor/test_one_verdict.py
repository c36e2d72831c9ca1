"""An error and a report never name different causes for the same data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import crossent as ce
from verdict_draws import DRAWN, check, drawn_predictions, drawn_targets


def test_the_code_of_the_error_is_that_of_the_first_error_reported() -> None:
    check(lambda array: array)


@pytest.mark.filterwarnings("ignore::crossent.CrossentWarning")
def test_so_it_is_of_targets_predictions_and_weights() -> None:
    rng = np.random.default_rng(8)
    seen: Counter[str | None] = Counter()
    for number in range(DRAWN):
        n, classes = int(rng.choice([1, 3, 10, 60])), int(rng.choice([2, 3, 6]))
        x, from_logits = drawn_predictions(rng, n, classes)
        dense = bool(rng.integers(2))
        y = drawn_targets(rng, n, classes) if dense else rng.integers(0, classes, n)
        options: dict[str, Any] = {"from_logits": from_logits}
        if rng.integers(8) == 0:
            name, size = [("sample_weight", n), ("class_weight", classes)][int(rng.integers(2))]
            options[name] = np.ones(size)
            options[name][int(rng.integers(size))] = rng.choice([-1.0, np.nan, np.inf])
        loss = ce.categorical_crossentropy if dense else ce.sparse_categorical_crossentropy
        code = None
        try:
            loss(y, x, **options)
        except ce.CrossentError as error:
            code = error.code
        report = ce.diagnose(y, x, loss="dense" if dense else "sparse", **options)
        codes = [finding.code for finding in report.errors]
        assert (codes[0] if codes else None) == code or (code == "CE314" and code in codes), (
            f"{number}: {code}, but {codes} of {classes} classes, {options}: {y[:3]} {x[:3]}"
        )
        seen[code] += 1
    assert set(seen) >= {None, "CE106", "CE301", "CE308", "CE314", "CE406"}
