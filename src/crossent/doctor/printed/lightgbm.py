"""What LightGBM prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message

_LABEL: Final = r"Label must be in \[0, (?P<classes>\d+)\), but found (?P<value>-?\d+) in label"

MESSAGES: Final = (
    Message("CE101", "LightGBM", _LABEL, label_values.too_large),
    Message("CE104", "LightGBM", _LABEL, label_values.one_based),
)
