//! What decisions do inside one wall: amounts are used up or reserved, and who pays for whom is learnt (see
//! `core/reconciliation/wall.py`).
//!
//! Items of decisions count through the wall: receivables first, then payables. In its own scope each counts
//! from 0.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::case::{Case, State};
use crate::decision::Decision;
use crate::fold::Past;
use crate::lines::Line;
use crate::model::{Day, Item, Place, Policy};
use crate::names::Memory;
use crate::ruling::{Outcome, Share};
use crate::scope::{alias_of, normal_iban, Books, Scope};

/// Tiers of decisions that teach who pays.
const TEACHING: [u8; 3] = [1, 2, 3];

/// What money in closes, or what money out closes.
pub struct Side<'f, 't> {
    pub books: &'f Books<'t>,
    pub scope: Scope<'f>,
    pub memory: Memory,
}

impl<'f, 't> Side<'f, 't> {
    pub fn new(books: &'f Books<'t>) -> Side<'f, 't> {
        Side { books, scope: Scope::new(books), memory: Memory::default() }
    }

    /// Items of this side that a tool says the line pays.
    pub fn declared(&self, past: Option<&Past>, line: &Line) -> Vec<Place> {
        let told = past.and_then(|past| past.declared.get(&line.row));
        let places = &self.books.index.position;
        told.map_or_else(Vec::new, |ids| ids.iter().filter_map(|id| places.get(&**id).copied()).collect())
    }

    fn items(&self) -> &'f [Item<'t>] {
        &self.books.index.items
    }
}

/// What a payment teaches about who pays for a debtor: an account, a name.
#[derive(Clone)]
pub struct Lesson {
    pub row: u32,
    is_payable: bool,
    iban: Option<String>,
    alias: Option<Arc<str>>,
    debtor: u32,
}

/// Whose name a payment may teach: as the line was read, or as it was told of a decision that stands.
#[derive(Clone, Copy)]
pub enum Who<'c> {
    Read(&'c Case<'c>),
    Told(Option<&'c str>),
}

impl Who<'_> {
    /// The key under which the name is learnt.
    fn alias(self, line: &Line) -> Option<Arc<str>> {
        match self {
            Who::Read(case) if case.label.payer.is_some() => case.named.alias.clone(),
            Who::Told(Some(name)) => alias_of(Some(name)),
            _ => alias_of(line.counterparty_name()),
        }
    }
}

/// Both sides. What a decision teaches counts from the next `learn` on.
pub struct Wall<'f, 't> {
    pub receivables: Side<'f, 't>,
    /// Files have none.
    pub payables: Option<Side<'f, 't>>,
    lessons: Vec<Lesson>,
    pub taught: HashMap<u32, Lesson>,
}

impl<'f, 't> Wall<'f, 't> {
    pub fn new(receivables: &'f Books<'t>, payables: Option<&'f Books<'t>>) -> Wall<'f, 't> {
        Wall {
            receivables: Side::new(receivables),
            payables: payables.map(Side::new),
            lessons: Vec::new(),
            taught: HashMap::new(),
        }
    }

    /// Where the items of a case begin among those of the wall.
    pub fn first_of(&self, case: &Case) -> Place {
        if case.sign() < 0 {
            self.receivables.items().len() as Place
        } else {
            0
        }
    }

    /// What a case is asked about.
    pub fn of(&self, case: &Case) -> &Side<'f, 't> {
        self.payables.as_ref().filter(|_| case.sign() < 0).unwrap_or(&self.receivables)
    }

    pub fn state<'s>(&'s self, case: &Case, policy: &'s Policy) -> State<'s> {
        State { scope: &self.of(case).scope, policy }
    }

    /// Item `n` of the wall.
    pub fn item(&self, n: Place) -> &'f Item<'t> {
        let (side, n) = self.held(n);
        &side.items()[n as usize]
    }

    /// The place of an item in the wall, by its id.
    pub fn position(&self, id: &str) -> Option<Place> {
        let receivables = &self.receivables.books.index;
        receivables.position.get(id).copied().or_else(|| {
            let n = self.payables.as_ref()?.books.index.position.get(id)?;
            Some(receivables.items.len() as Place + n)
        })
    }

    /// The side of item `n` of the wall, and its place there.
    fn held(&self, n: Place) -> (&Side<'f, 't>, Place) {
        let first = self.receivables.items().len() as Place;
        match &self.payables {
            Some(payables) if n >= first => (payables, n - first),
            _ => (&self.receivables, n),
        }
    }

    fn held_mut(&mut self, n: Place) -> (&mut Scope<'f>, Place) {
        let first = self.receivables.items().len() as Place;
        match &mut self.payables {
            Some(payables) if n >= first => (&mut payables.scope, n - first),
            _ => (&mut self.receivables.scope, n),
        }
    }

    /// The place of item `n` on its own side.
    pub fn on_its_side(&self, n: Place) -> Place {
        self.held(n).1
    }

    /// What is open of item `n`.
    pub fn open(&self, n: Place) -> i64 {
        let (side, n) = self.held(n);
        side.scope.open(n)
    }

    /// The day of the line that last changed item `n`.
    pub fn changed_on(&self, n: Place) -> Option<Day> {
        let (side, n) = self.held(n);
        side.scope.changed_on[n as usize]
    }

    /// From now on so much is open of item `n`, since that day.
    pub fn reopen(&mut self, n: Place, amount: i64, day: Option<Day>) {
        let (scope, n) = self.held_mut(n);
        scope.change(n, amount - scope.open(n));
        scope.changed_on[n as usize] = day;
    }

    /// Keeps what a decision that stands will take; a return takes nothing.
    pub fn reserve(&mut self, shares: &[Share]) {
        self.keep(shares, 1);
    }

    /// The decision takes effect now: nothing is kept for it any more.
    pub fn free(&mut self, shares: &[Share]) {
        self.keep(shares, -1);
    }

    fn keep(&mut self, shares: &[Share], sign: i64) {
        for share in
            shares.iter().filter(|share| closes(share, self.item(share.item))).cloned().collect::<Vec<_>>()
        {
            let (scope, n) = self.held_mut(share.item);
            scope.reserve(n, sign * share.amount);
        }
    }

    /// Whether these shares can take effect; one that opens an item again always can.
    pub fn has_room(&self, shares: &[Share]) -> bool {
        shares.iter().all(|share| {
            let (side, n) = self.held(share.item);
            !closes(share, self.item(share.item)) || side.scope.can_take(n, share.amount)
        })
    }

    /// The share of a line of that day takes effect, as far as what is open of its item stays between zero and what it was at first.
    pub fn apply(&mut self, share: &Share, day: Option<Day>) {
        let initial = self.item(share.item).initial;
        let left = (self.open(share.item) - share.amount).clamp(initial.min(0), initial.max(0));
        self.reopen(share.item, left, day);
    }

    /// Keeps for tomorrow the account and the name a payment that added up exactly came from. A refund teaches
    /// nothing.
    pub fn note(&mut self, decision: &Decision, line: &Line, who: Who, by_engine: bool) {
        let exact = decision.unallocated == 0 && decision.shares.iter().all(|share| share.gap == 0);
        let certain = TEACHING.contains(&decision.tier) || !by_engine;
        if !(certain && exact && decision.outcome == Outcome::Auto) {
            return;
        }
        let first = self.receivables.items().len() as Place;
        let is_payable = line.amount < 0;
        let mut own = decision.shares.iter().filter(|share| (share.item >= first) == is_payable);
        let Some(debtor) = own.next().map(|share| self.item(share.item).debtor) else {
            return;
        };
        if own.all(|share| self.item(share.item).debtor == debtor) {
            self.lessons.push(Lesson {
                row: line.row,
                is_payable,
                iban: normal_iban(line.counterparty_iban()).map(Cow::into_owned),
                alias: who.alias(line),
                debtor,
            });
        }
    }

    /// What was taught since the last time counts from here on: each row, with what it had taught before.
    pub fn learn(&mut self) -> Vec<(u32, Option<Lesson>)> {
        let mut learnt = Vec::new();
        for lesson in std::mem::take(&mut self.lessons) {
            self.count_in(&lesson);
            let row = lesson.row;
            learnt.push((row, self.taught.insert(row, lesson)));
        }
        learnt
    }

    /// What this line taught, whether it counts already or not; what counted is returned.
    pub fn forget(&mut self, row: u32) -> Option<Lesson> {
        self.lessons.retain(|lesson| lesson.row != row);
        let lesson = self.taught.remove(&row)?;
        self.take_back(&lesson);
        Some(lesson)
    }

    /// Takes what `learn` returned back.
    pub fn unlearn(&mut self, row: u32, before: Option<Lesson>) {
        if let Some(lesson) = self.taught.remove(&row) {
            self.take_back(&lesson);
        }
        self.taught.extend(before.map(|before| (row, before)));
    }

    /// Takes `forget` back.
    pub fn learn_again(&mut self, lesson: Lesson) {
        self.count_in(&lesson);
        self.taught.insert(lesson.row, lesson);
    }

    fn count_in(&mut self, lesson: &Lesson) {
        let scope = self.scope_of(lesson);
        if let Some(iban) = &lesson.iban {
            scope.accounts.learn(iban, lesson.debtor);
        }
        if let Some(alias) = &lesson.alias {
            scope.aliases.learn(alias, lesson.debtor);
        }
    }

    fn take_back(&mut self, lesson: &Lesson) {
        let scope = self.scope_of(lesson);
        if let Some(iban) = &lesson.iban {
            scope.accounts.forget(iban, lesson.debtor);
        }
        if let Some(alias) = &lesson.alias {
            scope.aliases.forget(alias, lesson.debtor);
        }
    }

    fn scope_of(&mut self, lesson: &Lesson) -> &mut Scope<'f> {
        match &mut self.payables {
            Some(payables) if lesson.is_payable => &mut payables.scope,
            _ => &mut self.receivables.scope,
        }
    }
}

/// Whether the share uses the item up; that of a return opens it again.
fn closes(share: &Share, item: &Item) -> bool {
    (share.amount > 0) == (item.amount > 0)
}
