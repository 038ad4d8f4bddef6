"""Parquet and Arrow out: rows are handed to polars, a group at a time, which hands bytes to the sink."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.files import Format
from lsmooth.files.extras import load_polars
from lsmooth.files.streams import Bytes, Outlet

#: About so many bytes of values make a row group, or a record batch.
GROUP_BYTES = 1 << 24
#: More classes than this are one column of lists.
MOST_COLUMNS = 1000
#: What that column is called.
LISTS = "target"
#: Makes columns of rows.
Frame = Callable[[NDArray[Any]], Any]


def names_of_columns(headings: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns for so many values: one each, or one of lists where there are more."""
    return tuple(headings) if len(headings) <= MOST_COLUMNS else (LISTS,)


def matrix_frame(headings: Sequence[str]) -> Frame:
    """Return what makes columns of (n, K) rows."""
    polars, names = load_polars(), names_of_columns(headings)
    if names == (LISTS,):
        return lambda rows: polars.DataFrame({LISTS: polars.Series(rows)})
    return lambda rows: polars.from_numpy(rows, schema=list(names))


def record_frame(named: Mapping[str, Sequence[str]]) -> Frame:
    """Return what makes a column of each field of (n,) records; some are numbers of names."""
    polars = load_polars()
    known = {field: polars.Series(names, dtype=polars.String) for field, names in named.items()}

    def frame(records: NDArray[Any]) -> Any:
        columns = {field: np.ascontiguousarray(records[field]) for field in records.dtype.names or ()}
        return polars.DataFrame(
            {
                field: known[field].gather(column) if field in known else column
                for field, column in columns.items()
            }
        )

    return frame


class ColumnWriter:
    """Writes rows as columns.

    Polars asks for groups from a thread of its own, and is kept waiting until there is one: so it is with
    one group in hand, one on the way, and the bytes of one.

    Args:
        sink: where the bytes go.
        kind: `parquet` or `arrow`.
        row: the type of a row, values or a record.
        frame: makes columns of rows.
    """

    def __init__(self, sink: Outlet, kind: Format, row: np.dtype[Any], frame: Frame) -> None:
        self._polars = load_polars()
        self._sink = sink
        self._kind = kind
        self._row = row
        self._frame = frame
        self._most = max(1, GROUP_BYTES // row.itemsize)
        self._held: list[NDArray[Any]] = []
        self._rows = 0
        self._groups: queue.Queue[Any] = queue.Queue(1)
        self._failure: BaseException | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        sink.before_close(self._stop)
        self._thread.start()

    def write(self, data: Bytes, rows: int) -> None:
        """Write some rows; of records there may be more or fewer than of labels."""
        del rows
        block = np.frombuffer(data, self._row)
        while len(block):
            part = block[: self._most - self._rows]
            block = block[len(part) :]
            self._held.append(part.copy())
            self._rows += len(part)
            if self._rows == self._most:
                self._hand_over()

    def finish(self) -> None:
        """Write what is held, and the end of the file."""
        self._hand_over()
        self._put(None)
        self._thread.join()
        self._check()

    def _hand_over(self) -> None:
        rows = np.concatenate([*self._held, np.empty(0, self._row)])
        self._held, self._rows = [], 0
        self._put(self._frame(rows))
        self._check()

    def _put(self, group: Any) -> None:
        """Put a group on its way once the one before has been taken, unless nobody takes any more."""
        while not self._over:
            with contextlib.suppress(queue.Full):
                self._groups.put(group, timeout=0.1)
                return

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _stop(self) -> None:
        """Let polars go, in whatever state it is."""
        self._put(LsmoothError("stopped"))
        self._thread.join()

    def _run(self) -> None:
        """Have polars write the groups, until there are none or it fails."""
        target = cast("IO[bytes]", _Pipe(self._sink))
        try:
            schema = self._frame(np.zeros(1, self._row)).schema
            scan = self._polars.io.plugins.register_io_source(lambda *_: self._given(), schema=schema)
            if self._kind == "parquet":
                scan.sink_parquet(target, row_group_size=self._most)
            else:
                scan.sink_ipc(target, record_batch_size=self._most)
        except BaseException as error:  # noqa: BLE001 - raised again, where it can be caught
            failure = cast("_Pipe", target).failure
            message = f"cannot write {self._sink.name}: {shown(error, 120)}"
            self._failure = failure or LsmoothError(message)
        finally:
            self._over = True

    def _given(self) -> Iterator[Any]:
        """Yield the groups as they come."""
        while (group := self._groups.get()) is not None:
            if isinstance(group, LsmoothError):
                raise group
            yield group


class _Pipe:
    """Hands bytes to a sink, and remembers why that failed."""

    def __init__(self, sink: Outlet) -> None:
        self._sink = sink
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._sink.write(data)
        except BaseException as error:  # noqa: BLE001 - raised again, where it can be caught
            self.failure = error
            raise OSError(str(error)) from None
        return len(data)

    def flush(self) -> None:
        """Do nothing: the sink brings all to the disk."""
