//! Decisions, read from bytes: a fuzzer's input, or random ones.

/// Bytes that are read to their end.
pub struct Tape<'a>(pub &'a [u8]);

impl Tape<'_> {
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    pub fn word(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    /// Mostly small.
    pub fn count(&mut self) -> Option<usize> {
        let byte = usize::from(self.byte()?);
        Some(match byte {
            0..192 => byte / 4,
            192..248 => byte,
            _ => (byte - 246) * 300,
        })
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        Some(from[usize::from(self.byte()?) % from.len()])
    }
}
