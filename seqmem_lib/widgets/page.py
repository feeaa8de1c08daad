"""How a widget reaches a page: one ES module, and the data that it draws.

The static face is a piece of HTML that carries everything it needs: it is alive with or without a kernel, in a saved
notebook, in an exported page and without a network. Where no script runs, a picture with alt text stands in its place.
"""

import base64
import hashlib
import io
import json
import warnings
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..language import catalogue, tag, tr
from ..plots.letters import use_fonts
from .modules import joined, sentences, style_sheet

MOST_BYTES = 5_000_000


def say_size(widget: str, size: int, instead: str) -> None:
    """Warns before the time is spent if a widget will be large: a notebook holds it as text.

    size : of its numbers as text, in bytes; instead : what to pass
    """
    if size > MOST_BYTES:
        said = f"this {widget} makes the notebook {size / 1e6:,.0f} MB larger and will be slow to show"
        warnings.warn(f"{said}: {instead}", stacklevel=3)


def static_face(script: Path, data: dict, picture: Figure, alt: str, text: str) -> dict[str, str]:
    """The outputs of a widget, by MIME type: text, a picture, and HTML that is the picture until its script runs.

    script : what exports `mount(root, data)`, which draws the data inside an element of the page
    picture : as wide in inches as it is to be in hundreds of CSS pixels

    Script, style and data lie in attributes: who strips the tags keeps the words of the picture. Text reaches the page
    as text nodes and attributes only.
    """
    sent = json.dumps(spoken(data, script))
    key = hashlib.sha256(sent.encode()).hexdigest()[:16]  # the same widget is the same text every time
    module = f'{joined(script)}\nmountAll("{key}", mount);'
    parts = {"style": style_sheet(script), "module": module, "sent": sent}
    carried = "".join(f" data-{name}='{quoted(part)}'" for name, part in parts.items())
    use_fonts(picture)
    png, words = base64.b64encode(_png(picture)).decode(), escape(" ".join(alt.split()))
    image = f'<img src="data:image/png;base64,{png}" width="{round(100 * picture.get_figwidth())}" alt="{words}"{LOOK}>'
    summary = tr("The picture in words")
    below = f"<div>{caption()}<details><summary>{summary}</summary>{words}</details></div>"
    lang = f' lang="{tag()}"' if tag() else ""
    html = f'<div class="seqmem"{lang} data-seqmem="{key}"{carried}>{image}{below}</div>'
    return {"text/plain": text, "text/html": f"{html}<script>{START % key}</script>", "image/png": png}


def spoken(data: dict, script: Path) -> dict:
    """The data of a widget, and with it the sentences of its script in the language in use. English goes without."""
    said = {one: catalogue()[one] for one in sentences(script) if one in catalogue()}
    return data | {"lang": tag(), "sentences": said} if tag() else data


def caption() -> str:
    return tr(
        "This is a still picture. Run this cell, or trust the notebook "
        "(in JupyterLab: View, Activate Command Palette, Trust Notebook), and it moves."
    )


LOOK = ' style="max-width:100%;background:white"'  # where our style sheet does not reach
# No module, so that it runs at once: the caption is gone before the picture is seen. The style stands beside the
# widget, and goes with it. A script that a script inserts runs wherever the first one may, and eval may not.
START = """for (const root of document.querySelectorAll('[data-seqmem="%s"]')) {
if (root.started) continue;
root.started = root.lastChild.hidden = true;
const add = (tag, fields) => root.parentNode.insertBefore(Object.assign(document.createElement(tag), fields), root);
add("style", { textContent: root.dataset.style });
add("script", { type: "module", textContent: root.dataset.module }).remove();
}"""
DENSITIES = 2, 1.5, 1  # pixels of the picture to a CSS pixel: as many as make a file that is small enough
MOST_PNG = 60_000  # bytes


def quoted(text: str) -> str:
    """For an attribute in single quotes. Those who look for the end of a tag must find it too, and a page that does not
    say how its characters are encoded shows the right ones.
    """
    text = text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _png(figure: Figure) -> bytes:
    for density in DENSITIES:
        figure.set_dpi(100 * density)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        # Few colours are in it: a palette makes the file three times smaller.
        image = (
            Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE)
        )
        file = io.BytesIO()
        image.save(file, format="png", optimize=True, dpi=(96 * density, 96 * density))
        if file.tell() <= MOST_PNG:
            break
    return file.getvalue()
