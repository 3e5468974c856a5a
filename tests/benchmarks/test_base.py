import dataclasses
import hashlib
import pickle

import numpy as np
import pytest

from benchmarks.base import BENCHMARKS, Benchmark, Facts, Sample, Split, hold_out
from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.protocol import Protocol

FACTS = Facts("toy", "person", 3, 2, (8, 4), Protocol.CAMERA)


def read(index):
    return [np.full((2, 2, 3), index, np.uint8)] * 3


def caption(text):
    return tuple((f"{modality} {text}.",) for modality in "RNT")


def make_split(count=6, captions=True, offset=0):
    samples = tuple(
        Sample(f"{i:03d}.jpg", offset + i // 2, i % 2, i % 3, caption(str(i)) if captions else None) for i in range(count)
    )
    return Split(samples, read)


def make_benchmark(**changes):
    test = make_split(offset=100)
    return dataclasses.replace(Benchmark(FACTS, make_split(), test, test), **changes)


def with_sample(split, position, **changes):
    samples = list(split.samples)
    samples[position] = dataclasses.replace(samples[position], **changes)
    return Split(tuple(samples), split.read)


def test_columns_are_those_of_the_samples():
    split = make_split()
    assert len(split) == 6
    assert split.identities.tolist() == [0, 0, 1, 1, 2, 2]
    assert split.cameras.tolist() == [0, 1, 0, 1, 0, 1]
    assert split.scenes.tolist() == [0, 1, 2, 0, 1, 2]
    assert split.identities.dtype == split.cameras.dtype == split.scenes.dtype == np.int64


def test_a_part_keeps_order_samples_and_images():
    part = make_split().take([4, 1, np.int64(2)])
    assert [sample.name for sample in part.samples] == ["004.jpg", "001.jpg", "002.jpg"]
    assert [int(part.read(i)[0][0, 0, 0]) for i in range(3)] == [4, 1, 2]
    again = part.take([2, 0])
    assert [int(again.read(i)[0][0, 0, 0]) for i in range(2)] == [2, 4]


def test_a_part_can_be_sent_to_another_process():
    part = pickle.loads(pickle.dumps(make_split().take([3, 5])))
    assert int(part.read(1)[0][0, 0, 0]) == 5


@pytest.mark.parametrize("together", [True, False])
def test_splits_are_changed_by_their_roles_and_stay_one_where_they_are(together):
    test = make_split()
    benchmark = make_benchmark(query=test, gallery=test if together else make_split())
    told = []

    def shorter(split, role):
        told.append(role)
        return split.take([0, 1])

    changed = benchmark.changed(shorter)
    assert sorted(told) == (["query", "train"] if together else ["gallery", "query", "train"])
    assert (changed.gallery is changed.query) == together
    assert [len(split) for split in (changed.train, changed.query, changed.gallery)] == [2, 2, 2]
    assert len(benchmark.train) > 2 and changed.facts == benchmark.facts


def test_captions_are_there_where_every_sample_has_them():
    assert make_benchmark().has_captions
    for role in ("train", "query", "gallery"):
        lacking = make_benchmark(**{role: with_sample(make_split(), 2, captions=None)})
        assert not lacking.has_captions
        assert lacking.caption_fingerprint == ""


def test_counts_are_by_role():
    benchmark = make_benchmark(gallery=make_split(4, offset=100))
    assert benchmark.counts == {
        "train": {"samples": 6, "identities": 3, "cameras": 2},
        "query": {"samples": 6, "identities": 3, "cameras": 2},
        "gallery": {"samples": 4, "identities": 2, "cameras": 2},
    }


def test_fingerprints_do_not_depend_on_order_or_images():
    benchmark = make_benchmark()
    turned = make_benchmark(train=Split(benchmark.train.samples[::-1], lambda index: []))
    assert turned.split_fingerprint == benchmark.split_fingerprint
    assert turned.caption_fingerprint == benchmark.caption_fingerprint
    assert len(benchmark.split_fingerprint) == len(benchmark.caption_fingerprint) == 64
    assert benchmark.split_fingerprint != benchmark.caption_fingerprint


@pytest.mark.parametrize("role", ["train", "query", "gallery"])
@pytest.mark.parametrize(
    "change", [{"name": "x.jpg"}, {"identity": 7}, {"camera": 7}, {"scene": 7}], ids=lambda c: next(iter(c))
)
def test_the_split_fingerprint_changes_with_every_field(role, change):
    benchmark = make_benchmark()
    changed = dataclasses.replace(benchmark, **{role: with_sample(getattr(benchmark, role), 3, **change)})
    assert changed.split_fingerprint != benchmark.split_fingerprint
    assert (changed.caption_fingerprint != benchmark.caption_fingerprint) == ("name" in change)


def test_the_split_fingerprint_changes_with_the_role():
    benchmark = make_benchmark()
    assert make_benchmark(train=benchmark.query, query=benchmark.train).split_fingerprint != benchmark.split_fingerprint
    fewer = dataclasses.replace(benchmark, gallery=benchmark.gallery.take(range(5)))
    assert fewer.split_fingerprint != benchmark.split_fingerprint


def test_the_caption_fingerprint_changes_with_text_sentences_and_modality():
    benchmark = make_benchmark()
    first = benchmark.train.samples[0].captions
    changed = [
        (("R 0!",), *first[1:]),
        (("R", "0."), *first[1:]),
        (first[1], first[0], first[2]),
    ]
    prints = {
        make_benchmark(train=with_sample(benchmark.train, 0, captions=captions)).caption_fingerprint for captions in changed
    }
    assert len(prints | {benchmark.caption_fingerprint}) == 4
    other = make_benchmark(train=with_sample(benchmark.train, 0, captions=changed[0]))
    assert other.split_fingerprint == benchmark.split_fingerprint


def test_fingerprints_are_the_same_for_ever():
    # Records of finished runs hold these: a change makes every old result another benchmark's.
    def sha(rows):
        return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()

    benchmark = make_benchmark()
    roles = {"train": benchmark.train, "query": benchmark.query, "gallery": benchmark.gallery}
    samples = [(role, s) for role, split in roles.items() for s in split.samples]
    assert benchmark.split_fingerprint == sha(f'["{r}", "{s.name}", {s.identity}, {s.camera}, {s.scene}]' for r, s in samples)
    texts = (
        f'["{r}", "{s.name}", [["{s.captions[0][0]}"], ["{s.captions[1][0]}"], ["{s.captions[2][0]}"]]]' for r, s in samples
    )
    assert benchmark.caption_fingerprint == sha(texts)
    assert benchmark.split_fingerprint.startswith("04d1622939e026c8")


def test_held_out_identities_are_whole_and_leave_the_rest():
    train = make_split(40)
    rest, held = hold_out(train, 5)
    assert len(set(held.identities.tolist())) == 5
    assert len(held) == 10
    assert not set(held.identities.tolist()) & set(rest.identities.tolist())
    names = [sample.name for sample in (*rest.samples, *held.samples)]
    assert sorted(names) == [sample.name for sample in train.samples]
    for part in (rest, held):
        assert [sample.name for sample in part.samples] == sorted(sample.name for sample in part.samples)
        assert int(part.read(0)[0][0, 0, 0]) == int(part.samples[0].name[:3])


def test_what_is_held_out_depends_on_the_identities_alone_and_grows():
    train = make_split(40)
    _, held = hold_out(train, 5)
    turned = train.take(range(39, -1, -1))
    assert set(hold_out(turned, 5)[1].identities.tolist()) == set(held.identities.tolist())
    assert set(held.identities.tolist()) < set(hold_out(train, 8)[1].identities.tolist())
    assert set(held.identities.tolist()) != set(range(5))


@pytest.mark.parametrize("identities", [0, -1, 3, 9])
def test_one_cannot_hold_out_nothing_or_everything(identities):
    with pytest.raises(InputError, match=f"cannot hold out {identities} of 3 training identities; give 1 to 2"):
        hold_out(make_split(), identities)


def test_facts_say_what_a_method_must_know():
    assert FACTS.spec == BatchSpec(3, 2, (8, 4), ("RGB", "NIR", "TIR"), "person")
    assert dataclasses.replace(FACTS, object="vehicle").spec.object == "vehicle"


def test_the_registry_finds_the_benchmarks_of_this_package():
    assert {"rgbnt201", "synthetic_person"} <= set(BENCHMARKS.names())
    with pytest.raises(InputError, match="unknown benchmark 'rgbnt200'; did you mean 'rgbnt201'"):
        BENCHMARKS.get("rgbnt200")


@pytest.mark.parametrize("name", ["rgbnt201", "synthetic_person"])
def test_facts_of_every_benchmark_are_known_without_data(name):
    source = BENCHMARKS.get(name)
    facts = source.facts(source.Config())
    assert facts.name == name
    assert facts.identities > 0
    assert facts.image_size == source.Config().image_size
