//! Rows of decisions, allocations and candidates, and their order (see `hub/interchange/outputs.py`).

use std::cmp::Ordering;
use std::fmt::Write;

use crate::ahead::Crew;
use crate::arrow::{Batches, Column};
use crate::decision::Decision;
use crate::lines::Line;
use crate::model::Item;
use crate::ruling::{Outcome, Share};
use crate::text::beginning;

const DECISIONS: [&str; 10] = [
    "transaction_id",
    "tenant_id",
    "outcome",
    "tier",
    "reason",
    "coincidence",
    "allocated_minor",
    "unallocated_minor",
    "currency",
    "explanation",
];
const ALLOCATIONS: [&str; 5] = ["transaction_id", "item_id", "amount_minor", "gap_minor", "gap_reason"];
const CANDIDATES: [&str; 6] = ["transaction_id", "rank", "item_ids", "amounts_minor", "score", "why"];
const TIERS: [&str; 11] = ["T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"];

/// What one thread decided.
pub struct Output<'t> {
    wall: (&'t str, &'t str),
    decisions: Vec<Column>,
    allocations: Vec<Column>,
    candidates: Vec<Column>,
}

impl Default for Output<'_> {
    fn default() -> Self {
        Output {
            wall: ("", ""),
            decisions: decisions(),
            allocations: allocations(),
            candidates: candidates(),
        }
    }
}

impl<'t> Output<'t> {
    /// The tenant and the currency of what is added next.
    pub fn begin(&mut self, wall: (&'t str, &'t str)) {
        self.wall = wall;
    }

    /// The rows of the decision about a line; shares are of `items`.
    pub fn add(&mut self, decision: &Decision, line: &Line, items: &[Item]) {
        let [id, tenant, outcome, tier, reason, coincidence, allocated, unallocated, currency, explanation] =
            &mut self.decisions[..]
        else {
            unreachable!("ten columns");
        };
        id.push_text(line.id());
        tenant.push_text(self.wall.0);
        outcome.push_text(match decision.outcome {
            Outcome::Auto => "auto",
            Outcome::Review => "review",
            Outcome::None => "none",
        });
        tier.push_text(TIERS[decision.tier as usize]);
        reason.push_text(&decision.reason);
        coincidence.push_float(decision.coincidence);
        allocated.push_long(decision.allocated);
        unallocated.push_long(decision.unallocated);
        currency.push_text(self.wall.1);
        explanation.push_text(&decision.explanation);
        for share in &decision.shares {
            self.allocate(share, line, items);
        }
        self.propose(decision, line, items);
    }

    fn allocate(&mut self, share: &Share, line: &Line, items: &[Item]) {
        let [id, item, amount, gap, reason] = &mut self.allocations[..] else { unreachable!("five columns") };
        id.push_text(line.id());
        item.push_text(items[share.item as usize].id);
        amount.push_long(share.amount);
        gap.push_long(share.gap);
        reason.push_text(share.gap_reason.unwrap_or_default());
    }

    fn propose(&mut self, decision: &Decision, line: &Line, items: &[Item]) {
        let [id, rank, ids, amounts, score, why] = &mut self.candidates[..] else {
            unreachable!("six columns")
        };
        for candidate in &decision.candidates {
            let (mut named, mut shown) = (String::new(), String::new());
            for (n, share) in candidate.shares.iter().enumerate() {
                let bar = if n > 0 { "|" } else { "" };
                write!(named, "{bar}{}", items[share.item as usize].id).expect("a string can be written to");
                write!(shown, "{bar}{}", share.amount).expect("a string can be written to");
            }
            id.push_text(line.id());
            rank.push_long(candidate.rank.into());
            ids.push_text(&named);
            amounts.push_text(&shown);
            score.push_float(candidate.score);
            why.push_text(&candidate.why);
        }
    }

    /// All that was decided, by kind of row, in the order of the files.
    pub fn batches(outputs: Vec<Output>, crew: Crew) -> [Batches; 3] {
        let (mut decided, mut allocated, mut proposed) = (Vec::new(), Vec::new(), Vec::new());
        for output in outputs {
            decided.push(output.decisions);
            allocated.push(output.allocations);
            proposed.push(output.candidates);
        }
        let rows_of = || in_order(&decided, |_, _| Ordering::Equal);
        let (rows, (allocated, proposed)) =
            crew.both(rows_of, || (allocated_in_order(allocated), proposed_in_order(proposed)));
        let decided = gathered(decided, &rows, crew);
        [
            Batches { names: &DECISIONS, kinds: decisions(), batches: vec![decided] },
            Batches { names: &ALLOCATIONS, kinds: allocations(), batches: vec![allocated] },
            Batches { names: &CANDIDATES, kinds: candidates(), batches: vec![proposed] },
        ]
    }
}

/// What the threads wrote of one kind: the columns of each.
type Parts = Vec<Vec<Column>>;

fn allocated_in_order(parts: Parts) -> Vec<Column> {
    let item = |row: Row| text(&parts, 1, row);
    let rows = in_order(&parts, |one, other| item(one).cmp(item(other)));
    gathered(parts, &rows, Crew::ALONE)
}

fn proposed_in_order(parts: Parts) -> Vec<Column> {
    let rank = |(part, row): Row| parts[part as usize][1].long(row as usize);
    let rows = in_order(&parts, |one, other| rank(one).cmp(&rank(other)));
    gathered(parts, &rows, Crew::ALONE)
}

/// The number of a part, and a row of it.
type Row = (u32, u32);

fn text(parts: &[Vec<Column>], column: usize, row: Row) -> &[u8] {
    parts[row.0 as usize][column].text(row.1 as usize)
}

/// The rows of all parts by their first text, those of equal ones as `then` says.
fn in_order(parts: &[Vec<Column>], then: impl Fn(Row, Row) -> Ordering) -> Vec<Row> {
    let heights = (0..).zip(parts).map(|(part, columns)| (part, columns[0].height() as u32));
    let rows = heights.flat_map(|(part, height)| (0..height).map(move |at| (part, at)));
    let mut order: Vec<(u128, Row)> = rows.map(|row| (beginning(text(parts, 0, row)), row)).collect();
    order.sort_unstable_by(|&(start, one), &(other_start, other)| {
        let whole = || text(parts, 0, one).cmp(text(parts, 0, other));
        start.cmp(&other_start).then_with(whole).then_with(|| then(one, other))
    });
    order.into_iter().map(|(_, row)| row).collect()
}

/// The rows of all parts together, column by column.
fn gathered(parts: Parts, rows: &[Row], crew: Crew) -> Vec<Column> {
    let mut columns: Vec<Vec<Column>> = Vec::new();
    for part in parts {
        columns.resize_with(part.len(), Vec::new);
        for (column, of_part) in columns.iter_mut().zip(part) {
            column.push(of_part);
        }
    }
    let others = columns.split_off(columns.len() / 2);
    let all = |columns: Vec<Vec<Column>>| -> Vec<Column> {
        columns.into_iter().map(|parts| Column::gathered(parts, rows)).collect()
    };
    let (mut gathered, others) = crew.both(|| all(columns), || all(others));
    gathered.extend(others);
    gathered
}

fn texts(count: usize) -> impl Iterator<Item = Column> {
    (0..count).map(|_| Column::texts())
}

fn decisions() -> Vec<Column> {
    let numbers = [Column::Floats(Vec::new()), Column::Longs(Vec::new()), Column::Longs(Vec::new())];
    texts(5).chain(numbers).chain(texts(2)).collect()
}

fn allocations() -> Vec<Column> {
    texts(2).chain([Column::Longs(Vec::new()), Column::Longs(Vec::new())]).chain(texts(1)).collect()
}

fn candidates() -> Vec<Column> {
    let mut columns: Vec<Column> = texts(1).chain([Column::Longs(Vec::new())]).chain(texts(2)).collect();
    columns.push(Column::Floats(Vec::new()));
    columns.push(Column::texts());
    columns
}
