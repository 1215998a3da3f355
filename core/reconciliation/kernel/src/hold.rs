//! Payments that cite nothing wait some business days (see `core/reconciliation/hold.py`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use crate::case::{Boxed, Case, State};
use crate::lines::Line;
use crate::map::Map;
use crate::model::{Day, Place, Policy};
use crate::payer::Payer;
use crate::ruling::{Ruling, Share};
use crate::silent::{is_silent, sole_debtor};
use crate::words;

/// Days of the week, Monday is 0, on which nobody works.
const SATURDAY: i32 = 5;
const T6_OR_T7: u16 = 1 << 6 | 1 << 7;

/// The business day (Monday to Friday) `count` of them later; the day itself for 0.
pub fn business_day_after(mut day: Day, mut count: i64) -> Day {
    while count > 0 {
        day += 1;
        // Day 1 (1 January of year 1) was a Monday.
        if (day - 1) % 7 < SATURDAY {
            count -= 1;
        }
    }
    day
}

/// Of more equal payments, the first so many stand for all.
fn twins_named() -> usize {
    static TWINS: OnceLock<usize> = OnceLock::new();
    *TWINS.get_or_init(|| words::whole("hold.TWINS"))
}

/// Days within which a second payment of one payer and amount may be the first once more.
fn twin_days() -> Day {
    static TWIN_DAYS: OnceLock<Day> = OnceLock::new();
    *TWIN_DAYS.get_or_init(|| words::whole("hold.TWIN_DAYS"))
}

/// Who pays, and the amount, below zero for money out; of a payment that cites an item, also which one: equal
/// claims may be one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The debtor.
    Silent(u32, i64),
    /// The payer's name or account.
    Cited(String, Place, i64),
}

/// Cases that wait, by the day on which their wait ends, each day's in the order in which they came.
pub struct Hold<'a> {
    days: i64,
    waiting: BTreeMap<Day, Vec<Boxed<'a>>>,
    left: Map<Claim, Vec<(u32, Day)>>,
}

/// A case that waits, for `Hold::restore`: who pays, as far as was known on its day, and its twins by now.
#[derive(Clone)]
pub struct Waits<'a> {
    pub line: &'a Line<'a>,
    pub payer: Payer,
    twins: Vec<u32>,
    until: Day,
}

impl<'a> Hold<'a> {
    pub fn new(policy: &Policy) -> Hold<'a> {
        let days = if policy.automatic_tiers & T6_OR_T7 != 0 { policy.hold_days } else { 0 };
        Hold { days, waiting: BTreeMap::new(), left: Map::default() }
    }

    /// A person is asked about this payment.
    pub fn leave(&mut self, claim: Claim, line: &Line) {
        if let Some(booked) = line.booking_date {
            self.left.entry(claim).or_default().push((line.row, booked));
        }
    }

    /// Takes back `leave`.
    pub fn take_back(&mut self, claim: &Claim, row: u32) {
        if let Some(asked) = self.left.get_mut(claim) {
            asked.retain(|&(one, _)| one != row);
        }
    }

    /// Who waits, for `restore`.
    pub fn as_is(&self) -> Vec<Waits<'a>> {
        let waiting =
            self.waiting.iter().flat_map(|(&until, cases)| cases.iter().map(move |case| (until, case)));
        let saved = waiting.map(|(until, case)| Waits {
            line: case.line,
            payer: case.payer.clone(),
            twins: case.twins.clone(),
            until,
        });
        saved.collect()
    }

    /// These wait again and no others; each with its case, as that was opened on its day.
    pub fn restore(&mut self, waiting: Vec<(Waits<'a>, Boxed<'a>)>) {
        self.waiting.clear();
        for (waits, mut case) in waiting {
            case.held_until = Some(waits.until);
            case.twins = waits.twins;
            self.waiting.entry(waits.until).or_default().push(case);
        }
    }

    /// A payment of the same claim, about that time, about which a person was asked; not what went back: its
    /// row. The last one is enough.
    pub fn left(&self, case: &Case, state: &State, is_returned: impl Fn(u32) -> bool) -> Option<u32> {
        let booked = case.line.booking_date?;
        let part = cited_item(case, state).map(|n| part_of(n, case.line.amount));
        let mut asked = [claim_of(case, state), part].into_iter().flatten();
        asked.find_map(|claim| self.last_left(&claim, booked, &is_returned))
    }

    /// Why a payment about which a person was asked lately keeps the ruling from taking effect: it may be the
    /// same one, or one of the items of a group that nothing cites may be paid by it.
    pub fn against(
        &self,
        case: &Case,
        state: &State,
        ruling: &Ruling,
        is_returned: impl Fn(u32) -> bool,
    ) -> Option<&'static str> {
        match ruling.tier {
            2 | 8 => self.left(case, state, is_returned).map(|_| "twin_payments"),
            7 => {
                let booked = case.line.booking_date?;
                let is_asked = |share: &Share| {
                    let alone = Claim::Silent(state.index().debtor(share.item), case.sign() * share.amount);
                    self.last_left(&alone, booked, &is_returned).is_some()
                };
                ruling.shares.iter().any(is_asked).then_some("one_paid_alone")
            }
            _ => None,
        }
    }

    fn last_left(&self, claim: &Claim, booked: Day, is_returned: impl Fn(u32) -> bool) -> Option<u32> {
        let is_near = |day: Day| (booked - day).abs() <= twin_days();
        let mut last = self.left.get(claim)?.iter().rev();
        last.find(|&&(row, day)| is_near(day) && !is_returned(row)).map(|&(row, _)| row)
    }

    /// Keeps those that T6 or T7 could decide; returns the others.
    pub fn take<'s>(
        &mut self,
        cases: Vec<Boxed<'a>>,
        state_of: impl Fn(&Case) -> State<'s>,
    ) -> Vec<Boxed<'a>> {
        if self.days == 0 {
            return cases;
        }
        let mut left = Vec::new();
        for mut case in cases {
            let state = &state_of(&case);
            if case.refused.is_none() && is_silent(&case, state) && sole_debtor(&case, state).is_some() {
                let booked = case.line.booking_date.expect("only booked lines become cases");
                let until = business_day_after(booked, self.days);
                case.held_until = Some(until);
                self.waiting.entry(until).or_default().push(case);
            } else {
                left.push(case);
            }
        }
        left
    }

    /// Days on which a wait ends, in order.
    pub fn days(&self) -> Vec<Day> {
        self.waiting.keys().copied().collect()
    }

    /// The cases whose wait ends on this day; they wait no longer.
    pub fn over(&mut self, day: Day) -> Vec<Boxed<'a>> {
        self.waiting.remove(&day).unwrap_or_default()
    }

    /// The payment of this row was returned, and is nobody's twin any more: says whether it was waiting.
    pub fn drop(&mut self, row: u32) -> bool {
        let mut dropped = false;
        for cases in self.waiting.values_mut() {
            let before = cases.len();
            cases.retain(|case| case.line.row != row);
            dropped |= cases.len() < before;
            for case in cases {
                case.twins.retain(|&twin| twin != row);
            }
        }
        self.waiting.retain(|_, cases| !cases.is_empty());
        dropped
    }

    /// Every case that still waits, by the day on which its wait ends.
    pub fn waiting(&mut self) -> impl Iterator<Item = &mut Boxed<'a>> {
        self.waiting.values_mut().flatten()
    }

    /// What still waits when the known days are over; nothing waits any longer.
    pub fn end(&mut self) -> Vec<Boxed<'a>> {
        std::mem::take(&mut self.waiting).into_values().flatten().collect()
    }
}

/// What a payment that cites nothing claims, from one sure debtor; or one that cites an item whole.
pub fn claim_of(case: &Case, state: &State) -> Option<Claim> {
    if case.cites() {
        cited(case, state)
    } else {
        silent(case, state)
    }
}

fn silent(case: &Case, state: &State) -> Option<Claim> {
    let debtor = sole_debtor(case, state)?;
    is_silent(case, state).then_some(Claim::Silent(debtor, case.line.amount))
}

fn cited(case: &Case, state: &State) -> Option<Claim> {
    let payer = case.named.alias.as_deref().or(case.iban.as_deref())?;
    Some(Claim::Cited(payer.to_owned(), cited_item(case, state)?, case.line.amount))
}

/// The one open item that is cited, if no more is paid than is open of it.
fn cited_item(case: &Case, state: &State) -> Option<Place> {
    if !case.cites() {
        return None;
    }
    let &[n] = &case.meaning(state).items[..] else {
        return None;
    };
    (1..=state.open(n)).contains(&case.paid).then_some(n)
}

/// What a payment of part of item `n` claims, whoever pays: the same once more may be paid twice.
pub fn part_of(n: Place, paid: i64) -> Claim {
    Claim::Cited(String::new(), n, paid)
}

/// Tells each case that cites nothing the others of the same payer and amount.
pub fn mark_twins<'c, 's, 'a: 'c>(
    cases: impl Iterator<Item = &'c mut Boxed<'a>>,
    state_of: impl Fn(&Case) -> State<'s>,
) {
    let mut alike: HashMap<Claim, Vec<&mut Boxed<'a>>> = HashMap::new();
    for case in cases {
        let claim = if case.cites() { None } else { claim_of(case, &state_of(case)) };
        if let Some(claim) = claim {
            alike.entry(claim).or_default().push(case);
        }
    }
    for mut same in alike.into_values().filter(|same| same.len() > 1) {
        let mut lines: Vec<&Line> = same.iter().map(|case| case.line).collect();
        lines.sort_unstable_by_key(|line| line.id());
        lines.truncate(twins_named());
        let rows: Vec<u32> = lines.iter().map(|line| line.row).collect();
        for case in &mut same {
            let own = case.line.row;
            case.twins.extend(rows.iter().filter(|&&row| row != own));
            case.twins.sort_unstable();
            case.twins.dedup();
        }
    }
}
