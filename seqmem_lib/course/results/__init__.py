"""Tables of many runs, measured beforehand by `make results`, and a small trained reader of reviews."""

from pathlib import Path

import pandas as pd

from ...arguments import check_text

RESULTS = Path(__file__).parent


def load_results(name: str) -> pd.DataFrame:
    """A table of this folder, measured beforehand by `make results`; its first lines say how.

    Raises FileNotFoundError if there is no such table, TypeError if name is no text.

    >>> claims = sm.load_results("claims")
    >>> list(claims.columns)
    ['notebook', 'section', 'claim', 'who', 'measured', 'verdict']
    """
    known = {file.stem: file for file in sorted(RESULTS.glob("*.csv"))}
    if check_text("name", name) not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise FileNotFoundError(f"name={name!r} is not one of the tables, which are {names}")
    return pd.read_csv(known[name], comment="#")
