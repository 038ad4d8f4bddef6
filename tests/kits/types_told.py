"""Steps and tables of the types that are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lsmooth.lessons import claims, effects, hierarchy, types
from lsmooth.lessons.model import Numbers, Table, Worked

Topic = Callable[[Numbers], Worked]

TOPICS: dict[str, Topic] = {
    "standard": types.standard,
    "adaptive": types.adaptive,
    "conditional": types.conditional,
    "hierarchical": hierarchy.hierarchical,
    "gradual": types.gradual,
    "tradeoffs": claims.tradeoffs,
    "calibration": effects.calibration,
    "effect": effects.effect,
}
every = pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)


def table(worked: Worked, title: str) -> Table:
    (found,) = [part for part in worked.parts if isinstance(part, Table) and part.title.startswith(title)]
    return found


def row(worked: Worked, title: str, first: str) -> list[float]:
    (found,) = [cells[1:] for cells in table(worked, title).rows if str(cells[0]).strip() == first]
    return [float(cell) for cell in found]
