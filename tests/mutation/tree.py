"""Where changes are tried: in a copy of the repository below build/."""

import os
import random
import shutil
import subprocess
from pathlib import Path

from .nearest import ROOT

BUILD = ROOT / "build"
TOOLS = BUILD / "mutation_tools"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
SILENT = ("cacheprovider", "unraisableexception", "threadexception")  # plugins of pytest that take long
PLUGINS = ["-p", "tests.mutation.plugin", *(part for name in SILENT for part in ("-p", f"no:{name}"))]
KILLED = ("killed", "timeout", "segfault")


def copy_tree(folder: Path) -> None:
    """Copy what git knows, and what it would take."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def drawn_from(every: list, some: int) -> list:
    """As many of them, by chance and each time the same; all if `some` is 0."""
    return random.Random(0).sample(every, min(some, len(every))) if some else every
