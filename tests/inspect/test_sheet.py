"""Which frames a sheet shows, and where."""

import numpy as np
import pytest
from PIL import ImageDraw

from synhead.inspect.sheet import SheetLayout, SheetRow, _cut, caption, draw_sheet, font, sheet_rows, spread_over
from synhead.shards.reader import open_dataset
from tests.inspect.test_draw import make_view
from tests.shards.synthetic import make_dataset, make_record, make_spec


def test_tiles_stand_at_hand_computed_places():
    layout = SheetLayout(num_rows=2, num_columns=3, tile_height_px=50, tile_width_px=40)
    # Margin 16, gap 8; a row is a title of 28, the tile and a caption of 32.
    assert layout.size_px == (16 + 40 + 8 + 40 + 8 + 40 + 16, 16 + 2 * (28 + 50 + 32) + 16)
    assert layout.tile_px(0, 0) == (16, 44)
    assert layout.tile_px(1, 2) == (16 + 2 * 48, 44 + 110)
    assert layout.title_px(1) == (16, 126)


def test_picks_are_spread_from_end_to_end():
    values = np.arange(101.0)
    picks = spread_over(values, np.zeros(101, np.int64), 5)
    assert list(picks) == [0, 25, 50, 75, 100]


def test_picks_come_from_every_group_in_reach():
    values = np.concatenate([np.linspace(-40, 40, 81), np.linspace(-12, 12, 25)])
    groups = np.repeat([0, 1], [81, 25])
    picks = spread_over(values, groups, 5)
    assert (np.diff(values[picks]) > 0).all()
    assert set(groups[picks]) == {0, 1}
    assert (values[picks][0], values[picks][-1]) == (-40, 40)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_few_frames_are_all_shown_once(count):
    picks = spread_over(np.full(count, 3.0), np.zeros(count, np.int64), 7)
    assert sorted(picks) == list(range(count))


def test_the_pixels_of_a_frame_stand_in_its_tile():
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    views = [make_view(image=np.full((400, 400, 3), color, np.uint8)) for color in colors]
    rows = [SheetRow(title="a", views=(views[0], views[1])), SheetRow(title="b", views=(views[2],))]
    sheet, layout = draw_sheet(rows, tile_width_px=60)
    pixels = np.asarray(sheet)
    assert sheet.size == layout.size_px
    for color, (row, column) in zip(colors, ((0, 0), (0, 1), (1, 0)), strict=True):
        x, y = layout.tile_px(row, column)
        assert (pixels[y : y + 60, x : x + 60] == color).all()
    x, y = layout.tile_px(1, 1)
    assert (pixels[y : y + 60, x : x + 60] == pixels[0, 0]).all(), "no frame, no tile"


def test_frames_of_another_shape_stand_in_the_middle():
    wide = make_view(image=np.full((200, 400, 3), 9, np.uint8), mask=np.zeros((200, 400), np.uint8))
    rows = [SheetRow(title="a", views=(make_view(), wide))]
    sheet, layout = draw_sheet(rows, tile_width_px=80)
    x, y = layout.tile_px(0, 1)
    dark = (np.asarray(sheet)[y : y + 80, x : x + 80] == 9).all(axis=(1, 2))
    assert list(np.flatnonzero(dark)[[0, -1]]) == [20, 59]


def test_captions_tell_the_frame_and_whole_degrees():
    view = make_view(frame=7, euler_pyr_deg=np.array([-0.3, 12.6, -7.5]))
    assert caption(view) == ("h__t #7", "pitch +0°  yaw +13°  roll -8°")


def test_long_names_are_cut_in_the_middle_to_fit():
    sheet, _ = draw_sheet([SheetRow(title="a", views=(make_view(),))])
    pen, face = ImageDraw.Draw(sheet), font(11)
    short = _cut(pen, "head_" + "x" * 200 + "_track9", face, 120)
    assert pen.textlength(short, font=face) <= 120
    assert short.startswith("head")
    assert short.endswith("track9")
    assert "…" in short


def test_a_data_set_gives_a_row_for_each_head_in_order_of_yaw(tmp_path):
    make_dataset(tmp_path / "ds")
    with open_dataset(tmp_path / "ds") as dataset:
        rows = sheet_rows(dataset, num_columns=4)
    assert [row.title for row in rows] == ["h1   2 sequences, 10 frames", "h2   2 sequences, 10 frames"]
    for row in rows:
        yaw = [float(view.euler_pyr_deg[1]) for view in row.views]
        assert yaw == sorted(yaw)
        assert len({(view.sequence_id, view.frame) for view in row.views}) == 4


def test_of_many_heads_an_even_choice_is_shown(tmp_path):
    records = tuple(make_record(make_spec(f"h{i}", "t", num_frames=2)) for i in range(7))
    make_dataset(tmp_path / "ds", shards=(records,))
    with open_dataset(tmp_path / "ds") as dataset:
        rows = sheet_rows(dataset, num_columns=3, max_rows=3)
    assert [row.title.split()[0] for row in rows] == ["h0", "h3", "h6"]
    assert [len(row.views) for row in rows] == [2, 2, 2]


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        draw_sheet([])
