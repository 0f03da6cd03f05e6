"""Backgrounds: photographs, views into HDRI panoramas, or procedural ones; chosen in the plan, made in the worker."""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter, map_coordinates

from synhead.core.scene import BackgroundSpec
from synhead.errors import InputError
from synhead.scenes.environment_light import EnvironmentLight, light_of_panorama
from synhead.scenes.procedural_background import procedural_background
from synhead.scenes.radiance import radiance_size, read_radiance
from synhead.scenes.surroundings import THUMBNAIL_PX

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
HDRI_SUFFIXES = frozenset({".hdr"})
MIN_SIDE_PX = 64
MAX_PHOTO_PIXELS = 200_000_000
_CACHE_ENTRIES = 8
_KEPT_BYTES = 64_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class BackgroundSource:
    """One usable file of a background folder.

    Attributes:
        background_id: path below the folder, with forward slashes.
        kind: "photo" or "hdri".
        width_px, height_px: of the whole file.
        thumbnail: of a photograph, sRGB, `surroundings.THUMBNAIL_PX` wide and high.
        light: of a panorama, in its own axes.
    """

    background_id: str
    kind: str
    width_px: int
    height_px: int
    sha256: str
    thumbnail: UInt8[np.ndarray, "rows columns 3"] | None = field(default=None, compare=False, repr=False)
    light: EnvironmentLight | None = field(default=None, compare=False, repr=False)


def find_backgrounds(root: Path) -> tuple[list[BackgroundSource], list[InputError]]:
    """Usable backgrounds below a folder, sorted by name, and what is wrong with the others.

    Raises:
        InputError: the folder is missing or holds no picture at all.
    """
    if not root.is_dir():
        raise InputError(root, "no such folder; give a folder of photographs or .hdr panoramas, or drop --backgrounds")
    known = PHOTO_SUFFIXES | HDRI_SUFFIXES
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in known and p.is_file())
    if not files:
        raise InputError(root, f"holds no picture; looked for {', '.join(sorted(known))} in it and below")
    sources, problems = [], []
    for path in files:
        try:
            sources.append(_inspect(root, path))
        except InputError as error:
            problems.append(error)
    return sources, problems


def _inspect(root: Path, path: Path) -> BackgroundSource:
    kind = "hdri" if path.suffix.lower() in HDRI_SUFFIXES else "photo"
    thumbnail, light = None, None
    if kind == "hdri":
        width, height = radiance_size(path)
        if min(width, height) >= MIN_SIDE_PX:
            light = light_of_panorama(read_radiance(path))
    else:
        with _open_photo(path) as image:
            width, height = image.size
        thumbnail = _thumbnail(path)
    if min(width, height) < MIN_SIDE_PX:
        raise InputError(path, f"is {width} x {height} pixels; a background needs at least {MIN_SIDE_PX} on each side")
    return BackgroundSource(
        background_id=path.relative_to(root).as_posix(),
        kind=kind,
        width_px=width,
        height_px=height,
        sha256=sha256(path.read_bytes()).hexdigest(),
        thumbnail=thumbnail,
        light=light,
    )


def _thumbnail(path: Path) -> UInt8[np.ndarray, "rows columns 3"]:
    """The whole picture, a few pixels wide.

    Raises:
        InputError: the file is damaged.
    """
    with _open_photo(path) as image:
        # A JPEG decodes to an eighth of its size in a fraction of the time.
        image.draft("RGB", (4 * THUMBNAIL_PX, 4 * THUMBNAIL_PX))
        small = _as_rgb(path, image)
    return np.asarray(small.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX, reducing_gap=2.0))


def _open_photo(path: Path) -> Image.Image:
    """Open and check the header; nothing is decoded yet, so a header that lies about its size costs nothing."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(path, f"cannot be read as a picture ({error})") from None
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    if image.width * image.height > MAX_PHOTO_PIXELS:
        size = f"{image.width} x {image.height}"
        image.close()
        raise InputError(path, f"claims {size} pixels; at most {MAX_PHOTO_PIXELS:,} are accepted")
    return image


def read_photo(path: Path) -> Image.Image:
    """A photograph as 8-bit sRGB, whatever it was stored as (grey, CMYK, palette, 16 bit, with opacity).

    Raises:
        InputError: the file is not a picture, is damaged, or claims an absurd size.
    """
    with _open_photo(path) as image:
        return _as_rgb(path, image)


def _as_rgb(path: Path, image: Image.Image) -> Image.Image:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(path, f"is damaged ({error})") from None
    # Phones store how they were held beside the pixels, not in them.
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bits(np.asarray(image, np.float64))).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        backdrop = Image.new("RGBA", image.size, (127, 127, 127, 255))
        return Image.alpha_composite(backdrop, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _eight_bits(values: Float[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width"]:
    """Deep grey values to 8 bits: 16-bit files by their full range, anything else by its own maximum."""
    top = 65535.0 if values.max() > 255 and values.max() <= 65535 else max(float(values.max()), 1.0)
    return np.clip(np.round(values * (255.0 / top)), 0, 255).astype(np.uint8)


def choose_background(rng: np.random.Generator, sources: list[BackgroundSource]) -> BackgroundSpec:
    """One background and its crop; a procedural one where there are no files."""
    if not sources:
        return BackgroundSpec(
            kind="procedural", background_id="procedural", path=None, parameters={"seed": int(rng.integers(2**63))}
        )
    source = sources[int(rng.integers(len(sources)))]
    if source.kind == "hdri":
        parameters: dict[str, float | int] = {
            "heading_deg": float(rng.uniform(0, 360)),
            "elevation_deg": float(rng.uniform(-8, 8)),
            "vertical_fov_deg": float(rng.uniform(38, 70)),
            "key_percentile_gray": float(rng.uniform(0.16, 0.34)),
            "defocus_share": float(rng.uniform(0.004, 0.015)),
        }
    else:
        side = float(rng.uniform(0.55, 1.0))
        parameters = {
            "crop_share": side,
            "crop_x_share": float(rng.uniform(0, 1)),
            "crop_y_share": float(rng.uniform(0, 1)),
            "mirrored": int(rng.integers(2)),
        }
    return BackgroundSpec(
        kind=source.kind, background_id=source.background_id, path=source.background_id, parameters=parameters
    )


class BackgroundBank:
    """Makes the pixels of a BackgroundSpec; keeps the last few decoded files, and the last pictures made of them.

    Sequences of one track share their background, and come once for each head.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._decoded: OrderedDict[str, Image.Image | np.ndarray] = OrderedDict()
        self._made: OrderedDict[object, np.ndarray] = OrderedDict()

    def pixels(self, spec: BackgroundSpec, *, width_px: int, height_px: int) -> UInt8[np.ndarray, "height width 3"]:
        """The background at the size of the frames, sRGB; not to be written to.

        Raises:
            InputError: the file cannot be read (any more).
        """
        key = (spec.background_id, tuple(sorted(spec.parameters.items())), width_px, height_px)
        if key not in self._made:
            # One kind of array for all: compiled engines tell read-only ones from others.
            self._made[key] = np.require(self._make(spec, width_px, height_px), requirements=["C", "W"])
            while sum(picture.nbytes for picture in self._made.values()) > _KEPT_BYTES and len(self._made) > 1:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]

    def _make(self, spec: BackgroundSpec, width_px: int, height_px: int) -> np.ndarray:
        if spec.kind == "procedural":
            rng = np.random.Generator(np.random.PCG64(int(spec.parameters["seed"])))
            return procedural_background(rng, height_px, width_px)
        if spec.path is None or self._root is None:
            raise InputError(spec.background_id, "has no file to read")
        decoded = self._decode(spec.kind, self._root / spec.path)
        if isinstance(decoded, np.ndarray):
            return _view_into_panorama(decoded, spec.parameters, width_px, height_px)
        return _crop_photo(decoded, spec.parameters, width_px, height_px)

    def _decode(self, kind: str, path: Path) -> Image.Image | np.ndarray:
        key = str(path)
        if key not in self._decoded:
            if not path.is_file():
                raise InputError(path, "is gone since the run was planned; put it back and run the same command again")
            self._decoded[key] = read_radiance(path) if kind == "hdri" else read_photo(path)
            while len(self._decoded) > _CACHE_ENTRIES:
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(key)
        return self._decoded[key]


def _crop_photo(
    photo: Image.Image, parameters: dict[str, float | int], width_px: int, height_px: int
) -> UInt8[np.ndarray, "height width 3"]:
    scale = min(photo.width / width_px, photo.height / height_px) * float(parameters["crop_share"])
    crop_w, crop_h = width_px * scale, height_px * scale
    x = (photo.width - crop_w) * float(parameters["crop_x_share"])
    y = (photo.height - crop_h) * float(parameters["crop_y_share"])
    resized = photo.resize((width_px, height_px), Image.Resampling.LANCZOS, box=(x, y, x + crop_w, y + crop_h))
    pixels = np.asarray(resized)
    return np.ascontiguousarray(pixels[:, ::-1] if parameters["mirrored"] else pixels)


def _view_into_panorama(
    panorama: Float[np.ndarray, "rows columns 3"], parameters: dict[str, float | int], width_px: int, height_px: int
) -> UInt8[np.ndarray, "height width 3"]:
    """A pinhole view into an equirectangular map: linear light, a little out of focus, exposed and tone-mapped."""
    rows, columns, _ = panorama.shape
    focal = height_px / 2 / np.tan(np.radians(float(parameters["vertical_fov_deg"])) / 2)
    x = (np.arange(width_px) + 0.5 - width_px / 2) / focal
    y = (np.arange(height_px) + 0.5 - height_px / 2) / focal
    e = np.radians(float(parameters["elevation_deg"]))
    dx = np.broadcast_to(x, (height_px, width_px))
    dy = np.broadcast_to((y * np.cos(e) - np.sin(e))[:, None], dx.shape)
    dz = np.broadcast_to((y * np.sin(e) + np.cos(e))[:, None], dx.shape)
    longitude = np.arctan2(dx, dz) + np.radians(float(parameters["heading_deg"]))
    latitude = np.arctan2(dy, np.hypot(dx, dz))
    column = (longitude / (2 * np.pi)) % 1.0 * columns - 0.5
    row = np.clip((latitude / np.pi + 0.5) * rows - 0.5, 0, rows - 1)
    # One wrapped column on each side, so that bilinear reads across the seam are right.
    wrapped = np.concatenate([panorama[:, -1:], panorama, panorama[:, :1]], axis=1)
    view = np.stack([map_coordinates(wrapped[..., c], [row, column + 1], order=1) for c in range(3)], axis=-1)
    sigma = float(parameters["defocus_share"]) * height_px
    # Clip the sun before blurring, or one texel floods the view.
    view = np.minimum(view, np.percentile(view, 99.5) * 2 + 1e-6)
    view = gaussian_filter(view, sigma=(sigma, sigma, 0))
    gray = view @ np.array([0.2126, 0.7152, 0.0722])
    # Reinhard et al. 2002: exposed by the log-average, or by the median where that is more (dark ground must not burn
    # the sky), with white at 4: bright windows roll off, mid tones keep their contrast.
    level = max(float(np.median(gray)), float(np.exp(np.log(gray + 1e-6).mean())))
    exposed = view * (float(parameters["key_percentile_gray"]) / max(level, 1e-6))
    mapped = np.clip(exposed * (1 + exposed / 16.0) / (1 + exposed), 0, 1)
    return np.round(255 * srgb_from_linear(mapped)).astype(np.uint8)


def srgb_from_linear(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The sRGB curve (IEC 61966-2-1) for values in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
