"""Write docs/gpu.md's table: what losses ask of an accelerator that has no kernels of ours.

python tools/gpu_page.py            write it
python tools/gpu_page.py --check    exit with 1 if it would change

Operations of PyTorch are counted on a CPU that is taken for another device, so no GPU is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests", "tools")]

import torch  # noqa: E402

import crossent as ce  # noqa: E402
from launches import counted  # noqa: E402
from tables_in_pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "gpu.md"
BEGIN = "<!-- table: begin (written by tools/gpu_page.py) -->\n"
END = "<!-- table: end -->\n"

ROWS, CLASSES = 64, 300
G = torch.Generator().manual_seed(5)
X = 3 * torch.randn(ROWS, CLASSES, generator=G)
Y = torch.randint(0, CLASSES, (ROWS,), generator=G)
Q = torch.softmax(torch.randn(ROWS, CLASSES, generator=G), -1)
LOGITS: dict[str, Any] = {"from_logits": True, "validate": "off"}
OFF: dict[str, Any] = {"validate": "off"}
MASK = torch.ones(CLASSES, dtype=torch.bool)

Loss = Callable[[Any], Any]


def sparse(**options: Any) -> Loss:
    """The loss of one label a row, or of two."""
    y = torch.stack([Y, (Y + 1) % CLASSES], 1) if "target_prob" in options else Y
    return lambda x: ce.sparse_categorical_crossentropy(y, x, **options)


def dense(**options: Any) -> Loss:
    return lambda x: ce.categorical_crossentropy(Q, x, **options)


def binary(**options: Any) -> Loss:
    return lambda x: ce.binary_crossentropy(Q, x, **options)


CASES: dict[str, tuple[Loss, Any]] = {
    "a label": (sparse(**LOGITS), X),
    "a label, `ignore_class`": (sparse(**LOGITS, ignore_class=-100), X),
    "a label, `z_loss`": (sparse(**LOGITS, z_loss=0.1), X),
    "a label, `class_weight` and `sample_weight`": (
        sparse(**LOGITS, class_weight=torch.ones(CLASSES), sample_weight=torch.ones(ROWS)),
        X,
    ),
    "a label, `class_mask`": (sparse(**LOGITS, class_mask=MASK), X),
    "a label, `label_smoothing`": (sparse(**LOGITS, label_smoothing=0.1), X),
    "a label, both": (sparse(**LOGITS, label_smoothing=0.1, class_mask=MASK), X),
    "two labels (`target_prob`)": (sparse(**LOGITS, target_prob=torch.full((ROWS, 2), 0.5)), X),
    "a distribution": (dense(**LOGITS), X),
    "a distribution, `class_mask`": (dense(**LOGITS, class_mask=MASK), X),
    "a label, of probabilities": (sparse(**OFF), torch.softmax(X, -1)),
    "a distribution, of probabilities": (dense(**OFF), torch.softmax(X, -1)),
    "binary": (binary(**LOGITS), X),
    "binary, of probabilities": (binary(**OFF), torch.softmax(X, -1)),
}


def table() -> str:
    """Count every case, forward and backward."""
    lines = [
        "",
        "| Targets and options | Operations | Passes |",
        "| --- | ---: | ---: |",
    ]
    for name, (loss, x) in CASES.items():
        forward, backward = counted(loss, x)
        lines.append(
            f"| {name} | {forward.launches} + {backward.launches} "
            f"| {forward.passes:.0f} + {backward.passes:.0f} |"
        )
    return "\n".join([*lines, "", ""])


def main(argv: list[str]) -> int:
    return write_or_check(argv, __doc__, "gpu_page.py", PAGE, (BEGIN, END), table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
