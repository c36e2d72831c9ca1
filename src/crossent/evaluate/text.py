"""An evaluation as text of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossent.evaluate.evaluation import Evaluation


_WIDTH = 80
_INDENT = 16
_LABELS = {
    "sparse": "one class index per row (sparse)",
    "dense": "a distribution over the classes per row (dense)",
    "binary": "a 0 or 1 for every prediction (binary)",
}


def show_evaluation(result: Evaluation) -> str:
    """Write the numbers one below the other, then the classes and the worst rows."""
    lines = [
        _line("loss", _with_error(result.loss, result.standard_error, "nats") + ", "
              + _with_error(result.bits, result.bits_standard_error, "bits")),
        _line("perplexity", _number(result.perplexity)),
        _line("accuracy", _accuracy(result)),
    ]  # fmt: skip
    if result.top_k is not None and result.top_k_accuracy is not None:
        lines.append(_line(f"top-{result.top_k}", _number(result.top_k_accuracy)))
    lines.append(_line("rows", _rows(result)))
    if result.clipped:
        lines.append(
            _line(
                "clipped",
                f"{_count(result.clipped, 'row')} at epsilon={result.epsilon:g}; loss without "
                f"the clip {_number(result.exact_loss)}",
            )
        )
    lines.append(_line("labels", _LABELS[result.function]))
    kind = "logits" if result.from_logits else "probabilities"
    lines.append(_line("predictions", result.reading or f"{kind}, as given"))
    if result.columns:
        lines.append(_line("columns", result.columns))
    if result.per_class is not None:
        table = [
            (result.name_of(c.label), str(c.rows), _number(c.loss), _number(c.accuracy))
            for c in result.per_class
        ]
        lines += ["", *_table(("class", "rows", "loss", "accuracy"), table)]
    if result.worst:
        table = [
            (
                _place(w.row) if w.id is None else w.id,
                result.name_of(w.label),
                "NaN" if w.predicted < 0 else result.name_of(w.predicted),
                _number(w.loss),
            )
            for w in result.worst
        ]
        lines += ["", *_table(("worst row", "label", "predicted", "loss"), table)]
    return "\n".join(lines)


def _line(name: str, value: str) -> str:
    return textwrap.fill(
        value,
        _WIDTH,
        initial_indent=f"{name:<{_INDENT}}",
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _with_error(value: float, error: float, unit: str) -> str:
    return f"{_number(value)} {unit}" + ("" if error != error else f" ± {error:.2g}")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _accuracy(result: Evaluation) -> str:
    kept = result.rows - result.ignored
    weighted = result.accuracy != result.correct / kept
    note = "sample weights count; " if weighted else ""
    return f"{_number(result.accuracy)}  ({note}{result.correct} of {_count(kept, 'row')})"


def _rows(result: Evaluation) -> str:
    notes = [f"{result.ignored} ignored"] if result.ignored else []
    if result.nan_rows:
        notes.append(f"the loss of {result.nan_rows} is NaN")
    return str(result.rows) + (f"  ({', '.join(notes)})" if notes else "")


def _place(row: tuple[int, ...]) -> str:
    return str(row[0]) if len(row) == 1 else str(row)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (head, *rows)
    ]
