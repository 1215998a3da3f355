//! One line read against its scope (see `core/reconciliation/case.py`), and what was found out about it (see
//! `memory.py`).

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::OnceLock;

use crate::cite::{Citation, Cited};
use crate::index::{Index, FULL, LONG_DIGITS};
use crate::label::Label;
use crate::lines::Line;
use crate::map::Set;
use crate::model::{Currency, Day, Ids, Item, Place, Policy};
use crate::names::Named;
use crate::payer::{holds, Payer};
use crate::ruling::{Gate, Ruling};
use crate::scope::Scope;
use crate::spelling::normalise;
use crate::{tiers, words};

struct Rules {
    few_sellers: usize,
    many_digits: usize,
    sparse: u64,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        few_sellers: words::whole("case.FEW_SELLERS"),
        many_digits: words::whole("case.MANY_DIGITS"),
        sparse: words::whole("case.SPARSE"),
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
        self.scope.open(n)
    }

    pub fn currency(&self) -> &'s Currency {
        &self.scope.books.currency
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

/// What can be said of a line before its turn, in any thread: who pays as far as was known beforehand, and
/// what is cited, unless open amounts count for that.
#[derive(Clone, Default)]
pub struct Ready<'a> {
    pub label: Label,
    pub cited: Cited,
    pub payer: Payer,
    /// The same, as far as names tell.
    pub named: Named,
    /// The payer's normal IBAN.
    pub iban: Option<Cow<'a, str>>,
    /// Whether open amounts count for what is cited: it is told when its turn comes.
    pub waits: bool,
    /// Whether who pays was looked at to tell what is cited.
    pub narrowed: bool,
    /// Why the line is no receipt, as far as its words say.
    pub reason: Option<&'static str>,
    /// Whether the bank says that the line takes an earlier one back.
    pub is_return: bool,
}

/// A line, its payer and its citations. `paid` is the amount without its sign, or below zero when the line
/// may refund credit notes.
pub struct Case<'a> {
    pub line: &'a Line<'a>,
    pub ready: Box<Ready<'a>>,
    pub paid: i64,
    pub refused: Option<(&'static str, Ruling)>,
    pub gate: Option<Gate>,
    pub held_until: Option<Day>,
    /// Rows of other lines that cite nothing either, of the same payer and amount.
    pub twins: Vec<u32>,
    /// Items that an accounting tool says it pays.
    pub declared: Vec<Place>,
    /// Ids of lines it was decided together with.
    pub together: Vec<&'a str>,
    pub memo: RefCell<Memo>,
    pub(crate) possible: OnceCell<Option<Possible>>,
    pub(crate) told: OnceCell<Told>,
    pub(crate) forwarding: OnceCell<Ids>,
}

/// Numbers of known words: of the text and the payer's name, in order; and of the name if it is clearly a
/// debtor's.
pub(crate) struct Told {
    all: Vec<u32>,
    besides: Vec<u32>,
}

/// A case: it is large, and stays where it is. What each tier asks first is at hand.
pub struct Boxed<'a> {
    case: Box<Case<'a>>,
    /// The tiers that may say something of the line (see `tiers::of`).
    pub tiers: u16,
    /// Whether a tier may still decide the line.
    pub is_undecided: bool,
}

impl<'a> From<Case<'a>> for Boxed<'a> {
    fn from(case: Case<'a>) -> Boxed<'a> {
        Boxed { tiers: tiers::of(&case), is_undecided: case.may_be_decided(), case: Box::new(case) }
    }
}

impl<'a> Deref for Boxed<'a> {
    type Target = Case<'a>;

    fn deref(&self) -> &Case<'a> {
        &self.case
    }
}

impl DerefMut for Boxed<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.case
    }
}

/// What was read of the line is the case's own.
impl<'a> Deref for Case<'a> {
    type Target = Ready<'a>;

    fn deref(&self) -> &Ready<'a> {
        &self.ready
    }
}

/// By citation the items that it may mean, whatever is open of them; None: those that it names.
pub(crate) type Possible = Vec<Option<Vec<Place>>>;

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
    pub ends: Option<(u64, Rc<Vec<Vec<Place>>>)>,
}

/// What the payer may be paying: his open items by that day, and the groups of them that make the amount (two
/// at most). `cap` names the bound that ended the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owed {
    pub pool: Vec<Place>,
    pub found: Vec<Vec<Place>>,
    pub cap: Option<&'static str>,
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

    /// The payer's grade for item `n`; an accounting tool that declares the match lifts 0 to 1, and so does a
    /// seller who may forward what his debtors paid him. Who is named in the text, whoever pays for him, is likely.
    pub fn grade(&self, state: &State, n: Place) -> i8 {
        let (seller, debtor) = state.index().parties(n);
        let grade = self.payer.grade(debtor);
        if grade > 0 {
            return grade;
        }
        if self.names(state, debtor) {
            return 1;
        }
        if grade < 0 {
            return grade;
        }
        let forwarded = || state.policy.indirect_collection && holds(self.forwarding(state), seller);
        i8::from(self.declared.contains(&n) || forwarded())
    }

    /// Sellers of whom the payer bears the name, when he is no debtor: he forwards what others paid.
    pub fn forwarding(&self, state: &State) -> &Ids {
        self.forwarding.get_or_init(|| match self.label.payer.as_deref() {
            Some(name) if self.payer.clearly.is_empty() => {
                state.scope.books.sellers.surely(&normalise(name), name)
            }
            _ => Ids::default(),
        })
    }

    /// Whether all words of one of the debtor's names stand in the text, and not in the name of a debtor who
    /// clearly pays.
    fn names(&self, state: &State, debtor: u32) -> bool {
        let told = self.told(state);
        state.scope.books.debtors.is_named(debtor, &told.all, &told.besides)
    }

    /// Whether all words but one of one of the debtor's names stand there, a rare one among them.
    pub fn nearly_names(&self, state: &State, debtor: u32) -> bool {
        state.scope.books.debtors.is_nearly_named(debtor, &self.told(state).all)
    }

    /// What those owe at exactly the amount paid of whose names a rare word stands there, in order.
    pub fn of_partly_named(&self, state: &State) -> Vec<Place> {
        let (scope, few) = (state.scope, state.policy.max_shared_key);
        if !scope.is_held(self.paid) {
            return Vec::new();
        }
        let named = scope.books.debtors.sharing(&self.told(state).all);
        let mut found: Vec<Place> =
            named.iter().flat_map(|&debtor| scope.owed_at(debtor, self.paid, few)).copied().collect();
        found.sort_unstable();
        found
    }

    fn told(&self, state: &State) -> &Told {
        let debtors = &state.scope.books.debtors;
        self.told.get_or_init(|| {
            let payer = match (&self.named.alias, &self.label.payer) {
                (Some(words), _) => debtors.numbers_of(words),
                (None, Some(name)) => debtors.numbers_of(&normalise(name).words),
                (None, None) => Vec::new(),
            };
            let all = debtors.numbers_in(&self.label.folded, &payer);
            let besides = if self.payer.clearly.is_empty() { Vec::new() } else { payer };
            Told { all, besides }
        })
    }

    /// Whether the whole number is cited, and its form is not everybody's.
    pub fn is_telling(&self, state: &State, citation: &Citation) -> bool {
        is_whole(citation) && citation.items.iter().all(|&n| is_own_form(state.index(), n))
    }

    /// Not dated (much) later than the line: numbers start anew each year.
    pub fn is_issued(&self, state: &State, n: Place) -> bool {
        match (state.index().issued(n), self.line.booking_date) {
            (Some(issued), Some(booked)) => i64::from(issued) - i64::from(booked) <= state.policy.early_days,
            _ => true,
        }
    }

    /// Of these items, those that were issued when the line was booked: what comes later, nobody pays.
    pub fn there(&self, state: &State, items: &[Place]) -> Vec<Place> {
        items.iter().copied().filter(|&n| self.is_issued(state, n)).collect()
    }

    /// Of items that share a key, those that were issued when the line was booked; all when none was.
    fn issued(&self, state: &State, mut items: Vec<Place>) -> Vec<Place> {
        if items.iter().any(|&n| self.is_issued(state, n)) {
            items.retain(|&n| self.is_issued(state, n));
        }
        items
    }

    /// Of items that share a number, those of the payer; all when he is none of their debtors.
    fn narrowed(&self, state: &State, mut items: Vec<Place>) -> Vec<Place> {
        let grades: Vec<i8> = items.iter().map(|&n| self.grade(state, n)).collect();
        if let Some(best) = grades.iter().max().filter(|&&best| best >= 1) {
            let mut grades = grades.iter();
            items.retain(|_| grades.next() == Some(best));
        }
        items
    }

    /// Citations resolved: by the payer, then by being open, then (one number only, however often it is cited)
    /// by the amount.
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
        let citations = &self.cited.citations;
        let one = citations.iter().all(|citation| citation.items == citations[0].items);
        for (at, citation) in self.cited.citations.iter().enumerate() {
            let mut items = self.meant(state, at, citation);
            if items.len() > 1 && one {
                let mut exact = items.iter().copied().filter(|&n| state.open(n) == self.paid);
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
        let billed = |n: Place| state.index().amount(n).unsigned_abs();
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
            let possible = citations
                .iter()
                .map(|citation| (!few(&citation.items)).then(|| self.standing(state, &citation.items)));
            Some(possible.collect())
        });
        found.as_ref()
    }

    /// Of items that share a number, what stands for them, as far as it may be meant: by its date and by the
    /// payer.
    fn standing(&self, state: &State, items: &[Place]) -> Vec<Place> {
        let mut standing: Vec<Place> = items.iter().map(|&n| standing_for(state, n)).collect();
        if !standing.is_sorted_by(|one, next| one < next) {
            let mut seen = Set::default();
            standing.retain(|&n| seen.insert(n));
        }
        if standing.len() <= 1 {
            return standing;
        }
        self.narrowed(state, self.issued(state, standing))
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
    pub fn for_good<T: Copy>(&self, place: fn(&mut Known) -> &mut Option<T>, find: impl FnOnce() -> T) -> T {
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
