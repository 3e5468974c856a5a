"""TOP-ReID fills a missing modality as its variant can."""


def test_the_filling_is_that_of_the_variant(tiny, work):
    rows = [{"method": "topreid", "variant": "tpm", "label": "topreid"}]
    record = tiny.execute(tiny.plan("topreid", runs=rows, schedule__epochs=1, profile__throughput=False), work)
    assert record.missing_filling == "zeros"
