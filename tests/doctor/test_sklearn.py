"""The doctor on what scikit-learn's log_loss takes: names as labels, and one column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

import crossent as ce

DATA, LABELS = load_iris(return_X_y=True)
SHARES = LogisticRegression(max_iter=1000).fit(DATA, LABELS).predict_proba(DATA)
BINARY = LABELS > 0
ONE_SIDE = LogisticRegression(max_iter=1000).fit(DATA, BINARY).predict_proba(DATA)[:, 1]
NAMES = np.array(["rose", "tulip", "violet"])


@pytest.mark.parametrize(
    ("y", "p"),
    [
        (LABELS, SHARES),
        (LABELS + 1, SHARES),
        (LABELS * 10.0, SHARES),
        (NAMES[LABELS], SHARES),
        (NAMES[LABELS].tolist(), SHARES.tolist()),
        (pd.Series(NAMES[LABELS], dtype="category"), pd.DataFrame(SHARES)),
        (np.eye(3)[LABELS], SHARES),
        (BINARY, ONE_SIDE),
        (BINARY.astype(int), ONE_SIDE[:, None]),
        (np.where(BINARY, 1, -1), ONE_SIDE),
        (np.where(BINARY, "yes", "no"), np.stack([1 - ONE_SIDE, ONE_SIDE], 1)),
    ],
    ids=[
        "indices", "from 1", "tens", "names", "lists", "table", "one-hot", "one side", "column",
        "signs", "yes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("loss", [log_loss, "sklearn.metrics.log_loss"], ids=["function", "name"])
def test_what_log_loss_takes_is_healthy(y, p, loss) -> None:
    assert np.isfinite(log_loss(y, p))
    report = ce.diagnose(y, p, loss=loss)
    assert report.healthy, report
    assert report.codes == []
    assert report.to_html()


def test_what_log_loss_refuses_is_found() -> None:
    assert ce.diagnose(LABELS[LABELS < 2] + 5, SHARES[LABELS < 2], loss=log_loss).codes == ["CE101"]
    names = NAMES[np.minimum(LABELS, 1)]
    assert ce.diagnose(names, SHARES, loss=log_loss).codes == ["CE313"]
    missing = np.where(LABELS == 1, np.nan, LABELS)
    assert ce.diagnose(missing, SHARES, loss=log_loss).codes == ["CE312"]
    # Sorted names stand for the columns, whatever order was meant.
    assert ce.diagnose(NAMES[::-1][LABELS], SHARES, loss=log_loss).codes == ["CE318"]
