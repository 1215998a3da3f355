//! One wall that is decided again and again: it keeps its index and all that was decided, goes back to an
//! earlier day where something new reaches back, and on again (see `core/reconciliation/warm/fold.py`).

use std::collections::hash_map::DefaultHasher;
use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

use crate::ahead::{in_order, Crew};
use crate::arrow::Table;
use crate::case::Ready;
use crate::decision::{Candidate, Decision};
use crate::fold::{lean, order, Entry, Fold, Past, Turn};
use crate::journal::Change;
use crate::json::{write_float, write_text};
use crate::label;
use crate::lines::{Columns, Line};
use crate::map::Map;
use crate::model::{Day, Place, Policy};
use crate::output::Output;
use crate::piece::{books_of, policy_of};
use crate::ready::{made_ready, reopened};
use crate::replay::{day_of, Standing};
use crate::ruling::{Outcome, Share};
use crate::scope::Books;
use crate::sheet::{self, table};
use crate::wall::Wall;
use crate::words;

/// How long before the last day readings are kept: further back, lines are read again.
const KEPT_DAYS: Day = 35;
/// What parts the shares or groups of a cell, and what parts those.
const GROUP: char = '\u{1d}';
const PART: char = '\u{1c}';

/// What is lent out for as long as the wall lives, and freed after all that borrows it.
struct Lent<T>(*mut T);

impl<T> Lent<T> {
    fn new(value: T) -> Lent<T> {
        Lent(Box::into_raw(Box::new(value)))
    }

    fn get(&self) -> &'static T {
        // SAFETY: it is freed when this is dropped, and `WarmWall` drops it after all that borrows from it.
        unsafe { &*self.0 }
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        // SAFETY: `new` made it, and it is dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Lines that were handed over together. Each field borrows from the next.
struct Batch {
    _lines: Lent<Vec<Line<'static>>>,
    _columns: Lent<Columns<'static>>,
    _table: Lent<Table>,
}

/// A wall and what it borrows from; fields are dropped in this order.
pub struct WarmWall {
    fold: Fold<'static, 'static>,
    batches: Vec<Batch>,
    _books: Vec<Lent<Books<'static>>>,
    _policy: Lent<Policy>,
    _items: Vec<Lent<Table>>,
}

impl WarmWall {
    /// A wall without lines. Receivables, payables and accounts are sheets; see `sheet`.
    pub fn new(items: [&str; 2], accounts: &str, currency: &str, policy: &str) -> Result<WarmWall, String> {
        let accounts = table(accounts, &sheet::ACCOUNTS)?;
        let (mut tables, mut books) = (Vec::new(), Vec::new());
        for side in items {
            let items = Lent::new(table(side, &sheet::ITEMS)?);
            books.push(Lent::new(books_of(items.get(), &accounts, currency)?));
            tables.push(items);
        }
        let policy = Lent::new(policy_of(policy));
        let payables = (!books[1].get().index.items.is_empty()).then(|| books[1].get());
        let mut fold = Fold::new(Wall::new(books[0].get(), payables), policy.get(), Output::default());
        fold.past = Some(Box::default());
        Ok(WarmWall { fold, batches: Vec::new(), _books: books, _policy: policy, _items: tables })
    }

    /// Takes a sheet of lines. Their rows count from `first` on: after all others, or in the place of one that is
    /// other now and in no day.
    pub fn take(&mut self, lines: &str, first: usize) -> Result<(), String> {
        let table = Lent::new(table(lines, &sheet::LINES)?);
        let columns = Lent::new(Columns::new(table.get(), first as u32)?);
        let read = columns.get();
        let lines = Lent::new(read.rows().map(|row| read.line(row)).collect::<Vec<_>>());
        let past = past(&mut self.fold);
        for line in lines.get() {
            match past.rows.get_mut(line.row as usize) {
                Some(other) => {
                    past.readings.entry(day_of(other)).and_modify(|day| drop(day.remove(&line.row)));
                    *other = line;
                }
                None => past.rows.push(line),
            }
        }
        self.batches.push(Batch { _lines: lines, _columns: columns, _table: table });
        Ok(())
    }

    /// Takes what is known about lines besides them, in place of what was.
    pub fn note(&mut self, notes: &str) -> Result<(), String> {
        for (row, cells) in words::records(notes) {
            let row = number(&row)?;
            let note = Note::of(&cells, row, &self.fold.wall)?;
            let past = past(&mut self.fold);
            let copies = note.copies.iter().map(|&copy| past.rows[copy as usize]).collect();
            past.told.remove(&row);
            set(&mut past.standing, row, note.standing);
            set(&mut past.rejected, row, (!note.rejected.is_empty()).then_some(note.rejected));
            set(&mut past.declared, row, (!note.declared.is_empty()).then_some(note.declared));
            set(&mut past.copies, row, (!note.copies.is_empty()).then_some(copies));
        }
        Ok(())
    }

    /// Goes back to this day (None: to where the known days were over). Returns the last day that was left as it
    /// was.
    pub fn back(&mut self, since: Option<Day>) -> Option<Day> {
        self.fold.back(since);
        past(&mut self.fold).journal.reached()
    }

    /// Decides what the plan says; returns what is new or other than what was told before, as JSON.
    pub fn go_on(&mut self, plan: &str, crew: Crew) -> Result<String, String> {
        let given: HashMap<String, Vec<String>> = words::records(plan).collect();
        let cells = |key: &str| given.get(key).map_or(&[][..], Vec::as_slice);
        let rows =
            |key: &str| -> Result<Vec<u32>, String> { cells(key).iter().map(|one| number(one)).collect() };
        let until: Day = cells("until").first().map_or(Ok(1), |day| number(day))?;
        let (expected, lines) = (rows("expected")?, rows("lines")?);
        let known = past(&mut self.fold);
        known.own = cells("own").iter().cloned().collect();
        let lines: Vec<&'static Line> = lines.into_iter().map(|row| known.rows[row as usize]).collect();
        self.fold.expect_replays(&expected);
        for stretch in in_stretches(&lines, crew.worth()) {
            self.fold.read(stretch, crew);
            for day in stretch.chunk_by(|one, next| one.booking_date == next.booking_date) {
                self.fold.go_on(day);
            }
        }
        self.fold.end(until);
        Ok(self.fold.tell())
    }
}

/// Some whole days at a time, so many lines at least, which are read together: what was read of all would fill
/// memory.
fn in_stretches<'l>(
    mut lines: &'l [&'static Line<'static>],
    least: usize,
) -> impl Iterator<Item = &'l [&'static Line<'static>]> {
    std::iter::from_fn(move || {
        let last = lines.get(..least).unwrap_or(lines).last()?;
        let (stretch, left) = lines.split_at(lines.partition_point(|line| day_of(line) <= day_of(last)));
        lines = left;
        Some(stretch)
    })
}

fn past<'p, 'f>(fold: &'p mut Fold<'f, '_>) -> &'p mut Past<'f> {
    fold.past.as_mut().expect("a fold that goes on has a past")
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "a whole number is expected there".to_owned())
}

fn set<V>(map: &mut Map<u32, V>, row: u32, value: Option<V>) {
    match value {
        Some(value) => map.insert(row, value),
        None => map.remove(&row),
    };
}

/// What is known about a line besides it.
struct Note {
    standing: Option<Standing>,
    rejected: Vec<Vec<Place>>,
    declared: Vec<Box<str>>,
    copies: Vec<u32>,
}

impl Note {
    /// Cells: whether something stands, whether the engine decided it, its stage, tier, outcome, amounts allocated
    /// and not, the day on which its wait ended, the row it takes back, the payer's name, its shares; groups of
    /// items said no to, ids of items declared, rows of copies.
    fn of(cells: &[String], row: u32, wall: &Wall) -> Result<Note, String> {
        let [standing @ .., rejected, declared, copies] = cells else {
            return Err("too little is told of a line".to_owned());
        };
        let copies = parts(copies).map(number);
        Ok(Note {
            standing: standing_of(standing, row, wall)?,
            rejected: rejected_of(rejected, wall),
            declared: parts(declared).map(Box::from).collect(),
            copies: copies.collect::<Result<_, _>>()?,
        })
    }
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(PART).filter(|part| !part.is_empty())
}

fn standing_of(cells: &[String], row: u32, wall: &Wall) -> Result<Option<Standing>, String> {
    let [stands, by_engine, stage, tier, outcome, allocated, unallocated, held_until, returns, payer, shares] =
        cells
    else {
        return Err("eleven cells are expected of what stands".to_owned());
    };
    if stands.is_empty() {
        return Ok(None);
    }
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let shares = shares.split(GROUP).filter(|share| !share.is_empty()).map(|share| share_of(share, wall));
    Ok(Some(Standing {
        decision: Decision {
            row,
            outcome: match outcome.as_str() {
                "auto" => Outcome::Auto,
                "review" => Outcome::Review,
                _ => Outcome::None,
            },
            tier: number(tier)?,
            reason: "".into(),
            coincidence: 0.0,
            allocated: number(allocated)?,
            unallocated: number(unallocated)?,
            shares: shares.collect::<Result<_, _>>()?,
            candidates: Vec::new(),
            explanation: String::new(),
        },
        by_engine: !by_engine.is_empty(),
        stage: number(stage)?,
        held_until: given(held_until).map(|day| number(&day)).transpose()?,
        returns: given(returns).map(|row| number(&row)).transpose()?,
        payer: given(payer),
    }))
}

fn share_of(text: &str, wall: &Wall) -> Result<Share, String> {
    let [item, amount, gap] = text.split(PART).collect::<Vec<_>>()[..] else {
        return Err("a share has an item, an amount and a gap".to_owned());
    };
    let item = wall.position(item).ok_or("a decision that stands is of an item that is not held")?;
    Ok(Share { item, amount: number(amount)?, gap: number(gap)?, gap_reason: None })
}

/// Groups of items; one of which an item is not held is nobody's proposal.
fn rejected_of(cell: &str, wall: &Wall) -> Vec<Vec<Place>> {
    let groups = cell.split(GROUP).filter_map(|group| group.strip_prefix('='));
    groups.filter_map(|group| parts(group).map(|id| wall.position(id)).collect()).collect()
}

impl<'f> Fold<'f, '_> {
    fn back(&mut self, since: Option<Day>) {
        let (changes, waiting) = past(self).journal.back(since);
        for change in changes.into_iter().rev() {
            self.take_back_change(change);
        }
        let mut cases = Vec::new();
        for waits in waiting {
            if !past(self).standing.contains_key(&waits.line.row) {
                let ready = Box::new(self.reading(waits.line));
                let mut case = reopened(waits.line, ready, waits.payer.clone());
                case.declared = self.wall.of(&case).declared(self.past.as_deref(), waits.line);
                cases.push((waits, case));
            }
        }
        self.hold.restore(cases);
    }

    fn take_back_change(&mut self, change: Change<'f>) {
        match change {
            Change::Opened(n, open, day) => self.wall.reopen(n, open, day),
            Change::Learnt(row, before) => self.wall.unlearn(row, before),
            Change::Forgotten(lesson) => self.wall.learn_again(lesson),
            Change::Put(row, before) => {
                self.decided.remove(&row);
                self.decided.extend(before.map(|before| (row, before)));
                past(self).asked.insert(row);
            }
            Change::Offered(line) => self.originals.take_out(line),
            Change::Left(claim, row) => self.hold.take_back(&claim, row),
            Change::GivenBack(row) => self.originals.keep(row),
        }
    }

    /// What stands of these lines, and counts from a later day on, will be replayed then; its amounts are kept
    /// for it.
    fn expect_replays(&mut self, rows: &[u32]) {
        let reached = past(self).journal.reached();
        for &row in rows {
            let past = self.past.as_mut().expect("a fold that goes on has a past");
            // A return of an earlier day may have had it take effect before its time.
            let Some(standing) = past.standing.get(&row).filter(|_| !self.decided.contains_key(&row)) else {
                continue;
            };
            let line = past.rows[row as usize];
            let day = standing.effective_day(line);
            if reached.is_some_and(|reached| day <= reached) {
                continue;
            }
            self.wall.reserve(&standing.decision.shares);
            past.replays.entry(day).or_default().push(line);
        }
        for lines in past(self).replays.values_mut() {
            lines.sort_by_key(|line| order(line));
        }
    }

    /// Reads lines ahead, each once for each time that it is new or other.
    fn read(&mut self, lines: &[&'f Line<'f>], crew: Crew) {
        let (books, policy) = (self.wall.receivables.books, self.policy);
        let past = past(self);
        let last = past.journal.reached().unwrap_or(1);
        past.readings = past.readings.split_off(&(last - KEPT_DAYS));
        let is_read =
            |line: &Line| past.readings.get(&day_of(line)).is_some_and(|day| day.contains_key(&line.row));
        let fresh = lines.iter().filter(|line| !past.standing.contains_key(&line.row) && !is_read(line));
        let mut fresh: Vec<Line<'f>> = fresh.map(|line| (*line).clone()).collect();
        fresh.retain(|line| line.amount > 0);
        in_order(books, &fresh, policy, crew, |(block, ready)| {
            for (line, ready) in fresh[block].iter().zip(ready) {
                let Some(ready) = ready else { continue };
                past.readings.entry(day_of(line)).or_default().insert(line.row, *ready);
            }
        });
    }

    /// What was read of money in; reads it where it was not, or too long ago.
    fn reading(&mut self, line: &'f Line<'f>) -> Ready<'f> {
        let known = past(self).readings.get(&day_of(line)).and_then(|day| day.get(&line.row));
        known.cloned().unwrap_or_else(|| {
            let label = label::read(line, self.policy.max_text);
            let Wall { receivables, payables, .. } = &mut self.wall;
            let side = payables.as_mut().filter(|_| line.amount < 0).unwrap_or(receivables);
            *made_ready(line, label, side.books, self.policy, &mut side.memory)
        })
    }

    fn go_on(&mut self, lines: &[&'f Line<'f>]) {
        let day = day_of(lines[0]);
        self.pass(day);
        let turns: Vec<Turn<'f>> = lines
            .iter()
            .map(|&line| {
                let is_asked = line.amount > 0 && !past(self).standing.contains_key(&line.row);
                (line, is_asked.then(|| Box::new(self.reading(line))))
            })
            .collect();
        self.day(day, turns);
    }

    /// The known days are over, and the calendar has come to `until`.
    fn end(&mut self, until: Day) {
        self.pass(until + 1);
        let waiting = self.hold.as_is();
        past(self).journal.end(waiting);
        self.conclude_waiting();
        while let Some(&day) = past(self).replays.keys().next() {
            self.day(day, Vec::new());
        }
    }

    /// What was decided since the last time, as lines of JSON: the last day reached and whether a case waits, then
    /// each decision that is other than what was told of its line. What is decided again as it was before
    /// something took its place is told by its row alone.
    fn tell(&mut self) -> String {
        let past = self.past.as_mut().expect("a fold that goes on has a past");
        let mut out = String::from("[");
        match past.journal.reached() {
            Some(day) => write!(out, "{day}").expect("a string can be written to"),
            None => out.push_str("null"),
        }
        let _ = write!(out, ",{}]", past.journal.is_waiting());
        let mut one = String::new();
        for row in std::mem::take(&mut past.asked) {
            let Some(entry) = self.decided.get_mut(&row) else { continue };
            if let Some(standing) = past.made.remove(&row) {
                past.standing.insert(row, standing);
            }
            let told = entry.told.unwrap_or_else(|| {
                one.clear();
                write_decision(&entry.decision, &self.wall, &mut one);
                let mut hasher = DefaultHasher::new();
                one.hash(&mut hasher);
                hasher.finish()
            });
            if past.told.insert(row, told) == Some(told) {
                keep_lean(entry, told);
                continue;
            }
            out.push('\n');
            match entry.told {
                Some(_) => write!(out, "[{row}]").expect("a string can be written to"),
                None => out.push_str(&one),
            }
            keep_lean(entry, told);
        }
        past.made = Map::default();
        out
    }
}

fn keep_lean(entry: &mut Entry, told: u64) {
    if entry.told.is_none() {
        entry.decision = lean(&entry.decision);
        entry.told = Some(told);
    }
}

fn write_decision(decision: &Decision, wall: &Wall, out: &mut String) {
    let outcome = match decision.outcome {
        Outcome::Auto => "auto",
        Outcome::Review => "review",
        Outcome::None => "none",
    };
    let _ = write!(out, "[{},\"{outcome}\",\"T{}\",", decision.row, decision.tier);
    write_text(&decision.reason, out);
    out.push(',');
    write_float(decision.coincidence, out);
    let _ = write!(out, ",{},{},", decision.allocated, decision.unallocated);
    write_shares(&decision.shares, wall, out);
    out.push_str(",[");
    for (n, candidate) in decision.candidates.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_candidate(candidate, wall, out);
    }
    out.push_str("],");
    out.push_str(&decision.explanation);
    out.push(']');
}

fn write_candidate(candidate: &Candidate, wall: &Wall, out: &mut String) {
    let _ = write!(out, "[{},", candidate.rank);
    write_shares(&candidate.shares, wall, out);
    out.push(',');
    write_float(candidate.score, out);
    out.push(',');
    out.push_str(&candidate.why);
    out.push(']');
}

fn write_shares(shares: &[Share], wall: &Wall, out: &mut String) {
    out.push('[');
    for (n, share) in shares.iter().enumerate() {
        out.push_str(if n > 0 { ",[" } else { "[" });
        write_text(wall.item(share.item).id, out);
        let _ = write!(out, ",{},{},", share.amount, share.gap);
        match share.gap_reason {
            Some(reason) => write_text(reason, out),
            None => out.push_str("null"),
        }
        out.push(']');
    }
    out.push(']');
}
