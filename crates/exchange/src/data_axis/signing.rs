//! RSA signatures over checksums: PKCS #1 version 1.5 with SHA-256, written in capital hexadecimal digits or in base64.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicEncryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest text of a signature: a key of 8,192 bits in hexadecimal digits.
const LONGEST: usize = 2_048;

/// A key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no usable RSA key of 2048 bits or more")]
pub struct KeyError;

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal digits in capitals, as annex PL03 says.
    Hexadecimal,
    /// Base64, as a client in the field sends.
    Base64,
    /// Either of them; answered in the one that was sent.
    Any,
}

impl Encoding {
    /// The name on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hexadecimal => "hex",
            Self::Base64 => "base64",
            Self::Any => "any",
        }
    }

    /// The encoding of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Hexadecimal, Self::Base64, Self::Any].into_iter().find(|it| it.code() == code)
    }

    /// The one in which a text is written that may be in this one.
    pub fn of(self, signature: &str) -> Self {
        let is_hexadecimal = signature.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        match self {
            Self::Any if is_hexadecimal => Self::Hexadecimal,
            Self::Any => Self::Base64,
            one => one,
        }
    }

    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self.of(text) {
            Self::Hexadecimal => {
                let digit = |byte: u8| match byte {
                    b'0'..=b'9' => Some(byte - b'0'),
                    b'A'..=b'F' => Some(byte - b'A' + 10),
                    _ => None,
                };
                let (pairs, rest) = text.as_bytes().as_chunks::<2>();
                let bytes: Option<Vec<u8>> =
                    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect();
                bytes.filter(|_| rest.is_empty())
            }
            _ => STANDARD.decode(text).ok(),
        }
    }

    fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::Hexadecimal | Self::Any => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        }
    }
}

/// The key of a sender.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// From PEM (`PUBLIC KEY`) or DER.
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(&unwrapped(file, "PUBLIC KEY")?)
    }

    /// From DER (`SubjectPublicKeyInfo`).
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| KeyError)?;
        if key.key_size_bits() < 2_048 { Err(KeyError) } else { Ok(Self(der.to_vec())) }
    }

    /// As DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// Whether a signature is that of this key over a checksum.
    pub fn verifies(&self, checksum: &str, signature: &str, encoding: Encoding) -> bool {
        if signature.len() > LONGEST {
            return false;
        }
        let Some(bytes) = encoding.read(signature) else { return false };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        key.verify(checksum.as_bytes(), &bytes).is_ok()
    }
}

/// The key of this server, which signs its replies.
#[derive(Debug)]
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// From PEM (`PRIVATE KEY`) or DER (PKCS #8).
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let key = KeyPair::from_pkcs8(&unwrapped(file, "PRIVATE KEY")?).map_err(|_| KeyError)?;
        Ok(Self(key))
    }

    /// A new one, as PKCS #8.
    pub fn make() -> Result<Vec<u8>, KeyError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&key);
        Ok(der.map_err(|_| KeyError)?.as_ref().to_vec())
    }

    /// The signature over a checksum.
    pub fn sign(&self, checksum: &str, encoding: Encoding) -> Result<String, KeyError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed =
            self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), checksum.as_bytes(), &mut signature);
        signed.map_err(|_| KeyError)?;
        Ok(encoding.write(&signature))
    }

    /// The public half, in PEM: senders verify replies with it.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        use aws_lc_rs::signature::KeyPair as _;
        let der = self.0.public_key().as_der().map_err(|_| KeyError)?;
        let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> = der;
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
    }
}

/// What stands in a PEM file between the lines of this name; another file is DER.
fn unwrapped(file: &[u8], name: &str) -> Result<Vec<u8>, KeyError> {
    let Some(text) = std::str::from_utf8(file).ok().filter(|text| text.contains("-----BEGIN")) else {
        return Ok(file.to_vec());
    };
    let (begin, end) = (format!("-----BEGIN {name}-----"), format!("-----END {name}-----"));
    let inner = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).ok_or(KeyError)?.0;
    let inner: String = inner.chars().filter(|letter| !letter.is_whitespace()).collect();
    STANDARD.decode(inner).map_err(|_| KeyError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_checksum_and_encoding() {
        let key = SigningKey::read(&SigningKey::make().unwrap()).unwrap();
        let other = SigningKey::read(&SigningKey::make().unwrap()).unwrap();
        let public = |key: &SigningKey| PublicKey::read(key.public_pem().unwrap().as_bytes()).unwrap();
        for encoding in [Encoding::Hexadecimal, Encoding::Base64] {
            let signature = key.sign("A.B", encoding).unwrap();
            assert_eq!(Encoding::Any.of(&signature), encoding);
            assert!(public(&key).verifies("A.B", &signature, encoding));
            assert!(public(&key).verifies("A.B", &signature, Encoding::Any));
            assert!(!public(&key).verifies("A.C", &signature, Encoding::Any));
            assert!(!public(&other).verifies("A.B", &signature, Encoding::Any));
            let wrong = if encoding == Encoding::Base64 { Encoding::Hexadecimal } else { Encoding::Base64 };
            assert!(!public(&key).verifies("A.B", &signature, wrong));
        }
        for broken in ["", "0", "zz", "é", &"A".repeat(5_000)] {
            assert!(!public(&key).verifies("A.B", broken, Encoding::Any), "{broken}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for broken in [&b""[..], b"x", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
            assert!(PublicKey::read(broken).is_err());
            assert!(SigningKey::read(broken).is_err());
        }
    }
}
