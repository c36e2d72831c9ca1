"""Text as people paste it, brought into one form before any pattern looks at it."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 20_000
HEAD: Final = 4_000
"""Of a longer text the beginning and the end are read: errors stand at the end of a log."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ESCAPED: Final = re.compile(r"\\(?:r?\\?n|t)(?=[\sA-Z'\"\[({]|\\|$)")
_MARGIN: Final = re.compile(
    r"^(?:[ \t]*(?:[│|>╭╰╮╯]+|E(?= {2,})|\[[a-z_-]*\d+\]:|\(\w+ pid=\d+[^)\n]*\)|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\]?:?)(?=\s|$))+[ \t]?",
    re.MULTILINE,
)
"""What log files, notebooks and pytest put before a line: frames, ranks, times."""

_FRAME: Final = re.compile(r"[ \t]*[│|][ \t]*$", re.MULTILINE)
_ENTITIES: Final = {"&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_QUOTES: Final = str.maketrans("`´‘’“”\u00a0", "''''\"\" ")
_UNKNOWN: Final = re.compile(r"(?<=[\[(, ])\?(?=\s*[,)\]])")
_WRAPPED: Final = re.compile(r"Dimension\((\w+|\?)\)")
_SHAPED: Final = re.compile(r"TensorShape\(([\[(][^\])]*[\])])\)")
_SCALAR: Final = re.compile(r"\bnp\.(?:u?int|float|str|bool)\w*\(([^()]*)\)")


def plain(text: str) -> str:
    """Return a text with one kind of quotes, of unknown sizes and of numbers, and no margins.

    >>> plain("│ labels shape (?, 10)   │"), plain("`logits` of [Dimension(None)]")
    ('labels shape (None, 10)', "'logits' of [None]")
    >>> plain("2026-01-02 03:04:05 [rank0]: got np.int64(3)")
    'got 3'
    """
    if len(text) > LONGEST:
        text = f"{text[:HEAD]}\n{text[HEAD - LONGEST :]}"
    text = _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    text = _ESCAPED.sub("\n", text).replace('\\"', '"').replace("\\'", "'")
    text = _FRAME.sub("", _MARGIN.sub("", text)).translate(_QUOTES)
    text = _UNKNOWN.sub("None", _WRAPPED.sub(r"\1", text))
    return _SCALAR.sub(r"\1", _SHAPED.sub(r"\1", text))


def pattern_of(words: str) -> str:
    """Write a pattern for texts in that form: any white space for a space, one kind of quotes.

    >>> pattern_of("of `y` ?:")
    "of\\\\s+'y'\\\\s*:"
    """
    return re.sub(r" +", r"\\s+", words.replace("`", "'").replace(" ?", r"\s*"))
