"""Predictions split over eight devices: no logits travel, in a mesh of either kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from meta.source import SRC

SCRIPT = Path(__file__).with_name("on_eight_devices.py")


@pytest.fixture(scope="module")
def report() -> list[dict[str, Any]]:
    """One record for every loss and way to split, made in a process with eight devices."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(SRC), os.environ.get("PYTHONPATH", "")])
            ),
            "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
            "JAX_PLATFORMS": "cpu",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def name(record: dict[str, Any]) -> str:
    return f"{record['loss']} {record['split']} {record['mesh']}"


def test_everything_was_run(report: list[dict[str, Any]]) -> None:
    assert len({name(record) for record in report}) == len(report) == 7 * 3 + 5 + 2
    assert {record["devices"] for record in report} == {8}


def test_no_logits_travel(report: list[dict[str, Any]]) -> None:
    """Whatever is exchanged has at most a few numbers a row, or one a class."""
    checked = [record for record in report if record["loss"] != "gathers"]
    for record in checked:
        for operation, elements in record["exchanged"]:
            assert elements <= record["most"], f"{name(record)}: {operation} of {elements}"
            assert operation != "all-gather" or elements <= record["classes"], name(record)


def test_the_reader_of_programs_sees_a_gather(report: list[dict[str, Any]]) -> None:
    """A loss that does gather the logits is found out, so that the test above can fail."""
    (record,) = (record for record in report if record["loss"] == "gathers")
    assert max(elements for _, elements in record["exchanged"]) > record["most"]


def test_values_and_gradients_are_those_of_one_device(report: list[dict[str, Any]]) -> None:
    for record in report:
        assert record["value_error"] < 2e-6, name(record)
        assert record["gradient_error"] < 2e-6, name(record)


def test_the_gradient_is_split_as_the_predictions_are(report: list[dict[str, Any]]) -> None:
    for record in report:
        assert record["gradient_split"] or record["loss"] == "gathers", name(record)
