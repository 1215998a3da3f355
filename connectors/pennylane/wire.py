"""How Pennylane writes a World down: rows of its lists, with its signs, empty texts and links."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from connectors.kit.world import Account, Company, Document, Movement, Partner, Thing
from core.money import to_major

BASE = "https://app.pennylane.com/api/external/v2"
EUR_RATE: Mapping[str, Decimal] = {"EUR": Decimal(1), "USD": Decimal("0.92"), "GBP": Decimal("1.15")}
"""Euros for one unit, on every day of every story."""

Row = dict[str, Any]


def text_of(value: Decimal) -> str:
    """A decimal as Pennylane writes it: not padded, at least one digit after the point."""
    plain = f"{value.normalize() + 0:f}"
    return plain if "." in plain else f"{plain}.0"


def own(minor: int, currency: str) -> str:
    """An amount in its own currency."""
    return text_of(to_major(minor, currency))


def euros(minor: int, currency: str) -> str:
    """The same amount in euros."""
    value = to_major(minor, currency) * EUR_RATE[currency]
    return text_of(value.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def moment(instant: datetime) -> str:
    """UTC with microseconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def link(name: str, id: int, sub: str = "") -> str:
    """The address of a record or of one of its sub-lists."""
    return f"{BASE}/{name}/{id}" + (f"/{sub}" if sub else "")


def relation(name: str, thing: Thing | None) -> Row | None:
    """A single related record."""
    return None if thing is None else {"id": thing.number_id, "url": link(name, thing.number_id)}


def _stamps(thing: Thing) -> Row:
    return {"created_at": moment(thing.created_at), "updated_at": moment(thing.updated_at)}


def _address(country: str) -> Row:
    return {"address": "", "postal_code": "", "city": "", "country_alpha2": country}


def me(company: Company, scopes: tuple[str, ...]) -> Row:
    """/me: who the token speaks for."""
    return {
        "user": {
            "id": 501,
            "first_name": "Léa",
            "last_name": "Exemple",
            "email": "lea@example.test",
            "locale": "fr",
        },
        "company": {
            "id": company.number_id,
            "name": company.legal_name,
            "reg_no": company.siren,
            "accounting_logic": "FR_PCG",
        },
        "scopes": list(scopes),
    }


def customer(partner: Partner) -> Row:
    """A customer: a company, or a person without registration."""
    id = partner.number_id
    registered = {"reg_no": partner.siren, "vat_number": ""}
    first_name, _, last_name = partner.name.partition(" ")
    named = {"first_name": first_name, "last_name": last_name}
    return {
        "id": id,
        "customer_type": partner.kind,
        "name": partner.name,
        **(registered if partner.kind == "company" else named),
        "billing_iban": partner.iban,
        "payment_conditions": "30_days",
        "recipient": "",
        "phone": "",
        "reference": "",
        "notes": None,
        "ledger_account": {"id": id + 1},
        "emails": ["compta@client.test"],
        "billing_address": _address("FR"),
        "delivery_address": _address(""),
        "external_reference": partner.id,
        "billing_language": "fr_FR",
        "mandates": {"url": f"{BASE}/gocardless_mandates"},
        "pro_account_mandates": {"url": f"{BASE}/pro_account/mandates"},
        "contacts": {"url": link("customers", id, "contacts")},
        **_stamps(partner),
    }


def supplier(partner: Partner) -> Row:
    """A supplier."""
    return {
        "id": partner.number_id,
        "name": partner.name,
        "reg_no": partner.siren,
        "establishment_no": None,
        "vat_number": "",
        "ledger_account": None,
        "emails": [],
        "iban": partner.iban,
        "postal_address": _address("FR"),
        "supplier_payment_method": None,
        "supplier_due_date_delay": None,
        "supplier_due_date_rule": None,
        "external_reference": partner.id,
        **_stamps(partner),
    }


def _amounts(document: Document, sign: int) -> Row:
    currency, net = document.currency, document.gross_minor - document.tax_minor
    return {
        "currency": currency,
        "amount": euros(sign * document.gross_minor, currency),
        "currency_amount": own(sign * document.gross_minor, currency),
        "currency_amount_before_tax": own(sign * net, currency),
        "tax": euros(sign * document.tax_minor, currency),
        "currency_tax": own(sign * document.tax_minor, currency),
        "exchange_rate": text_of(EUR_RATE[currency]),
    }


def _remaining(document: Document, sign: int) -> Row:
    """Opposite signs for what is owed to the company and what it owes; a draft has none."""
    if document.state == "draft":
        return {"remaining_amount_with_tax": None, "remaining_amount_without_tax": None}
    left = max(0, document.gross_minor - document.paid_minor) if document.state == "issued" else 0
    net = round(left * (document.gross_minor - document.tax_minor) / document.gross_minor) if left else 0
    return {
        "remaining_amount_with_tax": own(sign * left, document.currency),
        "remaining_amount_without_tax": own(sign * net, document.currency),
    }


def _paper(name: str, document: Document, partner: Partner) -> Row:
    id, draft = document.number_id, document.state == "draft"
    return {
        "id": id,
        "label": f"{partner.name} - {document.number} (label généré)",
        "invoice_number": "" if draft else document.number,
        "date": document.issue_date.isoformat(),
        "deadline": document.due_date.isoformat() if document.due_date else None,
        "ledger_entry": {"id": id},
        "transaction_reference": None,
        "e_invoicing": None,
        "invoice_lines": {"url": link(name, id, "invoice_lines")},
        "categories": {"url": link(name, id, "categories")},
        "payments": {"url": link(name, id, "payments")},
        "matched_transactions": {"url": link(name, id, "matched_transactions")},
        "external_reference": document.id,
        "filename": None if draft else f"{document.number}.pdf",
        "public_file_url": None,
        "archived_at": None,
        **_stamps(document),
    }


def _is_paid(document: Document) -> bool:
    return document.state == "issued" and 0 < document.gross_minor <= document.paid_minor


def _customer_status(document: Document, today: date) -> str:
    if document.kind == "credit_note":
        return "credit_note"
    if document.state != "issued":
        return document.state
    if _is_paid(document):
        return "paid"
    if document.paid_minor:
        return "partially_paid"
    return "late" if document.due_date and document.due_date < today else "upcoming"


def customer_invoice(document: Document, partner: Partner, credited: Document | None, today: date) -> Row:
    """An invoice, a credit note (negative) or a draft."""
    name, sign = "customer_invoices", -1 if document.kind == "credit_note" else 1
    subs = ("invoice_line_sections", "custom_header_fields", "appendices")
    return {
        **_paper(name, document, partner),
        **_amounts(document, sign),
        **_remaining(document, sign),
        "language": "fr_FR",
        "paid": _is_paid(document),
        "status": _customer_status(document, today),
        "draft": document.state == "draft",
        "discount": {"type": "relative", "value": "0.0"},
        "customer": relation("customers", partner),
        "credited_invoice": relation(name, credited),
        **{sub: {"url": link(name, document.number_id, sub)} for sub in subs},
        "billing_subscription": None,
        "customer_invoice_template": None,
        "quote": None,
        "factur_x": False,
        "schematron_validation_status": None,
        "special_mention": None,
        "pdf_invoice_free_text": "",
        "pdf_invoice_subject": "",
        "pdf_description": None,
        **document.extra,
    }


def _payment_status(document: Document) -> str:
    if _is_paid(document):
        return "fully_paid"
    return "partially_paid" if document.paid_minor else "to_be_paid"


def supplier_invoice(document: Document, partner: Partner) -> Row:
    """A supplier invoice: what remains is negative while it is open."""
    sign = -1 if document.kind == "credit_note" else 1
    status = {"draft": "draft", "issued": "complete", "cancelled": "archived"}[document.state]
    return {
        **_paper("supplier_invoices", document, partner),
        **_amounts(document, sign),
        **_remaining(document, -sign),
        "reconciled": bool(document.matched),
        "accounting_status": status,
        "payment_status": _payment_status(document),
        "paid": _is_paid(document),
        "import_source": None,
        "supplier": relation("suppliers", partner),
        **document.extra,
    }


def bank_account(account: Account) -> Row:
    """An account: no IBAN, no BIC."""
    id = account.number_id
    return {
        "id": id,
        "name": account.name,
        "currency": account.currency,
        "balance": own(account.balance_minor, account.currency),
        "bank_establishment": {"id": 25},
        "journal": {"id": id + 1, "url": link("journals", id + 1)},
        "ledger_account": {"id": id + 2, "url": link("ledger_accounts", id + 2)},
        **_stamps(account),
        **account.extra,
    }


_PREFIX = {
    "transfer": "VIR SEPA",
    "card": "CARTE X1234",
    "direct_debit": "PRLV SEPA",
    "fee": "COMMISSIONS",
    "recall": "RAPPEL VIR SEPA",
}


def label_of(movement: Movement) -> str:
    """The only text of a line: the bank's prefix, the other party, the reference."""
    words = (_PREFIX[movement.operation], movement.label, movement.reference)
    return " ".join(word for word in words if word)


def transaction(movement: Movement, account: Account, partner: Partner | None, *, matched: bool) -> Row:
    """A booked line; what is not justified yet has the opposite sign."""
    id, minor, currency = movement.number_id, movement.amount_minor, movement.currency
    role = partner.role if partner else None
    booked = movement.booked_at or movement.emitted_at
    return {
        "id": id,
        "label": label_of(movement),
        "date": booked.date().isoformat(),
        "amount": euros(minor, currency),
        "currency": currency,
        "currency_amount": own(minor, currency),
        "fee": None,
        "currency_fee": None,
        "outstanding_balance": "0.0" if matched else euros(-minor, currency),
        "attachment_required": True,
        "bank_account": relation("bank_accounts", account),
        "journal": {"id": account.number_id + 1, "url": link("journals", account.number_id + 1)},
        "customer": relation("customers", partner) if role == "customer" else None,
        "supplier": relation("suppliers", partner) if role == "supplier" else None,
        "pro_account_expense": None,
        "interbank_code": None,
        "categories": [],
        "matched_invoices": {"url": link("transactions", id, "matched_invoices")},
        "archived_at": None,
        **_stamps(movement),
        **movement.extra,
    }


def slim(row: Row, side: str) -> Row:
    """A transaction as an invoice's sub-list shows it: fewer fields, one of customer and supplier."""
    absent = {"matched_invoices", "interbank_code", "supplier" if side == "customer" else "customer"}
    left = {key: value for key, value in row.items() if key not in absent}
    return {**left, "journal": {"id": row["journal"]["id"]}}


NEWER: Mapping[str, Mapping[str, Any]] = {
    "/customer_invoices": {
        "payment_method_ledger_account": None,
        "installments": None,
        "purchase_order_reference": None,
        "sales_order_reference": None,
    }
}
"""Fields of September 2026, after the OpenAPI file of July."""
