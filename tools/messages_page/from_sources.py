"""Look for error texts about labels and predictions in the sources of the installed frameworks.

    python tools/messages_page/from_sources.py [PACKAGE ...]     list them with their codes
    python tools/messages_page/from_sources.py --without-code    those alone that get none

An error text is what a `raise` is given: a literal, an f-string, or a text with `format` or `%`.
Holes are filled in with values that their names suggest. What `collect.py` cannot provoke stands in
tests/doctor/source_texts.py, chosen by hand of this list; the test and the page read that file.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]

from crossent import explain  # noqa: E402

PARTS: Final = {
    "torch": ("nn/functional.py", "nn/modules/loss.py", "nn/modules/adaptive.py", "distributions"),
    "tensorflow": (
        "python/ops/nn_ops.py", "python/ops/nn_impl.py", "python/ops/losses",
        "python/ops/confusion_matrix.py", "python/ops/metrics_impl.py",
        "python/ops/weights_broadcast_ops.py", "python/keras/losses.py", "python/keras/backend.py",
        "python/keras/metrics.py", "python/keras/engine", "python/keras/utils/losses_utils.py",
    ),
    "keras": (
        "src/losses", "src/metrics", "src/trainers", "src/ops/nn.py", "src/utils", "src/backend",
    ),
    "optax": ("losses", "_src"),
    "sklearn": ("metrics", "utils", "linear_model", "ensemble", "neural_network", "preprocessing",
                "_loss", "calibration.py", "multiclass.py", "naive_bayes.py", "svm", "tree"),
    "torchmetrics": ("functional", "utilities", "classification"),
    "xgboost": ("",), "lightgbm": ("",), "catboost": ("",),
    "transformers": ("loss", "trainer.py", "trainer_utils.py", "data", "models/bert", "models/gpt2",
                     "models/t5", "models/llama"),
}  # fmt: skip
"""Where a package speaks of labels, predictions and losses."""

ABOUT: Final = re.compile(
    r"\b(?:labels?|targets?|y_true|y_pred|y_prob|y_score|predictions?|preds|loss(?:es)?|classes|"
    r"class(?:es)? (?:ind|lab|num|id)\w*|num_classes|logits?|probabilit\w+|one-?hot|ignore_index|"
    r"pos_weight|(?:sample|class)_?weights?)\b",
    re.IGNORECASE,
)
"""Words that a text about the inputs of a loss has at least one of."""

HOLES: Final = (
    ("shape|size", "(32, 5)"), ("dtype|type", "float32"), ("ndim|rank|dim|axis", "2"),
    ("class|num|len|count|n_|max|min|batch", "5"), ("name|key|arg|option", "labels"),
    ("y_true|label|target", "[1 2 3]"), ("loss|metric", "categorical_crossentropy"),
)  # fmt: skip
"""What a hole is filled in with, by what its name holds."""


class Text(NamedTuple):
    """An error text and where it stands."""

    where: str
    kind: str
    text: str


def filled(name: str) -> str:
    """Return a plausible value for a hole."""
    return next((value for pattern, value in HOLES if re.search(pattern, name, re.I)), "3")


def text_of(node: ast.expr) -> str | None:
    """Return the text of an expression with its holes filled in; None if it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant)
            else filled(ast.unparse(part.value)) if isinstance(part, ast.FormattedValue) else ""
            for part in node.values
        )  # fmt: skip
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else (left or "3") + (right or "3")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        values = iter([filled(ast.unparse(one)) for one in given])
        text = text_of(node.left)
        return text and re.sub(r"%(?:\(\w+\))?[-\d.]*[sdrfgi]", lambda _: next(values, "3"), text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr != "format":
            return None
        values = iter([filled(ast.unparse(one)) for one in node.args])
        text = text_of(node.func.value)
        return text and re.sub(
            r"\{(\w*)[^{}]*\}",
            lambda hole: filled(hole[1]) if hole[1].isalpha() else next(values, "3"), text,
        )  # fmt: skip
    return None


def raised(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, kind and text of the errors that a file raises."""
    for node in ast.walk(ast.parse(path.read_text("utf-8", "replace"))):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        text = text_of(node.exc.args[0]) if node.exc.args else None
        if text:
            yield node.lineno, ast.unparse(node.exc.func).rpartition(".")[2], " ".join(text.split())


def texts(package: str) -> Iterator[Text]:
    """Yield the different error texts of a package that may be about the inputs of a loss."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return
    root, seen = Path(found.submodule_search_locations[0]), set()
    for part in PARTS[package]:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if "test" in file.name or "/tests/" in str(file):
                continue
            for line, kind, text in raised(file):
                if text not in seen and ABOUT.search(text):
                    seen.add(text)
                    yield Text(f"{package}/{file.relative_to(root)}:{line}", kind, text)


def main(argv: list[str]) -> int:
    """List the texts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=", ".join(PARTS))
    parser.add_argument("--without-code", action="store_true")
    given = parser.parse_args(argv)
    for package in given.packages or PARTS:
        for one in texts(package):
            found = explain(f"{one.kind}: {one.text}")
            if found.known and given.without_code:
                continue
            codes = " ".join(found.codes) if found.known else "-"
            print(f"{codes}\t{one.where}\t{one.kind}: {one.text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
