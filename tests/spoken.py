"""What the library says to readers: the sentences that it looks up in the catalogue of a language."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import seqmem_lib
from seqmem_lib.plots.style import NAMES
from seqmem_lib.widgets.modules import SENTENCE

PACKAGE = Path(seqmem_lib.__file__).parent
# What the library hands over by itself, where a notebook may say something else.
DEFAULTS = {
    "trained for": "widgets/scrubber.py",
    "negative": "widgets/typed_text.py",
    "positive": "widgets/typed_text.py",
}
DEFAULTS |= dict.fromkeys(NAMES.values(), "plots/style.py")


def sentences() -> dict[str, set[str]]:
    """Each sentence that has to be in a catalogue, and the files that say it: `tr("...")` in Python and JavaScript."""
    found = defaultdict(set, {name: {file} for name, file in DEFAULTS.items()})
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "tr_drawn"):
                if isinstance(node.args[0], ast.Constant):
                    found[node.args[0].value].add(path.relative_to(PACKAGE).as_posix())
    for path in sorted(PACKAGE.rglob("*.js")):
        for one in SENTENCE.findall(path.read_text("utf-8")):
            found[one].add(path.relative_to(PACKAGE).as_posix())
    return found


def names(sentence: str) -> list[str]:
    """The names in braces."""
    return sorted(re.findall(r"\{(\w+)\}", sentence))
