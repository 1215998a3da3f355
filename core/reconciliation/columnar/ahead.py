"""Reading ahead: what can be said of a line before its turn, whatever other lines do.

Who bears a name, what a text cites, and that a line pays nothing held here depend on the items alone. Only
three things change while the fold goes on: open amounts, accounts and names that were learnt. What is read
here says where it looked at one of them, so that the fold looks again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring as quoted
from typing import Final

from core.model.ids import canonical_json
from core.reconciliation.cite import Cited, uncited
from core.reconciliation.columnar.block import Block, Found, Ready, Strays
from core.reconciliation.columnar.evidence import SILENT, Table
from core.reconciliation.columnar.ready import made_ready, payer_of
from core.reconciliation.decision import LISTED, Versions
from core.reconciliation.label import Label, Word, fold_text, given, read
from core.reconciliation.line import Line
from core.reconciliation.names import UNKNOWN, Payer
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import is_marked_return, no_receipt
from core.reconciliation.scope import Scope, alias_of, normal_iban

_NO_IBANS: Final[frozenset[str]] = frozenset()
_LABELLED = tuple[int, Line, Label]


class Reader:
    """Reads the blocks of one wall, in any order and in any process that has the items."""

    def __init__(self, scope: Scope, policy: Policy, versions: Versions) -> None:
        self.scope = scope
        self.policy = policy
        self.table = Table(scope.index)
        told = canonical_json({"code": versions.code, "payer": {"grade": None, "name": "?"}})
        before, after = told[1:-1].split(quoted("?"))
        self._explained = (
            f'{{"caps":[],{before}', f'{after},"policy":{quoted(versions.policy)},"rivals":[],"signals":[],'
        )  # fmt: skip

    def read(self, block: Block) -> Found:
        """What can be told of each line."""
        found = Found([], defaultdict(list), {}, {}, [])
        left = self._without_debits(block, found)
        plain = {place for place, line in left.items() if block.free[place] and _is_plain(line)}
        left = self._without_no_receipts(left, plain, found)
        labelled = []
        for place, line in left.items():
            if line.amount_minor > 0 and line.status == "booked":
                labelled.append((place, line, read(line, max_text=self.policy.max_text)))
            else:
                found.others.append(place)
        self._tell_apart(labelled, plain, found)
        return found

    def _without_debits(self, block: Block, found: Found) -> dict[int, Line]:
        """Money out closes nothing, unless it refunds a credit note that it cites."""
        asked = [place for place, one in enumerate(block.asked) if one]
        texts = block.columns.get("remittance") or [None] * len(block.asked)
        silent = self.table.silent([(texts[place] or "").upper() for place in asked])
        found.debits.extend(place for place, one in zip(asked, silent, strict=True) if one)
        debits = frozenset(found.debits)
        return {place: block.line(place) for place in range(len(block.asked)) if place not in debits}

    def _without_no_receipts(
        self, lines: Mapping[int, Line], plain: Iterable[int], found: Found
    ) -> dict[int, Line]:
        """Sets the lines aside that say they are no receipt and cite nothing held here."""
        reasons = {place: reason for place in sorted(plain) if (reason := _why_none(lines[place]))}
        texts = [fold_text(lines[place].remittance or "") for place in reasons]
        aside = set()
        for place, text, silent in zip(reasons, texts, self.table.silent(texts), strict=True):
            if silent and len(text) <= self.policy.max_text:
                found.no_receipts[reasons[place]].append(place)
                aside.add(place)
        return {place: line for place, line in lines.items() if place not in aside}

    def _tell_apart(self, lines: Sequence[_LABELLED], plain: set[int], found: Found) -> None:
        """Strays, and all other lines made ready for the fold."""
        possible = [one for one in lines if one[0] in plain and self._is_simple(one[1], one[2])]
        verdicts, found_whole = self.table.search([label for _, _, label in possible])
        silent = {p for (p, _, _), one in zip(possible, verdicts.tolist(), strict=True) if one == SILENT}
        known = {
            place: Cited([one]) if one else uncited(label, self.scope.index, self.policy)
            for (place, _, label), one in zip(possible, found_whole, strict=True)
            if one or place in silent
        }
        for place, line, label in lines:
            payer = payer_of(line, label, self.scope)
            reason = no_receipt(line, _NO_IBANS)
            if place in silent and reason is None and self._is_nobody(payer, label):
                self._add_stray(place, line, label, known[place], _of_day(found, line.booking_date))
            else:
                found.ready[place] = made_ready(
                    line, label, payer, self.scope, self.policy, cited=known.get(place), reason=reason
                )
                found.others.append(place)
        found.others.sort()

    def ready(self, lines: Sequence[Line]) -> list[Ready]:
        """Lines of money in, each read as one that no column tells anything about."""
        labels = [read(line, max_text=self.policy.max_text) for line in lines]
        simple = [n for n, line in enumerate(lines) if self._is_simple(line, labels[n])]
        verdicts, whole = self.table.search([labels[n] for n in simple])
        known = {
            n: Cited([one]) if one else uncited(labels[n], self.scope.index, self.policy)
            for n, verdict, one in zip(simple, verdicts.tolist(), whole, strict=True)
            if one or verdict == SILENT
        }
        return [
            made_ready(
                line, label, payer_of(line, label, self.scope), self.scope, self.policy, cited=known.get(n)
            )
            for n, (line, label) in enumerate(zip(lines, labels, strict=True))
        ]

    def _is_simple(self, line: Line, label: Label) -> bool:
        """Whether the label can only cite by its words."""
        own = (line.end_to_end_id or "").strip()
        return not (label.structured or label.caps or own in self.scope.index.position)

    def _is_nobody(self, payer: Payer, label: Label) -> bool:
        """Whether nothing at all is known of the payer: no debtor, no account, no seller."""
        return payer == UNKNOWN and not (label.payer and self.scope.sellers.surely(label.payer))

    def _add_stray(self, place: int, line: Line, label: Label, cited: Cited, strays: Strays) -> None:
        iban, alias = normal_iban(line.counterparty_iban), alias_of(label.payer)
        if self.scope.is_held(line.amount_minor):
            at = len(strays.places)
            strays.ready[at] = Ready(label, cited, UNKNOWN, frozenset(), iban, alias, False, None)
        strays.places.append(place)
        strays.amounts.append(line.amount_minor)
        strays.ibans.append(iban)
        strays.aliases.append(alias)
        strays.counted.append(bool(cited.counters))
        strays.explanations.append(self._explanation(label, cited))

    def _explanation(self, label: Label, cited: Cited) -> str:
        """As `explanation_of` and `canonical_json` have it for a line that pays nothing."""
        name = "null" if label.payer is None else quoted(label.payer)
        counters = ",".join([_placed(word, '"how":"counter",') for word in cited.counters[:LISTED]])
        unknown = ",".join([_placed(word, "") for word in cited.unknown[:LISTED]])
        before, after = self._explained
        return f'{before}{name}{after}"tokens":[{counters}],"unknown_references":[{unknown}]}}'


def _of_day(found: Found, day: date | None) -> Strays:
    assert day is not None
    strays = found.strays.get(day)
    if strays is None:
        strays = found.strays[day] = Strays([], [], [], [], [], [], {})
    return strays


def _placed(word: Word, how: str) -> str:
    field, text = quoted(word.field), quoted(word.text)
    return f'{{"end":{word.end},"field":{field},{how}"start":{word.start},"text":{text}}}'


def _is_plain(line: Line) -> bool:
    """Money in that can only pay for an item."""
    booked = line.status == "booked" and line.booking_date is not None
    return booked and line.amount_minor > 0 and not is_marked_return(line)


def _why_none(line: Line) -> str | None:
    """Why the line is no receipt, when there is nothing more to look at than its text."""
    reason = no_receipt(line, _NO_IBANS)
    referenced = map(given, (line.end_to_end_id, line.creditor_reference, line.bank_reference))
    return reason if reason and not any(referenced) else None
