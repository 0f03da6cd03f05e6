"""Randomness as a pure function of (dataset seed, identity, purpose).

Order of work, number of workers, executor and restarts change nothing, because no generator is shared.
"""

import hashlib

import numpy as np


def derive_seed(dataset_seed: int, *identity: str) -> int:
    """A 63-bit seed from the data set's seed and any number of names; 0 is a seed like any other.

    63 bits so that the value fits a signed 64-bit attribute of HDF5 and JSON readers of every language.
    """
    text = "\x1f".join([str(int(dataset_seed)), *identity])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(dataset_seed: int, *identity: str) -> np.random.Generator:
    """A fresh generator (PCG64) for one purpose, such as ``generator(7, "f01__nod", "lights")``."""
    return np.random.Generator(np.random.PCG64(derive_seed(dataset_seed, *identity)))
