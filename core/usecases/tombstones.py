"""What a provider proved deleted becomes a last version that says so; mass disappearance stops."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from core.errors import ProviderChanged, Where
from core.model import BankTransaction, Connection, Fact, Invoice, LedgerAllocation, ProviderMatch
from core.ports import Unit

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Disappearance:
    """When so much is gone at once that a person must look: more than `least` rows and more than
    this share (in percent) of the rows known of the stream."""

    least: int = 10
    percent: int = 20


GUARD: Final = Disappearance()


class VanishedError(ProviderChanged):
    """Too many rows disappeared at once: nothing is deleted until a person agrees."""


def tombstone(fact: F) -> F:
    """The version of a fact that its source deleted.

    Invoices become `deleted`, bank lines `removed`, matches and lettering withdrawn; other facts stay.
    """
    if isinstance(fact, Invoice):
        return fact.model_copy(update={"document_status": "deleted"})
    if isinstance(fact, BankTransaction):
        return fact.model_copy(update={"status": "removed"})
    if isinstance(fact, ProviderMatch):
        return fact.model_copy(update={"withdrawn": True})
    if isinstance(fact, LedgerAllocation):
        return fact.model_copy(update={"withdrawn": True})
    return fact


def tombstones(
    unit: Unit,
    connection: Connection,
    stream: str,
    external_ids: Sequence[str],
    guard: Disappearance | None,
) -> list[Fact]:
    """The last versions of the rows named; raises VanishedError when the guard finds them too many."""
    known = [fact for fact in _rows(unit, connection) if _is_of(fact, connection, stream)]
    wanted = set(external_ids)
    named = [f for f in known if f.source is not None and f.source.external_id in wanted]
    dead = [late for fact in named if (late := tombstone(fact)) != fact]
    if guard and len(dead) > guard.least and len(dead) * 100 > guard.percent * len(known):
        raise VanishedError(
            f"{len(dead)} of {len(known)} known records disappeared at once; none was deleted. Look at "
            "the source, then sync again and confirm the deletions",
            Where(connection.provider, connection.id, stream),
        )
    return dead


def unlisted_matches(unit: Unit, facts: Iterable[Fact], *, new: Collection[str]) -> list[ProviderMatch]:
    """Matches that came with an invoice's own record and that its record no longer lists, withdrawn.

    Only where a provider lists matches inside the invoice (Qonto): a match read from a list of its own
    has another source and is left alone. `new` invoices have no earlier matches.
    """
    facts = list(facts)
    listed = {fact.id for fact in facts if isinstance(fact, ProviderMatch)}
    known = [fact for fact in facts if isinstance(fact, Invoice) and fact.id not in new]
    return [
        match.model_copy(update={"withdrawn": True})
        for invoice in known
        for match in unit.all(ProviderMatch, invoice_id=invoice.id)
        if match.id not in listed and not match.withdrawn and _list(match) == _list(invoice)
    ]


def _list(fact: Fact) -> tuple[str, str, str] | None:
    source = fact.source
    return (source.provider, source.account, source.object) if source else None


def _rows(unit: Unit, connection: Connection) -> list[Fact]:
    company = connection.company_id
    lines, invoices = unit.all(BankTransaction, company_id=company), unit.all(Invoice, company_id=company)
    return [*lines, *invoices, *unit.all(ProviderMatch, company_id=company)]


def _is_of(fact: Fact, connection: Connection, stream: str) -> bool:
    source = fact.source
    return source is not None and (source.provider, source.account, source.object) == (
        connection.provider,
        connection.provider_account_id,
        stream,
    )
