//! What is learnt of payers: for each key of theirs (an account, a name) the debtors who were paid for (see
//! `core/reconciliation/accounts.py`).

use std::sync::OnceLock;

use crate::map::Map;
use crate::model::Ids;

/// Accounts that confirmed payments came from: a set of debtors each, learnt and forgotten by count.
#[derive(Default)]
pub struct Accounts<'b> {
    /// What was known beforehand of all keys that are not among those of `known`.
    before: Option<&'b Accounts<'b>>,
    known: Map<String, Known>,
}

#[derive(Clone, Default)]
struct Known {
    counts: Map<u32, i64>,
    /// Those of the debtors whose count is above zero, once somebody has asked.
    debtors: OnceLock<Ids>,
    learnt: bool,
}

impl<'b> Accounts<'b> {
    /// What is learnt from here on, on top of what was known before.
    pub fn after(before: &'b Accounts<'b>) -> Accounts<'b> {
        Accounts { before: Some(before), known: Map::default() }
    }

    fn find(&self, key: &str) -> Option<&Known> {
        let known = self.known.get(key);
        known.or_else(|| self.before.and_then(|before| before.find(key)))
    }

    pub fn new(known: impl IntoIterator<Item = (String, u32)>) -> Accounts<'b> {
        let mut accounts = Accounts::default();
        for (key, debtor) in known {
            accounts.count(key.as_str(), debtor, 1);
        }
        accounts
    }

    /// None when nobody is known.
    pub fn debtors(&self, key: Option<&str>) -> Option<&Ids> {
        let known = self.find(key?)?;
        let debtors = known.debtors.get_or_init(|| {
            let mut found: Vec<u32> = known.counts.iter().filter(|(_, &n)| n > 0).map(|(&d, _)| d).collect();
            found.sort_unstable();
            found.into()
        });
        (!debtors.is_empty()).then_some(debtors)
    }

    /// Whether anything was ever learnt of the key after the beginning, forgotten or not.
    pub fn was_learnt(&self, key: Option<&str>) -> bool {
        key.and_then(|key| self.known.get(key)).is_some_and(|known| known.learnt)
    }

    pub fn learn(&mut self, key: &str, debtor: u32) {
        self.count(key, debtor, 1).learnt = true;
    }

    pub fn forget(&mut self, key: &str, debtor: u32) {
        self.count(key, debtor, -1);
    }

    fn count(&mut self, key: &str, debtor: u32, more: i64) -> &mut Known {
        if !self.known.contains_key(key) {
            let before = self.before.and_then(|before| before.find(key));
            let known = before.cloned().unwrap_or_default();
            self.known.insert(key.to_owned(), known);
        }
        let known = self.known.get_mut(key).expect("it was put there");
        let count = known.counts.entry(debtor).or_insert(0);
        let before = *count > 0;
        *count += more;
        if before != (*count > 0) {
            known.debtors = OnceLock::new();
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::Accounts;

    #[test]
    fn what_is_forgotten_as_often_as_it_was_learnt_is_gone() {
        let mut accounts = Accounts::new([("FR76".to_owned(), 4)]);
        accounts.learn("FR76", 2);
        accounts.learn("FR76", 2);
        accounts.forget("FR76", 2);
        assert_eq!(accounts.debtors(Some("FR76")).map(|found| found.to_vec()), Some(vec![2, 4]));
        accounts.forget("FR76", 2);
        accounts.forget("FR76", 4);
        assert_eq!(accounts.debtors(Some("FR76")), None);
        assert!(accounts.was_learnt(Some("FR76")) && !accounts.was_learnt(None));
    }
}
