//! The key that signs documents, and the certificate that says whose it is.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use der::asn1::ObjectIdentifier;
use der::pem::{LineEnding, decode_vec, encode_string};
use der::{Encode as _, EncodePem as _};
use fhir::Instant;
use x509_cert::Certificate;

use crate::certificate::self_signed;
use crate::{ReportError, cms_signature};

/// What begins and ends a private key in PEM.
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// ecdsa-with-SHA256 and sha256WithRSAEncryption.
const ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// Why a key and a certificate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file of the key.
    #[error("not a private key in PEM (PKCS #8), of P-256 or RSA from 2048 bits")]
    Key,
    /// The file of the certificate.
    #[error("no certificates in PEM, that of the signer first")]
    Certificate,
    /// They are not of each other.
    #[error("the certificate is that of another key")]
    Mismatch,
    /// A new one could not be made.
    #[error("a key could not be made")]
    Making,
}

/// A key.
pub(crate) enum SigningKey {
    /// Over P-256.
    Ecdsa(EcdsaKeyPair),
    /// RSA.
    Rsa(RsaKeyPair),
}

impl SigningKey {
    fn from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let ecdsa = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes).ok();
        ecdsa.map(Self::Ecdsa).or_else(|| RsaKeyPair::from_pkcs8(bytes).ok().map(Self::Rsa))
    }

    /// What a certificate says of it.
    fn public(&self) -> &[u8] {
        match self {
            Self::Ecdsa(key) => key.public_key().as_ref(),
            Self::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// The algorithm, and whether it is written with the parameter NULL.
    pub(crate) fn algorithm(&self) -> (ObjectIdentifier, bool) {
        match self {
            Self::Ecdsa(_) => (ECDSA, false),
            Self::Rsa(_) => (RSA, true),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(key) => key.sign(&random, message).ok().map(|signature| signature.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

/// Key and certificates.
pub struct Seal {
    key: SigningKey,
    /// That of the signer first.
    certificates: Vec<Certificate>,
    fingerprint: String,
    /// Bytes of the certificates.
    length: usize,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Seal").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Seal {
    /// Reads a key (PKCS #8) and the certificates, that of the signer first and those of issuers behind it, from PEM.
    pub fn from_pem(key: &[u8], certificates: &[u8]) -> Result<Self, SealError> {
        let (label, key) = decode_vec(key).map_err(|_| SealError::Key)?;
        let key =
            (label == PRIVATE_KEY).then(|| SigningKey::from_pkcs8(&key)).flatten().ok_or(SealError::Key)?;
        let certificates = Certificate::load_pem_chain(certificates).map_err(|_| SealError::Certificate)?;
        let signer = certificates.first().ok_or(SealError::Certificate)?;
        let public = &signer.tbs_certificate.subject_public_key_info.subject_public_key;
        if public.raw_bytes() != key.public() {
            return Err(SealError::Mismatch);
        }
        let encoded = signer.to_der().map_err(|_| SealError::Certificate)?;
        let hash = digest(&SHA256, &encoded);
        let pairs: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let mut length = 0;
        for certificate in &certificates {
            length += certificate.to_der().map_err(|_| SealError::Certificate)?.len();
        }
        Ok(Self { key, certificates, fingerprint: pairs.join(":"), length })
    }

    /// Makes a key and a certificate that it signs itself, as PEM: for a server whose operator has none from an authority.
    pub fn generate(name: &str, now: Instant) -> Result<(String, String), SealError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| SealError::Making)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| SealError::Making)?;
        let public = pair.public_key().as_ref().to_vec();
        let certificate =
            self_signed(&SigningKey::Ecdsa(pair), &public, name, now).ok_or(SealError::Making)?;
        let key =
            encode_string(PRIVATE_KEY, LineEnding::LF, pkcs8.as_ref()).map_err(|_| SealError::Making)?;
        Ok((key, certificate.to_pem(LineEnding::LF).map_err(|_| SealError::Making)?))
    }

    /// The SHA-256 of the certificate of the signer, as readers of PDF show it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether nobody else vouches for the certificate.
    pub fn is_self_signed(&self) -> bool {
        self.certificates
            .first()
            .is_some_and(|signer| signer.tbs_certificate.issuer == signer.tbs_certificate.subject)
    }

    /// The most bytes that a signature has.
    pub(crate) fn room(&self) -> usize {
        // Attributes, names and the signature itself: an RSA one of 8192 bits is 1 KiB.
        self.length + 4_096
    }

    /// A signature of CMS over a document that has this SHA-256.
    pub(crate) fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, ReportError> {
        cms_signature::detached(&self.key, &self.certificates, hash).ok_or(ReportError::Signature)
    }
}
