//! Codes of an authenticator app: RFC 6238 with HMAC-SHA-1, 30 seconds and six digits, which is what all apps know.

use aws_lc_rs::hmac;
use fhir::Instant;

const STEP: i64 = 30;

/// The time step of a moment.
pub(super) fn step_of(now: Instant) -> u64 {
    u64::try_from(now.seconds().div_euclid(STEP)).unwrap_or(0)
}

/// The code of a time step (RFC 4226, 5.3).
fn code(secret: &[u8], step: u64) -> Option<u32> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last()? & 15);
    let chosen: [u8; 4] = bytes.get(offset..offset + 4)?.try_into().ok()?;
    Some((u32::from_be_bytes(chosen) & 0x7fff_ffff) % 1_000_000)
}

/// The time step whose code this is: the present one, or the one before or after, but none up to `used`.
pub(super) fn matching_step(secret: &[u8], typed: &str, used: u64, now: Instant) -> Option<u64> {
    let present = step_of(now);
    let mut found = None;
    for step in present.saturating_sub(1)..=present.saturating_add(1) {
        let text = format!("{:06}", code(secret, step)?);
        if super::secret::same(&text, typed) && step > used {
            found = Some(step);
        }
    }
    found
}

/// A secret as apps read it: base 32 (RFC 4648).
pub(super) fn base32(secret: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut buffer, mut bits) = (String::new(), 0_u32, 0);
    for byte in secret {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.extend(LETTERS.get((buffer >> bits & 31) as usize).copied().map(char::from));
        }
    }
    if bits > 0 {
        out.extend(LETTERS.get((buffer << (5 - bits) & 31) as usize).copied().map(char::from));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 4226, appendix D.
    #[test]
    fn the_codes_of_the_first_ten_counters() {
        let expected =
            [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, expected) in expected.into_iter().enumerate() {
            assert_eq!(code(SECRET, step as u64), Some(expected));
        }
    }

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_codes_of_moments() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Instant::from_microseconds(seconds * 1_000_000);
            assert_eq!(matching_step(SECRET, expected, 0, now), Some(step_of(now)), "{seconds}");
        }
    }

    #[test]
    fn a_neighbour_is_taken_and_no_step_twice() {
        let at = |seconds: i64| Instant::from_microseconds(seconds * 1_000_000);
        assert_eq!(matching_step(SECRET, "287082", 0, at(89)), Some(1));
        assert_eq!(matching_step(SECRET, "287082", 0, at(0)), Some(1));
        assert_eq!(matching_step(SECRET, "287082", 0, at(90)), None);
        assert_eq!(matching_step(SECRET, "287082", 1, at(59)), None);
        assert_eq!(matching_step(SECRET, "", 0, at(59)), None);
    }

    /// RFC 4648, section 10.
    #[test]
    fn base_32() {
        for (plain, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }
}
