"""Contact sheets: a row for each head, its frames from the leftmost to the rightmost yaw."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw, ImageFont

from synhead.inspect.draw import OverlayOptions, draw_overlay
from synhead.inspect.frame_view import FrameView, read_frames
from synhead.shards.reader import Dataset

_MARGIN_PX, _GAP_PX, _CAPTION_PX, _ROW_TITLE_PX = 16, 8, 32, 28
_PAPER, _INK, _FAINT = (250, 250, 248), (30, 32, 36), (110, 114, 120)


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetLayout:
    """Where everything stands: tiles of one size, captions below them, a title above each row."""

    num_rows: int
    num_columns: int
    tile_height_px: int
    tile_width_px: int

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the sheet."""
        width = 2 * _MARGIN_PX + self.num_columns * (self.tile_width_px + _GAP_PX) - _GAP_PX
        return width, 2 * _MARGIN_PX + self.num_rows * self._row_px

    @property
    def _row_px(self) -> int:
        return _ROW_TITLE_PX + self.tile_height_px + _CAPTION_PX

    def title_px(self, row: int) -> tuple[int, int]:
        """Top left corner of a row's title."""
        return _MARGIN_PX, _MARGIN_PX + row * self._row_px

    def tile_px(self, row: int, column: int) -> tuple[int, int]:
        """Top left corner of a tile."""
        return (
            _MARGIN_PX + column * (self.tile_width_px + _GAP_PX),
            _MARGIN_PX + row * self._row_px + _ROW_TITLE_PX,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SheetRow:
    """One head's frames, in order of their yaw."""

    title: str
    views: tuple[FrameView, ...]


def spread_over(
    values: Float[np.ndarray, " count"], groups: Int[np.ndarray, " count"], num_picks: int
) -> Int[np.ndarray, " num_picked"]:
    """Indices of distinct entries, ascending in value, near equal steps from the least to the largest value.

    Among the entries within half a step of the aim, those of the least shown group come first, then the nearest.
    """
    targets = np.linspace(values.min(), values.max(), min(num_picks, len(values)))
    half_step = (targets[1] - targets[0]) / 2 if len(targets) > 1 else 0.0
    shown = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    taken = np.zeros(len(values), dtype=bool)
    # The ends first: there the choice is smallest.
    for target in sorted(targets, key=lambda value: -abs(value - targets.mean())):
        distance = np.abs(values - target)
        distance[taken] = np.inf
        far = distance > max(half_step, float(distance.min()))
        pick = int(np.lexsort((distance, shown[groups], far))[0])
        taken[pick] = True
        shown[groups[pick]] += 1
    picks = np.flatnonzero(taken)
    return picks[np.argsort(values[picks], kind="stable")]


def sheet_rows(dataset: Dataset, *, num_columns: int = 8, max_rows: int = 12) -> list[SheetRow]:
    """Frames for a sheet; of more than `max_rows` heads an even choice.

    Raises:
        DatasetError: a shard is damaged.
    """
    by_head: dict[str, list[str]] = {}
    for entry in dataset.manifest.sequences:
        by_head.setdefault(entry.head_id, []).append(entry.sequence_id)
    heads = sorted(by_head)
    if len(heads) > max_rows:
        heads = [heads[i] for i in np.linspace(0, len(heads) - 1, max_rows).round().astype(int)]
    rows = []
    for head_id in heads:
        places, yaws, groups = [], [], []
        for group, sequence_id in enumerate(by_head[head_id]):
            yaw = dataset.sequence(sequence_id).read("euler_pyr_deg")[:, 1]
            yaws.append(yaw)
            groups.append(np.full(len(yaw), group, dtype=np.int64))
            places += [(sequence_id, frame) for frame in range(len(yaw))]
        picks = spread_over(np.concatenate(yaws), np.concatenate(groups), num_columns)
        views = []
        for sequence_id, frame in (places[int(index)] for index in picks):
            views += read_frames(dataset.sequence(sequence_id), range(frame, frame + 1))
        count = len(by_head[head_id])
        title = f"{head_id}   {count} sequence{'s' if count != 1 else ''}, {len(places):,} frames"
        rows.append(SheetRow(title=title, views=tuple(views)))
    return rows


def draw_sheet(
    rows: list[SheetRow], *, overlay: OverlayOptions | None = None, tile_width_px: int = 240
) -> tuple[Image.Image, SheetLayout]:
    """The sheet, with labels drawn on the frames where `overlay` says which.

    Raises:
        ValueError: there is nothing to show.
    """
    if not rows:
        raise ValueError("a sheet needs at least one row")
    shapes = [view.mask.shape for row in rows for view in row.views]
    # All tiles have the shape of the tallest frame; narrower ones stand in the middle.
    ratio = max(height / width for height, width in shapes)
    layout = SheetLayout(
        num_rows=len(rows),
        num_columns=max(len(row.views) for row in rows),
        tile_width_px=tile_width_px,
        tile_height_px=max(round(tile_width_px * ratio), 1),
    )
    sheet = Image.new("RGB", layout.size_px, _PAPER)
    pen = ImageDraw.Draw(sheet)
    title_font, small_font = font(15, bold=True), font(11)
    for r, row in enumerate(rows):
        x, y = layout.title_px(r)
        pen.text((x, y + 4), _cut(pen, row.title, title_font, layout.size_px[0] - 2 * _MARGIN_PX), _INK, title_font)
        for c, view in enumerate(row.views):
            x, y = layout.tile_px(r, c)
            pixels = draw_overlay(view, overlay) if overlay else view.image
            _paste(sheet, Image.fromarray(pixels), x, y, layout)
            for line, text in enumerate(caption(view)):
                place = (x, y + layout.tile_height_px + 2 + 13 * line)
                pen.text(place, _cut(pen, text, small_font, tile_width_px), (_FAINT, _INK)[line], small_font)
    return sheet, layout


def caption(view: FrameView) -> tuple[str, str]:
    """Two lines: where the frame is from, and its angles."""
    pitch, yaw, roll = (f"{round(float(angle)):+d}°" for angle in view.euler_pyr_deg)
    return f"{view.sequence_id} #{view.frame}", f"pitch {pitch}  yaw {yaw}  roll {roll}"


def font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib: the same on every machine, with most alphabets."""
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size_px)


def _paste(sheet: Image.Image, picture: Image.Image, x: int, y: int, layout: SheetLayout) -> None:
    scale = min(layout.tile_width_px / picture.width, layout.tile_height_px / picture.height)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    resized = picture.resize(size, Image.Resampling.LANCZOS)
    left, top = (layout.tile_width_px - size[0]) // 2, (layout.tile_height_px - size[1]) // 2
    sheet.paste(resized, (x + left, y + top))


def _cut(pen: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width_px: int) -> str:
    """The text, shortened in the middle until it fits: the ends of an id tell most."""
    if pen.textlength(text, font=face) <= width_px:
        return text
    keep = len(text) - 1
    while keep > 2 and pen.textlength(_shortened(text, keep), font=face) > width_px:
        keep -= 1
    return _shortened(text, keep)


def _shortened(text: str, keep: int) -> str:
    return f"{text[: keep // 2]}…{text[len(text) - (keep - keep // 2) :]}"
