//! PATCH inside a transaction: what is patched is read before the transaction is planned, and must be the current
//! version still when it is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::Access;
use fhir::{Fault, VersionId, rewrite_links, rewrite_references};
use json::{Limits, Node};
use record_store::{Content, Journal, Manner, Precondition, Record, Seen, Write};

use super::identity::{Criteria, Identities, deleted, identify};
use super::links::{Links, resolve};
use super::transaction::{Names, check_entry};
use super::{Action, Entry, blocking};
use crate::condition::Condition;
use crate::facts::Subject;
use crate::judge::refuse_invalid;
use crate::patch::{PatchDocument, check_version, is_unchanged};
use crate::prepare::content;
use crate::refusals::note_misfit;
use crate::{Problem, Service};

/// A version and what the patch of an entry makes of it.
pub(super) struct Patched {
    record: Record,
    text: String,
    if_match: Option<VersionId>,
}

/// Whether the entry patches.
pub(super) fn is_patch(entry: &Entry) -> bool {
    matches!(entry.action, Ok(Action::Patch { .. } | Action::ConditionalPatch { .. }))
}

/// Checks that the patch of an entry can be read, and shows the references in it to `visit`.
pub(super) fn check_patch(body: &[u8], entry: &Entry, visit: &mut dyn FnMut(&str)) -> Result<(), Problem> {
    let mut check = || {
        let document = PatchDocument::of_entry(entry.text(body)?)?;
        document.read()?;
        let mut node = crate::prepare::parse(&document.text, "")?;
        rewrite_references(&mut node, &mut |text| {
            visit(text);
            None
        });
        Ok(())
    };
    check().map_err(|problem: Problem| problem.within(&format!("{}.resource", entry.place())))
}

/// Reads what the entries patch, and patches it. By the index of the entry. What has to be told of it if the transaction fails
/// is put `aside`.
pub(super) async fn patch_all(
    service: &Service,
    accesses: &[Option<Access>],
    body: &Arc<Vec<u8>>,
    entries: &[Entry],
    conditions: &HashMap<Criteria, Condition>,
    aside: &Journal,
) -> Result<HashMap<usize, Patched>, Problem> {
    let mut patched = HashMap::new();
    if !entries.iter().any(is_patch) {
        return Ok(patched);
    }
    let gone = deleted(entries, conditions)?;
    for (entry, access) in entries.iter().zip(accesses).filter(|(entry, _)| is_patch(entry)) {
        let one = async {
            let identity = identify(body, entry, conditions, &gone, Identities::New)?;
            let (resource_type, identity) = identity.ok_or_else(Problem::not_found)?;
            let if_match = match entry.action {
                Ok(Action::Patch { if_match, .. } | Action::ConditionalPatch { if_match, .. }) => if_match,
                _ => None,
            };
            let access = access.as_ref().ok_or_else(|| Problem::new(500, Fault::Internal))?;
            let record = crate::read(service, access, resource_type, identity.id()).await?;
            // Whatever makes the transaction fail: whether this one was to blame tells what is there.
            note_misfit(access, Some(aside), &record);
            check_version(&record, if_match)?;
            crate::registry::check_named(service, access, &record, if_match)?;
            let document = PatchDocument::of_entry(entry.text(body)?)?;
            blocking(move || {
                let text = document.apply(&record)?;
                Ok(Patched { record, text, if_match })
            })
            .await
        };
        let one = one.await.map_err(|problem| problem.within(&format!("{}.resource", entry.place())))?;
        patched.insert(entry.index, one);
    }
    Ok(patched)
}

/// The write of a patched resource; `None` when the patch changes nothing.
pub(super) fn patch_write(
    service: &Service,
    access: &Access,
    entry: &Entry,
    patched: &Patched,
    (targets, conditions): Names<'_>,
) -> Result<Option<Write>, Problem> {
    let Patched { record, text, if_match } = patched;
    let Record { resource_type, id, version, .. } = record;
    let mut resource = crate::prepare::parse(text.as_bytes(), resource_type.as_str())?;
    let issues = check_entry(&resource, *resource_type, Some(id));
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    // Links that stood there before the patch do not mean the entries of this Bundle.
    let before = record.inspect()?.unwrap_or_default();
    let before = links(json::parse(before.as_bytes(), &Limits::default()).ok());
    let links = Links { targets, conditions, known: &before };
    resolve(service, entry, &mut resource, &links)?;
    refuse_invalid(service, access, &resource, *resource_type)?;
    let content = content(service, access, *resource_type, Subject { id, first: false }, &resource)?;
    if is_unchanged(record, &content, *if_match) {
        return Ok(None);
    }
    let (precondition, seen) = (Precondition::Version(*version), Seen::Unchecked);
    let (resource_type, id) = (*resource_type, id.clone());
    let content = Some(Content { manner: Manner::Patched, ..content });
    Ok(Some(Write { resource_type, id, precondition, content, seen }))
}

fn links(resource: Option<Node<'_>>) -> HashSet<String> {
    let mut found = HashSet::new();
    if let Some(mut resource) = resource {
        rewrite_links(&mut resource, &mut |_, text| {
            found.insert(text.to_owned());
            None
        });
    }
    found
}
