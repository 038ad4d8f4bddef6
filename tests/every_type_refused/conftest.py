"""Files that are right."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work


@pytest.fixture
def files(work: Work) -> Work:
    """Labels, soft rows, votes, multilabel rows and predictions."""
    work.write("y.csv", "y,eps,who\n0,0.1,a\n1,0.2,b\n2,0.3,a\n")
    np.save("y.npy", np.arange(3))
    np.save("p.npy", np.full((3, 3), 1 / 3))
    np.save("z.npy", np.eye(3) * 2)
    np.save("x.npy", np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0, 0, 1]]))
    work.write("m.csv", "1,1,0\n0,0,0\n1,1,1\n")
    work.write("v.csv", "2,1,0\n0,0,1\n1,1,1\n")
    work.write("tree.csv", "r,a\nr,2\na,0\na,1\n")
    return work
