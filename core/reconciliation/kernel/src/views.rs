//! Texts that are handed out, laid out as the Arrow format's views: rows are put in another order, and
//! together, without moving a text.

/// A text of so many bytes at most stands in its view.
const INLINE: usize = 12;
/// Chunks of texts grow from the one to the other.
const SMALLEST: usize = 1 << 10;
const LARGEST: usize = 4 << 20;

/// The length of a text, and the text; or its length and beginning, its chunk, and where it stands there.
#[derive(Clone, Copy, Default)]
#[repr(C, align(16))]
pub struct View([u8; 16]);

impl View {
    fn put(&mut self, at: usize, number: usize) {
        let number = u32::try_from(number).expect("texts of less than 4 GB");
        self.0[at..at + 4].copy_from_slice(&number.to_ne_bytes());
    }

    fn number(&self, at: usize) -> usize {
        u32::from_ne_bytes(self.0[at..at + 4].try_into().expect("four bytes")) as usize
    }

    /// The same text when so many chunks stand before its own.
    fn behind(mut self, chunks: usize) -> View {
        if self.number(0) > INLINE {
            self.put(8, self.number(8) + chunks);
        }
        self
    }
}

/// A column of texts.
#[derive(Default)]
pub struct Views {
    pub views: Vec<View>,
    pub chunks: Vec<Vec<u8>>,
}

impl Views {
    pub fn push(&mut self, text: &[u8]) {
        let mut view = View::default();
        view.put(0, text.len());
        if text.len() <= INLINE {
            view.0[4..4 + text.len()].copy_from_slice(text);
        } else {
            view.0[4..8].copy_from_slice(&text[..4]);
            let (chunk, at) = self.store(text);
            view.put(8, chunk);
            view.put(12, at);
        }
        self.views.push(view);
    }

    /// Where the text stands from now on: its chunk, and its place there. A chunk never grows beyond what it
    /// was made for, so nothing is copied again.
    fn store(&mut self, text: &[u8]) -> (usize, usize) {
        let has_room = |chunk: &Vec<u8>| chunk.capacity() - chunk.len() >= text.len();
        if !self.chunks.last().is_some_and(has_room) {
            let size = self.chunks.last().map_or(SMALLEST, |last| 2 * last.capacity());
            self.chunks.push(Vec::with_capacity(size.min(LARGEST).max(text.len())));
        }
        let n = self.chunks.len() - 1;
        let at = self.chunks[n].len();
        self.chunks[n].extend_from_slice(text);
        (n, at)
    }

    pub fn get(&self, row: usize) -> &[u8] {
        let view = &self.views[row];
        let size = view.number(0);
        if size <= INLINE {
            return &view.0[4..4 + size];
        }
        let at = view.number(12);
        &self.chunks[view.number(8)][at..at + size]
    }

    /// Rows of these columns, each the number of its column and its row there, in this order.
    pub fn gathered(parts: Vec<Views>, rows: &[(u32, u32)]) -> Views {
        let mut before = Vec::with_capacity(parts.len());
        let mut count = 0;
        for part in &parts {
            before.push(count);
            count += part.chunks.len();
        }
        let view = |&(part, row): &(u32, u32)| {
            parts[part as usize].views[row as usize].behind(before[part as usize])
        };
        let views = rows.iter().map(view).collect();
        Views { views, chunks: parts.into_iter().flat_map(|part| part.chunks).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_any_order() {
        let long = "x".repeat(3000);
        let texts = ["", "twelve bytes", "thirteen byte", "é", &long, "one more that is long"];
        let mut parts = vec![Views::default(), Views::default(), Views::default()];
        for (n, text) in texts.iter().enumerate() {
            parts[2 * (n % 2)].push(text.as_bytes());
        }
        let rows: Vec<(u32, u32)> = (0..6).rev().map(|n| (2 * (n % 2), n / 2)).collect();
        let gathered = Views::gathered(parts, &rows);
        for (row, text) in texts.iter().rev().enumerate() {
            assert_eq!(gathered.get(row), text.as_bytes());
        }
    }
}
