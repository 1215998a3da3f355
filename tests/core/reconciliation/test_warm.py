"""A warm engine decides what the whole run decides, whatever arrives when, and says how far it went back."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.decision import Decision, Share
from core.reconciliation import Item, Line, PayerAccount, Policy, Prior, kernel
from core.reconciliation.fold import reconcile
from core.reconciliation.warm import Advance, WarmEngine, cold
from core.reconciliation.warm.compiled import CompiledFold
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.made import IBANS, made
from tests.core.reconciliation.worlds import POLICIES, worlds

EXAMPLES = 15
"""Per property; raised to thousands by hand when the rules or the warm engine change."""


@dataclass
class Twice:
    """The same facts given to warm engines, a few at a time, and to the whole run, all of them each time.
    The engines are the reference, and the kernel's where there is one; the whole run is made by both, too."""

    policy: Policy
    warm: list[WarmEngine] = field(init=False)
    lines: dict[str, Line] = field(default_factory=dict)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    accounts: list[PayerAccount] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.warm = [WarmEngine(self.policy, compiled=False)]
        if kernel.is_available():
            self.warm.append(WarmEngine(self.policy))

    def advance(self, **new: Any) -> Advance:
        """Gives both what is new and compares every decision, and what is said to have changed."""
        self.lines.update({x.transaction_id: x for x in new.get("lines", ())})
        for gone in new.get("withdrawn", ()):
            self.items.pop((gone.tenant_id, gone.item_id), None)
        self.items.update({(i.tenant_id, i.item_id): i for i in new.get("items", ())})
        self.accounts += new.get("payer_accounts", ())
        before = self.decisions | {d.transaction_id: d for d in new.get("decisions", ())}
        prior = Prior(decisions=tuple(before.values()))
        whole = reconcile(self.lines.values(), self.items.values(), self.accounts, prior, self.policy)
        assert (
            cold.reconcile(self.lines.values(), self.items.values(), self.accounts, prior, self.policy)
            == whole
        )
        self.decisions = {d.transaction_id: d for d in whole}
        for warm in self.warm:
            told = warm.advance(**new)
            assert dict(warm.decided) == self.decisions
            assert list(told.decisions) == [d for d in whole if before.get(d.transaction_id) != d]
        return told


def by_person(rng: random.Random, decision: Decision) -> Decision:
    """What a person may make of a decision: accept, refuse, put aside, or take back."""
    best = decision.candidates[0].shares if decision.candidates else decision.shares
    paid = sum(share.amount_minor for share in best)
    free = {"decided_by": "person:ana", "candidates": ()}
    amount = decision.allocated_minor + decision.unallocated_minor
    ways: list[dict[str, Any]] = [
        {"outcome": "none", "shares": (), "allocated_minor": 0, "unallocated_minor": amount},
        {"outcome": "review", "shares": (), "allocated_minor": 0, "unallocated_minor": amount,
         "rejected": (tuple(sorted(share.item_id for share in best)),)},
    ]  # fmt: skip
    if best and amount > 0 and paid <= amount:
        accepted = {"shares": best, "allocated_minor": paid, "unallocated_minor": amount - paid}
        ways.append({"outcome": "auto", **accepted})
    return decision.model_copy(update=free | rng.choice(ways))


def changed(rng: random.Random, line: Line) -> Line:
    """What a bank may make of a line: booked, withdrawn, redated, described anew, or of another company."""
    day = line.booking_date or DAY
    return replace(
        line,
        **rng.choice(
            [
                {"status": "booked"},
                {"status": "removed"},
                {"booking_date": day + timedelta(days=rng.choice([-2, 1, 3]))},
                {"remittance": "VIREMENT"},
                {"company_id": None if line.company_id else "c"},
            ]
        ),
    )


def mixed(rng: random.Random, lines: list[Line]) -> list[Line]:
    """Some lines in another company, currency or feed; some feeds see the same money twice."""
    found = []
    for one in lines:
        company = rng.choice([None] * 5 + ["c"])
        feed = rng.choice(["bank", "bank", "file"])
        iban = rng.choice([None, None, "FR7630006000011234567890189", IBANS[0]])
        one = replace(one, company_id=company, source_key=feed, source_rank=int(feed == "file"),
                      currency=rng.choice(["EUR"] * 6 + ["USD"]), account_iban=iban)  # fmt: skip
        found.append(one)
        if rng.random() < 0.15:
            other = "file" if feed == "bank" else "bank"
            copy = {"transaction_id": "C" + one.transaction_id, "source_key": other}
            found.append(replace(one, **copy, source_rank=int(other == "file")))
    return found


def live(rng: random.Random, lines: list[Line], items: list[Item], policy: Policy) -> None:
    """Some weeks: lines mostly in the order of their days, items late, people, changes, accounts."""
    both = Twice(policy)
    lines = sorted(lines, key=lambda x: (x.booking_date or DAY) + timedelta(days=rng.choice([0] * 6 + [4])))
    late = [i for i in items if rng.random() < 0.15]
    both.advance(items=[i for i in items if i not in late])
    while lines:
        count = rng.choice([1, 1, 2, 5, 9])
        new: dict[str, Any] = {"lines": lines[:count]}
        del lines[:count]
        known = list(both.lines.values())
        if known and rng.random() < 0.25:
            one = changed(rng, rng.choice(known))
            new["lines"] = [x for x in new["lines"] if x.transaction_id != one.transaction_id] + [one]
        if late and rng.random() < 0.3:
            new["items"] = [late.pop()]
        if rng.random() < 0.06:
            new["withdrawn"] = [rng.choice(list(both.items.values()))] if both.items else []
        if rng.random() < 0.08:
            new["payer_accounts"] = [PayerAccount(tenant_id="t", iban=IBANS[0], debtor_id="d:Viandes Bost")]
        if both.decisions and rng.random() < 0.4:
            new["decisions"] = [by_person(rng, rng.choice(list(both.decisions.values())))]
        both.advance(**new)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 10**9), POLICIES)
def test_the_warm_engine_decides_what_the_whole_run_decides(seed: int, policy: Policy) -> None:
    rng = random.Random(seed)
    lines, items = made(seed)
    live(rng, lines, items, policy)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 10**9), POLICIES)
def test_also_over_several_companies_currencies_and_feeds(seed: int, policy: Policy) -> None:
    rng = random.Random(seed)
    lines, items = made(seed)
    live(
        rng, mixed(rng, lines), [replace(i, company_id=rng.choice([None, None, "c"])) for i in items], policy
    )


def both_ways(rng: random.Random, lines: list[Line], items: list[Item]) -> tuple[list[Line], list[Item]]:
    """Some of the invoices are suppliers', some of the money goes out, the bank names what it did, and a tool
    says what is paid."""
    ids = [i.item_id for i in items]
    lines = [
        replace(
            x,
            amount_minor=rng.choice([1, 1, -1]) * x.amount_minor,
            declared_item_ids=tuple(rng.sample(ids, min(len(ids), rng.choice([0, 0, 1, 2])))),
            operation=rng.choice([None] * 5 + ["fee", "return", "card", "other", "transfer"]),
        )
        for x in lines
    ]
    return lines, [replace(i, direction=rng.choice(["receivable", "payable"])) for i in items]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 10**9), POLICIES)
def test_also_where_money_goes_both_ways(seed: int, policy: Policy) -> None:
    rng = random.Random(seed)
    lines, items = both_ways(rng, *made(seed))
    live(rng, mixed(rng, lines), items, policy)


@pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
@pytest.mark.parametrize("seed", range(3))
def test_the_kernel_holds_such_walls_itself(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.reconciliation.warm.engine.WarmFold", None)
    rng = random.Random(seed)
    lines, items = both_ways(rng, *made(seed))
    engine = WarmEngine()
    engine.advance(items=items, lines=mixed(rng, lines))
    engine.advance(lines=[changed(rng, one) for one in lines[::5]])


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), st.randoms(), POLICIES)
def test_also_in_small_worlds(
    world: tuple[list[Line], list[Item]], rng: random.Random, policy: Policy
) -> None:
    live(rng, *world, policy)


PAID = [line(f"FA-{n}", 700 + n, id=f"p{n}", booking_date=DAY + timedelta(days=n)) for n in range(1, 9)]
OWED = [item(f"FA-{n}", 700 + n) for n in range(1, 13)]


def test_a_line_after_all_others_goes_back_nowhere() -> None:
    both = Twice(Policy())
    both.advance(items=OWED)
    for each in PAID:
        told = both.advance(lines=[each])
        assert [d.transaction_id for d in told.decisions] == [each.transaction_id]
        assert told.again == {}
    assert both.advance(lines=PAID) == Advance((), {})


def late(both: Twice) -> dict[str, Any]:
    return {"lines": [line("FA-9", 709, id="late", booking_date=DAY + timedelta(days=3))]}


def withdrawn_line(both: Twice) -> dict[str, Any]:
    return {"lines": [replace(PAID[4], status="removed")]}


def undone(both: Twice) -> dict[str, Any]:
    update = {"outcome": "review", "decided_by": "person:ana", "shares": (), "rejected": (("FA-5",),)}
    return {"decisions": [both.decisions["p5"].model_copy(update=update)]}


def accepted(both: Twice) -> dict[str, Any]:
    update = {
        "outcome": "auto",
        "decided_by": "person:ana",
        "shares": (Share(item_id="FA-12", amount_minor=1),),
    }
    return {"decisions": [both.decisions["odd"].model_copy(update=update)]}


def late_item(both: Twice) -> dict[str, Any]:
    return {"items": [item("FA-20", 720)]}


def known_account(both: Twice) -> dict[str, Any]:
    return {"payer_accounts": [PayerAccount(tenant_id="t", iban=IBANS[0], debtor_id="d:Viandes Bost")]}


@pytest.mark.parametrize(
    ("what", "since"),
    [(late, 3), (withdrawn_line, 1), (undone, 1), (accepted, 6), (late_item, 1), (known_account, 1)],
)
def test_what_reaches_back_is_folded_again_from_there_and_that_is_said(
    what: Callable[[Twice], dict[str, Any]], since: int
) -> None:
    both = Twice(Policy())
    odd = line("merci", 55, id="odd", booking_date=DAY + timedelta(days=6))
    both.advance(items=OWED, lines=[*PAID, odd])
    told = both.advance(**what(both))
    assert told.again == {("t", None, "EUR"): DAY + timedelta(days=since)}


def test_an_invoice_that_arrives_after_its_payment_is_paid_on_the_day_it_arrives() -> None:
    both = Twice(Policy())
    both.advance(items=OWED, lines=[line("FA-77", 55, id="early"), *PAID])
    told = both.advance(items=[item("FA-77", 55)])
    assert [(d.transaction_id, d.outcome) for d in told.decisions] == [("early", "auto")]


def test_what_a_return_had_closed_is_as_before_when_the_return_is_withdrawn() -> None:
    """Also when it was told long ago, and only that it was returned since."""
    paid = line("FA-1 FA-99", 55, id="odd")
    back = line("REJET", -55, id="back", end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=2))
    both = Twice(Policy())
    both.advance(items=OWED, lines=[replace(paid, end_to_end_id="E2E-1234")])
    asked = both.decisions["odd"]
    assert asked.outcome != "auto"
    both.advance(lines=[back])
    assert both.decisions["odd"].reason == "returned"
    other = replace(back, transaction_id="other", remittance="RETOUR")
    both.advance(lines=[replace(back, status="removed"), other])
    assert both.decisions["odd"].explanation["returned_by"] == "other"
    both.advance(lines=[replace(other, status="removed")])
    assert both.decisions["odd"] == asked


def test_a_part_that_a_person_put_aside_stays_aside() -> None:
    both = Twice(Policy())
    part = line("FA-801", 1000, id="part", payer="Ateliers Brunoy SAS")
    both.advance(items=[item("FA-801", 2500, whole_turnover=True)], lines=[part])
    assert both.decisions["part"].tier == "T8"
    aside = {"outcome": "none", "decided_by": "person:ana", "shares": (), "allocated_minor": 0}
    decision = both.decisions["part"].model_copy(update=aside | {"unallocated_minor": 100_000})
    both.advance(decisions=[decision])
    both.advance(lines=[line("FA-801", 1000, id="again", payer="Ateliers Brunoy SAS")])
    assert both.decisions["part"] == decision


def test_a_return_may_be_known_before_what_it_took_back() -> None:
    paid = line("FA-1", 701, id="paid", end_to_end_id="E2E-1234")
    back = line("REJET", -701, id="back", end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=2))
    known = Twice(Policy())
    known.advance(items=OWED, lines=[paid, back])
    assert known.decisions["back"].shares
    both = Twice(Policy())
    both.advance(items=OWED, lines=[back], decisions=[known.decisions["back"]])
    both.advance(lines=[paid])
    both.advance(lines=[line("FA-1", 701, id="again", booking_date=DAY + timedelta(days=3))])


def test_a_return_that_is_dated_before_what_it_took_back_leaves_nothing_reserved() -> None:
    paid = line("FA-1", 701, id="paid", end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=2))
    back = replace(paid, transaction_id="back", amount_minor=-70_100, return_reason="AC04")
    both = Twice(Policy())
    both.advance(items=OWED, lines=[paid, replace(back, booking_date=DAY + timedelta(days=3))])
    both.advance(lines=[replace(back, booking_date=DAY)])
    both.advance(lines=[line("merci", 3, id="odd", booking_date=DAY + timedelta(days=1))])
    both.advance(lines=[line("FA-1", 701, id="again", booking_date=DAY + timedelta(days=40))])
    assert both.decisions["again"].outcome == "auto"


@pytest.mark.parametrize(("direction", "sign"), [("receivable", 1), ("payable", -1)])
def test_the_same_part_once_more_is_for_a_person_whichever_way_it_goes(direction: str, sign: int) -> None:
    part = line("FA-801", sign * 1000, id="part", payer="Ateliers Brunoy SAS")
    both = Twice(Policy())
    both.advance(items=[item("FA-801", 2500, whole_turnover=True, direction=direction)], lines=[part])
    assert both.decisions["part"].tier == "T8"
    both.advance(lines=[replace(part, transaction_id="more", booking_date=DAY + timedelta(days=9))])
    assert both.decisions["more"].reason == "twin_payments"


@pytest.mark.parametrize(("direction", "sign"), [("receivable", 1), ("payable", -1)])
def test_when_another_item_of_the_amount_was_paid_may_change(direction: str, sign: int) -> None:
    last, this = (
        item(number, 450, whole_turnover=True, direction=direction, due_date=due)
        for number, due in (("FA-1", DAY - timedelta(days=30)), ("FA-2", DAY))
    )
    silent = line("VIREMENT", 450 * sign, id="silent", payer="Ateliers Brunoy SAS")
    cited = replace(silent, transaction_id="cited", remittance="FA-1", booking_date=DAY - timedelta(days=14))
    both = Twice(Policy())
    both.advance(items=[last, this], lines=[cited, silent])
    assert both.decisions["silent"].explanation["gate"] == "paid_lately"
    both.advance(lines=[replace(cited, booking_date=DAY - timedelta(days=25))])
    assert both.decisions["silent"].tier == "T6"


def test_a_payment_of_another_item_of_the_amount_may_be_withdrawn() -> None:
    owed = [item("FA-1", 450, open_minor=20_000, whole_turnover=True), item("FA-2", 450, whole_turnover=True)]
    silent = line("VIREMENT", 450, id="silent", payer="Ateliers Brunoy SAS")
    rest = line("FA-1", 200, id="rest", payer="Ateliers Brunoy SAS", booking_date=DAY - timedelta(days=9))
    both = Twice(Policy())
    both.advance(items=owed, lines=[rest, silent])
    assert both.decisions["silent"].explanation["gate"] == "paid_lately"
    both.advance(lines=[replace(rest, status="removed")])
    assert both.decisions["silent"].explanation["gate"] == "amount_billed_again"


@pytest.mark.parametrize(("direction", "sign"), [("receivable", 1), ("payable", -1)])
def test_a_payment_of_one_item_of_a_group_that_a_person_was_asked_about_may_be_withdrawn(
    direction: str, sign: int
) -> None:
    owed = [item(f"FA-{n}", n * 211, whole_turnover=True, direction=direction) for n in (3, 4)]
    group = line("VIREMENT", sign * 1477, id="group", payer="Ateliers Brunoy SAS")
    alone = [
        line("VIREMENT", sign * 633, id=id, payer="Ateliers Brunoy SAS", booking_date=DAY - timedelta(days=9))
        for id in ("one", "more")
    ]
    both = Twice(Policy(max_coincidence=1))
    both.advance(items=owed, lines=alone)
    both.advance(lines=[group])
    assert both.decisions["group"].reason == "one_paid_alone"
    both.advance(lines=[replace(paid, status="removed") for paid in alone])
    assert both.decisions["group"].tier == "T7"


def test_what_a_standing_return_took_back_may_be_withdrawn() -> None:
    paid = line("FA-1", 701, id="paid", end_to_end_id="E2E-1234")
    back = line("REJET", -701, id="back", end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=2))
    both = Twice(Policy())
    both.advance(items=OWED, lines=[paid, back])
    both.advance(lines=[replace(paid, status="removed")])
    both.advance(lines=[line("FA-1", 701, id="again", booking_date=DAY + timedelta(days=40))])


@pytest.mark.parametrize("elsewhere", [{"company_id": "c"}, {"currency": "USD"}])
def test_what_a_standing_return_took_back_may_turn_out_to_be_money_of_another_wall(
    elsewhere: dict[str, str],
) -> None:
    paid = line("FA-1", 701, id="paid", end_to_end_id="E2E-1234")
    back = line("REJET", -701, id="back", end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=2))
    both = Twice(Policy())
    both.advance(items=OWED, lines=[paid, back])
    assert both.decisions["back"].shares
    both.advance(lines=[replace(paid, **elsewhere)])
    both.advance(lines=[line("FA-1", 701, id="again", booking_date=DAY + timedelta(days=40))])
    both.advance(lines=[line("FA-1", 701, id="late", booking_date=DAY + timedelta(days=20))])
    assert both.decisions["again"].outcome == "auto"
    assert both.decisions["late"].reason == "already_settled"
    both.advance(lines=[paid])
    both.advance(lines=[line("FA-1", 701, id="more", booking_date=DAY + timedelta(days=41))])


def test_what_a_copy_says_may_change() -> None:
    """It stays a copy of the same line, but a tool declares something else about it."""
    paid = line("merci", 55, id="paid", source_key="bank")
    copy = replace(paid, transaction_id="copy", source_key="file", source_rank=1)
    both = Twice(Policy())
    both.advance(items=OWED, lines=[paid, copy])
    both.advance(lines=[replace(copy, declared_item_ids=("FA-9",))])
    assert both.decisions["paid"].reason == "declared_match"


SUPPLIER = item("F-77", 120, direction="payable")


@pytest.mark.parametrize(
    "new",
    [
        {"items": [SUPPLIER]},
        {"lines": [line("FA-9", 709, id="told", declared_item_ids=("FA-9",))]},
        {"lines": [line("FA-9\x1f", 709, id="parted")]},
        {"lines": [line("FA-9 \ud800", 709, id="half")]},
        {"lines": [line("FA-9", 10**13, id="large")]},
        {"lines": [replace(PAID[2], transaction_id="copy", source_key="file", source_rank=1)]},
        {"withdrawn": [OWED[1]]},
        {"payer_accounts": [PayerAccount(tenant_id="t", iban=IBANS[0], debtor_id="d\ud800")]},
    ],
    ids=["payable", "declared", "separator", "half character", "large", "copy", "withdrawn", "half an id"],
)
def test_what_few_walls_have_is_decided_all_the_same(new: dict[str, Any]) -> None:
    both = Twice(Policy())
    both.advance(items=OWED, lines=[replace(x, source_key="bank") for x in PAID])
    both.advance(**new)
    both.advance(lines=[line("FA-10", 710, id="later", booking_date=DAY + timedelta(days=20))])
    assert both.decisions["later"].outcome == "auto"


@pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
def test_a_wall_that_hears_of_one_line_at_a_time_is_begun_anew_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else what it was told of lines that are other by now would be kept for ever."""
    begun = []

    class Counted(CompiledFold):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            begun.append(self)

    monkeypatch.setattr("core.reconciliation.warm.engine.CompiledFold", Counted)
    engine = WarmEngine()
    engine.advance(items=OWED, lines=PAID)
    for n in range(450):
        engine.advance(lines=[line(f"merci {n}", 3, id="odd", booking_date=DAY + timedelta(days=40))])
    assert len(begun) == 3
    assert engine.decided["p5"].outcome == "auto"


def test_two_lines_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two lines have the id p4"):
        WarmEngine().advance(lines=[PAID[3], replace(PAID[3], remittance="FA-9")])


def test_an_engine_that_an_error_left_half_way_decides_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WarmEngine(compiled=False)
    engine.advance(items=OWED, lines=PAID[:3])
    with monkeypatch.context() as broken:
        broken.setattr("core.reconciliation.fold.fall_back", None)
        with pytest.raises(TypeError):
            engine.advance(lines=[line("merci", 55, id="odd")])
    with pytest.raises(RuntimeError, match="begin a new one"):
        engine.advance(lines=PAID[3:])


def test_what_kept_a_waiting_payment_from_being_decided_is_found_out_again() -> None:
    payer = "Ateliers Brunoy SAS"
    both = Twice(Policy(hold_days=3))
    amounts = {"FA-77": "864.17", "FA-78": "364.17", "FA-79": "500"}
    both.advance(items=[item(number, euros, whole_turnover=True) for number, euros in amounts.items()])
    both.advance(lines=[line("VIREMENT", "864.17", id="held", payer=payer)])
    assert both.decisions["held"].explanation["gate"] == "several_groups_fit"
    cited = line("FA-77 FA-78", "1228.34", id="cited", payer=payer, booking_date=DAY + timedelta(days=1))
    both.advance(lines=[cited])
    both.advance(lines=[line("FRAIS", -3, id="later", booking_date=DAY + timedelta(days=20))])
    assert both.decisions["held"].explanation["gate"] == "no_group_fits"
