"""Scripts that import each other become one module. That it does the same in a page, tests/browser/ looks at."""

import os
import re
from pathlib import Path

import pytest

import seqmem_lib
from seqmem_lib.widgets.modules import PAGE, _files, joined, style_sheet

SCRIPTS = sorted(Path(seqmem_lib.__file__).parent.rglob("*.js"))
WIDGETS = [path for path in SCRIPTS if path.with_suffix(".py").exists() and path != PAGE]


@pytest.fixture
def write(tmp_path):
    """Writes files, name -> text, and returns the path of the first."""

    def files(texts: dict[str, str]) -> Path:
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / next(iter(texts))

    return files


def own(script):
    """The lines of a joined module, without those of page.js, which stand first."""
    page, text = joined(PAGE), joined(script)
    assert text.startswith(page)
    return text.removeprefix(page).split()


def test_each_file_once_and_after_what_it_imports(write):
    script = write(
        {
            "entry.js": 'import { b } from "./b.js";\nimport { c } from "./folder/c.js";\nentry;\n',
            "b.js": 'import {\n  a,\n  a2,\n} from "./a.js";\nexport const b=a;\n',
            "folder/c.js": 'import { a2 } from "../a.js";\nimport { b } from "../b.js";\nexport const c=a2+b;\n',
            "a.js": "export const a=1;\nexport const a2=2;\n",
        }
    )
    assert " ".join(own(script)) == "const a=1; const a2=2; const b=a; const c=a2+b; entry;"


def test_page_js_is_there_once_even_if_it_is_imported(write, tmp_path):
    page = Path(os.path.relpath(PAGE, tmp_path.resolve())).as_posix()
    script = write({"entry.js": f'import {{ element }} from "{page}";\nmount;\n'})
    assert own(script) == ["mount;"]
    assert joined(script).count("function element(") == 1


def test_what_is_for_readers_does_not_travel_and_default_is_exported(write):
    code = "// why\nexport function f() {\n  // because\n\n  return 1;\n}\n\nexport default {\n  f,\n};\n"
    assert joined(write({"live.js": code})).endswith("\nfunction f() {\nreturn 1;\n}\nexport default {\nf,\n};")


def test_style_sheets_follow_their_scripts(write):
    script = write(
        {
            "entry.js": 'import { a } from "./a.js";\nimport { b } from "./b.js";\n',
            "b.js": "export const b=1;\n",
            "a.js": 'import { b } from "./b.js";\nexport const a=b;\n',
            "entry.css": "e {\n  x: 1;\n}\n",
            "b.css": "b {}\n",
            "other.css": "o {}\n",
        }
    )
    page = style_sheet(PAGE)
    assert page
    assert style_sheet(script) == f"{page}\nb {{}}\ne {{\nx: 1;\n}}"


def test_a_circle_is_refused(write):
    script = write(
        {
            "entry.js": 'import { a } from "./a.js";\n',
            "a.js": 'import { b } from "./b.js";\nexport const a=1;\n',
            "b.js": 'import { a } from "./a.js";\nexport const b=1;\n',
        }
    )
    with pytest.raises(ValueError, match=r"import each other in a circle: a\.js -> b\.js -> a\.js$"):
        joined(script)
    with pytest.raises(ValueError, match=r"in a circle: me\.js -> me\.js$"):
        joined(write({"me.js": 'import { me } from "./me.js";\nexport const me=1;\n'}))


def test_a_missing_file_is_named(write):
    with pytest.raises(FileNotFoundError, match=r"^entry\.js needs .*gone\.js: it is not there$"):
        joined(write({"entry.js": 'import { a } from "./gone.js";\n'}))
    with pytest.raises(FileNotFoundError, match=r"^a widget needs .*nowhere\.js: it is not there$"):
        joined(PAGE.with_name("nowhere.js"))


@pytest.mark.parametrize("there", ["", "const a=1;\n", "export const ab=1;\n", "// export const a=1;\n"])
def test_a_name_that_is_not_exported(write, there):
    script = write({"entry.js": 'import { b, a } from "./a.js";\n', "a.js": f"export const b=1;\n{there}"})
    with pytest.raises(ValueError, match=r"^entry\.js imports a, which a\.js does not export$"):
        joined(script)


DECLARATIONS = ["const x=1;", "let x=2;", "function x() {}", "function* x() {}", "async function x() {}", "class x {}"]


@pytest.mark.parametrize("first", ["export const x=0;", "const x=0;"])
@pytest.mark.parametrize("second", DECLARATIONS + [f"export {text}" for text in DECLARATIONS])
def test_two_files_cannot_declare_the_same_name(write, first, second):
    """Not even if neither imports it from the other: in one module the names stand beside each other."""
    texts = {"entry.js": 'import { a } from "./a.js";\nimport { b } from "./b.js";\n'}
    texts |= {"a.js": f"export const a=1;\n{first}\n", "b.js": f"export const b=1;\n{second}\n"}
    with pytest.raises(ValueError, match=r"^a\.js and b\.js both declare x: rename one of them$"):
        joined(write(texts))
    texts["b.js"] = "export function b() {\n  const x = 1;\n}\n"  # inside a function it is another x
    assert own(write(texts))


def test_a_name_of_page_js_is_taken_too(write):
    with pytest.raises(ValueError, match=r"^page\.js and entry\.js both declare shape: "):
        joined(write({"entry.js": "const shape=1;\n"}))


@pytest.mark.parametrize(
    "line",
    [
        'import "./a.js";',
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import { a } from "a";',
        "import { a } from './a.js';",
        'export { a } from "./a.js";',
        'export * from "./a.js";',
        "export { a };",
        "const { a } = b;",
        "export default 1;",
    ],
)
def test_what_cannot_be_joined_is_refused(write, line):
    texts = {"entry.js": 'import { b } from "./b.js";\n', "b.js": f"export const b=1;\n{line}\n", "a.js": ""}
    with pytest.raises(ValueError, match=rf"^b\.js has a line that cannot be joined, .*{re.escape(line[-8:-1])}"):
        joined(write(texts))


def test_a_renamed_import_is_refused(write):
    with pytest.raises(ValueError, match=r"^entry\.js imports a as b, which a\.js does not export"):
        joined(write({"entry.js": 'import { a as b } from "./a.js";\n', "a.js": "export const a=1;\n"}))


@pytest.mark.parametrize("script", WIDGETS, ids=lambda path: path.stem)
def test_widgets(script):
    text = joined(script)
    assert not re.search(r"^(import|export (?!default \{))", text, re.MULTILINE)
    live = script.stem == "live_scrubber"
    assert ("export default {" in text) == live
    assert len(re.findall(r"^function mount\(", text, re.MULTILINE)) == (not live)


def test_every_script_is_part_of_a_widget_and_holds_one_idea():
    assert len(WIDGETS) >= 4
    assert {path for script in WIDGETS for path in _files(script)} == set(SCRIPTS)
    for path in SCRIPTS:
        assert path.read_text("utf-8").count("\n") <= 250, path
