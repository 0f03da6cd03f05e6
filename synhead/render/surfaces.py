"""What the kinds of parts are made of, under `Lighting.natural_surfaces`. Both engines read this table."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from synhead.heads.model import HeadPart


@dataclass(frozen=True, kw_only=True, slots=True)
class Surface:
    """How a kind of part answers light; docs/design/0003-shading.md has the formulas.

    Attributes:
        scatter: share of the full width of skin by which light wraps round the terminator.
        roughness: of the first lobe; None: the material's own.
        second_roughness_factor: roughness of the second, sharper lobe over that of the first.
        second_share: how much of the highlight is the second lobe's.
        reflection: weight of the mirrored surroundings (skin and hair break them up; a wet eye does not).
    """

    scatter: float = 0.0
    roughness: float | None = None
    second_roughness_factor: float = 1.0
    second_share: float = 0.0
    reflection: float = 1.0


SURFACES = {
    # Two lobes for skin: Weyrich et al. 2006 and d'Eon and Luebke 2007 fit a broad one and a sharper, weaker one.
    "skin": Surface(scatter=1.0, second_roughness_factor=0.7, second_share=0.2, reflection=0.4),
    # A wet cornea. The lobe is wide enough for a catch light of some pixels.
    "eyes": Surface(scatter=0.3, roughness=0.16, reflection=1.0),
    "teeth": Surface(scatter=0.6, roughness=0.3, reflection=0.6),
    "hair": Surface(reflection=0.35),
    "eyebrows": Surface(reflection=0.2),
    "eyelashes": Surface(reflection=0.0),
}
_PLAIN = Surface(reflection=0.6)


def surface_row(part: HeadPart) -> Float32[np.ndarray, "5"]:
    """(roughness, scatter, second lobe's roughness, its share, reflection) of a part."""
    surface = SURFACES.get(part.kind, _PLAIN)
    roughness = part.material.roughness if surface.roughness is None else surface.roughness
    roughness = min(max(roughness, 0.04), 1.0)
    return np.array(
        [
            roughness,
            surface.scatter,
            max(roughness * surface.second_roughness_factor, 0.04),
            surface.second_share,
            surface.reflection,
        ],
        dtype=np.float32,
    )


def plain_row(part: HeadPart) -> Float32[np.ndarray, "5"]:
    """The same for a part that is nothing but its material: no scattering, one lobe, no mirrored surroundings."""
    roughness = min(max(part.material.roughness, 0.04), 1.0)
    return np.array([roughness, 0.0, roughness, 0.0, 0.0], dtype=np.float32)
