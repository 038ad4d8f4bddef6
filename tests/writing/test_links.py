"""Filesystems without hard links; modes, owners, links."""

from __future__ import annotations

import errno
import os
from typing import NoReturn

import pytest
from conftest import Work
from kits.writing import LABELS, SOFT, as_root, mode


def no_hard_links(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EPERM, "Operation not permitted")


# Filesystems without hard links


def test_without_hard_links_the_name_is_taken_by_renaming(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", no_hard_links)
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


@pytest.mark.parametrize("with_renameat2", [True, False])
def test_without_hard_links_the_second_writer_still_fails(
    work: Work, monkeypatch: pytest.MonkeyPatch, with_renameat2: bool
) -> None:
    def overtaken(*_: object) -> NoReturn:
        work.write("soft.csv", "somebody else's\n")
        no_hard_links()

    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", overtaken)
    if not with_renameat2:
        monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    result = work.run("smooth", "labels.csv", "-o", "soft.csv")
    assert result.code == 1
    assert result.err.startswith("error: soft.csv has been made by somebody else in the meantime\n")
    assert work.read("soft.csv") == "somebody else's\n"
    assert work.files() == ["labels.csv", "soft.csv"]


def test_without_hard_links_and_renameat2_the_file_is_written(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr(os, "link", no_hard_links)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert work.read("soft.csv") == SOFT
    assert work.files() == ["labels.csv", "soft.csv"]


# Modes, owners, links


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_new_file_has_the_mode_of_the_umask(work: Work, umask: int, force: tuple[str, ...]) -> None:
    work.write("labels.csv", LABELS)
    before = os.umask(umask)
    try:
        work.ok("smooth", "labels.csv", "-o", "soft.csv", "--names-out", "names.txt", *force)
    finally:
        os.umask(before)
    assert mode(work.folder / "soft.csv") == 0o666 & ~umask
    assert mode(work.folder / "names.txt") == 0o666 & ~umask


@pytest.mark.parametrize("wanted", [0o640, 0o444, 0o755])
def test_a_replaced_file_keeps_its_mode(work: Work, wanted: int) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n").chmod(wanted)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert mode(work.folder / "soft.csv") == wanted
    assert work.read("soft.csv") == SOFT


@pytest.mark.skipif(not as_root, reason="only root may give files away")
def test_a_replaced_file_keeps_its_owner_where_permitted(work: Work) -> None:
    work.write("labels.csv", LABELS)
    old = work.write("soft.csv", "old\n")
    os.chown(old, 12345, 23456)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert (old.stat().st_uid, old.stat().st_gid) == (12345, 23456)


def test_an_owner_that_cannot_be_kept_is_no_error(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n")
    monkeypatch.setattr(os, "fchown", refused)
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert work.read("soft.csv") == SOFT


def test_a_symlink_is_followed(work: Work) -> None:
    work.write("labels.csv", LABELS)
    elsewhere = work.folder / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("real.csv").write_text("old\n")
    link = work.folder / "soft.csv"
    link.symlink_to("elsewhere/real.csv")
    work.ok("smooth", "labels.csv", "-o", "soft.csv", "-f")
    assert link.is_symlink()
    assert elsewhere.joinpath("real.csv").read_text() == SOFT
    assert [path.name for path in elsewhere.iterdir()] == ["real.csv"]


def test_a_symlink_to_an_existing_file_needs_force(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.write("real.csv", "old\n")
    work.folder.joinpath("soft.csv").symlink_to("real.csv")
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv").startswith("error: soft.csv exists\n")


def test_a_dangling_symlink_gets_the_file_that_it_names(work: Work) -> None:
    work.write("labels.csv", LABELS)
    link = work.folder / "soft.csv"
    link.symlink_to("real.csv")
    work.ok("smooth", "labels.csv", "-o", "soft.csv")
    assert link.is_symlink()
    assert work.read("real.csv") == SOFT


def test_a_symlink_to_itself_is_refused_by_its_name(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.folder.joinpath("soft.csv").symlink_to("soft.csv")
    error = work.refused("smooth", "labels.csv", "-o", "soft.csv")
    assert error.startswith("error: cannot write soft.csv: ")
