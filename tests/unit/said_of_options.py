"""What messages about options, and about what is no array, have to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import crossent as ce
from crossent import sparse_categorical_crossentropy
from unit.said import Said, logits, shares, sparse, sparse_p


def grad(y_pred: Any, **options: Any) -> Any:
    y_true = np.zeros(len(y_pred), int)
    return ce.value_and_grad(sparse_categorical_crossentropy)(
        y_true, y_pred, from_logits=True, **options
    )


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def shared(rows: int, columns: int) -> np.ndarray:
    """An array whose rows are one and the same memory."""
    return np.lib.stride_tricks.as_strided(np.zeros(columns), (rows, columns), (0, 8))


def into_itself(y_pred: np.ndarray) -> Any:
    return grad(y_pred, out=y_pred)


def foreign(module: str, name: str, **attributes: Any) -> Any:
    """An object whose type says that it is of a framework, which is not imported for it."""
    return type(name, (), {"__module__": module, **attributes})()


def without_kernels(call: Callable[[], Any]) -> Any:
    ce.use_kernels(False)
    try:
        return call()
    finally:
        ce.use_kernels(True)


OPTIONS: dict[str, Said] = {
    "from_logits": Said(
        lambda: sparse_p([0], shares(1, 3), from_logits=1),
        ce.OptionError, "CE001", "from_logits", "1", ("True or False",),
    ),
    "axis, no integer": Said(
        lambda: sparse([0], logits(1, 3), axis=1.5),
        ce.OptionError, "CE001", "axis", "1.5", ("an integer",),
    ),
    "axis, out of range": Said(
        lambda: sparse([0, 1], logits(2, 3), axis=4),
        ce.OptionError, "CE001", "axis", "2 3 4", ("an axis of y_pred",),
    ),
    "ignore_class, a fraction": Said(
        lambda: sparse([0], logits(1, 3), ignore_class=(7, 1.5)),
        ce.OptionError, "CE001", "ignore_class", "7 1.5", ("an integer or a tuple of integers",),
    ),
    "ignore_class, too large": Said(
        lambda: sparse([0], logits(1, 3), ignore_class=2**70),
        ce.OptionError, "CE001", "ignore_class", "64 1180591620717411303424", ("64 bits",),
    ),
    "label_smoothing": Said(
        lambda: sparse([0], logits(1, 3), label_smoothing=1.25),
        ce.OptionError, "CE001", "label_smoothing", "0 1 1.25",
    ),
    "label_smoothing, a word": Said(
        lambda: sparse([0], logits(1, 3), label_smoothing="a lot"),
        ce.OptionError, "CE001", "label_smoothing", "0 1",
    ),
    "label_smoothing, a truth": Said(
        lambda: sparse([0], logits(1, 3), label_smoothing=True),
        ce.OptionError, "CE001", "label_smoothing", "0 1",
    ),
    "z_loss": Said(
        lambda: sparse([0], logits(1, 3), z_loss=-0.25),
        ce.OptionError, "CE001", "z_loss", "0 -0.25",
    ),
    "epsilon": Said(
        lambda: sparse_p([0], shares(1, 3), epsilon=0.75),
        ce.OptionError, "CE001", "epsilon", "0 0.5 0.75",
    ),
    "normalize": Said(
        lambda: sparse_p([0], shares(1, 3), normalize="yes"),
        ce.OptionError, "CE001", "normalize", "", ("True or False",),
    ),
    "reduction": Said(
        lambda: sparse([0], logits(1, 3), reduction="median"),
        ce.OptionError, "CE001", "reduction", "", ("'mean', 'sum', 'none', 'parts', 'auto'",),
    ),
    "empty": Said(
        lambda: sparse([0], logits(1, 3), empty="skip"),
        ce.OptionError, "CE001", "empty", "", ("'zero', 'nan', 'raise'",),
    ),
    "validate": Said(
        lambda: sparse([0], logits(1, 3), validate=False),
        ce.OptionError, "CE001", "validate", "", ("'first', 'always', 'off'",),
    ),
    "reduction, another library's word": Said(
        lambda: sparse([0], logits(1, 3), reduction="sum_over_batch_size"),
        ce.OptionError, "CE001", "reduction", "", ("Write reduction='mean'",),
    ),
    "an option of another library": Said(
        lambda: ce.SparseCategoricalCrossentropy(weight=np.ones(3)),
        ce.OptionNameError, "CE001", "weight class_weight", "",
        ("SparseCategoricalCrossentropy has `class_weight`", "Write class_weight=...."),
    ),
    "options of another library": Said(
        lambda: sparse([0], logits(1, 3), ignore_index=-100, num_classes=3, reduce=False,
                       size_average=True),
        ce.OptionNameError, "CE001",
        "ignore_index reduce size_average ignore_class reduction num_classes y_pred", "-100",
        ("`num_classes` is not an option", "Leave it out. Write ignore_class=-100, reduction="),
    ),
    "labels and logits by other names": Said(
        lambda: sparse_categorical_crossentropy(labels=[0], logits=logits(1, 3)),
        ce.OptionNameError, "CE001", "labels logits y_true y_pred", "",
        ("Write sparse_categorical_crossentropy(labels, logits, from_logits=True).",),
    ),
    "options without names": Said(
        lambda: sparse_categorical_crossentropy([0], logits(1, 3), True, "sum", np.ones(1)),
        ce.OptionNameError, "CE001", "", "",
        ("(y_true, y_pred, from_logits=True, reduction='sum', sample_weight=...)",),
    ),
    "no predictions": Said(
        lambda: sparse_categorical_crossentropy([0]),
        ce.OptionNameError, "CE001", "y_pred", "",
        ("Write sparse_categorical_crossentropy(y_true, y_pred).",),
    ),
    "an output that is none": Said(
        lambda: ce.log_probs([0], [[0.5, 0.25]], outputs=("rank", "logp")),
        ce.OptionError, "CE001", "outputs", "",
        ("'log_prob', 'entropy', 'lse', 'rank', 'correct', or a tuple", "('rank', 'logp')"),
    ),
    "no temperature": Said(
        lambda: ce.log_probs([0], [[0.5, 0.25]], temperature=0),
        ce.OptionError, "CE001", "temperature", "0 0.0", ("a finite number > 0",),
    ),
    "log-probabilities of no logits": Said(
        lambda: ce.log_probs([0]),
        ce.OptionNameError, "CE001", "logits", "", ("Write log_probs(y_true, logits).",),
    ),
    "an option that nobody has": Said(
        lambda: sparse([0], logits(1, 3), colour="red"),
        ce.OptionNameError, "CE001", "colour", "",
        ("class_weight, empty, epsilon, from_logits", "of sparse_categorical_crossentropy."),
    ),
    "an option, misspelt": Said(
        lambda: sparse([0], logits(1, 3), label_smoothng=0.25),
        ce.OptionNameError, "CE001", "label_smoothng label_smoothing", "", ("the nearest is",),
    ),
    "an option of another loss": Said(
        lambda: ce.BinaryCrossentropy(axis=1),
        ce.OptionNameError, "CE001", "axis", "", ("every element has its own loss. Leave it out.",),
    ),
    "an option of the loss with a batch": Said(
        lambda: ce.SparseCategoricalCrossentropy()([0], shares(1, 3), ignore_index=7),
        ce.OptionNameError, "CE001", "ignore_index", "7",
        ("to the constructor, SparseCategoricalCrossentropy(ignore_class=7).",),
    ),
    "other names with a batch": Said(
        lambda: ce.BinaryCrossentropy()(target=[1.0], input=[0.5]),
        ce.OptionNameError, "CE001", "target input y_true y_pred", "",
        ("Write loss(target, input).",),
    ),
    "an option of the loss, too early": Said(
        lambda: ce.value_and_grad(sparse_categorical_crossentropy, from_logits=True),
        ce.OptionNameError, "CE001", "from_logits", "",
        ("value_and_grad(loss)(y_true, y_pred, from_logits=...)",),
    ),
    "other names for a gradient": Said(
        lambda: ce.value_and_grad(sparse_categorical_crossentropy)(labels=[0], logits=logits(1, 3)),
        ce.OptionNameError, "CE001", "labels logits y_true y_pred", "",
        ("(labels, logits, from_logits=True).",),
    ),
    "other names for an evaluation": Said(
        lambda: ce.evaluate(y_true=[0], y_pred=shares(1, 3)),
        ce.OptionNameError, "CE001", "y_true y_pred labels predictions", "",
        ("Write evaluate(y_true, y_pred).",),
    ),
    "a diagnosis, without names": Said(
        lambda: ce.diagnose([0], None, 3),
        ce.OptionNameError, "CE001", "", "3 3", ("Write diagnose(y_true, y_pred, num_classes=3).",),
    ),
    "z_loss of probabilities": Said(
        lambda: sparse_p([0], shares(1, 3), z_loss=0.25),
        ce.OptionError, "CE001", "z_loss", "",
        ("from_logits=True", "(probabilities have no logits)", "or pass from_logits=True"),
    ),
    "epsilon of logits": Said(
        lambda: sparse([0], logits(1, 3), epsilon=0.25),
        ce.OptionError, "CE001", "epsilon", "",
        ("from_logits=False", "only with from_logits=False (", "or pass from_logits=False"),
    ),
    "normalize of logits": Said(
        lambda: sparse([0], logits(1, 3), normalize=True),
        ce.OptionError, "CE001", "normalize", "", ("from_logits=False",),
    ),
    "empty of a sum": Said(
        lambda: sparse([0], logits(1, 3), empty="nan", reduction="sum"),
        ce.OptionError, "CE001", "empty", "",
        ('reduction="mean"',
         'only with reduction="mean" (reduction=\'sum\'', 'or pass reduction="mean"'),
    ),
    "normalizer of rows": Said(
        lambda: sparse([0], logits(1, 3), normalizer=2.5, reduction="none"),
        ce.OptionError, "CE001", "normalizer", "", ('reduction="mean"', "reduction='none'"),
    ),
    "normalizer, not positive": Said(
        lambda: sparse([0], logits(1, 3), normalizer=-2.5),
        ce.OptionError, "CE001", "normalizer", "",
    ),
    "normalizer, a word": Said(
        lambda: sparse([0], logits(1, 3), normalizer="rows"),
        ce.OptionError, "CE001", "normalizer", "",
    ),
    "normalizer, an array": Said(
        lambda: sparse([0], logits(1, 3), normalizer=np.ones(4)),
        ce.OptionError, "CE001", "normalizer", "",
    ),
    "gradient of rows": Said(
        lambda: ce.value_and_grad(sparse_categorical_crossentropy)([0], logits(1, 3),
            reduction="none"),
        ce.OptionError, "CE001", "", "", ('reduction="mean"', '"sum"', "not 'none'"),
    ),
    "out and inplace": Said(
        lambda: grad(logits(2, 3), out=logits(2, 3), inplace=True),
        ce.OptionError, "CE001", "out", "", ("left out when inplace=True",),
    ),
    "inplace of a list": Said(
        lambda: grad([[0.5, 2.5], [1.5, 0.25]], inplace=True),
        ce.OptionError, "CE001", "y_pred", "", ("a writeable NumPy array",),
    ),
    "inplace of what is read-only": Said(
        lambda: grad(read_only(logits(2, 3)), inplace=True),
        ce.OptionError, "CE001", "y_pred", "2 3", ("a writeable NumPy array",),
    ),
    "inplace of shared memory": Said(
        lambda: grad(shared(2, 5), inplace=True),
        ce.OptionError, "CE001", "y_pred", "", ("memory of their own",),
    ),
    "out of another shape": Said(
        lambda: grad(logits(2, 3), out=np.empty((4, 7), np.float32)),
        ce.OptionError, "CE001", "out", "2 3 4 7", ("a writeable NumPy array", "got an array"),
    ),
    "out of another kind": Said(
        lambda: grad(logits(2, 3), out=[1]),
        ce.OptionError, "CE001", "out", "2 3", ("a writeable NumPy array",),
    ),
    "out is read-only": Said(
        lambda: grad(logits(2, 3), out=read_only(np.empty((2, 3)))),
        ce.OptionError, "CE001", "out", "2 3 2 3", ("a writeable NumPy array",),
    ),
    "out of shared memory": Said(
        lambda: grad(logits(2, 5), out=shared(2, 5)),
        ce.OptionError, "CE001", "out", "", ("memory of their own",),
    ),
    "out is an input": Said(
        lambda: into_itself(logits(2, 3)),
        ce.OptionError, "CE001", "out", "", ("an array of its own",),
    ),
    "gradient of another function": Said(
        lambda: ce.value_and_grad(len),
        TypeError, "", "", "",
        ("crossent.sparse_categorical_crossentropy", "got <built-in function len>"),
    ),
    "array of an unknown framework": Said(
        lambda: sparse([0], foreign("cupy.core", "ndarray")),
        ce.ArrayKindError, "CE002", "y_pred", "",
        ("Convert it to a NumPy array", "is a cupy.core.ndarray", "jax, numpy, tensorflow, torch"),
    ),
    "labels of another framework": Said(
        lambda: sparse(foreign("torch", "Tensor"), logits(1, 3)),
        ce.ArrayKindError, "CE002", "y_true y_pred", "", ("or to NumPy", "is a torch.Tensor"),
    ),
    "a masked array": Said(
        lambda: sparse(np.ma.masked_equal([0, 1], 1), logits(2, 3)),
        ce.ArrayKindError, "CE002", "y_true", "",
        ("ignore_class", "sample_weight", "is a masked array"),
    ),
    "a mapping": Said(
        lambda: sparse([0], {"logits": 1, "hidden": 2}),
        ce.ArrayKindError, "CE002", "y_pred", "",
        ("Pass the array in it", "a dict with the keys 'logits', 'hidden'"),
    ),
    "arrays of different shapes": Said(
        lambda: sparse([0], [np.zeros((1, 2)), np.zeros((3, 4))]),
        ce.ArrayKindError, "CE002", "y_pred", "2", ("Pass one of them",),
    ),
    "rows of different lengths": Said(
        lambda: sparse([0], [[0.5, 1.5], [2.5]]),
        ce.ArrayKindError, "CE002", "y_pred", "1 2",
    ),
    "complex numbers": Said(
        lambda: sparse([0], logits(1, 3) + 1j),
        ce.ArrayKindError, "CE002", "y_pred", "", ("float16, bfloat16, float32, float64",),
    ),
    "text as predictions": Said(
        lambda: sparse([0], ["a", "b"]),
        ce.ArrayKindError, "CE002", "y_pred", "", ("Numbers only",),
    ),
    "nothing in place of an array": Said(
        lambda: sparse([0], None),
        ce.ArrayKindError, "CE002", "y_pred", "", ("Pass an array, or a list of numbers",),
    ),
    "an object": Said(
        lambda: sparse([0], object()),
        ce.ArrayKindError, "CE002", "y_pred", "", ("Convert it to a NumPy array",),
    ),
    "objects in an array": Said(
        lambda: sparse([0], np.array([None, 1.5, "a"], object)),
        ce.ArrayKindError, "CE002", "y_pred", "", ("astype(float), astype(int)",),
    ),
    "text as weights": Said(
        lambda: sparse([0], logits(1, 3), sample_weight=["a"]),
        ce.ArrayKindError, "CE002", "sample_weight", "", ("Numbers only",),
    ),
    "objects as labels": Said(
        lambda: sparse(np.array([[1], 1.5], object), logits(2, 3)),
        ce.ArrayKindError, "CE002", "y_true", "", ("astype(float), astype(int)",),
    ),
    "no rows": Said(
        lambda: sparse(np.zeros(0, int), np.zeros((0, 3)), empty="raise"),
        ce.EmptyError, "CE202", "", "", ('empty="raise"',),
    ),
    "no rows of weight": Said(
        lambda: sparse([5, 5, 5, 5], logits(4, 3), ignore_class=5, empty="raise"),
        ce.EmptyError, "CE202", "", "4 0 0", ('empty="zero"', '"nan"'),
    ),
    "no rows of weight, by weights": Said(
        lambda: sparse(np.zeros((2, 3), int), logits(2, 3, 4), sample_weight=0.0, empty="raise"),
        ce.EmptyError, "CE202", "", "6 0 0", ('empty="zero"', '"nan"'),
    ),
    "sample_weight given to a class": Said(
        lambda: ce.SparseCategoricalCrossentropy(sample_weight=[1]),
        ce.OptionError, "CE001", "sample_weight", "",
        ("SparseCategoricalCrossentropy(...)(y_true, y_pred, sample_weight=...)",),
    ),
    "normalizer given to a class": Said(
        lambda: ce.BinaryCrossentropy(normalizer=3),
        ce.OptionError, "CE001", "normalizer", "",
        ("BinaryCrossentropy(...)(y_true, y_pred, normalizer=...)",),
    ),
    "an argument of another loss": Said(
        lambda: ce.BinaryCrossentropy()([0], [0.5], target_prob=[1]),
        ce.OptionNameError, "CE001", "target_prob", "", ("sparse_categorical_crossentropy",),
    ),
    "use_kernels": Said(
        lambda: ce.use_kernels(2),
        ce.OptionError, "CE001", "use_kernels", "2", ("True or False",),
    ),
    "set_num_threads": Said(
        lambda: ce.set_num_threads(-3),
        ce.OptionError, "CE001", "set_num_threads", "1 -3",
    ),
    "tensors with a gradient in a list": Said(
        lambda: sparse([0], [foreign("torch", "Tensor", requires_grad=True)] * 3),
        ce.ArrayKindError, "CE002", "y_pred", "", ("torch.stack(...)",),
    ),
    "no rows of weight, without kernels": Said(
        lambda: without_kernels(lambda: grad(logits(5, 3), ignore_class=0, empty="raise")),
        ce.EmptyError, "CE202", "", "5 0 0", ('empty="zero"', '"nan"'),
    ),
    "a mean of no rows of weight, without kernels": Said(
        lambda: without_kernels(lambda: sparse([5, 5, 5, 5], logits(4, 3), ignore_class=5,
            empty="raise")),
        ce.EmptyError, "CE202", "", "4 0 0", ('empty="zero"', '"nan"'),
    ),
}  # fmt: skip
