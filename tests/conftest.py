"""Front ends, rules and skips of the test suite.

``--front-end NAME[,NAME]`` picks how the contract tests call the library: ``numpy``,
``tensorflow`` (eager), ``tf.function`` (everything traced, unknown batch size),
``jit_compile``, ``jax`` (eager), ``jit``, ``torch`` (eager), ``torch.compile`` or, where there is a
GPU, ``torch.cuda`` (eager). ``torch.elsewhere`` takes the CPU for an accelerator, and
``torch.no_float64`` for one that has no float64; ``torch.triton`` runs the kernels for GPUs in
Triton's interpreter. Frameworks are imported only when they are asked
for.
"""

from __future__ import annotations

import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FRONT_ENDS = (
    "numpy", "tensorflow", "tf.function", "jit_compile", "jax", "jit", "torch", "torch.compile",
    "torch.cuda", "torch.elsewhere", "torch.no_float64", "torch.triton",
)  # fmt: skip
SKIPS = Path(__file__).with_name("skips.txt")


@cache
def runner_named(name: str) -> Any:
    """The runner of a front end; one for the whole session, so that programs are kept."""
    if name == "numpy":
        from contract.runner_numpy import NumpyRunner

        return NumpyRunner()
    if name in ("jax", "jit"):
        from contract.runner_jax import JaxRunner

        return JaxRunner(name)
    if name in ("torch.elsewhere", "torch.no_float64", "torch.triton"):
        from contract.runner_elsewhere import ElsewhereRunner

        return ElsewhereRunner(name)
    if name.startswith("torch"):
        from contract.runner_torch import TorchRunner

        return TorchRunner(name)
    from contract.runner_tensorflow import TensorFlowRunner

    return TensorFlowRunner(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--front-end",
        default="numpy",
        help="comma list of the front ends of the contract tests: " + ", ".join(FRONT_ENDS),
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(name): run for every case of this rule")
    config.addinivalue_line("markers", "needs(capability): skip front ends that lack it")
    unknown = set(names(config)) - set(FRONT_ENDS)
    if unknown:
        msg = f"no front end {sorted(unknown)}; there are {FRONT_ENDS}"
        raise pytest.UsageError(msg)


def names(config: pytest.Config) -> list[str]:
    """The front ends that were asked for."""
    return [name.strip() for name in config.getoption("--front-end").split(",")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per front end, and per case that can be given to it."""
    if "runner" not in metafunc.fixturenames:
        return
    rules = [mark.args[0] for mark in metafunc.definition.iter_markers("rule")]
    if "case" not in metafunc.fixturenames:
        metafunc.parametrize("runner", names(metafunc.config), indirect=True, scope="session")
        return
    from cases import of_rule, runs

    pairs = [
        pytest.param(name, case, id=f"{name}-{case.name}")
        for name in names(metafunc.config)
        for rule in rules
        for case in of_rule(rule)
        if runs(name, case)
    ]
    metafunc.parametrize(("runner", "case"), pairs, indirect=["runner"], scope="session")


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest) -> Any:
    """The front end under test."""
    return runner_named(request.param)


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest) -> None:
    """Skip what a front end cannot do, for the reason that it gives."""
    marks = list(request.node.iter_markers("needs"))
    if not marks or "runner" not in request.fixturenames:
        return
    lacks = request.getfixturevalue("runner").lacks
    for mark in marks:
        if mark.args[0] in lacks:
            pytest.skip(lacks[mark.args[0]])


def listed_skips() -> list[tuple[str, str]]:
    """(pattern of a test's id, reason) of every line of skips.txt."""
    lines = [line.strip() for line in SKIPS.read_text(encoding="utf-8").splitlines()]
    pairs = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return [(pattern.strip(), reason.strip()) for pattern, reason in pairs]


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[_UNLISTED] = []


_UNLISTED = pytest.StashKey[list[str]]()


def is_listed(nodeid: str, reason: str, listed: list[tuple[str, str]]) -> bool:
    """Whether a test may be skipped for this reason. Brackets in an id stand for themselves."""
    plain = nodeid.replace("[", "(").replace("]", ")")
    return any(fnmatch.fnmatchcase(plain, pattern) and reason == why for pattern, why in listed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Note a skip that nobody has agreed to."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not is_listed(report.nodeid, reason, listed_skips()):
            item.config.stash[_UNLISTED].append(f"{report.nodeid} | {reason}")
            report.outcome = "failed"
            report.longrepr = f"skipped, but not in tests/skips.txt: {report.nodeid} | {reason}"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash.get(_UNLISTED, []) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A browser for the tests that look at a page as people do."""
    from browser import Browser, find_chromium

    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    browser = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()
