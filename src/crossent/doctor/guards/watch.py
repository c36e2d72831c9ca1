"""When a guard looks at a batch, and what it makes of the diagnosis. Names no framework."""

from __future__ import annotations

import math
import sys
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from crossent.core.messages import data as messages
from crossent.doctor import diagnose, explain
from crossent.doctor.case import Means
from crossent.doctor.findings import Finding
from crossent.doctor.guards.outcome import DiagnosisError, DiagnosisWarning
from crossent.doctor.guards.sample import Batch
from crossent.doctor.report import Report

OnError = Literal["raise", "warn"]

OPTIONS: Final = frozenset(
    {
        "num_classes", "loss", "from_logits", "axis", "ignore_class", "class_weight",
        "label_smoothing", "reduction", "framework", "class_names", "select", "ignore",
    }
)  # fmt: skip
"""The options of `diagnose` that a guard takes; the rest it knows, or is about whole data sets."""

INNER: Final = frozenset(
    {
        "crossent", "torch", "keras", "tensorflow", "jax", "lightning", "pytorch_lightning",
        "transformers", "accelerate",
    }
)  # fmt: skip
"""Packages that stand between the line of the user and a warning."""

PATIENCE: Final = 200
FALLEN: Final = 0.98
"""Training has begun when the loss is below this share of what it started at."""

MOST_REPORTS: Final = 100
"""Reports that are kept: a run that only warns may go wrong at every other step."""

POINTS: Final = 10
"""So many means of neighbouring steps are the history: single batches are too noisy."""

ROUNDING: Final = 1e-5
"""The mean of equal float32 numbers differs from them by less."""


class Watch:
    """Follows the losses of one training run and reports what is found in its batches.

    Parameters
    ----------
    on_error : {"raise", "warn"}
        What becomes of an error. What is only a warning is always warned of.
    patience : int
        Steps after which a loss that has not fallen is looked into; then after twice as many, and
        so on.
    options : dict
        Options of `diagnose`.
    """

    def __init__(self, on_error: OnError, patience: Any, options: Mapping[str, Any]) -> None:
        if on_error not in ("raise", "warn"):
            raise messages.option(f"`on_error` must be 'raise' or 'warn'; got {on_error!r}.")
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 2 * POINTS:
            raise messages.option(
                f"`patience` must be a whole number of {2 * POINTS} steps or more; got "
                f"{patience!r}."
            )
        unknown = sorted(set(options) - OPTIONS)
        if unknown:
            raise messages.option(
                f"{unknown[0]!r} is not an option of a guard; the options are `on_error`, "
                f"`patience` and {', '.join(f'`{name}`' for name in sorted(OPTIONS))}."
            )
        self.on_error = on_error
        self.patience = int(patience)
        self.options = dict(options)
        self.reports: list[Report] = []
        self.reports_left_out = 0
        self.fresh = True  # no batch was diagnosed yet
        self.steps = 0
        self._bad_step = -1
        self._cut = -1
        self.look_at = self.patience
        self._losses: deque[float] = deque(maxlen=self.patience)
        self._start: list[float] = []
        self._said: set[str] = set()

    def note(self, loss: float) -> bool:
        """Note the loss of a training step; return whether to call `judge` with its batch."""
        self.steps += 1
        self._losses.append(loss)
        # x - x is 0 for every number but NaN and the infinities.
        return loss - loss != 0.0 or self.steps >= self.look_at

    @property
    def width(self) -> int:
        """Steps of which the mean is one point of the history."""
        return self.patience // POINTS

    def note_mean(self, mean: float, last: float) -> bool:
        """Note `width` steps by the mean of their losses; return whether to call `judge`."""
        if abs(mean - last) <= ROUNDING * abs(last):
            mean = last  # they may all be equal, which is told from their mean alone
        self._losses.extend([mean] * self.width)
        return self.steps >= self.look_at

    def follow_up(self, loss: float, training: bool, batch: Callable[[], Batch | None]) -> None:
        """Note a loss, and look at its batch if something is wrong."""
        if training:
            if self.note(loss):
                self.judge(batch, loss)
        # An evaluation is no step of the run, but NaN is NaN.
        elif loss - loss != 0.0 and not self._follows(self.steps):
            after = f" after step {self.steps}" if self.steps else ""
            self._report(f"The loss is {loss}{after}", batch(), history=[loss])

    def first(self, batch: Callable[[], Batch | None]) -> None:
        """Diagnose the first batch, before its loss is computed."""
        self._report("The first batch", batch())
        self.fresh = False  # after an error, the next try is the first again

    def failed(self, batch: Callable[[], Batch | None], error: Exception) -> None:
        """Diagnose the batch on which the loss raised an error."""
        step = f"The loss raised {type(error).__name__} at step {self.steps + 1}"
        try:
            self._report(step, batch(), cause=error)
        except (DiagnosisError, DiagnosisWarning):
            raise
        except Exception:  # a batch that cannot be looked at must not hide the error itself
            self.lost(error)

    def cut(self, taken: int) -> None:
        """Note that so many steps had been taken when an error was raised.

        What is NaN among them follows from that error; in the next step it has a cause of its own.
        """
        self._cut = self.steps + taken

    def _follows(self, bad_step: int) -> bool:
        """Tell whether NaN follows from that of a step, which was told."""
        return bad_step == self._bad_step != self._cut

    def lost(self, error: Exception) -> None:
        """Add to an error of the device, which gives no array back, what it may come from."""
        explanation = explain(str(error))
        if explanation.known and not hasattr(error, "__notes__"):
            error.add_note(
                f"After step {self.steps}, for a batch that cannot be read:\n{explanation}"
            )

    def judge(self, batch: Callable[[], Batch | None], loss: float) -> None:
        """Diagnose the batch of a loss that is not finite, or has not fallen; report findings."""
        if not math.isfinite(loss):
            # What comes after a NaN is NaN too: only the first of a row of them is the cause.
            follows = self.steps and self._follows(self.steps - 1)
            self._bad_step = self.steps
            if not follows:
                step = f" at step {self.steps}" if self.steps else ""
                self._report(f"The loss is {loss}{step}", batch(), history=[loss])
            return
        if self.steps < self.look_at:
            self._report(f"The loss is {loss:.6g}", batch())
            return
        while self.look_at <= self.steps:
            self.look_at *= 2
        losses = list(self._losses)
        if not self._start:
            self._start = [loss for loss in losses[: self.width] if math.isfinite(loss)]
        if not self._start or not all(map(math.isfinite, losses)):
            return
        if _mean(losses) <= FALLEN * _mean(self._start):
            return
        width = self.width
        last = losses[-POINTS * width :]
        means = Means(_mean(last[i * width : (i + 1) * width]) for i in range(POINTS))
        means.steps_each = width
        still = min(losses) == max(losses)
        text = f"The loss has not fallen in {self.steps} steps"
        self._report(text, batch(), history=losses if still else means)

    def _report(
        self,
        occasion: str,
        batch: Batch | None,
        *,
        history: list[float] | None = None,
        cause: Exception | None = None,
    ) -> None:
        """Diagnose a batch; raise or warn of what is found."""
        if batch is None and history is None:
            return
        batch = batch or Batch(None, None)
        lost = batch.y_true is None
        report = diagnose_batch(batch, self.options, history if lost else None)
        if history is not None and report.healthy and not lost:
            # Asked for the history too only now: it says that, and the batch says why.
            report = diagnose_batch(batch, self.options, history)
        # The arrays behind the pictures of a report are kept only where there is something to see,
        # and of each code once: a fault may be in every batch.
        seen = report.healthy or _first(report).code in self._said
        self.keep(replace(report, pictured=None) if seen else report)
        self.tell(occasion, report, cause)

    def keep(self, report: Report) -> None:
        """Keep a report, and of all but the first no more than the last ones."""
        self.reports.append(report)
        if len(self.reports) > MOST_REPORTS:
            del self.reports[1]
            self.reports_left_out += 1

    def tell(self, occasion: str, report: Report, cause: Exception | None = None) -> None:
        """Raise the errors of a report, or warn; say the same only once."""
        if report.healthy:
            return
        first = _first(report)
        said = first.code in self._said
        self._said.add(first.code)
        text = f"{occasion}: {first.seen} {first.fix}\n\n{report}"
        if report.errors and self.on_error == "raise":
            self.cut(0)
            raise DiagnosisError(first.code, text, report) from cause
        if not said:
            warnings.warn(DiagnosisWarning(first.code, text, report), stacklevel=user_level())


def follow(
    watch: Watch,
    compute: Callable[[], Any],
    batch: Callable[[], Batch | None],
    read: Callable[[Any], tuple[float, bool] | None],
) -> Any:
    """Compute a loss, and look at its batch if something is wrong.

    Parameters
    ----------
    watch : Watch
    compute : function
        Returns the loss.
    batch : function
        Returns its labels and predictions; called for a diagnosis alone.
    read : function
        Returns the value of the loss, and whether it belongs to a step of training; None if it is
        read later.
    """
    if watch.fresh:
        watch.first(batch)
    try:
        result = compute()
    except Exception as error:
        watch.failed(batch, error)
        raise
    known = read(result)
    if known is not None:
        watch.follow_up(*known, batch)
    return result


def diagnose_batch(
    batch: Batch, options: Mapping[str, Any], history: list[float] | None = None
) -> Report:
    """Diagnose the whole labels and as many of the predictions as are kept of a batch."""
    told = {**batch.options, **options}
    report = diagnose(batch.y_true, batch.y_pred, history=history, **told)
    if batch.labels is None:
        return report
    told.pop("input_ids", None)  # of as many rows as there are predictions
    labels = diagnose(batch.labels, **{"num_classes": batch.classes, **told, "axis": -1})
    return labels if labels.errors else report


def user_level() -> int:
    """Return how far up the line of the user is, beyond crossent and its caller, the framework."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        root = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if root not in INNER:
            return level
        frame, level = frame.f_back, level + 1
    return level


def _first(report: Report) -> Finding:
    """Return what a report that is not healthy says first."""
    grave = report.errors or report.warnings
    # CE102 only says that the device hides what another finding names.
    return next((finding for finding in grave if finding.code != "CE102"), grave[0])


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)
