"""What the check of an exercise says."""


def verdict_on(attempt, check, capsys, *arguments):
    """The one line that it prints."""
    check(attempt, *arguments)
    text = capsys.readouterr().out
    assert text.startswith(f"{getattr(attempt, '__name__', 'your function')}: ")
    assert text.count("\n") == 1
    return text
