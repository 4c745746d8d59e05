//! Envelopes: what is around an answer, and what the answer is.

use xml::{Element, read_element};

use super::{LIMITS, NAMESPACE, person};
use crate::{Demographics, RegistryError, Verification};

const OPEN: &str =
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>";
const CLOSE: &str = "</soapenv:Body></soapenv:Envelope>";

/// An envelope around a text of elements.
pub(super) fn enveloped(content: &str) -> String {
    format!("{OPEN}{content}{CLOSE}")
}

/// What stands in the body of an envelope.
pub(super) fn body_of(input: &[u8]) -> Result<Element, RegistryError> {
    let envelope =
        read_element(input, &LIMITS).map_err(|_| RegistryError::Malformed("not XML that is read"))?;
    if envelope.name != "Envelope" {
        return Err(RegistryError::Malformed("not an envelope"));
    }
    let body = envelope.children.into_iter().find(|child| child.name == "Body");
    let content = body.and_then(|body| body.children.into_iter().next());
    content.ok_or(RegistryError::Malformed("the envelope is empty"))
}

/// The content, unless it is a fault.
fn answer_of(input: &[u8]) -> Result<Element, RegistryError> {
    let content = body_of(input)?;
    if content.name == "Fault" { Err(RegistryError::Refused) } else { Ok(content) }
}

/// Whether an error of the server is in truth a fault of the question (SOAP 1.1, 4.4.1: `Client`, status 500).
pub(crate) fn is_refusal(input: &[u8]) -> bool {
    body_of(input).is_ok_and(|content| {
        let code = content.child_text("faultcode").unwrap_or_default();
        content.name == "Fault" && (code.ends_with(":Client") || code == "Client")
    })
}

/// The one person of an answer, and the version of the record.
pub(crate) fn read_person(input: &[u8]) -> Result<(Demographics, Option<u64>), RegistryError> {
    let content = answer_of(input)?;
    // Some servers put the answer into an element of the operation's name.
    let collection =
        if content.name == "CongdanCollection" { Some(&content) } else { content.child("CongdanCollection") };
    let collection = collection.ok_or(RegistryError::Malformed("no collection of people"))?;
    let mut people = collection.children.iter().filter(|child| child.name == "CongDan");
    let person = people.next().ok_or(RegistryError::NotFound)?;
    if people.next().is_some() {
        return Err(RegistryError::Malformed("more than one person"));
    }
    person::read(person)
}

/// Whether the claim was confirmed.
pub(crate) fn read_verification(input: &[u8]) -> Result<Verification, RegistryError> {
    let content = answer_of(input)?;
    let result =
        if content.child("TonTai").is_some() { Some(&content) } else { content.child("KetQuaXacThuc") };
    match result.and_then(|result| result.child_text("TonTai")) {
        Some("true" | "1") => Ok(Verification::Confirmed),
        Some("false" | "0") => Ok(Verification::NotConfirmed),
        _ => Err(RegistryError::Malformed("no result of the verification")),
    }
}

/// An answer with a person.
pub(crate) fn write_person(record: &Demographics, version: u64) -> String {
    enveloped(&format!(
        "<dan:CongdanCollection xmlns:dan=\"{NAMESPACE}\">{}</dan:CongdanCollection>",
        person::written(record, version)
    ))
}

/// An answer without.
pub(crate) fn write_nobody() -> String {
    enveloped(&format!("<dan:CongdanCollection xmlns:dan=\"{NAMESPACE}\"/>"))
}

/// The answer to a claim.
pub(crate) fn write_verification(confirmed: bool) -> String {
    enveloped(&format!(
        "<dan:KetQuaXacThuc xmlns:dan=\"{NAMESPACE}\"><dan:TonTai>{confirmed}</dan:TonTai></dan:KetQuaXacThuc>"
    ))
}

/// A fault of the question.
pub(crate) fn write_fault() -> String {
    enveloped(
        "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>the question cannot be \
         read</faultstring></soapenv:Fault>",
    )
}
