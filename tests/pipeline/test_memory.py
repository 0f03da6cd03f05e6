"""What a worker asks of the allocator, and what it says of its peak."""

import subprocess
import sys

import numpy as np
import pytest

from synhead.pipeline.memory import peak_memory_bytes

_CHURN = """
import resource
import numpy as np
from synhead.pipeline.memory import keep_freed_memory
if {keep} and not keep_freed_memory():
    print("not glibc")
    raise SystemExit
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        a = np.ones((20, 400, 400), np.uint8)
        b = np.ones((20, 400, 400, 3), np.uint8)
        del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def _faults(keep):
    code = _CHURN.format(keep=keep)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc only")
def test_freed_blocks_are_used_again_without_fresh_pages():
    kept = _faults(True)
    if kept == "not glibc":
        pytest.skip("another C library")
    assert int(kept) < 100


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_peak_covers_what_was_touched():
    before = peak_memory_bytes()
    block = np.ones(before // 8 + 30_000_000)
    assert peak_memory_bytes() > block.nbytes
