"""Which of the encodings a format allows its bytes are in: looked at, never guessed."""

import codecs
from typing import BinaryIO, Literal, TypeAlias

from core.errors import BadInput

_CHUNK = 1 << 20
Charset: TypeAlias = Literal["ascii", "utf-8", "8-bit"]


def charset_of(name: str, file: BinaryIO) -> Charset:
    """ASCII, UTF-8 (letters beyond ASCII make it certain) or some 8-bit set; reads the file to its end
    and goes back to its start. Raises BadInput at a zero byte: no text of these formats has one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    found: Charset = "ascii"
    position = 0
    while chunk := file.read(_CHUNK):
        if b"\x00" in chunk:
            raise BadInput(
                f"{name} is no plain text (byte {position + chunk.index(0)} is zero, perhaps UTF-16, where"
                " Latin-1 is due): import the file as the bank sent it"
            )
        if found != "8-bit" and not (found == "ascii" and chunk.isascii()):
            found = "utf-8" if _decodes(decoder, chunk) else "8-bit"
        position += len(chunk)
    file.seek(0)
    return "8-bit" if found == "utf-8" and not _decodes(decoder, b"", final=True) else found


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
