//! T9 and T10: what is not certain becomes a prepared review item, and nothing stays nothing (see
//! `core/reconciliation/review.py`).
//!
//! Left out: what an accounting tool declares.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::candidates::{
    bounds, candidates, handful, is_named, is_rare, most, of_partly_named, of_payer_exactly,
};
use crate::case::{Case, Meaning, State};
use crate::coincidence::{by_counter, by_number};
use crate::decision::shown_candidates;
use crate::endings::ended;
use crate::gaps::{gap_reason, is_agreed, is_rate, is_small, rivals};
use crate::group::{groups, Bounds};
use crate::hints::{in_common, is_due_now, of_amount_about_due, of_like_number};
use crate::json::Json;
use crate::map::Set;
use crate::model::Place;
use crate::ruling::{Answer, Outcome, Proposal, Ruling, Why};
use crate::silent::{
    gate_of, is_far_from_due, is_silent, is_usual, owed_by_payer, payer_and_amount, payer_and_group,
    sole_debtor,
};
use crate::slips::{meant_instead, near};
use crate::tiers::counter_hits;
use crate::words;

struct Rules {
    /// Reasons for which a person asks why the payer and the amount were not enough.
    gated: &'static [String],
    /// The score of what a tier would have decided.
    own: f64,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules { gated: words::list("review._GATED"), own: words::number("review.OWN") })
}

/// Why a person is asked. `rivals` are what stands against the first candidate.
#[derive(Clone, Debug, Default)]
struct Reason {
    code: &'static str,
    rivals: Vec<Place>,
    coincidence: f64,
    cap: Option<&'static str>,
}

impl Reason {
    fn new(code: &'static str) -> Reason {
        Reason { code, ..Reason::default() }
    }

    fn against(code: &'static str, rivals: Vec<Place>) -> Reason {
        Reason { code, rivals, ..Reason::default() }
    }
}

fn nothing_fits() -> Ruling {
    Ruling { outcome: Outcome::None, ..Ruling::auto(10, "nothing_fits", Vec::new(), 0.0) }
}

/// T9 when anything is suggestive, else T10.
pub fn fall_back(case: &Case, state: &State) -> Ruling {
    let meaning = case.cites().then(|| case.meaning(state));
    let meaning = meaning.as_deref();
    let is_capped = !case.cited.caps.is_empty();
    let reason = match reason(case, state, meaning) {
        None if !is_capped => return nothing_fits(),
        Some(reason) if !is_capped => reason,
        _ => Reason::new("cap_reached"),
    };
    review(case, state, reason, candidates(case, state, meaning))
}

/// What a tier would have decided but may not: prepared for a person, with the other candidates.
pub fn refused(case: &Case, state: &State) -> Ruling {
    let Some((code, ruling)) = &case.refused else {
        return refused_for(case, state, "", &nothing_fits());
    };
    refused_for(case, state, code, ruling)
}

fn refused_for(case: &Case, state: &State, code: &'static str, ruling: &Ruling) -> Ruling {
    let mut proposals = Vec::new();
    if code != "already_settled" {
        let tier = format!("T{}", ruling.tier);
        let because = format!("{tier} {}", ruling.reason);
        let why = vec![("because", Json::Text(because)), ("tier", Json::Text(tier))];
        let shares = ruling.shares.clone();
        proposals.push(Proposal { shares, score: rules().own, why: Why::Told(why) });
    }
    proposals.extend(fall_back(case, state).proposals);
    let reason = Reason { coincidence: ruling.coincidence, ..Reason::new(code) };
    review(case, state, reason, proposals)
}

/// What could be decided today, were it not for a stronger claim that may still come.
pub fn on_hold(case: &mut Case, state: &State) -> Ruling {
    for rule in [payer_and_amount, payer_and_group] {
        match rule(case, state) {
            Some(Answer::Ruling(ruling)) => {
                case.refused = Some(("held", ruling));
                return refused(case, state);
            }
            Some(Answer::Gate(gate)) => {
                case.gate.get_or_insert(gate);
            }
            None => {}
        }
    }
    fall_back(case, state)
}

fn review(case: &Case, state: &State, reason: Reason, proposals: Vec<Proposal>) -> Ruling {
    let is_gated = rules().gated.iter().any(|code| code == reason.code);
    let gate = is_gated.then(|| gate_of(case, state)).flatten();
    Ruling {
        outcome: Outcome::Review,
        tier: 9,
        reason: Cow::Borrowed(reason.code),
        shares: Vec::new(),
        coincidence: gate.as_ref().map_or(reason.coincidence, |gate| gate.coincidence),
        proposals,
        rivals: reason.rivals,
        caps: reason.cap.into_iter().chain(case.cited.caps.iter().copied()).collect(),
        gate,
    }
}

fn reason(case: &Case, state: &State, meaning: Option<&Meaning>) -> Option<Reason> {
    if let Some(meaning) = meaning.filter(|meaning| says_something(case, state, meaning)) {
        let found = CITED.iter().find_map(|cited| cited(case, state, meaning));
        if found.is_some() {
            return found;
        }
    }
    UNCITED.iter().find_map(|uncited| uncited(case, state))
}

fn total(state: &State, items: &[Place]) -> i128 {
    items.iter().map(|&n| i128::from(state.open(n))).sum()
}

/// One signal alone says nothing: a number is worth a look when the payer or the amount agrees with it, or
/// when its form belongs to few sellers and not to everybody, or when others lead to the same debtor.
fn says_something(case: &Case, state: &State, meaning: &Meaning) -> bool {
    let (items, paid) = (&meaning.items, case.paid);
    if items.len() > 1 && total(state, items) == i128::from(paid) {
        return true;
    }
    let ambiguous = meaning.ambiguous.iter().flatten();
    let mut all = items.iter().chain(&meaning.settled).chain(ambiguous);
    if all.any(|&n| case.grade(state, n) >= 1 || paid == state.open(n) || paid == state.index().amount(n)) {
        return true;
    }
    if items.iter().any(|&n| is_agreed(case, state, n)) {
        return true;
    }
    if !in_common(case, state, meaning).is_empty() {
        return true;
    }
    let mut debtors = Set::default();
    items.iter().any(|&n| !debtors.insert(state.index().debtor(n)))
        || case.cited.citations.iter().any(|citation| case.is_telling(state, citation))
}

/// Money out that cites a credit note, and is not its amount.
fn refund(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let sum: i128 = meaning.items.iter().map(|&n| i128::from(state.open(n))).sum();
    let differs = sum != i128::from(case.paid);
    (case.paid < 0 && !meaning.items.is_empty() && differs).then(|| Reason::new("sum_differs"))
}

/// A citation that may mean several items.
fn ambiguous(_: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let mut items: Vec<Place> = meaning.ambiguous.iter().flatten().copied().collect();
    items.retain(|&n| state.open(n) > 0);
    items.sort_unstable();
    items.dedup();
    if !items.is_empty() {
        return Some(Reason::against("ambiguous_reference", items));
    }
    let first = meaning.ambiguous.iter().map(|group| group[0]).collect();
    (!meaning.ambiguous.is_empty() && meaning.items.is_empty())
        .then(|| Reason::against("already_settled", first))
}

/// Everything cited is settled already: a second payment, or a slip in the number.
fn settled(_: &Case, _: &State, meaning: &Meaning) -> Option<Reason> {
    let only = meaning.items.is_empty() && meaning.ambiguous.is_empty();
    (only && !meaning.settled.is_empty()).then(|| Reason::against("already_settled", meaning.settled.clone()))
}

/// The payer is clearly another debtor than the one whose items are cited.
fn conflict(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    if meaning.items.is_empty() || meaning.items.iter().any(|&n| case.grade(state, n) >= 0) {
        return None;
    }
    let coincidence = by_number(state.index(), 1, case.paid, state.currency());
    Some(Reason { coincidence, ..Reason::new("payer_conflict") })
}

/// Items of several debtors are cited together.
fn several_debtors(_: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let mut debtors = meaning.items.iter().map(|&n| state.index().debtor(n));
    let first = debtors.next()?;
    debtors.any(|debtor| debtor != first).then(|| Reason::new("several_debtors"))
}

/// One item cited, the amount exact but not telling enough; or another of that amount may be meant.
fn exact_but_unproven(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let &[n] = &meaning.items[..] else {
        return None;
    };
    if state.open(n) != case.paid {
        return None;
    }
    let meant = meant_instead(case, state, n);
    if !meant.is_empty() {
        return Some(Reason::against("probable_typing_error", meant));
    }
    let mut twins = state.scope.held(case.paid, handful()).unwrap_or_default().to_vec();
    twins.retain(|&m| m != n);
    let coincidence = by_number(state.index(), 1, case.paid, state.currency());
    Some(Reason { coincidence, ..Reason::against("coincidence_bound", twins) })
}

/// More is paid than is open: the excess is shown with what it may be, and never absorbed.
fn over_payment(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let due = total(state, &meaning.items);
    (0 < due && due < i128::from(case.paid)).then(|| Reason::new("overpayment"))
}

/// Less is paid than is open on the one item cited.
fn under_payment(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    let &[n] = &meaning.items[..] else {
        return None;
    };
    if case.paid >= state.open(n) {
        return None;
    }
    let others = rivals(case, state, n);
    let equal = others.iter().any(|&m| state.open(m) == case.paid);
    let netted = others.iter().any(|&m| state.open(m) != case.paid);
    Some(Reason::against(why_under(case, state, n, equal, netted), others))
}

fn why_under(case: &Case, state: &State, n: Place, equal: bool, netted: bool) -> &'static str {
    if netted {
        return "credit_note_not_cited";
    }
    if equal {
        return "probable_typing_error";
    }
    let (item, gap) = (state.item(n), state.open(n).saturating_sub(case.paid));
    let known = gap_reason(case, state, item, gap).is_some() || is_rate(item, gap, item.discount_bp);
    if known || is_small(item, gap) {
        "unexplained_gap"
    } else {
        "partial_payment"
    }
}

/// Several items are cited and neither all of them nor one clear group is what was paid.
fn sums_differ(case: &Case, state: &State, meaning: &Meaning) -> Option<Reason> {
    if meaning.items.len() < 2 {
        return None;
    }
    let amounts: Vec<i64> = meaning.items.iter().map(|&n| state.open(n)).collect();
    let bounds = Bounds {
        size: amounts.len(),
        steps: state.policy.max_group_steps,
        most: state.policy.max_group_items,
        alike: false,
    };
    let result = groups(&amounts, case.paid, bounds);
    if result.cap.is_some() {
        return Some(Reason { cap: result.cap, ..Reason::new("cap_reached") });
    }
    let several = result.found.len() > 1;
    Some(Reason::new(if several { "several_groups_fit" } else { "sum_differs" }))
}

type Ask = fn(&Case, &State, &Meaning) -> Option<Reason>;

const CITED: [Ask; 9] = [
    refund,
    ambiguous,
    settled,
    conflict,
    several_debtors,
    exact_but_unproven,
    over_payment,
    under_payment,
    sums_differ,
];

/// A number is cited that we do not hold: the payer tells us that he pays something else.
fn by_unknown(case: &Case, state: &State) -> Option<Reason> {
    let cited = &case.cited;
    if cited.unknown.is_empty() && cited.cut.is_empty() && cited.alike.is_empty() {
        return None;
    }
    let near = near(case, state);
    let mut nearly = near.iter().flat_map(|citation| &citation.items);
    if nearly.any(|&n| is_worth_a_look(case, state, n)) {
        return Some(Reason::new("unknown_reference"));
    }
    if !state.scope.is_held(case.paid) {
        return None;
    }
    let rare = is_rare(case, state);
    let weak = rare && !counter_hits(case, state).is_empty();
    let is_his = || of_payer_exactly(case, state).iter().any(|&n| case.is_issued(state, n));
    let own = || (rare || sole_debtor(case, state).is_some()) && is_his();
    (weak || own()).then(|| Reason::new("unknown_reference"))
}

/// Whether a number like the cited one may be meant: by a payer all of whose invoices are known, or as the
/// amount agrees. Who also pays invoices unknown here has many that are numbered much the same.
fn is_worth_a_look(case: &Case, state: &State, n: Place) -> bool {
    let partly = state.scope.books.partly_known[state.index().debtor(n) as usize];
    !partly || state.open(n) == case.paid || is_named(case, state, n)
}

/// A counter and the exact amount point to items, but chance would too.
fn by_counters(case: &Case, state: &State) -> Option<Reason> {
    let hits = counter_hits(case, state);
    let &(_, at) = hits.first()?;
    let is_elsewhere = || !case.cited.unknown.is_empty() && is_far(case, state, hits.iter().map(|&(m, _)| m));
    if case.cites() || is_elsewhere() {
        return None;
    }
    let counters = &case.cited.counters;
    let chance = by_counter(state.index(), &counters[at].text, case.paid, state.currency(), counters.len());
    let code = if hits.iter().all(|&(m, _)| case.grade(state, m) < 0) {
        "payer_conflict"
    } else if hits.len() == 1 {
        "coincidence_bound"
    } else {
        "ambiguous_reference"
    };
    let rivals = hits.iter().map(|&(m, _)| m).collect();
    Some(Reason { coincidence: chance, ..Reason::against(code, rivals) })
}

/// Whether all of these fell due long before, or fall due long after.
fn is_far(case: &Case, state: &State, mut items: impl Iterator<Item = Place>) -> bool {
    items.all(|n| is_far_from_due(case, state, state.item(n).due_date))
}

/// The ends of numbers that a known payer owes, at another amount.
fn by_ends(case: &Case, state: &State) -> Option<Reason> {
    let items = ended(case, state);
    let due: i128 = items.iter().map(|&n| i128::from(state.open(n))).sum();
    match items.len() {
        0 => None,
        1 if due < i128::from(case.paid) => Some(Reason::new("overpayment")),
        1 => Some(Reason::new("partial_payment")),
        _ => Some(Reason::new("sum_differs")),
    }
}

/// An accounting tool says which items the line pays: evidence, never a decision.
fn by_declaration(case: &Case, state: &State) -> Option<Reason> {
    case.declared.iter().any(|&n| state.open(n) > 0).then(|| Reason::new("declared_match"))
}

/// A known payer whose open items, one or a few together, make the amount.
fn by_payer(case: &Case, state: &State) -> Option<Reason> {
    if case.payer_is_unknown() {
        return None;
    }
    let (debtor, most) = (sole_debtor(case, state), state.policy.max_group_items);
    let exact = case.there(state, &of_payer_exactly(case, state));
    if pays_elsewhere(case, state, &exact) {
        return None;
    }
    if !exact.is_empty() {
        let searched = debtor.is_none_or(|debtor| state.scope.owed(debtor, most).is_some());
        let cap = (!searched).then_some("max_group_items");
        let twins = exact.len() > 1 && exact.iter().all(|&n| are_twins(state, n, exact[0]));
        let code = if twins {
            "identical_items"
        } else if !case.twins.is_empty() && !state.policy.legal_order {
            "twin_payments"
        } else {
            "payer_and_amount"
        };
        return Some(Reason { cap, ..Reason::against(code, exact) });
    }
    if debtor.is_none() {
        return if some_group(case, state) {
            Some(Reason::new("payer_and_group"))
        } else {
            few_owed(case, state)
        };
    }
    let owed = owed_by_payer(case, state);
    let code = if !owed.found.is_empty() {
        "payer_and_group"
    } else if (!owed.pool.is_empty() || owed.cap.is_some()) && is_silent(case, state) {
        "payer_only"
    } else {
        return None;
    };
    Some(Reason { cap: owed.cap, ..Reason::new(code) })
}

/// A known payer who cites nothing, and owes an item but for what its contract allows, to the cent; or so little
/// that it can all be shown, at a time at which it may be paid; or who surely pays enough for what is due now.
fn few_owed(case: &Case, state: &State) -> Option<Reason> {
    let mine = case.there(state, &state.scope.of_payer(&case.payer, most()));
    if mine.is_empty() || !is_silent(case, state) {
        return None;
    }
    let is_paid = |n: &Place| (1..=case.paid).contains(&state.open(*n));
    let few = mine.len() <= shown_candidates() && mine.iter().any(is_paid);
    let due = few && !is_far(case, state, mine.iter().copied());
    let agreed = || mine.iter().any(|&n| is_agreed(case, state, n));
    (due || is_due_now(case, state, &mine) || agreed()).then(|| Reason::new("payer_only"))
}

/// Whether the payer writes of something, also pays invoices unknown here, and these are not about due: he is
/// billed the amount again and again.
fn pays_elsewhere(case: &Case, state: &State, items: &[Place]) -> bool {
    if items.is_empty() || is_silent(case, state) {
        return false;
    }
    let is_partly_known = |&n: &Place| state.scope.books.partly_known[state.index().debtor(n) as usize];
    let mut due = items.iter().map(|&n| state.item(n).due_date);
    items.iter().all(is_partly_known) && !due.any(|due| is_usual(case, due))
}

fn some_group(case: &Case, state: &State) -> bool {
    let owed = state.scope.of_payer(&case.payer, state.policy.max_group_items);
    let mine = case.there(state, &owed);
    let amounts: Vec<i64> = mine.iter().map(|&n| state.open(n)).collect();
    !groups(&amounts, case.paid, bounds()).found.is_empty()
}

fn are_twins(state: &State, n: Place, m: Place) -> bool {
    let (one, other) = (state.item(n), state.item(m));
    one.debtor == other.debtor && one.amount == other.amount && one.due_date == other.due_date
}

/// An unknown payer, and what a debtor owes exactly, a rare word of whose name stands in the text.
fn by_part_of_name(case: &Case, state: &State) -> Option<Reason> {
    let found = of_partly_named(case, state);
    (!found.is_empty()).then(|| Reason::against("payer_and_amount", found))
}

/// Nothing but a rare amount, held by a few items whose debtor may be the payer.
fn by_amount(case: &Case, state: &State) -> Option<Reason> {
    let is_told = !case.cited.unknown.is_empty();
    if is_told || !state.scope.is_held(case.paid) || !is_rare(case, state) {
        return None;
    }
    let held = state.scope.held(case.paid, handful()).unwrap_or_default();
    let mut possible = case.there(state, held);
    possible.retain(|&n| case.grade(state, n) >= 0);
    (!possible.is_empty()).then(|| Reason::against("amount_only", possible))
}

/// A number that is not held, or is another's, and one like it that is open at exactly the amount.
fn by_like_number(case: &Case, state: &State) -> Option<Reason> {
    let found = of_like_number(case, state);
    let code = if case.cites() { "ambiguous_reference" } else { "unknown_reference" };
    (!found.is_empty()).then(|| Reason::against(code, found))
}

/// Nothing but the amount, which few items have, and one of them is about due.
fn by_day(case: &Case, state: &State) -> Option<Reason> {
    of_amount_about_due(case, state).map(|n| Reason::against("amount_only", vec![n]))
}

const UNCITED: [fn(&Case, &State) -> Option<Reason>; 9] = [
    by_unknown,
    by_counters,
    by_ends,
    by_declaration,
    by_payer,
    by_part_of_name,
    by_amount,
    by_like_number,
    by_day,
];
