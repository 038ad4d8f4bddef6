"""A command line that is refused, its error, and its hint, which is followed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from conftest import Work

#: An amount that predictions choose from.
SPAN = ["-e", "0:0.2"]


@dataclass(frozen=True)
class Case:
    """A command line that is refused, and what the hint says to do instead."""

    data: str | bytes
    flags: str
    message: str
    hint: str
    works: str | None = None  # the flags with the hint followed
    file: str = "f.csv"
    others: dict[str, str | bytes] = field(default_factory=dict)

    def arguments(self, flags: str) -> list[str]:
        return ["smooth", self.file, *(part.strip("'") for part in flags.split())]


def each(cases: dict[str, Case]) -> pytest.MarkDecorator:
    """A test of each case, by its name."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases.items()])


def check(work: Work, case: Case) -> None:
    """Run it, compare what is said, and do what the hint says."""
    for name, content in {case.file: case.data, **case.others}.items():
        work.write(name, content)
    before = {name: work.read(name) for name in case.others}
    output = [] if "-o " in case.flags else ["-o", "out.csv"]
    message = work.refused(*case.arguments(case.flags), *output)
    assert message == f"error: {case.message}\n\nhint: {case.hint}\n"
    assert before == {name: work.read(name) for name in case.others}
    if case.works is not None:
        work.ok(*case.arguments(case.works))
