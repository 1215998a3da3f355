//! Possible answers for a person: made from what is cited and owed, each with its arithmetic (see
//! `core/reconciliation/candidates.py`).
//!
//! Left out: what an accounting tool declares.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::OnceLock;

use crate::case::{Case, Meaning, State};
use crate::coincidence::amount_odds;
use crate::endings::ended;
use crate::gaps::{gap_reason, late_payment, rivals};
use crate::group::{groups, Bounds};
use crate::hints::{due_now, in_common, of_amount_about_due, of_like_number};
use crate::index::{FULL, LONG_DIGITS, SHORT_DIGITS, STRUCTURED};
use crate::model::Place;
use crate::ruling::{Level, More, Proposal, Proposed, Reference, Share, Why, LEVELS, REFERENCES};
use crate::silent::{is_far_from_due, sole_debtor};
use crate::slips::near;
use crate::text::shown;
use crate::tiers::counter_hits;
use crate::words;

/// Weights in bits, and bounds.
struct Rules {
    handful: usize,
    few: usize,
    most: usize,
    bounds: Bounds,
    references: [f64; 9],
    levels: [f64; 6],
    /// Of the grades -1 to 2.
    payers: [f64; 4],
    each_more: f64,
    left_out: f64,
    far: f64,
    middle: f64,
    rare: f64,
    days_a_bit: f64,
    most_late: f64,
    no_date: f64,
    early: f64,
    /// What is told of a number that is nearly one of ours, by how.
    near: Vec<(&'static str, &'static str)>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let weight = |table: &str, key: &str| {
            let rows = words::list(table).iter().filter_map(|row| row.split_once('\t'));
            let found =
                rows.into_iter().find(|(name, _)| *name == key).and_then(|(_, bits)| bits.parse().ok());
            found.unwrap_or_else(|| panic!("{table} has no {key}"))
        };
        Rules {
            handful: words::whole("candidates.HANDFUL"),
            few: words::whole("candidates.FEW"),
            most: words::whole("candidates.MOST"),
            bounds: Bounds::new(words::whole("candidates.SIZE"), words::whole("candidates.STEPS")),
            references: REFERENCES.map(|(_, name)| weight("candidates.REFERENCE", name)),
            levels: LEVELS.map(|(_, name)| weight("candidates.AMOUNT", name)),
            payers: ["-1", "0", "1", "2"].map(|grade| weight("candidates.PAYER", grade)),
            each_more: words::number("candidates.EACH_MORE"),
            left_out: words::number("candidates.LEFT_OUT"),
            far: words::number("candidates.FAR"),
            middle: words::number("candidates.MIDDLE"),
            rare: words::number("candidates.RARE"),
            days_a_bit: words::number("candidates.DAYS_A_BIT"),
            most_late: words::number("candidates.MOST_LATE"),
            no_date: words::number("candidates.NO_DATE"),
            early: words::number("candidates.EARLY"),
            near: words::list("candidates._NEAR").iter().filter_map(|row| row.split_once('\t')).collect(),
        }
    })
}

/// More items than this at the amount paid, and the amount alone says nothing.
pub fn handful() -> usize {
    rules().handful
}

/// The most items of a payer that are looked at.
pub fn most() -> usize {
    rules().most
}

/// Bounds of a search for groups that are only proposed.
pub fn bounds() -> Bounds {
    rules().bounds
}

/// These items for this money: whole, the largest cut by what is missing, the excess left over.
///
/// None when the items are no debt of that direction, or when the money does not even reach the largest:
/// which part is meant, nobody can say.
pub fn propose(
    case: &Case,
    state: &State,
    items: &[Place],
    because: impl Into<Cow<'static, str>>,
    reference: Reference,
    left_out: bool,
) -> Option<Proposal> {
    let (rules, paid) = (rules(), case.paid);
    let sign = if paid > 0 { 1 } else { -1 };
    let mut places: Vec<Place> = items.iter().copied().filter(|&n| state.open(n) != 0).collect();
    places.sort_unstable();
    places.dedup();
    let mut amounts: Vec<i64> = places.iter().map(|&n| state.open(n)).collect();
    let due: i128 = amounts.iter().map(|&amount| i128::from(amount)).sum();
    if due * sign <= 0 {
        return None;
    }
    let over = i128::from(paid) - due;
    if over * sign < 0 {
        let largest = largest(&amounts, sign);
        let cut = i128::from(amounts[largest]) + over;
        if cut * sign <= 0 {
            return None;
        }
        amounts[largest] = cut as i64;
    }
    let over = over as i64; // no farther from zero than what was paid, or than the largest amount
    let (level, more) = amount_level(case, state, &places, over);
    let payer = places.iter().map(|&n| case.grade(state, n)).min()?;
    let mut bits = rules.references[reference as usize]
        + rules.levels[level as usize]
        + rules.payers[(payer + 1) as usize]
        + dates(case, state, &places);
    if matches!(reference, Reference::None | Reference::Elsewhere) {
        bits += rules.each_more * (places.len() - 1) as f64;
    }
    if left_out {
        bits += rules.left_out;
    }
    if matches!(level, Level::Short | Level::Excess) {
        let whole = i128::from(paid).abs().max(due.abs());
        bits += rules.far * over.unsigned_abs() as f64 / whole as f64;
    }
    let shares = places.iter().zip(amounts);
    Some(Proposal {
        shares: shares.map(|(&item, amount)| Share { item, amount, gap: 0, gap_reason: None }).collect(),
        score: 1.0 / (1.0 + black_box(2.0_f64).powf((rules.middle - bits) / 2.0)),
        why: Why::Proposed(Proposed { because: because.into(), reference, level, payer, more }),
    })
}

/// The place of the first of the amounts that are farthest from zero, on the side of the sign.
fn largest(amounts: &[i64], sign: i128) -> usize {
    let mut largest = 0;
    for (at, &amount) in amounts.iter().enumerate() {
        if i128::from(amount) * sign > i128::from(amounts[largest]) * sign {
            largest = at;
        }
    }
    largest
}

fn amount_level(case: &Case, state: &State, items: &[Place], over: i64) -> (Level, More) {
    if over == 0 {
        let level = if is_rare(case, state) { Level::ExactAndRare } else { Level::Exact };
        return (level, More::Nothing);
    }
    if (over > 0) == (case.paid > 0) {
        let late = late_payment(case, state, items, over);
        let has_indemnity = late.iter().any(|(key, _)| *key == "indemnity_minor");
        let level = if has_indemnity { Level::Indemnity } else { Level::Excess };
        return (level, More::Excess(over, late));
    }
    let gap = over.saturating_neg();
    let reason = match items {
        &[n] => gap_reason(case, state, state.item(n), gap),
        _ => None,
    };
    let level = if reason.is_some() { Level::NamedGap } else { Level::Short };
    (level, More::Gap(gap, reason))
}

/// Whether the amount tells one item from another: chance would give less than one in five.
pub fn is_rare(case: &Case, state: &State) -> bool {
    let index = state.index();
    let odds = || amount_odds(index, case.paid, state.currency());
    case.for_good(|known| &mut known.rare, || index.billed as f64 * odds() <= rules().rare)
}

/// Up to two bits less the further the payment is from the due day; much less before the issue.
fn dates(case: &Case, state: &State, items: &[Place]) -> f64 {
    let (rules, mut found) = (rules(), 0.0);
    let Some(booked) = case.line.booking_date else {
        return found;
    };
    for &n in items {
        let item = state.item(n);
        found -= match item.due_date.or(item.issue_date) {
            Some(due) => rules.most_late.min(f64::from((booked - due).abs()) / rules.days_a_bit),
            None => rules.no_date,
        };
        if item.issue_date.is_some_and(|issued| issued > booked) && !case.is_issued(state, n) {
            found -= rules.early;
        }
    }
    found / items.len().max(1) as f64
}

/// What was proposed, and how often something was tried.
struct Found<'c> {
    case: &'c Case<'c>,
    state: &'c State<'c>,
    tried: usize,
    proposals: Vec<Proposal>,
}

impl Found<'_> {
    fn propose(&mut self, items: &[Place], because: impl Into<Cow<'static, str>>, reference: Reference) {
        self.tried += 1;
        self.proposals.extend(propose(self.case, self.state, items, because, reference, false));
    }

    /// Leaves out some of what is cited.
    fn propose_part(&mut self, items: &[Place], because: &'static str, reference: Reference) {
        self.tried += 1;
        self.proposals.extend(propose(self.case, self.state, items, because, reference, true));
    }
}

/// Everything that the line may pay, unordered; the caller ranks and cuts.
pub fn candidates(case: &Case, state: &State, meaning: Option<&Meaning>) -> Vec<Proposal> {
    let mut found = Found { case, state, tried: 0, proposals: Vec::new() };
    if let Some(meaning) = meaning {
        of_cited(&mut found, meaning);
    }
    nearly_cited(&mut found);
    for &(n, at) in counter_hits(case, state).iter() {
        let because = format!("counter {}", shown(&case.cited.counters[at].text));
        found.propose(&[n], because, Reference::Counter);
    }
    of_ends(&mut found);
    for n in of_like_number(case, state) {
        found.propose(&[n], "a number like it, and the amount", Reference::Slip);
    }
    if let Some(n) = of_amount_about_due(case, state) {
        found.propose(&[n], "the amount, about due", Reference::None);
    }
    declared(&mut found);
    of_those_exactly(&mut found);
    if meaning.is_none_or(|meaning| meaning.items.is_empty()) {
        of_payer(&mut found);
    }
    for n in of_partly_named(case, state) {
        found.propose(&[n], "a word of the name, and the amount", Reference::None);
    }
    if found.tried < rules().handful && is_rare(case, state) {
        let held = state.scope.held(case.paid, rules().handful).unwrap_or_default();
        let reference = elsewhere(case);
        for n in case.there(state, held) {
            if case.grade(state, n) >= 0 {
                found.propose(&[n], "amount only", reference);
            }
        }
    }
    found.proposals
}

/// What the payer owes and the text may mean by the ends of its numbers: together, and one by one.
fn of_ends(found: &mut Found) {
    let items = ended(found.case, found.state);
    if items.len() > 1 {
        found.propose(&items, "its numbers end so", Reference::Counter);
    }
    for &n in items.iter().take(rules().handful) {
        found.propose(&[n], "its number ends so", Reference::Counter);
    }
}

/// How telling the least telling citation of these items is.
fn level(meaning: &Meaning, items: &[Place]) -> Reference {
    let strength_of = |n: &Place| match meaning.items.iter().position(|m| m == n) {
        Some(at) => meaning.strengths[at],
        None => SHORT_DIGITS,
    };
    let least = if items.len() == meaning.items.len() {
        meaning.strengths.iter().copied().min()
    } else {
        items.iter().map(strength_of).min()
    };
    match least {
        Some(STRUCTURED) => Reference::Structured,
        Some(FULL) => Reference::Full,
        Some(LONG_DIGITS) => Reference::Long,
        _ => Reference::Short,
    }
}

fn of_cited(found: &mut Found, meaning: &Meaning) {
    let (items, state, rules) = (&meaning.items, found.state, rules());
    for group in &meaning.ambiguous {
        let mut live: Vec<Place> = group.iter().copied().filter(|&n| state.open(n) != 0).collect();
        live.sort_by_key(|&n| state.open(n) != found.case.paid);
        for n in live.into_iter().take(rules.handful) {
            let all = [&items[..], &[n]].concat();
            found.propose(&all, "shares the cited number", Reference::Short);
            found.propose(&[n], "shares the cited number", Reference::Short);
        }
    }
    let common = in_common(found.case, state, meaning);
    if !common.is_empty() {
        found.propose(&common, "what one debtor owes under these numbers", Reference::Long);
    }
    if items.is_empty() {
        return;
    }
    found.propose(items, "cited", level(meaning, items));
    if items.len() > 1 {
        let pool = &items[..items.len().min(rules.most)];
        let amounts: Vec<i64> = pool.iter().map(|&n| state.open(n)).collect();
        let bounds = Bounds::new(pool.len(), rules.bounds.steps);
        for fitting in groups(&amounts, found.case.paid, bounds).found {
            let part: Vec<Place> = fitting.iter().map(|&i| pool[i]).collect();
            let because = "this group of the cited sums exactly";
            if part.len() < items.len() {
                found.propose_part(&part, because, level(meaning, &part));
            } else {
                found.propose(&part, because, level(meaning, &part));
            }
        }
        for &n in items.iter().take(rules.handful) {
            found.propose_part(&[n], "one of the cited", level(meaning, &[n]));
        }
    }
    with_uncited(found, meaning);
}

/// What a tool says is paid: with the credit notes it sets off when that is the amount, else without.
fn declared(found: &mut Found) {
    let (case, state) = (found.case, found.state);
    let mut stated: Vec<Place> = case.declared.iter().copied().filter(|&n| state.open(n) != 0).collect();
    stated.sort_unstable();
    stated.dedup();
    let items: Vec<Place> = stated.iter().copied().filter(|&n| state.open(n) > 0).collect();
    let due: i128 = stated.iter().map(|&n| i128::from(state.open(n))).sum();
    let whole = if due == i128::from(case.paid) { &stated } else { &items };
    found.propose(whole, "declared by a tool", Reference::Declared);
    if items.len() > 1 {
        for &n in items.iter().take(rules().handful) {
            found.propose(&[n], "declared by a tool", Reference::Declared);
        }
    }
}

/// What is cited together with one item that is not: a credit note, or one more invoice.
fn with_uncited(found: &mut Found, meaning: &Meaning) {
    let (items, case, state, handful) = (&meaning.items, found.case, found.state, rules().handful);
    let due: i128 = items.iter().map(|&n| i128::from(state.open(n))).sum();
    let over = i64::try_from(i128::from(case.paid) - due).unwrap_or(0);
    if over != 0 {
        let level = level(meaning, items);
        for &m in state.scope.owed_at(state.index().debtor(items[0]), over, handful) {
            if !items.contains(&m) {
                let more = over > 0;
                let because =
                    if more { "cited, and one more" } else { "with a credit note that is not cited" };
                found.propose(&[&items[..], &[m]].concat(), because, level);
            }
        }
        for more in several_more(found, items, over) {
            found.propose(&[&items[..], &more].concat(), "cited, and several more", level);
        }
    }
    if let &[n] = &items[..] {
        for &m in rivals(case, state, n).iter().take(handful) {
            if state.open(m) == case.paid {
                found.propose(&[m], "open at this amount", Reference::Slip);
            }
        }
    }
}

/// Groups of what else the debtor of what is cited owes that make what was paid too much.
fn several_more(found: &Found, items: &[Place], over: i64) -> Vec<Vec<Place>> {
    if over <= 0 {
        return Vec::new();
    }
    let (case, state, rules) = (found.case, found.state, rules());
    let owed = state.scope.owed(state.index().debtor(items[0]), rules.most).unwrap_or_default();
    let mut others = case.there(state, owed);
    others.retain(|m| !items.contains(m) && state.open(*m) != over);
    let amounts: Vec<i64> = others.iter().map(|&m| state.open(m)).collect();
    let fitting = groups(&amounts, over, rules.bounds).found;
    fitting.into_iter().map(|group| group.into_iter().map(|i| others[i]).collect()).collect()
}

fn nearly_cited(found: &mut Found) {
    for citation in near(found.case, found.state).iter() {
        let because = rules().near.iter().find(|(how, _)| *how == citation.how);
        for &n in citation.items.iter().take(rules().most) {
            found.propose(&[n], because.map_or("", |(_, words)| *words), Reference::Slip);
        }
    }
}

fn elsewhere(case: &Case) -> Reference {
    let cites = case.cites() || !case.cited.unknown.is_empty();
    if cites {
        Reference::Elsewhere
    } else {
        Reference::None
    }
}

/// What those who may be the payer owe at exactly the amount paid.
pub fn of_payer_exactly(case: &Case, state: &State) -> Vec<Place> {
    state.scope.of_payer_at(&case.payer, case.paid, rules().most)
}

fn of_those_exactly(found: &mut Found) {
    let (case, state) = (found.case, found.state);
    for n in case.there(state, &of_payer_exactly(case, state)) {
        found.propose(&[n], "payer and amount", elsewhere(case));
    }
}

/// Several of what the payer owes together, or one with a difference that has a name.
fn of_payer(found: &mut Found) {
    let (case, state, rules) = (found.case, found.state, rules());
    let reference = elsewhere(case);
    let mut mine = case.there(state, &state.scope.of_payer(&case.payer, rules.most));
    mine.retain(|&n| state.open(n) != case.paid);
    let amounts: Vec<i64> = mine.iter().map(|&n| state.open(n)).collect();
    let together = groups(&amounts, case.paid, rules.bounds).found;
    for fitting in &together {
        let part: Vec<Place> = fitting.iter().map(|&i| mine[i]).collect();
        found.propose(&part, "payer, and together they sum exactly", reference);
    }
    for &n in &mine {
        if is_named(case, state, n) {
            found.propose(&[n], "payer, with a difference that has a name", reference);
        } else {
            found.tried += 1;
        }
    }
    let due = due_now(case, state, &mine);
    if !due.is_empty() {
        found.propose(&due, "the payer's, due now", reference);
    }
    if together.is_empty() && (sole_debtor(case, state).is_some() || mine.len() <= rules.few) {
        something_owed(found, &mine);
    }
}

/// Whether what was paid differs from this item by something that has a name.
pub fn is_named(case: &Case, state: &State, n: Place) -> bool {
    let over = case.paid.saturating_sub(state.open(n));
    matches!(amount_level(case, state, &[n], over).0, Level::NamedGap | Level::Indemnity)
}

/// When nobody knows who pays, and no other number is cited: what those owe at exactly the amount paid of whose
/// names a rare word stands there, if it may be paid on that day.
pub fn of_partly_named(case: &Case, state: &State) -> Vec<Place> {
    if !case.payer_is_unknown() || !case.cited.unknown.is_empty() {
        return Vec::new();
    }
    let mut found = case.there(state, &case.of_partly_named(state));
    found.retain(|&n| !is_far_from_due(case, state, state.item(n).due_date));
    found
}

/// A payer all of whose invoices are known pays some of them, whatever the amount says.
fn something_owed(found: &mut Found, mine: &[Place]) {
    let (case, state) = (found.case, found.state);
    let mut due: Vec<Place> = case.there(state, mine);
    due.retain(|&n| state.open(n) > 0);
    let total: i128 = due.iter().map(|&n| i128::from(state.open(n))).sum();
    if total <= i128::from(case.paid) {
        found.propose(&due, "everything the payer owes", Reference::None);
    }
    due.sort_unstable_by_key(|&n| ((i128::from(state.open(n)) - i128::from(case.paid)).abs(), n));
    for &n in due.iter().take(rules().few) {
        found.propose(&[n], "the payer's, nearest to the amount", Reference::None);
    }
}
