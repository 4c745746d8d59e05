//! Telling by other ways that there is a notice: that, and where, and nothing about whom or what.

use aws_lc_rs::hmac;
use fhir::{Instant, LogicalId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use interactions::Problem;
use record_store::SecurityRecord;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::preferences::{self, Preferences};
use super::queue::{self, Channel, Failed, Taken};
use crate::HealthBook;
use crate::ledger::{read, referred, text};
use crate::refusal::internal;
use crate::secret::hashed;
use crate::vocabulary::ACT;

/// Messages of one way that wait at most.
const MOST_WAITING: u64 = 10_000;
/// Sent at the same time, so that one receiver that hangs holds up nobody else.
const AT_ONCE: usize = 32;

const SUBJECT: &str = "Sổ sức khỏe: bạn có thông báo mới / Health book: you have a new notice";

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    /// The id of the `Patient`.
    patient: String,
    /// The id of the `Communication`.
    notice: String,
}

/// What is to be sent about a `Communication` that the server has written in a book.
pub(super) async fn messages(
    book: &HealthBook,
    patient: &str,
    communication: &str,
    now: Instant,
) -> Result<Vec<SecurityRecord>, Problem> {
    let store = book.service().store();
    let id = |text: &str| LogicalId::try_from(text).ok();
    let patient = patient.strip_prefix("Patient/").and_then(id);
    let (Some(patient), Some(communication)) = (patient, id(communication)) else { return Ok(Vec::new()) };
    let wanted = preferences::of(store, &patient, now).await?;
    if wanted.email.is_none() && wanted.webhook.is_none() {
        return Ok(Vec::new());
    }
    let Some(found) = read(book.service(), "Communication", &communication).await? else {
        return Ok(Vec::new());
    };
    let is_notice = text(&found.resource, "/topic/coding/0/system") == ACT;
    if !is_notice || referred(&found.resource, "/subject/reference", "Patient").as_ref() != Some(&patient) {
        return Ok(Vec::new());
    }
    let message = Message { patient: patient.to_string(), notice: communication.to_string() };
    let ways = [(Channel::Mail, wanted.email.is_some()), (Channel::Webhook, wanted.webhook.is_some())];
    let mut records = Vec::new();
    for (channel, _) in ways.into_iter().filter(|(_, is_wanted)| *is_wanted) {
        if queue::count(store, channel).await? < MOST_WAITING {
            records.push(queue::waiting(channel, communication.as_str(), &message, now)?);
        } else {
            book.figures().message(channel.code(), "left-out");
        }
    }
    Ok(records)
}

/// Sends the messages that are due; how many were sent.
pub async fn send_due(book: &HealthBook, channel: Channel, now: Instant) -> Result<usize, Problem> {
    let due = queue::due(book.service().store(), channel, now).await?;
    let sending = due.into_iter().map(|record| send_one(book, channel, record, now));
    let sent: Vec<bool> = stream::iter(sending).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(sent.into_iter().filter(|is_sent| *is_sent).count())
}

/// Sends one; whether it was taken.
async fn send_one(
    book: &HealthBook,
    channel: Channel,
    record: SecurityRecord,
    now: Instant,
) -> Result<bool, Problem> {
    let store = book.service().store();
    // Since the round began others may have taken long.
    let moment = Instant::now().max(now);
    let Some(taken) = queue::take(store, record, moment).await? else { return Ok(false) };
    let (outcome, is_sent) = match send(book, channel, &taken, moment).await? {
        Some(true) => {
            taken.done(store, moment).await?;
            ("sent", true)
        }
        Some(false) => match taken.failed(store, moment).await? {
            Failed::Later => ("retried", false),
            Failed::GivenUp => ("given-up", false),
        },
        None => {
            taken.done(store, moment).await?;
            return Ok(false);
        }
    };
    book.figures().message(channel.code(), outcome);
    Ok(is_sent)
}

/// Whether it was taken; `None` when it is not wanted any more.
async fn send(
    book: &HealthBook,
    channel: Channel,
    taken: &Taken,
    now: Instant,
) -> Result<Option<bool>, Problem> {
    let message: Message = taken.what().ok_or_else(internal)?;
    let patient = LogicalId::try_from(message.patient.as_str()).map_err(|_| internal())?;
    let store = book.service().store();
    let Preferences { email, webhook, .. } = preferences::of(store, &patient, now).await?;
    let place = format!("{}/Communication/{}", book.service().base(), message.notice);
    match (channel, email, webhook) {
        (Channel::Mail, Some(to), _) => {
            let text = format!(
                "Bạn có một thông báo mới trong sổ sức khỏe. Mở ứng dụng hoặc địa chỉ sau để xem, sau khi đăng nhập:\n\
                 There is a new notice in your health book. Open your app or this address, after signing in:\n{place}\n"
            );
            Ok(Some(book.courier().mail(&to, SUBJECT, &text).await))
        }
        (Channel::Webhook, _, Some(url)) => {
            let body = json!({"type": "notice", "id": message.notice, "where": place}).to_string();
            let secret = hashed(store, preferences::SECRET, patient.as_str());
            let seconds = now.microseconds().div_euclid(1_000_000);
            Ok(Some(book.courier().post(&url, &body, &signature(&secret, seconds, &body)).await))
        }
        _ => Ok(None),
    }
}

/// The value of `Healthbook-Signature`.
fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha_256_over_seconds_dot_body() {
        // By another implementation: printf '17.{}' | openssl dgst -sha256 -hmac 00ff
        let expected = "t=17,v1=1c7c1ca70112637c2a083fc7d467b723dcea1b66cf19246d9323cc0a2a827826";
        assert_eq!(signature("00ff", 17, "{}"), expected);
    }
}
