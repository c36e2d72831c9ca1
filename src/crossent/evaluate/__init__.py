"""Evaluation of predictions: whole arrays, files larger than memory, or piece by piece."""

import sys
from types import ModuleType
from typing import Any

from crossent.evaluate.evaluation import ClassResult, Evaluation
from crossent.evaluate.evaluator import Evaluator
from crossent.evaluate.run import evaluate
from crossent.evaluate.sums import WorstRow
from crossent.stream.readers import ReaderError, SpecError, open_array

__all__ = [
    "ClassResult",
    "Evaluation",
    "Evaluator",
    "ReaderError",
    "SpecError",
    "WorstRow",
    "evaluate",
    "open_array",
]


class _Callable(ModuleType):
    """`crossent.evaluate` names this package and the function in it.

    The function is what users get; but a tool that imports the package by its path may put the
    package back in that place, and a call must still work then.
    """

    def __call__(self, *arguments: Any, **options: Any) -> Evaluation:
        return evaluate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
