"""Memory of a worker: how much it took at most, and how it is kept between batches."""

import ctypes
import os
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Names of glibc's malloc.h."""
_LARGEST_HEAP_BLOCK = 1 << 25
_KEPT_BYTES = 1 << 29


def keep_freed_memory() -> bool:
    """Ask glibc to give freed blocks to the next batch, not to the system: fresh pages cost 0.2 ms a frame and more.

    Returns:
        Whether it will. Other C libraries are left as they are; the peak is the same.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_HEAP_BLOCK) and mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))


def peak_memory_bytes() -> int:
    """Peak resident size of this process; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{os.getpid()}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    return 0
