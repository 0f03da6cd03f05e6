"""`synhead heads import ict`: people from the ICT-FaceKit (Light) model, with painted skin and eyes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from synhead.heads.importers.cloth import ClothCut
from synhead.heads.importers.collection import ImportPlan, check_output, clear_head, write_manifest
from synhead.heads.importers.ict_identity import IctPerson, sample_person
from synhead.heads.importers.ict_model import CENTIMETRE_M, FACE, IctModel, read_model
from synhead.heads.importers.ict_parts import eye_part, hair_part, mouth_parts, shirt_cut, shirt_part, skin_part
from synhead.heads.importers.ict_regions import SkinLayout, skin_layout
from synhead.heads.importers.part import ImportedHead
from synhead.heads.importers.write import write_head_folder

LICENCE = "MIT"
SOURCE = (
    "ICT-FaceKit, Copyright (c) 2020 USC Institute for Creative Technologies, MIT licence; colours painted by synhead"
)
DEFAULT_TEXTURE_SIZE_PX = 768
_LEFT_TRAGUS = 7325


def plan_ict(root: str | Path, count: int, seed: int) -> tuple[IctModel, list[IctPerson]]:
    """Read the model and draw who will be made.

    Raises:
        ConfigError: `count` is out of bounds.
        InputError: data are missing or damaged.
    """
    ImportPlan.check_count(count)
    model = read_model(root)
    return model, [sample_person(seed, index, len(model.identity)) for index in range(count)]


def ict_plan(people: list[IctPerson], out: str | Path, seed: int) -> ImportPlan:
    """What the import of these people writes."""
    ids = [person.head_id for person in people]
    return ImportPlan(kind="ict", out=Path(out), seed=seed, head_ids=ids, licence=LICENCE)


def import_ict(
    root: str | Path,
    out: str | Path,
    *,
    count: int,
    seed: int,
    overwrite: bool = False,
    texture_size_px: int = DEFAULT_TEXTURE_SIZE_PX,
    on_head: Callable[[IctPerson], None] | None = None,
) -> list[Path]:
    """Make heads and write them with a manifest, which is written last.

    Args:
        root: the folder of `synhead heads fetch ict`, or an upstream checkout (OBJ files).
        out: receives ict0001, ict0002, ...; made where missing.
        texture_size_px: rows of the skin's texture; it has twice as many columns.

    Returns:
        the head folders.

    Raises:
        ConfigError, InputError: as `plan_ict`.
        OutputError: `out` holds such heads and `overwrite` is False, or cannot be written.
    """
    model, people = plan_ict(root, count, seed)
    plan = ict_plan(people, out, seed)
    check_output(plan, overwrite=overwrite)
    layout, cut = skin_layout(model, texture_size_px), shirt_cut(model)
    with plan.writing():
        for person in people:
            if on_head is not None:
                on_head(person)
            head = build_ict_head(model, layout, cut, person)
            clear_head(plan.out / person.head_id)
            write_head_folder(plan.out / person.head_id, head)
        write_manifest(plan)
    return plan.folders


def build_ict_head(model: IctModel, layout: SkinLayout, cut: ClothCut, person: IctPerson) -> ImportedHead:
    """One person with all parts, points and blend shapes."""
    vertices = model.vertices(person.weights)
    eyes, centers, pupils = eye_part(model, person, vertices)
    parts = [
        skin_part(model, person, layout, vertices),
        eyes,
        *mouth_parts(model, vertices),
        shirt_part(model, person, cut, vertices),
    ]
    hair = hair_part(model, person, layout, vertices)
    if hair is not None:
        parts.append(hair)
    return ImportedHead(
        head_id=person.head_id,
        parts=parts,
        landmarks_68_m=vertices[model.landmark_vertices] * CENTIMETRE_M,
        pupils_m=pupils * CENTIMETRE_M,
        eye_centers_m=centers * CENTIMETRE_M,
        tragi_m=vertices[_tragi(model)] * CENTIMETRE_M,
        landmarks_104_m=None,
        shape_names=tuple(name for name in model.expressions if any(name in part.shapes for part in parts)),
        licence=LICENCE,
        source=SOURCE,
        notes={
            "eye_colour": person.eye_colour,
            "hair": person.hair,
            "hair_colour": person.hair_colour,
            "identity_weights": [round(float(weight), 4) for weight in person.weights],
            "skin_melanin": round(person.melanin, 4),
        },
    )


def describe(person: IctPerson) -> str:
    """One line about a person, for the terminal."""
    beard = ", stubble" if person.stubble else ""
    return f"melanin {person.melanin:.3f}, {person.hair} hair, {person.hair_colour}{beard}, {person.eye_colour} eyes"


def _tragi(model: IctModel) -> list[int]:
    """Vertices of the right and left tragus; the neutral mesh is symmetric."""
    face = model.mesh.vertices[FACE]
    _, right = KDTree(face).query(face[_LEFT_TRAGUS] * [-1.0, 1.0, 1.0])
    return [int(np.asarray(right)), _LEFT_TRAGUS]
