"""What messages tell that come with a framework, or of a machine alone.

No framework is imported for them: the builders are called as the front ends call them.
"""

from __future__ import annotations

from pathlib import Path

import crossent as ce
from crossent.core.messages import compat, keras, machine, options, shapes
from crossent.core.messages import data as evaluations
from crossent.core.options import Options
from crossent.core.plan import Plan, Spec, plan_of_rows
from unit.said import Said


def plan_of(classes: int) -> Plan:
    return plan_of_rows(Options("sparse", from_logits=True), "index", Spec((3, classes), "float32"))


FRAMEWORKS: dict[str, Said] = {
    "another device": Said(
        lambda: options.other_device("sample_weight", "cuda:3", "cuda:1"),
        ce.ArrayKindError, "CE002", "sample_weight y_pred", "3 1", ("Move it there",),
    ),
    "a gradient to a constant": Said(
        lambda: options.no_gradient_to("normalizer"),
        ce.OptionError, "CE001", "normalizer", "", ("Detach it",),
    ),
    "freed memory": Said(
        lambda: options.freed_memory("y_true", 24, 96),
        ce.ArrayKindError, "CE002", "y_true untyped_storage().resize_(...)", "24 96",
        ("untyped_storage().resize_(...)", "pass a clone"),
    ),
    "divided classes": Said(
        lambda: options.divided_classes(50257, 4),
        ce.ArrayKindError, "CE002",
        "y_pred y_pred.full_tensor() torch.distributed.tensor.parallel.loss_parallel()", "50257 4",
        ("Pass `y_pred.full_tensor()`", "loss_parallel()"),
    ),
    "labels of one process": Said(
        lambda: options.divided_beside_whole("y_true", True),
        ce.ArrayKindError, "CE002",
        "y_pred y_true distribute_tensor(y_true, y_pred.device_mesh, placements) "
        "y_pred.full_tensor()", "", ("y_pred.full_tensor()",),
    ),
    "divided labels": Said(
        lambda: options.divided_beside_whole("y_true", False),
        ce.ArrayKindError, "CE002", "y_true y_pred y_true.full_tensor()", "",
        ("`y_true.full_tensor()`",),
    ),
    "a divided array": Said(
        lambda: options.divided_array("labels"),
        ce.ArrayKindError, "CE002", "labels labels.full_tensor()", "",
        ("`labels.full_tensor()`",),
    ),
    "a softmax twice, in PyTorch": Said(
        lambda: compat.torch_softmax_twice(plan_of(5), 40),
        ce.DoubleSoftmaxWarning, "CE105", "input input.log()", "40 0.9048 5",
        ("nll_loss",),
    ),
    "other data": Said(
        lambda: options.other_data("y_pred"),
        RuntimeError, "", "y_pred .data", "", ("Assign `.data` after backward",),
    ),
    "an unknown rank": Said(
        lambda: options.unknown_rank(),
        ce.ArrayKindError, "CE002", "tf.ensure_shape", "", ("tf.ensure_shape",),
    ),
    "an unknown length": Said(
        lambda: options.unknown_length("y_true"),
        ce.ArrayKindError, "CE002", "y_true tf.ensure_shape", "", ("tf.ensure_shape",),
    ),
    "unknown classes": Said(
        lambda: shapes.unknown_classes((None, 7, None), 2),
        ce.ShapeError, "CE112", "y_pred tf.ensure_shape", "2 7", ("tf.ensure_shape",),
    ),
    "weights by Keras": Said(
        lambda: options.keras_weights(),
        ce.OptionError, "CE205", "sample_weight class_weight loss", "",
        ("crossent.compat.keras.Loss(loss)",),
    ),
    "no loss to wrap": Said(
        lambda: options.keras_wrapped(7),
        ce.OptionError, "CE001", "loss", "7",
        ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"),
    ),
    "value_and_grad of another framework": Said(
        lambda: options.not_numpy("tensorflow"),
        ce.ArrayKindError, "CE002", "y_pred", "", ("tf.GradientTape", "belongs to tensorflow"),
    ),
    "traced values": Said(
        lambda: evaluations.traced("`y_true`"),
        ce.OptionError, "CE001", "y_true", "", ("Call this outside of jit",),
    ),
    "a model with another last layer": Said(
        lambda: compat.other_head("GPT", "missing"),
        ce.ArrayKindError, "CE002", "", "", ("linear_crossentropy(labels, hidden", "is missing"),
    ),
    "a model with another loss": Said(
        lambda: compat.other_loss("Bert", "ForMaskedLMLoss"),
        ce.ArrayKindError, "CE002", "", "", ("ForCausalLMLoss", "is ForMaskedLMLoss"),
    ),
    "a model that uses its logits": Said(
        lambda: compat.other_use_of_logits("adds to them"),
        ce.ArrayKindError, "CE002", "", "", ("adds to them", "without linear_loss"),
    ),
    "what only another library takes": Said(
        lambda: compat.only_theirs("sigmoid_binary_cross_entropy", "optax", "complex labels"),
        ce.ArrayKindError, "CE002", "", "",
        ("optax's own function",
         "sigmoid_binary_cross_entropy does not take complex labels", "but optax does",
         "float16, bfloat16, float32 or float64"),
    ),
    "negative smoothing": Said(
        lambda: compat.negative_smoothing(-0.25),
        ce.OptionError, "CE001", "label_smoothing", "0.0 1.0 -0.25", ("Leave the argument out",),
    ),
    "axis of Keras, a truth": Said(
        lambda: keras.axis_is_bool(True),
        ce.OptionError, "CE001", "axis int", "", ("got True",),
    ),
    "axis of Keras, another": Said(
        lambda: keras.last_axis_only(3),
        ce.OptionError, "CE001", "", "-1 3 3",
        ("crossent.compat.keras.Loss", "crossent.SparseCategoricalCrossentropy(axis=3)",
         "Only axis=-1"),
    ),
    "labels of Keras": Said(
        lambda: keras.sparse_shape([2, None], [5, 7]),
        ce.ShapeError, "CE110", "target output", "2 5 7",
        ("crossent.SparseCategoricalCrossentropy(axis=...)",),
    ),
    "targets of Keras": Said(
        lambda: keras.other_shape("binary_crossentropy", [2, 3], [5, 7]),
        ce.ShapeError, "CE112", "target output", "2 3 5 7",
        ("one target for every prediction", "binary_crossentropy never broadcasts"),
    ),
    "labels, in words of Keras": Said(
        lambda: keras.in_words_of_keras(ce.ShapeError("CE109", "Pass 9 as they are."), (2,), (5,
            7), "sparse"),
        ce.ShapeError, "CE109", "target output", "2 5 7 9", ("as they are.",),
    ),
    "targets, in words of Keras": Said(
        lambda: keras.in_words_of_keras(ce.ShapeError("CE108", "Pass 9 as they are."), (2, 3), (5,
            7), "dense"),
        ce.ShapeError, "CE108", "target output", "2 3 5 7 9", ("as they are.",),
    ),
    "a word in the environment": Said(
        lambda: machine.environment_word("CROSSENT_KERNELS", "7", "one of 1, on"),
        RuntimeWarning, "", "", "7 1", ("CROSSENT_KERNELS", "one of 1, on"),
    ),
    "no kernels": Said(
        lambda: machine.no_kernels("numba cannot be imported"),
        RuntimeWarning, "", "", "", ("numba cannot",),
    ),
    "code that cannot be read": Said(
        lambda: machine.code_unreadable(Path("kernels/a.nbc"), OSError("it is damaged")),
        RuntimeWarning, "", "", "", ("compiled again", "kernels/a.nbc", "(it is damaged)"),
    ),
    "code that cannot be read, without a word": Said(
        lambda: machine.code_unreadable(Path("kernels/a.nbc"), KeyError()),
        RuntimeWarning, "", "", "", ("compiled again", "(KeyError)"),
    ),
    "code that cannot be kept": Said(
        lambda: machine.code_unwritable(Path("kernels/a.nbc"), OSError("disk is full")),
        RuntimeWarning, "", "", "", ("CROSSENT_CACHE_DIR", "kernels/a.nbc", "(disk is full)"),
    ),
    "code without a home": Said(
        lambda: machine.code_homeless(),
        RuntimeWarning, "", "", "", ("CROSSENT_CACHE_DIR",),
    ),
    "NaN at the end of an epoch": Said(
        lambda: keras.nan_loss("epoch 7"),
        ce.CrossentWarning, "CE217", "", "7",
        ("The loss of epoch 7 is NaN", "crossent.doctor.guards.fit_check(model, x, y)",
         "run_eagerly=True"),
    ),
    "no logits": Said(
        lambda: UserWarning(keras.not_logits("binary_crossentropy", "sigmoid")),
        UserWarning, "", "binary_crossentropy", "",
        ("sigmoid activation", "from_logits=False", "received from_logits=True"),
    ),
}  # fmt: skip
