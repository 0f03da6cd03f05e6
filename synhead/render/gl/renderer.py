"""The `gl` engine: OpenGL 3.3 through EGL, four samples a pixel, background and sRGB curve in the last pass."""

import numpy as np

from synhead.core.scene import SequenceSpec
from synhead.errors import RendererError
from synhead.heads.deform import rig_of
from synhead.heads.model import HeadModel
from synhead.render.gl.backgrounds import BackgroundBank
from synhead.render.gl.context import context, describe
from synhead.render.gl.frame import FrameDrawer
from synhead.render.gl.programs import Programs, look_of
from synhead.render.gl.resident import ResidentHeads
from synhead.render.gl.targets import SAMPLES, Targets
from synhead.render.gl.upload import upload
from synhead.render.projection import view_of
from synhead.render.renderer import Background, RenderedFrames, RendererInfo, background_rows

ATLAS_PX = 2048
"""Side of the picture that holds several frames: 34 MB, and as much in each buffer of the ring."""


class GLRenderer:
    """Draws with moderngl; one per process.

    Args:
        device_index: EGL device, as `list_egl_devices` counts them.
        budget_bytes: device memory for resident heads; the least recently used go first.
        max_texture_px: larger textures are reduced at upload.
        antialiasing: "msaa4" (four samples a pixel) or "none" (one).
        pipelined: copy frames back while the next ones are drawn; by default on a GPU only.
        tiles: (columns, rows) of pictures side by side, read back together; by default as many as 2048 pixels
            hold on a GPU, and one on a CPU, where it brings nothing.

    Raises:
        RendererError: no context (see `gl.context.context`), or another antialiasing.
    """

    def __init__(
        self,
        *,
        device_index: int = 0,
        budget_bytes: int = 1 << 30,
        max_texture_px: int = 4096,
        antialiasing: str = "msaa4",
        pipelined: bool | None = None,
        tiles: tuple[int, int] | None = None,
    ) -> None:
        if antialiasing not in SAMPLES:
            raise RendererError(f"--antialiasing {antialiasing}: renderer gl knows {', '.join(SAMPLES)}.")
        self._samples = SAMPLES[antialiasing]
        self._ctx = context(device_index)
        with self._ctx:
            limit = min(max_texture_px, int(self._ctx.info["GL_MAX_TEXTURE_SIZE"]))
            self._info = describe(self._ctx, device_index, antialiasing)
        self._heads = ResidentHeads(lambda head: upload(self._ctx, head, limit), budget_bytes=budget_bytes)
        self._pipelined = not self._info.is_software if pipelined is None else pipelined
        self._tiles = tiles
        self._programs = Programs(self._ctx)
        self._backgrounds = BackgroundBank(self._ctx)
        self._targets: Targets | None = None

    @property
    def info(self) -> RendererInfo:
        """Who draws."""
        return self._info

    def render(
        self,
        head: HeadModel,
        background: Background,
        spec: SequenceSpec,
        frames: range,
    ) -> RenderedFrames:
        """Draw the frames of `spec` whose indices are in `frames`; see `Renderer.render`.

        Raises:
            RendererError: the head has too many parts.
        """
        with self._ctx:
            return self._render(head, background, spec, frames)

    def _render(self, head: HeadModel, background: np.ndarray, spec: SequenceSpec, frames: range) -> RenderedFrames:
        camera = spec.camera
        height, width = camera.height_px, camera.width_px
        resident = self._heads.get(head)
        targets = self._targets_of(width, height)
        backgrounds = background_rows(background, spec, frames)
        texture = self._backgrounds.get(background) if background.ndim == 3 else None
        if look_of(spec.lighting).shadows:
            resident.bake(self._ctx, head)
        drawer = FrameDrawer(self._ctx, self._programs, resident, spec.lighting, camera, samples=self._samples)
        out = RenderedFrames(
            rgb=backgrounds.copy(),
            coverage=np.zeros((len(frames), height, width), dtype=np.uint8),
            depth_m=np.full((len(frames), height, width), np.inf, dtype=np.float32),
        )
        resident.posing.start(rig_of(head).moving(spec.face) if spec.face is not None else None)
        for row, frame in enumerate(frames):
            R, t = spec.R_cam_head[frame], spec.t_cam_head_m[frame]
            view = view_of(resident.posing.pose(frame), R, t, camera)
            if view is None:
                continue
            drawer.draw(targets, texture or self._backgrounds.get(backgrounds[row]), view, R, t)
            targets.read(view, out, row)
        targets.finish()
        return out

    def _targets_of(self, width: int, height: int) -> Targets:
        if self._targets is not None and self._targets.frame_size != (width, height):
            self._targets.release()
            self._targets = None
        if self._targets is None:
            tiles = self._tiles_of(width, height)
            self._targets = Targets(
                self._ctx,
                width,
                height,
                samples=self._samples,
                tiles=tiles,
                pipelined=self._pipelined,
            )
        return self._targets

    def _tiles_of(self, width: int, height: int) -> tuple[int, int]:
        if self._tiles is not None:
            return self._tiles
        if self._info.is_software:
            return 1, 1
        return max(1, ATLAS_PX // width), max(1, ATLAS_PX // height)

    def close(self) -> None:
        """Free heads, targets and programs; the context stays with the process. Calling it twice is harmless."""
        with self._ctx:
            self._heads.release()
            self._backgrounds.release()
            if self._targets is not None:
                self._targets.release()
                self._targets = None
            self._programs.release()
