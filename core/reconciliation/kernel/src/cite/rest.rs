//! What is left of a text: numbers that are not held, and digits that may be the end of one (see
//! `core/reconciliation/cite/rest.py`).

use std::sync::OnceLock;

use super::kinds::Text;
use super::series::{self, beginning};
use crate::index::{self, bare, is_digits, shape_of};
use crate::label::Field;
use crate::map::Lexicon;
use crate::pattern::Pattern;
use crate::words;

struct Rules {
    citing: Lexicon<&'static [u8]>,
    customers: Lexicon<&'static [u8]>,
    letters_digits: Pattern,
    shortest_alike: usize,
    longest_number: usize,
    longest_counter: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        citing: words::set("cite.rest._CITING"),
        customers: words::set("cite.rest._CUSTOMERS"),
        letters_digits: Pattern::new(words::text("cite.rest._LETTERS_DIGITS")),
        shortest_alike: words::whole("cite.rest.SHORTEST_ALIKE"),
        longest_number: words::whole("cite.rest.LONGEST_NUMBER"),
        longest_counter: words::whole("cite.rest.LONGEST_COUNTER"),
    })
}

/// A word with digits: the digits, and the letters they are written with, in one piece or apart.
struct Led<'t> {
    word: &'t [u8],
    /// Letters and digits of a word that is those.
    glued: Option<(&'t [u8], &'t [u8])>,
    prefix: Option<&'t [u8]>,
    tight: bool,
}

/// Notes the numbers that are not held, the digits that may be a counter, and what was cut.
pub fn leftovers(text: &mut Text) {
    let halved = halved(text);
    let mut told = 0;
    for at in 0..text.words.len() {
        if !text.is_free(at) {
            continue;
        }
        let led = led(text, at);
        if text.is_other_paper(led.prefix) || is_code(text, at, &led) {
            continue;
        }
        if at >= told {
            let after = extent(text, at);
            if looks_cited(text, at, &led) || is_printed_so(text, at, after) {
                text.cited.unknown.push(text.whole(at, after));
                told = after;
            } else if led.word.len() >= rules().shortest_alike
                && text.index.shapes.contains(&shape_of(led.word))
            {
                text.cited.alike.push(text.whole(at, at + 1));
            }
        }
        let is_half = halved.iter().any(|&(first, after)| (first..after).contains(&at));
        if let Some(counter) = counter(text, &led).filter(|_| !is_half) {
            text.cited.counters.push(text.word(at, counter, text.end(at + 1)));
        }
    }
}

fn led<'t>(text: &Text<'t>, at: usize) -> Led<'t> {
    let word = text.words.text(at);
    if is_digits(word) {
        return Led { word, glued: None, prefix: before(text, at), tight: text.words.is_tight(at) };
    }
    let found = rules().letters_digits.full_match(word, 0, word.len());
    let glued = found.and_then(|found| found.group(1)).map(|(_, end)| word.split_at(end));
    let prefix = glued.map(|(letters, _)| letters);
    Led { word, glued, prefix, tight: glued.is_some() || text.words.is_tight(at) }
}

/// The places of what is left of numbers that were cut, which are noted.
fn halved(text: &mut Text) -> Vec<(usize, usize)> {
    let mut halved = Vec::new();
    for &last in &text.words.cut {
        if text.is_free(last) {
            let first = beginning(text, last);
            text.cited.cut.push(text.whole(first, last + 1));
            halved.push((first, last + 1));
        }
    }
    halved
}

/// Whether letters and digits are the code of a customer, as the word before says, and no number like ours:
/// `CLIENT CL7196`.
fn is_code(text: &Text, at: usize, led: &Led) -> bool {
    let is_citing = |(letters, _): (&[u8], _)| rules().citing.contains(letters);
    led.glued.is_some_and(|glued| !is_citing(glued))
        && before(text, at).is_some_and(|word| rules().customers.contains(word))
        && !text.index.shapes.contains(&shape_of(text.words.joined(at, extent(text, at))))
}

/// The letters that digits are written with: the word before.
fn before<'t>(text: &Text<'t>, at: usize) -> Option<&'t [u8]> {
    text.word_before(at).filter(|_| text.words.is_plain(at - 1))
}

fn looks_cited(text: &Text, at: usize, led: &Led) -> bool {
    let Some(prefix) = led.prefix else {
        return false;
    };
    if led.word.len() > rules().longest_number || text.field_of(at) == Field::EndToEndId {
        return false;
    }
    led.tight || text.index.prefixes.contains(prefix) || rules().citing.contains(prefix)
}

/// The place after the number: a year and a counter apart are one where our numbers are such.
fn extent(text: &Text, at: usize) -> usize {
    let after = series::extent(text, at);
    if after == at + 1 && after < text.words.len() && is_year(text.words.text(at)) {
        let apart = text.words.glue_is(after, b" ") && text.is_number(after) && !text.used[after];
        if apart && text.index.shapes.contains(&shape_of(text.words.joined(at, after + 1))) {
            return after + 1;
        }
    }
    after
}

fn is_year(word: &[u8]) -> bool {
    word.len() == 4 && word.starts_with(b"20") && is_digits(word)
}

/// Digits with separators as our numbers have them: `159/9024` where numbers are like 159/2024.
fn is_printed_so(text: &Text, at: usize, after: usize) -> bool {
    if after - at < 2 || (at > 0 && text.words.is_tight(at)) {
        return false;
    }
    text.words.glue_is(at + 1, b" ") || text.index.printed.contains(&shape_of(&text.printed(at, after)))
}

/// The digits that may be the end of a number: short, and behind no letters of another number.
fn counter<'t>(text: &Text<'t>, led: &Led<'t>) -> Option<&'t [u8]> {
    let is_generic = |word: &[u8]| index::rules().generic.contains(word);
    let digits = match led.glued {
        Some((letters, digits)) if is_generic(letters) => digits,
        _ => led.word,
    };
    if !is_digits(digits) || digits.len() > rules().longest_counter {
        return None;
    }
    let generic = led.prefix.is_some_and(is_generic);
    if digits.len() < 2 && !generic {
        return None;
    }
    let other = led.prefix.is_some_and(|word| text.index.plain_prefixes.contains(word));
    let stuck = led.tight && led.prefix.is_some() && !generic;
    (!other && !stuck).then(|| bare(digits))
}
