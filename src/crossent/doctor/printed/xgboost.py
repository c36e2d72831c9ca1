"""What XGBoost prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message

_LABEL: Final = (
    r"label must be in \[0, num_class\)|Invalid classes inferred from unique values of `?y`?\.\s+"
    r"Expected: \[(?P<e>[^\]]*)\], got \[(?P<g>[^\]]*)\]"
)

MESSAGES: Final = (
    Message("CE101", "XGBoost", _LABEL, "Some label is no class: see y.max() and y.min().", 0.6),
    Message("CE104", "XGBoost", _LABEL, label_values.boosted_from_one),
)
