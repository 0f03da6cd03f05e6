"""The `software` engine: compiled loops, no graphics driver, the same bytes on every machine."""

import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from synhead.core.camera import Camera
from synhead.core.scene import Lighting, SequenceSpec
from synhead.errors import RendererError
from synhead.heads.deform import rig_of
from synhead.heads.model import HeadModel
from synhead.render.color import linear_from_srgb
from synhead.render.color_tables import encode_table
from synhead.render.gl.alpha import EMPTY_ALPHA, SOLID_ALPHA
from synhead.render.projection import NEAR_LIMIT_M, View, view_of
from synhead.render.renderer import Background, RenderedFrames, RendererInfo, background_rows
from synhead.render.software.clipping import cut_at_near_limit
from synhead.render.software.composite import lay_over
from synhead.render.software.fragments import list_fragments, place_fragments
from synhead.render.software.frame_buffers import FrameBuffers, Projected, Window
from synhead.render.software.frame_light import frame_light
from synhead.render.software.geometry_kernels import (
    DEPTH_SPAN,
    project_vertices,
    select_triangles,
    write_cut_planes,
    write_near_planes,
)
from synhead.render.software.light_kernels import shade_vertices
from synhead.render.software.opacity import alpha_of_items
from synhead.render.software.raster import draw_triangles
from synhead.render.software.resident import ResidentHead, ResidentHeads
from synhead.render.software.resolve import resolve_samples
from synhead.render.software.shade import shade_items

SAMPLES = {"msaa4": 4, "none": 1}
MERGE_PX = 3.0
"""Samples of one part are one surface where their depths differ by less than so many widths of a pixel."""


class SoftwareRenderer:
    """Draws on the processor, one thread; one per process.

    Args:
        antialiasing: "msaa4" or "none".
        budget_bytes: memory for heads that stay between calls.
        max_texture_px: larger textures are reduced.

    Raises:
        RendererError: unknown antialiasing.
    """

    def __init__(self, *, antialiasing: str = "msaa4", budget_bytes: int = 1 << 30, max_texture_px: int = 4096) -> None:
        if antialiasing not in SAMPLES:
            raise RendererError(f"--antialiasing {antialiasing}: renderer software knows {', '.join(SAMPLES)}.")
        self._samples = SAMPLES[antialiasing]
        self._heads = ResidentHeads(budget_bytes=budget_bytes, max_texture_px=max_texture_px)
        self._buffers = FrameBuffers()
        self._frame_number = 0
        self._decode = linear_from_srgb(np.arange(256) / 255).astype(np.float32)
        self._encode = encode_table()
        self._info = RendererInfo(
            engine="software",
            device=processor_name(),
            version=f"numba {version('numba')}",
            is_software=True,
            antialiasing=antialiasing,
        )

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
        """Draw the frames of `spec` whose indices are in `frames`; see `Renderer.render`."""
        camera = spec.camera
        backgrounds = background_rows(background, spec, frames)
        shape = (len(frames), camera.height_px, camera.width_px)
        out = RenderedFrames(
            rgb=backgrounds.copy(),
            coverage=np.zeros(shape, dtype=np.uint8),
            depth_m=np.full(shape, np.inf, dtype=np.float32),
        )
        resident = self._heads.get(head)
        if spec.lighting.shadows:
            resident.bake(head)
        resident.start(rig_of(head).moving(spec.face) if spec.face is not None else None)
        for row, frame in enumerate(frames):
            R, t = spec.R_cam_head[frame], spec.t_cam_head_m[frame]
            view = view_of(resident.pose(frame), R, t, camera)
            if view is not None:
                self._draw(resident, view, R, t, camera, spec.lighting, out, row)
        return out

    def _draw(
        self,
        resident: ResidentHead,
        view: View,
        R: np.ndarray,
        t: np.ndarray,
        camera: Camera,
        lighting: Lighting,
        out: RenderedFrames,
        row: int,
    ) -> None:
        self._frame_number += 1
        buffers, planes, number = self._buffers, resident.planes, self._frame_number
        x0, y0, x1, y1 = view.window_px
        num_triangles = len(resident.triangles) * (2 if view.is_cut else 1)
        buffers.fit(len(resident.vertices_m), num_triangles, x1 - x0, y1 - y0, self._samples)
        window = self._window_of(view, camera)
        listed, write_planes = buffers.listed, write_cut_planes if view.is_cut else write_near_planes
        project_vertices(
            resident.vertices_m, np.concatenate([R.reshape(-1), t]), window, NEAR_LIMIT_M, buffers.projected
        )
        projected, num_opaque, num_rows = self._list(resident, view, window)
        # One number more than there are rows: all ones stands for empty samples.
        window = window._replace(keep=np.int32(-1 << int(num_rows).bit_length()))
        keys, heads = buffers.cleared()
        draw_triangles(listed, 0, num_opaque, projected, window, keys)
        light = frame_light(lighting, R, camera, samples=self._samples)
        if light.shadows:
            shade_vertices(resident.hidden_sh, light.harmonics, resident.surface.rows)
        self._draw_see_through(resident, projected, window, num_opaque, num_rows, keys, heads, write_planes)
        merge = int(MERGE_PX / (camera.focal_px * view.near_m) * window.depth[1])
        num_items, num_pixels = resolve_samples(
            listed, window, keys, heads, buffers.fragments, merge, resident.is_hair, buffers.items, buffers.pixels,
            out.depth_m[row],
        )  # fmt: skip
        items = buffers.items
        write_planes(items.triangle, num_items, number, planes, projected, window)
        shade_items(
            resident.surface, light, planes.values, items.triangle, items.x, items.y, items.front, num_items, items.rgb
        )
        lay_over(
            items, buffers.pixels, num_pixels, self._decode, self._encode, out.rgb[row].reshape(-1, 3),
            out.coverage[row].reshape(-1),
        )  # fmt: skip

    def _list(self, resident: ResidentHead, view: View, window: Window) -> tuple[Projected, int, int]:
        """Fill the list of triangles that can show: the vertices it means, the opaque rows and all rows."""
        projected, listed = self._buffers.projected, self._buffers.listed
        triangles, source, one_sided = resident.triangles, self._buffers.identity, resident.one_sided
        opaque, see_through = resident.opaque, resident.see_through
        if view.is_cut:
            # One looks into the head: its inside is seen.
            one_sided = np.zeros_like(one_sided)
            projected, triangles, source = cut_at_near_limit(projected, len(resident.vertices_m), triangles, window)
            opaque, see_through = (
                np.flatnonzero(np.isin(source, kind)).astype(np.int32) for kind in (opaque, see_through)
            )
        common = one_sided, resident.part_of, window, projected
        num_opaque = select_triangles(triangles, source, opaque, *common, 0, listed)
        return projected, num_opaque, select_triangles(triangles, source, see_through, *common, num_opaque, listed)

    def _draw_see_through(
        self,
        resident: ResidentHead,
        projected: Projected,
        window: Window,
        first: int,
        stop: int,
        keys: np.ndarray,
        heads: np.ndarray,
        write_planes: Any,
    ) -> None:
        if first == stop:
            return
        buffers, planes = self._buffers, resident.planes
        while True:
            points, alpha = buffers.fragment_items, buffers.alpha
            count = list_fragments(buffers.listed, first, stop, projected, window, keys, buffers.fragments, points)
            if count <= len(buffers.fragments):
                break
            buffers.fit_fragments(count)
        write_planes(points.triangle, count, self._frame_number, planes, projected, window)
        alpha_of_items(resident.surface, planes.values, points.triangle, points.x, points.y, count, alpha)
        place_fragments(buffers.fragments, count, alpha, EMPTY_ALPHA, SOLID_ALPHA, window, keys, heads)

    def _window_of(self, view: View, camera: Camera) -> Window:
        x0, y0, x1, y1 = view.window_px
        low, high = (32, 224) if self._samples == 4 else (128, 128)
        inverse_near, inverse_far = 1 / view.near_m, 1 / view.far_m
        return Window(
            grid=np.array([x1 - x0, y1 - y0, low, high, self._samples, self._buffers.stride], np.int64),
            lens=np.array([camera.focal_px, *camera.center_px, x0, y0], np.float64),
            depth=np.array([inverse_near, DEPTH_SPAN / (inverse_near - inverse_far)]),
            keep=np.int32(-1),
        )

    def close(self) -> None:
        """Let heads and buffers go. Calling it twice is harmless."""
        self._heads.release()
        self._buffers = FrameBuffers()


def processor_name() -> str:
    """The processor's name, as the system gives it."""
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown processor"
