"""In a process that a test starts: say which lines it runs, in the name of that test."""

import os

if "CROSSENT_LINES" in os.environ and "PYTEST_CURRENT_TEST" in os.environ:
    import atexit

    import coverage

    _lines = coverage.Coverage(
        data_file=os.environ["CROSSENT_LINES"],
        data_suffix=True,
        source=[os.environ["CROSSENT_SOURCE"]],
        context=os.environ["PYTEST_CURRENT_TEST"].rpartition(" (")[0],
        config_file=False,
        messages=False,
    )
    _lines._warn_no_data = False
    _lines.start()

    def _save() -> None:
        _lines.stop()
        _lines.save()

    atexit.register(_save)
