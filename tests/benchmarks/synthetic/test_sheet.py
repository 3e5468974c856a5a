from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.sheet import confusable, contact_sheet, write_sheets
from benchmarks.synthetic.world import World


def test_sheet_shows_the_pictures_enlarged(world: World) -> None:
    sheet = np.asarray(contact_sheet(world, [[3, 4], [70]], scale=2))
    assert sheet.shape == (2 * (3 * 64 + 2), 2 * (3 * 32 + 1 + 5), 3)
    pictures = render(world, [3, 4, 70])
    np.testing.assert_array_equal(sheet[: 2 * 64 : 2, : 2 * 32 : 2], pictures[0, 0])
    np.testing.assert_array_equal(sheet[1 + 2 * 130 :: 2, 1 + 2 * (2 * 33 + 4) :: 2], pictures[2, 2])


def test_confusable_are_of_one_group(world: World) -> None:
    columns = confusable(world, group=2)
    assert [len(set(column)) for column in columns] == [3] * 4
    assert [set(world.visits.row[column]) for column in columns] == [{10}, {11}, {12}, {13}]


def test_the_documentations_pictures_can_be_made_again(tmp_path: Path) -> None:
    write_sheets(tmp_path)
    names = {"synthetic_person", "synthetic_vehicle", "difficulty_easy", "difficulty_standard", "difficulty_hard"}
    assert {path.stem for path in tmp_path.iterdir()} == names
    for path in tmp_path.iterdir():
        assert path.stat().st_size < 300_000
        with Image.open(path) as image:
            assert image.width > 1000
