"""What installed frameworks said when they were called wrongly is explained by what was wrong."""

from __future__ import annotations

import re

import pytest

import crossent as ce
from doctor.collected_texts import Collected, collected
from meta.source import ROOT, run_python

MESSAGES = collected()


@pytest.mark.parametrize("framework", sorted({one.framework for one in MESSAGES}))
def test_message_is_explained_by_its_cause(framework: str) -> None:
    def is_wrong(one: Collected) -> bool:
        explanation = ce.explain(one.text)
        return not explanation.known or explanation.codes[:1] not in [[c] for c in one.causes]

    own = [one for one in MESSAGES if one.framework == framework]
    wrong = [(one.text[:200], one.how, one.causes) for one in own if is_wrong(one)]
    assert own
    assert wrong == []


def test_there_are_messages_of_many_kinds() -> None:
    kinds = {re.sub(r"\d+", "#", one.text) for one in MESSAGES}
    assert len(kinds) >= 200
    assert len({one.framework for one in MESSAGES}) >= 11


def test_the_page_is_what_the_script_writes() -> None:
    done = run_python(str(ROOT / "tools" / "messages_page"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr
