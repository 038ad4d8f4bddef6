"""Bytes of delimited text → chunks of whole records, rows and lines counted."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable, Iterator

from lsmooth.errors import LsmoothError
from lsmooth.files.cells import QUOTES, TextChunk, csv_message, split_cells

MOST_BLANK_LINES = 1 << 20


class Cutter:
    """Cuts a stream of bytes into chunks of whole records, counting rows and lines.

    Args:
        name: of the file.
        delimiter: between cells.
        tile: chunks are multiples of this many rows, but for the last.
        most: rows a chunk at most.
        header: leave the first record out.
    """

    def __init__(self, name: str, delimiter: str, tile: int, most: int, *, header: bool) -> None:
        self._name = name
        self._delimiter = delimiter
        self._tile = tile
        self._most = max(tile, most // tile * tile)
        self._header = header
        self._head: bytes | None = b""  # the first bytes until they are checked
        self._part = bytearray()  # of a line
        self._open: list[str] = []  # lines of a record whose quote is open
        self._lines: list[str] = []  # records not yet handed out
        self._cells: list[list[str]] | None = None
        self._blank = 0  # blank lines that are nothing at the end of the file
        self._row = 0
        self._line = 1
        self.width = 0

    def cut(self, data: Iterable[bytes]) -> Iterator[TextChunk]:
        """Yield the chunks of a file given as pieces of its bytes."""
        for piece in data:
            if self._take(self._checked(piece)):
                yield from self._hand_out(final=False)
        if self._head:
            self._take(self._begin())
        if self._part:
            self._take(b"\n")
        if self._open:
            raise self._error(
                "found a quote that is never closed", "close it, or double a quote inside quotes"
            )
        yield from self._hand_out(final=True)

    def _error(self, message: str, hint: str | None = None, ahead: int = 0) -> LsmoothError:
        line = self._line + ahead + self._blank + sum(1 + line.count("\n") for line in self._lines)
        return LsmoothError(message, hint, where=f"{self._name}:{line}")

    def _checked(self, piece: bytes) -> bytes:
        if self._head is not None:
            self._head += piece
            if len(self._head) < 4:
                return b""
            piece = self._begin()
        if b"\0" in piece:
            ahead = piece.count(b"\n", 0, piece.index(b"\0"))
            raise self._error("found a NUL byte, wanted text", "if it is an array, name it .npy", ahead)
        return piece

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:4:2] == b"\0\0" or head[:3:2] == b"\0\0":
            hint = f"iconv -f UTF-16 -t UTF-8 {shlex.quote(self._name)}"
            raise self._error("the file is UTF-16 or UTF-32, wanted UTF-8", hint)
        return head.removeprefix(b"\xef\xbb\xbf")

    def _take(self, piece: bytes) -> bool:
        """Add the whole lines of a piece to the records; return whether there were any."""
        newline = piece.rfind(b"\n")
        if newline < 0:
            self._part += piece
            return False
        body = bytes(self._part) + piece[:newline]
        self._part = bytearray(piece[newline + 1 :])
        lines = self._decode(body).split("\n")
        if b'"' in body or self._open:
            self._add_quoted(self._open + lines)
            return True
        if b"\r" in body:
            lines = [line[:-1] if line.endswith("\r") else line for line in lines]
            for ahead, line in enumerate(lines):
                if "\r" in line:
                    message = csv_message(csv.Error("new-line"))
                    raise self._error(message, f"tr '\\r' '\\n' < {shlex.quote(self._name)}", ahead)
        self._add(lines, None)
        return True

    def _decode(self, body: bytes) -> str:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            ahead = body.count(b"\n", 0, error.start) + len(self._open)
            hint = f"iconv -f LATIN1 -t UTF-8 {shlex.quote(self._name)}"
            raise self._error(f"byte 0x{body[error.start]:02X} is not UTF-8", hint, ahead) from None

    def _add_quoted(self, lines: list[str]) -> None:
        """Group lines into records; a record whose quote is still open waits for more."""
        reader = csv.reader((line + "\n" for line in lines), delimiter=self._delimiter, strict=True)
        records: list[str] = []
        cells: list[list[str]] = []
        done = 0
        try:
            for record in reader:
                records.append("\n".join(lines[done : reader.line_num]).removesuffix("\r"))
                cells.append(record)
                done = reader.line_num
        except csv.Error as error:
            if str(error) != "unexpected end of data":
                raise self._error(csv_message(error), QUOTES, ahead=done) from None
        self._open = lines[done:]
        self._add(records, cells)

    def _add(self, lines: list[str], cells: list[list[str]] | None) -> None:
        """Add records, keeping blank ones apart until something follows them."""
        blank = self._blank
        self._blank = 0
        while lines and not lines[-1]:
            lines.pop()
            self._blank += 1
        if not lines:
            self._blank += blank
            if self._blank > MOST_BLANK_LINES:
                raise self._error("found a million blank lines", "drop them")
            return
        if cells is not None or self._cells is not None:
            if self._cells is None:
                self._cells = self._split(self._lines)
            cells = self._split(lines) if cells is None else cells[: len(lines)]
            self._cells += [[] for _ in range(blank)] + cells
        self._lines += [""] * blank + lines

    def _split(self, lines: list[str]) -> list[list[str]]:
        first = self._line
        return split_cells(lines, self._delimiter, lambda row: f"{self._name}:{first + row}")

    def _hand_out(self, *, final: bool) -> Iterator[TextChunk]:
        if not self._lines:
            return
        if not self.width:
            self.width = max(1, len((self._cells or self._split(self._lines[:1]))[0]))
        if self._header:
            self._drop(1)
            self._row, self._header = 0, False
        count = len(self._lines)
        whole = count if final else count // self._tile * self._tile
        while whole:
            size = min(self._most, whole)
            cells = self._cells[:size] if self._cells is not None else None
            yield TextChunk(
                self._name, self._row, self._line, self.width, self._delimiter, self._lines[:size], cells
            )
            self._drop(size)
            whole -= size

    def _drop(self, count: int) -> None:
        self._line += sum(line.count("\n") for line in self._lines[:count]) + count if self._cells else count
        self._row += count
        del self._lines[:count]
        if self._cells is not None:
            del self._cells[:count]
            self._cells = self._cells or None
