//! Memory for small things, a heap for each thread.
//!
//! What is read of a line is made in one thread and dropped in another, many small things each. A C
//! library locks the first thread's memory for every one of them, and joins and parts free neighbours over
//! and over: a fifth of all the time. Here a small thing is a piece of its size, and a free piece goes to a
//! pack of whoever dropped it; full packs change hands, so that memory comes back to the threads that read.
//! A pack says where its pieces are and leaves them alone: they are in no cache any more when their turn
//! comes. Heaps outlive their threads: the next thread takes one over, and nothing is lost. Large things are
//! the system's, in large pages where it has them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
#[cfg(target_os = "linux")]
use std::ffi::c_int;
use std::hint::spin_loop;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

/// Pieces come in so many sizes: each is so many bytes larger than the one before it.
const SIZES: usize = 64;
const STEP: usize = 16;
const LARGEST: usize = SIZES * STEP;
/// A pack has room for so many pieces.
const FULL: usize = 128;
/// So many bytes are asked of the system at once.
const CHUNK: usize = PAGE;
/// A large page. New memory is made ready page by page, each at its first touch: with small ones that was a
/// seventh of the time of a million lines.
const PAGE: usize = 2 << 20;

/// Asks for large pages where what the system gave is as large as one; gives it on as it is.
#[cfg(target_os = "linux")]
fn in_large_pages(given: *mut u8, bytes: usize) -> *mut u8 {
    extern "C" {
        fn madvise(first: *mut u8, bytes: usize, advice: c_int) -> c_int;
    }
    const HUGE_PAGE: c_int = 14;
    const SMALL_PAGE: usize = 4096;
    if !given.is_null() && bytes >= PAGE {
        let lead = given.align_offset(SMALL_PAGE);
        // SAFETY: advice changes nothing of what memory holds. Where small pages are larger than this, or there are
        // no large ones, the system says no, and all is as before.
        unsafe { madvise(given.add(lead), bytes - lead, HUGE_PAGE) };
    }
    given
}

#[cfg(not(target_os = "linux"))]
fn in_large_pages(given: *mut u8, _: usize) -> *mut u8 {
    given
}

#[global_allocator]
static HEAPS: Heaps = Heaps;

/// Free pieces of one size.
struct Pack {
    length: usize,
    pieces: [*mut u8; FULL],
    next: *mut Pack,
}

/// Packs, one behind the other; a pack is in one place at a time.
#[derive(Clone, Copy)]
struct Packs(*mut Pack);

/// What one thread has: of each size a pack in use and one that is full or empty, and the rest of a chunk.
struct Heap {
    packs: [*mut Pack; SIZES],
    spare: [*mut Pack; SIZES],
    rest: *mut u8,
    left: usize,
    next: *mut Heap,
}

/// What threads leave to each other, by turns: full packs of each size, empty ones, and heaps that no thread
/// has.
struct Shared {
    taken: AtomicBool,
    within: UnsafeCell<Left>,
}

struct Left {
    full: [Packs; SIZES],
    empty: Packs,
    heaps: *mut Heap,
}

// SAFETY: `with` lets one thread at a time in.
unsafe impl Sync for Shared {}

const NONE: Packs = Packs(null_mut());

static SHARED: Shared = Shared {
    taken: AtomicBool::new(false),
    within: UnsafeCell::new(Left { full: [NONE; SIZES], empty: NONE, heaps: null_mut() }),
};

impl Shared {
    /// Turns are a few instructions long: who waits does not sleep. (A lock of the standard library may ask
    /// for memory itself.)
    fn with<T>(&self, turn: impl FnOnce(&mut Left) -> T) -> T {
        while self.taken.swap(true, Ordering::Acquire) {
            spin_loop();
        }
        // SAFETY: nobody else is in.
        let done = turn(unsafe { &mut *self.within.get() });
        self.taken.store(false, Ordering::Release);
        done
    }
}

/// A thread's heap, which it leaves when it ends.
struct Own(Cell<*mut Heap>);

impl Drop for Own {
    fn drop(&mut self) {
        leave(self.0.get());
    }
}

thread_local! {
    static OWN: Own = const { Own(Cell::new(null_mut())) };
}

/// Does something with the thread's heap; None when the system has no memory.
fn with_heap<T>(turn: impl Fn(&mut Heap) -> T) -> Option<T> {
    let own = OWN.try_with(|own| {
        if own.0.get().is_null() {
            own.0.set(found());
        }
        own.0.get()
    });
    // Where a thread is ending, its own heap is left already: another is taken for a moment.
    let heap = own.unwrap_or_else(|_| found());
    // SAFETY: it is this thread's alone, and `turn` does not come here again.
    let done = unsafe { heap.as_mut() }.map(turn);
    if own.is_err() {
        leave(heap);
    }
    done
}

/// A heap that another thread left, or a new one; null when the system has no memory.
fn found() -> *mut Heap {
    let left = SHARED.with(|left| {
        let heap = left.heaps;
        if !heap.is_null() {
            // SAFETY: heaps are never given back to the system.
            left.heaps = unsafe { (*heap).next };
        }
        heap
    });
    if !left.is_null() {
        return left;
    }
    // SAFETY: a heap is larger than nothing, and is written before it is used.
    unsafe {
        let heap = System.alloc(Layout::new::<Heap>()) as *mut Heap;
        if !heap.is_null() {
            heap.write(Heap::new());
        }
        heap
    }
}

fn leave(heap: *mut Heap) {
    if !heap.is_null() {
        SHARED.with(|left| {
            // SAFETY: heaps are never given back to the system, and this one was the caller's alone.
            unsafe { (*heap).next = left.heaps };
            left.heaps = heap;
        });
    }
}

impl Packs {
    /// The pack that was put here last; null when there is none.
    fn take(&mut self) -> *mut Pack {
        let pack = self.0;
        // SAFETY: packs are never given back to the system.
        if let Some(taken) = unsafe { pack.as_ref() } {
            self.0 = taken.next;
        }
        pack
    }

    fn put(&mut self, pack: *mut Pack) {
        // SAFETY: as above, and this one was the caller's alone.
        unsafe { (*pack).next = self.0 };
        self.0 = pack;
    }
}

impl Heap {
    const fn new() -> Heap {
        let none = [null_mut(); SIZES];
        Heap { packs: none, spare: none, rest: null_mut(), left: 0, next: null_mut() }
    }

    /// A piece of the size; null when the system has no memory.
    fn give(&mut self, size: usize) -> *mut u8 {
        // SAFETY: packs are never given back to the system, and this one is the heap's alone.
        match unsafe { self.packs[size].as_mut() } {
            Some(pack) if pack.length > 0 => {
                pack.length -= 1;
                pack.pieces[pack.length]
            }
            _ if self.refill(size) => self.give(size),
            _ => self.cut((size + 1) * STEP),
        }
    }

    /// Whether there were free pieces elsewhere.
    #[cold]
    fn refill(&mut self, size: usize) -> bool {
        let mut pack = self.spare[size];
        // SAFETY: as in `give`.
        if unsafe { pack.as_ref() }.is_some_and(|spare| spare.length > 0) {
            self.spare[size] = std::mem::replace(&mut self.packs[size], pack);
            return true;
        }
        SHARED.with(|left| {
            pack = left.full[size].take();
            if !(pack.is_null() || self.packs[size].is_null()) {
                left.empty.put(self.packs[size]);
            }
        });
        if !pack.is_null() {
            self.packs[size] = pack;
        }
        !pack.is_null()
    }

    /// So many bytes off the chunk.
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        if self.left < bytes {
            // SAFETY: a chunk is larger than nothing.
            let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, PAGE)) };
            in_large_pages(chunk, CHUNK);
            if chunk.is_null() {
                return chunk;
            }
            (self.rest, self.left) = (chunk, CHUNK);
        }
        let piece = self.rest;
        self.left -= bytes;
        // SAFETY: so many bytes were left.
        self.rest = unsafe { self.rest.add(bytes) };
        piece
    }

    /// A piece for which the system has no memory to remember it is lost.
    fn take_back(&mut self, piece: *mut u8, size: usize) {
        // SAFETY: as in `give`.
        match unsafe { self.packs[size].as_mut() } {
            Some(pack) if pack.length < FULL => {
                pack.pieces[pack.length] = piece;
                pack.length += 1;
            }
            _ if self.make_room(size) => self.take_back(piece, size),
            _ => {}
        }
    }

    /// Puts a pack with room in the place of a full one.
    #[cold]
    fn make_room(&mut self, size: usize) -> bool {
        let mut pack = self.spare[size];
        // SAFETY: as in `give`.
        if unsafe { pack.as_ref() }.is_none_or(|spare| spare.length == FULL) {
            SHARED.with(|left| {
                if !pack.is_null() {
                    left.full[size].put(pack);
                }
                pack = left.empty.take();
            });
        }
        if pack.is_null() {
            // SAFETY: a pack is larger than nothing, and is written before it is used.
            unsafe {
                pack = System.alloc(Layout::new::<Pack>()) as *mut Pack;
                if pack.is_null() {
                    self.spare[size] = pack;
                    return false;
                }
                pack.write(Pack { length: 0, pieces: [null_mut(); FULL], next: null_mut() });
            }
        }
        self.spare[size] = std::mem::replace(&mut self.packs[size], pack);
        true
    }
}

/// The size of the pieces for this; None for what is the system's.
fn size_of(layout: Layout) -> Option<usize> {
    let bytes = layout.size();
    (layout.align() <= STEP && 0 < bytes && bytes <= LARGEST).then(|| (bytes - 1) / STEP)
}

struct Heaps;

// SAFETY: pieces are as large as asked and aligned to STEP, each is given to one owner until he gives it back,
// and what is the system's by its layout is so in each of these.
unsafe impl GlobalAlloc for Heaps {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match size_of(layout) {
            Some(size) => with_heap(|heap| heap.give(size)).unwrap_or(null_mut()),
            // SAFETY: as the caller says.
            None => in_large_pages(unsafe { System.alloc(layout) }, layout.size()),
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match size_of(layout) {
            Some(size) => {
                with_heap(|heap| heap.take_back(piece, size));
            }
            // SAFETY: as the caller says.
            None => unsafe { System.dealloc(piece, layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if size_of(layout).is_none() {
            // SAFETY: as the caller says.
            return in_large_pages(unsafe { System.alloc_zeroed(layout) }, layout.size());
        }
        // SAFETY: as the caller says; a piece is as large as the layout.
        unsafe {
            let piece = self.alloc(layout);
            if !piece.is_null() {
                piece.write_bytes(0, layout.size());
            }
            piece
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as the caller says: not zero, and no more than a layout may have.
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        match (size_of(layout), size_of(wanted)) {
            (Some(size), Some(other)) if size == other => piece,
            // SAFETY: as the caller says.
            (None, None) => in_large_pages(unsafe { System.realloc(piece, layout, bytes) }, bytes),
            // SAFETY: both are as large as is copied, and are two.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(piece, layout.size().min(bytes));
                    self.dealloc(piece, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    /// A text that says its number, in so many bytes.
    fn filled(n: usize, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (n * 31 + at) as u8).collect()
    }

    #[test]
    fn what_one_thread_makes_and_another_drops_stays_whole() {
        let (send, receive) = channel::<(usize, usize, Vec<u8>)>();
        let makers: Vec<_> = (0..3)
            .map(|maker| {
                let send = send.clone();
                thread::spawn(move || {
                    for n in 0..20_000 {
                        let bytes = 1 + (n * 7 + maker * 13) % (LARGEST + 40);
                        send.send((n, bytes, filled(n, bytes))).expect("it is received");
                    }
                })
            })
            .collect();
        drop(send);
        let mut kept = Vec::new();
        for (n, bytes, text) in receive {
            kept.push((n, bytes, text));
            if kept.len() > 1_000 {
                let (n, bytes, text) = kept.swap_remove(n % 1_000);
                assert_eq!(text, filled(n, bytes));
            }
        }
        for (n, bytes, text) in kept {
            assert_eq!(text, filled(n, bytes));
        }
        for maker in makers {
            maker.join().expect("no thread panics");
        }
    }

    #[test]
    fn what_grows_and_shrinks_keeps_what_it_holds() {
        let mut grown = Vec::new();
        for n in 0..3 * LARGEST {
            grown.push(n as u8);
            if n % 97 == 0 {
                grown.shrink_to_fit();
            }
        }
        assert!(grown.iter().enumerate().all(|(n, &byte)| byte == n as u8));
        grown.truncate(5);
        grown.shrink_to_fit();
        assert_eq!(grown, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn pieces_are_aligned_and_zeroed_where_that_was_asked() {
        for bytes in [1, 15, 16, 17, 500, LARGEST, LARGEST + 1, 5_000] {
            for align in [1, 8, 16, 64] {
                let layout = Layout::from_size_align(bytes, align).expect("a layout");
                // SAFETY: written within its bounds and given back once, with its layout.
                unsafe {
                    let used = HEAPS.alloc(layout);
                    used.write_bytes(7, bytes);
                    HEAPS.dealloc(used, layout);
                    let piece = HEAPS.alloc_zeroed(layout);
                    assert_eq!(piece as usize % align, 0);
                    assert!(std::slice::from_raw_parts(piece, bytes).iter().all(|&byte| byte == 0));
                    HEAPS.dealloc(piece, layout);
                }
            }
        }
    }

    #[test]
    fn heaps_of_threads_that_ended_are_taken_over() {
        let heap =
            || thread::spawn(|| with_heap(|heap| heap as *mut Heap as usize)).join().expect("no panic");
        let used: std::collections::HashSet<_> = (0..50).map(|_| heap()).collect();
        assert!(used.len() < 50, "each of 50 threads, one after the other, had a heap of its own");
    }
}
