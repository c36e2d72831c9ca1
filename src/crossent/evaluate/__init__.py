"""Evaluation of predictions: whole arrays, files larger than memory, or piece by piece."""

from crossent.evaluate.evaluation import ClassResult, Evaluation
from crossent.evaluate.readers import ReaderError, SpecError, open_array
from crossent.evaluate.run import evaluate
from crossent.evaluate.state import Evaluator
from crossent.evaluate.sums import WorstRow

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
