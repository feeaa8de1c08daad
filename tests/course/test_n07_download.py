"""load_imdb(): the right reviews, or one clear sentence and nothing half-written."""

import errno
import gzip
import hashlib
import io
import json
import socket
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pooch
import pytest
import requests

from seqmem_lib.course.n07_imdb import download
from seqmem_lib.course.n07_imdb.download import load_imdb

SPLITS = ("train", "test")
SIGNS = ("neg", "pos")
NAMES = [f"aclImdb/{split}/{sign}/{k}_7.txt" for split in SPLITS for sign in SIGNS for k in (10, 9, 2)]
FILES = {name: f"{name[8:-6]} été<br /><br />„NA“, \x85\r\n" for name in NAMES}
FILES |= {"aclImdb/train/unsup/0_0.txt": "not one of them", "aclImdb/README": "about"}
ORDER = [f"{sign}/{k}" for k in (2, 9, 10) for sign in SIGNS]  # by number, negative and positive in turns
HELP = r"connect to the internet and call again, or put aclImdb_v1\.tar\.gz into .*cache, or name it in SEQMEM_DATA"
WHOLE = {"aclImdb_v1.tar.gz", "aclImdb_v1.json.gz"}


def pack(files, *odd):
    """The bytes of a tar.gz: files first, then members (TarInfo, text) of other kinds."""
    whole = io.BytesIO()
    members = [(tarfile.TarInfo(name), text) for name, text in files.items()]
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        for info, text in [*members, *odd]:
            content = text.encode()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return whole.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, str(target)
    return info, ""


class Site(BaseHTTPRequestHandler):
    """Sends server.body; or only half of it; or an error."""

    def do_GET(self):
        self.server.requests += 1
        body = self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.server.cut else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    monkeypatch.delenv("SEQMEM_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "PER_CLASS", 3)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.requests, server.status, server.cut = 0, 200, False

        def publish(body):
            server.body = body
            monkeypatch.setattr(download, "MD5", hashlib.md5(body).hexdigest())

        server.publish = publish
        publish(pack(FILES))
        monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{server.server_port}/aclImdb_v1.tar.gz")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    """A folder deep inside another, so that what climbs out of it is seen: nothing beside the cache may change."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    before = everything(tmp_path)
    yield tmp_path / "a" / "b" / "cache"
    assert {path: text for path, text in everything(tmp_path).items() if "/b/cache" not in path} == before


def everything(folder):
    return {path.as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def kept(cache):
    return {path.name for path in cache.iterdir()} if cache.exists() else set()


def load(cache=None):
    return load_imdb(cache=cache, progress=False)


def check(tables):
    for split, table in zip(SPLITS, tables, strict=True):
        assert list(table.columns) == ["text", "label"]
        assert table["label"].tolist() == [0, 1, 0, 1, 0, 1]
        assert table["text"].tolist() == [f"{split}/{name} été  „NA“, \x85\r\n" for name in ORDER]
        assert table.index.tolist() == list(range(6))


def test_first_and_second_load(site, cache, capsys, monkeypatch):
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", sys.stderr)
    level = pooch.get_logger().level
    check(load_imdb(cache=str(cache)))
    assert pooch.get_logger().level == level
    assert kept(cache) == WHOLE
    shown = capsys.readouterr()
    assert "100%" in shown.err
    assert str(cache) not in shown.out + shown.err
    check(load(cache))
    assert site.requests == 1
    assert capsys.readouterr().err == ""


def test_the_archive_put_there_by_hand_is_used(site, cache):
    cache.mkdir()
    (cache / "aclImdb_v1.tar.gz").write_bytes(site.body)
    check(load_imdb(cache=cache))
    assert site.requests == 0


def test_a_tilde_is_the_home_folder(site, cache, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(cache.parent))
    check(load("~/cache"))
    assert kept(cache) == WHOLE
    monkeypatch.setenv("SEQMEM_DATA", "~/cache/aclImdb_v1.tar.gz")
    check(load())
    assert site.requests == 1


def test_cut_connection(site, cache):
    site.cut = True
    with pytest.raises(ConnectionError, match=rf"cannot be downloaded from http://127.*: {HELP}"):
        load(cache)
    assert kept(cache) == set()
    site.cut = False
    check(load(cache))
    assert site.requests == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Please log in to this hotel's network</html>", pack({**FILES, "x": "y"})],
    ids=["nothing", "a page", "another archive"],  # the archive holds the time, and workers compare the tests' names
)
def test_wrong_checksum(site, cache, body):
    right, site.body = site.body, body
    with pytest.raises(ConnectionError, match=rf"did not send the published archive \(its md5 differs\): {HELP}"):
        load(cache)
    assert kept(cache) == set()
    site.body = right
    check(load(cache))


@pytest.mark.parametrize("status", [404, 500, 503])
def test_error_of_the_server(site, cache, status):
    site.status = status
    with pytest.raises(ConnectionError, match=rf"\(it answered {status}\): {HELP}"):
        load(cache)
    assert kept(cache) == set()


def test_no_network(site, cache, monkeypatch):
    with socket.socket() as nobody:  # bound, but not listening
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{nobody.getsockname()[1]}/x.tar.gz")
        with pytest.raises(ConnectionError, match=HELP) as caught:
            load(cache)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(cache))


@pytest.mark.parametrize("odd", ["traversal", "absolute", "symlink", "hard link", "device"])
def test_nothing_in_the_archive_leads_out_of_the_cache(site, cache, odd):
    name = "aclImdb/train/pos/11_9.txt"
    secret = cache.parents[2] / "secret.txt"
    site.publish(
        pack(
            FILES,
            {
                "traversal": (tarfile.TarInfo("aclImdb/train/pos/../../../../../../11_9.txt"), "out"),
                "absolute": (tarfile.TarInfo(str(cache.parent / "11_9.txt")), "out"),
                "symlink": link(name, secret),
                "hard link": link(name, "aclImdb/README", tarfile.LNKTYPE),
                "device": link(name, "", tarfile.CHRTYPE),
            }[odd],
        )
    )
    check(load(cache))
    assert kept(cache) == WHOLE


def test_a_link_in_place_of_a_review_is_not_followed(site, cache):
    name = "aclImdb/test/neg/2_7.txt"
    files = {other: text for other, text in FILES.items() if other != name}
    site.publish(pack(files, link(name, cache.parents[2] / "secret.txt")))
    with pytest.raises(ValueError, match="holds 2 reviews in test/neg, but 3 were published: delete it, and download"):
        load(cache)
    assert kept(cache) <= {"aclImdb_v1.tar.gz"}


@pytest.mark.parametrize(
    "body",
    [b"not a tar", gzip.compress(b"not a tar" * 1000), pack(FILES)[:-200]],
    ids=["bytes", "gzip of bytes", "cut off"],  # names that are the same in each process: gzip stores the time
)
def test_a_tar_that_is_not_one(site, cache, body):
    site.publish(body)
    with pytest.raises(ValueError, match=r"aclImdb_v1\.tar\.gz' cannot be read as a tar\.gz archive: delete it"):
        load(cache)
    assert kept(cache) <= {"aclImdb_v1.tar.gz"}


def test_one_class_only(site, cache):
    site.publish(pack({name: text for name, text in FILES.items() if "/pos/" not in name}))
    with pytest.raises(ValueError, match="holds 0 reviews in train/pos"):
        load(cache)


def fail_in_the_middle(error):
    def write(self, url, output_file, pooch):
        with open(output_file, "wb") as file:
            file.write(b"half")
        raise error

    return write


def test_full_disk_while_downloading(site, cache, monkeypatch):
    full = fail_in_the_middle(OSError(errno.ENOSPC, "No space left on device"))
    with monkeypatch.context() as patch:
        patch.setattr(pooch.HTTPDownloader, "__call__", full)
        with pytest.raises(OSError, match=r"cannot hold 84 MB of reviews \(the disk is full\): name another") as caught:
            load(cache)
    assert caught.value.errno == errno.ENOSPC
    assert kept(cache) == set()
    check(load(cache))


def test_interrupted_while_downloading(site, cache, monkeypatch):
    def chunks(self, chunk_size):
        yield self.raw.read(100)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(requests.Response, "iter_content", chunks)
        with pytest.raises(KeyboardInterrupt):
            load(cache)
    assert kept(cache) == set()
    check(load(cache))
    assert site.requests == 2


def test_full_disk_while_writing_the_quicker_copy(site, cache, monkeypatch):
    def dump(data, file):
        file.write("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(download.json, "dump", dump)
        with pytest.warns(UserWarning, match="next load will be slow, because .*cache takes no more: No space left"):
            check(load(cache))
    assert kept(cache) == {"aclImdb_v1.tar.gz"}


def test_interrupted_while_writing_the_quicker_copy(site, cache, monkeypatch):
    def dump(data, file):
        file.write("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download.json, "dump", dump)
        with pytest.raises(KeyboardInterrupt):
            load(cache)
    assert kept(cache) == {"aclImdb_v1.tar.gz"}
    check(load(cache))
    assert kept(cache) == WHOLE
    assert site.requests == 1


def test_a_cache_that_is_a_file(site, tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "cache"):
        with pytest.raises(OSError, match=r"cannot hold 84 MB of reviews \(.+\): name another cache"):
            load(folder)
    assert (tmp_path / "file").read_text() == "mine"
    assert site.requests == 0


def test_a_cache_that_cannot_be_written(site, cache, monkeypatch):
    """As pooch says it: without an errno. (An administrator may write everywhere, so no real folder is tried.)"""
    cache.mkdir()

    def refuse(**_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pooch.utils.tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(PermissionError, match=r"cannot hold 84 MB of reviews \(Permission denied\): name another"):
        load(cache)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def swap(path):
    path.write_bytes(gzip.compress(json.dumps({"md5": "of another archive", "train": {}, "test": {}}).encode()))


@pytest.mark.parametrize("damage", [flip, cut, swap])
def test_damaged_cache(site, cache, damage):
    load(cache)
    damage(cache / "aclImdb_v1.json.gz")
    check(load(cache))
    assert site.requests == 1, "the archive was still good"
    damage(cache / "aclImdb_v1.json.gz")
    damage(cache / "aclImdb_v1.tar.gz")
    check(load(cache))
    assert site.requests == 2
    check(load(cache))
    assert site.requests == 2
    assert kept(cache) == WHOLE


def extract(folder):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def rows(split):
    names = [name for name in NAMES if f"/{split}/" in name]
    names = sorted(names, key=lambda name: int(name.split("/")[-1].split("_")[0]))
    return pd.DataFrame({"text": [FILES[name] for name in names], "label": [name.split("/")[2] for name in names]})


@pytest.mark.parametrize("form", ["csv.gz", "csv", "mixed", "split", "split.gz", "tar", "aclImdb", "above aclImdb"])
def test_every_form_of_seqmem_data(site, tmp_path, monkeypatch, form):
    path = tmp_path / "data"
    path.mkdir()
    if form.startswith("split"):
        path = path / ("imdb.csv.gz" if form.endswith("gz") else "imdb.csv")
        pd.concat([rows(split).assign(split=split) for split in SPLITS]).to_csv(path, index=False)
    elif form == "tar":
        path = path / "aclImdb_v1.tar.gz"
        path.write_bytes(site.body)
    elif "aclImdb" in form:
        path = extract(path) if "above" in form else extract(path) / "aclImdb"
    else:
        rows("train").to_csv(path / f"train.{'csv' if form == 'csv' else 'csv.gz'}", index=False)
        rows("test").to_csv(path / f"test.{'csv.gz' if form == 'csv.gz' else 'csv'}", index=False)
    before = everything(tmp_path)
    monkeypatch.setenv("SEQMEM_DATA", str(path))
    check(load(tmp_path / "cache"))
    assert everything(tmp_path) == before, "nothing is written"
    assert site.requests == 0


def test_seqmem_data_that_is_something_else(site, tmp_path, monkeypatch):
    def complain(path, match, error=ValueError):
        monkeypatch.setenv("SEQMEM_DATA", str(path))
        with pytest.raises(error, match=match):
            load(tmp_path / "cache")

    wanted = r": name a folder with train\.csv\.gz and test\.csv\.gz, the archive aclImdb_v1\.tar\.gz, the folder"
    complain(tmp_path / "gone", f"SEQMEM_DATA='.*gone' does not exist{wanted}", FileNotFoundError)
    complain(tmp_path, f"holds nothing{wanted}")
    (tmp_path / "train.csv").write_text("text,label\na,0\nb,1\n")
    complain(tmp_path, rf"holds train\.csv{wanted}")
    complain(tmp_path / "train.csv", r"SEQMEM_DATA='.*train\.csv': it has no column split")
    (tmp_path / "notes.txt").write_text("mine")
    complain(tmp_path / "notes.txt", f"is another kind of file{wanted}")
    (tmp_path / "aclImdb_v1.tar.gz").write_bytes(site.body[:-1])
    complain(tmp_path / "aclImdb_v1.tar.gz", f"is not the published archive, or not all of it .*{wanted}")
    (tmp_path / "both.csv").write_text("text,label,split\na,0,train\nb,1,dev\n")
    complain(tmp_path / "both.csv", "line 3: split is 'dev', but must be train or test")
    (tmp_path / "test.csv").write_text("text,label\na,0\nb,0\n")
    complain(tmp_path, r"SEQMEM_DATA='.*test\.csv': its 2 reviews are of one class only")
    assert site.requests == 0


def test_an_extracted_folder_with_a_fault(site, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQMEM_DATA", str(extract(tmp_path)))
    file = tmp_path / "aclImdb" / "test" / "pos" / "9_7.txt"
    file.write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"is damaged: aclImdb/test/pos/9_7\.txt is not UTF-8; extract it again"):
        load()
    file.unlink()
    with pytest.raises(ValueError, match="holds 2 reviews in test/pos, but 3 were published"):
        load()
