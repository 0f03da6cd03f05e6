"""How large adult heads are: means, spreads and correlations of head and face lengths, and how groups differ.

Means and standard deviations, mm: the 2003 NIOSH survey of 3,997 US workers (Zhuang and Bradtmiller, J. Occup. Environ.
Hyg. 2005), recalled to the millimetre, not copied from its tables. Canthal widths, lip heights and ear length are
general knowledge of the same kind (Farkas 1994). Ears grow by about 0.2 mm a year.

Groups are broad directions, no more: a person of any group can have any face of the range. That African American
noses are wider, shallower and shorter than those of white Americans, and that Asian American and Chinese faces are
shorter and wider with less protruding noses and longer lips, is Zhuang et al. (Ann. Occup. Hyg. 2010) and the Chinese
survey of 2006; the sizes of the differences, and the other groups, are estimates. So are the loadings (how much of a
length goes with the size of the person, how much with weight), from the usual correlations of 0.2 to 0.5.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """Mean and standard deviation of women and of men, mm; loadings on size and weight, and what is left is free."""

    women: tuple[float, float]
    men: tuple[float, float]
    size: float
    weight: float

    def of(self, sex: str) -> tuple[float, float]:
        """(mean, standard deviation) of one sex."""
        return self.men if sex == "male" else self.women


LENGTHS = {
    "head_length": Length(women=(187.5, 7.2), men=(197.3, 7.4), size=0.6, weight=0.15),
    "head_breadth": Length(women=(146.8, 5.6), men=(153.0, 6.0), size=0.45, weight=0.25),
    "face_length": Length(women=(113.4, 6.1), men=(122.7, 7.0), size=0.55, weight=0.05),
    "bizygomatic_breadth": Length(women=(135.1, 6.5), men=(143.5, 6.9), size=0.5, weight=0.5),
    "bigonial_breadth": Length(women=(110.1, 8.9), men=(120.4, 10.4), size=0.35, weight=0.65),
    "minimum_frontal_breadth": Length(women=(102.9, 5.4), men=(105.5, 5.7), size=0.5, weight=0.3),
    "interpupillary_distance": Length(women=(61.9, 3.5), men=(64.5, 3.6), size=0.45, weight=0.1),
    "eye_width": Length(women=(29.6, 1.3), men=(30.4, 1.4), size=0.35, weight=0.0),
    "nose_height": Length(women=(48.2, 3.8), men=(52.0, 4.1), size=0.4, weight=0.0),
    "nose_breadth": Length(women=(33.2, 3.9), men=(36.6, 4.1), size=0.2, weight=0.25),
    "nose_protrusion": Length(women=(19.8, 2.7), men=(21.1, 2.7), size=0.25, weight=0.0),
    "lip_length": Length(women=(48.0, 4.0), men=(51.1, 4.2), size=0.3, weight=0.15),
    "upper_lip_height": Length(women=(7.6, 1.4), men=(7.0, 1.5), size=0.0, weight=0.0),
    "lower_lip_height": Length(women=(9.2, 1.4), men=(8.8, 1.6), size=0.0, weight=0.0),
    "ear_length": Length(women=(59.0, 3.6), men=(63.0, 4.0), size=0.3, weight=0.05),
}
"""Measured on a finished head by `measure.measure_head`; lips from the line between them to their borders."""

POPULATIONS = ("european", "african", "east asian", "south asian", "latin american", "middle eastern")

# Differences in mm from the means above, which are those of the survey's mixture.
_DIFFERENCES: dict[str, dict[str, float]] = {
    "european": {"nose_breadth": -1.8, "nose_protrusion": 0.8, "head_length": 1.0, "upper_lip_height": -0.6},
    "african": {
        "nose_breadth": 4.8,
        "nose_protrusion": -1.6,
        "nose_height": -1.5,
        "lip_length": 2.2,
        "upper_lip_height": 2.8,
        "lower_lip_height": 2.4,
        "interpupillary_distance": 1.6,
        "head_breadth": -2.0,
        "head_length": 2.0,
        "ear_length": -2.0,
    },
    "east asian": {
        "face_length": -3.0,
        "bizygomatic_breadth": 3.0,
        "bigonial_breadth": 2.0,
        "nose_protrusion": -1.8,
        "nose_breadth": 0.8,
        "lip_length": 1.0,
        "head_breadth": 4.0,
        "head_length": -5.0,
        "interpupillary_distance": 0.4,
        "eye_width": -0.7,
    },
    "south asian": {"head_length": -2.0, "head_breadth": -2.0, "bizygomatic_breadth": -2.5, "lip_length": 0.4},
    "latin american": {"bizygomatic_breadth": 1.2, "nose_breadth": 0.9, "face_length": -1.0, "upper_lip_height": 0.2},
    "middle eastern": {"nose_height": 1.5, "nose_protrusion": 1.2, "face_length": 1.5, "nose_breadth": -0.4},
}


def difference(population: str, length: str) -> float:
    """How far the mean of a population lies from that of the survey, mm.

    Raises:
        ValueError: no such population.
    """
    if population not in POPULATIONS:
        raise ValueError(f"population is {population!r}; one of {', '.join(POPULATIONS)} is expected")
    return _DIFFERENCES[population].get(length, 0.0)


def sample_lengths(rng: np.random.Generator, sex: str, population: str, size: float, weight: float) -> dict[str, float]:
    """Draw all lengths of one person, mm; each within 2.2 standard deviations of its mean.

    Args:
        size, weight: of the person, in standard deviations.
    """
    drawn = {}
    for name, length in LENGTHS.items():
        mean, deviation = length.of(sex)
        free = np.sqrt(1 - length.size**2 - length.weight**2)
        score = length.size * size + length.weight * weight + free * float(rng.standard_normal())
        # Differences between groups are part of the survey's spread: what is left within a group is less.
        within = 0.93 * deviation
        drawn[name] = mean + difference(population, name) + within * float(np.clip(score, -2.2, 2.2))
    return drawn
