"""`synhead heads import makehuman`: people composed from the MakeHuman base mesh, its targets, proxies and skins."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from synhead.core.seeding import derive_seed
from synhead.heads.importers.cloth import ClothCut, build_cloth, cut_cloth
from synhead.heads.importers.collection import ImportPlan, check_output, clear_head, write_manifest
from synhead.heads.importers.makehuman_compose import close_lips, compose, tuck_mouth_in
from synhead.heads.importers.makehuman_identity import Identity, sample_identity
from synhead.heads.importers.makehuman_layout import ProxyFiles
from synhead.heads.importers.makehuman_library import MakeHumanLibrary, open_library
from synhead.heads.importers.makehuman_parts import (
    brow_texture,
    eye_texture,
    hair_texture,
    named,
    proxy_part,
    shaded_texture,
    skin_part,
)
from synhead.heads.importers.makehuman_points import eye_points, landmarks_104
from synhead.heads.importers.makehuman_read import DECIMETRE_M
from synhead.heads.importers.makehuman_shapes import expression_deltas
from synhead.heads.importers.part import ImportedHead, ImportedPart
from synhead.heads.importers.write import write_head_folder

LICENCE = "CC0-1.0"
_TEETH_BACK_M = 0.003
SOURCE = "MakeHuman, www.makehumancommunity.org, CC0 1.0"


def plan_makehuman(root: str | Path, count: int, seed: int) -> tuple[MakeHumanLibrary, list[Identity]]:
    """Read the data and draw who will be made.

    Raises:
        ConfigError: `count` is out of bounds.
        InputError: data are missing or damaged.
    """
    ImportPlan.check_count(count)
    library = open_library(root)
    return library, [sample_identity(library, seed, index) for index in range(count)]


def makehuman_plan(identities: list[Identity], out: str | Path, seed: int) -> ImportPlan:
    """What the import of these people writes."""
    ids = [identity.head_id for identity in identities]
    return ImportPlan(kind="makehuman", out=Path(out), seed=seed, head_ids=ids, licence=LICENCE)


def import_makehuman(
    root: str | Path,
    out: str | Path,
    *,
    count: int,
    seed: int,
    overwrite: bool = False,
    on_head: Callable[[Identity], None] | None = None,
) -> list[Path]:
    """Compose heads and write them with a manifest, which is written last.

    Args:
        root: the folder of `synhead heads fetch makehuman`, or upstream checkouts (makehuman_layout.py).
        out: receives mh0001, mh0002, ...; made where missing.
        on_head: called before each head.

    Returns:
        the head folders.

    Raises:
        ConfigError, InputError: as `plan_makehuman`.
        OutputError: `out` holds such heads and `overwrite` is False, or cannot be written.
    """
    library, identities = plan_makehuman(root, count, seed)
    plan = makehuman_plan(identities, out, seed)
    check_output(plan, overwrite=overwrite)
    cloth = cut_cloth(library.body.mesh.vertices, library.body.torso_triangles)
    with plan.writing():
        for identity in identities:
            if on_head is not None:
                on_head(identity)
            head = build_makehuman_head(library, cloth, identity, noise_seed=derive_seed(seed, identity.head_id))
            clear_head(plan.out / identity.head_id)
            write_head_folder(plan.out / identity.head_id, head)
        write_manifest(plan)
    return plan.folders


def build_makehuman_head(
    library: MakeHumanLibrary, cloth: ClothCut, identity: Identity, *, noise_seed: int
) -> ImportedHead:
    """One person with all parts, points and blend shapes.

    Raises:
        InputError: a file of the data is damaged.
    """
    vertices = close_lips(library, compose(library, {**identity.macro(), **identity.details}))
    vertices = tuck_mouth_in(library, vertices)
    shapes = expression_deltas(library, identity.descent)
    layout = library.layout
    eyes = ProxyFiles(name="high-poly", mhclo=layout.eyes, texture=layout.eye_textures[identity.eye_colour])
    brows, lashes = named(layout.eyebrows, identity.eyebrows), named(layout.eyelashes, identity.eyelashes)

    def mouth_part(files: ProxyFiles, name: str, shade: float) -> ImportedPart:
        texture = shaded_texture(library, files, shade)
        return proxy_part(library, files, "teeth", vertices, shapes, name=name, texture=texture, roughness=0.4)

    parts = [
        skin_part(library, identity, vertices, shapes),
        proxy_part(
            library, eyes, "eyes", vertices, {}, texture=eye_texture(library, identity.eye_colour), roughness=0.25
        ),
        _set_back(mouth_part(layout.teeth, "teeth", 0.82)),
        mouth_part(layout.tongue, "tongue", 0.6),
        build_cloth(cloth, vertices, shapes, identity.clothes_rgb, noise_seed),
        proxy_part(
            library, brows, "eyebrows", vertices, shapes, texture=brow_texture(library, brows, identity.hair_colour)
        ),
        proxy_part(library, lashes, "eyelashes", vertices, shapes, roughness=0.9),
    ]
    if identity.hair:
        hair = layout.hair[identity.hair]
        texture = hair_texture(library, hair, identity.hair_colour)
        parts.append(proxy_part(library, hair, "hair", vertices, shapes, texture=texture, roughness=0.7))
    binding, mesh = library.proxy(layout.eyes)
    points = eye_points(mesh, binding.fit(vertices))
    landmarks = library.body.landmarks(vertices)
    return ImportedHead(
        head_id=identity.head_id,
        parts=parts,
        landmarks_68_m=landmarks * DECIMETRE_M,
        pupils_m=points.pupils * DECIMETRE_M,
        eye_centers_m=points.centers * DECIMETRE_M,
        tragi_m=vertices[list(library.body.tragi)] * DECIMETRE_M,
        landmarks_104_m=landmarks_104(library.body, vertices, landmarks, points.iris) * DECIMETRE_M,
        shape_names=tuple(name for name in shapes if any(name in part.shapes for part in parts)),
        licence=LICENCE,
        source=SOURCE,
        notes=_notes(identity),
    )


def _set_back(teeth: ImportedPart) -> ImportedPart:
    """The teeth three millimetres further in: the assets' ones touch the lips from behind."""
    return replace(teeth, vertices_m=teeth.vertices_m - np.array([0.0, 0.0, _TEETH_BACK_M]))


def _notes(identity: Identity) -> dict:
    main = max(identity.descent, key=lambda name: identity.descent[name])
    return {
        "sex": identity.sex,
        "age_group": identity.age_group,
        "ethnicity_label": main,
        "eye_colour": identity.eye_colour,
        "hair": identity.hair or "none",
        "hair_colour": identity.hair_colour,
        "eyebrows": identity.eyebrows,
        "macro": {
            "female_share": round(identity.female_share, 4),
            "old_share": round(identity.old_share, 4),
            "descent": {name: round(share, 4) for name, share in identity.descent.items()},
        },
        "targets": identity.details,
    }


def describe(identity: Identity) -> str:
    """One line about a person, for the terminal."""
    descent = ", ".join(f"{name} {share:.0%}" for name, share in identity.descent.items() if share >= 0.05)
    hair = f"{identity.hair} {identity.hair_colour}" if identity.hair else f"stubble, {identity.hair_colour} brows"
    return f"{identity.sex}, {identity.years:.0f} years, {descent}, {hair}, {identity.eye_colour} eyes"
