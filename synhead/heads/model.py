"""A head model in memory: parts with materials, landmarks on its surface, all in the head frame in metres."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Material:
    """What a part is made of.

    Attributes:
        name: as in the file.
        base_color_rgba: linear-light factor in [0, 1]; multiplies the texture.
        texture: sRGB colour and straight (not premultiplied) opacity, row 0 at the top; None: the factor alone.
        has_alpha: the part has see-through texels (brows, lashes, hair): it is drawn sorted and blended.
        roughness: of the glTF 2.0 metallic-roughness model; metallic is 0.
        normal_texture: tangent-space normal map as glTF 2.0 has it (+x along u, +y along v, 128 is 0), row 0 at the
            top; None: the vertex normals alone.
    """

    name: str
    base_color_rgba: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    texture: UInt8[np.ndarray, "height width 4"] | None = None
    has_alpha: bool = False
    roughness: float = 0.7
    normal_texture: UInt8[np.ndarray, "normal_height normal_width 3"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadPart:
    """One mesh with one material. Triangles wind counter-clockwise seen from outside; back faces are drawn too.

    Attributes:
        kind: "skin", "eyes", "eyebrows", "eyelashes", "hair", "teeth", "clothes" or "other".
        vertices_m: head frame.
        normals: unit length, smooth across texture seams.
        uv: (u, v) with v = 0 at the BOTTOM row of the texture (OBJ, GL); zeros where there is no texture.
        shape_deltas_m: what each of HeadModel.shape_names adds to the vertices at coefficient 1, head frame; None: no
            shape moves this part.
    """

    kind: str
    material: Material
    vertices_m: Float[np.ndarray, "num_vertices 3"]
    normals: Float[np.ndarray, "num_vertices 3"]
    uv: Float[np.ndarray, "num_vertices 2"]
    triangles: Int[np.ndarray, "num_triangles 3"]
    shape_deltas_m: Float32[np.ndarray, "num_shapes num_vertices 3"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadModel:
    """A head, ready to draw and to label.

    Attributes:
        head_id: folder name; part of every sequence id.
        parts: opaque ones first.
        landmarks_68_m: iBUG-68 points on the surface, head frame; None for a scan without landmarks.
        pupils_m: (subject's right, left), head frame; None where unknown.
        licence: SPDX name or a sentence; travels into the manifest.
        source: who made it.
        sha256: of everything that was read (mesh, materials, textures, head.json).
        attributes: sex, age group and the like, as given; described, never used for drawing.
        shape_names: blend shapes by their ARKit names where they mean the same ("jawOpen", "eyeBlinkLeft"), in the
            order of `HeadPart.shape_deltas_m`; left and right are the subject's. Empty: the face cannot move.
        eye_centers_m: centres about which the eyeballs (parts of kind "eyes") turn, subject's right, left; None: the
            eyes cannot turn.
        landmarks_104_m: the 68 and after them 8 pupil, 4 ear and 24 more eye points (core/landmarks.py); None where
            only the 68 are known.
    """

    head_id: str
    parts: tuple[HeadPart, ...]
    landmarks_68_m: Float[np.ndarray, "68 3"] | None
    pupils_m: Float[np.ndarray, "2 3"] | None
    licence: str
    source: str
    sha256: str
    attributes: dict[str, str] = field(default_factory=dict)
    shape_names: tuple[str, ...] = ()
    eye_centers_m: Float[np.ndarray, "2 3"] | None = None
    landmarks_104_m: Float[np.ndarray, "104 3"] | None = None

    @property
    def num_triangles(self) -> int:
        """Triangles of all parts."""
        return sum(len(part.triangles) for part in self.parts)

    @property
    def bounds_m(self) -> Float[np.ndarray, "2 3"]:
        """Smallest and largest coordinate of all vertices, head frame."""
        points = np.concatenate([part.vertices_m for part in self.parts])
        return np.stack([points.min(axis=0), points.max(axis=0)])
