"""What a label is: its kinds, telling them apart, names ↔ indices, range checks. Knows nothing of files."""

from collections.abc import Sequence
from typing import Literal, get_args

from lsmooth.errors import UsageError, shown

LabelKind = Literal["index", "name", "rows", "multilabel", "votes"]
#: As a flag has it: `auto` tells from the data.
LabelChoice = Literal["auto", "index", "name", "rows", "multilabel", "votes"]
#: Kinds that are one value a row, and those that are a row of K.
HARD: tuple[LabelKind, ...] = ("index", "name")
SOFT: tuple[LabelKind, ...] = ("rows", "multilabel", "votes")
LABEL_KINDS: tuple[LabelKind, ...] = get_args(LabelKind)
#: What is read as what is told by so many first rows, fewer of wide ones: by about so many values.
SAMPLE_ROWS = 1000
SAMPLE_VALUES = 1 << 20


def sample_rows(columns: int, most: int = SAMPLE_ROWS) -> int:
    """Return how many first rows of so many columns are looked at: `most`, fewer of wide ones.

    >>> sample_rows(10), sample_rows(100_000)
    (1000, 10)
    """
    return min(most, max(2, SAMPLE_VALUES // columns))


def check_given_names(names: Sequence[str], flag: str = "--names") -> None:
    """Raise UsageError for class names of which one is empty or stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"{flag} holds {shown(name)} twice", "give each one name")
        if not name:
            raise UsageError(f"{flag} holds an empty name", "name each once")
        seen.add(name)
