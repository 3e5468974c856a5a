import dataclasses

import numpy as np
import pytest
import torch
from folders.helpers import PERSONS, load, small
from PIL import Image

from benchmarks import loading
from benchmarks.base import Benchmark, Facts, Sample, Split
from benchmarks.common import randomness
from benchmarks.common.errors import ImageError, InputError
from benchmarks.common.settings import parse
from benchmarks.conditions import Condition, Degradation
from benchmarks.degradations import degrade
from benchmarks.loading import DataSettings, TripletDataset, train_loader, training_labels
from benchmarks.protocol import Protocol
from benchmarks.rgbnt201 import Rgbnt201
from benchmarks.transforms import Augmentation, Resizing, augment, normalise

SIZE = (16, 8)
PUBLISHED = Augmentation()
NOT_AUGMENTED = {"flip_probability": 0, "pad": 0, "erase_probability": 0}


class Reader:
    """Images of another size than the network's, different in every sample and modality."""

    def __call__(self, index):
        rng = np.random.default_rng(index)
        return [rng.integers(0, 256, (20 + m, 10, 3), dtype=np.uint8) for m in range(3)]


def make_split(identities, captions=True):
    samples = tuple(
        Sample(
            f"{i:03d}.jpg",
            identity,
            i % 3,
            i % 5,
            tuple((f"{m} {i}.",) for m in "RNT") if captions else None,
        )
        for i, identity in enumerate(identities)
    )
    return Split(samples, Reader())


TRAIN = make_split([30] * 4 + [10] * 5 + [20] * 6 + [50] * 4)
TEST = make_split([7, 7, 8, 8, 9], captions=False)


@pytest.fixture
def benchmark():
    return Benchmark(Facts("toy", "person", 4, 3, SIZE, Protocol.CAMERA), TRAIN, TEST, TEST)


def settings(**changes):
    return DataSettings.model_validate({"identities_per_batch": 2, "images_per_identity": 2, "test_batch": 2, **changes})


def equal(one, two):
    """Whether two batches hold the same in every field."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if not (torch.equal(a, b) if torch.is_tensor(a) else a == b):
            return False
    return True


def epochs(benchmark, workers, count=2):
    loader = train_loader(benchmark, settings(workers=workers), seed=3)
    batches = []
    for epoch in range(count):
        loader.batch_sampler.set_epoch(epoch)
        batches += list(loader)
    return batches


def test_a_training_batch_holds_what_the_split_holds(benchmark):
    labels = {10: 0, 20: 1, 30: 2, 50: 3}
    for batch in epochs(benchmark, 0, count=1):
        assert batch.images.shape == (4, 3, 3, *SIZE)
        assert batch.images.dtype == torch.float32
        assert batch.present.all()
        assert batch.present.shape == (4, 3)
        for row in range(4):
            sample = TRAIN.samples[batch.index[row]]
            assert batch.identity[row] == labels[sample.identity]
            assert batch.camera[row] == sample.camera
            assert batch.scene[row] == sample.scene
            assert batch.captions[row] == sample.captions
        for name in ("identity", "camera", "scene", "index", "draw"):
            assert getattr(batch, name).dtype == torch.int64


def test_images_are_resized_and_augmented_by_the_key_of_sample_and_epoch(benchmark):
    for epoch, batch in enumerate(epochs(benchmark, 0)[:: len(train_loader(benchmark, settings(), seed=3))]):
        for row in range(4):
            position = int(batch.index[row])
            key = int(randomness.mix(randomness.stream("sample"), 3, epoch, position) >> np.uint64(1))
            assert batch.draw[row] == key
            images = Resizing(SIZE, "bicubic")(Reader()(position))
            np.testing.assert_array_equal(batch.images[row].numpy(), augment(images, PUBLISHED, key))


def test_worker_processes_change_nothing(benchmark):
    alone, helped = epochs(benchmark, 0), epochs(benchmark, 2)
    assert len(alone) == len(helped) >= 6
    assert all(equal(one, two) for one, two in zip(alone, helped, strict=True))


def test_epochs_and_seeds_draw_differently(benchmark):
    batches = epochs(benchmark, 0)
    half = len(batches) // 2
    assert not equal(batches[0], batches[half])
    assert equal(batches[0], epochs(benchmark, 0, count=1)[0])
    other = next(iter(train_loader(benchmark, settings(), seed=4)))
    assert not equal(batches[0], other)
    assert not set(batches[0].draw.tolist()) & set(batches[half].draw.tolist())


def test_test_batches_are_the_split_in_order_without_augmentation():
    loader = loading.test_loader(TEST, SIZE, settings())
    batches = list(loader)
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert torch.cat([batch.index for batch in batches]).tolist() == list(range(5))
    assert torch.cat([batch.identity for batch in batches]).tolist() == [7, 7, 8, 8, 9]
    pixels = torch.cat([batch.images for batch in batches])
    for position in range(5):
        expected = normalise(Resizing(SIZE, "bilinear")(Reader()(position)))
        np.testing.assert_array_equal(pixels[position].numpy(), expected)
    helped = list(loading.test_loader(TEST, SIZE, settings(workers=2)))
    assert all(equal(one, two) for one, two in zip(batches, helped, strict=True))


def test_resizing_is_what_is_set_for_training_and_test(benchmark):
    changed = settings(
        augmentation={**NOT_AUGMENTED, "train_resize": "bilinear", "test_resize": "bicubic"},
    )
    batch = next(iter(train_loader(benchmark, changed, seed=0)))
    expected = normalise(Resizing(SIZE, "bilinear")(Reader()(int(batch.index[0]))))
    np.testing.assert_array_equal(batch.images[0].numpy(), expected)
    batch = next(iter(loading.test_loader(TEST, SIZE, changed)))
    np.testing.assert_array_equal(batch.images[1].numpy(), normalise(Resizing(SIZE, "bicubic")(Reader()(1))))


def test_a_look_at_the_training_split_has_images_as_at_test_and_labels_as_in_training(benchmark, tmp_path):
    state = torch.get_rng_state()
    batches = list(loading.survey_loader(benchmark, settings(), tmp_path))
    assert torch.equal(torch.get_rng_state(), state)
    assert [len(batch) for batch in batches] == [4, 4, 4, 4, 3]  # whatever the size of test batches
    tested = list(loading.test_loader(TRAIN, SIZE, settings(test_batch=4)))
    for batch, plain in zip(batches, tested, strict=True):
        assert torch.equal(batch.images, plain.images)
        assert torch.equal(batch.index, plain.index)
    assert torch.cat([batch.identity for batch in batches]).tolist() == [2] * 4 + [0] * 5 + [1] * 6 + [3] * 4


def test_a_look_at_the_training_split_sees_what_training_sees_and_nothing_of_the_test(benchmark, tmp_path):
    data = settings(train_missing=("NIR",), test_missing=("TIR",), test_degraded=("RGB:noise:3",), shuffle_train_labels=True)
    batches = list(loading.survey_loader(benchmark, data, tmp_path))
    plain = torch.cat([batch.images for batch in loading.survey_loader(benchmark, settings(), tmp_path)])
    images, present = (torch.cat([getattr(batch, name) for batch in batches]) for name in ("images", "present"))
    assert torch.equal(images[:, [0, 2]], plain[:, [0, 2]])
    assert not images[:, 1].any()
    assert present.tolist() == [[True, False, True]] * 19
    assert torch.cat([batch.identity for batch in batches]).tolist() == training_labels(TRAIN, shuffled=True)


def test_one_method_for_both_makes_training_and_test_equal(benchmark):
    same = settings(
        augmentation={**NOT_AUGMENTED, "train_resize": "bilinear", "test_resize": "bilinear"},
    )
    tested = torch.cat([batch.images for batch in loading.test_loader(TRAIN, SIZE, same)])
    for batch in train_loader(benchmark, same, seed=0):
        assert torch.equal(batch.images, tested[batch.index])
    published = settings(augmentation=NOT_AUGMENTED)
    batch = next(iter(train_loader(benchmark, published, seed=0)))
    assert not torch.equal(batch.images, tested[batch.index])


def test_the_aspect_is_kept_on_request_in_training_and_at_test(benchmark):
    """The images are 20 to 22 x 10 pixels and the network's 16 x 8: 8 wide and 16 high, or 7 wide with a black column."""
    data = settings(augmentation={**NOT_AUGMENTED, "train_resize": "bilinear", "aspect": "pad"})
    batches = [next(iter(train_loader(benchmark, data, seed=0))), next(iter(loading.test_loader(TRAIN, SIZE, data)))]
    for batch in batches:
        for row, position in enumerate(batch.index.tolist()):
            for image, pixels in zip(Reader()(position), batch.images[row], strict=True):
                wide = round(10 * 16 / image.shape[0])
                plain = np.asarray(Image.fromarray(image).resize((wide, 16), Image.Resampling.BILINEAR))
                left = round((8 - wide) / 2)
                expected = np.zeros((16, 8, 3), np.uint8)
                expected[:, left : left + wide] = plain
                np.testing.assert_array_equal(pixels.numpy(), normalise(expected[None])[0])
    assert {round(10 * 16 / (20 + m)) for m in range(3)} == {8, 7}


@dataclasses.dataclass(frozen=True)
class Refusing(Reader):
    """Refuses one sample."""

    position: int
    error: InputError

    def __call__(self, index):
        if index == self.position:
            raise self.error
        return super().__call__(index)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImageError("a.jpg: not a readable image"), "a.jpg: not a readable image (--skip-corrupt leaves such images out)"),
        (InputError("the cache is gone"), "the cache is gone"),
    ],
)
def test_what_cannot_be_read_is_the_users_mistake_in_one_line(benchmark, workers, error, said):
    """Loader processes would put a traceback into the message."""
    split = Split(TRAIN.samples, Refusing(7, error))
    training = train_loader(dataclasses.replace(benchmark, train=split), settings(workers=workers), seed=3)
    for loader in (training, loading.test_loader(split, SIZE, settings(workers=workers))):
        with pytest.raises(InputError) as refused:
            for _ in range(10):
                list(loader)
        assert str(refused.value) == said


@pytest.mark.parametrize("workers", [0, 2])
def test_a_corrupt_file_in_training_is_named(tmp_path, workers):
    folder = small(Rgbnt201, tmp_path)
    path = folder / "train_171" / "NI" / PERSONS["train_171"][5]
    path.write_bytes(path.read_bytes()[:100])
    loader = train_loader(load(Rgbnt201, tmp_path, image_size=SIZE), settings(workers=workers), seed=0)
    with pytest.raises(InputError) as error:
        for _ in range(10):
            list(loader)
    assert str(error.value).startswith(f"{path}: not a readable image (")
    assert "\n" not in str(error.value)
    skipped = load(Rgbnt201, tmp_path, image_size=SIZE, corrupt="skip")
    assert list(train_loader(skipped, settings(workers=workers), seed=0))


def test_batches_have_no_captions_where_one_sample_has_none():
    mixed = Split((TRAIN.samples[0], dataclasses.replace(TRAIN.samples[1], captions=None), *TRAIN.samples[2:4]), Reader())
    first, second = loading.test_loader(mixed, SIZE, settings())
    assert first.captions is None
    assert second.captions == (TRAIN.samples[2].captions, TRAIN.samples[3].captions)


@pytest.mark.parametrize("missing", [("NIR",), ("RGB", "TIR")])
def test_a_missing_modality_is_zeros_and_not_present(benchmark, missing):
    places = [name in missing for name in ("RGB", "NIR", "TIR")]
    trained = next(iter(train_loader(benchmark, settings(train_missing=missing), seed=3)))
    tested = next(iter(loading.test_loader(TEST, SIZE, settings(test_missing=missing))))
    whole = next(iter(train_loader(benchmark, settings(test_missing=missing), seed=3)))
    for batch in (trained, tested):
        assert (batch.images[:, places] == 0).all()
        assert (batch.images[:, ~np.array(places)] != 0).any()
        assert (~batch.present[:, places]).all()
        assert batch.present[:, ~np.array(places)].all()
    kept = ~np.array(places)
    assert torch.equal(trained.images[:, kept], whole.images[:, kept])
    assert whole.present.all()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_degraded_modality_is_present_and_degraded_after_resizing(workers):
    texts = ("NIR:noise:2", "RGB:occlusion:1", "RGB:blur:1")
    loader = loading.test_loader(TEST, SIZE, settings(test_degraded=texts, workers=workers))
    kinds = [Degradation.model_validate(text) for text in ("RGB:occlusion:1", "RGB:blur:1", "NIR:noise:2")]
    for batch in loader:
        assert batch.present.all()
        for row, position in enumerate(batch.index.tolist()):
            images = Resizing(SIZE, "bilinear")(Reader()(position))
            expected = normalise(degrade(images, kinds, TEST.samples[position].name))
            np.testing.assert_array_equal(batch.images[row].numpy(), expected)
            np.testing.assert_array_equal(batch.images[row, 2].numpy(), normalise(images)[2])


def test_training_sees_no_degraded_modality(benchmark):
    batches = [next(iter(train_loader(benchmark, settings(test_degraded=each), seed=3))) for each in ((), ("NIR:blur:3",))]
    assert equal(*batches)


def test_a_condition_takes_the_place_of_what_is_missing_and_degraded():
    given = settings(test_missing=("TIR",), test_degraded=("RGB:blur:1",), test_batch=5)
    found = given.under(Condition.model_validate("missing:RGB/NIR:blur:2"))
    assert found == settings(test_missing=("RGB",), test_degraded=("NIR:blur:2",), test_batch=5)
    assert given.under(Condition()) == settings(test_batch=5)


@pytest.mark.parametrize("missing", [("NIR",), ("RGB", "TIR")])
def test_captions_of_a_missing_modality_are_withheld_or_kept(benchmark, missing):
    trained = next(iter(train_loader(benchmark, settings(train_missing=missing), seed=3)))
    split = make_split([7, 7, 8, 8, 9])
    tested = next(iter(loading.test_loader(split, SIZE, settings(test_missing=missing))))
    kept = next(iter(loading.test_loader(split, SIZE, settings(test_missing=missing, missing_captions="kept"))))
    for batch, of_split in ((trained, TRAIN), (tested, split)):
        for row, position in enumerate(batch.index.tolist()):
            whole = of_split.samples[position].captions
            expected = [() if name in missing else whole[m] for m, name in enumerate(("RGB", "NIR", "TIR"))]
            assert list(batch.captions[row]) == expected
    assert kept.captions == tuple(sample.captions for sample in split.samples[:2])


def test_degradations_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="data: test_degraded.0: unknown kind of degradation 'blurr'; did you mean 'blur'"):
        parse(DataSettings, {"test_degraded": ["NIR:blurr:2"]}, "data")
    with pytest.raises(InputError, match="data: the modality of NIR:blur:2 is missing, so it cannot be degraded"):
        parse(DataSettings, {"test_degraded": ["NIR:blur:2"], "test_missing": ["NIR"]}, "data")
    with pytest.raises(InputError, match="data: test_degraded: a modality has one strength of a kind, not NIR:blur:2 and NIR"):
        parse(DataSettings, {"test_degraded": ["NIR:blur:2", "NIR:blur:1"]}, "data")


def test_all_modalities_missing_is_the_users_mistake(benchmark):
    every = ("TIR", "RGB", "NIR")
    with pytest.raises(InputError, match="all modalities are missing"):
        train_loader(benchmark, settings(train_missing=every), seed=0)
    with pytest.raises(InputError, match="all modalities are missing"):
        loading.test_loader(TEST, SIZE, settings(test_missing=every))


def test_an_unknown_modality_is_answered_with_the_closest():
    with pytest.raises(InputError, match="unknown modality 'NIRR'; did you mean 'NIR'"):
        loading.test_loader(TEST, SIZE, settings(test_missing=("NIRR",)))


def test_labels_are_positions_among_the_sorted_identities():
    assert training_labels(TRAIN, shuffled=False) == [2] * 4 + [0] * 5 + [1] * 6 + [3] * 4


def test_shuffled_labels_are_the_same_labels_on_other_samples(benchmark):
    plain, shuffled = training_labels(TRAIN, shuffled=False), training_labels(TRAIN, shuffled=True)
    assert sorted(plain) == sorted(shuffled)
    assert sum(a != b for a, b in zip(plain, shuffled, strict=True)) > len(plain) / 3
    assert shuffled == training_labels(TRAIN, shuffled=True)
    batch = next(iter(train_loader(benchmark, settings(shuffle_train_labels=True), seed=0)))
    assert batch.identity.tolist() == [shuffled[position] for position in batch.index]
    assert batch.identity.tolist() == np.repeat(batch.identity[::2].tolist(), 2).tolist()


def test_too_few_identities_are_the_users_mistake(benchmark):
    with pytest.raises(InputError, match="4 identities, fewer than the 5"):
        train_loader(benchmark, settings(identities_per_batch=5), seed=0)


def test_a_data_set_takes_plain_positions_as_epoch_0():
    dataset = TripletDataset(TRAIN, [0] * len(TRAIN), SIZE, PUBLISHED, training=True, missing=(), seed=1)
    assert len(dataset) == len(TRAIN)
    plain, keyed = dataset[3], dataset[(0, 3)]
    assert plain.draw == keyed.draw
    np.testing.assert_array_equal(plain.pixels, keyed.pixels)
    assert dataset[(1, 3)].draw != plain.draw
