"""What a loss value tells by itself: ln C, clips, floors of a double softmax, NaN, 0."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from crossent.doctor.catalogue import check_named
from crossent.doctor.constants import CEILING, CEILING_OF_ONE, double_softmax_floor
from crossent.doctor.explanation import Reading

COMMON: Final = (2, 3, 4, 5, 10, 20, 21, 26, 47, 50, 62, 80, 81, 90, 91, 100, 101, 102, 120, 150,
                 151, 196, 200, 205, 365, 397, 400, 555, 1000, 1001)  # fmt: skip
"""Numbers of classes of well-known data sets."""

VOCABULARIES: Final = (
    8192, 10000, 21841, 21843, 28996, 30000, 30522, 32000, 32001, 32064, 32128, 32768, 49152,
    49408, 50257, 50258, 50265, 50272, 50304, 50432, 51200, 51865, 64000, 65024, 65536, 100277,
    100352, 119547, 128000, 128256, 131072, 151643, 151936, 152064, 200064, 201088, 250002,
    250112, 250880, 256000, 256128, 262144, 262208,
)  # fmt: skip
"""Sizes of well-known vocabularies."""

CLIPS: Final = (
    (CEILING, "CE215", "-ln 1e-7: a probability that was clipped at 1e-7, as in Keras; a mean "
    "of this value means that every row is wrong"),
    (CEILING_OF_ONE, "CE214", "-ln 2**-23: the clip of scikit-learn for float32, or of a row "
     "whose p is 0; or the binary loss of Keras where the label is 0 and p is 1"),
    (-math.log(2.0**-52), "CE214", "-ln 2**-52: the clip of scikit-learn for float64 at p = 0"),
    (-math.log(2.0**-10), "CE214", "-ln 2**-10: the clip of scikit-learn for float16 at p = 0"),
    (15.4249, "CE215", "the binary loss of Keras for a row that is certain and wrong: 1 - 1e-7 "
    "in float32, plus 1e-7 in the logarithm"),
    (15.3332, "CE215", "the binary loss of Keras for a row that is certain and wrong, at the "
    "other end"),
    (34.5388, "CE214", "-ln 1e-15: the clip of scikit-learn before 1.5 at p = 0"),
    (27.6310, "CE214", "-ln 1e-12: a hand-written clip at 1e-12"),
    (13.8155, "CE214", "-ln 1e-6: a hand-written clip at 1e-6"),
    (18.4207, "CE214", "-ln 1e-8: a hand-written 1e-8 inside of the logarithm"),
    (23.0259, "CE214", "-ln 1e-10: a hand-written 1e-10 inside of the logarithm"),
    (100.0, "CE214", "the limit of PyTorch's BCELoss, which cuts the logarithm at -100"),
)  # fmt: skip


SHARED: Final = (
    (CEILING_OF_ONE, "CE302", "the loss of Keras's binary_crossentropy for a label 0 and a "
     "probability of 1 in float32",
     "Every row has a probability of 1, which a softmax over one output always gives; a sigmoid "
     "gives it if the inputs are not scaled."),
    (CEILING, "CE215", "-ln 1e-7, the loss of a probability of 0 that was clipped",
     "The model is certain and says the same class for every row, or the labels do not belong to "
     "the rows."),
)  # fmt: skip
"""Ceilings of single rows, of which a mean is a share: that of the wrong rows."""

MOST_PARTS: Final = 10
"""Without an accuracy a share is looked for among halves, thirds … tenths."""

LEAST_SHARED: Final = 3.0
"""Smaller means are met by such shares by chance, and by losses of trained models."""

CHANCE: Final = 0.2
"""Where the digits leave room for more than this share of a whole number n, ln n proves little."""


def readings_of_value(written: str, value: float, wrong: float | None = None) -> Iterator[Reading]:
    """Yield what a loss may be, by its value and the digits it was written with.

    `wrong` is the share of wrong rows, if an accuracy stands beside the loss.
    """
    if math.isnan(value):
        yield from _nan()
    elif math.isinf(value):
        yield from _infinite()
    elif value < 0:
        yield from _negative(value)
    elif value == 0:
        yield from _zero()
    else:
        slack = _slack(written, value)
        yield from _number(value, slack)
        yield from _shares(value, slack, wrong)


def wrong_beside(accuracy: float | None) -> float | None:
    """Return the share of wrong rows that an accuracy tells of."""
    return None if accuracy is None else 1 - accuracy


def _shares(value: float, slack: float, wrong: float | None) -> Iterator[Reading]:
    """Yield ceilings of single rows of which the mean is the share of the wrong rows."""
    for level, code, what, causes in SHARED:
        # An accuracy has four digits.
        if wrong and abs(value - wrong * level) <= max(slack, 1e-4 * level):
            rows = f"the accuracy says that {_part(wrong)} of the rows are wrong, and the mean is"
            text = f"{rows} {_part(wrong)} of {level:.4f}, {what}."
            yield _of(code, 0.97, f"{text[0].upper()}{text[1:]} {causes}")
            yield _of(
                "CE408",
                0.7,
                f"The model is certain and predicts the same class for every row: {text}",
            )
        elif wrong is None and value >= LEAST_SHARED and slack < 0.01:
            share = Fraction(value / level).limit_denominator(MOST_PARTS)
            near = abs(value - float(share) * level) <= max(slack, 6e-5)
            # Sevenths of -ln 1e-7 are ln 10, ln 100 …
            if near and share.denominator not in (1, 7) and share < 1:
                yield _of(
                    code, 0.85,
                    f"{value:g} is {_part(float(share))} of {level:.4f}, {what}: if that share of "
                    f"the rows is wrong, they are wrong with certainty. {causes}",
                )  # fmt: skip


def _part(share: float) -> str:
    """Write a share in words or as a fraction.

    >>> _part(0.5), _part(0.9), _part(0.1234)
    ('half', '9/10', '0.1234')
    """
    part = Fraction(share).limit_denominator(MOST_PARTS)
    if abs(float(part) - share) > 1e-4:
        return f"{share:.4g}"
    return "half" if part == Fraction(1, 2) else "all" if part == 1 else str(part)


def nearest_readings(value: float, count: int) -> list[Reading]:
    """Return what the known values next to one mean that is none of them."""
    levels = [(level, code, f"{level:.4f} is {text}.") for level, code, text in CLIPS]
    levels += [
        (math.log(c), "CE218", f"{math.log(c):.4f} is ln {c}, the loss of an untrained model.")
        for c in (*COMMON, *VOCABULARIES)
    ]
    levels.sort(key=lambda item: abs(item[0] - value))
    return [_of(code, 0.1, text) for _, code, text in levels[:count]]


def _slack(written: str, value: float) -> float:
    """Half a unit of the last digit that was written; not less than what float32 can tell."""
    mantissa, _, exponent = written.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals)
    return max(0.51 * unit, 2e-6 * abs(value))


def _of(code: str, score: float, text: str, fix: str = "") -> Reading:
    check = check_named(code)
    if check is None:
        return Reading(code, "", score, text)
    return Reading(code, check.title, score, text, fix or check.fix, check.rule)


def _nan() -> Iterator[Reading]:
    yield _of(
        "CE102", 0.9,
        "A label that is out of range gives NaN on GPUs, in XLA and in optax. Check the labels "
        "first.",
    )  # fmt: skip
    yield _of("CE217", 0.85, "A logit is NaN or +inf, or a whole row is -inf.")
    yield _of("CE202", 0.7, "Every label of the batch is ignored, so the mean is 0/0.")
    yield _of(
        "CE212",
        0.6,
        "-inf logits are multiplied by one-hot, soft or smoothed targets: 0 times infinity is NaN.",
    )


def _infinite() -> Iterator[Reading]:
    yield _of(
        "CE212",
        0.9,
        "A masked class (logit -inf) has a target above 0: by label smoothing, or as the label.",
    )
    yield _of("CE214", 0.85, "log(0): a probability is exactly 0 and nothing clips it.")
    yield _of("CE216", 0.6, "A sum over rows or classes passed 65 504 in float16.")


def _negative(value: float) -> Iterator[Reading]:
    if value >= -1:
        yield _of(
            "CE306", 0.9, "nll_loss on probabilities returns -p, which lies between -1 and 0."
        )
        yield _of(
            "CE308", 0.8, "Targets that are negative or do not sum to 1 make the loss negative."
        )
    else:
        yield _of(
            "CE308", 0.8,
            f"{value:g} is below 0. A binary loss below 0 has targets outside of [0, 1], such as "
            "masks of 0 and 255 or labels of 1 and 2. A softmax loss below 0 has targets that "
            "are negative or do not sum to 1.",
            "Divide masks of 0 and 255 by 255, and pass y - 1 for labels of 1 and 2. For several "
            "classes pass class indices to the loss for class indices.",
        )  # fmt: skip
    yield _of("CE304", 0.75, "Labels and predictions in the wrong order give negative losses.")
    if value < -1:
        yield _of("CE306", 0.7, "nll_loss on logits returns -x.")


def _zero() -> Iterator[Reading]:
    yield _of("CE302", 0.9, "Exactly 0: a softmax over one output is always 1.")
    yield _of("CE202", 0.7, "Exactly 0: every row is ignored or has weight 0 (Keras, crossent).")
    yield _of(
        "CE102", 0.65,
        "Exactly 0: labels out of range count 0 in Keras on JAX and on Apple's GPU.",
    )  # fmt: skip
    yield _of(
        "CE208", 0.4, "A language model with a loss of exactly or nearly 0 predicts its own input."
    )


def _number(value: float, slack: float) -> Iterator[Reading]:
    for level, code, text in CLIPS:
        if abs(value - level) <= max(slack, 6e-5):
            yield _of(code, 0.95, f"{level:.4f} is {text}.")
    if abs(value - 1.1920929e-07) < 2e-9 or abs(value - 2.3841858e-07) < 2e-9:
        yield _of(
            "CE302", 0.8,
            "1.19e-07 is the least loss of clipped float32 probabilities: every row is right, "
            "or there is only one output.",
        )  # fmt: skip
    if value < 1e-3:
        yield _of(
            "CE208", 0.4, "A language model with a loss of nearly 0 may predict its own input."
        )
    yield from _logarithms(value, slack)
    yield from _floors(value, slack)
    if value > 100:
        yield _of(
            "CE319", 0.5,
            "The mean loss of a working model is below 100. This may be a sum over the rows, a "
            "perplexity, or a mask of -1e9 at a label.",
        )  # fmt: skip


def _classes_near(value: float, slack: float) -> list[int]:
    """Return numbers of classes whose ln is the value, well-known ones first."""
    if not 0.6 < value < 13:
        return []
    low, high = math.exp(value - slack), math.exp(value + slack)
    found = [c for c in (*COMMON, *VOCABULARIES) if low <= c <= high]
    nearest = round(math.exp(value))
    if not found and nearest >= 2 and low <= nearest <= high and high - low < 3:
        found = [nearest]
    return found


def _logarithms(value: float, slack: float) -> Iterator[Reading]:
    found = _classes_near(value, slack)[:3]
    if found:
        equal = ", ".join(f"ln {classes} = {math.log(classes):.4f}" for classes in found)
        says = " or ".join(f"1/{classes}" for classes in found)
        extra = " The same holds for the binary loss at p = 1/2." if found == [2] else ""
        yield _of(
            "CE218", _likely(found[0], slack),
            f"{equal}: the loss of a model that gives every class {says}. That is right before "
            f"training, but a fault if it stays.{extra}",
        )  # fmt: skip
    for classes in _classes_near(value * math.log(2), slack)[:1]:
        if abs(math.log2(classes) - value) <= slack and classes > 2:
            yield _of(
                "CE319", 0.45,
                f"log2 {classes} = {math.log2(classes):.4f}: the same loss, if the number is in "
                "bits.",
            )  # fmt: skip


def _likely(classes: int, slack: float) -> float:
    """Return how likely ln of a number of classes is meant: digits may meet some ln n by chance."""
    if classes not in (*COMMON, *VOCABULARIES) and 2 * slack * classes > CHANCE:
        return 0.5
    return 0.9 if classes <= 10 or classes >= 1000 else 0.8


def _floors(value: float, slack: float) -> Iterator[Reading]:
    for classes in (*COMMON, *VOCABULARIES):
        floor = double_softmax_floor(classes)
        if abs(value - floor) <= slack:
            yield _of(
                "CE105", 0.85,
                f"ln(e + {classes} - 1) - 1 = {floor:.4f}: the least loss of {classes} classes if "
                "a softmax is applied to probabilities.",
            )  # fmt: skip
            return
    if value > 13:
        return
    low, high = (math.exp(value + 1 + sign * slack) - math.e + 1 for sign in (-1, 1))
    nearest = round((low + high) / 2)
    # Of many classes some floor lies near every number.
    if nearest >= 2 and low <= nearest <= high and high - low < 0.05:
        yield _of(
            "CE105", 0.6,
            f"ln(e + {nearest} - 1) - 1 = {double_softmax_floor(nearest):.4f}: the least loss of "
            f"{nearest} classes if a softmax is applied to probabilities.",
        )  # fmt: skip
        return
    for classes in COMMON:
        ceiling = double_softmax_floor(classes) + 1
        if abs(value - ceiling) <= slack and classes > 2:
            yield _of(
                "CE105", 0.6,
                f"ln(e + {classes} - 1) = {ceiling:.4f}: the largest loss of {classes} classes if "
                "a softmax is applied to probabilities.",
            )  # fmt: skip
            return
