//! Texts made comparable without moving a character (see `core/reconciliation/label/folding.py`).
//!
//! What Python knows of characters beyond ASCII is not repeated here: it hands over those that occur.

use std::collections::BTreeSet;
use std::sync::{OnceLock, RwLock};

use crate::map::Map;
use crate::words;

/// The euro sign in a folded text.
pub const EURO: u8 = 0x80;

/// Of a character beyond ASCII: its byte in a folded text, and its letters in ASCII.
static CHARACTERS: RwLock<Option<Map<char, (u8, String)>>> = RwLock::new(None);

/// What Python knows of characters beyond ASCII: it hands over those that occur. For each: the byte it
/// becomes in a folded text, and its letters in ASCII (`anyascii`). Characters that were not handed over are
/// blanks.
pub fn take_characters(known: &[(char, u8, String)]) {
    let mut characters = CHARACTERS.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    let characters = characters.get_or_insert_default();
    characters.extend(known.iter().map(|(one, byte, letters)| (*one, (*byte, letters.to_ascii_uppercase()))));
}

/// Adds the characters of these texts about which Python was not asked yet.
pub fn add_unknown<'t>(texts: impl Iterator<Item = &'t str>, found: &mut BTreeSet<char>) {
    let characters = CHARACTERS.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    let is_known = |one: &char| characters.as_ref().is_some_and(|known| known.contains_key(one));
    for text in texts.filter(|text| !text.is_ascii()) {
        found.extend(text.chars().filter(|one| !one.is_ascii() && !is_known(one)));
    }
}

/// Upper case without accents, one byte for each character.
pub fn fold(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        return text.as_bytes().to_ascii_uppercase();
    }
    let characters = CHARACTERS.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    let byte_of = |one: char| match characters.as_ref().and_then(|known| known.get(&one)) {
        _ if one == '€' => EURO,
        Some((byte, _)) => *byte,
        None => b' ',
    };
    text.chars()
        .map(|one| if one.is_ascii() { one.to_ascii_uppercase() as u8 } else { byte_of(one) })
        .collect()
}

/// ASCII letters for a text (`anyascii`), upper case.
pub fn ascii(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let characters = CHARACTERS.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut written = String::with_capacity(text.len());
    for one in text.chars() {
        if one.is_ascii() {
            written.push(one.to_ascii_uppercase());
        } else if let Some((_, letters)) = characters.as_ref().and_then(|known| known.get(&one)) {
            written.push_str(letters);
        }
    }
    written
}

/// Whether Python's `str.isspace` says so.
pub fn is_blank(one: char) -> bool {
    one.is_whitespace() || ('\x1c'..='\x1f').contains(&one)
}

/// The first characters of a text: as many as there are, and no more than these.
pub fn clip(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// The first bytes of a text: texts are in their order as far as these tell.
pub fn beginning(text: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    let size = text.len().min(16);
    bytes[..size].copy_from_slice(&text[..size]);
    u128::from_be_bytes(bytes)
}

/// As `str.strip()`.
pub fn strip(text: &str) -> &str {
    if let [first, .., last] = text.as_bytes() {
        if first.is_ascii_graphic() && last.is_ascii_graphic() {
            return text;
        }
    }
    text.trim_matches(is_blank)
}

/// As `str.strip()`, of a folded text.
pub fn strip_folded(text: &[u8]) -> &[u8] {
    strip_any(text, |one| is_blank(one.into()) && one.is_ascii())
}

/// A folded text without what stands around it and is to be taken off.
pub fn strip_any(text: &[u8], is_off: impl Fn(u8) -> bool) -> &[u8] {
    let start = text.iter().position(|&one| !is_off(one)).unwrap_or(text.len());
    let end = text.iter().rposition(|&one| !is_off(one)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// A folded text as text again.
pub fn shown(folded: &[u8]) -> String {
    match std::str::from_utf8(folded) {
        Ok(text) => text.to_owned(),
        Err(_) => folded.iter().map(|&one| if one == EURO { '€' } else { char::from(one) }).collect(),
    }
}

/// What banks and payers write where they have nothing to say.
fn empty() -> &'static [String] {
    static EMPTY: OnceLock<&[String]> = OnceLock::new();
    EMPTY.get_or_init(|| words::list("label.folding.EMPTY"))
}

/// The text without what stands around it, or None when it is empty or one of the words banks write for
/// empty.
pub fn given(text: Option<&str>) -> Option<&str> {
    let stripped = strip(text?);
    let is_empty = if stripped.is_ascii() {
        let mut texts = empty().iter();
        stripped.is_empty() || texts.any(|one| one.eq_ignore_ascii_case(stripped))
    } else {
        // Upper case has no fewer characters, and a character at most four bytes.
        let may_be = |one: &&String| 4 * one.len() >= stripped.len();
        let mut texts = empty().iter().filter(may_be).peekable();
        texts.peek().is_some() && {
            let upper = stripped.to_uppercase();
            texts.any(|one| *one == upper)
        }
    };
    (!is_empty).then_some(stripped)
}

/// `given`, of a folded text.
pub fn given_folded(text: &[u8]) -> Option<&[u8]> {
    let stripped = strip_folded(text);
    let is_empty = stripped.is_empty() || empty().iter().any(|one| one.as_bytes() == stripped);
    (!is_empty).then_some(stripped)
}
