"""Pictures in notebooks are what is drawn today, point by point: those that need the first cell only, and their own."""

import ast
import io
import re
from base64 import b64decode
from pathlib import Path
from unittest import mock

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.testing.compare import calculate_rms
from PIL import Image

from seqmem_lib.plots import alt_text

ROOT = Path(__file__).parents[2]
(DRAWN_BY,) = re.findall(r"^matplotlib==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
ALT = re.compile(r'<img[^>]* alt="([^"]*)"')  # what a screen reader says


def assert_as_stored(notebook: str, cell: str) -> None:
    if matplotlib.__version__ != DRAWN_BY:
        pytest.skip(f"the pictures were drawn by Matplotlib {DRAWN_BY}: `make test` installs it")
    (path,) = (ROOT / "notebooks").glob(f"{notebook}_*.ipynb")
    cells = [one for one in nbformat.read(path, as_version=4).cells if one.cell_type == "code"]
    (own,) = (one for one in cells if one.id == cell)
    stored = [output.data for output in own.outputs if "image/png" in output.get("data", {})]
    drawn = [bundle for bundle in shown_by(cells[0].source, own.source) if "image/png" in bundle]
    assert 0 < len(stored) == len(drawn)
    for now, then in zip(drawn, stored, strict=True):
        other = f"cell {cell} is stored with another %s: `make notebooks ARGS=notebooks/{path.name}` stores today's"
        assert ALT.findall(now["text/html"]) == ALT.findall(then["text/html"]), other % "text for screen readers"
        now, then = points(now), points(then)
        assert now.shape == then.shape, other % "picture"
        assert calculate_rms(then, now) < 0.1, other % "picture"  # of 255


def shown_by(first: str, second: str) -> list[dict]:
    """What the second of two cells shows: figures, and the widget that it may end with."""
    with plt.rc_context(), mock.patch.object(alt_text, "display") as display:
        names = {}
        exec(first, names)
        display.reset_mock()
        *statements, last = ast.parse(second).body
        exec(compile(ast.Module(statements, []), "<cell>", "exec"), names)
        is_value = isinstance(last, ast.Expr)
        node = ast.Expression(last.value) if is_value else ast.Module([last], [])
        value = eval(compile(node, "<cell>", "eval" if is_value else "exec"), names)
        bundles = [call.args[0] for call in display.call_args_list]
        return [*bundles, value._repr_mimebundle_()] if hasattr(value, "_repr_mimebundle_") else bundles


def points(bundle: dict) -> np.ndarray:
    """(height, width, 3), as numbers to 255 that may be subtracted."""
    return np.asarray(Image.open(io.BytesIO(b64decode(bundle["image/png"]))).convert("RGB")).astype(int)
