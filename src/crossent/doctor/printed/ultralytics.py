"""What the YOLO packages print, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

_CLASS: Final = (
    r"Label class (?P<v>\d+) exceeds (?:dataset class count|nc=) ?(?P<c>\d+)"
    r"(?:.{0,40}Possible class labels are 0-(?P<l>\d+))?"
)

MESSAGES: Final = (
    Message(
        "CE101",
        "YOLO",
        _CLASS,
        lambda m: Says(
            0.95 if int(m["v"]) != int(m["c"]) else 0.8,
            f"A label file has the class {m['v']}, but data.yaml names {m['c']} classes: "
            f"0..{int(m['c']) - 1}.",
            f"Set nc and names in data.yaml to {int(m['v']) + 1} classes, or map the class "
            f"ids of the "
            f"label files to 0..{int(m['c']) - 1}.",
        ),
    ),
    Message(
        "CE104",
        "YOLO",
        _CLASS,
        lambda m: (
            Says(
                0.93,
                f"The class {m['v']} is one too large for {m['c']} classes: the label files count "
                "from 1.",
                "If 0 never occurs, subtract 1 from every class id in the label files.",
            )
            if m["v"] == m["c"]
            else None
        ),
    ),
    Message(
        "CE217",
        "YOLO",
        r"(?:Training|Loss).{0,20}NaN(?:/Inf)? (?:loss )?detected|NaN or Inf (?:found|detected) in "
        r"(?:loss|input)",
        "A loss is NaN.",
        0.9,
        "Lower lr0, or train with amp=False: if the NaN goes away, float16 overflowed; if it "
        "stays, check the labels.",
    ),
)
