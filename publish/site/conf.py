"""How Sphinx makes the site."""

import json
import os
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from docutils import nodes

from publish.render import display, in_line
from publish.site.search import Chinese, words
from publish.site.sources import documents
from publish.words import word

HERE = Path(__file__).parent
REPOSITORY, COMMIT = (os.environ.get(f"GITHUB_{name}") for name in ("REPOSITORY", "SHA"))
LANGUAGE = "zh" if "tags" in globals() and tags.has("zh") else "en"  # noqa: F821  (Sphinx has put it there)
project, author, language = "seqmem", "The seqmem authors", {"en": "en", "zh": "zh_CN"}[LANGUAGE]
copyright = word("The seqmem authors. Code: BSD 3-Clause; text and figures: CC BY 4.0", LANGUAGE)
extensions = ["myst_nb", "sphinx.ext.autodoc"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_url_schemes = {"http": None, "https": None, "en": {"url": "../{{path}}", "classes": ["english"]}}
myst_heading_anchors = 3
default_role = "code"
autodoc_typehints, autodoc_member_order = "none", "bysource"
html_theme, html_title, html_favicon = "sphinx_book_theme", "seqmem", "static/favicon.svg"
html_use_index = LANGUAGE == "en"  # of the names in the reference
html_math_renderer = "mathml"
html_static_path, templates_path = ["static"], ["templates"]
html_css_files, html_js_files = ["site.css"], ["stops.js", "claims.js", "languages.js"]
html_show_search_summary = False  # it would have to be fetched, which no browser does for a page opened from a folder
html_search_scorer = str(HERE / "scorer.js")
html_context = {"default_mode": "auto", "repository": REPOSITORY, "commit": COMMIT, "in_both": documents("zh")}
html_theme_options = {"search_bar_text": word("Search", LANGUAGE), "navbar_persistent": []}
html_theme_options["article_header_end"] = ["languages.html", "article-header-buttons.html"]
html_sidebars = {"**": ["navbar-logo.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
if REPOSITORY and COMMIT:  # elsewhere the site does not know where Binder and Colab would find the notebooks
    html_context["home"] = "https://{}.github.io/{}/".format(*REPOSITORY.split("/"))
    html_theme_options |= {
        "repository_url": f"https://github.com/{REPOSITORY}",
        "repository_branch": COMMIT,
        "path_to_docs": "notebooks",
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }

LATER = {
    "en": re.compile(r"\bdepth\b|^\d+\. Exercise|^(What we measured|Quiz|Words and|Notation and|Whose|References)"),
    "zh": re.compile(r"，深入）|^\d+\. 练习|^(我们测到了什么|小测验|术语与记号|参考文献)"),
}[LANGUAGE]
WORDS = {"en": re.compile(r"\w+").findall, "zh": words}[LANGUAGE]


def wrap(parent, summary, first, last=None):
    """Fold these children of a node."""
    parent.insert(parent.index(last or first) + 1, nodes.raw("", "</details>", format="html"))
    before = f'<details class="fold"><summary>{word(summary, LANGUAGE)}</summary>'
    parent.insert(parent.index(first), nodes.raw("", before, format="html"))


def fold(app, doctree):
    """What Jupyter folds, solutions, and sections for later. Equations between tags, where MyST does not look."""
    for text in [node for node in doctree.findall(nodes.raw) if node.astext().startswith("<details>")]:
        html = re.sub(r"\$(.+?)\$", lambda found: in_line(found[1]), text.astext())
        text.replace_self(nodes.raw("", html, format="html"))
    for cell in [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]:
        hidden = cell["cell_metadata"].get("jupyter", {})
        if "solution" in cell["cell_metadata"].get("tags", []):
            wrap(cell, "Solution", cell[0], cell[-1])
            continue
        for part in list(cell):
            if part["nb_element"] == "cell_code_source" and hidden.get("source_hidden"):
                wrap(cell, "Code", part)
            if part["nb_element"] == "cell_code_output" and hidden.get("outputs_hidden"):
                wrap(cell, "Show what happened", part)
    for section in list(doctree.findall(nodes.section)):
        if LATER.search(section[0].astext()) and len(section) > 1:
            wrap(section, "Show this section", section[1], section[-1])


def name_sections(app, doctree):
    """In another language, sections have their English names: a link to one holds in both."""
    if LANGUAGE == "en":
        return
    english = json.loads((app.srcdir / "sections.json").read_text("utf-8"))[app.env.docname]
    slugs = app.env.metadata[app.env.docname].get("myst_slugs", {})
    for section, ids in zip(list(doctree.findall(nodes.section)), english, strict=True):
        for slug, (line, own, text) in slugs.items():
            if own in section["ids"]:
                slugs[slug] = (line, ids[0], text)
        section["ids"] = ids


def count(app, env):
    """How often each word, and each pair of neighbours, stands in each notebook: the search puts the most first."""
    counts = {}
    for name in [name for name in env.found_docs if re.match(r"\d\d_", name)]:
        prose = env.get_doctree(name).findall(lambda node: isinstance(node, nodes.paragraph | nodes.title))
        said = WORDS(" ".join(node.astext() for node in prose).lower())
        found = Counter([*said, *map(" ".join, pairwise(said))])
        counts[name] = {one: times for one, times in found.items() if times > 2}
    (app.outdir / "_static").mkdir(exist_ok=True)
    script = f"var COUNTS = {json.dumps(counts, ensure_ascii=False)};"
    (app.outdir / "_static" / "counts.js").write_text(script, "utf-8", newline="\n")


def math(write):
    def visit(self, node):
        self.body.append(write(node.astext()))
        raise nodes.SkipNode

    return visit, None


def document(app, what, name, thing, options, lines):
    """Our docstrings as reStructuredText: "name : text" is a definition, and only what is in backticks is code."""
    text = "\n".join(lines)
    parts = re.split(r"(^>>> .*?(?:\n\n|\Z))", text, flags=re.MULTILINE | re.DOTALL)
    for k in range(0, len(parts), 2):
        part = re.sub(r"`[^`]*`|([*|\\_])", lambda one: f"\\{one[1]}" if one[1] else one[0], parts[k])
        part = re.sub(r"^(\S[^\n]*?) : ((?:.|\n(?=    ))*)", _define, part, flags=re.MULTILINE)
        parts[k] = re.sub(r"\n(?=Raises |Returns )", "\n\n", part)
    lines[:] = "\n".join(parts).split("\n")


def _define(found):
    return "\n{}\n    {}\n".format(found[1], re.sub(r"\n +", "\n    ", found[2]))


def speak(app, pagename, templatename, context, doctree):
    context["word"] = lambda english: word(english, LANGUAGE)


PLAIN = """((catalog) => {
  Object.assign(Documentation.TRANSLATIONS, catalog.messages);
  Object.assign(Documentation, { LOCALE: catalog.locale, PLURAL_EXPR: () => 0 });  // Chinese counts in one form
})("""


def without_eval(app, error):
    """Sphinx makes a function of a text, to count in a language, which the pages' policy forbids."""
    script = app.outdir / "_static" / "translations.js"
    if script.exists():
        script.write_text(
            script.read_text("utf-8").replace("Documentation.addTranslations(", PLAIN), "utf-8", newline="\n"
        )


def setup(app):
    app.connect("build-finished", without_eval)
    app.connect("html-page-context", speak)
    app.add_search_language(Chinese)
    app.connect("doctree-read", name_sections, priority=100)  # before the tables of contents are made
    app.connect("doctree-read", fold)
    app.connect("env-updated", count)
    app.connect("autodoc-process-docstring", document)
    app.add_html_math_renderer("mathml", math(in_line), math(display))
