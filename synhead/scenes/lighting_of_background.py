"""The light that belongs to a background: a head must look as if it stood in its picture."""

from functools import lru_cache

import numpy as np

from synhead.core.scene import BackgroundSpec, Lighting
from synhead.scenes.backgrounds import BackgroundSource
from synhead.scenes.environment_light import rotation_of_view
from synhead.scenes.lights import choose_lighting
from synhead.scenes.procedural_background import drawn_kind, procedural_background
from synhead.scenes.surroundings import THUMBNAIL_PX, Surroundings, cropped, surroundings_of


def lighting_before(rng: np.random.Generator, background: BackgroundSpec, source: BackgroundSource | None) -> Lighting:
    """Natural light before a background.

    A panorama lights the head from where the picture shows its lamps; a photograph or a procedural picture says what
    kind of place it is, from which side it is brighter, and its colour.

    Args:
        source: the file of `background`; None for procedural ones.
    """
    if source is not None and source.light is not None:
        view = rotation_of_view(
            float(background.parameters["heading_deg"]), float(background.parameters["elevation_deg"])
        )
        return choose_lighting(rng, panorama_light=source.light.turned(view))
    return choose_lighting(rng, surroundings=_surroundings(background, source))


def _surroundings(background: BackgroundSpec, source: BackgroundSource | None) -> Surroundings | None:
    if source is not None and source.thumbnail is not None:
        return surroundings_of(background.background_id, cropped(source.thumbnail, background))
    if background.kind != "procedural" or "seed" not in background.parameters:
        return None
    return _surroundings_of_procedural(int(background.parameters["seed"]))


@lru_cache(maxsize=1024)
def _surroundings_of_procedural(seed: int) -> Surroundings:
    """Kept, because all heads on one track share it, and even a thumbnail of a traced room takes 0.1 s."""
    small = procedural_background(np.random.Generator(np.random.PCG64(seed)), THUMBNAIL_PX, THUMBNAIL_PX)
    return surroundings_of(drawn_kind(np.random.Generator(np.random.PCG64(seed))), small)
