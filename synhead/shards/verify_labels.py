"""The checks of labels against each other; no pixel is decoded here."""

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from synhead.core.camera import project_points
from synhead.core.labels import OCCLUDED, OUTSIDE, VISIBLE
from synhead.core.rotation import geodesic_deg, orthonormality_error, rotation_from_euler_pyr
from synhead.shards.pnp import pose_from_points
from synhead.shards.schema import DATASET_BY_NAME, DEPTH_UNIT_M
from synhead.shards.verify_face import check_face, shape_names_of
from synhead.shards.verify_head import HeadShape, spans_space
from synhead.shards.verify_report import Findings

_BORDER_PX = 1e-3  # float32 may carry a point over the border of the image by less than this.

_FARTHEST_DEPTH_M = 65535 * DEPTH_UNIT_M - 0.05  # Stored depth ends there.

Values = dict[str, np.ndarray]


def check_labels(values: Values, attributes: dict[str, Any], head_shape: HeadShape | None, findings: Findings) -> None:
    """All checks of one sequence that need labels only.

    Args:
        values: datasets by name, of the right shapes.
        attributes: of the sequence.
        head_shape: the head's 68 points as its sequences agree on them; None for a head without landmarks.
    """
    has_landmarks = int(attributes["num_landmarks"]) > 0
    if not _check_finite(values, has_landmarks, findings):
        return
    time = values["time_s"]
    findings.measure("time", np.abs(time - time[0] - np.arange(len(time)) / float(attributes["fps"])))
    is_rotation = _check_rotation(values, findings)
    if is_rotation:
        findings.measure(
            "euler",
            geodesic_deg(rotation_from_euler_pyr(values["euler_pyr_deg"].astype(np.float64)), values["R_cam_head"]),
        )
    _check_visibility(values, attributes, has_landmarks, findings)
    if is_rotation:
        check_face(values, attributes, findings)
    if has_landmarks and head_shape is not None and is_rotation:
        _check_projection(values, attributes, findings)
        _check_pose(values, attributes, head_shape, findings)


def head_points_of(values: Values) -> Float[np.ndarray, "num_frames num_points 3"]:
    """R^T (x_cam - t): landmarks in the head frame, metres, as each frame has them."""
    return (values["landmarks_68_cam_m"].astype(np.float64) - values["t_cam_head_m"][:, None]) @ values["R_cam_head"]


def check_head_frame(head_points_m: Float[np.ndarray, "68 3"], findings: Findings, head_id: str) -> None:
    """Whether the points of a head sit in the head frame the right way round, in metres."""
    right_eye, left_eye, chin, nose = head_points_m[[36, 45, 8, 30]]
    jaw_corners = head_points_m[[0, 16]].mean(axis=0)
    eyes = (right_eye + left_eye) / 2
    width = float(np.linalg.norm(left_eye - right_eye))
    problems = {
        "the subject's left eye (45) is not at larger x than the right one (36): left and right are swapped": (
            left_eye[0] <= right_eye[0]
        ),
        "the chin (8) is not below the eyes": chin[1] >= eyes[1],
        "the nose tip (30) is not in front of the jaw corners (0, 16)": nose[2] <= jaw_corners[2],
        f"the outer eye corners are {width:.3g} m apart; 0.04 to 0.25 is a head in metres": not 0.04 <= width <= 0.25,
    }
    for problem, found in problems.items():
        if found:
            findings.add("head_frame", f"head {head_id}: {problem}")


def _check_finite(values: Values, has_landmarks: bool, findings: Findings) -> bool:
    """False where the poses themselves have holes, so that no other check makes sense."""
    for name, value in values.items():
        rule = DATASET_BY_NAME[name].nan
        if value.dtype.kind != "f":
            continue
        rows = value.reshape(len(value), -1)
        bad = ~np.isfinite(rows)
        if rule == "no landmarks" and not has_landmarks:
            findings.flag("finite", _somewhere(~np.isnan(rows)), f"{name} has numbers in a head without landmarks")
            continue
        if rule == "no head pixel":
            bad &= ~np.isnan(rows).all(axis=1, keepdims=True)
        findings.flag("finite", _somewhere(bad), f"{name} is not finite")
    return not any(item.check == "finite" for item in findings.items)


def _check_rotation(values: Values, findings: Findings) -> bool:
    before = len(findings.items)
    for name in ("R_cam_head", "raw/R_cam_head"):
        matrix = values[name]
        # A matrix of huge numbers is just as wrong as one that is slightly off.
        with np.errstate(all="ignore"):
            error = orthonormality_error(matrix)
            mirrored = np.linalg.det(matrix) <= 0
        findings.measure("rotation", error)
        findings.flag("rotation", mirrored, f"{name} has a negative determinant (a mirror image)")
    return len(findings.items) == before


def _check_visibility(values: Values, attributes: dict[str, Any], has_landmarks: bool, findings: Findings) -> None:
    visibility = values["landmarks_68_visibility"]
    findings.flag("visibility", _somewhere(visibility > VISIBLE), "a value is not 0, 1 or 2")
    if not has_landmarks:
        findings.flag("visibility", _somewhere(visibility != OUTSIDE), "is not 0 in a head without landmarks")
        return
    height, width = (int(n) for n in attributes["size_px"])
    px = values["landmarks_68_px"]
    margin = np.minimum(px, np.array([width, height]) - px).min(axis=-1)
    findings.flag(
        "visibility",
        _somewhere((visibility == OUTSIDE) & (margin > _BORDER_PX)),
        "a landmark inside the image is marked as outside (0)",
    )
    findings.flag(
        "visibility",
        _somewhere((visibility != OUTSIDE) & (margin < -_BORDER_PX)),
        "a landmark outside the image is marked as inside (1 or 2)",
    )


def _check_projection(values: Values, attributes: dict[str, Any], findings: Findings) -> None:
    px = values["landmarks_68_px"].astype(np.float64)
    projected = project_points(np.asarray(attributes["K"], np.float64), values["landmarks_68_cam_m"].astype(np.float64))
    findings.measure("projection", np.abs(projected - px).max(axis=(1, 2)))
    box = np.concatenate([px.min(axis=1), px.max(axis=1)], axis=1)
    findings.measure("face_box", np.abs(values["bbox_face_xyxy_px"] - box).max(axis=1))


def _check_pose(values: Values, attributes: dict[str, Any], head_shape: HeadShape, findings: Findings) -> None:
    num_frames = len(values["t_cam_head_m"])
    coefficients = values.get("expression/coefficients", np.zeros((num_frames, 0), np.float32))
    expected = head_shape.points_m(shape_names_of(attributes)[: coefficients.shape[1]], coefficients)
    known = head_shape.is_known
    if not known.any():
        return
    findings.measure("head_points", np.abs(head_points_of(values) - expected)[:, known].max(axis=(1, 2)))
    if not spans_space(head_shape.rest_m[known]):
        return
    R, t = pose_from_points(
        expected[:, known],
        values["landmarks_68_px"][:, known].astype(np.float64),
        np.asarray(attributes["K"], np.float64),
    )
    with np.errstate(invalid="ignore"):
        findings.measure("pnp_rotation", geodesic_deg(R, values["R_cam_head"]))
    findings.measure("pnp_translation", np.linalg.norm(t - values["t_cam_head_m"], axis=1))


def _somewhere(bad: np.ndarray) -> np.ndarray:
    """[T]: whether anything is True in a frame."""
    return np.asarray(bad.reshape(len(bad), -1).any(axis=1))


def around(px: Float[np.ndarray, "num_points 2"], plane: np.ndarray) -> np.ndarray:
    """[num_points, 25] values of an image [H, W] in the 5 x 5 pixels around each point, the border repeated."""
    dy, dx = (offset.ravel() for offset in np.mgrid[-2:3, -2:3])
    height, width = plane.shape
    columns = np.clip(np.floor(px[:, :1]).astype(int) + dx, 0, width - 1)
    rows = np.clip(np.floor(px[:, 1:]).astype(int) + dy, 0, height - 1)
    return plane[rows, columns]


def depth_contradictions(
    px: Float[np.ndarray, "68 2"],
    z_m: Float[np.ndarray, " 68"],
    visibility: UInt8[np.ndarray, " 68"],
    depth_m: Float[np.ndarray, "height width"],
    *,
    margin_m: float,
) -> int:
    """Landmarks of one frame whose visibility the depth around them (5 x 5 pixels) contradicts.

    Visible ones that are everywhere more than `margin_m` behind the surface, and occluded ones in front of which
    there is nothing at all.
    """
    near = around(px, depth_m)
    hidden = (visibility == VISIBLE) & (near < z_m[:, None] - margin_m).all(axis=1)
    uncovered = (visibility == OCCLUDED) & (near >= z_m[:, None]).all(axis=1)
    return int(((hidden | uncovered) & (z_m < _FARTHEST_DEPTH_M)).sum())
