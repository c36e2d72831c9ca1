"""The doctor on Keras and TensorFlow: the messages they really print, tensors, models."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import crossent as ce

Y = np.arange(12) % 3
X = (np.random.default_rng(0).normal(size=(12, 3)) + 3 * np.eye(3)[Y]).astype(np.float32)
ops = tf.nn.sparse_softmax_cross_entropy_with_logits
losses = keras.losses


def fit(loss: object, y: np.ndarray, outputs: int = 3, **options: object) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(outputs)])
    model.compile(loss=loss)
    model.fit(X, y, verbose=0, **options)


def unused_model() -> None:
    weight = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.cast(tf.argmax(X, 1), tf.float32))
    keras.optimizers.SGD().apply_gradients([(tape.gradient(loss, weight), weight)])


RAISED = [
    ("CE104", lambda: ops(labels=Y + 1, logits=X)),
    ("CE101", lambda: ops(labels=Y + 5, logits=X)),
    ("CE103", lambda: ops(labels=np.where(Y == 0, -1, Y), logits=X)),
    ("CE312", lambda: ops(labels=np.where(Y == 0, -(2**31), Y), logits=X)),
    ("CE111", lambda: ops(labels=Y.astype(np.float32), logits=X)),
    ("CE112", lambda: ops(labels=Y[:5], logits=X)),
    ("CE108", lambda: losses.sparse_categorical_crossentropy(np.eye(3)[Y], X, from_logits=True)),
    ("CE109", lambda: losses.categorical_crossentropy(Y, X, from_logits=True)),
    ("CE313", lambda: tf.cast(tf.constant(["a", "b"]), tf.int64)),
    ("CE217", lambda: tf.debugging.check_numerics(tf.constant([np.nan]), "loss")),
    ("CE305", unused_model),
    ("CE104", lambda: fit(losses.SparseCategoricalCrossentropy(from_logits=True), Y + 1)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "call"), RAISED)
def test_real_errors_are_explained(code: str, call) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of any type, told by its message
        call()
    explanation = ce.explain(caught.value)
    assert explanation.kind == "message", str(caught.value)[:500]
    assert code in explanation.codes[:2], (str(caught.value)[:500], explanation.codes)


def test_a_class_without_weight_is_found_where_keras_says_nothing() -> None:
    logits = losses.SparseCategoricalCrossentropy(from_logits=True)
    fit(logits, Y, class_weight={0: 1.0})
    assert ce.diagnose(Y, X, loss=logits, class_weight={0: 1.0}).codes == ["CE314"]


def model_of(activation: str | None, loss: object, **options: object) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation=activation)])
    model.compile(loss=loss, **options)
    return model


def own_loss(y_true, y_pred):
    return losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize(
    ("activation", "loss", "options", "code"),
    [
        ("softmax", "sparse_categorical_crossentropy", {}, None),
        ("softmax", "sparse_categorical_crossentropy", {"metrics": ["accuracy"]}, None),
        (None, LOGITS, {}, None),
        (None, own_loss, {"metrics": ["sparse_categorical_accuracy"]}, None),
        (None, "sparse_categorical_crossentropy", {}, "CE106"),
        ("softmax", LOGITS, {}, "CE317"),
        ("sigmoid", LOGITS, {}, "CE317"),
        ("softmax", "categorical_crossentropy", {}, "CE109"),
        # Keras 3 picks this metric by the shapes, rightly with any loss.
        (None, own_loss, {"metrics": ["accuracy"]}, None),
    ],
)
@pytest.mark.parametrize("x", [None, X], ids=["no input", "input"])
def test_models_before_fit(
    activation: str | None, loss: object, options: dict, code: str | None, x: object
) -> None:
    model = model_of(activation, loss, **options)
    report = ce.diagnose(Y, model=model, x=x)
    grave = [finding.code for finding in report.findings if finding.severity != "note"]
    assert grave == ([] if code is None else [code])


def test_the_width_of_a_model_is_that_of_the_classes() -> None:
    model = model_of("softmax", "sparse_categorical_crossentropy")
    assert ce.diagnose(Y + 1, model=model).codes == ["CE104"]
    assert ce.diagnose(np.arange(9), model=model).codes == ["CE101"]


@pytest.mark.parametrize("x", [None, X], ids=["no input", "input"])
@pytest.mark.parametrize(
    ("activation", "loss", "code"),
    [
        ("sigmoid", "binary_crossentropy", None),
        (None, losses.BinaryCrossentropy(from_logits=True), None),
        ("softmax", "binary_crossentropy", "CE302"),
    ],
)
@pytest.mark.filterwarnings("ignore:You are using a softmax:UserWarning")
def test_models_of_one_output(activation, loss, code, x) -> None:
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1, activation)])
    model.compile(loss=loss)
    report = ce.diagnose(Y % 2, model=model, x=x)
    assert report.codes == ([] if code is None else [code])


@pytest.mark.parametrize(
    "loss",
    ["sparse_categorical_accuracy", keras.metrics.sparse_categorical_accuracy,
     keras.metrics.SparseCategoricalAccuracy()],
    ids=["name", "function", "metric"],
)  # fmt: skip
def test_an_accuracy_is_no_loss(loss) -> None:
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(3)])
    model.compile(loss=loss)
    assert ce.diagnose(Y, model=model).codes == ["CE407"]


@pytest.mark.parametrize("last", [None, keras.layers.Activation("softmax"), keras.layers.Softmax()])
def test_the_classes_of_a_model_are_known_without_its_input(last: object) -> None:
    """Where the last layer has no units, as where it has, the labels are held against them."""
    layers = [keras.Input((3,)), keras.layers.Dense(3), *([] if last is None else [last])]
    model = keras.Sequential(layers)
    model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=last is None))
    assert ce.diagnose(Y, model=model).codes == []
    assert ce.diagnose(Y + 1, model=model).codes == ["CE104"]


def test_the_history_of_fit_is_read() -> None:
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(3)])
    model.compile("sgd", LOGITS)
    history = model.fit(X, Y, epochs=2, verbose=0)
    for given in (history, history.history, history.history["loss"]):
        assert "a history of 2 losses" in ce.diagnose(Y, num_classes=3, history=given).looked_at


class Own(keras.Model):
    """Ends in an operation that no layer shows."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = keras.layers.Dense(3)

    def call(self, x):
        return keras.ops.softmax(self.layer(x))


def test_a_model_of_its_own_is_told_by_its_outputs() -> None:
    model = Own()
    model.compile(loss="sparse_categorical_crossentropy")
    assert ce.diagnose(Y, model=model, x=X).healthy
    model.compile(loss=LOGITS)
    assert ce.diagnose(Y, model=model, x=X).codes == ["CE105"]


@pytest.mark.parametrize(
    ("code", "given"),
    [
        (None, {"y_true": tf.constant(Y), "y_pred": tf.constant(X)}),
        (None, {"y_true": Y, "y_pred": tf.constant(X), "loss": LOGITS}),
        ("CE104", {"y_true": tf.constant(Y + 1), "y_pred": tf.constant(X)}),
        ("CE106", {"y_true": Y, "y_pred": tf.constant(X),
                   "loss": losses.SparseCategoricalCrossentropy()}),
        ("CE407", {"y_true": Y, "y_pred": tf.nn.softmax(X),
                   "loss": keras.metrics.SparseCategoricalCrossentropy()}),
    ],
)  # fmt: skip
def test_tensors(code: str | None, given: dict) -> None:
    report = ce.diagnose(**given)
    found = [finding.code for finding in report.findings if finding.severity != "note"]
    assert found == ([] if code is None else [code])


def test_options_of_a_keras_loss_are_read() -> None:
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    y = np.where(Y == 0, -1, Y)
    assert ce.diagnose(y, X, loss=loss).healthy
    assert ce.diagnose(y, X, loss=LOGITS).codes == ["CE103"]


def test_of_a_dataset_a_batch_is_asked_for() -> None:
    data = tf.data.Dataset.from_tensor_slices(X).batch(8)
    with pytest.raises(ce.OptionError, match=r"`x` .* got \w*Dataset.*next\(iter\(loader\)\)"):
        ce.diagnose(Y, model=keras.Sequential([keras.layers.Dense(3)]), x=data)


def test_outputs_of_a_model_must_be_chosen_from() -> None:
    inputs = keras.Input(X.shape[1:])
    first, second = keras.layers.Dense(3)(inputs), keras.layers.Dense(1)(inputs)
    named = keras.Model(inputs, {"logits": first, "other": second})
    assert ce.diagnose(Y + 1, model=named, x=X, loss=LOGITS).codes == ["CE104"]
    with pytest.raises(ce.OptionError, match=r"it gave 2: \[0\] \(\d+, 3\), \[1\] \(\d+, 1\)"):
        ce.diagnose(Y, model=keras.Model(inputs, [first, second]), x=X)


@pytest.mark.parametrize("trailing", [(), (1,)])
def test_masks_of_another_size_are_no_one_hot_rows(trailing: tuple[int, ...]) -> None:
    model = keras.Sequential([keras.layers.Conv2D(5, 3, strides=2, padding="same")])
    model.compile(loss=LOGITS)
    images, masks = np.zeros((2, 16, 16, 3), np.float32), np.zeros((2, 16, 16, *trailing), int)
    (finding,) = ce.diagnose(masks, model=model, x=images).findings
    assert finding.code == "CE112"
    assert "the labels have size (16, 16) and the predictions (8, 8)" in finding.seen


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_a_ragged_tensor_is_named(name: str) -> None:
    given = {"y_true": Y, "y_pred": X, name: tf.ragged.constant([[0.0, 1.0], [2.0]])}
    (finding,) = ce.diagnose(**given).findings
    assert finding.code == "CE002"
    assert finding.seen.startswith(f"`{name}` is a RaggedTensor. Pass a dense")


@pytest.mark.parametrize("form", [list, tuple, lambda given: dict(zip("ab", given, strict=True))])
def test_a_model_of_several_inputs(form) -> None:
    inputs = [keras.Input(X.shape[1:], name=name) for name in "ab"]
    outputs = keras.layers.Dense(3)(keras.layers.Concatenate()(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(loss=LOGITS)
    x, y = np.tile(X, (9, 1)), np.tile(Y, 9)
    given = form([x, -x])
    report = ce.diagnose(y, model=model, x=given)
    assert report.healthy
    assert "predictions (32, 3)" in report.looked_at
    assert ce.diagnose(y + 1, model=model, x=given).codes == ["CE104"]


@pytest.mark.parametrize("x", [None, X], ids=["no input", "input"])
@pytest.mark.parametrize("loss", ["mse", losses.MeanSquaredError(), losses.mean_absolute_error])
def test_a_loss_for_numbers_on_a_classifier(loss: object, x: object) -> None:
    model = model_of("softmax", loss)
    (finding,) = ce.diagnose(Y, model=model, x=x).findings
    assert (finding.code, finding.title) == ("CE109", "Class indices meet a loss for numbers")
    assert ce.diagnose(np.eye(3)[Y], model=model, x=x).healthy  # the Brier score


@pytest.mark.parametrize("x", [None, X], ids=["no input", "input"])
@pytest.mark.parametrize(
    ("loss", "y"), [("mse", X[:, 0]), ("mse", Y), ("hinge", Y % 2 * 2 - 1)], ids=str
)
def test_a_loss_for_numbers_on_numbers_is_healthy(loss: str, y: np.ndarray, x: object) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss=loss)
    assert ce.diagnose(y, model=model, x=x).healthy


def test_the_width_of_several_outputs_is_not_that_of_the_last() -> None:
    inputs = keras.Input(X.shape[1:])
    model = keras.Model(inputs, [keras.layers.Dense(3)(inputs), keras.layers.Dense(2)(inputs)])
    report = ce.diagnose(Y, model=model)
    assert report.healthy
    assert "ending in 2 outputs" in report.looked_at


def test_rows_in_a_list_are_input() -> None:
    assert ce.diagnose(Y, model=model_of(None, LOGITS), x=X.tolist()).healthy


def test_functions_of_tensorflow_are_known_by_their_names() -> None:
    assert ce.diagnose(Y.astype(np.int32), tf.constant(X), loss=ops).healthy
    dense = tf.nn.softmax_cross_entropy_with_logits
    assert ce.diagnose(Y, tf.constant(X), loss=dense).codes == ["CE109"]


def test_what_a_layer_says_is_passed_on() -> None:
    model = keras.Sequential([keras.layers.Embedding(5, 4), keras.layers.Flatten()])
    with pytest.raises(ce.OptionError, match=r"cannot be run.* is not in \[0, 5\)"):
        ce.diagnose(Y, model=model, x=Y + 4)


class Pairs(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index):
        return X, Y


def test_of_pairs_a_batch_is_asked_for() -> None:
    with pytest.raises(ce.OptionError, match=r"`x` .* got Pairs.*next\(iter\(loader\)\)"):
        ce.diagnose(Y, model=model_of(None, LOGITS), x=Pairs())


def test_tensors_that_are_no_numbers_are_told() -> None:
    text = tf.constant(["cat", "dog", "cat"])
    (finding,) = ce.diagnose(text, num_classes=2).findings
    assert finding.code == "CE313"
    assert "cat" in finding.seen
    assert ce.diagnose(Y[:3], text).codes == ["CE002"]
    assert ce.diagnose(Y, tf.cast(X, tf.complex64)).codes == ["CE002"]


def test_the_advice_names_the_activation() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(loss=losses.BinaryCrossentropy(from_logits=True))
    (finding,) = ce.diagnose(Y % 2, model=model, x=X).findings
    assert finding.code == "CE317"
    assert finding.fix.startswith("Take activation='sigmoid' out")


def test_a_variable_of_one_loss_is_explained() -> None:
    assert ce.explain(tf.Variable([2.302585])).codes[0] == "CE218"


@pytest.mark.parametrize(
    ("activation", "y"), [(None, X), ("sigmoid", (X > 0).astype(int))], ids=["numbers", "several"]
)
def test_a_loss_for_numbers_on_as_many_numbers_is_healthy(activation, y) -> None:
    assert ce.diagnose(y, model=model_of(activation, "mse"), x=X).healthy


def test_weights_of_rows_are_taken_as_keras_takes_them() -> None:
    model = model_of("softmax", "sparse_categorical_crossentropy")
    weight = np.ones((len(Y), 1))
    model.fit(X, Y, sample_weight=weight, verbose=0)
    assert ce.diagnose(Y, model=model, x=X, sample_weight=weight).healthy
    with pytest.raises(ce.ShapeError, match="sample_weight has 11"):
        ce.diagnose(Y, model=model, x=X, sample_weight=weight[1:])


def written_softmax(z: object) -> object:
    shares = keras.ops.exp(z - keras.ops.max(z, axis=-1, keepdims=True))
    return shares / keras.ops.sum(shares, axis=-1, keepdims=True)


BEHIND = {
    "nothing": (lambda z: z, "CE106", None),
    "a softmax operation": (keras.ops.softmax, None, "CE317"),
    "an activation that is called": (keras.activations.softmax, None, "CE317"),
    "exp over its sum": (written_softmax, None, "CE317"),
    "a softmax, moved and cast": (
        lambda z: keras.ops.cast(keras.ops.reshape(keras.ops.softmax(z), (-1, 3)), "float32"),
        None, "CE317",
    ),
    "a layer": (keras.layers.Softmax(), None, "CE317"),
    "a layer that hides it": (keras.layers.Lambda(keras.ops.softmax), None, "CE105"),
    "a scale": (lambda z: 5 * z, "CE106", None),
}  # fmt: skip
"""What is done to the last layer, and what is wrong without and with from_logits."""


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside of a model"])
@pytest.mark.parametrize(("behind", "without", "with_it"), BEHIND.values(), ids=BEHIND)
def test_operations_behind_the_last_layer(
    behind: object, without: str | None, with_it: str | None, inside: bool
) -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, behind(keras.layers.Dense(3)(inputs)))
    if inside:
        model = keras.Model(inputs, model(inputs))
    for from_logits, code in ((False, without), (True, with_it)):
        model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=from_logits))
        report = ce.diagnose(Y, model=model, x=X)
        grave = [f.code for f in report.findings if f.severity != "note"]
        assert grave == ([] if code is None else [code])


@pytest.mark.parametrize("name", ["a softmax operation", "exp over its sum"])
def test_an_operation_is_read_without_an_input(name: str) -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, BEHIND[name][0](keras.layers.Dense(3)(inputs)))
    model.compile(loss=losses.SparseCategoricalCrossentropy())
    assert ce.diagnose(Y, model=model).findings == ()
    model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=True))
    assert ce.diagnose(Y, model=model).codes == ["CE317"]


def test_a_quotient_that_is_no_softmax_is_none() -> None:
    inputs = keras.Input((3,))
    z = keras.layers.Dense(3)(inputs)
    other = keras.ops.sum(keras.ops.exp(2 * z), axis=-1, keepdims=True)
    model = keras.Model(inputs, keras.ops.exp(z) / other)
    model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=True))
    assert "CE317" not in ce.diagnose(Y, model=model).codes
