"""Array shapes in annotations are really checked while the tests run."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from synhead.core.rotation import rotation_from_euler_pyr


def test_a_wrong_shape_is_an_error():
    with pytest.raises(TypeCheckError):
        rotation_from_euler_pyr(np.zeros((5, 4)))


def test_a_wrong_type_is_an_error():
    with pytest.raises(TypeCheckError):
        rotation_from_euler_pyr(np.zeros((5, 3), dtype=np.int64))
