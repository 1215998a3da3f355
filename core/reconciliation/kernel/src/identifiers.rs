//! Accounts and creditor references by their check digits (see `core/model/identifiers.py`).

/// True for an IBAN without blanks whose check digits hold (ISO 13616).
pub fn is_iban(text: &[u8]) -> bool {
    (15..=34).contains(&text.len())
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..4].iter().all(u8::is_ascii_digit)
        && text[4..].iter().all(|&one| is_sign(one))
        && rest_of(text[4..].iter().chain(&text[..4]).filter_map(|&one| value_of(one.into()))) == 1
}

/// True for an ISO 11649 reference (upper case, no blanks) whose check digits hold.
pub fn is_creditor_reference(dense: &str) -> bool {
    let Some(behind) = dense.strip_prefix("RF") else {
        return false;
    };
    let mut signs = behind.chars();
    let check: Option<Vec<u32>> = signs.by_ref().take(2).map(decimal).collect();
    let Some(check) = check.filter(|digits| digits.len() == 2) else {
        return false;
    };
    let body = signs.as_str().as_bytes();
    let rf = [u32::from(b'R'), u32::from(b'F')].map(|one| one - u32::from(b'A') + 10);
    (1..=21).contains(&body.len())
        && body.iter().all(|&one| is_sign(one))
        && rest_of(body.iter().filter_map(|&one| value_of(one.into())).chain(rf).chain(check)) == 1
}

fn is_sign(one: u8) -> bool {
    one.is_ascii_uppercase() || one.is_ascii_digit()
}

/// The value of a digit or letter, as `int(one, 36)` has it.
fn value_of(one: char) -> Option<u32> {
    one.to_digit(36)
}

/// The value of a digit of any script: `\d` means them all.
fn decimal(one: char) -> Option<u32> {
    if one.is_ascii() {
        return one.to_digit(10);
    }
    let zeros = crate::words::list("kernel.words.ZEROS").iter().filter_map(|zero| zero.chars().next());
    zeros.filter_map(|zero| u32::from(one).checked_sub(zero.into())).find(|&value| value < 10)
}

/// The rest by 97 of the number that these values make, written one behind the other.
fn rest_of(values: impl Iterator<Item = u32>) -> u32 {
    values.fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97)
}
