"""A set of provider ids as a short text: what a cursor remembers to notice that some are gone."""

import base64
import zlib
from collections.abc import Iterable


def pack(ids: Iterable[str]) -> str:
    """Ids as sorted differences, compressed; an id that is no plain number is left out.

    >>> unpack([pack(["70110020030001", "70110020030002"])]) == {"70110020030001", "70110020030002"}
    True
    """
    last, out = 0, bytearray()
    for id in sorted({int(text) for text in ids if text.isdecimal() and len(text) < 20}):
        step, last = id - last, id
        while step > 127:
            out.append(step & 127 | 128)
            step >>= 7
        out.append(step)
    return base64.b64encode(zlib.compress(bytes(out), 6)).decode()


def unpack(texts: Iterable[str]) -> set[str]:
    """The ids of several packed sets."""
    found: set[str] = set()
    for text in texts:
        last = step = shift = 0
        for byte in zlib.decompress(base64.b64decode(text)):
            step |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                last += step
                found.add(str(last))
                step = shift = 0
    return found
