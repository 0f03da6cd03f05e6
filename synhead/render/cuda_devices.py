"""Which EGL device is which CUDA device: EGL counts in an order of its own and does not read CUDA_VISIBLE_DEVICES.

The number comes from the extension EGL_NV_device_cuda (attribute EGL_CUDA_DEVICE_NV, 0x323A). Devices without it, such
as Mesa's on the CPU, are no CUDA devices.
"""

import ctypes
import ctypes.util
import os
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from synhead.errors import RendererError

EGL_CUDA_DEVICE_NV = 0x323A
_MAX_DEVICES = 64


@runtime_checkable
class EglFunctions(Protocol):
    """The two EGL functions that are needed."""

    def num_devices(self) -> int:
        """eglQueryDevicesEXT."""
        ...

    def device_attribute(self, index: int, attribute: int) -> int | None:
        """eglQueryDeviceAttribEXT; None where the device has no such attribute."""
        ...


def egl_device_of_process(environment: Mapping[str, str] = os.environ, egl: EglFunctions | None = None) -> int:
    """The EGL device of the first CUDA device that this process may use; 0 where EGL knows no CUDA device.

    Raises:
        RendererError: CUDA_VISIBLE_DEVICES is not a list of numbers, or names a device that EGL does not offer.
    """
    visible = visible_gpus(environment)
    if visible is not None and not visible:
        # No GPU is allowed: whatever EGL offers that is none.
        known = cuda_numbers(egl)
        return next((index for index, number in enumerate(known) if number is None), 0)
    known = cuda_numbers(egl)
    offered = {number: index for index, number in enumerate(known) if number is not None}
    if not offered:
        return 0
    wanted = min(offered) if visible is None else visible[0]
    if wanted not in offered:
        raise RendererError(
            f"CUDA_VISIBLE_DEVICES={environment.get('CUDA_VISIBLE_DEVICES')}: EGL offers no device for CUDA device "
            f"{wanted}; it offers {', '.join(map(str, sorted(offered)))}. Containers need "
            "NVIDIA_DRIVER_CAPABILITIES=graphics. 'synhead doctor' lists the devices."
        )
    return offered[wanted]


def visible_gpus(environment: Mapping[str, str] = os.environ) -> list[int] | None:
    """CUDA device numbers of CUDA_VISIBLE_DEVICES; None where it is not set. As in CUDA, a -1 ends the list.

    Raises:
        RendererError: it holds something else than numbers.
    """
    text = environment.get("CUDA_VISIBLE_DEVICES")
    if text is None:
        return None
    numbers: list[int] = []
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        if piece == "-1":
            break
        if not piece.isdigit():
            raise RendererError(
                f"CUDA_VISIBLE_DEVICES={text}: '{piece}' is no device number, and EGL cannot look up names; "
                "write numbers, such as 0,1 ('nvidia-smi -L' lists them)."
            )
        numbers.append(int(piece))
    return numbers


def cuda_numbers(egl: EglFunctions | None = None) -> list[int | None]:
    """For each EGL device its CUDA number, or None. An empty list where there is no EGL."""
    if egl is None:
        try:
            egl = LibEgl()
        except (OSError, AttributeError):
            return []
    return [egl.device_attribute(index, EGL_CUDA_DEVICE_NV) for index in range(egl.num_devices())]


class LibEgl:
    """The functions of the system's EGL.

    Raises:
        OSError: there is no libEGL.
        AttributeError: it cannot list devices.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(ctypes.util.find_library("EGL") or "libEGL.so.1")
        library.eglGetProcAddress.restype = ctypes.c_void_p
        library.eglGetProcAddress.argtypes = [ctypes.c_char_p]
        self._query = _function(
            library, b"eglQueryDevicesEXT", ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
        )
        self._attribute = _function(
            library, b"eglQueryDeviceAttribEXT", ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_ssize_t)
        )
        self._devices = (ctypes.c_void_p * _MAX_DEVICES)()
        count = ctypes.c_int(0)
        self._query(_MAX_DEVICES, self._devices, ctypes.byref(count))
        self._count = count.value

    def num_devices(self) -> int:
        """How many devices EGL offers."""
        return self._count

    def device_attribute(self, index: int, attribute: int) -> int | None:
        """An attribute of a device, or None."""
        value = ctypes.c_ssize_t(0)
        found = self._attribute(self._devices[index], attribute, ctypes.byref(value))
        return int(value.value) if found else None


def _function(library: ctypes.CDLL, name: bytes, *arguments: type) -> Any:
    address = library.eglGetProcAddress(name)
    if not address:
        raise AttributeError(f"EGL has no {name.decode()}")
    return ctypes.CFUNCTYPE(ctypes.c_uint, *arguments)(address)
