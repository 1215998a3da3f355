"""A file of no kind that is read: what it looks like, and what would be read instead."""

import re
from typing import Final

from core.errors import BadInput, shown

READ: Final = (
    "bank statements (CFONB 120 and 240, camt.052 to .054, MT940, MT942, OFX), ledgers (FEC), e-invoices"
    " (Factur-X, UBL, CII) and their statuses (CDAR), and ZIP archives of these"
)
_TABLE: Final = "a table (CSV), which every bank and tool writes differently"
_BEGINNINGS: Final = (
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a gzip archive, which must be unpacked first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which must be unpacked first"),
    (b"Rar!", "a RAR archive, which must be unpacked first"),
    (b"BZh", "a bzip2 archive, which must be unpacked first"),
    (b"\xfd7zXZ", "an xz archive, which must be unpacked first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"SQLite format 3", "a database"),
)
_ELEMENT: Final = re.compile(r"<(?!\?|!)(?:[\w.-]+:)?([A-Za-z_][\w.-]{0,60})")
_SEPARATORS: Final = ("\t", ";", "|", ",")


def unknown(name: str, head: bytes) -> BadInput:
    """The refusal of a file that begins with `head`; it repeats nothing of the file but a tag."""
    if not head.strip(b" \t\r\n\0\x1a\xef\xbb\xbf"):
        return BadInput(f"{name} is empty: download or export it again")
    return BadInput(f"{name} is {_looks(head)}; read are {READ}: export one of these")


def _looks(head: bytes) -> str:
    for beginning, what in _BEGINNINGS:
        if head.startswith(beginning):
            return what
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "no text and of no kind that is known"
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1", "replace")
    text = text.lstrip("\ufeffï»¿ \t\r\n")
    if text.startswith(("JournalCode,", '"JournalCode",')):
        return "a ledger (FEC) with commas between its columns, which also mark decimals"
    return _markup(text) or _json(text) or _table(text) or "text of no kind that is known"


def _markup(text: str) -> str | None:
    root = _ELEMENT.search(text) if text.startswith("<") else None
    return f"XML of another kind (its root is <{shown(root[1])}>)" if root else None


def _json(text: str) -> str | None:
    return "JSON" if text.startswith(("{", "[")) else None


def _table(text: str) -> str | None:
    """Two lines with the same separator equally often."""
    lines = [line for line in text.splitlines()[:3] if line.strip()][:2]
    counts = [{line.count(mark) for line in lines} for mark in _SEPARATORS]
    return _TABLE if len(lines) == 2 and any(len(c) == 1 and c != {0} for c in counts) else None
