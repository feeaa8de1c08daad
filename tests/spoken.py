"""What the library says to readers: the sentences that it looks up in the catalogue of a language."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import seqmem_lib
from seqmem_lib.plots.style import NAMES
from seqmem_lib.widgets.modules import SENTENCE

# What is not translated: networks, functions, Python, PyTorch, one way to draw biases, what W_h makes of h in a GRU, a
# way to count words, names and values in code, and code that can be told by its signs: c_n, layers=2, h[:, -1], <unk>.
ENGLISH = {"RNN", "LSTM", "GRU", "IRNN", "ReLU", "Python", "PyTorch", "tanh", "chrono", "CPU", "Wh"}
ENGLISH |= {"tf", "idf", "output", "data", "lengths", "equal", "different"}
CODE = re.compile(r"\w+=\w+|[A-Za-z]*_\w*|\w+\[[^\]]*\]|<\w+>")
OF_CHECKS = re.compile(r"checks|judge")
PACKAGE = Path(seqmem_lib.__file__).parent
# What the library hands over by itself, where a notebook may say something else.
DEFAULTS = {
    "trained for": "widgets/scrubber.py",
    "negative": "widgets/typed_text.py",
    "positive": "widgets/typed_text.py",
}
DEFAULTS |= dict.fromkeys(NAMES.values(), "plots/style.py")


def sentences() -> dict[str, set[str]]:
    """Each sentence of widgets and figures, and the files that say it: `tr("...")` in Python and JavaScript. What the
    checks say, tests/course looks after."""
    found = defaultdict(set, {name: {file} for name, file in DEFAULTS.items()})
    for path in (path for path in PACKAGE.rglob("*.py") if not OF_CHECKS.search(path.name)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "tr_drawn")
            if called and isinstance(node.args[0], ast.Constant):
                found[node.args[0].value].add(path.relative_to(PACKAGE).as_posix())
    for path in PACKAGE.rglob("*.js"):
        for one in SENTENCE.findall(path.read_text("utf-8")):
            found[one].add(path.relative_to(PACKAGE).as_posix())
    return found


def names(sentence: str) -> list[str]:
    """The names in braces."""
    return sorted(re.findall(r"\{(\w+)\}", sentence))


def left_in(text):
    """The English words of a text, but for those that stay."""
    return sorted(set(re.findall(r"[A-Za-z]{2,}", CODE.sub(" ", text))) - ENGLISH)
