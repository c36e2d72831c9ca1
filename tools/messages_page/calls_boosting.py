"""XGBoost, LightGBM and CatBoost, trained wrongly."""

from __future__ import annotations

import re
from typing import Any

import catboost
import lightgbm
import numpy as np
import xgboost

IGNORED = re.compile(r"deprecat|No further splits|n_estimators|GLIBC", re.IGNORECASE)


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "XGBoost, LightGBM and CatBoost", "xgboost"


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    rows = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    return {
        "G": rows, "W": np.tile(np.arange(4), 15), "cat": catboost.CatBoostClassifier,
        "lgb": lightgbm, "xgb": xgboost, "catboost": catboost, "xgb_train": xgb_train,
        "lgb_train": lgb_train, "quiet": {"iterations": 2, "verbose": False,
                                          "allow_writing_files": False},
    }  # fmt: skip


def xgb_train(y: Any, **options: Any) -> object:
    """Train two rounds."""
    rows = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    return xgboost.train({"verbosity": 0, **options}, xgboost.DMatrix(rows, y), 2)


def lgb_train(y: Any, **options: Any) -> object:
    """Train two rounds."""
    rows = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    return lightgbm.train({"verbosity": -1, **options}, lightgbm.Dataset(rows, y), 2)


_LABELS = (
    ("W + 1", "labels count from 1", "CE104 CE101"),
    ("np.where(W == 3, 17, W)", "a label 17 of 4 classes", "CE101"),
    ("np.where(W == 3, 9, W)", "a label 9 of 4 classes", "CE101"),
    ("np.where(W == 3, -1, W)", "a label -1", "CE103"),
    ("np.where(W == 3, -100, W)", "a label -100", "CE103"),
    ("np.where(W == 3, 255, W)", "a label 255", "CE103 CE210 CE101"),
    ("np.where(W == 3, np.nan, W)", "a label NaN", "CE312"),
    ("np.where(W == 3, np.inf, W)", "an infinite label", "CE312"),
    ("np.where(W == 3, 0.5, W)", "a fraction as a label", "CE111"),
    ("W * 0.3", "fractions as labels", "CE111"),
    ("np.array(list('abcd') * 15)", "text as labels", "CE313"),
    ("np.array([0, 1, 2, None] * 15, object)", "None as a label", "CE312 CE313"),
    ("np.eye(4)[W]", "one-hot rows", "CE108"),
    ("W[:50]", "rows too few", "CE112"),
    ("W * 0", "one class alone", "CE318 CE408"),
    ("None", "no labels", "CE002"),
    ("W.reshape(-1, 1)", "labels of shape (N, 1)", "CE107"),
)
_FITS = (
    "xgb.XGBClassifier(n_estimators=2).fit(G, {y})",
    "xgb_train({y}, objective='multi:softprob', num_class=4)",
    "lgb.LGBMClassifier(n_estimators=2, verbosity=-1).fit(G, {y})",
    "lgb_train({y}, objective='multiclass', num_class=4)",
    "cat(**quiet).fit(G, {y})",
    "cat(**quiet, loss_function='MultiClass', classes_count=4).fit(G, {y})",
    "cat(**quiet, loss_function='Logloss').fit(G, {y})",
)
GRID: dict[str, list[str]] = {}
MORE = [
    (fit.format(y=labels), what, codes)
    for fit in _FITS
    for labels, what, codes in _LABELS
] + [
    ("xgb_train(W, objective='multi:softprob')", "no number of classes", "CE001"),
    ("xgb_train(W, objective='binary:logistic')", "several classes", "CE308 CE101"),
    ("xgb_train(W, objective='multiclass', num_class=4)", "an objective of LightGBM", "CE001"),
    ("xgb_train(W % 2 * 2 - 1, objective='binary:logistic')", "labels -1 and 1", "CE308 CE103"),
    ("xgb_train(W * np.nan, objective='binary:logistic')", "labels NaN", "CE312"),
    ("xgb.DMatrix(G, W, weight=np.ones(7))", "seven weights", "CE314 CE112"),
    ("xgb.XGBClassifier(n_estimators=2).fit(G, W % 2 * 2 - 1)", "labels -1 and 1", "CE103 CE101"),
    ("xgb.XGBClassifier(n_estimators=2).fit(G, W % 2 + 1)", "labels 1 and 2", "CE104"),
    ("xgb.XGBClassifier(n_estimators=2).fit(G, np.where(W == 2, 5, W))", "a class left out",
     "CE101"),
    ("xgb.XGBClassifier(n_estimators=2).fit(G, np.array(['no', 'yes'] * 30))", "text as labels",
     "CE313"),
    ("xgb.XGBClassifier(n_estimators=2).fit(G, W).predict_proba(G[:, :2])", "a column too few",
     "CE112"),
    ("lgb_train(W, objective='multiclass')", "no number of classes", "CE001"),
    ("lgb_train(W, objective='multiclass', num_class=1)", "one class", "CE001 CE302"),
    ("lgb_train(W, objective='binary')", "several classes", "CE101 CE308"),
    ("lgb_train(W % 2 * 2 - 1, objective='multiclass', num_class=2)", "labels -1 and 1",
     "CE103"),
    ("lgb_train(W % 2 * 3 - 1, objective='binary')", "labels -1 and 2", "CE101 CE308"),
    ("lgb_train(W, objective='cross_entropy')", "several classes", "CE308 CE101"),
    ("lgb_train(W, objective='softprob', num_class=4)", "an objective of XGBoost", "CE001"),
    ("lgb.Dataset(G, W, weight=np.ones(7)).construct()", "seven weights", "CE314 CE112"),
    ("cat(**quiet).fit(G, ['not working', 'works'] * 30)", "text as labels", "CE313"),
    ("catboost.CatBoostRegressor(**quiet).fit(G, ['not working', 'works'] * 30)",
     "text as labels", "CE313"),
    ("cat(**quiet, loss_function='Logloss').fit(G, W)", "several classes", "CE101 CE308"),
    ("cat(**quiet, loss_function='CrossEntropy').fit(G, W)", "several classes", "CE308 CE101"),
    ("cat(**quiet, loss_function='CrossEntropy').fit(G, W % 2 * 2 - 1)", "labels -1 and 1",
     "CE308 CE103"),
    ("cat(**quiet, loss_function='softmax').fit(G, W)", "a loss that there is not", "CE001"),
    ("cat(**quiet, class_weights=[1, 2]).fit(G, W)", "two weights", "CE314"),
    ("cat(**quiet, class_names=[0, 1]).fit(G, W)", "a class that is not named", "CE101 CE318"),
    ("cat(**quiet, loss_function='MultiClass', classes_count=3).fit(G, W)", "a class too few",
     "CE101"),
    ("cat(**quiet).fit(G, W, sample_weight=np.ones(7))", "seven weights", "CE314 CE112"),
]  # fmt: skip
