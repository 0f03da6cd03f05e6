import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from synhead.errors import ConfigError, DatasetError
from synhead.shards import codec

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(shapes.flatmap(lambda s: hnp.arrays(np.uint8, s)))
def test_masks_come_back_exactly_here_and_in_pillow(coverage):
    data = codec.encode_mask(coverage)
    np.testing.assert_array_equal(codec.decode_mask(data), coverage)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image), coverage)


@given(shapes.flatmap(lambda s: hnp.arrays(np.uint8, (*s, 3))))
def test_png_colours_come_back_exactly_here_and_in_pillow(rgb):
    data = codec.encode_rgb(rgb, image_format="png")
    np.testing.assert_array_equal(codec.decode_rgb(data), rgb)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), rgb)


def _smooth_picture() -> np.ndarray:
    y, x = np.mgrid[:64, :80]
    return np.stack([x * 3, y * 3, 120 + 60 * np.sin(x / 9) * np.cos(y / 7)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(("quality", "subsampling", "least_db"), [(95, "444", 42), (90, "420", 36), (50, "444", 32)])
def test_jpeg_is_close_and_pillow_sees_the_same(quality, subsampling, least_db):
    rgb = _smooth_picture()
    data = codec.encode_rgb(rgb, quality=quality, subsampling=subsampling)
    decoded = codec.decode_rgb(data)
    psnr = 10 * np.log10(255**2 / ((decoded.astype(float) - rgb) ** 2).mean())
    assert psnr > least_db
    with Image.open(io.BytesIO(data)) as image:
        assert np.abs(np.asarray(image).astype(int) - decoded).max() <= 3
        # The luma's sampling factors, from the file itself: 2 x 2 for 4:2:0.
        assert image.layer[0][1:3] == ((2, 2) if subsampling == "420" else (1, 1))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("quality", 0), ("quality", 101), ("quality", True), ("subsampling", "411"), ("image_format", "webp")],
)
def test_bad_settings_are_named_with_their_value(setting, value):
    settings = {"image_format": "jpeg", "quality": 95, "subsampling": "444", setting: value}
    with pytest.raises(ConfigError, match=rf"^{setting}: .*{value}"):
        codec.check_image_settings(**settings)


def test_damaged_frames_are_dataset_errors():
    rgb = _smooth_picture()
    png = bytearray(codec.encode_rgb(rgb, image_format="png"))
    png[60] ^= 1
    jpeg = codec.encode_rgb(rgb)
    for data in (bytes(png), b"", b"\xff\xd8junk", jpeg[: len(jpeg) // 2]):
        with pytest.raises(DatasetError, match="does not decode"):
            codec.decode_rgb(data)
    with pytest.raises(DatasetError, match="mode RGB; this field holds L"):
        codec.decode_mask(codec.encode_rgb(rgb, image_format="png"))


@given(hnp.arrays(np.float64, (1, 2, 3), elements=st.floats(1e-3, 6.5)))
def test_depth_comes_back_to_half_a_step(depth_m):
    depth_m[0, 0, 0] = np.inf
    back = codec.depth_in_metres(codec.quantise_depth(depth_m))
    assert np.isinf(back[0, 0, 0])
    assert np.abs(back.ravel()[1:] - depth_m.ravel()[1:]).max() < 5.1e-5


def test_depth_saturates_and_never_rounds_a_surface_away():
    assert codec.quantise_depth(np.array([[9.0, 1e-6, np.inf]])).tolist() == [[65535, 1, 0]]
    for bad in (np.nan, 0.0, -1.0):
        with pytest.raises(ValueError, match="not positive"):
            codec.quantise_depth(np.array([[bad]]))
