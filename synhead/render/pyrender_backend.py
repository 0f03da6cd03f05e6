"""The `pyrender` engine: unmaintained and slow, kept for compatibility and as the reference that `gl` is compared with.

What is done to pyrender 0.1.45, and why:

* `np.infty` is put back: NumPy 2 removed it.
* One OffscreenRenderer per process, never deleted: deleting one terminates the EGL display that its siblings share.
* One scene, whose heads are hidden and shown: a mesh that leaves the scene is uploaded anew when it returns.
* A patched copy of its shaders (`PATCHES`, and pyrender_natural.py, which adds natural light). See-through parts are
  cut off at half opacity, because its BLEND multiplies opacity twice and writes depth, and alphaMode MASK is ignored.
* Its image has four samples a pixel, but its depth is that of a single one: at edges depth may be +inf where coverage
  is not 0.
"""

import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from synhead.core.scene import Lighting, SequenceSpec
from synhead.errors import RendererError
from synhead.heads.deform import rig_of
from synhead.heads.model import HeadModel, HeadPart
from synhead.heads.occlusion import bake_occlusion
from synhead.heads.tangents import vertex_tangents
from synhead.render.color import linear_from_srgb, srgb_from_linear
from synhead.render.gl.context import is_software_name
from synhead.render.projection import outline_points, view_of
from synhead.render.pyrender_natural import NaturalState, install, primitive_class, shader_patches
from synhead.render.pyrender_posing import PosedMesh
from synhead.render.renderer import Background, RenderedFrames, RendererInfo, background_rows

INSTALL = "pip install 'synhead[pyrender]' && pip install --no-deps pyrender==0.1.45"
GL_FROM_CV = np.diag([1.0, -1.0, -1.0])
PATCHES = {
    # Back faces are lit from the side that is seen.
    "vec3 n = normalize(get_normal());": "vec3 n = normalize(get_normal()); if (!gl_FrontFacing) n = -n;",
    # Cut-out, and the sRGB curve in place of the power 2.2 that only one direction of pyrender uses.
    "frag_color = clamp(vec4(pow(color.xyz, vec3(1.0/2.2)), color.a * base_color.a), 0.0, 1.0);": (
        "if (base_color.a < 0.5) discard; vec3 lin = clamp(color.xyz, 0.0, 1.0); frag_color = vec4(mix(lin * 12.92, "
        "1.055 * pow(max(lin, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), lin)), 1.0);"
    ),
}

_engines: dict[int, tuple[Any, NaturalState]] = {}
_shader_folders: list[tempfile.TemporaryDirectory] = []


class PyrenderRenderer:
    """Draws with pyrender on EGL; one per process.

    Args:
        device_index: EGL device, as `list_egl_devices` counts them.
        budget_bytes: device memory for resident heads; the least recently used go first.

    Raises:
        RendererError: pyrender or EGL is missing, or another OpenGL platform was chosen before.
    """

    def __init__(self, *, device_index: int = 0, budget_bytes: int = 1 << 30) -> None:
        self._pyrender = _import_pyrender()
        self._engine, self._natural = _engine_of_process(self._pyrender, device_index)
        self._budget_bytes = budget_bytes
        self._scene = self._pyrender.Scene(bg_color=[0.0, 0.0, 0.0, 0.0], ambient_light=[0.0, 0.0, 0.0])
        self._camera = self._pyrender.IntrinsicsCamera(1.0, 1.0, 0.0, 0.0)
        self._scene.add(self._camera, pose=np.eye(4))
        self._heads: OrderedDict[tuple[str, bool], tuple[Any, PosedMesh, int]] = OrderedDict()
        self._lights: list[Any] = []
        self._info = self._describe(device_index)

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
        height, width = camera.height_px, camera.width_px
        backgrounds = background_rows(background, spec, frames)
        node, posed = self._show(head, shadows=spec.lighting.shadows)
        posed.start(self._engine, rig_of(head).moving(spec.face) if spec.face is not None else None)
        self._set_lighting(spec.lighting)
        self._camera.fx = self._camera.fy = camera.focal_px
        self._camera.cx, self._camera.cy = camera.center_px
        self._engine.viewport_width, self._engine.viewport_height = width, height
        out = RenderedFrames(
            rgb=backgrounds.copy(),
            coverage=np.zeros((len(frames), height, width), dtype=np.uint8),
            depth_m=np.full((len(frames), height, width), np.inf, dtype=np.float32),
        )
        flags = self._pyrender.RenderFlags.RGBA | self._pyrender.RenderFlags.SKIP_CULL_FACES
        for row, frame in enumerate(frames):
            R, t = spec.R_cam_head[frame], spec.t_cam_head_m[frame]
            view = view_of(posed.pose(self._engine, frame), R, t, camera)
            if view is None:
                continue
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = GL_FROM_CV @ R, GL_FROM_CV @ t
            self._scene.set_pose(node, pose)
            self._natural.lighting, self._natural.R_cam_head = spec.lighting, R
            self._camera.znear, self._camera.zfar = view.near_m, view.far_m
            rgba, depth = self._engine.render(self._scene, flags=flags)
            out.rgb[row] = composite(rgba, backgrounds[row])
            out.coverage[row] = rgba[..., 3]
            out.depth_m[row] = np.where(depth == 0, np.inf, depth)
        return out

    def close(self) -> None:
        """Take the heads out of memory; the context stays with the process. Calling it twice is harmless."""
        while self._heads:
            self._scene.remove_node(self._heads.popitem()[1][0])

    def _show(self, head: HeadModel, *, shadows: bool) -> tuple[Any, PosedMesh]:
        key = (head.sha256, shadows)
        if key not in self._heads:
            primitives = _primitives(self._pyrender, head, shadows=shadows)
            outline = outline_points(np.concatenate([part.vertices_m for part in head.parts]))
            node = self._scene.add(self._pyrender.Mesh(primitives))
            self._heads[key] = (node, PosedMesh(primitives, outline), _num_bytes(head))
            while len(self._heads) > 1 and sum(entry[2] for entry in self._heads.values()) > self._budget_bytes:
                self._scene.remove_node(self._heads.popitem(last=False)[1][0])
        self._heads.move_to_end(key)
        for other, (node, _, _) in self._heads.items():
            node.mesh.is_visible = other == key
        node, posed, _ = self._heads[key]
        return node, posed

    def _set_lighting(self, lighting: Lighting) -> None:
        for node in self._lights:
            self._scene.remove_node(node)
        self._lights = []
        self._scene.ambient_light = np.array(lighting.ambient_rgb)
        for light in lighting.directional:
            rgb = np.array(light.intensity_rgb, dtype=float)
            peak = rgb.max()
            # pyrender's unit: a white Lambertian surface that faces the light returns intensity / pi.
            color = rgb / peak if peak > 0 else np.ones(3)
            source = self._pyrender.DirectionalLight(color=color, intensity=np.pi * peak)
            towards = GL_FROM_CV @ np.array(light.direction_cam)
            self._lights.append(self._scene.add(source, pose=_pose_with_z_axis(towards)))

    def _describe(self, device_index: int) -> RendererInfo:
        import OpenGL
        from OpenGL import GL

        self._engine._platform.make_current()
        device, version, vendor = (
            (GL.glGetString(n) or b"").decode() for n in (GL.GL_RENDERER, GL.GL_VERSION, GL.GL_VENDOR)
        )
        self._engine._platform.make_uncurrent()
        return RendererInfo(
            engine="pyrender",
            device=device,
            version=f"OpenGL {version}; pyrender {self._pyrender.__version__}; PyOpenGL {OpenGL.__version__}",
            is_software=is_software_name(device),
            antialiasing="msaa4",
            extra={"vendor": vendor, "egl_device_index": str(device_index)},
        )


def composite(
    rgba: UInt8[np.ndarray, "height width 4"], background: UInt8[np.ndarray, "height width 3"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay a picture over a background in linear light.

    Args:
        rgba: sRGB colour premultiplied by coverage, as averaging samples over a black clear colour leaves it.
    """
    coverage = rgba[..., 3]
    out = np.where(coverage[..., None] == 0, background, rgba[..., :3])
    edge: Bool[np.ndarray, "height width"] = (coverage > 0) & (coverage < 255)
    share = coverage[edge][:, None] / 255
    head = linear_from_srgb(np.minimum(rgba[..., :3][edge] / 255 / share, 1.0))
    behind = linear_from_srgb(background[edge] / 255)
    out[edge] = np.rint(srgb_from_linear(head * share + behind * (1 - share)) * 255).astype(np.uint8)
    return out


def _import_pyrender() -> Any:
    platform = os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    if platform != "egl":
        raise RendererError(
            f"renderer pyrender: PYOPENGL_PLATFORM is {platform!r}; only 'egl' gives coverage and samples. Unset it."
        )
    if not hasattr(np, "infty"):
        np.__dict__["infty"] = np.inf
    try:
        import pyrender
    except ImportError as error:
        raise RendererError(
            f"renderer pyrender: {error}. Install it with: {INSTALL} (or use --renderer gl). "
            "EGL itself comes with the NVIDIA driver or, on the CPU, with Mesa (apt-get install libegl1)."
        ) from error
    return pyrender


def _engine_of_process(pyrender: Any, device_index: int) -> tuple[Any, NaturalState]:
    if os.getpid() in _engines:
        return _engines[os.getpid()]
    from pyrender.shader_program import ShaderProgramCache

    os.environ["EGL_DEVICE_ID"] = str(device_index)
    try:
        # PyOpenGL raises its own errors, pyrender ValueError for a device that is not there.
        engine = pyrender.OffscreenRenderer(64, 64)
    except Exception as error:
        raise RendererError(
            f"renderer pyrender: no EGL context on device {device_index} ({error}). Install an EGL driver; "
            "'synhead doctor' lists the devices."
        ) from error
    engine._renderer._program_cache = ShaderProgramCache(shader_dir=str(_patched_shaders(pyrender)))
    _engines[os.getpid()] = (engine, install(engine))
    return _engines[os.getpid()]


def _patched_shaders(pyrender: Any) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="synhead-shaders-")
    _shader_folders.append(folder)
    patches = shader_patches()
    patches["mesh.frag"] |= PATCHES
    for source in (Path(pyrender.__file__).parent / "shaders").glob("mesh.*"):
        text = source.read_text()
        for old, new in patches.get(source.name, {}).items():
            if text.count(old) != 1:
                raise RendererError(
                    f"renderer pyrender: version {pyrender.__version__} has another shader than 0.1.45, "
                    f"which is the one that is known here. Install it with: {INSTALL}"
                )
            text = text.replace(old, new)
        (Path(folder.name) / source.name).write_text(text)
    return Path(folder.name)


def _primitives(pyrender: Any, head: HeadModel, *, shadows: bool) -> list[Any]:
    counts = [len(part.vertices_m) for part in head.parts]
    visibility = np.zeros((sum(counts), 17), dtype=np.float32)
    visibility[:, 16] = 1.0
    if shadows:
        occlusion = bake_occlusion(head)
        visibility[:, :16], visibility[:, 16] = occlusion.hidden_sh, occlusion.ambient
    pieces = np.split(visibility, np.cumsum(counts)[:-1])
    shaded = primitive_class(pyrender)
    primitives = []
    for part, piece in zip(head.parts, pieces, strict=True):
        primitive = _primitive(pyrender, shaded, part)
        primitive.part, primitive.visibility = part, piece
        primitives.append(primitive)
    return primitives


def _primitive(pyrender: Any, shaded: Any, part: HeadPart) -> Any:
    material = part.material
    factor = np.array(material.base_color_rgba, dtype=float)
    texture = None if material.texture is None else material.texture.copy()
    if not material.has_alpha:
        factor[3] = 1.0
        if texture is not None:
            texture[..., 3] = 255
    bent = None if material.has_alpha else material.normal_texture
    return shaded(
        positions=part.vertices_m.astype(np.float32),
        normals=part.normals.astype(np.float32),
        tangents=None if bent is None else vertex_tangents(part),
        texcoord_0=part.uv.astype(np.float32),
        indices=part.triangles.astype(np.uint32),
        mode=4,
        material=pyrender.MetallicRoughnessMaterial(
            baseColorFactor=factor,
            baseColorTexture=texture,
            normalTexture=bent,
            metallicFactor=0.0,
            roughnessFactor=material.roughness,
            alphaMode="OPAQUE",
            doubleSided=True,
        ),
    )


def _num_bytes(head: HeadModel) -> int:
    textures = sum(part.material.texture.nbytes for part in head.parts if part.material.texture is not None)
    return textures * 4 // 3 + sum(32 * len(part.vertices_m) + 12 * len(part.triangles) for part in head.parts)


def _pose_with_z_axis(axis: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4 4"]:
    z = axis / np.linalg.norm(axis)
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    return pose
