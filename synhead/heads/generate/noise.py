"""Smooth value noise on an integer lattice: the same numbers on every machine, because the lattice is hashed."""

import numpy as np
from jaxtyping import Float, UInt64

_PRIMES = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], dtype=np.uint64)
_MASK = np.uint64(0xFFFFFFFF)


def _hash(lattice: UInt64[np.ndarray, "*n"]) -> UInt64[np.ndarray, "*n"]:
    """Scramble 32-bit values (finaliser of MurmurHash3)."""
    value = lattice & _MASK
    value = ((value ^ (value >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & _MASK
    value = ((value ^ (value >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & _MASK
    return value ^ (value >> np.uint64(16))


def value_noise(points: Float[np.ndarray, "n d"], seed: int) -> Float[np.ndarray, " n"]:
    """Noise in [-1, 1] that changes over one unit of the coordinates; d is 1, 2 or 3."""
    num, dims = points.shape
    floor = np.floor(points)
    fraction = points - floor
    weight = fraction * fraction * (3 - 2 * fraction)
    cell = floor.astype(np.int64)
    out = np.zeros(num)
    salt = _hash(np.array([seed], dtype=np.uint64))[0]
    for corner in range(2**dims):
        mixed = np.full(num, salt, dtype=np.uint64)
        share = np.ones(num)
        for axis in range(dims):
            upper = corner >> axis & 1
            coordinate = (cell[:, axis] + upper).astype(np.uint64) & _MASK
            mixed = _hash(mixed ^ ((coordinate * _PRIMES[axis]) & _MASK))
            share = share * (weight[:, axis] if upper else 1 - weight[:, axis])
        out += share * (mixed.astype(np.float64) / 2**31 - 1)
    return out


def fractal_noise(points: Float[np.ndarray, "n d"], seed: int, octaves: int) -> Float[np.ndarray, " n"]:
    """Octaves of value noise, each twice as fine and half as strong; roughly within [-1, 1]."""
    out = np.zeros(len(points))
    for octave in range(octaves):
        out += value_noise(points * 2.0**octave, seed + 101 * octave) / 2.0**octave
    return out / (2 - 2.0 ** (1 - octaves))
