"""The Large Movie Review Dataset, downloaded once and verified."""

import errno
import gzip
import json
import logging
import os
import re
import tarfile
import warnings
import zlib
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pandas as pd
import pooch
from requests import RequestException  # of the library that pooch downloads with

from ...arguments import check_path, true_or_false
from ...texts.files import LABELS, SPLITS, read_reviews

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
PER_CLASS = 12_500  # reviews in each of train/neg, train/pos, test/neg and test/pos
MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")


def load_imdb(*, cache: str | os.PathLike | None = None, progress: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The Large Movie Review Dataset: (train, test), 25,000 reviews each, half of them positive.

    cache : the folder that keeps the download; the one of your system for this user if omitted
    progress : show a bar while it downloads

    The columns are text (as published, with each `<br />` turned into a space) and label (0 negative, 1 positive). The
    order is always the same: the first negative review, the first positive, the second negative, and so on, by the
    number in the name of its file. Neighbours are often about the same film, so shuffle before training.

    The first call downloads 84 MB from the authors' site, checks them, and keeps them with a quicker copy (110 MB in
    all). Nothing is downloaded if the environment variable SEQMEM_DATA is set. It then names one of these:
        a folder with train.csv.gz and test.csv.gz (or .csv), which `load_reviews` can read
        the archive aclImdb_v1.tar.gz, or the folder aclImdb that was extracted from it
        a .csv or .csv.gz file which `load_reviews` can read, with a third column split that says train or test

    Raises ConnectionError if the archive cannot be downloaded, OSError if the cache cannot hold it, ValueError or
    FileNotFoundError if what SEQMEM_DATA names is something else, TypeError if cache is no path, ValueError if progress
    is not True or False. Warns if only the quicker copy cannot be kept.
    Source: Maas et al., 2011, https://ai.stanford.edu/~amaas/data/sentiment/
    """
    true_or_false("progress", progress)
    cache = pooch.os_cache("seqmem") if cache is None else check_path("cache", cache)
    named = os.environ.get("SEQMEM_DATA")
    tables = _read_named(Path(named).expanduser()) if named else _read_cached(Path(cache).expanduser(), progress)
    return tuple(_in_turns(tables[split]) for split in SPLITS)


def _in_turns(table: pd.DataFrame) -> pd.DataFrame:
    """Negative and positive in turns, so that the first thousand are balanced too."""
    table = table.assign(text=table["text"].str.replace("<br />", " ", regex=False))
    table["turn"] = table.groupby("label").cumcount()
    return table.sort_values(["turn", "label"], ignore_index=True)[["text", "label"]]


def _read_named(path: Path) -> dict[str, pd.DataFrame]:
    """What SEQMEM_DATA names, as train and test."""
    found = "is another kind of file" if path.exists() else "does not exist"
    if path.is_dir():
        files = {split: path / f"{split}.csv.gz" for split in SPLITS}
        files = {split: file if file.exists() else file.with_suffix("") for split, file in files.items()}
        if all(file.exists() for file in files.values()):
            return {split: read_reviews("SEQMEM_DATA", file) for split, file in files.items()}
        for folder in (path, path / "aclImdb"):
            if (folder / "train").is_dir():
                return _by_split(folder, _files(folder))
        found = f"holds {', '.join(sorted(file.name for file in path.iterdir())[:5]) or 'nothing'}"
    elif path.name.endswith((".csv", ".csv.gz")) and path.exists():
        return {split: read_reviews("SEQMEM_DATA", path, split=split) for split in SPLITS}
    elif path.name.endswith(".tar.gz") and path.exists():
        if pooch.file_hash(str(path), alg="md5") == MD5:
            return _by_split(path, _members(path))
        found = f"is not the published archive, or not all of it (its md5 is not {MD5})"
    raise (ValueError if path.exists() else FileNotFoundError)(
        f"SEQMEM_DATA={str(path)!r} {found}: name a folder with train.csv.gz and test.csv.gz, the archive "
        "aclImdb_v1.tar.gz, the folder aclImdb extracted from it, or a .csv.gz file with the columns text, label, split"
    )


def _read_cached(folder: Path, progress: bool) -> dict[str, pd.DataFrame]:
    """From the quicker copy, or else from the archive, downloaded if it is not there whole."""
    copy = folder / "aclImdb_v1.json.gz"
    try:
        with gzip.open(copy, "rt", encoding="utf-8") as file:
            kept = json.load(file)  # to the end, where gzip compares its checksum
        if kept["md5"] == MD5:
            return {split: pd.DataFrame(kept[split]) for split in SPLITS}
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        pass  # it is not there or damaged, and will be made again
    archive = _download(folder, progress)
    tables = _by_split(archive, _members(archive))
    part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        with gzip.open(part, "wt", encoding="utf-8", compresslevel=1) as file:
            json.dump({"md5": MD5} | {split: tables[split].to_dict("list") for split in SPLITS}, file)
        part.replace(copy)
    except OSError as error:
        warnings.warn(f"the next load will be slow, because {folder} takes no more: {error.strerror}", stacklevel=3)
    finally:
        part.unlink(missing_ok=True)
    return tables


def _download(folder: Path, progress: bool) -> Path:
    """The archive. pooch writes it under another name, and gives it its own once its checksum is right."""
    name = "aclImdb_v1.tar.gz"
    advice = f"connect to the internet and call again, or put {name} into {folder}, or name it in SEQMEM_DATA"
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)  # it would print where your cache is
    try:
        downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=1 << 16)
        return Path(pooch.retrieve(URL, f"md5:{MD5}", name, folder, downloader=downloader))
    except RequestException as error:
        answer = getattr(error.response, "status_code", None)
        reason = type(error).__name__ if answer is None else f"it answered {answer}"
        raise ConnectionError(f"the reviews cannot be downloaded from {URL} ({reason}): {advice}") from error
    except ValueError as error:  # of pooch, which has deleted the file
        raise ConnectionError(f"{URL} did not send the published archive (its md5 differs): {advice}") from error
    except OSError as error:
        cause = error.__cause__ or error  # pooch wraps some
        reason = "the disk is full" if cause.errno == errno.ENOSPC else cause.strerror
        raise OSError(cause.errno, f"{folder} cannot hold 84 MB of reviews ({reason}): name another cache") from error
    finally:
        logger.setLevel(level)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each review. Nothing is extracted, so no name or link in the archive can lead anywhere."""
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                if member.isfile() and MEMBER.fullmatch(member.name):
                    yield member.name, tar.extractfile(member).read()
    except tarfile.TarError as error:
        raise ValueError(f"{str(archive)!r} cannot be read as a tar.gz archive: delete it and call again") from error


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for split, sign in product(SPLITS, ("neg", "pos")):
        for file in (folder / split / sign).glob("*.txt"):
            yield f"aclImdb/{split}/{sign}/{file.name}", file.read_bytes()


def _by_split(source: Path, items: Iterable[tuple[str, bytes]]) -> dict[str, pd.DataFrame]:
    """Name and content of each review, in any order -> train and test, in the order of label and number."""
    texts = {}
    for name, content in items:
        if match := MEMBER.fullmatch(name):
            split, label, number = match.groups()
            try:
                texts[split, LABELS[label], int(number)] = content.decode("utf-8")
            except UnicodeDecodeError:
                raise ValueError(f"{str(source)!r} is damaged: {name} is not UTF-8; extract it again") from None
    tables = {}
    for split in SPLITS:
        rows = [(texts[key], key[1]) for key in sorted(texts) if key[0] == split]
        tables[split] = pd.DataFrame(rows, columns=["text", "label"])
        for label, name in enumerate(("neg", "pos")):
            count = int((tables[split]["label"] == label).sum())
            if count != PER_CLASS:
                raise ValueError(
                    f"{str(source)!r} holds {count:,} reviews in {split}/{name}, but {PER_CLASS:,} were published: "
                    "delete it, and download or extract it again"
                )
    return tables
