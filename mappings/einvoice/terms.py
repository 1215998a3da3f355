"""Business terms out of XML nodes: what both syntaxes share."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

from mappings.einvoice.record import Term
from mappings.xml import Node

_NOTES = re.compile(r"#([A-Z]{3})#((?:(?!#[A-Z]{3}#).)*)", re.DOTALL)


def term(node: Node | None, *paths: str, qualifier: str = "") -> Term | None:
    """The first text that is not empty at the paths, tried in order; `qualifier` names the attribute
    that tells how to read it."""
    found = (one for path in paths for one in terms(node, path, qualifier=qualifier))
    return next(found, None)


def terms(node: Node | None, path: str, *, qualifier: str = "") -> tuple[Term, ...]:
    """Every text at a path that is not empty."""
    return tuple(own(one, qualifier) for one in (node.all(path) if node else ()) if one.text)


def own(node: Node, qualifier: str = "") -> Term:
    """The text of the node itself."""
    return Term(node.text, node.place, node.attributes.get(qualifier, "") if qualifier else "")


def coded_notes(notes: Iterable[Term]) -> tuple[Term, ...]:
    """UBL has no element for the code of a note: it stands in the text, `#PMT#…`, also several in one."""
    found: list[Term] = []
    for note in notes:
        parts = _NOTES.findall(note.text) if note.text.startswith("#") else []
        found += [Term(text.strip(), note.place, code) for code, text in parts] or [note]
    return tuple(found)


def digests(binaries: Iterable[Node]) -> tuple[Term, ...]:
    """SHA-256 of each attachment: they are told apart, never opened."""
    return tuple(Term(_digest(node), node.place) for node in binaries if node.text)


def _digest(node: Node) -> str:
    """Of the bytes in base 64; of the text as it stands when it is not base 64."""
    try:
        content = base64.b64decode("".join(node.text.split()), validate=True)
    except (binascii.Error, ValueError):
        content = node.text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()
