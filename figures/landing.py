"""Draw the pictures of the site's landing page, from the tables of results: `make site` does it."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

import seqmem_lib as sm
from publish.words import word
from seqmem_lib.language import language
from seqmem_lib.plots.alt_text import describe
from seqmem_lib.plots.letters import can_speak, dress
from seqmem_lib.plots.style import colormap, readable_on

SIZE, SMALL = (3.6, 2.3), (2.7, 2.0)  # inches; SMALL where four stand side by side, so that letters can be read


def _label(english: str) -> str:
    """In the language in use, if a font has its letters."""
    return word(english, language()) if can_speak() else english


def fading() -> tuple[Figure, dict]:
    """How the gradient of the memory fades in untrained networks, as notebook 02, section 8, measures it."""
    gradients = {"RNN": [], "LSTM": []}
    for seed in range(10):
        x = torch.randn(1, 61, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        torch.manual_seed(seed)
        direct, rest = sm.split_memory_gradient(nn.LSTM(4, 32, batch_first=True).double(), x)
        gradients["LSTM"].append(torch.linalg.matrix_norm(direct + rest, ord=2)[0].flip(0))
        torch.manual_seed(seed)
        jacobians = sm.step_jacobians(nn.RNN(4, 32, batch_first=True).double(), x)
        gradients["RNN"].append(sm.spectral_norms(jacobians)[0].flip(0))
    figure, ax = plt.subplots(figsize=SIZE)
    facts = {}
    for name, norms in gradients.items():
        norms = torch.stack(norms)
        ax.semilogy(norms[:, :31].median(dim=0).values, color=sm.CELL_COLORS[name], label=name)
        facts[f"{name}_rate"] = _said("{mean} ({low} to {high})", sm.measure_decay(norms)["rate"], ".2f")
    ax.set(xlabel=_label("steps back"), ylabel=_label("gradient left"), title=_label("Untrained, both fade"))
    ax.legend()
    return figure, facts


def _said(sentence: str, values, form: str) -> str:
    """A mean and its interval, in the language in use."""
    mean, low, high = (format(one, form).replace("-", "−") for one in sm.mean_interval(values))
    return word(sentence, language()).format(mean=mean, low=low, high=high)


def padding() -> tuple[Figure, dict]:
    """By how much an LSTM leads a vanilla RNN on forty reviews, read at the padding and at the last word."""
    table = sm.load_results("forty").query("tested == 10")
    runs = table.pivot_table(index="seed", columns=["variant", "label"], values="accuracy")
    figure, ax = plt.subplots(figsize=SIZE)
    facts = {}
    for k, (variant, name) in enumerate({"packed": "read at the\nlast word", "as published": "as\npublished"}.items()):
        lead = 100 * (runs[variant]["LSTM"] - runs[variant]["RNN"])
        mean, low, high = sm.mean_interval(lead.to_numpy())
        ax.plot([low, high], [k, k], color=sm.CELL_COLORS["LSTM"])
        ax.plot(mean, k, "o", color=sm.CELL_COLORS["LSTM"])
        facts[variant.replace(" ", "_")] = _said("{mean} points ({low} to {high})", lead.to_numpy(), ".1f")
        ax.text(high + 0.6, k, _label(name), va="center")
    ax.axvline(0, color="0.5", lw=1)
    ax.set(
        xlabel=_label("points ahead of a vanilla RNN"),
        ylim=(-0.5, 1.6),
        xlim=(-2, 22),
        yticks=[],
        title=_label("The LSTM's lead"),
    )
    return figure, facts


def words() -> tuple[Figure, dict]:
    """50,000 film reviews: a count of words, and the recurrent networks that were best by validation."""
    count = 100 * sm.load_results("imdb_words").set_index("keep").loc["all", "test"]
    runs = sm.load_results("imdb")
    recurrent = runs[~runs["label"].str.startswith("bag")].groupby("label")
    best = recurrent.get_group(recurrent["validation"].mean().idxmax())["test"] * 100
    popular = sm.load_results("imdb_popular").query("label == 'popular, first 200'")["test"] * 100
    figure, ax = plt.subplots(figsize=SIZE)
    rows = {"count of words": [count], "best recurrent": best, "popular setting": popular}
    for k, (name, tests) in enumerate(reversed(rows.items())):
        color = "0.35" if name == "count of words" else sm.CELL_COLORS["LSTM"]
        ax.plot(tests, [k] * len(tests), "o", color=color)
        ax.text(79.2, k, _label(name), ha="right", va="center")
    ax.set(
        xlabel=_label("% of 25,000 right"), xlim=(79.5, 90), ylim=(-0.5, 2.5), yticks=[], title=_label("Film reviews")
    )
    sizes = {name: f"{getattr(best, name)():.1f}" for name in ("mean", "min", "max")} | {"seeds": len(best)}
    spread = word("{mean} % ({min} to {max} %, {seeds} seeds)", language()).format(**sizes)
    ahead = _said("{mean} points ({low} to {high})", best.to_numpy() - count, "+.1f")
    return figure, {"count": f"{count:.1f} %", "best": spread, "ahead": ahead}


def cobweb() -> tuple[Figure, dict]:
    """Notebook 01: one unit, h = tanh(2 h), goes to one of two resting places."""
    figure, ax = plt.subplots(figsize=SMALL)
    h = np.linspace(-1.2, 1.2, 200)
    ax.plot(h, h, color="0.6", lw=1)
    ax.plot(h, np.tanh(2 * h), color=sm.CELL_COLORS["RNN"])
    for start in (0.1, -0.15):
        path = [start]
        for _ in range(7):
            path.append(np.tanh(2 * path[-1]))
        ax.plot(np.repeat(path, 2)[:-1], [start, *np.repeat(path[1:], 2)], color=sm.CELL_COLORS["LSTM"], lw=1.2)
    ax.set(
        xlabel=_label("h before"),
        ylabel=_label("h after"),
        xticks=[-1, 0, 1],
        yticks=[-1, 0, 1],
        title=_label("Two resting places"),
    )
    return figure, {}


def gates() -> tuple[Figure, dict]:
    """Notebook 02: the mean of each gate of the solved LSTMs with one unit, when a value is written, held and read."""
    runs = sm.load_results("store_and_recall").dropna().query("hidden_size == 1 and error < 0.01")
    figure, ax = plt.subplots(figsize=SMALL)
    moments = ("write", "hold", "read")
    for row, gate in enumerate("ifo"):
        for column, moment in enumerate(moments):
            mean = runs[f"{gate}_{moment}"].mean()
            color = colormap(gate)(mean)
            ax.add_patch(plt.Rectangle((column, 2 - row), 0.96, 0.92, color=color))
            place = column + 0.48, 2.46 - row
            ax.text(*place, f"{mean:.2f}", ha="center", va="center", color=readable_on(color))
    ax.set(
        xlim=(0, 3),
        ylim=(0, 3),
        xticks=[0.48, 1.48, 2.48],
        yticks=[2.46, 1.46, 0.46],
        title=_label("Mean of each gate"),
    )
    ax.set_xticklabels(map(_label, moments))
    ax.set_yticklabels(map(_label, ("input", "forget", "output")))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure, {}


def solved() -> tuple[Figure, dict]:
    """Notebook 03: what one unit of either learns, with and without having to be silent between the reads."""
    runs = sm.load_results("must_show").query("hidden_size == 1 and error < 0.01")
    solved = runs.groupby(["label", "loss"]).size()
    figure, ax = plt.subplots(figsize=SMALL)
    cases = {"at the reads": "judged at\nreads only", "everywhere": "must be 0\nelsewhere"}
    for shift, name in ((-0.2, "LSTM"), (0.2, "GRU")):
        counts = [solved.get((name, case), 0) for case in cases]
        bars = ax.bar(np.arange(2) + shift, counts, 0.36, color=sm.CELL_COLORS[name], label=name)
        ax.bar_label(bars)
    ax.set(
        xticks=[0, 1], ylim=(0, 24), yticks=[0, 10, 20], ylabel=_label("solved, of 20"), title=_label("With one unit")
    )
    ax.set_xticklabels(map(_label, cases.values()))
    ax.legend()
    return figure, {}


def lengths() -> tuple[Figure, dict]:
    """Notebook 04: latch, from PyTorch's start."""
    means = 100 * sm.load_results("spans").query("contest == 'latch'").groupby(["label", "length"])["accuracy"].mean()
    figure, ax = plt.subplots(figsize=SMALL)
    for name in ("RNN", "LSTM", "GRU"):
        ax.plot(means[name].index, means[name], "o-", color=sm.CELL_COLORS[name], label=name)
    ax.axhline(25, color="0.6", lw=1)
    ax.text(10, 20, _label("guessing"), va="top")
    ax.set(
        xscale="log",
        xticks=means[name].index,
        ylim=(0, 105),
        xlabel=_label("steps to remember"),
        ylabel=_label("% right"),
    )
    ax.set_xticklabels(means[name].index)
    ax.set_title(_label("One symbol, default start"))
    ax.minorticks_off()
    ax.legend(loc="center", bbox_to_anchor=(0.56, 0.52))
    return figure, {}


PICTURES = [fading, padding, words, cobweb, gates, solved, lengths]


def draw(folder: Path) -> dict:
    """Write one PNG for each of PICTURES, and return the numbers that the page says beside them, and under "alt" what
    each picture shows, in words, all in the language in use.
    """
    facts = {"alt": {}}
    with plt.rc_context():
        sm.use_style()
        for picture in PICTURES:
            figure, found = picture()
            facts |= found
            facts["alt"][picture.__name__] = describe(figure)
            dress(figure)
            figure.savefig(folder / f"{picture.__name__}.png", dpi=200)
            plt.close(figure)
    return facts
