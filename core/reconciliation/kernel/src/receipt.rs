//! T0: which lines are no receipts, which are returns, and which two cancel each other (see
//! `core/reconciliation/receipt.py`). Transfers from an account of one's own are told in `fold`.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::label::{self, Label};
use crate::lines::{Line, Status};
use crate::map::{Lexicon, Map, Set};
use crate::pattern::Pattern;
use crate::scope::normal_iban;
use crate::spelling::normalise;
use crate::text::{clip, fold, given};
use crate::words;

/// How much of a remittance is read here, in characters.
const READ: usize = 140;

struct Rules {
    debit_mark: Pattern,
    credit_mark: Pattern,
    correction: Pattern,
    /// What the bank did where no invoice is paid, each with the reason that this is; and where an earlier line
    /// is taken back.
    no_credit: Map<&'static str, &'static str>,
    no_receipt: Map<&'static str, &'static str>,
    returning: Lexicon<&'static [u8]>,
    opening: Pattern,
    anywhere: Pattern,
    platforms: Lexicon<&'static [u8]>,
    shortest_id: usize,
    shortest_name: usize,
    whole: usize,
    /// How much of a text is read for names, in characters.
    quoted: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    let pattern = |name| Pattern::new(words::text(name));
    RULES.get_or_init(|| Rules {
        debit_mark: pattern("receipt.DEBIT_MARK"),
        credit_mark: pattern("receipt.CREDIT_MARK"),
        correction: pattern("receipt._CORRECTION"),
        no_receipt: words::list("receipt._NO_RECEIPT")
            .iter()
            .map(|word| (word.as_str(), line_of(word)))
            .collect(),
        no_credit: words::list("receipt._NO_CREDIT")
            .iter()
            .map(|word| (word.as_str(), line_of(word)))
            .collect(),
        returning: words::set("receipt._RETURN_WORDS"),
        opening: pattern("receipt._OPENING"),
        anywhere: pattern("receipt._ANYWHERE"),
        platforms: words::list("receipt._PLATFORMS").iter().map(|name| name.as_bytes()).collect(),
        shortest_id: words::whole("receipt.SHORTEST_ID"),
        shortest_name: words::whole("receipt.SHORTEST_NAME"),
        whole: words::whole("receipt.WHOLE"),
        quoted: words::whole("receipt.QUOTED"),
    })
}

/// The reason of a line of this kind: one text for each word, for good.
fn line_of(word: &str) -> &'static str {
    Box::leak(format!("{word}_line").into_boxed_str())
}

/// Why a line cannot settle anything yet, or ever.
pub fn not_booked(line: &Line) -> Option<&'static str> {
    match line.status {
        Status::Removed => Some("removed"),
        Status::Pending => Some("pending"),
        Status::Booked if line.booking_date.is_none() => Some("pending"),
        Status::Booked => (line.amount == 0).then_some("zero_amount"),
    }
}

/// How the remittance begins, folded.
pub fn opening(line: &Line) -> Option<Vec<u8>> {
    line.remittance().map(|text| fold(clip(text, READ)))
}

/// The same, of a line that was read already.
pub fn read_opening<'l>(line: &Line, label: &'l Label) -> Option<Cow<'l, [u8]>> {
    if label.folded.is_empty() || !label.caps.is_empty() {
        opening(line).map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(&label.folded[..label.folded.len().min(READ)]))
    }
}

/// Why a line pays no invoice, as far as its kind says.
pub fn no_receipt_by_kind(line: &Line) -> Option<&'static str> {
    let kind = line.operation()?;
    let reasons = if line.amount > 0 { &rules().no_credit } else { &rules().no_receipt };
    reasons.get(kind).copied()
}

/// Why money in pays no invoice, as far as its words say, where its kind is not known. `opening` is how its
/// remittance begins.
pub fn no_receipt_by_words(line: &Line, opening: Option<&[u8]>) -> Option<&'static str> {
    if line.amount <= 0 || line.operation().is_some() {
        return None;
    }
    if line.counterparty_name().is_some_and(is_platform) {
        return Some("platform_payout");
    }
    opening.is_some_and(says_so).then_some("not_a_receipt")
}

fn is_platform(name: &str) -> bool {
    let name = match name.split_once(' ') {
        Some((first, _)) if name.is_ascii() => first,
        _ => name,
    };
    let folded = fold(name);
    folded.split(|&one| one == b' ').next().is_some_and(|word| rules().platforms.contains(word))
}

fn says_so(text: &[u8]) -> bool {
    let rules = rules();
    rules.opening.match_at(text, 0, text.len()).is_some() || rules.anywhere.is_in(text)
}

/// Whether the bank says, by reason, kind or words, that the line takes an earlier one back. `opening` is how its
/// remittance begins.
pub fn is_marked_return(line: &Line, opening: Option<&[u8]>) -> bool {
    let rules = rules();
    let kind = line.operation();
    if given(line.return_reason()).is_some()
        || kind.is_some_and(|kind| rules.returning.contains(kind.as_bytes()))
    {
        return true;
    }
    if kind.is_some_and(|kind| kind != "other") {
        return false;
    }
    opening.is_some_and(|text| {
        if line.amount < 0 {
            rules.debit_mark.is_in(text)
        } else {
            rules.credit_mark.match_at(text, 0, text.len()).is_some()
        }
    })
}

/// An identifier by which a return names its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Id<'a> {
    EndToEnd(&'a str),
    Bank(&'a str),
}

/// The identifiers by which a return names its original.
pub fn ids_of<'a>(line: &Line<'a>) -> impl Iterator<Item = Id<'a>> {
    let shortest = rules().shortest_id;
    let told = move |text: Option<&'a str>| {
        given(text).filter(|text| text.chars().nth(shortest.saturating_sub(1)).is_some())
    };
    let pairs = [told(line.end_to_end_id()).map(Id::EndToEnd), told(line.bank_reference()).map(Id::Bank)];
    pairs.into_iter().flatten()
}

/// Equal account, else equal name; unknown is not equal.
pub fn same_payer(one: &Line, other: &Line) -> bool {
    if let (Some(a), Some(b)) = (normal_iban(one.counterparty_iban()), normal_iban(other.counterparty_iban()))
    {
        return a == b;
    }
    match (given(one.counterparty_name()), given(other.counterparty_name())) {
        (Some(first), Some(second)) => first == second || normalise(first).words == normalise(second).words,
        _ => false,
    }
}

/// What a return repeats of an earlier line: nothing, nothing that could be told (nobody is named there), who
/// paid, all its words (but the last, which may be cut).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quoted {
    Nothing,
    Nameless,
    Name,
    All,
}

/// How a return that names nobody by itself repeats an earlier line in its text.
pub fn quoted(line: &Line, earlier: &Line) -> Quoted {
    let Some(text) = line.remittance().filter(|_| given(line.counterparty_name()).is_none()) else {
        return Quoted::Nothing;
    };
    let folded = fold(clip(text, rules().quoted));
    let told: Set<&[u8]> = words_of(&folded).collect();
    let other = earlier.remittance().map(|text| fold(clip(text, rules().quoted))).unwrap_or_default();
    let words: Vec<&[u8]> = words_of(&other).collect();
    if words.len() >= rules().whole && words[..words.len() - 1].iter().all(|word| told.contains(word)) {
        return Quoted::All;
    }
    let Some(name) = label::read(earlier, rules().quoted).payer else {
        return Quoted::Nameless;
    };
    let name = normalise(&name);
    let letters: usize = name.each().map(str::len).sum();
    if letters >= rules().shortest_name && name.each().all(|word| told.contains(word.as_bytes())) {
        Quoted::Name
    } else {
        Quoted::Nothing
    }
}

fn words_of(folded: &[u8]) -> impl Iterator<Item = &[u8]> {
    folded.split(|c| !c.is_ascii_uppercase() && !c.is_ascii_digit()).filter(|word| !word.is_empty())
}

/// Lines of one day that cancel each other, both ways, by their rows: same account, opposite amount, and a
/// common identifier, else the same label, else a word for a correction; only where one pair is possible.
pub fn contra_entries<'a>(lines: &[&'a Line<'a>]) -> Map<u32, &'a Line<'a>> {
    let mut by_amount: Map<(&str, u64), Vec<&'a Line<'a>>> = Map::default();
    for line in lines {
        by_amount.entry((line.account_id(), line.amount.unsigned_abs())).or_default().push(line);
    }
    let mut cancelled = Map::default();
    for group in by_amount.values() {
        let (debits, others): (Vec<&Line>, Vec<&Line>) = group.iter().partition(|line| line.amount < 0);
        for debit in debits {
            let credits =
                others.iter().copied().filter(|one| one.amount > 0 && !cancelled.contains_key(&one.row));
            if let Some(partner) = partner(debit, credits) {
                cancelled.insert(debit.row, partner);
                cancelled.insert(partner.row, debit);
            }
        }
    }
    cancelled
}

/// The one credit that a debit cancels, by the strongest sign that any of them bears.
fn partner<'a>(debit: &Line, credits: impl Iterator<Item = &'a Line<'a>> + Clone) -> Option<&'a Line<'a>> {
    let signs: [fn(&Line, &Line) -> bool; 3] = [share_an_id, repeats, cancels];
    signs.iter().find_map(|sign| {
        let mut found = credits.clone().filter(|credit| sign(debit, credit));
        let first = found.next()?;
        Some(found.next().is_none().then_some(first))
    })?
}

fn share_an_id(debit: &Line, credit: &Line) -> bool {
    ids_of(debit).any(|id| ids_of(credit).any(|other| id == other))
}

/// Whether the bank corrects itself by the very label, of nobody else, with a word for it put before.
fn repeats(debit: &Line, credit: &Line) -> bool {
    let [mut one, mut other] = folded(debit, credit);
    let correction = &rules().correction;
    if !correction.is_in(&one) && !correction.is_in(&other) {
        return false;
    }
    let same = uncorrected(&mut one).eq(uncorrected(&mut other)) && uncorrected(&mut one).next().is_some();
    let named = |line: &Line| line.counterparty_name().is_some_and(|name| !name.is_empty());
    same && (!(named(debit) && named(credit)) || same_payer(debit, credit))
}

fn folded(debit: &Line, credit: &Line) -> [Vec<u8>; 2] {
    [debit, credit].map(|line| fold(line.remittance().unwrap_or_default()))
}

fn cancels(debit: &Line, credit: &Line) -> bool {
    let [one, other] = folded(debit, credit);
    let correction = &rules().correction;
    (correction.is_in(&one) || correction.is_in(&other))
        && (same_payer(debit, credit) || are_alike(one, other))
}

fn are_alike(mut one: Vec<u8>, mut other: Vec<u8>) -> bool {
    let (a, b) = (telling_words(&mut one), telling_words(&mut other));
    let common = a.intersection(&b).count();
    common > 0 && common * 2 >= a.len().min(b.len())
}

/// Words of four letters or digits and more.
fn telling_words(text: &mut [u8]) -> Set<&[u8]> {
    uncorrected(text).filter(|word| word.len() >= 4).collect()
}

/// The words, those left out that only tell of a correction.
fn uncorrected(text: &mut [u8]) -> impl Iterator<Item = &[u8]> {
    for found in rules().correction.all(text) {
        text[found.start..found.end].fill(b' ');
    }
    text.split(|one| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}
