//! The return path: money taken back finds its original and reopens exactly what that had closed (see
//! `core/reconciliation/returns.py`).

use crate::decision::{ranked, settle_nothing, Decision, Rejected};
use crate::json::Json;
use crate::lines::Line;
use crate::map::{Map, Set};
use crate::model::{Day, Policy};
use crate::receipt::{ids_of, is_marked_return, opening, quoted, same_payer, Id, Quoted};
use crate::ruling::{Outcome, Proposal, Share, Why};
use crate::words;

/// The credits of a wall that any of its debits may take back: others need not be remembered.
#[derive(Default)]
pub struct Returnable<'a> {
    /// When the last return comes, by the account and the amount of what it may take back; and these amounts.
    last: Map<(&'a str, i64), Option<Day>>,
    amounts: Set<i64>,
    named: Set<Id<'a>>,
}

impl<'a> Returnable<'a> {
    /// `amounts` are those of the credits.
    pub fn new(lines: &'a [Line<'a>], amounts: &Set<i64>) -> Returnable<'a> {
        let of_credit = |debit: &&Line| amounts.contains(&debit.amount.saturating_neg());
        let debits = lines.iter().filter(|line| line.amount < 0);
        let debits: Vec<&Line> = debits.filter(of_credit).collect();
        let told: Set<Id> = debits.iter().flat_map(|debit| ids_of(debit)).collect();
        let mut named = Set::default();
        if !told.is_empty() {
            let credits = lines.iter().filter(|line| line.amount > 0);
            named.extend(credits.flat_map(ids_of).filter(|id| told.contains(id)));
        }
        let (mut last, mut amounts) = (Map::default(), Set::default());
        for debit in debits {
            if is_any(debit, &named) || is_marked_return(debit, opening(debit).as_deref()) {
                let amount = debit.amount.saturating_neg();
                let until = last.entry((debit.account_id(), amount));
                let until = until.or_insert(debit.booking_date);
                *until = debit.booking_date.max(*until);
                amounts.insert(amount);
            }
        }
        Returnable { last, amounts, named }
    }

    /// Whether a debit may take this credit back.
    pub fn has(&self, credit: &Line<'a>) -> bool {
        let last = || self.last.get(&(credit.account_id(), credit.amount));
        self.amounts.contains(&credit.amount) && last().is_some_and(|&last| credit.booking_date <= last)
            || is_any(credit, &self.named)
    }
}

fn is_any(line: &Line, named: &Set<Id>) -> bool {
    !named.is_empty() && ids_of(line).any(|id| named.contains(&id))
}

/// Booked lines seen so far, findable by identifier and by amount.
pub struct Originals<'a> {
    window: i64,
    by_id: Map<Id<'a>, Vec<&'a Line<'a>>>,
    by_amount: Map<(&'a str, i64), Vec<&'a Line<'a>>>,
    returned: Set<u32>,
    /// Of lines that have them: on which other account, under which other identifiers and with which payer the
    /// same money was seen.
    copies: Map<u32, Vec<&'a Line<'a>>>,
}

impl<'a> Originals<'a> {
    pub fn new(window_days: i64) -> Originals<'a> {
        Originals {
            window: window_days,
            by_id: Map::default(),
            by_amount: Map::default(),
            returned: Set::default(),
            copies: Map::default(),
        }
    }

    /// Remembers a line, and its copies.
    pub fn add(&mut self, line: &'a Line<'a>, copies: Vec<&'a Line<'a>>) {
        if !copies.is_empty() {
            self.copies.insert(line.row, copies);
        }
        for account in self.accounts_of(line) {
            self.by_amount.entry((account, line.amount)).or_default().push(line);
        }
        for id in self.all_ids_of(line) {
            self.by_id.entry(id).or_default().push(line);
        }
    }

    /// Takes back `add`; lines are taken out in the reverse order in which they were added.
    pub fn take_out(&mut self, line: &'a Line<'a>) {
        for id in self.all_ids_of(line) {
            self.by_id.get_mut(&id).and_then(Vec::pop);
        }
        for account in self.accounts_of(line) {
            self.by_amount.get_mut(&(account, line.amount)).and_then(Vec::pop);
        }
        self.copies.remove(&line.row);
    }

    /// The line and its copies.
    fn faces(&self, line: &'a Line<'a>) -> impl Iterator<Item = &'a Line<'a>> + '_ {
        std::iter::once(line).chain(self.copies.get(&line.row).into_iter().flatten().copied())
    }

    /// The accounts on which the money was seen, each once.
    fn accounts_of(&self, line: &'a Line<'a>) -> Vec<&'a str> {
        once_each(self.faces(line).map(|face| face.account_id()))
    }

    fn all_ids_of(&self, line: &'a Line<'a>) -> Vec<Id<'a>> {
        once_each(self.faces(line).flat_map(ids_of))
    }

    fn is_here(&self, original: &'a Line<'a>, line: &Line) -> bool {
        self.faces(original).any(|face| face.account_id() == line.account_id())
    }

    /// Takes `give_back` back.
    pub fn keep(&mut self, row: u32) {
        self.returned.remove(&row);
    }

    /// From here on the line has been returned and is no original of another return.
    pub fn give_back(&mut self, row: u32) {
        self.returned.insert(row);
    }

    /// Whether the line was given back.
    pub fn is_returned(&self, row: u32) -> bool {
        self.returned.contains(&row)
    }

    /// Earlier lines of opposite amount that share an identifier, those of the same account first.
    pub fn named_by(&self, line: &Line<'a>) -> Vec<&'a Line<'a>> {
        let mut seen = Set::default();
        let sharing = ids_of(line).filter_map(|id| self.by_id.get(&id)).flatten().copied();
        let fitting = sharing.filter(|one| self.fits(one, line) && seen.insert(one.row));
        let (here, elsewhere): (Vec<_>, Vec<_>) = fitting.partition(|one| self.is_here(one, line));
        if here.is_empty() {
            elsewhere
        } else {
            here
        }
    }

    /// Earlier lines of opposite amount on the same account.
    pub fn alike(&self, line: &Line<'a>) -> Vec<&'a Line<'a>> {
        let opposite =
            line.amount.checked_neg().and_then(|amount| self.by_amount.get(&(line.account_id(), amount)));
        opposite.into_iter().flatten().copied().filter(|one| self.fits(one, line)).collect()
    }

    fn fits(&self, original: &Line, line: &Line) -> bool {
        if original.amount.checked_neg() != Some(line.amount) || self.is_returned(original.row) {
            return false;
        }
        match (original.booking_date, line.booking_date) {
            (Some(first), Some(then)) => (0..=self.window).contains(&(i64::from(then) - i64::from(first))),
            _ => false,
        }
    }

    /// The original if it is certain, and everything it might be.
    pub fn of(&self, line: &Line<'a>) -> (Option<&'a Line<'a>>, Vec<&'a Line<'a>>) {
        let only = |lines: &[&'a Line<'a>]| if let [one] = lines { Some(*one) } else { None };
        let named = self.named_by(line);
        if !named.is_empty() {
            return (only(&named), named);
        }
        let similar = self.alike(line);
        let mut mine: Vec<_> = similar
            .iter()
            .copied()
            .filter(|one| self.faces(one).any(|face| same_payer(face, line)))
            .collect();
        if mine.is_empty() && similar.len() <= words::whole("returns.MOST_READ") {
            mine = self.repeated(line, &similar);
        }
        (only(&mine), if mine.is_empty() { similar } else { mine })
    }

    /// Those whose text the return repeats; else those whose payer it names, if all of them name one.
    fn repeated(&self, line: &Line, similar: &[&'a Line<'a>]) -> Vec<&'a Line<'a>> {
        let most = |one: &&'a Line<'a>| self.faces(one).map(|face| quoted(line, face)).max();
        let levels: Vec<Quoted> = similar.iter().map(|one| most(one).unwrap_or(Quoted::Nothing)).collect();
        let level = if levels.contains(&Quoted::All) { Quoted::All } else { Quoted::Name };
        if level == Quoted::Name && levels.contains(&Quoted::Nameless) {
            return Vec::new();
        }
        let same = similar.iter().zip(levels).filter(|&(_, own)| own == level);
        same.map(|(&one, _)| one).collect()
    }
}

fn once_each<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// The decision about a returned payment. `closed` tells what was decided about an earlier line, by its row.
pub fn take_back<'d>(
    line: &Line,
    original: Option<&Line>,
    possible: &[&Line],
    closed: impl Fn(u32) -> Option<&'d Decision>,
    policy: &Policy,
    rejected: &Rejected,
) -> Decision {
    let reason = ("return_reason", line.return_reason().map_or(Json::Null, Json::from));
    let Some(original) = original else {
        let listed: usize = words::whole("decision.LISTED");
        let latest = &possible[possible.len().saturating_sub(listed)..];
        let proposals: Vec<_> =
            latest.iter().filter_map(|one| proposal(line, one, closed(one.row))).collect();
        let mut originals: Vec<&str> = possible.iter().map(|one| one.id()).collect();
        originals.sort_unstable();
        originals.truncate(listed);
        let originals = Json::List(originals.into_iter().map(Json::from).collect());
        let code = if possible.is_empty() { "return_without_original" } else { "return_ambiguous" };
        return settle_nothing(
            line,
            code,
            policy,
            vec![],
            ranked(proposals, 0, rejected),
            vec![("originals", originals), reason],
        );
    };
    let told = vec![reason, ("returns", Json::from(original.id()))];
    match closed(original.row).filter(|decided| is_settled(decided)) {
        None => settle_nothing(line, "return_of_unallocated", policy, vec![], vec![], told),
        Some(decided) => {
            let decision = settle_nothing(line, "return", policy, opposite(decided), vec![], told);
            let allocated = decided.allocated.saturating_neg();
            Decision { allocated, unallocated: line.amount.saturating_sub(allocated), ..decision }
        }
    }
}

fn is_settled(decided: &Decision) -> bool {
    !decided.shares.is_empty() && decided.outcome == Outcome::Auto
}

fn opposite(decided: &Decision) -> Vec<Share> {
    let shares = decided.shares.iter();
    shares.map(|share| Share::new(share.item, share.amount.saturating_neg())).collect()
}

/// What it would reopen if this were the original: the same payer first, then the latest.
fn proposal(line: &Line, original: &Line, decided: Option<&Decision>) -> Option<Proposal> {
    let decided = decided.filter(|decided| is_settled(decided))?;
    let days = i64::from(line.booking_date?) - i64::from(original.booking_date?);
    let base = if same_payer(line, original) { 0.9 } else { 0.5 };
    let why = vec![
        ("because", Json::from("takes this payment back")),
        ("returns", Json::from(original.id())),
        ("days", Json::Int(days)),
    ];
    Some(Proposal {
        shares: opposite(decided),
        score: base / (1.0 + days as f64 / 30.0),
        why: Why::Told(why),
    })
}
