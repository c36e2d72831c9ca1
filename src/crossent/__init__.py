"""Cross-entropy with one meaning on every framework, and errors that tell what is wrong."""

from crossent.api import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from crossent.errors import (
    ArrayKindError,
    CrossentError,
    CrossentWarning,
    DoubleSoftmaxWarning,
    EmptyError,
    LabelRangeError,
    LabelTypeError,
    OptionError,
    PredictionError,
    ProbabilityWarning,
    ShapeError,
    TargetError,
    WeightError,
)
from crossent.evaluate import Evaluation, Evaluator, ReaderError, evaluate
from crossent.gradient import value_and_grad
from crossent.objects import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)

__version__ = "0.1.0"

__all__ = [
    "ArrayKindError",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CrossentError",
    "CrossentWarning",
    "DoubleSoftmaxWarning",
    "EmptyError",
    "Evaluation",
    "Evaluator",
    "LabelRangeError",
    "LabelTypeError",
    "OptionError",
    "PredictionError",
    "ProbabilityWarning",
    "ReaderError",
    "ShapeError",
    "SparseCategoricalCrossentropy",
    "TargetError",
    "WeightError",
    "binary_crossentropy",
    "categorical_crossentropy",
    "evaluate",
    "sparse_categorical_crossentropy",
    "value_and_grad",
]
