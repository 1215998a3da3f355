"""Facts in the engine's words: bank lines as lines, invoices as open items, decisions that stand."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from core.model import BankTransaction, Counterparty, Decision, Invoice, Party
from core.model.identifiers import compact, is_creditor_reference
from core.reconciliation import BANK, FILE, LEDGER, Item, Line, Prior
from core.reconciliation.line import LineStatus
from core.usecases.copies import completed, copies_of, proven_siren
from core.usecases.file_records import FILE_PROVIDER
from core.usecases.known import Known
from core.usecases.lettered import declared_lines, settled_in_ledger

_STATUS: Mapping[str, LineStatus] = {"booked": "booked", "pending": "pending"}


def lines_of(known: Known) -> list[Line]:
    """Every bank line, ordered by id; declined and removed lines pay nothing."""
    declared = defaultdict(set)
    copies = document_copies(known)
    for match in known.matches:
        declared[match.transaction_id].add(copies.get(match.invoice_id, match.invoice_id))
    for line, invoices in declared_lines(known, copies).items():
        declared[line] |= invoices
    return [_line(known, one, tuple(sorted(declared[one.id]))) for _, one in sorted(known.lines.items())]


def _line(known: Known, one: BankTransaction, declared: tuple[str, ...]) -> Line:
    account = known.accounts.get(one.account_id)
    return Line(
        transaction_id=one.id,
        tenant_id=known.tenant_id,
        account_id=one.account_id,
        booking_date=one.booking_date,
        amount_minor=one.amount_minor,
        currency=one.currency,
        value_date=one.value_date,
        booked_at=one.transaction_time,
        status=_STATUS.get(one.status, "removed"),
        counterparty_name=one.counterparty_name,
        counterparty_iban=one.counterparty_iban,
        remittance=one.remittance,
        creditor_reference=one.creditor_reference,
        end_to_end_id=one.end_to_end_id,
        bank_reference=one.bank_reference,
        mandate_id=one.mandate_id,
        original_amount_minor=one.original_amount_minor,
        original_currency=one.original_currency,
        return_reason=one.return_reason,
        company_id=one.company_id,
        operation=one.operation,
        account_iban=account.iban if account else None,
        source_key=f"{one.source.provider}:{one.source.account}" if one.source else None,
        source_rank=_rank(one, account.iban if account else None),
        declared_item_ids=declared,
    )


def _rank(one: BankTransaction, iban: str | None) -> int:
    """A feed that cannot name the account's IBAN is an accounting tool's copy, not the bank."""
    if one.source is not None and one.source.provider == FILE_PROVIDER:
        return FILE
    return BANK if iban else LEDGER


def items_of(known: Known) -> list[Item]:
    """Issued invoices and credit notes, and those that are financed or money stands on; by id."""
    used = used_documents(known)
    copies = document_copies(known)
    starts = _first_lines(known)
    paid = settled_in_ledger(known, copies)
    twins: dict[str, list[Invoice]] = defaultdict(list)
    for copy, counts in copies.items():
        twins[counts].append(known.invoices[copy])
    return [
        _item(
            known,
            completed(one, twins.get(one.id, ())),
            copies,
            opening=_opening(
                one, paid.get(one.id), used=one.id in used, first_line=starts.get(one.company_id)
            ),
        )
        for _, one in sorted(known.invoices.items())
        if one.id not in copies and (one.document_status == "issued" or one.id in used)
    ]


def used_documents(known: Known) -> set[str]:
    """Ids of invoices that are financed or that money stands on."""
    return {*(a.invoice_id for a in known.allocations), *(f.invoice_id for f in known.financed)}


def document_copies(known: Known) -> Mapping[str, str]:
    """Documents seen in two tools: see `copies_of`."""
    return copies_of(known.invoices.values(), used=used_documents(known), parties=known.counterparties)


def _first_lines(known: Known) -> dict[str | None, date]:
    first: dict[str | None, date] = {}
    for one in known.lines.values():
        if one.booking_date is not None:
            first[one.company_id] = min(first.get(one.company_id, date.max), one.booking_date)
    return first


def _opening(one: Invoice, settled: date | None, *, used: bool, first_line: date | None) -> int | None:
    """0 for an invoice its tool calls paid and that is older than the bank history, or that its ledger
    settled before it (`settled`): the payment lies before what we read, so new money is not for it.
    Else None, the whole amount."""
    if first_line is None or used or one.document_status != "issued":
        return None
    older = one.issue_date is not None and one.issue_date < first_line
    return 0 if (older and one.declared.paid) or (settled is not None and settled < first_line) else None


def _item(known: Known, one: Invoice, copies: Mapping[str, str], *, opening: int | None) -> Item:
    sign = -1 if one.kind == "credit_note" else 1
    seller = one.seller if one.direction == "receivable" else one.buyer
    other = known.counterparties.get(one.other_party_id)
    reference = one.payment_reference
    return Item(
        item_id=one.id,
        tenant_id=known.tenant_id,
        seller_id=one.company_id or "",
        debtor_id=_debtor(one, other),
        debtor_name=_names(other, one.other_party),
        number=one.number or "",
        amount_minor=sign * one.payable_minor,
        currency=one.currency,
        issue_date=one.issue_date,
        due_date=one.due_date,
        open_minor=opening,
        kind="credit_note" if sign < 0 else "invoice",
        seller_name=seller.name,
        debtor_ibans="|".join(other.ibans) if other and other.ibans else None,
        creditor_reference=reference if reference and is_creditor_reference(reference) else None,
        buyer_reference="|".join(filter(None, (one.buyer_reference, one.order_reference))) or None,
        whole_turnover=_is_whole(known, one),
        discount_bp=one.early_discount.rate_bp if one.early_discount else None,
        discount_until=one.early_discount.until if one.early_discount else None,
        replaces=_replaced(known, one, copies),
        company_id=one.company_id,
        direction=one.direction,
    )


def _replaced(known: Known, one: Invoice, copies: Mapping[str, str]) -> str | None:
    """The open item that a corrective invoice stands for: named by id, else by a number that only one
    other invoice of the same direction bears."""
    for named in (r for r in one.references if r.type == "replaces"):
        if named.invoice_id in known.invoices:
            return copies.get(named.invoice_id or "", named.invoice_id)
        number = compact(named.number or "")
        alike = {
            copies.get(id, id)
            for id, other in known.invoices.items()
            if number
            and (other.number_normalized, other.company_id, other.direction)
            == (number, one.company_id, one.direction)
            and other.kind != "credit_note"
        }
        if len(alike - {one.id}) == 1:
            return (alike - {one.id}).pop()
    return None


def _debtor(one: Invoice, other: Counterparty | None) -> str:
    """The same company at two sources is one debtor: a proven SIREN says so."""
    siren = proven_siren(one, other)
    if siren:
        return f"siren:{siren}"
    return other.id if other else f"name:{one.other_party.name or one.id}"


def _names(other: Counterparty | None, party: Party) -> str:
    names = [other.legal_name, *other.aliases] if other else []
    if party.name:
        names.append(party.name)
    return "|".join(dict.fromkeys(name.replace("|", " ") for name in names))


def _is_whole(known: Known, one: Invoice) -> bool:
    """The list this invoice comes from was once read to its end."""
    source = one.source
    if source is None or one.company_id is None:
        return False
    return (one.company_id, source.provider, source.account, source.object) in known.walked


def fits(decision: Decision, line: BankTransaction | None) -> bool:
    """The decision is about the line as it is now: booked, same amount, same currency."""
    if line is None or line.status != "booked" or line.currency != decision.currency:
        return False
    return decision.allocated_minor + decision.unallocated_minor == line.amount_minor


def stands(decision: Decision) -> bool:
    """AUTO, or what a person decided; a person who only said no asks for another decision."""
    return decision.outcome == "auto" or (decision.decided_by != "engine" and decision.outcome != "review")


def prior_of(known: Known) -> Prior:
    """Earlier decisions that still are about what is known.

    Left out: one about a line that was removed or changed, and a return whose original no longer
    holds what the return took back.
    """
    current = {id: d for id, d in sorted(known.decisions.items()) if fits(d, known.lines.get(id))}
    return Prior(decisions=tuple(d for d in current.values() if _takes_back_what_is_there(d, current)))


def _takes_back_what_is_there(decision: Decision, current: Mapping[str, Decision]) -> bool:
    original = decision.explanation.get("returns")
    if not isinstance(original, str) or not decision.shares or decision.decided_by != "engine":
        return True
    closed = current.get(original)
    if closed is None or not stands(closed):
        return False
    return _amounts(closed, sign=-1) == _amounts(decision)


def _amounts(decision: Decision, *, sign: int = 1) -> list[tuple[str, int]]:
    return sorted((share.item_id, sign * share.amount_minor) for share in decision.shares)
