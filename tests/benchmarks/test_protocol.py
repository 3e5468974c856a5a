import pytest

from benchmarks.base import Sample, Split
from benchmarks.protocol import Protocol

SPLIT = Split(tuple(Sample(f"{i}", i, camera=i % 2, scene=10 + i % 3) for i in range(6)), read=lambda index: [])


def test_the_camera_rule_groups_by_camera():
    assert Protocol.CAMERA.groups(SPLIT).tolist() == [0, 1, 0, 1, 0, 1]


def test_the_scene_rule_groups_by_scene():
    assert Protocol.SCENE.groups(SPLIT).tolist() == [10, 11, 12, 10, 11, 12]


def test_rules_have_the_names_of_configs():
    assert Protocol("camera") is Protocol.CAMERA
    assert Protocol("scene") is Protocol.SCENE
    with pytest.raises(ValueError, match="view"):
        Protocol("view")
