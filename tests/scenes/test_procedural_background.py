"""Procedural backgrounds: deterministic, smooth like a picture out of focus, varied, and the folder they fill."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synhead.core.seeding import generator
from synhead.scenes.procedural_background import KINDS, PAINTED, TRACED, drawn_kind, main, procedural_background
from synhead.scenes.procedural_canvas import Canvas

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "backgrounds"


def _luma(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])


def _share_of_fine_detail(luma: np.ndarray) -> float:
    """Share of the energy above a quarter of Nyquist: a lens out of focus leaves next to nothing there."""
    window = np.hanning(200)[:, None] * np.hanning(200)
    spectrum = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(200)[:, None], np.fft.fftfreq(200)[None, :])
    return float(spectrum[frequency > 0.125].sum() / spectrum.sum())


@pytest.mark.parametrize("kind", KINDS)
def test_same_generator_same_pixels_and_another_seed_another_picture(kind):
    first = procedural_background(generator(0, kind), 48, 64, kind)
    again = procedural_background(generator(0, kind), 48, 64, kind)
    other = procedural_background(generator(1, kind), 48, 64, kind)
    assert first.shape == (48, 64, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 3


@pytest.mark.parametrize("kind", PAINTED)
def test_a_painted_picture_is_out_of_focus_and_well_exposed(kind):
    for seed in range(3):
        luma = _luma(procedural_background(generator(seed, kind), 200, 200, kind))
        assert 12 < luma.mean() < 215
        assert luma.std() > 5, "a flat colour is no scene"
        assert _share_of_fine_detail(luma) < 0.03


def test_the_measure_of_fine_detail_knows_noise_from_a_gradient():
    assert _share_of_fine_detail(np.random.default_rng(0).standard_normal((200, 200))) > 0.9
    assert _share_of_fine_detail(np.tile(np.linspace(0, 255, 200), (200, 1))) < 1e-3


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (300, 7), (90, 160)])
def test_every_size_is_served(height, width):
    for kind in [*PAINTED, "hallway"]:
        assert procedural_background(generator(3, kind), height, width, kind).shape == (height, width, 3)


def test_the_kind_is_drawn_from_the_generator():
    kinds = [drawn_kind(generator(0, str(i))) for i in range(400)]
    assert set(kinds) == set(KINDS)
    # Traced kinds have two turns of 27 each, painted ones one: 20 of 27.
    assert sum(k in TRACED for k in kinds) / 400 == pytest.approx(20 / 27, abs=0.07)
    np.testing.assert_array_equal(
        procedural_background(generator(0, "7"), 32, 32), _with_kind(generator(0, "7"), kinds[7], 32, 32)
    )


def _with_kind(rng, kind, height, width):
    rng.integers(27)
    return procedural_background(rng, height, width, kind)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="0 x 4"):
        procedural_background(generator(0), 4, 0)
    with pytest.raises(ValueError, match='"beach"; there are sitting_room'):
        procedural_background(generator(0), 4, 4, "beach")


def test_defocus_turns_a_point_into_a_disc_of_the_radius_asked_for():
    canvas = Canvas(101, 101)
    canvas.rgb[50, 50] = 1.0
    blurred = canvas.defocused(10 / 101)[..., 0]
    assert blurred.sum() == pytest.approx(1.0, abs=1e-9)
    lit = blurred > 1e-6
    # Area of a disc with half a pixel of soft rim, and its extent along the axes.
    assert lit.sum() == pytest.approx(np.pi * 10.5**2, rel=0.05)
    assert list(np.flatnonzero(lit[50])[[0, -1]]) == [40, 60]


def test_rect_and_polygon_cover_the_same_hand_counted_pixels():
    by_rect, by_polygon = Canvas(10, 20), Canvas(10, 20)
    by_rect.rect(0.5, 0.2, 1.5, 0.7, (1.0, 0.5, 0.0))
    by_polygon.polygon([(0.5, 0.2), (1.5, 0.2), (1.5, 0.7), (0.5, 0.7)], (1.0, 0.5, 0.0))
    np.testing.assert_array_equal(by_rect.rgb, by_polygon.rgb)
    assert (by_rect.rgb[..., 0] > 0).sum() == 5 * 10


def test_the_command_writes_pictures_and_a_manifest_that_fits_them(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["--count", "2", "--seed", "4", "--out", "here", "--size", "160x120"])
    manifest = json.loads((tmp_path / "here" / "manifest.json").read_text(encoding="utf-8"))
    assert (
        manifest["command"]
        == "python -m synhead.scenes.procedural_background --count 2 --seed 4 --size 160x120 --out here"
    )
    assert [record["file"] for record in manifest["files"]] == ["00_sitting_room.jpg", "01_study.jpg"]
    assert capsys.readouterr().out.splitlines() == ["here/00_sitting_room.jpg", "here/01_study.jpg"]
    _check_folder(tmp_path / "here", manifest)


def test_the_committed_folder_is_what_its_manifest_says():
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["licence"] == "Apache-2.0"
    assert len(manifest["files"]) >= 70
    assert {path.name for path in ASSETS.glob("*.jpg")} == {record["file"] for record in manifest["files"]}
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) < 12_000_000
    _check_folder(ASSETS, manifest)


def test_the_committed_folder_comes_from_the_recorded_seed():
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    record = manifest["files"][12]
    rng = generator(manifest["seed"], "procedural-background", "12")
    pixels = procedural_background(rng, manifest["height_px"], manifest["width_px"], record["kind"])
    with Image.open(ASSETS / record["file"]) as image:
        # Against the decoded JPEG: other versions of numpy or scipy may round the last bit otherwise.
        assert np.abs(np.asarray(image).astype(int) - pixels).mean() < 2


def test_no_two_of_the_committed_pictures_are_alike():
    files = sorted(ASSETS.glob("*.jpg"))
    small = []
    for path in files:
        with Image.open(path) as image:
            small.append(np.asarray(image.convert("RGB").resize((16, 12), Image.Resampling.BOX), float).ravel() / 255)
    thumbnails = np.stack(small)
    apart = np.sqrt(((thumbnails[:, None] - thumbnails[None]) ** 2).mean(axis=-1))
    apart[np.diag_indices(len(files))] = np.inf
    nearest = np.unravel_index(apart.argmin(), apart.shape)
    # 0.067 was measured, between two shores; one picture and its own copy one grey level brighter are 0.004 apart.
    assert apart.min() > 0.05, [files[i].name for i in nearest]


def _spectral_slope(luma: np.ndarray) -> float:
    """Slope of the radial amplitude spectrum in log-log axes, from 2 to 30 cycles a picture."""
    size = len(luma)
    window = np.hanning(size)[:, None] * np.hanning(size)
    amplitude = np.abs(np.fft.fft2((luma - (luma * window).sum() / window.sum()) * window))
    cycles = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)) * size
    rings = np.arange(2, 31)
    mean = [amplitude[(cycles >= ring - 0.5) & (cycles < ring + 0.5)].mean() for ring in rings]
    return float(np.polyfit(np.log(rings), np.log(mean), 1)[0])


def test_the_measure_of_the_slope_knows_its_noises():
    rng = np.random.default_rng(0)
    frequency = np.maximum(np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)), 1 / 128)
    for slope in (-0.5, -1.0, -1.5):
        noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((128, 128))) * frequency**slope).real
        assert _spectral_slope(noise) == pytest.approx(slope, abs=0.15)


@pytest.mark.slow
def test_traced_scenes_have_the_spectrum_of_photographs_before_the_lens_blurs_them():
    """Natural scenes: -1.05 with a spread of 0.24 (Burton and Moorhead 1987); indoors steeper."""
    slopes = {}
    for kind, painter in TRACED.items():
        canvas, rng = Canvas(128, 128), generator(0, kind)
        painter(canvas, rng)
        slopes[kind] = _spectral_slope(np.clip(canvas.rgb, 0, 1) ** (1 / 2.2) @ np.array([0.2126, 0.7152, 0.0722]))
    assert -1.4 < np.mean(list(slopes.values())) < -0.8, slopes
    assert all(-1.7 < slope < -0.7 for slope in slopes.values()), slopes


@pytest.mark.slow
def test_a_committed_room_comes_from_the_recorded_seed():
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    index = next(i for i, record in enumerate(manifest["files"]) if record["kind"] == "hallway")
    record = manifest["files"][index]
    rng = generator(manifest["seed"], "procedural-background", str(index))
    pixels = procedural_background(rng, manifest["height_px"], manifest["width_px"], record["kind"])
    with Image.open(ASSETS / record["file"]) as image:
        assert np.abs(np.asarray(image).astype(int) - pixels).mean() < 3


def _check_folder(folder: Path, manifest: dict) -> None:
    for record in manifest["files"]:
        data = (folder / record["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        with Image.open(folder / record["file"]) as image:
            assert image.size == (manifest["width_px"], manifest["height_px"])
