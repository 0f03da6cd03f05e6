"""A short film of one sequence: the plain frames beside the same frames with their labels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from synhead.inspect.draw import OverlayOptions, draw_overlay
from synhead.inspect.frame_view import read_frames
from synhead.shards.reader import StoredSequence

_BATCH_FRAMES = 32


def write_sequence_video(
    sequence: StoredSequence,
    stem: Path,
    *,
    max_frames: int = 240,
    options: OverlayOptions | None = None,
    allow_mp4: bool = True,
) -> Path:
    """Write `stem`.mp4 (H.264, plays in every browser), or `stem`.gif where there is no ffmpeg; returns the path.

    Raises:
        DatasetError: the shard is damaged.
        OSError: the file cannot be written.
    """
    num_frames = min(sequence.num_frames, max_frames)
    if allow_mp4 and ffmpeg_executable() is not None:
        return _write_mp4(_pairs(sequence, num_frames, options), stem.with_name(stem.name + ".mp4"), sequence.fps)
    return _write_gif(_pairs(sequence, num_frames, options), stem.with_name(stem.name + ".gif"), sequence.fps)


def ffmpeg_executable() -> str | None:
    """The ffmpeg that comes with imageio-ffmpeg or is on the PATH."""
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        return None


def _pairs(
    sequence: StoredSequence, num_frames: int, options: OverlayOptions | None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Plain | overlay, of even size as H.264 asks for."""
    for start in range(0, num_frames, _BATCH_FRAMES):
        for view in read_frames(sequence, range(start, min(start + _BATCH_FRAMES, num_frames))):
            pair = np.concatenate([view.image, draw_overlay(view, options)], axis=1)
            odd = (pair.shape[0] % 2, pair.shape[1] % 2)
            yield np.pad(pair, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge")


def _write_mp4(frames: Iterator[np.ndarray], path: Path, fps: float) -> Path:
    import imageio_ffmpeg

    writer = None
    try:
        for frame in frames:
            if writer is None:
                writer = imageio_ffmpeg.write_frames(
                    str(path),
                    (frame.shape[1], frame.shape[0]),
                    fps=fps,  # pyright: ignore[reportArgumentType]  (it formats a float just as well)
                    codec="libx264",
                    pix_fmt_out="yuv420p",
                    macro_block_size=1,
                    # Standard definition players assume BT.601; -bitexact keeps times and versions out of the file.
                    output_params=["-crf", "21", "-preset", "medium", "-movflags", "+faststart", "-bitexact"],
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(frame))
    finally:
        if writer is not None:
            writer.close()
    return path


def _write_gif(frames: Iterator[np.ndarray], path: Path, fps: float) -> Path:
    # Players show GIFs at 10 to 25 frames a second: take every n-th frame, and keep the motion's own speed.
    step = max(round(fps / 12.5), 1)
    pictures = [Image.fromarray(frame).quantize(128) for index, frame in enumerate(frames) if index % step == 0]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=max(round(1000 * step / fps), 20), loop=0
    )
    return path
