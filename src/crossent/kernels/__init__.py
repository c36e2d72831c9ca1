"""The losses as compiled loops over the rows, for the CPU: optional, and never another meaning."""
