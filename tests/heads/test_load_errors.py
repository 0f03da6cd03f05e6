"""Every way in which a head folder can be wrong, and what the user reads."""

import json
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from synhead.errors import InputError
from synhead.heads.load import find_heads, load_head
from tests.heads.synthetic import MTL, description, egg_landmarks, egg_mesh, obj_text, write_head


def refused(path: Path, *texts: str) -> InputError:
    """Load, and check that each text is in the message."""
    with pytest.raises(InputError) as caught:
        load_head(path)
    for text in texts:
        assert text in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


def line_of(text: str, start: str, skip: int = 0) -> int:
    return [i for i, line in enumerate(text.splitlines(), start=1) if line.startswith(start)][skip]


def replace_line(text: str, number: int, new: str) -> str:
    lines = text.splitlines()
    lines[number - 1] = new
    return "\n".join(lines) + "\n"


def test_no_uv_is_fine_without_texture_and_refused_with_one(tmp_path: Path) -> None:
    bare = obj_text(with_uv=False, with_brows=False)
    head = load_head(write_head(tmp_path / "plain", obj=bare, mtl="newmtl egg_skin\nKd 0.5 0.4 0.3\n"))
    assert head.parts[0].material.texture is None
    assert head.parts[0].material.base_color_rgba == (0.5, 0.4, 0.3, 1.0)
    assert not head.parts[0].uv.any()
    refused(write_head(tmp_path / "textured", obj=bare), "egg.obj", "'skin' has a texture but no texture coordinates")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_vertex_that_is_no_number(tmp_path: Path, value: str) -> None:
    text = obj_text()
    number = line_of(text, "v ", 7)
    refused(
        write_head(tmp_path / "egg", obj=replace_line(text, number, f"v 0 {value} 0")),
        f"egg.obj, line {number}: vertex 7 is (0.0, {value}, 0.0)",
    )


def test_no_faces(tmp_path: Path) -> None:
    text = "\n".join(line for line in obj_text().splitlines() if not line.startswith("f "))
    refused(write_head(tmp_path / "egg", obj=text), "egg.obj: has no faces (1160 vertices)")


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("f 1/1 2/2 9999/3", "vertex index 9999 is out of range; the file has 1160"),
        ("f 1/1 2/2 0/3", "vertex index 0 is out of range"),
        ("f 1/1 2/2 -9999/3", "vertex index -9999 is out of range"),
        ("f 1/1 2/2 3/9999", "texture coordinate index 9999 is out of range"),
        ("f 1/1/7 2/2 3/3", "normal index 7 is out of range; the file has 0"),
        ("f 1/1 2/2", "needs three corners, this one has 2"),
        ("f 1/1 2/2 x/3", "invalid literal"),
        ("f 1/1 2/2 /3", "is not position, position/uv"),
        ("v 1 2", "too few numbers"),
    ],
)
def test_malformed_obj_lines(tmp_path: Path, new: str, problem: str) -> None:
    text = obj_text()
    number = line_of(text, "f ")
    refused(
        write_head(tmp_path / "egg", obj=replace_line(text, number, new)), f"egg.obj, line {number}: {new!r}", problem
    )


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/skin.png", "..\\skin.png", "C:\\skin.png"])
def test_texture_outside_the_folder(tmp_path: Path, name: str) -> None:
    mtl = MTL.replace("map_Kd skin.png", f"map_Kd {name}")
    refused(write_head(tmp_path / "egg", mtl=mtl), "egg.mtl, line 3, map_Kd", repr(name), "only relative names")


def test_library_and_mesh_outside_the_folder(tmp_path: Path) -> None:
    text = obj_text().replace("mtllib egg.mtl", "mtllib ../egg.mtl")
    refused(write_head(tmp_path / "a", obj=text), "egg.obj, line 1, mtllib", "'../egg.mtl'")
    refused(write_head(tmp_path / "b", mesh="../a/egg.obj"), "head.json, mesh", "only relative names")
    refused(
        write_head(tmp_path / "c", parts={"skin": {"texture": "/tmp/x.png"}}),
        "head.json, parts.skin.texture",
        "'/tmp/x.png'",
    )


def test_missing_texture_names_file_line_and_material(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg")
    (folder / "skin.png").unlink()
    refused(folder, "egg.obj", "material 'egg_skin' (egg.mtl, line 3) names the texture 'skin.png'", str(folder))


def test_missing_library_and_material(tmp_path: Path) -> None:
    refused(write_head(tmp_path / "a", mtl=None), "egg.obj, line 1", "'egg.mtl', which is not in")
    number = line_of(obj_text(), "usemtl egg_brows")
    refused(
        write_head(tmp_path / "b", mtl=MTL.split("newmtl egg_brows")[0]),
        f"egg.obj, line {number}",
        "material 'egg_brows' is not defined in egg.mtl (it has: egg_skin)",
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(23000, 23000), (16385, 10), (13200, 13200), (2**31 - 1, 2)])
def test_picture_that_claims_gigabytes_is_refused_unread(tmp_path: Path, width: int, height: int) -> None:
    folder = write_head(tmp_path / "egg")
    (folder / "skin.png").write_bytes(png_header(width, height))
    refused(folder, "skin.png", "claims")


@pytest.mark.parametrize("content", [b"", b"no picture", png_header(64, 64)[:40], png_header(64, 64)])
def test_damaged_picture(tmp_path: Path, content: bytes) -> None:
    folder = write_head(tmp_path / "egg")
    (folder / "skin.png").write_bytes(content)
    refused(folder, "skin.png: is ")


def with_point(index: int, value: object) -> list:
    points: list = egg_landmarks().tolist()
    points[index] = value
    return points


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"landmarks_ibug68": egg_landmarks()[:67].tolist()}, ("landmarks_ibug68", "67 entries", "it must have 68")),
        ({"landmarks_ibug68": with_point(3, [0, float("nan"), 0])}, ("landmarks_ibug68[3]", "finite")),
        ({"landmarks_ibug68": with_point(3, [0, 0])}, ("landmarks_ibug68[3]", "three finite numbers")),
        ({"landmarks_ibug68": "no"}, ("landmarks_ibug68", "'no'")),
        ({"landmark_vertex_index": [0] * 68}, ("landmark_vertex_index", "beside landmarks_ibug68")),
        (
            {"landmarks_ibug68": None, "landmark_vertex_index": [1160] * 68},
            ("landmark_vertex_index[0]", "1160 is out of range", "0 to 1159"),
        ),
        (
            {"landmarks_ibug68": None, "landmark_barycentric": [{"triangle": 1, "weights": [1, 1, 1]}] * 68},
            ("landmark_barycentric[0]", "sum 1"),
        ),
        ({"units": "inch"}, ("units", "'inch'", "m, dm, cm, mm")),
        ({"units": None}, ("units", "is missing")),
        ({"up": "y"}, ("up", "'y'", "+x, +y, +z")),
        ({"front": "-y"}, ("front", "along 'up'")),
        ({"subject_left": "+z"}, ("subject_left", "perpendicular")),
        ({"units": "cm"}, ("units", "0.002213 m", "With units 'm' it would be")),
        ({"mesh": None}, ("mesh", "is missing")),
        ({"mesh": "other.obj"}, ("mesh", "'other.obj', which is not in")),
        ({"mesh": "skin.png"}, ("skin.png", "not a mesh")),
        ({"id": "a__b"}, ("id", "'a__b'")),
        ({"id": "a b"}, ("id", "'a b'")),
        ({"id": 7}, ("id", "7")),
        ({"parts": {"nose": {}}}, ("parts", "'nose' is not a part", "egg_brows")),
        ({"parts": {"skin": {"kind": "fur"}}}, ("parts.skin.kind", "'fur'")),
        ({"parts": {"skin": {"roughness": 2}}}, ("parts.skin.roughness", "2")),
        ({"parts": {"skin": {"alpha": "no"}}}, ("parts.skin.alpha", "'no'")),
        ({"parts": {"skin": {"texture": "gone.png"}}}, ("head.json", "'gone.png'")),
        ({"registration": "icp"}, ("registration", "'icp'")),
        ({"registration": {"R": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}}, ("registration.R", "not a rotation")),
        ({"registration": {"R": [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]}}, ("registration.R", "not a rotation")),
        ({"landmarks_ibug68": None, "registration": "landmarks"}, ("registration", "there are none")),
        ({"pupils": [[0, 0, 0]]}, ("pupils", "1 points")),
        ({"tragi": [[0, 0, 0], [0, 0, "x"]]}, ("tragi[1]", "finite")),
        ({"cap_neck": "yes"}, ("cap_neck", "true or false")),
        ({"licence": 3}, ("licence", "3")),
    ],
)  # fmt: skip
def test_wrong_fields_of_head_json(tmp_path: Path, changes: dict, texts: tuple[str, ...]) -> None:
    refused(write_head(tmp_path / "egg", **changes), *texts)


def test_broken_json_has_a_line(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg")
    (folder / "head.json").write_text('{\n "id": "egg",\n "units": m\n}')
    refused(folder, "head.json, line 3: is not JSON")
    (folder / "head.json").write_text("[1, 2]")
    refused(folder, "holds a list")


@pytest.mark.parametrize(("factor", "hint"), [(0.001, "'m'"), (1000.0, "'mm'")])
def test_wrong_units_are_named(tmp_path: Path, factor: float, hint: str) -> None:
    # A head in metres called millimetres, and one in millimetres called metres.
    units = "mm" if factor == 0.001 else "m"
    lines = []
    for line in obj_text().splitlines():
        if line.startswith("v ") and factor == 1000.0:
            line = "v " + " ".join(str(float(word) * factor) for word in line.split()[1:])
        lines.append(line)
    refused(write_head(tmp_path / "egg", obj="\n".join(lines), units=units), "it would be of human size", hint)


def test_eye_corners_give_wrong_landmarks_away(tmp_path: Path) -> None:
    points = egg_landmarks()
    points[45] = points[39]
    refused(write_head(tmp_path / "egg", landmarks_ibug68=points.tolist()), "landmarks 36 and 45", "mm apart")


def mesh_file(tmp_path: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    positions, _, faces = egg_mesh()
    triangles = [[f[0][0], f[k][0], f[k + 1][0]] for f in faces for k in (1, 2)]
    path = tmp_path / "scan.ply"
    trimesh.Trimesh(change(positions), triangles, process=False).export(path)
    return path


def test_mesh_without_description_must_lie_in_the_head_frame(tmp_path: Path) -> None:
    assert load_head(mesh_file(tmp_path, lambda x: x)).landmarks_68_m is None
    way_out = "synhead heads register"
    refused(mesh_file(tmp_path, lambda x: x * 1000), way_out, "not a head in metres")
    refused(mesh_file(tmp_path, lambda x: x[:, [1, 0, 2]]), way_out, "upright")
    refused(mesh_file(tmp_path, lambda x: x + np.array([0, 1, 0])), way_out, "outside it")


@pytest.mark.parametrize("suffix", [".glb", ".ply", ".stl"])
def test_damaged_binary_meshes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(b"glTF\x02\0\0\0 this is not a mesh")
    refused(path, f"scan{suffix}")


def test_gltf_that_reaches_outside(tmp_path: Path) -> None:
    path = tmp_path / "scan.gltf"
    path.write_text(json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": "../x.bin", "byteLength": 4}]}))
    refused(path, "buffers[0].uri", "'../x.bin'")


def test_folders_without_heads(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_heads(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no heads"):
        find_heads(tmp_path / "empty")
    refused(tmp_path / "gone", "does not exist")
    refused(tmp_path / "empty", "not exactly one mesh (none)")
    (tmp_path / "two").mkdir()
    for name in ("a.obj", "b.obj"):
        (tmp_path / "two" / name).write_text("")
    refused(tmp_path / "two", "not exactly one mesh (a.obj, b.obj)")


def test_unusable_folder_name(tmp_path: Path) -> None:
    data = description()
    del data["id"]
    folder = write_head(tmp_path / "my head")
    (folder / "head.json").write_text(json.dumps(data))
    refused(folder, "'my head'")


def test_non_manifold_is_fine(tmp_path: Path) -> None:
    # A third triangle on an edge that two quads share.
    text = obj_text(with_brows=False) + "f 481/481 482/482 600/600\n"
    assert load_head(write_head(tmp_path / "egg", obj=text)).num_triangles > 2000
