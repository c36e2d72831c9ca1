"""``python -m crossent`` is the command ``crossent``."""

from crossent.cli.__main__ import main

if __name__ == "__main__":
    main()
