"""Kernels for GPUs, written in Triton; imported only where a tensor lies on one."""
