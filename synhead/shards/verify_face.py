"""The checks of expression, gaze, pupils and the 104 points: each against something else than what it was made from."""

import json
from typing import Any

import numpy as np

from synhead.core.camera import project_points
from synhead.shards.verify_report import Findings

Values = dict[str, np.ndarray]

_TOGETHER = (
    ("gaze/pyr_deg", "gaze/direction_cam"),
    ("pupils_px", "pupils_cam_m"),
    ("landmarks_104_px", "landmarks_104_cam_m", "landmarks_104_visibility"),
)


def check_face(values: Values, attributes: dict[str, Any], findings: Findings) -> None:
    """All checks of the optional labels of a moving face; nothing is asked of a data set without them."""
    for names in _TOGETHER:
        present = [name for name in names if name in values]
        if present and len(present) < len(names):
            findings.add("schema", f"{present[0]} is there without {(set(names) - set(present)).pop()}")
            return
    _check_expression(values, attributes, findings)
    if "gaze/pyr_deg" in values:
        _check_gaze(values, findings)
    if "pupils_px" in values:
        _check_pupils(values, attributes, findings)
    if "landmarks_104_px" in values:
        _check_104(values, attributes, findings)


def shape_names_of(attributes: dict[str, Any]) -> tuple[str, ...]:
    """Names of the columns of expression/coefficients; empty where the face rests, or they are no list of names."""
    try:
        names = json.loads(attributes.get("expression_names", "[]"))
    except json.JSONDecodeError:
        return ()
    return tuple(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else ()


def _check_expression(values: Values, attributes: dict[str, Any], findings: Findings) -> None:
    coefficients = values.get("expression/coefficients")
    names = shape_names_of(attributes)
    if coefficients is None:
        if "expression_names" in attributes:
            findings.add("expression", "expression_names are there without expression/coefficients")
        return
    if len(names) != coefficients.shape[1] or len(set(names)) != len(names):
        findings.add(
            "expression", f"expression_names has {len(names)} names for {coefficients.shape[1]} columns, or one twice"
        )
    outside = np.maximum(-coefficients, coefficients - 1).max(axis=1, initial=0.0)
    findings.measure("expression", outside.astype(np.float64))


def _check_gaze(values: Values, findings: Findings) -> None:
    direction = values["gaze/direction_cam"].astype(np.float64)
    length = np.linalg.norm(direction, axis=-1)
    findings.measure("gaze_length", np.abs(length - 1).max(axis=1))
    # Back into the head: left is +x, up +y, front +z; looking up turns about x, looking right about y.
    x, y, z = np.moveaxis(direction @ values["R_cam_head"], -1, 0)
    pitch, yaw = np.degrees(np.arctan2(y, z)), np.degrees(np.arctan2(-x, np.hypot(y, z)))
    stated = values["gaze/pyr_deg"].astype(np.float64)[:, None]
    error = np.abs(np.stack([pitch, yaw], axis=-1) - stated)
    findings.measure("gaze", error.max(axis=(1, 2)))


def _check_pupils(values: Values, attributes: dict[str, Any], findings: Findings) -> None:
    cam = values["pupils_cam_m"].astype(np.float64)
    projected = project_points(np.asarray(attributes["K"], np.float64), cam)
    findings.measure("projection", np.abs(projected - values["pupils_px"]).max(axis=(1, 2)))
    if "eye_centers_m" not in attributes or "gaze/direction_cam" not in values:
        return
    centers = values["R_cam_head"] @ np.asarray(attributes["eye_centers_m"], np.float64).T
    offset = cam - np.swapaxes(centers, 1, 2) - values["t_cam_head_m"][:, None]
    radius = np.linalg.norm(offset, axis=-1)
    findings.measure("pupils", np.abs(radius - np.median(radius, axis=0)).max(axis=1))
    # The part of the offset along the line of sight is the same however the eye turns.
    along = (offset * values["gaze/direction_cam"]).sum(axis=-1)
    findings.measure("pupils", np.abs(along - np.median(along, axis=0)).max(axis=1))
    findings.flag("pupils", (along < 0.7 * radius).any(axis=1), "a pupil is not on the side that the eye looks to")


def _check_104(values: Values, attributes: dict[str, Any], findings: Findings) -> None:
    for name in ("px", "cam_m", "visibility"):
        first, same = values[f"landmarks_104_{name}"][:, :68], values[f"landmarks_68_{name}"]
        differs = np.asarray((first != same).reshape(len(same), -1).any(axis=1))
        findings.flag("landmarks_104", differs, f"the first 68 of landmarks_104_{name} are not landmarks_68_{name}")
    projected = project_points(
        np.asarray(attributes["K"], np.float64), values["landmarks_104_cam_m"].astype(np.float64)
    )
    findings.measure("projection", np.abs(projected - values["landmarks_104_px"]).max(axis=(1, 2)))
    cam = values["landmarks_104_cam_m"].astype(np.float64)
    points = (cam - values["t_cam_head_m"][:, None]) @ values["R_cam_head"]
    design = np.ones((len(points), 1))
    if "expression/coefficients" in values:
        design = np.hstack([design, values["expression/coefficients"].astype(np.float64)])
    riding = points[:, 76:].reshape(len(points), -1)
    fitted = design @ np.linalg.lstsq(design, riding, rcond=1e-9)[0]
    findings.measure("landmarks_104", np.abs(riding - fitted).max(axis=1))
    if "eye_centers_m" in attributes:
        centers = np.asarray(attributes["eye_centers_m"], np.float64)
        radius = np.linalg.norm(points[:, 68:76] - np.repeat(centers, 4, axis=0), axis=-1)
        findings.measure("landmarks_104", np.abs(radius - np.median(radius, axis=0)).max(axis=1))
    height, width = (int(n) for n in attributes["size_px"])
    px, visibility = values["landmarks_104_px"], values["landmarks_104_visibility"]
    margin = np.minimum(px, np.array([width, height]) - px).min(axis=-1)
    wrong = (visibility > 2) | ((visibility == 0) & (margin > 1e-3)) | ((visibility != 0) & (margin < -1e-3))
    findings.flag("visibility", np.asarray(wrong.any(axis=1)), "landmarks_104_visibility is not 0 exactly outside")
