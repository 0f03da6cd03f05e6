"""The watch over the first frame of a worker on a GPU.

Several graphics processes on one data-centre GPU have been seen to hang in the driver: all start, all block in their
first read of pixels, none returns (google-deepmind/mujoco issue 3444, eight processes on one H200). A hung driver call
holds Python's lock, so nothing inside the process can notice; the process that started it watches instead.
"""

import os
from collections.abc import Mapping

from synhead.errors import ConfigError, RendererError

DEFAULT_FIRST_FRAME_S = 120.0
"""Import, context, shaders and a frame take 2 to 10 s; a cold disk or a busy machine several times that."""
VARIABLE = "SYNHEAD_FIRST_FRAME_S"


def first_frame_limit_s(environment: Mapping[str, str] = os.environ) -> float:
    """Seconds until a worker must have drawn, from SYNHEAD_FIRST_FRAME_S where it is set.

    Raises:
        ConfigError: it is no positive number.
    """
    text = environment.get(VARIABLE)
    if text is None:
        return DEFAULT_FIRST_FRAME_S
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not limit > 0:
        raise ConfigError(f"{VARIABLE}={text}: is no number of seconds; write a positive one, such as 120")
    return limit


def no_first_frame(who: str, limit_s: float, gpu: str | None) -> RendererError:
    """The error for a worker that was killed for it."""
    place = "" if gpu is None else f" on GPU {gpu}"
    return RendererError(
        f"renderer gl: {who}{place} drew no first frame within {limit_s:g} s and was killed. The driver hangs: that is "
        "known of several graphics processes on one data-centre GPU (mujoco issue 3444: H200, driver 580), and of "
        "graphics beside CUDA in one process. See that nothing else draws on this GPU (nvidia-smi), try another driver "
        f"or one worker (--workers 1), or use --renderer software; {VARIABLE} sets the limit."
    )
