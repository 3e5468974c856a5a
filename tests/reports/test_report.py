from reports.report import build_report


def test_captions_of_the_same_queries_are_told_once(folder):
    """Two rows with pictures of the same queries: the second shows its pictures without their captions again."""
    work = folder.row("a", 0.5).row("b", 0.6).pictures("a").pictures("b").write()
    (section,) = build_report(work).sections
    first, second = (named.drawing for named in section.drawings if "ranked-lists" in named.name)
    assert first.texts
    assert second.texts == ()
    assert second.png
