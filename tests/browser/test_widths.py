"""Every kind of widget in columns from 320 to 1,200 pixels: nothing is cut, nothing is small, nothing moves aside."""

import numpy as np
import pytest
import torch
from real import wait_until_drawn
from torch import nn

from seqmem_lib import (
    Explorer,
    Playground,
    Scrubber,
    SequenceClassifier,
    TypedText,
    Vocabulary,
    record,
    split_words,
    tasks,
)
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer

pytestmark = pytest.mark.browser

WIDTHS = [320, 360, 480, 700, 960, 1200]
WORDS = ["The", "film", "was", "not", "good", ",", "but", "its", "music", "was", "extraordinarily", "好看", "."]


def a_trace(kind=nn.LSTM, units=6, seq=12, inputs=2, **options):
    torch.manual_seed(1)
    return record(kind(inputs, units, batch_first=True), 3 * torch.randn(1, seq, inputs), **options)


def three():
    kinds = {"LSTM": nn.LSTM, "GRU": nn.GRU, "vanilla RNN": nn.RNN}
    return {label: [a_trace(kind, 32, 30, 3)] * 3 for label, kind in kinds.items()}


def an_explorer(x, sliders, *, bands, **options):
    middle = np.random.default_rng(0).uniform(0.1, 1, (*map(len, sliders.values()), len(x)))
    low = middle / 2
    low[..., 1] = np.nan
    high = np.where(np.isnan(low), np.nan, 2 * middle)
    curves = {"a vanilla recurrent network after a long training": (middle, low, high) if bands else middle}
    curves |= {"LSTM": middle**2 * 1e-6}
    return Explorer(x, curves, sliders=sliders, xlabel="time steps back in the sequence", ylabel="norm", **options)


def a_typed_text():
    vocabulary = Vocabulary([["the", "film", "was", "not", "good", "."]])
    text = f"{' '.join(WORDS)} (and an incomprehensibilities of 好看) 👍"
    return TypedText(SequenceClassifier(nn.LSTM, len(vocabulary), seed=0), vocabulary, split_words, text)


LONG = {
    "spectral radius of the recurrent weight matrix": [0.5, 0.9, 1.1],
    "initialisation": ["orthogonal", "normal, with a small deviation", "0"],
}
MAKE = {
    "one trace": lambda: Scrubber(a_trace()),
    "three traces": lambda: Scrubber(
        three(),
        inputs=["value", "write", "read"],
        checkpoints=["0 updates", "10 updates", "after 100 updates"],
        readout={"gradient norm at the end": 10.0 ** -torch.arange(30.0), "loss": torch.rand(3, 30)},
    ),
    "tokens": lambda: Scrubber(a_trace(nn.GRU, seq=len(WORDS), tokens=WORDS), readout={"positive": range(len(WORDS))}),
    "many tokens": lambda: Scrubber(a_trace(nn.GRU, seq=90, tokens=WORDS * 6 + WORDS[:12])),
    "wide inputs": lambda: Scrubber(a_trace(nn.RNN, inputs=8, seq=100), inputs=["impulse", "remember", *"ABCDab"]),
    "checkpoints": lambda: Scrubber([a_trace(units=1)] * 2, checkpoints={"held": ["nothing", "the forget gate at 1"]}),
    "one slider": lambda: an_explorer(range(40), {"rate": [1, 2]}, bands=False),
    "two sliders": lambda: an_explorer(
        [1, 2, 5, 10, 50, 1000], LONG, bands=True, log=True, reference=(1e-3, "nothing is learned below it")
    ),
    "playground": lambda: Playground(tasks.store_and_recall(40)),
    "three networks": lambda: Playground(tasks.latch(20), cell=["RNN", "LSTM", "GRU"], units=2),
    "cobweb": lambda: Cobweb(w=-2.5),
    "cobweb with four sliders": lambda: Cobweb("f·c + i·g"),
    "typed text": a_typed_text,
    "shapes": lambda: ShapeExplorer(num_layers=3, lengths="different"),
}

# What a reader sees of a widget, as far as it can be measured: what is wrong, in words.
LOOK = r"""
(root) => {
  const wrong = [];
  const box = root.getBoundingClientRect();
  const name = (node) => {
    return `${node.tagName} ${node.getAttribute("class") ?? ""} "${(node.textContent ?? "").slice(0, 30)}"`;
  };
  const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".seqmem-status");
  // Of a text in a diagram, in its own units. Firefox's getBBox has room for letters to lean over.
  const boxOf = (label) => {
    const { y, height } = label.getBBox();
    const { x } = label.getStartPositionOfChar(0);
    return { x, y, width: label.getComputedTextLength(), height };
  };
  const onScreen = (label) => {
    const { x, y, width, height } = boxOf(label), { a, e, f } = label.getScreenCTM();
    return new DOMRect(a * x + e, a * y + f, a * width, a * height);
  };
  const texts = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, holder = node.parentElement;
    if (!node.textContent.trim() || !seen(holder) || holder.closest("option, style, script")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const svg = holder.closest("text");
    const scale = svg ? svg.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(holder).fontSize) * scale;
    if (size < 10.99) wrong.push(`${size.toFixed(1)} px: ${name(holder)}`);
    for (const r of svg ? [onScreen(svg)] : range.getClientRects()) {
      if (r.width < 1) continue;
      if (r.left < box.left - 1 || r.right > box.right + 1) wrong.push(`sticks out: ${name(holder)}`);
      texts.push({ r, holder, svg });
    }
  }
  // What stands above or below each other may share the room of accents.
  const over = (a, b) => a.bottom <= b.top + a.height / 4;
  const beside = (a, b) => a.right <= b.left + 1;
  const meet = (a, b) => !(over(a, b) || over(b, a) || beside(a, b) || beside(b, a));
  const free = texts.filter(({ holder }) => !holder.closest("math, .seqmem-bar"));
  for (const [k, one] of free.entries()) {
    for (const other of free.slice(0, k)) {
      if (one.holder === other.holder || !meet(one.r, other.r)) continue;
      wrong.push(`touch: ${name(one.holder)} and ${name(other.holder)}`);
    }
  }
  for (const path of root.querySelectorAll(".seqmem-diagram path")) {
    const half = parseFloat(path.getAttribute("stroke-width")) / 2;
    const points = path.getAttribute("d").slice(1).split("L").map((place) => place.split(",").map(Number));
    for (const label of path.ownerSVGElement.querySelectorAll("text")) {
      if (label.previousSibling?.tagName === "rect") continue; // it stands on a box
      const { x, y, width, height } = boxOf(label);
      const hit = points.slice(1).some(([toX, toY], k) => {
        const [left, right] = [points[k][0], toX].sort((a, b) => a - b);
        const [top, bottom] = [points[k][1], toY].sort((a, b) => a - b);
        const across = left - half < x + width && x < right + half;
        return across && top - half < y + 0.8 * height && y + 0.2 * height < bottom + half;
      });
      if (hit) wrong.push(`on a wire: ${name(label)}`);
    }
  }
  for (const node of [root, ...root.querySelectorAll("*")]) {
    if (!(node instanceof HTMLElement) || !seen(node) || node.matches("option")) continue;
    const cuts = node.matches(".seqmem, .seqmem-detail") || getComputedStyle(node).overflowX !== "visible";
    if (cuts && node.scrollWidth > node.clientWidth + 1 && !node.matches("select, input")) {
      wrong.push(`wider than its box by ${node.scrollWidth - node.clientWidth}: ${name(node)}`);
    }
    if (node.matches("input, select, button, summary, [tabindex]")) {
      const r = node.getBoundingClientRect();
      if (Math.min(r.width, r.height) < 24) wrong.push(`${r.width} x ${r.height}: ${name(node)}`);
    }
  }
  const picture = root.querySelector(".seqmem-stage, .seqmem-plot, .seqmem-tensors, .seqmem-parts");
  const share = picture.getBoundingClientRect().width / box.width;
  if (share < 0.6) wrong.push(`the picture has ${share.toFixed(2)} of the width`);
  return { wrong: [...new Set(wrong)], share, height: box.height };
}
"""
# How far the thumb of the slider is from the line that it moves.
THUMB = """
(root) => {
  const sliders = [...root.querySelectorAll("input[type=range]")];
  const line = root.querySelector(".seqmem-cursor, .seqmem-hair");
  if (!line) return 0;
  const over = (one) => one.closest(".seqmem-scrubber"); // others move something else
  const slider = line.matches(".seqmem-cursor") ? sliders.find(over) ?? sliders[0] : sliders.at(-1);
  const drawn = root.querySelector(".seqmem-thumb");
  const middle = (node) => { const r = node.getBoundingClientRect(); return r.left + r.width / 2; };
  const r = slider.getBoundingClientRect();
  const share = slider.max > 0 ? slider.value / slider.max : 0.5;
  return Math.abs((drawn ? middle(drawn) : r.left + 8 + share * (r.width - 16)) - middle(line));
}
"""
MOVE = """
([root, which, share]) => {
  const slider = root.querySelectorAll("input[type=range]")[which];
  slider.value = Math.round(Number(slider.min) + share * (slider.max - slider.min));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""
# Of every slider at both its ends and at a place between them, what LOOK and THUMB find: one call, not hundreds.
EVERYWHERE = f"""
async (root) => {{
  const look = {LOOK}, thumb = {THUMB}, move = {MOVE};
  const frame = () => new Promise(requestAnimationFrame);
  const seen = [];
  for (const which of root.querySelectorAll("input[type=range]").keys()) {{
    for (const share of [0, 1, 0.4]) {{
      move([root, which, share]);
      await frame();
      await frame();
      seen.push({{ ...look(root), apart: thumb(root) }});
    }}
  }}
  return seen;
}}
"""


@pytest.fixture(scope="module")
def html():
    return {name: make()._repr_mimebundle_()["text/html"] for name, make in MAKE.items()}


@pytest.fixture(scope="module")
def columns(html, browser, tmp_path_factory):
    """A page with all of them, one below the other in one column, and a function that says how wide it is to be."""
    path = tmp_path_factory.mktemp("widths") / "page.html"
    column = "".join(f'<section data-name="{name}">{one}</section>' for name, one in html.items())
    head = '<!doctype html><meta charset="utf-8"><style>body { margin: 0 }</style>'
    path.write_text(f"{head}<main>{column}</main>", "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(path.as_uri())
    for name in MAKE:
        page.locator(f"[data-name='{name}'] .seqmem[data-shown]").wait_for(timeout=60_000)

    def narrow(width):
        page.evaluate("(width) => { document.querySelector('main').style.width = `${width}px`; }", width)
        wait_until_drawn(page)
        wait_until_drawn(page)  # an observer asks for a frame
        return page

    yield narrow
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_can_be_read_and_reached(columns, width):
    page = columns(width)
    found = []
    for name in MAKE:
        seen = page.locator(f"[data-name='{name}'] .seqmem").evaluate(EVERYWHERE)
        heights, apart = {round(one["height"], 1) for one in seen}, max(one["apart"] for one in seen)
        said = sorted({wrong for one in seen for wrong in one["wrong"]})
        said += [f"heights {sorted(heights)}"] if len(heights) > 1 else []
        said += [f"the thumb is {apart:.1f} px from its line"] if apart > 2 else []
        found += [f"{name}: {one}" for one in said]
        print(
            f"{width:5} {name:14} picture {seen[-1]['share']:.0%}, {max(heights):.0f} px high, thumb {apart:.2f} px off"
        )
    assert not found, "\n".join(found)


def test_nothing_is_drawn_with_a_negative_size_where_there_is_no_room(columns):
    """JupyterLab on a telephone, its side bar open, leaves a notebook a few dozen pixels."""
    for width in (240, 160, 100, 44, 20, 0):
        page = columns(width)
        for slider in page.locator(".seqmem input[type=range]").element_handles():
            page.evaluate("(slider) => slider.dispatchEvent(new Event('input', { bubbles: true }))", slider)
        wait_until_drawn(page)
        found, page.errors[:] = sorted(set(page.errors)), []
        assert found == [], f"{width} px"


# The style of one element of each kind: tag, classes, and those of what it stands in.
LOOKS = """(root) => {
  const kind = (one) => `${one.tagName}.${one.getAttribute("class")}`;
  const path = (one) => one === root ? kind(one) : `${path(one.parentElement)} ${kind(one)}`;
  const kinds = new Map([root, ...root.querySelectorAll("*")].map((one) => [path(one), one]));
  return Object.fromEntries([...kinds].map(([where, one]) => {
    const style = getComputedStyle(one);
    return [where, [...style].map((name) => `${name}: ${style.getPropertyValue(name)}`).join("; ")];
  }));
}"""


def test_a_widget_looks_the_same_beside_widgets_of_other_kinds(html, page, tmp_path):
    """Each brings a style sheet, of which the last on the page has the last word."""
    kinds = [html[name] for name in ("shapes", "two sliders", "one trace", "typed text")]
    path = tmp_path / "page.html"
    for one in kinds:
        looks = []
        for shown in ([one], [one, *(other for other in kinds if other is not one)]):
            path.write_text(f'<!doctype html><meta charset="utf-8">{"".join(shown)}', "utf-8")
            page.goto(path.as_uri())
            page.locator(".seqmem[data-shown]").nth(len(shown) - 1).wait_for()
            wait_until_drawn(page)
            looks.append(page.locator(".seqmem[data-shown]").first.evaluate(LOOKS))
        assert looks[0] == looks[1]
