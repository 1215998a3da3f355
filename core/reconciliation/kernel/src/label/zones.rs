//! Parts a folded label into stretches (see `core/reconciliation/label/zones.py`).

use std::sync::OnceLock;

use super::forms::{abroad, roles, Form, Role, Roles};
use super::openings::opening;
use super::tags::tags_in;
use crate::pattern::Pattern;
use crate::words;

/// A stretch of a text and what it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    pub role: Role,
    pub start: usize,
    pub end: usize,
}

/// A label in its parts: the form it has, if known, and how long its opening is.
#[derive(Clone, Debug, PartialEq)]
pub struct Zones {
    pub form: Option<Form>,
    pub opened: usize,
    pub zones: Vec<Zone>,
}

struct Rules {
    ordering: Pattern,
    one_word: Vec<(Role, Pattern)>,
    ends_early: Roles,
    bare: &'static [u8],
    name_alone: Vec<(Role, Role)>,
    behind_name: Vec<&'static [u8]>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        ordering: Pattern::new(words::text("label.zones._ORDERING")),
        one_word: words::pairs("label.zones._ONE_WORD")
            .map(|(role, pattern)| (Role::of(role), Pattern::new(pattern)))
            .collect(),
        ends_early: Roles::of("label.zones._ENDS_EARLY"),
        bare: words::text("label.zones._BARE").as_bytes(),
        name_alone: words::pairs("label.zones._NAME_ALONE")
            .map(|(both, name)| (Role::of(both), Role::of(name)))
            .collect(),
        behind_name: words::list("label.zones._BEHIND_NAME").iter().map(String::as_bytes).collect(),
    })
}

/// The stretches of a folded label in their order; openings, tags and empty stretches left out.
pub fn zones_of(folded: &[u8]) -> Zones {
    let rules = rules();
    let (mut form, opened) = opening(folded);
    let mut role = form.map_or(Role::Text, |form| form.opens);
    let mut zones = Vec::new();
    let mut at = opened;
    let ordering = rules.ordering.match_at(folded, opened, folded.len());
    if let Some(ordering) = &ordering {
        (at, role) = (ordering.end, Role::Payer);
        form = form.or_else(|| Some(abroad()));
    }
    for tag in tags_in(folded, at, ordering.is_some()) {
        if tag.start < at {
            continue;
        }
        if form.is_some() && zones.is_empty() && at == opened && rules.behind_name.contains(&tag.word) {
            let alone = rules.name_alone.iter().find(|(both, _)| *both == role);
            role = alone.map_or(role, |(_, name)| *name);
        }
        close(&mut zones, folded, role, at, tag.start);
        at = tag.end;
        role = roles().get(tag.word).copied().unwrap_or(Role::Address);
        if role == Role::Payer && form.is_some_and(|form| form.event == "direct_debit") {
            role = Role::Payee;
        }
    }
    close(&mut zones, folded, role, at, folded.len());
    Zones { form, opened, zones }
}

/// Adds a stretch unless it is blank; behind an identifier, or the line of a name, text goes on.
fn close(zones: &mut Vec<Zone>, folded: &[u8], mut role: Role, mut start: usize, end: usize) {
    let rules = rules();
    if rules.ends_early.has(role) {
        let early = early_end(folded, role, start, end);
        if early < end {
            let end = early;
            zones.push(Zone { role, start, end });
            (start, role) = (early, Role::Text);
        }
    }
    if folded[start..end].iter().any(|one| !rules.bare.contains(one)) {
        zones.push(Zone { role, start, end });
    }
}

fn early_end(folded: &[u8], role: Role, start: usize, end: usize) -> usize {
    let rules = rules();
    if let Some((_, word)) = rules.one_word.iter().find(|(of, _)| *of == role) {
        return word.match_at(folded, start, end).map_or(end, |found| found.end);
    }
    let content = &folded[start..end];
    let Some(begins) = content.iter().position(|one| !rules.bare.contains(one)) else {
        return end;
    };
    let line = content[begins..].iter().position(|&one| one == b'\n');
    line.map_or(end, |line| start + begins + line)
}
