//! Page links: where the previous page ended, sealed so that nobody can read or change it.
//!
//! A cursor holds sort values, which may be names, and a query posted with `_search` may hold a citizen
//! number. Neither may stand in a URL, so a link is the encrypted state of the walk and nothing else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fhir::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problem;
use crate::query_text::query_text;

/// The name of the parameter that carries a page link.
pub const PAGE_PARAMETER: &str = "_page";

/// Digits and sign of the longest integer of 64 bits.
const LONGEST_NUMBER: usize = 20;

/// The URL of a page. `_format` is said again: it is for whoever answers, not for the walk.
pub(crate) fn page_url(url: &str, sealed: &str, pairs: &[(String, String)]) -> String {
    let format = pairs.iter().find(|(name, _)| name == "_format").map(|(name, value)| {
        // Its parameters may hold anything.
        let media_type = value.split(';').next().unwrap_or_default();
        query_text(&[(name.clone(), media_type.to_owned())])
    });
    let format = format.map_or_else(String::new, |text| format!("&{text}"));
    format!("{url}?{PAGE_PARAMETER}={sealed}{format}")
}

/// Seals and opens page links.
pub(crate) struct PageLinks {
    key: Option<LessSafeKey>,
}

impl PageLinks {
    /// Links under the key of the database: they hold on every server of one database.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { key: UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new) }
    }

    /// Seals a state for one place (`Patient`, `Patient/_history`, ...).
    pub(crate) fn seal<T: Serialize>(&self, place: impl AsRef<[u8]>, state: &T) -> Result<String, Problem> {
        let failed = || Problem::new(500, Fault::Internal);
        let key = self.key.as_ref().ok_or_else(failed)?;
        let state = serde_json::to_value(state).map_err(|_| failed())?;
        let mut sealed = state.to_string().into_bytes();
        sealed.resize(sealed.len() + missing_digits(&state), b' ');
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| failed())?;
        let aad = Aad::from(place.as_ref());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| failed())?;
        let mut out = nonce.to_vec();
        out.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(out))
    }

    /// Opens a link that was sealed for this place.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        place: impl AsRef<[u8]>,
        link: &str,
    ) -> Result<T, Problem> {
        self.try_open(place.as_ref(), link).ok_or_else(|| Problem::bad_request(Fault::InvalidPageLink))
    }

    fn try_open<T: DeserializeOwned>(&self, place: &[u8], link: &str) -> Option<T> {
        let mut bytes = URL_SAFE_NO_PAD.decode(link).ok()?;
        let sealed = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(sealed.0).ok()?;
        let opened = self.key.as_ref()?.open_in_place(nonce, Aad::from(place), sealed.1).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

/// How much shorter the numbers of a state are than numbers can be. The keys of rows grow with what is stored, so the
/// length of a link must not depend on how many digits they have.
fn missing_digits(state: &Value) -> usize {
    match state {
        Value::Number(number) => LONGEST_NUMBER.saturating_sub(number.to_string().len()),
        Value::Array(items) => items.iter().map(missing_digits).sum(),
        Value::Object(members) => members.values().map(missing_digits).sum(),
        Value::Null | Value::Bool(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_at_its_place_only_and_is_not_readable() {
        let links = PageLinks::new(&[7; 32]);
        let link = links.seal("Patient", &("nguyen", 5)).unwrap();
        assert_eq!(links.open::<(String, i64)>("Patient", &link), Ok(("nguyen".to_owned(), 5)));
        assert!(links.open::<(String, i64)>("Observation", &link).is_err());
        assert!(PageLinks::new(&[8; 32]).open::<(String, i64)>("Patient", &link).is_err());
        assert!(links.open::<(String, i64)>("Patient", &link[..link.len() - 1]).is_err());
        assert!(links.open::<(String, i64)>("Patient", "").is_err());
        assert!(!link.contains("nguyen"));
    }

    #[test]
    fn the_length_of_a_link_does_not_tell_how_long_its_numbers_are() {
        let links = PageLinks::new(&[7; 32]);
        let length = |key: i64| links.seal("Patient", &(("a", key), [key])).unwrap().len();
        for key in [0, 99, 100, -5, i64::MAX, i64::MIN] {
            assert_eq!(length(key), length(7), "{key}");
        }
    }
}
