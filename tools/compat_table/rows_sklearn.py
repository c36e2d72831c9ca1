"""scikit-learn: its log loss, and what stands in for it."""

from __future__ import annotations

import numpy as np
import sklearn.metrics
from row import Row

import crossent.compat.sklearn

PEER = "`sklearn.metrics`"
PACKAGES = ("scikit-learn",)
THEIRS = sklearn.metrics
OURS = crossent.compat.sklearn

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
LARGE = np.tile(np.array([[1 / 64, 63 / 64]], np.float16), (20_001, 1))

ROWS = (
    Row(
        "`log_loss`, probability 0 of the label, float64",
        lambda f: f.log_loss([0, 1], [[0.0, 1.0], [0.0, 1.0]], normalize=False),
        True,
        "clipped at the precision of the dtype; the core clips at 1e-7 in every dtype",
    ),
    Row(
        "the same in float32",
        lambda f: f.log_loss([0, 1], np.float32([[0, 1], [0, 1]]), normalize=False),
        True,
        "as above: the same data has another value in another dtype",
    ),
    Row(
        "`log_loss`, labels “ham” and “spam”",
        lambda f: f.log_loss(["spam", "ham"], [[0.1, 0.9], [0.8, 0.2]]),
        True,
        "columns are in the order of the sorted labels",
    ),
    Row(
        'the same, `labels=["spam", "ham"]`',
        lambda f: f.log_loss(["spam", "ham"], [[0.1, 0.9], [0.8, 0.2]], labels=["spam", "ham"]),
        True,
        "the order of `labels` is not followed; scikit-learn's warning says so",
    ),
    Row(
        "`log_loss`, one probability a row",
        lambda f: f.log_loss([0, 1, 1], [0.1, 0.8, 0.7]),
        True,
        "that of the greater label",
    ),
    Row(
        "`log_loss`, rows that sum to 0.9",
        lambda f: f.log_loss([0, 1], [[0.6, 0.3], [0.2, 0.7]]),
        True,
        "a warning, and the value as given; the core raises `PredictionError` (rule M05)",
    ),
    Row(
        "`log_loss`, labels that are all the same",
        lambda f: f.log_loss([1, 1], [[0.2, 0.8], [0.4, 0.6]]),
        True,
        "the number of classes cannot be told; pass `labels`",
    ),
    Row(
        "`log_loss`, weights (3, 1)",
        lambda f: f.log_loss([0, 2], P, sample_weight=[3, 1], labels=[0, 1, 2]),
        True,
        "divided by the sum of the weights; it is crossent's mean too (rule M07)",
    ),
    Row(
        "`log_loss`, weights (0, 0)",
        lambda f: f.log_loss([0, 2], P, sample_weight=[0, 0], labels=[0, 1, 2]),
        True,
        "the mean of nothing; the core gives 0",
    ),
    Row(
        "`log_loss`, weights (−1, 3)",
        lambda f: f.log_loss([0, 2], P, sample_weight=[-1, 3], labels=[0, 1, 2]),
        True,
        "a coefficient; the core raises `WeightError`",
    ),
    Row(
        "`log_loss`, an indicator row (1, 1, 0): two classes",
        lambda f: f.log_loss([[1, 1, 0], [0, 1, 0]], P),
        True,
        "scikit-learn has it as a metric of multi-label data, and tests it as one; "
        "`ce.categorical_crossentropy` raises `TargetError`",
    ),
    Row(
        "`log_loss`, a label that is not among `labels`",
        lambda f: f.log_loss([0, 3], P, labels=[0, 1, 2]),
        True,
        "scikit-learn's error",
    ),
    Row(
        "`log_loss`, `y_pred=`",
        lambda f: f.log_loss([0, 1], y_pred=[[0.6, 0.4], [0.3, 0.7]]),
        True,
        "deprecated by scikit-learn, with its warning",
    ),
    Row(
        "`log_loss`, 20 000 float16 rows (1/64, 63/64), the first label, sum; exactly 83178",
        lambda f: f.log_loss([0] * 20_000 + [1], LARGE, normalize=False),
        False,
        "the sum of the rows is exact, whatever their dtype (rule M14)",
    ),
)
