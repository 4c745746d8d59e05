//! A certificate that a key signs itself: RFC 5280.

use std::str::FromStr as _;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use der::asn1::{Any, BitString, GeneralizedTime, ObjectIdentifier, OctetString, UtcTime};
use der::oid::AssociatedOid;
use der::{Encode, Tag};
use fhir::Instant;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::seal::SigningKey;

/// id-ecPublicKey and the curve P-256.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// How long it holds: about as long as what is signed must be kept.
const YEARS: u64 = 10;

/// A certificate of a key over P-256 for documents; `public` is its point.
pub(crate) fn self_signed(key: &SigningKey, public: &[u8], name: &str, now: Instant) -> Option<Certificate> {
    let (algorithm, _) = key.algorithm();
    let signature = AlgorithmIdentifierOwned { oid: algorithm, parameters: None };
    let mut serial = [0; 16];
    rand::fill(&mut serial).ok()?;
    // A positive number, and never a shorter one.
    serial[0] = serial[0] & 0x3f | 0x40;
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let subject = Name::from_str(&format!("CN=Healthbook {name},O=Healthbook")).ok()?;
    // A clock that is a little behind must not make the first document one of the future.
    let begin = Duration::from_secs(u64::try_from(now.seconds()).ok()?.saturating_sub(3_600));
    let end = begin + Duration::from_secs(YEARS * 31_557_600);
    let identifier = digest(&SHA256, public).as_ref().get(..20)?.to_vec();
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial).ok()?,
        signature: signature.clone(),
        issuer: subject.clone(),
        validity: Validity { not_before: time(begin)?, not_after: time(end)? },
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: EC_PUBLIC_KEY,
                parameters: Some(Any::new(Tag::ObjectIdentifier, P256.as_bytes()).ok()?),
            },
            subject_public_key: BitString::from_bytes(public).ok()?,
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(vec![
            extension(&BasicConstraints { ca: false, path_len_constraint: None }, true)?,
            extension(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation), true)?,
            extension(&SubjectKeyIdentifier(OctetString::new(identifier).ok()?), false)?,
        ]),
    };
    let signed = key.sign(&tbs_certificate.to_der().ok()?)?;
    let value = BitString::from_bytes(&signed).ok()?;
    Some(Certificate { tbs_certificate, signature_algorithm: signature, signature: value })
}

fn extension<T: Encode + AssociatedOid>(value: &T, critical: bool) -> Option<Extension> {
    let extn_value = OctetString::new(value.to_der().ok()?).ok()?;
    Some(Extension { extn_id: T::OID, critical, extn_value })
}

/// Up to 2049 in one form, later in the other.
fn time(since_1970: Duration) -> Option<Time> {
    let short = UtcTime::from_unix_duration(since_1970).ok().map(Time::UtcTime);
    short.or_else(|| GeneralizedTime::from_unix_duration(since_1970).ok().map(Time::GeneralTime))
}
