"""The errors and warnings of crossent: one family, each with a stable code.

A code names a cause, so that a page, a test or a script can refer to it: CE0xx is misuse of
crossent itself, CE1xx to CE4xx are faults in labels, predictions, weights or reductions.
"""

from __future__ import annotations


class CrossentError(ValueError):
    """Base class of every error that crossent raises about its input.

    Parameters
    ----------
    code : str
        Stable name of the cause, such as ``"CE101"``.
    text : str
        What was expected, what came and the next step.

    Examples
    --------
    >>> import crossent as ce
    >>> try:
    ...     ce.sparse_categorical_crossentropy([3], [[0.2, 0.3, 0.5]])
    ... except ce.CrossentError as error:
    ...     print(error.code)
    CE104
    """

    # Inside tf.function TensorFlow would replace an error whose constructor it does not know.
    ag_pass_through = True

    def __init__(self, code: str, text: str) -> None:
        # Not super().__init__, which torch.compile cannot trace: the message would be lost.
        self.args = (f"[{code}] {text}",)
        self.code = code
        self.text = text

    def __reduce__(self) -> tuple[type[CrossentError], tuple[str, str]]:
        return type(self), (self.code, self.text)


class OptionError(CrossentError):
    """An option has a bad value, or means nothing for this function or input."""


class OptionNameError(OptionError, TypeError):
    """An argument has a name that the function does not know, or has no name, or is missing."""


class ArrayKindError(CrossentError, TypeError):
    """An argument is not an array that crossent can read without changing its meaning."""


class LabelRangeError(CrossentError, IndexError):
    """A label is not the index of a class."""


class LabelTypeError(CrossentError, TypeError):
    """The type of the labels cannot hold class indices."""


class ShapeError(CrossentError):
    """The shapes of labels, predictions or weights do not fit each other."""


class TargetError(CrossentError):
    """A dense target is not a probability distribution over the classes."""


class PredictionError(CrossentError):
    """The predictions are not what `from_logits` says they are."""


class WeightError(CrossentError):
    """A weight is negative, not finite, missing or has the wrong shape."""


class EmptyError(CrossentError):
    """Nothing is left to average."""


class CrossentWarning(UserWarning):
    """Base class of the warnings of crossent; `code` names the cause."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"[{code}] {text}")
        self.code = code
        self.text = text

    def __reduce__(self) -> tuple[type[CrossentWarning], tuple[str, str]]:
        return type(self), (self.code, self.text)


class ProbabilityWarning(CrossentWarning):
    """Some rows of probabilities do not sum to 1; the value is computed as given."""


class DoubleSoftmaxWarning(CrossentWarning):
    """Every row of the logits is a probability vector: a softmax was applied already."""
