"""Every setting of a rendered data set, validated once at the edge; inside, values are trusted.

What is in RenderConfig decides the pixels and is part of the manifest's digest. What is in RunOptions (workers,
executor) changes nothing in the data.
"""

import os
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from synhead.errors import ConfigError

_Model = TypeVar("_Model", bound=BaseModel)
Executor = Literal["auto", "local", "ray"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputPaths(_Frozen):
    """Where the inputs lie. Not part of the digest: the files' own hashes are."""

    models: Path
    tracks: Path
    backgrounds: Path | None = None


class TrackSettings(_Frozen):
    """How tracks are prepared.

    sigma_s is the Gaussian's standard deviation: the paper smooths too but gives no width. 0.05 s takes white jitter
    of a 30 Hz tracker down to 43 %, 1 / sqrt(2 sqrt(pi) sigma fps), and keeps 82 % of a 2 Hz nod,
    exp(-(2 pi f sigma)^2 / 2).
    """

    fps: float = Field(30.0, ge=1, le=1000)
    smoothing: Literal["so3", "euler", "none"] = "so3"
    sigma_s: float = Field(0.05, gt=0, le=5)
    reject_failures: bool = True
    frames_per_track: int | None = Field(None, ge=1)
    max_tracks: int | None = Field(None, ge=1)
    min_segment_s: float = Field(0.5, ge=0)


class SensorSettings(_Frozen):
    """Which imperfections of a camera the natural look has; how strong they are is drawn for each sequence."""

    exposure: bool = True
    white_balance: bool = True
    vignetting: bool = True
    defocus: bool = True
    noise: bool = True
    motion_blur: bool = True
    camera_jpeg: bool = True


class SceneSettings(_Frozen):
    """What a scene looks like.

    look: "natural" moves the face, lights it like a room and draws what a camera does to a picture; "paper" is the
    plain look of SynHead (CVPR 2017): a resting face, plain light, an ideal camera.
    expressions: None: as the look says.
    """

    look: Literal["natural", "paper"] = "natural"
    expressions: Literal["natural", "none"] | None = None
    width_px: int = Field(400, ge=16, le=4096)
    height_px: int = Field(400, ge=16, le=4096)
    head_share: float = Field(0.72, gt=0.02, le=1.5)
    background_per: Literal["track", "sequence"] = "track"
    background_motion: Literal["none", "handheld"] = "none"
    sensor: SensorSettings = SensorSettings()
    max_heads: int | None = Field(None, ge=1)


class ImageSettings(_Frozen):
    """How frames are stored."""

    format: Literal["jpeg", "png"] = "jpeg"
    quality: int = Field(95, ge=1, le=100)
    subsampling: Literal["444", "422", "420"] = "420"
    passes: tuple[Literal["depth"], ...] = ()


class RenderConfig(_Frozen):
    """One data set.

    shard_frames is what a shard is filled up to with whole sequences. None: a 32nd of all frames, at least 64 and at
    most 1024: a small job has work for several processes, and a large one has shards of about 50 MB.

    antialiasing: "msaa4": four samples a pixel; "none": one, for throughput.
    """

    inputs: InputPaths
    tracks: TrackSettings = TrackSettings()  # pyright: ignore[reportCallIssue]
    scene: SceneSettings = SceneSettings()  # pyright: ignore[reportCallIssue]
    image: ImageSettings = ImageSettings()  # pyright: ignore[reportCallIssue]
    renderer: Literal["auto", "gl", "software", "pyrender"] = "auto"
    antialiasing: Literal["msaa4", "none"] = "msaa4"
    seed: int = Field(0, ge=0, lt=2**63)
    shard_frames: int | None = Field(None, ge=1)

    def content(self) -> dict[str, Any]:
        """The settings that decide the pixels, as plain JSON values."""
        return self.model_dump(mode="json", exclude={"inputs"})


class RunOptions(_Frozen):
    """How the work is done; none of it changes a byte of the data."""

    workers: int = Field(default_factory=lambda: available_cpus(), ge=1, le=10_000)
    executor: Executor = "auto"
    ray_address: str | None = None
    require_gpu: bool = False
    encode_threads: int | None = Field(default=None, ge=0, le=64)

    @field_validator("ray_address")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value == "":
            raise ValueError("is empty; give 'auto' or HOST:PORT, or leave it out")
        return value


def available_cpus() -> int:
    """Processors that this process may use (not those of the whole machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def load_config(path: Path | None, overrides: dict[str, Any]) -> RenderConfig:
    """A config from a recipe (YAML) with the command line's values on top.

    Args:
        path: recipe, or None.
        overrides: nested like the recipe; None values are ignored.

    Raises:
        ConfigError: unreadable recipe, unknown field, or a value out of range; names the field, the value and what
            would be right.
    """
    tree: dict[str, Any] = {}
    if path is not None:
        try:
            tree = yaml.safe_load(path.read_text()) or {}
        except OSError as error:
            raise ConfigError(f"--config {path}: cannot be read ({error.strerror})") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"--config {path}: is not YAML ({error})") from None
        if not isinstance(tree, dict):
            raise ConfigError(f"--config {path}: holds a {type(tree).__name__}; a recipe is a mapping of settings")
        _anchor_paths(tree, path.parent)
    return validated(RenderConfig, _merged(tree, overrides), source=str(path) if path else "command line")


def validated(model: type[_Model], values: dict[str, Any], *, source: str) -> _Model:
    """Build a settings object; pydantic's list of faults becomes one ConfigError, a line each."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [
            f"{source}, {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']} (got {fault['input']!r})"
            for fault in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from None


def _anchor_paths(tree: dict[str, Any], folder: Path) -> None:
    """Paths in a recipe are meant from the recipe's own folder, wherever the command runs."""
    inputs = tree.get("inputs")
    if isinstance(inputs, dict):
        for key, value in inputs.items():
            if isinstance(value, str):
                inputs[key] = folder / value


def _merged(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in top.items():
        if isinstance(value, dict):
            inner = out.get(key)
            out[key] = _merged(inner if isinstance(inner, dict) else {}, value)
        elif value is not None:
            out[key] = value
    return out
