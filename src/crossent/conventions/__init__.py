"""The loss of the same rows as every library computes it, and which of them a number is.

It is quick to import: what computes is loaded when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from crossent.core.later import later
from crossent.core.misuse import LABELS_FIRST, by_our_names

if TYPE_CHECKING:
    from crossent.conventions.result import Conventions, Value

__all__ = ["Conventions", "Value", "conventions"]

if not TYPE_CHECKING:
    _HOME = "crossent.conventions.result"
    __getattr__ = later(__name__, {"Conventions": _HOME, "Value": _HOME})


@by_our_names("conventions", LABELS_FIRST)
def conventions(
    labels: Any,
    predictions: Any = None,
    *,
    label: str | None = None,
    positive: str | None = None,
    observed: float | None = None,
    loss: Literal["auto", "sparse", "dense", "binary"] = "auto",
    from_logits: bool | None = None,
    axis: int = -1,
    ignore_class: int | tuple[int, ...] | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    header: bool | None = None,
    class_names: Any = None,
) -> Conventions:
    """Compute the loss of the same rows as every library computes it.

    Libraries differ in where they clip, whether they divide rows by their sum, and what they divide
    the sum of the rows by: Keras (by backend), PyTorch, TensorFlow, optax, scikit-learn and Paddle
    stand beside crossent. With an observed number, the conventions that reproduce it are named.

    Parameters
    ----------
    labels, predictions : array, table or path
        As in :func:`evaluate`: one table may hold both.
    label, positive : str, optional
        The column of the labels, and the class of one score, as in :func:`evaluate`.
    observed : float, optional
        A loss that was seen for these rows.
    loss, from_logits
        As in :func:`evaluate`: told from shapes and values if not given.
    axis : int
        The class axis of the predictions.
    ignore_class : int or tuple of int, optional
        Labels that are left out, as ``ignore_index`` in PyTorch.
    class_weight : array, path or dict, optional
        Weights of the classes, as ``weight`` in PyTorch.
    sample_weight : array or path, optional
        Weights of the rows.
    header : bool, optional
        Whether the first line of .csv files is a heading, as in :func:`evaluate`.
    class_names : sequence or path, optional
        The names of the classes, in the order of the columns, as in :func:`evaluate`.

    Returns
    -------
    Conventions
        Prints as a table; ``.matches`` holds the values within 1e-4 of the observed one.

    Raises
    ------
    OptionError
        If `observed` is no number.
    CrossentError
        What :func:`evaluate` raises.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> found = ce.conventions([0, 1], np.array([[0.5, 0.5], [0.0, 1.0]]), observed=0.3466)
    >>> len(found.matches) > 3
    True
    """
    from crossent.conventions.compute import compute

    return compute(
        labels, predictions, observed=observed, loss=loss, from_logits=from_logits, axis=axis,
        ignore_class=ignore_class, class_weight=class_weight, sample_weight=sample_weight,
        header=header, class_names=class_names, label=label, positive=positive,
    )  # fmt: skip
