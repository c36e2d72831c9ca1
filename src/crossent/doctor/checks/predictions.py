"""Checks of logits where probabilities are meant, and the other way round."""

from __future__ import annotations

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent
from crossent.doctor.constants import double_softmax_floor
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.known_losses import WORDS
from crossent.stream.inference import FEW

MANY_ELEMENTS = 64


class ProbsIntoLogitsLoss(Check):
    code = "CE105"
    slug = "probs-into-logits-loss"
    title = "Probabilities where logits are meant: a softmax twice"
    pasted = "The loss falls a little, then stays at 1.4612 with 10 classes"
    stage = Stage.PREDICTIONS
    why = (
        "A loss that takes logits applies a softmax. On probabilities, which lie within 1 of each "
        "other, that leaves hardly any difference between the classes: a perfect model cannot get "
        "below ln(e + C - 1) - 1."
    )
    fix = "Remove the softmax from the model, or pass from_logits=False."
    rule = (
        "The loss takes logits, and 8 rows or more all lie in [0, 1] and sum to 1, within the "
        "precision found in the values. Binary: 64 values or more, all in [0, 1]. A model whose "
        "last layer is a softmax or sigmoid needs no rows."
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
        if rows is None or not case.takes_logits or rows.seen.outside:
            return None
        if case.kind == "binary":
            if rows.seen.rows < MANY_ELEMENTS or rows.seen.high - rows.seen.low < 0.05:
                return None
            return self._sigmoid(
                f"All {rows.seen.rows} values of `y_pred` lie in [0, 1], and the loss applies a "
                "sigmoid to them."
            )
        if rows.seen.rows < FEW or rows.seen.vectors < rows.seen.rows:
            return None
        floor = double_softmax_floor(rows.classes)
        return self.finding(
            f"All {rows.seen.rows} rows of `y_pred` lie in [0, 1] and sum to 1; with a second "
            f"softmax the loss of {rows.classes} classes cannot fall below {floor:.4f}."
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
            why="A loss that takes logits applies a sigmoid. Of probabilities, which lie in "
            "[0, 1], it makes numbers from 0.5 to 0.73: a row of class 0 cannot get below "
            "ln 2 = 0.6931, one of class 1 not below ln(1 + 1/e) = 0.3133.",
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
        "With from_logits=False, the default of Keras and crossent, the numbers are taken for "
        "probabilities: they are divided by their sum and clipped, in another order on each "
        "backend, and the loss is a number without meaning."
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
                f"The last layer of the model ({case.model.last}) is {case.model.activation}, and "
                "the loss takes probabilities.",
                fix=_cure(case),
            )
        rows = case.rows
        if rows is None or not rows.seen.outside:
            return None
        seen = rows.seen
        first = "" if seen.odd is None else f" (first in row {seen.odd[0]}: {seen.odd[1]:.4g})"
        return self.finding(
            f"{counted(seen.outside, 'row')} of {seen.rows} ({percent(seen.outside, seen.rows)}) "
            f"{agreed(seen.outside, 'hold')} numbers outside of [0, 1]{first}; all lie from "
            f"{seen.low:.4g} to {seen.high:.4g}.",
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
        "On TensorFlow Keras finds the numbers before the softmax and uses them, with a warning; "
        "on PyTorch and JAX it applies the softmax twice, without one. What `predict` returns then "
        "has another loss than `fit` showed."
    )
    fix = "Take activation='softmax' out of the last layer, or from_logits=True out of the loss."
    rule = (
        "A Keras model is given whose last activation is a softmax or sigmoid, with "
        "from_logits=True."
    )

    def find(self, case: Case) -> Finding | None:
        model = case.model
        if model is None or model.framework != "keras" or not case.takes_logits:
            return None
        if model.activation not in ("softmax", "sigmoid"):
            return None
        return self.finding(
            f"The last layer ({model.last}) has the activation {model.activation}, and the loss "
            "was made with from_logits=True.",
            fix=f"Take activation='{model.activation}' out of the last layer, or from_logits=True "
            "out of the loss.",
        )


CHECKS = (
    ProbsIntoLogitsLoss,
    LogitsIntoProbsLoss,
    KerasCachedLogits,
)
