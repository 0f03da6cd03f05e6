"""Smooth value noise on an integer lattice: the same numbers on every machine, because the lattice is hashed."""

import numpy as np
from jaxtyping import Float

from synhead.compiled import compiled, dense

_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)


@compiled
def _scrambled(value):
    """A 32-bit value mixed (finaliser of MurmurHash3); products wrap, as meant."""
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value ^= value >> np.uint32(13)
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    return value ^ (value >> np.uint32(16))


@compiled
def _noise(points, salts, out):
    """Mean of the hashed corners of each point's cell, weighted smoothly."""
    num, dims = points.shape
    hashed = np.zeros((3, 2), dtype=np.uint32)
    weight = np.ones((3, 2))
    for k in range(num):
        for axis in range(dims):
            floor = np.floor(points[k, axis])
            fraction = points[k, axis] - floor
            weight[axis, 1] = fraction * fraction * (3 - 2 * fraction)
            weight[axis, 0] = 1 - weight[axis, 1]
            cell = np.int64(floor)
            for upper in range(2):
                mixed = np.uint32((cell + upper) & 0xFFFFFFFF) * np.uint32(_PRIMES[axis])
                hashed[axis, upper] = _scrambled(np.uint32(np.uint32(mixed) + salts[axis]))
        total = 0.0
        for i in range(2 if dims > 2 else 1):
            for j in range(2 if dims > 1 else 1):
                for upper in range(2):
                    # Axes that the points lack have hash 0 and weight 1: they change nothing.
                    mixed = np.uint32(hashed[0, upper] + hashed[1, j] + hashed[2, i])
                    total += weight[0, upper] * weight[1, j] * weight[2, i] * _scrambled(mixed)
        out[k] = total / 2**31 - 1


def value_noise(points: Float[np.ndarray, "n d"], seed: int) -> Float[np.ndarray, " n"]:
    """Noise in [-1, 1] that changes over one unit of the coordinates; d is 1, 2 or 3."""
    salts = np.array([axis + 7 * seed & 0xFFFFFFFF for axis in range(points.shape[1])], dtype=np.uint32)
    out = np.empty(len(points))
    _noise(dense(points), salts, out)
    return out


def fractal_noise(points: Float[np.ndarray, "n d"], seed: int, octaves: int) -> Float[np.ndarray, " n"]:
    """Octaves of value noise, each twice as fine and half as strong; roughly within [-1, 1]."""
    out = np.zeros(len(points))
    for octave in range(octaves):
        out += value_noise(points * 2.0**octave, seed + 101 * octave) / 2.0**octave
    return out / (2 - 2.0 ** (1 - octaves))
