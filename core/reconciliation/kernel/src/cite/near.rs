//! Numbers that were cut, or have one slip of the finger, looked up only among what one payer owes (see
//! `core/reconciliation/cite/near.py`).

use std::sync::OnceLock;

use super::kinds::{Citation, Cited};
use crate::index::{self, Index, SHORT_DIGITS};
use crate::label::Word;
use crate::model::Place;
use crate::words;

struct Rules {
    max_looked_at: usize,
    max_owed: usize,
    shortest_cut: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        max_looked_at: words::whole("cite.near.MAX_LOOKED_AT"),
        max_owed: words::whole("cite.near.MAX_OWED"),
        shortest_cut: words::whole("cite.near.SHORTEST_CUT"),
    })
}

/// What the numbers that are not held may mean among `owed`, the open items of the payer: `cut` (the items
/// whose number begins so) or `typo` (the one item that is one slip away).
pub fn nearly(cited: &Cited, index: &Index, owed: &[Place]) -> Vec<Citation> {
    if owed.len() > rules().max_owed {
        return Vec::new();
    }
    let most = rules().max_looked_at;
    let is_cut = |word: &&Word| cited.cut.iter().any(|cut| cut.field == word.field && cut.end == word.end);
    let cut = cited.cut.iter().take(most).filter_map(|word| find_cut(word, index, owed));
    let whole = cited.unknown.iter().chain(&cited.alike).filter(|word| !is_cut(word));
    cut.chain(whole.take(most).filter_map(|word| find_typo(word, index, owed))).collect()
}

fn find_cut(word: &Word, index: &Index, owed: &[Place]) -> Option<Citation> {
    if word.text.len() < rules().shortest_cut {
        return None;
    }
    let is_meant = |n: &Place| begins(&word.text, index.number(*n).compact);
    citation(word, owed.iter().copied().filter(is_meant).collect(), "cut")
}

/// Whether a number begins so; its letters may be missing when the text has none, and its zeros when nothing
/// was cut after all.
fn begins(text: &[u8], number: &[u8]) -> bool {
    let letters = number.iter().position(|byte| !byte.is_ascii_uppercase()).unwrap_or(number.len());
    let is_bare = text.first().is_some_and(u8::is_ascii_digit);
    let shown = if is_bare { &number[letters..] } else { number };
    shown.starts_with(text) || without_zeros(shown) == without_zeros(text)
}

/// What stands before the last digits, and those without their zeros.
fn without_zeros(number: &[u8]) -> (&[u8], &[u8]) {
    let digits = number.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (head, last) = number.split_at(number.len() - digits);
    let zeros = last.iter().take_while(|&&digit| digit == b'0').count();
    (head, &last[zeros..])
}

fn find_typo(word: &Word, index: &Index, owed: &[Place]) -> Option<Citation> {
    let mut near = owed.iter().copied().filter(|&n| is_slip(&word.text, index.number(n).compact));
    let only = near.next()?;
    near.next().is_none().then(|| citation(word, vec![only], "typo"))?
}

/// Whether one character was changed, lost, added or swapped with its neighbour, in the number or in its end
/// when the text has only that.
pub fn is_slip(text: &[u8], number: &[u8]) -> bool {
    if text.len() < index::rules().short {
        return false;
    }
    let end = |size: usize| &number[number.len() - size.min(number.len())..];
    let sizes = [number.len(), text.len() - 1, text.len(), text.len() + 1];
    sizes.into_iter().any(|size| is_one_off(text, end(size)))
}

/// Whether the OSA distance of two texts is 1.
fn is_one_off(one: &[u8], other: &[u8]) -> bool {
    if one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match (one, other) {
        ([], []) => false,
        ([a, b, one @ ..], [c, d, other @ ..]) if a == d && b == c && one == other => true,
        ([_, behind @ ..], [_, there @ ..]) if one.len() == other.len() => behind == there,
        _ if one.len() > other.len() => one[1..] == *other,
        _ => *one == other[1..],
    }
}

fn citation(word: &Word, items: Vec<Place>, how: &'static str) -> Option<Citation> {
    (!items.is_empty()).then(|| Citation {
        text: word.text.clone(),
        field: word.field,
        start: word.start,
        end: word.end,
        strength: SHORT_DIGITS,
        items,
        how,
    })
}

#[cfg(test)]
mod tests {
    use super::{begins, is_one_off};

    #[test]
    fn a_slip_of_the_finger_changes_loses_adds_or_swaps_one_character() {
        for other in ["FA12", "FA1239", "FA12X", "FA132", "XFA123", "A123"] {
            assert!(is_one_off(b"FA123", other.as_bytes()), "{other}");
        }
        for other in ["FA123", "FA321", "FA1", "AF132", ""] {
            assert!(!is_one_off(b"FA123", other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_number_begins_so_without_letters_or_zeros_too() {
        assert!(begins(b"FA250", b"FA250211"));
        assert!(begins(b"250", b"FA250211"));
        assert!(begins(b"242", b"FA000242"));
        assert!(!begins(b"A250", b"FA250211"));
    }
}
