"""PyTorch: the operations, the memory of tensors, the ways to kernels and graphs."""
