"""The `gl` engine: OpenGL 3.3 through EGL, four samples a pixel, background and sRGB curve in the last pass."""

from dataclasses import replace
from typing import Any

import numpy as np

from synhead.core.scene import SequenceSpec
from synhead.errors import RendererError
from synhead.heads.deform import rig_of
from synhead.heads.model import HeadModel
from synhead.render.gl.context import context, describe
from synhead.render.gl.programs import (
    DENSE,
    OPAQUE,
    SOFT,
    Programs,
    Variant,
    set_materials_and_lights,
    set_pose,
    variant_of,
)
from synhead.render.gl.resident import DrawGroup, ResidentHead, ResidentHeads
from synhead.render.gl.targets import SAMPLES, Targets
from synhead.render.projection import View, clip_from_camera, view_of
from synhead.render.renderer import Background, RenderedFrames, RendererInfo, background_rows


class GLRenderer:
    """Draws with moderngl; one per process.

    Args:
        device_index: EGL device, as `list_egl_devices` counts them.
        budget_bytes: device memory for resident heads; the least recently used go first.
        max_texture_px: larger textures are reduced at upload.
        antialiasing: "msaa4".
        pipelined: copy frames back while the next ones are drawn; by default on a GPU only.

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
    ) -> None:
        if antialiasing != f"msaa{SAMPLES}":
            raise RendererError(
                f"--antialiasing {antialiasing}: renderer gl takes four samples a pixel (msaa4); "
                "use --renderer software, or leave it out."
            )
        self._ctx = context(device_index)
        with self._ctx:
            limit = min(max_texture_px, int(self._ctx.info["GL_MAX_TEXTURE_SIZE"]))
            self._info = describe(self._ctx, device_index, SAMPLES)
            self._heads = ResidentHeads(self._ctx, budget_bytes=budget_bytes, max_texture_px=limit)
        self._pipelined = not self._info.is_software if pipelined is None else pipelined
        self._programs = Programs(self._ctx)
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
        if background.ndim == 3:
            targets.set_background(background)
        variant = variant_of(spec.lighting)
        if variant.shadows:
            resident.bake(self._ctx, head)
        programs = [self._programs.get(v) for v in _variants(resident, variant)]
        for program in programs:
            set_materials_and_lights(program, resident, spec.lighting)
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
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = R, t
            clip = clip_from_camera(camera, view.near_m, view.far_m) @ pose
            for program in programs:
                set_pose(program, clip, R, t, spec.lighting)
            self._draw(resident, view, R, targets, variant)
            if background.ndim == 4:
                targets.set_background(backgrounds[row])
            targets.resolve(view)
            targets.read(view, out, row)
        targets.finish()
        return out

    def _draw(self, resident: ResidentHead, view: View, R: np.ndarray, targets: Targets, variant: Variant) -> None:
        targets.begin(view)
        for index, group in enumerate(resident.opaque):
            group.texture.use(0)
            if group.normal_texture is not None:
                group.normal_texture.use(1)
            targets.hide_back_faces(group.is_closed and not view.is_cut)
            mapped = replace(variant, normal_map=group.normal_texture is not None)
            self._vertex_array(resident, group, index, mapped).render(vertices=group.num_indices)
        targets.start_blending()
        for index, (kind, blended) in enumerate(((DENSE, resident.dense), (SOFT, resident.soft))):
            if blended is None:
                continue
            if kind == SOFT:
                targets.freeze_depth()
            blended.sort(R, resident.posing)
            blended.group.texture.use(0)
            array = self._vertex_array(resident, blended.group, -1 - index, replace(variant, kind=kind))
            array.render(vertices=blended.group.num_indices)

    def _vertex_array(self, resident: ResidentHead, group: DrawGroup, index: int, variant: Variant) -> Any:
        key = (index, variant)
        if key not in resident.vertex_arrays:
            # skip_errors: a program without lights reads no normals.
            resident.vertex_arrays[key] = self._ctx.vertex_array(
                self._programs.get(variant),
                resident.vertex_content(shadows=variant.shadows, normal_map=variant.normal_map),
                index_buffer=group.indices,
                mode=self._ctx.TRIANGLES,
                skip_errors=True,
            )
        return resident.vertex_arrays[key]

    def _targets_of(self, width: int, height: int) -> Targets:
        if self._targets is not None and self._targets.size != (width, height):
            self._targets.release()
            self._targets = None
        if self._targets is None:
            self._targets = Targets(self._ctx, width, height, pipelined=self._pipelined)
        return self._targets

    def close(self) -> None:
        """Free heads, targets and programs; the context stays with the process. Calling it twice is harmless."""
        with self._ctx:
            self._heads.release()
            if self._targets is not None:
                self._targets.release()
                self._targets = None
            self._programs.release()


def _variants(resident: ResidentHead, variant: Variant) -> list[Variant]:
    """Of all triangles of a head."""
    found = [replace(variant, kind=kind) for kind in (OPAQUE, DENSE, SOFT)]
    if any(group.normal_texture is not None for group in resident.opaque):
        found.append(replace(variant, normal_map=True))
    return found
