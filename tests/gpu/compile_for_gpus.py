"""Compile the kernels for GPUs that are not here, and print what came of each: one JSON a line.

Run without TRITON_INTERPRET, in a process of its own.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from crossent.kernels.triton import label_rows
from crossent.kernels.triton.tiles import tile

TARGETS = (
    GPUTarget("cuda", 80, 32),
    GPUTarget("cuda", 90, 32),
    GPUTarget("cuda", 100, 32),
    GPUTarget("hip", "gfx942", 64),
    GPUTarget("hip", "gfx1100", 32),
)
OPTIONS = {"enable_fp_fusion": False}  # as frontends/torch/triton.py launches them
DTYPES = {"fp32": 4, "bf16": 2, "fp16": 2, "fp64": 8}
PTXAS = sorted(Path(triton.__file__).parent.glob("backends/nvidia/bin/ptxas*"))

OF_16_BYTES = r"v(?:4\.[bfu]32|8\.[bfu]16|2\.[bfu]64)"

POINTERS = {
    "y_ptr": "*i64", "mask_ptr": "*u8", "own_w_ptr": "*fp64", "s_ptr": "*fp32",
    "number_ptr": "*fp64", "weight_ptr": "*fp64", "slopes_ptr": "*fp64", "keep_ptr": "*i8",
    "rows_ptr": "*fp64", "bar_ptr": "*fp32", "divisor_ptr": "*fp64",
}  # fmt: skip
OF_LOGITS = ("x_ptr", "g_ptr")
OF_COMPUTE = ("term_ptr", "shift_ptr", "w_ptr")
STEPS = {"x_step": "i64", "g_step": "i64", "mask_step": "i64", "bar_step": "i32"}
NUMBERS = {"rows": "i32", "classes": "i32", "ignored": "i64"}
PLAIN = {
    "IGNORE": True, "MASK": False, "WEIGHT": False, "SAMPLE": False, "SMOOTH": False, "Z": False,
    "ENTROPY": False, "SLOPES": True,
}  # fmt: skip
FORMS = {
    "plain": PLAIN,
    "all": {**dict.fromkeys(PLAIN, True), "ENTROPY": False},
    "entropy": {**PLAIN, "ENTROPY": True, "SLOPES": False},
}
ABSENT = {
    "MASK": ("mask_ptr",), "WEIGHT": ("w_ptr", "own_w_ptr"), "SAMPLE": ("s_ptr",),
    "ENTROPY": ("rows_ptr",), "SLOPES": ("slopes_ptr",),
}  # fmt: skip


def built(kernel: Any, dtype: str, classes: int, form: dict[str, bool], target: Any) -> Any:
    """One kernel, compiled as it is launched."""
    size, names = tile(classes, DTYPES[dtype]), [one.name for one in kernel.params]
    compute = "fp64" if dtype == "fp64" else "fp32"
    known = {k: v for k, v in form.items() if k in names}
    constants: dict[str, Any] = {
        **known, "COMPUTE": getattr(triton.language, f"float{compute[2:]}"),
        "ROWS": size.rows, "BLOCK": size.block,
    }  # fmt: skip
    for option, pointers in ABSENT.items():
        if not form[option] and option in names:
            constants |= {name: None for name in pointers if name in names}
    types = {
        **POINTERS, **STEPS, **NUMBERS, **dict.fromkeys(OF_LOGITS, f"*{dtype}"),
        **dict.fromkeys(OF_COMPUTE, f"*{compute}"),
    }  # fmt: skip
    signature = {name: "constexpr" if name in constants else types[name] for name in names}
    divisible = {*types} - {"rows", "ignored", "bar_step"}
    attributes = {
        (i,): [["tt.divisibility", 16]]
        for i, name in enumerate(names)
        if signature[name] != "constexpr" and name in divisible
    }
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants, attrs=attributes)
    return triton.compile(source, target=target, options={"num_warps": size.warps, **OPTIONS})


def loops(assembly: str, label: str, branch: str) -> Iterator[str]:
    """The text of every loop: from a label to a branch back to it."""
    places = {match[1]: match.start() for match in re.finditer(label, assembly, re.MULTILINE)}
    for match in re.finditer(branch, assembly):
        start = places.get(match[1])
        if start is not None and start < match.start():
            yield assembly[start : match.start()]


def of_nvidia(program: Any) -> dict[str, Any]:
    text = program.asm["ptx"]
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(text)
        file.flush()
        architecture = re.search(r"\.target (\w+)", text)
        assert architecture is not None
        told = subprocess.run(
            [str(PTXAS[-1]), "-v", "-arch", architecture[1], file.name, "-o", "/dev/null"],
            capture_output=True, text=True, check=True,
        ).stderr  # fmt: skip
    bodies = list(loops(text, r"^(\$L__BB\w+):", r"bra(?:\.uni)?\s+(\$L__BB\w+);"))
    return {
        "registers": int(re.findall(r"Used (\d+) reg", told)[0]),
        "spills": sum(map(int, re.findall(r"(\d+) bytes spill", told))),
        "loops": len(bodies),
        "float64_in_loops": sum(len(re.findall(r"\.f64", body)) for body in bodies),
        "loads": len(re.findall(rf"ld\.global\S*\.{OF_16_BYTES}", text)),
        "stores": len(re.findall(rf"st\.global\S*\.{OF_16_BYTES}", text)),
    }


def of_amd(program: Any) -> dict[str, Any]:
    text = program.asm["amdgcn"]
    bodies = list(loops(text, r"^(\.LBB\w+):", r"s_cbranch\w*\s+(\.LBB\w+)"))
    return {
        "registers": int(re.findall(r"vgpr_count:\s*(\d+)", text)[0]),
        "spills": sum(map(int, re.findall(r"vgpr_spill_count:\s*(\d+)", text))),
        "loops": len(bodies),
        "float64_in_loops": sum(len(re.findall(r"v_\w+_f64", body)) for body in bodies),
        "loads": len(re.findall(r"_load_(?:dwordx4|b128)", text)),
        "stores": len(re.findall(r"_store_(?:dwordx4|b128)", text)),
    }


def main(argv: list[str]) -> None:
    wide, few = 32_000, 10
    kernels = {"facts": label_rows.label_facts, "gradient": label_rows.label_gradient}
    for target, (name, kernel), dtype in itertools.product(TARGETS, kernels.items(), DTYPES):
        if argv and str(target.arch) not in argv:
            continue
        for form, classes in (("plain", wide), ("all", wide), ("entropy", wide), ("plain", few)):
            if name == "gradient" and form == "entropy":
                continue
            program = built(kernel, dtype, classes, FORMS[form], target)
            found = of_nvidia(program) if target.backend == "cuda" else of_amd(program)
            line = {
                "target": str(target.arch), "kernel": name, "dtype": dtype, "form": form,
                "classes": classes, **found,
            }  # fmt: skip
            sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
