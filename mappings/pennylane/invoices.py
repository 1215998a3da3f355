"""Customer and supplier invoices, their credit notes and drafts."""

from collections.abc import Callable
from typing import Any, Final

from core.model import Declared, EInvoiceState, Invoice, InvoiceReference, Party
from core.model.identifiers import compact
from mappings.grammar import (
    Read,
    Table,
    UnreadableError,
    absent,
    always,
    at,
    by,
    day,
    instant,
    money,
    once,
    one_of,
    ref,
    text,
)
from mappings.pennylane.words import CURRENCY, VERSION, names, not_given

_OPEN_WORDS = ("incomplete", "upcoming", "late", "partially_paid", "paid", "partially_cancelled")
_OTHER_DOCUMENTS = names(
    "proforma shipping_order purchasing_order estimate_pending estimate_accepted estimate_invoiced "
    "estimate_denied"
)
STATUS = at("status") >> one_of(
    {
        **dict.fromkeys(_OPEN_WORDS, "issued"),
        **dict.fromkeys(_OTHER_DOCUMENTS, "other"),
        **{word: word for word in ("draft", "credit_note", "cancelled", "archived")},
    }
)


TOTAL = at("currency_amount") >> money(CURRENCY)


def _customer_kind(status: str | None, credited: Any, total: int | None) -> str | None:
    """A linked or named credit note is one; the words of an open invoice make an invoice; `draft`,
    `cancelled` and `archived` cover both, so there the sign tells."""
    if status == "other":
        raise UnreadableError("status: another document (quote, order, proforma), not an invoice")
    if status is None or total is None:
        return None
    if status == "credit_note" or credited is not None:
        return "credit_note"
    return "credit_note" if status != "issued" and total < 0 else "invoice"


def _supplier_kind(total: int | None) -> str | None:
    """The list has no credit note flag: a negative total is one."""
    if total is None:
        return None
    return "credit_note" if total < 0 else "invoice"


CUSTOMER_KIND = once(by(_customer_kind, STATUS, at("credited_invoice.id"), TOTAL))
SUPPLIER_KIND = once(by(_supplier_kind, TOTAL))


def _positive(path: str, kind: Read) -> Read:
    """The amount at `path` without the sign that its kind explains; another sign is refused."""

    def magnitude(minor: int | None, kind_word: str | None) -> int | None:
        if minor is None:
            return None
        signed = -minor if kind_word == "credit_note" else minor
        if signed < 0:
            raise UnreadableError(f"{path}: its sign contradicts the kind {kind_word}")
        return signed

    return by(magnitude, at(path) >> money(CURRENCY), kind)


def _document_status(status: str | None, draft: bool | None, archived: Any) -> str | None:
    if draft is None or status is None:
        return None
    if status == "draft" and not draft:
        raise UnreadableError("draft+status: a draft by its status and finalised by its flag")
    if draft:
        return "draft"
    return "cancelled" if archived or status in ("cancelled", "archived") else "issued"


def _supplier_document_status(status: str | None, archived: Any) -> str | None:
    return "cancelled" if archived else status


def _remaining(sign: int) -> Callable[[int | None, str | None, str | None], int | None]:
    """What remains is documented neither for foreign currencies nor for credit notes: unknown there."""

    def remaining(minor: int | None, currency: str | None, kind: str | None) -> int | None:
        return sign * minor if minor is not None and currency == "EUR" and kind == "invoice" else None

    return remaining


def _declared(paid: bool | None, remaining: int | None) -> Declared:
    return Declared(paid=paid, open_minor=remaining)


def _supplier_paid(paid: bool | None, status: bool | None) -> bool | None:
    """`paid_offline` is somebody's word that it was paid, though `paid` stays false."""
    return True if status else paid


def _einvoice(word: str | None, reason: str | None) -> EInvoiceState | None:
    return None if word is None else EInvoiceState(code=None, word=word, reason=reason)


def _party(counterparty_id: str | None) -> Party:
    return Party(counterparty_id=counterparty_id)


def _credits(invoice_id: str | None) -> tuple[InvoiceReference, ...]:
    return (InvoiceReference(type="credits", invoice_id=invoice_id),) if invoice_id else ()


def _payment_reference(provider: str | None, field: str | None, value: str | None) -> str | None:
    """The text somebody expects in the bank label; ids of payment services are no such text."""
    return value if provider == "bank" and field == "label" else None


def _invoice_fields(kind: Read, remaining: Read, paid: Read, dispute: Read) -> dict[str, Read]:
    """What customer and supplier invoices have in common."""
    return {
        "valid_from": at("updated_at") >> instant,
        "kind": kind,
        "number": at("invoice_number") >> text,
        "number_normalized": by(lambda n: compact(n) if n else None, at("invoice_number") >> text),
        "issue_date": at("date") >> day,
        "due_date": at("deadline") >> day,
        "currency": CURRENCY >> text,
        "net_minor": _positive("currency_amount_before_tax", kind),
        "tax_minor": _positive("currency_tax", kind),
        "gross_minor": _positive("currency_amount", kind),
        "payable_minor": _positive("currency_amount", kind),
        "tax_breakdown": absent("rates are in the sub-list of lines, which is not read"),
        "retention": absent("not stated: until a source tells, the whole gross amount is payable"),
        "early_discount": absent("`discount` is a price reduction already inside the total"),
        "payment_reference": by(
            _payment_reference,
            at("transaction_reference.banking_provider"),
            at("transaction_reference.provider_field_name"),
            at("transaction_reference.provider_field_value") >> text,
        ),
        "prepaid_minor": absent("a deposit is an invoice of its own, deducted as a line"),
        "order_reference": absent("purchase_order_reference is given for customer invoices only"),
        "buyer_reference": absent("purchase_order_reference (BT-13) is an order number, not BT-10"),
        "attachments": absent("links die after 30 minutes and need no login: never stored"),
        "dispute_status": dispute,
        "einvoice": by(_einvoice, at("e_invoicing.status") >> text, at("e_invoicing.reason") >> text),
        "declared": by(_declared, paid, remaining),
        **not_given("self_billed delivery_date payee_iban vat_on_collection reverse_charge assigned_to"),
    }


_INVOICE_IGNORED: Final = names(
    "label amount tax exchange_rate remaining_amount_without_tax ledger_entry invoice_lines categories "
    "payments matched_transactions installments external_reference public_file_url filename created_at "
    "e_invoicing.flow"
)

CUSTOMER_INVOICE: Final = Table(
    to=Invoice,
    version=VERSION,
    key=at("id"),
    fields={
        **_invoice_fields(
            CUSTOMER_KIND,
            remaining=by(
                _remaining(+1), at("remaining_amount_with_tax") >> money(CURRENCY), CURRENCY, CUSTOMER_KIND
            ),
            paid=at("paid"),
            dispute=at("e_invoicing.status")
            >> one_of(
                {
                    "in_dispute": "disputed",
                    **dict.fromkeys(("approved", "accepted", "partially_collected", "collected"), "none"),
                    **dict.fromkeys(("submitted", "sent", "refused", "rejected"), "unknown"),
                }
            ),
        ),
        "direction": always("receivable"),
        "counterparty_id": at("customer.id") >> ref("counterparty", "customers"),
        "seller": absent("the connected company; not printed in the record"),
        "buyer": by(_party, at("customer.id") >> ref("counterparty", "customers")),
        "references": by(_credits, at("credited_invoice.id") >> ref("invoice", "customer_invoices")),
        "document_status": by(_document_status, STATUS, at("draft"), at("archived_at") >> instant),
    },
    ignored=_INVOICE_IGNORED
    | names(
        "language discount customer.url credited_invoice.url payment_method_ledger_account.url "
        "invoice_line_sections custom_header_fields appendices billing_subscription "
        "customer_invoice_template quote purchase_order_reference sales_order_reference factur_x "
        "schematron_validation_status special_mention pdf_invoice_free_text pdf_invoice_subject "
        "pdf_description"
    ),
    words=("status", "e_invoicing.status", "payment_method_ledger_account.id"),
)

SUPPLIER_INVOICE: Final = Table(
    to=Invoice,
    version=VERSION,
    key=at("id"),
    fields={
        **_invoice_fields(
            SUPPLIER_KIND,
            remaining=by(
                _remaining(-1), at("remaining_amount_with_tax") >> money(CURRENCY), CURRENCY, SUPPLIER_KIND
            ),
            paid=by(
                _supplier_paid,
                at("paid"),
                at("payment_status")
                >> one_of(
                    {
                        **dict.fromkeys(("paid_offline", "fully_paid"), True),
                        **dict.fromkeys(
                            names(
                                "to_be_processed to_be_paid partially_paid payment_error payment_scheduled "
                                "payment_in_progress payment_emitted payment_found"
                            ),
                            False,
                        ),
                    }
                ),
            ),
            dispute=at("e_invoicing.status")
            >> one_of(
                {
                    "disputed": "disputed",
                    **dict.fromkeys(("approved", "partially_collected", "collected"), "none"),
                    **dict.fromkeys(("waiting_for_validation", "refused", "rejected"), "unknown"),
                }
            ),
        ),
        "direction": always("payable"),
        "counterparty_id": at("supplier.id") >> ref("counterparty", "suppliers"),
        "seller": by(_party, at("supplier.id") >> ref("counterparty", "suppliers")),
        "buyer": absent("the connected company; not printed in the record"),
        "references": absent("a supplier credit note does not name the invoice it credits"),
        "document_status": by(
            _supplier_document_status,
            at("accounting_status")
            >> one_of(
                {
                    "draft": "draft",
                    "archived": "cancelled",
                    **dict.fromkeys(("entry", "validation_needed", "complete"), "issued"),
                }
            ),
            at("archived_at") >> instant,
        ),
    },
    ignored=_INVOICE_IGNORED
    | names(
        "supplier.url reconciled import_source e_invoicing.source_file_url "
        "e_invoicing.electronic_billing_address"
    ),
    words=("accounting_status", "payment_status", "e_invoicing.status", "payment_method_ledger_account.id"),
)
