"""Messages that scikit-learn and NumPy really print, raised here, are explained."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

import crossent as ce

Y = np.array([0, 1, 2, 1])
P = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])


def pickled() -> io.BytesIO:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object))
    file.seek(0)
    return file


SAID = [
    ("CE318", lambda: log_loss([0, 1, 1, 0], P)),
    ("CE318", lambda: log_loss([0, 0], P[:2, :2])),
    ("CE318", lambda: log_loss(["b", "a", "b", "a"], P[:, :2] / P[:, :2].sum(1, keepdims=True),
                               labels=["b", "a"])),
    ("CE406", lambda: log_loss(Y, P * 1.2 / 1.5)),
    ("CE106", lambda: log_loss(Y, P * 5)),
    ("CE106", lambda: log_loss(Y, P - 0.5)),
    ("CE217", lambda: log_loss(Y, np.where(P == 0.7, np.nan, P))),
    ("CE304", lambda: accuracy_score(P[:, 0], Y)),
    ("CE112", lambda: accuracy_score(Y, Y[:3])),
    ("CE214", lambda: np.log(np.array([0.0, 1.0]))),
    ("CE214", lambda: np.array([0.0]) * np.log(np.array([0.0]))),
    ("CE104", lambda: P[0][np.array([3])]),
    ("CE103", lambda: P[0][np.array([-100])]),
    ("CE311", lambda: np.array([300], np.uint8)),
    ("CE202", lambda: np.average([1.0, 2.0], weights=[0.0, 0.0])),
    ("CE202", lambda: np.mean([])),
    ("CE313", lambda: np.array(["cat", "3"]).astype(int)),
    ("CE501", lambda: np.load(pickled())),
    ("CE207", lambda: np.zeros((3_000_000, 10**9))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "call"), SAID)
def test_message_is_explained(code: str, call) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except Exception as error:
            said: Exception | str = error
        else:
            said = str(caught[0].message)
    explanation = ce.explain(said)
    assert explanation.kind == "message", said
    assert code in explanation.codes[:2], (said, explanation.codes)
