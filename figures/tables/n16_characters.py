"""The long experiment of notebook 16. `make results` runs it; measure.py says how."""

from math import log

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.nn.utils import clip_grad_norm_

import seqmem_lib as sm
from seqmem_lib.course.n16_characters.stories import write_story

UNITS = 64
TEXTS = {"train": 300_000, "search": 10_000, "test": 10_000}  # characters; a generator of its own for each
HELD = 6_000  # characters of the test text that are read with a unit held
WARM = 1_000  # characters that are read first: c starts at zero, and many units need a while to settle
TOGETHER = 8  # copies of the text that are read at once, in each another unit held: more need more memory


def read_texts() -> tuple[dict[str, Tensor], list[str]]:
    """The characters of each text as numbers, (seq,), and the alphabet."""
    texts = {
        name: write_story(size, generator=Generator().manual_seed(k)) for k, (name, size) in enumerate(TEXTS.items())
    }
    alphabet = sorted(set(texts["train"]))
    return {name: torch.tensor([alphabet.index(sign) for sign in text]) for name, text in texts.items()}, alphabet


def start(seed: int, size: int) -> sm.SequenceModel:
    model = sm.SequenceModel(nn.LSTM, (size, size), hidden_size=UNITS, seed=seed)
    sm.start_keeping(model.rnn, 2.0)
    return model


def train(model, numbers: Tensor, *, steps=2500, streams=16, window=64, lr=1e-2) -> None:
    """Truncated backpropagation through time, as the notebook writes it."""
    size = model.rnn.input_size
    streams = numbers[: len(numbers) // streams * streams].view(streams, -1)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    state = None
    for step in range(steps):
        begin = step * window % (streams.shape[1] - window)
        part = streams[:, begin : begin + window + 1]
        output, state = model.rnn(one_hot(part[:, :-1], size).float(), state)
        state = tuple(value.detach() for value in state)
        loss = cross_entropy(model.readout(output).flatten(0, 1), part[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


def wanted(numbers: Tensor, alphabet: list[str]) -> dict[str, Tensor]:
    """For each character read: whether a quotation is open, and how far along the line we are, (seq,)."""
    places = torch.arange(1, len(numbers) + 1)
    broken = torch.where(numbers == alphabet.index("\n"), places, 0).cummax(dim=0).values
    return {"inside": (numbers == alphabet.index('"')).cumsum(dim=0) % 2, "place": places - broken}


def correlation(values: Tensor, target: Tensor) -> Tensor:
    """Of each column of values, (seq, n), with the target, (seq,). A column that does not move has none: 0."""
    values, target = (part - part.mean(dim=0) for part in (values.double(), target.double()))
    return target @ values / (values.norm(dim=0) * target.norm()).clamp(min=1e-12)


def best_of(seen: dict, marks: dict, name: str) -> tuple[float, int]:
    """How much the column that correlates most on the first text does on the second, and which it is."""
    column = correlation(seen["search"], marks["search"][name]).abs().argmax().item()
    return correlation(seen["test"], marks["test"][name])[column].abs().item(), column


def probed(seen: dict, marks: dict, name: str, *, ridge=1e-3) -> float:
    """The best mixture of the columns by least squares on the first text, and how much it correlates on the second.

    ridge : how strongly large weights are avoided, per character. Without it, columns that hardly move get huge ones.
    """
    mean, scale = seen["search"].mean(dim=0), seen["search"].std(dim=0).clamp(min=1e-3)
    values = {text: (seen[text] - mean) / scale for text in seen}
    target = marks["search"][name].double()
    squares = values["search"].T @ values["search"] + ridge * len(target) * torch.eye(UNITS, dtype=torch.float64)
    weights = torch.linalg.solve(squares, values["search"].T @ (target - target.mean()))
    return correlation(values["test"] @ weights[:, None], marks["test"][name]).item()


def hold_each(model, x: Tensor, held: Tensor, due: Tensor, mark: int) -> tuple[Tensor, Tensor]:
    """The mean probability of the quotation mark where one is due, and the bits per character, with c of one unit
    held: for each unit, (units,), and at the end for nothing held."""
    closing, bits, came = [], [], x[0, 1:].argmax(dim=1)
    for units in torch.arange(UNITS + 1).split(TOGETHER):
        clamp = torch.full((len(units), x.shape[1], UNITS), torch.nan)
        for copy, unit in enumerate(units[units < UNITS]):
            clamp[copy, :, unit] = held[unit]
        with torch.no_grad():
            h = sm.record(model.rnn, x.expand(len(units), -1, -1), clamp={"c": clamp}).h.float()
            logs = model.readout(h).log_softmax(dim=-1)[:, :-1]
        closing.append(logs[:, due, mark].exp().mean(dim=1))
        bits.append(-logs[:, torch.arange(len(came)), came].mean(dim=1) / log(2))
    return torch.cat(closing), torch.cat(bits)


def unit_search(seed: int) -> dict:
    """Train one model, search its units for the quotation and for the place in the line, and hold each of them."""
    texts, alphabet = read_texts()
    size, mark = len(alphabet), alphabet.index('"')
    full = {name: wanted(texts[name], alphabet) for name in ("search", "test")}
    marks = {name: {what: target[WARM:] for what, target in targets.items()} for name, targets in full.items()}
    x = {name: one_hot(texts[name], size).float()[None] for name in marks}

    def record_c():
        return {name: sm.record(model.rnn, x[name]).c[0, WARM:].double() for name in marks}

    model = start(seed, size)
    untrained = {name: c.tanh() for name, c in record_c().items()}
    train(model, texts["train"])
    c = record_c()
    seen = {name: c[name].tanh() for name in marks}
    with torch.no_grad():
        row = {"bits": cross_entropy(model(x["test"])[0, :-1], texts["test"][1:]).item() / log(2)}
    mix = torch.randn(UNITS, UNITS, generator=Generator().manual_seed(seed), dtype=torch.float64)
    scale = seen["search"].std(dim=0).clamp(min=1e-3)
    random = {name: seen[name] / scale @ mix for name in marks}
    for name in ("place", "inside"):
        row[f"{name}_unit"], unit = best_of(seen, marks, name)
        row[f"{name}_random"], _ = best_of(random, marks, name)
        row[f"{name}_untrained"], _ = best_of(untrained, marks, name)
        row[f"{name}_probe"] = probed(seen, marks, name)
        row[f"{name}_c_probe"] = probed(c, marks, name)
        row[f"{name}_untrained_probe"] = probed(untrained, marks, name)
    row["still"] = (seen["test"].std(dim=0) < 0.05).sum().item()
    due = ((texts["test"][1:] == mark) & (full["test"]["inside"][:-1] == 1))[: HELD - 1]
    due[:WARM] = False
    held = c["search"][marks["search"]["inside"] == 0].median(dim=0).values
    closing, bits = hold_each(model, x["test"][:, :HELD], held, due, mark)
    breaks = closing[:UNITS].argmin().item()
    others = torch.cat([closing[:unit], closing[unit + 1 : UNITS]])
    row |= {"due": due.sum().item(), "free_bits": bits[UNITS].item()}
    row |= {"closing": closing[UNITS].item(), "closing_unit_held": closing[unit].item()}
    row |= {"closing_other_held": others.mean().item(), "others_harm": (others < closing[UNITS] - 0.1).sum().item()}
    row |= {"needed_closing": closing[breaks].item(), "needed_bits": bits[breaks].item()}
    row["needed_inside"] = correlation(seen["test"], marks["test"]["inside"])[breaks].abs().item()
    return row


EXPERIMENTS = {
    "story_units": (
        unit_search,
        [(seed,) for seed in range(10)],
        "correlation of tanh(c) with the open quotation and with the place in the line: best unit, best random "
        "direction, linear probe (and one of c), and unit and probe before training; all chosen or fitted on one "
        "text and scored on another. Units that hardly move (standard deviation of tanh(c) below 0.05). "
        "Probability of the mark where one closes: free, with the best unit's c held at its median outside, with "
        "each other's (mean, and how many cost more than 0.1). The unit without which it is lowest: that "
        "probability, bits per character, its correlation",
    )
}
