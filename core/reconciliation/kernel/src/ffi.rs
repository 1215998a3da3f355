//! What Python calls: see `kernel/library.py`. Nothing here panics across the border: what goes wrong is an
//! error text, and Python then decides with the reference.

use std::collections::BTreeSet;
use std::panic::{catch_unwind, set_hook, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard};

use crate::ahead::Crew;
use crate::arrow::{hand_out, ArrowArrayStream, Table};
use crate::piece::Piece;
use crate::text::EURO;
use crate::warm::WarmWall;
use crate::{text, words};

/// Bytes that Python owns, or that it gives back with `lettrage_free`.
#[repr(C)]
pub struct Bytes {
    at: *mut u8,
    size: usize,
}

impl Bytes {
    fn of(text: String) -> Bytes {
        let boxed = text.into_bytes().into_boxed_slice();
        let size = boxed.len();
        Bytes { at: Box::into_raw(boxed) as *mut u8, size }
    }

    /// # Safety
    /// The bytes are UTF-8 and live during the call.
    unsafe fn as_text(&self) -> &str {
        // SAFETY: the caller vouches for them.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.at, self.size)) }
    }
}

/// What the first thread that panicked said, and where.
static LAST_WORDS: Mutex<Option<String>> = Mutex::new(None);

fn last_words() -> MutexGuard<'static, Option<String>> {
    LAST_WORDS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Runs `work`; the message of an error or a panic goes to `failed`, and false comes back.
fn guarded(failed: &mut Bytes, work: impl FnOnce() -> Result<(), String>) -> bool {
    let message = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return true,
        Ok(Err(message)) => message,
        Err(_) => last_words().take().unwrap_or_else(|| "the kernel stopped".to_owned()),
    };
    *failed = Bytes::of(message);
    false
}

/// The fingerprint of the sources that this was built from (see `kernel/sources.py`).
///
/// # Safety
/// The text is to be given back with `lettrage_free`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_sources(found: &mut Bytes) {
    *found = Bytes::of(option_env!("LETTRAGE_SOURCES").unwrap_or_default().to_owned());
}

/// Takes the words of the rules, once, before anything else. From then on a panic is told to Python only, and
/// only in words that stand in the source.
///
/// # Safety
/// As `Bytes::as_text`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_words(given: Bytes) {
    // SAFETY: Python gives UTF-8.
    words::take(unsafe { given.as_text() });
    set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        let said = panic.payload().downcast_ref::<&str>().copied().unwrap_or("something unforeseen");
        last_words().get_or_insert(format!("{said}{place}"));
    }));
}

/// Takes what Python knows of characters beyond ASCII: records of the character, the one that stands for it
/// in a folded text, and its letters.
///
/// # Safety
/// As `Bytes::as_text`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_characters(given: Bytes) {
    // SAFETY: Python gives UTF-8.
    let known: Vec<(char, u8, String)> = words::records(unsafe { given.as_text() })
        .filter_map(|(char, texts)| {
            let [folded, letters] = &texts[..] else {
                return None;
            };
            let folded = if folded.is_ascii() { *folded.as_bytes().first()? } else { EURO };
            Some((char.chars().next()?, folded, letters.clone()))
        })
        .collect();
    text::take_characters(&known);
}

/// Opens a piece of work; null when a table is not as it should be.
///
/// # Safety
/// The streams are valid and nobody else reads them.
#[no_mangle]
pub unsafe extern "C" fn lettrage_open(
    lines: *mut ArrowArrayStream,
    items: *mut ArrowArrayStream,
    accounts: *mut ArrowArrayStream,
    failed: &mut Bytes,
) -> *mut Piece {
    let mut piece = std::ptr::null_mut();
    guarded(failed, || {
        // SAFETY: the caller vouches for the streams.
        let tables = unsafe { (Table::take(lines)?, Table::take(items)?, Table::take(accounts)?) };
        piece = Box::into_raw(Box::new(Piece::new(tables.0, tables.1, tables.2)));
        Ok(())
    });
    piece
}

/// The characters beyond ASCII in the texts of the piece that Python has told nothing about.
///
/// # Safety
/// The piece is open.
#[no_mangle]
pub unsafe extern "C" fn lettrage_unknown(
    piece: &Piece,
    threads: usize,
    found: &mut Bytes,
    failed: &mut Bytes,
) -> bool {
    let crew = Crew { threads, ..Crew::ALONE };
    guarded(failed, || {
        *found = Bytes::of(piece.unknown_characters(crew)?.into_iter().collect());
        Ok(())
    })
}

/// Decides the piece: decisions, allocations and candidates go to the three streams.
///
/// # Safety
/// The piece is open, `policy` as `Bytes::as_text`, and the streams are memory to be written.
#[no_mangle]
pub unsafe extern "C" fn lettrage_decide(
    piece: &Piece,
    policy: Bytes,
    threads: usize,
    block: usize,
    out: *mut ArrowArrayStream,
    failed: &mut Bytes,
) -> bool {
    let crew = Crew { threads: threads.max(1), block: block.max(1) };
    guarded(failed, || {
        // SAFETY: the caller vouches for all of them.
        unsafe {
            let outputs = piece.decide(policy.as_text(), crew)?;
            for (n, output) in outputs.into_iter().enumerate() {
                hand_out(output, out.add(n));
            }
        }
        Ok(())
    })
}

/// Closes a piece.
///
/// # Safety
/// It was opened, and is closed once.
#[no_mangle]
pub unsafe extern "C" fn lettrage_close(piece: *mut Piece) {
    // SAFETY: as said.
    drop(unsafe { Box::from_raw(piece) });
    trim();
}

/// What was freed goes back to the system.
fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        extern "C" {
            fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        // SAFETY: it may be called at any time.
        unsafe { malloc_trim(0) };
    }
}

/// The characters beyond ASCII of a text that Python has told nothing about.
///
/// # Safety
/// As `Bytes::as_text`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_unknown_in(given: Bytes, found: &mut Bytes) {
    let mut unknown = BTreeSet::new();
    // SAFETY: Python gives UTF-8.
    text::add_unknown(std::iter::once(unsafe { given.as_text() }), &mut unknown);
    *found = Bytes::of(unknown.into_iter().collect());
}

/// Opens a wall that goes on, from sheets of its items and of its tenant's payer accounts; null when they are
/// not as they should be.
///
/// # Safety
/// As `Bytes::as_text`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_open(
    receivables: Bytes,
    payables: Bytes,
    accounts: Bytes,
    currency: Bytes,
    policy: Bytes,
    failed: &mut Bytes,
) -> *mut WarmWall {
    let mut wall = std::ptr::null_mut();
    guarded(failed, || {
        // SAFETY: Python gives UTF-8.
        let opened = unsafe {
            let items = [receivables.as_text(), payables.as_text()];
            WarmWall::new(items, accounts.as_text(), currency.as_text(), policy.as_text())?
        };
        wall = Box::into_raw(Box::new(opened));
        Ok(())
    });
    wall
}

/// Takes a sheet of lines.
///
/// # Safety
/// The wall is open, nobody else uses it, and the text is as `Bytes::as_text`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_take(
    wall: &mut WarmWall,
    lines: Bytes,
    first: usize,
    failed: &mut Bytes,
) -> bool {
    // SAFETY: as said.
    guarded(failed, || wall.take(unsafe { lines.as_text() }, first))
}

/// Takes what stands about lines.
///
/// # Safety
/// As `lettrage_wall_take`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_note(wall: &mut WarmWall, notes: Bytes, failed: &mut Bytes) -> bool {
    // SAFETY: as said.
    guarded(failed, || wall.note(unsafe { notes.as_text() }))
}

/// Goes back to a day, counted as `date.toordinal` (0: to where the known days were over); `reached` is the last
/// day that was left, or 0.
///
/// # Safety
/// As `lettrage_wall_take`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_back(
    wall: &mut WarmWall,
    since: i32,
    reached: &mut i32,
    failed: &mut Bytes,
) -> bool {
    guarded(failed, || {
        *reached = wall.back((since > 0).then_some(since)).unwrap_or(0);
        Ok(())
    })
}

/// Decides what the plan says.
///
/// # Safety
/// As `lettrage_wall_take`.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_go_on(
    wall: &mut WarmWall,
    plan: Bytes,
    threads: usize,
    block: usize,
    found: &mut Bytes,
    failed: &mut Bytes,
) -> bool {
    let crew = Crew { threads: threads.max(1), block: block.max(1) };
    guarded(failed, || {
        // SAFETY: as said.
        *found = Bytes::of(wall.go_on(unsafe { plan.as_text() }, crew)?);
        Ok(())
    })
}

/// Closes a wall.
///
/// # Safety
/// It was opened, and is closed once.
#[no_mangle]
pub unsafe extern "C" fn lettrage_wall_close(wall: *mut WarmWall) {
    // SAFETY: as said.
    drop(unsafe { Box::from_raw(wall) });
    trim();
}

/// Takes back bytes that were handed to Python.
///
/// # Safety
/// They are ours, and are given back once.
#[no_mangle]
pub unsafe extern "C" fn lettrage_free(bytes: Bytes) {
    // SAFETY: as said.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes.at, bytes.size)) });
}
