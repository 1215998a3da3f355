//! The items of one scope, findable by number, digits, counter and amount (see
//! `core/reconciliation/index.py`).

use std::sync::OnceLock;

use crate::ahead::Crew;
use crate::keys::{Files, Filing, Keys};
use crate::label::structured::valid_structured;
use crate::map::{Lexicon, Map};
use crate::model::{Day, Item, Place};
use crate::text::{beginning, fold, strip};
use crate::words;

pub const STRUCTURED: u8 = 4;
pub const FULL: u8 = 3;
pub const LONG_DIGITS: u8 = 2;
pub const SHORT_DIGITS: u8 = 1;
pub const COUNTER: u8 = 0;

/// What Python says of numbers.
pub(crate) struct Rules {
    pub generic: Lexicon<&'static [u8]>,
    pub long: usize,
    pub short: usize,
    longest_last: usize,
    years: Lexicon<&'static [u8]>,
    /// What each byte is read as on the alphabet on which numbers are compared.
    confused: [u8; 256],
}

pub(crate) fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        generic: words::set("index.GENERIC"),
        long: words::whole("index.LONG"),
        short: words::whole("index.SHORT"),
        longest_last: words::whole("index.LONGEST_LAST"),
        years: words::set("index.YEARS"),
        confused: confused(words::pairs("index.CONFUSED")),
    })
}

/// Whether an invoice may be numbered by this year.
fn may_be_year(digits: &[u8]) -> bool {
    digits.len() == 4 && rules().years.contains(&digits[..3])
}

fn confused<'w>(pairs: impl Iterator<Item = (&'w str, &'w str)>) -> [u8; 256] {
    let mut read_as = std::array::from_fn(|byte| byte as u8);
    let byte = |code: &str| code.parse::<u8>().expect("the code of a letter or a digit");
    for (letter, digit) in pairs {
        read_as[byte(letter) as usize] = byte(digit);
    }
    read_as
}

/// An invoice number taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<'i> {
    pub compact: &'i [u8],
    /// Twice the place in `compact` where each group ends, plus one when the number was separated there.
    ends: &'i [u32],
}

impl<'i> Number<'i> {
    /// Its groups of letters and of digits.
    pub fn groups(self) -> impl DoubleEndedIterator<Item = &'i [u8]> {
        (0..self.ends.len()).map(move |n| {
            let start = if n == 0 { 0 } else { self.ends[n - 1] >> 1 };
            &self.compact[start as usize..(self.ends[n] >> 1) as usize]
        })
    }

    /// Its last group; empty when it has none, as a number of signs alone.
    pub fn last(self) -> &'i [u8] {
        self.groups().next_back().unwrap_or_default()
    }

    /// Whether it was separated at this place of `compact`.
    pub fn is_parted_at(self, at: usize) -> bool {
        self.ends.iter().any(|&end| end & 1 == 1 && (end >> 1) as usize == at)
    }

    /// The digits that go on from one invoice to the next: the last ones, or those before the year where the
    /// year stands last; empty when there are none.
    pub fn running(self) -> &'i [u8] {
        let mut digits = self.groups().filter(|group| is_digits(group));
        let Some(last) = digits.next_back() else {
            return b"";
        };
        let Some(before) = digits.next_back() else {
            return last;
        };
        let first = digits.next().unwrap_or(before);
        if first.len() <= 4 && !may_be_year(first) && may_be_year(last) {
            before
        } else {
            last
        }
    }

    /// What a payer may write for its end: its running digits, or the end of many, each once.
    pub fn counters(self) -> impl Iterator<Item = &'i [u8]> {
        let last = self.running();
        let few = usize::from(!last.is_empty() && last.len() <= 6);
        let ends = [3, 4, 5, 6].map(|n| bare(&last[last.len().saturating_sub(n)..]));
        let many = if last.len() > 6 { 4 } else { 0 };
        let whole = std::iter::once(bare(last)).take(few);
        whole.chain((0..many).filter(move |&n| !ends[..n].contains(&ends[n])).map(move |n| ends[n]))
    }

    /// The number without the digits at its end, and those, unless nobody counts so far.
    fn parted(self) -> (&'i [u8], &'i [u8]) {
        let last = self.last();
        if is_digits(last) && last.len() <= rules().longest_last {
            self.compact.split_at(self.compact.len() - last.len())
        } else {
            (self.compact, b"")
        }
    }
}

/// Printed numbers taken apart, one behind the other.
#[derive(Default)]
struct Numbers {
    compact: Vec<u8>,
    compact_ends: Vec<usize>,
    ends: Vec<u32>,
    ends_until: Vec<usize>,
}

impl Numbers {
    /// Takes a folded number apart; says of how many words it is.
    fn enter(&mut self, folded: &[u8]) -> usize {
        let start = self.compact.len();
        let mut words = 0;
        let mut before = b' ';
        for &byte in folded {
            if is_word(byte) {
                let place = (self.compact.len() - start) as u32;
                if !is_word(before) {
                    words += 1;
                }
                if place > 0 && !is_word(before) {
                    self.ends.push(2 * place + 1);
                } else if place > 0 && before.is_ascii_digit() != byte.is_ascii_digit() {
                    self.ends.push(2 * place);
                }
                self.compact.push(byte);
            }
            before = byte;
        }
        if words > 0 {
            self.ends.push(2 * (self.compact.len() - start) as u32);
        }
        self.compact_ends.push(self.compact.len());
        self.ends_until.push(self.ends.len());
        words
    }

    fn get(&self, n: Place) -> Number<'_> {
        let n = n as usize;
        let (compact, ends) = match n {
            0 => (0, 0),
            _ => (self.compact_ends[n - 1], self.ends_until[n - 1]),
        };
        Number {
            compact: &self.compact[compact..self.compact_ends[n]],
            ends: &self.ends[ends..self.ends_until[n]],
        }
    }
}

/// What is asked of an item most, side by side.
struct Face {
    /// Seller and debtor.
    parties: (u32, u32),
    amount: i64,
    issued: Option<Day>,
    due: Option<Day>,
}

impl Face {
    fn new(item: &Item) -> Face {
        let parties = (item.seller, item.debtor);
        Face { parties, amount: item.amount, issued: item.issue_date, due: item.due_date }
    }
}

/// Positions of items by the keys a text may hold. `items` are sorted by id.
pub struct Index<'a> {
    pub items: Vec<Item<'a>>,
    pub position: Map<&'a str, Place>,
    numbers: Numbers,
    /// What is asked of many items stands apart from the rest of them: it stays in the caches.
    faces: Vec<Face>,
    ids: Vec<&'a str>,
    pub full: Files,
    pub loose: Files,
    pub digits: Files,
    pub folded: Files,
    pub structured: Files,
    pub orders: Files,
    /// How many debtors were billed an (absolute) amount.
    pub amounts: Map<i64, u32>,
    /// How many (debtor, absolute amount) there are: Python's `len(index.billed)`.
    pub billed: usize,
    /// Debtor and absolute amount of each item, in ascending order, and the items in this order.
    bills: Vec<(u32, u64)>,
    billed_items: Vec<Place>,
    pub by_counter: Files,
    /// Counters, and how many items have each first.
    counters: Keys,
    counted: Vec<u32>,
    pub prefixes: Lexicon<Vec<u8>>,
    pub plain_prefixes: Lexicon<Vec<u8>>,
    /// Words a number may begin with.
    pub starters: Lexicon<Vec<u8>>,
    /// Words a number or an order number may begin with.
    pub beginnings: Lexicon<Vec<u8>>,
    pub shapes: Keys,
    /// How many numbers have a shape, and how many sellers use it.
    shape_counts: Vec<(u32, u32)>,
    pub printed: Keys,
    forms: Keys,
    /// (debtor, form), in ascending order.
    forms_of: Vec<(u32, u32)>,
    lasts: Lasts,
    pub max_words: usize,
}

/// By seller and beginning of a number: how long the digits at the end are at most, and how high they run.
#[derive(Default)]
struct Lasts {
    heads: Keys,
    found: Vec<(usize, u64)>,
}

impl Lasts {
    /// The key of a beginning, written to `key`.
    fn key<'k>(seller: u32, head: &[u8], key: &'k mut Vec<u8>) -> &'k [u8] {
        key.clear();
        key.extend_from_slice(&seller.to_le_bytes());
        key.extend_from_slice(head);
        key
    }

    fn enter(&mut self, seller: u32, number: Number, key: &mut Vec<u8>) {
        let (head, last) = number.parted();
        if last.is_empty() {
            return;
        }
        let n = self.heads.enter(Lasts::key(seller, head, key)) as usize;
        self.found.resize(self.heads.len(), (0, 0));
        let (longest, highest) = &mut self.found[n];
        *longest = last.len().max(*longest);
        *highest = value(last).max(*highest);
    }

    fn get(&self, seller: u32, head: &[u8]) -> Option<(usize, u64)> {
        let n = self.heads.find(Lasts::key(seller, head, &mut Vec::new()))?;
        Some(self.found[n as usize])
    }
}

/// An index while items are entered.
#[derive(Default)]
struct Entering {
    numbers: Numbers,
    full: Filing,
    loose: Filing,
    digits: Filing,
    folded: Filing,
    structured: Filing,
    orders: Filing,
    by_counter: Filing,
    counters: Keys,
    counted: Vec<u32>,
    prefixes: Lexicon<Vec<u8>>,
    plain_prefixes: Lexicon<Vec<u8>>,
    shapes: Keys,
    shapes_of: Vec<(u32, u32)>,
    printed: Keys,
    forms: Keys,
    forms_of: Vec<(u32, u32)>,
    lasts: Lasts,
    max_words: usize,
    key: Vec<u8>,
}

impl Entering {
    fn enter(&mut self, n: Place, item: &Item) {
        let folded = fold(item.number);
        let words = self.numbers.enter(&folded);
        self.max_words = self.max_words.max(words).min(5);
        self.enter_references(n, item);
        if words > 0 {
            self.enter_number(n, item);
            let stripped = strip(item.number);
            let printed = if stripped.len() < item.number.len() { fold(stripped) } else { folded };
            self.printed.enter(&shape_of(&printed));
        }
    }

    /// The structured reference, and what the buyer may write instead of our number.
    fn enter_references(&mut self, n: Place, item: &Item) {
        let reference = item.creditor_reference.and_then(valid_structured);
        if let Some(reference) = &reference {
            self.structured.file(reference, n);
        }
        let plain = item.creditor_reference.filter(|_| reference.is_none());
        for other in item.buyer_reference.unwrap_or_default().split('|').chain(plain) {
            let mut compact = fold(other);
            compact.retain(|&byte| is_word(byte));
            if !compact.is_empty() && strength_of(&compact) > COUNTER {
                self.orders.file(&compact, n);
            }
        }
    }

    fn enter_number(&mut self, n: Place, item: &Item) {
        let number = self.numbers.get(n);
        let compact = number.compact;
        if strength_of(compact) > COUNTER {
            self.full.file(compact, n);
            loose_key(number.groups(), &mut self.key);
            self.loose.file(&self.key, n);
            read_as_digits(compact, &mut self.key);
            self.folded.file(&self.key, n);
        }
        self.shapes_of.push((self.shapes.enter(&shape_of(compact)), item.seller));
        self.forms_of.push((item.debtor, self.forms.enter(&form_of(compact))));
        self.lasts.enter(item.seller, number, &mut self.key);
        enter_digits(&mut self.digits, &mut self.key, n, number);
        if let Some(first) = number.counters().next() {
            let counter = self.counters.enter(first) as usize;
            self.counted.resize(self.counters.len(), 0);
            self.counted[counter] += 1;
        }
        for counter in number.counters() {
            self.by_counter.file(counter, n);
        }
        let mut groups = number.groups();
        let first = groups.next().unwrap_or_default();
        if is_letters(first) {
            enter(&mut self.prefixes, first);
            if groups.count() == 1 {
                enter(&mut self.plain_prefixes, first);
            }
        }
    }
}

/// The digits alone, group by group and in one piece, with leading zeros and without.
fn enter_digits(digits: &mut Filing, key: &mut Vec<u8>, n: Place, number: Number) {
    let short = rules().short;
    let groups = || number.groups().filter(|group| is_digits(group));
    if groups().map(<[u8]>::len).sum::<usize>() < short {
        return;
    }
    let parts = groups().count();
    if parts > 1 {
        loose_key(groups(), key);
        if key.len() - (parts - 1) >= short {
            digits.file(key, n);
        }
    }
    key.clear();
    key.extend(groups().flatten());
    digits.file(key, n);
    let bared = bare(key);
    if bared.len() < key.len() && bared.len() >= short {
        digits.file(bared, n);
    }
}

impl<'a> Index<'a> {
    /// `items` in any order; one index knows nothing of open amounts.
    pub fn new(mut items: Vec<Item<'a>>, crew: Crew) -> Index<'a> {
        sort_by_id(&mut items);
        let mut entering = Entering { max_words: 3, ..Entering::default() };
        for (n, item) in items.iter().enumerate() {
            entering.enter(n as Place, item);
        }
        entering.done(items, crew)
    }

    /// Its seller and its debtor.
    pub fn parties(&self, n: Place) -> (u32, u32) {
        self.faces[n as usize].parties
    }

    pub fn seller(&self, n: Place) -> u32 {
        self.parties(n).0
    }

    pub fn debtor(&self, n: Place) -> u32 {
        self.parties(n).1
    }

    pub fn amount(&self, n: Place) -> i64 {
        self.faces[n as usize].amount
    }

    pub fn issued(&self, n: Place) -> Option<Day> {
        self.faces[n as usize].issued
    }

    pub fn due(&self, n: Place) -> Option<Day> {
        self.faces[n as usize].due
    }

    pub fn id(&self, n: Place) -> &'a str {
        self.ids[n as usize]
    }

    pub fn number(&self, n: Place) -> Number<'_> {
        self.numbers.get(n)
    }

    /// How many items have a counter first (Python's `counters`).
    pub fn counted(&self, counter: &[u8]) -> usize {
        self.counters.find(counter).map_or(0, |n| self.counted[n as usize] as usize)
    }

    /// Of the shape of an item's number: how many numbers have it, and how many sellers use it (both 0 for an
    /// empty number).
    pub fn shape(&self, n: Place) -> (usize, usize) {
        let shape = self.shapes.find(&shape_of(self.number(n).compact));
        let (numbers, sellers) = shape.map_or((0, 0), |shape| self.shape_counts[shape as usize]);
        (numbers as usize, sellers as usize)
    }

    /// Whether any number has the shape of this folded text.
    pub fn has_shape(&self, text: &[u8]) -> bool {
        self.shapes.contains(&shape_of(text))
    }

    /// Whether a number of the debtor's has the form of this folded text.
    pub fn has_form(&self, debtor: u32, text: &[u8]) -> bool {
        let form = self.forms.find(&form_of(text));
        form.is_some_and(|form| self.forms_of.binary_search(&(debtor, form)).is_ok())
    }

    /// Every item of the debtor of this amount, settled ones too.
    pub fn billed_to(&self, debtor: u32, amount: i64) -> &[Place] {
        let bill = (debtor, amount.unsigned_abs());
        let start = self.bills.partition_point(|other| *other < bill);
        let count = self.bills[start..].partition_point(|other| *other == bill);
        &self.billed_items[start..start + count]
    }

    /// How many digits longer the longest number is that begins like that of the item, of its seller.
    pub fn longer_by(&self, n: Place) -> usize {
        let (head, last) = self.number(n).parted();
        let (longest, _) = self.lasts.get(self.seller(n), head).unwrap_or_default();
        longest.saturating_sub(last.len())
    }

    /// Whether the item's number may be the beginning of another of its seller's, no higher than those he
    /// has.
    pub fn goes_on(&self, n: Place) -> bool {
        let (head, last) = self.number(n).parted();
        let (_, highest) = self.lasts.get(self.seller(n), head).unwrap_or_default();
        self.longer_by(n) > 0 && value(last).saturating_mul(10) <= highest
    }

    /// The item with this compact number between the same seller and debtor, if there is one.
    pub fn same_series(&self, n: Place, number: &[u8]) -> Option<Place> {
        self.full.get(number).iter().copied().find(|&m| self.same_parties(n, m))
    }

    /// Whether two items are between the same seller and the same debtor.
    pub fn same_parties(&self, n: Place, m: Place) -> bool {
        self.parties(n) == self.parties(m)
    }
}

impl Entering {
    fn done(self, items: Vec<Item<'_>>, crew: Crew) -> Index<'_> {
        let ((full, loose, folded), (digits, by_counter, orders)) = crew.both(
            || (self.full.done(), self.loose.done(), self.folded.done()),
            || (self.digits.done(), self.by_counter.done(), self.orders.done()),
        );
        let starters =
            self.prefixes.iter().cloned().chain(rules().generic.iter().map(|word| word.to_vec())).collect();
        let mut beginnings = self.prefixes.clone();
        for order in orders.texts() {
            let letters = order.iter().position(|byte| !byte.is_ascii_uppercase()).unwrap_or(order.len());
            if letters > 0 {
                enter(&mut beginnings, &order[..letters]);
            }
        }
        let mut bills: Vec<(u32, u64, Place)> =
            (0..).zip(&items).map(|(n, item)| (item.debtor, item.amount.unsigned_abs(), n)).collect();
        bills.sort_unstable();
        let mut different: Vec<(u32, u64)> =
            bills.iter().map(|&(debtor, amount, _)| (debtor, amount)).collect();
        different.dedup();
        let mut amounts = Map::default();
        for &(_, amount) in &different {
            *amounts.entry(i64::try_from(amount).unwrap_or(i64::MAX)).or_default() += 1;
        }
        let mut forms_of = self.forms_of;
        forms_of.sort_unstable();
        forms_of.dedup();
        Index {
            position: items.iter().map(|item| item.id).zip(0..).collect(),
            numbers: self.numbers,
            faces: items.iter().map(Face::new).collect(),
            ids: items.iter().map(|item| item.id).collect(),
            full,
            loose,
            digits,
            folded,
            structured: self.structured.done(),
            orders,
            amounts,
            billed: different.len(),
            billed_items: bills.iter().map(|&(_, _, n)| n).collect(),
            bills: bills.into_iter().map(|(debtor, amount, _)| (debtor, amount)).collect(),
            by_counter,
            counters: self.counters,
            counted: self.counted,
            prefixes: self.prefixes,
            plain_prefixes: self.plain_prefixes,
            starters,
            beginnings,
            shape_counts: counted(self.shapes.len(), self.shapes_of),
            shapes: self.shapes,
            printed: self.printed,
            forms: self.forms,
            forms_of,
            lasts: self.lasts,
            max_words: self.max_words,
            items,
        }
    }
}

/// Sorts by id; those of equal ids stay in their order.
fn sort_by_id(items: &mut Vec<Item>) {
    if items.is_sorted_by_key(|item| item.id) {
        return;
    }
    let mut order: Vec<(u128, &str, usize)> =
        items.iter().enumerate().map(|(n, item)| (beginning(item.id.as_bytes()), item.id, n)).collect();
    order.sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(_, _, n)| n).collect();
    *items = order.into_iter().map(|n| items[n].clone()).collect();
}

/// By shape: how many pairs (shape, seller) there are, and how many different ones.
fn counted(shapes: usize, mut pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut counts = vec![(0, 0); shapes];
    for (shape, _) in &pairs {
        counts[*shape as usize].0 += 1;
    }
    pairs.sort_unstable();
    pairs.dedup();
    for (shape, _) in pairs {
        counts[shape as usize].1 += 1;
    }
    counts
}

fn enter(words: &mut Lexicon<Vec<u8>>, word: &[u8]) {
    if !words.contains(word) {
        words.insert(word.to_vec());
    }
}

pub fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

pub fn is_letters(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_uppercase)
}

/// Whether a byte of a folded text belongs to a word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// What few digits (at most `LONGEST_LAST`) are worth.
fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

/// Digits without leading zeros; `0` when nothing else is left.
pub fn bare(digits: &[u8]) -> &[u8] {
    match digits.iter().position(|&digit| digit != b'0') {
        Some(zeros) => &digits[zeros..],
        None => b"0",
    }
}

/// Letters and digits of a number, each group of digits without its zeros: `FAC|2024|123`.
pub fn loose_key<'g>(groups: impl Iterator<Item = &'g [u8]>, key: &mut Vec<u8>) {
    key.clear();
    for group in groups {
        if !key.is_empty() {
            key.push(b'|');
        }
        key.extend_from_slice(if is_digits(group) { bare(group) } else { group });
    }
}

/// A number on the alphabet on which numbers are compared: letters that are read for digits are those.
pub fn read_as_digits(number: &[u8], key: &mut Vec<u8>) {
    key.clear();
    key.extend(number.iter().map(|&byte| rules().confused[byte as usize]));
}

/// How telling a number is when cited whole: with letters it is full, else its digits count.
pub fn strength_of(number: &[u8]) -> u8 {
    if !is_digits(number) {
        let is_full = number.len() >= 3 && number.iter().any(u8::is_ascii_digit);
        return if is_full { FULL } else { SHORT_DIGITS };
    }
    match number.len() {
        size if size >= rules().long => LONG_DIGITS,
        size if size >= rules().short => SHORT_DIGITS,
        _ => COUNTER,
    }
}

/// A folded number with every digit as 9: `FA2401` and `FA2377` have one shape.
pub fn shape_of(text: &[u8]) -> Vec<u8> {
    text.iter().map(|&byte| if byte.is_ascii_digit() { b'9' } else { byte }).collect()
}

/// The shape with the first two characters as they are, which for digits alone is all there is.
pub fn form_of(text: &[u8]) -> Vec<u8> {
    let mut form = shape_of(text);
    let first = text.len().min(2);
    form[..first].copy_from_slice(&text[..first]);
    form
}
