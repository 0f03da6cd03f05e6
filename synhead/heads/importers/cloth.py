"""A plain shirt: the body below a collar curve, offset outwards. It hides the cut of the neck.

The curves lie on the base mesh (a tilted plane at the neck, a level one below the shoulders), so that every person's
shirt has the same triangles: each vertex is a fixed mixture of two body vertices.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.importers.makehuman_body import collar_level
from synhead.heads.importers.makehuman_compose import vertex_normals
from synhead.heads.importers.part import ImportedPart

_HEM_Y, _SLEEVE_X = 4.35, 2.55
_CLOTH_DM, _COLLAR_DM = 0.035, 0.035
_SMOOTHING_ROUNDS = 12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ClothCut:
    """Attributes:

    first, second, share: vertex k is (1 - share) * body[first] + share * body[second].
    triangles: into the mixed vertices; `level` is their height over the collar's plane on the base mesh.
    rim: vertices along the collar, in order around the neck.
    """

    first: Int[np.ndarray, " n"]
    second: Int[np.ndarray, " n"]
    share: Float[np.ndarray, " n"]
    triangles: Int[np.ndarray, "t 3"]
    level: Float[np.ndarray, " n"]
    rim: Int[np.ndarray, " r"]

    def mix(self, values: Float[np.ndarray, "num_body c"]) -> Float[np.ndarray, "n c"]:
        """Values at the cloth's vertices from values at the body's."""
        share = self.share[:, None]
        return values[self.first] * (1 - share) + values[self.second] * share


def cut_cloth(base: Float[np.ndarray, "num_body 3"], triangles: Int[np.ndarray, "num_triangles 3"]) -> ClothCut:
    """Cut a torso along the collar, the hem and the sleeves.

    Args:
        base: the mean body, decimetres, placed like the base mesh of MakeHuman.
        triangles: those of neck, torso and arms.
    """
    num = len(base)
    mixture = _Mixture(np.arange(num), np.arange(num), np.zeros(num), triangles)
    collar = -collar_level(base)
    mixture = _keep_positive(mixture, collar)
    mixture = _keep_positive(mixture, mixture.mix(base)[:, 1] - _HEM_Y)
    mixture = _keep_positive(mixture, _SLEEVE_X - np.abs(mixture.mix(base)[:, 0]))
    used, triangles = np.unique(mixture.triangles, return_inverse=True)
    first, second, share = mixture.first[used], mixture.second[used], mixture.share[used]
    triangles = triangles.reshape(-1, 3)
    level = -(collar[first] * (1 - share) + collar[second] * share)
    return ClothCut(
        first=first,
        second=second,
        share=share,
        triangles=triangles,
        level=level,
        rim=_ordered_rim(triangles, level),
    )


def build_cloth(
    cut: ClothCut,
    body_vertices: Float[np.ndarray, "n 3"],
    shapes: dict[str, np.ndarray],
    rgb: tuple[float, float, float],
    seed: int,
) -> ImportedPart:
    """The shirt of one person, with a rolled collar. Body vertices and shapes in decimetres."""
    vertices = _smoothed(cut, cut.mix(body_vertices))
    normals = vertex_normals(vertices, cut.triangles)
    under = cut.mix(body_vertices)
    # Smoothing may sink below the skin: the cloth lies on top of both.
    sunk = np.maximum(((under - vertices) * normals).sum(axis=1), 0.0)
    vertices = vertices + normals * (sunk + _CLOTH_DM)[:, None]
    edge, inward = vertices[cut.rim], normals[cut.rim]
    up = np.array([0.0, 1.0, 0.0])
    roll = [edge + up * _COLLAR_DM - inward * 0.01, edge + up * 0.6 * _COLLAR_DM - inward * 0.045]
    roll.append(edge - up * 0.10 - inward * 0.06)
    rings = [cut.rim, *(len(vertices) + k * len(cut.rim) + np.arange(len(cut.rim)) for k in range(3))]
    strips = [_strip(above, below) for below, above in pairwise(rings)]
    triangles = np.concatenate([cut.triangles, *strips])
    level = np.concatenate([cut.level, *(np.full(len(cut.rim), v) for v in (0.02, 0.05, 0.10))])
    vertices = np.concatenate([vertices, *roll])
    uv = _texture_coordinates(vertices, level)
    moved = {}
    for name, delta in shapes.items():
        of_cloth = cut.mix(delta) * 0.1
        if np.abs(of_cloth).max() > 1e-5:
            moved[name] = np.concatenate([of_cloth, *([of_cloth[cut.rim]] * 3)])
    return ImportedPart(
        name="clothes",
        kind="clothes",
        vertices_m=vertices * 0.1,
        uv=uv,
        triangles=triangles,
        uv_triangles=triangles,
        texture=_weave(rgb, seed),
        roughness=0.95,
        shapes=moved,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Mixture:
    first: np.ndarray
    second: np.ndarray
    share: np.ndarray
    triangles: np.ndarray

    def mix(self, values: np.ndarray) -> np.ndarray:
        return values[self.first] * (1 - self.share[:, None]) + values[self.second] * self.share[:, None]


def _keep_positive(mixture: _Mixture, value: np.ndarray) -> _Mixture:
    """Cut the triangles where `value` (one a vertex) is zero and keep the positive side."""
    first, second, share = list(mixture.first), list(mixture.second), list(mixture.share)
    cuts: dict[tuple[int, int], int] = {}

    def cut(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in cuts:
            a, b = key
            t = float(value[a] / (value[a] - value[b]))
            # An end that is itself a mixture is replaced by its nearer body vertex: cuts cross in few places.
            ends = [int(mixture.first[v] if mixture.share[v] < 0.5 else mixture.second[v]) for v in (a, b)]
            cuts[key] = len(first)
            first.append(ends[0])
            second.append(ends[1])
            share.append(t)
        return cuts[key]

    kept: list[list[int]] = []
    inside = value[mixture.triangles] > 0
    for corners, flags in zip(mixture.triangles.tolist(), inside.tolist(), strict=True):
        count = sum(flags)
        if count == 3:
            kept.append(corners)
        elif count == 1:
            k = flags.index(True)
            a, b, c = corners[k], corners[(k + 1) % 3], corners[(k + 2) % 3]
            kept.append([a, cut(a, b), cut(a, c)])
        elif count == 2:
            k = flags.index(False)
            c, a, b = corners[k], corners[(k + 1) % 3], corners[(k + 2) % 3]
            bc, ca = cut(b, c), cut(a, c)
            kept += [[a, b, bc], [a, bc, ca]]
    return _Mixture(np.array(first), np.array(second), np.array(share), np.array(kept, dtype=np.int64))


def _ordered_rim(triangles: np.ndarray, level: np.ndarray) -> np.ndarray:
    """The collar's boundary loop, in the direction in which the triangles run along it."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    present = {(int(a), int(b)) for a, b in edges}
    following = {a: b for a, b in present if (b, a) not in present and abs(level[a]) < 1e-6 and abs(level[b]) < 1e-6}
    start = min(following)
    ring = [start]
    while following[ring[-1]] != start:
        ring.append(following[ring[-1]])
    return np.array(ring)


def _strip(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Triangles of a closed strip on the outer side of a boundary: wound against it, so that the surface goes on."""
    above_next, below_next = np.roll(above, -1), np.roll(below, -1)
    return np.concatenate(
        [np.stack([below_next, below, above], axis=1), np.stack([below_next, above, above_next], axis=1)]
    )


def _smoothed(cut: ClothCut, vertices: np.ndarray) -> np.ndarray:
    """Neighbour means: cloth spans hollows. Its borders stay."""
    edges = np.concatenate([cut.triangles[:, [0, 1]], cut.triangles[:, [1, 2]], cut.triangles[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    count = np.bincount(edges[:, 0], minlength=len(vertices))[:, None]
    strength = np.clip(-cut.level / 0.8, 0.0, 0.6)[:, None]
    strength[_border(cut.triangles)] = 0.0
    for _ in range(_SMOOTHING_ROUNDS):
        total = np.zeros_like(vertices)
        np.add.at(total, edges[:, 0], vertices[edges[:, 1]])
        vertices = vertices + strength * (total / count - vertices)
    return vertices


def _border(triangles: np.ndarray) -> np.ndarray:
    """Vertices on edges of one triangle only."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    once, count = np.unique(edges, axis=0, return_counts=True)
    return np.unique(once[count == 1])


def _texture_coordinates(vertices: np.ndarray, level: np.ndarray) -> np.ndarray:
    """u around the body (mirrored left and right, so that there is no seam), v from the hem to the collar."""
    around = np.abs(np.arctan2(vertices[:, 0], vertices[:, 2] + 0.2)) / np.pi
    v = np.where(level > -0.25, 0.9 + 0.3 * np.maximum(level, -0.25), 0.825 + 0.32 * (level + 0.25))
    return np.stack([0.02 + 0.96 * around, np.clip(v, 0.02, 0.98)], axis=1)


def _weave(rgb: tuple[float, float, float], seed: int) -> np.ndarray:
    """A plain cloth with a knitted band at the collar, 256 texels a side."""
    rng = np.random.Generator(np.random.PCG64(seed))
    size = 256
    fine = rng.normal(0.0, 0.025, size=(size, size))
    shade = 1 + fine
    v = 1 - (np.arange(size) + 0.5) / size
    band = (v > 0.855)[:, None]
    ribs = 0.04 * np.sin(np.arange(size) * 2 * np.pi / 2.9)[None, :]
    shade = shade + band * ribs - 0.12 * np.exp(-(((v - 0.855) / 0.006) ** 2))[:, None] - 0.45 * (v > 0.912)[:, None]
    colour = np.array(rgb) * np.clip(shade, 0.0, 1.4)[..., None]
    return (np.clip(colour, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
