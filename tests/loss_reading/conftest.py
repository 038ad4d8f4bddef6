"""Files."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work


@pytest.fixture
def data(work: Work) -> Work:
    """Thirty classes, a hundred rows."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 30, 100)
    np.save("z.npy", generator.normal(0, 2, (100, 30)) + 3 * np.eye(30)[labels])
    np.save("y.npy", labels)
    return work
