"""What a label is: its kinds, telling them apart, names ↔ indices, range checks. Knows nothing of files."""

from typing import Literal, get_args

LabelKind = Literal["index", "name", "rows", "multilabel"]
#: As a flag has it: `auto` tells from the data.
LabelChoice = Literal["auto", "index", "name", "rows", "multilabel"]
LABEL_KINDS: tuple[LabelKind, ...] = get_args(LabelKind)
