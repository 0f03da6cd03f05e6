"""From parameters to a folder: build every part, make the two sides differ a little, move to the head frame, write."""

from pathlib import Path

import numpy as np

from synhead.heads.generate.asymmetry import Asymmetry
from synhead.heads.generate.beard import build_beard, has_beard_geometry
from synhead.heads.generate.brows import build_brows
from synhead.heads.generate.clothes import build_clothes
from synhead.heads.generate.ears import tragus
from synhead.heads.generate.eyes import CORNEA_FRONT, build_eyes, eye_centres
from synhead.heads.generate.hair import build_hair
from synhead.heads.generate.landmarks import ear_landmarks, iris_offsets, landmarks_68, lid_landmarks
from synhead.heads.generate.lashes import build_lashes
from synhead.heads.generate.mouth_interior import build_mouth_interior
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.shapes import build_shapes, through_warp
from synhead.heads.generate.skin import DEFAULT_TEXTURE_SIZE_PX, build_skin_part
from synhead.heads.generate.skin_mesh import build_skin
from synhead.heads.generate.write import write_head

_MM = 1e-3


def build_head(
    parameters: HeadParameters,
    folder: str | Path,
    *,
    source: str,
    clothes: bool = True,
    texture_size_px: int = DEFAULT_TEXTURE_SIZE_PX,
) -> Path:
    """Make one head and write it.

    Args:
        folder: receives `<id>.obj`, `<id>.mtl`, textures, `<id>_shapes.npz` and head.json; made where missing.
        source: goes into head.json, such as the command line.
        clothes: with a shirt over neck and shoulders.
        texture_size_px: side of the skin's texture; the others are in proportion.

    Returns:
        the folder.

    Raises:
        ValueError: the parameters describe a surface that is not whole (a ray meets nothing).
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    with np.errstate(under="ignore"):
        field = SkinField(parameters.shape)
        mesh = build_skin(field)
        mouth, of_jaw = build_mouth_interior(parameters)
        parts = [
            build_skin_part(parameters, field, mesh, texture_size_px),
            build_eyes(parameters, texture_size_px // 2),
            mouth,
            build_brows(parameters, field, texture_size_px // 2),
            build_lashes(parameters, field),
            build_hair(parameters, field, texture_size_px),
        ]
        if has_beard_geometry(parameters):
            parts.append(build_beard(parameters, field, texture_size_px // 2))
        if clothes:
            parts.append(build_clothes(parameters, texture_size_px // 2))
        left = tragus(parameters.shape)
        tragi = np.stack([left * [-1, 1, 1], left])
        warp = Asymmetry(parameters.noise_seed, parameters.shape)
        origin = warp(tragi).mean(axis=0)
        centres = eye_centres(parameters)
        given = (landmarks_68(field), lid_landmarks(field), ear_landmarks(parameters.shape), centres, tragi)
        landmarks, lids, ears, eyes, tragi = ((warp(points) - origin) * _MM for points in given)
        iris = np.repeat(eyes, 4, axis=0) + np.tile(iris_offsets() * _MM, (2, 1))
        pupils = eyes + [0.0, 0.0, CORNEA_FRONT * _MM]
        names, deltas = build_shapes(field, mesh, parts, of_jaw)
        deltas = [d if d is None else through_warp(warp, p.vertices, d) for p, d in zip(parts, deltas, strict=True)]
        parts = [part.moved((_warped(part, warp, centres) - origin) * _MM) for part in parts]
    more = np.concatenate([landmarks, iris, ears, lids])
    write_head(folder, parameters, parts, more, pupils, eyes, tragi, (names, deltas), source)
    return folder


def _warped(part: GeneratedPart, warp: Asymmetry, eye_centres_mm: np.ndarray) -> np.ndarray:
    """Vertices under the asymmetry; eyeballs go with their centres and stay balls, so that they can turn."""
    if part.kind != "eyes":
        return warp(part.vertices)
    shift = warp(eye_centres_mm) - eye_centres_mm
    return part.vertices + np.repeat(shift, len(part.vertices) // 2, axis=0)
