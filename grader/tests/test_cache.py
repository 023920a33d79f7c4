"""The cache: whole entries or none, from any number of writers, on a failing disk too."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import NoReturn

import pytest
from happens_before.core import cache as caches
from happens_before.core.cache import Cache, digest_of, write_atomically
from happens_before.core.errors import GraderFault, InputError

KEY = digest_of("a key")


def source(tmp_path: Path, content: bytes = b"an object", mode: int = 0o755) -> Path:
    file = tmp_path / "source"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_an_entry_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "cache")
    assert cache.find("object", KEY) is None and cache.read_json("object", KEY) is None
    path = cache.keep_file("object", KEY, source(tmp_path))
    assert cache.find("object", KEY) == path and path.read_bytes() == b"an object"
    assert os.access(path, os.X_OK)
    cache.keep_json("verdict", KEY, {"a": [1, None]})
    assert cache.read_json("verdict", KEY) == {"a": [1, None]}
    assert cache.find("object", digest_of("another")) is None


@pytest.mark.parametrize("damage", [b"", b"an objec", b"an objecT", b"an object "])
def test_a_damaged_entry_is_none_and_is_made_again(damage: bytes, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    path = cache.keep_file("object", KEY, source(tmp_path))
    path.chmod(0o644)
    path.write_bytes(damage)
    assert cache.find("object", KEY) is None and not path.exists()
    assert cache.keep_file("object", KEY, source(tmp_path)) == path
    assert cache.find("object", KEY) == path


def test_damaged_json_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep_json("verdict", KEY, {"points": 1})
    (path,) = tmp_path.rglob("*.*")
    path.chmod(0o644)
    path.write_text('{"points": 9}')
    assert cache.read_json("verdict", KEY) is None


def test_many_writers_and_readers_see_whole_entries(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    contents = {bytes([letter]) * 50_000 for letter in range(8)}
    seen: set[bytes] = set()

    def write(content: bytes) -> None:
        file = tmp_path / content[:1].hex()
        file.write_bytes(content)
        for _ in range(10):
            cache.keep_file("object", KEY, file)
            if found := cache.find("object", KEY):
                seen.add(found.read_bytes())

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen and seen <= contents
    assert not list(tmp_path.rglob(".new-*"))


def full(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_a_clear_fault_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = source(tmp_path)
    monkeypatch.setattr(caches.os, "replace", full)
    cache = Cache(tmp_path / "cache")
    for keep in (
        lambda: cache.keep_file("object", KEY, file),
        lambda: cache.keep_json("verdict", KEY, {}),
    ):
        with pytest.raises(GraderFault, match="No space left on device.*Make room"):
            keep()
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_a_cache_that_is_no_directory_is_a_clear_fault(tmp_path: Path) -> None:
    cache = Cache(source(tmp_path) / "cache")
    assert cache.find("object", KEY) is None
    with pytest.raises(GraderFault, match="HAPPENS_BEFORE_CACHE"):
        cache.keep_json("verdict", KEY, 1)


def test_digests_keep_their_parts_apart() -> None:
    lists = [("a", "b"), ("ab",), ("a", "b", ""), ("", "ab"), ("1:a",), (b"a", "bc"), ()]
    assert len({digest_of(*parts) for parts in lists}) == len(lists)
    assert digest_of(os.fsdecode(b"\xff"))


def test_a_text_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "report.json"
    write_atomically(file, "one")
    write_atomically(file, "two \udcff")
    assert file.read_text() == "two \\udcff" and file.stat().st_mode & 0o777 == 0o644
    assert os.listdir(file.parent) == ["report.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_atomically(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_text() == "text"


def test_a_device_is_written_to_not_replaced(tmp_path: Path) -> None:
    write_atomically(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, source(tmp_path) / "below"):
        with pytest.raises(InputError, match="cannot be written") as caught:
            write_atomically(place, "text")
        assert caught.value.where == str(place)
