"""The doctor: why is this loss that number, that error, or NaN?

`diagnose` looks at labels, predictions, a model or a history of losses; `explain` needs nothing but
an error message, a loss value or a code. Both are quick to import: what they need is loaded when
they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crossent.core.misuse import by_our_names
from crossent.doctor.explanation import Explanation, Reading
from crossent.doctor.findings import Finding
from crossent.doctor.report import Report


@by_our_names("diagnose", required=False)
def diagnose(
    y_true: object = None,
    y_pred: object = None,
    *,
    label: str | None = None,
    predictions: object = None,
    positive: str | None = None,
    num_classes: int | None = None,
    model: object = None,
    x: object = None,
    loss: object = "auto",
    from_logits: bool | None = None,
    axis: int = -1,
    ignore_class: int | tuple[int, ...] | None = None,
    class_weight: object = None,
    sample_weight: object = None,
    label_smoothing: float | None = None,
    reduction: str | None = None,
    framework: str | None = None,
    history: object = None,
    observed: float | None = None,
    accuracy: float | None = None,
    micro_batches: Sequence[int] | None = None,
    input_ids: object = None,
    eos_id: int | None = None,
    class_names: object = None,
    shape: Sequence[int] | None = None,
    dtype: str = "float32",
    device: str | None = None,
    memory: int | None = None,
    header: bool | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    pictures: bool = False,
) -> Report:
    """Find what is wrong with labels, predictions or a loss, and say how to fix it.

    Everything is optional: labels alone with `num_classes` are checked for all that labels can have
    wrong; `shape` alone forecasts memory; `history` alone tells a loss that stays. Arrays of any
    framework and files are read in blocks, and never changed.

    Parameters
    ----------
    y_true : array, table or path, optional
        Labels: class indices of the rows' shape, names, or one-hot or soft rows. Paths as in
        `evaluate`.
    y_pred : array, table or path, optional
        Logits or probabilities. Where the columns have headings, names among the labels are found
        by them. One table may hold both: ``diagnose(table)``.
    label : str, optional
        The column of the labels in a table, as in `evaluate`.
    predictions : str or sequence of str, optional
        The columns of its classes; also a pattern, ``"prob_*"``.
    positive : str, optional
        Of one score a row, the class that it is the score of.
    num_classes : int, optional
        C, where there are no predictions.
    model : keras.Model or torch.nn.Module, optional
        Its loss, last activation and width are read. It works before `fit`.
    x : array, list of arrays or dict of arrays, optional
        Input of the model, its inputs, or its inputs by name; at most 32 rows are run, to get
        `y_pred`.
    loss : str or object
        ``"auto"`` (by the shapes), ``"sparse"``, ``"dense"``, ``"binary"``; or a cross-entropy of
        PyTorch, Keras, TensorFlow, optax, scikit-learn or crossent: its name, such as
        ``"torch.nn.CrossEntropyLoss"``, or the object, whose options are read.
    from_logits : bool, optional
        What the loss takes. None: what `loss` says, or else what the values look like.
    axis : int
        Class axis of `y_pred`.
    ignore_class : int or tuple of int, optional
        Labels that are left out on purpose.
    class_weight : array or dict, optional
        Weights of the classes.
    sample_weight : array or path, optional
        Weights of the rows.
    label_smoothing : float, optional
        As in the loss.
    reduction : str, optional
        As in the loss; ``"mean"`` if not known.
    framework : str, optional
        Whose loss it is, with a version if that matters: ``"torch"``, ``"keras 3.3"``,
        ``"optax"``, ``"sklearn"``, ``"transformers"``. None: that of `loss` or of `y_pred`. The
        losses of transformers shift the labels of language models themselves.
    history : sequence of float, or what Keras's ``fit`` returns, optional
        Losses of a training run, in order, in nats.
    observed : float, optional
        A loss that was seen for these rows, to name the convention that gave it.
    accuracy : float, optional
        An accuracy that was reported for these rows.
    micro_batches : sequence of int, optional
        Numbers of rows of the micro-batches that the first axis consists of.
    input_ids : array or path, optional
        The tokens that were fed to a language model, in the shape of `y_true`.
    eos_id : int, optional
        The token that ends a text.
    class_names : sequence or path, optional
        The names of the classes, in the order of the columns, or a file with one a line. Labels
        that are names are found by the headings of `y_pred`, and need this where those have none.
    shape : sequence of int, optional
        The shape of predictions that are not there yet.
    dtype : str
        Their dtype.
    device : str, optional
        Where they will be, such as ``"cuda:0"``.
    memory : int, optional
        Memory of that device in bytes.
    header : bool, optional
        Whether the first line of .csv files is a heading, as in `evaluate`.
    select, ignore : sequence of str
        Codes, or beginnings of codes, to report alone or to leave out.
    progress : callable, optional
        Called with the rows done and the number of rows.
    pictures : bool
        Whether to collect what ``Report.to_html`` draws while the data is read. By default that
        reads it once more.

    Returns
    -------
    Report
        Prints as text; ``report.healthy`` is False if there is an error or a warning.

    Raises
    ------
    OptionError
        If an option has a bad value.
    ReaderError
        If a file cannot be read.

    Notes
    -----
    Healthy data gives nothing above a note. The checks are listed in ``docs/errors``; each code has
    a page with its rule, what it is not, and what to do.

    Examples
    --------
    >>> import crossent as ce
    >>> print(ce.diagnose([0, 2, 255, 1], num_classes=3))
    1 error: 4 labels, 3 classes
    <BLANKLINE>
    CE103 error: A mark for rows without a label reaches the loss
      seen 1 label of 4 (25 %) is 255, the only value outside of 0..2. One such
           value usually marks rows without a label.
      why  -1, -100, 255 and similar values mark places without a label. A loss that
           does not know the mark reads it as a class: an error, NaN, or silently
           the last class.
      do   Pass ignore_class=255 to leave them out (PyTorch: ignore_index=255).
    """
    from crossent.doctor.arguments import Given
    from crossent.doctor.diagnosing import run

    given = Given(
        y_true, y_pred, num_classes, model, x, loss, from_logits, axis, ignore_class, class_weight,
        sample_weight, label_smoothing, reduction, framework, history, observed, accuracy,
        micro_batches, input_ids, eos_id, class_names, shape, dtype, device, memory, progress,
        header, pictures, label, predictions, positive,
    )  # fmt: skip
    return run(given, select, ignore)


def explain(thing: object) -> Explanation:
    """Say what an error message, a loss value or a code means. No data is needed.

    Parameters
    ----------
    thing : str, float or Exception
        A message of Keras, TensorFlow, PyTorch, JAX, optax, scikit-learn or Hugging Face, pasted as
        it is; an exception; a loss value such as 16.118; or a code such as ``"CE104"``.

    Returns
    -------
    Explanation
        The likely causes, the likeliest first, each with what to do and what decides it. For what
        is not known, the nearest three.

    Raises
    ------
    OptionError
        If it is empty.

    Examples
    --------
    >>> import crossent as ce
    >>> print(ce.explain("IndexError: Target 10 is out of bounds.").readings[0].code)
    CE101
    >>> ce.explain(16.118).readings[0].code
    'CE215'
    """
    from crossent.doctor.explaining import explain_thing

    return explain_thing(thing)


__all__ = ["Explanation", "Finding", "Reading", "Report", "diagnose", "explain"]
