"""Changes of Python, by mutmut."""

import ast
import json
import os
import subprocess
import sys

from .tree import BUILD, CORES, KILLED, PLUGINS, ROOT, TOOLS, copy_tree, drawn_from


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
