"""The two series of notebook 10: what statsmodels holds, in the shapes and units that are promised."""

import torch
from statsmodels.datasets import macrodata
from statsmodels.datasets import sunspots as counted

from seqmem_lib.course.n10_forecasting.series import FEATURES, economy, sunspots


def test_sunspots_are_one_number_a_year():
    years, spots = sunspots()
    assert years.shape == spots.shape == (309,)
    assert years.tolist() == list(range(1700, 2009))
    assert spots.tolist() == counted.load_pandas().data["SUNACTIVITY"].tolist()


def test_the_economy_has_a_row_a_quarter_and_its_growth_is_a_rate_of_a_year():
    time, values, product = economy()
    assert values.shape == (202, len(FEATURES)) == (len(time), 4)
    assert time[0] == 1959.25
    assert (time.diff() == 0.25).all()
    table = macrodata.load_pandas().data
    for name, column in {"unemp": 0, "infl": 1, "tbilrate": 2}.items():
        assert values[:, column].tolist() == table[name].tolist()[1:]
    assert product.tolist() == table["realgdp"].tolist()[1:]
    grown = (product[1:] / product[:-1]) ** 4  # in a year, if each quarter were like this one
    torch.testing.assert_close(values[1:, 3], 100 * grown.log())
    assert values.isfinite().all()
