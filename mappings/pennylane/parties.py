"""The connected company, its customers and its suppliers."""

from typing import Final

from core.model import CompanyProfile, Counterparty, Identifier
from core.model.identifiers import compact, is_french_vat, is_siren, is_siret
from mappings.grammar import Table, absent, always, at, by, first, instant, one_of, text
from mappings.pennylane.words import VERSION, names, not_given


def _siren(reg_no: str | None) -> str | None:
    """A sandbox gives `sandbox-…` here: only a SIREN whose check digit holds proves a company."""
    number = compact(reg_no or "")
    return number if is_siren(number) else None


def _proofs(reg_no: str | None) -> dict[str, str]:
    return {"siren": "pennylane:/me"} if _siren(reg_no) else {}


def _registration(number: str) -> Identifier:
    dense = compact(number)
    if len(dense) == 14 and dense.isdigit():
        return Identifier(scheme="siret", value=dense, verified=is_siret(dense))
    if len(dense) == 9 and dense.isdigit():
        return Identifier(scheme="siren", value=dense, verified=is_siren(dense))
    return Identifier(scheme="other", value=number.strip(), verified=False)


def _identifiers(reg_no: str | None, establishment: str | None, vat: str | None) -> tuple[Identifier, ...]:
    registered = [_registration(number) for number in (reg_no, establishment) if number]
    if vat:
        registered.append(Identifier(scheme="vat", value=compact(vat), verified=is_french_vat(compact(vat))))
    return tuple(registered)


def _ibans(iban: str | None) -> tuple[str, ...]:
    return (compact(iban),) if iban else ()


def _full_name(first_name: str | None, last_name: str | None) -> str | None:
    return " ".join(part for part in (first_name, last_name) if part) or None


COMPANY: Final = Table(
    to=CompanyProfile,
    version=VERSION,
    key=at("company.id"),
    fields={
        "valid_from": absent("/me carries no date"),
        "legal_name": at("company.name") >> text,
        "siren": by(_siren, at("company.reg_no") >> text),
        "country": absent("accounting_logic names the chart of accounts, not the country of the company"),
        "proofs": by(_proofs, at("company.reg_no") >> text),
        **not_given("siret vat_number created_on"),
    },
    ignored=frozenset({"user", "scopes", "company.accounting_logic"}),
    words=("company.reg_no",),
)

CUSTOMER: Final = Table(
    to=Counterparty,
    version=VERSION,
    key=at("id"),
    fields={
        "valid_from": at("updated_at") >> instant,
        "role": always("customer"),
        "legal_name": first(
            at("name") >> text, by(_full_name, at("first_name") >> text, at("last_name") >> text)
        ),
        "aliases": absent("recipient is the person addressed, not another name of the payer"),
        "identifiers": by(_identifiers, at("reg_no") >> text, always(None), at("vat_number") >> text),
        "ibans": by(_ibans, at("billing_iban") >> text),
        "country": at("billing_address.country_alpha2") >> text,
        "is_business": at("customer_type") >> one_of({"company": True, "individual": False}),
    },
    ignored=names(
        "billing_address.address billing_address.postal_code billing_address.city delivery_address "
        "recipient phone reference notes emails payment_conditions ledger_account external_reference "
        "billing_language mandates pro_account_mandates contacts created_at"
    ),
    words=("customer_type",),
)

SUPPLIER: Final = Table(
    to=Counterparty,
    version=VERSION,
    key=at("id"),
    fields={
        "valid_from": at("updated_at") >> instant,
        "role": always("supplier"),
        "legal_name": at("name") >> text,
        "identifiers": by(
            _identifiers, at("reg_no") >> text, at("establishment_no") >> text, at("vat_number") >> text
        ),
        "ibans": by(_ibans, at("iban") >> text),
        "country": at("postal_address.country_alpha2") >> text,
        **not_given("aliases is_business"),
    },
    ignored=names(
        "postal_address.address postal_address.postal_code postal_address.city emails ledger_account "
        "supplier_payment_method supplier_due_date_delay supplier_due_date_rule external_reference "
        "created_at"
    ),
)
