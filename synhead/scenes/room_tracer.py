"""Light in rooms made of boxes and balls: what a camera sees, lit by windows and lamps with soft shadows.

Small on purpose: rooms of a hundred pieces at half a megapixel in seconds of numpy, for pictures that a lens then
throws out of focus.

One sample of direct light per lamp part, one bounce (Kajiya 1986, "The rendering equation", cut off after the second
term and closed by a constant), and a filter that averages neighbours on the same surface.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from synhead.scenes.room import SHINE, BallLight, Piece, RectLight, Room, Vector

_FAR = np.float32(1e6)
_FLOOR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """Light [H, W, 3] and distance along the line of sight [H, W] in metres."""

    light: Float[np.ndarray, "height width 3"]
    depth_m: Float[np.ndarray, "height width"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rays:
    origin: Float32[np.ndarray, "3 num_rays"]
    direction: Float32[np.ndarray, "3 num_rays"]

    def at(self, distance: np.ndarray) -> np.ndarray:
        return self.origin + self.direction * distance


def trace_room(
    room: Room,
    rng: np.random.Generator,
    *,
    height: int,
    width: int,
    eye: Vector,
    yaw_rad: float,
    pitch_rad: float,
    vertical_fov_rad: float,
) -> Traced:
    """What a pinhole camera sees, sharp, in linear light; a pure function of the room, the generator and the camera."""
    # Grazing rays divide by nearly nothing; the comparisons that follow sort the infinities out.
    with np.errstate(all="ignore"):
        rays = _camera_rays(height, width, eye, yaw_rad, pitch_rad, vertical_fov_rad)
        distance, index = _nearest(room, room.pieces, rays)
        points = rays.at(distance)
        albedo, normals, emission = _surface(room, points, index)
        irradiance = _direct(room, points, normals, rng) + _bounce(room, points, normals, rng)
        irradiance = _smoothed(irradiance, points, normals, index, height, width)
        light = albedo * (irradiance + emission)
    return Traced(
        light=light.T.reshape(height, width, 3).astype(np.float64),
        depth_m=distance.reshape(height, width).astype(np.float64),
    )


def _camera_rays(height: int, width: int, eye: Vector, yaw: float, pitch: float, fov: float) -> _Rays:
    scale = np.tan(fov / 2) * 2 / height
    x = ((np.arange(width) + 0.5) - width / 2) * scale
    y = (height / 2 - (np.arange(height) + 0.5)) * scale
    dx, dy = np.broadcast_to(x, (height, width)).ravel(), np.broadcast_to(y[:, None], (height, width)).ravel()
    # Unit depth, not unit length: distances are then depths along the line of sight.
    up, ahead = dy * np.cos(pitch) + np.sin(pitch), np.cos(pitch) - dy * np.sin(pitch)
    direction = np.stack([dx * np.cos(yaw) + ahead * np.sin(yaw), up, ahead * np.cos(yaw) - dx * np.sin(yaw)])
    origin = np.broadcast_to(np.array(eye)[:, None], direction.shape)
    return _Rays(origin=origin.astype(np.float32), direction=direction.astype(np.float32))


def _into(piece: Piece, vectors: np.ndarray) -> np.ndarray:
    """Turned into the piece's axes."""
    if piece.turn_rad == 0:
        return vectors
    c, s = np.float32(np.cos(piece.turn_rad)), np.float32(np.sin(piece.turn_rad))
    return np.stack([c * vectors[0] - s * vectors[2], vectors[1], s * vectors[0] + c * vectors[2]])


def _out_of(piece: Piece, vectors: np.ndarray) -> np.ndarray:
    c, s = np.float32(np.cos(piece.turn_rad)), np.float32(np.sin(piece.turn_rad))
    return np.stack([c * vectors[0] + s * vectors[2], vectors[1], c * vectors[2] - s * vectors[0]])


def _hit(piece: Piece, rays: _Rays) -> Float32[np.ndarray, " num_rays"]:
    """Distance to a piece; _FAR where it is missed."""
    origin = _into(piece, rays.origin - np.array(piece.center, np.float32)[:, None])
    direction = _into(piece, rays.direction)
    half = np.array(piece.half, np.float32)[:, None]
    if piece.is_ball:
        o, d = origin / half, direction / half
        a, b, c = (d * d).sum(axis=0), (o * d).sum(axis=0), (o * o).sum(axis=0) - 1
        root = b * b - a * c
        distance = (-b - np.sqrt(np.maximum(root, 0))) / a
        return np.where((root > 0) & (distance > 1e-4), distance, _FAR)
    inverse = 1 / np.where(direction == 0, np.float32(1e-9), direction)
    middle, reach = -origin * inverse, half * np.abs(inverse)
    near, far = (middle - reach).max(axis=0), (middle + reach).min(axis=0)
    return np.where((near < far) & (near > 1e-4), near, _FAR)


def _nearest(room: Room, pieces: list[Piece], rays: _Rays) -> tuple[np.ndarray, np.ndarray]:
    """(distance, index): index of the piece, or -1 - side of the room."""
    inverse = 1 / np.where(rays.direction == 0, np.float32(1e-9), rays.direction)
    low, high = np.array(room.low, np.float32)[:, None], np.array(room.high, np.float32)[:, None]
    ends = (np.where(inverse > 0, high, low) - rays.origin) * inverse
    axis = ends.argmin(axis=0)
    distance = np.take_along_axis(ends, axis[None], axis=0)[0]
    positive = np.take_along_axis(inverse, axis[None], axis=0)[0] > 0
    index = -1 - (2 * axis + positive)
    for number, piece in enumerate(pieces):
        hit = _hit(piece, rays)
        nearer = hit < distance
        distance = np.where(nearer, hit, distance)
        index[nearer] = number
    return distance, index


def _surface(
    room: Room, points: np.ndarray, index: Int[np.ndarray, " num_rays"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Albedo, normal and emission [3, N] where rays ended."""
    albedo, normals, emission = (np.zeros(points.shape, np.float32) for _ in range(3))
    for number in np.unique(index):
        there = index == number
        local = points[:, there]
        if number < 0:
            side = -1 - int(number)
            normal = np.zeros((3, local.shape[1]), np.float32)
            normal[side // 2] = -1 if side % 2 else 1
            albedo[:, there], normals[:, there] = room.sides[side](local.T, normal.T).T, normal
            emission[:, there] = SHINE if room.open_sky and side != _FLOOR else 0
            continue
        piece = room.pieces[int(number)]
        own = _into(piece, local - np.array(piece.center, np.float32)[:, None])
        scaled = own / np.array(piece.half, np.float32)[:, None]
        if piece.is_ball:
            normal = scaled / np.array(piece.half, np.float32)[:, None]
            normal = normal / np.linalg.norm(normal, axis=0)
        else:
            axis = np.abs(scaled).argmax(axis=0)
            normal = np.zeros_like(own)
            np.put_along_axis(normal, axis[None], np.sign(np.take_along_axis(scaled, axis[None], axis=0)), axis=0)
        color = piece.color(own.T, normal.T).T if callable(piece.color) else np.asarray(piece.color)[:, None]
        albedo[:, there], normals[:, there] = color, _out_of(piece, normal)
        emission[:, there] = piece.emission
    return albedo, normals, emission


def _blocked(room: Room, rays: _Rays) -> Bool[np.ndarray, " num_rays"]:
    """Whether something that casts shadows lies between 0 and 1 along the rays."""
    out = np.zeros(rays.origin.shape[1], bool)
    for piece in room.pieces:
        if piece.casts:
            out |= _hit(piece, rays) < 0.999
    return out


def _direct(room: Room, points: np.ndarray, normals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(points.shape, np.float32)
    start = points + normals * np.float32(2e-3)
    count = points.shape[1]
    for light in room.rects:
        for u in (-0.5, 0.5):
            for v in (-0.5, 0.5):
                place = rng.random((2, count), np.float32) - np.float32(0.5) + np.array([[u], [v]], np.float32)
                target = (
                    np.array(light.center, np.float32)[:, None]
                    + np.array(light.u_half, np.float32)[:, None] * place[0]
                    + np.array(light.v_half, np.float32)[:, None] * place[1]
                )
                total += _from_rect(room, light, start, normals, target, shadows=True) / 4
    for lamp in room.balls:
        for _ in range(2):
            jitter = rng.standard_normal((3, count), np.float32) * np.float32(lamp.radius * 0.5)
            total += _from_ball(room, lamp, start, normals, jitter, shadows=True) / 2
    return total


def _from_rect(
    room: Room, light: RectLight, start: np.ndarray, normals: np.ndarray, target: np.ndarray, *, shadows: bool
) -> np.ndarray:
    """Radiance that a white matt surface returns."""
    way = target - start
    squared = (way * way).sum(axis=0)
    area = 4 * np.linalg.norm(np.cross(light.u_half, light.v_half))
    facing = np.maximum((way * normals).sum(axis=0), 0)
    leaving = np.maximum(-(way * np.array(light.normal, np.float32)[:, None]).sum(axis=0), 0)
    share = facing * leaving / (squared * squared + np.float32(0.02)) * np.float32(area / np.pi)
    if shadows:
        share *= ~_blocked(room, _Rays(origin=start, direction=way))
    return share * light.radiance.astype(np.float32)[:, None]


def _from_ball(
    room: Room, lamp: BallLight, start: np.ndarray, normals: np.ndarray, jitter: np.ndarray, *, shadows: bool
) -> np.ndarray:
    way = np.array(lamp.center, np.float32)[:, None] + jitter - start
    squared = (way * way).sum(axis=0)
    facing = np.maximum((way * normals).sum(axis=0), 0)
    share = facing * np.float32(lamp.radius**2) / (squared * np.sqrt(squared) + np.float32(0.01))
    if shadows:
        share *= ~_blocked(room, _Rays(origin=start, direction=way))
    return share * lamp.radiance.astype(np.float32)[:, None]


def _bounce(
    room: Room, points: np.ndarray, normals: np.ndarray, rng: np.random.Generator, samples: int = 3
) -> np.ndarray:
    """What surfaces send to surfaces: where a ray of a cosine-weighted hemisphere ends, lit without shadows."""
    casting = [piece for piece in room.pieces if piece.casts]
    hull = replace(room, pieces=casting)
    total = np.zeros(points.shape, np.float32)
    start = points + normals * np.float32(2e-3)
    for _ in range(samples):
        way = rng.standard_normal(points.shape, np.float32)
        way = normals + way / np.linalg.norm(way, axis=0) * np.float32(0.999)
        rays = _Rays(origin=start, direction=way / np.linalg.norm(way, axis=0))
        distance, index = _nearest(hull, casting, rays)
        there = rays.at(distance)
        albedo, facing, emission = _surface(hull, there, index)
        light = np.broadcast_to(room.ambient.astype(np.float32)[:, None], there.shape).copy()
        for rect in room.rects:
            middle = np.array(rect.center, np.float32)[:, None]
            light += _from_rect(room, rect, there, facing, middle, shadows=False) * np.float32(0.7)
        for lamp in room.balls:
            light += _from_ball(room, lamp, there, facing, np.zeros((3, 1), np.float32), shadows=False)
        # Indoors all that shines is sampled already; the sky is not.
        total += albedo * (light + emission if room.open_sky else light)
    return total / samples


def _smoothed(
    irradiance: np.ndarray, points: np.ndarray, normals: np.ndarray, index: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Mean over near pixels of the same surface: takes the noise of single rays away, keeps edges."""
    for step in (1, 2, 4):
        light, place, normal = (a.reshape(3, height, width) for a in (irradiance, points, normals))
        near = np.abs(place[2]) * np.float32(0.02 * step) + np.float32(0.02)
        total, weight = light.copy(), np.ones((height, width), np.float32)
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                if dy == dx == 0:
                    continue
                other = (slice(None), *_shifted(dy, dx, height, width))
                here = (slice(None), *_shifted(-dy, -dx, height, width))
                same = (normal[here] * normal[other]).sum(axis=0) > 0.95
                apart = np.abs(((place[other] - place[here]) * normal[here]).sum(axis=0))
                share = (same & (apart < near[here[1:]])).astype(np.float32)
                total[here] += light[other] * share
                weight[here[1:]] += share
        irradiance = (total / weight).reshape(3, -1)
    return irradiance


def _shifted(dy: int, dx: int, height: int, width: int) -> tuple[slice, slice]:
    return slice(max(dy, 0), height + min(dy, 0)), slice(max(dx, 0), width + min(dx, 0))
