"""report.html: a data set on one page, with its pictures beside it in the folder `report`."""

from dataclasses import dataclass, field
from pathlib import Path

from synhead.errors import OutputError
from synhead.inspect.draw import OverlayOptions
from synhead.inspect.page import Picture, ReportContent, render_page
from synhead.inspect.plots import plot_all
from synhead.inspect.sheet import draw_sheet, sheet_rows
from synhead.inspect.stats import DatasetStats, collect_stats
from synhead.inspect.video import write_sequence_video
from synhead.shards.reader import Dataset, open_dataset

REPORT_NAME, PICTURE_FOLDER = "report.html", "report"


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectOptions:
    """What a report shows.

    Attributes:
        num_columns: frames of each head on the contact sheets.
        max_rows: heads on the contact sheets.
        video: whether to film one sequence.
        video_sequence_id: which; None takes the one that turns the most.
        max_video_frames: length of the film.
    """

    num_columns: int = 8
    max_rows: int = 12
    video: bool = True
    video_sequence_id: str | None = None
    max_video_frames: int = 240
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


def inspect_dataset(dataset: str | Path, out: str | Path | None = None, options: InspectOptions | None = None) -> Path:
    """Write report.html and its pictures; returns the path of report.html.

    Args:
        dataset: folder of a finished data set.
        out: folder for the report; None takes the data set's own. What an earlier report left there is replaced.

    Raises:
        DatasetError: not a finished data set, damaged, or without the sequence that was asked for.
        OutputError: the folder cannot be written.
    """
    options = options or InspectOptions()
    with open_dataset(dataset) as opened:
        if options.video_sequence_id is not None:
            opened.sequence(options.video_sequence_id)  # An unknown id is refused before any work.
        folder = Path(out) if out is not None else opened.path
        pictures = folder / PICTURE_FOLDER
        try:
            pictures.mkdir(parents=True, exist_ok=True)
            content = _make_content(opened, pictures, options)
            page = folder / REPORT_NAME
            page.write_text(render_page(content), encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"{folder}: the report cannot be written there: {error}. Choose another with -o."
            ) from error
    return page


def _make_content(dataset: Dataset, pictures: Path, options: InspectOptions) -> ReportContent:
    stats = collect_stats(dataset)
    sheets: list[Picture] = []
    video = None
    if stats.num_frames:
        sheets = _make_sheets(dataset, pictures, options)
        if options.video:
            video = _make_video(dataset, stats, pictures, options)
    plots = plot_all(stats, pictures) if stats.num_frames else {}
    return ReportContent(
        name=dataset.path.resolve().name,
        manifest=dataset.manifest,
        stats=stats,
        sheets=tuple(sheets),
        video=video,
        plots=tuple(_picture(pictures / name, caption) for name, caption in plots.items()),
    )


def _make_sheets(dataset: Dataset, pictures: Path, options: InspectOptions) -> list[Picture]:
    rows = sheet_rows(dataset, num_columns=options.num_columns, max_rows=options.max_rows)
    num_heads = len({entry.head_id for entry in dataset.manifest.sequences})
    shown = f"{len(rows)} of {num_heads} heads" if len(rows) < num_heads else f"{num_heads} head{'s'[: num_heads != 1]}"
    made = []
    for name, overlay, caption in (
        ("sheet.jpg", None, f"Frames as stored: {shown}, each from its smallest to its largest yaw."),
        (
            "overlay.jpg",
            options.overlay,
            "The same frames with their labels. Axes from R_cam_head and t_cam_head_m: red to the subject's left, "
            "green up, blue out of the face, 8 cm each. Landmarks: green visible, orange occluded. Boxes: yellow face, "
            "light blue head. Pink: outline of the mask.",
        ),
    ):
        image, _ = draw_sheet(rows, overlay=overlay)
        image.save(pictures / name, quality=88, subsampling=0)
        made.append(_picture(pictures / name, caption))
    return made


def _make_video(dataset: Dataset, stats: DatasetStats, pictures: Path, options: InspectOptions) -> Picture:
    chosen = options.video_sequence_id
    if chosen is None:
        chosen = max(
            stats.sequences, key=lambda one: one.yaw_deg[1] - one.yaw_deg[0] + one.pitch_deg[1] - one.pitch_deg[0]
        )
        chosen = chosen.sequence_id
    sequence = dataset.sequence(chosen)
    path = write_sequence_video(
        sequence, pictures / "video", max_frames=options.max_video_frames, options=options.overlay
    )
    height, width = sequence.size_px
    frames = min(options.max_video_frames, sequence.num_frames)
    caption = f"{chosen}: {frames} frames at {sequence.fps:g} per second, as stored and with labels."
    return Picture(file=f"{PICTURE_FOLDER}/{path.name}", caption=caption, width_px=2 * width, height_px=height)


def _picture(path: Path, caption: str) -> Picture:
    from PIL import Image

    with Image.open(path) as image:
        width, height = image.size
    return Picture(file=f"{PICTURE_FOLDER}/{path.name}", caption=caption, width_px=width, height_px=height)
