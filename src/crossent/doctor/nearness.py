"""Which checks a text is near to that no pattern knows, by the words that they share."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Final

from crossent.doctor.catalogue import all_checks
from crossent.doctor.check import Check

SUBJECT: Final = re.compile(
    r"(?:loss(?:es)?|labels?|targets?|logits?|softmax|sigmoid|class(?:es)?|(?:cross)?_?entropy|"
    r"probabilit\w*|predictions?|one_?hot|nan|nats?|accuracy|padding|masks?|smoothing|ignore_\w+)"
)
"""Words that texts about a loss have; without one a text is about something else."""

LEAST: Final = 0.25
"""Sum of the rarities of the shared words from which a check is near."""

_COMMON: Final = re.compile(
    r"the|and|but|are|for|not|was|were|has|have|had|with|that|this|than|then|from|"
    r"into|its|does|did|how|what|when|where|which|why|who|can|cannot|will|would|"
    r"should|must|may|been|being|there|here|also|only|just|like|always|never|all|"
    r"any|each|other|some|such|both|more|most|same|very|too|got|get|give|gives|"
    r"given|expected|received|input|output|found|failed|error|errors|runtimeerror|"
    r"valueerror|typeerror|keyerror|indexerror|userwarning|line|file|call|name|object|"
    r"list|right|make|makes|made|use|used|using|instead|about|know|want|wants|you|"
    r"your|our|they|them|out"
)


def nearest_checks(text: str, most: int) -> list[Check]:
    """Return the checks that share the rarest words with a text, if they share enough."""
    words = set(_words(text))
    rarity = _rarity()
    scored = []
    for check in all_checks():
        shared = words & _words_of(check)
        score = sum(1.0 / rarity[word] for word in shared)
        about = any(SUBJECT.fullmatch(word) for word in shared)
        if about and len(shared) > 1 and score >= LEAST:
            scored.append((score, check.code, check))
    scored.sort(key=lambda item: (-item[0], item[1]))
    return [check for _, _, check in scored[:most]]


def _words(text: str) -> list[str]:
    found = re.findall(r"[a-z_]{3,}", text.lower())
    return [word for word in found if not _COMMON.fullmatch(word)]


@cache
def _words_of(check: Check) -> frozenset[str]:
    parts = (check.slug.replace("-", " "), check.title, check.pasted, check.why, check.rule)
    return frozenset(_words(" ".join(parts)))


@cache
def _rarity() -> Counter[str]:
    return Counter(word for check in all_checks() for word in _words_of(check))
