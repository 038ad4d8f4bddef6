"""Where to, as the user asks for it: one source of weights at most. Loads no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lsmooth.errors import UsageError, check_choice

GivenMap = Mapping[str, float] | Sequence[float] | str | os.PathLike[str]
Distance = Literal["height", "depth", "path"]


@dataclass(frozen=True)
class SpreadWeights:
    """Where to: one source of weights at most."""

    prior: GivenMap | None = None
    hierarchy: str | None = None
    beta: float | None = None
    distance: Distance | None = None
    ordinal: bool = False
    decay: float | None = None
    similarity: str | None = None
    confusion: str | None = None
    online: str | None = None

    def sources(self) -> list[str]:
        """The flags given that are sources of weights."""
        given = {
            "--prior": self.prior,
            "--hierarchy": self.hierarchy,
            "--ordinal": self.ordinal or None,
            "--similarity": self.similarity,
            "--confusion": self.confusion,
            "--online": self.online,
        }
        return [flag for flag, value in given.items() if value is not None]

    @property
    def counts_labels(self) -> bool:
        """Whether the prior is to be counted in the labels."""
        return isinstance(self.prior, str) and self.prior == "labels"

    def check(self) -> None:
        """Raise UsageError, naming both flags, for what contradicts itself."""
        sources = self.sources()
        if len(sources) > 1:
            raise UsageError(
                f"{sources[0]} and {sources[1]} are both weights to spread by", "pass one of them"
            )
        for flag, value, other, present in (
            ("--beta", self.beta, "--hierarchy", self.hierarchy),
            ("--distance", self.distance, "--hierarchy", self.hierarchy),
            ("--decay", self.decay, "--ordinal", self.ordinal or None),
        ):
            if value is not None and present is None:
                raise UsageError(f"{flag} needs {other}", f"drop {flag}, or pass {other}")
        if self.distance is not None:
            check_choice("--distance", self.distance, get_args(Distance))
        if self.beta is not None and not 0 <= self.beta < float("inf"):
            raise UsageError(f"--beta is {self.beta:g}, wanted a number of at least 0", "pass 4")
        if self.decay is not None and not 0 < self.decay <= 1:
            raise UsageError(f"--decay is {self.decay:g}, wanted a number above 0 and at most 1", "pass 0.1")
