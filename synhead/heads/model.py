"""A head model in memory: parts with materials, landmarks on its surface, all in the head frame in metres."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Material:
    """What a part is made of.

    Attributes:
        name: as in the file.
        base_color_rgba: linear-light factor in [0, 1]; multiplies the texture.
        texture: sRGB colour and straight (not premultiplied) opacity, row 0 at the top; None: the factor alone.
        has_alpha: the part has see-through texels (brows, lashes, hair): it is drawn sorted and blended.
        roughness: of the glTF 2.0 metallic-roughness model; metallic is 0.
    """

    name: str
    base_color_rgba: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    texture: UInt8[np.ndarray, "height width 4"] | None = None
    has_alpha: bool = False
    roughness: float = 0.7


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadPart:
    """One mesh with one material. Triangles wind counter-clockwise seen from outside; back faces are drawn too.

    Attributes:
        kind: "skin", "eyes", "eyebrows", "eyelashes", "hair", "teeth", "clothes" or "other".
        vertices_m: head frame.
        normals: unit length, smooth across texture seams.
        uv: (u, v) with v = 0 at the BOTTOM row of the texture (OBJ, GL); zeros where there is no texture.
    """

    kind: str
    material: Material
    vertices_m: Float[np.ndarray, "num_vertices 3"]
    normals: Float[np.ndarray, "num_vertices 3"]
    uv: Float[np.ndarray, "num_vertices 2"]
    triangles: Int[np.ndarray, "num_triangles 3"]


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
    """

    head_id: str
    parts: tuple[HeadPart, ...]
    landmarks_68_m: Float[np.ndarray, "68 3"] | None
    pupils_m: Float[np.ndarray, "2 3"] | None
    licence: str
    source: str
    sha256: str
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def num_triangles(self) -> int:
        """Triangles of all parts."""
        return sum(len(part.triangles) for part in self.parts)

    @property
    def bounds_m(self) -> Float[np.ndarray, "2 3"]:
        """Smallest and largest coordinate of all vertices, head frame."""
        points = np.concatenate([part.vertices_m for part in self.parts])
        return np.stack([points.min(axis=0), points.max(axis=0)])
