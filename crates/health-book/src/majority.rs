//! The daily look for children who soon come of age: both sides are told, once.

use access::Grantee;
use aws_lc_rs::digest;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use notices::{Texts, day_for_people};

use crate::HealthBook;
use crate::ages;
use crate::guardians::living;
use crate::ledger::{Entry, find_all, read, text, write};
use crate::moment::{birth_date, birthday, day, days_later};
use crate::notice::{Notice, NoticeKind, communication};
use crate::refusal::internal;

/// Children whose birthday is near, looked at in one run.
const MOST: usize = 200_000;

/// Tells everybody whose majority is near, and their guardians. How many notices were stored. May run as often as
/// one likes: who was told is not told again.
pub async fn tell(book: &HealthBook, now: Instant) -> Result<usize, Problem> {
    let today = day(now).ok_or_else(internal)?;
    let last = days_later(today, book.settings().majority_notice_days).ok_or_else(internal)?;
    let majority = ages::majority(book.service().policy().document());
    let born = |date: jiff::civil::Date| {
        let year = date.year().checked_sub(majority)?;
        jiff::civil::Date::new(year, date.month(), date.day())
            .or_else(|_| jiff::civil::Date::new(year, 3, 1))
            .ok()
    };
    let (Some(from), Some(to)) = (born(today), born(last)) else { return Err(internal()) };
    let pairs = [("birthdate", format!("gt{from}")), ("birthdate", format!("le{to}"))];
    let mut told = 0_usize;
    for child in find_all(book.service(), "Patient", &pairs, MOST).await? {
        let Some(comes) =
            birth_date(text(&child.resource, "/birthDate")).and_then(|birth| birthday(birth, majority))
        else {
            continue;
        };
        told = told.saturating_add(tell_both(book, &child.id()?, comes, now).await?);
    }
    Ok(told)
}

async fn tell_both(
    book: &HealthBook,
    child: &LogicalId,
    comes: Instant,
    now: Instant,
) -> Result<usize, Problem> {
    let guardians = living(book, child, now).await?;
    if comes <= now || guardians.is_empty() {
        return Ok(0);
    }
    let date = day_for_people(comes);
    let to_child = Texts {
        vietnamese: format!(
            "Từ ngày {} bạn đủ 18 tuổi: sổ sức khỏe này chỉ còn do bạn quản lý, người giám hộ không xem được nữa. Bạn có thể \
             ủy quyền cho người khác trong ứng dụng.",
            date.vietnamese
        ),
        english: format!(
            "From {} you are 18: this health book is yours alone and your guardians no longer see it. You can entrust it to \
             somebody with the app.",
            date.english
        ),
    };
    let to_guardian = Texts {
        vietnamese: format!(
            "Từ ngày {} người mà bạn giám hộ đủ 18 tuổi: quyền xem sổ sức khỏe của người đó mà bạn có sẽ kết thúc vào ngày ấy.",
            date.vietnamese
        ),
        english: format!(
            "From {} your ward is 18: your access to that health book ends on that day.",
            date.english
        ),
    };
    let mut wanted = vec![(child.clone(), &to_child)];
    for (_, terms) in &guardians {
        if let Some(Grantee::Patient(guardian)) = &terms.grantee {
            wanted.push((guardian.clone(), &to_guardian));
        }
    }
    let (mut entries, mut notices) = (Vec::new(), Vec::new());
    for (patient, texts) in wanted {
        let communication_id = id_of(child, &patient)?;
        if read(book.service(), "Communication", &communication_id).await?.is_some() {
            continue;
        }
        let notice = Notice { kind: NoticeKind::Majority, patient, communication: communication_id };
        entries.push(Entry::new(communication(&notice, None, &[], texts, now.truncated_to_millis())));
        notices.push(notice);
    }
    if entries.is_empty() {
        return Ok(0);
    }
    write(book.service(), entries).await?;
    book.tell(&notices);
    Ok(notices.len())
}

/// The same for the same two people, so that several servers and many days make one notice.
fn id_of(child: &LogicalId, reader: &LogicalId) -> Result<LogicalId, Problem> {
    let both = format!("majority {child} {reader}");
    let hash = digest::digest(&digest::SHA256, both.as_bytes());
    let hex: String = hash.as_ref().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    LogicalId::try_from(format!("majority-{hex}").as_str()).map_err(|_| internal())
}
