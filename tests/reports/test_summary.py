from harness.rows import collect
from reports.summary import progress, sentence


def sentence_of(work):
    return sentence(collect(work)[0].benchmarks[0])


def test_best_row_is_named_with_its_resolved_difference(folder):
    text = sentence_of(folder.row("a", 0.5).row("NEXT", 0.65).write())
    assert text.startswith("RGBNT201: NEXT has the highest mAP, ")
    assert "(3 seeds; interval [" in text
    assert "points over “a” (95 % interval [" in text
    assert ": resolved; better on " in text


def test_a_difference_that_is_not_resolved_is_said_so(folder):
    assert ": not resolved; " in sentence_of(folder.row("a", 0.50).row("b", 0.52).write())


def test_the_reference_as_best_row(folder):
    assert sentence_of(folder.row("a", 0.7).row("b", 0.5).write()).endswith(", and is the reference of the table.")
    assert "reference" not in sentence_of(folder.row("a", 0.7, seeds=(0,)).write())


def test_an_unfinished_reference_or_suite_is_said_so(folder):
    assert "the reference “a” is not finished." in sentence_of(folder.row("a", 0.5, finished=()).row("b", 0.5).write())
    work = folder.row("c", 0.5, finished=()).row("d", 0.5, finished=()).write()
    assert sentence_of(work) == "RGBNT201: no run is finished."
    assert progress(collect(work)[0]) == "0 of 6 runs finished."


def test_an_epoch_chosen_on_test_is_flagged(folder):
    text = sentence_of(folder.row("a", 0.5).row("b", 0.6, epoch_rule="best-on-test").write())
    assert text.endswith("Its epoch was chosen on the test set (†).")


def test_a_re_ranked_row_is_flagged(folder):
    text = sentence_of(folder.row("a", 0.5).row("b", 0.6, settings={"evaluation": {"rerank": {"k1": 20}}}).write())
    assert text.endswith("It is re-ranked (§).")
