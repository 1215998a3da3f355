"""One tenant of a world: its parties, documents, payments and lines, as rows of the interchange files."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from random import Random
from typing import NamedTuple

from benchmarks.reconciliation import labels, strangers
from benchmarks.reconciliation.after import aftermath
from benchmarks.reconciliation.documents import Document, all_documents, spare_numbers
from benchmarks.reconciliation.expected import Judge, compact
from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.parties import Bank, Debtor, account, debtors, sellers
from benchmarks.reconciliation.payments import Payment, payments_of
from benchmarks.reconciliation.texts import Text, write


class Line(NamedTuple):
    """A row of transactions."""

    transaction_id: str
    tenant_id: str
    account_id: str
    booking_date: date
    value_date: date
    amount_minor: int
    currency: str
    status: str | None
    counterparty_name: str | None
    counterparty_iban: str | None
    remittance: str | None
    creditor_reference: str | None
    end_to_end_id: str | None
    bank_reference: str | None
    original_amount_minor: int | None
    original_currency: str | None
    return_reason: str | None


class Item(NamedTuple):
    """A row of open items."""

    item_id: str
    tenant_id: str
    seller_id: str
    debtor_id: str
    seller_name: str
    debtor_name: str
    debtor_ibans: str | None
    number: str
    kind: str
    issue_date: date
    due_date: date
    amount_minor: int
    open_minor: int
    currency: str
    creditor_reference: str | None
    buyer_reference: str | None
    whole_turnover: bool
    discount_bp: int | None
    discount_until: date | None
    retention_bp: int | None
    replaces: str | None


class Account(NamedTuple):
    """A row of payer accounts."""

    tenant_id: str
    iban: str
    debtor_id: str


class Truth(NamedTuple):
    """What a line really is. `kind`: what happened; `cited`: the state of the reference; `payer`: the state
    of the name; `expected`: see `expected`; `of`: the line that it repeats, takes back or completes."""

    transaction_id: str
    tenant_id: str
    kind: str
    cited: str
    payer: str
    expected: str
    item_ids: str
    amounts_minor: str
    of: str | None


@dataclass(slots=True)
class Rows:
    """The rows of the four files."""

    lines: list[Line] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Size:
    """One tenant: how much of everything, and whether the account is a company's own."""

    name: str
    lines: int
    items: int
    sellers: int
    debtors: int
    banks: int
    company: bool


def ids(letter: str, start: int = 0) -> Iterator[str]:
    """Ids in an order that says nothing about what belongs together."""
    count = start
    while True:
        count += 1
        yield f"{letter}{count * 2_654_435_761 % 2**32:08x}"


class Tenant:
    """Builds one tenant, everything drawn from one generator."""

    def __init__(
        self, rng: Random, noise: Noise, size: Size, line_ids: Iterator[str], item_ids: Iterator[str]
    ) -> None:
        self.rng, self.noise, self.size, self.line_ids = rng, noise, size, line_ids
        self.banks = [account(rng, noise, f"{size.name}-a{n}") for n in range(size.banks)]
        self.by_account = {bank.id: bank for bank in self.banks}
        self.debtors = debtors(rng, noise, size.debtors, size.name)
        firms = sellers(rng, noise, size.sellers, self.banks, size.name, company=size.company)
        self.documents = all_documents(rng, noise, firms, self.debtors, size.items, item_ids)
        self.spare = spare_numbers(firms)
        self.names = sorted({name.upper() for d in self.debtors for name in (d.name, d.core, d.trade)})
        self.texts: dict[int, tuple[Text, labels.Label, str | None]] = {}
        self.rows = Rows()

    def build(self) -> Rows:
        """All rows."""
        payments = self._payments()
        judge = Judge(self.documents)
        for payment in payments:
            self._line(payment, judge)
        for _ in range(self.size.lines - len(payments)):
            self._other()
        self.rows.items = [self._item(d) for d in self.documents if d.held]
        self.rows.accounts = self._history()
        return self.rows

    def _payments(self) -> list[Payment]:
        of: dict[str, list[Document]] = {}
        for document in self.documents:
            of.setdefault(document.debtor.id, []).append(document)
        found: list[Payment] = []
        for debtor in self.debtors:
            for payment in payments_of(self.rng, self.noise, debtor, of.get(debtor.id, [])):
                found.append(payment)
                if payment.pays:
                    found += aftermath(self.rng, self.noise, payment)
        return found

    def _line(self, payment: Payment, judge: Judge) -> None:
        bank = self.by_account[payment.cites[0].seller.account]
        payment.id = next(self.line_ids)
        text, label, reference = self._written(payment, bank)
        payment.form = self._form(payment, text, label)
        known = self._known(payment, label)
        self.rows.lines.append(self._row(payment, bank, text, label, reference))
        of = payment.of.id if payment.of else None
        payment.expect = judge.expect(payment, known)
        truth = Truth(
            payment.id, self.size.name, payment.kind, payment.form, payment.payer, payment.expect,
            "|".join(d.id for d, _ in payment.pays), "|".join(str(a) for _, a in payment.pays), of,
        )  # fmt: skip
        self.rows.truths.append(truth)

    def _written(self, payment: Payment, bank: Bank) -> tuple[Text, labels.Label, str | None]:
        if payment.of is not None and payment.kind in (
            "duplicate",
            "cancelled",
            "cancelling",
            "pending",
            "return",
        ):
            return self._again(payment)
        text = write(self.rng, self.noise, payment)
        if text.cited == "truncated":
            text.text = _pushed_over(self.rng, text.text, payment.cites[0].number, bank.limit)
        payment.payer_name, payment.payer = self._payer(payment.debtor)
        label = labels.credit(
            self.rng, bank, payer=payment.payer_name, iban=payment.debtor.iban, text=text.text,
            day=payment.day, abroad=payment.debtor.country != "FR" and payment.debtor.payer is None,
        )  # fmt: skip
        reference = f"{self.rng.randrange(10**11):011}" if self.rng.random() < 0.5 else None
        if text.end_to_end_id is None and self.rng.random() < 0.4:
            text.end_to_end_id = self.rng.choice(
                ("NOTPROVIDED", f"E{self.rng.randrange(10**9):09}", "NOTPROVIDED")
            )
        self.texts[id(payment)] = text, label, reference
        return text, label, reference

    def _again(self, payment: Payment) -> tuple[Text, labels.Label, str | None]:
        source = payment.of if payment.of is not None else payment
        while id(source) not in self.texts and source.of is not None:
            source = source.of
        text, label, reference = self.texts[id(source)]
        payment.payer, payment.payer_name = source.payer, source.payer_name
        if payment.kind not in ("return", "cancelling"):
            return text, label, None if payment.kind == "duplicate" else reference
        word = self.rng.choice(
            ("REJET VIR SEPA", "RETOUR VIREMENT", "RAPPEL VIR", "ANNULATION")
            if payment.kind == "return"
            else ("ANNULATION", "CONTRE-PASSATION", "EXTOURNE")
        )
        again = labels.Label(label.name, label.iban, f"{word} {label.remittance or ''}".strip(), label.cut)
        return text, again, reference if self.rng.random() < 0.6 else None

    def _form(self, payment: Payment, text: Text, label: labels.Label) -> str:
        """The state of the citation as it arrived: what was cut off is cut, what remains whole is whole."""
        if not label.cut or text.cited in ("empty", "words", "truncated"):
            return text.cited
        kept = compact(label.remittance or "")
        if all(compact(d.number) in kept for d in payment.cites) or (
            len(payment.cites) == 1 and text.cited != "intact" and len(text.text) < 40
        ):
            return text.cited
        return "truncated" if len(payment.cites) == 1 else "list_cut"

    def _payer(self, debtor: Debtor) -> tuple[str, str]:
        """The name that arrives, and its state."""
        if debtor.payer is not None:
            return debtor.payer, debtor.payer_kind
        states = self.noise["payer"]
        state = self.rng.choices(list(states), list(states.values()))[0]
        if state == "cut":
            return debtor.name[: self.rng.randrange(18, 28)].strip(), state
        if state == "typo" and len(debtor.core) > 6:
            at = self.rng.randrange(2, len(debtor.core) - 1)
            return debtor.core[:at] + debtor.core[at + 1 :], state
        if state == "trade":
            return debtor.trade, "trade" if debtor.alias_known else "trade_unknown"
        return {"no_form": debtor.core, "absent": ""}.get(state, debtor.name), state

    def _known(self, payment: Payment, label: labels.Label) -> int:
        if payment.debtor.account_known and label.iban and payment.debtor.payer_kind == "own":
            return 2
        if payment.payer in ("treasury", "factor"):
            return 1 if payment.debtor.account_known and label.iban else 0
        if payment.payer == "cut":
            return 2 if self._begins_one(payment.debtor, payment.payer_name) else 1
        return {"full": 2, "no_form": 2, "trade": 2, "typo": 1}.get(payment.payer, 0)

    def _begins_one(self, debtor: Debtor, name: str) -> bool:
        """Whether a shortened name begins the name of one debtor only."""
        at = bisect_left(self.names, name.upper())
        mine = {debtor.name.upper(), debtor.core.upper()}
        return all(n in mine for n in takewhile(lambda n: n.startswith(name.upper()), self.names[at:]))

    def _row(
        self, payment: Payment, bank: Bank, text: Text, label: labels.Label, reference: str | None
    ) -> Line:
        taken_back = payment.kind == "return"
        passed_on = bank.path in ("fields", "feed") or text.cited == "end_to_end"
        amount, currency = payment.original or (None, None)
        return Line(
            payment.id, self.size.name, bank.id, payment.day, payment.day, payment.amount, payment.currency,
            "pending" if payment.kind == "pending" else None, label.name, label.iban, label.remittance,
            text.creditor_reference, text.end_to_end_id if passed_on else None, reference, amount, currency,
            payment.remark if taken_back and self.rng.random() < 0.7 else None,
        )  # fmt: skip

    def _other(self) -> None:
        bank = self.rng.choice(self.banks)
        other = strangers.other(self.rng, self.noise, bank, self.spare, company=self.size.company)
        id, label, nothing = next(self.line_ids), other.label, (None,) * 6
        textual = (label.name, label.iban, label.remittance)
        days = (other.day, other.day)
        line = Line(id, self.size.name, bank.id, *days, other.amount, "EUR", None, *textual, *nothing)
        self.rows.lines.append(line)
        self.rows.truths.append(Truth(id, self.size.name, other.kind, "", "", "none", "", "", None))

    def _item(self, d: Document) -> Item:
        kind = "invoice" if d.amount > 0 else "credit_note"
        return Item(
            d.id, self.size.name, d.seller.id, d.debtor.id, d.seller.name, d.debtor.printed_name,
            d.debtor.iban if d.debtor.listed else None, d.number, kind,
            d.issue, d.due, d.amount, d.open_minor, d.currency, d.rf, d.order, d.seller.closed, d.discount_bp,
            d.discount_until, d.retention_bp, d.replaces,
        )  # fmt: skip

    def _history(self) -> list[Account]:
        return [
            Account(self.size.name, d.iban, d.id) for d in self.debtors if d.account_known and not d.listed
        ]


def _pushed_over(rng: Random, text: str, number: str, limit: int) -> str:
    """Words in front, so that the path's limit falls into the number."""
    kept = rng.randrange(max(3, len(number) - 3), len(number)) if len(number) > 3 else 2
    filler = rng.choice(
        ("REGLEMENT DE VOTRE FACTURE", "PAIEMENT SELON VOTRE RELEVE", "SERVICE COMPTABILITE FOURNISSEURS")
    )
    words = f"{filler} " * (limit // len(filler) + 1)
    return words[: limit - kept - 1].rstrip().ljust(limit - kept - 1, ".") + f" {number}"
