"""Training runs of Keras on the backend of this process, guarded and not. Prints what came out.

Run by test_fit.py, once for each backend: Keras has one backend a process.
"""

from __future__ import annotations

import json
import sys
import warnings

import keras
import numpy as np

import crossent as ce
from crossent.doctor import guards
from guard_data import BATCH, CLASSES, FEATURES, bad_labels, bad_rows, task

ON_JAX = keras.config.backend() == "jax"
JIT = {"jit_compile": False} if keras.config.backend() == "tensorflow" else {}
SPARSE = keras.losses.SparseCategoricalCrossentropy


def network(loss, *, activation=None, deep=True, rate=0.05, weights=None, **options):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((FEATURES,))]
    if deep:
        layers += [
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.1),
        ]
    start = {} if weights is None else {"kernel_initializer": weights}
    model = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation=activation, **start)])
    model.compile(keras.optimizers.SGD(rate), loss=loss, **{**JIT, **options})
    return model


def fit(model, data=None, epochs=1, **options):
    points, labels = data or task()
    ran = model.fit(
        points, labels, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0, **options
    )
    return ran.history["loss"]


def outcome(loss, data=None, **options):
    """What a guarded run ends in: the error's type and text, and the codes of the reports."""
    epochs = options.pop("epochs", 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fit(checked(network(loss, **options)), data, epochs)
            error = None
        except Exception as raised:
            error = [type(raised).__name__, str(raised)]
    said = [w.message.code for w in caught if isinstance(w.message, guards.DiagnosisWarning)]
    return {"error": error, "codes": [r.codes for r in loss.reports], "warned": said}


def checked(model):
    """The model, its data looked at: what a guard on JAX asks for."""
    if ON_JAX and isinstance(model.loss, guards.KerasLoss):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", guards.DiagnosisWarning)
            guards.fit_check(model, *task(), on_error="warn")
    return model


def healthy():
    """Losses of the same training without and with the guard."""
    found = {}
    one_hot = np.eye(CLASSES, dtype=np.float32)[task()[1]]
    weight = np.linspace(0, 2, len(one_hot), dtype=np.float32)
    given = {
        "object": (SPARSE(from_logits=True), {}, task()),
        "name": ("sparse_categorical_crossentropy", {"activation": "softmax"}, task()),
        "smooth": (keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), {},
                   (task()[0], one_hot)),
        "own": (lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p, from_logits=True),
                {}, task()),
    }  # fmt: skip
    if keras.config.backend() != "tensorflow":  # what a loss is does not depend on the backend
        given = {"object": given["object"]}
    for name, (loss, options, data) in given.items():
        guarded = guards.KerasLoss(loss, **({} if ON_JAX else {"patience": 20}))
        plain = fit(network(loss, **options), data, epochs=4)
        found[name] = [plain, fit(checked(network(guarded, **options)), data, epochs=4),
                       [r.codes for r in guarded.reports]]  # fmt: skip
    core = ce.SparseCategoricalCrossentropy(from_logits=True)
    guarded = guards.KerasLoss(core)
    plain = fit(network(ce_loss(core)), task(), sample_weight=weight)
    found["crossent, weighted"] = [
        plain, fit(checked(network(guarded)), task(), sample_weight=weight),
        [r.codes for r in guarded.reports],
    ]  # fmt: skip
    return found


def ce_loss(core):
    from crossent.compat.keras import Loss

    return Loss(core)


def faults():
    logits = SPARSE(from_logits=True)
    patience = {} if ON_JAX else {"patience": 20}
    return {
        "first": outcome(guards.KerasLoss(logits), (task()[0], task()[1] + 1)),
        "softmax": outcome(guards.KerasLoss(logits), activation="softmax"),
        "nan": outcome(guards.KerasLoss(logits), bad_rows(), deep=False),
        "label": outcome(guards.KerasLoss(logits), bad_labels()),
        "warned": outcome(guards.KerasLoss(logits, on_error="warn"), bad_rows(), deep=False),
        "stays": outcome(
            guards.KerasLoss(logits, **patience), rate=0.0, deep=False, weights="zeros", epochs=3
        ),
    }


def checks():
    """`fit_check` before training, on arrays and on a dataset."""
    points, labels = task()
    found = {}
    good = network(SPARSE(from_logits=True))
    before = [w.tolist() for w in good.get_weights()]
    found["healthy"] = guards.fit_check(good, points, labels).codes
    found["untouched"] = before == [w.tolist() for w in good.get_weights()]
    found["same"] = fit(good) == fit(network(SPARSE(from_logits=True)))
    for name, model, y in (
        ("softmax twice", network(SPARSE(from_logits=True), activation="softmax"), labels),
        ("no softmax", network("sparse_categorical_crossentropy"), labels),
        ("one-based", good, labels + 1),
        ("late label", good, np.append(labels[:-1], CLASSES + 4)),
    ):
        try:
            guards.fit_check(model, points, y)
            found[name] = None
        except guards.DiagnosisError as error:
            found[name] = error.report.codes

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return points[:BATCH], labels[:BATCH] + 1

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found["dataset"] = guards.fit_check(good, Batches(workers=1), on_error="warn").codes
    found["said"] = [str(w.message).partition(":")[0] for w in caught]
    for name, call in (
        ("generator", lambda: guards.fit_check(good, iter([(points, labels)]))),
        ("not compiled", lambda: guards.fit_check(keras.Sequential([keras.layers.Dense(2)]), 1, 1)),
        ("regression", lambda: guards.KerasLoss("mean_squared_error")),
        ("option", lambda: guards.KerasLoss(SPARSE(), history=[1.0])),
    ):
        try:
            call()
        except ce.OptionError as error:
            found[name] = str(error)
    return found


def saved():
    """A guarded model, saved and loaded."""
    import tempfile

    loss = guards.KerasLoss(SPARSE(from_logits=True), patience=40, on_error="warn")
    model = network(loss)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        other = keras.models.load_model(f"{folder}/model.keras")
    return [type(other.loss).__name__, other.loss.get_config() == loss.get_config()]


def again():
    """How each of two fits with one guard, on labels from 1, begins its report."""
    points, labels = task()
    loss = guards.KerasLoss(SPARSE(from_logits=True))
    model, said = network(loss), []
    for _ in range(2):
        try:
            fit(model, (points, labels + 1))
        except Exception as error:
            said.append("[CE104] The first batch" in str(error))
    return said


def compiled():
    """With XLA: refused on TensorFlow, since nothing would be seen."""
    return outcome(guards.KerasLoss(SPARSE(from_logits=True)), jit_compile=True)


def on_jax():
    """What a guard on JAX says that it does not see; rows of a batch by the way it is made."""
    found = {}
    logits = SPARSE(from_logits=True)
    for name, check, options in (
        ("unchecked", False, {}),
        ("checked", True, {}),
        ("patience", True, {"patience": 40}),
        ("both", False, {"patience": 40}),
    ):
        guarded = guards.KerasLoss(logits, **options)
        model = network(guarded)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit(checked(model) if check else model, epochs=2)
            model.evaluate(*task(), verbose=0)
        found[name] = [str(w.message) for w in caught if issubclass(w.category, ce.CrossentWarning)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(network(guards.KerasLoss(logits)))
    found["where"] = [w.filename for w in caught] == [__file__]
    # Arrays of such sizes are copied by the threads that also run the program.
    labels = (np.arange(4096) % 1000).astype("int32")
    points = np.zeros((4096, 2), np.float32)
    points[4095] = np.nan
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1000)])
    guarded = guards.KerasLoss(logits, on_error="warn")
    model.compile("sgd", loss=guarded)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(points, labels, batch_size=4096, verbose=0)
        many = guards.KerasLoss(logits, on_error="warn")
        fit(network(many, deep=False), bad_rows(), epochs=4)
        found["many"] = [r.codes for r in many.reports]
        found["large"] = [r.codes for r in guarded.reports]
        bad = guards.KerasLoss(logits)
        model = network(bad)
        fit(model)
        try:
            model.evaluate(*bad_rows(), batch_size=BATCH, verbose=0)
        except Exception as error:
            found["evaluate"] = str(error)
    return found


if __name__ == "__main__":
    parts = [healthy, faults, checks, saved]
    if ON_JAX:
        parts.append(on_jax)
    else:
        parts.append(again)
    if keras.config.backend() == "tensorflow":
        parts.append(compiled)
    json.dump({part.__name__: part() for part in parts}, sys.stdout)
