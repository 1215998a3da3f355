//! Lines made ready before their turn, and opened when it comes (see `core/reconciliation/warm/ready.py`, and
//! `Narrow` and `open_case` in `case.py`).

use std::cell::{OnceCell, RefCell};
use std::sync::OnceLock;

use crate::accounts::Accounts;
use crate::case::{Boxed, Case, Ready, State};
use crate::cite::{cite, Citation, Cited};
use crate::index::STRUCTURED;
use crate::label::{Field, Label};
use crate::lines::Line;
use crate::model::{Place, Policy};
use crate::names::Memory;
use crate::payer::{holds, Payer};
use crate::receipt::{is_marked_return, no_receipt_by_words, read_opening};
use crate::scope::{self, normal_iban, Books, Scope};
use crate::text::strip;
use crate::words;

/// How an end-to-end id that we gave ourselves is cited: its text is the id of the item.
const OWN: &str = "own end-to-end id";

/// Shorter than this, an end-to-end id that equals an item's id may be so by accident.
fn shortest_own_id() -> usize {
    static OWN_ID: OnceLock<usize> = OnceLock::new();
    *OWN_ID.get_or_init(|| words::whole("case.OWN_ID"))
}

/// Keeps, of items that share a key, those the payer or the amount point to; else all, or none when they are
/// more than the cap: then the number tells nothing. Open amounts are those of now, or not known yet (`open` is
/// None); `payer` and `amounts` note whether it looked at either.
struct Narrow<'n> {
    books: &'n Books<'n>,
    open: Option<(&'n Scope<'n>, i64)>,
    of: &'n Payer,
    cap: usize,
    payer: bool,
    amounts: bool,
}

impl Narrow<'_> {
    fn payer_may_be(&self, n: Place) -> bool {
        let debtor = self.books.index.debtor(n);
        holds(&self.of.sure, debtor) || holds(&self.of.likely, debtor)
    }

    fn keep(&mut self, items: &[Place]) -> Vec<Place> {
        self.payer = true;
        let own: Vec<Place> = items.iter().copied().filter(|&n| self.payer_may_be(n)).collect();
        if !own.is_empty() {
            return own;
        }
        if items.len() <= self.cap {
            return items.to_vec();
        }
        self.amounts = true;
        let Some((open, paid)) = self.open else {
            return items.to_vec();
        };
        items.iter().copied().filter(|&n| open.open(n) == paid).collect()
    }
}

/// Reads who pays and what is cited; `memory` is the thread's own.
pub fn made_ready<'a>(
    line: &Line<'a>,
    label: Label,
    books: &Books,
    policy: &Policy,
    memory: &mut Memory,
) -> Box<Ready<'a>> {
    let iban = normal_iban(line.counterparty_iban());
    let named = scope::named(books, memory, label.payer.as_deref(), label.run());
    let payer = scope::payer(&books.accounts, &Accounts::default(), &named, iban.as_deref());
    let mut narrow =
        Narrow { books, open: None, of: &payer, cap: policy.max_shared_key, payer: false, amounts: false };
    let cited = cite_with(line, &label, policy, &mut narrow);
    let (narrowed, waits) = (narrow.payer, narrow.amounts);
    let (reason, is_return) = {
        let opening = read_opening(line, &label);
        (no_receipt_by_words(line, opening.as_deref()), is_marked_return(line, opening.as_deref()))
    };
    Box::new(Ready { iban, named, label, cited, payer, waits, narrowed, reason, is_return })
}

/// The case, when its turn comes: read again as far as what was learnt since may change it.
pub fn opened<'a>(line: &'a Line<'a>, mut ready: Box<Ready<'a>>, state: &State, refund: bool) -> Boxed<'a> {
    let scope = state.scope;
    let read = &mut *ready;
    let (iban, alias) = (read.iban.as_deref(), read.named.alias.as_deref());
    if scope.accounts.was_learnt(iban) || scope.aliases.was_learnt(alias) {
        read.payer = scope.payer(&read.named, iban);
        read.waits |= read.narrowed;
    }
    let paid = if refund { line.amount } else { line.amount.saturating_abs() };
    if read.waits {
        let mut narrow = Narrow {
            books: scope.books,
            open: Some((scope, paid)),
            of: &read.payer,
            cap: state.policy.max_shared_key,
            payer: false,
            amounts: false,
        };
        read.cited = cite_with(line, &read.label, state.policy, &mut narrow);
    }
    case_of(line, ready, paid)
}

/// A case that waited, as it was opened on its day: who pays is what was known then.
pub fn reopened<'a>(line: &'a Line<'a>, mut ready: Box<Ready<'a>>, payer: Payer) -> Boxed<'a> {
    ready.payer = payer;
    case_of(line, ready, line.amount.saturating_abs())
}

fn case_of<'a>(line: &'a Line<'a>, ready: Box<Ready<'a>>, paid: i64) -> Boxed<'a> {
    Boxed::from(Case {
        line,
        ready,
        paid,
        refused: None,
        gate: None,
        held_until: None,
        twins: Vec::new(),
        declared: Vec::new(),
        together: Vec::new(),
        memo: RefCell::default(),
        possible: OnceCell::new(),
        told: OnceCell::new(),
        forwarding: OnceCell::new(),
    })
}

fn cite_with(line: &Line, label: &Label, policy: &Policy, narrow: &mut Narrow) -> Cited {
    let books = narrow.books;
    let mut cited = cite(label, &books.index, policy, &mut |items| narrow.keep(items));
    add_own(line, books, &mut cited);
    cited
}

/// The end-to-end id that we gave a collection ourselves: the id of the item it collects.
fn add_own(line: &Line, books: &Books, cited: &mut Cited) {
    let own = strip(line.end_to_end_id().unwrap_or(""));
    let length = own.chars().count();
    if length < shortest_own_id() {
        return;
    }
    let Some(&n) = books.index.position.get(own) else {
        return;
    };
    if books.index.items[n as usize].number == own {
        return;
    }
    cited.citations.retain(|c| c.field != Field::EndToEndId);
    cited.citations.push(Citation {
        text: own.as_bytes().to_vec(),
        field: Field::EndToEndId,
        start: 0,
        end: length,
        strength: STRUCTURED,
        items: vec![n],
        how: OWN,
    });
}
