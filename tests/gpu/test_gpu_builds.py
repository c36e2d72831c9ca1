"""The kernels compiled for GPUs that are not here: registers, memory accesses, float64."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from meta.source import SRC

SCRIPT = Path(__file__).with_name("compile_for_gpus.py")
TARGETS = ("80", "90", "100", "gfx942", "gfx1100")


@pytest.fixture(scope="module")
def builds() -> list[dict[str, Any]]:
    """What came of every build."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        env={**environment, "PYTHONPATH": str(SRC)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_target_is_built_for(builds: list[dict[str, Any]]) -> None:
    assert {build["target"] for build in builds} == set(TARGETS)
    assert len({json.dumps(build) for build in builds}) == len(builds) <= 400
    assert {build["dtype"] for build in builds} == {"fp16", "bf16", "fp32", "fp64"}


def test_nothing_spills(builds: list[dict[str, Any]]) -> None:
    assert [build for build in builds if build["spills"]] == []


def test_memory_is_read_and_written_16_bytes_at_a_time(builds: list[dict[str, Any]]) -> None:
    assert [build for build in builds if not build["loads"]] == []
    writes = [build for build in builds if build["kernel"] == "gradient"]
    assert writes
    assert [build for build in writes if not build["stores"]] == []


def test_no_float64_in_the_loops_over_classes(builds: list[dict[str, Any]]) -> None:
    assert [build for build in builds if not build["loops"]] == []
    narrow = [build for build in builds if build["dtype"] != "fp64"]
    assert [build for build in narrow if build["float64_in_loops"]] == []
    # and the count sees it where it is
    wide = [build for build in builds if build["dtype"] == "fp64"]
    assert all(build["float64_in_loops"] for build in wide)
