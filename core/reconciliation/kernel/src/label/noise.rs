//! What in a text is never an invoice number (see `core/reconciliation/label/noise.py`).

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::identifiers::is_iban;
use crate::map::{Lexicon, Map};
use crate::pattern::Pattern;
use crate::words;

/// `Company` is a SIREN, SIRET, VAT or trade number, `Creditor` a SEPA creditor identifier (ICS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Iban,
    Date,
    Time,
    Amount,
    Rate,
    Phone,
    Company,
    Creditor,
    Mandate,
    Card,
    BankNumber,
}

impl Kind {
    fn of(name: &str) -> Kind {
        match name {
            "iban" => Kind::Iban,
            "date" => Kind::Date,
            "time" => Kind::Time,
            "amount" => Kind::Amount,
            "rate" => Kind::Rate,
            "phone" => Kind::Phone,
            "company" => Kind::Company,
            "creditor" => Kind::Creditor,
            "mandate" => Kind::Mandate,
            "card" => Kind::Card,
            "bank_number" => Kind::BankNumber,
            _ => panic!("{name} is no kind of noise"),
        }
    }
}

/// A stretch of a text and why no reference is looked for in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noise {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

struct Rules {
    find: Pattern,
    /// The kind of each group of `find`.
    kinds: Vec<Kind>,
    telling: [bool; 256],
    slashes: Pattern,
    dashes: Pattern,
    longest_plain: usize,
    blocks: Vec<usize>,
    plain_number: Pattern,
    announcing: Lexicon<&'static [u8]>,
    iban_start: Pattern,
    iban_word: Pattern,
    iban_lengths: Map<&'static [u8], usize>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    let pattern = |name| Pattern::new(words::text(name));
    RULES.get_or_init(|| {
        let telling = pattern("label.noise._TELLING");
        Rules {
            find: pattern("label.noise._FIND"),
            kinds: words::list("label.noise._KINDS").iter().map(|name| Kind::of(name)).collect(),
            telling: std::array::from_fn(|byte| telling.is_in(&[byte as u8])),
            slashes: pattern("label.noise._SLASHES"),
            dashes: pattern("label.noise._DASHES"),
            longest_plain: words::whole("label.noise.LONGEST_PLAIN"),
            blocks: words::wholes("label.noise._BLOCKS"),
            plain_number: pattern("label.noise._PLAIN_NUMBER"),
            announcing: words::list("label.noise._ANNOUNCING").iter().map(|word| word.as_bytes()).collect(),
            iban_start: pattern("label.noise._IBAN_START"),
            iban_word: pattern("label.noise._IBAN_WORD"),
            iban_lengths: words::pairs("label.noise.IBAN_LENGTHS")
                .filter_map(|(country, length)| Some((country.as_bytes(), length.parse().ok()?)))
                .collect(),
        }
    })
}

/// Accounts whose check digits hold, in blocks of four too; and whatever the word IBAN announces.
fn ibans(folded: &[u8]) -> Vec<Noise> {
    let rules = rules();
    let iban = |start, end| Noise { kind: Kind::Iban, start, end };
    let mut found: Vec<Noise> = rules
        .iban_start
        .all(folded)
        .iter()
        .filter_map(|m| iban_end(folded, m.start, m.end).map(|end| iban(m.start, end)))
        .collect();
    if folded.windows(4).any(|four| four == b"IBAN") {
        let left = without(Cow::Borrowed(folded), &found);
        found.extend(rules.iban_word.all(&left).iter().map(|m| iban(m.start, m.end)));
    }
    found
}

/// Where an account of its country's length ends: others are numbers that meet the check by accident.
fn iban_end(text: &[u8], start: usize, limit: usize) -> Option<usize> {
    let &length = rules().iban_lengths.get(&text[start..start + 2])?;
    (start + 15..=limit).rev().find(|&end| {
        let is_whole = text.get(end).is_none_or(|next| !next.is_ascii_alphanumeric());
        is_whole && text[end - 1] != b' ' && {
            let dense: Vec<u8> = text[start..end].iter().copied().filter(|&one| one != b' ').collect();
            dense.len() == length && is_iban(&dense)
        }
    })
}

fn without<'t>(mut text: Cow<'t, [u8]>, noise: &[Noise]) -> Cow<'t, [u8]> {
    for one in noise {
        text.to_mut()[one.start..one.end].fill(b' ');
    }
    text
}

/// The words of a folded text: runs of letters and digits.
fn words_of(folded: &[u8]) -> impl Iterator<Item = &[u8]> {
    folded.split(|one| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a text surely holds no noise and no structured reference; false when in doubt.
pub fn is_plain(folded: &[u8]) -> bool {
    let rules = rules();
    let (mut has_dash, mut has_slash) = (false, false);
    for &one in folded {
        if rules.telling[usize::from(one)] {
            return false;
        }
        has_dash |= one == b'-';
        has_slash |= one == b'/';
    }
    if (has_dash && rules.dashes.is_in(folded)) || (has_slash && rules.slashes.is_in(folded)) {
        return false;
    }
    let mut before: &[u8] = b"";
    for word in words_of(folded) {
        let digits = word.iter().filter(|one| one.is_ascii_digit()).count();
        let is_noisy = if digits == 0 {
            announces(word)
        } else if digits < word.len() {
            !is_plain_number(word, folded)
        } else {
            let is_block = word.len() == before.len() && rules.blocks.contains(&word.len());
            is_block || word.len() > rules.longest_plain
        };
        if is_noisy {
            return false;
        }
        before = word;
    }
    true
}

/// A word that noise begins with; a card's number may begin with crosses (`CBX1234`).
fn announces(letters: &[u8]) -> bool {
    let announcing = &rules().announcing;
    let is_x = |one: &u8| *one == b'X';
    let bare = letters.len() - letters.iter().rev().take_while(|one| is_x(one)).count();
    announcing.contains(letters) || (bare < letters.len() && announcing.contains(&letters[..bare]))
}

fn is_plain_number(word: &[u8], folded: &[u8]) -> bool {
    let rules = rules();
    let letters = rules.plain_number.full_match(word, 0, word.len()).and_then(|number| number.group(1));
    let Some((start, end)) = letters else {
        return false;
    };
    let letters = &word[start..end];
    letters != b"RF" && !announces(letters) && (letters.len() != 2 || !rules.iban_start.is_in(folded))
}

/// The folded text with what is never a reference blanked, and what that was, in reading order.
pub fn noise_in(folded: &[u8]) -> (Cow<'_, [u8]>, Vec<Noise>) {
    if !folded.iter().any(u8::is_ascii_digit) {
        return (Cow::Borrowed(folded), Vec::new());
    }
    let rules = rules();
    let mut noise = ibans(folded);
    let masked = without(Cow::Borrowed(folded), &noise);
    let all = rules.find.all(&masked);
    let others = all.iter().filter_map(|m| {
        m.last_group().map(|group| Noise { kind: rules.kinds[group - 1], start: m.start, end: m.end })
    });
    let accounts = noise.len();
    noise.extend(others);
    let masked = without(masked, &noise[accounts..]);
    if accounts > 0 {
        noise.sort_by_key(|one| one.start);
    }
    (masked, noise)
}

/// The folded text with what is never a reference blanked: IBAN, dates, amounts, phones, cards...
pub fn mask(folded: &[u8]) -> Cow<'_, [u8]> {
    if is_plain(folded) {
        Cow::Borrowed(folded)
    } else {
        noise_in(folded).0
    }
}
