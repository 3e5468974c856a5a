from benchmarks.captions.annotators.base import Usage
from benchmarks.captions.annotators.outcomes import Tally
from harness.captions.progress import CaptionProgress


def show(capsys, quiet):
    with CaptionProgress(quiet) as progress:
        for done in range(1, 41):
            progress(Tally("a", "1", images=40, done=done - done // 40, failed=done // 40, usage=Usage(1000 * done, 5, 0.25)))
    return capsys.readouterr()


def test_a_line_at_each_tenth_where_there_is_no_terminal(capsys):
    lines = show(capsys, quiet=False)
    assert lines.out == ""
    assert len(lines.err.splitlines()) == 10
    assert lines.err.splitlines()[0] == "a: 4 of 40 images, 4,005 tokens, cost 0.25"
    assert lines.err.splitlines()[-1] == "a: 40 of 40 images, 1 failed, 40,005 tokens, cost 0.25"


def test_quiet_shows_nothing_without_a_terminal(capsys):
    assert show(capsys, quiet=True).err == ""


def test_a_terminal_shows_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    shown = show(capsys, quiet=True).err
    assert "a" in shown and "40/40" in shown
