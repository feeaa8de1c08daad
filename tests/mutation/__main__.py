"""What `make mutate` does."""

import ast
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path

from .nearest import ROOT, nearest

BUILD = ROOT / "build"
TOOLS = BUILD / "mutation_tools"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
SILENT = ("cacheprovider", "unraisableexception", "threadexception")  # plugins of pytest that take long
PLUGINS = ["-p", "tests.mutation.plugin", *(part for name in SILENT for part in ("-p", f"no:{name}"))]
STATEMENT = re.compile(r"\s*(?!import\b|//|/?\*)[\w(\[].*[;{,]")
STRING = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1""")
KILLED = ("killed", "timeout", "segfault", "Killed", "Timeout", "RuntimeError")


def copy_tree(folder: Path) -> None:
    """Copy what git knows, and what it would take."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def undecorated(source: str) -> str:
    """The same module with decorators as calls below the functions, because mutmut leaves decorated ones alone."""
    lines, tree = source.splitlines(), ast.parse(source)
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for node in (node for body in bodies for node in body if isinstance(node, ast.FunctionDef) and node.decorator_list):
        decorators = [ast.unparse(one) for one in node.decorator_list]
        if decorators not in (["classmethod"], ["staticmethod"]):  # which it knows
            first = node.decorator_list[0].lineno - 1
            lines[first : node.lineno - 1] = [""] * (node.lineno - 1 - first)
            call = f"{node.name} = {'('.join(decorators)}({node.name}{')' * len(decorators)}"
            lines[node.end_lineno - 1] += f"\n{' ' * node.col_offset}{call}"
    return "\n".join(lines) + "\n"


def mutate_python(file: str, tests: list[str], some: int) -> list[tuple[str, str]]:
    """Of each change, or of some: what became of it, and the change as a diff."""
    if not (TOOLS / "mutmut").exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", "constraints.txt"]
        subprocess.run([*pip, "--target", TOOLS, "mutmut==3.8.1"], cwd=ROOT, check=True)
    folder = BUILD / "mutation" / file
    copy_tree(folder / "mutants")
    lists = {"source_paths": [file], "pytest_add_cli_args_test_selection": tests, "pytest_add_cli_args": PLUGINS}
    config = [(ROOT / "pyproject.toml").read_text("utf-8"), "[tool.mutmut]"]
    config += [f"{name} = {json.dumps(one)}" for name, one in lists.items()]
    config += ['process_isolation = "forkserver"']  # one process imports torch, and a fork of it tests each change
    config += ["timeout_constant = 12.0", "timeout_multiplier = 5.0"]  # a minute at least: the machine may be busy
    (folder / "pyproject.toml").write_text("\n".join(config), "utf-8")  # mutmut takes it to the copy
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(undecorated((ROOT / file).read_text("utf-8")), "utf-8")
    path = os.pathsep.join(map(str, (folder / "mutants", TOOLS)))

    def mutmut(*arguments: str, check: bool = True) -> str:
        command = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *arguments]
        environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        streams = {"stdout": subprocess.PIPE} if check else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        streams = {} if check and arguments[0] == "run" else streams
        return subprocess.run(command, cwd=folder, env=environment, check=check, text=True, **streams).stdout

    def results() -> dict[str, str]:
        lines = mutmut("results", "--all", "True").splitlines()
        return dict(line.strip().split(": ", 1) for line in lines)

    if some and not results():
        mutmut("run", "none", check=False)  # makes the changes, and then finds none of that name
    before = results()
    drawn = drawn_from(sorted(before), some)
    left = [name for name in drawn if before[name] not in KILLED]
    if left or not some:
        mutmut("run", "--max-children", str(CORES), *left)  # without a name, all
    after = results()
    return [(after[name], "" if after[name] in KILLED else mutmut("show", name)) for name in drawn or after]


def drawn_from(every: list, some: int) -> list:
    """As many of them, by chance and each time the same; all if `some` is 0."""
    return random.Random(0).sample(every, min(some, len(every))) if some else every


def mutate_javascript(file: str, tests: list[str], some: int) -> list[tuple[str, str]]:
    """The same. Some of the changes are those on some of the lines, for Stryker takes them by their place."""
    if not (TOOLS / "node_modules").exists():
        npm = [shutil.which("npm"), "install", "--silent", "--prefix", TOOLS, "@stryker-mutator/core@9.6.1"]
        subprocess.run(npm, cwd=ROOT, check=True)
    folder = BUILD / "mutation" / file
    copy_tree(folder)
    scripts, others = ([one for one in tests if one.endswith(".mjs") == kind] for kind in (True, False))
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", *PLUGINS, *others]
    command = [f"node --test {' '.join(scripts)}"] * bool(scripts) + [" ".join(pytest)] * bool(others)
    if some:
        lines = enumerate((ROOT / file).read_text("utf-8").splitlines(), 1)
        places = [f"{file}:{k}-{k}" for k in drawn_from([k for k, line in lines if STATEMENT.match(line)], some)]
    else:
        places = [file]
    options = {"testRunner": "command", "commandRunner": {"command": " && ".join(command)}, "mutate": places}
    options |= {"reporters": ["progress", "json"], "concurrency": CORES}
    (folder / "stryker.conf.json").write_text(json.dumps(options), "utf-8")
    environment = os.environ | {"PYTHONPATH": ".", "OMP_NUM_THREADS": "1"}
    stryker = TOOLS / "node_modules" / "@stryker-mutator" / "core" / "bin" / "stryker.js"
    subprocess.run(["node", stryker, "run", "stryker.conf.json"], cwd=folder, env=environment, check=True)
    report = json.loads((folder / "reports" / "mutation" / "mutation.json").read_text("utf-8"))
    (about,) = report["files"].values()
    return [(one["status"], diff_of(about["source"], one)) for one in about["mutants"]]


def diff_of(source: str, mutant: dict) -> str:
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    begin, end = (
        starts[at["line"] - 1] + at["column"] - 1 for at in (mutant["location"][key] for key in ("start", "end"))
    )
    changed = source[:begin] + mutant["replacement"] + source[end:]
    return "\n".join(difflib.unified_diff(source.splitlines(), changed.splitlines(), lineterm="", n=2))


def change(diff: str) -> tuple[str, str]:
    """What a diff takes away and what it puts there, without their place."""
    lines = [line for line in diff.splitlines() if re.match(r"[-+](?![-+]{2})", line)]
    return tuple(" ".join(" ".join(line[1:] for line in lines if line[0] == sign).split()) for sign in "-+")


def is_text(before: str, after: str) -> bool:
    """Do they differ only in strings with a blank in them? One with a placeholder is no mere text."""

    def blank(found: re.Match) -> str:
        return '""' if not found[2] or (" " in found[2] and "{" not in found[2]) else found[0]

    return STRING.sub(blank, before) == STRING.sub(blank, after)


def is_guard(before: str, after: str) -> bool:
    """Do they differ only in whether a `zip` is strict? That guards against a mistake of ours alone."""
    strict = [found.span() for found in re.finditer("strict=True", before) if "zip(" in before[: found.start()]]
    others = ("strict=False", "strict=None", "")
    return any(before[:start] + other + before[end:] == after for start, end in strict for other in others)


def main(arguments: list[str]) -> int:
    parser = ArgumentParser("make mutate", description="Shows small changes of a file that no test saw.")
    parser.add_argument("file", help="a file of the repository, in Python or JavaScript")
    parser.add_argument("tests", nargs="*", help="with these tests; otherwise the nearest")
    parser.add_argument("--some", type=int, default=0, help="so many changes only, drawn by chance (JavaScript: lines)")
    given = parser.parse_args(arguments)
    file, tests = (Path(given.file).as_posix(), [Path(one).as_posix() for one in given.tests])
    if missing := [one for one in (file, *tests) if not (ROOT / one.split(":")[0]).is_file()]:
        parser.error(f"no such file: {', '.join(missing)}; give its path from the root of the repository")
    tests = tests or nearest(file)
    print(f"seqmem: {file} with {', '.join(tests)}", flush=True)
    tried = (mutate_python if file.endswith(".py") else mutate_javascript)(file, tests, given.some)
    if not tried:
        sys.exit(f"seqmem: {file} has nothing to change")
    known = tomllib.loads(Path(__file__).with_name("explained.toml").read_text("utf-8")).get(file, {})
    known = {one for changes in known.values() for one in changes}
    left = [diff for said, diff in tried if said not in KILLED]
    left = [diff for diff in left if not is_text(*change(diff)) and not is_guard(*change(diff))]
    silent = sum(said not in KILLED for said, _ in tried) - len(left)
    unexplained = [diff for diff in left if " → ".join(change(diff)) not in known]
    print(*unexplained, sep="\n\n")
    count, explained = len(tried) - silent, len(left) - len(unexplained)
    score = 1 - len(unexplained) / max(count, 1)
    late = sum(said.lower() == "timeout" for said, _ in tried)
    killed = f"{count - len(left)} killed" + f" ({late} by running on and on)" * bool(late)
    said = f"{count} changes, {killed}, {explained} explained, {len(unexplained)} left"
    print(f"\nseqmem: {file}: {said}: {score:.1%}")
    return 0 if score >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
