"""Radiance files: pixel values by hand, both encodings, and every way to be broken."""

import numpy as np
import pytest

from synhead.errors import InputError
from synhead.scenes.radiance import radiance_size, read_radiance
from tests.shared_data import shared_data

HEADER = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n"


def _flat(tmp_path, width=2, height=1, pixels=bytes([128, 64, 32, 129, 255, 0, 0, 128])):
    path = tmp_path / "flat.hdr"
    path.write_bytes(HEADER + f"-Y {height} +X {width}\n".encode() + pixels)
    return path


def test_flat_pixels_by_hand(tmp_path):
    # Mantissa 128 and exponent 129: 128 * 2^(129 - 136) = 1. Mantissa 255 and exponent 128: 255 / 256.
    pixels = read_radiance(_flat(tmp_path))
    np.testing.assert_array_equal(pixels, [[[1.0, 0.5, 0.25], [255 / 256, 0.0, 0.0]]])


def test_run_length_rows_by_hand(tmp_path):
    # One row of 8: red is a run of 8 x 100, green 8 literal values, blue 3 runs, exponent a run of 8 x 136 (factor 1).
    row = bytes([2, 2, 0, 8, 136, 100, 8, *range(10, 18), 131, 5, 133, 6, 136, 136])
    path = tmp_path / "rle.hdr"
    path.write_bytes(HEADER + b"-Y 1 +X 8\n" + row)
    pixels = read_radiance(path)[0]
    np.testing.assert_array_equal(pixels[:, 0], np.full(8, 100.0))
    np.testing.assert_array_equal(pixels[:, 1], np.arange(10, 18))
    np.testing.assert_array_equal(pixels[:, 2], [5, 5, 5, 6, 6, 6, 6, 6])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PNG", "starts with"),
        (HEADER + b"-Y 1 +X", "no end"),
        (HEADER + b"+X 4 -Y 1\n", "expected '-Y height"),
        (HEADER + b"-Y a +X 4\n", "no number"),
        (HEADER + b"-Y 100000 +X 100000\n", "claims 100000 x 100000"),
        (HEADER + b"-Y 2 +X 2\n" + bytes(5), "cut short"),
        (HEADER + b"-Y 1 +X 8\n" + bytes([2, 2, 0, 8, 136, 100, 8, 1, 2]), "cut short"),
        (HEADER + b"-Y 1 +X 8\n" + bytes([2, 2, 0, 8, 140, 100, 8]), "does not fit"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "broken.hdr"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_radiance(path)
    assert str(caught.value).startswith(str(path))


def test_real_panoramas_agree_with_an_independent_reader():
    cv2 = pytest.importorskip("cv2", reason="opencv, the independent reader, is not installed")
    folder = shared_data("hdri")
    paths = sorted(folder.glob("*.hdr"))
    assert len(paths) == 12
    for path in paths[:3]:
        ours = read_radiance(path)
        theirs = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
        assert radiance_size(path) == (ours.shape[1], ours.shape[0])
        # The two differ by the half step that some readers add to each mantissa.
        np.testing.assert_allclose(ours, theirs, rtol=0.01, atol=float(theirs.max()) * 1e-6 + 1e-2)
