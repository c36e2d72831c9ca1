"""Checks of logits where probabilities are meant, and the other way round."""

from __future__ import annotations

import math

from crossent.core.precision import BASE
from crossent.doctor.case import Case, GroupFacts
from crossent.doctor.check import Check, agreed, counted, grouped, percent
from crossent.doctor.constants import double_softmax_floor
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.known_losses import WORDS
from crossent.doctor.prediction_facts import RowFacts
from crossent.stream.inference import FEW

MANY_ELEMENTS = 64

STRAY = 100
"""One row in so many may be damaged, and the rest tells what all of them are."""

FLOOR = 0.3
"""A floor of the loss, in nats, that is far from 0."""


def _all_but(rows: int, strays: int) -> str:
    return f"All {rows}" if not strays else f"{grouped(rows - strays)} of {grouped(rows)}"


class ProbsIntoLogitsLoss(Check):
    code = "CE105"
    slug = "probs-into-logits-loss"
    title = "Probabilities where logits are meant: a softmax twice"
    pasted = "The loss falls a little, then stays at 1.4612 with 10 classes"
    stage = Stage.PREDICTIONS
    why = (
        "A loss that takes logits applies a softmax. Probabilities differ by at most 1, so a "
        "second softmax leaves hardly any difference between the classes: a perfect model "
        "cannot get below ln(e + C - 1) - 1."
    )
    fix = "Remove the softmax from the model, or pass from_logits=False."
    rule = (
        "The loss takes logits, and 8 rows or more all lie in [0, 1] and sum to 1, within the "
        "precision found in the values; 1 row in 100 may be damaged. Binary: 64 values or more, "
        "all in [0, 1]. A model whose last layer is a softmax or sigmoid needs no rows. Rows that "
        "lie in [-1, 1] and reach beyond 0.5 are a note, where the loss cannot fall below 0.3."
    )
    silent_after = ("CE304", "CE305", "CE317", "CE110", "CE302", "CE303")

    def find(self, case: Case) -> Finding | None:
        model = case.model
        if model is not None and case.takes_logits and model.activation == self._own(case):
            seen = (
                f"The last layer of the model is a {model.activation} ({model.last}), and the loss "
                "applies another."
            )
            return self._sigmoid(seen) if case.kind == "binary" else self.finding(seen)
        if model is not None and case.takes_logits and model.activation == "sigmoid":
            return self._squashed(case, model.last)
        rows = case.rows
        if rows is None or not case.takes_logits:
            return None
        strays = rows.seen.outside
        if case.kind != "binary":
            strays = rows.seen.rows - rows.seen.vectors
        if strays * STRAY > rows.seen.rows:
            return self._narrow(case, rows)
        if case.kind == "binary":
            if rows.seen.rows < MANY_ELEMENTS or rows.seen.high - rows.seen.low < 0.05:
                return None
            if case.groups is not None:
                return self._softmaxed(case.groups)
            return self._sigmoid(
                f"{_all_but(rows.seen.rows, strays)} values of `y_pred` lie in [0, 1], and the "
                "loss applies a sigmoid to them."
            )
        if rows.seen.rows < FEW:
            return None
        floor = double_softmax_floor(rows.classes)
        return self.finding(
            f"{_all_but(rows.seen.rows, strays)} rows of `y_pred` lie in [0, 1] and sum to 1; "
            f"with a second softmax the loss of {rows.classes} classes cannot fall below "
            f"{floor:.4f}."
        )

    def _narrow(self, case: Case, rows: RowFacts) -> Finding | None:
        """Scores within [-1, 1], such as cosines: sound, but the loss has a floor."""
        seen, classes = rows.seen, rows.classes
        if case.kind == "binary" or seen.rows < FEW or seen.rows * classes < MANY_ELEMENTS:
            return None
        # Logits of an untrained model are small, and fill no range up to 1.
        if not (seen.low >= -1 - BASE and 0.5 < seen.high <= 1 + BASE) or rows.whole:
            return None
        low = -1 if seen.low < -BASE else 0
        floor = math.log1p((classes - 1) * math.exp(low - 1))
        if floor < FLOOR:
            return None
        what = "cosines" if low else "outputs of a sigmoid, or cosines"
        return self.finding(
            f"All {seen.rows} rows of `y_pred` lie in [{low}, 1]: with {classes} classes the loss "
            f"cannot fall below {floor:.4f}, however good the model is.",
            severity="warning" if case.model is not None and not low else "note",
            title="Logits between two bounds: the loss has a floor",
            why=f"These are {what}. A softmax of numbers within {1 - low} of each other gives no "
            f"class more than {math.exp(-floor):.3g}.",
            fix="Multiply cosines by a scale before the loss, such as 20 * y_pred or a parameter."
            if low else "Remove the sigmoid from the model; multiply cosines by a scale, such as "
            "20 * y_pred.",
        )  # fmt: skip

    def _softmaxed(self, groups: GroupFacts) -> Finding:
        """A sigmoid over the outputs of a softmax."""
        rows = f"All {groups.groups} rows of `y_pred` sum to 1 along axis {groups.axis}"
        if groups.several or groups.one < groups.groups:
            fix = "Remove the softmax from the model: each class has a yes or no of its own."
        else:
            fix = (
                "One class of each row is right, so remove the softmax from the model, and use "
                "a softmax cross-entropy on the logits."
            )
        return self.finding(
            f"{rows}, as the outputs of a softmax do, and the loss applies a sigmoid to them.",
            title="Probabilities where logits are meant: a sigmoid after a softmax",
            why="A loss that takes logits applies a sigmoid. It turns probabilities, which lie "
            "in [0, 1], into numbers from 0.5 to 0.73.",
            fix=fix,
        )

    def _squashed(self, case: Case, last: str) -> Finding:
        """A softmax over outputs of a sigmoid, which lie in [0, 1] as probabilities do."""
        floor = double_softmax_floor(case.classes or 2)
        return self.finding(
            f"The last layer of the model is a sigmoid ({last}), and the loss applies a softmax: "
            f"with {case.classes} classes it cannot fall below {floor:.4f}.",
            title="Outputs of a sigmoid where logits are meant",
            fix="Remove the sigmoid from the model; for several labels a row use a binary loss.",
        )

    def _sigmoid(self, seen: str) -> Finding:
        return self.finding(
            seen,
            title="Probabilities where logits are meant: a sigmoid twice",
            why="A loss that takes logits applies a sigmoid. It turns probabilities, which lie "
            "in [0, 1], into numbers from 0.5 to 0.73: the loss of a row of class 0 cannot fall "
            "below ln 2 = 0.6931, that of class 1 not below ln(1 + 1/e) = 0.3133.",
            fix="Remove the sigmoid from the model, or use the loss for probabilities "
            "(from_logits=False; PyTorch: BCELoss).",
        )

    @staticmethod
    def _own(case: Case) -> str:
        return "sigmoid" if case.kind == "binary" else "softmax"


class LogitsIntoProbsLoss(Check):
    code = "CE106"
    slug = "logits-into-probs-loss"
    title = "Logits where probabilities are meant"
    pasted = "Keras: the loss is near 16 or 1e-7 or NaN with a linear last layer"
    stage = Stage.PREDICTIONS
    why = (
        "With from_logits=False, the default of Keras and crossent, the loss reads the numbers "
        "as probabilities. It divides them by their sum and clips them, in another order on "
        "each backend, so the result means nothing."
    )
    fix = "Pass from_logits=True (PyTorch: BCEWithLogitsLoss; scikit-learn: predict_proba)."
    rule = (
        "The loss takes probabilities, and some kept row holds a number below 0 or above 1 by more "
        "than the precision allows. A model with a linear last layer needs no rows."
    )
    silent_after = (
        "CE304",
        "CE305",
        "CE307",
        "CE306",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        if not case.takes_probabilities:
            return None
        if case.model is not None and case.model.activation in ("linear", "relu", "tanh"):
            return self.finding(
                f"The last layer of the model ({case.model.last}) is {case.model.activation}, "
                "but the loss takes probabilities.",
                fix=_cure(case),
            )
        rows = case.rows
        if rows is None or not rows.seen.outside:
            return None
        seen = rows.seen
        first = "" if seen.odd is None else f" (first in row {seen.odd[0]}: {seen.odd[1]:.4g})"
        return self.finding(
            f"{counted(seen.outside, 'row')} of {seen.rows} ({percent(seen.outside, seen.rows)}) "
            f"{agreed(seen.outside, 'hold')} numbers outside of [0, 1]{first}; all values lie "
            f"from {seen.low:.4g} to {seen.high:.4g}.",
            fix=_cure(case) if seen.outside * 20 > seen.rows
            else f"Look at those rows. If all are logits: {_cure(case)}",
        )  # fmt: skip


def _cure(case: Case) -> str:
    """Say how the loss is told, where it can be told."""
    named = case.loss.name not in WORDS
    if named and case.framework == "torch":
        return "Use torch.nn.BCEWithLogitsLoss, or apply a sigmoid before."
    if named and case.framework == "sklearn":
        return "Pass probabilities: predict_proba, or scipy.special.softmax(y_pred, axis=1)."
    return "Pass from_logits=True."


class KerasCachedLogits(Check):
    code = "CE317"
    slug = "keras-cached-logits"
    title = "A Keras model ends with a softmax or sigmoid, and the loss takes logits"
    pasted = (
        '"`sparse_categorical_crossentropy` received `from_logits=True`, but the `output` argument '
        'was produced by a Softmax activation and thus does not represent logits. Was this?"'
    )
    stage = Stage.PREDICTIONS
    why = (
        "On TensorFlow, Keras uses the numbers before the softmax, with a warning. On PyTorch "
        "and JAX it applies the softmax twice, without a warning. The loss of what `predict` "
        "returns then differs from the loss of `fit`."
    )
    fix = "Take activation='softmax' out of the last layer, or from_logits=True out of the loss."
    rule = (
        "A Keras model is given, its last activation is a softmax or sigmoid, and from_logits "
        "is True."
    )

    def find(self, case: Case) -> Finding | None:
        model = case.model
        if model is None or model.framework != "keras" or not case.takes_logits:
            return None
        if model.activation not in ("softmax", "sigmoid"):
            return None
        return self.finding(
            f"The last layer ({model.last}) has the activation {model.activation}, but the loss "
            "was made with from_logits=True.",
            fix=f"Take activation='{model.activation}' out of the last layer, or from_logits=True "
            "out of the loss.",
        )


CHECKS = (
    ProbsIntoLogitsLoss,
    LogitsIntoProbsLoss,
    KerasCachedLogits,
)
