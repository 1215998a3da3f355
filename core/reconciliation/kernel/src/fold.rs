//! The fold over booking days of one wall (see `core/reconciliation/fold.py` and `wall.py`).
//!
//! Over files nothing was decided before: no decision stands, nothing is replayed, no person said no, and no
//! line is a copy of another. What is left is each day, tier by tier.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::ahead::{in_order, Block, Crew, Read};
use crate::case::{Boxed, Case, Ready, State};
use crate::decision::{decide, settle_nothing, Decision};
use crate::hold::{claim_of, mark_twins, part_of, Hold};
use crate::index::FULL;
use crate::joint::{joint, Joined};
use crate::json::Json;
use crate::label;
use crate::lines::Line;
use crate::map::{Map, Set};
use crate::model::{Day, Place, Policy};
use crate::names::Memory;
use crate::output::Output;
use crate::ready::{made_ready, opened};
use crate::receipt::{contra_entries, is_marked_return, not_booked, opening};
use crate::returns::{take_back, Originals, Returnable};
use crate::review::{fall_back, on_hold, refused};
use crate::ruling::{Answer, Outcome, Ruling};
use crate::scope::{alias_of, normal_iban, Books, Scope};
use crate::tiers::{TierRule, FIRST_SILENT, TIERS};

/// Tiers of decisions that teach who pays, and the tier of what pays nothing.
const TEACHING: [u8; 3] = [1, 2, 3];
const NOTHING: u8 = 10;

/// A line of the day, with what was read of it.
type Turn<'f> = (&'f Line<'f>, Read<'f>);

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
    if !lines.is_sorted_by_key(order) {
        lines.sort_by_cached_key(order);
    }
    let mut fold = Fold::new(books, &lines, policy, output);
    in_order(books, &lines, policy, crew, |block| fold.block(block));
    fold.finish(until);
}

/// By booking day; within a day by booking time if it is known, then by id.
fn order<'l>(line: &Line<'l>) -> (Option<Day>, bool, Option<i64>, &'l str) {
    (line.booking_date, line.booked_at().is_none(), line.booked_at(), line.id())
}

/// What a payment teaches about who pays for a debtor: an account, a name.
struct Lesson {
    row: u32,
    iban: Option<String>,
    alias: Option<Arc<str>>,
    debtor: u32,
}

struct Fold<'f, 't> {
    lines: &'f [Line<'t>],
    books: &'f Books<'t>,
    scope: Scope<'f>,
    policy: &'f Policy,
    memory: Memory,
    output: &'f mut Output<'t>,
    /// Amounts of credits: a debit can only be a return, or be taken back itself, where its own is among
    /// them.
    credits: Set<i64>,
    returnable: Returnable<'f>,
    originals: Originals<'f>,
    /// Decisions that a return may still change, with their lines.
    decided: Map<u32, (&'f Line<'f>, Decision)>,
    hold: Hold<'f>,
    lessons: Vec<Lesson>,
    taught: HashMap<u32, Lesson>,
}

impl<'f, 't> Fold<'f, 't> {
    fn new(
        books: &'f Books<'t>,
        lines: &'f [Line<'t>],
        policy: &'f Policy,
        output: &'f mut Output<'t>,
    ) -> Fold<'f, 't> {
        let credits = lines.iter().map(|line| line.amount).filter(|&n| n > 0);
        let credits = credits.collect();
        Fold {
            lines,
            books,
            scope: Scope::new(books),
            policy,
            memory: Memory::default(),
            output,
            returnable: Returnable::new(lines, &credits),
            credits,
            originals: Originals::new(policy.return_window_days),
            decided: Map::default(),
            hold: Hold::new(policy),
            lessons: Vec::new(),
            taught: HashMap::new(),
        }
    }

    /// Whole days, each line with what was read of it.
    fn block(&mut self, (block, ready): Block<'f>) {
        let mut day: Vec<Turn<'f>> = Vec::new();
        for (line, ready) in self.lines[block].iter().zip(ready) {
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
    fn pass(&mut self, day: Day) {
        for end in self.hold.days().into_iter().filter(|&end| end < day) {
            self.day(end, Vec::new());
        }
    }

    /// What still waits when there are no more lines.
    fn finish(mut self, until: Day) {
        self.pass(until + 1);
        for mut case in self.hold.end() {
            let ruling = on_hold(&mut case, &self.state());
            self.conclude(case, ruling);
        }
        let items = &self.books.index.items;
        for (line, decision) in self.decided.into_values() {
            self.output.add(&decision, line, items);
        }
    }

    fn state(&self) -> State<'_> {
        State { scope: &self.scope, policy: self.policy }
    }

    fn day(&mut self, day: Day, lines: Vec<Turn<'f>>) {
        let cancelled = self.cancelled(&lines);
        for (line, _) in &lines {
            if !cancelled.contains_key(&line.row) && self.may_be_taken_back(line) {
                self.originals.add(line);
            }
        }
        let (mut cases, returns) = self.sorted_out(lines, &cancelled);
        for (n, tier) in TIERS.iter().enumerate() {
            if n == FIRST_SILENT {
                cases = self.join(cases);
                cases = self.wait(day, cases);
            }
            cases = self.ask(tier, cases);
        }
        for case in cases {
            let state = self.state();
            let ruling =
                if case.refused.is_some() { refused(&case, &state) } else { fall_back(&case, &state) };
            self.conclude(case, ruling);
        }
        for line in returns {
            self.take_back(line);
        }
        self.learn();
    }

    /// Cases that may be held wait from now on, and those whose wait is over are asked.
    fn wait(&mut self, day: Day, cases: Cases<'f>) -> Cases<'f> {
        let state = State { scope: &self.scope, policy: self.policy };
        let mut asked = self.hold.over(day);
        asked.extend(self.hold.take(cases, &state));
        mark_twins(asked.iter_mut().chain(self.hold.waiting()), &state);
        for case in &mut asked {
            let is_returned = |row| self.originals.is_returned(row);
            let left = self.hold.left(case, &state, is_returned);
            case.twins.extend(left);
        }
        asked
    }

    /// Whether a line of the wall may take this one back; only then what was decided about it is remembered.
    fn may_be_taken_back(&self, line: &Line<'f>) -> bool {
        if line.amount > 0 {
            self.returnable.has(line)
        } else {
            self.has_opposite(line)
        }
    }

    /// Whether the wall has a credit of this debit's amount.
    fn has_opposite(&self, debit: &Line) -> bool {
        self.credits.contains(&debit.amount.saturating_neg())
    }

    /// Lines that a correction of the bank cancels, both ways, by row.
    fn cancelled(&self, lines: &[Turn<'f>]) -> Map<u32, &'f Line<'f>> {
        let lines = || lines.iter().map(|(line, _)| *line);
        let debits: Set<i64> = lines().map(|line| line.amount).filter(|&n| n < 0).collect();
        if debits.is_empty() {
            return Map::default();
        }
        let opposite = |line: &&Line| debits.contains(&line.amount.saturating_neg());
        let possible: Vec<&'f Line<'f>> = lines().filter(|line| line.amount < 0 || opposite(line)).collect();
        contra_entries(&possible)
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

    /// The line as a case, unless it is no receipt and cites nothing in full.
    fn case(&mut self, line: &'f Line<'f>, ready: Read<'f>) -> Option<Boxed<'f>> {
        let Some(ready) = ready else {
            return self.refund(line);
        };
        let state = State { scope: &self.scope, policy: self.policy };
        let case = opened(line, ready, &state, false);
        match case.reason {
            Some(reason) if !case.cited.citations.iter().any(|cited| cited.strength >= FULL) => {
                self.settle(line, reason, Vec::new());
                None
            }
            _ => Some(case),
        }
    }

    /// Money out that cites nothing but our own open credit notes: they are paid out. All else is plain money
    /// out.
    fn refund(&mut self, line: &'f Line<'f>) -> Option<Boxed<'f>> {
        if self.books.has_credit_notes {
            let state = State { scope: &self.scope, policy: self.policy };
            let label = label::read(line, self.policy.max_text);
            let ready = made_ready(line, label, self.books, self.policy, &mut self.memory);
            let case = opened(line, ready, &state, true);
            if is_refund(&case, &state) {
                return Some(case);
            }
        }
        self.settle(line, "debit", Vec::new());
        None
    }

    fn ask(&mut self, tier: &TierRule, cases: Cases<'f>) -> Cases<'f> {
        let mut left = Vec::with_capacity(cases.len());
        for mut case in cases {
            let asked = case.is_citing == tier.of_cited && case.is_undecided;
            let answer = if asked { (tier.rule)(&case, &self.state()) } else { None };
            match answer {
                Some(Answer::Ruling(ruling)) => match self.refusal(&case, &ruling) {
                    Some(refusal) => {
                        case.refused = Some((refusal, ruling));
                        case.is_undecided = false;
                    }
                    None => {
                        self.conclude(case, ruling);
                        continue;
                    }
                },
                Some(Answer::Gate(gate)) if case.gate.is_none() => case.gate = Some(gate),
                _ => {}
            }
            left.push(case);
        }
        left
    }

    /// Lines that pay together are decided together, or not at all.
    fn join(&mut self, cases: Cases<'f>) -> Cases<'f> {
        if !self.policy.joint_decisions {
            return cases;
        }
        let groups = joint(&cases, &self.state());
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
            decided.push((decide(&case, &self.state(), ruling), case));
        }
        for (decision, case) in decided {
            self.apply(&decision, case.line, Some(&case));
            self.put(case.line, decision);
        }
    }

    /// Why a ruling may not take effect: the tenant, or the calendar, or that the money is taken.
    fn refusal(&self, case: &Case, ruling: &Ruling) -> Option<&'static str> {
        let state = self.state();
        if self.policy.automatic_tiers & 1 << ruling.tier == 0 {
            return Some("tier_not_automatic");
        }
        if !self.policy.indirect_collection && !case.forwarding(&state).is_empty() {
            return Some("paid_by_seller");
        }
        if !ruling.shares.iter().all(|share| case.is_issued(&state, share.item)) {
            return Some("paid_before_issue");
        }
        let is_returned = |row| self.originals.is_returned(row);
        if matches!(ruling.tier, 2 | 8) && self.hold.left(case, &state, is_returned).is_some() {
            return Some("twin_payments");
        }
        let free = ruling.shares.iter().all(|share| self.scope.can_take(share.item, share.amount));
        (!free).then_some("already_settled")
    }

    fn conclude(&mut self, case: Boxed<'f>, ruling: Ruling) {
        if ruling.tier == NOTHING && case.line.amount < 0 {
            self.settle(case.line, "debit", Vec::new());
            return;
        }
        let decision = decide(&case, &self.state(), ruling);
        match decision.outcome {
            Outcome::Auto => {
                self.apply(&decision, case.line, Some(&case));
                if decision.tier == 8 {
                    self.hold.leave(part_of(decision.shares[0].item, case.paid), case.line);
                }
            }
            Outcome::Review => {
                if let Some(claim) = claim_of(&case, &self.state()) {
                    self.hold.leave(claim, case.line);
                }
            }
            Outcome::None => {}
        }
        self.put(case.line, decision);
    }

    fn settle(&mut self, line: &'f Line<'f>, reason: &'static str, more: Vec<(&'static str, Json)>) {
        let decision = settle_nothing(line, reason, self.policy, Vec::new(), Vec::new(), more);
        self.put(line, decision);
    }

    /// What nothing can change any more is handed on at once.
    fn put(&mut self, line: &'f Line<'f>, decision: Decision) {
        if self.may_be_taken_back(line) {
            self.decided.insert(line.row, (line, decision));
        } else {
            self.output.add(&decision, line, &self.books.index.items);
        }
    }

    /// The decision takes effect; what an exact payment teaches counts from tomorrow on. A refund teaches
    /// nothing.
    fn apply(&mut self, decision: &Decision, line: &Line, case: Option<&Case>) {
        for share in &decision.shares {
            let taken = self.within(share.item, share.amount);
            self.scope.change(share.item, -taken);
        }
        let exact = decision.unallocated == 0 && decision.shares.iter().all(|share| share.gap == 0);
        let certain = TEACHING.contains(&decision.tier) && decision.outcome == Outcome::Auto;
        if !(certain && exact && line.amount > 0) {
            return;
        }
        let debtor_of = |place: Place| self.books.index.debtor(place);
        let Some(debtor) = decision.shares.first().map(|share| debtor_of(share.item)) else {
            return;
        };
        if decision.shares.iter().all(|share| debtor_of(share.item) == debtor) {
            self.lessons.push(Lesson {
                row: line.row,
                iban: normal_iban(line.counterparty_iban()).map(Cow::into_owned),
                alias: match case.filter(|case| case.label.payer.is_some()) {
                    Some(case) => case.named.alias.clone(),
                    None => alias_of(line.counterparty_name()),
                },
                debtor,
            });
        }
    }

    /// `amount` cut so that what is open of the item stays between zero and what it was at first.
    fn within(&self, n: Place, amount: i64) -> i64 {
        let (initial, now) = (self.books.index.items[n as usize].initial, self.scope.open[n as usize]);
        now - (now - amount).clamp(initial.min(0), initial.max(0))
    }

    /// What was taught since the last time counts from here on.
    fn learn(&mut self) {
        for lesson in std::mem::take(&mut self.lessons) {
            if let Some(iban) = &lesson.iban {
                self.scope.accounts.learn(iban, lesson.debtor);
            }
            if let Some(alias) = &lesson.alias {
                self.scope.aliases.learn(alias, lesson.debtor);
            }
            self.taught.insert(lesson.row, lesson);
        }
    }

    /// What this line taught, whether it counts already or not.
    fn forget(&mut self, row: u32) {
        if let Some(lesson) = self.taught.remove(&row) {
            if let Some(iban) = &lesson.iban {
                self.scope.accounts.forget(iban, lesson.debtor);
            }
            if let Some(alias) = &lesson.alias {
                self.scope.aliases.forget(alias, lesson.debtor);
            }
        }
        self.lessons.retain(|lesson| lesson.row != row);
    }

    /// A returned payment: what its original closed is open again.
    fn take_back(&mut self, line: &'f Line<'f>) {
        let (original, possible) = self.originals.of(line);
        let decided = &self.decided;
        let closed = |row: u32| decided.get(&row).map(|(_, decision)| decision);
        let was_closed = original.and_then(|original| closed(original.row)).map(|decision| decision.outcome);
        let decision = take_back(line, original, &possible, closed, self.policy);
        if !self.has_room(&decision) {
            let mut named: Vec<&str> = possible.iter().map(|line| line.id()).collect();
            named.sort_unstable();
            let named = Json::List(named.into_iter().map(Json::from).collect());
            self.settle(line, "settled_meanwhile", vec![("originals", named)]);
            return;
        }
        self.apply(&decision, line, None);
        self.put(line, decision);
        if let Some(original) = original {
            self.originals.give_back(original.row);
            self.forget(original.row);
            let waited = self.hold.drop(original.row);
            if waited || was_closed.is_some_and(|outcome| outcome != Outcome::Auto) {
                self.settle(original, "returned", vec![("returned_by", Json::from(line.id()))]);
            }
        }
    }

    /// Whether these shares can take effect; one that opens an item again always can.
    fn has_room(&self, decision: &Decision) -> bool {
        decision.shares.iter().all(|share| {
            let closes = (share.amount > 0) == (self.books.index.items[share.item as usize].amount > 0);
            !closes || self.scope.can_take(share.item, share.amount)
        })
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
