//! What stretches of a label hold, and the forms of labels: the tables stand in
//! `core/reconciliation/label/forms.py`.

use std::sync::OnceLock;

use crate::map::Map;
use crate::words;

/// What a stretch of a label holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Payer,
    Payee,
    Text,
    Reference,
    PayerAndText,
    PayeeAndText,
    Identifier,
    Date,
    Address,
}

impl Role {
    /// Panics, naming it, when there is no such role.
    pub fn of(name: &str) -> Role {
        match name {
            "payer" => Role::Payer,
            "payee" => Role::Payee,
            "text" => Role::Text,
            "reference" => Role::Reference,
            "payer_and_text" => Role::PayerAndText,
            "payee_and_text" => Role::PayeeAndText,
            "identifier" => Role::Identifier,
            "date" => Role::Date,
            "address" => Role::Address,
            _ => panic!("no stretch holds {name}"),
        }
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roles(u16);

impl Roles {
    /// Those of a set that Python hands over.
    pub fn of(key: &str) -> Roles {
        let roles = words::list(key).iter().map(|name| Role::of(name));
        Roles(roles.fold(0, |all, role| all | 1 << role as u16))
    }

    pub fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u16 != 0
    }
}

/// A form of label: what it tells, and what follows its opening.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    pub event: &'static str,
    pub opens: Role,
}

impl Form {
    /// From the fields of the Python one, in their order: bank, event, opens.
    pub fn of(mut fields: impl Iterator<Item = &'static str>) -> Form {
        let event = fields.nth(1).expect("a form tells something");
        let opens = fields.next().expect("a form opens something");
        Form { event, opens: Role::of(opens) }
    }
}

/// The form of cross-border labels.
pub fn abroad() -> Form {
    static ABROAD: OnceLock<Form> = OnceLock::new();
    *ABROAD.get_or_init(|| Form::of(words::list("label.forms.ABROAD").iter().map(String::as_str)))
}

/// What the tags open, by their words.
pub fn roles() -> &'static Map<&'static [u8], Role> {
    static ROLES: OnceLock<Map<&'static [u8], Role>> = OnceLock::new();
    ROLES.get_or_init(|| {
        words::pairs("label.forms.ROLES").map(|(word, role)| (word.as_bytes(), Role::of(role))).collect()
    })
}
