"""Windows on another system: what is written and read there as it should not be."""

import io
from contextlib import contextmanager

import pytest


@contextmanager
def as_on_windows():
    """Where no encoding is named, a text is not UTF-8, and where no newline is, lines end in two letters."""
    really = io.open

    def opened(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *others):
        if "b" not in mode:
            encoding = "cp1252" if encoding in (None, "locale") else encoding
            newline = "\r\n" if newline is None and "r" not in mode else newline
        return really(file, mode, buffering, encoding, errors, newline, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", opened)  # which pathlib asks for; `open` is left alone
        yield
