"""Ways to cut a text into words that are not the longest match: what the check of the exercise knows to be wrong."""

from ...texts.vocabulary import segment


def fewest(text: str, words: set[str]) -> list[str]:
    """As few tokens as possible; among such cuts the one whose first words are longest."""
    best = [[]]  # of the last characters of the text, none, one, two...
    for start in range(len(text) - 1, -1, -1):
        sizes = [size for size in range(len(text) - start, 0, -1) if size == 1 or text[start : start + size] in words]
        best.append(min(([text[start : start + size], *best[-size]] for size in sizes), key=len))
    return best[-1]


def shortest(text: str, words: set[str]) -> list[str]:
    """At each place the shortest word that fits."""
    tokens = []
    while text:
        size = next((size for size in range(1, len(text) + 1) if text[:size] in words), 1)
        tokens.append(text[:size])
        text = text[size:]
    return tokens


def from_the_right(text: str, words: set[str]) -> list[str]:
    """The longest match, begun at the end of the text."""
    tokens = []
    while text:
        size = max(size for size in range(1, len(text) + 1) if size == 1 or text[-size:] in words)
        tokens.insert(0, text[-size:])
        text = text[:-size]
    return tokens


def without_rest(text: str, words: set[str]) -> list[str]:
    """The longest match, from which the characters that are in no word are left out."""
    return [token for token in segment(text, words) if token in words]


def rest_together(text: str, words: set[str]) -> list[str]:
    """The longest match, in which neighbouring characters that are in no word are one token."""
    joined = []
    for token in segment(text, words):
        if joined and token not in words and joined[-1] not in words:
            joined[-1] += token
        else:
            joined.append(token)
    return joined
