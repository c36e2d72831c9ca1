"""JAX: the operations, the terms and their derivatives, the front end."""
