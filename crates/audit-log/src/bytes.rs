//! Reading bytes that anybody may have written: every step says whether there was something to read.

/// What is left to read.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

/// There is less than was announced, or it is not written in the one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            // The tenth byte has one bit left; a last byte of zero would be a longer form of the same number.
            if (shift == 63 && byte > 1) || (shift > 0 && byte == 0) {
                return Err(Malformed);
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    /// A number that counts or numbers something in memory.
    pub(crate) fn count(&mut self, limit: usize) -> Result<usize, Malformed> {
        let number = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if number > limit { Err(Malformed) } else { Ok(number) }
    }

    /// A text with its length before it.
    pub(crate) fn text(&mut self, limit: usize) -> Result<&'a str, Malformed> {
        let length = self.count(limit)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed)
    }
}

/// Writes an unsigned LEB128 number in its shortest form.
pub(crate) fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes bytes with their length before them.
pub(crate) fn write_sized(bytes: &[u8], out: &mut Vec<u8>) {
    write_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2, ...
pub(crate) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// The way back from [`zigzag`].
pub(crate) fn unzigzag(number: u64) -> i64 {
    ((number >> 1) as i64) ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (624_485, &[0xe5, 0x8e, 0x26]),
            (u64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ] {
            let mut out = Vec::new();
            write_number(number, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(Input::new(bytes).number(), Ok(number));
        }
        for wrong in
            [&[][..], &[0x80], &[0x80, 0], &[0xff; 9], &[255, 255, 255, 255, 255, 255, 255, 255, 255, 2]]
        {
            assert_eq!(Input::new(wrong).number(), Err(Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn signs_go_there_and_back() {
        for number in [0, 1, -1, 300, -300, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
    }
}
