"""Codes of crossent itself: options, kinds of arrays, files."""

from __future__ import annotations

from crossent.core.errors import CrossentError
from crossent.doctor.case import Case
from crossent.doctor.check import Check, Message, Says
from crossent.doctor.findings import Finding, Stage


def _raised(case: Case, code: str) -> CrossentError | None:
    for error in case.raised:
        if isinstance(error, CrossentError) and error.code == code:
            return error
    return None


class BadOption(Check):
    code = "CE001"
    slug = "bad-option"
    title = "An option that means nothing here"
    pasted = "[CE001] `from_logits` must be True or False"
    stage = Stage.SHAPE
    why = "An option that is misspelt, out of range or without a meaning is refused, not ignored."
    fix = "The message names the option, what it takes, and what came."
    rule = "crossent raises OptionError; a diagnosis raises it too, since it is about the call."
    messages = (
        Message(
            "crossent", r"is not an option of", "The message lists the options there are.", 0.9
        ),
        Message(
            "crossent", r"has a meaning only with", "Leave it out, or pass what it needs.", 0.9
        ),
        Message(
            "PyTorch",
            r"Boolean value of Tensor with more than one value is ambiguous",
            "Predictions and labels were given to the loss where its options stand.",
            0.6,
            "Make the loss first, loss = torch.nn.CrossEntropyLoss(), then call "
            "loss(y_pred, y_true).",
        ),
        Message(
            "Keras",
            r"(?:Unknown loss function|Could not interpret loss identifier)",
            "Keras knows no loss of that name.",
            0.9,
            "The names are sparse_categorical_crossentropy (class indices), "
            "categorical_crossentropy (one-hot rows) and binary_crossentropy.",
        ),
    )


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
    fix = "Convert it knowingly, as the message says."
    rule = "An argument is such an array."
    messages = (
        Message("crossent", r"which crossent has no front end for", "Convert it to NumPy.", 0.95),
        Message(
            "PyTorch",
            r"(?:argument '(?:input|self)' \(position \d\) must be Tensor, not |'"
            r")(?P<t>tuple|dict|\w+Output\w*)(?:\s|$|' object has no attribute "
            r"'(?:log_)?(?:softmax|size|shape|dim))",
            lambda m: Says(
                0.92,
                f"The model gives a {m['t']}, and the loss wants the logits in it.",
                "Pass outputs.logits (Hugging Face), or the element that holds the logits: "
                "outputs[0], outputs['logits'].",
            ),
        ),
        Message(
            "PyTorch",
            r"argument '(?:input|self)' \(position \d\) must be Tensor, not (?P<t>[\w.]+)",
            lambda m: Says(0.9, f"The predictions are {m['t']}.", "Pass torch.as_tensor(y_pred)."),
        ),
        Message(
            "PyTorch",
            r"argument 'target' \(position \d\) must be Tensor, not (?P<t>[\w.]+)",
            lambda m: Says(0.9, f"The labels are {m['t']}.", "Pass torch.as_tensor(y_true)."),
        ),
        Message(
            "crossent", r"does not cut an array out of its framework", "Convert it knowingly.", 0.95
        ),
    )

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
    messages = (
        Message(
            "NumPy",
            r"Object arrays cannot be loaded when allow_pickle=False",
            "The file holds pickled objects.",
            0.9,
            "Save the numbers alone: np.save(file, array.astype(float)).",
        ),
        Message("crossent", r"there is no such file", "The message names files beside it.", 0.9),
    )


CHECKS = (BadOption, ArrayKind, UnreadableFile)
