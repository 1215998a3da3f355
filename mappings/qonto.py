"""What the words of Qonto's Business API v2 mean, one table per list."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core import model
from core.model.bank import Balance
from core.model.identifiers import compact, is_creditor_reference, is_siret
from core.model.invoice import TaxLine
from core.money import MoneyError, to_minor
from mappings import readings
from mappings.grammar import (
    Origin,
    Payload,
    Read,
    Table,
    UnreadableError,
    absent,
    always,
    at,
    by,
    day,
    fingerprint,
    first,
    instant,
    money,
    one_of,
    ref,
)
from mappings.readings import difference, french_day, full_name, names, party, siren_of, texts, whole

VERSION = "qonto/1"
STATUS = {"pending": "pending", "completed": "booked", "declined": "declined", "reversed": "removed"}
OPERATION = {
    "income": "transfer", "swift_income": "transfer", "transfer": "transfer", "card": "card",
    "card_refund": "card", "direct_debit": "direct_debit", "direct_debit_collection": "direct_debit",
    "direct_debit_hold": "other", "qonto_fee": "fee", "fees": "fee", "cheque": "cheque",
    "recall": "recall", "pay_later": "financing", "financing_installment": "financing",
    "pagopa_payment": "other", "biller_refund": "other", "other": "other",
}  # fmt: skip
SUBJECT = {"wallettowallet": "internal", "financingincome": "financing"}
"""Subjects that say more than the operation; live answers write `Income`, old ones `income`."""
DETAILS = ("income", "swift_income", "transfer", "direct_debit", "direct_debit_collection")


def cents(name: str, currency: str = "currency") -> Read:
    """The `_cents` twin of an amount, else the amount in major units (a number or a money object)."""
    return first(by(whole, at(f"{name}_cents")), at(f"{name}.value") >> money(at(currency)))


def withheld(value: Any, currency: str | None) -> int | None:
    """Tax the payer keeps (Italy, Spain): documented as decimal text, elsewhere as a money object."""
    major = value.get("value") if isinstance(value, Mapping) else value
    if major is None or currency is None:
        return None
    try:
        return to_minor(major, currency)
    except MoneyError as error:
        raise UnreadableError(f"withholding_tax.amount: {error}") from None


def booked_on(status: str | None, settled_at: datetime | None) -> date | None:
    """The French calendar day of the booking instant; None while pending and when declined."""
    if status == "booked" and settled_at is None:
        raise UnreadableError("settled_at: a completed transaction without it")
    return french_day(settled_at) if settled_at else None


def operation(kind: str | None, subject: str | None) -> str | None:
    return SUBJECT.get((subject or "").lower(), kind)


def foreign(side: int | None, amount: int | None, theirs: str | None, ours: str | None) -> int | None:
    """The signed amount in the original currency, when that is another one."""
    return None if theirs == ours else readings.signed(side, amount)


def iban_of(*pairs: str | None) -> str | None:
    """The first account number whose format says IBAN (numbers and formats alternate)."""
    for number, shape in zip(pairs[::2], pairs[1::2], strict=True):
        if isinstance(number, str) and isinstance(shape, str) and shape.upper() == "IBAN":
            return number.replace(" ", "").upper()
    return None


def line_key(account: Any, on: date | None, amount: Any, currency: Any, label: Any, remittance: Any) -> str:
    words = " ".join(compact(part) for part in texts(label, remittance))
    return fingerprint(str(account), on.isoformat() if on else None, amount, currency, words)


def balances(settled: Any, authorized: Any, at_instant: datetime | None) -> tuple[Balance, ...]:
    pairs: Iterable[Any] = (("booked", settled), ("available", authorized))
    return tuple(Balance(type=t, amount_minor=a, at=at_instant) for t, a in pairs if a is not None)


def tax_lines(items: Any) -> tuple[TaxLine, ...]:
    """VAT by rate, from the lines: here a rate is a decimal text, "0.2" for 20 %."""
    sums: dict[Decimal, tuple[int, int]] = {}
    for item in items or ():
        base, tax = whole(item.get("subtotal_cents")), whole(item.get("total_vat_cents"))
        if base is None or tax is None or item.get("vat_rate") in (None, ""):
            return ()
        rate = Decimal(str(item["vat_rate"]))
        before = sums.get(rate, (0, 0))
        sums[rate] = (before[0] + base, before[1] + tax)
    return tuple(
        TaxLine(rate_bp=int(rate * 10_000), base_minor=base, tax_minor=tax)
        for rate, (base, tax) in sorted(sums.items())
    )


def einvoice(word: str | None, events: Any) -> model.EInvoiceState | None:
    last = events[-1] if isinstance(events, list) and events else {}
    code, when = last.get("status_code"), last.get("timestamp")
    if word is None and code is None:
        return None
    return model.EInvoiceState(
        code=None if code is None else str(code),
        word=word or str(code),
        reason=last.get("reason") or None,
        at=datetime.fromisoformat(when) if when else None,
    )


def declared(status: str | None, paid_at: datetime | date | None, open_minor: int | None) -> model.Declared:
    on = french_day(paid_at) if isinstance(paid_at, datetime) else paid_at
    return model.Declared(paid=status == "paid", paid_on=on, open_minor=open_minor)


def credits(invoice_id: str | None) -> tuple[model.InvoiceReference, ...]:
    return (model.InvoiceReference(type="credits", invoice_id=invoice_id),) if invoice_id else ()


def payee(methods: Any) -> str | None:
    return next((m["iban"] for m in methods or () if m.get("iban")), None)


def matches(payload: Payload, origin: Origin, fact: model.Fact) -> tuple[model.Fact, ...]:
    """Matched transactions of a supplier invoice: ids in older answers, objects in recent ones."""
    listed = [*(payload.get("matched_transactions_ids") or ()), *(payload.get("matched_transactions") or ())]
    ids = [m.get("transaction_id") if isinstance(m, Mapping) else m for m in listed]
    return tuple(
        model.ProviderMatch(
            id=origin.id_of("provider_match", origin.object, f"{payload['id']}:{id}"),
            company_id=origin.company_id,
            source=fact.source,
            invoice_id=fact.id,
            transaction_id=origin.id_of("bank_transaction", "transactions", id),
        )
        for id in dict.fromkeys(texts(*ids))
    )


NO_DETAIL = "Qonto does not give it"
ORGANIZATION = Table(
    to=model.CompanyProfile, version=VERSION, key=at("id"),
    fields={
        "legal_name": first(at("legal_name"), at("name"), at("slug")),
        "siren": by(siren_of, at("legal_number")),
        "siret": by(lambda n: n if n and is_siret(n) else None, at("legal_number")),
        "vat_number": absent("only printed on client invoices"),
        "country": at("legal_country"),
        "created_on": at("legal_registration_date") >> day,
        "proofs": by(
            lambda n: {"siren": "qonto:/v2/organization"} if siren_of(n) else {}, at("legal_number")
        ),
        "valid_from": absent("no time of change"),
    },
    ignored=names(
        "locale legal_share_capital legal_form legal_address address legal_sector contract_signed_at "
        "bank_accounts"
    ),
)  # fmt: skip
BANK_ACCOUNTS = Table(
    to=model.BankAccount, version=VERSION, key=at("id"),
    fields={
        "iban": at("iban"), "bic": at("bic"), "name": at("name"), "currency": at("currency"),
        "holder_name": absent("the organization holds it"),
        "kind": absent("Qonto does not say what an account is for"),
        "balances": by(
            balances, by(whole, at("balance_cents")), by(whole, at("authorized_balance_cents")),
            at("updated_at") >> instant,
        ),
        "closed": at("status") >> one_of({"active": False, "closed": True}),
        "valid_from": at("updated_at") >> instant,
    },
    ignored=names(
        "slug balance authorized_balance main is_external_account account_number organization_id"
    ),
    words=("status",),
)  # fmt: skip
_SIDE = at("side") >> one_of({"credit": 1, "debit": -1})
_STATUS = at("status") >> one_of(STATUS)
_BOOKED = by(booked_on, _STATUS, at("settled_at") >> instant)
_AMOUNT = by(readings.signed, _SIDE, cents("amount"))
TRANSACTIONS = Table(
    to=model.BankTransaction, version=VERSION, key=at("id"),
    fields={
        "account_id": at("bank_account_id") >> ref("bank_account", "bank_accounts"),
        "amount_minor": _AMOUNT, "currency": at("currency"), "status": _STATUS,
        "booking_date": _BOOKED,
        "value_date": absent(NO_DETAIL),
        "transaction_time": at("emitted_at") >> instant,
        "operation": by(operation, at("operation_type") >> one_of(OPERATION), at("subject_type")),
        "counterparty_name": first(at("label"), at("clean_counterparty_name")),
        "counterparty_iban": by(iban_of, *(
            at(f"{one}.counterparty_account_number{part}") for one in DETAILS for part in ("", "_format")
        )),
        "remittance": at("reference"),
        "text_lines": by(texts, at("label"), at("reference")),
        "creditor_reference": by(
            lambda words: words.replace(" ", "").upper() if words and is_creditor_reference(words) else None,
            at("reference"),
        ),
        "end_to_end_id": absent(NO_DETAIL),
        "bank_reference": at("transaction_id"),
        "mandate_id": absent(NO_DETAIL), "creditor_id": absent(NO_DETAIL), "return_reason": absent(NO_DETAIL),
        "original_amount_minor": by(
            foreign, _SIDE, by(whole, at("local_amount_cents")), at("local_currency"), at("currency")
        ),
        "original_currency": by(lambda a, b: None if a == b else a, at("local_currency"), at("currency")),
        "balance_after_minor": by(whole, at("settled_balance_cents")),
        "fingerprint": by(
            line_key, at("bank_account_id"), _BOOKED, _AMOUNT, at("currency"), at("label"), at("reference")
        ),
        "occurrence": absent("every row has an id of its own"),
        "valid_from": at("updated_at") >> instant,
    },
    ignored=names(
        "amount local_amount settled_balance note category created_at initiator_id label_ids attachment_ids "
        "attachments labels vat_details attachment_lost attachment_required card_last_digits "
        "cashflow_category cashflow_subcategory vat_amount vat_amount_cents vat_rate logo check "
        "direct_debit_hold financing_installment pagopa_payment"
    ) | {f"{d}.counterparty_bank_identifier{p}" for d in DETAILS for p in ("", "_format")},
    words=("status", "operation_type", "subject_type", "is_external_transaction"),
)  # fmt: skip
_GROSS, _TAX = cents("total_amount"), cents("vat_amount")
_DOCUMENT = {
    "direction": always("receivable"),
    "self_billed": absent("documents the company wrote itself in Qonto, or imported"),
    "number": at("number"),
    "number_normalized": by(lambda n: compact(n) if n else None, at("number")),
    "issue_date": at("issue_date") >> day,
    "currency": at("currency"),
    "gross_minor": _GROSS, "tax_minor": _TAX, "net_minor": by(difference, _GROSS, _TAX),
    "payable_minor": by(
        readings.payable, _GROSS, by(withheld, at("withholding_tax.amount"), at("currency"))
    ),
    "tax_breakdown": by(tax_lines, at("items")),
    "retention": absent(NO_DETAIL), "early_discount": absent("a sentence, not figures"),
    "prepaid_minor": absent(NO_DETAIL), "order_reference": absent("purchase_order is the buyer reference"),
    "payment_reference": absent(NO_DETAIL), "reverse_charge": absent(NO_DETAIL),
    "assigned_to": absent(NO_DETAIL),
    "counterparty_id": at("client.id") >> ref("counterparty", "clients"),
    "buyer": by(
        party,
        by(full_name, at("client.name"), at("client.first_name"), at("client.last_name")),
        at("client.tax_identification_number"), at("client.vat_number"), at("client.country_code"),
    ),
    "seller": by(
        party, at("organization.legal_name"), at("organization.legal_number"),
        at("organization.vat_number"), at("organization.legal_country"),
    ),
    "attachments": by(texts, at("attachment_id")),
    "vat_on_collection": by(
        lambda word: True if word == "on_receipts" else None, at("organization.vat_payment_condition")
    ),
    "dispute_status": absent(NO_DETAIL),
    "einvoice": by(einvoice, at("einvoicing_status"), at("einvoicing_lifecycle_events")),
}  # fmt: skip
_DOCUMENT_IGNORED = names(
    "client organization organization_id items contact_email header footer terms_and_conditions invoice_url "
    "stamp_duty_amount welfare_fund withholding_tax created_at finalized_at total_amount vat_amount"
)
_PAID = by(declared, at("status"), first(at("paid_at") >> instant), by(
    difference, _GROSS, at("amount_paid.value") >> money(at("currency"))
))  # fmt: skip
CLIENT_INVOICES = Table(
    to=model.Invoice, version=VERSION, key=at("id"),
    fields={
        **_DOCUMENT,
        "kind": first(
            at("invoice_type")
            >> one_of({"standard": "invoice", "balance": "invoice", "deposit": "prepayment"}),
            always("invoice"),
        ),
        "due_date": at("due_date") >> day,
        "delivery_date": first(at("performance_end_date") >> day, at("performance_date") >> day),
        "payee_iban": by(payee, at("payment_methods")),
        "buyer_reference": at("purchase_order"),
        "references": absent("credit notes name the invoice"),
        "document_status": at("status") >> one_of(
            {"draft": "draft", "unpaid": "issued", "paid": "issued", "canceled": "cancelled"}
        ),
        "declared": _PAID,
        "valid_from": first(at("updated_at") >> instant, at("created_at") >> instant),
    },
    ignored=_DOCUMENT_IGNORED | names(
        "amount_paid deposit_amount performance_start_date discount_conditions late_payment_penalties "
        "legal_fixed_compensation credit_notes_ids discount payment_reporting invoice_number"
    ),
    words=("status", "invoice_type"),
)  # fmt: skip
CREDIT_NOTES = Table(
    to=model.Invoice, version=VERSION, key=at("id"),
    fields={
        **_DOCUMENT,
        "kind": always("credit_note"),
        "due_date": absent("a credit note is not paid"), "delivery_date": absent(NO_DETAIL),
        "payee_iban": absent("nobody pays it"), "buyer_reference": absent(NO_DETAIL),
        "references": by(credits, at("invoice_id") >> ref("invoice", "client_invoices")),
        "document_status": always("issued"),
        "declared": absent("a credit note is not paid"),
        "valid_from": at("created_at") >> instant,
    },
    ignored=_DOCUMENT_IGNORED | frozenset(("invoice_issue_date", "Invoice_issue_date", "reason")),
)  # fmt: skip
SUPPLIER_STATUS = dict.fromkeys(
    names("to_review to_approve pending awaiting_payment to_pay scheduled paid archived rejected"),
    "issued",
) | {"discarded": "deleted"}  # fmt: skip
_OWED = at("total_amount.value") >> money(at("total_amount.currency"))
SUPPLIER_INVOICES = Table(
    to=model.Invoice, version=VERSION, key=at("id"),
    fields={
        "direction": always("payable"),
        "kind": by(lambda credit: "credit_note" if credit is True else "invoice", at("is_credit_note")),
        "self_billed": absent(NO_DETAIL),
        "number": at("invoice_number"),
        "number_normalized": by(lambda n: compact(n) if n else None, at("invoice_number")),
        "issue_date": at("issue_date") >> day, "due_date": at("due_date") >> day,
        "delivery_date": absent(NO_DETAIL),
        "currency": at("total_amount.currency"),
        "net_minor": at("total_amount_excluding_taxes.value")
        >> money(at("total_amount_excluding_taxes.currency")),
        "tax_minor": at("total_tax_amount.value") >> money(at("total_tax_amount.currency")),
        "gross_minor": _OWED,
        "payable_minor": first(at("payable_amount.value") >> money(at("payable_amount.currency")), _OWED),
        "tax_breakdown": absent("rates without bases"), "retention": absent(NO_DETAIL),
        "early_discount": absent(NO_DETAIL), "payee_iban": at("iban"), "payment_reference": absent(NO_DETAIL),
        "prepaid_minor": absent(NO_DETAIL), "order_reference": absent(NO_DETAIL),
        "buyer_reference": absent(NO_DETAIL), "counterparty_id": absent("Qonto lists no suppliers"),
        "seller": by(
            party, first(at("supplier_name"), at("issuer_name")), at("tin"), at("vat_number"),
            absent(NO_DETAIL),
        ),
        "buyer": absent("the organization"), "references": absent("related_invoices has no documented shape"),
        "attachments": by(texts, at("attachment_id")),
        "vat_on_collection": absent(NO_DETAIL), "reverse_charge": absent(NO_DETAIL),
        "assigned_to": absent(NO_DETAIL),
        "document_status": at("status") >> one_of(SUPPLIER_STATUS),
        "dispute_status": by(lambda word: "disputed" if word == "rejected" else "unknown", at("status")),
        "einvoice": by(einvoice, absent(NO_DETAIL), at("einvoicing_lifecycle_events")),
        "declared": by(declared, at("status"), at("payment_date") >> day, absent(NO_DETAIL)),
        "valid_from": at("updated_at") >> instant,
    },
    ignored=names(
        "organization_id file_name display_attachment_id source_type source supplier_id description "
        "taxes scheduled_date has_suggested_credit_notes related_invoices is_einvoice e_invoice_type "
        "suggested_transactions transfer_ids request_transfer has_duplicates has_discrepancies "
        "is_attachment_invoice is_attachment_non_financial attachment_category initiator_id analyzed_at "
        "declined_note meta approval_workflow available_actions self_invoice_id "
        "total_amount_credit_notes created_at"
    ),
    words=("status",), further=matches,
    further_reads=frozenset(("matched_transactions", "matched_transactions_ids")),
)  # fmt: skip
CLIENTS = Table(
    to=model.Counterparty, version=VERSION, key=at("id"),
    fields={
        "role": always("customer"),
        "legal_name": by(full_name, at("name"), at("first_name"), at("last_name")),
        "aliases": absent(NO_DETAIL), "ibans": absent(NO_DETAIL),
        "identifiers": by(readings.identifiers, at("tax_identification_number"), at("vat_number")),
        "country": first(at("billing_address.country_code"), at("country_code")),
        "is_business": first(at("kind"), at("type")) >> one_of(
            {"company": True, "freelancer": True, "individual": False}
        ),
        "valid_from": at("updated_at") >> instant,
    },
    ignored=names(
        "email extra_emails phone phone_number currency e_invoicing_address e_invoicing_reachable address "
        "city zip_code province_code billing_address delivery_address recipient_code locale created_at"
    ),
    words=("kind", "type"),
)  # fmt: skip
