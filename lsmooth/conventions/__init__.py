"""The frameworks by name, as data: what each computes when it smooths labels. Loads no numpy."""

from __future__ import annotations

from lsmooth.conventions.frameworks import FRAMEWORKS
from lsmooth.conventions.language import LANGUAGE
from lsmooth.conventions.model import Convention
from lsmooth.conventions.pytorch import PYTORCH
from lsmooth.conventions.speech import SPEECH
from lsmooth.conventions.vision import VISION
from lsmooth.errors import UsageError, did_you_mean, shown

CONVENTIONS: tuple[Convention, ...] = (*PYTORCH, *FRAMEWORKS, *LANGUAGE, *SPEECH, *VISION)

_BY_NAME = {name: entry for entry in CONVENTIONS for name in (entry.name, *entry.aliases)}


def list_conventions() -> tuple[Convention, ...]:
    """Return every convention that is known, in the order of the table.

    >>> [entry.name for entry in list_conventions() if entry.reserved]
    ['opennmt', 'annotated', 'joeynmt']
    """
    return CONVENTIONS


def find_convention(name: str) -> Convention:
    """Return a convention by its name or an alias; raise UsageError where there is none.

    >>> find_convention("hf").name
    'huggingface'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        message = f"there is no convention {shown(name)}{did_you_mean(name, _BY_NAME)}"
        raise UsageError(message, "lsmooth explain conventions lists them") from None
