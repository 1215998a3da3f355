//! T5 and T3: the ends of numbers, looked up only among what the payer owes (see
//! `core/reconciliation/endings.py`).

use std::rc::Rc;
use std::sync::OnceLock;

use crate::case::{Case, State};
use crate::cite::Citation;
use crate::coincidence::{by_counter, by_number};
use crate::index::{self, bare, is_digits, Number};
use crate::label::{is_year, Field, Word};
use crate::model::Place;
use crate::ruling::{Ruling, Share};
use crate::silent::{is_far_from_due, other_numbers};
use crate::words;

/// Ways of citing that are no number, or no end of one.
const OWN_KEYS: [&str; 4] = ["structured", "order", "list", "range"];

/// For each number of the text the open items of the payer that end so, unless he owes what is cited.
pub fn ends(case: &Case, state: &State) -> Rc<Vec<Vec<Place>>> {
    case.until_he_pays(state, |lately| &mut lately.ends, || Rc::new(find_ends(case, state)))
}

fn most_ends() -> usize {
    static MOST_ENDS: OnceLock<usize> = OnceLock::new();
    *MOST_ENDS.get_or_init(|| words::whole("endings.MOST_ENDS"))
}

fn shortest_tail() -> usize {
    static SHORTEST_TAIL: OnceLock<usize> = OnceLock::new();
    *SHORTEST_TAIL.get_or_init(|| words::whole("endings.SHORTEST_TAIL"))
}

/// Whether there may be ends of a known payer's numbers, so many at least that nobody has cited.
pub fn may_tell_ends(case: &Case, least: usize) -> bool {
    let cited = &case.cited;
    let is_known = case.paid > 0 && !case.payer_is_unknown();
    is_known && cited.cut.is_empty() && cited.unknown.len() + cited.counters.len() >= least
}

fn find_ends(case: &Case, state: &State) -> Vec<Vec<Place>> {
    if case.payer_is_unknown() || case.paid <= 0 {
        return Vec::new();
    }
    let told = told(case, state);
    if told.is_empty() || told.len() > most_ends() {
        return Vec::new();
    }
    let owed = case.there(state, &state.scope.of_payer(&case.payer, state.policy.max_owed));
    let ends_so = |n: &Place, digits: &[u8]| state.open(*n) > 0 && ends_so(state, *n, digits);
    told.iter().map(|digits| owed.iter().copied().filter(|n| ends_so(n, digits)).collect()).collect()
}

/// The digits of every number in the text, each once; none when one of them is no end of his numbers.
fn told(case: &Case, state: &State) -> Vec<Vec<u8>> {
    let cited = &case.cited;
    let is_his = |c: &Citation| c.items.iter().any(|&n| case.grade(state, n) >= 1);
    let is_none = |c: &Citation| OWN_KEYS.contains(&c.how) || is_his(c);
    if !cited.caps.is_empty() || !cited.cut.is_empty() || cited.citations.iter().any(is_none) {
        return Vec::new();
    }
    let others = other_numbers(case, state);
    let ends = cited.citations.iter().map(|c| (c.field, c.end));
    let ends = ends.chain(others.iter().copied().chain(&cited.counters).map(|w| (w.field, w.end)));
    if ends.into_iter().any(|(field, end)| field == Field::Remittance && goes_on(&case.label.folded, end)) {
        return Vec::new();
    }
    let mut found: Vec<((Field, usize), &[u8])> = Vec::new();
    let place = |found: &[((Field, usize), &[u8])], key| found.iter().position(|&(other, _)| other == key);
    let texts = cited.citations.iter().map(|c| ((c.field, c.start), &c.text[..]));
    for (key, text) in texts.chain(others.iter().map(|w| ((w.field, w.start), &w.text[..]))) {
        match place(&found, key) {
            Some(at) => found[at].1 = text,
            None => found.push((key, text)),
        }
    }
    for word in &cited.counters {
        let key = (word.field, word.start);
        if !case.line.booking_date.is_some_and(|on| is_year(&word.text, on)) && place(&found, key).is_none() {
            found.push((key, &word.text));
        }
    }
    if !found.iter().all(|(_, text)| has_no_letters_of_its_own(text)) {
        return Vec::new();
    }
    let mut told: Vec<Vec<u8>> = Vec::new();
    for (_, text) in found {
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
        if !digits.is_empty() && !told.contains(&digits) {
            told.push(digits);
        }
    }
    told
}

/// Whether the text ends behind a word with what joins the parts of a number: `B/26/`, and was cut.
fn goes_on(folded: &[u8], end: usize) -> bool {
    let rest = folded.get(end..).unwrap_or_default();
    rest.first().is_some_and(|&sign| b"-/._".contains(&sign)) && !rest.iter().any(u8::is_ascii_alphanumeric)
}

fn has_no_letters_of_its_own(text: &[u8]) -> bool {
    let mut groups = text.split(|c| !c.is_ascii_uppercase()).filter(|group| !group.is_empty());
    groups.all(|group| index::rules().generic.contains(group))
}

/// Whether these are all the digits of the number, or what a payer may write for its end, and no word of the
/// debtor's own name: `DDCA 25`.
fn ends_so(state: &State, n: Place, digits: &[u8]) -> bool {
    let number = state.index().number(n);
    let told = bare(digits);
    let ends = is_whole(number, told) || number.counters().any(|counter| counter == told);
    let word = std::str::from_utf8(digits);
    ends && !word.is_ok_and(|word| state.scope.books.debtors.has_word(state.index().debtor(n), word))
}

/// Whether these are all digits of the number, but for its first zeros.
fn is_whole(number: Number, bare: &[u8]) -> bool {
    let all = number.groups().filter(|group| is_digits(group)).flatten();
    let mut all = all.skip_while(|&&digit| digit == b'0').peekable();
    if all.peek().is_none() {
        bare == b"0"
    } else {
        all.eq(bare)
    }
}

/// T5: one number, which is not held, or whose letters are another seller's, ends one item that the payer
/// owes, at its amount.
pub fn end_and_amount(case: &Case, state: &State) -> Option<Ruling> {
    one_end(case, state, "end_and_amount")
}

/// T5: the same, when the number is that of somebody who does not pay.
pub fn cited_end_and_amount(case: &Case, state: &State) -> Option<Ruling> {
    one_end(case, state, "cited_end_and_amount")
}

fn one_end(case: &Case, state: &State, reason: &'static str) -> Option<Ruling> {
    let found = ends(case, state);
    let [items] = &found[..] else {
        return None;
    };
    let mut exact = items.iter().copied().filter(|&n| state.open(n) == case.paid);
    let (Some(n), None) = (exact.next(), exact.next()) else {
        return None;
    };
    if is_far_from_due(case, state, state.index().due(n)) {
        return None;
    }
    let last = state.index().number(n).counters().next()?;
    let chance = by_counter(state.index(), last, case.paid, state.currency(), 1);
    Some(Ruling::auto(5, reason, vec![Share::new(n, case.paid)], chance))
}

/// T3: several numbers, each the end of one item that the payer owes, and together they are what he paid.
pub fn ends_and_sum(case: &Case, state: &State) -> Option<Ruling> {
    let found = ends(case, state);
    if found.len() < 2 || found.iter().any(|items| items.len() != 1) {
        return None;
    }
    let items = singles(&found);
    let debtor = state.index().debtor(items[0]);
    let sum: i128 = items.iter().map(|&n| i128::from(state.open(n))).sum();
    let one = items.iter().all(|&n| state.index().debtor(n) == debtor);
    if items.len() != found.len() || !one || sum != i128::from(case.paid) {
        return None;
    }
    if items.iter().any(|&n| is_far_from_due(case, state, state.index().due(n))) {
        return None;
    }
    let mut items = items;
    items.sort_unstable();
    let shares = items.iter().map(|&n| Share::new(n, state.open(n))).collect();
    let chance = by_number(state.index(), 1, case.paid, state.currency());
    Some(Ruling::auto(3, "ends_and_sum", shares, chance))
}

/// Items of the payer that the text may mean by their ends, each once.
pub fn ended(case: &Case, state: &State) -> Vec<Place> {
    let found = singles(&ends(case, state));
    if found.is_empty() {
        continued(case, state)
    } else {
        found
    }
}

fn singles(ends: &[Vec<Place>]) -> Vec<Place> {
    let mut found = Vec::new();
    for items in ends {
        if let [n] = items[..] {
            if !found.contains(&n) {
                found.push(n);
            }
        }
    }
    found
}

/// Items of the payer that a list means which begins with a number that is not held: `EB250456+0525`.
fn continued(case: &Case, state: &State) -> Vec<Place> {
    if case.payer_is_unknown() || case.cites() || !case.cited.caps.is_empty() || case.paid <= 0 {
        return Vec::new();
    }
    let heads = other_numbers(case, state);
    if heads.is_empty() || heads.len() > most_ends() {
        return Vec::new();
    }
    let mut tails: Vec<Vec<u8>> = Vec::new();
    for word in case.label.words() {
        if word.text.len() >= shortest_tail() && is_digits(&word.text) && !tails.contains(&word.text) {
            tails.push(word.text);
        }
    }
    if tails.is_empty() || tails.len() > most_ends() {
        return Vec::new();
    }
    let owed = state.scope.of_payer(&case.payer, state.policy.max_owed);
    let mut found = case.there(state, &owed);
    found.retain(|&n| state.open(n) > 0 && continues(state.index().number(n).compact, &heads, &tails));
    found
}

/// Whether one of the heads begins like the number, and goes on otherwise than with one of the tails.
fn continues(number: &[u8], heads: &[&Word], tails: &[Vec<u8>]) -> bool {
    let befores = tails.iter().filter_map(|tail| number.strip_suffix(&tail[..]));
    let mut befores = befores.filter(|before| !before.is_empty());
    befores.any(|before| heads.iter().any(|head| head.text.starts_with(before)))
}
