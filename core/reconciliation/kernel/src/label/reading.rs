//! Reads a bank line for the engine (see `core/reconciliation/label/reading.py`).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::amounts::{amounts_in, Amount};
use super::forms::{Role, Roles};
use super::noise::{is_plain, mask, noise_in};
use super::structured::{structured_in, valid_structured};
use super::zones::zones_of;
use super::{Field, Label, Stretch, Structured, Word};
use crate::lines::Line;
use crate::model::Day;
use crate::text::{self, fold, given, given_folded, shown, strip, strip_any, strip_folded};
use crate::words;

struct Rules {
    /// Lengths at which texts are cut: labels, fields of their own, remittances before they become part of a
    /// label.
    cuts: Vec<usize>,
    field_cuts: Vec<usize>,
    remittance_cuts: Vec<usize>,
    longest_remittance: usize,
    around: &'static [u8],
    names: Roles,
    read_for_references: Roles,
    run_together: Roles,
    own_reference: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let remittance_cuts = words::wholes("label.reading.REMITTANCE_CUTS");
        Rules {
            cuts: words::wholes("label.folding.CUTS"),
            field_cuts: words::wholes("label.reading.FIELD_CUTS"),
            longest_remittance: remittance_cuts.iter().copied().max().unwrap_or(0),
            remittance_cuts,
            around: words::text("label.reading._AROUND").as_bytes(),
            names: Roles::of("label.reading._NAMES"),
            read_for_references: Roles::of("label.forms.READ_FOR_REFERENCES"),
            run_together: Roles::of("label.forms.RUN_TOGETHER"),
            own_reference: words::whole("label.reading.OWN_REFERENCE"),
        }
    })
}

/// The words of a stretch, where each begins in the field, and the glue before each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts<'s> {
    pub texts: Vec<&'s [u8]>,
    pub starts: Vec<usize>,
    pub glues: Vec<Cow<'s, [u8]>>,
}

impl Label {
    /// The words of every stretch, in reading order.
    pub fn words(&self) -> Vec<Word> {
        let stretches = self.stretches.iter();
        stretches.flat_map(words_in).collect()
    }

    /// Folded text in which payer and remittance run together.
    pub fn run(&self) -> &[u8] {
        &self.folded[self.run.clone()]
    }

    /// The amounts written in the remittance, with what is said of them.
    pub fn amounts(&self) -> Vec<Amount> {
        amounts_in(&self.folded, &noise_in(&self.folded).1)
    }
}

/// The words of a stretch, at their places in the field.
fn words_in(stretch: &Stretch) -> Vec<Word> {
    let Parts { texts, starts, .. } = parted(stretch);
    let words = texts.into_iter().zip(starts);
    words
        .map(|(text, start)| Word {
            text: text.to_vec(),
            start,
            end: start + text.len(),
            field: stretch.field,
        })
        .collect()
}

pub fn parted(stretch: &Stretch) -> Parts<'_> {
    let text = &stretch.text[..];
    let words = text.len() / 4;
    let mut parts = Parts {
        texts: Vec::with_capacity(words),
        starts: Vec::with_capacity(words),
        glues: Vec::with_capacity(words),
    };
    let mut end = 0;
    while let Some(start) = place(&text[end..], is_of_word).map(|at| end + at) {
        let glue = match end {
            0 => Cow::Borrowed(&b"\n"[..]),
            _ => without_runs(&text[end..start]),
        };
        end = place(&text[start..], |one| !is_of_word(one)).map_or(text.len(), |at| start + at);
        parts.texts.push(&text[start..end]);
        parts.starts.push(stretch.start + start);
        parts.glues.push(glue);
    }
    parts
}

fn is_of_word(one: u8) -> bool {
    one.is_ascii_uppercase() || one.is_ascii_digit()
}

fn place(text: &[u8], is_there: impl Fn(u8) -> bool) -> Option<usize> {
    text.iter().position(|&one| is_there(one))
}

/// Glue with each run of blanks as one.
fn without_runs(glue: &[u8]) -> Cow<'_, [u8]> {
    if glue.iter().all(|&one| one == b' ') {
        return Cow::Borrowed(&glue[..1]);
    }
    if !glue.windows(2).any(|two| two == b"  ") {
        return Cow::Borrowed(glue);
    }
    let mut single = glue.to_vec();
    single.dedup_by(|one, before| (*one, *before) == (b' ', b' '));
    Cow::Owned(single)
}

pub fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// What the remittance text says.
#[derive(Default)]
struct Said {
    folded: Vec<u8>,
    stretches: Vec<Stretch>,
    structured: Vec<Structured>,
    payer: Option<String>,
    payee: Option<String>,
    run: Range<usize>,
}

/// Reads a line. A payer the bank names wins over one found in a flattened label.
pub fn read(line: &Line, max_text: usize) -> Label {
    let mut caps = Vec::new();
    let mut of_text = match line.remittance() {
        Some(text) if given(Some(text)).is_some() => said(line, clip(text, max_text, &mut caps)),
        _ => Said::default(),
    };
    if let Some(text) = line.end_to_end_id().filter(|text| given(Some(text)).is_some()) {
        let text = clip(text, max_text, &mut caps);
        of_text.stretches.push(whole(Field::EndToEndId, text));
    }
    if let Some(text) = line.creditor_reference().filter(|text| given(Some(text)).is_some()) {
        let (apart, written) = creditor_reference(clip(text, max_text, &mut caps));
        of_text.structured.splice(0..0, apart);
        of_text.stretches.extend(written);
    }
    let named = given(line.counterparty_name()).map(str::to_owned);
    Label {
        payer: named.or(if line.amount >= 0 { of_text.payer } else { of_text.payee }),
        stretches: of_text.stretches,
        structured: of_text.structured,
        run: of_text.run,
        caps,
        folded: of_text.folded,
    }
}

fn clip<'t>(text: &'t str, most: usize, caps: &mut Vec<&'static str>) -> &'t str {
    let clipped = text::clip(text, most);
    if clipped.len() < text.len() {
        caps.push("max_text");
    }
    clipped
}

fn whole(field: Field, text: &str) -> Stretch {
    let length = strip(text).chars().count();
    Stretch {
        field,
        start: 0,
        text: mask(&fold(text)).into_owned(),
        cut: rules().field_cuts.contains(&length),
    }
}

/// A valid reference apart; digits that a payer may have put there by hand are read as words too.
fn creditor_reference(text: &str) -> (Option<Structured>, Option<Stretch>) {
    let apart = valid_structured(text).map(|reference| Structured {
        reference,
        field: Field::CreditorReference,
        start: 0,
        end: text.chars().count(),
    });
    let is_rf = apart.as_ref().is_some_and(|apart| apart.reference.starts_with(b"RF"));
    let written = (!is_rf).then(|| whole(Field::CreditorReference, text));
    (apart, written)
}

fn said(line: &Line, text: &str) -> Said {
    let rules = rules();
    let folded = fold(text);
    let readable = without_own(&folded, line.bank_reference());
    let parts = zones_of(&folded);
    let mut of_text = Said::default();
    let mut plain = true;
    for zone in &parts.zones {
        let content = &folded[zone.start..zone.end];
        if rules.read_for_references.has(zone.role) {
            let run_together = rules.run_together.has(zone.role);
            if of_text.run.is_empty() && run_together {
                of_text.run = zone.start..zone.end;
            }
            if has_digit(&readable[zone.start..zone.end])
                && !(zone.role == Role::Reference && repeats_bank_number(&folded, zone.start, zone.end))
            {
                let name = line.counterparty_name().filter(|_| run_together);
                of_text.stretches.push(Stretch {
                    field: Field::Remittance,
                    start: zone.start,
                    text: readable[zone.start..zone.end].to_vec(),
                    cut: is_cut(&folded, zone.start, zone.end, name),
                });
                plain = plain && is_plain(with_opening(&readable, zone.start, zone.end, parts.opened));
            }
        } else if rules.names.has(zone.role) {
            let name = match zone.role {
                Role::Payer => &mut of_text.payer,
                _ => &mut of_text.payee,
            };
            if name.is_none() {
                *name = given_folded(strip_any(content, |one| rules.around.contains(&one))).map(shown);
            }
        }
    }
    if !plain {
        of_text.structured = structured_in(&readable);
        mask_all(&mut of_text.stretches, readable, &of_text.structured, parts.opened);
    }
    of_text.folded = folded;
    of_text
}

/// The text without the bank's own reference.
fn without_own<'t>(folded: &'t [u8], reference: Option<&str>) -> Cow<'t, [u8]> {
    let Some(reference) = reference else {
        return Cow::Borrowed(folded);
    };
    if reference.chars().count() < rules().own_reference || given(Some(reference)).is_none() {
        return Cow::Borrowed(folded);
    }
    let own = fold(strip(reference));
    let mut readable = Cow::Borrowed(folded);
    let mut at = 0;
    while let Some(found) = find(&folded[at..], &own) {
        at += found + own.len();
        readable.to_mut()[at - own.len()..at].fill(b' ');
    }
    readable
}

/// Masks every stretch by itself, structured references blanked.
fn mask_all(stretches: &mut [Stretch], mut readable: Cow<[u8]>, structured: &[Structured], opened: usize) {
    for found in structured {
        readable.to_mut()[found.start..found.end].fill(b' ');
    }
    for stretch in stretches {
        let size = stretch.text.len();
        let context = with_opening(&readable, stretch.start, stretch.start + size, opened);
        let masked = mask(context);
        stretch.text.copy_from_slice(&masked[masked.len() - size..]);
    }
}

/// A stretch; the first one together with what opens it, which tells what digits are: CARTE X1234.
fn with_opening(readable: &[u8], start: usize, end: usize, opened: usize) -> &[u8] {
    &readable[if start == opened { 0 } else { start }..end]
}

/// Whether a reference is only the beginning of the number that the bank gave the line.
fn repeats_bank_number(folded: &[u8], start: usize, end: usize) -> bool {
    let rules = rules();
    let digits = strip_any(&folded[start..end], |one| rules.around.contains(&one));
    if digits.len() < rules.own_reference || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let Some(at) = find(&folded[..start], digits) else {
        return false;
    };
    let after = place(&folded[at..], |one| !is_of_word(one)).map_or(folded.len(), |size| at + size);
    folded[after - 1] == b'S' && !(at > 0 && folded[at - 1].is_ascii_alphanumeric())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = part.first()?;
    let places = 0..=text.len().checked_sub(part.len())?;
    places.into_iter().find(|&at| text[at] == *first && text[at..].starts_with(part))
}

/// Whether a stretch ends where banks cut: the whole text has such a length, or the stretch has one of a
/// remittance, or what stands behind the payer's name, where both run together. A stretch longer than any
/// remittance begins with a name that nobody told, and then a full one.
fn is_cut(folded: &[u8], start: usize, end: usize, name: Option<&str>) -> bool {
    let rules = rules();
    let mut content = strip_folded(&folded[start..end]);
    if end == folded.len() && rules.cuts.contains(&folded.len()) {
        return may_go_on(content);
    }
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        if let Some(behind) = content.strip_prefix(strip_folded(&fold(name))) {
            content = strip_folded(behind);
        }
    }
    let full = rules.remittance_cuts.contains(&content.len()) || content.len() > rules.longest_remittance;
    full && may_go_on(content)
}

fn may_go_on(content: &[u8]) -> bool {
    content.last().is_some_and(|&one| one.is_ascii_alphanumeric() || b"-/._".contains(&one))
}

/// Whether four digits are a year near the booking date.
pub fn is_year(digits: &[u8], on: Day) -> bool {
    let year = match digits {
        [_, _, _, _] if digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return false,
    };
    let year = year.iter().fold(0, |year, digit| year * 10 + i32::from(digit - b'0'));
    (year - year_of(on)).abs() <= 2
}

fn year_of(day: Day) -> i32 {
    const FOUR_CENTURIES: i32 = 146_097;
    const CENTURY: i32 = 36_524;
    const FOUR_YEARS: i32 = 1_461;
    let day = day - 1;
    let rest = day.rem_euclid(FOUR_CENTURIES);
    let (centuries, rest) = (rest / CENTURY, rest % CENTURY);
    let years = rest % FOUR_YEARS / 365;
    // The last day of a leap year is day 366 of it.
    let next = i32::from(centuries < 4 && years < 4);
    day.div_euclid(FOUR_CENTURIES) * 400 + centuries * 100 + rest / FOUR_YEARS * 4 + years + next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_places_and_the_glue_before_them() {
        let text = b" FA-12  - 13 ".to_vec();
        let stretch = Stretch { field: Field::Remittance, start: 10, text, cut: false };
        let parts = parted(&stretch);
        assert_eq!(parts.texts, [&b"FA"[..], b"12", b"13"]);
        assert_eq!(parts.starts, [11, 14, 20]);
        assert_eq!(parts.glues, [&b"\n"[..], b"-", b" - "]);
    }

    #[test]
    fn a_year_is_four_digits_near_the_day() {
        const LAST_OF_2024: Day = 739_251;
        assert!(is_year(b"2026", LAST_OF_2024) && is_year(b"2022", LAST_OF_2024));
        assert!(!is_year(b"2027", LAST_OF_2024) && is_year(b"2027", LAST_OF_2024 + 1));
        assert!(!is_year(b"24", LAST_OF_2024) && !is_year(b"202A", LAST_OF_2024));
    }
}
