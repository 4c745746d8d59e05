//! Taking a message: judged, then put on disk, then answered.

use auth::account::DataSender;
use exchange::check_up::{self, CheckUp, Format};
use exchange::data_axis::{
    Content, DataState, Encoding, MessageId, PublicKey, Push, Rejected, Reply, ResultCode,
};
use fhir::Instant;
use interactions::Problem;
use record_store::{AxisMessage, AxisState, Queued};

use super::DataAxis;
use crate::HealthBook;
use crate::check_up::Repeated;
use crate::moment::day;
use crate::refusal::internal;
use crate::secret::hashed;

/// Faults of a message that are told.
const MOST_TOLD: usize = 20;
/// The name of the axis where a message does not tell to whom it was sent.
const RECEIVER: &str = "TDLBYT";
const VERSION: &str = "1.0.6";

/// An answer, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// JSON.
    pub text: String,
    /// Whether there was no room: the same may be sent again later.
    pub is_full: bool,
}

/// What is known of a message when it is answered.
struct About<'a> {
    push: Option<&'a Push>,
    sender: &'a str,
    encoding: Encoding,
}

/// Milliseconds since 1970.
fn milliseconds(at: Instant) -> i64 {
    at.microseconds() / 1_000
}

/// Takes a message of a sender. Taken means: it is on disk.
pub async fn push(
    book: &HealthBook,
    axis: &DataAxis,
    sender: &DataSender,
    body: Vec<u8>,
    now: Instant,
) -> Result<Answered, Problem> {
    let public = PublicKey::from_der(&sender.key).map_err(|_| internal())?;
    let encoding = Encoding::from_code(&sender.encoding).unwrap_or(Encoding::Any);
    let checked = tokio::task::spawn_blocking(move || {
        let push = Push::read(&body, milliseconds(now));
        drop(body);
        push.map(|push| (push.verify(&public, encoding), push))
    });
    let unread = About { push: None, sender: &sender.id, encoding };
    let (verified, push) = match checked.await.map_err(|_| internal())? {
        Ok(checked) => checked,
        Err(rejected) => return told(axis, &unread, &rejected, now),
    };
    let about = About { push: Some(&push), ..unread };
    if push.id.sender() != sender.id {
        return told(axis, &about, &refusal(ResultCode::Permission), now);
    }
    let encoding = match verified {
        Ok(encoding) => encoding,
        Err(rejected) => return told(axis, &about, &rejected, now),
    };
    let about = About { encoding, ..about };
    let hash = interactions::message(push.checksum.as_bytes()).hash.to_vec();
    if let Some(known) = book.service().store().axis_message(push.id.as_str()).await? {
        return again(axis, &about, known, &hash, now);
    }
    let opening = push.clone();
    let opened = tokio::task::spawn_blocking(move || opening.content().and_then(read));
    let (content, check_ups) = match opened.await.map_err(|_| internal())? {
        Ok(opened) => opened,
        Err(rejected) => return told(axis, &about, &rejected, now),
    };
    let is_own = |check_up: &CheckUp| {
        check_up.facility() == sender.facility && check_up.location_number() == sender.id
    };
    if !check_ups.iter().all(is_own) {
        let notice = "MA_CSKCB, MA_GTIN_CSKCB: không phải là cơ sở của đơn vị gửi";
        return told(axis, &about, &Rejected::new(ResultCode::Permission, notice), now);
    }
    let reply = signed(axis, &about, ResultCode::Accepted, DataState::Received, "", now)?;
    let visit = match check_ups.as_slice() {
        [one] => {
            let visit = format!("{}/{}", one.facility(), one.visit_code());
            hashed(book.service().store(), "data-axis-visit", &visit)
        }
        _ => String::new(),
    };
    let message = AxisMessage {
        id: push.id.as_str().to_owned(),
        sender: sender.id.clone(),
        received: now,
        sent: Instant::from_microseconds(push.sent.saturating_mul(1_000)),
        due: now,
        body: hash.clone(),
        visit,
        state: AxisState::Waiting,
        tries: 0,
        reason: String::new(),
        format: number_of(content.format),
        content: content.text,
        reply: reply.clone(),
    };
    match book.service().store().queue_axis_message(message, axis.limits).await? {
        Queued::Now => {
            axis.figures.came(ResultCode::Accepted.code());
            axis.came.notify_one();
            Ok(Answered { text: reply, is_full: false })
        }
        Queued::Before(known) => again(axis, &about, *known, &hash, now),
        Queued::Full => {
            axis.figures.came(ResultCode::SaveFail.code());
            let notice = "hàng đợi đã đầy, đề nghị gửi lại sau";
            let text = signed(axis, &about, ResultCode::SaveFail, DataState::Refused, notice, now)?;
            Ok(Answered { text, is_full: true })
        }
    }
}

/// The number of a form in the queue.
fn number_of(format: Format) -> i16 {
    match format {
        Format::Xml => 0,
        Format::Json => 1,
    }
}

/// The form of a number.
pub(super) fn format_of(number: i16) -> Format {
    if number == 0 { Format::Xml } else { Format::Json }
}

/// Reads the check-ups, or says what is wrong with them.
fn read(content: Content) -> Result<(Content, Vec<CheckUp>), Rejected> {
    match check_up::read(&content.text, content.format) {
        Ok(check_ups) => Ok((content, check_ups)),
        Err(faults) => {
            let told: Vec<String> = faults.iter().take(MOST_TOLD).map(check_up::Fault::vietnamese).collect();
            Err(Rejected::new(ResultCode::InvalidRequest, told.join("; ")))
        }
    }
}

/// A message that came before: the same is answered as the first time, another one under its id is refused.
fn again(
    axis: &DataAxis,
    about: &About<'_>,
    known: AxisMessage,
    hash: &[u8],
    now: Instant,
) -> Result<Answered, Problem> {
    if known.sender == about.sender && known.body == hash {
        return Ok(Answered { text: known.reply, is_full: false });
    }
    let notice = "header.msg_id: đã được dùng cho một thông điệp khác";
    told(axis, about, &Rejected::new(ResultCode::InvalidRequest, notice), now)
}

fn refusal(code: ResultCode) -> Rejected {
    Rejected::new(code, code.vietnamese())
}

fn told(axis: &DataAxis, about: &About<'_>, rejected: &Rejected, now: Instant) -> Result<Answered, Problem> {
    axis.figures.came(rejected.code.code());
    let text = signed(axis, about, rejected.code, DataState::Refused, &rejected.notice, now)?;
    Ok(Answered { text, is_full: false })
}

fn signed(
    axis: &DataAxis,
    about: &About<'_>,
    code: ResultCode,
    state: DataState,
    notice: &str,
    now: Instant,
) -> Result<String, Problem> {
    let today = day(now).map(|day| day.strftime("%y%m%d").to_string()).unwrap_or_default();
    let push = about.push;
    let reply = Reply {
        version: push.map_or(VERSION, |push| &push.version),
        receiver: push.map_or(RECEIVER, |push| &push.receiver),
        sender: about.sender,
        about: push.map(|push| &push.id),
        code,
        state,
        notice,
        sent: push.map_or(0, |push| push.sent),
        now: milliseconds(now),
        own_id: &format!("{today}{}", uuid::Uuid::new_v4().simple()),
    };
    reply.signed(&axis.key, about.encoding).map_err(|_| internal())
}

/// The answer to a request of which nothing could be read, or whose sender is not known.
pub fn refused(axis: &DataAxis, code: ResultCode, now: Instant) -> Result<Answered, Problem> {
    told(axis, &About { push: None, sender: "", encoding: Encoding::Any }, &refusal(code), now)
}

/// How far a message of a sender has come, by its `msg_id` or `txn_id`.
pub async fn state(
    book: &HealthBook,
    axis: &DataAxis,
    sender: &DataSender,
    asked: &str,
    now: Instant,
) -> Result<Answered, Problem> {
    let encoding = Encoding::from_code(&sender.encoding).unwrap_or(Encoding::Any);
    let about = About { push: None, sender: &sender.id, encoding };
    // What somebody else sent is not there.
    let id = MessageId::asked(asked).filter(|id| id.sender() == sender.id);
    let known = match &id {
        Some(id) => book.service().store().axis_message(id.as_str()).await?,
        None => None,
    };
    let (Some(id), Some(known)) = (id, known) else {
        let notice = "không có thông điệp này";
        return told(axis, &about, &Rejected::new(ResultCode::InvalidRequest, notice), now);
    };
    let (code, state) = match known.state {
        AxisState::Waiting => (ResultCode::Accepted, DataState::Received),
        AxisState::Stored | AxisState::Replaced => (ResultCode::Saved, DataState::Stored),
        AxisState::NotVerified => (ResultCode::VerifyFail, DataState::NotVerified),
        AxisState::Failed => (ResultCode::SaveFail, DataState::Failed),
    };
    let first = Repeated::words(&known.reason);
    let reply = Reply {
        version: VERSION,
        receiver: RECEIVER,
        sender: &sender.id,
        about: Some(&id),
        code,
        state,
        notice: first.as_deref().unwrap_or(&known.reason),
        sent: milliseconds(known.sent),
        now: milliseconds(now),
        own_id: &format!(
            "{}{}",
            day(now).map(|day| day.strftime("%y%m%d").to_string()).unwrap_or_default(),
            uuid::Uuid::new_v4().simple()
        ),
    };
    let text = reply.signed(&axis.key, encoding).map_err(|_| internal())?;
    Ok(Answered { text, is_full: false })
}
