"""Would a test notice? `make mutate` makes small changes to a file, each alone, and shows those that no test saw.

    make mutate ARGS=seqmem_lib/training/train.py                            with its nearest tests (nearest.py)
    make mutate ARGS="seqmem_lib/arguments.py tests/lib/test_bad_input.py"   with these tests
    make mutate ARGS=seqmem_lib/widgets/numbers.js                           JavaScript, too
    make mutate ARGS="--some 20 seqmem_lib/recording.py"                     of twenty changes, drawn by chance

mutmut changes Python, in functions, and Stryker JavaScript; both are installed below build/ when first needed. All
happens in a copy there. Run it again after you wrote a new test: of Python, only what was left is tried once more.
Delete the copy, build/mutation, after you changed an older test: which tests run a function is found out once.

Not counted are changes of a text alone: of a string with a blank in it; nor those of a zip's strict=True, which guards
against a mistake of ours. A change that makes no difference which anyone could see stands in explained.toml, with its
reason. Exits with 1 if more than a tenth of the others was left.

A test makes what it looks at itself: what is made while its file is read, mutmut does not see changed.
"""
