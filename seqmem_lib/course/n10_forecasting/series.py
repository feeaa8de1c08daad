"""The two real series of notebook 10, as they come with statsmodels: nothing is downloaded."""

import torch
from torch import Tensor

FEATURES = ["unemployment", "inflation", "interest", "growth"]  # what the columns of the second are, in percent


def sunspots() -> tuple[Tensor, Tensor]:
    """Years, (309,), 1700 to 2008, and the yearly mean number of sunspots, (309,), in float64. From the National
    Geophysical Data Center."""
    from statsmodels.datasets import sunspots as data

    table = data.load_pandas().data
    return torch.tensor(table["YEAR"].to_numpy()), torch.tensor(table["SUNACTIVITY"].to_numpy())


def economy() -> tuple[Tensor, Tensor, Tensor]:
    """The United States by quarters, the second of 1959 to the third of 2009: time in years, (202,); FEATURES, (202,
    4), in percent, inflation and growth as rates of a year; and the real gross domestic product, (202,), in billions
    of dollars of 2005. In float64. From the Federal Reserve Bank of St. Louis and the Bureau of Labor Statistics."""
    from statsmodels.datasets import macrodata

    table = macrodata.load_pandas().data
    product = torch.tensor(table["realgdp"].to_numpy())
    growth = 400 * product.log().diff()
    columns = [torch.tensor(table[name].to_numpy())[1:] for name in ("unemp", "infl", "tbilrate")]
    time = torch.tensor((table["year"] + (table["quarter"] - 1) / 4).to_numpy())[1:]
    return time, torch.stack([*columns, growth], dim=1), product[1:]
