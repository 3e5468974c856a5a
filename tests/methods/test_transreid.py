"""TransReID: parts against plain loops, the whole against the published sizes and costs."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from harness.profiling import count_costs, count_parameters
from methods.base import LearningRates
from methods.transreid import TransReID, TransReIDSettings, rearranged

SMALL = {"architecture": "small", "weights": "random"}
RGB = {"modalities": ["RGB"]}
NO_JPM = {"jpm": {"enabled": False}}
BASELINE = {**NO_JPM, "backbone": {**SMALL, "camera_factor": 0}}


def places(count, shift):
    """Numbers, from 1, of the patches that the jigsaw puts in each place."""
    return rearranged(torch.arange(1, count + 1)[None, :, None], shift)[0, :, 0].tolist()


def test_the_jigsaw_takes_from_both_halves_in_turn():
    order = places(128, 5)
    assert order[:8] == [5, 69, 6, 70, 7, 71, 8, 72]
    assert sorted(order) == list(range(1, 129))
    assert places(128, 8)[:4] == [8, 72, 9, 73]
    assert places(6, 1) == [1, 4, 2, 5, 3, 6]


@pytest.mark.parametrize(("count", "shift"), [(8, 5), (7, 3), (9, 1), (1, 5), (3, 5)])
def test_the_jigsaw_in_a_plain_loop(count, shift):
    line = [(place + shift - 1) % count + 1 for place in range(count)]
    if count % 2:
        line.append(line[max(count - 2, 0)])
    half = len(line) // 2
    assert places(count, shift) == [line[half * (i % 2) + i // 2] for i in range(len(line))]


def test_global_and_local_features_in_a_plain_loop(small):
    branch = small.randomise(small.build("transreid", **RGB).double().branches["RGB"], scale=0.1).eval()
    batch = small.batch(samples=3)
    images = batch.images[:, 0].double()
    with torch.no_grad():
        features = branch(images, batch.camera)
        tower, jpm = branch.tower, branch.jpm
        tokens = tower.embed(images, batch.camera)
        for block in tower.vit.blocks[:2]:
            tokens = block(tokens)
        order = places(8, 5)
        expected = [jpm.whole.norm(jpm.whole.block(tokens))[:, 0]]
        for group in range(4):
            chosen = [tokens[:, 0], *(tokens[:, patch] for patch in order[2 * group : 2 * group + 2])]
            expected.append(jpm.part.norm(jpm.part.block(torch.stack(chosen, dim=1)))[:, 0])
        assert len(features) == 5
        for feature, wanted in zip(features, expected, strict=True):
            torch.testing.assert_close(feature, wanted, atol=1e-12, rtol=0)
        joined = torch.cat([expected[0], *(part / 4 for part in expected[1:])], dim=1)
        torch.testing.assert_close(branch.embed(images, batch.camera), joined, atol=1e-12, rtol=0)


def test_patches_stay_in_order_without_the_rearrangement(small):
    model = small.build("transreid", jpm={"rearrange": False, "groups": 3}, **RGB).eval()
    branch, batch = model.branches["RGB"], small.batch(samples=2)
    tokens = branch.tower.encode(batch.images[:, 0], batch.camera, depth=2)
    features = branch(batch.images[:, 0], batch.camera)
    for group in range(3):  # of 8 patches the last two are in no group
        chosen = [0, 1 + 2 * group, 2 + 2 * group]
        torch.testing.assert_close(features[1 + group], branch.jpm.part(tokens[:, chosen]))


def test_copies_start_from_the_last_block(small):
    branch = TransReID(TransReIDSettings(backbone=SMALL), small.SPEC).branches["NIR"]
    for last in (branch.jpm.whole, branch.jpm.part):
        ours = [*last.block.state_dict().values(), *last.norm.state_dict().values()]
        theirs = [*branch.tower.vit.blocks[-1].state_dict().values(), *branch.tower.vit.norm.state_dict().values()]
        assert all(torch.equal(a, b) and a.data_ptr() != b.data_ptr() for a, b in zip(ours, theirs, strict=True))


def test_without_jpm_the_feature_is_the_class_token(small):
    model, batch = small.build("transreid", **NO_JPM, **RGB).eval(), small.batch(samples=2)
    branch = model.branches["RGB"]
    expected = branch.tower.vit.norm(branch.tower.encode(batch.images[:, 0], batch.camera))[:, 0]
    torch.testing.assert_close(model.embed(batch), expected)
    assert len(branch.heads) == 1


@pytest.mark.parametrize("settings", [{}, NO_JPM, {"supervision": {"margin": 0.3, "label_smoothing": 0.1, "id_weight": 0.5}}])
def test_losses_are_the_formulas(settings, small, loops):
    model, batch = small.build("transreid", backbone={**SMALL, "drop_path": 0}, **settings), small.batch()
    losses = model.losses(batch)
    assert list(losses) == [f"{kind}_{name}" for name in ("RGB", "NIR", "TIR") for kind in ("id", "triplet")]
    identity = batch.identity.tolist()
    config = model.config.supervision
    for m, (name, branch) in enumerate(model.branches.items()):
        features = branch(batch.images[:, m], batch.camera)
        entropies, triplets = [], []
        for head, feature in zip(branch.heads, features, strict=True):
            logits = head.classifier(F.batch_norm(feature, None, None, head.neck.weight, None, training=True))
            entropies.append(loops.smoothed_cross_entropy(logits.tolist(), identity, config.label_smoothing))
            triplets.append(loops.batch_hard(feature.tolist(), identity, margin=config.margin))
        for kind, values, weight in (("id", entropies, config.id_weight), ("triplet", triplets, 1)):
            mixed = values[0] if len(values) == 1 else 0.5 * values[0] + 0.5 * sum(values[1:]) / 4
            assert losses[f"{kind}_{name}"].item() == pytest.approx(weight * mixed, rel=1e-4)


def test_the_share_of_the_local_features(small):
    batch = small.batch()
    totals = {}
    for weight in (0.0, 0.25, 1.0):
        model = small.build("transreid", backbone={**SMALL, "drop_path": 0}, jpm={"weight": weight}, **RGB)
        totals[weight] = sum(value.item() for value in model.losses(batch).values())
    assert totals[0.25] == pytest.approx(0.75 * totals[0.0] + 0.25 * totals[1.0], rel=1e-5)


def test_gradients_reach_all_but_what_is_dead(small):
    model = small.build("transreid", backbone={**SMALL, "drop_path": 0})
    sum(model.losses(small.batch()).values()).backward()
    dead = ("tower.vit.blocks.2.", "tower.vit.norm.")  # JPM's copies stand in for them
    for name, parameter in model.named_parameters():
        if any(part in name for part in dead):
            assert parameter.grad is None, name
            assert parameter.requires_grad, name
        elif parameter.requires_grad:
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0 or "attn.qkv.bias" in name, name
        else:
            assert name.endswith("neck.bias"), name


def test_modalities_are_branches_that_know_nothing_of_each_other(small):
    batch = small.batch()
    model = small.build("transreid", backbone={**SMALL, "drop_path": 0}).eval()
    embedding = model.embed(batch).unflatten(1, (3, 5 * 64))
    other = batch.images.clone()
    other[:, 1] = 0
    changed = model.embed(replace(batch, images=other)).unflatten(1, (3, 5 * 64))
    assert torch.equal(changed[:, [0, 2]], embedding[:, [0, 2]])
    assert (changed[:, 1] != embedding[:, 1]).any()
    losses = model.losses(batch)
    (losses["id_TIR"] + losses["triplet_TIR"]).backward()
    reached = {name.split(".")[1] for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert reached == {"TIR"}


def test_some_modalities(small):
    batch = small.batch()
    whole = small.build("transreid").eval()
    model = small.build("transreid", modalities=["TIR", "RGB"]).eval()
    model.load_state_dict({name: value for name, value in whole.state_dict().items() if "NIR" not in name})
    expected = whole.embed(batch).unflatten(1, (3, 5 * 64))[:, [0, 2]].flatten(1)
    torch.testing.assert_close(model.embed(batch), expected)
    assert list(model.losses(batch)) == ["id_RGB", "triplet_RGB", "id_TIR", "triplet_TIR"]
    assert model.test_feature == "class tokens, JPM parts of RGB+TIR"
    assert whole.test_feature == "class tokens, JPM parts"
    assert small.build("transreid", **NO_JPM).test_feature == "class tokens"


def test_modalities_that_are_not_there_are_refused(small):
    spec = replace(small.SPEC, modalities=("RGB", "NIR"))
    settings = TransReIDSettings.model_validate({"backbone": SMALL, "modalities": ["TIR", "RGB"]})
    for act in (TransReID.check, TransReID):
        with pytest.raises(InputError, match="method.modalities has TIR; the benchmark has RGB, NIR"):
            act(settings, spec)
    for wrong in (["RGB", "RGB"], [], ["XYZ"]):
        with pytest.raises(ValueError, match="modalities"):
            TransReIDSettings.model_validate({"modalities": wrong})


def test_more_groups_than_patches_are_refused(small):
    settings = TransReIDSettings.model_validate({"backbone": SMALL, "jpm": {"groups": 9}})
    with pytest.raises(InputError, match="8 patches are fewer than jpm.groups 9"):
        TransReID.check(settings, small.SPEC)
    TransReID.check(TransReIDSettings.model_validate({"backbone": SMALL, "jpm": {"groups": 8}}), small.SPEC)


@pytest.mark.parametrize("settings", [{}, {"backbone": {**SMALL, "overlap": 0.25}}, BASELINE], ids=str)
def test_training_lowers_the_loss(settings, small):
    model, batch = small.build("transreid", **settings), small.batch()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    totals = small.train(model, batch, optimiser, 6)
    assert totals[-1] < totals[0] - 0.1


@pytest.mark.parametrize("settings", [{}, NO_JPM, {"backbone": {**SMALL, "overlap": 0.25}}, RGB], ids=str)
@pytest.mark.parametrize("samples", [1, 3])
@torch.no_grad()
def test_saved_models_embed_the_same_whatever_the_batch(settings, samples, small, tmp_path):
    model = small.build("transreid", **settings)
    model.losses(small.batch())  # moves the statistics of the necks
    torch.save(model.state_dict(), tmp_path / "model.pt")
    again = small.build("transreid", seed=1, **settings)
    again.load_state_dict(torch.load(tmp_path / "model.pt"))
    batch = small.batch(samples=samples, per_identity=1)
    embedding = again.eval().embed(batch)
    assert torch.equal(embedding, model.eval().embed(batch))
    size = 64 if settings == NO_JPM else 5 * 64
    assert embedding.shape == (samples, (1 if settings == RGB else 3) * size)


@torch.no_grad()
def test_a_camera_unseen_in_training(small):
    model, batch = small.build("transreid").eval(), small.batch(samples=3)
    unseen = replace(batch, camera=torch.tensor([0, 1, 9]))
    embedding = model.embed(unseen)
    assert embedding.isfinite().all()
    torch.testing.assert_close(embedding[:2], model.embed(batch)[:2])


def test_parameter_groups_hold_everything_once(small):
    model = small.build("transreid")
    groups = {group["name"]: group for group in model.parameter_groups(LearningRates(visual=1e-5))}
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    assert len(groups["classifiers"]["params"]) == 15
    assert {id(branch.tower.camera) for branch in model.branches.values()} < {id(p) for p in groups["weights"]["params"]}
    visual = {id(parameter) for parameter in groups["visual"]["params"]}
    assert all(id(p) in visual for branch in model.branches.values() for p in branch.jpm.parameters())
    one_rate = {group["name"] for group in model.parameter_groups(LearningRates(visual=None))}
    assert one_rate == {"weights", "biases", "classifiers"}


PERSONS = (171, 4, (256, 128))
STRIDE_12 = {"backbone": {"weights": "random", "overlap": 0.25}}
NO_SIE = {"backbone": {"weights": "random", "camera_factor": 0}}


@pytest.mark.parametrize(
    ("settings", "spec", "parameters"),
    [
        (RGB, PERSONS, 101_357_800),
        (RGB, (50, 8, (256, 128)), 100_896_232),
        (RGB, (50, 8, (128, 256)), 100_896_232),
        ({**RGB, **STRIDE_12}, PERSONS, 101_420_776),
        (RGB, (576, 20 * 8, (256, 256)), 103_131_112),  # VeRi-776: a row for each camera and view
        ({**RGB, **NO_JPM, **NO_SIE}, PERSONS, 86_515_432 + 768 * 171 + 768),
        ({}, PERSONS, 3 * 101_357_800),
        ({}, (155, 8, (128, 256)), 3 * (101_357_800 + 4 * 768 - 5 * 768 * 16)),
    ],
    ids=str,
)
def test_published_parameters(small, settings, spec, parameters):
    assert small.full_size("transreid", BatchSpec(*spec), **settings) == parameters


@pytest.fixture(scope="module")
def full():
    """The published size, of one modality."""
    settings = TransReIDSettings.model_validate({"backbone": {"weights": "random"}, **RGB})
    return TransReID(settings, BatchSpec(*PERSONS))


def test_published_costs(full):
    spec = BatchSpec(*PERSONS)
    costs = count_costs(full, spec)
    assert costs.attention == pytest.approx(12.294, abs=5e-4)
    # 12.309 is of attention that scales the scores; here it scales the queries, which are fewer.
    scores = 12 * 12 * 129**2 + 4 * 12 * 33**2
    queries = 12 * 129 * 768 + 4 * 33 * 768
    assert costs.published + (scores - queries) / 1e9 == pytest.approx(12.309, abs=5e-4)


def test_parameters_at_test_leave_out_what_is_dead(full):
    counted = count_parameters(full, BatchSpec(*PERSONS))
    dead = 7_087_872 + 1_536 + 769_000  # last block, final norm, ImageNet head
    assert counted.trainable == 101_357_800
    assert counted.total == 101_357_800 + 5 * 768
    assert counted.test == 101_357_800 - dead - 5 * (768 * 171 + 768)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "spec", "gmacs"),
    [
        ({**RGB, **STRIDE_12}, PERSONS, 20.406),
        (RGB, (576, 160, (256, 256)), 25.090),
        ({**RGB, **NO_JPM, **NO_SIE}, PERSONS, 11.351),
    ],
    ids=str,
)
def test_costs_of_other_forms(settings, spec, gmacs):
    config = TransReIDSettings.model_validate({"backbone": {"weights": "random"}, **settings})
    spec = BatchSpec(*spec)
    assert count_costs(TransReID(config, spec), spec).attention == pytest.approx(gmacs, abs=5e-4)


def test_positions_and_dropout_are_switches(small):
    batch = small.batch(samples=4)
    for name in ("dropout", "attention_dropout", "drop_path"):
        backbone = {**SMALL, "drop_path": 0, name: 0.5}
        model = small.build("transreid", backbone=backbone, **NO_JPM, **RGB)
        tower = model.branches["RGB"].tower
        one, two = (tower(batch.images[:, 0], batch.camera) for _ in range(2))
        assert (one != two).any(), name
    model = small.build("transreid", backbone={**SMALL, "positions": False, "drop_path": 0}, **NO_JPM, **RGB)
    tower = model.branches["RGB"].tower.eval()
    assert tower.vit.pos_embed is None
    assert not any("pos_embed" in name for name, _ in model.named_parameters())
    # Without places a tower does not see that patches changed theirs.
    embedded = tower.embed(batch.images[:, 0], batch.camera)
    order = [0, *reversed(range(1, 9))]
    outputs = []
    for tokens in (embedded, embedded[:, order]):
        for block in tower.vit.blocks:
            tokens = block(tokens)  # noqa: PLW2901
        outputs.append(tokens[:, 0])
    torch.testing.assert_close(*outputs, atol=1e-5, rtol=1e-4)


def test_the_settings_of_a_shared_section_keep_the_plain_cross_entropy():
    config = TransReIDSettings.model_validate({"supervision": {"id_weight": 0.5}, "backbone": {"drop_path": 0.2}})
    assert (config.supervision.label_smoothing, config.backbone.weights) == (0.0, "orig_in21k_ft_in1k")
