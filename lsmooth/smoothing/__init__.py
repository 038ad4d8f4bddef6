"""The kernel: how much (epsilon), where to (spread), and target = (1-ε)·label + ε·spread."""

from typing import Literal, get_args

Rule = Literal["all", "others", "half", "flip"]
RULES: tuple[Rule, ...] = get_args(Rule)
#: Rules under which each label is on its own (binary targets); the others share one unit of mass a row.
PER_LABEL: tuple[Rule, ...] = ("half", "flip")
