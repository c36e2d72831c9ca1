"""The losses as compiled loops over the rows, for CPUs. They are optional and mean the same."""
