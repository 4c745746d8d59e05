//! The location shield in the store: what of a book under it is shown, and what of it is indexed.

use access::{Access, Shield};
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use json::Node;
use search::{IndexRows, Registry};

use crate::people::extract;
use crate::{Body, Record, StoreError};

/// Whether somebody is shown what the shield hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everything.
    Whole,
    /// Of books under the shield nothing that tells a place.
    Shielded,
}

impl Sight {
    /// That of an access.
    pub(crate) fn of(access: &Access) -> Self {
        if access.sees_shielded() { Self::Whole } else { Self::Shielded }
    }
}

/// The test whether one of these books is under the shield.
pub(crate) fn is_shielded(books: &str) -> String {
    format!("EXISTS (SELECT 1 FROM shielded_book sb WHERE sb.book IN ({books}))")
}

impl Record {
    /// The content as it is indexed in a book under the shield; `None` where that is all of it.
    pub(crate) fn indexed(&self) -> Result<Option<Body>, StoreError> {
        let body = self.body.as_ref().filter(|_| Shield::is_about(self.resource_type));
        body.map(|body| body.redacted(self.resource_type, &self.id, false)).transpose()
    }
}

impl Body {
    /// The same content without what tells a place, marked as such or as it is indexed.
    pub(crate) fn redacted(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
        marked: bool,
    ) -> Result<Body, StoreError> {
        self.read(id, |node| {
            let mut node = node.clone();
            Shield::redact(resource_type, &mut node);
            if marked {
                Shield::mark(&mut node);
            }
            Body::from_node(&node)
        })?
    }

    /// What `read` makes of the content. Which version it is does not matter to it.
    pub(crate) fn read<T>(&self, id: &LogicalId, read: impl FnOnce(&Node<'_>) -> T) -> Result<T, StoreError> {
        let text = self.render(id, VersionId::FIRST, Instant::from_microseconds(0))?;
        let limits = json::Limits { depth: usize::MAX };
        let node = json::parse(text.as_bytes(), &limits).map_err(|_| StoreError::Corrupt)?;
        Ok(read(&node))
    }

    /// The index rows of the content: of what is hidden there are none, for nobody.
    pub(crate) fn index_rows(
        &self,
        registry: &Registry,
        resource_type: ResourceType,
        id: &LogicalId,
        shielded: bool,
    ) -> Result<IndexRows, StoreError> {
        self.read(id, |node| {
            if shielded && Shield::is_about(resource_type) {
                let mut node = node.clone();
                Shield::redact(resource_type, &mut node);
                return extract(registry, resource_type, &node).rows;
            }
            extract(registry, resource_type, node).rows
        })
    }
}
