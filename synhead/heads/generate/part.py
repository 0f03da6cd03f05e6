"""One piece of a generated head before it is written: geometry in mm, texture coordinates, texture."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratedPart:
    """Attributes: `kind` as in HeadPart; `texture` RGB or RGBA, row 0 at the top (v = 1), straight opacity;
    `normals` where those of the triangles will not do (hair cards are lit like the head under them); `label` names the
    part in the files where its kind is taken (a beard is hair, too); `normal_texture` as in Material; `roughness` where
    that of the kind will not do."""

    kind: str
    vertices: Float[np.ndarray, "n 3"]
    uv: Float[np.ndarray, "n 2"]
    triangles: Int[np.ndarray, "m 3"]
    texture: UInt8[np.ndarray, "height width channels"]
    normals: Float[np.ndarray, "n 3"] | None = None
    label: str | None = None
    normal_texture: UInt8[np.ndarray, "normal_height normal_width 3"] | None = None
    roughness: float | None = None

    @property
    def name(self) -> str:
        """What the part is called in the files."""
        return self.label or self.kind

    @property
    def has_alpha(self) -> bool:
        """Whether the texture carries opacity."""
        return self.texture.shape[2] == 4

    def moved(self, vertices: np.ndarray) -> "GeneratedPart":
        """The same part with other positions."""
        return replace(self, vertices=vertices)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surface:
    """Geometry without a texture; several are joined into one part."""

    vertices: Float[np.ndarray, "n 3"]
    uv: Float[np.ndarray, "n 2"]
    triangles: Int[np.ndarray, "m 3"]
    normals: Float[np.ndarray, "n 3"] | None = None


def join(surfaces: list[Surface]) -> Surface:
    """All surfaces as one, in order; normals only where all have them."""
    starts = np.cumsum([0] + [len(s.vertices) for s in surfaces])
    given = [s.normals for s in surfaces if s.normals is not None]
    return Surface(
        normals=np.concatenate(given) if len(given) == len(surfaces) else None,
        vertices=np.concatenate([s.vertices for s in surfaces]),
        uv=np.concatenate([s.uv for s in surfaces]),
        triangles=np.concatenate([s.triangles + start for s, start in zip(surfaces, starts, strict=False)]),
    )


def grid_triangles(num_rows: int, num_columns: int) -> Int[np.ndarray, "m 3"]:
    """Triangles of a grid stored row by row, counter-clockwise where columns run right and rows run up."""
    row, column = (a.ravel() for a in np.meshgrid(np.arange(num_rows - 1), np.arange(num_columns - 1), indexing="ij"))
    a = row * num_columns + column
    b, c, d = a + 1, a + num_columns + 1, a + num_columns
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def mirrored(surface: Surface) -> Surface:
    """The other side of the head: x negated, winding turned so that it stays outward."""
    return Surface(
        vertices=surface.vertices * [-1.0, 1.0, 1.0], uv=surface.uv, triangles=surface.triangles[:, ::-1].copy()
    )
