//! Columns as bytes: each as its length and its values, least significant byte first.

use std::io::{self, Read, Write};

use super::{Ends, lists};

/// Number of values that are written or read at once.
const BLOCK: usize = 16_384;

/// Texts one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    pub(crate) text: String,
    /// End of each text, in bytes.
    pub(crate) ends: Ends,
}

impl Texts {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { text: String::new(), ends: Ends::with_capacity(rows) }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Returns the text of a row.
    pub(crate) fn get(&self, row: u32) -> &str {
        &self.text[self.ends.range(row as usize)]
    }
}

/// Lists of plain values one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lists<T> {
    pub(crate) items: Vec<T>,
    /// Number of items up to the end of each list.
    pub(crate) ends: Ends,
}

impl<T> Lists<T> {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { items: Vec::new(), ends: Ends::with_capacity(rows) }
    }

    pub(crate) fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.items.extend(list);
        self.ends.push(self.items.len());
    }

    /// Returns the list of a row.
    pub(crate) fn get(&self, row: u32) -> &[T] {
        &self.items[self.ends.range(row as usize)]
    }
}

/// A value with a fixed number of bytes.
pub(crate) trait Plain: Copy {
    const SIZE: usize;
    fn append(self, bytes: &mut Vec<u8>);
    /// Returns the value of exactly [`Self::SIZE`] bytes.
    fn from_slice(bytes: &[u8]) -> Self;
}

macro_rules! plain_number {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            const SIZE: usize = size_of::<$number>();
            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn from_slice(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as the number has"))
            }
        }
    )*};
}
plain_number!(u8, u16, u32, u64, i64);

impl<const N: usize> Plain for [u8; N] {
    const SIZE: usize = N;
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self);
    }
    fn from_slice(bytes: &[u8]) -> Self {
        bytes.try_into().expect("as many bytes as the value has")
    }
}

/// Writes the length and the values of a column.
pub(crate) fn write<T: Plain>(values: &[T], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&(values.len() as u64).to_le_bytes())?;
    let mut bytes = Vec::with_capacity(T::SIZE * BLOCK.min(values.len()));
    for block in values.chunks(BLOCK) {
        bytes.clear();
        for value in block {
            value.append(&mut bytes);
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// Reads a column that [`write`] wrote.
pub(crate) fn read<T: Plain>(from: &mut dyn Read) -> io::Result<Vec<T>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let mut left = usize::try_from(u64::from_le_bytes(length)).map_err(|_| invalid())?;
    let mut values = Vec::new();
    // A growing vector would need up to twice the memory.
    values.try_reserve_exact(left).map_err(|_| invalid())?;
    let mut bytes = Vec::new();
    while left > 0 {
        let count = left.min(BLOCK);
        bytes.resize(count * T::SIZE, 0);
        from.read_exact(&mut bytes)?;
        values.extend(bytes.chunks_exact(T::SIZE).map(T::from_slice));
        left -= count;
    }
    Ok(values)
}

/// Returns the error of bytes that no column has.
pub(crate) fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Writes values and frees them.
pub(crate) fn write_out<T: Plain>(values: Vec<T>, out: &mut dyn Write) -> io::Result<()> {
    write(&values, out)?;
    drop(values);
    Ok(())
}

impl Ends {
    /// Writes the ends as lengths, which take fewer bytes.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let lengths: Vec<u32> = self.lengths().map(|length| length as u32).collect();
        write(&lengths, out)
    }

    /// Reads the ends that `write` wrote.
    pub(crate) fn read(from: &mut dyn Read) -> io::Result<Self> {
        let lengths: Vec<u32> = read(from)?;
        let total = |block: &[u32]| block.iter().map(|length| u64::from(*length)).sum::<u64>();
        let is_short = |block: &[u32]| u32::try_from(total(block)).is_ok();
        if !lengths.chunks(lists::BLOCK).all(is_short) {
            return Err(invalid());
        }
        let mut ends = Self::with_capacity(lengths.len());
        for length in lengths {
            ends.push(ends.last() + length as usize);
        }
        Ok(ends)
    }
}

/// Reads ends, of which the last one must be `length`.
fn read_ends(from: &mut dyn Read, length: usize) -> io::Result<Ends> {
    let ends = Ends::read(from)?;
    if ends.last() == length { Ok(ends) } else { Err(invalid()) }
}

impl Texts {
    /// Writes the column, and frees it.
    pub(crate) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        write_out(self.text.into_bytes(), out)?;
        self.ends.write(out)
    }

    /// Reads the column that `write` wrote.
    pub(crate) fn read(from: &mut dyn Read) -> io::Result<Self> {
        let text = String::from_utf8(read(from)?).map_err(|_| invalid())?;
        let ends = read_ends(from, text.len())?;
        if (0..ends.len()).all(|row| text.is_char_boundary(ends.range(row).end)) {
            Ok(Self { text, ends })
        } else {
            Err(invalid())
        }
    }
}

impl<T: Plain> Lists<T> {
    /// Writes the column, and frees it.
    pub(crate) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        write_out(self.items, out)?;
        self.ends.write(out)
    }

    /// Reads the column that `write` wrote.
    pub(crate) fn read(from: &mut dyn Read) -> io::Result<Self> {
        let items: Vec<T> = read(from)?;
        let ends = read_ends(from, items.len())?;
        Ok(Self { items, ends })
    }
}
