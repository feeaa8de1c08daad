"""Write the 500 Chinese reviews that come with the series, as a file of your own would be: `python -m figures.own_reviews`."""

import csv
import io

from torch import Generator

from seqmem_lib.course.n06_reviews.written import OWN_REVIEWS, write_reviews


def own_reviews() -> str:
    """The file: a line each, the text and its label. Some opinions are negated and some granted, fewer than by default:
    a small set must be learnable."""
    reviews = write_reviews(500, negated=0.15, conceded=0.15, generator=Generator().manual_seed(0))
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([("text", "label"), *((one.text, one.label) for one in reviews)])
    return file.getvalue()


if __name__ == "__main__":
    OWN_REVIEWS.write_text(own_reviews(), "utf-8", newline="\n")
