"""Evaluation of predictions: whole arrays, files larger than memory, or piece by piece.

It is quick to import: what computes is loaded when it is asked for.
"""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from crossent.core.later import later
from crossent.core.misuse import LABELS_FIRST, by_our_names
from crossent.core.other_names import TARGETS
from crossent.stream.readers import ReaderError, SpecError, open_array

if TYPE_CHECKING:
    from crossent.evaluate.comparison import Comparison
    from crossent.evaluate.evaluation import ClassResult, Confusion, Evaluation
    from crossent.evaluate.evaluator import Evaluator
    from crossent.evaluate.run import Progress
    from crossent.evaluate.slices import Slice
    from crossent.evaluate.sums import WorstRow

__all__ = [
    "ClassResult",
    "Comparison",
    "Confusion",
    "Evaluation",
    "Evaluator",
    "ReaderError",
    "Slice",
    "SpecError",
    "WorstRow",
    "compare",
    "evaluate",
    "open_array",
]

_LATER = {
    "ClassResult": "crossent.evaluate.evaluation",
    "Slice": "crossent.evaluate.slices",
    "Comparison": "crossent.evaluate.comparison",
    "Confusion": "crossent.evaluate.evaluation",
    "Evaluation": "crossent.evaluate.evaluation",
    "Evaluator": "crossent.evaluate.evaluator",
    "WorstRow": "crossent.evaluate.sums",
}

if not TYPE_CHECKING:
    __getattr__ = later(__name__, _LATER)


@by_our_names("evaluate", LABELS_FIRST)
def evaluate(
    labels: Any,
    predictions: Any = None,
    *,
    label: str | None = None,
    id: str | None = None,
    cluster: Any = None,
    by: str | None = None,
    bytes: int | str | None = None,
    positive: str | None = None,
    label_logprob: str | None = None,
    loss: Literal["auto", "sparse", "dense", "binary"] = "auto",
    from_logits: bool | None = None,
    top_k: int = 5,
    per_class: bool | None = None,
    confidence: float = 0.95,
    worst: int | None = None,
    chunk_rows: int | None = None,
    header: bool | None = None,
    class_names: Any = None,
    progress: Progress | None = None,
    **options: Any,
) -> Evaluation:
    """Evaluate predictions, in memory or in files larger than memory.

    Rows lie along the first axis. They are read in pieces, and the result does not depend on the
    size of the pieces: the sums are exact.

    Parameters
    ----------
    labels, predictions : array, table or path
        Arrays of any framework, tables of pandas, polars or Arrow, or paths of files
        (``"file.npz:key"`` and ``"table.csv:column"`` name parts of them). One table may hold both:
        ``evaluate(table)``, and `predictions` may then name columns, as ``["cat", "dog"]`` or
        ``"prob_*"``. Labels may be names where the columns of the predictions have them as
        headings, also after one prefix (``prob_cat``). Headings that are numbers are taken by
        number. `Evaluation.columns` says which column is what.
    label : str, optional
        The column of the labels; by default the one named label, labels, label_ids, target,
        targets, y_true, y or class.
    id : str, optional
        A column that names the rows; it is no class. The worst rows are reported by it.
    cluster : str or array, optional
        A column, or an array with one entry a row, that says which rows belong together (texts of
        one author, pictures of one patient): the errors are then those of clusters. "rows" takes
        every row, and every token of a sequence, as independent. By default tokens of one
        sequence belong together.
    by : str, optional
        A column of groups: `Evaluation.slices` has loss and accuracy of the 20 largest, and of the
        rest.
    bytes : int or str, optional
        How many bytes the rows stand for, or a column whose sum that is: for bits per byte.
    positive : str, optional
        Of one score a row, where the labels are names: the class that it is the score of.
    label_logprob : str, optional
        A column of log-probabilities of the labels alone, one number a row or lists (a list is a
        sequence, whose entries belong together). There are no classes then, and no accuracy.
    loss : {"auto", "sparse", "dense", "binary"}
        "auto" chooses by the shapes: one label per row is sparse, labels of the shape of the
        predictions are dense, and one prediction per row is binary. For a binary loss with several
        predictions per row pass "binary".
    from_logits : bool, optional
        By default the values decide, and `Evaluation.reading` says how: a value outside [0, 1]
        makes them logits; rows in [0, 1] that sum to 1 make them probabilities. If the rows
        disagree, or there are too few of them to tell, it is an error.
    top_k : int
        For the share of rows whose label is among the k highest predictions.
    per_class : bool, optional
        Whether to report every class; see :class:`Evaluator`. By default up to 30 classes.
    confidence : float
        Of the intervals.
    worst : int, optional
        How many of the rows with the largest loss to report; 0 by default, 5 with `id`.
    chunk_rows : int, optional
        Rows in a piece; by default about 16 MiB of predictions as float64.
    header : bool, optional
        Whether the first line of .csv files is a heading. By default it is a heading if all its
        cells are names. If it may be a heading or a row, it is an error.
    class_names : sequence or path, optional
        The names of the classes, in the order of the columns, or a file with one name per line.
        Labels that are names are matched with the headings of the predictions; pass the names here
        if the predictions have no headings. Names are never sorted.
    progress : callable, optional
        Called as ``progress(rows_done, rows)`` after every piece.
    **options
        Options of the loss function. `sample_weight`, `target_prob`, `class_mask`, `class_weight`
        and `pos_weight` may also be paths; `sample_weight` may name a column.

    Returns
    -------
    Evaluation

    Raises
    ------
    ReaderError
        If a file cannot be read, or was changed while it was read.
    OptionError
        If the predictions may be logits or probabilities, or an option is wrong.
    CrossentError
        The errors of the loss function, with row numbers of the whole data.

    Notes
    -----
    Files are read, not mapped into memory: if another program truncates a file meanwhile, you get
    a ReaderError. For an array that you mapped yourself (``np.load(path, mmap_mode="r")``), the
    operating system ends the process in that case, so pass the path.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1], np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4]]))
    >>> result.reading
    'reading as probabilities: all values in [0, 1], rows sum to 1'
    >>> round(result.loss, 6), result.correct
    (0.498703, 2)
    """
    from crossent.evaluate.arguments import check_alone, check_confidence, check_count
    from crossent.evaluate.run import walk
    from crossent.stream.source import is_column, parted

    predictions, wanted = parted(
        labels, predictions, label=label, id=id, positive=positive, by=by,
        bytes=bytes if isinstance(bytes, str) else None,
        sample_weight=options.pop("sample_weight") if is_column(options.get("sample_weight"))
        else None,
        cluster=cluster if isinstance(cluster, str) and cluster != "rows" else None,
    )  # fmt: skip
    most = (5 if id is not None else 0) if worst is None else worst
    if label_logprob is not None:
        from crossent.evaluate.label_log_probs import evaluate_log_probs

        named = {"label": label, "positive": positive, "class_names": class_names}
        named |= {"predictions": wanted.predictions or predictions, "cluster": wanted.cluster}
        named |= {"by": by, "bytes": wanted.bytes, "sample_weight": wanted.sample_weight}
        named |= {"from_logits": from_logits, "loss": None if loss == "auto" else loss}
        check_alone({**options, **{key: one for key, one in named.items() if one is not None}})
        return evaluate_log_probs(
            labels, label_logprob, wanted, header=header, confidence=check_confidence(confidence),
            worst=check_count("worst", most, 0), rows_apart=cluster == "rows",
            bytes=bytes,
        )  # fmt: skip
    result, said = walk(
        labels, predictions, options, wanted=wanted, loss=loss, from_logits=from_logits,
        header=header, class_names=class_names,
        top_k=top_k, per_class=per_class, confidence=confidence, cluster=cluster, bytes=bytes,
        worst=most,
        chunk_rows=chunk_rows, progress=progress,
    )  # fmt: skip
    for warning in said:
        warnings.warn(warning, stacklevel=3)
    return result


@by_our_names("compare", {TARGETS: "labels"}, required=False)
def compare(
    labels: Any,
    a: Any,
    b: Any = None,
    *,
    label: str | None = None,
    predictions: Any = None,
    label_logprob: str | None = None,
    id: str | None = None,
    cluster: Any = None,
    positive: str | None = None,
    confidence: float = 0.95,
    loss: Literal["auto", "sparse", "dense", "binary"] = "auto",
    from_logits: bool | None = None,
    header: bool | None = None,
    class_names: Any = None,
    **options: Any,
) -> Comparison:
    """Compare two models on the same rows: the paired difference of loss and accuracy.

    The mean difference has a smaller error than either loss, because both models meet the same
    rows. Losses of rows are kept in memory, and no class.

    Parameters
    ----------
    labels, a, b : array, table or path
        Labels and the predictions of two models, or two tables that hold labels (or
        log-probabilities) each. As in :func:`evaluate`; the first model is the baseline.
    label, predictions, positive : optional
        Columns, as in :func:`evaluate`.
    label_logprob : str, optional
        The column of log-probabilities of the labels alone, of both tables.
    id : str, optional
        The column that names the rows of both tables: they are aligned by it.
    cluster : str or array, optional
        What belongs together, as in :func:`evaluate`.
    confidence : float
        Of the intervals.
    loss, from_logits, header, class_names
        As in :func:`evaluate`.
    **options
        Options of the loss function.

    Returns
    -------
    Comparison

    Raises
    ------
    ShapeError
        If the rows are not the same, or ids are missing or there twice.
    CrossentError
        What :func:`evaluate` raises.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> labels = np.arange(60) % 3
    >>> rng = np.random.default_rng(1)
    >>> scores = rng.normal(size=(60, 3)) + 2 * np.eye(3)[labels]
    >>> ce.compare(labels, scores, scores + 0.1 * rng.normal(size=(60, 3))).tie
    True
    """
    from crossent.evaluate.comparing import compare_models

    models = (labels, a) if b is None else (a, b)
    columns = {"label": label, "predictions": predictions, "id": id, "positive": positive}
    given = {"loss": loss, "from_logits": from_logits, "header": header, "class_names": class_names}
    return compare_models(
        None if b is None else labels, models, columns=columns, label_logprob=label_logprob,
        cluster=cluster, confidence=confidence, options={**options, **given},
    )  # fmt: skip


class _Callable(ModuleType):
    """`crossent.evaluate` names this package and the function in it.

    The function is what users get; but a tool that imports the package by its path may put the
    package back in that place, and a call must still work then.
    """

    def __call__(self, *arguments: Any, **options: Any) -> Evaluation:
        return evaluate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
