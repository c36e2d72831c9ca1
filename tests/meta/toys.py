"""A check, a reader, a message of a framework and a front end, as somebody would add them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new), encoding="utf-8")


def add_check(package: Path) -> None:
    """Labels of 13 are refused: facts in one file, words in another, a row in the table."""
    checks, values = package / "core/checks.py", package / "core/messages/values.py"
    checks.write_text(checks.read_text(encoding="utf-8") + '''

def check_unlucky(y: HostArray) -> None:
    """Refuse labels of 13."""
    count = int(np.count_nonzero(y == 13))
    if count:
        raise messages.unlucky(count)
''', encoding="utf-8")  # fmt: skip
    values.write_text(values.read_text(encoding="utf-8") + '''

def unlucky(count: int) -> LabelRangeError:
    return LabelRangeError("CE101", f"`y_true` holds {count} of 13. Choose another class.")
''', encoding="utf-8")  # fmt: skip
    _replaced(
        package / "core/value_checks.py",
        "CHECKS: Final = (\n",
        """def _unlucky(values: Values) -> str:
    checks.check_unlucky(values.seen["y_true"])
    return ""


CHECKS: Final = (
    ValueCheck(_has_labels, _unlucky),
""",
    )


CHECK = """
import numpy as np
import crossent as ce

x = np.random.default_rng(0).normal(size=(40, 20))
arrays = [np.asarray]
try:
    import torch
    arrays.append(torch.tensor)
except ImportError:
    pass
for array in arrays:
    for kernels in (True, False):
        ce.use_kernels(kernels)
        for y in (np.arange(40) % 13, np.arange(40) % 13, np.arange(40) % 14):
            bad, raised = 13 in y, False  # the second is a call like one before
            try:
                ce.sparse_categorical_crossentropy(array(y), array(x), from_logits=True)
            except ce.LabelRangeError as error:
                raised = "holds 2 of 13. Choose another class." in str(error)
            assert raised == bad, (array, kernels)
print("right")
"""


def add_reader(package: Path) -> None:
    """Files of numbers between bars: a class, and a row in the table."""
    (package / "stream/readers/bars.py").write_text('''
"""`.bars`: files of lines ``name|1|2``, an array each."""

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._protocol import SpecError


class BarsReader:
    def __init__(self, path, name, key=None):
        self.name, self.load_code = name, f"load_bars({str(path)!r})[{key!r}]"
        self._file = WatchedFile(path, name)
        lines = [line.split("|") for line in path.read_text().splitlines()]
        arrays = {line[0]: np.array(line[1:], float) for line in lines}
        if key not in arrays:
            raise SpecError(name, f"name one of its arrays: {', '.join(arrays)}")
        self._array = arrays[key]
        self.shape, self.dtype = self._array.shape, self._array.dtype

    def chunks(self, rows):
        for start in range(0, len(self._array), rows):
            yield self._array[start : start + rows]
''', encoding="utf-8")  # fmt: skip
    _replaced(
        package / "stream/readers/__init__.py",
        'READERS: Final = {\n',
        'READERS: Final = {\n    ".bars": Format("bars:BarsReader", keyed=True),\n',
    )  # fmt: skip


READER = """
import tempfile
import pathlib
import numpy as np
import crossent as ce
from crossent.cli.__main__ import app
from typer.testing import CliRunner

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "one.bars"
    file.write_text("labels|1|0|1\\nscores|0.75|0.5|0.5\\n")
    want = ce.evaluate([1, 0, 1], np.array([0.75, 0.5, 0.5]), loss="binary", from_logits=False)
    got = ce.evaluate(f"{file}:labels", f"{file}:scores", loss="binary", from_logits=False)
    assert got.loss == want.loss
    report = ce.diagnose(f"{file}:labels", f"{file}:scores", loss="binary", from_logits=False)
    assert report.codes == []
    words = ["evaluate", f"{file}:labels", f"{file}:scores", "--loss", "binary", "--probabilities"]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, f"loss {want.loss:.2g} nats" in done.stdout) == (0, True), done.output
    try:
        ce.evaluate(str(file), f"{file}:scores")
    except ce.CrossentError as error:
        assert "name one of its arrays: labels, scores" in str(error)
print("right")
"""


def add_code(package: Path) -> None:
    """A code of the doctor: a class that reads a fact, listed in the file of its subject."""
    ranges = package / "doctor/checks/ranges.py"
    _replaced(
        ranges,
        "CHECKS = (\n",
        """class Unlucky(Check):
    code = "CE199"
    slug = "unlucky"
    title = "A class is 13"
    pasted = "Class 13 is unlucky"
    stage = Stage.RANGE
    why = "Thirteen is said to bring bad luck."
    fix = "Choose another class."
    rule = "The label 13 occurs."

    def find(self, case: Case) -> Finding | None:
        count = 0 if case.labels is None else case.labels.count_of(13)
        return self.finding(f"{count} labels are 13.") if count else None


CHECKS = (
    Unlucky,
""",
    )


CODE = """
import crossent as ce

assert ce.diagnose(list(range(14)), num_classes=20).codes == ["CE199"]
assert ce.diagnose(list(range(13)), num_classes=20).codes == []
found = ce.explain("CE199").readings[0]
assert (found.code, found.fix) == ("CE199", "Choose another class."), found
print("right")
"""


def add_message(package: Path) -> None:
    """A framework that prints a message of its own: a table, and its row among the tables."""
    tables = package / "doctor/printed/__init__.py"
    (package / "doctor/printed/toybox.py").write_text('''"""What Toybox prints."""

from crossent.doctor.printed.message import Message, Says

MESSAGES = (
    Message(
        "CE101",
        "Toybox",
        r"toy (?P<v>\\d+) does not fit in a box of (?P<c>\\d+)",
        lambda m: Says(0.9, f"Label {m['v']} of {m['c']} classes."),
    ),
)
''', encoding="utf-8")  # fmt: skip
    _replaced(tables, "    tensorflow,\n", "    tensorflow,\n    toybox,\n")
    _replaced(tables, "    xgboost.MESSAGES,\n", "    xgboost.MESSAGES,\n    toybox.MESSAGES,\n")


MESSAGE = """
import crossent as ce

found = ce.explain("BoxError: toy 12 does not fit  in a box of 10").readings[0]
assert (found.code, found.text) == ("CE101", "Label 12 of 10 classes."), found
print("right")
"""


def add_front_end(package: Path) -> None:
    """A framework of boxes: a folder, and a row in the table of types."""
    folder = package / "frontends/boxed"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Boxes."""\n', encoding="utf-8")
    boxed = Path(__file__).parent.parent / "unit" / "boxed.py"
    text = boxed.read_text(encoding="utf-8")
    (folder / "front_end.py").write_text(text, encoding="utf-8")
    (package.parent / "boxes.py").write_text(
        "from crossent.frontends.boxed.front_end import Box\n\n\nclass Toy(Box):\n    pass\n",
        encoding="utf-8",
    )
    _replaced(
        package / "frontends/__init__.py",
        '    "torch": "torch",\n',
        '    "torch": "torch",\n    "boxes": "boxed",\n',
    )


FRONT_END = """
import numpy as np
import crossent as ce
from boxes import Toy
from crossent.testing import check_front_end


def run(loss, y_true, y_pred, options):
    boxes = {k: Toy(v) if hasattr(v, "shape") else v for k, v in options.items()}
    return loss(Toy(y_true), Toy(y_pred), **boxes).values, None


assert len(check_front_end(run, ulps=16)) > 90
try:
    ce.sparse_categorical_crossentropy([5], Toy([[1.0, 2.0]]), from_logits=True)
except ce.LabelRangeError:
    print("right")
"""

TOYS: dict[str, tuple[Callable[[Path], None], str]] = {
    "check": (add_check, CHECK),
    "code of the doctor": (add_code, CODE),
    "reader": (add_reader, READER),
    "message of a framework": (add_message, MESSAGE),
    "front end": (add_front_end, FRONT_END),
}
"""What is added to a copy of the package, and what it must do then."""
