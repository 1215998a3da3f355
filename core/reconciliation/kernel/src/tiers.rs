//! The tiers that decide alone, in the order in which they are asked (see `core/reconciliation/tiers.py`).

use std::rc::Rc;
use std::sync::OnceLock;

use crate::case::{is_whole, standing_for, Case, Meaning, Shared, State};
use crate::cite::Citation;
use crate::coincidence::{by_counter, by_group, by_number};
use crate::endings::{cited_end_and_amount, end_and_amount, ends_and_sum, may_tell_ends};
use crate::gaps::{close_rival, gap_reason, is_deduction, may_be_netted, may_make_up, rivals};
use crate::group::{groups, Bounds};
use crate::index::{strength_of, FULL, SHORT_DIGITS, STRUCTURED};
use crate::label::{is_year, Field, Word};
use crate::map::{Lexicon, Set};
use crate::model::{Day, Place};
use crate::payer::holds;
use crate::ruling::{Answer, Ruling, Share};
use crate::silent::{
    is_close_to_due, is_far_from_due, is_third_party, other_numbers, payer_and_amount, payer_and_group,
};
use crate::slips::{may_be_near, meant_instead, near_and_amount};
use crate::words;

struct Rules {
    next: usize,
    against: f64,
    nearly: f64,
    timely: f64,
    otherwise: f64,
    bounded: Lexicon<&'static str>,
    more: Lexicon<&'static [u8]>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        next: words::whole("tiers.NEXT"),
        against: words::number("tiers.AGAINST"),
        nearly: words::number("tiers.NEARLY"),
        timely: words::number("tiers.TIMELY"),
        otherwise: words::number("silent.OTHERWISE"),
        more: words::set("tiers.MORE"),
        bounded: words::list("tiers.BOUNDED").iter().map(String::as_str).collect(),
    })
}

fn auto(state: &State, tier: u8, reason: &'static str, mut items: Vec<Place>, chance: f64) -> Ruling {
    items.sort_unstable();
    let shares = items.into_iter().map(|n| Share::new(n, state.open(n))).collect();
    Ruling::auto(tier, reason, shares, chance)
}

/// The single open item cited, if there is exactly one.
fn one(case: &Case, state: &State) -> Option<(Place, Rc<Meaning>)> {
    let meaning = case.meaning(state);
    match meaning.items[..] {
        [n] if meaning.ambiguous.is_empty() => Some((n, meaning)),
        _ => None,
    }
}

/// T1: a valid creditor reference in its own field, known, and not paid beyond what is open; a credit note is
/// refunded whole.
pub fn structured(case: &Case, state: &State) -> Option<Ruling> {
    let mut hits = case.cited.citations.iter().filter(|c| c.strength == STRUCTURED);
    let (Some(hit), None) = (hits.next(), hits.next()) else {
        return None;
    };
    let [cited] = hit.items[..] else {
        return None;
    };
    let n = standing_for(state, cited);
    let (left, paid) = (state.open(n), case.paid);
    let fits = if paid > 0 { paid <= left } else { paid == left };
    if !fits || (left > paid && !(rivals(case, state, n).is_empty() && is_his(case, state, n, hit))) {
        return None;
    }
    Some(Ruling::auto(1, "structured_reference", vec![Share::new(n, paid)], 0.0))
}

/// Whether a part may be paid under a reference: we gave it to this collection, or nobody else is named. Other
/// sellers make the same references of the same numbers.
fn is_his(case: &Case, state: &State, n: Place, hit: &Citation) -> bool {
    hit.field == Field::EndToEndId || case.label.payer.is_none() || case.grade(state, n) >= 1
}

/// T2: one cited open item and its exact amount.
pub fn reference_and_amount(case: &Case, state: &State) -> Option<Ruling> {
    let (n, meaning) = one(case, state)?;
    if state.open(n) != case.paid {
        return None;
    }
    let sharing = case.cited.citations.iter().map(|c| c.items.len()).max().unwrap_or(0);
    let chance = by_number(state.index(), sharing, case.paid, state.currency());
    let (grade, little) = (case.grade(state, n), is_little(state, n, meaning.strengths[0]));
    let telling = || is_telling(case, state, n, &meaning);
    let against = little || (grade < 0 && !telling());
    let weighed = if against { (chance * rules().against).min(sharing as f64) } else { chance };
    let far = is_far_from_due(case, state, state.index().due(n));
    let known = grade >= 1 || (grade == 0 && case.paid > 0 && !far && telling());
    if !known && (case.paid < 0 || for_payer(case, state, n, weighed) > state.policy.max_coincidence) {
        return None;
    }
    if !meant_instead(case, state, n).is_empty() || (little && far) {
        return None;
    }
    Some(auto(state, 2, "reference_and_amount", vec![n], chance))
}

/// The chance, less when nearly all of the debtor's name is told: it was cut, mistyped, or is a group's; or when
/// the whole number stands there, and who pays has paid here before, for others, or is unknown and pays within
/// days of the due day. Strangers do neither.
fn for_payer(case: &Case, state: &State, n: Place, chance: f64) -> f64 {
    if chance <= state.policy.max_coincidence || case.grade(state, n) != 0 {
        return chance;
    }
    let item = state.item(n);
    if case.nearly_names(state, item.debtor) {
        return chance / rules().nearly;
    }
    if !case.cited.citations.iter().any(|c| c.items.contains(&n) && is_whole(c)) {
        return chance;
    }
    if case.payer.has_paid && !is_far_from_due(case, state, item.due_date) {
        return chance / rules().against;
    }
    if case.payer_is_unknown() && is_close_to_due(case, item.due_date) {
        chance / rules().timely
    } else {
        chance
    }
}

/// Whether few digits stand there, and they are not all of the number: a payer has other invoices that end so,
/// and each year has its own.
fn is_little(state: &State, n: Place, strength: u8) -> bool {
    strength <= SHORT_DIGITS && strength < strength_of(state.index().number(n).compact)
}

/// Whether the one item is cited by a whole number that is not everybody's.
fn is_telling(case: &Case, state: &State, n: Place, meaning: &Meaning) -> bool {
    let mut citations = case.cited.citations.iter();
    !meaning.by_amount && citations.any(|c| c.items.contains(&n) && case.is_telling(state, c))
}

/// T3: every cited open item of one debtor sums exactly, or the only cited subset that does.
pub fn references_and_sum(case: &Case, state: &State) -> Option<Ruling> {
    if case.cited.citations.len() < 2 {
        return None;
    }
    let meaning = case.meaning(state);
    if meaning.items.len() < 2 || !meaning.ambiguous.is_empty() || !trusted(case, state, &meaning) {
        return None;
    }
    if total(state, &meaning.items) == i128::from(case.paid) {
        return Some(auto(state, 3, "references_and_sum", meaning.items.clone(), 0.0));
    }
    span(case, state).or_else(|| subset(case, state, &meaning.items))
}

fn total(state: &State, items: &[Place]) -> i128 {
    items.iter().map(|&n| i128::from(state.open(n))).sum()
}

/// One debtor, and either he pays or the numbers are full and nobody else clearly pays; several debtors only
/// when the payer is known to pay for each of them (a treasury, a factor).
fn trusted(case: &Case, state: &State, meaning: &Meaning) -> bool {
    let debtor = |n: &Place| state.index().debtor(*n);
    let first = debtor(&meaning.items[0]);
    let full = meaning.strengths.iter().any(|&strength| strength >= FULL);
    if meaning.items.iter().any(|n| debtor(n) != first) {
        return full && meaning.items.iter().all(|n| holds(&case.payer.sure, debtor(n)));
    }
    match case.grade(state, meaning.items[0]) {
        1.. => true,
        _ if case.paid < 0 => false,
        0 => full,
        _ => full && partial_chance(case, state) <= state.policy.max_coincidence,
    }
}

/// What `a - b` means as a range, unless a number between them tells that it is a list.
fn span(case: &Case, state: &State) -> Option<Ruling> {
    if !other_numbers(case, state).is_empty() {
        return None;
    }
    let mut fitting: Option<Vec<Place>> = None;
    for span in &case.cited.spans {
        if total(state, span) != i128::from(case.paid) {
            continue;
        }
        let open: Vec<Place> = span.iter().copied().filter(|&n| state.open(n) != 0).collect();
        if fitting.as_ref().is_some_and(|other| *other != open) {
            return None;
        }
        fitting = Some(open);
    }
    Some(auto(state, 3, "range_and_sum", fitting?, 0.0))
}

fn subset(case: &Case, state: &State, items: &[Place]) -> Option<Ruling> {
    let policy = state.policy;
    let amounts: Vec<i64> = items.iter().map(|&n| state.open(n)).collect();
    let bounds =
        Bounds { most: policy.max_group_items, ..Bounds::new(amounts.len(), policy.max_group_steps) };
    let result = groups(&amounts, case.paid, bounds);
    let ([found], None) = (&result.found[..], result.cap) else {
        return None;
    };
    let chance = by_group(found.len(), &amounts, case.paid, state.currency(), false);
    let chance = rules().otherwise * chance;
    if chance > policy.max_coincidence {
        return None;
    }
    let chosen = found.iter().map(|&at| items[at]).collect();
    Some(auto(state, 3, "only_subset_that_fits", chosen, chance))
}

/// T4: one cited item of a known payer, short by a gap that has a name and is allowed.
pub fn reference_and_gap(case: &Case, state: &State) -> Option<Ruling> {
    let (n, _) = one(case, state)?;
    if !other_numbers(case, state).is_empty() || case.grade(state, n) < 1 {
        return None;
    }
    let gap = state.open(n).saturating_sub(case.paid);
    if gap <= 0 {
        return None;
    }
    let reason = gap_reason(case, state, state.item(n), gap)?;
    let bounded = rules().bounded.contains(reason);
    if !rivals(case, state, n).is_empty() || (bounded && may_be_netted(case, state, n, gap)) {
        return None;
    }
    if tells_of_more(case) {
        return None;
    }
    let short = Share { gap, gap_reason: Some(reason), ..Share::new(n, case.paid) };
    let told = format!("reference_and_{reason}");
    Some(Ruling::auto(4, told, vec![short], partial_chance(case, state)))
}

/// Whether the text says that not all is cited that is paid: `FA-801 ET AUTRES`.
fn tells_of_more(case: &Case) -> bool {
    case.label.words().iter().any(|word| rules().more.contains(&word.text[..]))
}

fn partial_chance(case: &Case, state: &State) -> f64 {
    by_number(state.index(), 1, case.paid, state.currency())
}

/// Items open at exactly the amount paid whose number ends with a counter of the text, each with the place of
/// that among the counters.
pub fn counter_hits(case: &Case, state: &State) -> Shared<(Place, usize)> {
    if case.cited.counters.is_empty() {
        return Shared::default();
    }
    case.until_paid(state, |lately| &mut lately.counter_hits, || find_counter_hits(case, state).into())
}

fn find_counter_hits(case: &Case, state: &State) -> Vec<(Place, usize)> {
    if !state.scope.is_held(case.paid) {
        return Vec::new();
    }
    let booked = case.line.booking_date;
    let mut seen: Set<Place> = Set::default();
    let mut found = Vec::new();
    for (at, word) in case.cited.counters.iter().enumerate() {
        if booked.is_some_and(|day| is_year(&word.text, day)) {
            continue;
        }
        let ending = state.scope.with_counter(case.paid, &word.text);
        let named = match booked {
            Some(day) if !ending.is_empty() => years_before(case, word, day),
            _ => Vec::new(),
        };
        for n in ending {
            let other = is_of_another_year(state, &named, booked, n) || is_of_name(state, word, n);
            if !other && seen.insert(n) {
                found.push((n, at));
            }
        }
    }
    if found.iter().any(|&(n, _)| case.is_issued(state, n)) {
        found.retain(|&(n, _)| case.is_issued(state, n));
    }
    found
}

/// The years that stand before a counter: `2025 0001`.
fn years_before(case: &Case, counter: &Word, booked: Day) -> Vec<Vec<u8>> {
    case.label
        .words()
        .into_iter()
        .filter(|w| {
            w.field == counter.field
                && w.end < counter.start
                && counter.start - w.end <= rules().next
                && is_a_year(&w.text, booked)
        })
        .map(|w| w.text)
        .collect()
}

/// Whether some years are named, and item `n` is numbered in another.
fn is_of_another_year(state: &State, named: &[Vec<u8>], booked: Option<Day>, n: Place) -> bool {
    let (Some(booked), false) = (booked, named.is_empty()) else {
        return false;
    };
    let groups = state.index().number(n).groups();
    let mut years = groups.filter(|g| is_a_year(g, booked)).peekable();
    years.peek().is_some() && !years.any(|year| named.iter().any(|name| name == year))
}

/// Whether the digits are a word of the debtor's own name: `DDCA 25`.
fn is_of_name(state: &State, counter: &Word, n: Place) -> bool {
    let word = std::str::from_utf8(&counter.text);
    word.is_ok_and(|word| state.scope.books.debtors.has_word(state.index().debtor(n), word))
}

fn is_a_year(text: &[u8], booked: Day) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit) && is_year(text, booked)
}

/// T5: the bare counter and the exact amount, from a known payer or within the coincidence bound; near the due
/// day, as every series has that counter sooner or later.
pub fn counter_and_amount(case: &Case, state: &State) -> Option<Ruling> {
    let hits = counter_hits(case, state);
    let own = || hits.iter().filter(|(n, _)| case.grade(state, *n) >= 1);
    let &(n, at) = match (own().count(), &hits[..]) {
        (1, _) => own().next()?,
        (0, [hit]) => hit,
        _ => return None,
    };
    let counter = &case.cited.counters[at];
    let grade = case.grade(state, n);
    if grade < 0 || cites_other(case, state, counter) {
        return None;
    }
    let probed = case.cited.counters.len();
    let chance = by_counter(state.index(), &counter.text, case.paid, state.currency(), probed);
    if grade < 1 && (chance > state.policy.max_coincidence || !ends_so(case, state, n)) {
        return None;
    }
    if is_far_from_due(case, state, state.index().due(n)) {
        return None;
    }
    Some(auto(state, 5, "counter_and_amount", vec![n], chance))
}

/// Whether what looks like a number that is not held is the end of this one as it is printed: `018` is none of
/// `FA2410018`, whose payer would write `10018`.
fn ends_so(case: &Case, state: &State, n: Place) -> bool {
    let number = state.index().number(n).compact;
    other_numbers(case, state).iter().all(|word| {
        let letters = word.text.iter().take_while(|c| c.is_ascii_uppercase()).count();
        number.ends_with(&word.text[letters..])
    })
}

/// Whether the text cites a number we do not hold besides the counter itself.
fn cites_other(case: &Case, state: &State, counter: &Word) -> bool {
    let own = |w: &Word| {
        let mut alike = case.cited.counters.iter().filter(|c| c.text == counter.text);
        alike.any(|c| (c.field, c.start) == (w.field, w.start))
    };
    !other_numbers(case, state).into_iter().all(own)
}

/// T8: a known payer cites one full number and pays part of it, where we see all his invoices.
pub fn reference_and_part(case: &Case, state: &State) -> Option<Ruling> {
    let (n, meaning) = one(case, state)?;
    if !state.policy.allow_partial || !other_numbers(case, state).is_empty() {
        return None;
    }
    let item = state.item(n);
    let mut citations = case.cited.citations.iter();
    let known = item.whole_turnover
        && meaning.settled.is_empty()
        && case.grade(state, n) >= 1
        && citations.any(|c| c.items.contains(&n) && is_whole(c))
        && is_meant_by_payer(case, state, n);
    let left = state.open(n) > case.paid;
    if !known || !left || close_rival(case, state, n) || is_deduction(case, state, n) {
        return None;
    }
    if may_make_up(case, state, n) || tells_of_more(case) {
        return None;
    }
    let part = vec![Share::new(n, case.paid)];
    Some(Ruling::auto(8, "reference_and_part", part, partial_chance(case, state)))
}

/// Whether number and payer alone say which item is meant, as the amount of a part says nothing: who pays for
/// several debtors may mean another's, and a number of everybody's form wants a sure payer.
fn is_meant_by_payer(case: &Case, state: &State, n: Place) -> bool {
    let payer = &case.payer;
    let mut all = payer.sure.iter().chain(&payer.likely[..]).chain(&payer.clearly[..]);
    let first = all.next();
    if all.any(|other| Some(other) != first) {
        return false;
    }
    let surely = case.grade(state, n) == 2 && !is_third_party(case);
    let mut citations = case.cited.citations.iter();
    surely || citations.any(|c| c.items.contains(&n) && case.is_telling(state, c))
}

/// T2, asked again: what the day's other lines left is one cited item, and its exact amount.
pub fn reference_and_rest(case: &Case, state: &State) -> Option<Ruling> {
    let mut ruling = reference_and_amount(case, state)?;
    ruling.reason = "reference_and_rest".into();
    Some(ruling)
}

/// A tier: its number, the rule that answers or passes (T6 and T7 say why), and whether it can say anything of
/// a line, whatever is open: a day has more lines than the caches hold, so each is asked only what it must.
pub struct TierRule {
    pub name: u8,
    pub rule: fn(&Case, &State) -> Option<Answer>,
    of: fn(&Case) -> bool,
}

macro_rules! tier {
    ($name:literal, $rule:ident, of: $of:expr) => {
        TierRule { name: $name, rule: |case, state| $rule(case, state).map(Answer::from), of: $of }
    };
}

/// In the order in which they are asked: of the lines that cite an item held here, or of the others.
pub const TIERS: [TierRule; 13] = [
    tier!(1, structured, of: |case| case.cited.citations.iter().any(|c| c.strength == STRUCTURED)),
    tier!(2, reference_and_amount, of: |case| case.cites()),
    tier!(3, references_and_sum, of: |case| case.cited.citations.len() >= 2),
    tier!(4, reference_and_gap, of: |case| case.cites()),
    tier!(5, counter_and_amount, of: |case| !case.cites() && !case.cited.counters.is_empty()),
    tier!(5, end_and_amount, of: |case| !case.cites() && may_tell_ends(case, 1)),
    tier!(5, cited_end_and_amount, of: |case| case.cites() && may_tell_ends(case, 0)),
    tier!(3, ends_and_sum, of: |case| !case.cites() && may_tell_ends(case, 2)),
    tier!(5, near_and_amount, of: |case| !case.cites() && may_be_near(case)),
    tier!(6, payer_and_amount, of: |case| !case.cites()),
    tier!(7, payer_and_group, of: |case| !case.cites()),
    tier!(8, reference_and_part, of: |case| case.cites()),
    tier!(2, reference_and_rest, of: |case| case.cites()),
];
/// The place of the tier from which on nothing is cited; here the payments join whose wait ends that day.
pub const FIRST_SILENT: usize = 9;

/// The tiers that can say anything of the line: bit n for the one at place n.
pub fn of(case: &Case) -> u16 {
    let asked = TIERS.iter().enumerate().filter(|(_, tier)| (tier.of)(case));
    asked.fold(0, |tiers, (n, _)| tiers | 1 << n)
}
