//! Reads what follows a number: lists with the prefix once, ranges with holes, what is left out of them (see
//! `core/reconciliation/cite/series.py`).

use std::sync::OnceLock;

use super::kinds::{self, Hit, Text};
use crate::index::{bare, is_digits, shape_of, strength_of, Index, FULL, LONG_DIGITS};
use crate::map::{Lexicon, Set};
use crate::model::Place;
use crate::text::strip_folded;
use crate::words;

struct Rules {
    range_words: Lexicon<&'static [u8]>,
    range_signs: Lexicon<&'static [u8]>,
    span_signs: Lexicon<&'static [u8]>,
    number_words: Lexicon<&'static [u8]>,
    and_words: Lexicon<&'static [u8]>,
    except_words: Lexicon<&'static [u8]>,
    fillers: Lexicon<&'static [u8]>,
    max_ending: usize,
    longest_tail: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        range_words: words::set("cite.series.RANGE_WORDS"),
        range_signs: words::set("cite.series.RANGE_SIGNS"),
        span_signs: words::set("cite.series.SPAN_SIGNS"),
        number_words: words::set("cite.series.NUMBER_WORDS"),
        and_words: words::set("cite.series.AND_WORDS"),
        except_words: words::set("cite.series.EXCEPT_WORDS"),
        fillers: words::set("cite.series._FILLERS"),
        max_ending: words::whole("cite.series.MAX_ENDING"),
        longest_tail: words::whole("cite.series.LONGEST_TAIL"),
    })
}

/// Goes on from each number of a text to what follows it.
pub struct Series<'t> {
    /// The numbers found so far, by the place of their first word.
    pub hits: Vec<Option<Hit<'t>>>,
    pub left_out: Set<Place>,
    /// Places of numbers that the text names to leave them out.
    pub not_meant: Vec<usize>,
}

impl<'t> Series<'t> {
    pub fn new() -> Series<'t> {
        Series { hits: Vec::new(), left_out: Set::default(), not_meant: Vec::new() }
    }

    /// Reads the list or range behind a number; returns the place after it.
    pub fn after(&mut self, text: &mut Text<'t>, hit: &Hit<'t>, items: &[Place]) -> usize {
        let mut at = hit.after;
        while at < text.words.len() && text.cited.citations.len() <= text.policy.max_references {
            let following = self.step(text, hit, items, at);
            if following == at {
                break;
            }
            at = following;
        }
        at
    }

    /// The place after what stands at `at`, which is `at` itself when it does not go on.
    fn step(&mut self, text: &mut Text<'t>, hit: &Hit<'t>, items: &[Place], at: usize) -> usize {
        let words = text.words;
        let word = words.text(at);
        if words.zone(at) != words.zone(hit.first) {
            return at;
        }
        if text.used[at] {
            self.note_span(text, items, at);
            return at;
        }
        if rules().except_words.contains(word) {
            return self.leave_out(text, items, at);
        }
        if rules().range_words.contains(word) {
            return self.range(text, hit, items, at + 1).unwrap_or(at);
        }
        if rules().range_signs.contains(strip_folded(words.glue(at))) {
            if let Some(after) = self.range(text, hit, items, at) {
                return after;
            }
        }
        if rules().and_words.contains(word) {
            return at + 1;
        }
        listed(text, hit, items, at)
    }

    /// What a whole number tight behind another may be: the end of a range that begins there.
    fn note_span(&self, text: &mut Text<'t>, items: &[Place], at: usize) {
        if self.hits[at].is_some() && joins_a_span(text, at) {
            let (_, ends) = self.ends(text, items, at);
            remember_spans(text, ends);
        }
    }

    /// `007 A 010`: every item of the series from one number to the other, holes are welcome. The place after
    /// the range.
    fn range(&mut self, text: &mut Text<'t>, hit: &Hit<'t>, items: &[Place], at: usize) -> Option<usize> {
        let words = text.words;
        let is_passed_over = |at: &usize| rules().number_words.contains(words.text(*at)) && !text.used[*at];
        let at = (at..words.len()).find(|at| !is_passed_over(at))?;
        if words.zone(at) != words.zone(hit.first) {
            return None;
        }
        let (after, ends) = self.ends(text, items, at);
        let mut found = Vec::new();
        for (n, end) in ends {
            found.extend(between(text, n, &end));
        }
        let found = each_once(found);
        if found.is_empty() {
            return None;
        }
        let other = self.hits[at].map_or(&[][..], |other| other.items);
        for n in found {
            if !items.contains(&n) && !other.contains(&n) {
                text.add(at, after, hit.strength.min(FULL), vec![n], "range");
            }
        }
        text.spend(hit.after, after);
        Some(after)
    }

    /// Where the last number of a range ends, and that number for each item the range may begin with.
    fn ends(&self, text: &Text<'t>, items: &[Place], at: usize) -> (usize, Vec<(Place, Vec<u8>)>) {
        if let Some(other) = &self.hits[at] {
            let others = &other.items[..other.items.len().min(text.policy.max_shared_key)];
            let number = |m: &Place| text.index.number(*m).compact.to_vec();
            let ends = items.iter().flat_map(|&n| others.iter().map(move |m| (n, number(m))));
            return (other.after, ends.collect());
        }
        if text.used[at] || text.words.is_plain(at) {
            return (at, Vec::new());
        }
        let after = extent(text, at);
        let number = text.words.joined(at, after);
        let ends = if is_digits(number) {
            tails(text.index, items, number).collect()
        } else {
            items.iter().map(|&n| (n, number.to_vec())).collect()
        };
        (after, ends)
    }

    /// `SAUF 009 ET 012`: numbers that a range runs over but that are not paid.
    fn leave_out(&mut self, text: &mut Text<'t>, items: &[Place], at: usize) -> usize {
        let words = text.words;
        let mut here = at + 1;
        while here < words.len() && words.zone(here) == words.zone(at) {
            let word = words.text(here);
            if let Some(hit) = &self.hits[here] {
                self.left_out.extend(hit.items);
                self.not_meant.push(here);
                here = hit.after;
            } else if is_digits(word) && !text.used[here] {
                self.left_out.extend(ending(text.index, items, word).0);
                text.spend(here, here + 1);
                here += 1;
            } else if rules().fillers.contains(word) {
                here += 1;
            } else {
                break;
            }
        }
        if here > at + 1 {
            here
        } else {
            at
        }
    }
}

/// `1202` behind FA2401201: the item of the same series whose number ends so.
fn listed(text: &mut Text, hit: &Hit, items: &[Place], at: usize) -> usize {
    let digits = text.words.text(at);
    let mut after = at + 1;
    if !is_digits(digits) || digits.len() > rules().longest_tail || !is_whole(text, items, at) {
        return at;
    }
    let (found, unchanged) = ending(text.index, items, digits);
    if !found.is_empty() {
        if joins_a_span(text, at) {
            let ends = tails(text.index, items, digits).collect();
            remember_spans(text, ends);
        }
        let most = if unchanged { FULL } else { LONG_DIGITS };
        text.add(at, at + 1, hit.strength.min(most), found, "list");
    } else if digits.len() >= 3 && could_continue(text.index, items, digits) {
        let whole = extent(text, at);
        if text.index.printed.contains(&shape_of(&text.printed(at, whole))) {
            after = whole;
        }
        text.cited.unknown.push(text.whole(at, after));
    } else {
        return at;
    }
    text.spend(at, after);
    after
}

/// Whether no digit can be missing: the text was not cut there, or what stands there is as long as the
/// counters of the series.
fn is_whole(text: &Text, items: &[Place], at: usize) -> bool {
    if !text.words.is_cut(at) {
        return true;
    }
    let width = text.words.text(at).len();
    let mut counters = items.iter().map(|&n| text.index.number(n).last());
    counters.all(|last| is_digits(last) && last.len() == width)
}

/// The items that continue the series of `items` and end with these digits: with the rest of the number
/// unchanged (true), else (a new month, a new year) the only one between the two parties.
fn ending(index: &Index, items: &[Place], digits: &[u8]) -> (Vec<Place>, bool) {
    let exact = tails(index, items, digits).filter_map(|(n, number)| index.same_series(n, &number));
    let found = each_once(exact.collect());
    let ending = index.by_counter.get(bare(digits));
    let &[first] = items else {
        return (found, true);
    };
    if !found.is_empty() || digits.len() < 2 || ending.len() > rules().max_ending {
        return (found, true);
    }
    let mut between = ending.iter().copied().filter(|&m| m != first && index.same_parties(first, m));
    match (between.next(), between.next()) {
        (Some(only), None) => (vec![only], false),
        _ => (Vec::new(), false),
    }
}

/// Each item with its number whose last digits are replaced.
fn tails<'t>(
    index: &'t Index,
    items: &'t [Place],
    digits: &'t [u8],
) -> impl Iterator<Item = (Place, Vec<u8>)> + 't {
    items.iter().filter_map(move |&n| {
        let compact = index.number(n).compact;
        let (head, tail) = compact.split_at(compact.len().checked_sub(digits.len())?);
        (!head.is_empty() && is_digits(tail)).then(|| (n, [head, digits].concat()))
    })
}

fn could_continue(index: &Index, items: &[Place], digits: &[u8]) -> bool {
    let mut lasts = items.iter().map(|&n| index.number(n).last());
    lasts.any(|last| is_digits(last) && digits.len() <= last.len())
}

fn joins_a_span(text: &Text, at: usize) -> bool {
    rules().span_signs.contains(strip_folded(text.words.glue(at)))
}

/// What is too far apart for a range is a list: no cap is reached.
fn remember_spans(text: &mut Text, ends: Vec<(Place, Vec<u8>)>) {
    let known = text.cited.caps.len();
    for (n, end) in ends {
        let between = between(text, n, &end);
        if between.len() > 2 {
            text.cited.spans.push(between);
        }
    }
    text.cited.caps.truncate(known);
}

fn between(text: &mut Text, n: Place, end: &[u8]) -> Vec<Place> {
    let index = text.index;
    let mut numbers = numbers_between(text, index.number(n).compact, end);
    let mut found = Vec::new();
    while let Some(number) = numbers.step() {
        found.extend(index.same_series(n, number));
    }
    found
}

fn each_once(items: Vec<Place>) -> Vec<Place> {
    if items.len() < 2 {
        return items;
    }
    let mut seen = Set::default();
    items.into_iter().filter(|&n| seen.insert(n)).collect()
}

/// The place after the words that are one number with the one at `at`: `2015-ER-0047` is one.
pub fn extent(text: &Text, at: usize) -> usize {
    let mut after = at + 1;
    while is_tight(text, after, at) {
        if !text.words.is_plain(after) {
            after += 1;
        } else if is_tight(text, after + 1, at) && !text.words.is_plain(after + 1) {
            after += 2;
        } else {
            break;
        }
    }
    after
}

/// Whether a free word touches the one before, in the zone of the word at `first`.
fn is_tight(text: &Text, at: usize, first: usize) -> bool {
    let words = text.words;
    at < words.len() && !text.used[at] && words.is_tight(at) && words.zone(at) == words.zone(first)
}

/// Numbers of one series that are still to come.
struct Numbers {
    next: Vec<u8>,
    left: usize,
    is_new: bool,
}

impl Numbers {
    fn step(&mut self) -> Option<&[u8]> {
        self.left = self.left.checked_sub(1)?;
        if !self.is_new {
            for digit in self.next.iter_mut().rev() {
                if *digit < b'9' {
                    *digit += 1;
                    break;
                }
                *digit = b'0';
            }
        }
        self.is_new = false;
        Some(&self.next)
    }
}

/// All numbers from one to the other, both included; none when they are not of one series.
fn numbers_between(text: &mut Text, start: &[u8], end: &[u8]) -> Numbers {
    let none = Numbers { next: Vec::new(), left: 0, is_new: true };
    if end.len() != start.len() {
        return none;
    }
    let shared = start.iter().zip(end).take_while(|(a, b)| a == b).count();
    let (low, high) = (&start[shared..], &end[shared..]);
    if !is_digits(low) || !is_digits(high) || low >= high {
        return none;
    }
    let most = kinds::rules().max_range;
    // Once a difference is beyond the cap, what follows cannot bring it back.
    let apart = low
        .iter()
        .zip(high)
        .fold(0, |apart: i64, (a, b)| (apart * 10 + i64::from(*b) - i64::from(*a)).min(i64::from(u32::MAX)));
    if apart > most as i64 {
        text.cited.caps.push("max_range");
        return none;
    }
    Numbers { next: start.to_vec(), left: apart as usize + 1, is_new: true }
}

/// Ranges whose first number is not held: what is held of them is cited, the first is unknown.
pub fn headless_ranges(text: &mut Text) {
    let words = text.words;
    for at in 1..words.len().saturating_sub(1) {
        if !rules().range_words.contains(words.text(at))
            || text.used[at]
            || text.used[at - 1]
            || text.used[at + 1]
        {
            continue;
        }
        let first = beginning(text, at - 1);
        let start = words.joined(first, at);
        let near = words.zone(at - 1) == words.zone(at);
        if near && !is_digits(start) && text.index.shapes.contains(&shape_of(start)) {
            headless(text, first, at, start);
        }
    }
}

/// The place of the first word of the number that ends with the word at `last`.
pub fn beginning(text: &Text, last: usize) -> usize {
    let words = text.words;
    let mut first = last;
    while first > 0 && words.is_tight(first) && !text.used[first - 1] {
        first -= 1;
    }
    let apart = first > 0 && words.glue_is(first, b" ") && !text.used[first - 1];
    first - usize::from(apart && text.index.prefixes.contains(words.text(first - 1)))
}

fn headless(text: &mut Text, first: usize, at: usize, start: &[u8]) {
    let (words, index) = (text.words, text.index);
    let after = extent(text, at + 1);
    let end = words.joined(at + 1, after);
    let shown = match start.len().checked_sub(end.len()) {
        Some(head) if is_digits(end) => [&start[..head], end].concat(),
        _ => end.to_vec(),
    };
    let mut numbers = numbers_between(text, start, &shown);
    let mut held = Vec::new();
    while let Some(number) = numbers.step() {
        let items = index.full.get(number);
        if !items.is_empty() {
            held.push((strength_of(number), items));
        }
    }
    if held.is_empty() || words.zone(at + 1) != words.zone(at) {
        return;
    }
    for (strength, items) in held {
        let meant = text.meant(items);
        if !meant.is_empty() {
            text.add(at + 1, after, strength, meant, "range");
        }
    }
    text.cited.unknown.push(text.whole(first, at));
    text.spend(first, after);
}
