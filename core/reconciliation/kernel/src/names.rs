//! Who is paying: names weighed by how rare their words are, and compared with those of the debtors (see
//! `core/reconciliation/names.py`).

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::bearers::{Beginnings, Borne, Lists};
use crate::likeness::{likeness, needed, spelt, sum, Spelt, Vocabulary, Weighed, Written, UNHEARD};
use crate::map::{Lexicon, Map, Set};
use crate::model::Ids;
use crate::payer::Payer;
use crate::spelling::{is_common, legal_form, legal_forms, normalise, Name};
use crate::text;
use crate::words;

struct Rules {
    /// Beginnings of legal forms, and these.
    cut_forms: Lexicon<&'static str>,
    for_many: Lexicon<&'static str>,
    everybodys: f64,
    /// Lengths at which banks cut names, the longest first.
    cuts: Vec<usize>,
    longest_name: usize,
    longest_run: usize,
    shortest_telling: usize,
    handful: usize,
    much: usize,
    clear: f64,
    margin: f64,
    sure: f64,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let set = |key| words::list(key).iter().map(String::as_str).collect();
        let cuts_of = |&form: &&'static str| (1..=form.len()).map(move |n| &form[..n]);
        let cuts = words::list("names.CUTS_OF_NAMES").iter();
        let mut cuts: Vec<usize> = cuts.map(|n| n.parse().expect("a length")).collect();
        cuts.sort_unstable_by(|one, other| other.cmp(one));
        Rules {
            cut_forms: legal_forms().iter().flat_map(cuts_of).collect(),
            for_many: set("names.FOR_MANY"),
            everybodys: words::number("names.EVERYBODYS"),
            cuts,
            longest_name: words::whole("names.LONGEST_NAME"),
            longest_run: words::whole("names.LONGEST_RUN"),
            shortest_telling: words::whole("names.SHORTEST_TELLING"),
            handful: words::whole("names.HANDFUL"),
            much: words::whole("names.MUCH"),
            clear: words::number("names.CLEAR"),
            margin: words::number("names.MARGIN"),
            sure: words::number("names.SURE"),
        }
    })
}

/// The debtors (or sellers) of one wall, searchable by the words of their names. Shared by threads.
pub struct Debtors {
    vocabulary: Vocabulary,
    /// Of known words.
    weights: Vec<f64>,
    /// How many debtors have a name.
    count: usize,
    /// Debtor by debtor.
    names: Vec<Borne>,
    weighed: Vec<Weighed>,
    /// Where the names of each debtor begin.
    starts: Vec<u32>,
    /// Sets of words, and who bears a name of these.
    cores: Map<Box<[u32]>, u32>,
    by_core: Lists,
    by_word: Lists,
    /// Words that are not everybody's: only those lead to anybody.
    rare: Vec<bool>,
    /// Of known words: how many letters they have, none for those that are everybody's.
    telling: Vec<u32>,
    /// By debtor: of each of his telling names the word that fewest have; `UNHEARD` where he has fewer names,
    /// and `SEVERAL` for all when he has more. It tells of most debtors that they are not named.
    marks: Vec<[u32; 2]>,
    beginnings: Beginnings,
    /// Names in the order of their words.
    in_order: Vec<u32>,
    /// Telling names by the rarest of their words, for a text that holds all of these.
    ///
    /// A name that has no rare word is looked for where the text holds one of another name of that debtor.
    whole: Lists,
}

/// Who bears a name or is named in a text, and the key under which the name is learnt.
#[derive(Clone, Default)]
pub struct Named {
    pub payer: Payer,
    pub alias: Option<Arc<str>>,
    /// Whether a name stands there at all.
    pub by_name: bool,
}

/// Stands for no word: several names are to be looked at.
const SEVERAL: u32 = UNHEARD - 1;

/// What one thread remembers of searches among the debtors of one wall.
#[derive(Default)]
pub struct Memory {
    pub searched: Remembered<Named, 1_000>,
    pub words: SpeltWords,
}

/// Written words: those that stand last in a name, and others.
#[derive(Default)]
pub struct SpeltWords {
    last: Remembered<Arc<Spelt>, 25_000>,
    others: Remembered<Arc<Spelt>, 25_000>,
}

/// Answers that are kept at hand, not more than so many: what stays in the caches is quicker than what has
/// to be fetched into them.
pub struct Remembered<T, const MOST: usize>(Map<String, T>);

impl<T, const MOST: usize> Default for Remembered<T, MOST> {
    fn default() -> Self {
        Remembered(Map::default())
    }
}

impl<T, const MOST: usize> Remembered<T, MOST> {
    pub fn of(&mut self, key: &str, find: impl FnOnce() -> T) -> &T {
        if self.0.contains_key(key) {
            return &self.0[key];
        }
        let found = find();
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.entry(key.to_owned()).or_insert(found)
    }
}

/// A written name: its words, and their numbers where they are known.
struct Asked<'n> {
    words: Vec<&'n str>,
    numbers: Vec<u32>,
    form: Option<&'static str>,
}

impl Asked<'_> {
    fn is_for_many(&self) -> bool {
        self.words.iter().any(|word| rules().for_many.contains(word))
    }

    fn has_cut_form(&self) -> bool {
        let last = self.words.last();
        self.words.len() > 1 && last.is_some_and(|word| rules().cut_forms.contains(word))
    }
}

impl Debtors {
    /// `names` are (number, name text), in any order; a text may hold several names, parted by `|`.
    pub fn new<'t>(names: impl IntoIterator<Item = (u32, &'t str)>) -> Debtors {
        let borne = different(names);
        let known: Set<&str> = borne.iter().flat_map(|(_, name)| name.each()).collect();
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        let vocabulary = Vocabulary::new(&known);
        let numbered = |(debtor, name): &(u32, Name)| Borne {
            debtor: *debtor,
            words: name.each().map(|word| vocabulary.number(word)).collect(),
            form: name.form,
        };
        let names: Vec<Borne> = borne.iter().map(numbered).collect();

        let debtors = names.last().map_or(0, |name| name.debtor as usize + 1);
        let mut starts = vec![0; debtors + 1];
        for (next, name) in (1..).zip(&names) {
            starts[name.debtor as usize + 1] = next;
        }
        for debtor in 0..debtors {
            starts[debtor + 1] = starts[debtor + 1].max(starts[debtor]);
        }
        let count = starts.windows(2).filter(|around| around[0] < around[1]).count();

        let mut cores = Map::default();
        let mut core_of = |name: &Borne| {
            let next = cores.len() as u32;
            *cores.entry(core(&name.words).into()).or_insert(next)
        };
        let of_core: Vec<(u32, u32)> = names.iter().map(|n| (core_of(n), n.debtor)).collect();
        let by_core = Lists::new(cores.len(), of_core.into_iter());
        let of_word = names.iter().flat_map(|n| n.words.iter().map(|&word| (word, n.debtor)));
        let by_word = Lists::new(vocabulary.len(), of_word);

        let weight = |(n, word): (u32, &&str)| weight(word, by_word.of(n).len(), count);
        let weights: Vec<f64> = (0..).zip(&known).map(weight).collect();
        let is_rare =
            |(n, word): (u32, &&str)| by_word.of(n).len() <= 4 * rules().handful && !is_common(word);
        let rare: Vec<bool> = (0..).zip(&known).map(is_rare).collect();
        let letters = |word: &&str| if is_common(word) { 0 } else { word.len() as u32 };
        let telling = known.iter().map(letters).collect();
        let mut in_order: Vec<u32> = (0..names.len() as u32).collect();
        in_order.sort_unstable_by(|&one, &other| names[one as usize].words.cmp(&names[other as usize].words));
        let mut found = Debtors {
            weighed: names.iter().map(|name| weigh(&name.words, &weights)).collect(),
            beginnings: Beginnings::new(&names, &in_order),
            whole: Lists::new(0, std::iter::empty()),
            vocabulary,
            weights,
            count,
            names,
            starts,
            cores,
            by_core,
            by_word,
            rare,
            telling,
            marks: Vec::new(),
            in_order,
        };
        found.whole = found.telling_names();
        found.marks = (0..debtors as u32).map(|debtor| found.mark(debtor)).collect();
        found
    }

    fn mark(&self, debtor: u32) -> [u32; 2] {
        let telling = self.names_of(debtor).iter().filter(|name| self.is_telling(name));
        let rarest =
            |name: &Borne| name.words.iter().copied().min_by_key(|&word| self.by_word.of(word).len());
        let mut marks = telling.map(|name| rarest(name).unwrap_or(UNHEARD));
        match [(); 3].map(|()| marks.next()) {
            [_, _, Some(_)] => [SEVERAL; 2],
            [one, other, None] => [one.unwrap_or(UNHEARD), other.unwrap_or(UNHEARD)],
        }
    }

    fn telling_names(&self) -> Lists {
        let mut pairs = Vec::new();
        for (n, name) in (0..).zip(&self.names) {
            if !self.is_telling(name) {
                continue;
            }
            let rare = name.words.iter().copied().filter(|&word| self.is_rare(word));
            match rare.min_by_key(|&word| self.by_word.of(word).len()) {
                Some(word) => pairs.push((word, n)),
                None => {
                    let others = self.names_of(name.debtor).iter().flat_map(|other| &other.words);
                    pairs.extend(others.filter(|&&word| self.is_rare(word)).map(|&word| (word, n)));
                }
            }
        }
        Lists::new(self.vocabulary.len(), pairs.into_iter())
    }

    /// The numbers of words with blanks between them.
    pub fn numbers_of(&self, words: &str) -> Vec<u32> {
        let words = words.split(' ').filter(|word| !word.is_empty());
        words.map(|word| self.vocabulary.number(word)).collect()
    }

    /// The numbers of the words of a folded text that some name has, and these, in order.
    pub fn numbers_in(&self, folded: &[u8], more: &[u32]) -> Vec<u32> {
        let words = folded.split(|c| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let numbers = words.map(|word| self.vocabulary.number(word)).chain(more.iter().copied());
        let mut numbers: Vec<u32> = numbers.filter(|&number| number != UNHEARD).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Whether a telling name of the debtor stands there with all its words, one of them `besides` those.
    pub fn is_named(&self, debtor: u32, told: &[u32], besides: &[u32]) -> bool {
        let marks = self.marks.get(debtor as usize).copied().unwrap_or([UNHEARD; 2]);
        if marks.iter().all(|mark| *mark != SEVERAL && told.binary_search(mark).is_err()) {
            return false;
        }
        self.names_of(debtor).iter().any(|name| {
            name.words.iter().all(|word| told.binary_search(word).is_ok())
                && !name.words.iter().all(|word| besides.contains(word))
                && self.is_telling(name)
        })
    }

    /// Whether a name of the debtor is told but for one word, and the others tell him from most.
    pub fn is_nearly_named(&self, debtor: u32, told: &[u32]) -> bool {
        let tells =
            |&word: &u32| self.by_word.of(word).len() <= rules().handful && self.telling[word as usize] > 0;
        self.names_of(debtor).iter().any(|name| {
            let mut left = core(&name.words);
            let words = left.len();
            left.retain(|word| told.binary_search(word).is_ok());
            left.len() + 1 == words && left.iter().any(tells) && self.are_telling(&left)
        })
    }

    fn is_telling(&self, name: &Borne) -> bool {
        self.are_telling(&name.words)
    }

    fn are_telling(&self, words: &[u32]) -> bool {
        let letters: u32 = words.iter().map(|&word| self.telling[word as usize]).sum();
        letters as usize >= rules().shortest_telling
    }

    /// Debtors of whose names a word is told that few others' have, in order.
    pub fn sharing(&self, told: &[u32]) -> Vec<u32> {
        let (few, much) = (rules().handful, rules().much as u32);
        let is_rare =
            |&&word: &&u32| self.telling[word as usize] >= much && self.by_word.of(word).len() <= few;
        core(
            &told
                .iter()
                .filter(is_rare)
                .flat_map(|&word| self.by_word.of(word))
                .copied()
                .collect::<Vec<u32>>(),
        )
    }

    /// Whether one of the debtor's names has this word.
    pub fn has_word(&self, debtor: u32, word: &str) -> bool {
        let number = self.vocabulary.number(word);
        self.names_of(debtor).iter().any(|name| name.words.contains(&number))
    }

    fn names_of(&self, debtor: u32) -> &[Borne] {
        &self.names[self.range_of(debtor)]
    }

    fn range_of(&self, debtor: u32) -> Range<usize> {
        let debtor = debtor as usize;
        match self.starts.get(debtor..debtor + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0, // nobody from here on has a name
        }
    }

    fn is_rare(&self, word: u32) -> bool {
        self.rare.get(word as usize).is_some_and(|&rare| rare)
    }

    fn asked<'n>(&self, name: &'n Name) -> Asked<'n> {
        let words: Vec<&str> = name.each().collect();
        let numbers = words.iter().map(|word| self.vocabulary.number(word)).collect();
        Asked { words, numbers, form: name.form }
    }

    /// How many others would bear the name of the debtor that stands in the text, if the words of all names
    /// came together by accident; nobody when one of its words is only his.
    pub fn namesakes(&self, debtor: u32, text: &str) -> f64 {
        let name = normalise(text::clip(text, rules().longest_run));
        let here = core(&self.asked(&name).numbers);
        let stands_here = |name: &&Borne| {
            let mut words = name.words.iter();
            words.all(|word| here.binary_search(word).is_ok())
        };
        let most = |names: &mut dyn Iterator<Item = &Borne>| {
            names.map(|name| self.by_accident(&name.words)).reduce(f64::max)
        };
        let names = self.names_of(debtor);
        most(&mut names.iter().filter(stands_here)).or_else(|| most(&mut names.iter())).unwrap_or_default()
    }

    fn by_accident(&self, words: &[u32]) -> f64 {
        let debtors = self.count as f64;
        let mut seen = Set::default();
        let different = words.iter().filter(|&&word| seen.insert(word));
        different
            .fold(debtors, |others, &word| others * ((self.by_word.of(word).len() as f64 - 1.0) / debtors))
    }

    /// Who bears this name.
    ///
    /// `name` is the text, normalised.
    pub fn find(&self, memory: &mut SpeltWords, name: &Name, text: &str) -> Payer {
        let asked = self.asked(name);
        self.bearing(&asked, text).unwrap_or_else(|| modest(&asked, self.nearest(memory, &asked)))
    }

    /// Who surely bears this name: as `find` says, without looking for names that are only near.
    pub fn surely(&self, name: &Name, text: &str) -> Ids {
        self.bearing(&self.asked(name), text).unwrap_or_default().sure
    }

    /// Who bears exactly this name, or one that begins so when the text ends where banks cut.
    fn bearing(&self, asked: &Asked, text: &str) -> Option<Payer> {
        let mut equal = self.equal(&asked.numbers, asked.form);
        if equal.is_empty() && asked.has_cut_form() {
            equal = self.equal(&asked.numbers[..asked.numbers.len() - 1], asked.form);
        }
        if !equal.is_empty() {
            let is_one = equal.len() == 1 && asked.words.len() > 1 && self.is_of_his_form(asked, equal[0]);
            let sure = if is_one { equal.clone() } else { Ids::default() };
            return Some(modest(
                asked,
                Payer { sure, likely: equal.clone(), clearly: equal, ..Payer::default() },
            ));
        }
        let (size, cuts) = (text::strip(text).chars().count(), &rules().cuts);
        if cuts.contains(&size) {
            if let Some(whole) = self.cut(asked) {
                let whole = Ids::from([whole]);
                let sure = if self.tells(asked) { whole.clone() } else { Ids::default() };
                return Some(Payer { sure, likely: whole.clone(), clearly: whole, ..Payer::default() });
            }
        }
        let near = if cuts.contains(&(size + 1)) && asked.words.len() > 1 {
            // The blank behind the first words of the name is gone.
            self.beginnings.one(&asked.numbers)
        } else {
            None
        };
        let is_cut =
            || cuts.last().is_some_and(|&least| size > least) && asked.numbers.last() == Some(&UNHEARD);
        let near = near.or_else(|| if is_cut() { self.cut(asked) } else { None });
        near.map(|near| Payer::likely([near].into()))
    }

    /// Whether a name that was cut is as good as whole: few begin so, or much is left of its last word.
    fn tells(&self, asked: &Asked) -> bool {
        let Some((last, _)) = asked.words.split_last() else {
            return false;
        };
        let before = &asked.numbers[..asked.numbers.len() - 1];
        self.beginnings.count(before) as usize <= 4 * rules().handful || last.len() >= rules().much
    }

    /// The one debtor whose name begins so and goes on: the bank cut it, maybe inside a word.
    fn cut(&self, asked: &Asked) -> Option<u32> {
        let (last, _) = asked.words.split_last()?;
        let before = &asked.numbers[..asked.numbers.len() - 1];
        if before.is_empty() || before.contains(&UNHEARD) {
            return None;
        }
        let begun = &self.in_order[self.beginnings.range(before)];
        if begun.is_empty() {
            return None;
        }
        let lasts = self.vocabulary.beginning(last.as_bytes());
        let next_of = |&n: &u32| self.names[n as usize].words.get(before.len());
        let from = begun.partition_point(|n| next_of(n) < Some(&lasts.start));
        let goes_on = |n: &&u32| next_of(n).is_some_and(|next| lasts.contains(next));
        let begun = begun[from..].iter().take_while(goes_on);
        only(begun.map(|&n| self.names[n as usize].debtor))
    }

    fn equal(&self, numbers: &[u32], form: Option<&'static str>) -> Ids {
        if numbers.contains(&UNHEARD) {
            return Ids::default();
        }
        let same = match self.cores.get(&core(numbers)[..]) {
            Some(&core) => self.by_core.of(core),
            None => &[],
        };
        let has = |debtor: u32, form| self.names_of(debtor).iter().any(|name| name.form == form);
        if same.len() > 1 && form.is_some() && same.iter().any(|&debtor| has(debtor, form)) {
            let fits = |debtor: &u32| has(*debtor, form) || has(*debtor, None);
            let formed: Vec<u32> = same.iter().copied().filter(fits).collect();
            return if formed.len() <= rules().handful { formed.into() } else { Ids::default() };
        }
        if same.len() <= rules().handful {
            same.into()
        } else {
            Ids::default()
        }
    }

    /// Whether the legal form is that of the name the debtor bears, as far as both are told whole or cut: two
    /// companies may differ by nothing else.
    fn is_of_his_form(&self, asked: &Asked, debtor: u32) -> bool {
        let (words, form) = (core(&asked.numbers), legal_form(asked.form));
        let names = self.names_of(debtor).iter();
        let mut his =
            names.filter(|name| core(&name.words) == words).map(|name| legal_form(name.form)).peekable();
        his.peek().is_none() || his.any(|his| form.starts_with(his) || his.starts_with(form))
    }

    /// The one debtor whose name is clearly alike, and no other's nearly so.
    fn nearest(&self, memory: &mut SpeltWords, asked: &Asked) -> Payer {
        let rare = asked.numbers.iter().filter(|&&word| self.is_rare(word));
        let mut found: Vec<u32> = rare.flat_map(|&word| self.by_word.of(word)).copied().collect();
        found.sort_unstable();
        found.dedup();
        if found.is_empty() || found.len() > 4 * rules().handful {
            return Payer::default();
        }
        let asked = self.written(memory, asked);
        match needed(&asked, rules().clear) {
            Some(must) => self.most_alike(&asked, &found, &must).unwrap_or_default(),
            None => Payer::default(),
        }
    }

    /// Of those who share a word. Only who has what a clearly alike name must have is compared, then only who
    /// could be a rival; two that are as alike as this are rivals whatever the best one is.
    fn most_alike(&self, asked: &Written, found: &[u32], must: &[&Spelt]) -> Option<Payer> {
        let Rules { clear, margin, sure, .. } = *rules();
        let alike = |debtor| likeness(asked, &self.weighed[self.range_of(debtor)], &self.weights);
        let (mut best, mut one) = (0.0, 0);
        for debtor in self.having(found, must) {
            let score = alike(debtor);
            if score.min(best) >= 1.0 - margin {
                return None;
            }
            if score >= best {
                (best, one) = (score, debtor); // they come in order: of equals the last
            }
        }
        if best < clear {
            return None;
        }
        let must = needed(asked, best - margin).unwrap_or_default();
        let is_rival = |debtor| debtor != one && alike(debtor) >= best - margin;
        if self.having(found, &must).any(is_rival) {
            return None;
        }
        let near = Ids::from([one]);
        let clearly = if best >= sure { near.clone() } else { Ids::default() };
        Some(Payer { clearly, ..Payer::likely(near) })
    }

    /// Those of the debtors whose names have a word of each of the written ones.
    fn having<'s>(&'s self, debtors: &'s [u32], must: &'s [&'s Spelt]) -> impl Iterator<Item = u32> + 's {
        debtors.iter().copied().filter(move |&debtor| {
            let has = |one: &&Spelt| self.names_of(debtor).iter().any(|n| one.may_be_any(&n.words));
            must.iter().all(has)
        })
    }

    fn written(&self, memory: &mut SpeltWords, asked: &Asked) -> Written {
        let mut seen = Set::default();
        let mut words: Vec<&str> = asked.words.clone();
        words.retain(|word| seen.insert(*word));
        let Some((last, others)) = words.split_last() else {
            return Written::default();
        };
        let mut written = Vec::with_capacity(words.len());
        for word in others {
            written.push(memory.others.of(word, || self.spelt(word, false)).clone());
        }
        written.push(memory.last.of(last, || self.spelt(last, true)).clone());
        Written::new(written)
    }

    fn spelt(&self, word: &str, last: bool) -> Arc<Spelt> {
        let weight = match self.weights.get(self.vocabulary.number(word) as usize) {
            Some(&weight) => weight,
            None => weight(word, 0, self.count),
        };
        spelt(word, weight, &self.vocabulary, &self.weights, last).into()
    }

    /// Who is named in a (folded) text that mixes payer and remittance: surely whose whole name it begins
    /// with, likely the one debtor whose whole name stands in it, or whose cut name it begins with.
    pub fn in_text(&self, text: &[u8]) -> Payer {
        let name = normalise(&text::shown(&text[..text.len().min(rules().longest_run)]));
        let numbers: Vec<u32> = name.each().map(|word| self.vocabulary.number(word)).collect();
        let within = || self.cut_within(text, &numbers).or_else(|| self.named_within(&numbers));
        self.begun(&numbers).or_else(|| within().map(|one| Payer::likely([one].into()))).unwrap_or_default()
    }

    /// The one debtor with a name whose beginning, of two words or more, is the longest here; of a few
    /// debtors those whose whole name it is.
    fn begun(&self, words: &[u32]) -> Option<Payer> {
        let size = self.beginnings.longest(words, rules().longest_name);
        if size < 2 {
            return None;
        }
        let words = &words[..size];
        let bearers = self.beginnings.count(words) as usize;
        if !(1..=rules().handful).contains(&bearers) {
            return None;
        }
        let whole = self.named(words);
        match self.beginnings.one(words) {
            Some(one) => Some(Payer { sure: whole, ..Payer::likely([one].into()) }),
            None => (!whole.is_empty()).then(|| Payer::likely(whole)),
        }
    }

    /// Whose whole name these words are, in this order.
    fn named(&self, words: &[u32]) -> Ids {
        let same = self.in_order[self.beginnings.range(words)].iter();
        let same = same.take_while(|&&n| self.names[n as usize].words.len() == words.len());
        let mut found: Vec<u32> = same.map(|&n| self.names[n as usize].debtor).collect();
        found.sort_unstable();
        found.dedup();
        found.into()
    }

    /// A name that the bank cut inside a word, and then text: at the longest length at which it cuts.
    fn cut_within(&self, text: &[u8], words: &[u32]) -> Option<u32> {
        if self.beginnings.longest(words, 1) == 0 {
            return None;
        }
        let is_blank = |one: &&u8| one.is_ascii() && text::is_blank(char::from(**one));
        let text = &text[text.iter().take_while(is_blank).count()..];
        let ends_at = |&&size: &&usize| {
            let around = text.get(size - 1..=size);
            around.is_some_and(|around| around[0].is_ascii_alphanumeric() && around[1] == b' ')
        };
        rules().cuts.iter().filter(ends_at).find_map(|&size| {
            let name = normalise(&text::shown(&text[..size]));
            self.cut(&self.asked(&name))
        })
    }

    fn named_within(&self, words: &[u32]) -> Option<u32> {
        let present = core(words);
        let holds_all = |&&n: &&u32| {
            let words = &self.names[n as usize].words;
            words.iter().all(|word| present.binary_search(word).is_ok())
        };
        let within = present.iter().flat_map(|&word| self.whole.of(word)).filter(holds_all);
        only(within.map(|&n| self.names[n as usize].debtor))
    }
}

/// Names debtor by debtor, each once.
fn different<'t>(names: impl IntoIterator<Item = (u32, &'t str)>) -> Vec<(u32, Name)> {
    let mut texts: Vec<(u32, &str)> = names.into_iter().collect();
    texts.sort_by_key(|&(debtor, _)| debtor);
    texts.dedup();
    let mut found: Vec<(u32, Name)> = Vec::with_capacity(texts.len());
    for texts in texts.chunk_by(|one, other| one.0 == other.0) {
        let names = texts.iter().flat_map(|(_, text)| text.split('|')).map(normalise);
        let mut seen = Set::default();
        let new = names.filter(|name| !name.words.is_empty() && seen.insert(name.clone()));
        found.extend(new.map(|name| (texts[0].0, name)));
    }
    found
}

/// The different words, in order of their numbers.
fn core(words: &[u32]) -> Vec<u32> {
    let mut core = words.to_vec();
    core.sort_unstable();
    core.dedup();
    core
}

fn weight(word: &str, frequency: usize, debtors: usize) -> f64 {
    if is_common(word) || word.len() < 2 {
        return rules().everybodys;
    }
    (1.0 + (1 + debtors) as f64 / (1 + frequency) as f64).ln()
}

fn weigh(words: &[u32], weights: &[f64]) -> Weighed {
    let mut seen = Set::default();
    let different: Box<[u32]> = words.iter().copied().filter(|&word| seen.insert(word)).collect();
    let whole = sum(different.iter().map(|&word| weights[word as usize]));
    Weighed { words: different, whole }
}

/// The only one of these, however often it comes.
fn only(mut debtors: impl Iterator<Item = u32>) -> Option<u32> {
    let one = debtors.next()?;
    debtors.all(|other| other == one).then_some(one)
}

/// Who pays for many is nobody's rival, and his own name proves nothing.
fn modest(asked: &Asked, payer: Payer) -> Payer {
    if asked.is_for_many() {
        Payer::likely(payer.all())
    } else {
        payer
    }
}
