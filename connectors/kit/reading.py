"""From a provider's page to facts: each record is read alone, kept raw, or set aside with its reason."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.kit.client import parse_json
from connectors.kit.contract import Page, Raw, Response, Stream
from core.errors import BadRecord
from core.model import Connection, Fact, QualityIssue, RawRecord, content_hash, stable_id
from core.ports import Pulled
from mappings.grammar import Origin

LONGEST_ID = 200
MOST_NEW_FIELDS = 100
_ESCAPED_NUL = rb"\u0000"
_DECIMAL = "\x00decimal:"
_QUOTED_DECIMAL = re.compile(r'"\\u0000decimal:([^"]*)"')


def exact_json(value: Any) -> str:
    """Canonical JSON of what `parse_json` gave, decimals as the numbers they were: sorted keys, no blanks.

    The fast encoder knows no decimals: they pass through it as marked texts, whose quotes are then
    taken off. If a text of the provider bears the mark too, the slow way is taken.
    """
    marked = 0

    def mark(decimal: Any) -> str:
        nonlocal marked
        marked += 1
        return _DECIMAL + str(_decimal(decimal))

    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=mark)
    if not marked:
        return text
    plain, found = _QUOTED_DECIMAL.subn(r"\1", text)
    return plain if found == marked else _exact(value)


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return value


def _exact(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(str(k), ensure_ascii=False)}:{_exact(value[k])}" for k in sorted(value))
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_exact, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def storable(text: str) -> str:
    """A provider's id or field name as a database can hold it; a strange or endless one is derived."""
    plain = text.isprintable() and len(text) <= LONGEST_ID
    return text if plain else stable_id("long", text)


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_unstorable(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_unstorable, value))


def _is_unicode(text: bytes) -> bool:
    """JSON may escape one half of a surrogate pair alone; no database keeps that."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class PageReader:
    """Reads one page of one stream of one connection."""

    def __init__(self, connection: Connection, stream: Stream, response: Response | None) -> None:
        self._connection, self._stream, self._response = connection, stream, response
        self._http = _kept_headers(response)
        self._raws: dict[str, RawRecord] = {}
        self._facts: dict[str, Fact] = {}
        self._issues: dict[str, QualityIssue] = {}

    def read(self, page: Page) -> Pulled:
        """The page as raw records, facts and issues; a record met twice is kept once, its last form."""
        for raw in page.records:
            self._one(raw)
        return Pulled(
            raws=tuple(self._raws.values()),
            facts=tuple(self._facts.values()),
            issues=tuple(self._issues.values()),
            cursor=page.cursor,
            more=page.more,
            complete=page.complete,
            gone=tuple(map(storable, page.gone)),
        )

    def _one(self, raw: Raw) -> None:
        record = self._record(raw)
        self._raws[record.id] = record
        origin = origin_of(record, raw.version)
        try:
            for fact in facts_of(self._stream, raw.payload, origin, record.payload):
                self._facts[fact.id] = fact
        except BadRecord as bad:
            self._note("bad_record", "error", storable(raw.external_id), bad.sentence)
        for path in self._stream.table.unaccounted(raw.payload)[:MOST_NEW_FIELDS]:
            name = storable(path)
            self._note(
                "unknown_field", "info", f"field {name}", f"new field {name}: read it or ignore it by name"
            )

    def _record(self, raw: Raw) -> RawRecord:
        payload = exact_json(raw.payload).encode("utf-8", "surrogatepass")
        digest = content_hash(payload.decode("utf-8", "surrogatepass"))
        account = self._connection.provider_account_id or ""
        external_id = storable(raw.external_id)
        named = (self._connection.provider, account, self._stream.name, external_id)
        return RawRecord(
            id=stable_id("raw", *named, digest),
            provider=self._connection.provider,
            account=account,
            object=self._stream.name,
            external_id=external_id,
            content_hash=digest,
            payload=payload,
            received_at=self._received_at(),
            mapping_version=self._stream.table.version,
            company_id=self._connection.company_id,
            connection_id=self._connection.id,
            http=self._http,
        )

    def _received_at(self) -> Any:
        if self._response is None:
            raise AssertionError("a page with records came without a call")
        return self._response.received_at

    def _note(self, code: str, severity: Any, subject: str, message: str) -> None:
        record = f"{self._connection.provider}:{self._stream.name}:{subject}"
        account = self._connection.provider_account_id or ""
        issue_id = stable_id("iss", code, account, record)
        now = self._received_at()
        self._issues[issue_id] = QualityIssue(
            id=issue_id,
            code=code,
            severity=severity,
            record=record,
            message=message,
            company_id=self._connection.company_id,
            connection_id=self._connection.id,
            first_seen_at=now,
            last_seen_at=now,
        )


def _kept_headers(response: Response | None) -> dict[str, str]:
    headers = response.headers if response else {}
    return {name: headers[name][:200] for name in ("date", "etag", "x-request-id") if name in headers}


def origin_of(record: RawRecord, version: str | None) -> Origin:
    """Where a raw record came from, as tables need it."""
    return Origin(
        provider=record.provider,
        account=record.account,
        object=record.object,
        company_id=record.company_id,
        raw_id=record.id,
        external_version=version,
    )


def facts_of(stream: Stream, payload: Mapping[str, Any], origin: Origin, text: bytes) -> tuple[Fact, ...]:
    """The facts of one record, `text` being its JSON; raises BadRecord also for what no database can
    keep, or what a table never expected."""
    if _ESCAPED_NUL in text and _unstorable(payload):
        raise BadRecord(f"record of {origin.object} with a NUL character in its text")
    if not _is_unicode(text):
        raise BadRecord(f"record of {origin.object} with half a character in its text")
    try:
        return stream.table.read(payload, origin)
    except BadRecord:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BadRecord(f"record of {origin.object}: unreadable ({type(error).__name__})") from None


def reread(stream: Stream, raw: RawRecord) -> tuple[Fact, ...]:
    """The facts of a stored raw record with today's table; none when it is (still) set aside."""
    payload = parse_json(raw.payload.decode("utf-8", "surrogatepass").encode("utf-8", "surrogatepass"))
    try:
        return facts_of(stream, payload, origin_of(raw, None), raw.payload)
    except BadRecord:
        return ()
