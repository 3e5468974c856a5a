import itertools

import pytest
import torch

from methods.clip import SMALL_BUCKETS, SMALL_VOCABULARY, load_clip
from methods.text import TextEncoder, clip_tokenizer, token_lengths

TEXTS = [
    "A man.",
    "A woman with long hair and a red coat walks beside a blue bicycle in the rain.",
    "She is wearing white shoes. Her bag is black. The street is dark and the picture is blurred by motion.",
    "He holds a bottle.",
    "unknowable due to blur",
    "",
]
LONG = " ".join(f"Sentence number {i} of a very long caption." for i in range(20))


@pytest.fixture(scope="module")
def tower(small):
    torch.manual_seed(0)
    return load_clip(small.BACKBONE, (32, 16)).text


class Store(dict):
    """A store that remembers what it was asked and told."""

    def __init__(self, *args):
        super().__init__(*args)
        self.reads, self.writes = [], []

    def read(self, texts):
        self.reads.append(list(texts))
        return {text: self[text] for text in texts if text in self}

    def write(self, features):
        self.writes.append(sorted(features))
        self.update(features)


@pytest.fixture
def computed(tower, monkeypatch):
    """The texts that were computed, call by call."""
    calls = []
    original = TextEncoder._compute_parts

    def counted(self, texts):
        calls.append(list(texts))
        return original(self, texts)

    monkeypatch.setattr(TextEncoder, "_compute_parts", counted)
    return calls


@torch.no_grad()
def full(tower, text):
    """A text's feature from all 77 tokens."""
    return tower(tower.tokenizer([text]))[0]


@pytest.mark.parametrize("text", [*TEXTS, LONG], ids=range(len(TEXTS) + 1))
def test_a_feature_is_that_of_the_full_context(tower, text):
    torch.testing.assert_close(TextEncoder(tower).encode([text])[0], full(tower, text), atol=1e-5, rtol=0)


@pytest.mark.parametrize("words", [0, 1, 13, 14, 15, 29, 30, 31, 61, 62, 63, 74, 75, 76, 90])
def test_a_feature_is_that_of_the_full_context_at_every_border_of_the_trim(tower, words):
    text = " ".join(["man"] * words)
    encoder = TextEncoder(tower)
    assert encoder.lengths([text]) == [words + 2]
    torch.testing.assert_close(encoder.encode([text])[0], full(tower, text), atol=1e-5, rtol=0)


def test_features_come_in_the_order_of_the_texts(tower):
    encoder = TextEncoder(tower)
    order = [2, 0, 0, 3, 1, 2]
    features = encoder.encode([TEXTS[i] for i in order])
    assert features.shape == (6, tower.size)
    for row, i in zip(features, order, strict=True):
        assert torch.equal(row, encoder.encode([TEXTS[i]])[0])


def test_each_distinct_text_is_computed_once(tower, computed):
    encoder = TextEncoder(tower)
    encoder.encode([TEXTS[0], TEXTS[1], TEXTS[0]])
    encoder.encode([TEXTS[1], TEXTS[3], TEXTS[3]])
    encoder.encode([TEXTS[0]])
    assert computed == [sorted([TEXTS[0], TEXTS[1]]), [TEXTS[3]]]


def test_a_feature_is_the_same_to_the_last_bit_whatever_it_is_encoded_beside(tower):
    many = [f"{TEXTS[i % 5]} {i}" for i in range(150)]
    alone = torch.cat([TextEncoder(tower).encode([text]) for text in many[:20]])
    together = TextEncoder(tower).encode(many)
    backwards = TextEncoder(tower).encode(many[::-1]).flip(0)
    assert torch.equal(together[:20], alone)
    assert torch.equal(together, backwards)
    grown = TextEncoder(tower)
    parts = [grown.encode(many[start : start + 7]) for start in range(0, 150, 7)]
    assert torch.equal(torch.cat(parts), together)


def test_a_feature_does_not_depend_on_the_precision_around_it(tower):
    expected = TextEncoder(tower).encode(TEXTS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = TextEncoder(tower).encode(TEXTS)
    assert torch.equal(inside, expected)


def test_a_store_is_asked_before_and_told_after(tower, computed):
    encoder, store = TextEncoder(tower), Store({TEXTS[0]: torch.full((tower.size,), 0.5)})
    encoder.store = store
    features = encoder.encode(TEXTS[:3])
    assert features[0].unique().tolist() == [0.5]
    assert store.reads == [sorted(TEXTS[:3])]
    assert store.writes == [sorted(TEXTS[1:3])]
    assert computed == [sorted(TEXTS[1:3])]
    encoder.encode(TEXTS[:3])
    assert len(store.reads) == 1
    again = TextEncoder(tower)
    again.store = store
    assert torch.equal(again.encode(TEXTS[:3]), features)
    assert len(computed) == 1


def test_a_store_that_has_everything_is_told_nothing(tower, computed):
    encoder = TextEncoder(tower)
    encoder.store = Store({TEXTS[0]: torch.zeros(tower.size)})
    encoder.encode([TEXTS[0]])
    assert not computed
    assert not encoder.store.writes


def test_a_long_text_is_cut_with_the_end_token_last(tower):
    encoder = TextEncoder(tower)
    assert encoder.lengths([LONG])[0] > 77
    tokens = encoder.tokens([LONG, TEXTS[0]])
    end = tower.tokenizer.eot_token_id
    assert tokens.shape == (2, 77)
    assert tokens[0, -1] == end
    assert (tokens[0, :-1] != end).all()
    assert tokens[0, 0] == tower.tokenizer.sot_token_id
    numbers = tower.tokenizer.encode(LONG)
    assert tokens[0, 1:-1].tolist() == numbers[:75]
    beyond = tower.tokenizer.decode(numbers[:75]) + " something else."
    torch.testing.assert_close(encoder.encode([LONG]), encoder.encode([beyond]))


def test_lengths_without_a_tower_are_those_of_an_encoder(tower):
    encoder = TextEncoder(tower)
    texts = [*TEXTS, LONG]
    assert token_lengths(texts, clip_tokenizer(77)) == encoder.lengths(texts)


def test_lengths_are_those_of_the_text_with_start_and_end(tower):
    encoder = TextEncoder(tower)
    assert encoder.lengths(["", "a man", "a man."]) == [2, 4, 5]
    for text, length in zip(TEXTS, encoder.lengths(TEXTS), strict=True):
        assert (encoder.tokens([text]) != 0).sum() == length


def test_the_mean_of_chunks_is_the_mean(tower):
    encoder = TextEncoder(tower, "mean_of_chunks")
    numbers = tower.tokenizer.encode(LONG)
    chunks = [tower.tokenizer.decode(numbers[start : start + 75]) for start in range(0, len(numbers), 75)]
    assert len(chunks) == 3
    expected = torch.stack([full(tower, chunk) for chunk in chunks]).mean(dim=0)
    torch.testing.assert_close(encoder.encode([LONG])[0], expected, atol=1e-5, rtol=0)
    assert not torch.allclose(encoder.encode([LONG]), TextEncoder(tower).encode([LONG]))


def test_short_texts_have_one_chunk(tower):
    assert torch.equal(TextEncoder(tower, "mean_of_chunks").encode(TEXTS), TextEncoder(tower).encode(TEXTS))


def test_tokens_without_a_row_share_buckets(tower):
    assert torch.equal(tower.vocabulary, torch.arange(SMALL_VOCABULARY))
    tokens = torch.tensor([[0, 5, 1023, 1024, 49406, 49407]])
    rows = tower._rows(tokens)[0].tolist()
    expected = [0, 5, 1023] + [SMALL_VOCABULARY + token % SMALL_BUCKETS for token in (1024, 49406, 49407)]
    assert rows == expected
    assert max(rows) < tower.token_embedding.num_embeddings == SMALL_VOCABULARY + SMALL_BUCKETS


def test_the_vocabulary_need_not_be_the_first_tokens(tower, monkeypatch):
    chosen = torch.tensor([3, 10, 500, 40000, *range(41000, 41000 + SMALL_VOCABULARY - 4)])
    monkeypatch.setitem(tower._buffers, "vocabulary", chosen)
    rows = tower._rows(torch.tensor([[3, 500, 40000, 4, 49407]]))[0].tolist()
    assert rows == [0, 2, 3, SMALL_VOCABULARY + 4, SMALL_VOCABULARY + 49407 % SMALL_BUCKETS]


def test_the_full_vocabulary_has_a_row_for_every_token(tower, monkeypatch):
    monkeypatch.delitem(tower._buffers, "vocabulary")
    tokens = torch.tensor([[1, 49407]])
    assert tower._rows(tokens) is tokens


def test_the_tower_is_causal(tower):
    tokens = tower.tokenizer([TEXTS[1]])
    end = int(tokens.argmax())
    noisy = tokens.clone()
    noisy[:, end + 1 :] = torch.randint(1, 1000, (1, 76 - end), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(tower(noisy), tower(tokens), atol=1e-6, rtol=0)


def test_it_is_frozen_and_stays_in_evaluation_mode(tower):
    encoder = TextEncoder(tower).train()
    assert encoder.training
    assert not any(module.training for module in tower.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.encode(TEXTS).requires_grad


def test_features_follow_the_tower_to_another_device(small):
    torch.manual_seed(0)
    encoder = TextEncoder(load_clip(small.BACKBONE, (32, 16)).text)
    assert encoder.encode(TEXTS).device.type == "cpu"
    encoder.to("meta")
    assert encoder.encode(TEXTS).device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")
def test_features_on_an_accelerator_are_there_and_nearly_the_same(small):
    torch.manual_seed(0)
    encoder = TextEncoder(load_clip(small.BACKBONE, (32, 16)).text)
    before = encoder.encode(TEXTS[:2])
    encoder.cuda()
    after = encoder.encode(TEXTS)
    assert after.device.type == "cuda"
    torch.testing.assert_close(after[:2].cpu(), before)
    fresh = TextEncoder(encoder.tower)
    torch.testing.assert_close(fresh.encode(TEXTS)[:2].cpu(), before, atol=1e-3, rtol=1e-2)
    together = fresh.encode([f"{a} {b}" for a, b in itertools.product(TEXTS, TEXTS)])
    alone = TextEncoder(encoder.tower).encode([f"{TEXTS[1]} {TEXTS[2]}"])
    assert torch.equal(alone[0], together[8])


def test_the_cache_is_no_part_of_the_state(tower):
    encoder = TextEncoder(tower)
    before = set(encoder.state_dict())
    encoder.encode(TEXTS)
    assert set(encoder.state_dict()) == before


def test_a_prefix_stands_before_the_whole_caption_of_its_modality(tower):
    captions = [(("A man.", "In red."), ("A bag.",)), ((), ("Grey.",))]
    plain, prefixed = TextEncoder(tower), TextEncoder(tower, prefixes=("Seen: ", "Warm: "))
    assert plain.whole_texts(captions) == ["A man. In red.", "A bag.", "", "Grey."]
    assert prefixed.whole_texts(captions) == ["Seen: A man. In red.", "Warm: A bag.", "Seen: ", "Warm: Grey."]
    features = prefixed.encode_whole(captions)
    assert features.shape == (2, 2, tower.size)
    assert torch.equal(features[1, 1], plain.encode(["Warm: Grey."])[0])
    with pytest.raises(ValueError, match="shorter|longer"):
        prefixed.whole_texts([(("A man.",),)])


def test_what_is_forgotten_is_computed_again(tower, computed):
    encoder = TextEncoder(tower)
    first = encoder.encode(TEXTS[:1])
    encoder.forget()
    assert torch.equal(encoder.encode(TEXTS[:1]), first)
    assert computed == [TEXTS[:1]] * 2


@torch.no_grad()
def test_a_feature_is_that_of_the_position_of_its_end(tower):
    tokens = tower.tokenizer(TEXTS)
    every = tower.encode(tower.embed(tokens))
    assert every.shape == (len(TEXTS), 77, tower.size)
    for row, feature, of_text in zip(tokens.tolist(), tower(tokens), every, strict=True):
        assert torch.equal(feature, of_text[row.index(49407)])
