"""Proves a statement by its control totals, and turns what was read into facts."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from pydantic import ValidationError

from core.errors import BadInput
from core.model import BankAccount, BankTransaction, Money, SourceRef, Statement, stable_id
from core.model.identifiers import is_iban
from core.money import MAX_MINOR
from mappings.statements.draft import AccountName, Closed, Context, Line, Opened, Stated, Unreadable
from mappings.statements.identity import PROVIDER, line_id
from mappings.statements.result import Finding, Format


def given_iban(account: str | None) -> str | None:
    """The caller's IBAN without blanks; BadInput when its check digits do not hold."""
    if account is None:
        return None
    iban = account.replace(" ", "").upper()
    if not is_iban(iban):
        raise BadInput("--account is not an IBAN (its check digits do not hold): correct it")
    return iban


def agree(name: AccountName, context: Context) -> AccountName:
    """The account with the caller's IBAN, where the file has none; BadInput when they contradict.

    A CFONB file holds a French bank account number without country, so an IBAN of Monaco with the
    same number is taken as the caller says.
    """
    if context.account is None:
        return name
    same_number = name.iban is not None and name.iban[4:] == context.account[4:]
    french = name.iban is not None and {name.iban[:2], context.account[:2]} <= {"FR", "MC"}
    if name.iban is None or (same_number and french):
        return replace(name, iban=context.account)
    if name.iban != context.account:
        raise BadInput(
            f"{context.name} holds a statement of the {name}, but --account ends in"
            f" {context.account[-4:]}: leave --account out or import the file of that account"
        )
    return name


@dataclass(slots=True)
class Tally:
    """What is counted of a statement's booked lines while they go by."""

    booked_minor: int = 0
    days: Counter[date | None] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        return self.days.total()

    def add(self, line: Line) -> None:
        self.booked_minor += line.amount_minor
        self.days[line.booking_date] += 1


def prove(opened: Opened, closed: Closed, tally: Tally) -> tuple[Stated, Stated, list[Finding]]:
    """Opening and closing balance, and what to know; raises Unreadable when they do not add up.

    Where one of the two is not stated it is worked out, with a warning.
    """
    opening, closing = closed.opening, closed.closing
    doubts: list[Finding] = []
    if opening is not None and closing is not None:
        if opening.currency != closing.currency or opening.minor + tally.booked_minor != closing.minor:
            message = _mismatch(opened, closed, tally, opening, closing)
            raise Unreadable("balance_mismatch", message, opened.record)
    elif opening is not None:
        doubts = [_unproven(opened, "opening")]
        closing = Stated(opening.minor + tally.booked_minor, None, closed.currency)
    elif closing is not None:
        doubts = [_unproven(opened, "closing")]
        opening = Stated(closing.minor - tally.booked_minor, None, closed.currency)
    if opening is None or closing is None:
        raise Unreadable(
            "no_balance",
            f"the statement of the {opened.account} states neither an opening nor a closing balance,"
            " so nothing proves it complete: ask the bank for a file with balances",
            opened.record,
        )
    if max(abs(opening.minor), abs(closing.minor)) > MAX_MINOR:
        raise Unreadable("unreadable_amount", "a balance is out of range", opened.record)
    return opening, closing, [*doubts, *_late(opened, opening, tally)]


def _unproven(opened: Opened, found: str) -> Finding:
    return Finding(
        "balance_unproven",
        "warning",
        f"the statement of the {opened.account} has only its {found} balance, so it cannot be proven"
        " complete: it is taken over; compare its lines with the bank's site",
        opened.record,
    )


def _mismatch(opened: Opened, closed: Closed, tally: Tally, opening: Stated, closing: Stated) -> str:
    expected = opening.minor + tally.booked_minor
    same_currency = opening.currency == closing.currency
    difference = (
        f"difference {Money(closing.minor - expected, opening.currency)}"
        if same_currency
        else "no difference can be given between two currencies"
    )
    hint = next(
        (
            f" The figures do match its {word} balance."
            for word, other in closed.others.items()
            if other == Stated(expected, other.on, opening.currency)
        ),
        "",
    )
    return (
        f"the statement of the {opened.account} closing on {closing.on} does not add up: opening"
        f" {Money(opening.minor, opening.currency)} + {tally.lines} booked lines"
        f" {Money(tally.booked_minor, opening.currency)} = {Money(expected, opening.currency)}, but it"
        f" closes at {Money(closing.minor, closing.currency)}: {difference}.{hint} Nothing of it was taken"
        " over: ask the bank for the statement again"
    )


def _late(opened: Opened, opening: Stated, tally: Tally) -> Iterator[Finding]:
    late = sum(count for day, count in tally.days.items() if opening.on and day and day < opening.on)
    if late:
        message = (
            f"{late} of {tally.lines} lines of the {opened.account} are booked before the"
            f" statement opens on {opening.on}"
        )
        yield Finding("booked_before_opening", "info", message, opened.record)


def account_fact(name: AccountName, currency: str, context: Context) -> BankAccount:
    """The account; its balances stay on the statements, so that any file gives the same fact."""
    return BankAccount(
        id=account_id(name),
        company_id=context.company_id,
        source=_source(name, "account", name.key, context),
        provider_words={} if name.raw == name.iban else {"account": name.raw},
        iban=name.iban,
        bic=name.bic,
        holder_name=name.holder_name,
        name=name.name,
        currency=currency,
    )


def account_id(name: AccountName) -> str:
    """The id of a file's account: its IBAN, or else the bank's own name of it, makes it."""
    return stable_id("acc", *(("iban", name.iban) if name.iban else ("raw", name.raw)))


def _source(name: AccountName, object: str, external_id: str, context: Context) -> SourceRef:
    return SourceRef(
        provider=PROVIDER, account=name.key, object=object, external_id=external_id, raw_id=context.raw_id
    )


def statement_fact(
    opened: Opened,
    currency: str,
    ends: tuple[Stated, Stated],
    keys: Iterable[str],
    lines: int,
    context: Context,
    format: str,
) -> Statement:
    """The statement; `keys` are the fingerprints of its booked lines in ascending order."""
    opening, closing = ends
    account = account_id(opened.account)
    balances = [f"{end.on}:{end.minor}" for end in ends]
    id = stable_id("stm", account, format, *balances, _hash_of_list(keys))
    return Statement(
        id=id,
        company_id=context.company_id,
        source=_source(opened.account, format, id, context),
        account_id=account,
        format=opened.version,
        currency=currency,
        opening_minor=opening.minor,
        opening_on=opening.on,
        closing_minor=closing.minor,
        closing_on=closing.on,
        lines=lines,
        file_name=context.name,
    )


def _hash_of_list(words: Iterable[str]) -> str:
    """`content_hash` of the list, which is never held: the words are plain letters and digits."""
    hashed = hashlib.sha256(b"[")
    rest, comma = iter(words), b""
    while some := ",".join([f'"{word}"' for word in islice(rest, 1000)]):
        hashed.update(comma + some.encode())
        comma = b","
    hashed.update(b"]")
    return hashed.hexdigest()


def in_range(line: Line) -> bool:
    """Whether the amounts of a line fit the store."""
    original = line.more.get("original_amount_minor", 0)
    return abs(line.amount_minor) <= MAX_MINOR and isinstance(original, int) and abs(original) <= MAX_MINOR


@dataclass(slots=True)
class LineFacts:
    """Makes the lines of one statement transactions. `read_from` is the id of the statement: it is
    noted as the version of the source, which is no part of a fact's content."""

    account: AccountName
    context: Context
    format: Format
    home: str
    read_from: str | None = None
    _id: str = ""

    def __post_init__(self) -> None:
        self._id = account_id(self.account)

    def fact(self, line: Line, fingerprint: str, occurrence: int, *, booked: bool) -> BankTransaction:
        """Raises BadInput for a line that the model does not take."""
        fields = {
            **line.more,
            "id": line_id(self._id, fingerprint, occurrence),
            "company_id": self.context.company_id,
            "source": {
                "provider": PROVIDER,
                "account": self.account.key,
                "object": self.format,
                "external_id": f"{fingerprint}:{occurrence}",
                "external_version": self.read_from,
                "raw_id": self.context.raw_id,
            },
            "provider_words": line.words,
            "account_id": self.home,
            "amount_minor": line.amount_minor,
            "currency": line.currency,
            "booking_date": line.booking_date,
            "status": "booked" if booked else "pending",
            "operation": line.operation,
            "fingerprint": fingerprint,
            "occurrence": occurrence,
        }
        try:
            fact: BankTransaction = BankTransaction.__pydantic_validator__.validate_python(fields)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise BadInput(
                f"{self.context.name} has a line whose {place} cannot be kept ({problem['msg']}): nothing"
                " of the file was taken over"
            ) from None
        return fact
