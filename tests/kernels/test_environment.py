"""Words in environment variables: each is followed, or named in one warning."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CALL = """
import numpy as np
import crossent as ce
x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
for _ in range(2):
    loss = ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True)
config = ce.show_config()
print(loss, ce.last_path(), config["threads"] > 0, config["kernels"])
"""


def child(**environment: str) -> tuple[list[str], list[str]]:
    """What a call prints, and the warnings that it gives."""
    known = {name: word for name, word in os.environ.items() if not name.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", CALL], env={**known, **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "Warning" in line]
    loss, path, threads, kernels = done.stdout.strip().split(" ", 3)
    assert float(loss) == pytest.approx(0.1809245, rel=1e-6)  # float32, printed with 8 digits
    assert threads == "True"
    return [path, kernels], warnings


@pytest.mark.parametrize("word", ["0", "off", "Off", "FALSE", "no", " 0 "])
def test_words_that_turn_kernels_off(word: str) -> None:
    assert child(CROSSENT_KERNELS=word) == (["operations", "off"], [])


@pytest.mark.parametrize("word", ["", "1", "on", "True", "yes"])
def test_words_that_leave_kernels_on(word: str) -> None:
    assert child(CROSSENT_KERNELS=word) == (["kernel", "on"], [])


@pytest.mark.parametrize("word", ["2", "maybe", "none"])
def test_other_words_for_kernels_are_named(word: str) -> None:
    found, warnings = child(CROSSENT_KERNELS=word)
    assert found == ["kernel", "on"]
    assert len(warnings) == 1
    assert all(part in warnings[0] for part in ("CROSSENT_KERNELS", repr(word), "off"))


@pytest.mark.parametrize("word", ["0", "-1", "two", "1.5", "²", "9" * 5000])
def test_other_words_for_threads_are_named(word: str) -> None:
    found, warnings = child(CROSSENT_NUM_THREADS=word)
    assert found == ["kernel", "on"]
    assert len(warnings) == 1
    assert all(part in warnings[0] for part in ("CROSSENT_NUM_THREADS", repr(word), "at least 1"))


@pytest.mark.parametrize("word", ["", " ", "1", " 2 "])
def test_numbers_of_threads(word: str) -> None:
    assert child(CROSSENT_NUM_THREADS=word) == (["kernel", "on"], [])


def test_a_compiler_that_is_turned_off() -> None:
    found, warnings = child(NUMBA_DISABLE_JIT="1")
    assert found == ["operations", "NUMBA_DISABLE_JIT is set"]
    assert warnings == []


@pytest.mark.parametrize(
    ("name", "word"), [("NUMBA_NUM_THREADS", "0"), ("NUMBA_CPU_FEATURES", "garbage")]
)
def test_a_compiler_that_cannot_run(name: str, word: str) -> None:
    (path, why), warnings = child(**{name: word})
    assert path == "operations"
    assert len(warnings) == 1
    assert why in warnings[0]
    assert "numba cannot be imported" in why or name in why
