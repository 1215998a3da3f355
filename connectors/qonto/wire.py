"""How Qonto writes the records of the simulated world: its wire format, with its quirks."""

from datetime import UTC, date, datetime
from typing import Any

from connectors.kit.simulated_hooks import Subscription
from connectors.kit.world import Account, Company, Document, Movement, Partner, World

OPERATION = {"card": "card", "direct_debit": "direct_debit", "fee": "qonto_fee", "recall": "recall"}
SUBJECT = {
    "income": "Income", "transfer": "Transfer", "card": "Card", "direct_debit": "DirectDebit",
    "qonto_fee": "BillingTransfer", "recall": "Other",
}  # fmt: skip
STATUS = {"pending": "pending", "booked": "completed", "declined": "declined"}


def instant(value: datetime | None, blank: Any = None) -> Any:
    """UTC with milliseconds and Z."""
    if value is None:
        return blank
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def major(minor: int) -> float:
    """A JSON number in major units, as Qonto prints it."""
    return minor / 100


def amount(minor: int, currency: str) -> dict[str, str]:
    sign = "-" if minor < 0 else ""
    return {"value": f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}", "currency": currency}


def money(name: str, minor: int, currency: str) -> dict[str, Any]:
    """An amount object and its `_cents` twin."""
    return {name: amount(minor, currency), f"{name}_cents": minor}


def account(world: World, it: Account) -> dict[str, Any]:
    return {
        "id": it.id, "organization_id": it.company_id, "iban": it.iban, "bic": it.bic,
        "currency": it.currency, "name": it.name, "updated_at": instant(it.updated_at),
        "balance": major(it.balance_minor), "balance_cents": it.balance_minor,
        "authorized_balance": major(it.balance_minor), "authorized_balance_cents": it.balance_minor,
        "status": "closed" if it.closed else "active", "main": True, "is_external_account": False,
        "account_number": "", **it.extra,
    }  # fmt: skip


def organization(world: World, it: Company) -> dict[str, Any]:
    accounts = [account(world, each) for each in world.all(Account, it.id)]
    for index, each in enumerate(accounts):
        each.pop("organization_id")
        each["slug"] = f"organization-{it.number_id}-bank-account-{index + 1}"
    return {
        "id": it.id, "name": it.legal_name, "slug": f"organization-{it.number_id}",
        "legal_name": it.legal_name, "locale": "fr", "legal_share_capital": 25000, "legal_country": "FR",
        "legal_registration_date": "2019-04-02", "legal_form": "SAS",
        "legal_address": "4 Quai des Exemples 44000 Nantes FRANCE", "legal_sector": "6201Z",
        "contract_signed_at": "2022-12-01 08:57:00.123047", "legal_number": it.siret,
        "bank_accounts": accounts, **it.extra,
    }  # fmt: skip


def transaction(world: World, it: Movement) -> dict[str, Any]:
    credit = it.amount_minor > 0
    kind = OPERATION.get(it.operation, "income" if credit else "transfer")
    cents = abs(it.amount_minor)
    after = it.balance_after_minor
    row: dict[str, Any] = {
        "id": it.id, "transaction_id": f"organization-transaction-{it.number_id}",
        "bank_account_id": it.account_id, "amount": major(cents), "amount_cents": cents,
        "settled_balance": None if after is None else major(after), "settled_balance_cents": after,
        "local_amount": major(cents), "local_amount_cents": cents, "currency": it.currency,
        "local_currency": it.currency, "side": "credit" if credit else "debit",
        "operation_type": kind, "subject_type": SUBJECT[kind], "status": STATUS[it.status],
        "label": it.label, "clean_counterparty_name": None, "reference": it.reference, "note": None,
        "emitted_at": instant(it.emitted_at), "settled_at": instant(it.booked_at),
        "updated_at": instant(it.updated_at), "attachment_ids": [], "logo": None, "vat_amount": None,
        "vat_amount_cents": None, "vat_rate": None, "initiator_id": None, "label_ids": [],
        "attachment_lost": False, "attachment_required": True, "card_last_digits": None,
        "category": "sales" if credit else "other_expense", "is_external_transaction": False,
    }  # fmt: skip
    if kind in ("income", "transfer", "direct_debit"):
        known = it.counterparty_iban is not None
        row[kind] = {
            "counterparty_account_number": it.counterparty_iban or "",
            "counterparty_account_number_format": "IBAN" if known else "",
            "counterparty_bank_identifier": "EXAMFRPPXXX" if known else "",
            "counterparty_bank_identifier_format": "SWIFT_BIC" if known else "",
        }
    return {**row, **it.extra}


def client(it: Partner) -> dict[str, Any]:
    """The fields that a client and its snapshot on an invoice share."""
    named: dict[str, Any] = {"name": it.name}
    if it.kind == "individual":
        given, _, family = it.name.partition(" ")
        named = {"first_name": given, "last_name": family}
    return {
        "id": it.id, "type": it.kind, **named, "email": "factures@client.example",
        "vat_number": f"FR{(12 + 3 * (int(it.siren) % 97)) % 97:02d}{it.siren}",
        "tax_identification_number": it.siren, "address": "12 Rue Fictive", "city": "Rennes",
        "zip_code": "35000", "country_code": "FR",
        "locale": "FR",
        "billing_address": {
            "street_address": "12 Rue Fictive", "city": "Rennes", "zip_code": "35000",
            "country_code": "FR",
        },
    }  # fmt: skip


def client_row(world: World, it: Partner) -> dict[str, Any]:
    stamps = {"created_at": instant(it.created_at), "updated_at": instant(it.updated_at)}
    return {**client(it), "kind": it.kind, "currency": "EUR", "extra_emails": [], **stamps, **it.extra}


def _items(it: Document) -> list[dict[str, Any]]:
    base, currency = it.gross_minor - it.tax_minor, it.currency
    return [
        {
            "title": "Agencement", "description": "Lot 2", "quantity": "1", "unit": "unit",
            "vat_rate": "0.2",
            **money("unit_price", base, currency), **money("subtotal", base, currency),
            **money("total_vat", it.tax_minor, currency), **money("total_amount", it.gross_minor, currency),
        }
    ]  # fmt: skip


def client_invoice(world: World, it: Document) -> dict[str, Any]:
    company, partner = world.get(Company, it.company_id), world.get(Partner, it.partner_id)
    accounts = world.all(Account, company.id)
    draft = it.state == "draft"
    word = {"draft": "draft", "cancelled": "canceled"}.get(it.state, "paid" if it.paid_at else "unpaid")
    credits = [d.id for d in world.all(Document, company.id) if d.credits_id == it.id]
    return {
        "id": it.id, "organization_id": company.id, "number": "" if draft else it.number,
        "purchase_order": "", "status": word, "invoice_type": "standard",
        "invoice_url": f"https://pay.example/invoices/{it.id}", "contact_email": "compta@atelier.example",
        "terms_and_conditions": "", "header": "", "footer": "", "discount_conditions": "",
        "late_payment_penalties": "", "legal_fixed_compensation": "", "currency": it.currency,
        **money("total_amount", it.gross_minor, it.currency),
        **money("vat_amount", it.tax_minor, it.currency),
        "amount_paid": amount(it.paid_minor, it.currency), "issue_date": day(it.issue_date),
        "due_date": day(it.due_date), "performance_date": day(it.issue_date), "performance_start_date": None,
        "performance_end_date": None, "created_at": instant(it.created_at),
        "updated_at": instant(it.updated_at), "finalized_at": "" if draft else instant(it.created_at),
        "paid_at": instant(it.paid_at, blank=""), "stamp_duty_amount": "", "attachment_id": it.id,
        "items": _items(it), "client": client(partner), "credit_notes_ids": credits,
        "payment_methods": [
            {"type": "transfer", "iban": a.iban, "bic": a.bic, "beneficiary_name": company.legal_name}
            for a in accounts[:1]
        ],
        "organization": {
            "id": company.id, "legal_name": company.legal_name, "legal_number": company.siret,
            "legal_country": "FR", "vat_number": company.vat_number,
            "vat_payment_condition": "on_receipts",
        },
        "einvoicing_status": "submitted",
        "einvoicing_lifecycle_events": [
            {"status_code": 200, "reason": "", "reason_message": "", "timestamp": instant(it.created_at)}
        ],
        **{name: value for name, value in it.extra.items() if name != "is_imported"},
    }  # fmt: skip


def credit_note(world: World, it: Document) -> dict[str, Any]:
    credited = world.get(Document, it.credits_id or "")
    return {
        "id": it.id, "invoice_id": it.credits_id, "number": it.number, "attachment_id": it.id,
        "issue_date": day(it.issue_date), "invoice_issue_date": day(credited.issue_date),
        "currency": it.currency, **money("total_amount", it.gross_minor, it.currency),
        **money("vat_amount", it.tax_minor, it.currency), "stamp_duty_amount": "",
        "created_at": instant(it.created_at), "finalized_at": instant(it.created_at),
        "contact_email": "compta@atelier.example", "terms_and_conditions": "", "items": _items(it),
        "client": client(world.get(Partner, it.partner_id)), **it.extra,
    }  # fmt: skip


def supplier_invoice(world: World, it: Document) -> dict[str, Any]:
    partner = world.get(Partner, it.partner_id)
    return {
        "id": it.id, "organization_id": it.company_id, "status": "paid" if it.paid_at else "to_pay",
        "source_type": "email", "source": "email_forward", "file_name": f"{it.number}.pdf",
        "invoice_number": it.number, "supplier_name": partner.name, "description": "", "tin": partner.siren,
        "vat_number": f"FR{(12 + 3 * (int(partner.siren) % 97)) % 97:02d}{partner.siren}",
        "total_amount": amount(it.gross_minor, it.currency),
        "total_amount_excluding_taxes": amount(it.gross_minor - it.tax_minor, it.currency),
        "total_tax_amount": amount(it.tax_minor, it.currency),
        "payable_amount": amount(it.gross_minor, it.currency), "issue_date": day(it.issue_date),
        "due_date": day(it.due_date), "payment_date": day(it.paid_at.date() if it.paid_at else None),
        "scheduled_date": None, "iban": partner.iban, "attachment_id": it.id,
        "display_attachment_id": it.id, "is_einvoice": False, "is_credit_note": it.kind == "credit_note",
        "has_duplicates": False, "matched_transactions_ids": list(it.matched),
        "matched_transactions": [
            {"transaction_id": id, "subject_id": id, "subject_type": "Transfer"} for id in it.matched
        ],
        "einvoicing_lifecycle_events": [], "initiator_id": it.company_id,
        "analyzed_at": instant(it.created_at), "created_at": instant(it.created_at),
        "updated_at": instant(it.updated_at), "meta": {}, **it.extra,
    }  # fmt: skip


def subscription(it: Subscription) -> dict[str, Any]:
    return {
        "id": it.id, "organization_id": it.company_id, "membership_id": it.company_id,
        "callback_url": it.address, "types": list(it.kinds), "created_at": it.created_at,
        "updated_at": it.created_at, "description": "Lettrage",
    }  # fmt: skip


def message(world: World, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """A webhook's envelope."""
    id = f"{data['id']}-{data['updated_at']}"
    return {"id": id, "type": kind, "created_at": instant(world.now()), "data": data}


def transaction_told(it: Movement) -> dict[str, Any]:
    """A line as a webhook tells of it: without cents, without the organization's own fields."""
    return {
        "event": "updated" if it.updated_at > it.created_at else "created", "id": it.id,
        "amount": major(abs(it.amount_minor)), "currency": it.currency, "label": it.label,
        "side": "credit" if it.amount_minor > 0 else "debit", "status": STATUS[it.status],
        "updated_at": instant(it.updated_at), "bank_account": {"id": it.account_id},
    }  # fmt: skip
