"""EGL devices by CUDA number, over a function table that is no driver's."""

import pytest

from synhead.errors import RendererError
from synhead.render.cuda_devices import cuda_numbers, egl_device_of_process, visible_gpus


class FakeEgl:
    """Devices by their CUDA number, None for one without."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def num_devices(self):
        return len(self.numbers)

    def device_attribute(self, index, attribute):
        assert attribute == 0x323A
        return self.numbers[index]


@pytest.mark.parametrize(
    ("visible", "numbers", "device"),
    [
        (None, (None,), 0),
        (None, (), 0),
        (None, (1, 0, None), 1),
        ("1", (1, 0, None), 0),
        ("0", (None, 3, 2, 1, 0), 4),
        ("2,0", (None, 3, 2, 1, 0), 2),
        (" 3 , 1", (None, 3, 2, 1, 0), 1),
        ("", (1, 0, None), 2),
        ("-1", (1, 0, None), 2),
        ("", (0,), 0),
        ("5", (None,), 0),
    ],
)
def test_the_device_of_the_first_visible_gpu(visible, numbers, device):
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert egl_device_of_process(environment, FakeEgl(*numbers)) == device


def test_a_gpu_that_egl_does_not_offer_is_named():
    with pytest.raises(RendererError, match=r"CUDA_VISIBLE_DEVICES=3: EGL offers no device for CUDA device 3.* 0, 1\."):
        egl_device_of_process({"CUDA_VISIBLE_DEVICES": "3"}, FakeEgl(1, 0, None))


@pytest.mark.parametrize("text", ["GPU-8932f937", "0,MIG-1/2", "a"])
def test_names_of_gpus_are_refused_with_the_way_out(text):
    with pytest.raises(RendererError, match=r"is no device number.*nvidia-smi"):
        visible_gpus({"CUDA_VISIBLE_DEVICES": text})


def test_as_in_cuda_a_minus_one_ends_the_list():
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "2,-1,0"}) == [2]
    assert visible_gpus({}) is None


def test_this_machines_egl_answers():
    numbers = cuda_numbers()
    assert all(number is None or number >= 0 for number in numbers)
    assert 0 <= egl_device_of_process({}) < max(len(numbers), 1)
