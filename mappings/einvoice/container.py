"""The XML inside a PDF (Factur-X, ZUGFeRD): embedded files by name tree and by relationship.

Only the container is read: no page, no script, no link. Every stream is opened under a limit.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader, apply_configuration
from pypdf.errors import DependencyError, DeprecationError, LimitReachedError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from core.errors import BadInput

MAX_EMBEDDED: Final = 20 * 1024 * 1024
"""Bytes of one stream of a PDF once it is unpacked; also of what holds the PDF's own objects."""
MAX_FILES: Final = 200
MAX_NODES: Final = 2_000
NAMES: Final = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
"""Names the standards give the invoice, compared in lower case, best first. ZUGFeRD 1.0 and 2.0 differ
in case only."""
COPIES: Final = frozenset({"factur-xubl.xml", "factur-xedifact.edi"})
"""Complementary copies of the same invoice in another syntax."""
_BROKEN: Final = (
    PyPdfError, DependencyError, DeprecationError, ArithmeticError, AssertionError, AttributeError,
    EOFError, LookupError, NotImplementedError, OSError, RecursionError, TypeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip
"""What a damaged file may raise: the library says itself that it is not only its own errors."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One XML file in a PDF. `is_named` when its name is one the standards give."""

    name: str
    content: bytes
    is_named: bool


@dataclass(frozen=True, slots=True)
class Container:
    """What a PDF holds: XML files, best name first, how many other files, and the metadata packet."""

    embedded: tuple[Embedded, ...]
    others: int
    metadata: bytes | None


def open_pdf(file: str, content: bytes) -> Container:
    """The embedded XML files. Raises BadInput for a PDF that is encrypted, damaged or a bomb."""
    limits: dict[str, Any] = {
        "zlib_maximum_output_length": MAX_EMBEDDED,
        "lzw_maximum_output_length": MAX_EMBEDDED,
        "run_length_maximum_output_length": MAX_EMBEDDED,
        "array_based_stream_maximum_output_length": MAX_EMBEDDED,
        "brotli_maximum_output_length": MAX_EMBEDDED,
        "stream_decoding_work_maximum_length": 4 * MAX_EMBEDDED,
        "stream_filters_maximum_length": 4,
        "jbig2dec_binary": None,
        "disable_legacy_handling": True,
    }
    try:
        with apply_configuration(**limits):
            return _read(file, content)
    except LimitReachedError:
        raise BadInput(
            f"{file}: a stream of this PDF unpacks to more than {MAX_EMBEDDED:,} bytes or a list in it is too"
            " long: it was not read. Ask for the XML itself"
        ) from None
    except _BROKEN as error:
        raise BadInput(
            f"{file} is a PDF that is damaged ({type(error).__name__} within its {len(content):,} bytes):"
            " nothing was read. Get the file again"
        ) from None


def _read(file: str, content: bytes) -> Container:
    start = content.find(b"%PDF-", 0, 1024)
    reader = PdfReader(
        BytesIO(content[max(start, 0) :]),
        root_object_recovery_limit=2_000,
        xref_stream_maximum_entries=200_000,
    )
    if reader.is_encrypted:
        raise BadInput(
            f"{file} is an encrypted PDF, which an electronic invoice may not be: it was not opened. Ask the"
            " supplier for the invoice without a password"
        )
    root = reader.root_object
    found = list(_files(file, root))
    xml = [_embedded(name, stream) for name, stream in found if _is_xml(name, stream)]
    ranked = sorted(xml, key=lambda one: (not one.is_named, _rank(one.name)))
    return Container(tuple(ranked), len(found) - len(xml), _metadata(root))


def _rank(name: str) -> int:
    lower = name.lower()
    return NAMES.index(lower) if lower in NAMES else len(NAMES)


def _embedded(name: str, stream: StreamObject) -> Embedded:
    return Embedded(name, stream.get_data(), name.lower() in NAMES)


def _is_xml(name: str, stream: StreamObject) -> bool:
    """By name, or by type where the name tells nothing; a copy in another syntax is left alone."""
    lower = name.lower()
    subtype = str(stream.get("/Subtype", "")).lower().replace("#2f", "/")
    return lower not in COPIES and (lower.endswith(".xml") or subtype.endswith("/xml"))


def _files(file: str, root: DictionaryObject) -> Iterator[tuple[str, StreamObject]]:
    """Every embedded file once, from the tree of names and from the files the document is related to."""
    names = _dictionary(_get(root, "/Names"))
    specified = list(_tree(file, _get(names, "/EmbeddedFiles"))) if names is not None else []
    related = _resolved(_get(root, "/AF"))
    specified += [("", one) for one in related] if isinstance(related, ArrayObject) else []
    seen: set[object] = set()
    for key, one in specified:
        spec = _dictionary(one)
        stream = _stream(spec) if spec is not None else None
        if spec is None or stream is None or id(stream) in seen:
            continue
        seen.add(id(stream))
        if len(seen) > MAX_FILES:
            raise BadInput(f"{file} has more than {MAX_FILES} embedded files: it was not read")
        yield _name(spec) or key, stream


def _tree(file: str, top: Any) -> Iterator[tuple[str, Any]]:
    """(key, file specification) of a tree of names, however deep; a loop in it ends at the limit."""
    waiting = [top]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = _dictionary(waiting.pop())
        if node is None:
            continue
        leaves, kids = _resolved(_get(node, "/Names")), _resolved(_get(node, "/Kids"))
        if isinstance(leaves, ArrayObject):
            yield from ((str(leaves[n]), leaves[n + 1]) for n in range(0, len(leaves) - 1, 2))
        if isinstance(kids, ArrayObject):
            waiting.extend(kids)
    raise BadInput(f"{file} has a tree of embedded files with more than {MAX_NODES:,} nodes: it was not read")


def _get(node: DictionaryObject | None, key: str) -> Any:
    return node.raw_get(key) if node is not None and key in node else None


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _dictionary(value: Any) -> DictionaryObject | None:
    found = _resolved(value)
    return found if isinstance(found, DictionaryObject) else None


def _stream(spec: DictionaryObject) -> StreamObject | None:
    files = _dictionary(_get(spec, "/EF"))
    for key in ("/UF", "/F"):
        found = _resolved(_get(files, key))
        if isinstance(found, StreamObject):
            return found
    return None


def _name(spec: DictionaryObject) -> str:
    for key in ("/UF", "/F"):
        found = _resolved(_get(spec, key))
        if isinstance(found, str) and found:
            return found
    return ""


def _metadata(root: DictionaryObject) -> bytes | None:
    found = _resolved(_get(root, "/Metadata"))
    return found.get_data() if isinstance(found, StreamObject) else None
