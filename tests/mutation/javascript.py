"""Changes of JavaScript, by Stryker's instrumenter: all of them stand in one script, and a number says which is in
force. So Node or a browser that has started once can try them all."""

import difflib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from .tree import BUILD, CORES, PLUGINS, ROOT, TOOLS, copy_tree, drawn_from

ACTIVE = "__STRYKER_ACTIVE_MUTANT__"


def mutate_javascript(file: str, tests: list[str], some: int) -> list[tuple[str, str]]:
    """Of each change, or of some: what became of it, and the change as a diff."""
    folder, source = BUILD / "mutation" / file, (ROOT / file).read_text("utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    copy_tree(folder)
    script, mutants = instrumented(source)
    (folder / file).write_text(script, "utf-8")
    mutants = {one["id"]: one for one in drawn_from(mutants, some)}
    said = dict.fromkeys(mutants, "survived")
    scripts, others = ([one for one in tests if one.endswith(".mjs") == kind] for kind in (True, False))
    with ThreadPoolExecutor(CORES) as pool:
        if scripts:
            said |= zip(mutants, pool.map(in_node(folder, scripts), mutants), strict=True)
        left = [number for number in mutants if said[number] == "survived"]
        parts = [left[k::CORES] for k in range(CORES)] if others else []
        for found in pool.map(lambda k: in_pytest(folder / f"{k}.json", others, parts[k]), range(len(parts))):
            said |= found
    return [(said[number], diff_of(source, one)) for number, one in mutants.items()]


def instrumented(source: str) -> tuple[str, list[dict]]:
    """The script with all changes in it, and what each of them is."""
    if not (TOOLS / "node_modules" / "@stryker-mutator" / "instrumenter").exists():
        npm = [shutil.which("npm"), "install", "--silent", "--prefix", TOOLS, "@stryker-mutator/instrumenter@9.6.1"]
        subprocess.run(npm, cwd=ROOT, check=True)
    command = ["node", "--input-type=module", "-e", Path(__file__).with_name("instrument.mjs").read_text("utf-8")]
    said = subprocess.run(command, cwd=TOOLS, input=source, encoding="utf-8", stdout=subprocess.PIPE, check=True).stdout
    return tuple(json.loads(said).values())


def in_node(folder: Path, scripts: list[str]):
    """A function that says what becomes of a change in the tests that Node runs."""

    def run(number: str, patience: float | None = None) -> int:
        options = {"cwd": folder, "env": os.environ | {ACTIVE: number}, "stdout": subprocess.DEVNULL}
        with subprocess.Popen(["node", "--test", *scripts], start_new_session=True, **options) as node:
            try:
                return node.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(node.pid, signal.SIGKILL)  # and the process of its own that it has for each script
                raise

    start = time.perf_counter()
    if run(""):
        sys.exit(f"seqmem: {', '.join(scripts)} fails although nothing is changed")
    patience = 10 + 5 * (time.perf_counter() - start)

    def outcome(number: str) -> str:
        try:
            return "killed" if run(number, patience) else "survived"
        except subprocess.TimeoutExpired:
            return "timeout"

    return outcome


def in_pytest(notes: Path, tests: list[str], left: list[str]) -> dict[str, str]:
    """What becomes of these changes in the tests that pytest runs, of which many open a browser. One process of pytest
    tries all of them (plugin.py); the one that it does not come back from ran on and on."""
    said = {}
    while left := [number for number in left if number not in said]:
        notes.write_text(json.dumps({"left": left, "said": {}}), "utf-8")
        environment = os.environ | {
            "PYTHONPATH": str(notes.parent),
            "OMP_NUM_THREADS": "1",
            "SEQMEM_CHANGES": str(notes),
        }
        command = [sys.executable, "-m", "pytest", "-q", *PLUGINS, *tests]
        log = notes.with_suffix(".log")
        with log.open("w", encoding="utf-8") as out:
            options = {"cwd": notes.parent, "env": os.environ | environment, "stdout": out, "stderr": out}
            with subprocess.Popen(command, start_new_session=True, **options) as pytest:
                pytest.wait()
            with suppress(ProcessLookupError):
                os.killpg(pytest.pid, signal.SIGKILL)  # what a test has started and nothing ends
        found = json.loads(notes.read_text("utf-8"))["said"]
        if not found:
            sys.exit(f"seqmem: {', '.join(tests)} cannot be run:\n{log.read_text('utf-8')[-2000:]}")
        said |= found
    return said


def diff_of(source: str, mutant: dict) -> str:
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    begin, end = (starts[at["line"]] + at["column"] for at in (mutant["location"][key] for key in ("start", "end")))
    changed = source[:begin] + mutant["replacement"] + source[end:]
    return "\n".join(difflib.unified_diff(source.splitlines(), changed.splitlines(), lineterm="", n=2))
