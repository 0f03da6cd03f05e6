"""Who an ICT-FaceKit head is: identity weights from N(0, 1), skin, hair and eyes. The modes carry no sex and no age."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.seeding import derive_seed, generator
from synhead.heads.importers.makehuman_identity import HAIR_COLOURS

MAX_SIGMA = 2.5
_GOLDEN = 0.6180339887498949
_IRIS = {
    "brown": (0.25, 0.14, 0.07),
    "light brown": (0.38, 0.23, 0.10),
    "green": (0.29, 0.33, 0.18),
    "grey": (0.38, 0.42, 0.43),
    "blue": (0.26, 0.38, 0.52),
}
_CLOTHES = (
    (0.70, 0.70, 0.68),
    (0.17, 0.18, 0.21),
    (0.25, 0.33, 0.44),
    (0.42, 0.24, 0.23),
    (0.31, 0.37, 0.31),
    (0.53, 0.48, 0.41),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IctPerson:
    """Attributes:

    weights: of the identity modes, each within MAX_SIGMA.
    melanin, blood: shares of pigment in the skin (generate/skin_pigment.py); `flush` scales the redder places,
        `lip_blood` is the natural logarithm of how much more blood lips have.
    hair: "cropped" (a cap over the skull), "stubble" or "bald" (both only painted).
    stubble: of the beard, 0 none.
    """

    head_id: str
    weights: Float[np.ndarray, " num_modes"]
    melanin: float
    blood: float
    flush: float
    lip_blood: float
    hair: str
    hair_colour: str
    hair_mm: float
    stubble: float
    brow_width_mm: float
    brow_lift_mm: float
    eye_colour: str
    clothes_rgb: tuple[float, float, float]
    noise_seed: int

    @property
    def hair_rgb(self) -> tuple[float, float, float]:
        """sRGB of the hair."""
        return HAIR_COLOURS[self.hair_colour]

    @property
    def iris_rgb(self) -> tuple[float, float, float]:
        """sRGB of the iris."""
        return _IRIS[self.eye_colour]


def sample_person(seed: int, index: int, num_modes: int) -> IctPerson:
    """The person with this number (from 0); skin tones are spread evenly over a set."""
    head_id = f"ict{index + 1:04d}"
    rng = generator(seed, "ict", str(index))
    start = generator(seed, "ict", "variety").uniform()
    weights = np.clip(rng.normal(size=num_modes), -MAX_SIGMA, MAX_SIGMA)
    tone = (start + index * _GOLDEN) % 1.0
    melanin = float(0.014 * (0.26 / 0.014) ** tone)
    dark = tone > 0.45
    colours = ["black", "dark brown"] if dark else ["dark brown", "brown", "auburn", "blond", "grey", "black"]
    chances = [0.75, 0.25] if dark else [0.28, 0.27, 0.08, 0.17, 0.1, 0.1]
    eyes = ["brown", "light brown"] if dark else list(_IRIS)
    eye_chances = [0.75, 0.25] if dark else [0.2, 0.2, 0.16, 0.2, 0.24]
    return IctPerson(
        head_id=head_id,
        weights=weights,
        melanin=melanin,
        blood=float(rng.uniform(0.012, 0.022)),
        flush=float(rng.uniform(0.4, 1.1)),
        lip_blood=float(rng.uniform(0.9, 1.5)),
        hair=str(rng.choice(["cropped", "stubble", "bald"], p=[0.72, 0.2, 0.08])),
        hair_colour=str(rng.choice(colours, p=chances)),
        hair_mm=float(rng.uniform(5.0, 14.0)),
        stubble=float(rng.choice([0.0, rng.uniform(0.15, 0.55)], p=[0.6, 0.4])),
        brow_width_mm=float(rng.uniform(2.2, 4.2)),
        brow_lift_mm=float(rng.uniform(-1.0, 1.0)),
        eye_colour=str(rng.choice(eyes, p=eye_chances)),
        clothes_rgb=_CLOTHES[int(rng.integers(len(_CLOTHES)))],
        noise_seed=derive_seed(seed, head_id),
    )
