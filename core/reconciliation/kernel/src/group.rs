//! Groups of items that sum to an amount (see `core/reconciliation/group.py`).

use std::cmp::Reverse;

/// How far a search goes: items of one group, steps, items to choose from; and whether equal amounts stand
/// for each other, so that of those the first are taken.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub size: usize,
    pub steps: usize,
    pub most: usize,
    pub alike: bool,
}

impl Bounds {
    pub fn new(size: usize, steps: usize) -> Bounds {
        Bounds { size, steps, most: 40, alike: false }
    }
}

/// Solutions found (two at most), and the cap that ended the search, if one did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    pub found: Vec<Vec<usize>>,
    pub cap: Option<&'static str>,
}

/// Indices of `amounts` (signed) that sum to `target`; stops at the second solution. A cap reached means that
/// more may exist: nothing is proved by what was found.
pub fn groups(amounts: &[i64], target: i64, bounds: Bounds) -> Groups {
    if amounts.len() > bounds.most {
        return Groups { found: Vec::new(), cap: Some("max_group_items") };
    }
    if !is_within_reach(amounts, target) {
        return Groups::default();
    }
    let mut order: Vec<usize> = (0..amounts.len()).collect();
    order.sort_by_key(|&i| (Reverse(amounts[i].unsigned_abs()), amounts[i] < 0));
    let values: Vec<i128> = order.iter().map(|&i| i128::from(amounts[i])).collect();
    let (mut found, cap) = search(&values, target, bounds);
    for taken in &mut found {
        for at in taken.iter_mut() {
            *at = order[*at];
        }
        taken.sort_unstable();
    }
    Groups { found, cap }
}

/// Whether the target lies between the lowest and the highest sum of any of the amounts.
fn is_within_reach(amounts: &[i64], target: i64) -> bool {
    let (mut lowest, mut highest) = (0i128, 0i128);
    for &amount in amounts {
        if amount > 0 {
            highest += i128::from(amount);
        } else {
            lowest += i128::from(amount);
        }
    }
    !amounts.is_empty() && (lowest..=highest).contains(&i128::from(target))
}

/// Places of values, largest first: each is first taken, then left out, as long as the rest reaches.
fn search(values: &[i128], target: i64, bounds: Bounds) -> (Vec<Vec<usize>>, Option<&'static str>) {
    let reach = reach(values);
    let after = after(values, bounds.alike);
    let mut found = Vec::new();
    // Where to go on, what is left, and how many of those that are taken now stay so.
    let mut postponed: Vec<(usize, i128, usize)> = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    let (mut at, mut left) = (0, i128::from(target));
    let mut steps = bounds.steps;
    while steps > 0 {
        steps -= 1;
        if left == 0 && taken.last().is_some_and(|&last| last + 1 == at) {
            found.push(taken.clone());
            if found.len() == 2 {
                return (found, None);
            }
        }
        let room = bounds.size.saturating_sub(taken.len());
        let (lowest, highest) = reach[at];
        if at < values.len() && room > 0 && lowest <= left && left <= highest {
            if room == 1 && left != values[at] && steps > 0 {
                steps -= 1; // taken as the last it does not fit, so only leaving it out is left
                at = after[at];
                continue;
            }
            postponed.push((after[at], left, taken.len()));
            left -= values[at];
            taken.push(at);
            at += 1;
        } else if let Some((next, rest, kept)) = postponed.pop() {
            (at, left) = (next, rest);
            taken.truncate(kept);
        } else {
            return (found, None);
        }
    }
    (found, Some("max_group_steps"))
}

/// Lowest and highest sums of each tail.
fn reach(values: &[i128]) -> Vec<(i128, i128)> {
    let mut reach = vec![(0, 0); values.len() + 1];
    for at in (0..values.len()).rev() {
        let ((lowest, highest), value) = (reach[at + 1], values[at]);
        reach[at] = (lowest + value.min(0), highest + value.max(0));
    }
    reach
}

/// Where to go on when a value is left out: at the next one, or at the next different one.
fn after(values: &[i128], alike: bool) -> Vec<usize> {
    let mut after: Vec<usize> = (1..=values.len()).collect();
    if alike {
        for at in (1..values.len()).rev() {
            if values[at - 1] == values[at] {
                after[at - 1] = after[at];
            }
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_make_ten() {
        assert_eq!(groups(&[3, 5, 7], 10, Bounds::new(2, 100)).found, [[0, 2]]);
    }
}
