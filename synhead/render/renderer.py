"""What every engine promises, and what it returns. The contract tests are tests/render/contract.py."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from synhead.core.scene import SequenceSpec
from synhead.heads.model import HeadModel

Background = UInt8[np.ndarray, "height width 3"] | UInt8[np.ndarray, "num_frames height width 3"]
"""sRGB pixels of the size of the camera: one picture for all frames of a batch, or one for each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RendererInfo:
    """Who drew the frames; recorded in every shard and in the manifest.

    Attributes:
        engine: "gl", "software" or "pyrender".
        device: GL_RENDERER, such as "llvmpipe (LLVM 15.0.6, 256 bits)"; the processor, where there is no GL.
        version: of the driver and the library.
        is_software: True where a CPU rasterises.
        antialiasing: such as "msaa4".
    """

    engine: str
    device: str
    version: str
    is_software: bool
    antialiasing: str
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedFrames:
    """A batch of T frames of one sequence.

    Attributes:
        rgb: sRGB, composited over the background.
        coverage: how much of the pixel the head covers, 0 to 255 (opacity included).
        depth_m: camera-frame z in metres of the nearest surface of opacity >= 0.5 in the pixel, +inf where none is.
    """

    rgb: UInt8[np.ndarray, "num_frames height width 3"]
    coverage: UInt8[np.ndarray, "num_frames height width"]
    depth_m: Float[np.ndarray, "num_frames height width"]


@runtime_checkable
class Renderer(Protocol):
    """An engine. One instance per process; it keeps heads resident between calls."""

    @property
    def info(self) -> RendererInfo:
        """Who draws."""
        ...

    def render(
        self,
        head: HeadModel,
        background: Background,
        spec: SequenceSpec,
        frames: range,
    ) -> RenderedFrames:
        """Draw the frames of `spec` whose indices are in `frames`.

        Args:
            head: the model of `spec.head_id`, in the head frame.
            background: sRGB pixels of the size of `spec.camera`; with four axes, the row of each frame of the batch.
            frames: indices into the sequence; a batch, never one frame at a time where it can be helped.

        Raises:
            ValueError: the background has another size, or another number of rows than there are frames.
            RendererError: the engine broke (context lost, out of memory).
        """
        ...

    def close(self) -> None:
        """Free what the engine holds; calling it twice is harmless."""
        ...


def background_rows(
    background: Background, spec: SequenceSpec, frames: range
) -> UInt8[np.ndarray, "num height width 3"]:
    """The background of each frame of a batch, as a view where one picture serves all.

    Raises:
        ValueError: as `Renderer.render`.
    """
    shape = (spec.camera.height_px, spec.camera.width_px, 3)
    if background.shape not in (shape, (len(frames), *shape)):
        raise ValueError(
            f"background has shape {background.shape}; the camera and {len(frames)} frames ask for {shape} "
            f"or {(len(frames), *shape)}"
        )
    return np.broadcast_to(background, (len(frames), *shape))
