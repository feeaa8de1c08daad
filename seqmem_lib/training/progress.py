"""What a reader sees and does while a model trains: a bar, and Ctrl-C."""

import signal
import threading
from contextlib import contextmanager

from IPython.display import display
from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

from ..language import tr


@contextmanager
def asked_to_stop():
    """An event that Ctrl-C sets, so that an update is never cut in half."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def progress_bar(steps: int, show: bool) -> tqdm:
    if not (show and issubclass(tqdm, tqdm_notebook)):
        return tqdm(total=steps, disable=not show, unit=tr("step"))
    bar = tqdm(total=steps, unit=tr("step"), display=False)
    # Beside the live bar, a text for a page without a kernel: tqdm's own would say 0 % for ever.
    view = {"version_major": 2, "version_minor": 0, "model_id": bar.container.model_id}
    text = tr("Training for {steps} steps.", steps=f"{steps:,}")
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": text}, raw=True)
    return bar
