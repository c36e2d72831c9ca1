"""scikit-learn's function; it is told which labels there are, since one row does not show it."""

from __future__ import annotations

from typing import Any

import numpy as np
from call import Call
from sklearn.metrics import log_loss


def told(labels: Any, predictions: Any, **options: Any) -> Any:
    if np.asarray(labels).dtype.kind == "U":
        return log_loss(labels, predictions, **options)
    classes = predictions.shape[1] if predictions.ndim == 2 else 2
    return log_loss(labels, predictions, labels=list(range(classes)), **options)


CALLS = {
    "scikit-learn: log_loss(labels, probabilities)": Call("indices", told, (log_loss,)),
    "scikit-learn: log_loss(targets, probabilities)": Call("binary", told, (log_loss,)),
}
