"""Makes `jax_calls` importable: a package cannot be made of a folder named like a framework."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
