"""Draw the pictures that the README uses: `make figures`. They are made from the real thing, in a real browser."""

import io
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from torch import Generator, nn

import seqmem_lib as sm

FOLDER = Path(__file__).parent
STEPS = 30  # of the moving picture


def scrubber() -> sm.Scrubber:
    """What notebook 02 shows."""
    sm.use_device("cpu")
    task = sm.tasks.store_and_recall()
    model = sm.SequenceModel(nn.LSTM, task, hidden_size=1, seed=0)
    sm.train(model, task, steps=1500, lr=2e-2, seed=0, progress=False)
    x, _ = task(500, generator=Generator().manual_seed(1121))
    trace = sm.record(model.rnn, x, tokens=task.tokens(x))
    return sm.Scrubber(trace[0], inputs=["value", "write", "read"])


def draw(page) -> None:
    """scrubber.png, and scrubber.gif, which plays the first steps as the widget does."""
    root = page.locator(".seqmem[data-shown]")
    root.screenshot(path=FOLDER / "scrubber.png")
    slider = root.get_by_role("slider", name="Time step")
    slider.press("Home")
    frames = []
    for _ in range(STEPS):
        slider.blur()
        frames.append(Image.open(io.BytesIO(root.screenshot())).convert("RGB"))
        slider.press("ArrowRight")
    # One palette for all frames, without dithering: what stands still then costs nothing.
    palette = Image.fromarray(np.concatenate(frames[:: STEPS // 5])).quantize(256, Image.Quantize.MAXCOVERAGE)
    first, *rest = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    times = [1500] + [500] * (STEPS - 2) + [2500]  # ms
    first.save(FOLDER / "scrubber.gif", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)


def main() -> None:
    html = scrubber()._repr_mimebundle_()["text/html"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        page_file = Path(folder) / "page.html"
        page = f"<!doctype html><meta charset=utf-8><body style='padding: 8px'>{html}"
        page_file.write_text(page, "utf-8", newline="\n")
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 960, "height": 600}, device_scale_factor=2)
        page.goto(page_file.as_uri())
        draw(page)
        browser.close()


if __name__ == "__main__":
    main()
