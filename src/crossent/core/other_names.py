"""What other libraries call the arguments of a cross-entropy, and what says the same here.

One row for each name that Keras, PyTorch, TensorFlow, optax, scikit-learn, Paddle and training
libraries give to an argument of a cross-entropy or of a loss beside it. Names that crossent has too
stand here where another of its functions has them.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final, NamedTuple

TARGETS: Final = "y_true"
PREDICTIONS: Final = "y_pred"
OF_LOGITS: Final = (
    "logits", "logit", "source", "shift_logits", "pooled_logits", "log_probs",
    "log_predictions", "scores", "predictor_outputs",
)  # fmt: skip
"""Names of predictions that are logits; logarithms of probabilities are logits too."""
SHOWN: Final = 24
"""Characters up to which a value is written out in the line of advice."""


class Other(NamedTuple):
    """What stands for an argument of another library."""

    ours: tuple[str, ...] = ()  # the first that a function has; TARGETS and PREDICTIONS are arrays
    why: str = ""  # what it is, or why there is nothing to write
    value: Callable[[object], str] | None = None  # what to write for a value, else the value


def written(value: object) -> str:
    """Return a value as it is written in a call; dots for an array."""
    plain = value is None or isinstance(value, bool | int | float | str | tuple | list)
    text = repr(value) if plain else "..."
    return text if len(text) <= SHOWN else "..."


def _mean_or_sum(value: object) -> str:
    return "'mean'" if value is None or value else "'sum'"


def _reduced_or_not(value: object) -> str:
    return "'mean'" if value is None or value else "'none'"


def _dots(value: object) -> str:
    return "..."


def _opposite(value: object) -> str:
    return "False" if value else "True"


_IGNORE = Other(("ignore_class",))
_LABELS = Other((TARGETS,))
_OUTPUTS = Other((PREDICTIONS,))
_OF_ROWS = Other(("sample_weight",))
_OF_CLASSES = Other(("class_weight", "pos_weight"))
_SMOOTH = Other(("label_smoothing",))
_Z = Other(("z_loss",))
_DIVISOR = Other(("normalizer",))
_AXIS = Other(("axis",))
_EPSILON = Other(("epsilon",))
_COUNT = Other(("num_classes",), "the number of classes is the size of the class axis of `y_pred`")
_FOCAL = Other((), "it belongs to the focal loss, which crossent does not have")
_REDUCE = Other(("reduction",), value=_reduced_or_not)
_AVERAGE = Other(("reduction",), value=_mean_or_sum)
_MASK = Other(("sample_weight",), "1 for a row that counts, 0 for another")
_NAME = Other((), "a loss has no name here")
_CTC = Other((), "it belongs to another loss (CTC), which crossent does not have")
_SAMPLED = Other((), "it belongs to a sampled softmax, which crossent does not have")
_LINEAR = Other((), "compute the logits first: y_pred = hidden @ weight.T + bias")
_CHUNK = Other((), "crossent chooses the sizes of its blocks itself")

NAMES: Final[dict[str, Other]] = {
    # Labels and predictions.
    **dict.fromkeys(
        ("labels", "label", "target", "targets", "y", "y_target", "true", "gt", "ground_truth",
         "one_hot_labels", "onehot_labels", "multi_class_labels", "class_labels", "shift_labels"),
        _LABELS,
    ),
    **dict.fromkeys(
        ("input", "inputs", "output", "outputs", "pred", "preds", "prediction", "predictions",
         "y_hat", "y_proba", "y_prob", "y_score", "prob", "probs", "probabilities", "cls_score",
         "p"),
        _OUTPUTS,
    ),
    **dict.fromkeys(OF_LOGITS, _OUTPUTS),
    "y_true": _LABELS,
    "y_pred": _OUTPUTS,
    **{name: Other((name,)) for name in ("reduction", "label_smoothing", "normalizer", "empty",
                                         "validate", "from_logits")},
    # Which rows count, and what they weigh.
    **dict.fromkeys(
        ("ignore_index", "ignore_label", "ignored_index", "ignored_label", "ignore_value",
         "ignore_id", "ignore_idx", "ignore_classes", "padding_idx", "pad_token_id", "pad_id",
         "padding_index", "void_class", "label_pad_token_id"),
        _IGNORE,
    ),
    "ignore_class": _IGNORE,
    **dict.fromkeys(("sample_weights", "weights", "element_weight", "row_weight"), _OF_ROWS),
    "weight": Other(("class_weight", "sample_weight")),
    **dict.fromkeys(("class_weights", "classes_weight", "cls_weight", "weight_per_class"),
                    _OF_CLASSES),
    "class_weight": _OF_CLASSES,
    **dict.fromkeys(("pos_weight", "pos_weights", "scale_pos_weight"),
                    Other(("pos_weight", "class_weight"))),
    **dict.fromkeys(("mask", "masks", "padding_mask", "attention_mask", "loss_mask"), _MASK),
    "where": Other(("class_mask", "sample_weight")),
    "class_mask": Other((), "there is no axis of classes to leave classes out of"),
    "sample_weight": _OF_ROWS,
    "loss_weight": Other((), "multiply the result by it"),
    "target_prob": Other((), "it belongs to sparse_categorical_crossentropy"),
    "is_unbalance": Other(("pos_weight", "class_weight"), value=_dots),
    # What is done with the rows.
    **dict.fromkeys(("size_average", "average"), _AVERAGE),
    "reduce": _REDUCE,
    **dict.fromkeys(("reduction_override", "reduce_mode", "reduction_mode"),
                    Other(("reduction",))),
    "normalize": _AVERAGE,
    **dict.fromkeys(("avg_factor", "num_items_in_batch", "divisor", "num_tokens"), _DIVISOR),
    # Numbers of the formula.
    **dict.fromkeys(
        ("label_smooth", "label_smoothing_factor", "labelsmoothing", "smoothing", "smooth",
         "smooth_factor", "smooth_eps", "label_smooth_eps", "smooth_label_eps", "eps_ls", "lsr"),
        _SMOOTH,
    ),
    **dict.fromkeys(("eps", "clip_eps", "log_epsilon", "clip"), _EPSILON),
    "epsilon": Other(("epsilon", "label_smoothing")),
    **dict.fromkeys(("lse_square_scale", "z_loss_weight", "z_loss_coefficient",
                     "z_loss_multiplier", "z_loss_coef", "z_reg"), _Z),
    "z_loss": Other((), "two classes have no logarithm of a sum to hold small"),
    "return_z_loss": Other((), "the loss and the z-loss come as one number"),
    **dict.fromkeys(("dim", "class_axis", "class_dim", "axes", "dimension"), _AXIS),
    "axis": Other((), "every element has its own loss"),
    "temperature": Other((), "divide the logits by it"),
    "logit_scale": Other((), "multiply the logits by it"),
    **dict.fromkeys(("softcap", "logit_softcapping", "final_logit_softcapping"), Other(
        ("softcap",), "apply it to the logits: softcap * tanh(logits / softcap)")),
    # What the predictions are.
    **dict.fromkeys(("use_softmax", "softmax", "apply_softmax", "with_logits", "is_logits",
                     "sigmoid", "use_sigmoid", "logits_input", "log_input"),
                    Other(("from_logits",))),
    **dict.fromkeys(("from_probs", "from_probabilities", "from_softmax", "is_probability"),
                    Other(("from_logits",), value=_opposite)),
    **dict.fromkeys(("soft_label", "soft_labels", "label_is_onehot", "one_hot", "to_onehot_y"),
                    Other((), "class indices belong to sparse_categorical_crossentropy, one-hot "
                              "and soft targets to categorical_crossentropy")),
    "sparse": Other((), "sparse_categorical_crossentropy is the loss of class indices"),
    **dict.fromkeys(("num_classes", "n_classes", "class_num", "num_labels", "vocab_size", "depth",
                     "classes", "C", "n_class", "nclasses"), _COUNT),
    "include_background": Other(("class_mask",), value=_dots),
    # Other losses, and what no loss is asked here.
    **dict.fromkeys(("gamma", "apply_class_balancing", "focusing_parameter"), _FOCAL),
    "alpha": _OF_CLASSES,  # of a focal loss
    "full": Other((), "it belongs to the Poisson and Gaussian losses, which crossent does not "
                      "have"),
    "log_target": Other((), "it belongs to the KL divergence, which crossent does not have"),
    "log_targets": Other((), "it belongs to the KL divergence, which crossent does not have"),
    "compute_full_loss": Other((), "it belongs to the Poisson loss, which crossent does not have"),
    "q": Other((), "it belongs to the generalized cross-entropy, which crossent does not have"),
    "scale_by_half": Other((), "it belongs to the Brier score: evaluate(...).brier"),
    **dict.fromkeys(("biases", "num_sampled", "num_true", "partition_strategy", "seed",
                     "remove_accidental_hits", "sampled_values"), _SAMPLED),
    "bias": Other(("linear_bias",), _LINEAR.why),
    **dict.fromkeys(("in_features", "out_features", "options"), _LINEAR),
    "device": Other((), "the loss is computed where `y_pred` is"),
    "margin": Other((), "subtract it from the label's logit"),
    **dict.fromkeys(("blank", "blank_id", "logit_paddings", "label_paddings", "input_lengths",
                     "target_lengths", "zero_infinity", "target_length", "output_length",
                     "mask_index"), _CTC),
    "name": _NAME,
    "scope": _NAME,
    "loss_collection": Other((), "TensorFlow 2 has no collections of losses"),
    "dtype": Other((), "the loss has the dtype that follows from that of `y_pred`"),
    "pos_label": Other((), "class 1 is the positive one: pass y_true == pos_label"),
    "validate_args": Other(("validate",), value=lambda value: "'always'" if value else "'off'"),
    "inplace_backward": Other((), "value_and_grad has inplace=True"),
    **dict.fromkeys(("inplace", "out"), Other((), "value_and_grad(loss)(...) has it")),
    **dict.fromkeys(("chunk_size", "chunks", "n_chunks"), _CHUNK),
    "process_group": Other((), "the classes must not be divided among processes"),
    **dict.fromkeys(("argnums", "has_aux"), Other((), "the gradient is that to `y_pred`")),
    "argnum": Other((), "the gradient is that to `y_pred`"),
}  # fmt: skip
"""By the name of the argument."""

REDUCTIONS: Final[dict[object, str]] = {
    None: "none",
    True: "mean",
    False: "none",
    "None": "none",
    "NONE": "none",
    "batchmean": "mean",
    "elementwise_mean": "mean",
    "avg": "mean",
    "average": "mean",
    "sum_over_batch_size": "mean",
    "SUM_OVER_BATCH_SIZE": "mean",
    "mean_with_sample_weight": "mean",
    "sum_over_nonzero_weights": "mean",
    "sum_by_nonzero_weights": "mean",
    "weighted_sum_by_nonzero_weights": "mean",
    "weighted_sum_over_batch_size": "mean",
    "weighted_mean": "mean",
    "token_mean": "mean",
    "weighted_sum": "sum",
}
"""By another library's word: the word of `reduction` for it."""


def likely(value: object, options: Container[str]) -> str:
    """Return what to write for a value that was given without a name."""
    kind = (
        "from_logits" if isinstance(value, bool)
        else "num_classes" if isinstance(value, int) and "num_classes" in options
        else "reduction" if isinstance(value, str)
        else "ignore_class" if isinstance(value, int)
        else "label_smoothing" if isinstance(value, float)
        else "sample_weight" if "sample_weight" in options
        else "class_weight"
    )  # fmt: skip
    return f"{kind}={written(value)}" if kind in options else ""


class Meant(NamedTuple):
    """What an unknown argument stands for in one function."""

    ours: str | None  # None: there is nothing to write
    line: str  # what to write, such as ``ignore_class=-100``
    why: str


def meant(name: str, value: object, options: Container[str]) -> Meant | None:
    """Return what an argument is called in a function with these options, None if unknown.

    The options may hold :data:`TARGETS` and :data:`PREDICTIONS`, where an array is looked for.
    """
    other = NAMES.get(name)
    if other is None:
        return None
    for ours in other.ours:
        if ours not in options:
            continue
        if ours in (TARGETS, PREDICTIONS):
            return Meant(ours, name, "")
        if ours == name:
            continue
        text = written(value) if other.value is None else other.value(value)
        if ours == "class_weight" and not isinstance(value, list | tuple | dict):
            text = "..."  # one number is not a weight for each class
        return Meant(ours, f"{ours}={text}", other.why if other is _MASK else _IS.get(ours, ""))
    if "outputs" in options and name in _OF_LOG_PROBS:
        return Meant(None, "", _OF_LOG_PROBS[name])
    if "linear_bias" in options and name in _OF_LAYERS:
        return Meant(None, "", _OF_LAYERS[name])
    nowhere = [_NOWHERE[ours] for ours in other.ours if ours in _NOWHERE]
    return Meant(None, "", other.why or " ".join(nowhere[-1:]))


_IS: Final = {
    "class_weight": "a weight for each class",
    "sample_weight": "a weight for each row",
    "pos_weight": "the weight of class 1 divided by that of class 0",
    "normalizer": "what the sum is divided by",
    "from_logits": "True for logits, False for probabilities",
    "class_mask": "False for a class that does not exist",
}
"""What an option of ours is, where its name does not say it."""

_NOWHERE: Final = {
    TARGETS: "`y_true` is given, and column c of `y_pred` belongs to label c",
    PREDICTIONS: "`y_pred` is given",
    "ignore_class": "rows are left out by a `sample_weight` of 0",
    "sample_weight": "it comes with the call, loss(y_true, y_pred, sample_weight=...)",
    "normalizer": "it comes with the call, or the result has one mean alone",
    "axis": "every element has its own loss",
    "reduction": "the result is the mean",
    "label_smoothing": "the labels are taken as they are",
    "epsilon": "the values are taken as they are",
    "from_logits": "it is told from the values",
    "empty": "there must be a row",
    "validate": "every row is looked at",
}
"""Why an argument means nothing where its option is none."""

_OF_LAYERS: Final = {
    "axis": "the classes are the rows of `linear_weight`",
    "from_logits": "a linear layer gives logits",
    "temperature": "pass logit_scale=1/temperature",
    **dict.fromkeys(
        ("chunk_size", "chunks", "n_chunks"), "`max_memory` says how many bytes the logits may take"
    ),
}
"""The same where a linear layer makes the logits."""

_OF_LOG_PROBS: Final = {
    "reduction": "each row has a result of its own",
    "from_logits": "log-probabilities are those of logits",
}
"""The same for log-probabilities."""
