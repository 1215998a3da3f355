"""Seller, buyer and payee: their identifiers, and which of them is the company."""

from dataclasses import dataclass

from core.errors import shown
from core.model import Party
from core.model.identifiers import compact, is_french_vat, is_siren, is_siret
from core.model.invoice import Direction
from mappings.einvoice.codes import SIREN_SCHEME, SIRET_SCHEME
from mappings.einvoice.record import Document, PartyRecord, Term
from mappings.einvoice.result import Finding, Unreadable


@dataclass(frozen=True, slots=True)
class Owner:
    """The company whose invoices are read: it is the seller (receivable) or the buyer (payable)."""

    siren: str | None = None
    vat_number: str | None = None

    def __post_init__(self) -> None:
        if not self.siren and not self.vat_number:
            raise ValueError("an owner needs a SIREN or a VAT number")

    def is_party(self, party: Party) -> bool:
        """Equal SIREN, else equal VAT number; a French VAT number holds the SIREN."""
        vat = _dense(party.vat_number or "")
        if self.siren and party.siren:
            return self.siren == party.siren
        if self.vat_number and vat:
            return _dense(self.vat_number) == vat
        return bool(self.siren) and is_french_vat(vat) and vat[4:] == self.siren


def _dense(text: str) -> str:
    return "".join(text.split()).upper()


def party_of(record: PartyRecord | None, role: str, place: str, findings: list[Finding]) -> Party:
    """The party as the model has it. Doubts about its identifiers are noted, none is refused."""
    if record is None or (record.name is None and record.legal_id is None and record.vat is None):
        raise Unreadable("missing_term", f"the document names no {role}", place)
    vat = _dense(record.vat.text) if record.vat else None
    if record.vat and vat and vat.startswith("FR") and not is_french_vat(vat):
        message = f"the VAT number of the {role} has a wrong key: kept, not proven"
        findings.append(Finding("unproven_identifier", "info", message, record.vat.place))
    return Party(
        name=record.name.text if record.name else None,
        siren=_siren(record, role, findings),
        vat_number=vat,
        country=record.country.text.upper() if record.country else None,
    )


def _siren(record: PartyRecord, role: str, findings: list[Finding]) -> str | None:
    """From the legal id (BT-30, scheme 0002), else from an id that is a SIREN or SIRET by scheme."""
    legal = (record.legal_id,) if record.legal_id else ()
    sirens = [one for one in (*legal, *record.ids) if one.qualifier == SIREN_SCHEME]
    sirets = [one for one in (*legal, *record.ids) if one.qualifier == SIRET_SCHEME]
    if not sirens and not sirets and legal and not legal[0].qualifier and _is_french(record):
        sirens = [one for one in legal if is_siren(_dense(one.text)) or is_siret(_dense(one.text))]
    found = next((siren for one in sirens if (siren := _nine(one, role, findings))), None)
    for one in sirets:
        siret = _dense(one.text)
        if not is_siret(siret):
            message = f"the SIRET of the {role} fails its check digits: not used"
            findings.append(Finding("unproven_identifier", "info", message, one.place))
        elif found is None:
            found = siret[:9]
        elif siret[:9] != found:
            message = f"the SIRET of the {role} belongs to another company than its SIREN"
            findings.append(Finding("siret_of_another", "warning", message, one.place))
    return found


def _is_french(record: PartyRecord) -> bool:
    country = record.country.text.upper() if record.country else ""
    return country == "FR" or bool(record.vat and record.vat.text.strip().upper().startswith("FR"))


def _nine(term: Term, role: str, findings: list[Finding]) -> str | None:
    """Nine digits; fourteen are a SIRET under the wrong scheme, which real files have."""
    digits = _dense(term.text)
    if not (digits.isascii() and digits.isdigit() and len(digits) in (9, 14)):
        message = f"the SIREN of the {role} is not made of nine digits: not used"
        findings.append(Finding("unproven_identifier", "info", message, term.place))
        return None
    if len(digits) == 14:
        message = f"the SIREN of the {role} is a SIRET: its first nine digits are used"
        findings.append(Finding("siret_as_siren", "info", message, term.place))
        if not is_siret(digits):
            message = f"the SIRET of the {role} fails its check digits: kept, not proven"
            findings.append(Finding("unproven_identifier", "info", message, term.place))
    elif not is_siren(digits):
        message = f"the SIREN of the {role} fails its check digit: kept, not proven"
        findings.append(Finding("unproven_identifier", "info", message, term.place))
    return digits[:9]


def key_of(party: Party) -> str:
    """What identifies a seller in ids: SIREN, else VAT number, else the name."""
    return party.siren or party.vat_number or f"name:{compact(party.name or '')}"


def direction_of(document: Document, seller: Party, buyer: Party, owner: Owner) -> Direction:
    """Receivable when the company sells, payable when it buys."""
    sells, buys = owner.is_party(seller), owner.is_party(buyer)
    if sells and buys:
        message = "seller and buyer are the company itself: nobody owes anything"
        raise Unreadable("own_document", message, document.place)
    if not sells and not buys:
        message = (
            f"neither the seller ({_named(seller)}) nor the buyer ({_named(buyer)}) is the company"
            f" ({_named(Party(siren=owner.siren, vat_number=owner.vat_number))})"
        )
        raise Unreadable("not_the_company", message, document.place)
    return "receivable" if sells else "payable"


def _named(party: Party) -> str:
    if party.siren:
        return f"SIREN {shown(party.siren)}"
    return f"VAT {shown(party.vat_number)}" if party.vat_number else "without SIREN and VAT number"
