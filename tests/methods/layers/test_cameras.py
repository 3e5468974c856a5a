import pytest
import torch

from methods.layers.cameras import camera_rows

TABLE = torch.randn(3, 1, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("training", [False, True])
def test_known_cameras_have_their_rows(training):
    camera = torch.tensor([2, 0, 2])
    assert torch.equal(camera_rows(TABLE, camera, training=training), torch.stack([TABLE[2], TABLE[0], TABLE[2]]))


def test_a_camera_that_training_has_not_seen_has_the_mean_of_the_learned_rows():
    rows = camera_rows(TABLE, torch.tensor([1, 3, 9]), training=False)
    assert torch.equal(rows[0], TABLE[1])
    for row in rows[1:]:
        torch.testing.assert_close(row, sum(TABLE) / 3)


def test_an_unknown_camera_in_training_is_an_error_of_the_program():
    with pytest.raises(IndexError):
        camera_rows(TABLE, torch.tensor([3]), training=True)
