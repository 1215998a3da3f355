//! Amounts written in a text (see `core/reconciliation/label/amounts.py`).

use std::sync::OnceLock;

use super::noise::{Kind, Noise};
use crate::map::Map;
use crate::model::Currency;
use crate::pattern::Pattern;
use crate::words;

/// An amount in a text: `units` / 10 ** `decimals`, as written. No currency is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub units: i64,
    pub decimals: u32,
    pub currency: Option<&'static str>,
    /// What is said of it: `commission`, `charges`.. or nothing.
    pub said: &'static str,
    pub start: usize,
    pub end: usize,
}

impl Amount {
    /// Minor units of a currency; None when another one is written or digits would be lost.
    pub fn minor(&self, currency: &Currency) -> Option<i128> {
        let missing = currency.exponent.checked_sub(self.decimals)?;
        let is_other = self.currency.is_some_and(|code| code != currency.code);
        (!is_other).then(|| i128::from(self.units) * 10_i128.pow(missing))
    }
}

struct Rules {
    before: Pattern,
    inside: Pattern,
    digits: Pattern,
    named: Pattern,
    cents_apart: &'static str,
    most_digits: usize,
    looked_back: usize,
    /// What a group of `before` and `inside` says.
    said: Vec<&'static str>,
    exponents: Map<&'static [u8], (&'static str, usize)>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    let pattern = |name| Pattern::new(words::text(name));
    RULES.get_or_init(|| Rules {
        before: pattern("label.amounts._BEFORE"),
        inside: pattern("label.amounts._INSIDE"),
        digits: pattern("label.amounts._DIGITS"),
        named: pattern("label.amounts._NAMED"),
        cents_apart: words::text("label.amounts._CENTS_APART"),
        most_digits: words::whole("label.amounts._MOST_DIGITS"),
        looked_back: words::whole("label.amounts._LOOKED_BACK"),
        said: words::pairs("label.amounts._SAID").map(|(said, _)| said).collect(),
        exponents: words::pairs("money.EXPONENTS")
            .map(|(code, exponent)| (code.as_bytes(), (code, exponent.parse().unwrap_or(2))))
            .collect(),
    })
}

/// Reads the stretches that are amounts.
pub fn amounts_in(folded: &[u8], noise: &[Noise]) -> Vec<Amount> {
    let amounts = noise.iter().filter(|one| one.kind == Kind::Amount);
    amounts.filter_map(|one| amount(folded, one.start, one.end)).collect()
}

/// None for more digits than any sum of money has.
fn amount(folded: &[u8], start: usize, end: usize) -> Option<Amount> {
    let (rules, text) = (rules(), &folded[start..end]);
    let number = rules.digits.search(text, 0, text.len());
    let currency = currency(text);
    let written = number.map_or(&b"0"[..], |number| &text[number.start..number.end]);
    let (whole, mut decimals) = parted(written, currency.map_or(2, |(_, exponent)| exponent));
    if whole.len() > rules.most_digits {
        return None;
    }
    if text.starts_with(rules.cents_apart.as_bytes()) {
        decimals = 2;
    }
    Some(Amount {
        units: whole.parse().ok()?,
        decimals,
        currency: currency.map(|(code, _)| code),
        said: said(folded, start, end),
        start,
        end,
    })
}

/// The currency that is named, and its exponent.
fn currency(text: &[u8]) -> Option<(&'static str, usize)> {
    let named = rules().named.search(text, 0, text.len())?;
    let code = named.group(1).map_or(&b"EUR"[..], |(start, end)| &text[start..end]);
    let code = if code.starts_with(b"EUR") { b"EUR" } else { code };
    rules().exponents.get(code).copied()
}

/// All digits, and how many stand behind the decimal sign: the only sign of its kind, the last one, with one
/// or two digits behind it (three where the currency has three).
fn parted(written: &[u8], most: usize) -> (String, u32) {
    let digits = written.iter().filter(|one| one.is_ascii_digit()).map(|&one| char::from(one)).collect();
    let last = written.iter().rposition(|one| matches!(one, b',' | b'.'));
    let decimals = last.map_or(0, |last| {
        let behind = written.len() - last - 1;
        let is_alone = written.iter().filter(|&&one| one == written[last]).count() == 1;
        if is_alone && (behind == 1 || behind == 2 || behind == most) {
            behind as u32
        } else {
            0
        }
    });
    (digits, decimals)
}

fn said(folded: &[u8], start: usize, end: usize) -> &'static str {
    let rules = rules();
    let inside = rules.inside.match_at(&folded[start..], 0, end - start);
    let looked_back = start.saturating_sub(rules.looked_back);
    let word = inside.or_else(|| rules.before.search(folded, looked_back, start));
    word.and_then(|word| word.last_group()).map_or("", |group| rules.said[group - 1])
}
