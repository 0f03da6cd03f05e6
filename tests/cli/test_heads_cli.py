"""'synhead heads' as a user meets it: exit codes, what is written, what is said."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from synhead.cli.head_sheet import draw_sheet, write_sheet
from synhead.cli.heads import app
from synhead.core.scene import SequenceSpec
from synhead.errors import InputError, OutputError
from synhead.heads.load import load_head
from synhead.render.renderer import RenderedFrames, RendererInfo
from tests.heads.synthetic import egg_landmarks, write_head

runner = CliRunner()


def scan(tmp_path: Path) -> Path:
    folder = write_head(tmp_path / "scan")
    (folder / "head.json").unlink()
    return folder / "egg.obj"


REGISTER = ["--up", "+y", "--front", "+z", "--tragi", "-0.07,-0.02,0 0.07,-0.02,0"]


def test_check_lists_heads_and_passes(tmp_path: Path) -> None:
    write_head(tmp_path / "a", id="a")
    write_head(tmp_path / "b", id="b", licence=None)
    result = runner.invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "b: warning licence: unknown" in result.output
    assert "info" not in result.output
    assert "openings" in runner.invoke(app, ["check", str(tmp_path), "-v"]).output


def test_check_fails_on_an_unfit_head_and_on_equal_ids(tmp_path: Path) -> None:
    write_head(tmp_path / "one" / "a", units="inch")
    result = runner.invoke(app, ["check", str(tmp_path / "one")])
    assert result.exit_code == 1
    assert "'inch'" in result.output
    for name in ("a", "b"):
        write_head(tmp_path / "two" / name, id="same")
    result = runner.invoke(app, ["check", str(tmp_path / "two")])
    assert result.exit_code == 1
    assert "several heads have this id" in result.output


def test_check_of_nothing_says_the_way_out(tmp_path: Path) -> None:
    result = runner.invoke(app, ["check", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "synhead heads generate" in str(result.exception)


def test_register_without_picture(tmp_path: Path) -> None:
    result = runner.invoke(app, ["register", str(scan(tmp_path)), "-o", str(tmp_path / "h"), *REGISTER, "--no-picture"])
    assert result.exit_code == 0, result.output
    assert "units guessed: m" in result.output
    assert load_head(tmp_path / "h").head_id == "h"


def test_register_dry_run(tmp_path: Path) -> None:
    result = runner.invoke(app, ["register", str(scan(tmp_path)), "-o", str(tmp_path / "h"), *REGISTER, "--dry-run"])
    assert result.exit_code == 0
    assert "would write" in result.output
    assert not (tmp_path / "h").exists()


def test_register_with_landmarks(tmp_path: Path) -> None:
    points = tmp_path / "points.json"
    points.write_text(json.dumps(egg_landmarks().tolist()))
    arguments = ["register", str(scan(tmp_path)), "-o", str(tmp_path / "h"), *REGISTER, "--no-picture"]
    assert runner.invoke(app, [*arguments, "--landmarks", str(points)]).exit_code == 0
    assert load_head(tmp_path / "h").landmarks_68_m is not None
    points.write_text("[[1, 2, 3]]")
    arguments[3] = str(tmp_path / "h2")
    result = runner.invoke(app, [*arguments, "--landmarks", str(points)])
    assert isinstance(result.exception, InputError)
    assert "shape (1, 3)" in str(result.exception)


@pytest.mark.parametrize(
    "extra", [["--units", "0"], ["--units", "3ft"], ["--tragi", "1,2 3"], ["--max-triangles", "3"]]
)
def test_register_usage_errors(tmp_path: Path, extra: list[str]) -> None:
    result = runner.invoke(app, ["register", str(scan(tmp_path)), "-o", str(tmp_path / "h"), *extra])
    assert result.exit_code == 2


def test_show_dry_run(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg")
    result = runner.invoke(app, ["show", str(folder), "-o", str(tmp_path / "s.png"), "--dry-run"])
    assert result.exit_code == 0
    assert not (tmp_path / "s.png").exists()


class FlatRenderer:
    """Draws nothing over the background; keeps the spec it was given."""

    spec: SequenceSpec

    @property
    def info(self) -> RendererInfo:
        return RendererInfo(engine="none", device="none", version="", is_software=True, antialiasing="")

    def render(self, head, background, spec: SequenceSpec, frames: range) -> RenderedFrames:
        self.spec = spec
        shape = (len(frames), *background.shape[:2])
        return RenderedFrames(
            rgb=np.broadcast_to(background, (*shape, 3)).copy(),
            coverage=np.zeros(shape, dtype=np.uint8),
            depth_m=np.full(shape, np.inf),
        )

    def close(self) -> None:
        pass


def test_sheet_marks_landmarks_where_the_camera_sees_them(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "egg"))
    engine = FlatRenderer()
    sheet = np.asarray(draw_sheet(head, engine, num_views=1, size_px=400))
    assert sheet.shape == (400, 400, 3)
    green = (sheet == (0, 255, 60)).all(axis=-1)
    y, x = np.nonzero(green)
    # By hand: 1 m away, 22 degrees high, straight on; the subject's left (+x) is image right.
    focal = 200 / np.tan(np.radians(11))
    points = head.landmarks_68_m
    u = 200 + focal * points[:, 0] / (1 - points[:, 2])
    v = 200 - focal * points[:, 1] / (1 - points[:, 2])
    assert abs(x.min() - u.min()) < 3
    assert abs(x.max() - u.max()) < 3
    assert abs(y.max() - v.max()) < 3
    assert green[np.round(v[8]).astype(int), np.round(u[8]).astype(int)]


def test_sheet_of_four_columns(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "egg", landmarks_ibug68=None, pupils=None))
    engine = FlatRenderer()
    assert draw_sheet(head, engine, num_views=6, size_px=80).size == (320, 160)
    assert engine.spec.num_frames == 6


def test_unwritable_sheet(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"sheet\.png"):
        write_sheet(Image.new("RGB", (4, 4)), tmp_path / "sheet.nonsense")


@pytest.mark.slow
def test_show_draws_a_head(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg")
    out = tmp_path / "s.png"
    result = runner.invoke(app, ["show", str(folder), "-o", str(out), "--views", "4", "--size", "96"])
    assert result.exit_code == 0, result.output
    picture = np.asarray(Image.open(out)).astype(int)
    assert picture.shape == (96, 384, 3)
    # The egg's skin is redder than the grey-green background.
    assert (picture[..., 0] - picture[..., 1] > 20).mean() > 0.1


@pytest.mark.slow
def test_show_draws_a_folder_of_heads(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_head(tmp_path / "heads" / name, id=name)
    out = tmp_path / "s.png"
    result = runner.invoke(app, ["show", str(tmp_path / "heads"), "-o", str(out), "--views", "2", "--size", "64"])
    assert result.exit_code == 0, result.output
    assert "a, b" in result.output
    picture = np.asarray(Image.open(out))
    assert picture.shape == (128, 128, 3)
    # The same head twice; only the name written on the first view differs.
    assert np.array_equal(picture[24:64], picture[88:])
