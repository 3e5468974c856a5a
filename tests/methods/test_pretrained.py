"""Where weights come from, and what is said when they do not."""

import socket
import warnings

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from benchmarks.common.errors import InputError
from methods import pretrained
from methods.clip import check_backbone, load_clip
from methods.pretrained import SHIPPED, BackboneSettings, read_state, weights_fingerprint, weights_path

SIZE = (64, 32)


def settings(weights, architecture="small"):
    return BackboneSettings(architecture=architecture, weights=str(weights))


def refused(act, *arguments):
    """The message of an InputError, which is one line."""
    with pytest.raises(InputError) as error:
        act(*arguments)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def clip(small):
    torch.manual_seed(0)
    return load_clip(small.BACKBONE, SIZE)


@pytest.fixture
def state(clip):
    """The state of a small CLIP under open_clip's names."""
    return {name: value.clone() for name, value in {**clip.image.state_dict(), **clip.text.state_dict()}.items()}


class Tree(nn.Module):
    """Nested modules that hold tensors under dotted names, which TorchScript can archive."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def tree(tensors):
    root = Tree()
    for name, value in tensors.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, Tree())
            module = module._modules[part]
        module.register_buffer(last, value)
    return root


def write_safetensors(state, folder):
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "clip.safetensors")
    return folder / "clip.safetensors"


def write_plain(state, folder):
    torch.save(state, folder / "clip.pt")
    return folder / "clip.pt"


def write_wrapped(state, folder):
    torch.save({"epoch": 3, "name": "a run", "state_dict": state}, folder / "clip.pth")
    return folder / "clip.pth"


def write_prefixed(state, folder):
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, folder / "clip.bin")
    return folder / "clip.bin"


def write_script(state, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # OpenAI's archive also holds three sizes as tensors without a dimension.
        torch.jit.script(tree({**state, "context_length": torch.tensor(77)})).save(str(folder / "clip.pt"))
    return folder / "clip.pt"


WRITERS = [write_safetensors, write_plain, write_wrapped, write_prefixed, write_script]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_every_kind_of_file_is_read_to_the_last_tensor(write, state, tmp_path):
    path = write(state, tmp_path)
    known = read_state(path)
    assert set(known) == set(state)
    assert all(torch.equal(known[name], value) for name, value in state.items())
    loaded = load_clip(settings(path), SIZE)
    for name, value in {**loaded.image.state_dict(), **loaded.text.state_dict()}.items():
        assert torch.equal(value, state[name]), name


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_half_precision_files_become_float32(write, tmp_path):
    tensors = {"visual.proj": torch.ones(2, 3, dtype=torch.float16), "text.count": torch.arange(3)}
    known = read_state(write(tensors, tmp_path))
    assert known["visual.proj"].dtype == torch.float32
    assert known["text.count"].dtype == torch.int64


def test_what_a_clip_has_besides_its_towers_is_no_problem(state, tmp_path):
    loaded = load_clip(settings(write_plain({**state, "logit_scale": torch.tensor(4.6)}, tmp_path)), SIZE)
    assert set(state) == set(loaded.image.state_dict()) | set(loaded.text.state_dict())


def change(state, name, value=None):
    return {key: old for key, old in state.items() if key != name} | ({} if value is None else {name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("visual.proj", None, "image tower lacks proj"),
        ("visual.extra", torch.ones(1), "image tower has unknown extra"),
        ("visual.ln_post.bias", torch.ones(3), "image tower has the wrong shape for ln_post.bias"),
        ("visual.positional_embedding", torch.ones(5, 64), "image tower has the wrong shape for positional_embedding"),
        ("ln_final.weight", None, "text tower lacks ln_final.weight"),
        ("text_projection", torch.ones(64, 3), "text tower has the wrong shape for text_projection"),
        ("vocabulary", None, "text tower lacks vocabulary"),
    ],
)
def test_weights_that_do_not_fit_are_named(name, value, message, state, tmp_path):
    path = write_plain(change(state, name, value), tmp_path)
    said = refused(load_clip, settings(path), SIZE)
    assert message in said
    assert str(path) in said


def test_many_problems_are_cut_short(state, tmp_path):
    path = write_plain({name: value for name, value in state.items() if not name.startswith("visual.")}, tmp_path)
    said = refused(load_clip, settings(path), SIZE)
    assert " more; is it a CLIP of this architecture?" in said
    assert len(said) < 400


def write_bytes(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("name", ["clip.pt", "clip.safetensors", "clip.bin"])
@pytest.mark.parametrize("content", [b"", b"not a weight file\nat all", b"PK\x03\x04" + bytes(100), bytes(1000)])
def test_a_file_that_is_none_is_refused(name, content, tmp_path):
    path = write_bytes(tmp_path, name, content)
    said = refused(load_clip, settings(path), SIZE)
    assert f"{path}: not a readable weight file" in said


@pytest.mark.parametrize(
    "content",
    [
        torch.ones(3),
        [1, 2],
        {"epoch": 3, "model": {"a": torch.ones(1)}},
        {"state_dict": 5},
        7,
        {"state_dict": {1: torch.ones(1)}},
    ],
    ids=str,
)
def test_a_torch_file_without_a_state_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "clip.pt")
    assert "not a readable weight file" in refused(load_clip, settings(tmp_path / "clip.pt"), SIZE)


def test_a_pickled_module_is_not_run(tmp_path):
    torch.save(Tree(), tmp_path / "clip.pt")
    assert "not a readable weight file" in refused(read_state, tmp_path / "clip.pt")


def test_a_truncated_file_is_refused(state, tmp_path):
    for write in (write_plain, write_safetensors):
        path = write(state, tmp_path)
        path.write_bytes(path.read_bytes()[:-2000])
        assert str(path) in refused(read_state, path)


@pytest.mark.parametrize("weights", ["nowhere/clip.pt", "clip.safetensors", "./clip", "/"])
def test_a_path_that_is_not_there_is_said(weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for architecture, remedy in (("small", "use `shipped`"), ("vit_b_16", "Hugging Face hub")):
        said = refused(check_backbone, settings(weights, architecture), SIZE)
        assert "no such weight file (backbone.weights)" in said
        assert remedy in said


def test_a_file_without_a_suffix_is_a_path_where_it_exists(state, tmp_path, monkeypatch):
    write_plain(state, tmp_path).rename(tmp_path / "clip")
    monkeypatch.chdir(tmp_path)
    assert weights_path(settings("clip")).name == "clip"


@pytest.mark.parametrize("architecture", ["small", "vit_b_16"])
def test_an_unknown_tag_is_answered_with_those_that_exist(architecture):
    said = refused(check_backbone, settings("opnai", architecture), SIZE)
    assert "'opnai' is neither a file nor a tag" in said
    assert "shipped, random" in said
    assert ("openai" in said.split("one of:")[1]) == (architecture == "vit_b_16")


def test_the_shipped_weights_are_of_the_small_architecture():
    assert weights_path(settings("shipped")) == SHIPPED["small"]
    assert weights_path(settings("shipped", "small_wide")) == SHIPPED["small_wide"]
    said = refused(check_backbone, settings("shipped", "vit_b_16"), (256, 128))
    assert "small CLIP" in said


def test_random_weights_are_no_file():
    assert weights_path(settings("random")) is None
    assert weights_fingerprint(settings("random")) == "random"


@pytest.fixture
def offline(monkeypatch):
    """A machine without a network and with an empty cache."""

    def unreachable(*_, **__):
        raise OSError("Temporary failure in name resolution\nsecond line")

    monkeypatch.setattr(pretrained, "_cached", lambda *_: None)
    monkeypatch.setattr(pretrained, "getproxies", dict)
    monkeypatch.setattr(socket, "create_connection", unreachable)
    monkeypatch.setattr("open_clip.download_pretrained", lambda *_: pytest.fail("the hub's client was asked"))


def test_a_tag_without_a_network_is_one_line_with_the_remedy(offline):
    said = refused(check_backbone, settings("openai", "vit_b_16"), (256, 128))
    assert "the tag 'openai' could not be downloaded (Temporary failure in name resolution)" in said
    assert "method.backbone.weights=PATH" in said


def test_a_download_that_breaks_behind_a_proxy_is_one_line_too(monkeypatch):
    def broken(*_):
        raise RuntimeError("")

    monkeypatch.setattr(pretrained, "_cached", lambda *_: None)
    monkeypatch.setattr(pretrained, "getproxies", lambda: {"https": "proxy"})
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("went around the proxy"))
    monkeypatch.setattr("open_clip.download_pretrained", broken)
    assert "(RuntimeError)" in refused(weights_path, settings("openai", "vit_b_16"))


def test_a_tag_in_the_cache_needs_no_network(monkeypatch, tmp_path):
    asked = []

    def found(repository, name):
        asked.append((repository, name))
        return str(tmp_path / name) if name.endswith(".bin") else None

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", found)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("asked the network"))
    assert weights_path(settings("openai", "vit_b_16")) == tmp_path / "open_clip_pytorch_model.bin"
    assert len({repository for repository, _ in asked}) == 1


def test_the_fingerprint_is_that_of_the_files_content(tmp_path):
    one, two = write_bytes(tmp_path, "a.pt", b"abc"), write_bytes(tmp_path, "b.pt", b"abc")
    other = write_bytes(tmp_path, "c.pt", b"abd")
    assert weights_fingerprint(settings(one)) == weights_fingerprint(settings(two))
    assert weights_fingerprint(settings(one)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert weights_fingerprint(settings(other)) != weights_fingerprint(settings(one))


def test_records_do_not_hold_the_folder_of_the_weights():
    dumped = settings("/home/somebody/clip.pt").model_dump(mode="json")
    assert dumped == {"architecture": "small", "weights": "clip.pt"}
    assert settings("/home/somebody/clip.pt").model_dump()["weights"] == "/home/somebody/clip.pt"
