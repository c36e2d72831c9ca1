"""Numbers in the rules about labels: a case just below each, and one just above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest

import crossent as ce
from doctor.found import finding, severity

Array = npt.NDArray[Any]


def labels(counts: Mapping[int, int]) -> Array:
    """Labels of which each value occurs so often."""
    return np.repeat(list(counts), list(counts.values()))


# Marks and counting from 1: CE103, CE104.


@pytest.mark.parametrize(("largest", "code"), [(199, "CE103"), (200, "CE101")])
def test_how_far_a_mark_is_above_the_classes(largest: int, code: str) -> None:
    """999 is twice 400 classes and the largest label of them, or one less."""
    found = ce.diagnose([0, 1, largest, 999], num_classes=400).errors
    assert [one.code for one in found] == [code]


@pytest.mark.parametrize("value", [998, 999, 1_000, 9_999, 99_999, 999_999])
def test_the_large_numbers_that_are_marks(value: int) -> None:
    found = ce.diagnose([0, 1, 2, value], num_classes=3).errors
    assert [one.code for one in found] == ["CE103" if value in (999, 9_999, 99_999) else "CE101"]


@pytest.mark.parametrize(
    ("y", "classes", "code"),
    [
        ([0, 1, 2, 255], 3, "CE103"),
        ([0, 1, 2, 255, -1], 3, "CE101"),
        # Black and white, where there are two classes.
        ([0, 255, 0], 2, "CE210"),
        ([0, 254, 0], 2, "CE210"),
        ([0, 255, 1], 2, "CE103"),
        ([0, 255, 0], 3, "CE103"),
        # The smallest of labels that count from 1.
        ([0, 1, 3], 3, "CE101"),
        ([1, 2, 3], 3, "CE104"),
        ([2, 2, 3], 3, "CE104"),
        ([3, 3, 3], 3, "CE104"),
        # Among many labels none is missing by chance.
        ([2] * 57 + [3] * 2, 3, "CE104"),
        ([2] * 57 + [3] * 3, 3, "CE101"),
        ([1] + [2] * 57 + [3] * 3, 3, "CE104"),
        # Labels that are all the same mark.
        ([-1, -1], 3, "CE103"),
        ([-3, -3], 3, "CE101"),
        ([-3, 1], 3, "CE103"),
    ],
)
def test_what_a_label_out_of_range_is(y: list[int], classes: int, code: str) -> None:
    assert [one.code for one in ce.diagnose(y, num_classes=classes).errors] == [code]


@pytest.mark.parametrize(("count", "seen"), [(99, False), (100, True)])
def test_the_labels_that_show_that_0_never_occurs(count: int, seen: bool) -> None:
    assert (finding("CE104", np.arange(count) % 4 + 1, num_classes=5) is not None) == seen


@pytest.mark.parametrize(("classes", "seen"), [(2, False), (3, True)])
def test_the_classes_of_which_0_never_occurs(classes: int, seen: bool) -> None:
    y = np.arange(100) % (classes - 1) + 1
    assert (finding("CE104", y, num_classes=classes) is not None) == seen


@pytest.mark.parametrize(("value", "seen"), [(0, False), (1, True)])
def test_the_label_of_a_message_that_may_count_from_1(value: int, seen: bool) -> None:
    assert ("CE104" in ce.explain(f"Target {value} is out of bounds.").codes) == seen


@pytest.mark.parametrize(("value", "classes", "seen"), [(0, 1, False), (1, 1, True), (2, 2, False)])
def test_the_outputs_of_a_message_that_are_one(value: int, classes: int, seen: bool) -> None:
    message = f"label value of {value} which is outside the valid range of [0, {classes})"
    assert ("CE302" in ce.explain(f"Received a {message}.").codes) == seen


# Types: CE111, CE310, CE311, CE313.


@pytest.mark.parametrize("place", [0, 4_096, 9_999])
def test_text_among_objects_is_found_wherever_it_is(place: int) -> None:
    y = np.zeros(10_000, object)
    y[place] = "cat"
    found = finding("CE313", y, num_classes=3)
    assert found is not None
    assert "'cat'" in found.seen


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("dtype", [str, object])
def test_the_texts_that_are_named(dtype: type, count: int) -> None:
    found = finding("CE313", np.array(["a", "b", "c", "d"][:count], dtype), num_classes=3)
    assert found is not None
    assert found.seen.count("'") == 2 * min(count, 3)


@pytest.mark.parametrize(("y", "numbered"), [([0, 0.5], False), ([0, 0.5, 1], True)])
def test_the_classes_that_were_scaled(y: list[float], numbered: bool) -> None:
    found = finding("CE111", y, num_classes=len(y))
    assert found is not None
    assert ("np.unique" in found.fix) == numbered


@pytest.mark.parametrize(("classes", "numbered"), [(1_000, True), (1_001, False)])
def test_the_scaled_classes_that_are_counted(classes: int, numbered: bool) -> None:
    """A thousand fractions are kept."""
    found = finding("CE111", (np.arange(classes) + 0.5) / classes, num_classes=classes)
    assert found is not None
    assert ("np.unique" in found.fix) == numbered


@pytest.mark.parametrize(
    ("dtype", "most"), [("float16", 2**11), ("float32", 2**24), ("float64", 2**53)]
)
@pytest.mark.parametrize("more", [0, 1])
def test_the_classes_that_a_float_type_counts(dtype: str, most: int, more: int) -> None:
    y = np.array([0, 1, 2], dtype)
    assert (finding("CE310", y, num_classes=most + more) is not None) == bool(more)


def test_the_classes_that_bfloat16_counts() -> None:
    y = np.array([0, 1, 2], ml_dtypes.bfloat16)
    assert finding("CE310", y, num_classes=2**8) is None
    assert finding("CE310", y, num_classes=2**8 + 1) is not None


ROUNDED: dict[str, tuple[list[int], bool]] = {
    "49 even labels above 256": ([1, *range(258, 258 + 2 * 49, 2)], False),
    "50 even labels above 256": ([1, *range(258, 258 + 2 * 50, 2)], True),
    "odd up to 255": ([255, *range(258, 400, 2)], True),
    "odd up to 257": ([257, *range(258, 400, 2)], False),
    "49 even labels above 2048": ([1, 301, *range(2050, 2050 + 2 * 49, 2)], False),
    "50 even labels above 2048": ([1, 301, *range(2050, 2050 + 2 * 50, 2)], True),
    "odd up to 2047": ([301, 2047, *range(2050, 2200, 2)], True),
    "odd up to 2049": ([301, 2049, *range(2050, 2200, 2)], False),
    "even labels below 2**22": ([1, *range(258, 400, 2), 2**22 - 2], True),
    "even labels that are not counted": ([1, *range(258, 400, 2), 2**22], False),
}


@pytest.mark.parametrize(("y", "seen"), ROUNDED.values(), ids=ROUNDED)
def test_labels_that_were_rounded(y: list[int], seen: bool) -> None:
    assert (finding("CE310", np.array(y), num_classes=2**23) is not None) == seen


@pytest.mark.parametrize(
    ("dtype", "most"), [("uint8", 256), ("int8", 128), ("uint16", 65_536), ("int16", 32_768)]
)
@pytest.mark.parametrize("more", [0, 1])
def test_the_classes_that_an_integer_type_has(dtype: str, most: int, more: int) -> None:
    y = np.array([0, 1, 2], dtype)
    assert (finding("CE311", y, num_classes=most + more) is not None) == bool(more)


@pytest.mark.parametrize(("mark", "wrapped"), [(-1, 255), (-100, 156)])
@pytest.mark.parametrize("more", [0, 1])
def test_the_classes_of_which_a_wrapped_mark_is_none(mark: int, wrapped: int, more: int) -> None:
    y = np.array([0, 1, wrapped], np.uint8)
    found = finding("CE311", y, num_classes=wrapped + more, ignore_class=mark)
    assert (found is not None) == (not more)


# Grey levels: CE210.


GREY: dict[str, tuple[Array, int, bool]] = {
    "up to 255": (np.array([0, 85, 255]), 3, True),
    "up to 256": (np.array([0, 64, 256]), 3, False),
    "254 classes": (np.array([0, 127, 254]), 254, True),
    "one level": (np.array([128, 128]), 3, False),
    "two levels": (np.array([0, 128]), 3, True),
    "levels of 1.9 % are rare": (labels({0: 500, 200: 443, 51: 19, 77: 19, 101: 19}), 2, True),
    "levels of 2 % are frequent": (labels({0: 500, 200: 440, 51: 20, 77: 20, 101: 20}), 2, False),
    "two levels between": (labels({0: 500, 200: 480, 51: 10, 77: 10}), 2, False),
    "three levels between": (labels({0: 500, 200: 470, 51: 10, 77: 10, 101: 10}), 2, True),
    "three of eight between": (
        labels({0: 500, 200: 460, **dict.fromkeys([51, 77, 101, 211, 221, 223, 225, 227], 5)}),
        2,
        False,
    ),
    "four of eight between": (
        labels({0: 500, 200: 460, **dict.fromkeys([51, 77, 101, 103, 221, 223, 225, 227], 5)}),
        2,
        True,
    ),
    "10 % between": (
        labels({0: 500, 200: 400, 90: 5, **dict.fromkeys([51, 77, 101, 103, 105], 19)}),
        2,
        True,
    ),
    "10.1 % between": (
        labels({0: 500, 200: 399, 90: 6, **dict.fromkeys([51, 77, 101, 103, 105], 19)}),
        2,
        False,
    ),
}


@pytest.mark.parametrize(("y", "classes", "seen"), GREY.values(), ids=GREY)
def test_levels_of_grey(y: Array, classes: int, seen: bool) -> None:
    assert (finding("CE210", y, num_classes=classes) is not None) == seen


@pytest.mark.parametrize("width", [2, 3, 4, 5])
@pytest.mark.parametrize("sizes", [(5, 6), (30,)])
def test_the_last_dimension_of_colours(sizes: tuple[int, ...], width: int) -> None:
    """Of images, which have two dimensions at least."""
    y, x = np.zeros((*sizes, width), int), np.zeros((*sizes, 7))
    found = finding("CE210", y, x, from_logits=True)
    assert (found is not None) == (len(sizes) > 1 and width in (3, 4))


@pytest.mark.parametrize(("value", "seen"), [(1, False), (2, True), (255, True), (256, False)])
def test_the_labels_of_a_message_that_may_be_grey(value: int, seen: bool) -> None:
    codes = ce.explain(f"IndexError: Target {value} is out of bounds.").codes
    assert ("CE210" in codes) == seen


@pytest.mark.parametrize(("value", "seen"), [(17, False), (18, True)])
def test_how_far_a_grey_level_is_above_the_classes(value: int, seen: bool) -> None:
    codes = ce.explain(
        f"Received a label value of {value} which is outside the valid range of [0, 10)."
    ).codes
    assert ("CE210" in codes) == seen


# Outputs that no label uses: CE211.


@pytest.mark.parametrize(
    ("classes", "largest", "rows", "seen"),
    [
        # 50 labels for each class
        (10, 3, 499, False),
        (10, 3, 500, True),
        # more than twice the classes that occur
        (8, 3, 1_000, False),
        (9, 3, 1_000, True),
        # extra outputs above 1000 classes are padding
        (1_000, 495, 60_000, True),
        (1_001, 495, 60_000, False),
        # up to 512 of them
        (1_010, 498, 60_000, False),
        (1_010, 497, 60_000, True),
    ],
)
def test_the_outputs_without_a_label(classes: int, largest: int, rows: int, seen: bool) -> None:
    y = np.arange(rows) % (largest + 1)
    assert (finding("CE211", y, num_classes=classes) is not None) == seen


@pytest.mark.parametrize(("present", "grave"), [(1, "note"), (2, "warning")])
def test_the_classes_that_occur(present: int, grave: str) -> None:
    assert severity("CE211", np.arange(1_000) % present, num_classes=10) == grave


@pytest.mark.parametrize(
    ("told", "outputs", "grave"),
    [
        (10, 9, "error"),
        (10, 10, ""),
        (10, 11, "warning"),
        (1_000, 1_001, "warning"),
        (1_001, 1_002, ""),
        (1_001, 1_513, ""),
        (1_001, 1_514, "warning"),
    ],
)
def test_the_outputs_beside_the_classes_that_were_named(
    told: int, outputs: int, grave: str
) -> None:
    x = np.zeros((4, outputs))
    assert severity("CE211", [0, 1, 2, 3], x, from_logits=True, num_classes=told) == grave


# Labels out of range: CE101.


@pytest.mark.parametrize(("wrong", "places"), [(2, "0, 1"), (3, "0, 1, 2"), (4, "0, 1, 2")])
def test_the_places_that_are_named(wrong: int, places: str) -> None:
    y = np.zeros(9, int)
    y[:wrong] = [5, 6, 7, 8][:wrong]
    found = finding("CE101", y, num_classes=3)
    assert found is not None
    assert f"(first at {places})" in found.seen


@pytest.mark.parametrize(
    ("distinct", "text"), [(1_000, "and 990 more"), (1_001, "and at least 990 more")]
)
@pytest.mark.parametrize("least", [2**22, -2_000])
def test_the_distinct_labels_that_are_kept(least: int, distinct: int, text: str) -> None:
    found = finding("CE101", np.arange(least, least + distinct), num_classes=3)
    assert found is not None
    assert text in found.seen
    largest = least + distinct - 1
    assert (f"The largest needs {largest + 1} classes" in found.seen) == (largest > 2)


def test_the_largest_label_where_not_all_are_kept() -> None:
    """The first thousand of them, in order, are negative."""
    found = finding("CE101", np.r_[np.arange(-1_000, 0), 2**40, 2**30], num_classes=3)
    assert found is not None
    assert f"The largest needs {2**40 + 1} classes" in found.seen
