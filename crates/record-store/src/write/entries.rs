//! What the log of accesses keeps of a write: an entry in the very transaction that writes it.

use audit_log::{Action, Entry};
use fhir::{Instant, LogicalId, ResourceType};

use super::Planner;
use crate::access_log::WriteSignature;
use crate::{Effect, Manner, Precondition, StoreError, Write, Written};

/// What is needed for the entries of a write and can fail: nothing may when the write is planned.
pub(super) struct Prepared {
    /// In whose book the resource stands.
    left: Option<LogicalId>,
    salts: [[u8; 16]; 2],
}

impl Planner<'_> {
    /// What has to be known before a write is planned.
    pub(super) fn prepare_entry(&self, write: &Write) -> Result<Prepared, StoreError> {
        let salts = [crate::access_log::salt()?, crate::access_log::salt()?];
        Ok(Prepared { left: self.patient_before(write)?, salts })
    }

    /// Keeps an entry of a write that has made a version, and a second one in the book that the resource has left; where the
    /// content is what was there, that of a read.
    pub(super) fn log(
        &mut self,
        signature: &WriteSignature<'_>,
        write: &Write,
        prepared: Prepared,
        written: &Written,
    ) {
        let action = match written.effect {
            Effect::Created => Action::Create,
            Effect::Updated if write.content.as_ref().is_some_and(|it| it.manner != Manner::Whole) => {
                Action::Patch
            }
            Effect::Updated => Action::Update,
            Effect::Deleted => Action::Delete,
            // Who sends what is there already is told so by the answer.
            Effect::Unchanged if signature.is_of_somebody() => Action::Read,
            Effect::Unchanged | Effect::NothingToDelete => return,
        };
        let Prepared { left, salts } = prepared;
        let now = match &write.content {
            _ if write.resource_type == ResourceType::PATIENT => Some(write.id.clone()),
            Some(content) => content.patient.clone(),
            None => left.clone(),
        };
        let entry = signature.entry(Instant::from_microseconds(self.now), action);
        let entry = Entry {
            resource: format!("{}/{}", write.resource_type, write.id).into(),
            version: written.version.to_string().into(),
            shown: u32::from(action == Action::Read),
            ..entry
        };
        let left = left.filter(|left| now.as_ref() != Some(left));
        let patients = [Some(now), left.map(Some)].into_iter().flatten();
        for (patient, salt) in patients.zip(salts) {
            let patient = patient.map(|id| format!("{}/{id}", ResourceType::PATIENT)).unwrap_or_default();
            self.entries.push(&Entry { salt, patient: patient.into(), ..entry.clone() });
        }
    }

    /// The patient in whose book the current version of what is written stands, as its content says.
    fn patient_before(&self, write: &Write) -> Result<Option<LogicalId>, StoreError> {
        let name = (write.resource_type, write.id.clone());
        let place = self.state.get(&name).filter(|_| write.precondition != Precondition::New);
        let Some((book, current)) = place.and_then(|place| Some((place.book, place.current.as_ref()?)))
        else {
            return Ok(None);
        };
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
