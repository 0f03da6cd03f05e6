"""Radiance .hdr (RGBE) panoramas. Written here because no maintained light library reads them without a download.

Source: G. Ward, "Real Pixels", Graphics Gems II (1991): shared exponent, adaptive run-length scan lines.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from synhead.errors import InputError

MAX_PIXELS = 256 * 1024 * 1024
_RLE_WIDTHS = range(8, 32768)


def read_radiance(path: Path) -> Float[np.ndarray, "height width 3"]:
    """Linear RGB of a .hdr file, float32, top row first.

    Raises:
        InputError: not a Radiance file, an unusual axis order, a size beyond reason, or data that ends early.
    """
    data = path.read_bytes()
    width, height, start = _read_header(path, data)
    rgbe = _decode_pixels(path, data, start, width, height)
    exponent = np.ldexp(np.float32(1.0), rgbe[..., 3].astype(np.int32) - (128 + 8))
    linear = rgbe[..., :3].astype(np.float32) * exponent[..., None].astype(np.float32)
    linear[rgbe[..., 3] == 0] = 0.0
    return linear


def radiance_size(path: Path) -> tuple[int, int]:
    """(width, height) from the header alone.

    Raises:
        InputError: as `read_radiance`, for the header.
    """
    with path.open("rb") as f:
        width, height, _ = _read_header(path, f.read(4096))
    return width, height


def _read_header(path: Path, data: bytes) -> tuple[int, int, int]:
    if not data.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise InputError(path, f"starts with {data[:10]!r}; a Radiance picture starts with '#?RADIANCE'")
    end = data.find(b"\n\n")
    line_end = data.find(b"\n", end + 2)
    if end < 0 or line_end < 0:
        raise InputError(path, "the header has no end (an empty line, then the resolution)")
    words = data[end + 2 : line_end].split()
    if len(words) != 4 or words[0] != b"-Y" or words[2] != b"+X":
        raise InputError(path, f"resolution line {data[end + 2 : line_end]!r}; expected '-Y height +X width'")
    try:
        height, width = int(words[1]), int(words[3])
    except ValueError:
        raise InputError(path, f"resolution line {data[end + 2 : line_end]!r} has a size that is no number") from None
    if not (0 < width * height <= MAX_PIXELS and width > 0):
        raise InputError(path, f"claims {width} x {height} pixels; 1 to {MAX_PIXELS} in all are accepted")
    return width, height, line_end + 1


def _decode_pixels(path: Path, data: bytes, start: int, width: int, height: int) -> UInt8[np.ndarray, "h w 4"]:
    early = InputError(path, f"ends before all {height} rows of {width} pixels: the file is cut short")
    if width not in _RLE_WIDTHS or data[start : start + 2] != b"\x02\x02":
        flat = np.frombuffer(data, np.uint8, offset=start)
        if flat.size < width * height * 4:
            raise early
        return flat[: width * height * 4].reshape(height, width, 4)
    out = np.empty((height, 4, width), np.uint8)
    position = start
    for row in out:
        if data[position : position + 4] != bytes([2, 2, width >> 8, width & 255]):
            raise early
        position += 4
        for channel in row:
            filled = 0
            while filled < width:
                if position + 1 >= len(data):
                    raise early
                count = data[position]
                run = count > 128
                count = count - 128 if run else count
                if count == 0 or filled + count > width:
                    raise InputError(path, f"byte {position}: a run of {count} pixels does not fit the row")
                if run:
                    channel[filled : filled + count] = data[position + 1]
                    position += 2
                else:
                    piece = (
                        np.frombuffer(data, np.uint8, count=count, offset=position + 1)
                        if (position + 1 + count <= len(data))
                        else None
                    )
                    if piece is None:
                        raise early
                    channel[filled : filled + count] = piece
                    position += 1 + count
                filled += count
    return np.ascontiguousarray(out.transpose(0, 2, 1))
