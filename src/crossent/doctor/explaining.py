"""What a message, a value or a code means, without data."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from crossent.core.errors import CrossentError, OptionError
from crossent.core.messages import data as messages
from crossent.doctor import loss_text
from crossent.doctor.catalogue import all_checks, check_named
from crossent.doctor.check import Check
from crossent.doctor.explanation import CODE, Explanation, Reading
from crossent.doctor.loss_values import nearest_readings, readings_of_value, wrong_beside
from crossent.doctor.nearness import nearest_checks
from crossent.doctor.pasted import plain
from crossent.doctor.printed import messages_of
from crossent.doctor.printed.message import SYMPTOM
from crossent.stream.host import to_host

SHOWN: Final = 4
NEAREST: Final = 3
FAR_BELOW: Final = 0.45
"""Readings so much less likely than the first are not shown."""


_NARROW: Final = (("bfloat16", 2), ("float16", 3), ("float32", 7))
"""Decimal digits that narrow types hold, whatever the number."""

_OWN = re.compile(r"\[(CE\d{3})\]")


def explain_thing(thing: object) -> Explanation:
    """Explain a code, a number or a message."""
    if isinstance(thing, BaseException):
        text = f"{type(thing).__name__}: {thing}"
    elif isinstance(thing, str):
        text = thing
    elif hasattr(thing, "__float__") and not isinstance(thing, bool) and _is_one(thing):
        digits = next((n for name, n in _NARROW if name in str(getattr(thing, "dtype", ""))), None)
        number = _number(thing)
        # The shortest text of a float64 has as many digits as somebody typed.
        shown = repr(number) if digits is None else f"{number:.{digits}g}"
        return _value(shown, float(shown))
    else:
        raise _not_explained(thing)
    if not text.strip():
        raise messages.option("`thing` is empty: paste an error message, a loss value or a code.")
    code = CODE.fullmatch(text)
    if code is not None:
        return _code(text, code[1])
    read = plain(text)
    alone = loss_text.alone(read)
    return _message(text, read) if alone is None else _value(*alone)


def _number(thing: Any) -> float:
    """Return a number, or the one in an array of any framework."""
    try:
        # A tensor that records gradients is no number before it is read.
        return float(to_host("thing", thing).item() if hasattr(thing, "shape") else thing)
    except (CrossentError, TypeError, ValueError, OverflowError) as error:
        raise _not_explained(thing) from error


def _not_explained(thing: object) -> OptionError:
    return messages.option(
        f"`thing` must be a message, a number, an exception or a code; got {thing!r}. For an "
        "array of losses: ce.diagnose(history=losses), or its mean."
    )


def _is_one(thing: object) -> bool:
    """Whether an array holds one number."""
    return math.prod(getattr(thing, "shape", ())) == 1


def _code(text: str, digits: str) -> Explanation:
    check = check_named(f"CE{digits}")
    if check is not None:
        return Explanation(text, "code", (_reading(check, 1.0, check.why),))

    def distance(other: Check) -> tuple[bool, int]:
        # CE1 stands for the codes that begin so.
        return not other.code[2:].startswith(digits), abs(int(other.code[2:]) - int(digits))

    near = sorted(all_checks(), key=distance)[:NEAREST]
    return Explanation(text, "unknown", tuple(_reading(c, 0.1, c.why) for c in near))


def _value(shown: str, value: float, wrong: float | None = None) -> Explanation:
    readings = readings_of_value(shown, value, wrong)
    found = sorted(readings, key=lambda reading: -reading.score)[:SHOWN]
    if found:
        return Explanation(shown, "value", tuple(found))
    return Explanation(shown, "unknown", tuple(nearest_readings(value, NEAREST)))


def _message(text: str, read: str) -> Explanation:
    named = set(_OWN.findall(read))
    best, printed = _recognised(read, named)
    if best and not printed:
        best |= {r.code: r for r in _about(read) if r.score > _score(best, r.code)}
    found = sorted(best.values(), key=lambda r: (r.code not in named, -r.score, r.code))
    if found:
        near = [r for r in found if r.score >= found[0].score - FAR_BELOW]
        return Explanation(text, "message", tuple(near[:SHOWN]))
    number = loss_text.printed(read)
    if number is not None:
        return _value(*number, wrong_beside(loss_text.accuracy(read)))
    near_checks = nearest_checks(read, NEAREST)
    return Explanation(text, "unknown", tuple(_reading(c, 0.1, c.why) for c in near_checks))


def _recognised(text: str, named: set[str]) -> tuple[dict[str, Reading], bool]:
    """Return the likeliest reading of each code, and whether software printed any of it."""
    best: dict[str, Reading] = {}
    printed = bool(named)
    for check in all_checks():
        for message in messages_of(check.code):
            says = message.read(text)
            if says is None:
                continue
            printed = printed or message.framework != SYMPTOM
            score = min(1.0, says.score + (1.0 if check.code in named else 0.0))
            if score > _score(best, check.code):
                best[check.code] = _reading(check, score, says.text, says.fix)
        if check.code in named and check.code not in best:
            best[check.code] = _reading(check, 1.0, check.why)
    return best, printed


def _score(best: dict[str, Reading], code: str) -> float:
    return best[code].score if code in best else 0.0


def _about(text: str) -> list[Reading]:
    """Return the readings of a loss that somebody writes about."""
    number = loss_text.in_sentence(text)
    return [] if number is None else list(readings_of_value(*number))


def _reading(check: Check, score: float, text: str, fix: str = "") -> Reading:
    return Reading(check.code, check.title, score, text, fix or check.fix, check.rule)
