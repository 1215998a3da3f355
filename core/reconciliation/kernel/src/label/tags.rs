//! Finds the tags of a folded label (see `core/reconciliation/label/tags.py`).

use std::sync::OnceLock;

use super::forms::roles;
use crate::pattern::Pattern;
use crate::words;

/// A tag; no word where the text was cut in it, or where an address follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found<'t> {
    pub start: usize,
    pub end: usize,
    pub word: &'t [u8],
}

struct Rules {
    slash: Pattern,
    colon: Vec<&'static [u8]>,
    plus: Vec<&'static [u8]>,
    touching: Vec<&'static [u8]>,
    line: Pattern,
    address: Pattern,
    longest_cut: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        slash: Pattern::new(words::text("label.tags._SLASH")),
        colon: without_blanks("label.tags._COLON"),
        plus: without_blanks("label.tags._PLUS"),
        touching: without_blanks("label.tags._TOUCHING"),
        line: Pattern::new(words::text("label.tags._LINE")),
        address: Pattern::new(words::text("label.tags._ADDRESS")),
        longest_cut: words::whole("label.tags._LONGEST_CUT"),
    })
}

/// `before` need not look for a blank where no word has one.
fn without_blanks(key: &str) -> Vec<&'static [u8]> {
    let tags = words::list(key).iter().map(String::as_bytes);
    tags.inspect(|word| assert!(!word.contains(&b' '), "a tag of {key} has a blank")).collect()
}

/// The tags from `after` on in their order. Addresses are looked for where lines of a cross-border order are
/// numbered.
pub fn tags_in(folded: &[u8], after: usize, with_address: bool) -> Vec<Found<'_>> {
    let rules = rules();
    let mut found = Vec::new();
    if folded.contains(&b'/') {
        behind_slash(folded, after, &mut found);
        before(folded, b'/', &rules.touching, after, &mut found);
        found.extend(cut(folded));
    }
    if folded.contains(&b':') {
        before(folded, b':', &rules.colon, after, &mut found);
    }
    if folded.contains(&b'+') {
        before(folded, b'+', &rules.plus, after, &mut found);
    }
    if folded.contains(&b'\n') {
        for line in rules.line.all_from(folded, after) {
            found.extend(line.group(1).map(|(start, end)| Found {
                start: line.start,
                end: line.end,
                word: &folded[start..end],
            }));
        }
    }
    if with_address {
        let addresses = rules.address.all_from(folded, after);
        found.extend(addresses.into_iter().map(|address| Found {
            start: address.start,
            end: address.end,
            word: b"",
        }));
    }
    found.sort();
    found
}

/// `/DE `; a word of three letters between two slashes needs no room before it.
fn behind_slash<'t>(folded: &'t [u8], after: usize, found: &mut Vec<Found<'t>>) {
    for tag in rules().slash.all_from(folded, after) {
        let Some((first, last)) = tag.group(1) else {
            continue;
        };
        let touched = is_touched(folded, tag.start);
        if !touched || (folded[tag.end - 1] == b'/' && last - first > 2) {
            found.push(Found { start: tag.start, end: tag.end, word: &folded[first..last] });
        }
    }
}

/// `DE:`, `SVWZ+`, `MDT/A12`: a blank may stand before a colon, something must stand behind a slash.
fn before<'t>(folded: &'t [u8], sign: u8, tags: &[&[u8]], after: usize, found: &mut Vec<Found<'t>>) {
    for at in (after..folded.len()).filter(|&at| folded[at] == sign) {
        let blank = sign == b':' && at > after && folded[at - 1] == b' ';
        let stop = at - usize::from(blank);
        let written = &folded[after..stop];
        let Some(word) = tags.iter().find(|word| written.ends_with(word)) else {
            continue;
        };
        let start = stop - word.len();
        if !is_touched(folded, start) && (sign != b'/' || goes_on(folded, at + 1)) {
            found.push(Found { start, end: at + 1, word: &folded[start..stop] });
        }
    }
}

fn is_touched(folded: &[u8], at: usize) -> bool {
    at > 0 && folded[at - 1].is_ascii_alphanumeric()
}

fn goes_on(folded: &[u8], at: usize) -> bool {
    let next = folded.get(at);
    next.is_some_and(|&one| one.is_ascii_alphanumeric() || one == b'+')
}

/// A tag at the end of the text of which only the beginning is left.
fn cut(folded: &[u8]) -> Option<Found<'_>> {
    let (size, longest) = (folded.len(), rules().longest_cut);
    // As Python counts from the end when the text is shorter.
    let from = if size > longest { size - longest - 1 } else { (2 * size).saturating_sub(longest + 1) };
    let at = from + folded[from..].iter().rposition(|&one| one == b'/')?;
    let begun = &folded[at + 1..];
    let is_begun = roles().keys().any(|word| word.starts_with(begun));
    let has_room = at > 0 && matches!(folded[at - 1], b' ' | b'/');
    (has_room && is_begun).then_some(Found { start: at, end: size, word: b"" })
}
