//! A detached signature in the form of CMS (RFC 5652) with the attributes of CAdES (ETSI EN 319 122-1, level B-B).

use aws_lc_rs::digest::{SHA256, digest};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Encode as _, Tag};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::seal::SigningKey;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The signature over what has this SHA-256. The certificate of the signer is the first.
pub(crate) fn detached(key: &SigningKey, certificates: &[Certificate], hash: &[u8]) -> Option<Vec<u8>> {
    let signer = certificates.first()?;
    let signed_attrs = SetOfVec::try_from(vec![
        attribute(CONTENT_TYPE, Any::new(Tag::ObjectIdentifier, DATA.as_bytes()).ok()?)?,
        attribute(MESSAGE_DIGEST, Any::new(Tag::OctetString, hash).ok()?)?,
        attribute(SIGNING_CERTIFICATE, signing_certificate(signer)?)?,
    ])
    .ok()?;
    // RFC 5652, section 5.4: what is signed is the set in DER.
    let signature = key.sign(&signed_attrs.to_der().ok()?)?;
    let sha_256 = AlgorithmIdentifierOwned { oid: SHA_256, parameters: None };
    let (oid, with_null) = key.algorithm();
    let null = Any::new(Tag::Null, Vec::new()).ok()?;
    let info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: signer.tbs_certificate.issuer.clone(),
            serial_number: signer.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: sha_256.clone(),
        signed_attrs: Some(signed_attrs),
        signature_algorithm: AlgorithmIdentifierOwned { oid, parameters: with_null.then_some(null) },
        signature: OctetString::new(signature).ok()?,
        unsigned_attrs: None,
    };
    let chain = certificates.iter().cloned().map(CertificateChoices::Certificate).collect::<Vec<_>>();
    let signed_data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha_256]).ok()?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
        certificates: Some(CertificateSet(SetOfVec::try_from(chain).ok()?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![info]).ok()?),
    };
    let content = Any::encode_from(&signed_data).ok()?;
    ContentInfo { content_type: SIGNED_DATA, content }.to_der().ok()
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Option<Attribute> {
    Some(Attribute { oid, values: SetOfVec::try_from(vec![value]).ok()? })
}

/// RFC 5035: which certificate it was, so that no other one of the same key can be put in its place. SHA-256 is the
/// default, and a default is not written.
fn signing_certificate(signer: &Certificate) -> Option<Any> {
    let hash = digest(&SHA256, &signer.to_der().ok()?);
    let hash = Any::new(Tag::OctetString, hash.as_ref()).ok()?;
    let identifier = Any::new(Tag::Sequence, hash.to_der().ok()?).ok()?;
    let list = Any::new(Tag::Sequence, identifier.to_der().ok()?).ok()?;
    Any::new(Tag::Sequence, list.to_der().ok()?).ok()
}
