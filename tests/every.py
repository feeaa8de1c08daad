"""Every check there is: what `make test` runs, in .venv."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Strict: every stored text is compared with a fresh run, and measured numbers within the tolerance that their cell
# declares (tests/tolerance.py). A cell may take two minutes, not nbval's default of 33. Kernels run in .venv, whatever
# kernel name a notebook carries.
NBVAL = [
    "-p",
    "tests.tolerance",
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=120",
    "--nbval-sanitize-with=tests/nbval.cfg",
    "notebooks",
]


def side_by_side() -> list[str]:
    """Options of pytest: as many tests at a time as there are cores, up to four. A file's tests stay in one process,
    for they share what they set up, and the files in their order, in which the slow ones of the browser come first."""
    return ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder"]


def checks() -> dict[str, list[str]]:
    """Name -> the command of each check, in the order in which they run."""
    pytest = [sys.executable, "-m", "pytest", *side_by_side()]
    node, scripts = shutil.which("node"), sorted(map(str, ROOT.glob("tests/*/*.test.mjs")))
    return {
        "ruff check": [sys.executable, "-m", "ruff", "check"],
        "ruff format": [sys.executable, "-m", "ruff", "format", "--check"],
        **({"node --test": [node, "--test", *scripts]} if node else {}),
        "pytest": pytest,
        "notebooks": pytest + NBVAL,
    }


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread each, or they would stand in each other's way
    os.environ.pop("SEQMEM_LANGUAGE", None)  # outputs are stored in English, whatever this user's notebooks speak
    failed, commands = [], checks()
    for name, command in commands.items():
        print(f"\nseqmem: {name}", flush=True)
        if subprocess.run(command, cwd=ROOT).returncode:
            failed.append(name)
    print()
    if "node --test" not in commands:
        print("seqmem: skipped the JavaScript tests; they need Node.js 20.19 or newer from nodejs.org")
        failed += ["node --test"] if os.environ.get("CI") else []
    print("seqmem: FAILED: " + ", ".join(failed) if failed else "seqmem: all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
