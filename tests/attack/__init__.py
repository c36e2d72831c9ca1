"""Attacks on the package; a package of its own beside tools/attack.py, which runs them."""
