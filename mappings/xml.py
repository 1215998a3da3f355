"""XML from strangers as plain nodes: one hardened parser, with limits and a place for every message.

No document this program reads needs a DOCTYPE, so one is refused before anything is parsed: without
it there are no entities, nothing expands and nothing outside the file is ever opened.
"""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from core.errors import BadInput, shown

MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 400_000
DOCTYPES: Final = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
"""A document type declaration, in every encoding that is read."""
_ENCODINGS: Final = re.compile(
    r"utf-?8|utf-?16(?:[lb]e)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d"
)
_DECLARED: Final = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_CHUNK: Final = 65_536
_SHORT: Final = 4
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Node:
    """One element: local name, namespace, text, attributes by local name, children in order, line."""

    __slots__ = ("attributes", "children", "line", "name", "namespace", "parent", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str], line: int, parent: "Node | None") -> None:
        self.namespace, self.name = _split(tag)
        self.attributes = {_split(key)[1]: value for key, value in attributes.items()} or _NONE
        self.line = line
        self.parent = parent
        self.text = ""
        self.children: list[Node] = []

    def all(self, path: str) -> "list[Node]":
        """Every element at a path of local names (`a/b/c`), through every branch."""
        found = [self]
        for name in path.split("/"):
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def first(self, path: str) -> "Node | None":
        """The first element at a path of local names, looking through every branch; None without."""
        return next(iter(self.all(path)), None)

    @property
    def place(self) -> str:
        """Where it stands, for messages: the path (its middle left out when it is long) and the line."""
        names, node = [shown(self.name, 60)], self.parent
        while node is not None:
            names.append(shown(node.name, 60))
            node = node.parent
        path = names[::-1] if len(names) <= _SHORT else [names[-1], "…", *names[_SHORT - 2 :: -1]]
        return f"{'/'.join(path)}, line {self.line}"


def _split(tag: str) -> tuple[str, str]:
    namespace, brace, name = tag.rpartition("}")
    return (namespace[1:], name) if brace else ("", tag)


def parse(name: str, content: bytes) -> Node:
    """The root of a document; comments and processing instructions are left out.

    Raises BadInput, naming the file (`name`), the line and the reason, for anything that is not
    well-formed XML in the encoding it declares, has a DOCTYPE, or is too deep or too large.
    """
    refuse_doctype(name, content)
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    _check_encoding(name, content)
    try:
        return _tree(name, content)
    except etree.XMLSyntaxError as error:
        raise BadInput(
            f"{name} is not well-formed XML in the encoding it declares (line {error.lineno}:"
            f" {reason_of(error)}): it is cut or damaged and nothing was read. Get the file again"
        ) from None


def reason_of(error: etree.XMLSyntaxError) -> str:
    """What the parser found wrong, without all the names it repeats from the file."""
    return shown(" ".join((error.msg or "damaged").split()), 80)


def refuse_doctype(name: str, content: bytes) -> None:
    """Raises BadInput for a document type declaration anywhere, before anything is parsed."""
    found = [at for mark in DOCTYPES if (at := content.find(mark)) >= 0]
    if found:
        raise _doctype(name, f"byte {min(found)}")


def _doctype(name: str, where: str) -> BadInput:
    return BadInput(
        f"{name} has a document type declaration (DOCTYPE, {where}), which no document read here needs and"
        " which can hide an attack: nothing was read. Ask the sender for a plain file"
    )


def _check_encoding(name: str, content: bytes) -> None:
    """Only encodings in which a DOCTYPE cannot hide from a search for its bytes."""
    head = content[:_CHUNK]
    if head.startswith((b"\xff\xfe\x00\x00", b"<\x00\x00\x00", b"\x00\x00")):
        raise _unread_encoding(name, "UTF-32")
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
        head = head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"")
    elif not head.startswith(b"<"):
        what = f"it begins with 0x{head[:1].hex()} at byte 0" if head else "it is empty (byte 0)"
        raise BadInput(f"{name} is not XML: {what}")
    if head.startswith(b"<?xml"):
        _check_declared(name, head.partition(b"?>"))


def _check_declared(name: str, declaration: tuple[bytes, bytes, bytes]) -> None:
    if not declaration[1]:
        raise BadInput(f"{name} has an XML declaration without an end (line 1): it was not read")
    for declared in _DECLARED.findall(declaration[0]):
        encoding = declared.decode("ascii", "replace")
        if not _ENCODINGS.fullmatch(encoding.lower()):
            raise _unread_encoding(name, shown(encoding))


def _unread_encoding(name: str, encoding: str) -> BadInput:
    return BadInput(f"{name} is in {encoding}, which is not read (line 1): save it as UTF-8")


def _tree(name: str, content: bytes) -> Node:
    root: Node | None = None
    open: list[Node] = []
    count = 0
    for event, element in hardened(BytesIO(content), events=("start", "end"), huge=True):
        if event == "end":
            open.pop().text = (element.text or "").strip()
            element.clear()
            continue
        parent = open[-1] if open else None
        node = Node(element.tag, element.attrib, element.sourceline, parent)
        if parent is not None:
            parent.children.append(node)
        elif has_doctype(element):
            raise _doctype(name, "before the first element")
        root = root or node
        open.append(node)
        count += 1
        if len(open) > MAX_DEPTH or count > MAX_ELEMENTS:
            raise _too_large(name, node, depth=len(open))
    assert root is not None  # a document without an element is not well-formed
    return root


def hardened(
    source: Any, *, events: tuple[str, ...], tags: tuple[str, ...] | None = None, huge: bool = False
) -> Iterator[tuple[str, Any]]:
    """lxml's parser, for every room, on a source of bytes: nothing is resolved, loaded or fetched.

    `huge` lifts the parser's own limit of 10 MB for one text (an attachment); depth, number of elements
    and bytes are then the caller's to limit. Without a DOCTYPE, which the caller refuses, nothing expands.
    """
    parser: Iterator[tuple[str, Any]] = etree.iterparse(
        source,
        events=events,
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
        remove_comments=True,
        remove_pis=True,
    )
    return parser


def has_doctype(element: Any) -> bool:
    """A DOCTYPE that got past a search of bytes, in whatever encoding."""
    return bool(element.getroottree().docinfo.doctype)


def _too_large(name: str, node: Node, *, depth: int) -> BadInput:
    deep, many = f"more than {MAX_DEPTH} levels", f"more than {MAX_ELEMENTS:,} elements"
    what = deep if depth > MAX_DEPTH else many
    return BadInput(f"{name} has {what} (line {node.line}): it was not read")
