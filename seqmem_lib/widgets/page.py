"""How a widget reaches a page: one ES module, and the data that it draws.

The static face is a piece of HTML that carries everything it needs: it is alive with or without a kernel, in a saved
notebook, in an exported page and without a network. Where no script runs, a picture with alt text stands in its place.
"""

import base64
import hashlib
import io
import json
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .modules import joined, style_sheet


def static_face(script: Path, data: dict, picture: Figure, alt: str, text: str) -> dict[str, str]:
    """The outputs of a widget, by MIME type: text, a picture, and HTML that is the picture until its script runs.

    script : what exports `mount(root, data)`, which draws the data inside an element of the page
    """
    png = base64.b64encode(_png(picture)).decode()
    # "<" is escaped inside the script: no text can end it. Text reaches the page as text nodes only.
    sent = json.dumps(data).replace("<", "\\u003c")
    key = hashlib.sha256(sent.encode()).hexdigest()[:16]  # the same widget is the same text every time
    html = (
        f'<div class="seqmem" data-seqmem="{key}"><img src="data:image/png;base64,{png}" alt="{escape(alt)}"></div>'
        f"<style>{style_sheet(script)}</style>"
        f'<script type="module">{joined(script)}\nmountAll("{key}", {sent}, mount);</script>'
    )
    return {"text/plain": text, "text/html": html, "image/png": png}


def _png(figure: Figure) -> bytes:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # Few colours are in it: a palette makes the file three times smaller.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(64)
    file = io.BytesIO()
    image.save(file, format="png", optimize=True)
    return file.getvalue()
