"""Install the package in a fresh virtual environment and write its size into README.

    python tools/install_size.py

The size is that of what pip adds to an empty environment, on this platform.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
MARKED = re.compile(r"(<!-- size -->\n).*?(<!-- /size -->)", re.DOTALL)
NAMED = ("numba", "llvmlite", "numpy")


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    """Measure, and write the sentence."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.executable, "-m", "venv", name], check=True)
        (packages,) = Path(name).glob("lib/python*/site-packages")
        before = size(packages)
        subprocess.run(
            [f"{name}/bin/pip", "install", "--quiet", "--no-compile", str(ROOT)], check=True
        )
        total = size(packages) - before
        own = size(packages / "crossent")
        large = sum(size(path) for one in NAMED for path in packages.glob(f"{one}*"))
    where = f"{platform.system()} ({platform.machine()})"
    sentence = (
        f"An installation takes {total / 1e6:.0f} MB on {where}: "
        f"{own / 1e6:.1f} MB are crossent, {large / 1e6:.0f} MB NumPy, Numba and LLVM.\n"
    )
    text = README.read_text(encoding="utf-8")
    README.write_text(MARKED.sub(rf"\g<1>{sentence}\g<2>", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
