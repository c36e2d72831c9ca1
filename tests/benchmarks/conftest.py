"""The modules of benchmarks/ are imported by their own names, as its scripts do."""

from __future__ import annotations

import sys

from meta.source import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
