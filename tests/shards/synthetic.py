"""Small data sets made of invented heads: 68 points on an ellipsoid, drawn as filled ellipses."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from synhead.core.camera import Camera, project_points, transform_points
from synhead.core.labels import OCCLUDED, OUTSIDE, VISIBLE, FrameLabels
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import BackgroundSpec, DirectionalLight, FaceMotion, Lighting, SequenceSpec
from synhead.core.seeding import derive_seed, generator
from synhead.shards.codec import encode_mask, encode_rgb, quantise_depth
from synhead.shards.manifest import InputEntry, Manifest, content_sha256, write_manifest
from synhead.shards.record_check import SequenceRecord
from synhead.shards.writer import ShardWriter

RADII_M = np.array([0.075, 0.11, 0.09])
CENTER_M = np.array([0.0, 0.02, 0.02])
FILE_ATTRIBUTES: dict[str, str | int] = {"config_sha256": "c" * 64, "renderer": "test ellipsoid 1"}


def head_points(head_id: str) -> np.ndarray:
    """68 points [68, 3] on the front of an ellipsoid, head frame, laid out as iBUG-68 roughly is."""
    rng = generator(1, head_id, "points")
    points = np.empty((68, 3))
    jaw = np.linspace(-1, 1, 17)
    points[:17] = np.stack([0.07 * np.sin(jaw * np.pi / 2), -0.02 - 0.06 * np.cos(jaw * np.pi / 2), jaw * 0], axis=1)
    right = np.stack([rng.uniform(-0.05, -0.015, 15), rng.uniform(0, 0.05, 15), np.zeros(15)], axis=1)
    points[17:32] = right
    points[32:47] = right * [-1, 1, 1]
    points[47:] = np.stack([rng.uniform(-0.03, 0.03, 21), rng.uniform(-0.06, -0.01, 21), np.zeros(21)], axis=1)
    points[30], points[33], points[8] = [0.0, 0.0, 0], [0.0, -0.01, 0], [0.0, -0.08, 0]
    points[36], points[45], points[27] = [-0.045, 0.035, 0], [0.045, 0.035, 0], [0.0, 0.035, 0]
    inside = 1 - (((points - CENTER_M) / RADII_M)[:, :2] ** 2).sum(axis=1)
    points[:, 2] = CENTER_M[2] + RADII_M[2] * np.sqrt(np.maximum(inside, 0))
    points[30, 2] += 0.015
    return points


SHAPES = ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft")
EYE_CENTERS_M = np.array([[-0.031, 0.035, 0.055], [0.031, 0.035, 0.055]])
EYE_RADIUS_M = 0.012


def shape_deltas(head_id: str) -> np.ndarray:
    """What the three shapes add to the 104 points [3, 104, 3]: the jaw points, the left lid, the mouth's corner."""
    deltas = np.zeros((3, 104, 3))
    deltas[0, 3:14] = [0, -0.008, -0.005]
    deltas[1, 43:45] = [0, -0.009, 0.001]
    deltas[2, 54] = [0.01, 0.008, 0]
    return deltas * generator(1, head_id, "shapes").uniform(0.8, 1.2)


def make_face(num_frames: int = 5) -> FaceMotion:
    """Everything moves, differently in every frame; one shape that no head has."""
    rng = generator(1, "face", str(num_frames))
    return FaceMotion(
        shape_names=("jawOpen", "cheekPuff", "eyeBlinkLeft", "mouthSmileLeft"),
        coefficients=rng.uniform(0, 1, (num_frames, 4)),
        gaze_pyr_deg=rng.uniform(-15, 15, (num_frames, 2)),
    )


def turn_of(gaze_pyr_deg: np.ndarray) -> np.ndarray:
    """[T, 3, 3] as a head turns by these angles, one frame at a time: another route than the product's."""
    flip = np.diag([1.0, -1.0, -1.0])
    return np.array([flip @ rotation_from_euler_pyr(np.array([p, y, 0.0])) for p, y in gaze_pyr_deg])


def sight_of(gaze_pyr_deg: np.ndarray) -> np.ndarray:
    """[T, 3]: +z turned."""
    return turn_of(gaze_pyr_deg) @ [0.0, 0.0, 1.0]


def face_points(spec: SequenceSpec) -> tuple[np.ndarray, np.ndarray]:
    """The 104 points [T, 104, 3] and the pupils [T, 2, 3] of all frames, head frame."""
    rest = np.concatenate([head_points(spec.head_id), np.zeros((36, 3))])
    rest[76:] = rest[:28] + [0, 0, -0.01]
    points = np.repeat(rest[None], spec.num_frames, axis=0)
    turn = turn_of(np.zeros((spec.num_frames, 2)) if spec.face is None else spec.face.gaze_pyr_deg)
    sight = turn @ [0.0, 0.0, 1.0]
    if spec.face is not None:
        for name, delta in zip(SHAPES, shape_deltas(spec.head_id), strict=True):
            column = spec.face.coefficients[:, spec.face.shape_names.index(name)]
            points = points + column[:, None, None] * delta
    pupils = EYE_CENTERS_M + EYE_RADIUS_M * sight[:, None]
    for eye in range(2):
        for k in range(4):
            points[:, 68 + 4 * eye + k] = EYE_CENTERS_M[eye] + turn @ [0.001 * k, 0.0, 0.010]
    return points, pupils


def make_spec(
    head_id: str = "h1", track_id: str = "t1", num_frames: int = 5, size: tuple[int, int] = (48, 64)
) -> SequenceSpec:
    """A nodding, turning head half a metre away."""
    sequence_id = f"{head_id}__{track_id}"
    rng = generator(1, sequence_id, "pose")
    height, width = size
    t = np.arange(num_frames) / 30.0
    amplitude, phase = rng.uniform(10, 30, 3), rng.uniform(0, 6, 3)
    euler = amplitude * np.sin(2 * t[:, None] + phase)
    R = rotation_from_euler_pyr(euler)
    return SequenceSpec(
        sequence_id=sequence_id,
        head_id=head_id,
        track_id=track_id,
        seed=derive_seed(1, sequence_id),
        fps=30.0,
        camera=Camera(width_px=width, height_px=height, focal_px=1.6 * height, center_px=(width / 2, height / 2)),
        lighting=Lighting(
            ambient_rgb=(0.3, 0.3, 0.3),
            directional=(DirectionalLight(direction_cam=(0.0, -1.0, 0.0), intensity_rgb=(0.7, 0.6, 0.5)),),
        ),
        background=BackgroundSpec(
            kind="procedural", background_id="gradient", path=None, parameters={"seed": 3, "exposure": 0.5}
        ),
        time_s=0.25 + t,
        R_cam_head=R,
        t_cam_head_m=np.array([0.01, 0.0, 0.5]) + 0.02 * np.sin(t[:, None] + phase),
        raw_R_cam_head=rotation_from_euler_pyr(euler + 0.3),
    )


def make_record(
    spec: SequenceSpec, *, image_format: str = "jpeg", depth: bool = False, landmarks: bool = True, face: bool = False
):
    """Frames and labels of `spec`, as render and labels would hand them over; `face`: of a head that can move."""
    coverage, depth_m = _draw(spec)
    rng = generator(1, spec.sequence_id, "pixels")
    shade = rng.integers(0, 255, (spec.num_frames, 1, 1, 3)) // 2
    rgb = (shade + coverage[..., None] // 2).astype(np.uint8)
    labels = make_labels(spec, coverage, depth_m, face=face)
    if not landmarks:
        nothing = {
            name: np.full_like(getattr(labels, name), np.nan)
            for name in ("landmarks_68_px", "landmarks_68_cam_m", "bbox_face_xyxy_px")
        }
        labels = replace(labels, **nothing, landmarks_68_visibility=np.zeros((spec.num_frames, 68), np.uint8))
    return SequenceRecord(
        spec=spec,
        labels=labels,
        images=[encode_rgb(frame, image_format=image_format) for frame in rgb],
        masks=[encode_mask(frame) for frame in coverage],
        image_format=image_format,
        depth=quantise_depth(depth_m) if depth else None,
        eye_centers_m=EYE_CENTERS_M if face else None,
    )


def _face_labels(spec: SequenceSpec) -> dict:
    motion = spec.face
    points, pupils = face_points(spec)
    t = spec.t_cam_head_m[:, None]
    cam, pupils_cam = (p @ np.swapaxes(spec.R_cam_head, 1, 2) + t for p in (points, pupils))
    gaze = np.zeros((spec.num_frames, 2)) if motion is None else motion.gaze_pyr_deg
    sight = (spec.R_cam_head @ sight_of(gaze)[..., None])[..., 0]
    known = [] if motion is None else [motion.shape_names.index(name) for name in SHAPES]
    return {
        "expression_names": None if motion is None else SHAPES,
        "expression_coefficients": None if motion is None else motion.coefficients[:, known],
        "gaze_pyr_deg": gaze,
        "gaze_direction_cam": np.stack([sight, sight], axis=1),
        "pupils_cam_m": pupils_cam,
        "pupils_px": project_points(spec.camera.K, pupils_cam),
        "landmarks_104_cam_m": cam,
        "landmarks_104_px": project_points(spec.camera.K, cam),
    }


def make_labels(spec: SequenceSpec, coverage: np.ndarray, depth_m: np.ndarray, *, face: bool = False) -> FrameLabels:
    """Labels by the plain definitions of core.labels, one frame and point at a time."""
    more = _face_labels(spec) if face else {}
    if face:
        cam = more["landmarks_104_cam_m"]
    else:
        cam = transform_points(spec.R_cam_head, spec.t_cam_head_m, head_points(spec.head_id))
    px = project_points(spec.camera.K, cam)
    height, width = coverage.shape[1:]
    visibility = np.full(px.shape[:2], OUTSIDE, np.uint8)
    boxes = np.full((spec.num_frames, 4), np.nan)
    for i in range(spec.num_frames):
        for j, (x, y) in enumerate(px[i]):
            if 0 <= x < width and 0 <= y < height:
                near = depth_m[i, int(y), int(x)] < cam[i, j, 2] - 0.005
                visibility[i, j] = OCCLUDED if near else VISIBLE
        rows, columns = np.nonzero(coverage[i] >= 128)
        if rows.size:
            boxes[i] = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    if face:
        more["landmarks_104_visibility"] = visibility
    cam, px, visibility = (values[:, :68] for values in (cam, px, visibility))
    return FrameLabels(
        **more,
        landmarks_68_px=px,
        landmarks_68_cam_m=cam,
        landmarks_68_visibility=visibility,
        bbox_face_xyxy_px=np.concatenate([px.min(axis=1), px.max(axis=1)], axis=1),
        bbox_head_xyxy_px=boxes,
    )


def make_dataset(
    folder: Path,
    *,
    shards: tuple[tuple[SequenceRecord, ...], ...] | None = None,
    file_attributes: dict[str, str | int] | None = None,
) -> Manifest:
    """Two shards, two heads, two tracks; or the records given."""
    if shards is None:
        shards = (
            (make_record(make_spec("h1", "t1")), make_record(make_spec("h2", "t1"))),
            (make_record(make_spec("h1", "t2"), image_format="png", depth=True), make_record(make_spec("h2", "t2"))),
        )
    config = {"name": "test", "sequences": sum(map(len, shards))}
    attributes = file_attributes or {**FILE_ATTRIBUTES, "config_sha256": content_sha256(config)}
    (folder / "shards").mkdir(parents=True)
    done = []
    for index, records in enumerate(shards):
        with ShardWriter(folder / "shards" / f"{index:05d}.h5", file_attributes=attributes) as writer:
            for record in records:
                writer.append(record)
            done.append(writer.commit())
    specs = [record.spec for records in shards for record in records]
    manifest = Manifest(
        config=config,
        config_sha256=content_sha256(config),
        shards=tuple(done),
        inputs={
            "heads": tuple(_input(name) for name in sorted({spec.head_id for spec in specs})),
            "tracks": tuple(_input(name) for name in sorted({spec.track_id for spec in specs})),
            "backgrounds": (_input("gradient"),),
        },
        splits={"train": tuple(spec.sequence_id for spec in specs)},
        failures=(),
        renderer={"engine": "test"},
        throughput={"render": {"frames_per_s": 10.0}},
        created_utc="2026-01-01T00:00:00Z",
        versions={"python": "3"},
        synhead_version="0.1.0",
    )
    write_manifest(folder, manifest)
    return manifest


def _input(name: str) -> InputEntry:
    return InputEntry(id=name, sha256=content_sha256(name), licence="CC0-1.0", source="invented")


def _draw(spec: SequenceSpec) -> tuple[np.ndarray, np.ndarray]:
    """Coverage [T, H, W] and depth [T, H, W] of the ellipsoid, by intersecting the ray of every pixel centre."""
    height, width = spec.camera.height_px, spec.camera.width_px
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(spec.camera.K).T
    coverage = np.zeros((spec.num_frames, height, width), np.uint8)
    depth = np.full(coverage.shape, np.inf)
    for i in range(spec.num_frames):
        R, t = spec.R_cam_head[i], spec.t_cam_head_m[i]
        origin = (R.T @ -t - CENTER_M) / RADII_M
        direction = rays @ R / RADII_M
        a, b, c = (direction**2).sum(-1), direction @ origin, origin @ origin - 1
        root = b**2 - a * c
        hit = root > 0
        coverage[i][hit] = 255
        depth[i][hit] = ((-b - np.sqrt(np.maximum(root, 0))) / a)[hit]
    return coverage, depth
