"""What may be handed in, and what each wrong thing gets: a sentence, never a crash."""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from happens_before.core.archive import MAX_FILE_BYTES, MAX_MEMBERS
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.submission import (
    MAX_NOTES,
    UnitFiles,
    files_of,
    open_files,
    open_submission,
    why_nothing,
)
from happens_before.core.unit import Unit
from packing import GOOD, tar_of, tar_with, zeros, zip_of, zip_with

PLACE = "lessons/90-cell/cell.c"


def taken(path: Path, unit: Unit, alone: bool = True) -> UnitFiles:
    files = files_of(open_submission(path, [unit]), unit, alone)
    assert files is not None
    return files


def only_problem(path: Path, unit: Unit) -> str:
    files = taken(path, unit)
    assert files.files == {}
    (problem,) = files.problems
    assert problem.startswith("cell.c") or "cell.c" in problem
    return problem


# --- what is taken --------------------------------------------------------------------------------

LAYOUTS = [PLACE, "90-cell/cell.c", "cell.c", f"repo-main/{PLACE}", "Ann_1/cell.c", f"./{PLACE}"]


@pytest.mark.parametrize("place", LAYOUTS)
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_file_is_found_wherever_people_put_it(
    place: str, pack: Callable[..., Path], tiny: Unit, tmp_path: Path
) -> None:
    path = pack(tmp_path / "work.archive", {place: GOOD, f"{place}.orig": b"x"})
    assert taken(path, tiny) == UnitFiles({"cell.c": GOOD}, ())


@pytest.mark.parametrize("place", [PLACE, "90-cell/cell.c", "cell.c", f"inner/{PLACE}"])
def test_a_directory_is_read_likewise(place: str, tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "work" / place
    file.parent.mkdir(parents=True)
    file.write_bytes(GOOD)
    assert taken(tmp_path / "work", tiny) == UnitFiles({"cell.c": GOOD}, ())


def test_windows_separators_are_understood(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w.zip", {"lessons\\90-cell\\cell.c": GOOD})
    assert taken(path, tiny).files == {"cell.c": GOOD}


def test_only_the_editable_files_are_taken(tiny: Unit, tmp_path: Path) -> None:
    extra = {
        "lessons/90-cell/" + name: b"evil" for name in ("Makefile", "cell.h", "tests.c", "a.out")
    }
    path = zip_of(tmp_path / "w.zip", {PLACE: GOOD, **extra})
    assert taken(path, tiny) == UnitFiles({"cell.c": GOOD}, ())


def test_what_macos_packs_beside_a_file_is_not_the_file(tiny: Unit, tmp_path: Path) -> None:
    files = {"w/cell.c": GOOD, "__MACOSX/w/._cell.c": b"\0\5\26\7", "w/._cell.c": b"\0"}
    submission = open_submission(zip_of(tmp_path / "w.zip", files), [tiny])
    assert submission.notes == []
    assert files_of(submission, tiny, alone=True) == UnitFiles({"cell.c": GOOD}, ())


def test_a_unit_that_was_not_handed_in_is_left_out(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w.zip", {"lessons/91-other/other.c": GOOD})
    assert files_of(open_submission(path, [tiny]), tiny, alone=False) is None


@pytest.mark.parametrize("inside", ["cell.c", "work/cell.c"])
@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_a_file_at_the_top_is_the_only_unit_s_that_takes_it(
    kind: str, inside: str, tiny: Unit, tmp_path: Path
) -> None:
    path = tmp_path / "w"
    if kind == "zip":
        zip_of(path, {inside: GOOD})
    else:
        (path / inside).parent.mkdir(parents=True)
        (path / inside).write_bytes(GOOD)
    other = units.load(workbook.find_unit("04-mutex"))
    submission = open_submission(path, [other, tiny])
    assert files_of(submission, tiny, alone=False) == UnitFiles({"cell.c": GOOD}, ())
    assert files_of(submission, other, alone=False) is None
    assert files_of(open_submission(path, [tiny, tiny]), tiny, alone=False) is None


REASONS = {
    "lessons/90-cell/notes.txt": "Its folder is there, but not the file.",
    "src/cell.c": "There is 'src/cell.c': move it to lessons/90-cell/.",
    "Cell.c": "There is 'Cell.c': upper and lower case differ; rename it.",
    "cell_final.c": "There is 'cell_final.c': if that is the answer, name it cell.c.",
    "work.tar.xz": "There is an archive inside, 'work.tar.xz': hand in its files.",
    "mutex.c": "There are files of 04-mutex: was it meant for that unit?",
}


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_a_submission_without_a_file_is_told_the_likeliest_reason(
    kind: str, name: str, reason: str, tiny: Unit, tmp_path: Path
) -> None:
    path, files = tmp_path / "w", {"README.md": b"mine", name: GOOD}
    if kind == "zip":
        zip_of(path, files)
    for place, content in files.items() if kind == "directory" else ():
        (path / place).parent.mkdir(parents=True, exist_ok=True)
        (path / place).write_bytes(content)
    said = why_nothing(open_submission(path, [tiny]), [tiny])
    assert said == (
        "it holds none of the files that were asked for (looked for lessons/90-cell/cell.c). "
        + reason
    )


@pytest.mark.parametrize("content", [GOOD.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + GOOD])
def test_crlf_and_a_byte_order_mark_are_the_compilers_business(
    content: bytes, tiny: Unit, tmp_path: Path
) -> None:
    assert taken(zip_of(tmp_path / "w.zip", {PLACE: content}), tiny).files == {"cell.c": content}


def test_equal_files_have_equal_digests_however_packed(tiny: Unit, tmp_path: Path) -> None:
    one = taken(zip_of(tmp_path / "w.zip", {PLACE: GOOD}), tiny)
    two = taken(tar_of(tmp_path / "w.tgz", {"cell.c": GOOD}), tiny)
    three = taken(tar_of(tmp_path / "v.tgz", {"cell.c": GOOD + b"\n"}), tiny)
    assert one.digest == two.digest != three.digest


# --- contents -------------------------------------------------------------------------------------

CONTENTS = {
    b"": "is empty",
    b" \n\t\n": "is empty",
    b"\xef\xbb\xbf\n": "is empty",
    "int a;\n".encode("utf-16"): "is UTF-16; save it as UTF-8",
    b"int a;\n// caf\xe9\n": "is not UTF-8: see line 2; save it as UTF-8",
    b"int a;\0\n": "zero byte at offset 6",
    b"int a;\rint b;\r": "save it with Unix line ends",
    b"x" * (MAX_FILE_BYTES + 1): "is larger than 1 MiB",
}


@pytest.mark.parametrize(("content", "words"), CONTENTS.items(), ids=list(CONTENTS.values()))
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_wrong_content_is_named(
    pack: Callable[..., Path], content: bytes, words: str, tiny: Unit, tmp_path: Path
) -> None:
    assert words in only_problem(pack(tmp_path / "w", {PLACE: content}), tiny)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../cell.c",
        "/cell.c",
        "a/../../cell.c",
        "C:/cell.c",
        "\\cell.c",
        "..\\cell.c",
        "/etc/passwd",
    ],
)
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_name_that_leads_outside_is_left_out(
    pack: Callable[..., Path], name: str, tiny: Unit, tmp_path: Path
) -> None:
    submission = open_submission(pack(tmp_path / "w", {name: GOOD}), [tiny])
    assert submission.entries == {}
    assert ["points outside the archive" in note for note in submission.notes] == [True]


def test_a_name_that_is_there_twice_counts_as_in_unpacking(tiny: Unit, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        archive.writestr(PLACE, b"int first;\n")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(PLACE, b"int last;\n")
    submission = open_submission(tmp_path / "w.zip", [tiny])
    assert "twice; the last one counts" in submission.notes[0]
    assert taken(tmp_path / "w.zip", tiny).files == {"cell.c": b"int last;\n"}


MISSING = {
    "lessons/90-cell/Cell.c": "There is 'lessons/90-cell/Cell.c': upper and lower case differ",
    "src/deep/cell.c": "There is 'src/deep/cell.c': move it to lessons/90-cell/",
    "my work.zip": "There is an archive inside, 'my work.zip'",
    "notes.txt": "The submission holds notes.txt",
}


@pytest.mark.parametrize(("name", "words"), MISSING.items())
def test_a_missing_file_comes_with_its_likeliest_reason(
    name: str, words: str, tiny: Unit, tmp_path: Path
) -> None:
    path = zip_of(tmp_path / "w.zip", {name: GOOD, "other/readme": b""})
    problem = only_problem(path, tiny)
    assert problem.startswith("cell.c is missing: it was looked for as lessons/90-cell/cell.c.")
    assert words in problem


def test_the_wrong_case_is_seen_in_a_directory_too(tiny: Unit, tmp_path: Path) -> None:
    folder = tmp_path / "work" / "lessons" / "90-cell"
    folder.mkdir(parents=True)
    (folder / "CELL.C").write_bytes(GOOD)
    assert "upper and lower case differ" in only_problem(tmp_path / "work", tiny)


ODD = b"caf\xe9\x1b[31m\xff.c"


def test_odd_names_are_shown_harmless(tiny: Unit, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "w.tar", "w") as archive:
        for name in (f"../{os.fsdecode(ODD)}", f"{os.fsdecode(ODD)}/cell.c"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    submission = open_submission(tmp_path / "w.tar", [tiny])
    files = files_of(submission, tiny, alone=True)
    assert files is not None and files.digest
    for text in (*submission.notes, *files.problems):
        assert text.isprintable() and text.encode()
    assert any("\\x1b" in note for note in submission.notes)


def test_an_archive_with_an_odd_name_of_its_own(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w.zip", {PLACE: GOOD}).rename(tmp_path / os.fsdecode(ODD))
    assert open_submission(path, [tiny]).name.encode()


def test_many_notes_are_cut_short(tiny: Unit, tmp_path: Path) -> None:
    path = tar_of(tmp_path / "w.tgz", {f"../{count}": b"" for count in range(200)})
    notes = open_submission(path, [tiny]).notes
    assert len(notes) == MAX_NOTES + 1 and notes[-1].startswith("... and more")


# --- links, devices, and the like -----------------------------------------------------------------


def of_type(kind: bytes, target: str = "") -> Callable[[tarfile.TarInfo], None]:
    def change(member: tarfile.TarInfo) -> None:
        member.type, member.linkname = kind, target

    return change


TAR_KINDS = {
    "symlink": (of_type(tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
    "hard link": (of_type(tarfile.LNKTYPE, "/etc/passwd"), "is a link"),
    "device": (of_type(tarfile.CHRTYPE), "is a device or another special file"),
    "block device": (of_type(tarfile.BLKTYPE), "is a device or another special file"),
    "fifo": (of_type(tarfile.FIFOTYPE), "is a device or another special file"),
}


@pytest.mark.parametrize("kind", TAR_KINDS)
def test_a_tar_member_that_is_no_file(kind: str, tiny: Unit, tmp_path: Path) -> None:
    change, words = TAR_KINDS[kind]
    path = tar_with(tmp_path / "w.tar", PLACE, change)
    assert only_problem(path, tiny) == f"{PLACE} {words}."
    assert words in open_submission(path, [tiny]).notes[0]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(stat.S_IFLNK | 0o777, "is a link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device")],
)
def test_a_zip_member_that_is_no_file(mode: int, words: str, tiny: Unit, tmp_path: Path) -> None:
    path = zip_with(tmp_path / "w.zip", PLACE, b"/etc/passwd", mode)
    assert words in only_problem(path, tiny)


def make_fifo(file: Path) -> None:
    os.mkfifo(file)


def make_link(file: Path) -> None:
    (file.parent / "real").write_bytes(GOOD)
    file.symlink_to("real")


def make_dangling(file: Path) -> None:
    file.symlink_to("/nowhere")


def make_folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_fifo, "is not a file"),
        (make_link, "is a link"),
        (make_dangling, "is a link"),
        (make_folder, "is not a file"),
    ],
)
def test_a_directory_whose_file_is_none(
    make: Callable[[Path], None], words: str, tiny: Unit, tmp_path: Path
) -> None:
    folder = tmp_path / "work" / "lessons" / "90-cell"
    folder.mkdir(parents=True)
    make(folder / "cell.c")
    assert only_problem(tmp_path / "work", tiny) == f"{PLACE} {words}."


def test_a_directory_with_a_link_to_the_outside(tiny: Unit, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "90-cell"
    outside.mkdir(parents=True)
    (outside / "cell.c").write_bytes(GOOD)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "lessons").symlink_to(tmp_path / "outside")
    assert only_problem(tmp_path / "work", tiny) == f"{PLACE} is reached by a link."


# --- archives that lie or break -------------------------------------------------------------------


def refused(path: Path, unit: Unit) -> str:
    with pytest.raises(InputError) as caught:
        open_submission(path, [unit])
    assert caught.value.where and caught.value.what
    return str(caught.value)


def test_what_is_not_there(tiny: Unit, tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "nothing", tiny)
    assert "there is no such file" in refused(tmp_path / "file" / ("x" * 20), tiny)
    assert "cannot be read" in refused(Path("/" + "x" * 5000), tiny)


def test_what_is_no_archive(tiny: Unit, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert "neither a directory nor an archive" in refused(tmp_path / "fifo", tiny)
    assert "neither a directory nor an archive" in refused(Path("/dev/zero"), tiny)
    for content in (b"", b"PK", b"hello", b"\x1f\x8b", b"PK\x03\x04", bytes(300), GOOD * 60):
        (tmp_path / "w").write_bytes(content)
        assert "Hand in a directory, .zip or .tar.gz." in refused(tmp_path / "w", tiny)


STRANGERS = {b"Rar!\x1a\x07": "a RAR", b"7z\xbc\xaf\x27\x1c": "a 7z", b"\xfd7zXZ\0": "an xz"}


@pytest.mark.parametrize("magic", STRANGERS)
def test_other_archives_are_called_by_their_names(magic: bytes, tiny: Unit, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(magic + bytes(100))
    assert f"is {STRANGERS[magic]} archive, which is not taken" in refused(tmp_path / "w", tiny)


@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar.gz"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_never_half_read(
    pack: Callable[..., Path], share: float, tiny: Unit, tmp_path: Path
) -> None:
    path = pack(tmp_path / "w", {PLACE: os.urandom(3000), "last": os.urandom(3000)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "is not an archive that can be read" in refused(path, tiny)


@pytest.mark.parametrize("size", [512 + 3072, 512 + 3072 + 200, 512 + 3072 + 512 + 100])
def test_a_plain_tar_cut_at_a_header_is_seen(size: int, tiny: Unit, tmp_path: Path) -> None:
    path = tar_of(tmp_path / "w", {PLACE: bytes(3000), "last": bytes(3000)}, "w")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match="cut off or damaged|unexpected end of data"):
        open_submission(path, [tiny])


def test_a_damaged_header_in_the_middle_is_seen(tiny: Unit, tmp_path: Path) -> None:
    path = tar_of(tmp_path / "w", {"first": bytes(512), PLACE: GOOD}, "w")
    data = bytearray(path.read_bytes())
    data[1024:1034] = b"\xff" * 10
    path.write_bytes(data)
    assert "cut off or damaged" in refused(path, tiny)


def test_a_changed_byte_is_seen_by_the_checksum(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w", {PLACE: GOOD}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"return 0", b"return 1"))
    assert "Bad CRC-32" in refused(path, tiny)


def test_an_encrypted_zip(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w", {PLACE: GOOD})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted: pack it without a password" in only_problem(path, tiny)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_of_a_method_without_limit_is_never_unpacked(
    method: int, tiny: Unit, tmp_path: Path
) -> None:
    path = zip_of(tmp_path / "w", {PLACE: bytes(100 << 20)}, method)
    assert "unusual way" in only_problem(path, tiny)


def test_a_zip_bomb_by_size(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w", {PLACE: bytes(100 << 20)})
    assert "is larger than 1 MiB" in only_problem(path, tiny)


def test_a_zip_bomb_by_the_number_of_wanted_files(tiny: Unit, tmp_path: Path) -> None:
    content = bytes(1 << 20)
    path = zip_of(tmp_path / "w", {f"{count}/cell.c": content for count in range(70)})
    assert "unpacks to more than 64 MiB" in refused(path, tiny)


@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_bomb_by_members(pack: Callable[..., Path], tiny: Unit, tmp_path: Path) -> None:
    path = pack(tmp_path / "w", {str(count): b"" for count in range(MAX_MEMBERS + 1)})
    assert f"holds more than {MAX_MEMBERS} files" in refused(path, tiny)


def test_a_directory_of_entries_is_counted_before_it_is_read(tiny: Unit, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"PK\x03\x04" + b"PK\x01\x02" * (2 * MAX_MEMBERS + 2))
    assert f"holds more than {MAX_MEMBERS} files" in refused(tmp_path / "w", tiny)


def test_a_gzip_bomb(tiny: Unit, tmp_path: Path) -> None:
    path = zeros(tmp_path / "w.tgz", "other", 80 << 20)
    assert path.stat().st_size < 1 << 20
    assert "unpacks to more than 64 MiB" in refused(path, tiny)


def test_archives_in_archives_are_not_opened(tiny: Unit, tmp_path: Path) -> None:
    inner = zip_of(tmp_path / "inner.zip", {PLACE: GOOD}).read_bytes()
    path = zip_of(tmp_path / "w.zip", {"inner.zip": inner})
    assert "There is an archive inside, 'inner.zip'" in only_problem(path, tiny)


def test_sparse_files_of_both_formats(tiny: Unit, tmp_path: Path) -> None:
    path = tar_with(tmp_path / "w.tar", PLACE, of_type(tarfile.GNUTYPE_SPARSE))
    assert "sparse" in only_problem(path, tiny)
    member = tarfile.TarInfo(PLACE)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": PLACE,
        "GNU.sparse.realsize": str(1 << 40),
    }
    content = b"1\n0\n1\n".ljust(512, b"\0") + b"x"
    member.size = len(content)
    with tarfile.open(tmp_path / "v.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    assert "sparse" in only_problem(tmp_path / "v.tar", tiny)


def test_a_tar_that_lies_about_its_sizes(tiny: Unit, tmp_path: Path) -> None:
    for size in (1 << 40, -1024, -(1 << 33)):
        header = bytearray(tarfile.TarInfo(PLACE).tobuf())
        header[124:136] = struct.pack(">Iq", 0xFFFFFFFF if size < 0 else 0x80000000, size)
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        (tmp_path / "w.tar").write_bytes(bytes(header) + bytes(2048))
        assert re.search("is not an archive|more than 64", refused(tmp_path / "w.tar", tiny))


def test_a_chain_of_extended_headers(tiny: Unit, tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 0
    (tmp_path / "w.tar").write_bytes(header.tobuf() * 5000 + bytes(1024))
    assert "is not an archive that can be read" in refused(tmp_path / "w.tar", tiny)


def test_a_zip_whose_directory_lies(tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "w.zip", {PLACE: GOOD})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    for offset, value in ((24, 5), (20, 4), (42, 1 << 30)):  # sizes, and where the file stands
        broken = bytearray(data)
        struct.pack_into("<I", broken, at + offset, value)
        path.write_bytes(broken)
        assert "is not an archive that can be read" in refused(path, tiny)


def test_nothing_is_ever_written(
    tiny: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zip_of(tmp_path / "w.zip", {PLACE: GOOD, "../evil": b"x", "lessons/evil": b"y"})
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    taken(path, tiny)
    assert sorted(tmp_path.rglob("*")) == before


# --- what is handed in beside what was asked for --------------------------------------------------


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_a_changed_file_of_the_workbook_is_named_and_not_used(
    kind: str, tiny: Unit, tmp_path: Path
) -> None:
    header = (tiny.directory / "cell.h").read_bytes()
    files = {PLACE: GOOD, "lessons/90-cell/cell.h": header, "lessons/90-cell/unit.toml": b"mine"}
    if kind == "directory":
        path = tmp_path / "work"
        for place, content in files.items():
            (path / place).parent.mkdir(parents=True, exist_ok=True)
            (path / place).write_bytes(content)
    else:
        path = {"zip": zip_of, "tar": tar_of}[kind](tmp_path / "work.archive", files)
    submission = open_submission(path, [tiny])
    assert submission.notes == [
        "'lessons/90-cell/unit.toml' is changed; the workbook's own is used."
    ]
    assert taken(path, tiny) == UnitFiles({"cell.c": GOOD}, ())


@pytest.mark.parametrize("place", ["lessons/04-mutex/mutex.c", "04-mutex/notes.txt", "mutex.c"])
def test_files_of_another_unit_are_called_so(place: str, tiny: Unit, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "work.zip", {place: GOOD})
    assert "There are files of 04-mutex: was it meant for that unit?" in only_problem(path, tiny)


def test_loose_files_are_taken_by_the_names_that_their_giver_gave_them(
    tiny: Unit, tmp_path: Path
) -> None:
    (tmp_path / "doejane_12_34_cell.c").write_bytes(GOOD)
    (tmp_path / "doejane_12_35_notes.txt").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("doejane_12_34_cell.c")
    files = [(n, tmp_path / f"doejane_12_{k}_{n}") for n, k in (("cell.c", 34), ("notes.txt", 35))]
    submission = open_files("Jane", files, [tiny])
    assert files_of(submission, tiny, alone=False) == UnitFiles({"cell.c": GOOD}, ())
    linked = open_files("Jane", [("cell.c", tmp_path / "link")], [tiny])
    held = files_of(linked, tiny, alone=False)
    assert held and held.files == {} and "is a link" in held.problems[0]


def test_a_loose_file_that_two_units_take_is_nobodys(tiny: Unit, tmp_path: Path) -> None:
    (tmp_path / "cell.c").write_bytes(GOOD)
    submission = open_files("Jane", [("cell.c", tmp_path / "cell.c")], [tiny, tiny])
    assert files_of(submission, tiny, alone=False) is None
