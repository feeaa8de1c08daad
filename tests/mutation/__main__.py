"""What `make mutate` does."""

import re
import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path

from .javascript import mutate_javascript
from .nearest import ROOT, nearest
from .python import mutate_python
from .tree import KILLED

STRING = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1""")


def change(diff: str) -> tuple[str, str]:
    """What a diff takes away and what it puts there, without their place."""
    lines = [line for line in diff.splitlines() if re.match(r"[-+](?![-+]{2})", line)]
    return tuple(" ".join(" ".join(line[1:] for line in lines if line[0] == sign).split()) for sign in "-+")


def is_text(before: str, after: str) -> bool:
    """Do they differ only in strings with a blank, or in UTF-8's capitals? With a placeholder one is no text."""

    def blank(found: re.Match) -> str:
        return '""' if not found[2] or (" " in found[2] and "{" not in found[2]) else found[0]

    return STRING.sub(blank, before) == STRING.sub(blank, after.replace('"UTF-8"', '"utf-8"'))


def is_guard(before: str, after: str) -> bool:
    """Do they differ only in whether a `zip` is strict? That guards against a mistake of ours alone."""
    strict = [found.span() for found in re.finditer("strict=True", before) if "zip(" in before[: found.start()]]
    others = ("strict=False", "strict=None", "")
    return any(before[:start] + other + before[end:] == after for start, end in strict for other in others)


def main(arguments: list[str]) -> int:
    parser = ArgumentParser("make mutate", description="Shows small changes of a file that no test saw.")
    parser.add_argument("file", help="a file of the repository, in Python or JavaScript")
    parser.add_argument("tests", nargs="*", help="with these tests; otherwise the nearest")
    parser.add_argument("--some", type=int, default=0, help="so many changes only, drawn by chance")
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
