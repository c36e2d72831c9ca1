"""A loss as people write it, and as training loops and frameworks print it."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple


class Written(NamedTuple):
    """A number in nats, and how it stands in the text: its digits say how exact it is."""

    text: str
    value: float


_N: Final = r"(?P<n>[+-]?(?:\d+[.,]?\d*(?:e[+-]?\d+)?|\.\d+|nan|inf(?:inity)?))"
_SPLIT: Final = r"(?:train(?:ing)?|val(?:idation)?|eval|test|log)?[ _-]?"

_LOSS: Final = re.compile(
    rf"[\s(\[]*(?:{_SPLIT}loss\s*[:=]?\s*(?:is\s*)?)?{_N}\s*(?P<unit>nats?|bits?)?[\s)\]]*",
    re.IGNORECASE,
)
_PERPLEXITY: Final = re.compile(
    rf"\s*{_SPLIT}(?:perplexity|ppl)\s*(?:is|of|[:=])?\s*{_N}\s*", re.IGNORECASE
)
_PRINTED: Final = re.compile(
    r"(?:(?:\b|_)loss(?: ?\(\w+\))?['\"]?\s*(?::|=|is|of)\s*['\"]?"
    r"|(?:^|\bloss\b\W*)\s*(?:\w+\.)?(?:tensor|Array|float\d+)\("
    r"|^\s*<tf\.Tensor: shape=\(\),.*numpy=)"
    r"(?P<n>[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|nan|inf))\b",
    re.IGNORECASE,
)
_ACCURACY: Final = re.compile(
    r"(?:\b|_)acc(?:uracy)?['\"]?\s*(?::|=|is|of)\s*['\"]?(?P<n>\d+\.?\d*)\s*(?P<unit>%?)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(
    r"\bloss\b(?:(?!nan\b|inf\b|acc)[^\d.\n]){0,40}(?P<n>-?\d+\.\d{2,})", re.IGNORECASE
)
"""Decimals tell a loss from a number of classes or epochs."""


def alone(text: str) -> Written | None:
    """Return the loss where the text is nothing else.

    >>> alone("val_loss: 2.3026"), alone("3.3219 bits"), alone("perplexity 50257")
    (Written(text='2.3026', value=2.3026), Written(text='2.3026', value=2.3026), \
Written(text='10.8249', value=10.8249))
    """
    found = _LOSS.fullmatch(text)
    if found is not None:
        written = _of(found["n"])
        if (found["unit"] or "nats").lower().startswith("nat"):
            return written
        decimals = len(written.text.partition(".")[2])
        return _of(f"{written.value * math.log(2):.{decimals}f}")
    found = _PERPLEXITY.fullmatch(text)
    if found is None:
        return None
    perplexity = _of(found["n"]).value
    return _of(f"{math.log(perplexity):.4f}") if 0 < perplexity < math.inf else None


def printed(text: str) -> Written | None:
    """Return the loss that a training loop, a dict or a framework printed.

    Of several it is the last one, but for a NaN or an infinity, which says more.

    >>> printed("{'loss': 2.3026, 'epoch': 1}"), printed("no number")
    (Written(text='2.3026', value=2.3026), None)
    >>> printed("step 1 loss: 2.30, step 2 loss: nan, step 3 loss: 0.0").text
    'nan'
    """
    found = [_of(match["n"]) for match in _PRINTED.finditer(text)]
    for written in found:
        if not math.isfinite(written.value):
            return written
    return found[-1] if found else None


def accuracy(text: str) -> float | None:
    """Return the accuracy that stands beside a loss, as a share; of several the last.

    >>> accuracy("loss: 7.97 - acc: 0.5000"), accuracy("loss 7.97, accuracy = 50.0 %")
    (0.5, 0.5)
    """
    found = list(_ACCURACY.finditer(text))
    if not found:
        return None
    share = float(found[-1]["n"]) / (100 if found[-1]["unit"] else 1)
    return share if share <= 1 else None


def in_sentence(text: str) -> Written | None:
    """Return the loss that a sentence is about.

    >>> in_sentence("my loss stays at 0.6931 from epoch 2 on")
    Written(text='0.6931', value=0.6931)
    """
    found = _SENTENCE.search(text)
    return None if found is None else _of(found["n"])


def _of(number: str) -> Written:
    text = number.replace(",", ".")
    return Written(text, float(text))
