"""Entries to documents, settlements and transfers: who owes what, and what the ledger says was paid."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from core.model.invoice import Direction
from core.model.ledger import SettlementKind
from mappings.ledger.booked import Document, Lettered, Payment, Third
from mappings.ledger.chart import RETENTION, Chart, Role, is_collective
from mappings.ledger.daybook import Daybook
from mappings.ledger.entries import LedgerEntry
from mappings.ledger.line import LedgerLine
from mappings.ledger.numbers import is_credit, is_factor, is_opening, is_rejected, number_in


class Side(NamedTuple):
    """Customers or suppliers: their accounts, those of what was sold or bought, and the sign of a debit
    (1 where it adds to what is owed)."""

    accounts: Role
    trade: Role
    direction: Direction
    sign: int


_SIDES: Final = (
    Side("customer", "revenue", "receivable", 1),
    Side("supplier", "cost", "payable", -1),
)
_GAPS: Final = ("exchange", "write_off", "discount", "fee")


def post(entry: LedgerEntry, daybook: Daybook, chart: Chart) -> None:
    """Writes what an entry says of customers and suppliers into the daybook."""
    first = entry.lines[0]
    if is_opening(first.journal, first.journal_label):
        for side in _SIDES:
            _Part(entry.lines, chart, daybook).bring_forward(side)
        return
    for lines in _parts(entry.lines):
        part = _Part(lines, chart, daybook)
        for side in _SIDES:
            part.post(side)


def _parts(lines: Sequence[LedgerLine]) -> Iterable[Sequence[LedgerLine]]:
    """What balances by itself inside an entry: stretches of it, and in these single pieces."""
    for stretch in _stretches(lines):
        pieces: dict[str, list[LedgerLine]] = defaultdict(list)
        for line in stretch:
            pieces[line.piece].append(line)
        alone = len(pieces) > 1 and not any(sum(x.minor for x in piece) for piece in pieces.values())
        yield from pieces.values() if alone else (stretch,)


def _stretches(lines: Sequence[LedgerLine]) -> Iterable[Sequence[LedgerLine]]:
    start, balance = 0, 0
    for end, line in enumerate(lines, 1):
        balance += line.minor
        if not balance:
            yield lines[start:end]
            start = end


def third_of(line: LedgerLine) -> Third:
    """Whose account a line is on."""
    if line.auxiliary:
        return Third(line.auxiliary, line.auxiliary_label or None)
    name = None if is_collective(line.account) else line.account_label or line.auxiliary_label
    return Third(line.account, name or None)


class _Part:
    """Lines that balance: what they mean together."""

    def __init__(self, lines: Sequence[LedgerLine], chart: Chart, daybook: Daybook) -> None:
        self.daybook = daybook
        self.by_role: dict[Role, list[LedgerLine]] = defaultdict(list)
        for line in lines:
            if line.minor:
                self.by_role[chart.role(line.account)].append(line)
        self._sums = {role: sum(line.minor for line in own) for role, own in self.by_role.items()}

    def sum(self, *roles: str) -> int:
        return sum(self._sums.get(cast(Role, role), 0) for role in roles)

    def post(self, side: Side) -> None:
        """Posts the lines of one side."""
        own = self.by_role.get(side.accounts, [])
        if not own:
            return
        if "treasury" in self.by_role:
            way = -side.sign * self.sum(side.trade, "vat", "advance") if side.trade in self.by_role else 0
            self._documents([x for x in own if side.sign * x.minor * way > 0], side)
            self._paid([x for x in own if side.sign * x.minor * way <= 0], side)
        elif self._is_billed(own, side):
            self._documents(own, side)
        else:
            self._settled_without_cash(own, side)

    def _is_billed(self, own: Sequence[LedgerLine], side: Side) -> bool:
        """Whether the lines are a document: of goods or services; of an advance, with its VAT when it is
        credited; of bank fees, differences and the like where they add to what is owed."""
        if side.trade in self.by_role:
            return True
        more = side.sign * sum(line.minor for line in own) > 0
        if "advance" in self.by_role:
            return more or "vat" in self.by_role
        return more and any(gap in self.by_role for gap in _GAPS)

    def _documents(self, lines: Sequence[LedgerLine], side: Side) -> None:
        pieces: dict[tuple[str, str], list[LedgerLine]] = defaultdict(list)
        for line in lines:
            pieces[third_of(line).key, line.piece].append(line)
        for piece in pieces.values():
            amount = side.sign * sum(line.minor for line in piece)
            if amount:
                one = self.daybook.document(self._document(piece, amount, side, alone=len(pieces) == 1))
                for line in piece:
                    self._letter(line, side.sign * line.minor, one)

    def _document(self, lines: Sequence[LedgerLine], amount: int, side: Side, *, alone: bool) -> Document:
        """Net and tax are known where one document takes all of the part and the sums agree; not where an
        advance is deducted, of which the ledger states the net amount only: then gross is what is owed.
        """
        first, turn = lines[0], 1 if amount > 0 else -1
        way = -side.sign * turn
        net, tax, advance = (
            way * self.sum(side.trade, *_GAPS),
            way * self.sum("vat"),
            way * self.sum("advance"),
        )
        prepaid = advance > 0 and not net
        if prepaid:
            net, advance = advance, 0
        exact = alone and not advance and net >= 0 and tax >= 0 and net + tax == abs(amount)
        kept = -way * sum(line.minor for line in lines if line.account.startswith(RETENTION))
        retained = kept if 0 <= kept <= abs(amount) else 0
        return Document(
            direction=side.direction,
            kind="credit_note" if turn < 0 else "prepayment" if prepaid else "invoice",
            third=third_of(first),
            piece=first.piece,
            label=first.label,
            issue_date=first.piece_date,
            payable_minor=abs(amount) - retained,
            gross_minor=net + tax if exact else abs(amount),
            net_minor=net if exact else None,
            tax_minor=tax if exact else None,
            retained_minor=retained,
            reverse_charge=True if exact and "vat" in self.by_role and not tax else None,
            opening=False,
            line=first.number,
            foreign_amount=first.foreign_amount,
            foreign_currency=first.foreign_currency,
        )

    def _letter(self, line: LedgerLine, minor: int, item: int | None, factor: str | None = None) -> None:
        if line.letter:
            one = Lettered(line.account, line.auxiliary, line.letter, line.lettered_on, minor, line.number)
            self.daybook.letter(one, item, factor)

    def _paid(self, lines: Sequence[LedgerLine], side: Side) -> None:
        """Cash. Where it is one line's alone, what the other accounts of the part took is told apart."""
        moved = abs(self.sum("treasury"))
        account = self.by_role["treasury"][0].account
        alone = len(lines) == 1 and not self.by_role.keys() >= {"customer", "supplier"}
        for line in lines:
            gaps = self._gaps(line) if alone else {}
            cash = abs(line.minor) - sum(gaps.values())
            self._payment(line, "cash", cash, side, moved=moved, account=account)
            for kind, amount in gaps.items():
                self._payment(line, kind, amount, side)

    def _gaps(self, line: LedgerLine) -> dict[SettlementKind, int]:
        """What stands for cash that did not come: amounts on the cash's side, smaller than the line."""
        turn = -1 if line.minor > 0 else 1
        amounts = {kind: turn * self.sum(kind) for kind in _GAPS}
        if amounts["discount"] > 0:
            amounts["discount"] += turn * self.sum("vat")
        gaps = {cast(SettlementKind, kind): amount for kind, amount in amounts.items() if amount > 0}
        return gaps if sum(gaps.values()) < abs(line.minor) else {}

    def _settled_without_cash(self, lines: Sequence[LedgerLine], side: Side) -> None:
        """Set off, written off, or gone to another account; an advance that is used is set off."""
        others = self.by_role.keys() - {side.accounts, "vat"}
        if not others or not others <= {*_GAPS, "netting", "advance", "customer", "supplier"}:
            self._transferred(lines, side)
            return
        turn = -1 if lines[0].minor > 0 else 1
        amounts: dict[SettlementKind, int] = defaultdict(int)
        for name in sorted(others):
            kind = cast(SettlementKind, name) if name in _GAPS else "netting"
            amounts[kind] += turn * self.sum(name)
        if len(amounts) == 1:
            for line in lines:
                self._payment(line, next(iter(amounts)), abs(line.minor), side)
        elif len(lines) == 1 and min(amounts.values()) > 0 and sum(amounts.values()) == abs(lines[0].minor):
            for kind, amount in amounts.items():
                self._payment(lines[0], kind, amount, side)
        else:
            self._transferred(lines, side)

    def _payment(
        self,
        line: LedgerLine,
        kind: SettlementKind,
        amount: int,
        side: Side,
        *,
        moved: int | None = None,
        account: str | None = None,
    ) -> None:
        one = Payment(
            direction=side.direction,
            kind=kind,
            flow="out" if line.minor > 0 else "in",
            third=third_of(line),
            paid_on=line.entry_date,
            amount_minor=amount,
            moved_minor=moved,
            account=account or None,
            journal=line.journal,
            piece=line.piece,
            label=line.label,
            letter=line.letter,
            lettered_on=line.lettered_on,
            line=line.number,
        )
        telling = kind == "cash" and one.third.name is not None and not one.is_usual
        number = self.daybook.payment(one, is_reject=telling and is_rejected(line.label))
        self._letter(line, side.sign * (amount if line.minor > 0 else -amount), number)

    def _transferred(self, lines: Sequence[LedgerLine], side: Side) -> None:
        """The balance stands on another account now: the largest of the other side."""
        ordered = sorted(
            (line for own in self.by_role.values() for line in own), key=lambda x: (x.minor, x.number)
        )
        least, most = ordered[0], ordered[-1]
        for line in lines:
            to = least if line.minor > 0 else most
            name = to.auxiliary_label or to.account_label
            self._letter(line, side.sign * line.minor, None, name if is_factor(name) else None)

    def bring_forward(self, side: Side) -> None:
        """Opening lines: documents of earlier years where each line names one, else balances only."""
        own = self.by_role.get(side.accounts, [])
        pieces: dict[str, int] = defaultdict(int)
        for lines in self.by_role.values():
            for line in lines:
                pieces[line.piece] += 1
        for line in own:
            named = sum(c.isdigit() for c in line.piece) >= 3 and pieces[line.piece] == 1
            number = line.piece if named else number_in(line.label)
            owed = side.sign * line.minor > 0
            if number is None or not (owed or is_credit(f"{number} {line.label}")):
                self.daybook.balances_only += 1
                self._letter(line, side.sign * line.minor, None)
                continue
            one = self.daybook.document(self._brought_forward(line, number, side, owed=owed))
            self._letter(line, side.sign * line.minor, one)

    def _brought_forward(self, line: LedgerLine, number: str, side: Side, *, owed: bool) -> Document:
        earlier = line.piece_date is not None and line.piece_date < line.entry_date
        return Document(
            direction=side.direction,
            kind="invoice" if owed else "credit_note",
            third=third_of(line),
            piece=number,
            label=line.label,
            issue_date=line.piece_date if earlier else None,
            payable_minor=abs(line.minor),
            gross_minor=abs(line.minor),
            net_minor=None,
            tax_minor=None,
            retained_minor=0,
            reverse_charge=None,
            opening=True,
            line=line.number,
            foreign_amount=line.foreign_amount,
            foreign_currency=line.foreign_currency,
        )
