"""The guards of Keras in real runs of `fit`, on each of its backends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from guard_data import BAD_BATCH
from meta.source import ROOT, SRC

BACKENDS = ("tensorflow", "torch", "jax")
on_each = pytest.mark.parametrize("backend", BACKENDS)


@cache
def ran(backend: str) -> dict[str, Any]:
    """What keras_runs.py found, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error::crossent.CrossentWarning", "-m", "guards_keras.keras_runs"],
        cwd=ROOT / "tests",
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": os.pathsep.join([str(SRC), str(ROOT / "tests")]),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("backend", "loss"),
    [
        *(("tensorflow", loss) for loss in ("name", "smooth", "own")),
        *((backend, loss) for backend in BACKENDS for loss in ("object", "crossent, weighted")),
    ],
)
def test_healthy_training_is_the_same_and_silent(backend, loss):
    plain, guarded, codes = ran(backend)["healthy"][loss]
    assert plain == guarded
    assert codes == [[]]  # the first batch; on JAX that of fit_check


@on_each
@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ("first", "CE104", "y_true - 1"),
        ("nan", "CE217", "1 row holds NaN (first: row 5)"),
        ("label", "CE101", ""),
    ],
)
def test_a_fault_stops_the_training_and_is_named(backend, fault, code, text):
    found = ran(backend)["faults"][fault]
    if (backend, fault) == ("tensorflow", "label"):
        # TensorFlow's own operation raises first, with the values in its message.
        assert "outside the valid range" in found["error"][1]
        return
    name, message = found["error"]
    assert f"[{code}]" in message
    assert text in message
    assert code in found["codes"][-1]
    if backend == "torch":
        assert name == "DiagnosisError"
        if fault == "nan":
            assert f"nan at step {BAD_BATCH + 1}" in message


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_softmax_too_many_is_found_in_the_first_batch(backend):
    found = ran(backend)["faults"]["softmax"]
    assert "[CE105]" in found["error"][1]
    assert found["codes"] == [["CE105"]]


@on_each
def test_warn_lets_the_training_go_on(backend):
    found = ran(backend)["faults"]["warned"]
    assert found["error"] is None
    assert found["warned"] == ["CE217"]


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_loss_that_stays_is_warned_of(backend):
    found = ran(backend)["faults"]["stays"]
    assert found["error"] is None
    assert found["warned"] == ["CE218"]
    assert found["codes"] == [[], ["CE218"]]


def test_on_jax_a_guard_says_at_once_what_it_does_not_see():
    found = ran("jax")["on_jax"]
    assert found["checked"] == []
    [text] = found["unchecked"]
    assert "[CE001]" in text
    assert "does not see the first batch (call guards.fit_check(model, x, y) before fit" in text
    [text] = found["patience"]
    assert "does not see a loss that does not fall (leave out `patience`)" in text
    [text] = found["both"]
    assert "fit_check" in text
    assert "`patience`" in text
    assert found["where"]


def test_on_jax_a_large_batch_and_an_evaluation_are_seen():
    found = ran("jax")["on_jax"]
    assert [codes for codes in found["large"] if codes] == [["CE217"]]
    assert "[CE217]" in found["evaluate"]
    # 34 steps are NaN: the steps 1, 2, 4, 8, 16 and 32 of them.
    assert found["many"] == [["CE217"]] * 6


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_after_an_error_the_next_batch_is_the_first_again(backend):
    assert ran(backend)["again"] == [True, True]


def test_a_program_of_xla_is_refused_on_tensorflow():
    error = ran("tensorflow")["compiled"]["error"]
    assert "jit_compile=False" in error[1]


@on_each
def test_fit_check_finds_faults_before_fit(backend):
    found = ran(backend)["checks"]
    assert found["healthy"] == []
    assert found["softmax twice"] == ["CE317"]
    assert found["no softmax"] == ["CE106"]
    assert found["one-based"] == ["CE104"]
    assert found["late label"] == ["CE101"]
    assert found["dataset"] == ["CE104"]
    assert found["said"] == ["[CE104] Before fit"]


@on_each
def test_fit_check_changes_nothing(backend):
    assert ran(backend)["checks"]["untouched"]
    assert ran(backend)["checks"]["same"]


@on_each
def test_misuse_is_refused(backend):
    found = ran(backend)["checks"]
    assert "`y` must be given" in found["generator"]
    assert "call model.compile first" in found["not compiled"]
    assert "`loss` must be one of" in found["regression"]
    assert "'history' is not an option of a guard" in found["option"]


@on_each
def test_a_guarded_model_is_saved_and_loaded(backend):
    assert ran(backend)["saved"] == ["KerasLoss", True]
