"""Proves a statement by its control totals and turns it into facts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import ValidationError

from core.errors import BadInput
from core.model import BankAccount, BankTransaction, Money, SourceRef, Statement, content_hash, stable_id
from core.model.bank import TransactionStatus
from core.model.identifiers import is_iban
from core.model.money import MAX_MINOR
from mappings.statements.draft import AccountName, Context, Draft, Line, Stated, Unreadable
from mappings.statements.identity import PROVIDER, content_key, count_equals, line_id
from mappings.statements.result import Finding, Format, ReadStatement


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


def account_fact(draft: Draft, context: Context) -> BankAccount:
    """The account; its balances stay on the statements, so that any file gives the same fact."""
    name = draft.account
    key = ("iban", name.iban) if name.iban else ("raw", name.raw)
    return BankAccount(
        id=stable_id("acc", *key),
        company_id=context.company_id,
        source=_source(name, "account", name.key, context),
        provider_words={} if name.raw == name.iban else {"account": name.raw},
        iban=name.iban,
        bic=name.bic,
        holder_name=name.holder_name,
        name=name.name,
        currency=draft.currency,
    )


def _source(name: AccountName, object: str, external_id: str, context: Context) -> SourceRef:
    return SourceRef(
        provider=PROVIDER, account=name.key, object=object, external_id=external_id, raw_id=context.raw_id
    )


def assembled(draft: Draft, context: Context, format: Format) -> tuple[ReadStatement, list[Finding]]:
    """The proven statement and what to know about it; raises Unreadable when it does not add up."""
    opening, closing, doubts = _proven(draft)
    if max(abs(opening.minor), abs(closing.minor)) > MAX_MINOR:
        raise Unreadable("unreadable_amount", "a balance is out of range", draft.record)
    account = account_fact(draft, context)
    keys = [line_key(draft, line) for line in draft.lines]
    statement = _statement(draft, context, format, account, (opening, closing), keys)
    facts = line_facts(
        draft, draft.lines, keys, account, context, format, status="booked", read_from=statement.id
    )
    read = ReadStatement(account, statement, count_equals(facts, {}), draft.record)
    return read, [*draft.findings, *doubts, *_late(draft, opening)]


def _statement(
    draft: Draft,
    context: Context,
    format: Format,
    account: BankAccount,
    ends: tuple[Stated, Stated],
    keys: Sequence[str],
) -> Statement:
    id = _statement_id(account, format, ends, keys)
    opening, closing = ends
    return Statement(
        id=id,
        company_id=context.company_id,
        source=_source(draft.account, format, id, context),
        account_id=account.id,
        format=draft.version,
        currency=draft.currency,
        opening_minor=opening.minor,
        opening_on=opening.on,
        closing_minor=closing.minor,
        closing_on=closing.on,
        lines=len(keys),
        file_name=context.name,
    )


def _statement_id(account: BankAccount, format: str, ends: tuple[Stated, Stated], keys: Iterable[str]) -> str:
    balances = [f"{end.on}:{end.minor}" for end in ends]
    return stable_id("stm", account.id, format, *balances, content_hash(sorted(keys)))


def _proven(draft: Draft) -> tuple[Stated, Stated, list[Finding]]:
    """Opening and closing balance. Where one is not stated it is worked out, with a warning."""
    booked = sum(line.amount_minor for line in draft.lines)
    opening, closing = draft.opening, draft.closing
    if opening is None and closing is None:
        raise Unreadable(
            "no_balance",
            f"the statement of the {draft.account} states neither an opening nor a closing balance,"
            " so nothing proves it complete: ask the bank for a file with balances",
            draft.record,
        )
    if opening is not None and closing is not None:
        if opening.currency != closing.currency or opening.minor + booked != closing.minor:
            raise Unreadable("balance_mismatch", _mismatch(draft, opening, booked, closing), draft.record)
        return opening, closing, []
    found = "closing" if opening is None else "opening"
    doubt = Finding(
        "balance_unproven",
        "warning",
        f"the statement of the {draft.account} has only its {found} balance, so it cannot be proven"
        " complete: it is taken over; compare its lines with the bank's site",
        draft.record,
    )
    if closing is None and opening is not None:
        return opening, Stated(opening.minor + booked, None, draft.currency), [doubt]
    assert closing is not None
    return Stated(closing.minor - booked, None, draft.currency), closing, [doubt]


def _mismatch(draft: Draft, opening: Stated, booked: int, closing: Stated) -> str:
    expected = opening.minor + booked
    same_currency = opening.currency == closing.currency
    difference = (
        f"difference {Money(closing.minor - expected, opening.currency)}"
        if same_currency
        else "no difference can be given between two currencies"
    )
    hint = next(
        (
            f" The figures do match its {word} balance."
            for word, other in draft.others.items()
            if other == Stated(expected, other.on, opening.currency)
        ),
        "",
    )
    return (
        f"the statement of the {draft.account} closing on {closing.on} does not add up: opening"
        f" {Money(opening.minor, opening.currency)} + {len(draft.lines)} booked lines"
        f" {Money(booked, opening.currency)} = {Money(expected, opening.currency)}, but it closes at"
        f" {Money(closing.minor, closing.currency)}: {difference}.{hint} Nothing of it was taken over:"
        " ask the bank for the statement again"
    )


def _late(draft: Draft, opening: Stated) -> list[Finding]:
    late = [
        line
        for line in draft.lines
        if opening.on and line.booking_date is not None and line.booking_date < opening.on
    ]
    if not late:
        return []
    message = (
        f"{len(late)} of {len(draft.lines)} lines of the {draft.account} are booked before the"
        f" statement opens on {opening.on}"
    )
    return [Finding("booked_before_opening", "info", message, draft.record)]


def line_key(draft: Draft, line: Line) -> str:
    """The fingerprint of a line."""
    return content_key(
        account=draft.account.key,
        day=line.booking_date,
        amount_minor=line.amount_minor,
        currency=line.currency,
        text=line.key_text,
        end_to_end=str(line.more.get("end_to_end_id") or "") or None,
    )


def line_facts(
    draft: Draft,
    lines: Iterable[Line],
    keys: Iterable[str],
    account: BankAccount,
    context: Context,
    format: Format,
    *,
    status: TransactionStatus,
    read_from: str | None = None,
) -> list[BankTransaction]:
    """Transactions in file order, each still the first of its equals. `read_from` is the id of the
    statement: it is noted as the version of the source, which is no part of a fact's content."""
    shared = {"company_id": context.company_id, "account_id": account.id, "status": status}
    facts = []
    for line, key in zip(lines, keys, strict=True):
        source = SourceRef(
            provider=PROVIDER,
            account=draft.account.key,
            object=format,
            external_id=f"{key}:1",
            external_version=read_from,
            raw_id=context.raw_id,
        )
        identity = {"id": line_id(account.id, key, 1), "fingerprint": key, "source": source}
        facts.append(_transaction(draft, line, {**shared, **identity}))
    return facts


def _transaction(draft: Draft, line: Line, around: dict[str, object]) -> BankTransaction:
    fields = {
        **line.more,
        **around,
        "provider_words": line.words,
        "amount_minor": line.amount_minor,
        "currency": line.currency,
        "booking_date": line.booking_date,
        "operation": line.operation,
    }
    try:
        return BankTransaction.model_validate(fields)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise Unreadable("unreadable_line", f"a line's {place}: {problem['msg']}", draft.record) from None
