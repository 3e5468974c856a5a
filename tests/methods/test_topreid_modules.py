"""The modules of TOP-ReID in loops: token permutation (TPM) and reconstruction (CRM)."""

import itertools
import math

import pytest
import torch

from methods.topreid import Reconstruction, RotationBlock, TokenPermutation

MODALITIES = ("RGB", "NIR", "TIR")


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def everywhere(samples, *missing):
    """`present` of samples that all lack the same modalities."""
    present = torch.ones(samples, 3, dtype=torch.bool)
    present[:, list(missing)] = False
    return present


def normalised(token, norm, loops):
    return loops.layer_norm(token, norm.weight.tolist(), norm.bias.tolist())


def rotated(token, patches, block, loops):
    """One stage for one class token (D) and patches (N x D)."""
    weight = {name: getattr(block, name).weight.tolist() for name in ("query", "key", "value")}
    query = loops.dense(normalised(token, block.norm_query, loops), weight["query"])
    keys = [loops.dense(normalised(patch, block.norm_key, loops), weight["key"]) for patch in patches]
    values = [loops.dense(patch, weight["value"]) for patch in patches]
    size = len(token) // block.heads
    read = []
    for head in range(block.heads):
        part = slice(head * size, (head + 1) * size)
        shares = loops.softmax([loops.dot(query[part], key[part]) / math.sqrt(size) for key in keys])
        read += [sum(share * value[part][d] for share, value in zip(shares, values, strict=True)) for d in range(size)]
    projected = loops.dense(read, block.project.weight.tolist(), block.project.bias.tolist())
    x = [a + b for a, b in zip(token, projected, strict=True)]
    return [a + b for a, b in zip(x, loops.feed_forward(normalised(x, block.norm, loops), block.feed_forward), strict=True)]


def test_a_stage_reads_patches_as_in_a_loop(small, loops):
    block = small.randomise(RotationBlock(6, 3)).double()
    class_tokens, patches = numbers(2, 6), numbers(2, 5, 6, seed=1)
    expected = [rotated(class_tokens[b].tolist(), patches[b].tolist(), block, loops) for b in range(2)]
    torch.testing.assert_close(block(class_tokens, patches), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_class_tokens_go_round_the_modalities_and_end_at_home(small, loops):
    tpm = small.randomise(TokenPermutation(4, 2)).double()
    class_tokens, patches = numbers(2, 3, 4), numbers(2, 3, 3, 4, seed=1)
    out = tpm(class_tokens, patches)
    journeys = {"RGB": ("NIR", "TIR", "RGB"), "NIR": ("TIR", "RGB", "NIR"), "TIR": ("RGB", "NIR", "TIR")}
    for b, (m, (modality, journey)) in itertools.product(range(2), enumerate(journeys.items())):
        token = class_tokens[b, m].tolist()
        for stage, read in zip(tpm.stages, journey, strict=True):
            token = rotated(token, patches[b, MODALITIES.index(read)].tolist(), stage, loops)
        assert out[b, m].tolist() == pytest.approx(token, abs=1e-11), modality


def translated(tokens, block, loops):
    """A pre-norm transformer block over tokens (L x D)."""
    D, heads = len(tokens[0]), block.attn.num_heads
    size = D // heads
    weight = block.attn.qkv.weight.tolist()
    x = [normalised(token, block.norm1, loops) for token in tokens]
    query, key, value = ([loops.dense(token, weight[part * D : (part + 1) * D]) for token in x] for part in range(3))
    out = []
    for place, token in enumerate(tokens):
        read = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            shares = loops.softmax([loops.dot(query[place][part], k[part]) / math.sqrt(size) for k in key])
            read += [sum(share * v[part][d] for share, v in zip(shares, value, strict=True)) for d in range(size)]
        projected = loops.dense(read, block.attn.proj.weight.tolist(), block.attn.proj.bias.tolist())
        y = [a + b for a, b in zip(token, projected, strict=True)]
        inner = normalised(y, block.norm2, loops)
        hidden = [loops.gelu(h) for h in loops.dense(inner, block.mlp.fc1.weight.tolist(), block.mlp.fc1.bias.tolist())]
        step = loops.dense(hidden, block.mlp.fc2.weight.tolist(), block.mlp.fc2.bias.tolist())
        out.append([a + b for a, b in zip(y, step, strict=True)])
    return out


@pytest.fixture
def crm(small):
    return small.randomise(Reconstruction(4, 2, 3, 1)).double()


def translators(crm):
    """By the names of source and target."""
    return {
        (MODALITIES[source], MODALITIES[target]): translator
        for (source, target), translator in zip(crm.pairs, crm.translators, strict=True)
    }


def test_each_of_the_six_translators_is_a_transformer_of_its_own(crm, loops):
    assert sorted(translators(crm)) == sorted(itertools.permutations(MODALITIES, 2))
    tokens = numbers(1, 3, 4)
    outputs = []
    for translator in crm.translators:
        outputs.append(translator(tokens))
        expected = translated(tokens[0].tolist(), translator[0], loops)
        torch.testing.assert_close(outputs[-1][0], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)
    assert all(not torch.allclose(first, second) for first, second in itertools.combinations(outputs, 2))


def test_a_translator_may_be_deeper(small):
    two, one = (Reconstruction(4, 2, 3, depth) for depth in (2, 1))
    assert small.trainable(two) == 2 * small.trainable(one)


def test_the_reconstruction_loss_is_the_sum_of_six_mean_squares(crm, loops):
    tokens = numbers(2, 3, 3, 4)
    total = 0.0
    for (source, target), translator in translators(crm).items():
        squares = []
        for b in range(2):
            made = translated(tokens[b, MODALITIES.index(source)].tolist(), translator[0], loops)
            wanted = tokens[b, MODALITIES.index(target)].tolist()
            squares += [(x - y) ** 2 for row in zip(made, wanted, strict=True) for x, y in zip(*row, strict=True)]
        total += sum(squares) / len(squares)
    assert crm(tokens, everywhere(2)).item() == pytest.approx(total, rel=1e-12)


def test_the_reconstruction_loss_reaches_all_translators_and_its_own_targets(crm):
    tokens = numbers(2, 3, 3, 4).requires_grad_()
    crm(tokens, everywhere(2)).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in crm.parameters())
    assert (tokens.grad.flatten(2).abs().sum(dim=-1) > 0).all()
    with torch.no_grad():
        for translator in crm.translators:
            translator[0].load_state_dict({name: 0 * value for name, value in translator[0].state_dict().items()})
    apart = numbers(2, 3, 3, 4, seed=1).requires_grad_()
    crm(apart, everywhere(2)).backward()  # translators of zeros hand their input on: 2 mean squares for each pair
    total = torch.zeros_like(apart)
    for a, b in itertools.permutations(range(3), 2):
        total[:, a] += 4 * (apart[:, a] - apart[:, b]).detach() / (2 * 3 * 4)
    torch.testing.assert_close(apart.grad, total)


def test_pairs_that_lack_a_modality_do_not_count(crm):
    tokens, present = numbers(4, 3, 3, 4), everywhere(4)
    present[0, 1] = present[2, 0] = present[3, 0] = present[3, 2] = False
    expected = 0.0
    for (source, target), translator in zip(crm.pairs, crm.translators, strict=True):
        both = [b for b in range(4) if present[b, source] and present[b, target]]
        expected += sum((translator(tokens[b : b + 1, source]) - tokens[b, target]).square().mean().item() for b in both) / len(
            both
        )
    assert crm(tokens, present).item() == pytest.approx(expected, rel=1e-12)
    assert crm(tokens, everywhere(4, 1, 2)).item() == 0


@pytest.mark.parametrize("missing", [c for n in (1, 2) for c in itertools.combinations(range(3), n)], ids=str)
def test_what_is_missing_is_filled_from_what_is_present(crm, loops, missing):
    tokens = numbers(2, 3, 3, 4)
    filled = crm.fill(tokens, everywhere(2, *missing))
    available = [m for m in range(3) if m not in missing]
    for m in available:
        assert torch.equal(filled[:, m], tokens[:, m])
    for b, m in itertools.product(range(2), missing):
        made = [
            translated(tokens[b, source].tolist(), translators(crm)[MODALITIES[source], MODALITIES[m]][0], loops)
            for source in available
        ]
        mean = [[sum(values) / len(made) for values in zip(*rows, strict=True)] for rows in zip(*made, strict=True)]
        torch.testing.assert_close(filled[b, m], torch.tensor(mean, dtype=torch.float64), rtol=0, atol=1e-12)
    anything = tokens.clone()
    anything[:, list(missing)] = 99
    torch.testing.assert_close(crm.fill(anything, everywhere(2, *missing)), filled)


def test_samples_of_a_batch_may_lack_different_modalities(crm):
    tokens, present = numbers(4, 3, 3, 4), everywhere(4)
    present[1, 0] = present[2, 1] = present[2, 2] = False
    filled = crm.fill(tokens, present)
    for b in range(4):
        torch.testing.assert_close(filled[b : b + 1], crm.fill(tokens[b : b + 1], present[b : b + 1]))


def test_nothing_is_translated_where_nothing_is_missing(crm):
    tokens = numbers(2, 3, 3, 4)
    for translator in crm.translators:
        translator.forward = lambda _: pytest.fail("translated")
    assert crm.fill(tokens, everywhere(2)) is tokens
