"""Loss values are explained by what they are, to the digits that they were written with."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import crossent as ce

VALUES = [
    ("16.118", "CE215"), ("16.1181", "CE215"), (16.11809565095832, "CE215"),
    (np.float32(16.118095), "CE215"), ("loss: 16.118", "CE215"), ("loss = 16.12", "CE215"),
    ("2.3026", "CE218"), (2.302585, "CE218"), ("0.6931", "CE218"), ("0.693", "CE218"),
    ("4.6052", "CE218"), ("6.9078", "CE218"), ("10.8249", "CE218"), ("11.7618", "CE218"),
    ("1.0986", "CE218"), ("0.7437", "CE105"), ("0.5514", "CE105"), ("1.4612", "CE105"),
    ("3.622", "CE105"), ("5.9095", "CE105"), ("36.04", "CE214"), ("36.0437", "CE214"),
    ("15.9424", "CE214"), ("34.5388", "CE214"), ("15.42", "CE215"), ("15.333", "CE215"),
    ("0.0", "CE302"), ("0", "CE302"), (0.0, "CE302"), ("1.1920929e-07", "CE302"),
    ("nan", "CE102"), (math.nan, "CE102"), ("loss: nan", "CE102"), ("inf", "CE212"),
    ("tensor(2.3026, grad_fn=<NllLossBackward0>)", "CE218"), ("tensor(nan)", "CE102"),
    ("tf.Tensor(2.3026, shape=(), dtype=float32)", "CE218"), ("Array(nan, dtype=float32)", "CE102"),
    ("{'loss': 2.3026, 'learning_rate': 0.1}", "CE218"),
    ("10/10 - 1s - accuracy: 0.1000 - loss: 2.3026", "CE218"),
    ("<tf.Tensor: shape=(), dtype=float32, numpy=2.3025851249694824>", "CE218"),
    ("np.float32(2.3026)", "CE218"), ("loss tensor(2.3026)", "CE218"),
    ("val_loss is 16.1181", "CE215"), ("eval_loss: 2.3026", "CE218"), ("eval_loss: inf", "CE212"),
    ("log loss 34.5388", "CE214"), ("[2.3026]", "CE218"), ("(0.6931)", "CE218"),
    ("3.3219 bits", "CE218"), ("perplexity 50257", "CE218"), ("val_ppl: 10.0", "CE218"),
    ("1.1654", "CE105"), ("2.5473", "CE105"), ("13.8155", "CE214"),
    (np.float16(math.log(10)), "CE218"), (np.float16(16.118), "CE215"),
    ("-0.73", "CE306"), (-0.5, "CE306"), ("-12.3", "CE308"), ("33333336", "CE319"),
    (0.7437, "CE105"), (2.3026, "CE218"), (1.46, "CE105"), (np.float64(0.5514), "CE105"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code"), VALUES)
def test_value(value: object, code: str) -> None:
    explanation = ce.explain(value)
    assert explanation.kind == "value"
    assert explanation.codes[0] == code
    assert explanation.readings[0].text
    assert all(reading.fix for reading in explanation.readings)


@pytest.mark.parametrize("classes", [2, 3, 7, 10, 100, 1000, 32000, 50257, 128256])
def test_ln_c_names_the_classes(classes: int) -> None:
    texts = [reading.text for reading in ce.explain(f"{math.log(classes):.4f}").readings]
    assert any(text.startswith(f"ln {classes} = ") for text in texts)


@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000, 50257])
def test_floors_of_a_double_softmax_name_the_classes(classes: int) -> None:
    floor = math.log(math.e + classes - 1) - 1
    texts = [reading.text for reading in ce.explain(f"{floor:.4f}").readings]
    assert any(f"the least loss of {classes} classes" in text for text in texts)


def test_digits_count() -> None:
    assert any("ln 10 " in reading.text for reading in ce.explain("2.3").readings)
    assert not any("ln 10 " in reading.text for reading in ce.explain("2.3000").readings)
    assert ce.explain(0.4512).kind == "unknown"
    assert str(ce.explain(0.4512)).startswith("Not recognised")


def test_nan_names_several_causes_labels_first() -> None:
    explanation = ce.explain("nan")
    assert explanation.codes == ["CE102", "CE217", "CE202", "CE212"]
    assert "Check the labels first" in explanation.readings[0].text


SIZES = {
    "yes or no": 2, "iris": 3, "rotations": 4, "ratings": 5, "CIFAR-10": 10, "CIFAR-100 coarse": 20,
    "Pascal VOC": 21, "letters": 26, "EMNIST balanced": 47, "ESC-50": 50, "EMNIST by class": 62,
    "COCO": 80, "COCO and background": 81, "COCO ids": 91, "CIFAR-100": 100, "Food-101": 101,
    "Flowers-102": 102, "Stanford Dogs": 120, "ADE20K": 150, "ADE20K and background": 151,
    "Stanford Cars": 196, "CUB": 200, "Places": 365, "SUN": 397, "Kinetics-400": 400,
    "ImageNet": 1000, "ImageNet and background": 1001, "ImageNet-21k": 21841, "BERT cased": 28996,
    "BERT": 30522, "Llama 2": 32000, "T5": 32128, "Phi-3": 32064, "Mistral": 32768,
    "StarCoder": 49152, "CLIP": 49408, "GPT-2": 50257, "RoBERTa": 50265, "OPT": 50272,
    "GPT-NeoX padded": 50432, "GPT-2 padded": 50304, "Whisper": 51865, "Yi": 64000,
    "cl100k": 100277, "mBERT": 119547, "Llama 3": 128256, "Qwen": 151936, "Qwen padded": 152064,
    "o200k padded": 201088, "XLM-R": 250002, "mT5": 250112, "BLOOM": 250880, "Gemma": 256000,
    "Gemma 3": 262144,
}  # fmt: skip
"""Classes of data sets and vocabularies, by their own descriptions."""


@pytest.mark.parametrize("classes", SIZES.values(), ids=SIZES)
def test_the_loss_of_a_guess_among_a_well_known_number_of_classes(classes: int) -> None:
    reading = ce.explain(f"{math.log(classes):.6f}").readings[0]
    assert reading.code == "CE218"
    assert re.search(rf"\b{classes}\b", reading.text)


CUTS = {
    "1e-7": (16.118096, "CE215"), "2**-23": (15.942385, "CE214"), "2**-52": (36.043653, "CE214"),
    "2**-10": (6.931472, "CE214"), "1e-15": (34.538776, "CE214"), "1e-12": (27.631021, "CE214"),
    "1e-6": (13.815511, "CE214"), "1e-8": (18.420681, "CE214"), "1e-10": (23.025851, "CE214"),
    "a logarithm of -100": (100.0, "CE214"),
}  # fmt: skip
"""Losses of a probability of 0 where it is cut off, -ln of the name."""


@pytest.mark.parametrize(("value", "code"), CUTS.values(), ids=CUTS)
def test_the_loss_of_a_probability_that_was_cut_off(value: float, code: str) -> None:
    first = ce.explain(f"{value:.6f}").readings[0]
    assert (first.code, first.score) == (code, 0.95)
    others = ce.explain(f"{value * 1.01:.6f}").readings
    assert all(reading.score < 0.5 for reading in others if reading.code == code)
