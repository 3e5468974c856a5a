import getpass
import re
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from harness import environment
from harness.environment import commit, describe


def test_it_says_what_a_figure_depends_on():
    found = describe(torch.device("cpu"))
    assert found.device == "CPU"
    assert found.threads == torch.get_num_threads()
    assert found.deterministic == torch.are_deterministic_algorithms_enabled()
    assert found.versions["torch"] == version("torch")
    assert {"torch", "torchvision", "open_clip_torch", "mmengine", "fvcore", "numpy"} == set(found.versions)
    assert re.fullmatch(r"3\.\d+\.\d+\S*", found.python)
    assert found.processor


def test_it_says_nothing_of_whose_machine_it_is():
    text = describe(torch.device("cpu")).model_dump_json()
    assert str(Path.cwd()) not in text
    assert str(Path(environment.__file__).parent) not in text
    for name in (socket.gethostname(), getpass.getuser()):
        assert f'"{name}"' not in text
        assert f"/{name}/" not in text


def test_a_package_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(environment, "_PACKAGES", ("torch", "nothing-of-that-name"))
    assert describe(torch.device("cpu")).versions["nothing-of-that-name"] == "not installed"


def test_the_commit_is_a_hash_and_says_whether_the_tree_was_changed():
    assert re.fullmatch(r"([0-9a-f]{40}(-dirty)?)?", commit())


def test_no_checkout_has_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "harness" / "environment.py"))
    assert commit() == ""


def test_no_git_has_no_commit(monkeypatch, tmp_path):
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "harness" / "environment.py"))
    assert commit() == ""  # a folder that git does not take for a checkout

    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert commit() == ""
