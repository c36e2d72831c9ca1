"""scikit-learn's log loss under its own name: change the import, keep the numbers.

Labels are read by scikit-learn's own ``LabelBinarizer``, rows and sums are the core's. What
scikit-learn refuses or warns of, it refuses and warns of itself. docs/compat.md lists every
difference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import config_context, get_config, metrics
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils._array_api import _convert_to_numpy, get_namespace

from crossent.compat.rows import dense_rows, index_rows
from crossent.compat.rules import sklearn as rules
from crossent.frontends.numpy.front_end import FRONT_END

__all__ = ["log_loss", "neg_log_loss_scorer"]

HostArray = npt.NDArray[Any]

# scikit-learn's own, taken at import, because a user may put ours in its place.
_own_log_loss = metrics.log_loss

_FLOATS = [np.float64, np.float32, np.float16]


def log_loss(
    y_true: Any,
    y_proba: Any = None,
    *,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Any = None,
    y_pred: Any = "deprecated",
) -> float:
    """Cross-entropy of probabilities, as ``sklearn.metrics.log_loss`` has it.

    The loss of a row is ``-log(clip(p[label], eps, 1 - eps))``, eps the precision of the dtype of
    `y_proba`; the mean is weighted by `sample_weight`.

    Parameters
    ----------
    y_true : array-like of shape (n,), or indicator matrix
        Labels of any kind that can be sorted: numbers, strings, pandas. A row of a matrix that
        names several classes adds up their losses.
    y_proba : array-like of float, shape (n, C) or (n,)
        Probabilities, with the columns in the order of the sorted labels; of the greater label,
        if there is one number a row.
    normalize : bool
        True: the mean; False: the sum.
    sample_weight : array-like of shape (n,), optional
        Weights of the rows.
    labels : array-like, optional
        The labels of the columns; by default those that occur.
    y_pred : array-like, optional
        The former name of `y_proba`, with scikit-learn's warning.

    Returns
    -------
    float
        In nats.

    Raises
    ------
    ValueError, TypeError, ZeroDivisionError
        scikit-learn's own, for all that it refuses.

    Warns
    -----
    UserWarning, FutureWarning
        scikit-learn's own: rows that do not sum to 1, labels that are not sorted, `y_pred`.

    Notes
    -----
    The definition is that of scikit-learn. The sum is exact, whatever the dtype of `y_proba`. Under
    ``sklearn.config_context(array_api_dispatch=True)`` arrays of PyTorch and others are taken too:
    their values are copied into the memory of the host.

    Examples
    --------
    >>> from crossent.compat.sklearn import log_loss
    >>> y_proba = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]
    >>> round(log_loss(["spam", "ham", "ham", "spam"], y_proba), 5)
    0.21616
    """
    options = {"normalize": normalize, "sample_weight": sample_weight, "labels": labels}
    renamed = not (isinstance(y_pred, str) and y_pred == "deprecated")
    if renamed:
        options["y_pred"] = y_pred

    def theirs() -> Any:
        return _own_log_loss(y_true, y_proba, **options)

    try:
        given = y_pred if renamed and y_proba is None else y_proba
        arrays = [_on_host(one) for one in (y_true, given, labels, sample_weight)]
        with config_context(array_api_dispatch=False):
            target, rows, ordered = _prepared(*arrays[:3])
        weight = _weights(arrays[3], len(rows))
    except (ValueError, TypeError):
        theirs()  # raises
        raise
    divisor = float(len(rows) if weight is None else weight.sum())
    plain = type(normalize) in (bool, np.bool_) and not renamed and divisor != 0
    if not (plain and ordered and _sums_to_one(rows)):
        theirs()  # warns or raises
    total = _total(target, rows, weight)
    return total / divisor if normalize else total


def _on_host(given: Any) -> Any:
    """Return an array of another library, which scikit-learn's dispatch takes, as an ndarray."""
    if isinstance(given, np.ndarray) or not get_config().get("array_api_dispatch"):
        return given
    if not hasattr(given, "__array_namespace__") and not hasattr(given, "__dlpack__"):
        return given  # a list, or a table of pandas
    return _convert_to_numpy(given, get_namespace(given)[0])


def _prepared(y_true: Any, y_proba: Any, labels: Any) -> tuple[HostArray, HostArray, bool]:
    """Return class indices or an indicator, probabilities (n, C), and if `labels` are sorted."""
    rows = check_array(y_proba, ensure_2d=False, dtype=_FLOATS)
    check_consistent_length(rows, y_true)
    binarizer = LabelBinarizer(sparse_output=True).fit(y_true if labels is None else labels)
    classes = binarizer.classes_
    if rows.max() > 1 or rows.min() < 0:
        raise ValueError("`y_proba` holds values outside [0, 1].")
    if rows.ndim == 1:
        rows = rows[:, None]
    if rows.shape[1] == 1:
        rows = np.concatenate([1 - rows, rows], axis=1)
    if len(classes) < 2 or len(classes) != rows.shape[1]:
        raise ValueError(f"`y_proba` has {rows.shape[1]} columns for {len(classes)} labels.")
    if labels is not None and not np.isin(np.asarray(y_true), classes).all():
        raise ValueError("`y_true` holds a label that is not among `labels`.")
    ordered = labels is None or np.array_equal(classes, np.asarray(labels))
    return _indices(binarizer.transform(y_true), len(classes)), rows, ordered


def _indices(indicator: Any, classes: int) -> HostArray:
    """Return the class that each row of a sparse indicator names; itself if some name several."""
    if indicator.shape[1] == 1 and classes == 2:
        return np.asarray(indicator.toarray()[:, 0])
    indicator.eliminate_zeros()
    one_each = (np.diff(indicator.indptr) == 1).all()
    return np.asarray(indicator.indices if one_each else indicator.toarray())


def _weights(sample_weight: Any, rows: int) -> HostArray | None:
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight)
    if weight.dtype.kind not in "biuf" or weight.shape != (rows,) or not np.isfinite(weight).all():
        raise ValueError("`sample_weight` must be one finite number a row.")
    return weight.astype(np.float64)


def _total(target: HostArray, rows: HostArray, weight: HostArray | None) -> float:
    rows_of = index_rows if target.ndim == 1 else dense_rows
    epsilon = rules.epsilon(rows.dtype.name)
    return float(
        rows_of(FRONT_END, target, rows, epsilon=epsilon, sample_weight=weight).loss("sum")
    )


def _sums_to_one(rows: HostArray) -> bool:
    sums = rows.sum(axis=1)
    return bool((np.abs(sums - 1) <= rules.sum_tolerance(rows.dtype.name)).all())


neg_log_loss_scorer = metrics.make_scorer(
    log_loss, greater_is_better=False, response_method="predict_proba"
)
"""Minus :func:`log_loss`, to pass as ``scoring`` to ``cross_val_score`` and searches."""
