"""Reads every raw record again and compares the facts with those stored."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from core.errors import LettrageError
from core.model import (
    FACTS,
    Company,
    Decision,
    EInvoiceStatus,
    Fact,
    FinancedInvoice,
    RawRecord,
    content_hash,
)
from core.ports import EInvoices, Ledgers, Source, Statements, Unit
from core.usecases.copies import LEDGER_PROVIDER
from core.usecases.difference import Difference
from core.usecases.file_records import FILE_PROVIDER, whole_files
from core.usecases.import_einvoices import EINVOICE_PROVIDER, brought, statuses_again
from core.usecases.import_files import facts_again
from core.usecases.import_ledger import read_again
from core.usecases.succession import announced
from core.usecases.tombstones import tombstone

MADE_HERE: frozenset[type[Fact]] = frozenset({Company, FinancedInvoice, Decision})
"""Kinds that are registered or derived here; every version of the others comes from a raw record."""
READ_FROM_RAW = tuple(kind for kind in FACTS if kind not in MADE_HERE)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the raw records read as: per fact id the contents they justify, and where each was read."""

    contents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    first: dict[tuple[str, str], RawRecord] = field(default_factory=dict)
    kinds: dict[str, type[Fact]] = field(default_factory=dict)

    def add(self, fact: Fact, raw: RawRecord) -> None:
        self.kinds[fact.id] = type(fact)
        for version in (fact, tombstone(fact)):
            digest = content_hash(version.content())
            self.contents[fact.id].add(digest)
        self.first.setdefault((fact.id, content_hash(fact.content())), raw)


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads stored records again; a kind of file without its reader is left out."""

    source: Source
    statements: Statements | None = None
    ledgers: Ledgers | None = None
    einvoices: EInvoices | None = None


def compare_facts(unit: Unit, readers: Readers) -> Iterator[Difference]:
    """Facts that no raw record reads as, and raw records whose facts are not stored."""
    stored = {fact.id: fact for kind in READ_FROM_RAW for fact in unit.all(kind)}
    raws = whole_files(unit.entries(RawRecord))
    repeats = Counter((r.provider, r.account, r.object, r.external_id) for r in raws)
    read = _Read()
    several: set[str] = set()
    for raw in raws:
        facts, problem = _again(unit, raw, readers, stored)
        if problem is not None:
            yield problem
        for fact in facts:
            read.add(fact, raw)
            if repeats[raw.provider, raw.account, raw.object, raw.external_id] > 1:
                several.add(fact.id)
    yield from _unjustified(unit, stored, read, several)
    yield from _not_stored(unit, stored, read, several)


def _again(
    unit: Unit, raw: RawRecord, readers: Readers, stored: Mapping[str, Fact]
) -> tuple[Sequence[Fact], Difference | None]:
    statements, ledgers, einvoices = readers.statements, readers.ledgers, readers.einvoices
    try:
        if raw.provider == LEDGER_PROVIDER:
            return (read_again(ledgers, raw) if ledgers else ()), None
        if raw.provider == EINVOICE_PROVIDER:
            return (brought(unit, raw, einvoices) if einvoices else ()), None
        if raw.provider != FILE_PROVIDER:
            return readers.source.remap(raw), None
        return (_file_again(unit, raw, statements, stored) if statements else ()), None
    except LettrageError as error:
        return (), Difference("fact", raw.id, f"raw record {raw.id}", f"cannot be read again: {error}")


def _file_again(
    unit: Unit, raw: RawRecord, statements: Statements, stored: Mapping[str, Fact]
) -> Sequence[Fact]:
    """The facts a bank file brought when it was imported: its lines that were new then."""
    file = statements.open(
        raw.external_id,
        BytesIO(raw.payload),
        account=raw.http.get("account"),
        company_id=raw.company_id,
        raw_id=raw.id,
    )
    brought = [f for f in stored.values() if f.source is not None and f.source.raw_id == raw.id]
    before = min((unit.history(type(f), f.id)[0].revision for f in brought), default=1) - 1
    return facts_again(unit, statements, file, as_of=before)


def _versions(unit: Unit, fact: Fact, several: set[str]) -> list[Fact]:
    """All versions of a fact that raw records gave more than once; else the one there is."""
    if fact.id not in several:
        return [fact]
    return [version.fact for version in unit.history(type(fact), fact.id)]


def _unjustified(
    unit: Unit, stored: Mapping[str, Fact], read: _Read, several: set[str]
) -> Iterator[Difference]:
    for fact in stored.values():
        for version in _versions(unit, fact, several):
            if content_hash(announced(version, stored).content()) not in read.contents.get(fact.id, ()):
                raw_id = version.source.raw_id if version.source else None
                where = f"raw record {raw_id}" if raw_id else "no raw record"
                message = f"the stored {fact.entity} is not what its raw record says"
                yield Difference("fact", fact.id, where, message)


def _not_stored(
    unit: Unit, stored: Mapping[str, Fact], read: _Read, several: set[str]
) -> Iterator[Difference]:
    for (id, digest), raw in read.first.items():
        fact = stored.get(id)
        if fact is None:
            message = f"the {read.kinds[id].entity} of this raw record is not stored"
            yield Difference("fact", id, f"raw record {raw.id}", message)
        elif id in several and digest not in _digests(unit, fact, several):
            message = f"the {fact.entity} never had the version this raw record says"
            yield Difference("fact", id, f"raw record {raw.id}", message)


def _digests(unit: Unit, fact: Fact, several: set[str]) -> set[str]:
    return {content_hash(version.content()) for version in _versions(unit, fact, several)}


def compare_statuses(unit: Unit, einvoices: EInvoices | None) -> Iterator[Difference]:
    """Lifecycle statuses that their stored message does not say."""
    statuses = unit.entries(EInvoiceStatus) if einvoices is not None else []
    if einvoices is None or not statuses:
        return
    raws = {raw.id: raw for raw in unit.entries(RawRecord) if raw.provider == EINVOICE_PROVIDER}
    said = {one.id: one for raw in raws.values() for one in statuses_again(einvoices, raw)}
    for one in statuses:
        read = said.get(one.id)
        if read is None or _told(read) != _told(one):
            message = "the stored status is not what its message says"
            yield Difference("fact", one.id, f"raw record {one.raw_id}", message)


def _told(status: EInvoiceStatus) -> EInvoiceStatus:
    """Without what differs between two messages about the same event."""
    return status.model_copy(update={"raw_id": None, "message_id": None, "by": None})


def compare_snapshots(financed: Iterable[FinancedInvoice]) -> Iterator[Difference]:
    """Financed invoices whose frozen snapshot is not the one that was hashed."""
    for one in financed:
        if content_hash(one.snapshot) != one.snapshot_hash:
            yield Difference("snapshot", one.id, f"loan {one.loan_reference}", "the snapshot was changed")
