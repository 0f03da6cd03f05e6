"""`register_scan`: a bare scan becomes a head folder: units, axes, origin, neck, triangle and texture budgets."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from synhead.errors import InputError, OutputError
from synhead.heads import orient, textures
from synhead.heads.description import UNITS_M, check_head_id
from synhead.heads.meshfile import read_mesh
from synhead.heads.parts import classify_part
from synhead.heads.rawmesh import Ledger, RawMesh, RawPart
from synhead.heads.simplify import Surface, cut_by_plane, simplify

DEFAULT_MAX_TRIANGLES = 40_000
DEFAULT_NECK_CUT_M = 0.140
NECK_TILT_DEG = 20.0
"""The cut falls to the front, as the base of a neck does."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Registration:
    """What `register_scan` decided, found and wrote.

    Attributes:
        folder: the head folder; not written in a dry run.
        decisions: sentences, one for each choice: what it is and whether it was given or guessed.
        tragi_m: (right, left), head frame.
        files: names written (or to be written).
    """

    folder: Path
    decisions: tuple[str, ...]
    tragi_m: Float[np.ndarray, "2 3"]
    num_triangles: int
    files: tuple[str, ...]


def register_scan(
    mesh: str | Path,
    *,
    out: str | Path,
    units: str | float | None = None,
    up: str | None = None,
    front: str | None = None,
    tragi: Float[np.ndarray, "2 3"] | None = None,
    landmarks_68: Float[np.ndarray, "68 3"] | None = None,
    neck_cut_m: float | None = None,
    max_triangles: int = DEFAULT_MAX_TRIANGLES,
    texture_size_px: int = 2048,
    head_id: str | None = None,
    licence: str = "unknown",
    source: str = "unknown",
    dry_run: bool = False,
) -> Registration:
    """Turn a scan into a folder that `load_head` reads.

    Args:
        units: "m", "dm", "cm", "mm" or metres per unit; None: guessed from the breadth of the skull.
        up, front: "+x" ... "-z"; None: guessed (orient.guess_axes).
        tragi: (subject's right, left) in file coordinates; None: estimated from the ears, to about a centimetre.
        landmarks_68: iBUG points in file coordinates; with them `load_head` turns the head to the canonical face.
        neck_cut_m: how far below the tragi the neck is cut, by a plane that falls 20 degrees to the front; 0: no cut;
            None: 0.14 if the scan reaches further than 0.20 down, else no cut.
        max_triangles: budget of all parts together; a scan below it keeps its own triangles.
        dry_run: decide, write nothing.

    Raises:
        InputError: the scan cannot be read or a value is wrong.
        GuessError: something must be given because it cannot be guessed.
        OutputError: `out` holds files already or cannot be written.
    """
    mesh, out = Path(mesh), Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: exists and is not empty. Give a new folder; nothing is overwritten.")
    name = check_head_id(mesh, head_id if head_id is not None else out.resolve().name)
    raw = read_mesh(mesh, Ledger())
    kinds = _kinds(raw)
    skin_vertices, skin_triangles = _joined([p for p, kind in zip(raw.parts, kinds, strict=True) if kind == "skin"])
    axes = _checked_axes(mesh, up, front, skin_vertices, skin_triangles)
    decisions = [f"up {axes.up} ({_how(up)}), front {axes.front} ({_how(front)})"]
    unit_m, how = _unit(mesh, units, skin_vertices @ axes.rows.T)
    decisions.append(f"units {how}")
    to_m = unit_m * axes.rows
    found = orient.guess_tragi(skin_vertices @ to_m.T, skin_triangles) if tragi is None else tragi @ to_m.T
    origin = found.mean(axis=0)
    decisions.append(
        "tragi given"
        if tragi is not None
        else f"tragi estimated from the ears, {np.ptp(found[:, 0]) * 1000:.0f} mm apart; good to about 10 mm"
    )
    surfaces = [
        Surface(vertices=part.vertices @ to_m.T - origin, uv=part.uv, triangles=part.triangles) for part in raw.parts
    ]
    surfaces, sentence = _cut_neck(surfaces, kinds, neck_cut_m)
    decisions.append(sentence)
    surfaces, sentence = _thin_out(surfaces, max_triangles)
    decisions.append(sentence)
    description = {
        "id": name,
        "licence": licence,
        "source": source,
        "units": "m",
        "up": "+y",
        "front": "+z",
        "subject_left": "+x",
        "mesh": f"{name}.obj",
        "registration": "as_authored" if landmarks_68 is None else "landmarks",
        "tragi": np.round(found - origin, 6).tolist(),
        "registered": {"from": mesh.name, "decisions": decisions, "R_axes": axes.rows.tolist(), "unit_m": unit_m},
    }
    if landmarks_68 is not None:
        description["landmarks_ibug68"] = np.round(landmarks_68 @ to_m.T - origin, 6).tolist()
    pictures = _pictures(raw, name, texture_size_px)
    description["parts"] = {part_name: {"kind": kind} for part_name, kind in zip(_part_names(raw), kinds, strict=True)}
    registration = Registration(
        folder=out,
        decisions=tuple(decisions),
        tragi_m=found - origin,
        num_triangles=sum(len(surface.triangles) for surface in surfaces),
        files=(f"{name}.obj", f"{name}.mtl", "head.json", *sorted(set(pictures.values()))),
    )
    if not dry_run:
        _write(out, raw, surfaces, pictures, description, texture_size_px)
    return registration


def _how(given: object) -> str:
    return "guessed" if given is None else "given"


def _kinds(raw: RawMesh) -> list[str]:
    if len(raw.parts) == 1:
        return ["skin"]
    kinds = [classify_part([p.name, p.material.name, p.material.color_texture or ""]) for p in raw.parts]
    if "skin" not in kinds:
        kinds[int(np.argmax([len(part.triangles) for part in raw.parts]))] = "skin"
    return kinds


def _joined(parts: list[RawPart]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts)])
    triangles = [part.triangles + offset for part, offset in zip(parts, offsets, strict=False)]
    return np.concatenate([part.vertices for part in parts]), np.concatenate(triangles)


def _checked_axes(
    mesh: Path, up: str | None, front: str | None, vertices: np.ndarray, triangles: np.ndarray
) -> orient.Axes:
    allowed = [sign + name for sign in "+-" for name in "xyz"]
    for option, value in (("--up", up), ("--front", front)):
        if value is not None and value not in allowed:
            raise InputError(mesh, f"{option} is {value!r}; it must be one of {', '.join(allowed)}.")
    # The guesses work at any scale but not at that of numbers that vanish.
    size = float(np.ptp(vertices, axis=0).max())
    if size <= 0:
        raise InputError(mesh, "has no size: all vertices are one point.")
    return orient.guess_axes(vertices / size, triangles, up, front)


def _unit(mesh: Path, units: str | float | None, points: np.ndarray) -> tuple[float, str]:
    if units is None:
        unit_m, how = orient.guess_unit_m(points)
        return unit_m, f"guessed: {how}"
    if isinstance(units, str) and units not in UNITS_M:
        raise InputError(mesh, f"--units is {units!r}; it must be m, dm, cm, mm or a length in metres.")
    unit_m = UNITS_M[units] if isinstance(units, str) else float(units)
    breadth = orient.head_breadth(points) * unit_m
    low, high = orient.HEAD_BREADTH_M
    if not low <= breadth <= high:
        raise InputError(
            mesh,
            f"with --units {units} the skull is {breadth * 1000:.4g} mm broad; {low * 1000:.0f} to {high * 1000:.0f} "
            "is human. Leave --units away to have it guessed.",
        )
    return unit_m, f"given: {units}; the skull is {breadth * 1000:.0f} mm broad"


def _cut_neck(surfaces: list[Surface], kinds: list[str], neck_cut_m: float | None) -> tuple[list[Surface], str]:
    lowest = min(float(s.vertices[:, 1].min()) for s, kind in zip(surfaces, kinds, strict=True) if kind == "skin")
    how = "given"
    if neck_cut_m is None:
        neck_cut_m, how = (DEFAULT_NECK_CUT_M, "guessed") if lowest < -0.20 else (0.0, "guessed")
    if neck_cut_m <= 0:
        return surfaces, f"neck not cut ({how}); the scan ends {-lowest * 1000:.0f} mm below the tragi"
    tilt = np.radians(NECK_TILT_DEG)
    normal = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    offset = -neck_cut_m * float(np.cos(tilt))
    cut = [
        cut_by_plane(s, normal, offset) if kind in ("skin", "clothes", "other") else s
        for s, kind in zip(surfaces, kinds, strict=True)
    ]
    return cut, f"neck cut {neck_cut_m * 1000:.0f} mm below the tragi ({how}), falling {NECK_TILT_DEG:.0f} degrees"


def _thin_out(surfaces: list[Surface], max_triangles: int) -> tuple[list[Surface], str]:
    total = sum(len(surface.triangles) for surface in surfaces)
    if total <= max_triangles:
        return surfaces, f"{total} triangles kept (budget {max_triangles})"
    share = max_triangles / total
    thin = [simplify(s, max(4, int(len(s.triangles) * share))) for s in surfaces]
    left = sum(len(surface.triangles) for surface in thin)
    return thin, f"{total} triangles thinned out to {left} (budget {max_triangles})"


def _part_names(raw: RawMesh) -> list[str]:
    """Names for the OBJ: those of the scan, made distinct and free of blanks."""
    names: list[str] = []
    for part in raw.parts:
        base = "".join(c if c.isalnum() or c in "._-" else "_" for c in part.name) or "part"
        name, number = base, 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def _pictures(raw: RawMesh, name: str, texture_size_px: int) -> dict[int, str]:
    """File name of the colour texture of each part that has one; parts of one picture share a file."""
    names: dict[int, str] = {}
    sources: dict[object, str] = {}
    for index, part in enumerate(raw.parts):
        material = part.material
        source = material.color_texture if material.embedded is None else id(material.embedded)
        if source is None:
            continue
        if source not in sources:
            suffix = Path(material.color_texture).suffix.lower() if material.color_texture else ".png"
            keep = material.embedded is None and material.alpha_texture in (None, material.color_texture)
            keep = keep and _fits(raw.path, raw.path.parent / str(material.color_texture), texture_size_px)
            sources[source] = f"{name}_{len(sources)}{suffix if keep else '.png'}"
        names[index] = sources[source]
    return names


def _fits(mesh: Path, picture: Path, texture_size_px: int) -> bool:
    if not picture.is_file():
        raise InputError(mesh, f"names the texture {picture.name!r}, which is not in {picture.parent}.")
    image = textures.open_picture(picture, picture.read_bytes())
    return max(image.size) <= texture_size_px


def _write(
    out: Path,
    raw: RawMesh,
    surfaces: list[Surface],
    pictures: dict[int, str],
    description: dict[str, Any],
    texture_size_px: int,
) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        name = description["id"]
        part_names = _part_names(raw)
        (out / f"{name}.obj").write_text(_obj_text(name, part_names, surfaces))
        (out / f"{name}.mtl").write_text(_mtl_text(raw, part_names, pictures))
        for index, file in pictures.items():
            if not (out / file).exists():
                _write_picture(raw, index, out / file, texture_size_px)
        # Last, because a folder without it is not a head.
        (out / "head.json").write_text(json.dumps(description, indent=1) + "\n")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error}).") from error


def _write_picture(raw: RawMesh, index: int, file: Path, texture_size_px: int) -> None:
    material = raw.parts[index].material
    if material.color_texture is not None and material.embedded is None and file.suffix != ".png":
        shutil.copyfile(raw.path.parent / material.color_texture, file)
        return
    ledger = Ledger()
    if material.embedded is not None:
        texture = textures.decode_texture(raw.path, material.embedded, texture_size_px=texture_size_px)
    else:
        path = raw.path.parent / str(material.color_texture)
        texture = textures.read_texture(path, ledger, texture_size_px=texture_size_px)
    if material.alpha_texture not in (None, material.color_texture):
        path = raw.path.parent / str(material.alpha_texture)
        opacity = textures.opacity_of(textures.read_texture(path, ledger, texture_size_px=texture_size_px))
        texture = textures.with_opacity(texture, opacity)
    opaque = bool((texture[..., 3] == 255).all())
    Image.fromarray(np.ascontiguousarray(texture[..., :3]) if opaque else texture).save(file)


def _obj_text(name: str, part_names: list[str], surfaces: list[Surface]) -> str:
    lines = [f"# Registered by synhead: metres, +y up, +z front, +x the subject's left\nmtllib {name}.mtl"]
    first, first_uv = 1, 1
    for part_name, surface in zip(part_names, surfaces, strict=True):
        lines += [f"o {part_name}", f"usemtl {part_name}"]
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in surface.vertices.tolist()]
        if surface.uv is None:
            lines += [f"f {a} {b} {c}" for a, b, c in (surface.triangles + first).tolist()]
        else:
            lines += [f"vt {u:.6f} {v:.6f}" for u, v in surface.uv.tolist()]
            shift = first_uv - first
            faces = (surface.triangles + first).tolist()
            lines += [f"f {a}/{a + shift} {b}/{b + shift} {c}/{c + shift}" for a, b, c in faces]
            first_uv += len(surface.uv)
        first += len(surface.vertices)
    return "\n".join(lines) + "\n"


def _mtl_text(raw: RawMesh, part_names: list[str], pictures: dict[int, str]) -> str:
    lines = []
    for index, (part_name, part) in enumerate(zip(part_names, raw.parts, strict=True)):
        r, g, b, alpha = part.material.base_color_rgba
        lines += [f"newmtl {part_name}", f"Kd {r:.6g} {g:.6g} {b:.6g}", f"d {alpha:.6g}"]
        if index in pictures:
            lines.append(f"map_Kd {pictures[index]}")
    return "\n".join(lines) + "\n"
