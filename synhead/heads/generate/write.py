"""A generated head as a folder: Wavefront OBJ and MTL, PNG and JPEG textures, head.json. Same head, same bytes."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart
from synhead.heads.generate.shapes_file import write_shapes

LICENCE = "Apache-2.0"
_JPEG = {"format": "JPEG", "quality": 88, "optimize": True}
_ROUGHNESS = {
    "skin": 0.62,
    "eyes": 0.25,
    "hair": 0.8,
    "eyebrows": 0.85,
    "eyelashes": 0.9,
    "clothes": 0.95,
    "teeth": 0.4,
}


def write_head(
    folder: Path,
    parameters: HeadParameters,
    parts: list[GeneratedPart],
    landmarks_104_m: Float[np.ndarray, "104 3"],
    pupils_m: Float[np.ndarray, "2 3"],
    eye_centers_m: Float[np.ndarray, "2 3"],
    tragi_m: Float[np.ndarray, "2 3"],
    shapes: tuple[tuple[str, ...], list[np.ndarray | None]],
    source: str,
) -> None:
    """Write the files into `folder`, which is made. Part vertices are metres here, like the points; shapes are mm,
    [num_shapes, num_vertices, 3] for each part that moves: parts differ in size, which one annotation cannot say.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head_id = parameters.head_id
    (folder / f"{head_id}.obj").write_bytes(_obj(head_id, parts).encode())
    (folder / f"{head_id}.mtl").write_bytes(_mtl(head_id, parts).encode())
    for part in parts:
        path = folder / _texture_name(head_id, part)
        if path.suffix == ".jpg":
            Image.fromarray(part.texture).save(path, subsampling=0, **_JPEG)
        else:
            _picture(part.texture).save(path, compress_level=6)
        if part.normal_texture is not None:
            picture = Image.fromarray(part.normal_texture)
            # Red and green are slopes, not light: they must not share the coarser chroma of photographs.
            picture.save(folder / _normal_name(head_id, part), subsampling=0, **_JPEG)
    names, deltas_mm = shapes
    write_shapes(folder / f"{head_id}_shapes.npz", names, deltas_mm, [len(part.vertices) for part in parts])
    description = {
        "id": head_id,
        "sex": parameters.sex,
        "age_group": parameters.age_group,
        "age_years": round(parameters.age_years),
        "population": parameters.population,
        "source": source,
        "licence": LICENCE,
        "units": "m",
        "up": "+y",
        "front": "+z",
        "subject_left": "+x",
        "mesh": f"{head_id}.obj",
        "blend_shapes": f"{head_id}_shapes.npz",
        "parts": {part.name: _part_entry(head_id, part) for part in parts},
        "hair": parameters.hair_style,
        "hair_colour": parameters.hair_colour,
        "eye_colour": parameters.iris_colour,
        "landmarks_ibug68": _rounded(landmarks_104_m[:68]),
        "pupils": _rounded(pupils_m),
        "landmarks_104": _rounded(landmarks_104_m),
        "eye_centers": _rounded(eye_centers_m),
        "tragi": _rounded(tragi_m),
    }
    (folder / "head.json").write_bytes((json.dumps(description, indent=1) + "\n").encode())


def _rounded(points: np.ndarray) -> list[list[float]]:
    return [[round(float(c), 6) + 0.0 for c in point] for point in points]


def _picture(texture: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """With a palette where 256 colours are enough: hair then takes a third of the bytes."""
    if texture.shape[2] != 4:
        return Image.fromarray(texture)
    packed = np.ascontiguousarray(texture).view(np.uint32)[..., 0]
    colours = np.unique(packed)
    if len(colours) > 256:
        return Image.fromarray(texture)
    picture = Image.fromarray(np.searchsorted(colours, packed).astype(np.uint8)).convert("L")
    rgba = colours.view(np.uint8).reshape(-1, 4)
    picture.putpalette(rgba[:, :3].tobytes())
    picture.info["transparency"] = rgba[:, 3].tobytes()
    return picture


def _texture_name(head_id: str, part: GeneratedPart) -> str:
    """Noise of skin and cloth makes large PNGs; opacity needs one."""
    return f"{head_id}_{part.name}.{'png' if part.has_alpha else 'jpg'}"


def _normal_name(head_id: str, part: GeneratedPart) -> str:
    return f"{head_id}_{part.name}_normal.jpg"


def _part_entry(head_id: str, part: GeneratedPart) -> dict:
    entry = {
        "roughness": _ROUGHNESS[part.kind] if part.roughness is None else part.roughness,
        "vertices": len(part.vertices),
        "triangles": len(part.triangles),
        "kind": part.kind,
        "material": f"{head_id}_{part.name}",
        "texture": _texture_name(head_id, part),
        "alpha": part.has_alpha,
    }
    if part.normal_texture is not None:
        entry["normal_texture"] = _normal_name(head_id, part)
    return entry


def _obj(head_id: str, parts: list[GeneratedPart]) -> str:
    lines = [
        "# Made by the head generator of synhead; units m, +y up, +z front, +x the subject's left",
        f"mtllib {head_id}.mtl",
    ]
    first = first_normal = 1
    for part in parts:
        lines += [f"o {part.name}", f"usemtl {head_id}_{part.name}"]
        # Adding 0 turns -0.00000 into 0.00000.
        lines.append(_rows("v %.5f %.5f %.5f", np.round(part.vertices, 5) + 0.0))
        lines.append(_uv_lines(np.ascontiguousarray(part.uv, dtype=np.float64).tobytes()))
        gap = None
        if part.normals is not None:
            lines.append(_rows("vn %.2f %.2f %.2f", np.round(part.normals, 2) + 0.0))
            gap = first - first_normal
            first_normal += len(part.vertices)
        lines.append(_face_lines(np.ascontiguousarray(part.triangles, dtype=np.int64).tobytes(), first, gap))
        first += len(part.vertices)
    return "\n".join(lines) + "\n"


def _rows(form: str, values: np.ndarray) -> str:
    return "\n".join([form] * len(values)) % tuple(values.ravel().tolist())


# Most parts of all heads have the same triangles and texture coordinates: their lines are kept for the next head.
@lru_cache(maxsize=16)
def _uv_lines(uv: bytes) -> str:
    return _rows("vt %.4f %.4f", np.frombuffer(uv).reshape(-1, 2))


@lru_cache(maxsize=16)
def _face_lines(triangles: bytes, first: int, gap: int | None) -> str:
    """Faces of a part whose first vertex has the number `first`; normals have numbers `gap` lower, None: no normals."""
    faces = faces_of((np.frombuffer(triangles, dtype=np.int64).reshape(-1, 3) + first).tolist())
    if gap is None:
        return "\n".join(["f " + " ".join([f"{a}/{a}" for a in face]) for face in faces])
    return "\n".join(["f " + " ".join([f"{a}/{a}/{a - gap}" for a in face]) for face in faces])


def faces_of(triangles: list[list[int]]) -> list[tuple[int, ...]]:
    """The same surface with pairs (a, b, c), (a, c, d) written as quads (a, b, c, d): a third less text.

    A reader that cuts polygons into fans from their first corner, as ours does, gets the same triangles back.
    """
    by_edge: dict[tuple[int, int], int] = {(a, b): k for k, (a, b, _) in enumerate(triangles)}
    used = [False] * len(triangles)
    faces: list[tuple[int, ...]] = []
    for k, (a, b, c) in enumerate(triangles):
        if used[k]:
            continue
        used[k] = True
        other = by_edge.get((a, c), k)
        if used[other]:
            faces.append((a, b, c))
        else:
            used[other] = True
            faces.append((a, b, c, triangles[other][2]))
    return faces


def _mtl(head_id: str, parts: list[GeneratedPart]) -> str:
    lines = ["# Made by the head generator of synhead"]
    for part in parts:
        lines += ["", f"newmtl {head_id}_{part.name}", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", "d 1", "illum 1"]
        lines.append(f"map_Kd {_texture_name(head_id, part)}")
        if part.has_alpha:
            lines.append(f"map_d {_texture_name(head_id, part)}")
    return "\n".join(lines) + "\n"
