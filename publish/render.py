"""How text, code and outputs become HTML on a slide, and equations on the site too; how a folder is written."""

import html
import re
import shutil
from pathlib import Path

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

TEMPLATES = Path(__file__).parent / "templates"
STYLES = {"light": "default", "dark": "github-dark"}  # of the code


class Renderer(IPythonRenderer):
    """Markdown as in Jupyter, with MathML for the equations, and links that lead from deck to deck."""

    def __init__(self):
        super().__init__(escape=False, exclude_anchor_links=True)

    def heading(self, text, level, **attributes):
        name = re.sub(r"[^\w]+", "-", plain(text).lower()).strip("-")
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def inline_math(self, body):
        return in_line(body)

    def block_math(self, body):
        return display(body)

    def block_html(self, html):
        """An answer on one line with its tags, in which Jupyter sets the equations but reads no Markdown."""
        return re.sub(r"\$(.+?)\$", lambda math: in_line(math[1]), html)

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"\.ipynb(#|$)", r".html\1", url), title)


def display(formula: str) -> str:
    """An equation with lines of its own."""
    formula = formula.replace("{aligned}", "{align*}")  # which latex2mathml knows
    return f'<div class="equation" tabindex="0">{convert(formula, display="block")}</div>'


def in_line(formula: str) -> str:
    """A formula within a text, cut after each relation, as TeX would break it: a browser breaks a line only between
    formulas, and a page of a telephone is narrower than many.
    """
    parts, depth = [""], 0
    for token in re.findall(r"\\[a-zA-Z]+|\\.|.", formula, re.DOTALL):
        parts[-1] += token
        depth += (token in ("{", r"\left")) - (token in ("}", r"\right"))
        if depth == 0 and token in ("=", r"\approx") and parts[-1].strip() != token:
            parts.append("")
    return "".join(convert(part) for part in parts if part.strip())


def source_as_html(source: str) -> str:
    colored = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<pre class="source" tabindex="0" aria-label="code"><code>{colored}</code></pre>'


def is_folded(cell) -> bool:
    """Whether its outputs wait until they are asked for: by JupyterLab's own mark."""
    return cell.metadata.get("jupyter", {}).get("outputs_hidden", False)


def output_as_html(output) -> str:
    if output.output_type == "stream":
        return f'<pre class="output" tabindex="0" aria-label="output">{html.escape(output.text)}</pre>'
    data = output.data
    if "text/html" in data:
        return f'<div class="output shown">{data["text/html"]}</div>'
    if "text/plain" not in data:
        raise ValueError(f"an output has neither HTML nor text: {', '.join(data)}")
    return f'<pre class="output" tabindex="0" aria-label="output">{html.escape(data["text/plain"])}</pre>'


def plain(text: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))).strip()


def style() -> str:
    """Of every page, and of the code in it, light and dark."""
    colors = [
        f':root[data-theme="{theme}"] {{ {HtmlFormatter(style=name).get_style_defs(".source")} }}'
        for theme, name in STYLES.items()
    ]
    return "\n".join([(TEMPLATES / "deck" / "page.css").read_text("utf-8"), *colors])


def write_folder(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write files, name -> text, to a folder, in the place of what was there, and return their paths."""
    new = folder.with_name(folder.name + ".part")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name, text in files.items():
        (new / name).write_text(text, "utf-8", newline="\n")
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return [folder / name for name in files]
