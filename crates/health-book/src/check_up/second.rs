//! The first examination, when one within twelve months repeats it. It is told, and never a reason not to keep the second: what
//! was found is recorded (`docs/check-up.md`, section 9).

use access::{Access, Grantee, Interaction};
use exchange::check_up::{CheckUp, DueRule};
use fhir::{Instant, LogicalId};
use interactions::{Examination, Problem, Service, examinations_of};
use jiff::civil::Date;

use crate::ledger::SERVER;

/// What is said of the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repeated {
    /// Its day.
    pub(crate) day: Date,
    /// Whether the facility that asks made it.
    pub(crate) is_own: bool,
    /// By which version of the rule.
    pub(crate) rule: String,
}

impl Repeated {
    /// As it stands beside a message that is settled.
    pub(crate) fn reason(&self) -> String {
        format!("repeats {} {} {}", self.day, if self.is_own { "own" } else { "other" }, self.rule)
    }

    /// In words, of such a reason.
    pub(crate) fn words(reason: &str) -> Option<String> {
        let mut parts = reason.strip_prefix("repeats ")?.split(' ');
        let day: Date = parts.next()?.parse().ok()?;
        let place = match parts.next()? {
            "own" => "tại chính cơ sở này",
            _ => "tại cơ sở khác",
        };
        let (day, rule) = (day.strftime("%d/%m/%Y"), parts.next()?);
        Some(format!(
            "đã có lần khám sức khỏe ngày {day} {place}, chưa quá 12 tháng ({rule}): đề nghị sử dụng lại kết quả"
        ))
    }
}

/// The first of two, of those that an access sees, the check-up itself left out.
pub(super) async fn first_of(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    check_up: &CheckUp,
) -> Result<Option<Examination>, Problem> {
    let own = check_up.composition_id();
    let known = examinations_of(service, access, std::slice::from_ref(patient)).await?;
    let others = known.into_values().flatten();
    let others: Vec<Examination> = others.filter(|it| it.document() != Some(own.as_str())).collect();
    let day = DueRule::of_year(check_up.date().year())
        .repeated(check_up.date(), others.iter().map(|other| other.day));
    Ok(day.and_then(|day| others.into_iter().find(|other| other.day == day)))
}

/// The examination that a message of a facility repeats. The facility sees no book by sending: it learns the day, and nothing
/// where the citizen has closed anything to it, in whichever book of the person, or the visit of the first carries a label. Who
/// tells it to the facility notes that.
pub(crate) async fn repeated(
    service: &Service,
    organization: &LogicalId,
    patient: &LogicalId,
    check_up: &CheckUp,
    now: Instant,
) -> Result<Option<Repeated>, Problem> {
    let access = service.policy().decide(&SERVER, Interaction::Read, None, now)?;
    let Some(first) = first_of(service, &access, patient, check_up).await? else { return Ok(None) };
    let facility = Grantee::Organization(organization.clone());
    for record in first.records() {
        if service.store().is_guarded(record, &facility, now).await? {
            return Ok(None);
        }
    }
    let is_own = first.facility.as_deref() == Some(format!("Organization/{organization}").as_str());
    let rule = DueRule::of_year(check_up.date().year()).canonical();
    Ok(Some(Repeated { day: first.day, is_own, rule }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_in_words_and_others_are_not() {
        let day: Date = "2026-03-02".parse().unwrap();
        let rule = "urn:healthbook:rule:annual-check-up|1".to_owned();
        let own = Repeated { day, is_own: true, rule };
        let said = Repeated::words(&own.reason()).unwrap();
        assert!(
            said.contains("02/03/2026") && said.contains("chính cơ sở này") && said.contains("|1"),
            "{said}"
        );
        let other = Repeated { is_own: false, ..own };
        assert!(Repeated::words(&other.reason()).unwrap().contains("cơ sở khác"));
        for reason in ["", "mismatch", "repeats", "repeats soon own x", "repeats 2026-03-02"] {
            assert_eq!(Repeated::words(reason), None, "{reason}");
        }
    }
}
