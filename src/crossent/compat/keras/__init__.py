"""Drop-ins for the cross-entropies of Keras, and a Keras loss around one of crossent's.

``from crossent.compat.keras import losses, metrics`` stands for ``from keras import losses,
metrics`` as far as cross-entropies go. They have Keras's numbers, on the backend in use; the rules
of crossent, its weighted mean above all, are those of :class:`Loss`.
"""

from crossent.compat.keras import losses as losses
from crossent.compat.keras import metrics as metrics
from crossent.compat.keras.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from crossent.compat.keras.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from crossent.compat.keras.wrapper import Loss

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]
