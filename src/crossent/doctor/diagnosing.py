"""From a case to a report: every check is asked, findings are sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from crossent.core.messages import data as messages
from crossent.doctor.arguments import Given
from crossent.doctor.case import Case, ModelFacts, NameGuess
from crossent.doctor.catalogue import all_checks, check_named
from crossent.doctor.check import Check, counted, grouped, shape_text
from crossent.doctor.class_names import guessed, numbered
from crossent.doctor.collect_facts import collect_facts
from crossent.doctor.findings import GRAVITY, Finding
from crossent.doctor.prediction_facts import RowFacts
from crossent.doctor.report import Report
from crossent.doctor.report.page import Pictured
from crossent.stream.inference import FEW


def run(given: Given, select: Sequence[str], ignore: Sequence[str]) -> Report:
    """Collect the facts, ask every check, and sort what they find."""
    chosen = _prefixes("select", select), _prefixes("ignore", ignore)
    given = numbered(given)
    few, model = given, None
    if given.model is not None:
        from crossent.doctor.models import read_model

        few, model = read_model(given)
    # Bad numbers are what is looked for: NumPy need not warn of them.
    with np.errstate(all="ignore"):
        case = collect_facts(few)
        _see_all_labels(case, given, few)
        guess = guessed(few) if case.y is not None and case.y.kind in "USO" else None
        if guess is not None:
            rows = None if case.p is None else collect_facts(guess[0]).rows
            case.guess = NameGuess(guess[1], rows)
    case.model = model if model is None else as_its_outputs(model, case.rows)
    report = report_of(case, *chosen)
    return replace(report, pictured=Pictured(case, replace(few, model=None, progress=None)))


def as_its_outputs(model: ModelFacts, rows: RowFacts | None) -> ModelFacts:
    """Forget an activation that the outputs of the model contradict: these decide."""
    if rows is None or rows.seen.rows < FEW:
        return model
    squashed = model.activation in ("softmax", "sigmoid") and rows.seen.outside > 0
    shares = model.activation in ("linear", "relu", "tanh") and rows.seen.vectors == rows.seen.rows
    return replace(model, activation=None) if squashed or shares else model


def _see_all_labels(case: Case, given: Given, few: Given) -> None:
    """Look at all labels, not only at those of the rows that the model has run."""
    if few.y_true is given.y_true or case.layout not in ("index", "extra"):
        return
    labels = Given(
        given.y_true,
        num_classes=case.classes,
        loss="sparse",
        ignore_class=case.loss.ignore or None,  # type: ignore[arg-type]
    )
    case.labels = collect_facts(labels).labels or case.labels


def report_of(case: Case, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
    """Ask every check about a case."""
    found = [
        finding
        for finding in ask(case)
        if (not select or finding.code.startswith(tuple(select)))
        and not (ignore and finding.code.startswith(tuple(ignore)))
    ]
    found.sort(key=lambda f: (f.stage, _follows(f), GRAVITY[f.severity], f.code))
    return Report(tuple(found), looked_at(case), reading_text(case))


def _follows(finding: Finding) -> bool:
    """Whether a finding tells what another of its stage leads to."""
    check = check_named(finding.code)
    return check is not None and check.companion


def ask(case: Case) -> list[Finding]:
    """Ask every check; one that another explains is not asked after that has found something."""
    asked: dict[str, Finding | None] = {}

    def decide(check: Check) -> Finding | None:
        if check.code not in asked:
            asked[check.code] = None  # a circle ends here
            before = [check_named(code) for code in check.silent_after]
            # A note explains nothing away.
            silent = [b for b in before if b is not None and _speaks(decide(b))]
            asked[check.code] = None if silent else check.find(case)
            if asked[check.code] is not None:
                case.found.add(check.code)
        return asked[check.code]

    findings = [decide(check) for check in all_checks()]
    return [finding for finding in findings if finding is not None]


def _speaks(finding: Finding | None) -> bool:
    return finding is not None and finding.severity != "note"


def looked_at(case: Case) -> str:
    """Say what was looked at."""
    parts = []
    if case.y is not None:
        kind = "target row" if case.layout == "dense" else "label"
        count = case.labels.count if case.labels is not None else case.y.size
        if case.targets is not None:
            count = case.targets.rows
        parts.append(counted(count, kind))
        if case.labels is not None and case.labels.ignored:
            parts[-1] += f" ({grouped(case.labels.ignored)} ignored)"
    if case.classes is not None and case.layout != "elements":
        parts.append(counted(case.classes, "class"))
        if case.columns:
            parts[-1] += f" ({case.columns})"
    if case.p is not None:
        word = "predictions" if case.rows is not None else "logits of shape"
        parts.append(f"{word} {shape_text(case.p.shape)} {case.p.dtype}")
    if case.model is not None:
        other = case.model.other_loss
        judged = f" (its loss, {other}, is no known cross-entropy: judged as one)" if other else ""
        parts.append(f"a {case.model.framework} model ending in {case.model.last}{judged}")
    if case.history is not None:
        parts.append(f"a history of {counted(len(case.history) * case.steps_each, 'loss')}")
    return ", ".join(parts) or "nothing was given"


def reading_text(case: Case) -> str:
    """Say what the predictions are, where that was told from their values."""
    if case.declared or case.rows is None or not case.reading_text:
        return ""
    if case.reading is None:
        return f"The predictions may be logits or probabilities: {case.reading_text}."
    return f"reading as {case.reading}: {case.reading_text}"


def _prefixes(name: str, given: Sequence[str]) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) else given
    if not isinstance(listed, tuple | list) or not all(isinstance(word, str) for word in listed):
        raise messages.option(f"`{name}` must hold codes such as 'CE103'; got {given!r}.")
    words = tuple(word.strip().upper() for several in listed for word in several.split(","))
    for word in words:
        if not any(check.code.startswith(word) for check in all_checks()):
            raise messages.option(
                f"`{name}` must hold codes such as CE103, or beginnings of codes such as CE1; got "
                f"{word!r}."
            )
    return words
