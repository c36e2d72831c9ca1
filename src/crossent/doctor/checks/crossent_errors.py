"""Codes of crossent itself: options, kinds of arrays, files."""

from __future__ import annotations

from crossent.core.errors import CrossentError
from crossent.doctor.case import Case
from crossent.doctor.check import Check
from crossent.doctor.findings import Finding, Stage


def _raised(case: Case, code: str) -> CrossentError | None:
    for error in case.raised:
        if isinstance(error, CrossentError) and error.code == code:
            return error
    return None


class BadOption(Check):
    code = "CE001"
    slug = "bad-option"
    title = "An option that is not valid here"
    pasted = "[CE001] `from_logits` must be True or False"
    stage = Stage.SHAPE
    why = (
        "crossent refuses an option that is misspelt, out of range or without effect; it never "
        "ignores one."
    )
    fix = "The message names the option, what it takes and what it got. Correct that option."
    rule = "crossent raises OptionError; a diagnosis raises it too, since it is about the call."


class ArrayKind(Check):
    code = "CE002"
    slug = "array-kind"
    title = "An array that cannot be read without changing its meaning"
    pasted = "[CE002] `y_pred` is a masked array"
    stage = Stage.SHAPE
    why = (
        "Masked, object, complex and float8 arrays, and arrays of a framework without a front end, "
        "would lose their mask, their parts or their digits."
    )
    fix = "Convert it yourself, as the message says."
    rule = "An argument is such an array."

    def find(self, case: Case) -> Finding | None:
        error = _raised(case, self.code)
        return None if error is None else self.finding(error.text)


class UnreadableFile(Check):
    code = "CE501"
    slug = "unreadable-file"
    title = "A file that cannot be read as an array of numbers"
    pasted = "[CE501] labels.npy: there is no such file"
    stage = Stage.SHAPE
    why = "A file that is cut off, pickled or of an unknown format holds no numbers to look at."
    fix = "The message names the file, what is wrong with it and the next step."
    rule = "crossent raises ReaderError; a diagnosis raises it too."


CHECKS = (BadOption, ArrayKind, UnreadableFile)
