"""A widget's JavaScript: files that import each other, joined into one module for a page that loads no files."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).with_name("page.js")  # what mounts a widget; it comes first

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";$', re.MULTILINE)
DECLARATION = re.compile(r"^(export )?(?:async )?(?:function\*?|class|const|let|var) ([\w$]+)", re.MULTILINE)
SENTENCE = re.compile(r'\btr\(\s*"((?:[^"\\]|\\.)*)"')
STATEMENT = re.compile(r"^(?:import|export|async|function|class|const|let|var)\b.*", re.MULTILINE)


def joined(script: Path) -> str:
    """A script and all that it imports as the text of one module: page.js, then each file once, after what it imports.

    No `import` is left, and no `export` but the script's own `default`. Indentation, and comments on lines of their
    own, are for the people who read the files. They do not travel.

    Raises ValueError if the files do not make one module, in which all their names stand beside each other, and
    FileNotFoundError if one of them is missing.
    """
    exported, home, texts = {}, {}, []
    for path, text in _files(script).items():
        for names, other in _imports(path, text):
            for name in names:
                if name not in exported[other]:
                    raise ValueError(f"{path.name} imports {name}, which {other.name} does not export")
        text = IMPORT.sub("", text)
        for line in STATEMENT.findall(text):
            if not DECLARATION.match(line) and not (line.startswith("export default ") and path == script.resolve()):
                raise ValueError(
                    f"{path.name} has a line that cannot be joined, {line!r}: write `import {{ name }} from "
                    '"./file.js";`, and `export` before a function, a class or a constant'
                )
        declared = DECLARATION.findall(text)
        for _, name in declared:
            if (other := home.setdefault(name, path)) != path:
                raise ValueError(f"{other.name} and {path.name} both declare {name}: rename one of them")
        exported[path] = {name for export, name in declared if export}
        texts.append(DECLARATION.sub(lambda found: found[0].removeprefix("export "), text))
    return _stripped(texts)


def style_sheet(script: Path) -> str:
    """The style sheets beside these files: each has the name of its script, and they follow each other as these do."""
    sheets = [path.with_suffix(".css") for path in _files(script)]
    return _stripped(sheet.read_text("utf-8") for sheet in sheets if sheet.exists())


def sentences(script: Path) -> list[str]:
    """What a script and all that it imports say to readers: each `tr("...")` of theirs, once, in its order."""
    said = [json.loads(f'"{one}"') for text in _files(script).values() for one in SENTENCE.findall(text)]
    return list(dict.fromkeys(said))


def _files(script: Path) -> dict[Path, str]:
    """Path -> text of page.js, the script and all that they import, in the order in which a browser would run them."""
    found = {}

    def visit(path: Path, importers: list[Path]) -> None:
        if path in importers:
            names = [one.name for one in (*importers[importers.index(path) :], path)]
            raise ValueError(f"scripts import each other in a circle: {' -> '.join(names)}")
        if path in found:
            return
        if not path.exists():
            raise FileNotFoundError(f"{importers[-1].name if importers else 'a widget'} needs {path}: it is not there")
        text = path.read_text("utf-8")
        for _, other in _imports(path, text):
            visit(other, [*importers, path])
        found[path] = text

    for first in (PAGE, script):
        visit(first.resolve(), [])
    return found


def _imports(path: Path, text: str) -> list[tuple[list[str], Path]]:
    """The names that a script imports, and from where."""
    found = [(names.replace(",", "\n").splitlines(), path.parent / other) for names, other in IMPORT.findall(text)]
    return [([name.strip() for name in names if name.strip()], other.resolve()) for names, other in found]


def _stripped(texts: Iterable[str]) -> str:
    lines = (line.strip() for text in texts for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
