//! Tables in and out by the Arrow C data interface: whoever hands them over keeps them, nothing is copied.
//!
//! All unsafe code of the kernel is here, in `ffi`, in `heap` and where `warm` lends what it keeps. Only what the interchange files need is understood.

use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::ptr;

use crate::views::Views;

/// Layouts as <https://arrow.apache.org/docs/format/CDataInterface.html> has them.
#[repr(C)]
pub struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

#[repr(C)]
pub struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

#[repr(C)]
pub struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

impl Drop for ArrowSchema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the producer's own function, called once: it clears `release`.
            unsafe { release(self) }
        }
    }
}

impl Drop for ArrowArray {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: as above.
            unsafe { release(self) }
        }
    }
}

// SAFETY: all zero is "released" in the Arrow C data interface.
fn released<T>() -> T {
    unsafe { std::mem::zeroed() }
}

/// A table that was handed over: one batch at most, its columns by name.
pub struct Table {
    schema: ArrowSchema,
    batch: ArrowArray,
}

impl Table {
    /// Takes the stream's only batch.
    ///
    /// # Safety
    /// `stream` is a valid stream of the C interface that nobody else reads.
    pub unsafe fn take(stream: *mut ArrowArrayStream) -> Result<Table, String> {
        let mut table = Table { schema: released(), batch: released() };
        // SAFETY: the caller vouches for the stream; both structs outlive the calls.
        unsafe {
            let source = &mut *stream;
            let get_schema = source.get_schema.ok_or("the stream was released")?;
            let get_next = source.get_next.ok_or("the stream was released")?;
            if get_schema(stream, &mut table.schema) != 0 || get_next(stream, &mut table.batch) != 0 {
                return Err("a table cannot be read".to_owned());
            }
            if table.batch.release.is_some() {
                let mut more: ArrowArray = released();
                if get_next(stream, &mut more) != 0 || more.release.is_some() {
                    return Err("a table has more than one batch".to_owned());
                }
            }
        }
        Ok(table)
    }

    /// A table of our own columns.
    pub fn of(batches: Batches) -> Result<Table, String> {
        let mut stream = released();
        // SAFETY: the stream is made, read and released here.
        unsafe {
            hand_out(batches, &mut stream);
            let table = Table::take(&mut stream);
            stream_release(&mut stream);
            table
        }
    }

    pub fn height(&self) -> usize {
        if self.batch.release.is_none() {
            0
        } else {
            self.batch.length as usize
        }
    }

    fn column(&self, name: &str) -> Result<(&str, Option<&ArrowArray>), String> {
        for n in 0..self.schema.n_children as usize {
            // SAFETY: the schema has so many children, each valid while it is; so has the batch.
            unsafe {
                let child = &**self.schema.children.add(n);
                if CStr::from_ptr(child.name).to_bytes() != name.as_bytes() {
                    continue;
                }
                let format = CStr::from_ptr(child.format).to_str().unwrap_or("");
                let array = (self.height() > 0).then(|| &**self.batch.children.add(n));
                return Ok((format, array));
            }
        }
        Err(format!("the column {name} is missing"))
    }

    /// A column of texts.
    pub fn texts(&self, name: &str) -> Result<Texts<'_>, String> {
        let (format, array) = self.column(name)?;
        let kind = match format {
            "vu" => TextKind::View,
            "U" => TextKind::Large,
            "u" => TextKind::Small,
            _ => return Err(format!("the column {name} has no texts but {format}")),
        };
        Ok(Texts { array, kind, offset: self.batch.offset as usize })
    }

    /// A column of whole numbers, days (as `date.toordinal`) or instants (microseconds).
    pub fn numbers(&self, name: &str) -> Result<Numbers<'_>, String> {
        let (format, array) = self.column(name)?;
        let kind = match format {
            "l" => NumberKind::Long,
            "tdD" => NumberKind::Day,
            "b" => NumberKind::Bit,
            _ if format.starts_with("tsu:") => NumberKind::Long,
            _ => return Err(format!("the column {name} has no numbers but {format}")),
        };
        Ok(Numbers { array, kind, offset: self.batch.offset as usize })
    }
}

/// Whether a row of an array holds a value. `row` counts with the offset.
///
/// # Safety
/// The array is valid and has a row of that number.
unsafe fn is_valid(array: &ArrowArray, row: usize) -> bool {
    // SAFETY: the first buffer is the validity bitmap, or null when every row holds a value.
    unsafe {
        let bits = *array.buffers as *const u8;
        bits.is_null() || (*bits.add(row / 8) >> (row % 8)) & 1 == 1
    }
}

#[derive(Clone, Copy)]
enum TextKind {
    View,
    Large,
    Small,
}

/// Texts of a column; those of empty cells are None.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    array: Option<&'a ArrowArray>,
    kind: TextKind,
    offset: usize,
}

// SAFETY: arrays are only read, and the table that owns them outlives these.
unsafe impl Sync for Texts<'_> {}
unsafe impl Send for Texts<'_> {}

impl<'a> Texts<'a> {
    pub fn get(&self, row: usize) -> Option<&'a str> {
        let array = self.array?;
        let row = row + self.offset + array.offset as usize;
        assert!(row < (array.length + array.offset) as usize + self.offset);
        // SAFETY: the row exists, buffers are laid out as the format says, and their texts are UTF-8.
        unsafe {
            if !is_valid(array, row) {
                return None;
            }
            let bytes = match self.kind {
                TextKind::View => view(array, row),
                TextKind::Large => between(
                    array,
                    *buffer::<i64>(array, 1).add(row) as usize,
                    *buffer::<i64>(array, 1).add(row + 1) as usize,
                ),
                TextKind::Small => between(
                    array,
                    *buffer::<i32>(array, 1).add(row) as usize,
                    *buffer::<i32>(array, 1).add(row + 1) as usize,
                ),
            };
            Some(std::str::from_utf8_unchecked(bytes)).filter(|text| !text.is_empty())
        }
    }
}

unsafe fn buffer<T>(array: &ArrowArray, n: usize) -> *const T {
    // SAFETY: the caller knows that the array has such a buffer.
    unsafe { *array.buffers.add(n) as *const T }
}

unsafe fn between(array: &ArrowArray, start: usize, end: usize) -> &[u8] {
    // SAFETY: both are offsets of the array itself.
    unsafe { std::slice::from_raw_parts(buffer::<u8>(array, 2).add(start), end - start) }
}

/// A view: the length, then the text itself up to 12 bytes, else its beginning, a buffer and an offset.
unsafe fn view(array: &ArrowArray, row: usize) -> &[u8] {
    // SAFETY: the second buffer has 16 bytes for each row; variadic buffers begin at the third.
    unsafe {
        let place = buffer::<u8>(array, 1).add(16 * row);
        let size = (place as *const u32).read_unaligned() as usize;
        if size <= 12 {
            return std::slice::from_raw_parts(place.add(4), size);
        }
        let which = (place.add(8) as *const u32).read_unaligned() as usize;
        let offset = (place.add(12) as *const u32).read_unaligned() as usize;
        std::slice::from_raw_parts(buffer::<u8>(array, 2 + which).add(offset), size)
    }
}

#[derive(Clone, Copy)]
enum NumberKind {
    Long,
    Day,
    Bit,
}

/// Numbers of a column; those of empty cells are None.
#[derive(Clone, Copy)]
pub struct Numbers<'a> {
    array: Option<&'a ArrowArray>,
    kind: NumberKind,
    offset: usize,
}

// SAFETY: as for texts.
unsafe impl Sync for Numbers<'_> {}
unsafe impl Send for Numbers<'_> {}

/// `date(1970, 1, 1).toordinal()`.
const EPOCH: i64 = 719_163;

impl Numbers<'_> {
    pub fn get(&self, row: usize) -> Option<i64> {
        let array = self.array?;
        let row = row + self.offset + array.offset as usize;
        assert!(row < (array.length + array.offset) as usize + self.offset);
        // SAFETY: the row exists, and the second buffer holds what the format says.
        unsafe {
            is_valid(array, row).then(|| match self.kind {
                NumberKind::Long => *buffer::<i64>(array, 1).add(row),
                NumberKind::Day => *buffer::<i32>(array, 1).add(row) as i64 + EPOCH,
                NumberKind::Bit => ((*buffer::<u8>(array, 1).add(row / 8) >> (row % 8)) & 1) as i64,
            })
        }
    }
}

/// A column that is handed out.
pub enum Column {
    Texts(Views),
    Longs(Vec<i64>),
    Floats(Vec<f64>),
    /// Whole numbers, and a bit for each that is there.
    Gaps {
        numbers: Vec<i64>,
        there: Vec<u8>,
    },
}

impl Column {
    pub fn texts() -> Column {
        Column::Texts(Views::default())
    }

    pub fn push_text(&mut self, text: &str) {
        let Column::Texts(texts) = self else { unreachable!("a column of texts") };
        texts.push(text.as_bytes());
    }

    pub fn push_long(&mut self, number: i64) {
        let Column::Longs(numbers) = self else { unreachable!("a column of whole numbers") };
        numbers.push(number);
    }

    pub fn push_float(&mut self, number: f64) {
        let Column::Floats(numbers) = self else { unreachable!("a column of numbers") };
        numbers.push(number);
    }

    pub fn text(&self, row: usize) -> &[u8] {
        let Column::Texts(texts) = self else { unreachable!("a column of texts") };
        texts.get(row)
    }

    pub fn long(&self, row: usize) -> i64 {
        let Column::Longs(numbers) = self else { unreachable!("a column of whole numbers") };
        numbers[row]
    }

    /// Whole numbers, some of which are missing.
    pub fn with_gaps(cells: &[Option<i64>]) -> Column {
        let mut there = vec![0; cells.len().div_ceil(8)];
        for (n, _) in cells.iter().enumerate().filter(|(_, cell)| cell.is_some()) {
            there[n / 8] |= 1 << (n % 8);
        }
        Column::Gaps { numbers: cells.iter().map(|cell| cell.unwrap_or_default()).collect(), there }
    }

    pub fn height(&self) -> usize {
        match self {
            Column::Texts(texts) => texts.views.len(),
            Column::Gaps { numbers, .. } => numbers.len(),
            Column::Longs(numbers) => numbers.len(),
            Column::Floats(numbers) => numbers.len(),
        }
    }

    /// Rows of columns of one kind, each the number of its column and its row there, in this order.
    pub fn gathered(parts: Vec<Column>, rows: &[(u32, u32)]) -> Column {
        let (mut texts, mut longs, mut floats) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match part {
                Column::Texts(part) => texts.push(part),
                Column::Longs(part) => longs.push(part),
                Column::Floats(part) => floats.push(part),
                Column::Gaps { .. } => unreachable!("results have no gaps"),
            }
        }
        if !texts.is_empty() {
            return Column::Texts(Views::gathered(texts, rows));
        }
        let rows = rows.iter().map(|&(part, row)| (part as usize, row as usize));
        if longs.is_empty() {
            Column::Floats(rows.map(|(part, row)| floats[part][row]).collect())
        } else {
            Column::Longs(rows.map(|(part, row)| longs[part][row]).collect())
        }
    }

    fn format(&self) -> &'static CStr {
        match self {
            Column::Texts(_) => c"vu",
            Column::Longs(_) | Column::Gaps { .. } => c"l",
            Column::Floats(_) => c"g",
        }
    }
}

/// Batches of columns that are handed out one after the other under the same names.
pub struct Batches {
    pub names: &'static [&'static str],
    pub kinds: Vec<Column>,
    /// The last one first.
    pub batches: Vec<Vec<Column>>,
}

/// Makes a stream of the batches in the place the caller gives.
///
/// # Safety
/// `out` points to memory for a stream, which is not read before.
pub unsafe fn hand_out(batches: Batches, out: *mut ArrowArrayStream) {
    let stream = ArrowArrayStream {
        get_schema: Some(stream_schema),
        get_next: Some(stream_next),
        get_last_error: Some(stream_error),
        release: Some(stream_release),
        private_data: Box::into_raw(Box::new(batches)) as *mut c_void,
    };
    // SAFETY: the caller vouches for the place.
    unsafe { ptr::write(out, stream) }
}

unsafe extern "C" fn stream_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the stream is one of ours that was not released, `out` is the caller's.
    unsafe {
        let batches = &*((*stream).private_data as *const Batches);
        let children: Vec<*mut ArrowSchema> = batches
            .names
            .iter()
            .zip(&batches.kinds)
            .map(|(name, kind)| Box::into_raw(Box::new(schema(name, kind.format(), Vec::new()))))
            .collect();
        ptr::write(out, schema("", c"+s", children));
    }
    0
}

struct SchemaParts {
    _name: CString,
    children: Vec<*mut ArrowSchema>,
}

fn schema(name: &str, format: &'static CStr, children: Vec<*mut ArrowSchema>) -> ArrowSchema {
    let name = CString::new(name).expect("a name without NUL");
    let mut parts = Box::new(SchemaParts { _name: name, children });
    ArrowSchema {
        format: format.as_ptr(),
        name: parts._name.as_ptr(),
        metadata: ptr::null(),
        flags: 0,
        n_children: parts.children.len() as i64,
        children: parts.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_schema),
        private_data: Box::into_raw(parts) as *mut c_void,
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: one of ours, released once.
    unsafe {
        let parts = Box::from_raw((*schema).private_data as *mut SchemaParts);
        for child in parts.children {
            drop(Box::from_raw(child));
        }
        (*schema).release = None;
    }
}

/// A column, and of one of texts how large each chunk is.
type Owned = (Column, Vec<i64>);

struct ArrayParts {
    _column: Option<Owned>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
}

unsafe extern "C" fn stream_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the stream is one of ours that was not released, `out` is the caller's.
    unsafe {
        let batches = &mut *((*stream).private_data as *mut Batches);
        let Some(columns) = batches.batches.pop() else {
            ptr::write(out, released());
            return 0;
        };
        let length = columns.first().map_or(0, Column::height);
        let children = columns.into_iter().map(|column| Box::into_raw(Box::new(of_column(column)))).collect();
        ptr::write(out, array(length, None, vec![ptr::null()], children));
    }
    0
}

fn of_column(column: Column) -> ArrowArray {
    let length = column.height();
    let mut sizes = Vec::new();
    let buffers = match &column {
        Column::Texts(texts) => {
            sizes = texts.chunks.iter().map(|chunk| chunk.len() as i64).collect();
            let chunks = texts.chunks.iter().map(|chunk| chunk.as_ptr() as *const c_void);
            let views = [ptr::null(), texts.views.as_ptr() as *const c_void];
            views.into_iter().chain(chunks).chain([sizes.as_ptr() as *const c_void]).collect()
        }
        Column::Longs(numbers) => vec![ptr::null(), numbers.as_ptr() as *const c_void],
        Column::Floats(numbers) => vec![ptr::null(), numbers.as_ptr() as *const c_void],
        Column::Gaps { numbers, there } => {
            vec![there.as_ptr() as *const c_void, numbers.as_ptr() as *const c_void]
        }
    };
    array(length, Some((column, sizes)), buffers, Vec::new())
}

fn array(
    length: usize,
    column: Option<Owned>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
) -> ArrowArray {
    // -1: nobody has counted.
    let null_count = if matches!(column, Some((Column::Gaps { .. }, _))) { -1 } else { 0 };
    let mut parts = Box::new(ArrayParts { _column: column, buffers, children });
    ArrowArray {
        length: length as i64,
        null_count,
        offset: 0,
        n_buffers: parts.buffers.len() as i64,
        n_children: parts.children.len() as i64,
        buffers: parts.buffers.as_mut_ptr(),
        children: parts.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(parts) as *mut c_void,
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: one of ours, released once. A child that was moved away has no `release` any more.
    unsafe {
        let parts = Box::from_raw((*array).private_data as *mut ArrayParts);
        for child in parts.children {
            drop(Box::from_raw(child));
        }
        (*array).release = None;
    }
}

unsafe extern "C" fn stream_error(_: *mut ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn stream_release(stream: *mut ArrowArrayStream) {
    // SAFETY: one of ours, released once.
    unsafe {
        drop(Box::from_raw((*stream).private_data as *mut Batches));
        (*stream).release = None;
    }
}
