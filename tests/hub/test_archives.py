"""Archives: every file in them is read or refused by itself, and none can ask for more than it may."""

import io
import struct
import zipfile
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from hub import archives
from hub.archives import Archive, ArchiveLimits, base_name, is_archive
from hub.door import each_file

PLAIN = st.binary(max_size=300).filter(lambda content: not is_archive(content))
SMALL = ArchiveLimits(entries=5, entry_bytes=50_000_000, total_bytes=60_000_000, ratio=100)


def packed(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def handed(content: bytes, *, bad: str = "") -> tuple[dict[str, bytes], list[str]]:
    """What was taken, by how the user knows it, and what was refused."""
    taken: dict[str, bytes] = {}

    def take(shown: str, name: str, file: BinaryIO) -> None:
        if bad and name == bad:
            raise BadInput(f"{name} is no statement")
        assert file.seek(0) == 0
        taken[shown] = file.read()

    return taken, each_file("all.zip", "all.zip", io.BytesIO(content), take)


@given(st.dictionaries(st.text("abcé/_- .", min_size=1, max_size=12), PLAIN, max_size=5))
@settings(max_examples=50, deadline=None)
def test_what_was_packed_comes_out(files: dict[str, bytes]) -> None:
    wanted = {f"all.zip/{name}": data for name, data in files.items() if not name.endswith("/")}
    taken, refused = handed(packed(files))
    assert taken == wanted
    assert refused == ([] if wanted else ["all.zip is an archive without files"])


def test_a_plain_file_is_no_archive() -> None:
    assert handed(b"PKZ and more") == ({"all.zip": b"PKZ and more"}, [])


def test_an_office_document_among_the_files_is_named_as_one() -> None:
    content = packed({"bank.xlsx": packed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b""})})
    taken, [sentence] = handed(content)
    assert not taken
    assert sentence.startswith("all.zip/bank.xlsx is an Office document: export")


def test_one_bad_file_does_not_stop_the_others() -> None:
    inner = packed({"deep.txt": b"x"})
    content = packed({"june.txt": b"june", "bad.txt": b"bad", "july/inner.zip": inner, "z.txt": b"z"})
    taken, refused = handed(content, bad="bad.txt")
    assert sorted(taken) == ["all.zip/june.txt", "all.zip/z.txt"]
    assert refused == [
        "all.zip/bad.txt is no statement",
        "all.zip/july/inner.zip is an archive in an archive: unpack it and import its files",
    ]


def test_what_systems_leave_behind_is_passed_over() -> None:
    content = packed({"__MACOSX/._june.txt": b"x", "in/.DS_Store": b"x", "june.txt": b"june"})
    assert handed(content) == ({"all.zip/june.txt": b"june"}, [])


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "C:\\temp\\x.txt", "a/../../x.txt"])
def test_a_path_is_only_a_name(path: str) -> None:
    """Nothing is ever written under it; what reads the file is told the last part."""
    names: list[str] = []
    content = packed({path: b"data"})
    assert each_file("a.zip", "a.zip", io.BytesIO(content), lambda _s, name, _f: names.append(name)) == []
    assert names == [base_name(zipfile.ZipInfo(path))]
    assert names[0] in ("passwd", "x.txt")


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    content = packed({"bomb.txt": b"0" * 30_000_000, "june.txt": b"june"})
    archive = Archive("all.zip", io.BytesIO(content), SMALL)
    bomb, june = archive.entries()
    with pytest.raises(BadInput, match=r"all\.zip/bomb\.txt unpacks to more than"), archive.opened(bomb):
        pass
    with archive.opened(june) as file:
        assert file.read() == b"june"


def test_a_size_that_the_archive_only_states_is_not_believed() -> None:
    data = b"0" * 200_000
    content = bytearray(packed({"x.txt": data}, method=zipfile.ZIP_STORED))
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 5)
    taken, refused = handed(bytes(content))
    assert not taken or taken["all.zip/x.txt"] in (data, data[:5])
    assert len(taken) + len(refused) == 1


def test_all_files_together_have_a_limit() -> None:
    limits = ArchiveLimits(total_bytes=1_000_000)
    archive = Archive("a.zip", io.BytesIO(packed({"a": b"a" * 700_000, "b": b"b" * 700_000})), limits)
    first, second = archive.entries()
    with archive.opened(first) as file:
        assert len(file.read()) == 700_000
    with pytest.raises(BadInput, match="more than an archive may hold"), archive.opened(second):
        pass


def test_too_many_files_are_refused_by_number() -> None:
    with pytest.raises(BadInput, match="holds 6 files and the limit is 5"):
        Archive("a.zip", io.BytesIO(packed({str(n): b"" for n in range(6)})), SMALL)


def test_an_encrypted_file_is_refused_by_name() -> None:
    content = bytearray(packed({"x.txt": b"data"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    taken, [refused] = handed(bytes(content))
    assert not taken
    assert "all.zip/x.txt is encrypted" in refused


@pytest.mark.parametrize("rest", [b"\x03\x04", b"\x03\x04" + b"\0" * 500, b"\x05\x06" + b"\xff" * 30])
def test_a_damaged_archive_is_refused_by_name(rest: bytes) -> None:
    assert handed(b"PK" + rest) == ({}, ["all.zip is a damaged ZIP archive: download or make it again"])


def test_a_damaged_file_in_an_archive_is_refused_by_name() -> None:
    content = bytearray(packed({"x.txt": b"data" * 500, "y.txt": b"fine"}, method=zipfile.ZIP_STORED))
    content[100:115] = b"\xff" * 15
    taken, refused = handed(bytes(content))
    assert taken == {"all.zip/y.txt": b"fine"}
    assert refused == ["all.zip/x.txt is damaged in the archive: make the archive again"]


def test_an_office_document_is_refused_for_what_it_is() -> None:
    content = packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    taken, [refused] = handed(content)
    assert not taken
    assert "is an Office document: export" in refused


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_it(data: st.DataObject) -> None:
    content = bytearray(packed({"june.txt": b"june" * 40, "july.txt": b"july" * 40}))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[at] = byte
    cut = data.draw(st.integers(4, len(content)))
    handed(bytes(content[:cut]))


def test_what_is_long_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "IN_MEMORY", 1_000)
    archive = Archive("a.zip", io.BytesIO(packed({"x": bytes(range(256)) * 100})))
    [entry] = archive.entries()
    with archive.opened(entry) as file:
        assert file._rolled  # type: ignore[attr-defined]  # what the standard library calls it
        assert len(file.read()) == 25_600


def test_a_name_that_an_archive_chose_is_short_and_printable_in_messages() -> None:
    _, [refused] = handed(packed({"a\x1b[2J" + "b" * 5_000: packed({"x": b""})}))
    assert refused.startswith("all.zip/a [2Jbbb")
    assert refused.isprintable()
    assert len(refused) < 300


def test_a_file_without_a_name_is_read_like_another() -> None:
    """Damage may leave such an entry; some versions of Python fail when asked whether it is a folder."""
    content = packed({"named": b"june", "z.txt": b"z"}, method=zipfile.ZIP_STORED).replace(
        b"named", b"\0amed"
    )
    assert handed(content)[0] == {"all.zip/": b"june", "all.zip/z.txt": b"z"}
    assert base_name(zipfile.ZipInfo("")) == "unnamed"
