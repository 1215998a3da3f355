"""A pending line and the booked line it became: the first is closed and names the second."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from datetime import date
from typing import Final, TypeVar

from core.model import BankTransaction, Fact
from core.ports import Statements, Unit
from core.usecases.file_records import FILE_PROVIDER

F = TypeVar("F", bound=Fact)
BOOKED_AS: Final = "booked_as"
"""The word under which a closed pending line keeps the id of its booked successor."""
TOLD_BEFORE: Final = (
    "counterparty_name", "counterparty_iban", "creditor_reference", "end_to_end_id", "mandate_id",
    "creditor_id", "return_reason",
)  # fmt: skip
"""What an announcement may say of a line and its booking leaves out."""
WINDOW: Final = range(-1, 11)
"""Days from an announced day among which a booking is looked for."""


def closed(line: BankTransaction, *, booked_as: str) -> BankTransaction:
    """The last version of a pending line: `removed`, with the id of the line that is the money."""
    words = {**line.provider_words, BOOKED_AS: booked_as}
    return line.model_copy(update={"status": "removed", "provider_words": words})


def announced(fact: F, stored: Container[str]) -> F:
    """A closed pending line without its successor, if that is among the `stored` ids; any other fact
    as it is."""
    if not isinstance(fact, BankTransaction) or fact.provider_words.get(BOOKED_AS) not in stored:
        return fact
    words = {name: word for name, word in fact.provider_words.items() if name != BOOKED_AS}
    return fact.model_copy(update={"provider_words": words})


def explained(lines: Mapping[str, BankTransaction]) -> dict[str, BankTransaction]:
    """The lines, booked ones with what their own announcements say and they leave empty: the reason of
    a reject (CFONB 240), the references of a payment (camt.054). The stored line stays the bank's."""
    before: dict[str, list[BankTransaction]] = defaultdict(list)
    for line in lines.values():
        if line.status == "removed" and BOOKED_AS in line.provider_words:
            before[line.provider_words[BOOKED_AS]].append(line)
    return {id: _filled(line, before[id]) if id in before else line for id, line in lines.items()}


def _filled(booked: BankTransaction, announcements: Iterable[BankTransaction]) -> BankTransaction:
    """Announcements of another amount are parts of a total and say nothing of the whole."""
    said: dict[str, str] = {}
    for one in sorted(announcements, key=lambda one: one.id):
        if one.amount_minor == booked.amount_minor:
            for name in TOLD_BEFORE:
                if getattr(booked, name) is None and (word := getattr(one, name)) is not None:
                    said.setdefault(name, word)
    return booked.model_copy(update=said) if said else booked


def succeed(unit: Unit, statements: Statements, account_ids: Iterable[str]) -> int:
    """Closes the pending lines of bank files that are booked by now; returns how many.

    It does not matter which of the two came first.
    """
    done: list[BankTransaction] = []
    for id in account_ids:
        pending = {line.id: line for line in _of_files(unit, id, "pending")}
        if pending:
            booked = _booked_near(unit, id, pending.values())
            used = {
                (_format(line), line.provider_words.get(BOOKED_AS, ""))
                for line in _of_files(unit, id, "removed")
            }
            found = statements.successors(list(pending.values()), booked, used=used, window=WINDOW)
            done += [closed(pending[old], booked_as=new) for old, new in found.items()]
    unit.put(done)
    return len(done)


def _of_files(unit: Unit, account_id: str, status: str) -> list[BankTransaction]:
    lines = unit.all(BankTransaction, account_id=account_id, status=status)
    return [line for line in lines if line.source is not None and line.source.provider == FILE_PROVIDER]


def _format(line: BankTransaction) -> str:
    return line.source.object if line.source else ""


def _booked_near(unit: Unit, account_id: str, pending: Collection[BankTransaction]) -> list[BankTransaction]:
    """Booked lines of days on which one of these may have been booked; of a line announced without
    a day, those of its amount."""
    days = {
        str(date.fromordinal(place))
        for line in pending
        if (day := line.booking_date or line.value_date) is not None
        for place in range(day.toordinal() + WINDOW.start, day.toordinal() + WINDOW.stop)
        if 1 <= place <= date.max.toordinal()
    }
    amounts = {
        str(line.amount_minor) for line in pending if line.booking_date is None and line.value_date is None
    }
    chosen = [{"booking_date": day} for day in sorted(days)] + [{"amount_minor": a} for a in sorted(amounts)]
    found = {
        line.id: line
        for equal in chosen
        for line in unit.all(BankTransaction, account_id=account_id, status="booked", **equal)  # type: ignore[arg-type]  # no as_of among them
    }
    return list(found.values())
