"""`make bench`: what we claim about speed, in one table, seqmem_lib/course/results/bench.csv. Nothing here is a test.

Compare ratios, which are within one run; times and memory are those of one machine.

Scrubber: one trace (an LSTM, 200 steps, 32 units) in a real JupyterLab, twice: as our widget, and as most tutorials
would do it, with `interact` and a matplotlib figure of the same heatmaps. A real key press moves each by one step, and
the clock stops when the frame with the changed pixels is done. Then the same with 500 steps and 128 units, a drag over
60 steps in two seconds, and the time from the kernel's message to the first numbers on the page.

Playground: updates a second of one LSTM unit in the page, the longest frame, and one step of its slider meanwhile.
record: against the same layer without recording.
gradient_norms: one backward pass for all steps, against one for each step.
train_together: ten models in one pass, against one by one, and against a sweep over two processes.
First widget: from the start of JupyterLab until the first widget of notebooks 01 and 02 has moved.
Notebooks: the time of each from top to bottom, and the peak memory of its kernel.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import nbformat
import torch
from tests.browser.real import IDLE, ROOT, UNFOLD, jupyterlab, launch
from playwright.sync_api import sync_playwright
from torch import nn

from seqmem_lib import (
    Playground,
    SequenceModel,
    cell_from,
    gradient_norms,
    record,
    train,
    train_together,
)
from seqmem_lib.course.sweep import sweep
from seqmem_lib.tasks import store_and_recall

STEPS = 60
ROWS = []
SETTINGS = {"steps": 100}
OURS = """\
import torch
from torch import nn
import seqmem_lib as sm
from seqmem_lib.widgets.live_scrubber import LiveScrubber
torch.manual_seed(0)
trace = sm.record(nn.LSTM(3, 32, batch_first=True), 2 * torch.randn(1, 200, 3))
sm.Scrubber(trace, step=50)
"""
LIVE = "LiveScrubber(trace, step=50)"
LARGE = "sm.Scrubber(sm.record(nn.LSTM(3, 128, batch_first=True), torch.randn(1, 500, 3)), step=50)"
THEIRS = """\
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact, IntSlider

def show(t):
    names = ["x", *trace.values]
    fig, axes = plt.subplots(len(names), figsize=(8, 8), sharex=True)
    for name, ax in zip(names, axes):
        ax.imshow(getattr(trace, name)[0].T, aspect="auto", cmap="RdBu")
        ax.axvline(t, color="k")
        ax.set_ylabel(name)
    f, i, g, c = (getattr(trace, name)[0, t, 0] for name in "figc")
    axes[0].set_title(f"c = {f:.3f} c' + {i:.3f} {g:.3f} = {c:.3f}")
    plt.show()

interact(show, t=IntSlider(50, 0, 199));
"""

# Resolves to the milliseconds from the key press to the end of the frame that shows the change. Our widget changes the
# page inside an animation frame, so that is the frame; a new picture is painted in the frame after it arrived.
WATCH = """
([own, which]) => {
  const root = document.querySelectorAll(".seqmem[data-shown]")[which];
  const picture = () => document.querySelector(".widget-interact img");
  const before = own ? root.dataset.shown : picture().src;
  const changed = () => own ? root.dataset.shown !== before : picture()?.complete && picture().src !== before;
  window.pending = new Promise((resolve) => {
    let start;
    addEventListener("keydown", (event) => { start = event.timeStamp; }, { capture: true, once: true });
    const { port1, port2 } = new MessageChannel(); // a message that is sent within a frame arrives after it
    port1.onmessage = () => resolve(performance.now() - start);
    const observer = new MutationObserver(() => {
      if (start === undefined || !changed()) return;
      observer.disconnect();
      if (own) port2.postMessage(null);
      else requestAnimationFrame(() => port2.postMessage(null));
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}
"""


# Runs one cell and resolves to the milliseconds from the kernel's message to the end of the first frame with numbers.
PAINT = """
async (index) => {
  const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
  const kernel = sessionContext.session.kernel;
  const before = document.querySelectorAll(".seqmem[data-shown]").length;
  let start;
  const arrived = (_, message) => {
    if (["execute_result", "display_data"].includes(message.header.msg_type)) start = performance.now();
  };
  kernel.iopubMessage.connect(arrived);
  const painted = new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now() - start);
    const observer = new MutationObserver(() => {
      if (document.querySelectorAll(".seqmem[data-shown]").length === before) return;
      observer.disconnect();
      port2.postMessage(null);
    });
    observer.observe(document.body, { subtree: true, attributes: true, childList: true });
  });
  content.activeCellIndex = index;
  await window.jupyterapp.commands.execute("notebook:run-cell");
  const time = await painted;
  kernel.iopubMessage.disconnect(arrived);
  return time;
}
"""
COUNT = """
() => {
  const root = document.querySelector(".seqmem[data-shown]");
  window.frames60 = 0;
  new MutationObserver(() => { window.frames60 += 1; }).observe(root, { attributeFilter: ["data-shown"] });
}
"""


def latencies(page, slider, *, own: bool, which: int = 0, steps: int = STEPS) -> list[float]:
    slider.focus()
    times = []
    for _ in range(steps):
        page.evaluate(WATCH, [own, which])
        page.keyboard.press("ArrowRight")
        times.append(page.evaluate("() => window.pending"))
    return times


def frames_of_a_drag(page) -> int:
    """Frames that showed another step while the mouse was dragged over 60 steps in two seconds."""
    page.evaluate(COUNT)
    box = page.locator(".seqmem[data-shown] .seqmem-stage").first.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 5)
    page.mouse.down()
    for k in range(60):
        page.mouse.move(box["x"] + (k + 20.5) / 200 * box["width"], box["y"] + 5)
        time.sleep(1 / 30)
    page.mouse.up()
    return page.evaluate("window.frames60")


def bench_scrubber(folder: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (OURS, LIVE, LARGE, THEIRS)]
    path = folder / "bench.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    with sync_playwright() as playwright, jupyterlab(folder, [path]) as address:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 5000})
        page.goto(address("bench.ipynb"))
        page.wait_for_function(IDLE, timeout=60_000)
        paints = {name: page.evaluate(PAINT, k) for k, name in enumerate(["static", "live", "static, 500 x 128"])}
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        page.locator(".widget-interact img").wait_for(timeout=60_000)
        page.wait_for_function(IDLE)
        page.wait_for_timeout(2000)
        sliders = page.get_by_role("slider", name="Time step")
        ours = latencies(page, sliders.nth(0), own=True)
        live = latencies(page, sliders.nth(1), own=True, which=1)
        large = latencies(page, sliders.nth(2), own=True, which=2)
        frames = frames_of_a_drag(page)
        theirs = latencies(page, page.locator(".widget-interact .noUi-handle"), own=False)
        browser.close()
    rows = {"Scrubber": ours, "LiveScrubber": live, "Scrubber, 500 steps, 128 units": large, "interact": theirs}
    for name, times in rows.items():
        report("one step in JupyterLab, median", name, statistics.median(times), "ms")
        report("one step in JupyterLab, 95 %", name, statistics.quantiles(times, n=20)[-1], "ms")
    ratio = statistics.median(theirs) / statistics.median(ours)
    report("one step in JupyterLab, ratio of medians", "interact / Scrubber", ratio, "times")
    report("a drag over 60 steps in 2 s", "Scrubber", frames, "frames")
    for name, paint in paints.items():
        report("from the kernel's message to the first numbers", name, paint, "ms")


FRAMES = """
() => {
  window.longest = 0;
  let last = performance.now();
  requestAnimationFrame(function frame(now) {
    window.longest = Math.max(window.longest, now - last);
    last = now;
    requestAnimationFrame(frame);
  });
}
"""


def bench_playground(folder: Path) -> None:
    path, playground = folder / "page.html", Playground(store_and_recall(40))
    path.write_text(
        f'<!doctype html><meta charset="utf-8">{playground._repr_mimebundle_()["text/html"]}', "utf-8", newline="\n"
    )
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(path.as_uri())
        slider = page.get_by_role("slider", name="Time step")
        slider.fill("0")

        def updates() -> int:
            return int(page.locator(".seqmem-state").text_content().split()[1])

        page.get_by_role("button", name="Train", exact=True).click()
        page.wait_for_timeout(200)
        page.evaluate(FRAMES)
        start, before = time.perf_counter(), updates()
        page.wait_for_timeout(1000)
        rate = (updates() - before) / (time.perf_counter() - start)
        longest = page.evaluate("window.longest")
        page.get_by_role("button", name="Reset").click()
        page.get_by_role("button", name="Train", exact=True).click()
        times = latencies(page, slider, own=True, steps=38)  # as long as it trains
        browser.close()
    report("one LSTM unit on 40 steps, batch 64, in the page", "Playground", rate, "updates/s")
    report("its longest frame in a second", "Playground", longest, "ms")
    report("one step while it trains, median", "Playground", statistics.median(times), "ms")
    report("one step while it trains, 95 %", "Playground", statistics.quantiles(times, n=20)[-1], "ms")


def bench_record() -> None:
    torch.set_num_threads(1)
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        layer, x = kind(16, 64, batch_first=True), torch.randn(16, 100, 16)
        times = {record: [], layer: []}
        with torch.no_grad():
            for _ in range(30):
                for run, arguments in ((record, (layer, x)), (layer, (x,))):
                    start = time.perf_counter()
                    run(*arguments)
                    times[run].append(time.perf_counter() - start)
        ratio = statistics.median(times[record]) / statistics.median(times[layer])
        report("record / the layer alone, without gradients", f"nn.{kind.__name__}", ratio, "times")


def bench_gradients() -> None:
    torch.set_num_threads(1)
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        layer, x = kind(16, 64, batch_first=True).double(), torch.randn(16, 100, 16).double()
        times = {name: [] for name in ("forward", "each", "all", "gradient_norms")}
        for _ in range(10):
            marks = [time.perf_counter()]
            loss, states = last_state_and_all(layer, x)
            marks.append(time.perf_counter())
            for h in states:
                torch.autograd.grad(loss, h, retain_graph=True)[0].norm(dim=-1)
            marks.append(time.perf_counter())
            torch.stack(torch.autograd.grad(loss, states)).norm(dim=-1)
            marks.append(time.perf_counter())
            gradient_norms(layer, x)
            marks.append(time.perf_counter())
            for name, start, end in zip(times, marks, marks[1:], strict=False):
                times[name].append(end - start)
        forward, each, one, ours = (statistics.median(values) for values in times.values())
        report("a backward pass for each of 100 steps / one for all", f"nn.{kind.__name__}", each / one, "times")
        case = f"nn.{kind.__name__}, forward pass included"
        report("a backward pass for each of 100 steps / one for all", case, (forward + each) / ours, "times")


def last_state_and_all(layer: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    cell, states, state = cell_from(layer), [], None
    for x_t in x.unbind(dim=1):
        state = cell(x_t, state)
        states.append(state[0] if isinstance(state, tuple) else state)
    return states[-1].sum(), states


def train_one(kind: str, seed: int, *, generator) -> dict:
    torch.set_num_threads(1)
    model = SequenceModel(getattr(nn, kind), (3, 1), hidden_size=32, seed=seed)
    history = train(model, store_and_recall(30), steps=SETTINGS["steps"], seed=seed, progress=False)
    return {"loss": history.loss[-1]}


def bench_together() -> None:
    torch.set_num_threads(1)
    for kind in ("RNN", "LSTM", "GRU"):
        together, processes = [], []
        points = [{"kind": kind, "seed": seed} for seed in range(10)]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
            list(executor.map(abs, range(100)))
            sweep(train_one, points[:2], executor=executor, progress=False)  # imports torch
            for _ in range(3):
                models = [SequenceModel(getattr(nn, kind), (3, 1), hidden_size=32, seed=seed) for seed in range(10)]
                marks = [time.perf_counter()]
                sweep(train_one, points, progress=False)
                marks.append(time.perf_counter())
                train_together(models, store_and_recall(30), seeds=range(10), progress=False, **SETTINGS)
                marks.append(time.perf_counter())
                sweep(train_one, points, executor=executor, progress=False)
                marks.append(time.perf_counter())
                alone, stacked, spread = (end - start for start, end in pairwise(marks))
                together.append(alone / stacked)
                processes.append(alone / spread)
        what = "ten models of 32 units, 100 training steps on 30 time steps: one by one / "
        report(what + "train_together", f"nn.{kind}", statistics.median(together), "times")
        report(what + "two processes", f"nn.{kind}", statistics.median(processes), "times")


def bench_first_widget(folder: Path, name: str) -> None:
    """From the start of JupyterLab until the first widget of a notebook, all of whose cells are run, has moved."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        start = time.perf_counter()
        with jupyterlab(folder, [ROOT / "notebooks" / name]) as address:
            page.goto(address(name))
            page.wait_for_function(IDLE, timeout=60_000)
            report("from make lab until a kernel is ready", name, time.perf_counter() - start, "s")
            page.evaluate(UNFOLD)
            page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
            widget = page.locator(".seqmem[data-shown]").first
            widget.wait_for(timeout=120_000)
            shown = widget.get_attribute("data-shown")
            widget.get_by_role("slider").first.press("ArrowRight")
            page.wait_for_function(
                "([node, shown]) => node.dataset.shown !== shown", arg=[widget.element_handle(), shown]
            )
            report("from make lab until the first widget has moved", name, time.perf_counter() - start, "s")
            page.close()
        browser.close()


# In a process of its own, whose child is the kernel. Linux counts the peak of children in kB, macOS in bytes.
RUN = """
import resource, sys, time, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
start = time.perf_counter()
NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": "notebooks"}}).execute()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(time.perf_counter() - start, peak / 1e6)
"""


def bench_notebooks() -> None:
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        command = [sys.executable, "-c", RUN, str(path)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        seconds, megabytes = map(float, result.stdout.split())
        report("a notebook from top to bottom, one thread", path.stem, seconds, "s")
        report("peak memory of its kernel", path.stem, megabytes, "MB")


def report(what: str, case: str, value: float, unit: str) -> None:
    print(f"{what:80} {case:44} {value:8.1f} {unit}", flush=True)
    ROWS.append({"what": what, "case": case, "value": f"{value:.1f}", "unit": unit})


def store() -> None:
    with open(ROOT / "seqmem_lib" / "course" / "results" / "bench.csv", "w", encoding="utf-8", newline="\n") as file:
        file.write(f"# make bench; {os.cpu_count()} cores; torch {torch.__version__}\n")
        table = csv.DictWriter(file, ROWS[0], lineterminator="\n")
        table.writeheader()
        table.writerows(ROWS)


def main() -> None:
    for name in ("01_rnn_gradient_decay.ipynb", "02_lstm_gates.ipynb"):
        with tempfile.TemporaryDirectory() as folder:
            bench_first_widget(Path(folder), name)
    with tempfile.TemporaryDirectory() as folder:
        bench_scrubber(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        bench_playground(Path(folder))
    bench_record()
    bench_gradients()
    bench_together()
    bench_notebooks()
    store()


if __name__ == "__main__":
    main()
