//! From a ruling to a decision: amounts that add up, and the explanation (see
//! `core/reconciliation/decision.py`).
//!

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::OnceLock;

use crate::case::{Case, State};
use crate::json::{write_text, Json};
use crate::label::Word;
use crate::lines::Line;
use crate::model::{Day, Place, Policy};
use crate::ruling::{Outcome, Proposal, Ruling, Share};
use crate::text::shown;
use crate::words;

struct Rules {
    /// Candidates of a review.
    shown: usize,
    /// Tokens and rivals that an explanation lists.
    listed: usize,
    /// Reasons for which a person looks at a returned payment.
    uncertain: &'static [String],
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        shown: words::whole("decision.SHOWN"),
        listed: words::whole("decision.LISTED"),
        uncertain: words::list("decision._UNCERTAIN"),
    })
}

/// Candidates of a review.
pub fn shown_candidates() -> usize {
    rules().shown
}

/// Tokens and rivals that an explanation lists.
pub fn listed() -> usize {
    rules().listed
}

/// One possible answer of a review, best first; `why` is JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub rank: u8,
    pub shares: Vec<Share>,
    pub score: f64,
    pub why: String,
}

/// The outcome for one line, as the output files have it; `explanation` is JSON, `tier` 0 to 10. Items are
/// those of the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub row: u32,
    pub outcome: Outcome,
    pub tier: u8,
    pub reason: Cow<'static, str>,
    pub coincidence: f64,
    pub allocated: i64,
    pub unallocated: i64,
    pub shares: Vec<Share>,
    pub candidates: Vec<Candidate>,
    pub explanation: String,
}

/// Groups of items of the wall that a person said no to for a line.
pub type Rejected = [Vec<Place>];

/// Whether a person said no to these items together, or to some of them; the items of the shares begin at `first`
/// among those of the wall.
pub fn is_rejected(shares: &[Share], first: Place, rejected: &Rejected) -> bool {
    let holds = |n: Place| shares.iter().any(|share| first + share.item == n);
    rejected.iter().any(|group| group.iter().copied().all(holds))
}

/// The best few proposals, one per set of items, in a defined order.
pub fn ranked(mut proposals: Vec<Proposal>, first: Place, rejected: &Rejected) -> Vec<Candidate> {
    proposals.sort_by(|p, q| {
        let by_score = q.score.total_cmp(&p.score);
        by_score.then_with(|| items_of(&p.shares).cmp(items_of(&q.shares)))
    });
    let mut best: Vec<Candidate> = Vec::with_capacity(proposals.len().min(rules().shown));
    for p in proposals {
        let is_seen = |one: &Candidate| items_of(&one.shares).eq(items_of(&p.shares));
        if p.shares.is_empty() || best.iter().any(is_seen) || is_rejected(&p.shares, first, rejected) {
            continue;
        }
        let mut why = String::with_capacity(96);
        p.why.write(&mut why);
        let rank = best.len() as u8 + 1;
        best.push(Candidate { rank, shares: p.shares, score: rounded(p.score), why });
        if best.len() == rules().shown {
            break;
        }
    }
    best
}

fn items_of(shares: &[Share]) -> impl Iterator<Item = Place> + '_ {
    shares.iter().map(|share| share.item)
}

/// `round(score, 4)`.
fn rounded(score: f64) -> f64 {
    format!("{score:.4}").parse().unwrap_or(score)
}

/// `float(f"{chance:.3g}")`.
fn to_three_digits(chance: f64) -> f64 {
    format!("{chance:.2e}").parse().unwrap_or(chance)
}

/// A list in JSON.
fn write_list<T>(
    values: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push('[');
    for (n, value) in values.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(value, out);
    }
    out.push(']');
}

fn write_folded(text: &[u8], out: &mut String) {
    match std::str::from_utf8(text) {
        Ok(text) => write_text(text, out),
        Err(_) => write_text(&shown(text), out),
    }
}

fn write_number(number: impl std::fmt::Display, out: &mut String) {
    let _ = write!(out, "{number}");
}

/// A word and where it stands; `how` goes between.
fn write_placed(word: &Word, how: &str, out: &mut String) {
    out.push_str("{\"end\":");
    write_number(word.end, out);
    out.push_str(",\"field\":\"");
    out.push_str(word.field.name());
    out.push('"');
    out.push_str(how);
    out.push_str(",\"start\":");
    write_number(word.start, out);
    out.push_str(",\"text\":");
    write_folded(&word.text, out);
    out.push('}');
}

fn write_tokens(case: &Case, state: &State, out: &mut String) {
    let listed = rules().listed;
    if !case.cites() {
        write_list(case.cited.counters.iter().take(listed), out, |word, out| {
            write_placed(word, ",\"how\":\"counter\"", out);
        });
        return;
    }
    write_list(case.cited.citations.iter().take(listed), out, |cited, out| {
        out.push_str("{\"end\":");
        write_number(cited.end, out);
        out.push_str(",\"field\":\"");
        out.push_str(cited.field.name());
        out.push_str("\",\"how\":\"");
        out.push_str(cited.how);
        out.push_str("\",\"items\":");
        write_items(cited.items.iter().take(listed), state, out);
        out.push_str(",\"start\":");
        write_number(cited.start, out);
        out.push_str(",\"strength\":");
        write_number(cited.strength, out);
        out.push_str(",\"text\":");
        write_folded(&cited.text, out);
        out.push('}');
    });
}

fn write_items<'p>(items: impl Iterator<Item = &'p Place>, state: &State, out: &mut String) {
    write_list(items, out, |&n, out| write_text(state.index().id(n), out));
}

/// All a reader needs to redo the decision by hand, as JSON with its keys in order.
pub fn explanation_of(case: &Case, state: &State, ruling: &Ruling) -> String {
    let listed = rules().listed;
    let mut shares = &ruling.shares;
    if let (true, Some(first)) = (shares.is_empty(), ruling.proposals.first()) {
        shares = &first.shares;
    }
    let mut caps: Vec<&str> = ruling.caps.iter().chain(&case.cited.caps).copied().collect();
    caps.sort_unstable();
    caps.dedup();
    let mut written = String::with_capacity(384);
    let out = &mut written;
    out.push_str("{\"caps\":");
    write_list(caps, out, write_text);
    out.push_str(",\"code\":");
    write_text(&state.policy.code, out);
    if let Some(gate) = &ruling.gate {
        out.push_str(",\"gate\":");
        write_text(gate.code, out);
    }
    if let Some(day) = case.held_until {
        out.push_str(",\"held_until\":\"");
        write_day(day, out);
        out.push('"');
    }
    out.push_str(",\"payer\":{\"grade\":");
    match shares.first() {
        Some(share) => write_number(case.grade(state, share.item), out),
        None => out.push_str("null"),
    }
    out.push_str(",\"name\":");
    match &case.label.payer {
        Some(name) => write_text(name, out),
        None => out.push_str("null"),
    }
    out.push_str("},\"policy\":");
    write_text(&state.policy.version, out);
    out.push_str(",\"rivals\":");
    write_items(ruling.rivals.iter().take(listed), state, out);
    out.push_str(",\"signals\":");
    write_list(signals(case, state, shares), out, write_text);
    if !case.together.is_empty() {
        out.push_str(",\"together_with\":");
        write_list(case.together.iter().copied(), out, write_text);
    }
    out.push_str(",\"tokens\":");
    write_tokens(case, state, out);
    out.push_str(",\"unknown_references\":");
    write_list(case.cited.unknown.iter().take(listed), out, |word, out| {
        write_placed(word, "", out);
    });
    out.push('}');
    written
}

fn signals(case: &Case, state: &State, shares: &[Share]) -> impl Iterator<Item = &'static str> {
    let due: i128 = shares.iter().map(|share| i128::from(state.open(share.item))).sum();
    let is_exact = !shares.is_empty() && due == i128::from(case.paid);
    let is_payer =
        shares.first().is_some_and(|share| case.payer.grade(state.index().debtor(share.item)) >= 1);
    let is_declared = shares.iter().any(|share| case.declared.contains(&share.item));
    let told = [
        (case.cites(), "reference"),
        (is_exact, "exact_amount"),
        (is_payer, "payer"),
        (is_declared, "declared_by_tool"),
    ];
    told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, signal)| signal)
}

/// `date.isoformat()`.
fn write_day(day: Day, out: &mut String) {
    let days = i64::from(day) + 305; // from 1 March of year 0 on
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let _ = write!(out, "{year:04}-{month:02}-{date:02}");
}

/// The decision a ruling comes to; call it before the open amounts change. The items of the case begin at `first`
/// among those of the wall, and those of the decision are the wall's.
pub fn decide(case: &Case, state: &State, ruling: Ruling, first: Place, rejected: &Rejected) -> Decision {
    let explanation = explanation_of(case, state, &ruling);
    let allocated: i128 = ruling.shares.iter().map(|share| i128::from(share.amount)).sum();
    let allocated = case.sign() * allocated as i64;
    let of_wall = |mut shares: Vec<Share>| {
        shares.iter_mut().for_each(|share| share.item += first);
        shares
    };
    let mut candidates = ranked(ruling.proposals, first, rejected);
    for candidate in &mut candidates {
        candidate.shares = of_wall(std::mem::take(&mut candidate.shares));
    }
    let chance = ruling.coincidence;
    Decision {
        row: case.line.row,
        outcome: ruling.outcome,
        tier: ruling.tier,
        reason: ruling.reason,
        coincidence: if chance == 0.0 { 0.0 } else { to_three_digits(chance) },
        allocated,
        unallocated: case.line.amount.wrapping_sub(allocated),
        shares: of_wall(ruling.shares),
        candidates,
        explanation,
    }
}

/// A T0 decision: not a receipt, or a return with opposite shares, or one whose original is not certain.
/// `more` goes into the explanation.
pub fn settle_nothing(
    line: &Line,
    reason: &'static str,
    policy: &Policy,
    shares: Vec<Share>,
    candidates: Vec<Candidate>,
    more: Vec<(&'static str, Json)>,
) -> Decision {
    let is_uncertain = rules().uncertain.iter().any(|one| one == reason);
    let allocated = if shares.is_empty() { 0 } else { line.amount };
    Decision {
        row: line.row,
        outcome: match (shares.is_empty(), is_uncertain) {
            (false, _) => Outcome::Auto,
            (true, true) => Outcome::Review,
            (true, false) => Outcome::None,
        },
        tier: if is_uncertain { 9 } else { 0 },
        reason: Cow::Borrowed(reason),
        coincidence: 0.0,
        allocated,
        unallocated: line.amount.wrapping_sub(allocated),
        shares,
        candidates,
        explanation: nothing_told(policy, more),
    }
}

/// The explanation of a line that pays nothing.
pub fn nothing_told(policy: &Policy, more: Vec<(&'static str, Json)>) -> String {
    let mut out = String::with_capacity(128);
    if more.is_empty() {
        out.push_str("{\"caps\":[],\"code\":");
        write_text(&policy.code, &mut out);
        out.push_str(",\"policy\":");
        write_text(&policy.version, &mut out);
        out.push_str(",\"rivals\":[],\"signals\":[],\"tokens\":[]}");
        return out;
    }
    let mut pairs = more;
    pairs.extend(["caps", "rivals", "signals", "tokens"].map(|key| (key, Json::List(Vec::new()))));
    pairs.push(("code", Json::from(policy.code.as_str())));
    pairs.push(("policy", Json::from(policy.version.as_str())));
    Json::Map(pairs).write(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::{rounded, to_three_digits, write_day};

    #[test]
    fn days_are_written_as_python_writes_them() {
        let iso = |day| {
            let mut out = String::new();
            write_day(day, &mut out);
            out
        };
        assert_eq!(iso(1), "0001-01-01");
        assert_eq!(iso(738_945), "2024-02-29");
        assert_eq!(iso(738_946), "2024-03-01");
        assert_eq!(iso(3_652_059), "9999-12-31");
    }

    #[test]
    fn what_is_halfway_goes_to_the_even_digit() {
        assert_eq!(rounded(0.031_25), 0.0312);
        assert_eq!(to_three_digits(1.125), 1.12);
        assert_eq!(to_three_digits(0.001_234_56), 0.00123);
    }
}
