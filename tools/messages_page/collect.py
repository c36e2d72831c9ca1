"""Call a framework wrongly and note what it says: data/<name>.toml.

    python tools/messages_page/collect.py [NAME ...]      all, or those of calls_<name>.py

Each runs in a process of its own. What is noted holds the text, the version that printed it, how it
was provoked, and the codes that are right for that. The page and its test read these files alone.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faults
import judged

HERE = Path(__file__).resolve().parent
RUNS = {
    "torch": {}, "torchmetrics": {}, "tensorflow": {}, "optax": {}, "sklearn": {}, "boosting": {},
    "numpy": {}, "transformers": {},
    "keras_tensorflow": {"KERAS_BACKEND": "tensorflow"}, "keras_jax": {"KERAS_BACKEND": "jax"},
    "keras_torch": {"KERAS_BACKEND": "torch"}, "keras_numpy": {"KERAS_BACKEND": "numpy"},
}  # fmt: skip
"""What is called, and the environment of its process."""

MOST = 2
"""So many texts that differ in numbers alone are kept."""

LONGEST = 600


def said(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Return the kind and the text of an error and of warnings."""
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                call()
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    for warning in caught:
        found.append((warning.category.__name__, str(warning.message)))
    return found


def tidied(kind: str, text: str) -> str:
    """Take out what depends on the machine and on the run."""
    text = f"{kind}: {text}".strip()
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"(?:/[\w.+-]+)+/site-packages/", "", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x7f", text)
    text = re.sub(r"\nDetected at node.*?<stack traces unavailable>", "", text, flags=re.DOTALL)
    text = re.sub(r"\n *File \"[^\n]*(?:\n {4,}[^\n]*)?", "", text)
    text = re.sub(
        r"in user code:\s*|\[\d\d:\d\d:\d\d\] |\nStack trace:.*", "", text, flags=re.DOTALL
    )
    text = re.sub(r"(?<=[ /])__w/[\w/]*/src/|/__w/\w+/", "", text)
    text = re.sub(r"\nDetected at node[^\n]*", "", text)
    text = re.sub(r"^(\w+: )\1", r"\1", text)
    text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
    return text


def expanded(calls: Any, given: dict[str, Any]) -> Iterator[tuple[str, Callable[[], object], str]]:
    """Yield how a call is told, the call, and the codes that are right for what is wrong in it."""
    for kind, templates in calls.GRID.items():
        for template in templates:
            for fault in faults.KINDS[kind]:
                y, p = (
                    side.removeprefix("raw:") if side.startswith("raw:") else f"t({side})"
                    for side in (fault.y, fault.p)
                )
                code = template.format(y=y, p=p)
                shown = template.format(y="labels", p="predictions")
                yield f"{shown}: {fault.name}", _call(code, given), fault.codes
    for code, what, codes in calls.MORE:
        yield f"{code}: {what}" if what else code, _call(code, given), codes


def _call(code: str, given: dict[str, Any]) -> Callable[[], object]:
    return lambda: eval(compile(code, "<call>", "eval"), given)


def collect(name: str) -> None:
    """Call what one module lists, and print what it says as JSON."""
    calls = importlib.import_module(f"calls_{name.partition('_')[0]}")
    given = {**faults.names(), **calls.given()}
    framework, package = calls.named()
    found: dict[str, dict[str, Any]] = {}
    for how, call, codes in expanded(calls, given):
        for kind, text in said(call):
            if calls.IGNORED.search(text) or kind in ("DeprecationWarning", "FutureWarning"):
                continue
            entry = found.setdefault(tidied(kind, text), {"how": [], "causes": []})
            entry["how"].append(how)
            entry["causes"] += [code for code in codes.split() if code not in entry["causes"]]
    json.dump(
        {"framework": framework, "version": version(package), "messages": found}, sys.__stdout__
    )


def kept(messages: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out what says nothing, and texts that differ from others in numbers alone."""
    counts: dict[tuple[str, str], int] = {}
    result = {}
    for text, entry in messages.items():
        if judged.LEFT_OUT.search(text):
            continue
        entry["causes"] = judged.causes_of(text, entry["causes"])
        key = (re.sub(r"\d+", "#", text), " ".join(sorted(entry["causes"])))
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= MOST:
            result[text] = entry
    return result


def written(answer: dict[str, Any]) -> str:
    """Write what was collected as TOML."""
    lines = [
        f"framework = {json.dumps(answer['framework'], ensure_ascii=False)}",
        f"version = {json.dumps(answer['version'])}",
    ]
    for text, entry in kept(answer["messages"]).items():
        lines += [
            "",
            "[[message]]",
            f"text = {json.dumps(text, ensure_ascii=False)}",
            f"how = {json.dumps(entry['how'][0], ensure_ascii=False)}",
            f"causes = {json.dumps(entry['causes'])}",
        ]
    return "\n".join(lines) + "\n"


def run(name: str) -> str:
    """Collect in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--in-process", name],
        env={**os.environ, **RUNS[name], "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    if done.returncode:
        return f"{name}: {done.stderr[-1500:]}"
    answer = json.loads(done.stdout[done.stdout.index('{"framework"') :])
    (HERE / "data" / f"{name}.toml").write_text(written(answer), encoding="utf-8")
    return f"{name}: {len(answer['messages'])} texts, {len(kept(answer['messages']))} kept"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(RUNS)}")
    parser.add_argument("--in-process", metavar="NAME", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.in_process:
        collect(given.in_process)
        return 0
    for name in given.names or RUNS:
        print(run(name), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
