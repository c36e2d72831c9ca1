"""NumPy: the operations, the arrays it reads, the front end."""
