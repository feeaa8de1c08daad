"""What `make mutate` rests on; that it finds what no test saw, only a run of it can say."""

import tomllib
from itertools import chain

import pytest

from tests.mutation.__main__ import change, is_guard, is_text, main
from tests.mutation.javascript import diff_of
from tests.mutation.nearest import ROOT, nearest
from tests.mutation.python import undecorated
from tests.mutation.tree import drawn_from

SOURCE = '''\
from contextlib import contextmanager

@contextmanager
def given(one):
    """Something."""
    yield one

class Two:
    @property
    def half(self):
        return 1

    @classmethod
    def made(cls): return cls()
'''


@pytest.mark.parametrize("source", [SOURCE, undecorated(SOURCE)])
def test_decorators_that_are_calls_do_the_same(source):
    names = {}
    exec(source, names)
    with names["given"](3) as one:
        assert (one, names["Two"].made().half) == (3, 1)


def test_decorators_become_calls():
    assert "@" not in undecorated(SOURCE).replace("@classmethod", "")
    assert len(undecorated(SOURCE).splitlines()) == len(SOURCE.splitlines()) + 2


def test_the_nearest_tests_are_those_that_use_a_file_or_what_uses_it():
    assert nearest("make.py") == ["tests/test_environment.py", "tests/test_make.py"]
    assert {"tests/lib/widgets.test.mjs", "tests/browser/test_page.py"} <= set(nearest("seqmem_lib/widgets/numbers.js"))
    assert "tests/publish/test_student.py" in nearest("publish/student.py")
    assert {"tests/lib/test_engine.py", "tests/lib/tasks.test.mjs"} <= set(nearest("seqmem_lib/widgets/engine.js"))
    assert {"tests/lib/test_training.py", "tests/lib/test_together.py"} <= set(nearest("seqmem_lib/training/train.py"))
    assert "tests/test_house.py" not in nearest("publish/site/conf.py")


def test_a_change_of_a_text_is_told_from_one_of_code():
    assert is_text('raise ValueError("no seed here")', 'raise ValueError("XXno seed hereXX")')
    assert is_text('say("two words")', 'say("")')
    assert is_text('read("utf-8")', 'read("UTF-8")')
    assert not is_text('read("utf-8")', 'read("XXutf-8XX")')
    assert not is_text('gates["f"]', 'gates["F"]')
    assert not is_text('a = "x" + b + "y"', 'a = "x" - b + "y"')
    assert not is_text('say(f"{k + 1} steps")', 'say(f"{k - 1} steps")')


def test_how_strict_a_zip_is_counts_for_nothing():
    before = "for a, b in zip(map(f, one), two, strict=True):"
    for other in ("strict=False", "strict=None", ""):
        assert is_guard(before, before.replace("strict=True", other))
    twice = "zip(a, zip(b, c, strict=True), strict=True)"
    assert is_guard(twice, "zip(a, zip(b, c, ), strict=True)")
    assert is_guard(twice, "zip(a, zip(b, c, strict=True), )")
    assert not is_guard(before, before.replace("two", "None"))
    assert not is_guard(before, before.replace("f, one", "None, one").replace("strict=True", ""))
    assert not is_guard("zip(a, b, strict=False)", "zip(a, b, strict=True)")
    assert not is_guard("load(state, strict=True)", "load(state, strict=False)")


def test_a_change_is_named_without_its_place():
    location = {"start": {"line": 2, "column": 4}, "end": {"line": 2, "column": 9}}
    diff = diff_of("a\nb\n  c(1 + k);\nd\n", {"location": location, "replacement": "1 - k"})
    assert change(diff) == ("c(1 + k);", "c(1 - k);")
    assert change("# a_name: survived\n--- x.py\n+++ x.py\n@@ -1,2 +1,2 @@\n def f():\n-    a = 1\n+    a = 2") == (
        "a = 1",
        "a = 2",
    )


def test_some_are_drawn_and_the_same_each_time():
    assert drawn_from([*range(9)], 0) == [*range(9)]
    assert sorted(drawn_from([*range(9)], 20)) == [*range(9)]
    assert len(set(drawn_from([*range(9)], 4))) == 4
    assert drawn_from([*range(9)], 4) == drawn_from([*range(9)], 4) != [*range(4)]


def test_a_file_that_is_not_there_is_said_before_anything_is_installed(capsys):
    with pytest.raises(SystemExit):
        main(["seqmem_lib/nothing.py"])
    assert "no such file: seqmem_lib/nothing.py" in capsys.readouterr().err


def test_what_is_explained_still_stands_in_its_file():
    explained = tomllib.loads((ROOT / "tests" / "mutation" / "explained.toml").read_text("utf-8"))
    for file, reasons in explained.items():
        source = " ".join((ROOT / file).read_text("utf-8").split())
        for one in chain(*reasons.values()):
            before, after = one.split(" → ")
            assert before in source, one
            assert after not in source, one
