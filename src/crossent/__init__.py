"""Cross-entropy with one meaning on every framework, and errors that tell what is wrong."""

from typing import TYPE_CHECKING

from crossent.api import (
    binary_crossentropy,
    categorical_crossentropy,
    log_probs,
    sparse_categorical_crossentropy,
)
from crossent.conventions import conventions
from crossent.core.errors import (
    ArrayKindError,
    CrossentError,
    CrossentWarning,
    DoubleSoftmaxWarning,
    EmptyError,
    LabelRangeError,
    LabelTypeError,
    OptionError,
    OptionNameError,
    PredictionError,
    ProbabilityWarning,
    ShapeError,
    TargetError,
    WeightError,
)
from crossent.core.later import later
from crossent.doctor import Explanation, Finding, Report, diagnose, explain
from crossent.evaluate import ReaderError, compare, evaluate
from crossent.gradient import value_and_grad
from crossent.kernels.config import last_path, show_config, use_kernels
from crossent.kernels.thread_count import set_num_threads
from crossent.linear import LinearCrossentropy, linear_crossentropy, linear_log_probs
from crossent.objects import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)

if TYPE_CHECKING:
    from crossent.conventions import Conventions
    from crossent.evaluate import Comparison, Evaluation, Evaluator

__version__ = "0.1.0"

__all__ = [
    "ArrayKindError",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Comparison",
    "Conventions",
    "CrossentError",
    "CrossentWarning",
    "DoubleSoftmaxWarning",
    "EmptyError",
    "Evaluation",
    "Evaluator",
    "Explanation",
    "Finding",
    "LabelRangeError",
    "LabelTypeError",
    "LinearCrossentropy",
    "OptionError",
    "OptionNameError",
    "PredictionError",
    "ProbabilityWarning",
    "ReaderError",
    "Report",
    "ShapeError",
    "SparseCategoricalCrossentropy",
    "TargetError",
    "WeightError",
    "binary_crossentropy",
    "categorical_crossentropy",
    "compare",
    "conventions",
    "diagnose",
    "evaluate",
    "explain",
    "last_path",
    "linear_crossentropy",
    "linear_log_probs",
    "log_probs",
    "set_num_threads",
    "show_config",
    "sparse_categorical_crossentropy",
    "use_kernels",
    "value_and_grad",
]


_LATER = {
    "Comparison": "crossent.evaluate.comparison",
    "Conventions": "crossent.conventions.result",
    "Evaluation": "crossent.evaluate.evaluation",
    "Evaluator": "crossent.evaluate.evaluator",
}
"""Classes that are loaded when they are first named: the losses need none of them."""

if not TYPE_CHECKING:
    __getattr__ = later(__name__, _LATER)


def __dir__() -> list[str]:
    """Show the public names alone, and not the modules that they have loaded."""
    return [*__all__, "__version__"]
