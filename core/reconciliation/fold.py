"""The fold over booking days: standing decisions replayed, then each day tier by tier."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from core.collector import all_alive
from core.model.decision import Decision
from core.reconciliation.case import Case, Gate, Ruling, open_case
from core.reconciliation.decision import Versions, decide, is_rejected, remembering, settle_nothing
from core.reconciliation.grouping import (
    by_id,
    grouped_accounts,
    grouped_items,
    grouped_lines,
    horizons,
    order,
    stands,
    wall_of,
)  # fmt: skip
from core.reconciliation.hold import Claim, Hold, claim_of, effective_day, mark_twins, part_of
from core.reconciliation.index import FULL
from core.reconciliation.joint import joint
from core.reconciliation.label import Label, read
from core.reconciliation.line import Item, Line, PayerAccount, Prior
from core.reconciliation.lineage import tie
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import contra_entries, is_marked_return, no_receipt, not_booked
from core.reconciliation.replay import Replay, point, stage_of
from core.reconciliation.returns import Originals, take_back
from core.reconciliation.review import fall_back, on_hold, refused
from core.reconciliation.scope import normal_iban
from core.reconciliation.tiers import FIRST_SILENT, TIERS, Stage, TierRule
from core.reconciliation.wall import Wall

NOTHING = Prior()
DEFAULTS = Policy()


@all_alive()
def reconcile(
    lines: Iterable[Line],
    items: Iterable[Item],
    payer_accounts: Iterable[PayerAccount] = (),
    prior: Prior = NOTHING,
    policy: Policy = DEFAULTS,
) -> tuple[Decision, ...]:
    """One decision per line, ordered by transaction id; standing decisions come back unchanged.

    `allocated_minor` + `unallocated_minor` = the line's amount, in the line's sign. Shares are in the
    item's sign: positive closes an invoice, negative uses up a credit note; a return carries the
    opposite. Copies of the same money (see `tie`) are decided NONE, T0, `copy`. Raises ValueError
    when two lines of a tenant have the same id.
    """
    asked = by_id(lines)
    known = {**by_id(prior.lines), **asked}
    standing = {d.transaction_id: d for d in prior.decisions if stands(d, known.get(d.transaction_id))}
    earlier = {d.transaction_id: d for d in prior.decisions}
    copies = tie(tuple(known.values()), standing=frozenset(standing))
    by_wall, items_by_wall = grouped_lines(known.values()), grouped_items(items)
    accounts, horizon = grouped_accounts(payer_accounts), horizons(known.values())
    versions = Versions(policy.version)
    decided: dict[str, Decision] = {}
    for key in sorted(by_wall, key=str):
        wall = Wall(items_by_wall.get(key, []), accounts.get(key[0], []))
        fold = Fold(wall, policy, versions)
        fold.remember(earlier, standing, copies, known)
        decided.update(fold.run(by_wall[key], until=horizon.get(key[:2], date.min)))
    return tuple(remembering(decided[i], earlier.get(i)) for i in sorted(asked))


def aside(line: Line, copies: Mapping[str, str], versions: Versions) -> Decision | None:
    """What is said of copies (each with what it copies) and of lines that are not booked."""
    original = copies.get(line.transaction_id)
    if original is not None:
        return settle_nothing(line, "copy", versions, copy_of=original)
    reason = not_booked(line)
    return settle_nothing(line, reason, versions) if reason else None


class Fold:
    """One wall as days go by: what is decided, waits, and is returned."""

    def __init__(self, wall: Wall, policy: Policy, versions: Versions) -> None:
        self.wall = wall
        self.receivables, self.payables = wall.receivables, wall.payables
        self.policy = policy
        self.versions = versions
        self.originals = Originals(policy.return_window_days)
        self.decided: dict[str, Decision] = {}
        self.earlier: dict[str, Decision] = {}
        self.standing: dict[str, Decision] = {}
        self.copies: dict[str, str] = {}
        self.known: dict[str, Line] = {}
        self.supporting: dict[str, list[Line]] = defaultdict(list)
        self.hold = Hold(policy)
        self.replays: dict[date, list[Line]] = defaultdict(list)
        self.replay = Replay()

    def remember(
        self,
        earlier: dict[str, Decision],
        standing: dict[str, Decision],
        copies: dict[str, str],
        known: dict[str, Line],
    ) -> None:
        """What was decided before, and which lines are copies."""
        self.earlier, self.standing, self.copies, self.known = earlier, standing, copies, known
        for copy, original in copies.items():
            self.supporting[original].append(known[copy])

    def run(self, lines: Sequence[Line], *, until: date) -> dict[str, Decision]:
        """Decides every line of the group; `until` is the last day that the calendar has reached."""
        for line in lines:
            if (decision := self.standing.get(line.transaction_id)) is not None:
                self.wall.reserve(decision.shares)
        own = frozenset(i for line in lines if (i := normal_iban(line.account_iban)))
        self._run_days(lines, own)
        self._finish(until, own)
        return self.decided

    def _run_days(self, lines: Sequence[Line], own: frozenset[str]) -> None:
        days: dict[date, list[Line]] = defaultdict(list)
        for line in sorted(lines, key=order):
            day = line.booking_date or date.min
            decision = self.standing.get(line.transaction_id)
            aside = self._aside(line) if decision is None else None
            if aside is not None:
                self._put(aside)
                continue
            days[day].append(line)
            if decision is not None:
                self.replays[effective_day(decision, day)].append(line)
        for day in sorted(days):
            self._pass(day)
            self._day(day, days[day], own)

    def _finish(self, until: date, own: frozenset[str]) -> None:
        """What still waits when there are no more lines."""
        self._pass(until, through=True)
        for case in self.hold.end():
            self._conclude(case, on_hold(case))
        for day in sorted(self.replays):
            self._day(day, [], own)

    def _pass(self, day: date, *, through: bool = False) -> None:
        """Days without lines before `day` (`through`: and that day), on which waits end."""
        for end in sorted({*self.hold.days(), *self.replays}):
            if end < day or (through and end == day):
                self._day(end, [], frozenset())

    def _aside(self, line: Line) -> Decision | None:
        """Copies and lines that are not booked are decided without being looked at further."""
        return aside(line, self.copies, self.versions)

    def _day(self, day: date, lines: list[Line], own: frozenset[str]) -> None:
        self.replay = Replay(self.replays.pop(day, ()), self.standing)
        fresh = [line for line in lines if line.transaction_id not in self.standing]
        cancelled = self._cancelled(lines, fresh)
        for line in lines:
            if line.transaction_id not in cancelled:
                self._offer_as_original(line)
        self._stand(self.replay.through(Stage.PEOPLE))
        cases, returns = self._sorted_out(fresh, cancelled, own)
        for tier in TIERS:
            if tier is FIRST_SILENT:
                cases = self._join(cases)
                cases = [*self.hold.over(day), *self.hold.take(cases)]
                self._mark_twins(cases)
            cases = self._ask(tier, cases)
        for case in cases:
            self._conclude(case, refused(case) if case.refused else fall_back(case))
        for line in returns:
            self._stand(self.replay.before(Stage.RETURNS, line))
            self._return(line)
        self._stand(self.replay.through(Stage.RETURNS))
        self.wall.learn()

    def _cancelled(self, lines: list[Line], fresh: list[Line]) -> dict[str, str]:
        """Lines that a correction of the bank cancels, both ways; one that stands is not cancelled, but
        may make it uncertain which is meant."""
        pairs = contra_entries(lines) if fresh and len(lines) > 1 else {}
        return {a: b for a, b in pairs.items() if a not in self.standing and b not in self.standing}

    def _offer_as_original(self, line: Line) -> None:
        self.originals.add(line, self.supporting.get(line.transaction_id, ()))

    def _sorted_out(
        self, lines: list[Line], cancelled: dict[str, str], own: frozenset[str]
    ) -> tuple[list[Case], list[Line]]:
        """Lines that may pay something, as cases; returns, for the end of the day; T0 is decided here."""
        cases, returns = [], []
        for line in lines:
            partner = cancelled.get(line.transaction_id)
            if partner is not None:
                self._put(settle_nothing(line, "contra_entry", self.versions, cancels=partner))
            elif is_marked_return(line) or self._takes_back(line):
                returns.append(line)
            elif (case := self._case(line, own)) is not None:
                cases.append(case)
        return cases, returns

    def _takes_back(self, line: Line) -> bool:
        return line.amount_minor < 0 and bool(self.originals.named_by(line))

    def _case(self, line: Line, own: frozenset[str]) -> Case | None:
        label = self._read(line)
        scope = self.wall.side(line)
        if line.amount_minor < 0 and (refund := self._refund(line, label)) is not None:
            return refund
        if line.amount_minor < 0 and not scope.items:
            self._put(settle_nothing(line, "debit", self.versions))
            return None
        case = open_case(self._supported(line), label, scope, self.policy)
        return self._worth_asking(case, own)

    def _worth_asking(self, case: Case, own: frozenset[str]) -> Case | None:
        """The case, unless its line is no receipt and cites nothing in full."""
        reason = no_receipt(case.line, own)
        if reason and not any(c.strength >= FULL for c in case.cited.citations):
            self._put(settle_nothing(case.line, reason, self.versions))
            return None
        case.rejected = self._rejected(case.line)
        return case

    def _read(self, line: Line) -> Label:
        return read(line, max_text=self.policy.max_text)

    def _refund(self, line: Line, label: Label) -> Case | None:
        """Money out that cites nothing but our own open credit notes: they are paid out."""
        if not self.receivables.has_credit_notes:
            return None
        case = open_case(line, label, self.receivables, self.policy, refund=True)
        cited = case.meaning().items if case.cited.citations else ()
        if not cited or any(self.receivables.open[n] > 0 for n in cited):
            return None
        case.rejected = self._rejected(line)
        return case

    def _rejected(self, line: Line) -> tuple[frozenset[str], ...]:
        """Groups of items that a person said no to for this line."""
        before = self.earlier.get(line.transaction_id)
        return tuple(frozenset(group) for group in before.rejected) if before else ()

    def _supported(self, line: Line) -> Line:
        """The line with what its copies' sources declare about it."""
        declared = [
            i for copy in self.supporting.get(line.transaction_id, ()) for i in copy.declared_item_ids
        ]
        if not declared:
            return line
        return replace(line, declared_item_ids=tuple(sorted({*line.declared_item_ids, *declared})))

    def _ask(self, tier: TierRule, cases: list[Case]) -> list[Case]:
        left, again = [], self.replay.is_ahead()
        for case in cases:
            if again:
                self._stand(self.replay.before(tier.stage, case.line))
            asked = case.cites is tier.of_cited and case.may_be_decided()
            answer = tier.rule(case) if asked else None
            if answer is None or not self._is_decided(case, answer):
                left.append(case)
        if again:
            self._stand(self.replay.through(tier.stage))
        return left

    def _is_decided(self, case: Case, answer: Ruling | Gate) -> bool:
        """Concludes a case that a rule answers; one that may not take effect keeps why."""
        if isinstance(answer, Gate):
            case.gate = case.gate or answer
            return False
        if (refusal := self._refusal(case, answer)) is not None:
            case.refused = (refusal, answer)
            return False
        self._conclude(case, answer)
        return True

    def _join(self, cases: list[Case]) -> list[Case]:
        """Lines that pay together are decided together, or not at all."""
        decided: set[str] = set()
        groups = joint(cases) if self.policy.joint_decisions else []
        self._stand(self.replay.through(Stage.JOINT))
        for group in groups:
            if not any(self._refusal(case, ruling) for case, ruling in group):
                decided.update(case.line.transaction_id for case, _ in group)
                rulings = [decide(case, ruling, self.versions) for case, ruling in group]
                for decision in rulings:
                    self._put(decision)
                    self._apply(decision)
        return [case for case in cases if case.line.transaction_id not in decided]

    def _refusal(self, case: Case, ruling: Ruling) -> str | None:
        """Why a ruling may not take effect: the tenant, a person, the calendar, or a decision that stands."""
        if ruling.tier not in self.policy.automatic_tiers:
            return "tier_not_automatic"
        if is_rejected(ruling.shares, case.rejected):
            return "rejected_by_person"
        position = case.scope.index.position
        if case.forwarding and not self.policy.indirect_collection:
            return "paid_by_seller"
        if not all(case.is_issued(position[s.item_id]) for s in ruling.shares):
            return "paid_before_issue"
        if (code := self.hold.against(case, ruling, self.originals.is_returned)) is not None:
            return code
        free = all(case.scope.can_take(position[s.item_id], s.amount_minor) for s in ruling.shares)
        return None if free else "already_settled"

    def _conclude(self, case: Case, ruling: Ruling) -> None:
        if ruling.tier == "T10" and case.line.amount_minor < 0:
            self._put(settle_nothing(case.line, "debit", self.versions))
            return
        decision = decide(case, ruling, self.versions)
        self._put(decision)
        if decision.outcome == "auto":
            self._apply(decision)
        elif decision.outcome == "review" and (claim := claim_of(case)) is not None:
            self._leave(claim, case.line)

    def _mark_twins(self, cases: list[Case]) -> None:
        """Twins are those of the day, those that wait, and those about which a person was asked lately."""
        mark_twins(cases, self.hold.waiting())
        for case in cases:
            case.twins |= self.hold.left(case, self.originals.is_returned)

    def _leave(self, claim: Claim, line: Line) -> None:
        self.hold.leave(claim, line)

    def _put(self, decision: Decision) -> None:
        self.decided[decision.transaction_id] = decision

    def _stand(self, lines: Iterable[Line]) -> None:
        """The standing decisions about these lines take effect, unless they did already; a return never
        before what it takes back, even if that waited longer."""
        for line in lines:
            if line.transaction_id in self.decided:
                continue
            decision = self.standing[line.transaction_id]
            returned = decision.explanation.get("returns") if decision.shares else None
            if returned in self.standing and wall_of(self.known[returned]) == wall_of(line):
                self._stand([self.known[returned]])
            self._put(decision)
            self.wall.free(decision.shares)
            self._apply(decision)
            if isinstance(returned, str):
                self._undo(returned)

    def _apply(self, decision: Decision) -> None:
        line = self.known[decision.transaction_id]
        self.wall.apply(decision, line)
        if (claim := part_of(decision, line)) is not None:
            self._leave(claim, line)

    def _return(self, line: Line) -> None:
        original, possible = self.originals.of(line)
        if original is not None and self._stood_before(original, line):
            self._stand([original])
        closed = self.decided.get(original.transaction_id) if original else None
        rejected = self._rejected(line)
        decision = take_back(line, original, possible, self.decided.get, self.versions, rejected)
        refusal = self._return_refusal(decision, rejected)
        if refusal is not None:
            named = sorted(o.transaction_id for o in possible)
            self._put(settle_nothing(line, refusal, self.versions, originals=named))
            return
        self._put(decision)
        self._apply(decision)
        if original is not None:
            self._undo(original.transaction_id)
            waited = self.hold.drop(original.transaction_id)
            if waited or (closed is not None and closed.outcome != "auto" and closed.decided_by == "engine"):
                self._put(
                    settle_nothing(original, "returned", self.versions, returned_by=line.transaction_id)
                )

    def _stood_before(self, original: Line, line: Line) -> bool:
        """Whether a standing decision about `original` was made before `line` had its turn as a return; what
        is itself a return of that day may come after it."""
        decision = self.standing.get(original.transaction_id)
        return decision is not None and point(stage_of(decision), original) < point(Stage.RETURNS, line)

    def _return_refusal(self, decision: Decision, rejected: tuple[frozenset[str], ...]) -> str | None:
        """Why what a returned payment closed may not be opened again (or, when it was itself a return,
        closed again)."""
        if is_rejected(decision.shares, rejected):
            return "rejected_by_person"
        if decision.shares and self._is_taken_back(decision.explanation["returns"]):
            return "return_without_original"
        return None if self.wall.has_room(decision.shares) else "settled_meanwhile"

    def _is_taken_back(self, original: str) -> bool:
        """Whether a return that stands, and is still to take effect, takes this payment back."""
        ahead = (*self.replay.left(), *(line for lines in self.replays.values() for line in lines))
        decisions = (self.standing[line.transaction_id] for line in ahead)
        return any(d.shares and d.explanation.get("returns") == original for d in decisions)

    def _undo(self, original: str) -> None:
        """The original was taken back: it is returned once, and what it taught is forgotten."""
        self.originals.give_back(original)
        self.wall.forget(original)
