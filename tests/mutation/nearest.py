"""Which tests are nearest to a file: those that import it, use its names or write its path; else those of what does."""

import ast
import re
from functools import cache
from pathlib import Path

import seqmem_lib
from tests.test_house import imports, uses

ROOT = Path(__file__).parents[2]
FOLDERS = ("seqmem_lib", "figures", "publish", "tests")
TEST = re.compile(r"test_|.*\.test\.mjs")
SLOW = tuple(f"tests/browser/test_{name}.py" for name in ("lab", "other_engines", "site_pages", "widths"))
OTHERS = ("tests/browser/", "tests/test_house.py", "tests/test_readme.py", "tests/test_mutation.py")
FILES = {"make.py"} | {
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".js", ".mjs")
}


def nearest(file: str) -> list[str]:
    kinds = [is_quick, *([opens_pages] if file.endswith(".js") else [])]
    return sorted({test for kind in kinds for test in first_found(file, kind)})


def first_found(file: str, kind) -> list[str]:
    """The tests of this kind that mention the file, or else what mentions it, or else what mentions that ..."""
    near = {file}
    while not (tests := [name for name in near if kind(name)]):
        further = near | {name for name in FILES if mentioned(name) & near}
        if further == near:
            break
        near = further
    return tests


def is_quick(file: str) -> bool:
    return file.startswith("tests/") and not file.startswith(OTHERS) and bool(TEST.match(Path(file).name))


def opens_pages(file: str) -> bool:
    return file.startswith("tests/browser/") and not file.startswith(SLOW) and bool(TEST.match(Path(file).name))


@cache
def mentioned(file: str) -> set[str]:
    """The files of the repository that a file imports, or whose names it uses or writes."""
    path = ROOT / file
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        found = {(path.parent / other).resolve() for other in re.findall(r'\bfrom "([^"]+)"', text)}
        return {one.relative_to(ROOT).as_posix() for one in found if one.is_relative_to(ROOT)} & FILES
    modules = {f"seqmem_lib.{seqmem_lib._MODULE_OF.get(name, 'tasks')}" for name in uses(text, path)}
    for base, name in imports(text, path):
        modules |= {base, f"{base}.{name}"}
    strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    strings = {one for one in strings if isinstance(one, str) and "." in one[:100]}  # "make.py", "publish.student"
    paths = {one.replace(".", "/") + end for one in modules | strings for end in (".py", "/__init__.py")}
    beside = {(Path(file).parent / one).as_posix() for one in strings}
    beside |= {file.removesuffix("py") + "js"} if "__file__" in text else set()
    return (paths | {f"tests/{one}" for one in paths} | strings | beside) & FILES - {file}
