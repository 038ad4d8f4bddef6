"""Files of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.every_type import EPS, FROM, PRIOR, SIMILAR, TREE, Q, X, Y, Z


@pytest.fixture
def files(work: Work) -> Work:
    """A scratch folder with all of the files."""
    rows = zip(Y, EPS.tolist(), FROM, strict=True)
    work.write("y.csv", "y,eps,source\n" + "".join(f"{y},{e!r},{s}\n" for y, e, s in rows))
    for name, values in {"y": Y, "z": Z, "q": Q, "x": X, "sim": SIMILAR, "prior": PRIOR}.items():
        np.save(f"{name}.npy", values)
    work.write("tree.csv", TREE)
    return work
