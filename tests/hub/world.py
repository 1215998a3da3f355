"""A small world in memory: one company with bank lines, invoices and decisions of every kind."""

from datetime import UTC, date, datetime
from typing import Any

from core.model import (
    Allocation,
    BankAccount,
    BankTransaction,
    Candidate,
    Company,
    Connection,
    Counterparty,
    Decision,
    Declared,
    Event,
    EventAmount,
    Evidence,
    Finality,
    FinancedInvoice,
    Invoice,
    Party,
    QualityIssue,
    Share,
    SourceRef,
    StreamState,
    content_hash,
    stable_id,
)
from core.ports import Unit
from tests.fakes import FixedClock, InMemoryStore

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
COMPANY = "com_brunoy"
ACCOUNT = "acc_qonto"
HOSTILE = "<script>alert('x')</script> \u202eevil=cmd|' /C calc'!A0"


def source(object: str, external_id: str) -> SourceRef:
    """A reference to the provider's record."""
    return SourceRef(provider="qonto", account="org_1", object=object, external_id=external_id)


def invoice(number: str, payable: int, due: date | None, buyer: str, **more: Any) -> Invoice:
    """An issued receivable of the company, in EUR unless said."""
    values: dict[str, Any] = {
        "id": stable_id("inv", number),
        "company_id": COMPANY,
        "source": source("client_invoice", number),
        "direction": "receivable",
        "kind": "invoice",
        "number": number,
        "issue_date": date(2026, 9, 1),
        "due_date": due,
        "currency": "EUR",
        "gross_minor": payable,
        "payable_minor": payable,
        "buyer": Party(name=buyer),
        "document_status": "issued",
    }
    return Invoice(**{**values, **more})


def line(key: str, amount: int, on: date, name: str | None, text: str, **more: Any) -> BankTransaction:
    """A booked credit on the company's account."""
    values: dict[str, Any] = {
        "id": stable_id("txn", key),
        "company_id": COMPANY,
        "source": source("transaction", key),
        "account_id": ACCOUNT,
        "amount_minor": amount,
        "currency": "EUR",
        "booking_date": on,
        "value_date": on,
        "status": "booked",
        "operation": "transfer",
        "counterparty_name": name,
        "remittance": text,
        "fingerprint": content_hash([key]),
    }
    return BankTransaction(**{**values, **more})


def decision(of: BankTransaction, outcome: str, tier: str, reason: str, **more: Any) -> Decision:
    """The engine's decision on a line; tokens are the words of the bank it rests on."""
    shares = tuple(more.pop("shares", ()))
    allocated = sum(s.amount_minor for s in shares)
    words = more.pop("words", ())
    text = of.remittance or ""
    tokens = [
        {"field": "remittance", "text": w, "start": text.index(w), "end": text.index(w) + len(w)}
        for w in words
    ]
    explanation = {"tokens": tokens, "rivals": list(more.pop("rivals", ()))}
    values: dict[str, Any] = {
        "id": stable_id("dec", of.id),
        "company_id": COMPANY,
        "transaction_id": of.id,
        "outcome": outcome,
        "tier": tier,
        "reason": reason,
        "coincidence": 0.00002,
        "currency": of.currency,
        "allocated_minor": allocated,
        "unallocated_minor": of.amount_minor - allocated,
        "shares": shares,
        "explanation": explanation,
    }
    return Decision(**{**values, **more})


def share(of: Invoice, amount: int, **more: Any) -> Share:
    """An amount for one invoice."""
    return Share(item_id=of.id, amount_minor=amount, **more)


def allocation(decided: Decision, part: Share, on: date, **more: Any) -> Allocation:
    """What a share becomes in the log."""
    values: dict[str, Any] = {
        "id": stable_id("alc", decided.id, part.item_id, str(more.get("reverses"))),
        "company_id": COMPANY,
        "decision_id": decided.id,
        "transaction_id": decided.transaction_id,
        "invoice_id": part.item_id,
        "amount_minor": part.amount_minor,
        "currency": decided.currency,
        "kind": "cash",
        "source": "matcher",
        "grade": "E3",
        "occurred_on": on,
        "gap_minor": part.gap_minor,
        "gap_reason": part.gap_reason,
    }
    return Allocation(**{**values, **more})


INVOICES = {
    i.number: i
    for i in (
        invoice("FAC-2026-000123", 187346, date(2026, 10, 31), "Kervadec Distribution SAS"),
        invoice("FAC-2026-000131", 48000_00, date(2026, 11, 10), "Lartigue Construction"),
        invoice("FA2401201", 31000, date(2026, 10, 15), "Viandes Bost SARL"),
        invoice("FA2401202", 9550, date(2026, 10, 15), "Viandes Bost SARL"),
        invoice("FA2401205", 102000, date(2026, 10, 30), "Viandes Bost SARL"),
        invoice("FA-801", 197200, date(2026, 9, 30), "Ruel Conseil"),
        invoice("FA-802", 220400, date(2026, 11, 30), "Ruel Conseil"),
        invoice("FAC-2026-000140", 525000, date(2026, 8, 12), "Mairie d'Épinal"),
        invoice("FAC-2026-000141", 525000, date(2026, 8, 12), "Mairie d'Épinal"),
        invoice("FAC-2026-000098", 121650, date(2026, 7, 1), "Transports Guérin"),
        invoice("FAC-2026-000150", 99900, None, "Sans Échéance SA"),
        invoice("F-OLD-7", 40000, date(2025, 1, 31), "Vieux Client", declared=Declared(paid=True)),
        invoice("CHF-12", 250000, date(2026, 12, 5), "Alpina GmbH", currency="CHF"),
        invoice("FAC-2026-000117", 64000, date(2026, 10, 1), "Menuiserie Hamon"),
    )
    if i.number
}

LINES = {
    "plain": line(
        "plain",
        187346,
        date(2026, 11, 5),
        "KERVADEC DISTRIBUTION",
        "VIR SEPA RECU /DE KERVADEC DISTRIBUTION /MOTIF FAC-2026-000123 /REF NOTPROVIDED",
    ),
    "list": line(
        "list", 142550, date(2026, 11, 6), "VIANDES BOST", "VIR RECU FA2401201 1202 1205 VOS FACTURES MERCI"
    ),
    "partial": line(
        "partial",
        2000000,
        date(2026, 11, 9),
        "LARTIGUE CONSTRUCTION",
        "REGLT PARTIEL FAC-2026-000131 SOLDE FIN DE MOIS",
    ),
    "over": line("over", 201200, date(2026, 11, 12), "RUEL CONSEIL", "FACTURE FA-801 + IFR"),
    "twins": line("twins", 525000, date(2026, 11, 16), "DRFIP GRAND EST", "MANDAT 2026-1187 MAIRIE D EPINAL"),
    "hostile": line("hostile", 5000, date(2026, 11, 17), HOSTILE, f"=1+1 {HOSTILE} FAC-2026-000123"),
    "internal": line("internal", 300000, date(2026, 11, 3), "ATELIERS BRUNOY", "VIR INTERNE EPARGNE"),
    "nothing": line("nothing", 6090, date(2026, 11, 18), None, "VIR INST"),
    "bounced": line("bounced", 64000, date(2026, 10, 20), "MENUISERIE HAMON", "FAC-2026-000117"),
    "return": line(
        "return",
        -64000,
        date(2026, 10, 26),
        "MENUISERIE HAMON",
        "RETOUR VIR FAC-2026-000117",
        return_reason="AC04",
    ),
    "late": line("late", 7700, date(2026, 11, 22), "NOUVEAU CLIENT", "PAS ENCORE VU"),
    "swiss": line("swiss", 250000, date(2026, 11, 19), "ALPINA GMBH", "CHF-12", currency="CHF"),
}


def decisions() -> list[Decision]:
    """One decision per line, but for `late`, which no run has seen."""
    i, t = INVOICES, LINES
    return [
        decision(t["plain"], "auto", "T2", "reference_and_amount", words=("FAC-2026-000123",),
                 shares=[share(i["FAC-2026-000123"], 187346)]),
        decision(t["list"], "auto", "T3", "references_and_sum", words=("FA2401201", "1202", "1205"),
                 shares=[share(i["FA2401201"], 31000), share(i["FA2401202"], 9550),
                         share(i["FA2401205"], 102000)]),
        decision(t["partial"], "auto", "T8", "reference_and_part", words=("FAC-2026-000131",),
                 shares=[share(i["FAC-2026-000131"], 2000000)], decided_by="person:Inès"),
        decision(t["over"], "review", "T9", "overpayment", words=("FA-801",), candidates=(
            Candidate(rank=1, shares=(share(i["FA-801"], 197200),), score=0.9,
                      why={"number": "FA-801 is cited", "excess": "40.00 may be the fixed indemnity"}),)),
        decision(t["twins"], "review", "T9", "identical_items", words=("2026-1187",),
                 rivals=[i["FAC-2026-000140"].id, i["FAC-2026-000141"].id],
                 candidates=tuple(
                     Candidate(rank=r, shares=(share(i[n], 525000),), score=0.5, why={"amount": "exact"})
                     for r, n in enumerate(("FAC-2026-000140", "FAC-2026-000141"), 1))),
        decision(t["hostile"], "review", "T9", "already_settled", words=("FAC-2026-000123",)),
        decision(t["internal"], "none", "T0", "own_transfer"),
        decision(t["nothing"], "none", "T10", "nothing_fits"),
        decision(t["bounced"], "auto", "T2", "reference_and_amount", words=("FAC-2026-000117",),
                 shares=[share(i["FAC-2026-000117"], 64000)]),
        decision(t["return"], "auto", "T0", "return", allocated_minor=-64000, unallocated_minor=0,
                 shares=[share(i["FAC-2026-000117"], -64000)]),
        decision(t["swiss"], "auto", "T2", "reference_and_amount", words=("CHF-12",),
                 shares=[share(i["CHF-12"], 250000)]),
    ]  # fmt: skip


def allocations(decided: list[Decision]) -> list[Allocation]:
    """What the decisions put in the log, the return as a contrary entry."""
    on = {each.id: each.booking_date for each in LINES.values()}
    entries: list[Allocation] = []
    for each in decided:
        for part in each.shares:
            first = next((a for a in entries if a.invoice_id == part.item_id), None)
            undo = first is not None and part.amount_minor < 0
            more = {"reverses": first.id, "reason_code": "AC04"} if first and undo else {}
            entries.append(allocation(each, part, on[each.transaction_id] or NOW.date(), **more))
    return entries


def financed(of: Invoice, loan: str, advance: int, **more: Any) -> FinancedInvoice:
    """An advance on an invoice, its snapshot frozen."""
    snapshot = of.model_dump(mode="json")
    return FinancedInvoice(
        id=stable_id("fin", loan),
        company_id=COMPANY,
        loan_reference=loan,
        invoice_id=of.id,
        direction="receivable",
        advance_minor=advance,
        currency=of.currency,
        basis="gross",
        assignment="silent",
        disbursed_on=date(2026, 9, 10),
        due_date=of.due_date,
        open_at_financing_minor=of.payable_minor,
        snapshot=snapshot,
        snapshot_hash=content_hash(snapshot),
        **more,
    )


FINANCED = [
    financed(INVOICES["FAC-2026-000123"], "LN-2026-0042", 150000),
    financed(INVOICES["FAC-2026-000131"], "LN-2026-0051", 4000000),
]


def event(
    of: FinancedInvoice, sequence: int, type: str, on: date, open_after: int, minor: int, **more: Any
) -> Event:
    """One event of a financed invoice."""
    return Event(
        id=stable_id("evt", of.id, str(sequence)),
        type=type,  # type: ignore[arg-type]
        company_id=COMPANY,
        subject=of.id,
        loan_reference=of.loan_reference,
        sequence=sequence,
        cause=f"{type}:{sequence}",
        occurred_on=on,
        detected_at=NOW,
        amount=EventAmount(
            minor=minor,
            currency=of.currency,
            open_before_minor=of.open_at_financing_minor,
            open_after_minor=open_after,
            settlement_before="open",
            settlement_after="settled" if open_after == 0 else "partial",
        ),
        evidence=Evidence(grade="E3", records=(LINES["plain"].id,), explanation=more.pop("said")),
        finality=Finality(state="provisional", until=date(2026, 11, 19)),
        **more,
    )


def events() -> list[Event]:
    """The timelines of the two financed invoices."""
    paid, partly = FINANCED
    on, later = date(2026, 11, 5), date(2026, 11, 9)
    late = {"timing": "late", "days": 5}
    why = "1 873.46 EUR booked on 2026-11-05 pays FAC-2026-000123."
    part = "20 000.00 EUR booked on 2026-11-09 is part of FAC-2026-000131."
    collect = "Collect the repayment."
    return [
        event(paid, 1, "payment.allocated", on, 0, 187346, said=why),
        event(paid, 2, "invoice.paid", on, 0, 187346, said="Nothing is open.", attributes=late),
        event(paid, 3, "repayment.due", on, 0, 150000, said="Paid, grade E3.", recommended_action=collect),
        event(partly, 1, "payment.allocated", later, 2800000, 2000000, said=part),
        event(partly, 2, "invoice.partially_paid", later, 2800000, 2000000, said="28 000.00 EUR is open."),
    ]


def issues() -> list[QualityIssue]:
    """What was set aside."""
    return [
        QualityIssue(
            id="iss_1",
            code="unknown_word",
            severity="error",
            record="qonto client_invoice 9b1c",
            message="status says 'archived', which is not in the list: the record was set aside.",
            company_id=COMPANY,
            first_seen_at=NOW,
            last_seen_at=NOW,
            occurrences=3,
        ),
        QualityIssue(
            id="iss_2",
            code="unknown_field",
            severity="info",
            record="qonto transaction",
            message=f"field {HOSTILE} was never seen before.",
            company_id=COMPANY,
            first_seen_at=NOW,
            last_seen_at=NOW,
        ),
    ]


def connections() -> list[Connection]:
    """A healthy connection and one whose consent is over."""
    return [
        Connection(
            id="con_qonto",
            company_id=COMPANY,
            provider="qonto",
            state="active",
            health="ok",
            provider_account_id="org_1",
            created_at=NOW,
            last_success_at=NOW,
            history_from=date(2025, 11, 1),
        ),
        Connection(
            id="con_pennylane",
            company_id=COMPANY,
            provider="pennylane",
            state="reconnect_needed",
            health="stale",
            created_at=NOW,
            error="the consent is over: the customer connects again",
        ),
    ]


def fill(unit: Unit) -> None:
    """Writes the whole world into a unit."""
    decided = decisions()
    unit.put([Company(id=COMPANY, legal_name="Ateliers Brunoy SAS", siren="732829320")])
    unit.put(
        [
            Counterparty(
                id="cpy_1", company_id=COMPANY, role="customer", legal_name="Kervadec Distribution SAS"
            )
        ]
    )
    unit.put([BankAccount(id=ACCOUNT, company_id=COMPANY, name="Compte principal", currency="EUR")])
    unit.put(list(INVOICES.values()))
    unit.put(list(LINES.values()))
    unit.put(FINANCED)
    unit.put(decided)
    unit.append(allocations(decided))
    unit.append(events())
    unit.save([*issues(), *connections()])
    unit.save(
        [
            StreamState(
                id="con_qonto:transactions", connection_id="con_qonto", stream="transactions", updated_at=NOW
            )
        ]
    )


def filled_store(tenant_id: str = "ten_a") -> InMemoryStore:
    """A store with the world in one tenant."""
    store = InMemoryStore(FixedClock(NOW))
    with store.begin(tenant_id) as unit:
        fill(unit)
    return store
