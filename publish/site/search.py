"""How the search finds Chinese, which has no spaces between its words: by each pair of neighbouring signs."""

import re
from itertools import pairwise

from sphinx.search.en import SearchEnglish

SIGNS = r"\u3400-\u4dbf\u4e00-\u9fff"


def words(text: str) -> list[str]:
    """Of a text: Latin words as they are, and of Chinese each two signs that stand side by side."""
    found = []
    for part in re.findall(rf"[{SIGNS}]+|[^\W{SIGNS}]+", text):
        pairs = ["".join(pair) for pair in pairwise(part)] if re.match(f"[{SIGNS}]", part) else []
        found += pairs or [part]
    return found


class Chinese(SearchEnglish):
    """In the place of Sphinx's own, which finds nothing without a dictionary. A page is found by single signs, too."""

    lang = "zh"
    js_splitter_code = r"""
var splitQuery = (query) => (query.match(/[SIGNS]+|(?:(?![SIGNS])[\p{L}\p{N}_])+/gu) ?? []).flatMap((part) => {
  const pairs = /^[SIGNS]/.test(part) ? [...part].slice(1).map((sign, k) => [...part][k] + sign) : [];
  return pairs.length ? pairs : [part];
});
""".replace("SIGNS", SIGNS)

    def split(self, input: str) -> list[str]:
        return words(input) + re.findall(f"[{SIGNS}]", input)
