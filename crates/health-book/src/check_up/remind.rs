//! A reminder of the annual check-up: a notice in the book, at most one in thirty days, whoever sends it.

use access::Caller;
use exchange::check_up::DueState;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use notices::Texts;

use super::due::{listed, of_station};
use crate::HealthBook;
use crate::ledger::{Entry, find_all, new_id, read, text, write};
use crate::moment::{DAY, plus, start_of};
use crate::noted::told;
use crate::notice::{Notice, NoticeKind, communication};
use crate::turn;
use crate::vocabulary::ACT;

/// Days within which nobody is reminded twice.
const PAUSE: i64 = 30;
/// How the log of accesses names it.
const PLACE: &str = "station/remind";
/// Notices of thirty days that are looked at.
const MOST: usize = 5_000;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminded {
    /// The notice is in the book.
    Sent,
    /// There was one within thirty days.
    Before,
    /// The person has been examined this year.
    NothingToDo,
}

/// Reminds somebody of the list of the own facility: 404 for others. That nothing is sent tells something of the book, and is noted
/// there.
pub async fn remind(
    book: &HealthBook,
    caller: &Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Reminded, Problem> {
    let (service, now) = (book.service(), now.truncated_to_millis());
    let (staff, access) = of_station(service, caller)?;
    let person = listed(service, &access, staff.organization, patient, now).await?;
    if person.judged.state == DueState::Done {
        told(patient, PLACE);
        return Ok(Reminded::NothingToDo);
    }
    let _turn = turn::wait(service.store(), "check-up-reminder", patient.as_str()).await?;
    let since = plus(now, PAUSE.saturating_mul(-DAY));
    let pairs = [("patient", patient.to_string()), ("sent", format!("gt{since}"))];
    let sent = find_all(service, "Communication", &pairs, MOST).await?;
    let code = NoticeKind::CheckUpDue.code();
    let is_reminder = |topic: &str, system: &str| topic == code && system == ACT;
    if sent.iter().any(|it| {
        is_reminder(text(&it.resource, "/topic/coding/0/code"), text(&it.resource, "/topic/coding/0/system"))
            && start_of(text(&it.resource, "/sent")).is_some_and(|sent| sent > since)
    }) {
        told(patient, PLACE);
        return Ok(Reminded::Before);
    }
    let facility = read(service, "Organization", staff.organization).await?;
    let name = facility.map(|found| text(&found.resource, "/name").to_owned()).unwrap_or_default();
    let (due, due_en) = (person.judged.due.strftime("%d/%m/%Y"), person.judged.due.strftime("%-d %B %Y"));
    let texts = match person.judged.state {
        DueState::Overdue => Texts {
            vietnamese: format!(
                "{name} nhắc bạn khám sức khỏe định kỳ: lần khám năm nay đã quá hạn ngày {due}. Hãy đến trạm hoặc đặt lịch khám."
            ),
            english: format!(
                "{name} reminds you of your annual check-up: it was due by {due_en}. Come to the station or make an appointment."
            ),
        },
        _ => Texts {
            vietnamese: format!(
                "{name} nhắc bạn khám sức khỏe định kỳ trước hết ngày {due}. Hãy đến trạm hoặc đặt lịch khám."
            ),
            english: format!(
                "{name} reminds you of your annual check-up: it is due by {due_en}. Come to the station or make an appointment."
            ),
        },
    };
    let notice = Notice { kind: NoticeKind::CheckUpDue, patient: patient.clone(), communication: new_id()? };
    let resource = communication(&notice, Some(staff.organization), &[], &texts, now);
    write(service, vec![Entry::new(resource)]).await?;
    book.tell(&[notice]);
    Ok(Reminded::Sent)
}
