"""The checks: one class a code, grouped by what it looks at."""
