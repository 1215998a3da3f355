//! How many matches chance alone would give (see `core/reconciliation/coincidence.py`).
//!
//! Floats are computed in the order in which Python does, and powers by `pow`, so that they are the same
//! bits.

use std::f64::consts::PI;
use std::hint::black_box;
use std::sync::OnceLock;

use crate::index::Index;
use crate::model::Currency;
use crate::words;

struct Rules {
    uneven: f64,
    round: Vec<(i64, f64)>,
    shape_counts: usize,
    near: u128,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        uneven: words::number("coincidence.UNEVEN"),
        round: words::list("coincidence.ROUND")
            .iter()
            .filter_map(|text| text.split_once('\t'))
            .map(|(step, odds)| (step.parse().unwrap_or(1), odds.parse().unwrap_or(1.0)))
            .collect(),
        shape_counts: words::whole("coincidence.SHAPE_COUNTS"),
        near: words::whole("coincidence.NEAR"),
    })
}

/// The share of unrelated debtors' invoices that have this amount.
pub fn amount_odds(index: &Index, amount: i64, currency: &Currency) -> f64 {
    let rules = rules();
    let amount = amount.saturating_abs();
    let mut shape = 0.0;
    for &(step, odds) in &rules.round {
        if amount % (step * currency.unit) == 0 {
            shape = odds;
        }
    }
    let billed = index.amounts.get(&amount).copied().unwrap_or(0);
    let (others, known) = (billed.saturating_sub(1), index.billed);
    let odds = rules.uneven
        + f64::from(others) / known.max(1) as f64
        + shape * rules.shape_counts as f64 / known.max(rules.shape_counts) as f64;
    odds.min(1.0)
}

/// The share of unrelated items that have this counter.
pub fn counter_odds(index: &Index, counter: &[u8]) -> f64 {
    let others = index.counted(counter).saturating_sub(1);
    let length = counter.len().min(6) as f64;
    let odds = black_box(10.0f64).powf(-length) + others as f64 / index.items.len().max(1) as f64;
    odds.min(1.0)
}

/// Items in scope x odds of the counter x odds of the amount x counters that were tried.
pub fn by_counter(index: &Index, counter: &[u8], amount: i64, currency: &Currency, probed: usize) -> f64 {
    let odds = counter_odds(index, counter) * amount_odds(index, amount, currency);
    (probed * index.items.len()) as f64 * odds
}

/// A whole number cited: the items that it may mean x the odds of the amount.
pub fn by_number(index: &Index, sharing: usize, amount: i64, currency: &Currency) -> f64 {
    sharing as f64 * amount_odds(index, amount, currency)
}

/// How many groups of at most `size` of the amounts meet the target by accident; `in_a_row`: only groups of
/// neighbours count.
pub fn by_group(size: usize, amounts: &[i64], target: i64, currency: &Currency, in_a_row: bool) -> f64 {
    let mut most = 0.0f64;
    let mut of = |step: i64, part: &[i64]| {
        if !part.is_empty() && target % step == 0 {
            most = most.max(meeting(part, size, target, step, in_a_row));
        }
    };
    of(1, amounts);
    for step in steps(currency) {
        let part: Vec<i64> = amounts.iter().copied().filter(|a| a % step == 0).collect();
        of(step, &part);
    }
    most
}

/// Groups of each size x the share of their sums, which are multiples of `step`, that is the target.
fn meeting(amounts: &[i64], size: usize, target: i64, step: i64, in_a_row: bool) -> f64 {
    let squared = |x: f64| x.powf(black_box(2.0));
    let count = amounts.len();
    let mean = divided(amounts.iter().copied().map(i128::from).sum(), count as u128);
    let spread_of_each: f64 = amounts.iter().fold(0.0, |sum, &a| sum + squared(a as f64 - mean));
    let variance = spread_of_each / count as f64;
    let near = divided(i128::from(target), rules().near);
    let (target, step) = (target as f64, step as f64);
    let mut expected = 0.0;
    for k in 1..=size.min(count) {
        let chosen = (k * (count - k)) as f64 / (count - 1).max(1) as f64;
        let spread = chosen * variance + near * near + step * step;
        let away = squared(target - k as f64 * mean);
        let share = step / (2.0 * PI * spread).sqrt() * (-away / (2.0 * spread)).exp();
        let groups = if in_a_row { (count - k + 1) as f64 } else { combinations(count, k) };
        expected += share * groups;
    }
    expected
}

/// All that is owed at once: one group, not one of many, over the sums such amounts can make.
pub fn by_everything(amounts: &[i64], currency: &Currency) -> f64 {
    let whole = |step: &i64| amounts.iter().all(|a| a % step == 0);
    let step = steps(currency).into_iter().filter(whole).max().unwrap_or(1);
    let span: u128 = amounts.iter().map(|a| u128::from(a.unsigned_abs())).sum();
    divided(1, (span / step as u128).max(1))
}

fn steps(currency: &Currency) -> [i64; 3] {
    let unit = currency.unit;
    [unit, 10 * unit, 100 * unit]
}

/// Whole numbers divided, correctly rounded as Python does, also where they have more digits than a float can
/// hold (`by`: up to 72 bits).
fn divided(number: i128, by: u128) -> f64 {
    let (size, exact) = (number.unsigned_abs(), 1 << 53);
    if size == 0 || (size < exact && by < exact) {
        return number as f64 / by as f64;
    }
    let shift = size.leading_zeros();
    let (whole, rest) = ((size << shift) / by, (size << shift) % by);
    let rounded = (whole | u128::from(rest != 0)) as f64 / (1u128 << shift) as f64;
    rounded.copysign(number as f64)
}

/// How many groups of `k` there are among `count`.
fn combinations(count: usize, k: usize) -> f64 {
    let k = k.min(count - k);
    let mut exact = Some(1u128);
    let mut rough = 1.0;
    for n in 0..k {
        exact = exact
            .and_then(|groups| groups.checked_mul((count - n) as u128))
            .map(|groups| groups / (n as u128 + 1));
        rough = rough * (count - n) as f64 / (n + 1) as f64;
    }
    exact.map_or(rough, |groups| groups as f64)
}
