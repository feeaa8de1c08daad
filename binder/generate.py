"""Write environment.yml and binder/environment.yml from pyproject.toml: `make environment`.

With --check nothing is written, and the exit status is 1 if a file on disk differs.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "environment.yml", ROOT / "binder" / "environment.yml"]

# What conda-forge calls a package, where it is not what PyPI calls it.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def environment() -> str:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    lines = [
        "# Generated from pyproject.toml by `make environment`; a test fails when the two differ.",
        f"name: {project['name']}",
        "channels:",
        "  - conda-forge",
        "  - nodefaults # nothing from elsewhere, so that builds are the same for everyone",
        "dependencies:",
        "  - python=3.12 # pinned, because Binder would choose another",
    ]
    for requirement in project["dependencies"]:
        reason = re.search(rf'"{re.escape(requirement)}",\s*#\s*(.+)', text)
        if reason is None:
            sys.exit(f"pyproject.toml gives no reason behind {requirement!r}: add a comment to its line")
        name, version = re.fullmatch(r"([\w.-]+)(.*)", requirement).groups()
        lines.append(f"  - {CONDA_NAMES.get(name, name)}{version} # {reason[1].strip()}")
    lines.append("  - pip # installs seqmem_lib itself")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.exit(f"generate.py takes --check or nothing, not {' '.join(arguments)!r}")
    wanted = environment()
    stale = [file for file in FILES if not file.exists() or file.read_text("utf-8") != wanted]
    for file in stale:
        name = file.relative_to(ROOT)
        if arguments:
            print(f"{name} does not match pyproject.toml: run make environment")
        else:
            file.write_text(wanted, "utf-8", newline="\n")
            print(f"wrote {name}")
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
