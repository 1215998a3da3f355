//! Weak signs that agree on a few items: never enough to decide, enough to be shown to a person (see
//! `core/reconciliation/hints.py`).

use std::sync::OnceLock;

use crate::case::{Case, Meaning, State};
use crate::cite::{is_slip, Citation};
use crate::map::{Map, Set};
use crate::model::{Day, Place};
use crate::silent::{is_silent, is_usual};
use crate::words;

struct Rules {
    few_held: usize,
    about_early: Day,
    about_late: Day,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        few_held: words::whole("hints.FEW_HELD"),
        about_early: words::whole("hints.ABOUT_EARLY"),
        about_late: words::whole("hints.ABOUT_LATE"),
    })
}

/// The few items open at exactly the amount paid that were issued by then.
fn held(case: &Case, state: &State) -> Vec<Place> {
    case.there(state, state.scope.held(case.paid, rules().few_held).unwrap_or_default())
}

/// Of a few items open at exactly the amount paid, those whose number is one slip away from one in the text,
/// which is not held, or is another's; if most are paid then.
pub fn of_like_number(case: &Case, state: &State) -> Vec<Place> {
    let texts = if case.paid > 0 { numbers(case) } else { Vec::new() };
    if texts.is_empty() {
        return Vec::new();
    }
    let mut found = held(case, state);
    found.retain(|&n| {
        let number = state.index().number(n).compact;
        is_usual(case, state.index().due(n))
            && case.grade(state, n) >= 0
            && texts.iter().any(|text| is_slip(text, number))
    });
    found
}

/// The numbers in the text, as they are compared.
fn numbers(case: &Case) -> Vec<Vec<u8>> {
    let unknown = case.cited.unknown.iter().map(|word| word.text.clone());
    case.cited.citations.iter().map(Citation::number).chain(unknown).collect()
}

/// When nobody knows who pays, and nothing is cited: of a few items open at exactly the amount paid, the only
/// one that is about due.
pub fn of_amount_about_due(case: &Case, state: &State) -> Option<Place> {
    if case.paid <= 0 || !case.payer_is_unknown() || !is_silent(case, state) {
        return None;
    }
    let held = held(case, state);
    let mut found = held.into_iter().filter(|&n| is_about_due(case, state, n));
    found.next().filter(|_| found.next().is_none())
}

fn is_about_due(case: &Case, state: &State, n: Place) -> bool {
    match (state.index().due(n), case.line.booking_date) {
        (Some(due), Some(booked)) => (-rules().about_early..=rules().about_late).contains(&(booked - due)),
        _ => false,
    }
}

/// What a payer owes that most would pay by that day, if he paid enough for all of it.
pub fn due_now(case: &Case, state: &State, owed: &[Place]) -> Vec<Place> {
    let is_due = |n: &Place| state.open(*n) > 0 && is_usual(case, state.index().due(*n));
    let due: Vec<Place> = owed.iter().copied().filter(is_due).collect();
    if total(state, &due) <= i128::from(case.paid) {
        due
    } else {
        Vec::new()
    }
}

fn total(state: &State, items: &[Place]) -> i128 {
    items.iter().map(|&n| i128::from(state.open(n))).sum()
}

/// Whether a sure payer may be paying what is due now, one item at least being about due.
pub fn is_due_now(case: &Case, state: &State, owed: &[Place]) -> bool {
    let is_sure = !case.payer.sure.is_empty();
    is_sure && due_now(case, state, owed).iter().any(|&n| is_about_due(case, state, n))
}

/// When several numbers are cited, each of which several have: what stands under them between the one seller and
/// the one debtor who have most of them; if it is what was paid, or less and most would pay it then.
pub fn in_common(case: &Case, state: &State, meaning: &Meaning) -> Vec<Place> {
    if meaning.ambiguous.is_empty() || meaning.items.len() + meaning.ambiguous.len() < 2 {
        return Vec::new();
    }
    let alone = meaning.items.iter().map(std::slice::from_ref);
    let found = by_parties(state, alone.chain(meaning.ambiguous.iter().map(Vec::as_slice)));
    let most = found.values().map(Vec::len).max().unwrap_or(0);
    let mut best = found.into_values().filter(|items| items.len() == most);
    let (Some(mut items), None) = (best.next(), best.next()) else {
        return Vec::new();
    };
    items.sort_unstable();
    let over = i128::from(case.paid) - total(state, &items);
    let fits = over == 0 || (over > 0 && items.iter().all(|&n| is_usual(case, state.index().due(n))));
    if most < 2 || !fits {
        return Vec::new();
    }
    items
}

/// Of the items under each number, the first that is open between any seller and debtor.
fn by_parties<'n>(state: &State, numbers: impl Iterator<Item = &'n [Place]>) -> Map<(u32, u32), Vec<Place>> {
    let mut found: Map<(u32, u32), Vec<Place>> = Map::default();
    for places in numbers {
        let mut told = Set::default();
        for &n in places.iter().filter(|&&n| state.open(n) > 0) {
            let parties = state.index().parties(n);
            let items = found.entry(parties).or_default();
            if told.insert(parties) && !items.contains(&n) {
                items.push(n);
            }
        }
    }
    found
}
