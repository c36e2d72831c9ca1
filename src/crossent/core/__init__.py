"""What a call means, before any array is touched, and what bad values are called."""
