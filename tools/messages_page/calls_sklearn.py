"""Losses, scores and classifiers of scikit-learn, called wrongly."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from sklearn import ensemble, linear_model, metrics, model_selection, neural_network, preprocessing
from sklearn.utils import class_weight, multiclass

IGNORED = re.compile(r"deprecat|did not converge|hasn't converged|lbfgs failed", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "scikit-learn", "scikit-learn"


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {
        "t": np.asarray, "Output": Output, "metrics": metrics, "linear_model": linear_model,
        "LogisticRegression": linear_model.LogisticRegression,
        "MLPClassifier": neural_network.MLPClassifier,
        "RandomForestClassifier": ensemble.RandomForestClassifier,
        "HistGradientBoostingClassifier": ensemble.HistGradientBoostingClassifier,
        "preprocessing": preprocessing, "class_weight": class_weight, "multiclass": multiclass,
        "model_selection": model_selection, "G": np.eye(6)[:, :3],
    }  # fmt: skip


GRID = {
    "indices": [
        "metrics.log_loss({y}, {p})",
        "metrics.log_loss({y}, {p}, labels=[0, 1, 2, 3])",
        "metrics.accuracy_score({y}, {p})",
        "metrics.accuracy_score({y}, {p}.argmax(1))",
        "metrics.roc_auc_score({y}, {p}, multi_class='ovr')",
        "metrics.top_k_accuracy_score({y}, {p})",
        "metrics.f1_score({y}, {p}.argmax(1), average='macro')",
        "LogisticRegression().fit({p}, {y})",
        "HistGradientBoostingClassifier().fit({p}, {y})",
        "MLPClassifier(max_iter=2).fit({p}, {y})",
        "RandomForestClassifier(2).fit({p}, {y})",
    ],
    "rows": [
        "metrics.log_loss({y}, {p})",
        "metrics.accuracy_score({y}, {p}.argmax(1))",
        "LogisticRegression().fit({p}, {y})",
        "HistGradientBoostingClassifier().fit({p}, {y})",
        "metrics.confusion_matrix({y}, {p}.argmax(1))",
    ],
    "yes_no": [
        "metrics.log_loss({y}, {p})",
        "metrics.brier_score_loss({y}, {p})",
        "metrics.roc_auc_score({y}, {p})",
        "metrics.precision_score({y}, {p})",
        "metrics.average_precision_score({y}, {p})",
    ],
}
MORE = [
    ("metrics.log_loss(Y % 3, S)", "a class that this split does not have", "CE318"),
    ("metrics.log_loss([0, 0], S[:2, :2] / S[:2, :2].sum(1, keepdims=True))", "one class alone",
     "CE318"),
    ("metrics.log_loss(Y, S, labels=[0, 1, 2])", "a label that is not listed", "CE101"),
    ("metrics.log_loss(Y % 3, S, labels=[0, 1, 2])", "more columns than labels", "CE318"),
    ("metrics.log_loss([0, 1, 2, -1, 1, 2], S)", "a label -1", "CE103 CE104 CE101"),
    ("metrics.log_loss([0, 1, 2, 255, 1, 2], S, labels=[0, 1, 2, 3])", "a label 255",
     "CE103 CE101"),
    ("metrics.log_loss(Y, S * 0.5)", "rows that do not sum to 1", "CE406"),
    ("metrics.log_loss(Y, S, sample_weight=[1, 2])", "two weights", "CE314 CE112"),
    ("metrics.log_loss(Y, S, normalize='yes')", "an option that there is not", "CE001"),
    ("metrics.log_loss(['b', 'a', 'b', 'a'], np.array([[.5, .5]] * 4), labels=['b', 'a'])",
     "labels in another order", "CE318"),
    ("metrics.log_loss(['a', 'b', 1, 2, 3, 'c'], S)", "text and numbers", "CE313"),
    ("metrics.accuracy_score(['a', 'b'], [0, 1])", "text and numbers", "CE313"),
    ("metrics.accuracy_score(B, Q)", "probabilities in place of classes", "CE201"),
    ("metrics.accuracy_score(Q, B)", "labels and predictions swapped", "CE304"),
    ("metrics.accuracy_score(Y, S)", "probabilities in place of classes", "CE201"),
    ("metrics.accuracy_score(H, S)", "one-hot rows and probabilities", "CE201"),
    ("metrics.accuracy_score(Y, H)", "one-hot rows", "CE108"),
    ("metrics.accuracy_score(H, Y)", "one-hot rows", "CE108"),
    ("metrics.roc_auc_score(Y, S)", "several classes", "CE001 CE301"),
    ("metrics.roc_auc_score([0, 0, 0], [0.1, 0.2, 0.3])", "one class alone", "CE318 CE408"),
    ("metrics.roc_auc_score(Y, P, multi_class='ovr')", "logits as probabilities", "CE406 CE106"),
    ("metrics.f1_score(Y, Y * 0)", "one class predicted", "CE001 CE408"),
    ("metrics.precision_score(Y, Y * 0, average='macro')", "one class predicted", "CE408"),
    ("metrics.brier_score_loss(B, X[:, 1])", "logits as probabilities", "CE106"),
    ("metrics.brier_score_loss(Y, S[:, 1])", "several classes", "CE101 CE301 CE112"),
    ("LogisticRegression().fit(G, Y * 0)", "one class alone", "CE318 CE408"),
    ("LogisticRegression().fit(G, Y * 0.3)", "fractions as labels", "CE111"),
    ("LogisticRegression().fit(G, [0, 1, 2, np.nan, 1, 2])", "a label NaN", "CE312"),
    ("LogisticRegression().fit(G, np.array([0, 1, None, 2, 1, 2], object))", "None as a label",
     "CE312 CE313"),
    ("LogisticRegression().fit(G * np.nan, Y)", "NaN inputs", "CE217"),
    ("LogisticRegression(class_weight={0: 1, 9: 2}).fit(G, Y)", "a weight for no class", "CE314"),
    ("LogisticRegression(class_weight=[1, 2]).fit(G, Y)", "weights in a list", "CE314 CE001"),
    ("LogisticRegression().fit(G, Y, sample_weight=[1, 2])", "two weights", "CE314 CE112"),
    ("class_weight.compute_class_weight('balanced', classes=[0, 1], y=Y)", "a class left out",
     "CE314"),
    ("preprocessing.LabelEncoder().fit(['a', 'b']).transform(['c'])", "a label that is new",
     "CE101"),
    ("preprocessing.LabelEncoder().fit([0, 1]).transform([2])", "a label that is new", "CE101"),
    ("preprocessing.LabelEncoder().fit([0, 1]).inverse_transform([5])", "a class that is none",
     "CE101"),
    ("preprocessing.LabelEncoder().fit_transform(['a', 1])", "text and numbers", "CE313"),
    ("preprocessing.LabelEncoder().fit_transform(H)", "one-hot rows", "CE108"),
    ("preprocessing.LabelBinarizer().fit([[1, 2], [0, 1]])", "several labels a row", "CE301"),
    ("preprocessing.LabelBinarizer().fit([0.3, 0.5])", "fractions as labels", "CE111"),
    ("preprocessing.MultiLabelBinarizer().fit([['a']]).transform([['b']])", "a label that is new",
     "CE101"),
    ("preprocessing.OneHotEncoder().fit([[0], [1]]).transform([[2]])", "a label that is new",
     "CE101"),
    ("model_selection.StratifiedKFold(3).get_n_splits(G, Y) or "
     "list(model_selection.StratifiedKFold(3).split(G, Y))", "a class with one row", "CE318"),
    ("list(model_selection.StratifiedKFold(9).split(G, Y))", "too few rows of a class", "CE318"),
    ("model_selection.train_test_split(G, Y, stratify=Y)", "a class with one row", "CE318"),
    ("linear_model.SGDClassifier(loss='log_loss').partial_fit(G, Y)", "classes that are not named",
     "CE318 CE001"),
    ("linear_model.SGDClassifier(loss='log_loss').partial_fit(G, Y, classes=[0, 1])",
     "classes that are not named", "CE101"),
    ("linear_model.SGDClassifier(loss='log').fit(G, Y)", "a loss that there is not", "CE001"),
    ("linear_model.SGDClassifier(loss='hinge').fit(G, Y).predict_proba(G)",
     "a model without probabilities", "CE106 CE001"),
    ("HistGradientBoostingClassifier(loss='binary_crossentropy').fit(G, Y)",
     "a loss that there is not", "CE001"),
    ("HistGradientBoostingClassifier(loss='deviance').fit(G, Y)", "a loss that there is not",
     "CE001"),
    ("metrics.get_scorer('log_loss')", "a score that there is not", "CE001"),
    ("metrics.get_scorer('neg_log_loss')(linear_model.RidgeClassifier().fit(G, Y), G, Y)",
     "a model without probabilities", "CE106 CE001"),
    ("model_selection.cross_val_score(linear_model.RidgeClassifier(), np.tile(G, (5, 1)), "
     "np.tile(Y, 5), scoring='neg_log_loss', error_score='raise')",
     "a model without probabilities", "CE106 CE001"),
    ("multiclass.type_of_target('cat')", "a text as labels", "CE313 CE112"),
    ("metrics.confusion_matrix([0, 1], [0, 1], labels=[5, 6])", "labels that do not occur",
     "CE101"),
    ("metrics.multilabel_confusion_matrix(H, Y)", "one-hot rows", "CE108"),
    ("metrics.hinge_loss([0, 1, 2], [[1, 2], [2, 1], [1, 1]])", "a column too few", "CE318 CE101"),
    ("metrics.classification_report([0, 1, 2], [0, 1, 2], target_names=['a', 'b'])",
     "a name too few", "CE318"),
]  # fmt: skip
