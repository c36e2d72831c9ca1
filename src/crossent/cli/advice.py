"""Advice of the library in the words of the command line, and the command lines that follow it.

The library speaks of Python arguments. Here are two tables: how its words read as flags, and for
each code of an error the commands that fix it.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crossent.core.errors import CrossentError, LabelTypeError
from crossent.evaluate import open_array
from crossent.stream.readers import open_table


def _as_flag(match: re.Match[str]) -> str:
    flag = "--" + match[1].replace("_", "-")
    return flag + (" " if match[0].endswith("=") else "")


def _names_as_flag(match: re.Match[str]) -> str:
    try:
        names = ast.literal_eval(match[1])
    except (ValueError, SyntaxError):
        return "--class-names A,B,C"
    return "--class-names " + shlex.quote(",".join(map(str, names)))


def _columns_as_flag(match: re.Match[str]) -> str:
    return "--predictions " + shlex.quote(",".join(map(str, ast.literal_eval(match[1]))))


_NAMES = (
    "ignore_class|class_weight|class_mask|sample_weight|target_prob|pos_weight|label_smoothing|"
    "z_loss|chunk_rows|top_k"
)
_ONLY_QUOTED = (
    "loss|axis|epsilon|normalize|worst|rows|confidence|classes|dtype|label_dtype|limit|select|ignore|framework|"
    "observed|accuracy|label|predictions|positive|id|cluster|by|label_logprob|hidden"
)
_WORDS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = tuple(
    (re.compile(pattern), flag)
    for pattern, flag in (
        (r"\bsparse_categorical_crossentropy(\(y_true, y_pred\))?", "--loss sparse"),
        (r"\bcategorical_crossentropy(\(y_true, y_pred\))?", "--loss dense"),
        (r"\bbinary_crossentropy(\(y_true, y_pred\))?", "--loss binary"),
        (r"\bPass them to (--loss \w+)", r"Use \1"),
        (r"evaluate\(labels, predictions\)", "crossent evaluate LABELS PREDICTIONS"),
        (r"\bbecause from_logits=False", "because they are read as probabilities"),
        (r"\bfrom_logits=True", "--logits"),
        (r"\bfrom_logits=False", "--probabilities"),
        (r" For a loss: y_true = \[class_names[^\]]*\]\.", ""),
        (r"\b(label|positive|predictions)=('[^']*')", r"--\1 \2"),
        (r"\bpredictions=(\[[^\]]*\])", _columns_as_flag),
        (r"class_names=\[\.\.\.\]", "--class-names A,B,C"),
        (r"class_names=(\[[^\]]*\])", _names_as_flag),
        (r"`?\bclass_names\b`?", "--class-names"),
        (r"\bheader=True", "--header"),
        (r"\bheader=False", "--no-header"),
        (r"`header`", "--header"),
        (r"\bnormalize=True", "--normalize"),
        (r"\bnormalize=False", "--no-normalize"),
        (r"\bPass axis=", "Pass --axis "),
        (r"\bignore_class=\(\.\.\.\)", "--ignore-class N"),
        (r"\bsample_weight 0\b", "a --sample-weight of 0"),
        (r"\bPass y_true - 1\b", "Subtract 1 from every label"),
        (r" Its options are: [^.]*\.", ""),
        (r"`num_classes`", "--classes"),
        (r"`y_true`", "LABELS"),
        (r"`y_pred`", "PREDICTIONS"),
        (r"\by_true\b", "labels"),
        (r"\by_pred\b", "predictions"),
        (r"\b(epsilon)=(?=[\d.])", _as_flag),
        (rf"\b({_NAMES})=(?=-?[\d.])", _as_flag),
        (rf"`({_NAMES}|{_ONLY_QUOTED})`", _as_flag),
        (rf"\b({_NAMES})\b", _as_flag),
    )
)


def in_words_of_the_command(text: str) -> str:
    """Rewrite the text of an error or a warning: `from_logits=True` is --logits here.

    >>> in_words_of_the_command("Pass ignore_class=-1 to leave them out, or from_logits=True.")
    'Pass --ignore-class -1 to leave them out, or --logits.'
    """
    for pattern, flag in _WORDS:
        text = pattern.sub(flag, text)
    return text


@dataclass(frozen=True)
class CommandLine:
    """The command as it was typed."""

    labels: str
    predictions: str
    words: tuple[str, ...]  # after the name of the program
    program: str

    @classmethod
    def of(cls, sources: Sequence[str]) -> CommandLine:
        """Return the command that runs, whose arguments are these; one of them may be a table."""
        labels, predictions = (*sources, "", "")[:2]
        return cls(labels, predictions, tuple(sys.argv[1:]), sys.argv[0])

    def changed(
        self,
        *,
        add: tuple[str, ...] = (),
        drop: tuple[str, ...] = (),
        labels: str | None = None,
        swap: bool = False,
    ) -> str:
        """Write the command with flags added or left out, other labels, or swapped files."""
        new_labels = labels or self.labels
        renamed = {self.labels: new_labels, self.predictions: self.predictions}
        if swap:
            renamed = {self.labels: self.predictions, self.predictions: self.labels}
        words, skip = [], False
        for word in self.words:
            name = word.partition("=")[0]
            if skip:
                skip = False
            elif name in drop:
                skip = name in _WITH_VALUE and "=" not in word
            else:
                words.append(renamed.get(word, word))
        return shlex.join([*_program(self.program), *words, *add])


_WITH_VALUE = ("--loss", "--epsilon", "--z-loss", "--axis")
_ONLY_PROBABILITIES = ("--probabilities", "--epsilon", "--normalize", "--no-normalize")
_ONLY_LOGITS = ("--logits", "--z-loss")


def _program(path: str) -> list[str]:
    """Return what starts crossent again the way it was started."""
    if Path(path).name == "__main__.py":
        return [_python(), "-m", "crossent"]
    return [_shortest("crossent", path)]


def _python() -> str:
    """Return the Python that runs this, which has NumPy; another one may not."""
    return _shortest("python", sys.executable)


def _shortest(name: str, path: str) -> str:
    """Return the bare name if the shell finds it in the same folder, else the path."""
    found = shutil.which(name)
    same = found is not None and Path(found).absolute().parent == Path(path).absolute().parent
    return name if same else path


def commands_for(error: CrossentError, line: CommandLine) -> list[str]:
    """Return the commands that fix what an error speaks of; none where only the user can know."""
    build = _COMMANDS.get(error.code)
    return [] if build is None else build(error, line)


def _sentinel(error: CrossentError, line: CommandLine) -> list[str]:
    found = re.search(r"ignore_class=(-?\d+)", error.text)
    return [line.changed(add=("--ignore-class", found[1]))] if found else []


def _one_based(error: CrossentError, line: CommandLine) -> list[str]:
    return _rewritten(line, "_from_0", "{} - 1")


def _not_whole(error: CrossentError, line: CommandLine) -> list[str]:
    # Never rounded: rounding would turn a number that is no class into one.
    if "np.unique" not in error.text:
        return []
    return _rewritten(line, "_numbered", "np.unique({}, return_inverse=True)[1]")


def _missing(error: CrossentError, line: CommandLine) -> list[str]:
    if not isinstance(error, LabelTypeError) or "holds names" in error.text:
        return []  # NaN was cast to an integer long ago; or only the user knows the names
    new = "np.nan_to_num({}, nan=-1, posinf=-1, neginf=-1)"
    return _rewritten(line, "_marked", new, "--ignore-class", "-1")


def _rewritten(line: CommandLine, suffix: str, formula: str, *flags: str) -> list[str]:
    """Write changed labels to a new file next to the old one, then evaluate that."""
    if len(open_table(line.labels).columns) > 1:
        return []  # a changed column of a table is no table
    old = Path(line.labels.rpartition(":")[0] or line.labels)
    new = str(old.with_name(old.name.partition(".")[0] + suffix + ".npy"))
    headers = [word == "--header" for word in line.words if word in ("--header", "--no-header")]
    load = open_array(line.labels, header=headers[-1] if headers else None).load_code
    code = f"import numpy as np; np.save({new!r}, {formula.format(load)})"
    quoted = shlex.quote(code) if re.search(r'["$`\\!]', code) else f'"{code}"'
    return [f"{shlex.quote(_python())} -c {quoted}", line.changed(labels=new, add=flags)]


def _logits(error: CrossentError, line: CommandLine) -> list[str]:
    if "from_logits=True" not in error.text:
        return []
    return [line.changed(drop=_ONLY_PROBABILITIES, add=("--logits",))]


def _probabilities(error: CrossentError, line: CommandLine) -> list[str]:
    return [line.changed(drop=_ONLY_LOGITS, add=("--probabilities",))]


def _other_loss(error: CrossentError, line: CommandLine) -> list[str]:
    """The shapes tell the loss where none is named."""
    if "--loss" not in " ".join(line.words) or "flattened" in error.text:
        return []
    return [line.changed(drop=("--loss",))]


def _multi_label(error: CrossentError, line: CommandLine) -> list[str]:
    if "labels per row" in error.text:
        return []  # a few class indices in each row, where binary targets need every class
    return [line.changed(drop=("--loss", "--axis"), add=("--loss", "binary"))]


def _other_axis(error: CrossentError, line: CommandLine) -> list[str]:
    found = re.search(r"\baxis=(-?\d+)", error.text)
    return [line.changed(drop=("--axis",), add=("--axis", found[1]))] if found else []


def _swapped(error: CrossentError, line: CommandLine) -> list[str]:
    return [line.changed(swap=True)]


_COMMANDS: Final[dict[str, Callable[[CrossentError, CommandLine], list[str]]]] = {
    "CE103": _sentinel,
    "CE104": _one_based,
    "CE105": _probabilities,
    "CE106": _logits,
    "CE108": _other_loss,
    "CE109": _other_loss,
    "CE110": _other_axis,
    "CE111": _not_whole,
    "CE301": _multi_label,
    "CE304": _swapped,
    "CE312": _missing,
}
