"""What messages about the arguments of the doctor, of `explain` and of the forecast tell."""

from __future__ import annotations

import sys
from unittest import mock

import numpy as np

import crossent as ce
from crossent import diagnose
from crossent.doctor.footprint import footprint
from crossent.doctor.guards.watch import Watch
from unit.said import Said, logits


def without_matplotlib() -> None:
    report = diagnose(np.arange(9) % 3, logits(9, 3), from_logits=True)
    with mock.patch.dict(sys.modules, {"matplotlib": None}):
        report.to_html()


DOCTOR: dict[str, Said] = {
    "axis": Said(
        lambda: diagnose([0], logits(1, 3), axis=1.5),
        ce.OptionError, "CE001", "axis", "1.5",
    ),
    "reduction": Said(
        lambda: diagnose([0], logits(1, 3), reduction="median"),
        ce.OptionError, "CE001", "reduction", "", ("'mean', 'sum', 'none'",),
    ),
    "memory": Said(
        lambda: diagnose([0], logits(1, 3), memory=0),
        ce.OptionError, "CE001", "memory", "1 0",
    ),
    "eos_id": Said(
        lambda: diagnose([0], logits(1, 3), eos_id=-5),
        ce.OptionError, "CE001", "eos_id", "0 -5",
    ),
    "accuracy in percent": Said(
        lambda: diagnose([0], logits(1, 3), accuracy=97.5),
        ce.OptionError, "CE001", "accuracy", "0 1 97.5",
    ),
    "accuracy, a word": Said(
        lambda: diagnose([0], logits(1, 3), accuracy="good"),
        ce.OptionError, "CE001", "accuracy", "",
    ),
    "observed, a word": Said(
        lambda: diagnose([0], logits(1, 3), observed="high"),
        ce.OptionError, "CE001", "observed", "",
    ),
    "progress": Said(
        lambda: diagnose([0], logits(1, 3), progress=7),
        ce.OptionError, "CE001", "progress", "7",
    ),
    "pictures": Said(
        lambda: diagnose([0], logits(1, 3), pictures=7),
        ce.OptionError, "CE001", "pictures", "7", ("True or False",),
    ),
    "x without a model": Said(
        lambda: diagnose([0], x=logits(1, 3)),
        ce.OptionError, "CE001", "x model", "", ("y_pred=model(x)",),
    ),
    "num_classes": Said(
        lambda: diagnose([0], num_classes=-4),
        ce.OptionError, "CE001", "num_classes", "0 -4",
    ),
    "class_names": Said(
        lambda: diagnose([0], logits(1, 3), class_names="cats"),
        ce.OptionError, "CE001", "class_names", "",
    ),
    "history without losses": Said(
        lambda: diagnose(history={"accuracy": [0.5], "lr": [1.5]}),
        ce.OptionError, "CE001", "history", "", ("'loss'",),
    ),
    "history of several axes": Said(
        lambda: diagnose(history=np.ones((7, 2))),
        ce.OptionError, "CE001", "history", "7 2",
    ),
    "from_logits": Said(
        lambda: diagnose([0], logits(1, 3), from_logits=7),
        ce.OptionError, "CE001", "from_logits", "7", ("True, False or None",),
    ),
    "label_smoothing": Said(
        lambda: diagnose([0], logits(1, 3), label_smoothing=1.75),
        ce.OptionError, "CE001", "label_smoothing", "0 1 1.75",
    ),
    "label_smoothing, a word": Said(
        lambda: diagnose([0], logits(1, 3), label_smoothing="some"),
        ce.OptionError, "CE001", "label_smoothing", "",
    ),
    "shape": Said(
        lambda: diagnose(shape=(8, -3)),
        ce.OptionError, "CE001", "shape", "0 8 2048 50257 8 -3",
    ),
    "shape, too large": Said(
        lambda: diagnose(shape=(2**40, 2**30)),
        ce.OptionError, "CE001", "shape", "1099511627776 1073741824",
    ),
    "dtype": Said(
        lambda: diagnose(shape=(8, 3), dtype="int8"),
        ce.OptionError, "CE001", "dtype", "", ("'float16', 'bfloat16', 'float32', 'float64'",),
    ),
    "device": Said(
        lambda: diagnose(shape=(8, 3), device=7),
        ce.OptionError, "CE001", "device", "0 7", ("'cuda:0'", "'cpu'"),
    ),
    "ignore_class": Said(
        lambda: diagnose([0], logits(1, 3), ignore_class="none"),
        ce.OptionError, "CE001", "ignore_class", "-1",
    ),
    "ignore_class, too large": Said(
        lambda: diagnose([0], logits(1, 3), ignore_class=2**70),
        ce.OptionError, "CE001", "ignore_class", "64 1180591620717411303424", ("64 bits",),
    ),
    "select": Said(
        lambda: diagnose([0], logits(1, 3), select="CE9"),
        ce.OptionError, "CE001", "select", "", ("CE103", "CE1"),
    ),
    "ignore": Said(
        lambda: diagnose([0], logits(1, 3), ignore=7),
        ce.OptionError, "CE001", "ignore", "7", ("CE103",),
    ),
    "input_ids": Said(
        lambda: diagnose(np.zeros((2, 7), int), logits(2, 7, 4), input_ids=np.zeros((2, 5), int)),
        ce.OptionError, "CE001", "input_ids y_true", "2 7 2 5",
    ),
    "micro_batches": Said(
        lambda: diagnose([0, 1, 2, 1, 0], logits(5, 3), micro_batches=[2, 4]),
        ce.OptionError, "CE001", "micro_batches", "5 2 4",
    ),
    "loss": Said(
        lambda: diagnose([0], logits(1, 3), loss="perceptual"),
        ce.OptionError, "CE001", "loss", "", ("'auto', 'sparse', 'dense', 'binary'",),
    ),
    "loss of numbers": Said(
        lambda: diagnose([0], logits(1, 3), loss="mse"),
        ce.OptionError, "CE001", "loss", "",
    ),
    "framework, no word": Said(
        lambda: diagnose([0], logits(1, 3), framework=7),
        ce.OptionError, "CE001", "framework", "7",
    ),
    "framework": Said(
        lambda: diagnose([0], logits(1, 3), framework="caffe 2.5"),
        ce.OptionError, "CE001", "framework", "1.10 2.5", ("torch", "keras", "optax"),
    ),
    "header": Said(
        lambda: diagnose([0], logits(1, 3), header=False),
        ce.OptionError, "CE001", "header", "", (".csv and .tsv",),
    ),
    "thing, empty": Said(
        lambda: ce.explain("  "),
        ce.OptionError, "CE001", "thing", "",
    ),
    "thing, no thing": Said(
        lambda: ce.explain([1.5, 2.5]),
        ce.OptionError, "CE001", "thing", "1.5 2.5", ("ce.diagnose(history=losses)",),
    ),
    "thing, no number": Said(
        lambda: ce.explain(np.array(["a"])),
        ce.OptionError, "CE001", "thing", "", ("ce.diagnose(history=losses)",),
    ),
    "rows": Said(
        lambda: footprint(0, 7),
        ce.OptionError, "CE001", "rows", "1 0",
    ),
    "classes": Said(
        lambda: footprint(9, 1),
        ce.OptionError, "CE001", "classes", "2 1",
    ),
    "rows, too many": Said(
        lambda: footprint(2**64, 7),
        ce.OptionError, "CE001", "rows", "2 63 18446744073709551616",
    ),
    "dtype of logits": Said(
        lambda: footprint(9, 7, dtype="int8"),
        ce.OptionError, "CE001", "dtype", "", ("float16, bfloat16, float32, float64",),
    ),
    "dtype of labels": Said(
        lambda: footprint(9, 7, label_dtype="float32"),
        ce.OptionError, "CE001", "label_dtype", "", ("uint8, int8, int16, int32, int64",),
    ),
    "chunk_rows": Said(
        lambda: footprint(9, 7, chunk_rows=-3),
        ce.OptionError, "CE001", "chunk_rows", "1 -3",
    ),
    "hidden": Said(
        lambda: footprint(9, 7, hidden=0),
        ce.OptionError, "CE001", "hidden", "1 0",
    ),
    "on_error": Said(
        lambda: Watch("stop", 500, {}),
        ce.OptionError, "CE001", "on_error", "", ("'raise'", "'warn'"),
    ),
    "patience": Said(
        lambda: Watch("warn", 7, {}),
        ce.OptionError, "CE001", "patience", "20 7",
    ),
    "an option of no guard": Said(
        lambda: Watch("warn", 500, {"colour": 1}),
        ce.OptionError, "CE001",
        "on_error patience axis class_names class_weight framework from_logits "
        "ignore ignore_class label_smoothing loss num_classes reduction select",
        "",
        ("on_error", "patience"),
    ),
    "a model of no framework": Said(
        lambda: diagnose([0, 1], model=len, x=logits(2, 3)),
        ce.OptionError, "CE001", "model", "",
    ),
    "pictures without matplotlib": Said(
        lambda: without_matplotlib(),
        ce.OptionError, "CE001", "plots", "", ("pip install 'crossent[plots]'",),
    ),
    "a footprint of a word": Said(
        lambda: footprint(9, 7, dtype="bool"),
        ce.OptionError, "CE001", "dtype", "",
    ),
    "observed, among conventions": Said(
        lambda: ce.conventions([0], logits(1, 3), observed="high"),
        ce.OptionError, "CE001", "observed", "",
    ),
}  # fmt: skip
