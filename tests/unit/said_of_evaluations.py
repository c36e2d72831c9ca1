"""What messages of an evaluation have to tell: rows, places in the whole data, doubts."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import crossent as ce
from crossent.evaluate import clusters, evaluate, slices
from crossent.stream import source, walk
from unit.said import Said, changed, logits, shares


def updated(**options: Any) -> None:
    ce.Evaluator("sparse", from_logits=True, **options).update([0, 1], logits(2, 3))


def updated_twice(*classes: int) -> None:
    """Rows of so many classes, and of so many others."""
    evaluator = ce.Evaluator("sparse", from_logits=True)
    for count in classes:
        evaluator.update([0, 1], logits(2, count))


def merged(mine: dict[str, Any], theirs: dict[str, Any], *classes: int) -> None:
    pair = [ce.Evaluator("sparse", from_logits=True, **options) for options in (mine, theirs)]
    for evaluator, count in zip(pair, classes, strict=True):
        evaluator.update([0, 1], logits(2, count))
    pair[0].merge(pair[1])


def late() -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions: a first piece of logits, then probabilities alone."""
    x = np.tile([0.25, 0.75], (walk.MOST_ROWS + 30_000, 1))
    x[: walk.MOST_ROWS] = [3.5, -2.25]
    x[:5] = 0.125
    return np.zeros(len(x), np.int8), x


def nearly(rows: int) -> np.ndarray:
    """Probabilities whose rows from the sixth on nearly sum to 1."""
    p = shares(rows, 3)
    p[5:] = [0.25, 0.25, 0.484375]
    p[6] = [0.25, 0.25, 0.46875]
    return p


def of_a_piece(y_true: Any, y_pred: Any) -> None:
    """Evaluate as what is too large to be looked at whole."""
    with mock.patch.object(source, "WHOLE_BYTES", 1):
        evaluate(y_true, y_pred, from_logits=False, chunk_rows=4)


def clustered() -> None:
    with mock.patch.object(clusters, "MOST", 3):
        evaluate([0, 1, 2, 1], logits(4, 3), cluster=[5, 6, 7, 8])


def clustered_in_pieces() -> None:
    with mock.patch.object(clusters, "MOST", 3):
        evaluate([0, 1, 2, 1], logits(4, 3), cluster=[5, 6, 7, 8], chunk_rows=2, from_logits=True)


def sliced() -> None:
    with mock.patch.object(slices, "MOST", 3):
        evaluator = ce.Evaluator("sparse", from_logits=True)
        evaluator.update([0, 1, 2, 1], logits(4, 3), by=[5, 6, 7, 8])


def of_table(**options: Any) -> Any:
    scores = pd.DataFrame(logits(4, 3)).add_prefix("p")
    table = scores.assign(label=[0, 1, 2, 1], c=["a", "a", "b", "b"], n=[3, 3, 5, 5])
    return evaluate(table, predictions="p*", from_logits=True, **options)


def updated_by_clusters(*names: Any) -> None:
    evaluator = ce.Evaluator("sparse", from_logits=True)
    for own in names:
        evaluator.update([0, 1], logits(2, 3), cluster=own)


EVALUATIONS: dict[str, Said] = {
    "loss": Said(
        lambda: evaluate([0], logits(1, 3), loss="mse"),
        ce.OptionError, "CE001", "loss", "", ("'auto', 'sparse', 'dense', 'binary'",),
    ),
    "loss of an evaluator": Said(
        lambda: ce.Evaluator("auto"),
        ce.OptionError, "CE001", "loss", "", ("'sparse', 'dense', 'binary'",),
    ),
    "top_k": Said(
        lambda: evaluate([0], logits(1, 3), top_k=0),
        ce.OptionError, "CE001", "top_k", "1 0",
    ),
    "confidence": Said(
        lambda: evaluate([0], logits(1, 3), confidence=95),
        ce.OptionError, "CE001", "confidence", "0 1 0.95 95",
    ),
    "too many clusters": Said(
        clustered, ce.OptionError, "CE001", "cluster", "3",
    ),
    "too many clusters of all pieces": Said(
        clustered_in_pieces, ce.OptionError, "CE001", "cluster", "2 3 2 3",
    ),
    "too many slices": Said(
        sliced, ce.OptionError, "CE001", "by", "3",
    ),
    "no bytes": Said(
        lambda: evaluate([0], logits(1, 3), bytes=-3, from_logits=True),
        ce.OptionError, "CE001", "bytes", "0 -3",
    ),
    "bytes that are no numbers": Said(
        lambda: of_table(bytes="c"),
        ce.OptionError, "CE001", "bytes", "0", ("'c'",),
    ),
    "bytes of clusters": Said(
        lambda: of_table(bytes="n", cluster="c"),
        ce.OptionError, "CE001", "bytes", "", ("'n'",),
    ),
    "clusters of some rows": Said(
        lambda: updated_by_clusters([0, 1], None),
        ce.OptionError, "CE001", "cluster", "",
    ),
    "clusters of other rows": Said(
        lambda: updated_by_clusters([0, 1, 2]),
        ce.ShapeError, "CE112", "cluster", "3 2",
    ),
    "no classes for a table": Said(
        lambda: evaluate([0], logits(1, 3), per_class=False).to_frame(),
        ce.OptionError, "CE001", "", "", ("per_class=True",),
    ),
    "worst": Said(
        lambda: evaluate([0], logits(1, 3), worst=-2),
        ce.OptionError, "CE001", "worst", "0 -2",
    ),
    "chunk_rows": Said(
        lambda: evaluate([0], logits(1, 3), chunk_rows=0.5),
        ce.OptionError, "CE001", "chunk_rows", "1 0.5",
    ),
    "header, no answer": Said(
        lambda: evaluate([0], logits(1, 3), header=2),
        ce.OptionError, "CE001", "header", "2", ("True, False or None",),
    ),
    "header without a text": Said(
        lambda: evaluate([0], logits(1, 3), header=True),
        ce.OptionError, "CE001", "header", "", (".csv and .tsv",),
    ),
    "reduction": Said(
        lambda: evaluate([0], logits(1, 3), reduction="sum"),
        ce.OptionError, "CE001", "reduction", "",
    ),
    "normalizer": Said(
        lambda: evaluate([0], logits(1, 3), normalizer=3),
        ce.OptionError, "CE001", "normalizer", "",
    ),
    "empty": Said(
        lambda: evaluate([0], logits(1, 3), empty="nan"),
        ce.OptionError, "CE001", "empty", "",
    ),
    "validate": Said(
        lambda: ce.Evaluator("sparse", validate="off"),
        ce.OptionError, "CE001", "validate", "",
    ),
    "sample_weight of an evaluator": Said(
        lambda: ce.Evaluator("sparse", sample_weight=[1, 2]),
        ce.OptionError, "CE001", "sample_weight", "", ("update",),
    ),
    "a mask of rows of an evaluator": Said(
        lambda: updated(class_mask=np.ones((2, 3), bool)),
        ce.OptionError, "CE001", "class_mask", "2 3", ("update",),
    ),
    "other options": Said(
        lambda: merged({"worst": 2}, {"worst": 4}, 3, 3),
        ce.OptionError, "CE001", "", "",
    ),
    "other classes": Said(
        lambda: updated_twice(3, 5),
        ce.ShapeError, "CE112", "", "5 3",
    ),
    "other classes, merged": Said(
        lambda: merged({}, {}, 3, 5),
        ce.ShapeError, "CE112", "", "5 3",
    ),
    "rows": Said(
        lambda: evaluate(np.zeros(6, int), logits(9, 4), from_logits=True),
        ce.ShapeError, "CE112", "", "6 9", ("the labels has", "the predictions has"),
    ),
    "rows of a weight": Said(
        lambda: evaluate([0, 1, 2], logits(3, 4), sample_weight=np.ones(7)),
        ce.ShapeError, "CE112", "sample_weight", "7 3",
    ),
    "class_weight with rows": Said(
        lambda: evaluate([0, 1, 2], logits(3, 4), class_weight=np.broadcast_to(1.0, (2**20, 19))),
        ce.ShapeError, "CE112", "class_weight", "1048576 19 3 4", ("one entry per class",),
    ),
    "nothing": Said(
        lambda: evaluate(np.zeros(0, int), np.zeros((0, 4))),
        ce.EmptyError, "CE202", "", "0", ("the labels has",),
    ),
    "no classes": Said(
        lambda: evaluate(np.zeros(3, int), np.zeros((3, 0))),
        ce.EmptyError, "CE202", "", "3 0", ("the predictions has",),
    ),
    "nothing given": Said(
        lambda: ce.Evaluator("sparse").compute(), ce.EmptyError, "CE202", "", "",
    ),
    "nothing kept": Said(
        lambda: evaluate([7, 7, 7], logits(3, 4), ignore_class=7, from_logits=True),
        ce.EmptyError, "CE202", "", "3",
    ),
    "rows of NaN": Said(
        lambda: evaluate([0, 1, 2, 3, 0], changed(logits(5, 4), r2=np.nan, r4=np.nan),
            from_logits=True),
        ce.CrossentWarning, "CE217", "", "2 5 2 0", ("sample_weight 0",),
    ),
    "elements of NaN": Said(
        lambda: evaluate(np.ones((4, 3)), changed(logits(4, 3), r2=[1, np.nan, np.nan]),
            loss="binary", from_logits=True),
        ce.CrossentWarning, "CE217", "", "2 12 2 1 0", ("sample_weight 0",),
    ),
    "a number": Said(
        lambda: evaluate([0, 1], 3.5),
        ce.ShapeError, "CE112", "", "",
    ),
    "a number as labels": Said(
        lambda: evaluate(3, logits(2, 4)),
        ce.ShapeError, "CE112", "", "",
    ),
    "a number to an evaluator": Said(
        lambda: ce.Evaluator("sparse").update(0, 3.5),
        ce.ShapeError, "CE112", "y_pred", "",
    ),
    "scores of one row": Said(
        lambda: evaluate([0], logits(7), loss="sparse"),
        ce.ShapeError, "CE112", "", "7 1 7", ("(1, 7)", "the predictions has", "first axis"),
    ),
    "scores of one row to an evaluator": Said(
        lambda: ce.Evaluator("dense").update([0], logits(7)),
        ce.ShapeError, "CE112", "y_pred", "7 1 7", ("(1, 7)",),
    ),
    "classes first": Said(
        lambda: ce.Evaluator("sparse", axis=0).update([0, 1], logits(3, 2)),
        ce.OptionError, "CE001", "axis y_pred", "0 -1", ("numpy.moveaxis(y_pred, 0, -1)",),
    ),
    "swapped": Said(
        lambda: evaluate(logits(5, 3), [0, 1, 2, 1, 0]),
        ce.ShapeError, "CE304", "", "5 3 5", ("evaluate(labels, predictions)",),
    ),
    "a softmax twice": Said(
        lambda: evaluate(np.arange(11) % 4, shares(11, 4), from_logits=True),
        ce.PredictionError, "CE105", "y_pred", "11", ("from_logits=False",),
    ),
    "unsure: sums": Said(
        lambda: evaluate(np.arange(9) % 3, np.full((9, 3), 0.75)),
        ce.OptionError, "CE001", "", "0 1 1 2.25 2.25", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: hard rows": Said(
        lambda: evaluate([0, 1], np.eye(4)[:2]),
        ce.OptionError, "CE001", "", "2 0 1", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: one hard row": Said(
        lambda: evaluate([0], np.eye(4)[:1]),
        ce.OptionError, "CE001", "", "1 0 1", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: one bad row": Said(
        lambda: evaluate(np.arange(11) % 3, changed(shares(11, 3), r4=[0.5, 6.5, 0.25])),
        ce.OptionError, "CE001", "", "10 11 1 4 6.5", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: few outside": Said(
        lambda: evaluate(np.arange(300) % 3, changed(np.full((300, 3), 0.5), r7=[0.5, 6.5, 0.25])),
        ce.OptionError, "CE001", "", "299 300 0 1 7 6.5", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: just outside": Said(
        lambda: evaluate(np.arange(9) % 3, changed(np.full((9, 3), 0.5), r7=[0.5, 1.03125,
            -0.015625])),
        ce.OptionError, "CE001", "", "0 1 -0.015625 1.03125",
        ("from_logits=True", "from_logits=False"),
    ),
    "unsure: no numbers": Said(
        lambda: evaluate([0, 1], np.full((2, 3), np.nan)),
        ce.OptionError, "CE001", "", "", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: few elements": Said(
        lambda: evaluate([0, 1, 1], [0.25, 0.5, 0.75]),
        ce.OptionError, "CE001", "", "3 0 1", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: one element": Said(
        lambda: evaluate([0], [0.25]),
        ce.OptionError, "CE001", "", "1 0 1", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: elements outside": Said(
        lambda: evaluate(np.arange(300) % 2, changed(np.full(300, 0.5), r7=6.5)),
        ce.OptionError, "CE001", "", "299 300 0 1 7 6.5", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: elements just outside": Said(
        lambda: evaluate(np.arange(9) % 2, changed(np.full(9, 0.5), r7=1.03125)),
        ce.OptionError, "CE001", "", "0 1 0.5 1.03125", ("from_logits=True", "from_logits=False"),
    ),
    "unsure: no element": Said(
        lambda: evaluate([0, 1], [np.nan, np.nan]),
        ce.OptionError, "CE001", "", "", ("from_logits=True", "from_logits=False"),
    ),
    "contradicted": Said(
        lambda: evaluate(*late()),
        ce.OptionError, "CE001", "", "-2.25 30000 292144 1 5 -2.25",
        ("from_logits=True", "from_logits=False"),
    ),
    "warnings of pieces": Said(
        lambda: evaluate(np.arange(15) % 3, nearly(15), chunk_rows=4, from_logits=False),
        ce.ProbabilityWarning, "CE406", "y_pred", "4 7 4 2 3 1 2 0.96875 0.015",
        ("normalize=True", "2 later pieces)"),
    ),
    "a warning of one piece": Said(
        lambda: evaluate(np.arange(11) % 3, nearly(11), chunk_rows=7, from_logits=False),
        ce.ProbabilityWarning, "CE406", "y_pred", "0 6 0 1 2 1 6 0.96875 0.015",
        ("normalize=True", "1 later piece)"),
    ),
    "an error of one piece": Said(
        lambda: of_a_piece(np.arange(11) % 3, changed(shares(11, 3), r9=[0.5, 6.5, -4.25])),
        ce.PredictionError, "CE106", "y_pred", "8 10 8 0 1 1 1 -4.25 6.5", ("from_logits=True",),
    ),
    "options of what was told": Said(
        lambda: evaluate([0, 1], [[0.5, -4.25], [7.5, 0.25]], normalize=True),
        ce.PredictionError, "CE106", "y_pred", "0 1 2 0 -4.25 7.5", ("from_logits=True",),
    ),
}  # fmt: skip
