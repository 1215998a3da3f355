//! One line read against its scope (see `core/reconciliation/case.py`, `memory.py` and `columnar/ready.py`).
//!
//! Left out, because they never occur over files: items that a tool declares, and what a person rejected.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use crate::candidates::Why;
use crate::cite::{cite, Citation, Cited};
use crate::index::{Index, FULL, LONG_DIGITS, STRUCTURED};
use crate::label::{Field, Label};
use crate::model::{Currency, Day, Ids, Item, Line, Place, Policy};
use crate::names::{holds, Memory, Payer};
use crate::scope::{self, normal_iban, searched, Books, Scope};
use crate::silent::Owed;
use crate::text::{strip, Set};
use crate::words;

/// How an end-to-end id that we gave ourselves is cited: its text is the id of the item.
pub const OWN: &str = "own end-to-end id";

struct Rules {
    few_sellers: usize,
    many_digits: usize,
    sparse: u64,
    own_id: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        few_sellers: words::whole("case.FEW_SELLERS"),
        many_digits: words::whole("case.MANY_DIGITS"),
        sparse: words::whole("case.SPARSE"),
        own_id: words::whole("case.OWN_ID"),
    })
}

/// What rules look at besides the case: the scope as it is now, and the policy.
#[derive(Clone, Copy)]
pub struct State<'s> {
    pub scope: &'s Scope<'s>,
    pub policy: &'s Policy,
}

impl<'s> State<'s> {
    pub fn index(&self) -> &'s Index<'s> {
        &self.scope.books.index
    }

    pub fn item(&self, n: Place) -> &'s Item<'s> {
        &self.scope.books.index.items[n as usize]
    }

    pub fn open(&self, n: Place) -> i64 {
        self.scope.open[n as usize]
    }

    pub fn currency(&self) -> &'s Currency {
        &self.scope.books.currency
    }
}

/// An amount of the line for one item, in the item's sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub item: Place,
    pub amount: i64,
    pub gap: i64,
    pub gap_reason: Option<&'static str>,
}

impl Share {
    pub fn new(item: Place, amount: i64) -> Share {
        Share {
            item,
            amount,
            gap: 0,
            gap_reason: None,
        }
    }
}

/// A possible answer; `score` ranks.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub shares: Vec<Share>,
    pub score: f64,
    pub why: Why,
}

/// What kept the payer and the amount from being enough.
#[derive(Clone, Debug)]
pub struct Gate {
    pub code: &'static str,
    pub coincidence: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Auto,
    Review,
    None,
}

/// What a tier says of a line, before it becomes a decision. `tier` is 0 to 10.
#[derive(Clone, Debug)]
pub struct Ruling {
    pub outcome: Outcome,
    pub tier: u8,
    pub reason: Cow<'static, str>,
    pub shares: Vec<Share>,
    pub coincidence: f64,
    pub proposals: Vec<Proposal>,
    pub rivals: Vec<Place>,
    pub caps: Vec<&'static str>,
    pub gate: Option<Gate>,
}

impl Ruling {
    /// One that decides, and has nothing else to say.
    pub fn auto(
        tier: u8,
        reason: impl Into<Cow<'static, str>>,
        shares: Vec<Share>,
        coincidence: f64,
    ) -> Ruling {
        Ruling {
            outcome: Outcome::Auto,
            tier,
            reason: reason.into(),
            shares,
            coincidence,
            proposals: Vec::new(),
            rivals: Vec::new(),
            caps: Vec::new(),
            gate: None,
        }
    }
}

/// What a rule says: a ruling, why not (T6 and T7), or nothing.
pub enum Answer {
    Ruling(Ruling),
    Gate(Gate),
}

impl From<Ruling> for Answer {
    fn from(ruling: Ruling) -> Answer {
        Answer::Ruling(ruling)
    }
}

/// What the citations mean with today's open amounts.
#[derive(Clone, Debug, Default)]
pub struct Meaning {
    pub items: Vec<Place>,
    pub strengths: Vec<u8>,
    pub by_amount: bool,
    pub ambiguous: Vec<Vec<Place>>,
    pub settled: Vec<Place>,
}

/// A line, its payer and its citations. `paid` is the amount without its sign, or below zero when the line may
/// refund credit notes.
pub struct Case<'a> {
    pub line: &'a Line<'a>,
    pub label: Label,
    pub payer: Payer,
    pub cited: Cited,
    pub paid: i64,
    /// Sellers of whom the payer bears the name, when he is no debtor.
    pub forwarding: Ids,
    /// The payer's normal IBAN, and the key under which his name is learnt.
    pub iban: Option<Cow<'a, str>>,
    pub alias: Option<Arc<str>>,
    pub refused: Option<(&'static str, Ruling)>,
    pub gate: Option<Gate>,
    pub held_until: Option<Day>,
    /// Rows of other lines that cite nothing either, of the same payer and amount.
    pub twins: Vec<u32>,
    /// Ids of lines it was decided together with.
    pub together: Vec<&'a str>,
    pub memo: RefCell<Memo>,
    possible: OnceCell<Option<Possible>>,
}

/// By citation the items that it may mean, whatever is open of them; None: those that it names.
type Possible = Vec<Option<Vec<Place>>>;

/// What was found out about a case: for good, and as open amounts were then.
#[derive(Default)]
pub struct Memo {
    pub known: Known,
    pub lately: Lately,
}

/// What rests on the line, the payer and what does not change of the items.
#[derive(Default)]
pub struct Known {
    pub silent: Option<bool>,
    pub rare: Option<bool>,
}

/// What rests on open amounts as well: each as of some state of the scope (`Scope::changes`).
#[derive(Default)]
pub struct Lately {
    meaning: Option<(u64, Rc<Meaning>)>,
    pub counter_hits: Option<(u64, Shared<(Place, usize)>)>,
    pub near: Option<(u64, Shared<Citation>)>,
    pub owed: Option<(u64, Rc<Owed>)>,
}

/// Some values that are handed round; mostly there are none.
#[derive(Clone)]
pub struct Shared<T>(Option<Rc<[T]>>);

impl<T> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared(None)
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Shared<T> {
        Shared((!values.is_empty()).then(|| values.into()))
    }
}

/// Whether a number stands there from end to end: with its letters, or all its many digits.
pub fn is_whole(citation: &Citation) -> bool {
    citation.strength >= FULL || (citation.strength >= LONG_DIGITS && citation.how == "full")
}

impl<'a> Case<'a> {
    /// Of the line's amount to what it closes: -1 for money out, unless it refunds a credit note.
    pub fn sign(&self) -> i64 {
        if self.line.amount < 0 && 0 < self.paid {
            -1
        } else {
            1
        }
    }

    /// Whether the line cites an item that is held here.
    pub fn cites(&self) -> bool {
        !self.cited.citations.is_empty()
    }

    pub fn payer_is_unknown(&self) -> bool {
        self.payer.sure.is_empty() && self.payer.likely.is_empty()
    }

    /// Whether a tier may still decide the line: it was read to its end, and no ruling was refused.
    pub fn may_be_decided(&self) -> bool {
        self.cited.caps.is_empty() && self.refused.is_none()
    }

    /// The payer's grade for item `n`; a seller who may forward what his debtors paid him lifts 0 to 1.
    pub fn grade(&self, state: &State, n: Place) -> i8 {
        let item = state.item(n);
        let grade = self.payer.grade(item.debtor);
        if grade != 0 {
            return grade;
        }
        i8::from(state.policy.indirect_collection && holds(&self.forwarding, item.seller))
    }

    /// Whether the whole number is cited, and its form is not everybody's.
    pub fn is_telling(&self, state: &State, citation: &Citation) -> bool {
        is_whole(citation)
            && citation
                .items
                .iter()
                .all(|&n| is_own_form(state.index(), n))
    }

    /// Not dated (much) later than the line: numbers start anew each year.
    pub fn is_issued(&self, state: &State, n: Place) -> bool {
        match (state.item(n).issue_date, self.line.booking_date) {
            (Some(issued), Some(booked)) => {
                i64::from(issued) - i64::from(booked) <= state.policy.early_days
            }
            _ => true,
        }
    }

    /// Of these items, those that were issued when the line was booked: what comes later, nobody pays.
    pub fn there(&self, state: &State, items: &[Place]) -> Vec<Place> {
        items
            .iter()
            .copied()
            .filter(|&n| self.is_issued(state, n))
            .collect()
    }

    /// Of items that share a key, those that were issued when the line was booked; all when none was.
    pub fn issued(&self, state: &State, items: &[Place]) -> Vec<Place> {
        or_all(self.there(state, items), items)
    }

    /// Of items that share a number, those of the payer; all when he is none of their debtors.
    pub fn narrowed(&self, state: &State, items: Vec<Place>) -> Vec<Place> {
        let grades: Vec<i8> = items.iter().map(|&n| self.grade(state, n)).collect();
        match grades.iter().max() {
            Some(&best) if best >= 1 => items
                .into_iter()
                .zip(grades)
                .filter(|&(_, grade)| grade == best)
                .map(|(n, _)| n)
                .collect(),
            _ => items,
        }
    }

    /// Citations resolved: by the payer, then by being open, then (one citation only) by the amount.
    pub fn meaning(&self, state: &State) -> Rc<Meaning> {
        self.until(
            state,
            |lately| &mut lately.meaning,
            |then| self.is_cited_as_of(state, then),
            || Rc::new(self.find_meaning(state)),
        )
    }

    fn is_cited_as_of(&self, state: &State, then: u64) -> bool {
        let Some(possible) = self.possible(state) else {
            return false;
        };
        let mut citations = self.cited.citations.iter().zip(possible);
        citations.all(|(citation, possible)| {
            let mut items = possible.as_ref().unwrap_or(&citation.items).iter();
            items.all(|&n| state.scope.is_as_of(n, then))
        })
    }

    fn find_meaning(&self, state: &State) -> Meaning {
        let mut found = Meaning::default();
        for (at, citation) in self.cited.citations.iter().enumerate() {
            let mut items = self.meant(state, at, citation);
            if items.len() > 1 && self.cited.citations.len() == 1 {
                let mut exact = items
                    .iter()
                    .copied()
                    .filter(|&n| state.open(n) == self.paid);
                if let (Some(n), None) = (exact.next(), exact.next()) {
                    found.by_amount = true;
                    items = vec![n];
                }
            }
            if items.len() > 1 {
                found.ambiguous.push(items);
            } else if let Some(&n) = items.first() {
                if state.open(n) == 0 {
                    found.settled.push(n);
                } else if let Some(at) = found.items.iter().position(|&m| m == n) {
                    found.strengths[at] = found.strengths[at].max(citation.strength);
                } else {
                    found.items.push(n);
                    found.strengths.push(citation.strength);
                }
            }
        }
        found
    }

    fn meant(&self, state: &State, at: usize, citation: &Citation) -> Vec<Place> {
        if let [n] = citation.items[..] {
            return vec![standing_for(state, n)];
        }
        let standing;
        let items = match self.possible(state).map(|possible| &possible[at]) {
            Some(Some(items)) => items,
            Some(None) => &citation.items,
            None => {
                standing = self.standing(state, &citation.items);
                &standing
            }
        };
        let live = items.iter().filter(|&&n| state.open(n) != 0).count();
        let billed = |n: Place| state.item(n).amount.unsigned_abs();
        let differ = || items.iter().any(|&n| billed(n) != billed(items[0]));
        if live == items.len() || live == 0 || !differ() {
            items.clone()
        } else {
            let live = items.iter().copied();
            live.filter(|&n| state.open(n) != 0).collect()
        }
    }

    fn possible(&self, state: &State) -> Option<&Possible> {
        let found = self.possible.get_or_init(|| {
            let citations = &self.cited.citations;
            let replaced = &state.scope.books.replaced;
            let was_replaced = |n: &Place| replaced.contains_key(n);
            if !replaced.is_empty() && citations.iter().any(|c| c.items.iter().any(was_replaced)) {
                return None;
            }
            let few = |items: &Vec<Place>| items.len() <= 1;
            let possible = citations.iter().map(|citation| {
                (!few(&citation.items)).then(|| self.standing(state, &citation.items))
            });
            Some(possible.collect())
        });
        found.as_ref()
    }

    /// Of items that share a number, what stands for them, as far as it may be meant: by its date and by the payer.
    fn standing(&self, state: &State, items: &[Place]) -> Vec<Place> {
        let standing = items.iter().map(|&n| standing_for(state, n));
        let mut seen = Set::default();
        let items: Vec<Place> = standing.filter(|&n| seen.insert(n)).collect();
        if items.len() <= 1 {
            return items;
        }
        self.narrowed(state, self.issued(state, &items))
    }

    /// What `find` says, found out anew when an open amount has changed since.
    pub fn until_paid<T: Clone>(
        &self,
        state: &State,
        place: fn(&mut Lately) -> &mut Option<(u64, T)>,
        find: impl FnOnce() -> T,
    ) -> T {
        self.until(state, place, |_| false, find)
    }

    /// What `find` says, found out anew when what the payer owes has changed since.
    pub fn until_he_pays<T: Clone>(
        &self,
        state: &State,
        place: fn(&mut Lately) -> &mut Option<(u64, T)>,
        find: impl FnOnce() -> T,
    ) -> T {
        let owes_as_of = |then| {
            let debtors = self.payer.sure.iter().chain(&self.payer.likely[..]);
            let mut debtors = debtors;
            debtors.all(|&debtor| state.scope.owes_as_of(debtor, then))
        };
        self.until(state, place, owes_as_of, find)
    }

    fn until<T: Clone>(
        &self,
        state: &State,
        place: fn(&mut Lately) -> &mut Option<(u64, T)>,
        holds_since: impl FnOnce(u64) -> bool,
        find: impl FnOnce() -> T,
    ) -> T {
        let now = state.scope.changes;
        if let Some((then, known)) = place(&mut self.memo.borrow_mut().lately) {
            if *then == now || holds_since(*then) {
                *then = now;
                return known.clone();
            }
        }
        let found = find();
        *place(&mut self.memo.borrow_mut().lately) = Some((now, found.clone()));
        found
    }

    /// What `find` says, found out once.
    pub fn for_good<T: Copy>(
        &self,
        place: fn(&mut Known) -> &mut Option<T>,
        find: impl FnOnce() -> T,
    ) -> T {
        if let Some(known) = *place(&mut self.memo.borrow_mut().known) {
            return known;
        }
        let found = find();
        *place(&mut self.memo.borrow_mut().known) = Some(found);
        found
    }
}

fn is_own_form(index: &Index, n: Place) -> bool {
    let rules = rules();
    let (taken, sellers) = index.shape(n);
    let digits = index.number(n).running().len();
    let sparse = || taken as u64 * rules.sparse <= 10u64.saturating_pow(digits as u32);
    (digits >= rules.many_digits || sparse()) && sellers <= rules.few_sellers
}

/// A replaced document stands for what replaces it, as long as nothing was paid on it.
pub fn standing_for(state: &State, n: Place) -> Place {
    match state.scope.books.replaced.get(&n) {
        Some(&by) if state.open(n) == state.item(n).initial => by,
        _ => n,
    }
}

fn or_all(some: Vec<Place>, all: &[Place]) -> Vec<Place> {
    if some.is_empty() {
        all.to_vec()
    } else {
        some
    }
}

/// Keeps, of items that share a key, those the payer or the amount point to; else all. Open amounts are those of
/// now, or not known yet (`open` is None); `payer` and `amounts` note whether it looked at either.
struct Narrow<'n> {
    books: &'n Books<'n>,
    open: Option<(&'n [i64], i64)>,
    of: &'n Payer,
    cap: usize,
    payer: bool,
    amounts: bool,
}

impl Narrow<'_> {
    fn payer_may_be(&self, n: Place) -> bool {
        let debtor = self.books.index.items[n as usize].debtor;
        holds(&self.of.sure, debtor) || holds(&self.of.likely, debtor)
    }

    fn keep(&mut self, items: &[Place]) -> Vec<Place> {
        self.payer = true;
        let own: Vec<Place> = items
            .iter()
            .copied()
            .filter(|&n| self.payer_may_be(n))
            .collect();
        if !own.is_empty() || items.len() <= self.cap {
            return or_all(own, items);
        }
        self.amounts = true;
        let Some((open, paid)) = self.open else {
            return items.to_vec();
        };
        let exact = items.iter().copied().filter(|&n| open[n as usize] == paid);
        or_all(exact.collect(), items)
    }
}

/// What can be said of a line before its turn, in any thread: who pays as far as was known beforehand, and what
/// is cited, unless open amounts count for that.
pub struct Ready<'a> {
    pub label: Label,
    pub cited: Option<Cited>,
    pub payer: Payer,
    pub forwarding: Ids,
    pub iban: Option<Cow<'a, str>>,
    pub alias: Option<Arc<str>>,
    /// Whether who pays was looked at to tell what is cited.
    pub narrowed: bool,
}

/// Reads who pays and what is cited; `memory` is the thread's own.
pub fn made_ready<'a>(
    line: &Line<'a>,
    label: Label,
    books: &Books,
    policy: &Policy,
    memory: &mut Memory,
) -> Ready<'a> {
    let (name, iban) = (label.payer.as_deref(), line.counterparty_iban);
    let nobody = Default::default();
    let payer = scope::payer(
        books,
        &books.accounts,
        &nobody,
        memory,
        name,
        iban,
        &label.run,
    );
    let mut narrow = Narrow {
        books,
        open: None,
        of: &payer,
        cap: policy.max_shared_key,
        payer: false,
        amounts: false,
    };
    let cited = cite_with(line, &label, policy, &mut narrow);
    let (narrowed, cited) = (narrow.payer, (!narrow.amounts).then_some(cited));
    Ready {
        forwarding: forwarding(&label, &payer, books, memory),
        iban: normal_iban(iban),
        alias: name.and_then(|name| searched(books, memory, name).alias.clone()),
        label,
        cited,
        payer,
        narrowed,
    }
}

/// The case, when its turn comes: read again as far as what was learnt since may change it.
pub fn opened<'a>(
    line: &'a Line<'a>,
    ready: Ready<'a>,
    state: &State,
    memory: &mut Memory,
    refund: bool,
) -> Box<Case<'a>> {
    let Ready {
        label,
        mut cited,
        mut payer,
        mut forwarding,
        iban,
        alias,
        narrowed,
    } = ready;
    let scope = state.scope;
    if scope.accounts.was_learnt(iban.as_deref()) || scope.aliases.was_learnt(alias.as_deref()) {
        payer = scope.payer(
            memory,
            label.payer.as_deref(),
            line.counterparty_iban,
            &label.run,
        );
        forwarding = self::forwarding(&label, &payer, scope.books, memory);
        cited = cited.filter(|_| !narrowed);
    }
    let paid = if refund {
        line.amount
    } else {
        line.amount.saturating_abs()
    };
    let cited = cited.unwrap_or_else(|| {
        let mut narrow = Narrow {
            books: scope.books,
            open: Some((&scope.open, paid)),
            of: &payer,
            cap: state.policy.max_shared_key,
            payer: false,
            amounts: false,
        };
        cite_with(line, &label, state.policy, &mut narrow)
    });
    Box::new(Case {
        line,
        label,
        payer,
        cited,
        paid,
        forwarding,
        iban,
        alias,
        refused: None,
        gate: None,
        held_until: None,
        twins: Vec::new(),
        together: Vec::new(),
        memo: RefCell::default(),
        possible: OnceCell::new(),
    })
}

fn cite_with(line: &Line, label: &Label, policy: &Policy, narrow: &mut Narrow) -> Cited {
    let books = narrow.books;
    let mut cited = cite(label, &books.index, policy, &mut |items| narrow.keep(items));
    add_own(line, books, &mut cited);
    cited
}

/// Sellers of whom the payer bears the name, when he is no debtor: he forwards what others paid.
fn forwarding(label: &Label, payer: &Payer, books: &Books, memory: &mut Memory) -> Ids {
    match label.payer.as_deref() {
        Some(name) if payer.clearly.is_empty() => searched(books, memory, name).sellers.clone(),
        _ => Ids::default(),
    }
}

/// The end-to-end id that we gave a collection ourselves: the id of the item it collects.
fn add_own(line: &Line, books: &Books, cited: &mut Cited) {
    let own = strip(line.end_to_end_id.unwrap_or(""));
    let length = own.chars().count();
    if length < rules().own_id {
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
