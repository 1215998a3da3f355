"""An XML element as plain nodes by local name, and the values camt puts in them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from lxml import etree

from core.model import MoneyError, exponent, to_minor
from mappings.statements.draft import Unreadable

_AMOUNT = re.compile(r"\+?(\d{1,18}(\.\d*)?|\.\d+)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MAX_DEPTH = 64
_SIGNS = {"CRDT": 1, "DBIT": -1}
"""The direction of the entry itself: RvslInd says why, it does not turn the sign."""


_NO_CHILDREN: Mapping[str, list["Node"]] = {}


class Node:
    """One element: its text, its Ccy attribute, its children by local name in order."""

    __slots__ = ("children", "currency", "text")
    children: "Mapping[str, list[Node]]"

    def __init__(self, text: str | None, currency: str | None) -> None:
        self.text = text
        self.currency = currency
        self.children = _NO_CHILDREN


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class TooDeepError(ValueError):
    """The document is nested deeper than any camt is."""


def tree(element: etree._Element, *, without: str = "", depth: int = 0) -> Node:
    """The element with all below it, except children named `without`."""
    if depth > _MAX_DEPTH:
        raise TooDeepError
    node = Node(element.text, element.get("Ccy"))
    children: dict[str, list[Node]] = {}
    for child in element:
        tag = child.tag
        if isinstance(tag, str) and (name := _local(tag)) != without:
            below = tree(child, depth=depth + 1)
            if name in children:
                children[name].append(below)
            else:
                children[name] = [below]
    if children:
        node.children = children
    return node


def down(node: Node | None, *path: str) -> Node | None:
    """The first element at a path of local names."""
    for name in path:
        if node is None or name not in node.children:
            return None
        node = node.children[name][0]
    return node


def at(node: Node | None, *path: str) -> str | None:
    """The text at a path, without blanks around it; None when it is missing or empty."""
    for name in path:
        if node is None or name not in node.children:
            return None
        node = node.children[name][0]
    return node.text.strip() or None if node is not None and node.text else None


def all_of(node: Node | None, *path: str) -> list[Node]:
    """Every element at a path, through every branch."""
    found = [node] if node is not None else []
    for name in path:
        found = [child for parent in found for child in parent.children.get(name, ())]
    return found


def texts(node: Node | None, *path: str) -> list[str]:
    """The non-empty texts of every element at a path."""
    if down(node, path[0]) is None:
        return []
    return [text for found in all_of(node, *path) if (text := (found.text or "").strip())]


def known_currency(code: str | None, record: str) -> str:
    """An ISO currency code; raises Unreadable for anything else."""
    try:
        exponent(code or "")
    except MoneyError as error:
        raise Unreadable("unknown_currency", str(error), record) from None
    return code or ""


def amount(node: Node | None, record: str) -> tuple[int, str]:
    """An unsigned amount in minor units and its currency; raises Unreadable."""
    text = (node.text or "").strip() if node is not None else ""
    if node is None or not _AMOUNT.fullmatch(text):
        raise Unreadable("unreadable_amount", "an amount is missing or unreadable", record)
    currency = known_currency(node.currency, record)
    try:
        return to_minor(text, currency), currency
    except MoneyError as error:
        raise Unreadable("unreadable_amount", str(error), record) from None


def sign(node: Node | None, record: str) -> int:
    """+1 for CRDT, -1 for DBIT; raises Unreadable."""
    found = _SIGNS.get(at(node, "CdtDbtInd") or "")
    if found is None:
        raise Unreadable("unreadable_amount", "an amount does not say credit or debit", record)
    return found


def signed(node: Node | None, record: str) -> tuple[int, str]:
    """The element's Amt with its CdtDbtInd."""
    minor, currency = amount(down(node, "Amt"), record)
    return sign(node, record) * minor, currency


def stated_day(node: Node | None, record: str) -> tuple[date | None, datetime | None]:
    """Dt or DtTm as a bank-local date, and the moment where one with a zone is given.

    A DtTm at midnight is a date: its first ten characters count and no zone is converted. Any
    other moment is put on the calendar of Paris. Raises Unreadable for what is no date.
    """
    text = at(node, "Dt") or at(node, "DtTm")
    if text is None:
        return None, None
    try:
        if not _DAY.fullmatch(text[:10]):
            raise ValueError
        if "T" not in text:
            return date.fromisoformat(text[:10]), None
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("unreadable_date", "a date is unreadable", record) from None
    if moment.time() == time() or moment.tzinfo is None:
        return moment.date(), None
    return moment.astimezone(_paris()).date(), moment.astimezone(UTC)


@lru_cache(maxsize=1)
def _paris() -> ZoneInfo:
    return ZoneInfo("Europe/Paris")
