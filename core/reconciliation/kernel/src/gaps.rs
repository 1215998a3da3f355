//! Differences that have a name (see `core/reconciliation/gaps.py`).

use std::sync::OnceLock;

use crate::case::{Case, State};
use crate::model::{Item, Place};
use crate::words;

struct Rules {
    deduction: i128,
    close: i128,
    max_retention_bp: i64,
    indemnity: i64,
    most_interest: i128,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        deduction: words::whole("gaps.DEDUCTION"),
        close: words::whole("gaps.CLOSE"),
        max_retention_bp: words::whole("gaps.MAX_RETENTION_BP"),
        indemnity: words::whole("gaps.INDEMNITY"),
        most_interest: words::whole("gaps.MOST_INTEREST"),
    })
}

/// The name of a gap that the contract allows: the first of those that fit.
pub fn gap_reason(case: &Case, state: &State, item: &Item, gap: i64) -> Option<&'static str> {
    let policy = state.policy;
    if 0 < gap && gap <= policy.rounding_tolerance {
        return Some("rounding");
    }
    if in_time(case, item) && is_rate(item, gap, item.discount_bp) {
        return Some("discount");
    }
    if item.retention_bp.unwrap_or(0) <= rules().max_retention_bp && is_rate(item, gap, item.retention_bp) {
        return Some("retention");
    }
    if policy.commission_allowed && gap > 0 && is_commission(case, state, item, gap) {
        return Some("commission");
    }
    if gap > 0 && is_exchange(case, state, gap) {
        return Some("exchange");
    }
    (0 < gap && gap <= policy.charges_tolerance).then_some("charges")
}

/// Whether an agent's commission of this amount is written in the text, and only one item of the debtor has
/// the gross amount. A rate is never guessed.
fn is_commission(case: &Case, state: &State, item: &Item, gap: i64) -> bool {
    let mut written = case.label.amounts();
    written.retain(|amount| amount.said == "commission");
    let Some(gross) = case.paid.checked_add(gap) else {
        return false;
    };
    matches!(&written[..], [one] if one.minor(state.currency()) == Some(gap.into()))
        && state.scope.owed_at(item.debtor, gross, 2).len() == 1
}

/// Whether the money was changed on its way, and little is missing of the item, or of what was sent when that
/// was in the item's currency.
fn is_exchange(case: &Case, state: &State, gap: i64) -> bool {
    let (gap, line) = (i128::from(gap), case.line);
    let due = i128::from(case.paid) + gap;
    let (Some(currency), Some(sent)) = (line.original_currency(), line.original_amount()) else {
        return false;
    };
    if currency.is_empty() || sent == 0 {
        return false;
    }
    if currency == state.currency().code && i128::from(sent).abs() != due {
        return false;
    }
    gap * 10_000 <= due * i128::from(state.policy.exchange_tolerance_bp)
}

/// Whether the money was there by the last day of the agreed discount.
pub fn in_time(case: &Case, item: &Item) -> bool {
    let paid_on = case.line.value_date().or(case.line.booking_date);
    matches!((item.discount_until, paid_on), (Some(until), Some(day)) if day <= until)
}

/// Whether the gap is this rate of the whole amount, to the cent.
pub fn is_rate(item: &Item, gap: i64, basis_points: Option<i64>) -> bool {
    let rate = i128::from(basis_points.unwrap_or(0));
    rate != 0 && (i128::from(gap) * 10_000 - i128::from(item.amount) * rate).abs() < 10_000
}

/// Whether nothing but a rounding is missing, or the item's own rate to the cent, in time or not.
pub fn is_agreed(case: &Case, state: &State, n: Place) -> bool {
    let (item, gap) = (state.item(n), state.open(n).saturating_sub(case.paid));
    if 0 < gap && gap <= state.policy.rounding_tolerance {
        return true;
    }
    gap > 0 && (is_rate(item, gap, item.discount_bp) || is_rate(item, gap, item.retention_bp))
}

/// Whether what would stay open looks like something withheld rather than a later instalment.
pub fn is_deduction(case: &Case, state: &State, n: Place) -> bool {
    let (item, gap) = (state.item(n), state.open(n).saturating_sub(case.paid));
    is_rate(item, gap, item.discount_bp) || is_rate(item, gap, item.retention_bp) || is_small(item, gap)
}

/// Whether a gap leaves less of an item than an instalment would.
pub fn is_small(item: &Item, gap: i64) -> bool {
    i128::from(gap) * rules().deduction <= i128::from(item.amount)
}

/// Whether so little of an item is left that it is what a payment of the whole of it withheld.
pub fn is_left_over(item: &Item, left: i64) -> bool {
    i128::from(left).abs() * rules().deduction <= i128::from(item.amount).abs()
}

/// An excess taken apart, as it is told of a proposal: the fixed indemnity of each item, and what is left as
/// interest. Nothing when it is none.
pub fn late_payment(case: &Case, state: &State, items: &[Place], excess: i64) -> Vec<(&'static str, i64)> {
    let currency = state.currency();
    let indemnity = rules().indemnity * currency.unit * items.len() as i64;
    let owed: i128 = items.iter().map(|&n| i128::from(state.open(n))).sum();
    let interest = i128::from(excess) - i128::from(indemnity);
    let bearable = 0 <= interest && interest <= owed.div_euclid(rules().most_interest);
    if currency.code != "EUR" || !bearable {
        return Vec::new();
    }
    let mut parts = vec![("indemnity_minor", indemnity)];
    let due = |n: Place| state.index().due(n);
    let latest = case.line.booking_date.and_then(|booked| {
        let late = items.iter().filter_map(|&n| Some(booked - due(n)?));
        late.filter(|&days| days > 0).max()
    });
    if latest.is_none() && matches!(items, [n] if due(*n).is_some()) {
        return Vec::new();
    }
    if interest != 0 {
        parts.push(("interest_or_other_minor", interest as i64));
    }
    if let Some(days) = latest {
        let rate = if owed > 0 { interest * 365 * 10_000 / (owed * i128::from(days)) } else { 0 };
        parts.push(("days_late", i64::from(days)));
        parts.push(("yearly_rate_bp", rate as i64));
    }
    parts
}

/// What else explains a payment below the open amount of the cited item: another open item of the debtor at
/// exactly that amount, a credit note nobody cited that makes up the difference, or another debtor's item of
/// that number at exactly that amount.
pub fn rivals(case: &Case, state: &State, n: Place) -> Vec<Place> {
    let (scope, debtor, few) = (state.scope, state.index().debtor(n), state.policy.max_shared_key);
    let equal = scope.owed_at(debtor, case.paid, few);
    let netted =
        case.paid.checked_sub(state.open(n)).map_or(&[][..], |over| scope.owed_at(debtor, over, few));
    let same = state.index().full.get(state.index().number(n).compact);
    let is_other = |m: &&Place| state.open(**m) == case.paid && state.item(**m).debtor != debtor;
    let others = same[..same.len().min(few)].iter().filter(is_other);
    equal.iter().chain(netted).chain(others).copied().filter(|&m| m != n).collect()
}

/// What is open of the credit notes of the debtor of item `n` that were issued by then; None when he owes so
/// much that nobody can look at all of it.
fn credits(case: &Case, state: &State, n: Place) -> Option<Vec<i128>> {
    if !state.scope.books.has_credit_notes {
        return Some(Vec::new());
    }
    let owed = state.scope.owed(state.index().debtor(n), state.policy.max_owed)?;
    let notes = owed.iter().filter(|&&m| state.open(m) < 0 && case.is_issued(state, m));
    Some(notes.map(|&m| -i128::from(state.open(m))).collect())
}

/// Whether a credit note of at most so much, which nobody cited, may be some of what is missing of the cited
/// item, and the rest something withheld, or another item that nobody cited.
pub fn may_be_netted(case: &Case, state: &State, n: Place, most: i64) -> bool {
    credits(case, state, n).is_none_or(|notes| notes.iter().any(|&note| note <= i128::from(most)))
}

/// Whether credit notes that nobody cited are enough for what is missing of the cited item, but for something
/// withheld: then it may be paid whole, alone or with others.
pub fn may_make_up(case: &Case, state: &State, n: Place) -> bool {
    let Some(notes) = credits(case, state, n) else {
        return true;
    };
    let missing = i128::from(state.open(n)) - i128::from(case.paid);
    let left = missing - notes.iter().sum::<i128>();
    !notes.is_empty() && left * rules().deduction <= i128::from(state.item(n).amount)
}

/// Whether a part may be no part: the debtor owes something else of about this amount, or so much that nobody
/// can look at all of it.
pub fn close_rival(case: &Case, state: &State, n: Place) -> bool {
    if !rivals(case, state, n).is_empty() {
        return true;
    }
    let Some(owed) = state.scope.owed(state.index().debtor(n), state.policy.max_owed) else {
        return true;
    };
    let paid = i128::from(case.paid);
    owed.iter().any(|&m| m != n && (i128::from(state.open(m)) - paid).abs() * rules().close <= paid)
}
