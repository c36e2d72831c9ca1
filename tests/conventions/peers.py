"""What the installed libraries give for the rows of a file, each in a process of its own.

    python tests/conventions/peers.py LIBRARY DATA.npz

prints a JSON object: (library, call) of the table of conventions, joined by " | ", to the value.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

Data = dict[str, Any]
KERAS = {
    "keras.tensorflow": "Keras on TensorFlow",
    "keras.jax": "Keras on JAX, PyTorch, NumPy",
    "keras.torch": "Keras on JAX, PyTorch, NumPy",
    "keras.numpy": "Keras on JAX, PyTorch, NumPy",
}


def torch(d: Data) -> dict[str, Any]:
    import torch
    import torch.nn.functional as F

    t = {k: torch.tensor(v) for k, v in d.items()}
    if "targets" in d:
        weight = t.get("sample_weight")
        weight = None if weight is None else weight.float()
        if "logits" in d:
            return {
                "PyTorch | F.binary_cross_entropy_with_logits(logits, targets)":
                    F.binary_cross_entropy_with_logits(t["logits"], t["targets"], weight)
            }  # fmt: skip
        return {
            "PyTorch | F.binary_cross_entropy(probabilities, targets)":
                F.binary_cross_entropy(t["probabilities"], t["targets"], weight)
        }  # fmt: skip
    if "sample_weight" in d:
        return {}
    w = t["class_weight"].float() if "class_weight" in d else None
    options = {"weight": w, "ignore_index": int(d.get("ignore", -100))}
    if "logits" not in d:
        found = F.nll_loss(t["probabilities"].log(), t["labels"], **options)
        return {"PyTorch | F.nll_loss(probabilities.log(), labels)": found}
    found = {"PyTorch | F.cross_entropy(logits, labels)":
             F.cross_entropy(t["logits"], t["labels"], **options)}  # fmt: skip
    if w is not None and "ignore" not in d:
        one_hot = F.one_hot(t["labels"], t["logits"].shape[1]).float()
        found["PyTorch | F.cross_entropy(logits, one_hot)"] = F.cross_entropy(
            t["logits"], one_hot, w
        )
    return found


def optax(d: Data) -> dict[str, Any]:
    from optax import losses

    if "logits" not in d or {"ignore", "sample_weight", "class_weight"} & set(d):
        return {}
    if "targets" in d:
        value = losses.sigmoid_binary_cross_entropy(d["logits"], d["targets"]).mean()
        return {"optax | sigmoid_binary_cross_entropy(logits, labels).mean()": value}
    value = losses.softmax_cross_entropy_with_integer_labels(d["logits"], d["labels"]).mean()
    return {"optax | softmax_cross_entropy_with_integer_labels(logits, labels).mean()": value}


def sklearn(d: Data) -> dict[str, Any]:
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    if {"ignore", "class_weight"} & set(d):
        return {}
    weight = d.get("sample_weight")
    if "targets" in d:
        if "logits" in d or d["targets"].ndim > 1:
            return {}
        value = log_loss(d["targets"], d["probabilities"], sample_weight=weight)
        return {"scikit-learn | log_loss(targets, probabilities)": value}
    given = softmax(d["logits"], axis=1) if "logits" in d else d["probabilities"]
    value = log_loss(d["labels"], given, sample_weight=weight, labels=list(range(given.shape[1])))
    of = "softmax(logits)" if "logits" in d else "probabilities"
    return {f"scikit-learn | log_loss(labels, {of})": value}


def keras(library: str, d: Data) -> dict[str, Any]:
    os.environ["KERAS_BACKEND"] = library.partition(".")[2]
    from keras import losses, metrics, ops

    if "class_weight" in d:
        return {}
    whose, weight = KERAS[library], d.get("sample_weight")
    ignore = int(d["ignore"]) if "ignore" in d else None

    def value(loss: Any, labels: Any, given: Any) -> Any:
        return loss(ops.convert_to_tensor(labels), ops.convert_to_tensor(given), weight)

    if "targets" in d:
        if weight is not None:
            return {}
        name = "Keras on NumPy" if library == "keras.numpy" else "Keras"
        if "logits" in d:
            loss = losses.BinaryCrossentropy(from_logits=True)
            found = value(loss, d["targets"], d["logits"])
            return {f"{name} | losses.BinaryCrossentropy(from_logits=True)": found}
        found = value(losses.BinaryCrossentropy(), d["targets"], d["probabilities"])
        return {"Keras | losses.BinaryCrossentropy()": found}
    sparse = losses.SparseCategoricalCrossentropy(ignore_class=ignore)
    if "logits" not in d:
        found = {f"{whose} | losses.SparseCategoricalCrossentropy()":
                 value(sparse, d["labels"], d["probabilities"])}  # fmt: skip
        if ignore is None:
            one_hot = np.eye(d["probabilities"].shape[1], dtype=np.float32)[d["labels"]]
            found["Keras on every backend | losses.CategoricalCrossentropy()"] = value(
                losses.CategoricalCrossentropy(), one_hot, d["probabilities"]
            )
        return found
    soft = ops.softmax(ops.convert_to_tensor(d["logits"]))
    direct = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignore)
    found = {
        "Keras | losses.SparseCategoricalCrossentropy(from_logits=True)":
            value(direct, d["labels"], d["logits"]),
        f"{whose} | losses.SparseCategoricalCrossentropy() of softmax":
            value(sparse, d["labels"], soft),
    }  # fmt: skip
    if library == "keras.tensorflow":
        name = f"{whose} | losses.SparseCategoricalCrossentropy() of softmax, saved"
        found[name] = value(sparse, d["labels"], ops.convert_to_numpy(soft))
    if ignore is not None and weight is None:
        metric = metrics.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignore)
        metric.update_state(ops.convert_to_tensor(d["labels"]), ops.convert_to_tensor(d["logits"]))
        name = "Keras | metrics.SparseCategoricalCrossentropy(from_logits=True)"
        found[name] = metric.result()
    return found


def tensorflow(d: Data) -> dict[str, Any]:
    import tensorflow as tf

    if "logits" not in d or {"ignore", "sample_weight", "class_weight"} & set(d):
        return {}
    if "targets" in d:
        rows = tf.nn.sigmoid_cross_entropy_with_logits(d["targets"], d["logits"])
        return {"TensorFlow | reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits)":
                tf.reduce_mean(rows)}  # fmt: skip
    rows = tf.nn.sparse_softmax_cross_entropy_with_logits(d["labels"], d["logits"])
    return {"TensorFlow | reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits)":
            tf.reduce_mean(rows)}  # fmt: skip


def main(library: str, path: str) -> None:
    with np.load(path) as archive:
        cases: dict[str, Data] = {}
        for name in archive.files:
            case, _, key = name.partition("/")
            cases.setdefault(case, {})[key] = archive[name]
    functions = {"torch": torch, "optax": optax, "sklearn": sklearn, "tensorflow": tensorflow}
    found = {}
    for name, data in cases.items():
        data = {k: int(v) if k == "ignore" else v for k, v in data.items()}
        run = functions.get(library)
        values = run(data) if run is not None else keras(library, data)
        found[name] = {key: float(np.asarray(value)) for key, value in values.items()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
