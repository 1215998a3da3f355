"""Ways to damage a file: of bytes, of records, of elements, of numbers, of words, of encodings."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

LIMIT: Final = 64 * 1024
"""Bytes of the longest input."""
Way = Callable[[Random, bytes], bytes]
_NUMBER: Final = re.compile(rb"[+-]?\d[\d.,]*")
_ELEMENT: Final = re.compile(rb"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?(?:/>|>[^<>]*</\1>)")
_TAG: Final = re.compile(rb"</?[A-Za-z][^<>]*>")
_TEXT: Final = re.compile(rb"(?<=>)[^<>]+(?=</)")
_WORD: Final = re.compile(rb"[A-Za-z0-9]{2,12}")
_NUMBERS: Final = (
    b"0", b"-0", b"00", b"-1", b"+1", b"--1", b"1e9", b"1E-9", b"NaN", b"Infinity", b"-Infinity", b"0x1F",
    b"0.001", b"0,001", b".5", b"5.", b"1_000", b"9" * 15, b"9" * 19, b"9" * 40, b"9" * 5_000, b"0" * 300,
    b"-" + b"9" * 18, b"9" * 18, b".".join((b"9" * 18, b"9" * 18)),
    b"0." + b"0" * 400 + b"1", b"1e999999999", b"2147483648", b"9223372036854775808",
    "١٢".encode(), "²".encode(), "１２".encode(), b"310226", b"290225", b"000000", b"999999", b"2026-02-30",
    b"0000-00-00", b"10000-01-01", b"99991231", b"00010101",
)  # fmt: skip
_NOISE: Final = (
    b"\0", b"\xff", b"\xfe\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\x1a", b"\x85", b"\x0b",
    b"\x0c", b"\x1b[2J", "\u202e".encode(), "\u0130".encode(), "\u2028".encode(), "ß".encode(), b"%s%n",
    b"{}", b"'\"", b"&#0;", b"&#x110000;", b"]]>", b"<![CDATA[", b"<!--", b"<?", b"<!DOCTYPE a>", b"&amp;",
    b"\r", b"\n", b"\t",
)  # fmt: skip
_ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp1252", "cp037")


def _stretch(draw: Random, content: bytes, most: int) -> tuple[int, int]:
    start = draw.randint(0, len(content))
    return start, min(len(content), start + draw.randint(0, most))


def _bits(draw: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8)) if content else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _bytes(draw: Random, content: bytes) -> bytes:
    start, end = _stretch(draw, content, 12)
    return content[:start] + draw.randbytes(end - start) + content[end:]


def _noise(draw: Random, content: bytes) -> bytes:
    start, end = _stretch(draw, content, draw.choice((0, 0, 3)))
    return content[:start] + draw.choice(_NOISE) + content[end:]


def _cut(draw: Random, content: bytes) -> bytes:
    start, end = _stretch(draw, content, draw.choice((1, 20, 400)))
    return draw.choice((content[:start] + content[end:], content[:start], content[start:]))


def _again(draw: Random, content: bytes) -> bytes:
    """The same stretch many times: what reads it must not take the square of the time."""
    start, end = _stretch(draw, content, 40)
    times = draw.choice((2, 3, 50, 2_000))
    return content[:end] + content[start:end] * min(times, LIMIT // (end - start + 1)) + content[end:]


def _shuffled(draw: Random, parts: list[bytes]) -> list[bytes]:
    """One part left out, doubled, moved or exchanged for another."""
    if not parts:
        return parts
    one, two = draw.randrange(len(parts)), draw.randrange(len(parts))
    match draw.randrange(4):
        case 0:
            del parts[one]
        case 1:
            parts.insert(two, parts[one])
        case 2:
            parts[one], parts[two] = parts[two], parts[one]
        case _:
            parts.insert(two, parts.pop(one))
    return parts


def _records(draw: Random, content: bytes) -> bytes:
    return b"".join(_shuffled(draw, content.splitlines(keepends=True)))


def _elements(draw: Random, content: bytes) -> bytes:
    """The leaves of an XML file, or its tags alone, in another order."""
    pattern = draw.choice((_ELEMENT, _ELEMENT, _TAG))
    places = [found.span() for found in pattern.finditer(content)]
    if not places:
        return _records(draw, content)
    start, end = draw.choice(places)
    other, behind = draw.choice(places)
    element = content[other:behind]
    match draw.randrange(4):
        case 0:
            return content[:start] + content[end:]
        case 1:
            return content[:start] + element + content[start:]
        case 2:
            return content[:start] + element + content[end:]
        case _:
            return content[:start] + b"<a>" * draw.choice((1, 30, 300)) + content[start:]


def _numbers(draw: Random, content: bytes) -> bytes:
    places = [found.span() for found in _NUMBER.finditer(content)]
    if not places:
        return content
    start, end = draw.choice(places)
    old = content[start:end]
    new = draw.choice((draw.choice(_NUMBERS), old * draw.choice((2, 30)), b"-" + old, old[:-1], old + b"0"))
    if draw.random() < 0.3:
        new = (new + b" " * len(old))[: len(old)]
    return content[:start] + new + content[end:]


def _encoded(draw: Random, content: bytes) -> bytes:
    """The same text in another encoding, or with a mark of one."""
    if draw.random() < 0.3:
        return draw.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0", b"\r\n")) + content
    try:
        return content.decode("utf-8").encode(draw.choice(_ENCODINGS), "replace")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode("utf-8")


def _words(draw: Random, content: bytes) -> bytes:
    """A word of the file at the place of another."""
    places = [found.span() for found in _WORD.finditer(content)]
    if not places:
        return content
    (start, end), (other, behind) = draw.choice(places), draw.choice(places)
    return content[:start] + content[other:behind] + content[end:]


def _texts(draw: Random, content: bytes) -> bytes:
    """The text of one leaf of an XML file in another, one doubled, or one left out: still well-formed."""
    leaves = [found.span() for found in _TEXT.finditer(content)]
    if not leaves:
        return _words(draw, content)
    (start, end), (other, behind) = draw.choice(leaves), draw.choice(leaves)
    text = draw.choice((content[other:behind], content[start:end] * 2, b"", draw.choice(_NUMBERS)))
    return content[:start] + text + content[end:]


def _leaves(draw: Random, content: bytes) -> bytes:
    """A leaf of an XML file left out, doubled or moved: still well-formed."""
    leaves = [found.span() for found in _ELEMENT.finditer(content)]
    if not leaves:
        return _records(draw, content)
    (start, end), (other, behind) = draw.choice(leaves), draw.choice(leaves)
    leaf = draw.choice((b"", content[start:end] * 2, content[other:behind], content[other:behind] * 200))
    return content[:start] + leaf + content[end:]


GENTLE: Final = (_texts, _texts, _leaves, _leaves, _numbers)
"""Damages that leave XML well-formed, so that what reads the elements is reached."""


def ways(tokens: Sequence[bytes]) -> tuple[Way, ...]:
    """All of them; `tokens` are words that mean something in the format."""

    def token(draw: Random, content: bytes) -> bytes:
        start, end = _stretch(draw, content, draw.choice((0, 0, 4, 30)))
        return content[:start] + draw.choice(tokens) + content[end:]

    own = (token, token) if tokens else ()
    return (
        *own, _bits, _bytes, _noise, _cut, _again, _records, _records, _elements, _elements, _numbers,
        _numbers, _encoded, _words,
    )  # fmt: skip


def spliced(draw: Random, one: bytes, two: bytes) -> bytes:
    """The beginning of one file with the end of another."""
    return one[: draw.randint(0, len(one))] + two[draw.randint(0, len(two)) :]


def damaged(draw: Random, content: bytes, other: bytes, how: Sequence[Way]) -> bytes:
    """The file with a few damages, at most LIMIT bytes long."""
    if draw.random() < 0.1:
        content = spliced(draw, content, other)
    if draw.random() < 0.4:
        how = GENTLE
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        content = draw.choice(how)(draw, content)[:LIMIT]
    return content
