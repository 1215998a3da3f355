//! The fold over booking days of one wall (see `core/reconciliation/fold.py` and `wall.py`).
//!
//! Over files nothing was decided before, and what nothing can change any more is handed on at once. A fold
//! that goes on has a `Past` (see `warm`): decisions that stand are replayed, people may have said no, and all
//! that it changes is noted. No line is a copy of another.

use std::collections::{BTreeMap, BTreeSet};

use crate::ahead::{in_order, Block, Crew, Read};
use crate::case::{Boxed, Case, Ready, State};
use crate::decision::{decide, is_rejected, settle_nothing, Decision, Rejected};
use crate::hold::{claim_of, mark_twins, part_of, Claim, Hold};
use crate::index::FULL;
use crate::joint::{joint, Joined};
use crate::journal::{Change, Journal};
use crate::json::Json;
use crate::label;
use crate::lines::Line;
use crate::map::{Map, Set};
use crate::model::{Day, Place, Policy};

use crate::output::Output;
use crate::ready::{made_ready, opened};
use crate::receipt::{contra_entries, is_marked_return, no_receipt_by_kind, not_booked, opening};
use crate::replay::{point, stage_of_tier, Replay, Stage, Standing, JOINT, PEOPLE, RETURNS};
use crate::returns::{take_back, Originals, Returnable};
use crate::review::{fall_back, on_hold, refused};
use crate::ruling::{Answer, Outcome, Ruling};
use crate::scope::Books;
use crate::tiers::{FIRST_SILENT, TIERS};
use crate::wall::{Side, Wall, Who};

/// The tier of what pays nothing.
const NOTHING: u8 = 10;

/// A line of the day, with what was read of it.
pub type Turn<'f> = (&'f Line<'f>, Read<'f>);

type Cases<'f> = Vec<Boxed<'f>>;

/// Decides all lines of one tenant in one currency. `until` is the last booking day of the tenant.
pub fn decide_wall<'t>(
    books: &Books<'t>,
    mut lines: Vec<Line<'t>>,
    policy: &Policy,
    until: Day,
    crew: Crew,
    output: &mut Output<'t>,
) {
    let turn = |line: &Line<'t>| (line.booking_date, order(line));
    if !lines.is_sorted_by_key(turn) {
        lines.sort_by_cached_key(turn);
    }
    let mut fold = Fold::new(Wall::new(books, None), policy, std::mem::take(output));
    fold.expect(&lines);
    in_order(books, &lines, policy, crew, |block| fold.block(&lines, block));
    *output = fold.finish(until);
}

/// A line's place within its day: by booking time if it is known, then by id.
pub type Order<'l> = (bool, Option<i64>, &'l str);

pub fn order<'l>(line: &Line<'l>) -> Order<'l> {
    let at = line.booked_at();
    (at.is_none(), at, line.id())
}

/// What was decided about a line. `told` is what it was handed over as; from then on it is kept without what
/// is told of it.
#[derive(Clone)]
pub struct Entry<'f> {
    pub line: &'f Line<'f>,
    pub decision: Decision,
    pub by_engine: bool,
    pub told: Option<u64>,
}

/// Of a decision of the engine, what its replay needs besides.
#[derive(Clone, Copy, Default)]
struct Made<'m> {
    stage: Stage,
    payer: Option<&'m str>,
    held_until: Option<Day>,
    returns: Option<u32>,
}

/// What a fold that goes on knows besides.
#[derive(Default)]
pub struct Past<'f> {
    /// Every line, by row.
    pub rows: Vec<&'f Line<'f>>,
    pub standing: Map<u32, Standing>,
    pub rejected: Map<u32, Vec<Vec<Place>>>,
    /// Ids of items that a tool says a line pays.
    pub declared: Map<u32, Vec<Box<str>>>,
    /// Lines of other sources for the same money.
    pub copies: Map<u32, Vec<&'f Line<'f>>>,
    /// Normal IBANs of the accounts on which lines were booked.
    pub own: Set<String>,
    pub journal: Journal<'f>,
    /// Lines whose standing decision is still to take effect, by the day on which it will.
    pub replays: BTreeMap<Day, Vec<&'f Line<'f>>>,
    pub replay: Replay<'f>,
    /// What was decided since the last time, and of that what stands from now on.
    pub asked: BTreeSet<u32>,
    pub made: Map<u32, Standing>,
    /// What was read of lines, by day, for days that may be folded again.
    pub readings: BTreeMap<Day, Map<u32, Ready<'f>>>,
    /// What each decision was handed over as.
    pub told: Map<u32, u64>,
}

pub struct Fold<'f, 't> {
    pub wall: Wall<'f, 't>,
    pub policy: &'f Policy,
    output: Output<'t>,
    /// Amounts of credits: over files a debit can only be a return, or be taken back itself, where its own is
    /// among them.
    credits: Set<i64>,
    returnable: Returnable<'f>,
    pub originals: Originals<'f>,
    /// Decisions that a return may still change; of a fold that goes on, all.
    pub decided: Map<u32, Entry<'f>>,
    pub hold: Hold<'f>,
    /// Of a fold that goes on.
    pub past: Option<Box<Past<'f>>>,
}

impl<'f, 't> Fold<'f, 't> {
    pub fn new(wall: Wall<'f, 't>, policy: &'f Policy, output: Output<'t>) -> Fold<'f, 't> {
        Fold {
            wall,
            policy,
            output,
            returnable: Returnable::default(),
            credits: Set::default(),
            originals: Originals::new(policy.return_window_days),
            decided: Map::default(),
            hold: Hold::new(policy),
            past: None,
        }
    }

    /// There will be these lines and no others.
    fn expect(&mut self, lines: &'f [Line<'f>]) {
        self.credits = lines.iter().map(|line| line.amount).filter(|&n| n > 0).collect();
        self.returnable = Returnable::new(lines, &self.credits);
    }

    /// Whole days of `lines`, each with what was read of it.
    fn block(&mut self, lines: &'f [Line<'f>], (block, ready): Block<'f>) {
        let mut day: Vec<Turn<'f>> = Vec::new();
        for (line, ready) in lines[block].iter().zip(ready) {
            if let Some(reason) = not_booked(line) {
                self.settle(line, reason, Vec::new());
                continue;
            }
            if day.first().is_some_and(|(first, _)| first.booking_date != line.booking_date) {
                let lines = std::mem::take(&mut day);
                self.days_up_to(lines);
            }
            day.push((line, ready));
        }
        if !day.is_empty() {
            self.days_up_to(day);
        }
    }

    fn days_up_to(&mut self, lines: Vec<Turn<'f>>) {
        let day = lines[0].0.booking_date.expect("only booked lines have a day");
        self.pass(day);
        self.day(day, lines);
    }

    /// Days without lines before `day`, on which waits end.
    pub fn pass(&mut self, day: Day) {
        let mut ends: BTreeSet<Day> = self.hold.days().into_iter().collect();
        if let Some(past) = &self.past {
            ends.extend(past.replays.keys());
        }
        for end in ends.into_iter().filter(|&end| end < day) {
            self.day(end, Vec::new());
        }
    }

    /// What still waits when there are no more lines.
    pub fn conclude_waiting(&mut self) {
        for mut case in self.hold.end() {
            let state = self.state(&case);
            let ruling = on_hold(&mut case, &state);
            self.conclude(case, ruling, RETURNS);
        }
    }

    fn finish(mut self, until: Day) -> Output<'t> {
        self.pass(until + 1);
        self.conclude_waiting();
        for entry in self.decided.into_values() {
            self.output.add(&entry.decision, entry.line, &self.wall.receivables.books.index.items);
        }
        self.output
    }

    fn state(&self, case: &Case) -> State<'_> {
        self.wall.state(case, self.policy)
    }

    pub fn day(&mut self, day: Day, mut lines: Vec<Turn<'f>>) {
        self.begin(day);
        let cancelled = self.cancelled(&lines);
        for (line, _) in &lines {
            if !cancelled.contains_key(&line.row) && self.may_be_taken_back(line) {
                let copies = self.past.as_ref().and_then(|past| past.copies.get(&line.row)).cloned();
                self.originals.add(line, copies.unwrap_or_default());
                self.note(|| Change::Offered(line));
            }
        }
        if let Some(past) = &self.past {
            lines.retain(|(line, _)| !past.standing.contains_key(&line.row));
        }
        self.stand_through(PEOPLE);
        let (mut cases, returns) = self.sorted_out(lines, &cancelled);
        for n in 0..TIERS.len() {
            if n == FIRST_SILENT {
                cases = self.join(cases);
                cases = self.wait(day, cases);
            }
            cases = self.ask(n, cases);
        }
        for case in cases {
            let state = self.state(&case);
            let ruling =
                if case.refused.is_some() { refused(&case, &state) } else { fall_back(&case, &state) };
            self.conclude(case, ruling, RETURNS);
        }
        for line in returns {
            self.stand_before(RETURNS, line);
            self.take_back(line);
        }
        self.stand_through(RETURNS);
        self.learn();
    }

    /// The day begins, and what stands of it is to be replayed.
    fn begin(&mut self, day: Day) {
        if let Some(past) = &mut self.past {
            past.journal.begin(day, self.hold.as_is());
            let lines = past.replays.remove(&day).unwrap_or_default();
            past.replay = Replay::new(lines.into_iter().map(|line| (past.standing[&line.row].stage, line)));
        }
    }

    /// Notes what takes a change back, in a fold that may have to.
    fn note(&mut self, change: impl FnOnce() -> Change<'f>) {
        if let Some(past) = &mut self.past {
            past.journal.note(change());
        }
    }

    /// The standing decisions made before this line had its turn at this stage take effect.
    fn stand_before(&mut self, stage: Stage, line: &Line<'f>) {
        while let Some(next) = self.past.as_mut().and_then(|past| past.replay.before(stage, line)) {
            self.stand(next);
        }
    }

    /// Those of this stage, and those before it.
    fn stand_through(&mut self, stage: Stage) {
        while let Some(next) = self.past.as_mut().and_then(|past| past.replay.through(stage)) {
            self.stand(next);
        }
    }

    /// The standing decision about this line takes effect, unless it did already; a return never before what it
    /// takes back, even if that waited longer.
    fn stand(&mut self, line: &'f Line<'f>) {
        let Some(past) = self.past.as_mut().filter(|_| !self.decided.contains_key(&line.row)) else {
            return;
        };
        let standing = past.standing[&line.row].clone();
        let Standing { decision, by_engine, payer, .. } = standing;
        let returned = standing.returns.filter(|_| !decision.shares.is_empty());
        if let Some(earlier) = returned.filter(|row| past.standing.contains_key(row)) {
            let earlier = past.rows[earlier as usize];
            self.stand(earlier);
        }
        self.wall.free(&decision.shares);
        self.apply(&decision, line, Who::Told(payer.as_deref()), by_engine);
        self.enter(Entry { line, decision, by_engine, told: None });
        if let Some(past) = &mut self.past {
            past.asked.remove(&line.row);
        }
        if let Some(returned) = returned {
            self.undo(returned);
        }
    }

    fn is_standing(&self, row: u32) -> bool {
        self.past.as_ref().is_some_and(|past| past.standing.contains_key(&row))
    }

    /// Groups of items that a person said no to for a line.
    fn rejected(&self, row: u32) -> &Rejected {
        let rejected = self.past.as_ref().and_then(|past| past.rejected.get(&row));
        rejected.map_or(&[], Vec::as_slice)
    }

    /// Cases that may be held wait from now on, and those whose wait is over are asked.
    fn wait(&mut self, day: Day, cases: Cases<'f>) -> Cases<'f> {
        let (wall, policy) = (&self.wall, self.policy);
        let state = |case: &Case| wall.state(case, policy);
        let mut asked = self.hold.over(day);
        asked.extend(self.hold.take(cases, state));
        mark_twins(asked.iter_mut().chain(self.hold.waiting()), state);
        for case in &mut asked {
            let is_returned = |row| self.originals.is_returned(row);
            let left = self.hold.left(case, &state(case), is_returned);
            case.twins.extend(left);
        }
        asked
    }

    /// Whether a line of the wall may take this one back; only then what was decided about it is remembered.
    fn may_be_taken_back(&self, line: &Line<'f>) -> bool {
        if self.past.is_some() {
            true
        } else if line.amount > 0 {
            self.returnable.has(line)
        } else {
            self.has_opposite(line)
        }
    }

    /// Whether the wall has a credit of this debit's amount.
    fn has_opposite(&self, debit: &Line) -> bool {
        self.past.is_some() || self.credits.contains(&debit.amount.saturating_neg())
    }

    /// Lines that a correction of the bank cancels, both ways, by row; one that stands is not cancelled, but may
    /// make it uncertain which is meant.
    fn cancelled(&self, lines: &[Turn<'f>]) -> Map<u32, &'f Line<'f>> {
        let lines = || lines.iter().map(|(line, _)| *line);
        let debits: Set<i64> = lines().map(|line| line.amount).filter(|&n| n < 0).collect();
        if debits.is_empty() {
            return Map::default();
        }
        let opposite = |line: &&Line| debits.contains(&line.amount.saturating_neg());
        let possible: Vec<&'f Line<'f>> = lines().filter(|line| line.amount < 0 || opposite(line)).collect();
        let mut pairs = contra_entries(&possible);
        pairs.retain(|&row, partner| !self.is_standing(row) && !self.is_standing(partner.row));
        pairs
    }

    /// Lines that may pay something, as cases; returns, for the end of the day; T0 is decided here.
    fn sorted_out(
        &mut self,
        lines: Vec<Turn<'f>>,
        cancelled: &Map<u32, &'f Line<'f>>,
    ) -> (Cases<'f>, Vec<&'f Line<'f>>) {
        let (mut cases, mut returns) = (Vec::new(), Vec::new());
        for (line, ready) in lines {
            if let Some(partner) = cancelled.get(&line.row) {
                self.settle(line, "contra_entry", vec![("cancels", Json::from(partner.id()))]);
            } else if is_return(line, ready.as_deref()) || self.takes_back(line) {
                returns.push(line);
            } else if let Some(case) = self.case(line, ready) {
                cases.push(case);
            }
        }
        (cases, returns)
    }

    fn takes_back(&self, line: &Line<'f>) -> bool {
        line.amount < 0 && self.has_opposite(line) && !self.originals.named_by(line).is_empty()
    }

    /// The line as a case, unless it pays nothing.
    fn case(&mut self, line: &'f Line<'f>, ready: Read<'f>) -> Option<Boxed<'f>> {
        let Some(ready) = ready else {
            return self.money_out(line);
        };
        let state = State { scope: &self.wall.receivables.scope, policy: self.policy };
        let case = opened(line, ready, &state, false);
        self.worth_asking(case)
    }

    /// The case, unless its line is no receipt and cites nothing in full.
    fn worth_asking(&mut self, mut case: Boxed<'f>) -> Option<Boxed<'f>> {
        let line = case.line;
        let by_kind = no_receipt_by_kind(line).or_else(|| self.own_transfer(&case));
        match by_kind.or(case.reason) {
            Some(reason) if !case.cited.citations.iter().any(|cited| cited.strength >= FULL) => {
                self.settle(line, reason, Vec::new());
                None
            }
            _ => {
                case.declared = self.wall.of(&case).declared(self.past.as_deref(), line);
                Some(case)
            }
        }
    }

    /// Whether the money comes from another account of the same owner.
    fn own_transfer(&self, case: &Case) -> Option<&'static str> {
        let own = &self.past.as_ref()?.own;
        case.iban.as_deref().is_some_and(|iban| own.contains(iban)).then_some("own_transfer")
    }

    /// Money out that cites nothing but our own open credit notes: they are paid out. Else it may pay payables.
    fn money_out(&mut self, line: &'f Line<'f>) -> Option<Boxed<'f>> {
        let Wall { receivables, payables, .. } = &mut self.wall;
        let (policy, label) = (self.policy, || label::read(line, self.policy.max_text));
        if receivables.books.has_credit_notes {
            let state = State { scope: &receivables.scope, policy };
            let ready = made_ready(line, label(), receivables.books, policy, &mut receivables.memory);
            let mut case = opened(line, ready, &state, true);
            case.declared = receivables.declared(self.past.as_deref(), line);
            if is_refund(&case, &state) {
                return Some(case);
            }
        }
        let Some(Side { books, scope, memory }) = payables else {
            self.settle(line, "debit", Vec::new());
            return None;
        };
        let ready = made_ready(line, label(), books, policy, memory);
        let case = opened(line, ready, &State { scope, policy }, false);
        self.worth_asking(case)
    }

    fn ask(&mut self, n: usize, cases: Cases<'f>) -> Cases<'f> {
        let (tier, stage) = (&TIERS[n], stage_of_tier(n));
        let mut left = Vec::with_capacity(cases.len());
        let replays = self.past.as_ref().is_some_and(|past| past.replay.is_ahead());
        for mut case in cases {
            if replays {
                self.stand_before(stage, case.line);
            }
            let asked = case.tiers & 1 << n != 0 && case.is_undecided;
            let answer = if asked { (tier.rule)(&case, &self.state(&case)) } else { None };
            match answer {
                Some(Answer::Ruling(ruling)) => match self.refusal(&case, &ruling) {
                    Some(refusal) => {
                        case.refused = Some((refusal, ruling));
                        case.is_undecided = false;
                    }
                    None => {
                        self.conclude(case, ruling, stage);
                        continue;
                    }
                },
                Some(Answer::Gate(gate)) if case.gate.is_none() => case.gate = Some(gate),
                _ => {}
            }
            left.push(case);
        }
        self.stand_through(stage);
        left
    }

    /// Lines that pay together are decided together, or not at all.
    fn join(&mut self, cases: Cases<'f>) -> Cases<'f> {
        if !self.policy.joint_decisions {
            self.stand_through(JOINT);
            return cases;
        }
        let (receivables, payables) = (&self.wall.receivables, self.wall.payables.as_ref());
        let sides = std::iter::once((false, receivables)).chain(payables.map(|side| (true, side)));
        let groups: Vec<_> = sides
            .flat_map(|(out, side)| joint(&cases, out, &State { scope: &side.scope, policy: self.policy }))
            .collect();
        self.stand_through(JOINT);
        let mut left: Vec<Option<Boxed>> = cases.into_iter().map(Some).collect();
        for group in groups {
            let may = |joined: &Joined| {
                let case = left[joined.case].as_ref();
                case.is_some_and(|case| self.refusal(case, &joined.ruling).is_none())
            };
            if group.iter().all(may) {
                self.decide_together(group, &mut left);
            }
        }
        left.into_iter().flatten().collect()
    }

    fn decide_together(&mut self, group: Vec<Joined<'f>>, cases: &mut [Option<Boxed<'f>>]) {
        let mut decided = Vec::new();
        for Joined { case: at, ruling, together } in group {
            let mut case = cases[at].take().expect("a case is in one group");
            case.together = together;
            let decision = self.decision(&case, ruling);
            decided.push((decision, case));
        }
        for (decision, case) in decided {
            let made = Made { stage: JOINT, payer: case.label.payer.as_deref(), ..Made::default() };
            self.apply(&decision, case.line, Who::Read(&case), true);
            self.put(case.line, decision, made);
        }
    }

    /// Why a ruling may not take effect: the tenant, a person, the calendar, or that the money is taken.
    fn refusal(&self, case: &Case, ruling: &Ruling) -> Option<&'static str> {
        let state = self.state(case);
        if self.policy.automatic_tiers & 1 << ruling.tier == 0 {
            return Some("tier_not_automatic");
        }
        if is_rejected(&ruling.shares, self.wall.first_of(case), self.rejected(case.line.row)) {
            return Some("rejected_by_person");
        }
        if !self.policy.indirect_collection && !case.forwarding(&state).is_empty() {
            return Some("paid_by_seller");
        }
        if !ruling.shares.iter().all(|share| case.is_issued(&state, share.item)) {
            return Some("paid_before_issue");
        }
        let is_returned = |row| self.originals.is_returned(row);
        if let Some(code) = self.hold.against(case, &state, ruling, is_returned) {
            return Some(code);
        }
        let free = ruling.shares.iter().all(|share| state.scope.can_take(share.item, share.amount));
        (!free).then_some("already_settled")
    }

    fn conclude(&mut self, case: Boxed<'f>, ruling: Ruling, stage: Stage) {
        if ruling.tier == NOTHING && case.line.amount < 0 {
            self.settle(case.line, "debit", Vec::new());
            return;
        }
        let decision = self.decision(&case, ruling);
        match decision.outcome {
            Outcome::Auto => self.apply(&decision, case.line, Who::Read(&case), true),
            Outcome::Review => {
                if let Some(claim) = claim_of(&case, &self.state(&case)) {
                    self.leave(claim, case.line);
                }
            }
            Outcome::None => {}
        }
        let payer = case.label.payer.as_deref();
        let made = Made { stage, payer, held_until: case.held_until, returns: None };
        self.put(case.line, decision, made);
    }

    fn decision(&self, case: &Case, ruling: Ruling) -> Decision {
        decide(case, &self.state(case), ruling, self.wall.first_of(case), self.rejected(case.line.row))
    }

    /// A person is asked about this payment; or it paid a part.
    fn leave(&mut self, claim: Claim, line: &Line) {
        self.note(|| Change::Left(claim.clone(), line.row));
        self.hold.leave(claim, line);
    }

    fn settle(&mut self, line: &'f Line<'f>, reason: &'static str, more: Vec<(&'static str, Json)>) {
        let decision = settle_nothing(line, reason, self.policy, Vec::new(), Vec::new(), more);
        self.put(line, decision, Made::default());
    }

    /// Over files, what nothing can change any more is handed on at once.
    fn put(&mut self, line: &'f Line<'f>, decision: Decision, made: Made) {
        if !self.may_be_taken_back(line) {
            self.output.add(&decision, line, &self.wall.receivables.books.index.items);
            return;
        }
        if let Some(past) = &mut self.past {
            if decision.outcome == Outcome::Auto {
                past.made.insert(line.row, standing(&decision, made));
            } else {
                past.made.remove(&line.row);
            }
        }
        self.enter(Entry { line, decision, by_engine: true, told: None });
    }

    fn enter(&mut self, entry: Entry<'f>) {
        let row = entry.line.row;
        let before = self.decided.insert(row, entry);
        if let Some(past) = &mut self.past {
            past.journal.note(Change::Put(row, before));
            past.asked.insert(row);
        }
    }

    /// The decision takes effect; what it teaches counts from tomorrow on.
    fn apply(&mut self, decision: &Decision, line: &Line, who: Who, by_engine: bool) {
        for share in &decision.shares {
            let (open, day) = (self.wall.open(share.item), self.wall.changed_on(share.item));
            self.note(|| Change::Opened(share.item, open, day));
            self.wall.apply(share, line.booking_date);
        }
        if let (8, Some(first)) = (decision.tier, decision.shares.first()) {
            self.leave(part_of(self.wall.on_its_side(first.item), line.amount), line);
        }
        self.wall.note(decision, line, who, by_engine);
    }

    /// What was taught since the last time counts from here on.
    fn learn(&mut self) {
        for (row, before) in self.wall.learn() {
            self.note(|| Change::Learnt(row, before));
        }
    }

    /// What this line taught, whether it counts already or not.
    fn forget(&mut self, row: u32) {
        if let Some(lesson) = self.wall.forget(row) {
            self.note(|| Change::Forgotten(lesson));
        }
    }

    /// A returned payment: what its original closed is open again.
    fn take_back(&mut self, line: &'f Line<'f>) {
        let (original, possible) = self.originals.of(line);
        if let Some(original) = original.filter(|original| self.stood_before(original, line)) {
            self.stand(original);
        }
        let decided = &self.decided;
        let closed = |row: u32| decided.get(&row).map(|entry| &entry.decision);
        let closed_of = original.and_then(|original| decided.get(&original.row));
        let was_open =
            closed_of.is_some_and(|entry| entry.by_engine && entry.decision.outcome != Outcome::Auto);
        let decision = take_back(line, original, &possible, closed, self.policy, self.rejected(line.row));
        let returns = original.map(|original| original.row);
        if let Some(refusal) = self.return_refusal(&decision, line, returns) {
            let mut named: Vec<&str> = possible.iter().map(|line| line.id()).collect();
            named.sort_unstable();
            let named = Json::List(named.into_iter().map(Json::from).collect());
            self.settle(line, refusal, vec![("originals", named)]);
            return;
        }
        self.apply(&decision, line, Who::Told(None), true);
        self.put(line, decision, Made { stage: RETURNS, returns, ..Made::default() });
        if let Some(original) = original {
            self.undo(original.row);
            let waited = self.hold.drop(original.row);
            if waited || was_open {
                self.settle(original, "returned", vec![("returned_by", Json::from(line.id()))]);
            }
        }
    }

    /// Whether a standing decision about `original` was made before `line` had its turn as a return; what is itself
    /// a return of that day may come after it.
    fn stood_before(&self, original: &Line<'f>, line: &Line<'f>) -> bool {
        let standing = self.past.as_ref().and_then(|past| past.standing.get(&original.row));
        standing.is_some_and(|standing| point(standing.stage, original) < point(RETURNS, line))
    }

    /// Why what a returned payment closed may not be opened again (or, when it was itself a return, closed again).
    fn return_refusal(&self, decision: &Decision, line: &Line, returns: Option<u32>) -> Option<&'static str> {
        if is_rejected(&decision.shares, 0, self.rejected(line.row)) {
            return Some("rejected_by_person");
        }
        if !decision.shares.is_empty() && returns.is_some_and(|row| self.is_taken_back(row)) {
            return Some("return_without_original");
        }
        (!self.wall.has_room(&decision.shares)).then_some("settled_meanwhile")
    }

    /// Whether a return that stands, and is still to take effect, takes this payment back.
    fn is_taken_back(&self, original: u32) -> bool {
        self.past.as_ref().is_some_and(|past| {
            let ahead = past.replay.left().chain(past.replays.values().flatten().copied());
            let mut decisions = ahead.map(|line| &past.standing[&line.row]);
            decisions.any(|one| !one.decision.shares.is_empty() && one.returns == Some(original))
        })
    }

    /// The original was taken back: it is returned once, and what it taught is forgotten.
    fn undo(&mut self, original: u32) {
        if !self.originals.is_returned(original) {
            self.note(|| Change::GivenBack(original));
        }
        self.originals.give_back(original);
        self.forget(original);
    }
}

/// A decision of the engine as it stands from now on.
fn standing(decision: &Decision, made: Made) -> Standing {
    Standing {
        decision: lean(decision),
        by_engine: true,
        stage: made.stage,
        held_until: made.held_until,
        returns: made.returns,
        payer: made.payer.map(str::to_owned),
    }
}

/// The decision without what is told of it.
pub fn lean(decision: &Decision) -> Decision {
    Decision {
        reason: decision.reason.clone(),
        shares: decision.shares.clone(),
        candidates: Vec::new(),
        explanation: String::new(),
        ..*decision
    }
}

fn is_return(line: &Line, ready: Option<&Ready>) -> bool {
    ready.map_or_else(|| is_marked_return(line, opening(line).as_deref()), |ready| ready.is_return)
}

/// Money out that cites open credit notes only.
fn is_refund(case: &Case, state: &State) -> bool {
    let cited = if case.cites() { case.meaning(state).items.clone() } else { Vec::new() };
    !cited.is_empty() && cited.iter().all(|&n| state.open(n) <= 0)
}
