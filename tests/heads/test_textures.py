"""Textures: scaled without fringes, bled under what is see-through, and what the triangles really show."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synhead.heads import textures
from synhead.heads.load import load_head
from synhead.heads.rawmesh import Ledger
from tests.heads.synthetic import MTL, obj_text, write_head


def leaf(size: int = 64) -> np.ndarray:
    """A green disc on black that is see-through."""
    y, x = np.mgrid[0:size, 0:size] + 0.5 - size / 2
    picture = np.zeros((size, size, 4), dtype=np.uint8)
    picture[np.hypot(x, y) < size * 0.3] = (20, 200, 40, 255)
    return picture


def test_bleeding_changes_colour_only_where_nothing_shows() -> None:
    picture = leaf()
    bled = textures.bleed_colour(picture)
    shown = picture[..., 3] > 0
    assert np.array_equal(bled[shown], picture[shown])
    assert np.array_equal(bled[..., 3], picture[..., 3])
    assert (bled[~shown][:, :3] == (20, 200, 40)).all()


def test_bleeding_takes_the_near_colour() -> None:
    picture = np.zeros((32, 64, 4), dtype=np.uint8)
    picture[:, :4] = (200, 0, 0, 255)
    picture[:, -4:] = (0, 0, 200, 255)
    bled = textures.bleed_colour(picture).astype(int)
    assert bled[16, 8, 0] > 150 > bled[16, 8, 2]
    assert bled[16, 55, 2] > 150 > bled[16, 55, 0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 3), (17, 64)])
def test_bleeding_of_any_shape(shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 4), dtype=np.uint8)
    assert np.array_equal(textures.bleed_colour(picture), picture)  # nothing to take colour from
    picture[0, 0] = (10, 20, 30, 255)
    assert (textures.bleed_colour(picture)[..., :3] == (10, 20, 30)).all()


def test_mip_maps_of_a_bled_texture_have_no_dark_fringe() -> None:
    def smallest_green(picture: np.ndarray) -> float:
        levels, small = [], picture.astype(float)
        while small.shape[0] > 4:
            small = small.reshape(small.shape[0] // 2, 2, small.shape[1] // 2, 2, 4).mean(axis=(1, 3))
            levels.append(small[small[..., 3] > 12][:, 1].min())
        return min(levels)

    assert smallest_green(textures.bleed_colour(leaf())) > 195
    assert smallest_green(leaf()) < 120


def test_scaling_keeps_the_colour_at_the_edge(tmp_path: Path) -> None:
    Image.fromarray(leaf(256)).save(tmp_path / "leaf.png")
    small = textures.read_texture(tmp_path / "leaf.png", Ledger(), texture_size_px=50)
    assert small.shape == (50, 50, 4)
    seen = small[small[..., 3] >= 16].astype(int)
    assert np.abs(seen[:, :3] - (20, 200, 40)).max() <= 16  # eight bits, premultiplied
    share = (small[..., 3] / 255).mean()
    assert share == pytest.approx(np.pi * 0.3**2, abs=0.01)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [("L", 100, (100, 100, 100, 255)), ("RGB", (1, 2, 3), (1, 2, 3, 255)), ("LA", (9, 40), (9, 9, 9, 40)),
     ("P", 0, (0, 0, 0, 255)), ("CMYK", (0, 255, 255, 0), (255, 0, 0, 255)), ("1", 1, (255, 255, 255, 255))],
)  # fmt: skip
def test_every_kind_of_picture_becomes_rgba(tmp_path: Path, mode: str, value: object, expected: tuple) -> None:
    suffix = "tif" if mode == "CMYK" else "png"
    Image.new(mode, (4, 2), value).save(tmp_path / f"a.{suffix}")  # type: ignore[arg-type]
    texture = textures.read_texture(tmp_path / f"a.{suffix}", Ledger(), texture_size_px=64)
    assert texture.shape == (2, 4, 4)
    assert (texture == expected).all()


def test_long_side_is_the_budget(tmp_path: Path) -> None:
    Image.new("RGB", (400, 100)).save(tmp_path / "a.jpg")
    assert textures.read_texture(tmp_path / "a.jpg", Ledger(), texture_size_px=100).shape == (25, 100, 4)
    assert textures.read_texture(tmp_path / "a.jpg", Ledger(), texture_size_px=2048).shape == (100, 400, 4)


def test_opacity_picture_is_alpha_or_luminance() -> None:
    grey = np.full((2, 2, 4), 255, dtype=np.uint8)
    grey[..., :3] = 77
    assert (textures.opacity_of(grey) == 77).all()
    grey[..., 3] = 31
    assert (textures.opacity_of(grey) == 31).all()


def test_used_texels_by_point_in_triangle() -> None:
    texture = np.zeros((40, 60, 4), dtype=np.uint8)
    uv = np.array([[0.1, 0.2], [0.9, 0.3], [0.4, 0.95]])
    used = textures.used_texels(uv, np.array([[0, 1, 2]]), texture)
    y, x = np.mgrid[0:40, 0:60] + 0.5
    p = np.stack([x / 60, 1 - y / 40], axis=-1)
    inside = np.ones((40, 60), dtype=bool)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        edge, to = uv[b] - uv[a], p - uv[a]
        inside &= edge[0] * to[..., 1] - edge[1] * to[..., 0] > 0
    assert used[inside].all()
    from scipy.ndimage import binary_dilation

    assert not used[~binary_dilation(inside, np.ones((3, 3)), iterations=3)].any()


def test_triangles_that_show_nothing() -> None:
    texture = np.zeros((64, 64, 4), dtype=np.uint8)
    texture[:, 32:, 3] = 255
    texture[40, 10, 3] = 7  # noise
    uv = np.array([[0.05, 0.1], [0.4, 0.1], [0.05, 0.9], [0.6, 0.1], [0.9, 0.1], [0.6, 0.9], [0.495, 0.9], [1.4, 0.5]])
    triangles = np.array([[0, 1, 2], [3, 4, 5], [0, 6, 2], [0, 7, 2], [0, 4, 2]])
    hidden = textures.see_through_triangles(uv, triangles, texture)
    assert hidden.tolist() == [True, False, False, False, False]


def test_disc_of_triangles_in_a_see_through_disc_goes_whole() -> None:
    # The layout of MakeHuman's cornea: the boxes of the rim triangles leave the disc, the triangles do not.
    y, x = np.mgrid[0:512, 0:512] + 0.5
    texture = np.full((512, 512, 4), 255, dtype=np.uint8)
    texture[np.hypot(x - 100, y - 100) < 31, 3] = 2
    angle = np.linspace(0, 2 * np.pi, 13)[:-1]
    ring = np.stack([100 + 28.5 * np.cos(angle), 100 + 28.5 * np.sin(angle)], axis=1)
    points = np.concatenate([[[100, 100]], ring]) / 512 * [1, -1] + [0, 1]
    triangles = np.array([[0, i + 1, (i + 1) % 12 + 1] for i in range(12)])
    assert textures.see_through_triangles(points, triangles, texture).all()


def kinds(head) -> dict[str, bool]:
    return {part.kind: part.material.has_alpha for part in head.parts}


def test_opacity_counts_only_where_it_is_shown(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg")
    assert kinds(load_head(folder)) == {"skin": False, "eyebrows": True}
    solid = np.full((32, 32, 4), 255, dtype=np.uint8)
    solid[:, :, 3] = 251
    Image.fromarray(solid).save(folder / "brows.png")
    head = load_head(folder)
    assert kinds(head) == {"skin": False, "eyebrows": False}
    assert head.parts[1].material.texture[..., 3].min() == 255
    # Opacity in a corner of the picture that no triangle shows.
    text = obj_text().replace("vt 1 0\n", "vt 0.5 0\n").replace("vt 1 1\n", "vt 0.5 1\n")
    solid[:, 24:, 3] = 0
    Image.fromarray(solid).save(folder / "brows.png")
    (folder / "egg.obj").write_text(text)
    assert kinds(load_head(folder))["eyebrows"] is False


def test_skin_is_never_see_through_and_alpha_false_is_obeyed(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg", parts={"eyebrows": {"alpha": False}})
    Image.new("RGBA", (32, 32), (200, 100, 90, 40)).save(folder / "skin.png")
    head = load_head(folder)
    assert kinds(head) == {"skin": False, "eyebrows": False}
    for part in head.parts:
        assert part.material.texture[..., 3].min() == 255


def test_separate_opacity_picture(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg", mtl=MTL.replace("map_d brows.png", "map_d opacity.png"))
    Image.new("RGB", (32, 32), (60, 40, 20)).save(folder / "brows.png")
    Image.new("L", (64, 64), 128).save(folder / "opacity.png")
    head = load_head(folder)
    assert kinds(head)["eyebrows"] is True
    assert (head.parts[1].material.texture[..., 3] == 128).all()


def test_factors_options_and_roughness(tmp_path: Path) -> None:
    mtl = MTL.replace("Kd 1 1 1\nmap_Kd skin.png", "Kd 0 0 0\nmap_Kd -s 1 1 1 skin.png").replace(
        "Kd 1 1 1\nmap_Kd brows.png", "Kd 0.5 0.25 1\nTr 0.4\nmap_Kd brows.png"
    )
    folder = write_head(tmp_path / "egg", mtl=mtl, parts={"skin": {"roughness": 0.42}})
    head = load_head(folder)
    assert head.parts[0].material.base_color_rgba == (1, 1, 1, 1)  # black beside a texture means nothing
    assert head.parts[1].material.base_color_rgba == pytest.approx((0.5, 0.25, 1, 0.6))
    assert head.parts[0].material.roughness == 0.42


def test_texture_budget_reaches_the_head(tmp_path: Path) -> None:
    assert load_head(write_head(tmp_path / "egg"), texture_size_px=16).parts[0].material.texture.shape == (8, 16, 4)
