"""Names of faults for programs that stop while they run: an error begins with such a name."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "CE101": "labels_that_are_no_class",
    "CE103": "labels_that_mark_missing_rows",
    "CE104": "labels_count_from_1",
    "CE106": "predictions_are_no_probabilities",
    "CE111": "labels_are_not_whole_numbers",
    "CE210": "labels_are_levels_of_grey",
    "CE301": "rows_of_several_labels",
    "CE308": "targets_are_no_distribution",
    "CE311": "labels_do_not_fit_their_dtype",
    "CE312": "labels_are_missing",
    "CE314": "weights_are_no_weights",
}
"""Every code that the values of a call can have, and a name of letters, digits and underscores."""


def operation_name(code: str) -> str:
    """Return the name of the operation that stops at a fault.

    >>> operation_name("CE104")
    'CE104_labels_count_from_1'
    """
    return f"{code}_{NAMES[code]}"
