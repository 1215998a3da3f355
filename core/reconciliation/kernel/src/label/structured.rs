//! Structured creditor references (see `core/reconciliation/label/structured.py`).

use std::sync::OnceLock;

use super::{Field, Structured};
use crate::identifiers::is_creditor_reference;
use crate::pattern::Pattern;
use crate::text::is_blank;
use crate::words;

struct Rules {
    rf: Pattern,
    digits: Pattern,
    separators: Pattern,
    carry: Vec<u8>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    let pattern = |name| Pattern::new(words::text(name));
    RULES.get_or_init(|| Rules {
        rf: pattern("label.structured._RF"),
        digits: pattern("label.structured._DIGITS"),
        separators: pattern("label.structured._SEPARATORS"),
        carry: words::wholes("label.structured._CARRY"),
    })
}

/// Twelve digits, the last two the rest of the first ten by 97 (97 when nothing is left).
fn is_belgian_reference(digits: &[u8]) -> bool {
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    digits.len() == 12 && digits.iter().all(u8::is_ascii_digit) && {
        let rest = number(&digits[..10]) % 97;
        number(&digits[10..]) == if rest == 0 { 97 } else { rest }
    }
}

/// Twenty-seven digits, not all zero, whose last proves the others (recursive modulo 10).
fn is_swiss_reference(digits: &[u8]) -> bool {
    if digits.len() != 27
        || !digits.iter().all(u8::is_ascii_digit)
        || digits.iter().all(|&digit| digit == b'0')
    {
        return false;
    }
    let carry = &rules().carry;
    let last = digits[..26].iter().fold(0, |row, digit| carry[usize::from((row + digit - b'0') % 10)]);
    (10 - last) % 10 == digits[26] - b'0'
}

fn is_valid(dense: &str) -> bool {
    let digits = dense.as_bytes();
    is_creditor_reference(dense) || is_belgian_reference(digits) || is_swiss_reference(digits)
}

/// The reference without blanks and signs, when it is a structured one whose check digits hold.
pub fn valid_structured(text: &str) -> Option<Vec<u8>> {
    let separators = &rules().separators;
    let is_kept = |one: &char| {
        !if one.is_ascii() { separators.is_in(&[*one as u8]) } else { is_blank(*one) }
    };
    let dense = text.chars().filter(is_kept).collect::<String>().to_uppercase();
    is_valid(&dense).then(|| dense.into_bytes())
}

/// The structured references that stand in a folded remittance.
pub fn structured_in(folded: &[u8]) -> Vec<Structured> {
    let Rules { rf, digits, .. } = rules();
    let mut found = Vec::new();
    if folded.windows(2).any(|two| two == b"RF") {
        found.extend(rf.all(folded).iter().filter_map(|m| longest_rf(folded, m.start, m.end)));
    }
    for m in digits.all(folded) {
        let is_touched = m.start > 0 && folded[m.start - 1].is_ascii_alphanumeric();
        let text = std::str::from_utf8(&folded[m.start..m.end]).unwrap_or_default();
        if let Some(reference) = valid_structured(text).filter(|_| !is_touched) {
            found.push(Structured { reference, field: Field::Remittance, start: m.start, end: m.end });
        }
    }
    found
}

/// The longest run of blocks that is a valid reference: words may follow it.
fn longest_rf(folded: &[u8], start: usize, mut end: usize) -> Option<Structured> {
    while end - start > 5 {
        let dense: Vec<u8> = folded[start..end].iter().copied().filter(|&one| one != b' ').collect();
        if std::str::from_utf8(&dense).is_ok_and(is_creditor_reference) {
            return Some(Structured { reference: dense, field: Field::Remittance, start, end });
        }
        end = start + folded[start..end].iter().rposition(|&one| one == b' ').unwrap_or(0);
    }
    None
}
