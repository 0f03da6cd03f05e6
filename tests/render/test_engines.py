"""Choosing an engine, and what is said when none can run."""

import subprocess
import sys

import pytest

from synhead.errors import RendererError
from synhead.render import devices, engines, list_egl_devices, open_renderer
from synhead.render.gl import context as gl_context
from synhead.render.gl.context import is_software_name


def test_importing_render_loads_no_graphics_library():
    heavy = "('moderngl', 'pyrender', 'OpenGL', 'trimesh', 'numba')"
    code = f"import sys, synhead.render; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(RendererError, match="vulkan: no such engine; known are auto, gl, software, pyrender"):
        open_renderer("vulkan")


def test_unknown_antialiasing_lists_the_known_ones():
    with pytest.raises(RendererError, match="--antialiasing msaa3: unknown; known are msaa4, none"):
        open_renderer("gl", antialiasing="msaa3")


def test_pyrender_has_one_antialiasing():
    with pytest.raises(RendererError, match="--antialiasing none: pyrender always takes four samples"):
        open_renderer("pyrender", antialiasing="none")


class TestAuto:
    """What the machine has decides; the devices are made up here."""

    @pytest.fixture(autouse=True)
    def _forget(self):
        engines.auto_engine.cache_clear()
        yield
        engines.auto_engine.cache_clear()

    @pytest.mark.parametrize(
        ("gl_renderer", "problem", "expected"),
        [
            ("NVIDIA H200/PCIe/SSE2", None, "gl"),
            ("llvmpipe (LLVM 15.0.6, 256 bits)", None, "software"),
            ("", "the driver died with signal 11", "software"),
            (None, None, "software"),
        ],
    )
    def test_gl_on_a_gpu_and_software_elsewhere(self, monkeypatch, gl_renderer, problem, expected):
        found = [
            devices.EglDevice(
                index=0, gl_renderer=name, gl_version="", gl_vendor="", is_software="llvmpipe" in name, problem=problem
            )
            for name in [gl_renderer]
            if name is not None
        ]
        monkeypatch.setattr(devices, "list_egl_devices", lambda: found)
        monkeypatch.setattr(engines.Path, "glob", lambda self, pattern: iter(["/dev/dri/renderD128"]))
        assert engines.auto_engine() == expected

    def test_without_a_device_file_no_driver_is_started(self, monkeypatch):
        def fail():
            raise AssertionError("started a driver")

        monkeypatch.setattr(devices, "list_egl_devices", fail)
        monkeypatch.setattr(engines.Path, "glob", lambda self, pattern: iter([]))
        assert engines.auto_engine() == "software"


def test_the_software_engine_is_no_gpu():
    with pytest.raises(RendererError, match="never draws on a GPU; use --renderer gl"):
        open_renderer("software", require_gpu=True)


@pytest.mark.parametrize("name", ["auto", "gl"])
def test_a_cpu_driver_is_refused_when_a_gpu_is_required(name):
    engine = open_renderer("gl")
    software, device = engine.info.is_software, engine.info.device
    engine.close()
    if not software:
        open_renderer(name, require_gpu=True).close()
        pytest.skip(f"{device} is a GPU: nothing to refuse")
    with pytest.raises(RendererError, match=r'--require-gpu.*"llvmpipe.*drop --require-gpu.*doctor'):
        open_renderer(name, require_gpu=True)


def test_a_device_that_is_not_there_names_the_way_out():
    with pytest.raises(RendererError, match=r"on device 29 .*found .* devices.*synhead doctor"):
        open_renderer("gl", device_index=29)


def test_a_missing_package_names_the_install_line(monkeypatch):
    monkeypatch.setattr(gl_context, "_contexts", {})
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(RendererError, match="moderngl is not installed; run: pip install"):
        open_renderer("gl")


def test_missing_egl_names_the_packages(monkeypatch):
    import moderngl

    def fail(**_):
        raise Exception("libEGL.so not loaded")

    monkeypatch.setattr(gl_context, "_contexts", {})
    monkeypatch.setattr(moderngl, "create_context", fail)
    with pytest.raises(RendererError, match=r"libEGL.so not loaded.*apt-get install libegl1"):
        open_renderer("gl")


@pytest.mark.parametrize(
    ("name", "software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("softpipe", True),
        ("SwiftShader Device", True),
        ("NVIDIA H200/PCIe/SSE2", False),
        ("Mesa Intel(R) UHD Graphics", False),
    ],
)
def test_software_drivers_are_known_by_name(name, software):
    assert is_software_name(name) == software


class TestListDevices:
    def test_finds_what_the_engine_uses(self):
        engine = open_renderer("gl")
        device = engine.info.device
        engine.close()
        found = list_egl_devices()
        assert found[0].index == 0
        assert found[0].problem is None
        assert found[0].gl_renderer == device
        assert found[0].gl_version

    def test_a_dying_driver_kills_only_its_child(self, monkeypatch):
        monkeypatch.setattr(devices, "MAX_DEVICES", 2)
        monkeypatch.setattr(devices, "_PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
        found = list_egl_devices()
        assert [device.problem for device in found] == ["the driver died with signal 11"] * 2

    def test_a_hanging_driver_is_given_up(self, monkeypatch):
        monkeypatch.setattr(devices, "MAX_DEVICES", 1)
        monkeypatch.setattr(devices, "_PROBE", "import time; time.sleep(60)")
        assert list_egl_devices(timeout_s=0.5)[0].problem == "no answer within 0.5 s"

    def test_no_egl_at_all_is_said_once(self, monkeypatch):
        monkeypatch.setattr(devices, "_PROBE", "raise OSError('libEGL.so.1: cannot open')")
        found = list_egl_devices()
        assert len(found) == 1
        assert "libEGL.so.1" in found[0].problem
