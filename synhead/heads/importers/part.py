"""One piece of an imported head before it is written: geometry in metres, texture, and how blend shapes move it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImportedPart:
    """Positions and texture coordinates are numbered apart, so that a seam does not split a vertex.

    Attributes:
        name: name of the object in the OBJ, unique in the head; `kind` as in HeadPart.
        texture: RGB or RGBA, row 0 at the top, straight opacity.
        shapes: for a blend shape's name, what it adds to the vertices, metres; shapes that do not move the part are
            left out.
    """

    name: str
    kind: str
    vertices_m: Float[np.ndarray, "n 3"]
    uv: Float[np.ndarray, "m 2"]
    triangles: Int[np.ndarray, "t 3"]
    uv_triangles: Int[np.ndarray, "t 3"]
    texture: UInt8[np.ndarray, "height width channels"]
    roughness: float = 0.7
    shapes: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def has_alpha(self) -> bool:
        """Whether the texture carries opacity."""
        return self.texture.shape[2] == 4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImportedHead:
    """All that a head folder holds. Points are metres in the same axes as the parts, (subject's right, left) in pairs.

    Attributes:
        shape_names: blend shapes in their order; a part that one of them does not name stays still.
        notes: what head.json says beyond the common fields (how it was composed).
    """

    head_id: str
    parts: list[ImportedPart]
    landmarks_68_m: Float[np.ndarray, "68 3"]
    pupils_m: Float[np.ndarray, "2 3"]
    eye_centers_m: Float[np.ndarray, "2 3"]
    tragi_m: Float[np.ndarray, "2 3"]
    landmarks_104_m: Float[np.ndarray, "104 3"] | None
    shape_names: tuple[str, ...]
    licence: str
    source: str
    notes: dict


def compact(
    vertices: np.ndarray, uv: np.ndarray, triangles: np.ndarray, uv_triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Only what the triangles use: vertices, uv, triangles, uv_triangles, and the old index of each kept vertex."""
    kept, new = np.unique(triangles, return_inverse=True)
    kept_uv, new_uv = np.unique(uv_triangles, return_inverse=True)
    return vertices[kept], uv[kept_uv], new.reshape(-1, 3), new_uv.reshape(-1, 3), kept
