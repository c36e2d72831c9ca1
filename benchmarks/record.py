"""What was measured, as JSON: read, merged into, written; with the versions and the machine."""

from __future__ import annotations

import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "crossent", "numpy", "numba", "scipy", "scikit-learn", "torch", "jax", "optax",
    "tensorflow-cpu", "tensorflow", "keras", "ml_dtypes", "mpmath",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the version of every package that takes part."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Return what a reader needs to know of this machine."""
    facts = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    memory = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    flags = facts.get("flags", "").split()
    return {
        "cpu": facts.get("model name", platform.processor()),
        "family": f"family {facts.get('cpu family')} model {facts.get('model')}",
        "cores": len(os.sched_getaffinity(0)),
        "vectors": "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "older",
        "memory_gib": round(int(memory) / 2**20),
        "huge_pages": pages.read_text(encoding="utf-8").strip() if pages.exists() else "unknown",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "libc": " ".join(platform.libc_ver()),
    }


def busy(seconds: float = 1.0) -> float:
    """Return which share of the machine's CPUs is at work while this process waits."""

    def times() -> tuple[int, int]:
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        ticks = [int(word) for word in line.split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]  # all; idle or waiting for a disk

    total, idle = times()
    time.sleep(seconds)
    later, later_idle = times()
    return 1 - (later_idle - idle) / max(1, later - total)


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def read(path: Path) -> dict[str, Any]:
    """Return what is stored, or nothing."""
    if not path.exists():
        return {}
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def merge(path: Path, section: str, name: str, found: dict[str, Any]) -> None:
    """Put one result into a section of the file, and leave the others as they are."""
    stored = read(path)
    stored.setdefault(section, {})[name] = {
        "date": today(),
        "machine": machine(),
        "versions": versions(),
        **found,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(stored, indent=1, ensure_ascii=False, sort_keys=True)
    beside = path.with_suffix(".part")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)  # never half a file
