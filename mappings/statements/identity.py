"""Which lines are the same line: within a day, in another file, and in another format.

No format gives an id one can trust, so a line is known by its content and by its rank among equal
lines of the same account and booking date (three equal card payments are three payments).
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

from core.model import BankAccount, BankTransaction, Statement, stable_id
from mappings.statements.draft import Line
from mappings.statements.result import Finding, Format, ReadStatement, StatementFile

PROVIDER = "bank_file"


def plain(text: str) -> str:
    """Upper case, no accents, single blanks: how two prints of one text are compared."""
    if not text.isascii():
        split = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in split if not unicodedata.combining(c))
    return " ".join(text.upper().split())


def line_key(account: str, line: Line, *, state: str) -> bytes:
    """The fingerprint of a line, 16 bytes. The value date is left out: banks correct it later.

    `account` is its key. `state` is empty for booked lines: others are other facts than the booked line
    they become.
    """
    amount, currency, words = str(line.amount_minor), line.currency, plain(line.key_text)
    end_to_end = line.more.get("end_to_end_id")
    reference = plain(end_to_end) if isinstance(end_to_end, str) else ""
    framed = (
        f"{_framed_day(account, line.booking_date)}{len(amount)}:{amount}{len(currency)}:{currency}"
        f"{len(words)}:{words}{len(reference)}:{reference}"
    )
    if state:
        framed += f"{len(state)}:{state}"
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).digest()[:16]


@lru_cache(maxsize=1024)
def _framed_day(account: str, day: date | None) -> str:
    """What the keys of a day begin with."""
    on = str(day)
    return f"{len(account)}:{account}{len(on)}:{on}"


def with_occurrence(line: BankTransaction, occurrence: int) -> BankTransaction:
    """The same line as the n-th of its equals: id, external id and rank move together."""
    if occurrence == line.occurrence:
        return line
    source = line.source and line.source.model_copy(
        update={"external_id": f"{line.fingerprint}:{occurrence}"}
    )
    changes = {"id": line_id(line.account_id, line.fingerprint, occurrence)}
    return line.model_copy(update={**changes, "occurrence": occurrence, "source": source})


def line_id(account_id: str, fingerprint: str, occurrence: int) -> str:
    """The id of a bank line: account, content, rank among equals."""
    return stable_id("txn", account_id, fingerprint, str(occurrence))


Taken = Mapping[str, set[int]]


def rank(value_date: object, reference: object, words: Mapping[str, str], moment: object) -> bytes:
    """Orders equal lines by what they may differ in, so that their order in a file is nothing: first
    the value date, then everything else in a fixed but arbitrary order; 16 bytes."""
    day = value_date.toordinal() if isinstance(value_date, date) else 0xFFFFFFFF
    rest = "\x1f".join([f"{reference}", f"{moment}", *map("\x1e".join, sorted(words.items()))])
    digest = hashlib.blake2b(rest.encode("utf-8", "surrogatepass"), digest_size=12)
    return day.to_bytes(4, "big") + digest.digest()


def _rank(line: BankTransaction) -> bytes:
    return rank(line.value_date, line.bank_reference, line.provider_words, line.transaction_time)


def count_equals(lines: Sequence[BankTransaction], taken: Taken) -> tuple[BankTransaction, ...]:
    """Numbers equal lines 1, 2, 3 by rank, leaving out the numbers in `taken`."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        groups[line.fingerprint].append(place)
    numbered = list(lines)
    for key, places in groups.items():
        if len(places) > 1:
            places.sort(key=lambda place: _rank(lines[place]))
        for place, number in zip(places, free_numbers(taken.get(key, set())), strict=False):
            numbered[place] = with_occurrence(lines[place], number)
    return tuple(numbered)


def free_numbers(taken: Collection[int]) -> Iterator[int]:
    """1, 2, 3 and so on, without those that are taken."""
    number = 0
    while True:
        number += 1
        if number not in taken:
            yield number


def disjoint(one: Statement, other: Statement) -> bool:
    """True when two statements of one account provably share no line: one ends where, or before,
    the other begins. One that ends before it begins proves nothing, not even beside itself."""
    return not (_is_reversed(one) or _is_reversed(other)) and (_follows(one, other) or _follows(other, one))


def _is_reversed(statement: Statement) -> bool:
    opening, closing = statement.opening_on, statement.closing_on
    return opening is not None and closing is not None and closing < opening


def _follows(second: Statement, first: Statement) -> bool:
    """Where the two touch the balances must follow on. That is enough for CFONB, which dates an
    opening balance with the day before, and for MT940, where it is the last closing one; camt may
    date it with the day itself, so there only two parts of one day are told apart."""
    if first.closing_on is None or second.opening_on is None:
        return False
    if first.closing_on != second.opening_on:
        return first.closing_on < second.opening_on
    if first.closing_minor != second.opening_minor:
        return False
    if first.format == second.format and first.format in (Format.CFONB120, Format.MT940):
        return first.opening_on != first.closing_on
    parts_of_a_day = first.opening_on == first.closing_on == second.closing_on
    return parts_of_a_day and first.opening_minor != second.opening_minor


def chronology(statement: Statement) -> tuple[date, date]:
    """Orders the statements of an account: by their end, then their beginning."""
    end = statement.closing_on or date.max
    return (end, statement.opening_on or end)


def numbered(
    file: StatementFile, *, lines: Sequence[BankTransaction], statements: Sequence[Statement]
) -> StatementFile:
    """The file with occurrence numbers that fit what is stored already.

    Equal lines of two statements are one line when the statements overlap and two when one ends
    before the other begins (a bank may book a second equal fee on a day it has already closed).
    `lines` and `statements` are the stored ones of the accounts in the file.
    """
    stored = {statement.id: statement for statement in statements}
    seen: dict[tuple[str, str], list[tuple[int, Statement]]] = defaultdict(list)
    for line in lines:
        origin = stored.get(statement_of(line) or "")
        if origin is not None:
            seen[line.account_id, line.fingerprint].append((line.occurrence, origin))
    ready: dict[int, ReadStatement] = {}
    for place, read in sorted(enumerate(file.statements), key=lambda item: _file_order(item[1])):
        fitted = _fit(read, seen)
        ready[place] = fitted
        for line in fitted.transactions:
            seen[line.account_id, line.fingerprint].append((line.occurrence, fitted.statement))
    return replace(file, statements=tuple(ready[place] for place in sorted(ready)))


def _file_order(read: ReadStatement) -> tuple[str, date, date, str]:
    return (read.statement.account_id, *chronology(read.statement), read.statement.id)


def _fit(read: ReadStatement, seen: Mapping[tuple[str, str], list[tuple[int, Statement]]]) -> ReadStatement:
    taken: dict[str, set[int]] = {}
    for line in read.transactions:
        others = seen.get((line.account_id, line.fingerprint), ())
        numbers = {number for number, origin in others if disjoint(origin, read.statement)}
        if numbers:
            taken[line.fingerprint] = numbers
    # Nothing taken: the lines keep the numbers they were read with.
    return replace(read, transactions=count_equals(read.transactions, taken)) if taken else read


def statement_of(line: BankTransaction) -> str | None:
    """The id of the statement a line was first read from (None: not from a bank file)."""
    if line.source is None or line.source.provider != PROVIDER:
        return None
    return line.source.external_version


def gaps(statements: Iterable[Statement]) -> tuple[Finding, ...]:
    """Where a closing balance is not the next opening one of the same format: a file is missing."""
    chains: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for statement in statements:
        chains[statement.account_id, statement.format].append(statement)
    return tuple(
        _gap(before, after)
        for chain in chains.values()
        for before, after in pairwise(sorted(chain, key=chronology))
        if _broken(before, after)
    )


def overlaps(statements: Iterable[Statement]) -> tuple[Finding, ...]:
    """Where a statement of a file begins before another of its account has ended, and does not follow
    it by its balance."""
    chains: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        chains[statement.account_id].append(statement)
    return tuple(
        _overlap(before, after)
        for chain in chains.values()
        for before, after in pairwise(sorted(chain, key=chronology))
        if _overlap_by_day(before, after) and after.opening_minor != before.closing_minor
    )


def _overlap_by_day(before: Statement, after: Statement) -> bool:
    return bool(after.opening_on and before.closing_on and after.opening_on < before.closing_on)


def _overlap(before: Statement, after: Statement) -> Finding:
    message = (
        f"the statement opening on {after.opening_on} begins before the one closing on {before.closing_on}"
        " has ended: they overlap, and a line that both state is taken once"
    )
    return Finding("statement_overlap", "info", message, after.id)


def _broken(before: Statement, after: Statement) -> bool:
    if before.closing_on is None or after.opening_on is None or after.opening_on < before.closing_on:
        return False
    return before.closing_minor != after.opening_minor


def _gap(before: Statement, after: Statement) -> Finding:
    message = (
        f"the statement closing on {before.closing_on} and the next one opening on {after.opening_on}"
        " do not follow on: their balances differ, so a statement in between is missing."
        " Import the missing file."
    )
    return Finding("statement_gap", "warning", message, after.id)


def merged_account(known: BankAccount | None, new: BankAccount) -> BankAccount:
    """What two sources say of one account: the known value stays, the new one fills what was empty."""
    if known is None:
        return new
    empty = {
        name: getattr(new, name)
        for name in ("iban", "bic", "holder_name", "name", "company_id", "source")
        if getattr(known, name) is None
    }
    words = {**new.provider_words, **known.provider_words}
    return known.model_copy(update={**empty, "provider_words": words})
