"""The checks of notebook 06."""

from collections.abc import Callable

import torch

from ...layers import turn
from ...texts.vocabulary import segment
from ..judge import fixed_numbers, judge, say


def longest_match(attempt: Callable) -> None:
    """Check `longest_match(text, words)`, which cuts a text into the longest words that fit, from left to right."""
    words = {"十", "十分", "分钟", "我们", "等", "电影", "电影院", "院"}

    def shortest(text):
        tokens = []
        while text:
            size = next((size for size in range(1, len(text) + 1) if text[:size] in words), 1)
            tokens.append(text[:size])
            text = text[size:]
        return tokens

    def from_the_right(text):
        tokens = []
        while text:
            size = max(size for size in range(1, len(text) + 1) if size == 1 or text[-size:] in words)
            tokens.insert(0, text[-size:])
            text = text[:-size]
        return tokens

    slips = {
        "take the longest word that fits, not the shortest": shortest,
        "begin at the left": from_the_right,
        "where no word fits, keep the character as a token": lambda text: [
            t for t in segment(text, words) if t in words
        ],
        "one character is left over at a time, not all of the rest": lambda text: _rest_together(
            segment(text, words), words
        ),
    }

    def verdict() -> str:
        for text in ("我们等", "我们等十分钟", "她等电影院", "天天天等", ""):
            answer, right = attempt(text, set(words)), segment(text, words)
            if answer is None or answer is ...:
                return "not attempted yet."
            if isinstance(answer, tuple | list) and list(answer) == right:
                continue
            if not (isinstance(answer, tuple | list) and all(isinstance(token, str) for token in answer)):
                return "not yet. Return a list of strings."
            hint = next((hint for hint, way in slips.items() if list(answer) == way(text)), None)
            shown = " · ".join(right) or "an empty list"
            return f"not yet. Hint: {hint}." if hint else f"not yet. {text!r} should give {shown}."
        return "correct."

    say(attempt, verdict)


def _rest_together(tokens: list[str], words: set[str]) -> list[str]:
    joined = []
    for token in tokens:
        if joined and token not in words and joined[-1] not in words:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def _padded():
    """Outputs of three sequences, of which the padding is not zero, and their lengths."""
    return torch.randn(3, 5, 2), torch.tensor([5, 2, 3])


@fixed_numbers
def at_last_word(attempt: Callable) -> None:
    """Check `at_last_word(output, lengths)`: the output at the last word of each padded sequence."""
    output, lengths = _padded()
    row = torch.arange(3)
    slips = {
        "that is the last step, which may be padding": [lambda output, lengths: output[:, -1]],
        "steps are counted from 0, so the last of n words is at n - 1": [
            lambda output, lengths: output[row, lengths.clamp(max=output.shape[1] - 1)]
        ],
        "that is the first word": [lambda output, lengths: output[:, 0]],
        "choose one step for each sequence: index with torch.arange(batch) too": [
            lambda output, lengths: output[:, lengths - 1]
        ],
    }
    judge(attempt, [("three sequences", (output, lengths), output[row, lengths - 1])], slips, "(batch, features)")


@fixed_numbers
def mean_of_words(attempt: Callable) -> None:
    """Check `mean_of_words(output, lengths)`: the mean of the output over the words of each padded sequence."""
    output, lengths = _padded()
    real = (torch.arange(5) < lengths[:, None])[..., None]
    right = (output * real).sum(dim=1) / lengths[:, None]
    slips = {
        "that is the mean over all steps, the padding with them": [lambda output, lengths: output.mean(dim=1)],
        "leave the padding out of the sum too": [lambda output, lengths: output.sum(dim=1) / lengths[:, None]],
        "divide by the number of words, not by the number of steps": [
            lambda output, lengths: (output * real).mean(dim=1)
        ],
        "that is the sum: divide by the number of words": [lambda output, lengths: (output * real).sum(dim=1)],
    }
    judge(attempt, [("three sequences", (output, lengths), right)], slips, "(batch, features)")


@fixed_numbers
def turn_around(attempt: Callable) -> None:
    """Check `turn_around(x, lengths)`: each padded sequence from its last word to its first, padding behind it."""
    x, lengths = _padded()
    real = torch.arange(5) < lengths[:, None]
    x = x * real[..., None]
    slips = {
        "that brings the padding to the front": [lambda x, lengths: x.flip(1)],
        "that turns the features around, too or instead": [
            lambda x, lengths: x.flip(-1),
            lambda x, lengths: turn(x, real).flip(-1),
        ],
        "that turns the order of the sequences around": [lambda x, lengths: x.flip(0)],
        "that is x as it was": [lambda x, lengths: x],
    }
    judge(attempt, [("three sequences", (x, lengths), turn(x, real))], slips, "(batch, seq, features)")
