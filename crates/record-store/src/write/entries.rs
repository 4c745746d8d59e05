//! What the log of accesses keeps of a write: an entry in the very transaction that writes it.

use audit_log::{Action, Entry};
use fhir::{Instant, LogicalId, ResourceType};

use super::{Current, Planner};
use crate::access_log::WriteSignature;
use crate::{Effect, Precondition, StoreError, Write, Written};

/// Where a resource stood before a write: its book and its current version.
pub(super) type Before = Option<(i64, Current)>;

impl Planner<'_> {
    /// Where the resource of a write stands now.
    pub(super) fn place_before(&self, write: &Write) -> Before {
        if write.precondition == Precondition::New {
            return None;
        }
        let entry = self.state.get(&(write.resource_type, write.id.clone()))?;
        Some((entry.book, entry.current.clone()?))
    }

    /// Keeps an entry of a write that has made a version, and a second one in the book that the resource has left.
    pub(super) fn log(
        &mut self,
        signature: &WriteSignature<'_>,
        write: &Write,
        before: Before,
        written: &Written,
    ) -> Result<(), StoreError> {
        let action = match written.effect {
            Effect::Created => Action::Create,
            Effect::Updated => Action::Update,
            Effect::Deleted => Action::Delete,
            Effect::Unchanged | Effect::NothingToDelete => return Ok(()),
        };
        let left = self.patient_before(write, before)?;
        let now = match &write.content {
            _ if write.resource_type == ResourceType::PATIENT => Some(write.id.clone()),
            Some(content) => content.patient.clone(),
            None => left.clone(),
        };
        let entry = signature.entry(Instant::from_microseconds(self.now), action);
        let entry = Entry {
            resource: format!("{}/{}", write.resource_type, write.id).into(),
            version: written.version.to_string().into(),
            ..entry
        };
        let left = left.filter(|left| now.as_ref() != Some(left));
        for patient in [Some(now), left.map(Some)].into_iter().flatten() {
            let patient = patient.map(|id| format!("{}/{id}", ResourceType::PATIENT)).unwrap_or_default();
            let salt = crate::access_log::salt()?;
            self.entries.push(&Entry { salt, patient: patient.into(), ..entry.clone() });
        }
        Ok(())
    }

    /// The patient in whose book the current version of what is written stands, as its content says.
    fn patient_before(&self, write: &Write, before: Before) -> Result<Option<LogicalId>, StoreError> {
        let Some((book, current)) = before else { return Ok(None) };
        if write.resource_type == ResourceType::PATIENT {
            return Ok(Some(write.id.clone()));
        }
        // Reading the content again is spared where the book is that of the new content.
        let stays = write.content.as_ref().and_then(|content| content.patient.as_ref()).filter(|patient| {
            let place = self.state.get(&(ResourceType::PATIENT, (*patient).clone()));
            place.is_some_and(|place| place.book == book)
        });
        match (&current.body, stays) {
            (_, Some(patient)) => Ok(Some(patient.clone())),
            (Some(body), None) if book != 0 => {
                let registry = self.registry;
                body.read(&write.id, |resource| registry.extract(write.resource_type, resource).patient)
            }
            _ => Ok(None),
        }
    }
}
