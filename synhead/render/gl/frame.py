"""Drawing one frame of a resident head: which triangles are visible, layers of hair, then shading and the picture."""

from typing import Any

import numpy as np
from jaxtyping import Float

from synhead.core.camera import Camera
from synhead.core.scene import Lighting
from synhead.render.gl.programs import (
    COLOR_UNIT,
    DENSE,
    NORMAL_UNIT,
    OCCLUSION_UNIT,
    SEEN_UNIT,
    SOFT,
    TANGENT_UNIT,
    TRIANGLE_UNIT,
    VERTEX_UNIT,
    PoseUniforms,
    Programs,
    floats,
    look_of,
    pose_uniforms,
    set_materials_and_lights,
    write_uniform,
)
from synhead.render.gl.resident import MATERIAL_LAYOUT, VERTEX_LAYOUT, ResidentHead
from synhead.render.gl.targets import Targets
from synhead.render.projection import View, clip_from_camera


class FrameDrawer:
    """Draws frames of one head under one light before one camera."""

    def __init__(
        self, ctx: Any, programs: Programs, resident: ResidentHead, lighting: Lighting, camera: Camera, *, samples: int
    ) -> None:
        self._ctx = ctx
        self._resident = resident
        self._lighting = lighting
        self._camera = camera
        look = look_of(lighting)
        groups = ((DENSE, resident.dense), (SOFT, resident.soft))
        self._groups = [(kind, group) for kind, group in groups if group is not None]
        self._ids = programs.ids()
        self._blend = [programs.blend(look, kind=kind, lit_vertices=resident.lit_vertices) for kind, _ in self._groups]
        self._resolve = programs.resolve(
            look, samples=samples, blended=bool(self._groups), normal_map=resident.normal_maps is not None
        )
        self._seen = programs.seen(look.num_lights) if look.shadows else None
        for program in (*self._blend, self._resolve):
            set_materials_and_lights(program, resident.tables, lighting)
        write_uniform(self._resolve, "u_camera", floats(np.array([camera.focal_px, *camera.center_px])))

    def draw(
        self, targets: Targets, background: Any, view: View, R: Float[np.ndarray, "3 3"], t: Float[np.ndarray, "3"]
    ) -> None:
        """Draw a pose over a background's texture; the picture is in the targets then."""
        pose = pose_uniforms(clip_from_camera(self._camera, view.near_m, view.far_m), R, t, self._lighting)
        resident = self._resident
        resident.colors.use(COLOR_UNIT)
        if self._seen is not None:
            self._draw_seen(self._seen, pose)
        targets.begin(view)
        self._draw_ids(targets, view, pose)
        if self._groups:
            targets.start_blending(view)
            self._draw_layers(targets, R, pose)
        targets.start_picture(view, background)
        self._draw_picture(targets, view, pose)

    def _draw_seen(self, program: Any, pose: PoseUniforms) -> None:
        baked = self._resident.baked
        pose.write(program)
        baked["occlusion"].use(OCCLUSION_UNIT)
        baked["seen_target"].use()
        self._ctx.enable_only(self._ctx.NOTHING)
        self._array(("seen",), program).render(vertices=3)
        baked["seen"].use(SEEN_UNIT)

    def _draw_ids(self, targets: Targets, view: View, pose: PoseUniforms) -> None:
        pose.write(self._ids)
        array = self._array(
            ("ids",), self._ids, [(self._resident.vertices, "3f 20x", "in_position")], self._resident.indices
        )
        for part in self._resident.opaque:
            targets.hide_back_faces(part.is_closed and not view.is_cut)
            self._ids["u_first"].value = part.first_id
            array.render(vertices=3 * part.count, first=3 * part.first)

    def _draw_layers(self, targets: Targets, R: np.ndarray, pose: PoseUniforms) -> None:
        resident = self._resident
        content = [(resident.vertices, *VERTEX_LAYOUT), (resident.materials, *MATERIAL_LAYOUT)]
        for (kind, group), program in zip(self._groups, self._blend, strict=True):
            if kind == SOFT:
                targets.freeze_depth()
            count = group.sort(R, resident.posing)
            pose.write(program)
            self._array((kind, program), program, content, group.indices).render(vertices=count)

    def _draw_picture(self, targets: Targets, view: View, pose: PoseUniforms) -> None:
        resident, program = self._resident, self._resolve
        resident.vertex_texels.use(VERTEX_UNIT)
        resident.triangle_texels.use(TRIANGLE_UNIT)
        if resident.normal_maps is not None:
            resident.normal_maps.use(NORMAL_UNIT)
            resident.tangents.use(TANGENT_UNIT)
        pose.write(program)
        write_uniform(program, "u_tile", np.array(targets.origin_px, dtype=np.int32).tobytes())
        write_uniform(program, "u_near_far", floats(np.array([view.near_m, view.far_m])))
        self._array(("picture", program), program).render(vertices=3)

    def _array(self, key: tuple[Any, ...], program: Any, content: list[Any] | None = None, indices: Any = None) -> Any:
        arrays = self._resident.vertex_arrays
        key = (*key, program.glo)
        if key not in arrays:
            # skip_errors: a program without lights reads no normals.
            arrays[key] = self._ctx.vertex_array(
                program, content or [], index_buffer=indices, mode=self._ctx.TRIANGLES, skip_errors=True
            )
        return arrays[key]
