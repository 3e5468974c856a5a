import json
import re
import string

import open_clip
import pytest

from benchmarks.base import Benchmark, Facts, Sample, Split
from benchmarks.captions.corruption import NOISE_WORDS, corrupt_benchmark, corrupt_caption, corrupt_folder
from benchmarks.captions.files import read_captions
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.captions.sentences import split_sentences
from benchmarks.common.errors import InputError
from benchmarks.protocol import Protocol
from benchmarks.synthetic_person import SyntheticPerson, SyntheticPersonSettings
from benchmarks.synthetic_vehicle import SyntheticVehicle, SyntheticVehicleSettings

KEY = ImageKey("train", "NIR", "000030_cam1_1_12.jpg")
CAPTION = (
    "An adult male (possibly a student) seen from the side, in dim lighting.",
    'He is wearing a T-shirt with "dark/black" trousers; shoes: 2 sneakers!',
    "Is  he holding\ta phone?",
)


def cores(text):
    """Words without the punctuation around them."""
    return [word for word in (token.strip(string.punctuation) for token in text.split()) if word]


def changed(before, after):
    pairs = zip(cores(" ".join(before)), cores(" ".join(after)), strict=True)
    return {place for place, (old, new) in enumerate(pairs) if old != new}


@pytest.mark.parametrize("quality", [0.0, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0])
def test_the_stated_share_of_words_stays(quality):
    words = cores(" ".join(CAPTION))
    corrupted = corrupt_caption(CAPTION, KEY, quality)
    assert len(changed(CAPTION, corrupted)) == pytest.approx((1 - quality) * len(words), abs=0.501)
    for place in changed(CAPTION, corrupted):
        assert cores(" ".join(corrupted))[place].lower() in NOISE_WORDS


def test_sentences_punctuation_and_spaces_stay():
    for quality in (0.0, 0.35, 0.7):
        corrupted = corrupt_caption(CAPTION, KEY, quality)
        assert split_sentences(" ".join(corrupted)) == corrupted
        assert len(corrupted) == len(CAPTION)
        for before, after in zip(CAPTION, corrupted, strict=True):
            assert re.findall(r"\s+", before) == re.findall(r"\s+", after)
            assert before[-1] == after[-1]
            assert after[0].isupper()
    gone = corrupt_caption(CAPTION, KEY, 0.0)
    assert re.sub(r"\w+", "w", gone[0]) == "w w w (w w w) w w w w, w w w."


def test_what_is_lost_at_a_high_quality_is_lost_at_a_low_one_too():
    high, middle, low = (corrupt_caption(CAPTION, KEY, quality) for quality in (0.7, 0.35, 0.0))
    assert changed(CAPTION, high) < changed(CAPTION, middle) < changed(CAPTION, low)
    for place in changed(CAPTION, high):
        assert cores(" ".join(high))[place] == cores(" ".join(middle))[place] == cores(" ".join(low))[place]


def test_draws_are_of_the_image_and_the_seed():
    others = [ImageKey("test", "NIR", KEY.item), ImageKey("train", "RGB", KEY.item), ImageKey("train", "NIR", "other.jpg")]
    drawn = [corrupt_caption(CAPTION, key, 0.35) for key in (KEY, *others)]
    drawn.append(corrupt_caption(CAPTION, KEY, 0.35, seed=1))
    assert len(set(drawn)) == len(drawn)
    assert drawn[0] == corrupt_caption(CAPTION, KEY, 0.35, seed=0)
    whole = corrupt_caption((" ".join(CAPTION),), KEY, 0.35)
    assert whole == (" ".join(drawn[0]),), "a text as a whole and in sentences has its words at the same places"


def test_every_word_is_as_likely_to_go_and_every_noise_word_to_come():
    text = ("one two three four five six seven eight nine ten",)
    lost, come = [0] * 10, set()
    for number in range(2000):
        corrupted = corrupt_caption(text, ImageKey("train", "RGB", f"{number}.jpg"), 0.7)
        for place in changed(text, corrupted):
            lost[place] += 1
            come.add(cores(corrupted[0])[place])
    assert all(count == pytest.approx(600, abs=90) for count in lost)
    assert come == set(NOISE_WORDS)


def test_a_text_without_words_stays():
    assert corrupt_caption(("",), KEY, 0.0) == ("",)
    assert corrupt_caption(("... - !",), KEY, 0.0) == ("... - !",)


def test_noise_words_are_different_and_a_token_each():
    tokenizer = open_clip.SimpleTokenizer()
    assert len(set(NOISE_WORDS)) == len(NOISE_WORDS) == 64
    for word in NOISE_WORDS:
        assert len(tokenizer.encode(word)) == len(tokenizer.encode(word.capitalize())) == 1


@pytest.mark.parametrize(
    ("source", "config"), [(SyntheticPerson, SyntheticPersonSettings), (SyntheticVehicle, SyntheticVehicleSettings)]
)
def test_noise_words_say_nothing_of_embedded_objects(source, config):
    made = source.load(config(train_identities=40, train_images=6, test_identities=10, test_images=6), None, None)
    said = {
        word.lower()
        for sample in made.train.samples
        for caption in sample.captions
        for sentence in caption
        for word in re.findall(r"\w+", sentence)
    }
    assert not said & set(NOISE_WORDS)


def test_noise_words_occur_in_no_published_caption(published_captions):
    said = set()
    for path in sorted(published_captions.rglob("*.json")):
        for entry in json.loads(path.read_text("utf-8")):
            said |= set(re.findall(r"\w+", entry["description"].lower()))
    assert len(said) > 1000
    assert not said & set(NOISE_WORDS)


def make_benchmark(captions=True, gallery=False):
    texts = tuple((f"A {m} man walks here.", "He wears a red coat.") for m in ("warm", "pale", "dark"))
    samples = tuple(Sample(f"{number}.jpg", number // 2, 0, 0, texts if captions else None) for number in range(4))
    train, query = Split(samples, int), Split(samples, int)
    return Benchmark(
        Facts("toy", "person", 2, 1, (8, 4), Protocol.CAMERA), train, query, Split(samples[1:], int) if gallery else query
    )


def test_a_benchmark_is_corrupted_in_training_and_at_test():
    clean = make_benchmark()
    noisy = corrupt_benchmark(clean, 0.5)
    for name, split, before in (("train", noisy.train, clean.train), ("test", noisy.query, clean.query)):
        for sample, old in zip(split.samples, before.samples, strict=True):
            for modality, caption, clean_caption in zip(("RGB", "NIR", "TIR"), sample.captions, old.captions, strict=True):
                assert caption == corrupt_caption(clean_caption, ImageKey(name, modality, sample.name), 0.5)
                assert len(changed(clean_caption, caption)) == 5
    assert noisy.gallery is noisy.query
    assert noisy.split_fingerprint == clean.split_fingerprint
    assert noisy.caption_fingerprint != clean.caption_fingerprint


def test_an_image_that_is_query_and_gallery_has_one_caption():
    noisy = corrupt_benchmark(make_benchmark(gallery=True), 0.5)
    assert noisy.gallery.samples == noisy.query.samples[1:]


def test_clean_words_are_the_benchmark_itself():
    clean = make_benchmark()
    assert corrupt_benchmark(clean, 1.0) is clean
    without = make_benchmark(captions=False)
    assert corrupt_benchmark(without, 1.0) is without


def test_without_captions_nothing_can_be_corrupted():
    with pytest.raises(InputError, match="data.word_quality: toy has no captions here"):
        corrupt_benchmark(make_benchmark(captions=False), 0.5)


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "clean"
    found.mkdir()
    for split, suffix in (("train", "RGB"), ("train", "NI"), ("test", "TI")):
        entries = [{"item": f"{n}.jpg", "description": f"A {suffix} man walks. He wears a red coat é."} for n in range(3)]
        (found / f"{split}_{suffix}.json").write_text(json.dumps(entries), "utf-8")
    return found


def test_files_are_corrupted_as_a_benchmark_that_reads_them(folder, tmp_path):
    out = tmp_path / "out"
    written = corrupt_folder(folder, out, 0.35)
    assert [path.name for path in written] == ["train_RGB.json", "train_NI.json", "test_TI.json"]
    for path, (split, modality) in zip(written, (("train", "RGB"), ("train", "NIR"), ("test", "TIR")), strict=True):
        for item, caption in read_captions(folder / path.name).items():
            assert read_captions(path)[item] == corrupt_caption(caption, ImageKey(split, modality, item), 0.35)
    assert corrupt_folder(folder, tmp_path / "more", 0.35, seed=1)[0].read_bytes() != written[0].read_bytes()


def test_full_quality_copies_to_the_byte(folder, tmp_path):
    for path in corrupt_folder(folder, tmp_path / "out", 1.0):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_what_cannot_be_corrupted_is_told_in_a_line(folder, tmp_path):
    with pytest.raises(InputError, match="is the folder that is read"):
        corrupt_folder(folder, folder / "../clean", 0.5)
    with pytest.raises(InputError, match="no caption files; expected some of train_RGB.json"):
        corrupt_folder(tmp_path, tmp_path / "out", 0.5)
    (folder / "test_TI.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="test_TI.json: not a JSON list"):
        corrupt_folder(folder, tmp_path / "out", 0.5)
    assert not (tmp_path / "out").exists()


def test_published_captions_keep_their_sentences(published_captions, tmp_path):
    clean = published_captions / "idea-text" / "rgbnt201"
    for path in corrupt_folder(clean, tmp_path / "out", 0.35):
        before, after = (read_captions(place / path.name) for place in (clean, tmp_path / "out"))
        assert list(before) == list(after)
        assert [len(caption) for caption in before.values()] == [len(caption) for caption in after.values()]
