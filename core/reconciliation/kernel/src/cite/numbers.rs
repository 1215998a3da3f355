//! Finds the numbers of items in a text: whole, without zeros or letters, with confused letters (see
//! `core/reconciliation/cite/numbers.py`).

use std::sync::OnceLock;

use super::kinds::{Hit, Text};
use crate::index::{self, bare, is_digits, read_as_digits, strength_of, FULL, LONG_DIGITS, SHORT_DIGITS};
use crate::map::Lexicon;
use crate::model::Place;
use crate::words;

struct Rules {
    telling: usize,
    cuts: Vec<usize>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        telling: words::whole("cite.numbers.TELLING"),
        cuts: words::wholes("label.folding.CUTS"),
    })
}

/// Numbers as they are printed, separators apart; and the buyers' order numbers.
///
/// What ends where the text was cut is no whole number if it could go on: `FA-2` may be half of `FA-27`.
pub fn whole_numbers<'t>(text: &Text<'t>) -> Vec<Hit<'t>> {
    let (index, words) = (text.index, text.words);
    let mut hits = Vec::new();
    for (first, after) in spans(text, &index.beginnings) {
        let number = words.joined(first, after);
        let items = index.full.get(number);
        if !items.is_empty() {
            if words.is_cut(after - 1) && items.iter().any(|&n| index.goes_on(n)) {
                continue;
            }
            let strength = whole_strength(text, first, after, number, items);
            hits.push(Hit { strength, first, after, items, how: "full" });
            continue;
        }
        let items = index.orders.get(number);
        if !items.is_empty() {
            let strength = strength_of(number).min(LONG_DIGITS);
            hits.push(Hit { strength, first, after, items, how: "order" });
        }
    }
    hits
}

/// Of the words still free: numbers that lost zeros or letters, or were misread.
///
/// What ends where the text was cut is no whole number, and what stands behind LOT or CONTRAT is the number
/// of another paper: neither means anything here.
pub fn parts<'t>(text: &Text<'t>) -> Vec<Hit<'t>> {
    let spans = spans(text, &text.index.starters);
    if spans.is_empty() {
        return Vec::new();
    }
    let bared = Bared::of(text);
    let mut key = Vec::new();
    let means = |(first, after): (usize, usize)| {
        let (strength, items, how) = part(text, first, after, &bared, &mut key)?;
        let is_whole = !text.words.is_cut(after - 1) && !text.is_other_paper(text.word_before(first));
        is_whole.then_some(Hit { strength, first, after, items, how })
    };
    spans.into_iter().filter_map(means).collect()
}

/// Runs of free words that may be one number. A run that begins with a plain word is worth a look only when a
/// number may begin with that word.
fn spans(text: &Text, starters: &Lexicon<Vec<u8>>) -> Vec<(usize, usize)> {
    let words = text.words;
    let goes_on = |at: usize| words.joins(at) && !text.used[at];
    let mut spans = Vec::with_capacity(2 * words.len());
    for first in 0..words.len() {
        let mut plain = words.is_plain(first);
        if text.used[first] || (plain && !starters.contains(words.text(first))) {
            continue;
        }
        if !plain {
            spans.push((first, first + 1));
        }
        for last in first + 1..words.len().min(first + text.index.max_words) {
            if !goes_on(last) {
                break;
            }
            plain = plain && words.is_plain(last);
            if !plain {
                spans.push((first, last + 1));
            }
        }
    }
    spans
}

/// Lower when digits stand apart that no printed number of these parts.
fn whole_strength(text: &Text, first: usize, after: usize, number: &[u8], items: &[Place]) -> u8 {
    let is_full = number.len() >= rules().telling && !is_digits(number);
    let strength = if is_full { FULL } else { strength_of(number) };
    if is_parted_so(text, first, after, items) {
        strength
    } else {
        strength.min(SHORT_DIGITS)
    }
}

/// Whether the numbers of these items are printed with their digits apart wherever these words have them apart,
/// unless at a seam of the text.
pub fn is_parted_so(text: &Text, first: usize, after: usize, items: &[Place]) -> bool {
    let mut at = 0;
    (first..after - 1).all(|n| {
        let (word, next) = (text.words.text(n), text.words.text(n + 1));
        at += word.len();
        let seam = text.words.glue_is(n + 1, b" ") && rules().cuts.contains(&text.end(n + 1));
        let is_break = !seam && word[word.len() - 1].is_ascii_digit() && next[0].is_ascii_digit();
        let mut looked_at = items.iter().take(text.policy.max_shared_key);
        !is_break || looked_at.all(|&n| text.index.number(n).is_parted_at(at))
    })
}

/// The words of a text without their zeros, one behind the other: what is looked up of each.
struct Bared {
    /// `index.loose_key` of each, with `|` between them.
    loose: Vec<u8>,
    /// Their groups of digits without zeros, each with a `|` before it.
    digits: Vec<u8>,
    /// Their digits with zeros.
    dense: Vec<u8>,
    /// Where the three begin for each word.
    bounds: Vec<(usize, usize, usize)>,
    /// How many digits each has without zeros, and whether its letters may stand before any number.
    words: Vec<(usize, bool)>,
}

impl Bared {
    fn of(text: &Text) -> Bared {
        let count = text.words.len();
        let mut bared = Bared {
            loose: Vec::with_capacity(64),
            digits: Vec::with_capacity(32),
            dense: Vec::with_capacity(32),
            bounds: Vec::with_capacity(count + 1),
            words: Vec::with_capacity(count),
        };
        for at in 0..count {
            bared.push(text.words.text(at));
        }
        bared.bound();
        bared
    }

    fn bound(&mut self) {
        self.bounds.push((self.loose.len(), self.digits.len(), self.dense.len()));
    }

    fn push(&mut self, word: &[u8]) {
        self.bound();
        let (mut size, mut generic) = (0, true);
        for group in word.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit()) {
            let digits = is_digits(group);
            let shown = if digits { bare(group) } else { group };
            self.loose.extend_from_slice(shown);
            self.loose.push(b'|');
            if digits {
                self.digits.push(b'|');
                self.digits.extend_from_slice(shown);
                self.dense.extend_from_slice(group);
                size += shown.len();
            } else {
                generic = generic && index::rules().generic.contains(group);
            }
        }
        self.words.push((size, generic));
    }

    fn loose(&self, first: usize, after: usize) -> &[u8] {
        &self.loose[self.bounds[first].0..self.bounds[after].0 - 1]
    }

    fn digits(&self, first: usize, after: usize) -> &[u8] {
        let digits = &self.digits[self.bounds[first].1..self.bounds[after].1];
        digits.strip_prefix(b"|").unwrap_or(digits)
    }

    fn dense(&self, first: usize, after: usize) -> &[u8] {
        &self.dense[self.bounds[first].2..self.bounds[after].2]
    }
}

type Part<'t> = (u8, &'t [Place], &'static str);

/// What a number means that lost its zeros, else its letters, else was misread.
fn part<'t>(
    text: &Text<'t>,
    first: usize,
    after: usize,
    bared: &Bared,
    key: &mut Vec<u8>,
) -> Option<Part<'t>> {
    let (index, number) = (text.index, text.words.joined(first, after));
    let (short, long) = (index::rules().short, index::rules().long);
    let graded = |is_long: bool| if is_long { LONG_DIGITS } else { SHORT_DIGITS };
    let all_digits = is_digits(number);
    if all_digits && number.len() < short {
        return None;
    }
    let words = &bared.words[first..after];
    let size: usize = words.iter().map(|word| word.0).sum();
    if size >= short || !all_digits {
        let items = index.loose.get(bared.loose(first, after));
        if !items.is_empty() {
            let telling = if all_digits { long } else { rules().telling };
            return Some((graded(size >= telling), items, "zeros"));
        }
    }
    if all_digits || words.iter().all(|word| word.1) {
        let items = index.digits.get(bared.digits(first, after));
        if size >= short && !items.is_empty() {
            return Some((graded(size >= long), items, "digits"));
        }
        let dense = bared.dense(first, after);
        let items = index.digits.get(dense);
        if !items.is_empty() {
            return Some((graded(dense.len() >= long), items, "digits"));
        }
    }
    if all_digits || number.len() < short {
        return None;
    }
    misread(text, first, after, key)
}

/// `F2O24`, `0O0816`: one grade lower than the number itself; one of few digits must begin with one.
fn misread<'t>(text: &Text<'t>, first: usize, after: usize, key: &mut Vec<u8>) -> Option<Part<'t>> {
    let number = text.words.joined(first, after);
    read_as_digits(number, key);
    let items = text.index.folded.get(key);
    let whole = strength_of(text.index.number(*items.first()?).compact);
    if !(first..after).all(|at| may_be_misread(text, at)) {
        return None;
    }
    if whole <= SHORT_DIGITS && !number[0].is_ascii_digit() {
        return None;
    }
    Some((whole.saturating_sub(1).max(SHORT_DIGITS), items, "folded"))
}

/// Whether what changes in a word when it is read with digits is part of a number, not a plain word.
fn may_be_misread(text: &Text, at: usize) -> bool {
    !text.words.is_plain(at) || text.index.prefixes.contains(text.words.text(at))
}
