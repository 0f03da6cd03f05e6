"""Backgrounds: every kind of picture a folder may hold, crops by hand, bad files set apart."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from synhead.core.scene import BackgroundSpec
from synhead.core.seeding import generator
from synhead.errors import InputError
from synhead.scenes.backgrounds import BackgroundBank, choose_background, find_backgrounds, read_photo, srgb_from_linear
from tests.shared_data import shared_data


def _photo_spec(name, **parameters):
    whole = {"crop_share": 1.0, "crop_x_share": 0.0, "crop_y_share": 0.0, "mirrored": 0}
    return BackgroundSpec(kind="photo", background_id=name, path=name, parameters={**whole, **parameters})


def test_missing_and_empty_folders_say_what_to_do(tmp_path):
    with pytest.raises(InputError, match="no such folder; give a folder of photographs"):
        find_backgrounds(tmp_path / "absent")
    with pytest.raises(InputError, match="holds no picture; looked for"):
        find_backgrounds(tmp_path)


def test_bad_pictures_are_set_apart_and_good_ones_kept(tmp_path):
    Image.new("RGB", (200, 100), (10, 20, 30)).save(tmp_path / "good.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "tiny.png")
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "claims.png").write_bytes(_png_header(30000, 30000))
    sources, problems = find_backgrounds(tmp_path)
    assert [s.background_id for s in sources] == ["good.png"]
    assert (sources[0].width_px, sources[0].height_px) == (200, 100)
    said = {p.path.name: p.problem for p in problems}
    assert "is 1 x 1 pixels; a background needs at least 64" in said["tiny.png"]
    assert "cannot be read as a picture" in said["text.jpg"]
    assert "claims 30000 x 30000 pixels" in said["claims.png"]


def _png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64))


def test_a_truncated_picture_is_an_error_that_names_it(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.png: is damaged"):
        read_photo(tmp_path / "cut.png")


def test_cmyk_grey_palette_and_opacity_become_rgb(tmp_path):
    Image.new("CMYK", (80, 80), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    Image.new("L", (80, 80), 77).save(tmp_path / "grey.png")
    Image.new("P", (80, 80), 0).save(tmp_path / "palette.png")
    Image.new("RGBA", (80, 80), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    red = np.asarray(read_photo(tmp_path / "cmyk.jpg"))[40, 40]
    assert red[0] > 200, "CMYK (0, 1, 1, 0) is red"
    assert red[1:].max() < 60
    np.testing.assert_array_equal(np.asarray(read_photo(tmp_path / "grey.png"))[0, 0], [77, 77, 77])
    assert read_photo(tmp_path / "palette.png").mode == "RGB"
    np.testing.assert_array_equal(np.asarray(read_photo(tmp_path / "clear.png"))[0, 0], [127, 127, 127])


def test_a_phone_held_upright_gives_an_upright_picture(tmp_path):
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[:, :60] = 250
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn a quarter to the right to show it"
    Image.fromarray(pixels).save(tmp_path / "held.jpg", quality=95, exif=exif)
    shown = np.asarray(read_photo(tmp_path / "held.jpg"))
    assert shown.shape == (120, 80, 3)
    assert shown[10].mean() > 240
    assert shown[-10].mean() < 15


def test_sixteen_bits_keep_their_high_byte(tmp_path):
    deep = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    shown = np.asarray(read_photo(tmp_path / "deep.png"))[..., 0].astype(float)
    np.testing.assert_allclose(shown, deep / 257.0, atol=0.51)


def test_a_whole_crop_is_the_picture_and_mirroring_mirrors(tmp_path):
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:, :50] = 200
    Image.fromarray(pixels).save(tmp_path / "half.png")
    bank = BackgroundBank(tmp_path)
    plain = bank.pixels(_photo_spec("half.png"), width_px=100, height_px=100)
    np.testing.assert_array_equal(plain, pixels)
    mirrored = bank.pixels(_photo_spec("half.png", mirrored=1), width_px=100, height_px=100)
    np.testing.assert_array_equal(mirrored, pixels[:, ::-1])


def test_a_crop_keeps_the_aspect_of_the_frame(tmp_path):
    # Vertical stripes of 10 px in a wide picture: cropped to its full height, the stripes stay 10 * 50 / 100 = 5 px.
    stripes = np.zeros((100, 400, 3), np.uint8)
    stripes[:, np.arange(400) % 20 < 10] = 255
    Image.fromarray(stripes).save(tmp_path / "wide.png")
    view = BackgroundBank(tmp_path).pixels(_photo_spec("wide.png"), width_px=50, height_px=50)
    edges = np.flatnonzero(np.diff((view[25, :, 0] > 127).astype(int)))
    np.testing.assert_array_equal(np.diff(edges), 5)


def test_a_panorama_view_looks_where_it_says(tmp_path):
    # One column a degree, heading 0 at the left edge: dark everywhere but for a band of 268 to 273 degrees.
    width, height = 360, 180
    rgbe = np.zeros((height, width, 4), np.uint8)
    rgbe[..., :3], rgbe[..., 3] = 128, 127
    rgbe[:, 268:273, :3] = 255
    rgbe[:, 268:273, 3] = 130
    path = tmp_path / "meridian.hdr"
    path.write_bytes(b"#?RADIANCE\n\n-Y 180 +X 360\n" + rgbe.tobytes())
    parameters = {
        "heading_deg": 270.0,
        "elevation_deg": 0.0,
        "vertical_fov_deg": 60.0,
        "key_percentile_gray": 0.2,
        "defocus_share": 0.0001,
    }
    spec = BackgroundSpec(kind="hdri", background_id="m", path="meridian.hdr", parameters=parameters)
    bank = BackgroundBank(tmp_path)
    # The middle of the band is longitude 270.5; f = 50.5 / tan(30) at 101 px and 60 degrees.
    focal = 50.5 / np.tan(np.radians(30))
    assert abs(_middle_of_band(bank, spec) - (50.5 + focal * np.tan(np.radians(0.5)))) < 0.6
    turned = BackgroundSpec(
        kind="hdri", background_id="m", path="meridian.hdr", parameters={**parameters, "heading_deg": 250.0}
    )
    assert abs(_middle_of_band(bank, turned) - (50.5 + focal * np.tan(np.radians(20.5)))) < 0.6


def _middle_of_band(bank, spec):
    row = bank.pixels(spec, width_px=101, height_px=101)[50, :, 0].astype(float)
    bright = row - row.min()
    return float((bright * (np.arange(101) + 0.5)).sum() / bright.sum())


def test_choice_is_a_function_of_seed_and_name(tmp_path):
    for name in "abc":
        Image.new("RGB", (100, 100)).save(tmp_path / f"{name}.png")
    sources, _ = find_backgrounds(tmp_path)
    chosen = [choose_background(generator(5, f"track{i}", "background"), sources) for i in range(40)]
    again = [choose_background(generator(5, f"track{i}", "background"), sources) for i in range(40)]
    assert chosen == again
    assert {c.background_id for c in chosen} == {"a.png", "b.png", "c.png"}


def test_without_files_the_background_is_procedural_and_repeatable():
    spec = choose_background(generator(0, "x"), [])
    bank = BackgroundBank(None)
    first = bank.pixels(spec, width_px=64, height_px=48)
    assert first.shape == (48, 64, 3)
    np.testing.assert_array_equal(first, BackgroundBank(None).pixels(spec, width_px=64, height_px=48))


def test_a_picture_that_vanished_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png: is gone since the run was planned"):
        BackgroundBank(tmp_path).pixels(_photo_spec("gone.png"), width_px=64, height_px=64)


def test_srgb_curve_at_its_joint_and_ends():
    np.testing.assert_allclose(srgb_from_linear(np.array([0.0, 0.0031308, 1.0])), [0, 0.04045, 1], atol=1e-6)
    assert srgb_from_linear(np.array([0.2140]))[0] == pytest.approx(0.5, abs=1e-3)


def test_real_panoramas_give_exposed_views():
    sources, problems = find_backgrounds(shared_data("hdri"))
    assert len(sources) == 12
    assert not problems
    bank = BackgroundBank(shared_data("hdri"))
    for index in range(4):
        spec = choose_background(generator(index, "t"), sources)
        view = bank.pixels(spec, width_px=120, height_px=90)
        assert 25 < view.mean() < 230
        assert view.std() > 5
