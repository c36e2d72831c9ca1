"""Numbers that decide what a loss value or a message may mean: a case below each, and above."""

from __future__ import annotations

import math

import pytest

import crossent as ce
from crossent.doctor.explanation import Reading

CEILING = 7 * math.log(10)


def reading(value: float | str, code: str, part: str = "") -> Reading | None:
    """The likeliest reading of a value that has this code, and these words."""
    explanation = ce.explain(value)
    assert explanation.kind in ("value", "unknown")
    if explanation.kind == "unknown":
        return None
    found = [one for one in explanation.readings if one.code == code and part in one.text]
    return found[0] if found else None


READ: dict[str, tuple[float | str, str, str, bool]] = {
    # Half a unit of the last digit is rounded away: 0.042 is, 0.058 is not. The value is 15.9424.
    "0.42 of the last digit": ("15.9", "CE214", "-ln 2**-23", True),
    "0.58 of the last digit": ("16.0", "CE214", "-ln 2**-23", False),
    "1.9 millionths": (math.log(10) * (1 + 1.9e-6), "CE218", "ln 10 ", True),
    "2.1 millionths": (math.log(10) * (1 + 2.1e-6), "CE218", "ln 10 ", False),
    "5.9e-5 above a clip": (CEILING + 5.9e-5, "CE215", "-ln 1e-7", True),
    "6.1e-5 above a clip": (CEILING + 6.1e-5, "CE215", "-ln 1e-7", False),
    "5.9e-5 below a clip": (CEILING - 5.9e-5, "CE215", "-ln 1e-7", True),
    "6.1e-5 below a clip": (CEILING - 6.1e-5, "CE215", "-ln 1e-7", False),
    # The least losses of float32.
    "1.9e-9 above 2**-23": (1.1920929e-07 + 1.9e-9, "CE302", "", True),
    "2.1e-9 above 2**-23": (1.1920929e-07 + 2.1e-9, "CE302", "", False),
    "1.9e-9 below 2**-23": (1.1920929e-07 - 1.9e-9, "CE302", "", True),
    "2.1e-9 below 2**-23": (1.1920929e-07 - 2.1e-9, "CE302", "", False),
    "1.9e-9 above 2**-22": (2.3841858e-07 + 1.9e-9, "CE302", "", True),
    "2.1e-9 above 2**-22": (2.3841858e-07 + 2.1e-9, "CE302", "", False),
    "1.9e-9 below 2**-22": (2.3841858e-07 - 1.9e-9, "CE302", "", True),
    "2.1e-9 below 2**-22": (2.3841858e-07 - 2.1e-9, "CE302", "", False),
    "nearly 0": (0.00099, "CE208", "", True),
    "not nearly 0": (0.00101, "CE208", "", False),
    "above 100": ("100.1", "CE319", "", True),
    "below 100": ("99.9", "CE319", "", False),
    # Numbers of classes that no data set is known for: fewer than three may be meant.
    "2.9 classes have these digits": ("7.953", "CE218", "ln 2844 ", True),
    "3.1 classes have these digits": ("8.019", "CE218", "ln 3038 ", False),
    # The logarithm of 2, in bits, is 1: of that nothing is said.
    "2 classes in bits": ("1.0000", "CE319", "log2 2 ", False),
    "3 classes in bits": ("1.5850", "CE319", "log2 3 ", True),
    # Floors of a double softmax of 46 and 48 classes, to three digits.
    "0.0487 classes have this floor": ("2.865", "CE105", "46 classes", True),
    "0.0507 classes have this floor": ("2.906", "CE105", "48 classes", False),
    # The largest losses of a double softmax.
    "2 classes": ("1.3133", "CE105", "2 classes", False),
    "3 classes": ("1.5514", "CE105", "3 classes", True),
    "the smallest number of classes": ("0.6931", "CE218", "ln 2 ", True),
    "the largest number of classes": ("12.4769", "CE218", "ln 262208 ", True),
}


@pytest.mark.parametrize(("value", "code", "part", "seen"), READ.values(), ids=READ)
def test_what_a_value_may_mean(value: float | str, code: str, part: str, seen: bool) -> None:
    assert (reading(value, code, part) is not None) == seen


@pytest.mark.parametrize(
    ("value", "code", "score"),
    [
        # Well-known numbers of classes, to 10 and from 1000 on, are likelier.
        (math.log(10), "CE218", 0.9),
        (math.log(11), "CE218", 0.8),
        (math.log(999), "CE218", 0.8),
        (math.log(1_000), "CE218", 0.9),
        # -p of a probability is not below -1.
        ("-1.00", "CE306", 0.9),
        ("-1.01", "CE306", 0.7),
    ],
)
def test_how_likely_a_reading_is(value: float | str, code: str, score: float) -> None:
    found = reading(value, code)
    assert found is not None
    assert found.score == score


def test_the_numbers_of_classes_that_are_named() -> None:
    """The logarithms of four vocabularies begin with 10.8."""
    found = reading("10.8", "CE218")
    assert found is not None
    assert found.text.count("ln ") == 3


def test_the_readings_that_are_shown() -> None:
    """Six clips lie between 15 and 25, and 20 to one digit may be each of them."""
    assert len(ce.explain("2e1").readings) == 4
    near = ce.explain("57.31")
    assert near.kind == "unknown"
    assert len(near.readings) == 3


@pytest.mark.parametrize(
    ("message", "code", "shown"),
    [
        # A single output is likely by 0.95, another number of classes by 0.5.
        ("Received a label value of 3 which is outside the valid range of [0, 1).", "CE211", True),
        # A mark is likely by 0.95, another label by 0.45.
        ("IndexError: Target -1 is out of bounds.", "CE101", False),
    ],
)
def test_how_much_less_likely_a_reading_is(message: str, code: str, shown: bool) -> None:
    codes = ce.explain(message).codes
    assert codes[0] in ("CE103", "CE302")
    assert (code in codes) == shown


@pytest.mark.parametrize("value", ["13.1", "800", "1e300"])
def test_a_value_whose_exponential_is_too_large(value: str) -> None:
    assert ce.explain(value).readings
