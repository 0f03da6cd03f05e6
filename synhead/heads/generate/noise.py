"""Smooth value noise on an integer lattice: the same numbers on every machine, because the lattice is hashed."""

import numpy as np
from jaxtyping import Float, UInt32

_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)


def _scramble(value: UInt32[np.ndarray, "*n"]) -> UInt32[np.ndarray, "*n"]:
    """Mix 32-bit values in place (finaliser of MurmurHash3); products wrap, as meant."""
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value


def value_noise(points: Float[np.ndarray, "n d"], seed: int) -> Float[np.ndarray, " n"]:
    """Noise in [-1, 1] that changes over one unit of the coordinates; d is 1, 2 or 3."""
    num, dims = points.shape
    floor = np.floor(points)
    fraction = points - floor
    weight = fraction * fraction * (3 - 2 * fraction)
    cell = floor.astype(np.int64)
    hashed = []
    for axis in range(dims):
        both = np.stack([cell[:, axis], cell[:, axis] + 1]) & 0xFFFFFFFF
        hashed.append(_scramble((both * _PRIMES[axis] + axis + 7 * seed & 0xFFFFFFFF).astype(np.uint32)))
    out = np.zeros(num)
    for corner in range(2**dims):
        upper = [corner >> axis & 1 for axis in range(dims)]
        mixed = hashed[0][upper[0]].copy()
        share = weight[:, 0] if upper[0] else 1 - weight[:, 0]
        for axis in range(1, dims):
            mixed += hashed[axis][upper[axis]]
            share = share * (weight[:, axis] if upper[axis] else 1 - weight[:, axis])
        out += share * _scramble(mixed)
    return out / 2**31 - 1


def fractal_noise(points: Float[np.ndarray, "n d"], seed: int, octaves: int) -> Float[np.ndarray, " n"]:
    """Octaves of value noise, each twice as fine and half as strong; roughly within [-1, 1]."""
    out = np.zeros(len(points))
    for octave in range(octaves):
        out += value_noise(points * 2.0**octave, seed + 101 * octave) / 2.0**octave
    return out / (2 - 2.0 ** (1 - octaves))
