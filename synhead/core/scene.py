"""The complete description of one sequence: what a renderer needs, with nothing left to chance.

It lives in the core so that `render` and `shards` can read it without knowing who made it (`scenes`).
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from synhead.core.camera import Camera


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectionalLight:
    """Parallel light.

    Attributes:
        direction_cam: unit vector from the scene TOWARDS the light, camera frame.
        intensity_rgb: linear; a white Lambertian surface that faces the light returns exactly this radiance.
    """

    direction_cam: tuple[float, float, float]
    intensity_rgb: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lighting:
    """Light from everywhere plus up to three directional lights, in linear RGB, before any curve.

    With the defaults of the last four fields (the "paper" look), outgoing radiance of a surface with albedo a is
    ``a * ambient_rgb + sum(lights)``, with the metallic-roughness reflection of glTF 2.0 (metallic 0) for each light.
    docs/design/0003-shading.md has all formulas.

    Attributes:
        ambient_rgb: the same from all sides; what a white Lambertian surface returns of it.
        irradiance_sh_rgb: light from everywhere that depends on the side: nine rows of RGB, the coefficients of the
            real spherical harmonics up to band 2 (order of `core.harmonics`) of what a white Lambertian surface with
            a normal in camera axes returns. Adds to `ambient_rgb`. Empty: none.
        shadows: the head shades itself (its baked visibility).
        natural_surfaces: skin scatters light under its surface and shines in two lobes, eyes mirror what is around;
            False: every part is the plain glTF surface.
        tone: "filmic": highlights of the head roll off as a camera's do; "none": clipped.
    """

    ambient_rgb: tuple[float, float, float]
    directional: tuple[DirectionalLight, ...]
    irradiance_sh_rgb: tuple[tuple[float, float, float], ...] = ()
    shadows: bool = False
    natural_surfaces: bool = False
    tone: Literal["none", "filmic"] = "none"

    def __post_init__(self) -> None:
        if len(self.irradiance_sh_rgb) not in (0, 9):
            raise ValueError(f"irradiance_sh_rgb has {len(self.irradiance_sh_rgb)} rows; it needs 9, or none")
        if len(self.directional) > 3:
            raise ValueError(f"there are {len(self.directional)} directional lights; at most 3 are drawn")


@dataclass(frozen=True, kw_only=True, slots=True)
class BackgroundSpec:
    """Where the background of a sequence comes from; the pixels themselves are made by `scenes.backgrounds`.

    Attributes:
        kind: "photo", "hdri" or "procedural".
        background_id: file name without folder, or the name of the procedural kind.
        path: file, or None for procedural ones.
        parameters: the random choices (crop box, view direction, exposure, procedural seed), by name.
    """

    kind: str
    background_id: str
    path: str | None
    parameters: dict[str, float | int]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FaceMotion:
    """What the face does over time, beside the rigid motion of the head.

    Attributes:
        shape_names: blend shapes that move in this sequence, by name; a head that lacks one leaves it out.
        coefficients: [T, S] in [0, 1].
        gaze_pyr_deg: [T, 2] (pitch, yaw) of the line of sight in the head frame, both eyes alike (looking far away):
            +pitch up, +yaw to the subject's right, (0, 0) straight ahead; the signs of the head's own angles.
    """

    shape_names: tuple[str, ...]
    coefficients: Float[np.ndarray, "num_frames num_shapes"]
    gaze_pyr_deg: Float[np.ndarray, "num_frames 2"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SensorSpec:
    """The camera's imperfections for one sequence, applied after drawing; labels know nothing of them.

    Attributes:
        exposure_gain: factor on linear light.
        white_balance_rgb: factors on linear light; green is 1.
        vignetting: share of light lost in the corners, in [0, 1).
        defocus_sigma_px: standard deviation of the blur.
        shot_noise: variance of linear light per unit of linear light (Poisson part).
        read_noise: standard deviation of linear light at black (Gaussian part).
        shutter_s: exposure time; the picture is the mean over it, the labels are those of its middle. 0: no blur.
        jpeg_quality: of the camera's own compression; None: only that of the data set.
    """

    exposure_gain: float = 1.0
    white_balance_rgb: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignetting: float = 0.0
    defocus_sigma_px: float = 0.0
    shot_noise: float = 0.0
    read_noise: float = 0.0
    shutter_s: float = 0.0
    jpeg_quality: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceSpec:
    """One head moved along one track before one camera.

    Attributes:
        sequence_id: ``<head_id>__<track_id>`` or ``<head_id>__<track_id>__<variant>``.
        seed: derived from the data set's seed and the sequence id.
        fps: frames per second; `time_s` is regular at this rate.
        time_s: [T] seconds on the track's own clock.
        R_cam_head: [T, 3, 3]; x_cam = R_cam_head x_head + t_cam_head_m.
        t_cam_head_m: [T, 3] metres.
        raw_R_cam_head: [T, 3, 3] the same pose before smoothing.
        face: None: the face rests, the eyes look straight ahead.
        sensor: None: an ideal camera.
        background_shift_px: [T, 2] (x, y) by which the background moves in the picture against its place in the
            specification (a hand-held camera); None: it stands still.
    """

    sequence_id: str
    head_id: str
    track_id: str
    seed: int
    fps: float
    camera: Camera
    lighting: Lighting
    background: BackgroundSpec
    time_s: Float[np.ndarray, " num_frames"]
    R_cam_head: Float[np.ndarray, "num_frames 3 3"]
    t_cam_head_m: Float[np.ndarray, "num_frames 3"]
    raw_R_cam_head: Float[np.ndarray, "num_frames 3 3"]
    face: FaceMotion | None = None
    sensor: SensorSpec | None = None
    background_shift_px: Float[np.ndarray, "num_frames 2"] | None = None

    @property
    def num_frames(self) -> int:
        """Number of frames T."""
        return len(self.time_s)

    def scene_attributes(self) -> dict[str, Any]:
        """Lights and background as plain JSON values, as a shard stores them."""
        return {"lights": asdict(self.lighting), "background": asdict(self.background)}
