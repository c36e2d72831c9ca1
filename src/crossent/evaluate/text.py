"""An evaluation as text of at most 80 columns."""

from __future__ import annotations

import html
import math
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
    "log_probs": "known by their log-probabilities alone",
}


def show_evaluation(result: Evaluation) -> str:
    """Write one sentence, the numbers one below the other, the classes and the worst rows."""
    lines = [*textwrap.wrap(sentence(result), _WIDTH, break_on_hyphens=False), ""]
    lines += [_line(name, value) for name, value in _numbers(result) if value]
    if result.per_class is not None:
        lines += ["", *_classes(result)]
    if result.confusions and result.per_class is not None:
        table = [
            (result.name_of(one.label), result.name_of(one.predicted), str(one.rows))
            for one in result.confusions
        ]
        lines += ["", *_table(("label", "taken for", "rows"), table)]
    if result.slices:
        groups = [
            ("all others" if one.name is None else one.name, str(one.rows), f"{one.loss:.4g}",
             _cell(one.accuracy))
            for one in result.slices
        ]  # fmt: skip
        lines += ["", *_table(("slice", "rows", "loss", "accuracy"), groups)]
    if result.worst:
        worst = [
            (
                _place(w.row) if w.id is None else w.id,
                result.name_of(w.label),
                "NaN" if w.predicted < 0 else result.name_of(w.predicted),
                f"{w.loss:.4g}",
            )
            for w in result.worst
        ]
        lines += ["", *_table(("worst row", "label", "predicted", "loss"), worst)]
    return "\n".join(lines)


def as_html(text: str) -> str:
    """Return a text as a notebook shows it, its columns one below the other."""
    return f"<pre>{html.escape(text)}</pre>"


def sentence(result: Evaluation) -> str:
    """Say loss and accuracy, each with its interval, and what guessing gives."""
    share = f"{100 * result.confidence:g} %"
    loss = rounded(result.loss, result.standard_error)
    low, high = (rounded(end, result.standard_error) for end in result.loss_interval)
    within = f" ({share} {low} to {high})" if low != "nan" else ""
    text = f"loss {loss} nats{within}"
    if result.accuracy != result.accuracy:
        return f"{text}, perplexity {_perplexity(result)}"
    text += f", accuracy {_percent(result.accuracy)} %"
    low, high = map(_percent, result.accuracy_interval)
    if low != "nan":
        text += f" ({low} to {high})"
    if result.baseline_loss is not None and result.baseline_accuracy is not None:
        text += (
            f"; guessing by class shares gives {result.baseline_loss:.3g} and "
            f"{_percent(result.baseline_accuracy)} %"
        )
    return text


def rounded(value: float, error: float) -> str:
    """Write a number with as many digits as its error has two of.

    >>> rounded(0.182640123, 0.0171), rounded(1234.5, 67.8), rounded(0.5, float("nan"))
    ('0.183', '1234', '0.5')
    """
    if not math.isfinite(value) or not math.isfinite(error) or error <= 0:
        return f"{value:.6g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{min(digits, 17)}f}"


def _error(error: float) -> str:
    """Write an error with two digits."""
    if not math.isfinite(error):
        return ""
    return f" ± {rounded(error, error) if error else '0'}"


def _numbers(result: Evaluation) -> list[tuple[str, str]]:
    """Return the lines of the table, by name."""
    loss = rounded(result.loss, result.standard_error) + _error(result.standard_error)
    bits = rounded(result.bits, result.bits_standard_error) + _error(result.bits_standard_error)
    kind = "logits" if result.from_logits else "probabilities"
    clipped = ""
    if result.clipped:
        clipped = (
            f"{_count(result.clipped, 'row')} at epsilon={result.epsilon:g}; loss without the clip "
            f"{_number(result.exact_loss)}"
        )
    return [
        ("loss", f"{loss} nats, {bits} bits"),
        ("perplexity", _perplexity(result)),
        ("bits per byte", "" if result.bits_per_byte is None else f"{result.bits_per_byte:.4g}"),
        ("skill", "" if result.skill is None else f"{result.skill:.3g} (1 − loss / guessing)"),
        ("entropy", _entropy(result)),
        ("accuracy", _accuracy(result)),
        (f"top-{result.top_k}", _share(result.top_k_accuracy)),
        ("label rank", "" if result.label_rank is None else f"{result.label_rank:.3g} on average"),
        ("calibration", _calibration(result)),
        ("Brier score", "" if result.brier != result.brier else f"{result.brier:.3g}"),
        ("macro means", _macro(result)),
        ("AUC", _curve(result.auc, result.auc_error)),
        ("avg. precision", _curve(result.average_precision, result.average_precision_error)),
        ("rows", _rows(result)),
        ("clipped", clipped),
        ("errors", _errors(result)),
        ("labels", _LABELS[result.function]),
        ("predictions", result.reading or f"{kind}, as given"),
        ("columns", result.columns or ""),
    ]


def _perplexity(result: Evaluation) -> str:
    """Write exp(loss) and its interval; where that is beyond all numbers, as a power of 10."""
    if result.perplexity == math.inf and math.isfinite(result.loss):
        return f"10^{result.loss / math.log(10):.4g}"
    low, high = result.perplexity_interval
    within = "" if low != low else f" ({_short(low)} to {_short(high)})"
    return _short(result.perplexity) + within


def _calibration(result: Evaluation) -> str:
    error = result.calibration_error
    return "" if error != error else f"off by {_share(error)} on average"


def _short(value: float) -> str:
    return f"{value:.4g}"


def _entropy(result: Evaluation) -> str:
    """Write the mean entropy, and on which side of the loss it lies."""
    if result.entropy != result.entropy:
        return ""
    text = f"{result.entropy:.3g} nats predicted"
    gap, error = result.overconfidence, result.overconfidence_error
    if gap is None or error is None or not math.isfinite(error):
        return text
    shown = f"loss − entropy {rounded(gap, error)}{_error(error)}"
    if abs(gap) <= 2 * error:
        return f"{text}; {shown}: as sure as it is right"
    return f"{text}; {shown}: {'overconfident' if gap > 0 else 'underconfident'}"


def _percent(value: float) -> str:
    """Write a share in percent, with a decimal where it is near 0 or 1."""
    if value != value:
        return "nan"
    near = 0 < value < 0.01 or 0.99 < value < 0.9995  # from there on it is 100 as well
    return f"{100 * value:.1f}" if near else f"{100 * value:.0f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.3g} %"


def _macro(result: Evaluation) -> str:
    if result.macro_f1 is None:
        return ""
    return (
        f"precision {_share(result.macro_precision)}, recall {_share(result.macro_recall)}, "
        f"F1 {_share(result.macro_f1)}"
    )


def _curve(value: float | None, error: float | None) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" + (f" (exact within {error:.1g})" if error else "")


def _errors(result: Evaluation) -> str:
    """Say what the errors take as independent, where that is not each row."""
    text = "" if result.unit == "rows" else f"of {_count(result.units, result.unit[:-1])}"
    return "; ".join([part for part in (text, *result.notes) if part])


def _classes(result: Evaluation) -> list[str]:
    curves = any(one.precision is not None for one in result.per_class or ())
    head = ("class", "rows", "loss", "accuracy", *(("precision", "recall", "F1") * curves))
    table = []
    for one in result.per_class or ():
        cells = [result.name_of(one.label), str(one.rows), f"{one.loss:.4g}", _cell(one.accuracy)]
        table.append([*cells, *([_cell(one.precision), _cell(one.recall), _cell(one.f1)] * curves)])
    return _table(head, table)


def _cell(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3g}"


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


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _accuracy(result: Evaluation) -> str:
    kept = result.rows - result.ignored
    if result.accuracy != result.accuracy:
        return ""
    weighted = result.accuracy != result.correct / kept
    note = "sample weights count; " if weighted else ""
    return f"{_share(result.accuracy)} ({note}{result.correct} of {_count(kept, 'row')})"


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
