"""Losses called with labels and predictions that do not fit: what frameworks say is explained."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator

import numpy as np

import crossent as ce

N, C = 6, 4
INDEX = np.array([0, 3, 1, 2, 1, 0])
SCORES = np.random.default_rng(0).normal(size=(N, C)).astype(np.float32)
ONE_HOT = np.eye(C + 1, dtype=np.float32)[INDEX]

LABELS = {
    "index": (INDEX, ""),
    "column": (INDEX[:, None], "CE107"),
    "one-hot": (ONE_HOT[:, :C], "CE108 CE107"),
    "one-hot int": (ONE_HOT[:, :C].astype(np.int64), "CE108 CE107"),
    "one-hot, a column more": (ONE_HOT, "CE108 CE107 CE101 CE112"),
    "one-hot, a column less": (ONE_HOT[:, :3], "CE108 CE107 CE211 CE112"),
    "ids": (np.stack([INDEX, INDEX], 1), "CE301 CE107 CE108 CE211 CE112"),
    "float": (INDEX.astype(np.float32), "CE111"),
    "float64": (INDEX.astype(np.float64), "CE111"),
    "uint8": (INDEX.astype(np.uint8), "CE111"),
    "bool": (INDEX > 1, "CE111"),
    "from one": (INDEX + 1, "CE104"),
    "marked -1": (np.where(INDEX == 3, -1, INDEX), "CE103"),
    "marked -100": (np.where(INDEX == 3, -100, INDEX), "CE103"),
    "marked 255": (np.where(INDEX == 3, 255, INDEX), "CE103"),
    "missing": (np.where(INDEX == 3, np.nan, INDEX).astype(np.float32), "CE312 CE111"),
    "short": (INDEX[:-1], "CE112"),
    "flat one-hot": (ONE_HOT[:, :C].ravel(), "CE112 CE108 CE111"),
    "text": (np.array(list("abcdab")), "CE313"),
}
"""Labels, and the codes of what is wrong with them for a loss of class indices."""

PREDICTIONS = {
    "logits": (SCORES, ""),
    "float64": (SCORES.astype(np.float64), ""),
    "flat": (SCORES[:, 0], "CE303 CE112"),
    "one output": (SCORES[:, :1], "CE302 CE101 CE107"),
    "whole": (SCORES.astype(np.int64), "CE304 CE305"),
    "chosen": (SCORES.argmax(1), "CE304 CE305 CE303"),
    "places first": (np.stack([SCORES] * 3, 1), "CE112 CE110 CE111"),
    "places last": (np.stack([SCORES] * 3, 2), "CE112 CE110 CE111"),
    "NaN": (np.where(SCORES > 1, np.nan, SCORES), "CE217"),
}
"""Predictions, and the codes of what is wrong with them."""

EITHER = "CE101 CE107 CE109 CE111 CE112 CE211 CE106 CE308"
"""What a dense or binary loss may say of labels that are class indices."""

Call = Callable[[object, object], object]


def unexplained(
    losses: dict[str, Call], convert: Callable[[np.ndarray], object], also: str = ""
) -> list[str]:
    """Return what the losses said that `explain` does not know, or takes for another fault.

    Parameters
    ----------
    losses : dict
        Functions of labels and predictions by name; a name that begins with "sparse" takes class
        indices.
    convert : callable
        Makes an array of the framework.
    also : str
        Codes that this framework may say besides.

    Returns
    -------
    list of str
        A line for each.
    """
    wrong, said = [], 0
    for name, (labels, predictions) in itertools.product(
        losses, itertools.product(LABELS, PREDICTIONS)
    ):
        y, own = LABELS[labels]
        p, theirs = PREDICTIONS[predictions]
        allowed = {*own.split(), *theirs.split(), *also.split()}
        if not name.startswith("sparse"):
            allowed |= set(EITHER.split())
        if y.shape == p.shape:
            # One-hot rows or too few dimensions: a message without shapes leaves it open.
            allowed |= {"CE108"}
        for error in raised(lambda call=losses[name], y=y, p=p: call(convert(y), convert(p))):
            said += 1
            explanation = ce.explain(error)
            # Some messages leave two causes open.
            if explanation.kind != "message" or allowed.isdisjoint(explanation.codes[:2]):
                wrong.append(
                    f"{name}({labels}, {predictions}): {explanation.codes}, not {sorted(allowed)}: "
                    f"{type(error).__name__}: {error}"
                )
    return wrong if said > len(losses) * len(LABELS) else ["too few calls failed"]


def raised(call: Callable[[], object]) -> Iterator[Exception]:
    """Yield the error of a call, if there is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except Exception as error:
            yield error
