"""A place where everything is installed but numba, for ``python -S``: a folder of links."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"


def python_path(folder: Path) -> str:
    """Link in a folder to all that is installed here but numba; return PYTHONPATH for it."""
    for entry in map(Path, sys.path):
        if entry.name == "site-packages":
            for item in entry.iterdir():
                target = folder / item.name
                unwanted = item.name.startswith(("numba", "llvmlite")) or item.suffix == ".pth"
                if not unwanted and not target.exists():
                    target.symlink_to(item)
    return os.pathsep.join([str(SRC), str(folder)])
