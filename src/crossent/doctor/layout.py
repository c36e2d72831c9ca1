"""How the labels lie to the predictions, told from shapes alone."""

from __future__ import annotations

from crossent.doctor.case import ArrayInfo, Layout, Shape
from crossent.doctor.known_losses import Kind


def layout_of(y: ArrayInfo | None, p: ArrayInfo | None, axis: int, kind: Kind | None) -> Layout:
    """Return the layout of labels and predictions.

    Parameters
    ----------
    y, p : ArrayInfo or None
    axis : int
    kind : str or None
        None: a softmax cross-entropy, of class indices or of distributions.

    Examples
    --------
    >>> layout_of(ArrayInfo((8,), "int64"), ArrayInfo((8, 3), "float32"), -1, "auto")
    'index'
    """
    if y is None:
        return "none"
    if p is None:
        return "alone"
    if not p.shape or not -len(p.shape) <= axis < len(p.shape):
        return "mismatch"
    if kind == "binary":
        return "elements" if without_last_1(y.shape) == without_last_1(p.shape) else "mismatch"
    axis %= len(p.shape)
    rows = p.shape[:axis] + p.shape[axis + 1 :]
    one_column = p.shape[axis] == 1
    if y.shape == p.shape:
        elements = kind == "auto" and (len(p.shape) == 1 or one_column)
        return "elements" if elements else "dense"
    if kind == "auto" and y.shape == (*p.shape, 1):
        return "elements" if len(p.shape) == 1 else "mismatch"
    if y.shape == rows:
        return "elements" if kind == "auto" and one_column else "index"
    if y.shape in ((*rows, 1), (*rows[:axis], 1, *rows[axis:])):
        return "extra"
    return "mismatch"


def without_last_1(shape: Shape) -> Shape:
    """Drop one trailing dimension of 1."""
    return shape[:-1] if shape and shape[-1] == 1 else shape


def axes_that_fit(y: Shape, p: Shape) -> list[int]:
    """Return the axes of the predictions without which they have the shape of the labels.

    >>> axes_that_fit((8, 5), (8, 10, 5))
    [1]
    """
    return [axis for axis in range(len(p)) if p[:axis] + p[axis + 1 :] == y]
