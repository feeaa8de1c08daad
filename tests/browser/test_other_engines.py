"""The pages of the site in Firefox and in WebKit, from the disk, without a network: what test_site_pages.py and
test_widths.py ask of Chromium, as far as another engine can answer otherwise.
"""

import shutil

import pytest
from engines import Firefox, WebKit
from test_site_pages import NOTEBOOKS
from test_widths import LOOK, MOVE, THUMB

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
# Stands before all other scripts of a page, and keeps what goes wrong, and what the page's policy refuses. Nothing
# glides to its place, for it would be measured on its way.
LISTEN = """<style>* { transition: none !important; }</style><script>
  window.wrong = [];
  const note = (text) => window.wrong.push(text);
  addEventListener("error", (event) => note(event.message));
  addEventListener("unhandledrejection", (event) => note(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) => note(event.blockedURI));
</script>"""

ROOTS = "[...document.querySelectorAll('.seqmem')]"
ALIVE = f"() => {ROOTS}.every((root) => root.dataset.shown)"
UNFOLD = "() => { for (const folded of document.querySelectorAll('details')) folded.open = true; }"
# The sliders that a reader sees: of each, its widget, its place in it, and its first and last value and its step. Those
# of a Playground's *what if* may change nothing at this step.
SLIDERS = f"""() => {ROOTS}.flatMap((root, widget) => [...root.querySelectorAll("input[type=range]")]
  .map((slider, place) => ({{
    widget, place, name: slider.ariaLabel, first: +slider.min, last: +slider.max, step: +slider.step || 1,
    now: +slider.value, seen: slider.checkVisibility(), moves: !slider.closest(".seqmem-what"),
  }})).filter(({{ seen }}) => seen))"""
FOCUS = f"""(widget, place) => {{
  const slider = {ROOTS}[widget].querySelectorAll("input[type=range]")[place];
  slider.scrollIntoView({{ block: "center" }});
  slider.focus();
}}"""
# Where it stood: what a slider moves may depend on where another was left.
RESTORE = f"""(widget, place, value) => {{
  const slider = {ROOTS}[widget].querySelectorAll("input[type=range]")[place];
  slider.value = value;
  slider.dispatchEvent(new Event("input", {{ bubbles: true }}));
}}"""
# What is to be seen of one widget: the slider's value, the state that it is in, its numbers, and its picture.
SEEN = f"""(widget, place) => {{
  const root = {ROOTS}[widget];
  const all = (names) => [...root.querySelectorAll(names)];
  const left = (node) => node.getBoundingClientRect().left;
  const slider = root.querySelectorAll("input[type=range]")[place];
  const {{ shown, unit, checkpoint, point }} = slider.closest("[data-shown]").dataset;
  const words = all(".seqmem-reading, .seqmem-detail, .seqmem-table, .seqmem-tensor, .seqmem-code, .seqmem-said");
  const drawn = all(".seqmem-plot path, .seqmem-tensors path, .seqmem-tensors rect, .seqmem-parts path");
  return {{
    value: +slider.value,
    state: [shown, unit, checkpoint, point].join(),
    numbers: words.map((node) => node.textContent).join(" "),
    picture: [
      ...all(".seqmem-cursor, .seqmem-hair").map(left), ...all("canvas").map((canvas) => canvas.toDataURL()),
      ...drawn.map((node) => node.outerHTML),
    ].join(" "),
  }};
}}"""
# The middle of the line that a slider moves, and the slider's own height: there its thumb must be.
LINE = f"""(widget, place) => {{
  const root = {ROOTS}[widget], middle = (from, to) => (from + to) / 2;
  const slider = root.querySelectorAll("input[type=range]")[place].getBoundingClientRect();
  const line = root.querySelector(".seqmem-cursor, .seqmem-hair").getBoundingClientRect();
  return [middle(line.left, line.right), middle(slider.top, slider.bottom)];
}}"""
# Which of its sliders moves the line; null where a widget has none.
MOVES_THE_LINE = """(root) => {
  const line = root.querySelector(".seqmem-cursor, .seqmem-hair");
  const sliders = [...root.querySelectorAll("input[type=range]")];
  const over = sliders.findIndex((one) => one.closest(".seqmem-scrubber"));
  return line && (line.matches(".seqmem-cursor") ? Math.max(0, over) : sliders.length - 1);
}"""
COUNTS = f"() => {ROOTS}.map((root) => root.querySelectorAll('input[type=range]').length)"
MOVE_IT = f"(widget, place, share) => ({MOVE})([{ROOTS}[widget], place, share])"
FITS = "() => document.body.scrollWidth <= document.body.clientWidth"


def of_widget(function: str) -> str:
    """A function of (root, ...), to be called with the number of the widget in place of its root."""
    return f"(widget, ...more) => ({function})({ROOTS}[widget], ...more)"


@pytest.fixture(scope="session", params=[Firefox, WebKit], ids=lambda kind: kind.__name__)
def engine(request, tmp_path_factory):
    if said := request.param.missing():
        pytest.skip(said)
    engine = request.param(tmp_path_factory.mktemp("profile"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def folder(site_folder, tmp_path_factory):
    """What the pages of the site share."""
    folder = tmp_path_factory.mktemp("copied") / "site"
    return shutil.copytree(site_folder, folder, ignore=shutil.ignore_patterns("*.html", "_sources"))


@pytest.fixture(scope="module", params=["index", *NOTEBOOKS])
def opened(request, engine, site_folder, folder):
    html = (site_folder / f"{request.param}.html").read_text("utf-8")
    path = folder / "page.html"
    path.write_text(html.replace("<script", f"{LISTEN}<script", 1), "utf-8")
    engine.resize(1280, 1000)
    engine.open(path.as_uri())
    engine.run(UNFOLD)
    engine.wait_for(ALIVE)
    return engine


def test_every_slider_moves_its_numbers_and_its_picture(opened):
    sliders = opened.run(SLIDERS)
    for slider in sliders:
        where, last = (slider["widget"], slider["place"]), slider["last"]
        opened.run(FOCUS, *where)
        seen = []
        for key, value in (("Home", slider["first"]), ("ArrowRight", slider["first"] + slider["step"]), ("End", last)):
            opened.press(key)
            seen.append(opened.run(SEEN, *where))
            assert seen[-1]["value"] == value, slider
        # A start is forgotten where the slope is small: then the numbers after twenty steps are the same.
        told = ("state", "picture") if slider["name"].endswith("₀") else ("state", "numbers", "picture")
        for what in told if slider["moves"] else ():
            assert seen[0][what] != seen[-1][what], (slider, what)
        opened.run(RESTORE, *where, slider["now"])
    assert sliders


def test_a_slider_has_its_thumb_where_its_line_is(opened):
    """Pressed there with the mouse, it comes back from its first value to where it was."""
    for widget in range(len(opened.run(COUNTS))):
        place = opened.run(of_widget(MOVES_THE_LINE), widget)
        if place is None:
            continue
        for share in (0.3, 0.8):
            opened.run(FOCUS, widget, place)
            opened.run(MOVE_IT, widget, place, share)
            opened.wait_until_drawn()
            at, before = opened.run(LINE, widget, place), opened.run(SEEN, widget, place)
            opened.run(MOVE_IT, widget, place, 0)
            opened.wait_until_drawn()
            assert opened.run(SEEN, widget, place) != before
            opened.click(*at)
            assert opened.run(SEEN, widget, place) == before


def test_nothing_is_cut_or_small(opened):
    found = []
    for width in WIDTHS:
        opened.resize(width, 1000)
        opened.wait_until_drawn()
        found += [] if opened.run(FITS) else [f"{width}: the page scrolls sideways"]
        for widget, count in enumerate(opened.run(COUNTS)):
            for share in (0, 1, 0.4):
                for place in range(count):
                    opened.run(MOVE_IT, widget, place, share)
                opened.wait_until_drawn()
                found += [f"{width}, {widget}: {one}" for one in opened.run(of_widget(LOOK), widget)["wrong"]]
                apart = opened.run(of_widget(THUMB), widget)
                found += [f"{width}, {widget}: the thumb is {apart:.1f} px from its line"] if apart > 2 else []
    assert not found, "\n".join(dict.fromkeys(found))


def test_no_script_has_failed_and_nothing_was_asked_from_outside(opened):
    """Last, for it is the same page that was moved and narrowed above."""
    assert opened.run("() => window.wrong") == []
