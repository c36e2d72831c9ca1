"""TensorFlow: the operations, tapes, the way to the kernels."""
