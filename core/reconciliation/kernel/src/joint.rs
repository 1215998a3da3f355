//! Several lines of one day that together pay what they cite (see `core/reconciliation/joint.py`).

use std::sync::OnceLock;

use crate::case::{Boxed, Case, State};
use crate::map::Map;
use crate::model::Place;
use crate::ruling::{Ruling, Share};
use crate::words;

/// One line of a group that is decided together: its place among the cases, and the ids of the other lines.
#[derive(Debug)]
pub struct Joined<'a> {
    pub case: usize,
    pub ruling: Ruling,
    pub together: Vec<&'a str>,
}

/// A line of a group, as a place among the cases, and the items that it cites.
type Member = (usize, Vec<Place>);

fn max_lines() -> usize {
    static MAX_LINES: OnceLock<usize> = OnceLock::new();
    *MAX_LINES.get_or_init(|| words::whole("joint.MAX_LINES"))
}

/// Groups of lines that cite the same items, in part or all, and together pay them to the cent.
/// `out`: those that close payables, else the others; `state` is that of their side.
pub fn joint<'a>(cases: &[Boxed<'a>], out: bool, state: &State) -> Vec<Vec<Joined<'a>>> {
    connected(cases, out, state).iter().filter_map(|group| ruled(group, cases, state)).collect()
}

fn may_join(case: &Case) -> bool {
    let cited = &case.cited;
    case.cites() && case.may_be_decided() && cited.unknown.is_empty()
}

/// Lines linked by items of one debtor that they cite.
fn connected(cases: &[Boxed], out: bool, state: &State) -> Vec<Vec<Member>> {
    let mut members: Vec<Vec<Member>> = Vec::new();
    // For each group the one that it became part of, itself at first.
    let mut part_of: Vec<usize> = Vec::new();
    let mut group_of: Map<Place, usize> = Map::default();
    for (at, case) in cases.iter().enumerate().filter(|(_, case)| may_join(case) && (case.sign() < 0) == out)
    {
        let meaning = case.meaning(state);
        if !meaning.ambiguous.is_empty() || !meaning.settled.is_empty() || meaning.items.is_empty() {
            continue;
        }
        let known = meaning.items.iter().filter_map(|n| group_of.get(n).copied());
        let mut joined: Vec<usize> = known.map(|group| end_of(&mut part_of, group)).collect();
        joined.sort_unstable();
        joined.dedup();
        let new = members.len();
        let mut group: Vec<Member> = Vec::new();
        for old in joined {
            part_of[old] = new;
            let before = std::mem::take(&mut members[old]);
            if group.is_empty() {
                group = before;
            } else {
                group.extend(before);
            }
        }
        group.push((at, meaning.items.clone()));
        group_of.extend(meaning.items.iter().map(|&n| (n, new)));
        members.push(group);
        part_of.push(new);
    }
    members.retain(|group| 1 < group.len() && group.len() <= max_lines());
    members
}

fn end_of(part_of: &mut [usize], mut group: usize) -> usize {
    while part_of[group] != group {
        part_of[group] = part_of[part_of[group]];
        group = part_of[group];
    }
    group
}

fn ruled<'a>(group: &[Member], cases: &[Boxed<'a>], state: &State) -> Option<Vec<Joined<'a>>> {
    let mut items: Vec<Place> = group.iter().flat_map(|(_, cited)| cited).copied().collect();
    items.sort_unstable();
    items.dedup();
    let known = group.iter().all(|(at, cited)| cited.iter().all(|&n| cases[*at].grade(state, n) >= 1));
    let debtor = state.index().debtor(items[0]);
    let one_debtor = items.iter().all(|&n| state.index().debtor(n) == debtor);
    let total: i128 = group.iter().map(|(at, _)| i128::from(cases[*at].paid)).sum();
    let owed: i128 = items.iter().map(|&n| i128::from(state.open(n))).sum();
    if !known || !one_debtor || total != owed || items.iter().any(|&n| state.open(n) < 0) {
        return None;
    }
    let ids: Vec<&str> = group.iter().map(|(at, _)| cases[*at].line.id()).collect();
    let joined = spread(group, cases, state)?.into_iter().zip(group).map(|(shares, &(case, _))| {
        let own = cases[case].line.id();
        Joined {
            case,
            ruling: Ruling::auto(3, "joint_sum", shares, 0.0),
            together: ids.iter().copied().filter(|&id| id != own).collect(),
        }
    });
    Some(joined.collect())
}

/// Each line's money over the items it cites, those with fewest first; nothing when it does not fit.
fn spread(group: &[Member], cases: &[Boxed], state: &State) -> Option<Vec<Vec<Share>>> {
    let mut left: Map<Place, i64> = Map::default();
    for &n in group.iter().flat_map(|(_, cited)| cited) {
        left.insert(n, state.open(n));
    }
    let mut shares = vec![Vec::new(); group.len()];
    let mut order: Vec<usize> = (0..group.len()).collect();
    order.sort_by_key(|&g| (group[g].1.len(), cases[group[g].0].line.id()));
    for g in order {
        let (at, cited) = &group[g];
        let mut money = cases[*at].paid;
        let mut cited = cited.clone();
        cited.sort_unstable();
        for n in cited {
            let open = left.entry(n).or_default();
            let part = money.min(*open);
            if part != 0 {
                shares[g].push(Share::new(n, part));
            }
            money -= part;
            *open -= part;
        }
        if money != 0 {
            return None;
        }
    }
    Some(shares)
}
