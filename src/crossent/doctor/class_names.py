"""Labels that are names: scikit-learn's losses number them in sorted order, others do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crossent.doctor.arguments import Given, is_file, spec_of


def numbered(given: Given) -> Given:
    """Return the arguments with labels as the class indices that scikit-learn makes of them.

    Labels that it could not number, such as those of another number of classes than there are
    columns, stay as they are.
    """
    y, p = given.y_true, given.y_pred
    if y is None or p is None or is_file(y) or is_file(p) or spec_of(given).framework != "sklearn":
        return given
    try:
        shape = tuple(getattr(p, "shape", ())) or np.asarray(p).shape
        labels = np.asarray(y)
        classes, indices = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError, RuntimeError):
        return given  # no array, or of things without an order
    columns = shape[1] if len(shape) == 2 and shape[1] > 1 else 2
    if labels.ndim != 1 or len(classes) != columns:
        return given
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        return given
    return replace(given, y_true=indices)
