"""From a data set to report.html: everything is there, escaped, linked and valid."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from synhead.errors import DatasetError, OutputError
from synhead.inspect import video
from synhead.inspect.page import MAX_TABLE_ROWS, ReportContent, _flat, readable_bytes, render_page
from synhead.inspect.report import InspectOptions, inspect_dataset
from synhead.inspect.stats import collect_stats
from synhead.shards.manifest import Failure, InputEntry, write_manifest
from synhead.shards.reader import open_dataset
from tests.shards.synthetic import make_dataset, make_record, make_spec

VOID = {"meta", "img", "br", "hr", "link", "input"}


class _Checker(HTMLParser):
    """Every element is closed in order, every id is unique; collects references and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.files: list[str] = []
        self.anchors: list[str] = []
        self.text: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value)
            if key in ("src", "href"):
                (self.anchors if value.startswith("#") else self.files).append(value.removeprefix("#"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def check_page(page: Path) -> _Checker:
    checker = _Checker()
    checker.feed(page.read_text(encoding="utf-8"))
    checker.close()
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert set(checker.anchors) <= set(checker.ids)
    for file in checker.files:
        assert not re.match(r"[a-z]+:|/", file), "references are relative"
        assert (page.parent / file).is_file()
    return checker


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("inspect") / "ds"
    make_dataset(folder)
    return folder


@pytest.fixture(scope="module")
def page(dataset, tmp_path_factory) -> Path:
    return inspect_dataset(dataset, tmp_path_factory.mktemp("out"))


def test_the_report_is_complete_and_its_pictures_are_there(page, dataset):
    checker = check_page(page)
    text = " ".join(" ".join(checker.text).split())
    for words in ("20 frames", "4 sequences", "2 heads", "2 tracks", "0.7 s of video", "in 2 shards", "0 failures"):
        assert words in text
    with open_dataset(dataset) as opened:
        assert opened.manifest.digest in text
        assert all(sequence_id in text for sequence_id in opened.sequence_ids)
    assert "CC0-1.0" in text
    assert "throughput: render.frames_per_s" in text
    assert "script" not in checker.tags
    names = {Path(file).name for file in checker.files}
    assert {"sheet.jpg", "overlay.jpg", "poses.png", "speed.png", "counts.png", "visibility.png"} <= names
    assert names & {"video.mp4", "video.gif"}


def test_the_overlay_sheet_differs_from_the_plain_one_only_by_what_is_drawn(page):
    plain = np.asarray(Image.open(page.parent / "report" / "sheet.jpg")).astype(int)
    overlay = np.asarray(Image.open(page.parent / "report" / "overlay.jpg")).astype(int)
    assert plain.shape == overlay.shape
    changed = (np.abs(plain - overlay).max(axis=-1) > 60).mean()
    assert 0.005 < changed < 0.5


def test_a_report_in_the_data_set_itself_is_the_same_and_leaves_the_data_alone(page, dataset):
    def data() -> dict:
        return {path: path.read_bytes() for path in [*dataset.rglob("*.h5"), dataset / "manifest.json"]}

    def pictures(folder: Path) -> dict:
        return {path.name: path.read_bytes() for path in (folder / "report").iterdir() if "video" not in path.name}

    before = data()
    own = inspect_dataset(dataset, options=InspectOptions(video=False))
    assert own == dataset / "report.html"
    assert pictures(dataset) == pictures(page.parent)
    assert data() == before


def test_hostile_names_and_reasons_are_shown_as_text(tmp_path):
    evil = '<script>alert("x")</script>&amp;'
    record = make_record(make_spec("<b>head&", "it's\"t", num_frames=2))
    manifest = make_dataset(tmp_path / "ds", shards=((record,),))
    heads = (InputEntry(id=evil, sha256="0" * 64, licence=evil, source=evil),)
    manifest = replace(
        manifest,
        inputs={"heads": heads, "tracks": (replace(heads[0], licence=" "),)},
        failures=(Failure(sequence_id=evil, stage="load", reason=evil),),
        renderer={evil: {"inner": [evil]}},
        config={"name": evil},
    )
    write_manifest(tmp_path / "ds", manifest)
    page = inspect_dataset(tmp_path / "ds", tmp_path / "out <&>", InspectOptions(video=False))
    checker = check_page(page)
    assert not checker.tags & {"script", "b" + "head"}
    text = "".join(checker.text)
    assert text.count(evil) >= 5
    assert "<b>head&__it's\"t" in text
    assert "1 input without a stated licence" in text
    assert "1 sequence could not be made" in text


def test_an_empty_data_set_says_so(tmp_path):
    make_dataset(tmp_path / "ds", shards=())
    page = inspect_dataset(tmp_path / "ds")
    checker = check_page(page)
    assert "holds no frames" in "".join(checker.text)
    assert checker.files == []


def test_a_long_table_is_cut_with_a_note(dataset):
    with open_dataset(dataset) as opened:
        stats = collect_stats(opened)
        many = replace(stats, sequences=stats.sequences[:1] * (MAX_TABLE_ROWS + 3))
        html = render_page(
            ReportContent(name="n", manifest=opened.manifest, stats=many, sheets=(), video=None, plots=())
        )
    assert html.count("<tr><td>h1__t1</td>") == MAX_TABLE_ROWS
    assert "and 3 more" in html


def test_nested_settings_become_dotted_names():
    flat = dict(_flat({"a": {"b": 1.5, "c": [1, 2]}, "d": None, "e": True}))
    assert flat == {"a.b": "1.5", "a.c": "1, 2", "d": "none", "e": "True"}


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1_500_000, "1.43 MiB"), (1023 * 2**20, "1023 MiB")],
)
def test_bytes_are_readable(count, text):
    assert readable_bytes(count) == text


def test_an_unknown_sequence_is_refused_before_any_work(dataset, tmp_path):
    with pytest.raises(DatasetError, match="no sequence 'nobody'"):
        inspect_dataset(dataset, tmp_path / "out", InspectOptions(video_sequence_id="nobody"))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_data_set_is_named(tmp_path):
    with pytest.raises(DatasetError, match="is not a synhead data set"):
        inspect_dataset(tmp_path)


def test_an_output_that_cannot_be_a_folder_is_named(dataset, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        inspect_dataset(dataset, tmp_path / "file")


def test_the_film_has_every_frame_side_by_side(dataset, tmp_path):
    import imageio_ffmpeg

    if video.ffmpeg_executable() is None:
        pytest.skip("no ffmpeg here; the GIF takes its place")
    with open_dataset(dataset) as opened:
        path = video.write_sequence_video(opened.sequence("h1__t2"), tmp_path / "film", max_frames=4)
    assert path.name == "film.mp4"
    frames = imageio_ffmpeg.read_frames(str(path))
    meta = next(frames)
    assert meta["size"] == (128, 48)
    assert meta["fps"] == 30
    assert sum(1 for _ in frames) == 4


def test_without_ffmpeg_the_film_is_a_gif_at_the_speed_of_the_motion(tmp_path):
    make_dataset(tmp_path / "ds", shards=((make_record(make_spec("h", "t", num_frames=10, size=(33, 41))),),))
    with open_dataset(tmp_path / "ds") as opened:
        path = video.write_sequence_video(opened.sequence("h__t"), tmp_path / "film", allow_mp4=False)
    assert path.name == "film.gif"
    with Image.open(path) as image:
        # 30 frames a second: every second one, 67 ms each; both sides padded to even sizes.
        assert (image.size, image.n_frames) == ((82, 34), 5)
        assert image.info["duration"] in (60, 67, 70)


@pytest.fixture
def app() -> typer.Typer:
    from synhead.cli.inspect import inspect

    app = typer.Typer()
    app.command()(inspect)
    return app


def test_the_command_writes_the_page_and_says_where(app, dataset, tmp_path):
    run = CliRunner().invoke(app, [str(dataset), "-o", str(tmp_path / "out"), "--no-video", "--columns", "2"])
    assert run.exit_code == 0, run.output
    assert "report.html" in run.output
    check_page(tmp_path / "out" / "report.html")


def test_a_dry_run_writes_nothing(app, dataset, tmp_path):
    run = CliRunner().invoke(app, [str(dataset), "-o", str(tmp_path / "out"), "--dry-run"])
    assert run.exit_code == 0, run.output
    assert "20 frames of 4 sequences" in run.output
    assert not (tmp_path / "out").exists()
