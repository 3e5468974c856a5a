import csv

from harness.printed import printed_captions, printed_efficiency, printed_quality, printed_sampling


def test_fig_2_is_there_and_its_totals_are_its_sums():
    rows = {(row.captions, row.modality): row for row in printed_captions()}
    for captions, total in (("NEXT-Text", 559_467), ("IDEA-Text", 507_349)):
        assert rows[captions, "all"].words == total == sum(rows[captions, name].words for name in ("RGB", "NIR", "TIR"))
        mean = sum(rows[captions, name].unknown_rate_percent for name in ("RGB", "NIR", "TIR")) / 3
        assert abs(mean - rows[captions, "all"].unknown_rate_percent) < 0.01
    assert rows["NEXT-Text", "RGB"].mean_words is None


def test_table_v_falls_with_the_quality():
    rows = {(row.captions, row.quality_percent, row.method): row.mAP for row in printed_quality()}
    for method in ("idea", "next"):
        assert rows["NEXT-Text", 35, method] < rows["NEXT-Text", 70, method] < rows["NEXT-Text", 100, method]
    assert len(rows) == 8


def test_fig_6_states_tokens_at_one_probability():
    rows = printed_sampling()
    stated = {row.modality: (row.E1, row.E2, row.E3) for row in rows if row.modality}
    assert stated == {"RGB": (67, 15, 22), "NIR": (62, 68, 100), "TIR": (48, 68, 21)}
    assert [row.keep_probability for row in rows] == [0.6, 0.75, 0.75, 0.75, 0.9]
    assert all(row.E1 is None for row in rows if row.modality is None)


def test_they_are_the_reference_figures(published_reference):
    def read(name):
        with (published_reference / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    figures = [(row["captions"], row["modality"], int(row["word_count"])) for row in read("caption_statistics")]
    assert [(row.captions, row.modality, row.words) for row in printed_captions()] == figures
    table = {
        (row["caption_type"], float(row["quality_percent"]), method.lower()): float(row[f"{method}_mAP"])
        for row in read("caption_quality")
        for method in ("IDEA", "NEXT")
    }
    assert {(row.captions, row.quality_percent, row.method): row.mAP for row in printed_quality()} == table
    sampling = {float(row["probability"]): float(row["mAP"]) for row in read("sampling_probability") if row["figure"] == "6"}
    assert {row.keep_probability: row.mAP for row in printed_sampling()} == sampling


def test_printed_sizes_and_speeds_are_positive_and_of_each_method_once():
    printed = printed_efficiency()
    keys = [(each.benchmark, each.method, each.variant) for each in printed]
    assert len(set(keys)) == len(keys) > 0
    assert all(each.source and each.device for each in printed)
    assert all(min(each.params_M, each.gmacs, each.images_per_second) > 0 for each in printed)
