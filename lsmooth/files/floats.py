"""Decimal numbers of a whole chunk at once, each rounded once to float64, as `float` does.

A number is w·10^q with w < 2⁶⁴ a whole number. Where w < 2⁵³ and |q| ≤ 22, w and 10^|q| are floats, so that
their product or quotient is the number, rounded once (Clinger 1990, "How to read floating point numbers
accurately"). Else the same is done with a mantissa of 64 bits, where that exists, and that rounded to 53:
wrong at most where the 64 bits lie in the middle between two floats. Those few are left to `float`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.fields import PAD, Bytes, Fields, Positions, last_digits

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

_WORD = 8
#: Up to so many digits are joined one by one.
_FEW_DIGITS = 2
#: Powers of ten that a mantissa of 53 or of 64 bits holds exactly.
_SHORT_POWER, _LONG_POWER = 22, 27
#: Digits above the 16 last ones that leave a number below 2⁶⁴.
_MOST_TOP = np.uint64(1844)
_MOST_EXPONENT_DIGITS = 4
#: Where more than one in so many numbers is left to `float`, the whole chunk is left to others.
_FEW = 8


@dataclass(frozen=True)
class Decimals:
    """Cells that are decimal numbers, cut into their parts.

    Attributes:
        fields: the cells.
        firsts: (n,) the position of the first digit, or of a point before it.
        points: (n,) the position of the decimal point, of the end of the digits where there is none.
        stops: (n,) the position after the last digit.
        exponents: (n,) what is written after an `e`, 0 where there is none.
        negative: the cells with a minus sign.
    """

    fields: Fields
    firsts: Positions
    points: Positions
    stops: Positions
    exponents: Positions
    negative: Positions

    @property
    def fractions(self) -> Positions:
        """How many digits stand after the point, (n,)."""
        counts: Positions = np.maximum(self.stops - self.points - 1, 0)
        return counts

    def places(self) -> Positions:
        """Return the decimals of each number, the exponent counted, (n,)."""
        places: Positions = np.maximum(self.fractions - self.exponents, 0)
        return places

    def values(self) -> Floats | None:
        """Return the numbers, (n,); None where too many are too long."""
        fractions = self.fractions
        before, beyond = _digits(self.fields.text, self.points, self.points - self.firsts)
        after, beyond_after = _digits(self.fields.text, self.stops, fractions)
        powers, limits = _whole_powers()
        shifts = np.minimum(fractions, len(powers) - 1)
        left = beyond | beyond_after | (before > limits.take(shifts))
        before *= powers.take(shifts)
        before += after
        scales = self.exponents - fractions
        if scales.min() < -_LONG_POWER or scales.max() > _LONG_POWER:
            left |= np.abs(scales) > _LONG_POWER
            scales[left] = 0
        values, halfway = _scaled(before, scales)
        left |= halfway
        values[self.negative] *= -1
        return self._with_rest(values, np.flatnonzero(left))

    def _with_rest(self, values: Floats, rest: Positions) -> Floats | None:
        if len(rest) * _FEW > len(values):
            return None
        text, starts, ends = self.fields.text, self.fields.starts, self.fields.ends
        for cell in rest.tolist():
            values[cell] = float(text[starts[cell] : ends[cell]].tobytes())
        return values


def find_decimals(fields: Fields) -> Decimals | None:
    """Return the parts of cells that are all decimal numbers without spaces; None where one is not."""
    marks, owners, starts, ends = fields.marks, fields.owners, fields.starts, fields.ends
    kinds = fields.text[marks]
    is_point, is_minus = kinds == ord("."), kinds == ord("-")
    is_letter, is_sign = (kinds | 32) == ord("e"), is_minus | (kinds == ord("+"))
    if not (is_point | is_letter | is_sign).all():
        return None
    stops = _placed(ends, marks, owners, is_letter)
    points = None if stops is None else _placed(stops, marks, owners, is_point)
    if stops is None or points is None or (points > stops).any():
        return None
    chosen = np.flatnonzero(is_sign)
    signs, signed = marks.take(chosen), owners.take(chosen)
    leads = signs == starts.take(signed)
    if not (leads | ((signs == stops.take(signed) + 1) & (stops < ends).take(signed))).all():
        return None
    firsts = starts.copy()
    firsts[signed[leads]] += 1
    if (stops - firsts - (points < stops) < 1).any():
        return None
    exponents = np.zeros_like(starts)
    if is_letter.any() and not _add_exponents(exponents, fields, stops):
        return None
    return Decimals(fields, firsts, points, stops, exponents, signed[leads & is_minus.take(chosen)])


def _placed(
    default: Positions, marks: Positions, owners: Positions, chosen: NDArray[np.bool_]
) -> Positions | None:
    """Return where the chosen mark of each cell is, the default where it has none; None for two in a cell."""
    which = np.flatnonzero(chosen)
    if not len(which):
        return default
    marks, owners = marks.take(which), owners.take(which)
    found = default.copy()
    found[owners] = marks
    return found if (found.take(owners) == marks).all() else None


def _add_exponents(exponents: Positions, fields: Fields, stops: Positions) -> bool:
    """Read the exponents; return whether all are written with 1 to 4 digits."""
    cells = np.flatnonzero(stops < fields.ends)
    ends, firsts = fields.ends[cells], stops[cells] + 1
    sign = fields.text[firsts]  # of an empty exponent, the end of the cell
    firsts = firsts + ((sign == ord("-")) | (sign == ord("+")))
    lengths = ends - firsts
    if (lengths < 1).any() or (lengths > _MOST_EXPONENT_DIGITS).any():
        return False
    values = last_digits(fields.text, ends, lengths)
    exponents[cells] = np.where(sign == ord("-"), -values, values)
    return True


def _digits(text: Bytes, stops: Positions, counts: Positions) -> tuple[Words, NDArray[np.bool_]]:
    """Return the numbers that the last `counts` characters before `stops` make, and which are too large."""
    longest = int(counts.max())
    if longest <= _FEW_DIGITS:
        return last_digits(text, stops, counts).view(np.uint64), np.zeros(len(counts), bool)
    words = min(-(-longest // _WORD), len(PAD) // _WORD)
    beyond = counts > words * _WORD
    size = words * _WORD
    windows = np.ndarray((len(text) - size + 1,), np.dtype((np.void, size)), text, 0, (1,))
    parts: Words = windows[stops - size].view("<u8").reshape(-1, words)
    parts &= _masks(words).take(np.minimum(counts, size), axis=0)
    _join_digits(parts)
    numbers = parts[:, -1].copy()
    for word, power in zip(range(words - 2, -1, -1), (10**8, 10**16), strict=False):
        numbers += parts[:, word] * np.uint64(power)
    if words * _WORD > len(PAD) - _WORD:
        beyond |= parts[:, 0] >= _MOST_TOP
    return numbers, beyond


def _join_digits(words: Words) -> None:
    """Turn 8 digits, one in each byte and the first in the lowest, into their number: 2, 4, then 8."""
    for size, power in ((2, 10), (4, 100), (8, 10000)):
        parts = words.view(f"<u{size}")
        half = size * 4
        first = parts & parts.dtype.type((1 << half) - 1)
        first *= parts.dtype.type(power)
        parts >>= parts.dtype.type(half)
        parts += first


@cache
def _masks(words: int) -> Words:
    """Return what keeps the values of the last 0, 1, … digits of so many words."""
    size = words * _WORD
    rows = b"".join(b"\0" * (size - count) + b"\x0f" * count for count in range(size + 1))
    return np.frombuffer(rows, "<u8").reshape(-1, words)


@cache
def _whole_powers() -> tuple[Words, Words]:
    """Return 10^f and the largest b with (b + 1)·10^f ≤ 2⁶⁴, for f = 0 … 20 (there, b = 0 is left)."""
    powers = [10**f for f in range(20)]
    limits = [min(2**64 // power, 2**64) - 1 for power in powers]
    return np.array([*powers, 0], np.uint64), np.array([*limits, 0], np.uint64)


def _scaled(numbers: Words, scales: Positions) -> tuple[Floats, NDArray[np.bool_]]:
    """Return numbers times powers of ten, and which may have been rounded wrongly."""
    never = np.zeros(len(numbers), bool)
    lowest, highest = int(scales.min()), int(scales.max())
    if int(numbers.max()) <= 2**53 and lowest >= -_SHORT_POWER and highest <= _SHORT_POWER:
        return _times_power(numbers.astype(np.float64), scales, highest), never
    if not _has_64_bits():
        return np.zeros(len(numbers)), ~never
    wide = _times_power(numbers.astype(np.longdouble), scales, highest)
    mantissas = wide.view(np.uint64)[::2]
    return wide.astype(np.float64), (mantissas & np.uint64(0x7FF)) == np.uint64(0x400)


def _times_power(numbers: NDArray[Any], scales: Positions, highest: int) -> NDArray[Any]:
    powers = _powers(numbers.dtype)
    if highest > 0:
        numbers = numbers * powers.take(np.maximum(scales, 0))
    scaled: NDArray[Any] = numbers / powers.take(np.maximum(-scales, 0))
    return scaled


@cache
def _powers(dtype: np.dtype[Any]) -> NDArray[Any]:
    most = _SHORT_POWER if dtype == np.float64 else _LONG_POWER
    return np.cumprod(np.array([1] + [10] * most, dtype=dtype))


@cache
def _has_64_bits() -> bool:
    """Whether long double has the mantissa of x86: 64 bits, the first of 16 bytes."""
    one, two = np.longdouble(1), np.longdouble(2)
    exact = one + two**-63 != one and one + two**-64 == one
    return bool(exact) and one.tobytes()[:_WORD] == (1 << 63).to_bytes(_WORD, "little") and one.itemsize == 16
