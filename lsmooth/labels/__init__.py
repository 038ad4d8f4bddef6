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


def ignored_values(ignore: Sequence[str | int] | str | int) -> tuple[str, ...]:
    """Return the labels to ignore as text; one of them need not be in a list.

    >>> ignored_values("dog"), ignored_values([-100, "dog"])
    (('dog',), ('-100', 'dog'))
    """
    return (str(ignore),) if isinstance(ignore, str | int) else tuple(map(str, ignore))


def names_meant(values: Sequence[str], names: Sequence[str] | None) -> tuple[str, ...]:
    """Return values, and the names of those that are the index of a class; numbers that are names mean these.

    >>> names_meant(["1", "cat"], ["bird", "cow", "cat"]), names_meant(["1"], ["10", "20"])
    (('1', 'cat', 'cow'), ('1',))
    """
    if names is None or any(name.isascii() and name.isdigit() for name in names):
        return tuple(values)
    places = (int(value) for value in values if value.isascii() and value.isdigit())
    return (*values, *(names[place] for place in places if place < len(names)))


def check_given_names(names: Sequence[str], flag: str = "--names") -> None:
    """Raise UsageError for class names of which one is empty or stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"{flag} holds {shown(name)} twice", "give each one name")
        if not name:
            raise UsageError(f"{flag} holds an empty name", "name each once")
        seen.add(name)
