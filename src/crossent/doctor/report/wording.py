"""Text from the data, made safe to show: no markup, nothing invisible, nothing endless."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Final

LONGEST: Final = 200

_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Control characters, those that turn the direction of text, halves of pairs, no characters."""


def plain(text: object, longest: int = LONGEST) -> str:
    """Return text with unseen characters written as escapes, cut to a length.

    >>> plain("a\\x00b\\u202ec"), plain("abcdef", 4)
    ('a\\\\x00b\\\\u202ec', 'abc…')
    """
    whole = str(text)
    shown = "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _HIDDEN else c
        for c in whole[: longest + 1]
    )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def safe(text: object, longest: int = 10_000) -> str:
    """Return text as HTML, for an element or between double quotes.

    >>> safe('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape(plain(text, longest), quote=True)


def with_code(text: str) -> str:
    """Return text as HTML with what stands between backticks as code.

    >>> with_code("Pass `y_true` - 1.")
    'Pass <code>y_true</code> - 1.'
    """
    lines = []
    for line in text.split("\\n"):
        parts = safe(line).split("`")
        if len(parts) % 2 == 0:  # an odd backtick is one of the data
            parts = ["`".join(parts)]
        lines.append("".join(f"<code>{p}</code>" if k % 2 else p for k, p in enumerate(parts)))
    return "<br>".join(lines)
