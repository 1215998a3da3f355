//! What one wall knows (see `core/reconciliation/scope.py`), parted in two: `Books` never change while the
//! fold goes on, so that lines can be read against them in any thread; `Scope` is what the fold changes.

use std::borrow::Cow;
use std::sync::Arc;

use crate::accounts::Accounts;
use crate::ahead::Crew;
use crate::index::Index;
use crate::map::Map;
use crate::model::{Currency, Day, Item, Place};
use crate::names::{Debtors, Memory, Named};
use crate::payer::{joined, Payer};
use crate::spelling::{is_common, normalise, Name};
use crate::text;

/// The items of a wall, who owes them and who sold: what does not change.
pub struct Books<'a> {
    pub index: Index<'a>,
    pub debtors: Debtors,
    pub sellers: Debtors,
    /// The item that stands in the place of each replaced one.
    pub replaced: Map<Place, Place>,
    pub has_credit_notes: bool,
    /// By debtor: whether some of his invoices may be unknown here.
    pub partly_known: Vec<bool>,
    /// Accounts that were known beforehand: those of the items, and those given.
    pub accounts: Accounts<'static>,
    pub currency: Currency,
}

impl<'a> Books<'a> {
    /// `items` in any order, their debtors and sellers numbered in the order of their ids; so many debtors
    /// (of items or of `accounts`) there are. `accounts` are (normal IBAN, debtor).
    pub fn new(
        items: Vec<Item<'a>>,
        debtors: usize,
        accounts: Vec<(String, u32)>,
        currency: Currency,
        crew: Crew,
    ) -> Books<'a> {
        let names: Vec<_> = items.iter().map(|item| (item.debtor, item.debtor_name)).collect();
        let sold = |item: &Item<'a>| item.seller_name.map(|name| (item.seller, name));
        let sellers: Vec<_> = items.iter().filter_map(sold).collect();
        let listed = |item: &Item<'a>| item.debtor_ibans.map(|ibans| (ibans, item.debtor));
        let listed: Vec<_> = items.iter().filter_map(listed).collect();
        let parties = || (Debtors::new(names), Debtors::new(sellers), each(listed));
        let (index, (named, sellers, listed)) = crew.both(|| Index::new(items, crew), parties);
        let items = &index.items;
        let mut partly_known = vec![false; debtors];
        for item in items.iter().filter(|item| !item.whole_turnover) {
            partly_known[item.debtor as usize] = true;
        }
        Books {
            debtors: named,
            sellers,
            replaced: replacements(&index),
            has_credit_notes: items.iter().any(|item| item.amount < 0),
            partly_known,
            accounts: Accounts::new(listed.into_iter().chain(accounts)),
            currency,
            index,
        }
    }
}

/// The accounts that items list, each with a debtor once.
fn each(mut listed: Vec<(&str, u32)>) -> Vec<(String, u32)> {
    listed.sort_unstable();
    listed.dedup();
    let mut known: Vec<(String, u32)> = listed
        .into_iter()
        .flat_map(|(ibans, debtor)| ibans_of(ibans).map(move |iban| (iban.into_owned(), debtor)))
        .collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// Open amounts, and who pays for whom, at the point that the fold has reached.
pub struct Scope<'b> {
    pub books: &'b Books<'b>,
    /// By item: what is open, and what `changes` was when that last changed. Who asks for one mostly asks for
    /// the other too.
    open: Vec<(i64, u64)>,
    /// By item: the day of the line that last changed it, if one did.
    pub changed_on: Vec<Option<Day>>,
    /// What decisions that stand will take later in the fold.
    reserved: Map<Place, i64>,
    /// How often an open amount has changed; and by debtor, what that was when one of his last did.
    pub changes: u64,
    changed_of: Vec<u64>,
    lately: Lately,
    pub accounts: Accounts<'b>,
    pub aliases: Accounts<'static>,
    by_open: Map<i64, Places>,
    owed: Vec<Vec<Place>>,
    owed_at: Map<(u32, i64), Places>,
}

/// Items whose open amount has changed since some change, a bit each: of most items this alone tells that they
/// are as they were, and it stays in the caches.
struct Lately {
    since: u64,
    items: Vec<u64>,
}

impl Lately {
    /// After so many changes the bits begin anew, while most are zero.
    const MOST: u64 = 4_096;

    fn note(&mut self, n: Place, changes: u64) {
        if changes - self.since > Self::MOST {
            self.items.fill(0);
            self.since = changes - 1;
        }
        self.items[n as usize / 64] |= 1 << (n % 64);
    }

    /// Whether the item surely has not changed since so many changes.
    fn is_none(&self, n: Place, changes: u64) -> bool {
        changes >= self.since && self.items[n as usize / 64] >> (n % 64) & 1 == 0
    }
}

/// Some places, in order; mostly it is one.
enum Places {
    One(Place),
    Many(Vec<Place>),
}

impl Places {
    fn all(&self) -> &[Place] {
        match self {
            Places::One(place) => std::slice::from_ref(place),
            Places::Many(places) => places,
        }
    }
}

impl<'b> Scope<'b> {
    pub fn new(books: &'b Books<'b>) -> Scope<'b> {
        let items = &books.index.items;
        let mut scope = Scope {
            books,
            open: items.iter().map(|item| (item.initial, 0)).collect(),
            changed_on: vec![None; items.len()],
            reserved: Map::default(),
            changes: 0,
            changed_of: vec![0; books.partly_known.len()],
            lately: Lately { since: 0, items: vec![0; items.len() / 64 + 1] },
            accounts: Accounts::after(&books.accounts),
            aliases: Accounts::default(),
            by_open: Map::default(),
            owed: vec![Vec::new(); books.partly_known.len()],
            owed_at: Map::default(),
        };
        for n in 0..items.len() {
            scope.enter(n as Place);
        }
        scope
    }

    /// What is open of item `n`.
    pub fn open(&self, n: Place) -> i64 {
        self.open[n as usize].0
    }

    /// Items whose open amount is exactly this, in order; None when there are more than `most`.
    pub fn held(&self, amount: i64, most: usize) -> Option<&[Place]> {
        let found = places_at(&self.by_open, &amount);
        (found.len() <= most).then_some(found)
    }

    /// Whether any item is open at exactly this amount.
    pub fn is_held(&self, amount: i64) -> bool {
        self.by_open.contains_key(&amount)
    }

    /// Of the items open at `amount`, those whose number ends with the counter.
    pub fn with_counter(&self, amount: i64, counter: &[u8]) -> Vec<Place> {
        let at = places_at(&self.by_open, &amount);
        let ending = self.books.index.by_counter.get(counter);
        let (few, many) = if at.len() < ending.len() { (at, ending) } else { (ending, at) };
        few.iter().copied().filter(|n| many.binary_search(n).is_ok()).collect()
    }

    /// What the debtor owes, in order; None when that is more than `most` items.
    pub fn owed(&self, debtor: u32, most: usize) -> Option<&[Place]> {
        let found = self.all_owed(debtor);
        (found.len() <= most).then_some(found)
    }

    fn all_owed(&self, debtor: u32) -> &[Place] {
        self.owed.get(debtor as usize).map_or(&[], Vec::as_slice)
    }

    /// Open items of the debtor at exactly this amount, in order: the first `most` when there are more.
    pub fn owed_at(&self, debtor: u32, amount: i64, most: usize) -> &[Place] {
        first(places_at(&self.owed_at, &(debtor, amount)), most)
    }

    /// Adds `amount` to what is open of item `n` (negative: it is used up).
    pub fn change(&mut self, n: Place, amount: i64) {
        self.leave(n);
        self.changes += 1;
        self.lately.note(n, self.changes);
        let (open, changed) = &mut self.open[n as usize];
        (*open, *changed) = (open.saturating_add(amount), self.changes);
        self.changed_of[self.books.index.debtor(n) as usize] = self.changes;
        self.enter(n);
    }

    /// Whether what is open of item `n` is what it was so many changes ago.
    pub fn is_as_of(&self, n: Place, changes: u64) -> bool {
        self.lately.is_none(n, changes) || self.open[n as usize].1 <= changes
    }

    /// Whether the debtor owes what he owed then.
    pub fn owes_as_of(&self, debtor: u32, changes: u64) -> bool {
        let changed = self.changed_of.get(debtor as usize);
        changed.is_none_or(|&changed| changed <= changes)
    }

    /// What was replaced is findable by its number only: the money goes to what replaces it.
    fn enter(&mut self, n: Place) {
        if let Some((amount, debtor)) = self.findable(n) {
            put_in(&mut self.by_open, amount, n);
            put_in(&mut self.owed_at, (debtor, amount), n);
            let owed = &mut self.owed[debtor as usize];
            owed.insert(owed.partition_point(|&m| m < n), n);
        }
    }

    fn leave(&mut self, n: Place) {
        if let Some((amount, debtor)) = self.findable(n) {
            take_out(&mut self.by_open, amount, n);
            take_out(&mut self.owed_at, (debtor, amount), n);
            let owed = &mut self.owed[debtor as usize];
            owed.remove(owed.partition_point(|&m| m < n));
        }
    }

    /// The open amount of item `n` and its debtor, unless it is settled or replaced.
    fn findable(&self, n: Place) -> Option<(i64, u32)> {
        let amount = self.open(n);
        let is_findable = amount != 0 && !self.books.replaced.contains_key(&n);
        is_findable.then(|| (amount, self.books.index.debtor(n)))
    }

    /// Keeps an amount of item `n` for a decision that stands and is to take effect later; below zero: it takes
    /// effect now.
    pub fn reserve(&mut self, n: Place, amount: i64) {
        let reserved = self.reserved.entry(n).or_insert(0);
        *reserved += amount;
        if *reserved == 0 {
            self.reserved.remove(&n);
        }
    }

    /// Whether a share uses item `n` up (it never adds to it) and leaves enough for the standing decisions to
    /// come.
    pub fn can_take(&self, n: Place, amount: i64) -> bool {
        let reserved = if self.reserved.is_empty() { 0 } else { self.reserved.get(&n).copied().unwrap_or(0) };
        let left = i128::from(self.open(n)) - i128::from(reserved) - i128::from(amount);
        if self.books.index.amount(n) > 0 {
            amount > 0 && left >= 0
        } else {
            amount < 0 && left <= 0
        }
    }

    /// Who is paying, by what was learnt until now.
    pub fn payer(&self, named: &Named, iban: Option<&str>) -> Payer {
        payer(&self.accounts, &self.aliases, named, iban)
    }

    /// Open items of every debtor the payer may be, in order: the first `most`, debtor by debtor, when there
    /// are more.
    pub fn of_payer(&self, payer: &Payer, most: usize) -> Vec<Place> {
        of_each(payer, most, |debtor| self.all_owed(debtor))
    }

    /// Of those, the items open at exactly this amount.
    pub fn of_payer_at(&self, payer: &Payer, amount: i64, most: usize) -> Vec<Place> {
        of_each(payer, most, |debtor| places_at(&self.owed_at, &(debtor, amount)))
    }
}

fn of_each<'p>(payer: &Payer, most: usize, places: impl Fn(u32) -> &'p [Place]) -> Vec<Place> {
    let mut found = Vec::new();
    for &debtor in payer.all().iter() {
        found.extend_from_slice(first(places(debtor), most - found.len()));
    }
    found.sort_unstable();
    found
}

fn first(places: &[Place], most: usize) -> &[Place] {
    &places[..most.min(places.len())]
}

fn places_at<'m, K: Eq + std::hash::Hash>(map: &'m Map<K, Places>, key: &K) -> &'m [Place] {
    map.get(key).map_or(&[], Places::all)
}

fn put_in<K: Eq + std::hash::Hash>(map: &mut Map<K, Places>, key: K, n: Place) {
    map.entry(key)
        .and_modify(|places| match places {
            Places::One(one) => *places = Places::Many(vec![n.min(*one), n.max(*one)]),
            Places::Many(many) => many.insert(many.partition_point(|&m| m < n), n),
        })
        .or_insert(Places::One(n));
}

fn take_out<K: Eq + std::hash::Hash>(map: &mut Map<K, Places>, key: K, n: Place) {
    if let Some(Places::Many(many)) = map.get_mut(&key) {
        if let Ok(at) = many.binary_search(&n) {
            many.remove(at);
        }
        if !many.is_empty() {
            return;
        }
    }
    map.remove(&key);
}

/// Who is paying, by account history (of a normal IBAN), then by name, then by a name inside the text: also
/// before the fold, from what was known beforehand.
///
/// A name under which somebody paid before makes that debtor likely, and never sure: a treasury may pay for
/// others tomorrow.
pub fn payer(accounts: &Accounts, aliases: &Accounts, named: &Named, iban: Option<&str>) -> Payer {
    let mut by_name = named.payer.clone();
    if by_name.likely.is_empty() {
        if let Some(known_as) = aliases.debtors(named.alias.as_deref()) {
            by_name.likely = known_as.clone();
            by_name.has_paid = true;
        }
    }
    joined(accounts.debtors(iban), by_name, named.by_name)
}

/// Who bears the name; where there is none, who is named inside the text. `memory` is the thread's own: payers
/// come back.
pub fn named(books: &Books, memory: &mut Memory, name: Option<&str>, run: &[u8]) -> Named {
    let Memory { searched, words } = memory;
    match name.filter(|name| !name.is_empty()) {
        Some(text) => {
            let find = || {
                let name = normalise(text);
                let payer = books.debtors.find(words, &name, text);
                Named { payer, alias: alias(&name).map(Arc::from), by_name: true }
            };
            searched.of(text, find).clone()
        }
        None if run.is_empty() => Named::default(),
        None => Named { payer: books.debtors.in_text(run), ..Named::default() },
    }
}

/// The key under which a payer's name is learnt; None for one that names nobody.
pub fn alias_of(name: Option<&str>) -> Option<Arc<str>> {
    alias(&normalise(name?)).map(Arc::from)
}

fn alias(name: &Name) -> Option<&str> {
    let tells = |word: &str| word.len() > 1 && !is_common(word);
    name.words.split(' ').any(tells).then_some(&name.words)
}

/// An IBAN without blanks, upper case; None when the bank gave none.
pub fn normal_iban(iban: Option<&str>) -> Option<Cow<'_, str>> {
    let text = text::given(iban)?;
    let is_normal = |byte: u8| byte.is_ascii() && byte != b' ' && !byte.is_ascii_lowercase();
    Some(if text.bytes().all(is_normal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.replace(' ', "").to_uppercase())
    })
}

/// The accounts of a `|`-separated column.
fn ibans_of(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split('|').filter_map(|part| normal_iban(Some(part)))
}

/// The item that stands in the place of each replaced one, at the end of the chain.
fn replacements(index: &Index) -> Map<Place, Place> {
    let mut next_of = Map::default();
    for (n, item) in index.items.iter().enumerate() {
        let Some(&old) = item.replaces.and_then(|id| index.position.get(id)) else {
            continue;
        };
        if old != n as Place && index.items[old as usize].debtor == item.debtor {
            next_of.insert(old, n as Place);
        }
    }
    let mut ends: Map<Place, Option<Place>> = Map::default();
    for &old in next_of.keys() {
        let (mut at, mut chain) = (old, Vec::new());
        let end = loop {
            if let Some(&end) = ends.get(&at) {
                break end; // None where the chain has come round to itself
            }
            let Some(&following) = next_of.get(&at) else {
                break Some(at);
            };
            ends.insert(at, None);
            chain.push(at);
            at = following;
        };
        ends.extend(chain.into_iter().map(|one| (one, end)));
    }
    ends.into_iter().filter_map(|(old, end)| Some((old, end?))).collect()
}

#[cfg(test)]
mod tests {
    use super::Lately;

    #[test]
    fn an_item_is_as_it_was_until_it_changes_however_often_others_do() {
        let mut lately = Lately { since: 0, items: vec![0; 2] };
        lately.note(70, 1);
        assert!(lately.is_none(3, 0) && !lately.is_none(70, 0));
        for changes in 2..=Lately::MOST + 2 {
            lately.note(5, changes);
        }
        assert!(!lately.is_none(70, 0) && lately.is_none(70, Lately::MOST + 2));
        assert!(!lately.is_none(5, Lately::MOST + 1));
    }
}
