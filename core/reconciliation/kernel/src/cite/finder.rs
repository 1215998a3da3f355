//! One pass over a label: numbers, then what follows them, then what is left (see
//! `core/reconciliation/cite/finder.py`).

use std::cmp::Reverse;

use super::kinds::{self, Citation, Cited, Hit, Narrow, Text, Words};
use super::numbers::{is_parted_so, parts, whole_numbers};
use super::rest::leftovers;
use super::series::{headless_ranges, Series};
use super::unglue::unglue;
use crate::index::{Index, FULL, SHORT_DIGITS, STRUCTURED};
use crate::label::{has_digit, parted, Field, Label, Parts, Stretch, Structured, Word};
use crate::map::Set;
use crate::model::{Place, Policy};

/// Reads which items the label cites. `narrow` keeps, of items that share a key, those that the payer or the
/// amount point to; it returns all of them, or none of too many, when neither does.
pub fn cite(label: &Label, index: &Index, policy: &Policy, narrow: &mut Narrow) -> Cited {
    let mut cited = Cited { caps: label.caps.clone(), ..Cited::default() };
    let words = words_of(label, index, &mut cited);
    if !words.is_empty() {
        let mut text = Text::new(&words, &label.stretches, index, policy, narrow, cited);
        read(&mut text);
        cited = text.cited;
    }
    for structured in &label.structured {
        add_structured(structured, index, &mut cited);
    }
    cited
}

/// The words of the stretches that have a digit at all, glued ones parted, up to the cap.
fn words_of<'t>(label: &'t Label, index: &Index, cited: &mut Cited) -> Words<'t> {
    let bytes = |stretch: &Stretch| has_digit(&stretch.text).then_some(stretch.text.len());
    let bytes = label.stretches.iter().filter_map(bytes).sum();
    if bytes == 0 {
        return Words::default();
    }
    let mut words = Words::with_room(bytes);
    let most = kinds::rules().max_words;
    let mut count = 0;
    for (zone, stretch) in label.stretches.iter().enumerate() {
        if count > most || !has_digit(&stretch.text) {
            continue;
        }
        let mut parts = parted(stretch);
        unglue(&mut parts, &index.full, stretch.field == Field::EndToEndId);
        let Parts { texts, starts, glues } = parts;
        count += texts.len();
        for ((text, start), glue) in texts.into_iter().zip(starts).zip(glues).take(most - words.len()) {
            words.push(text, start, glue, zone);
        }
        if stretch.cut && count <= most {
            words.cut.push(count - 1);
        }
    }
    if count > most {
        cited.caps.push("max_words");
    }
    words
}

/// Whole numbers and what follows them come first: `FA2401201 1202` is a list before 1202 is looked for
/// without its letters. Digits that only line up when put together wait for the second round.
fn read(text: &mut Text) {
    let (mut series, whole) = (Series::new(), whole_numbers(text));
    let has_orders = whole.iter().any(|hit| hit.how == "order");
    let (mut pieced, hits): (Vec<Hit>, Vec<Hit>) = whole.into_iter().partition(|hit| is_pieced(text, hit));
    cite_all(text, &mut series, hits);
    if text.free > 0 {
        pieced.extend(parts(text));
        cite_all(text, &mut series, pieced);
    }
    if text.free > 0 {
        headless_ranges(text);
        leftovers(text);
    }
    if !series.left_out.is_empty() {
        leave_out(&mut text.cited, &series.left_out);
    }
    if has_orders {
        without_needless_orders(&mut text.cited);
    }
}

/// Whether a short number stands in words that may as well be several, or is not printed in these.
fn is_pieced(text: &Text, hit: &Hit) -> bool {
    if hit.strength > SHORT_DIGITS || hit.after - hit.first < 2 {
        return false;
    }
    let is_one = hit.how == "full" && (hit.first + 1..hit.after).all(|n| text.words.is_tight(n));
    !(is_one && is_parted_so(text, hit.first, hit.after, hit.items))
}

/// Cites numbers in reading order, up to the cap; no word counts twice.
fn cite_all<'t>(text: &mut Text<'t>, series: &mut Series<'t>, hits: Vec<Hit<'t>>) {
    let hits = chosen(text, hits);
    if !hits.is_empty() {
        series.hits.resize(text.words.len(), None);
    }
    for hit in &hits {
        series.hits[hit.first] = Some(*hit);
    }
    for hit in &hits {
        if text.cited.citations.len() >= text.policy.max_references {
            text.cited.caps.push("max_references");
            return;
        }
        if !series.not_meant.contains(&hit.first) {
            cite_one(text, hit, series);
        }
    }
}

/// The strongest, then longest, then first, in reading order.
fn chosen<'t>(text: &mut Text, mut hits: Vec<Hit<'t>>) -> Vec<Hit<'t>> {
    hits.sort_by_key(|hit| (Reverse(hit.strength), Reverse(hit.after - hit.first), hit.first));
    hits.retain(|hit| {
        let is_free = !text.used[hit.first..hit.after].contains(&true);
        if is_free {
            text.spend(hit.first, hit.after);
        }
        is_free
    });
    hits.sort_by_key(|hit| hit.first);
    hits
}

fn cite_one<'t>(text: &mut Text<'t>, hit: &Hit<'t>, series: &mut Series<'t>) {
    let items = text.meant(hit.items);
    if items.is_empty() {
        text.cited.unknown.push(text.whole(hit.first, hit.after));
        return;
    }
    if items.len() > text.policy.max_shared_key {
        text.cited.caps.push("max_shared_key");
        return;
    }
    let after = series.after(text, hit, &items);
    text.add(hit.first, hit.after, placed(text, hit, after), items, hit.how);
}

/// One grade lower when the number is glued to more text, or ends where the text was cut.
fn placed(text: &Text, hit: &Hit, after: usize) -> u8 {
    let words = text.words;
    let is_glued = |seam: usize, at: usize| words.is_tight(seam) && !text.used[at] && !words.is_plain(at);
    let before = hit.first > 0 && is_glued(hit.first, hit.first - 1);
    let behind = after < words.len() && is_glued(after, after);
    let lower = u8::from(before) + u8::from(behind) + u8::from(words.is_cut(hit.after - 1));
    hit.strength.saturating_sub(lower).max(SHORT_DIGITS)
}

/// Takes what the text names as left out from its ranges.
fn leave_out(cited: &mut Cited, left_out: &Set<Place>) {
    let is_out = |n: &Place| left_out.contains(n);
    cited.citations.retain(|citation| citation.how != "range" || !citation.items.iter().all(is_out));
    for span in &mut cited.spans {
        span.retain(|n| !is_out(n));
    }
}

/// An order number beside the number of one of its invoices says nothing more.
fn without_needless_orders(cited: &mut Cited) {
    let numbers: Set<Place> = cited
        .citations
        .iter()
        .filter(|citation| citation.how != "order")
        .flat_map(|citation| citation.items.iter().copied())
        .collect();
    let is_needless = |citation: &Citation| citation.items.iter().any(|n| numbers.contains(n));
    cited.citations.retain(|citation| citation.how != "order" || !is_needless(citation));
}

/// A structured reference counts most in its own field; one that nobody has is an unknown number.
fn add_structured(found: &Structured, index: &Index, cited: &mut Cited) {
    let items = index.structured.get(&found.reference);
    let own_field = found.field == Field::CreditorReference;
    let Structured { reference: text, field, start, end } = found.clone();
    if !items.is_empty() {
        let strength = if own_field { STRUCTURED } else { FULL };
        let (items, how) = (items.to_vec(), "structured");
        cited.citations.push(Citation { text, field, start, end, strength, items, how });
    } else if !own_field || found.reference.starts_with(b"RF") {
        cited.unknown.push(Word { text, start, end, field });
    }
}
