"""Settings of every test: floating-point faults raise, and everything random is seeded by its own name."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "synhead", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("synhead")

# Tests see what the code does now; those of the cache give it a folder of their own.
os.environ["SYNHEAD_CACHE_DIR"] = "off"


@pytest.fixture(autouse=True)
def _floating_point_faults_raise():
    # Underflow to zero is harmless and common in exponentials.
    with np.errstate(all="raise", under="ignore"):
        yield
