//! Parts words that payers glued together (see `core/reconciliation/cite/unglue.py`).

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::index::{is_digits, is_letters, strength_of, FULL};
use crate::keys::Files;
use crate::label::Parts;
use crate::words;

struct Rules {
    /// Words that stand before numbers, in the order in which they are tried.
    words: Vec<&'static [u8]>,
    max_pieces: usize,
    stamp: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        words: words::text("cite.unglue._WORDS").split('|').flat_map(spelled).collect(),
        max_pieces: words::whole("cite.unglue.MAX_PIECES"),
        stamp: words::whole("cite.unglue.STAMP"),
    })
}

/// `FACTS?` stands for FACTS and FACT.
fn spelled(pattern: &'static str) -> impl Iterator<Item = &'static [u8]> {
    let whole = pattern.strip_suffix('?').unwrap_or(pattern).as_bytes();
    let without = &whole[..whole.len() - usize::from(whole.len() < pattern.len())];
    [whole, without].into_iter().take(1 + pattern.len() - whole.len())
}

/// Parts the words that are several glued together, in place; `held` are the numbers that exist, and before
/// the first a `stamped` field may have a date or run number.
///
/// A word is parted only when every digit in it then belongs to a number that is held with its letters.
pub fn unglue(parts: &mut Parts, held: &Files, stamped: bool) {
    for at in (0..parts.texts.len()).rev() {
        let text = parts.texts[at];
        if text.len() < rules().stamp || is_letters(text) || is_digits(text) || held.contains(text) {
            continue;
        }
        let pieces = match behind_word(text, held) {
            Some((word, number)) => vec![word, number],
            None => several(text, held, stamped),
        };
        if pieces.is_empty() {
            continue;
        }
        let mut start = parts.starts[at];
        let starts: Vec<usize> = pieces
            .iter()
            .map(|piece| {
                start += piece.len();
                start - piece.len()
            })
            .collect();
        let glues = vec![Cow::Borrowed(&b""[..]); pieces.len() - 1];
        parts.glues.splice(at + 1..at + 1, glues);
        parts.starts.splice(at..=at, starts);
        parts.texts.splice(at..=at, pieces);
    }
}

fn is_held(number: &[u8], held: &Files) -> bool {
    strength_of(number) == FULL && held.contains(number)
}

/// A known word and the number behind it; the word may end earlier than it could: `FAC` in `FACFA12`.
fn behind_word<'s>(text: &'s [u8], held: &Files) -> Option<(&'s [u8], &'s [u8])> {
    let letters = text.iter().position(u8::is_ascii_digit)?;
    let mut end = 0;
    while let Some(word) = rules().words.iter().find(|word| text[end..letters].starts_with(word)) {
        end += word.len();
    }
    if end == 0 {
        return None;
    }
    let ends = word_ends(&text[..end]);
    (1..=end).rev().find(|&at| ends[at] && is_held(&text[at..], held)).map(|at| text.split_at(at))
}

/// At which places of the text one or more known words end that make all before it (and at its beginning).
fn word_ends(text: &[u8]) -> Vec<bool> {
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for at in 0..text.len() {
        if ends[at] {
            for word in rules().words.iter().filter(|word| text[at..].starts_with(word)) {
                ends[at + word.len()] = true;
            }
        }
    }
    ends
}

/// The pieces of a word that is several; none when it is not.
fn several<'s>(text: &'s [u8], held: &Files, stamped: bool) -> Vec<&'s [u8]> {
    let mut found: Vec<&[u8]> = Vec::new();
    if !text.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_uppercase()) {
        return found;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(piece_end(rest));
        rest = behind;
        if found.len() >= rules().max_pieces {
            return Vec::new();
        }
        if is_held(piece, held) {
            found.push(piece);
        } else if let Some((word, number)) = behind_word(piece, held) {
            found.extend([word, number]);
        } else if word_ends(piece)[piece.len()]
            || (stamped && found.is_empty() && is_digits(piece) && piece.len() >= rules().stamp)
        {
            found.push(piece);
        } else {
            return Vec::new();
        }
    }
    if found.iter().any(|piece| is_held(piece, held)) {
        found
    } else {
        Vec::new()
    }
}

/// Where the letters and the digits behind them end with which a text begins.
fn piece_end(text: &[u8]) -> usize {
    let letters = text.iter().position(u8::is_ascii_digit).unwrap_or(text.len());
    let digits = text[letters..].iter().position(|byte| !byte.is_ascii_digit());
    digits.map_or(text.len(), |digits| letters + digits)
}
