//! Entries that are about another person than they say: moved to the letter, when books that were one are taken apart.

use access::Access;
use fhir::{Fault, Instant, LogicalId, rewrite_references};
use json::Limits;
use record_store::{Content, Job, Manner, Precondition, Record, Seen, Write};

use crate::bundle::blocking;
use crate::facts::facts_of_moved;
use crate::permission::prolong_nothing;
use crate::prepare::packed;
use crate::{Problem, Service};

/// Moves entries from one person to another, all or none: a new version of each, in which nothing but references to the person
/// is changed, the word of who wrote the one before, by which nobody may more than by that one. They are not checked again: what
/// was taken once is kept. `false`: one of them would not be in the book of that person then, and nothing is written.
///
/// # Errors
/// 412 when one was changed since it was read; 422 when the policy cannot enforce what it says about access.
pub async fn move_entries(
    service: &Service,
    access: &Access,
    records: Vec<Record>,
    from: &LogicalId,
    to: &LogicalId,
) -> Result<bool, Problem> {
    let mut said = Vec::with_capacity(records.len());
    for record in records {
        let since = service.store().said_since(&record).await?;
        said.push((record, since));
    }
    let (there, from, to) = (service.clone(), from.clone(), to.clone());
    let writes = blocking(move || -> Result<Option<Vec<Write>>, Problem> {
        said.iter().map(|(record, since)| moved(&there, record, *since, (&from, &to))).collect()
    });
    let Some(mut writes) = writes.await? else { return Ok(false) };
    for write in &mut writes {
        prolong_nothing(service, write).await?;
    }
    if !writes.is_empty() {
        service.store().write(access, Job { expectations: Vec::new(), writes }).await?;
    }
    Ok(true)
}

fn moved(
    service: &Service,
    record: &Record,
    since: Instant,
    (from, to): (&LogicalId, &LogicalId),
) -> Result<Option<Write>, Problem> {
    let text = record.inspect()?.ok_or_else(Problem::not_found)?;
    let corrupt = |_| Problem::new(500, Fault::Internal);
    let mut resource = json::parse(text.as_bytes(), &Limits::default()).map_err(corrupt)?;
    let (of_whom, of_other) = (format!("Patient/{from}"), format!("Patient/{to}"));
    rewrite_references(&mut resource, &mut |text| {
        let rest = text.strip_prefix(&of_whom)?;
        (rest.is_empty() || rest.starts_with("/_history/")).then(|| of_other.clone())
    });
    let facts = facts_of_moved(service, record, &resource, since)?;
    let content = packed(service, record.resource_type, &resource, facts)?;
    if content.patient.as_ref() != Some(to) {
        return Ok(None);
    }
    Ok(Some(Write {
        resource_type: record.resource_type,
        id: record.id.clone(),
        precondition: Precondition::Version(record.version),
        content: Some(Content { manner: Manner::Moved, ..content }),
        seen: Seen::Unchecked,
    }))
}
