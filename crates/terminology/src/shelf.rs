//! Definitions by canonical url; several versions of one url stand side by side.

use std::collections::HashMap;
use std::sync::Arc;

use crate::code_system::{CodeSystem, Content};
use crate::concept_map::ConceptMap;
use crate::edition::Edition;

/// What stands on a shelf.
pub(crate) trait Shelved {
    fn edition(&self) -> &Edition;

    /// Whether it holds something; what is only announced gives way to an older edition that does.
    fn is_filled(&self) -> bool {
        true
    }
}

impl Shelved for Arc<CodeSystem> {
    fn edition(&self) -> &Edition {
        &self.edition
    }

    fn is_filled(&self) -> bool {
        !matches!(self.content, Content::NotPresent | Content::Supplement)
    }
}

impl Shelved for Arc<ConceptMap> {
    fn edition(&self) -> &Edition {
        &self.edition
    }
}

/// Editions by url, the newest first.
#[derive(Clone)]
pub(crate) struct Shelf<T>(HashMap<Arc<str>, Vec<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Shelved> Shelf<T> {
    /// Puts an edition there; it takes the place of one with the same version.
    pub(crate) fn put(&mut self, item: T) {
        let url = &*item.edition().url;
        let editions = match self.0.get_mut(url) {
            Some(editions) => editions,
            None => self.0.entry(url.into()).or_default(),
        };
        editions.retain(|known| known.edition().version != item.edition().version);
        let at = editions.partition_point(|known| known.edition().compare(item.edition()).is_gt());
        editions.insert(at, item);
    }

    /// The edition that a canonical url names: that version; without a version the one in force on a day; without
    /// a day the newest.
    pub(crate) fn find(&self, canonical: &str, day: Option<&str>) -> Option<&T> {
        let (url, version) = match canonical.split_once('|') {
            Some((url, version)) => (url, Some(version)),
            None => (canonical, None),
        };
        let editions = self.0.get(url)?;
        if let Some(version) = version {
            return editions.iter().find(|it| it.edition().version.as_deref() == Some(version));
        }
        match day {
            None => editions.iter().find(|it| it.is_filled()).or_else(|| editions.first()),
            Some(day) => {
                let by = |wanted: Option<bool>| {
                    editions.iter().find(move |it| it.edition().is_in_force(day) == wanted)
                };
                // An edition that does not say when it is in force counts where no other does.
                by(Some(true)).or_else(|| by(None))
            }
        }
    }

    pub(crate) fn has(&self, url: &str) -> bool {
        self.0.contains_key(url)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten()
    }

    pub(crate) fn map<U>(&self, change: impl Fn(&T) -> U) -> Shelf<U> {
        let of =
            |(url, editions): (&Arc<str>, &Vec<T>)| (Arc::clone(url), editions.iter().map(&change).collect());
        Shelf(self.0.iter().map(of).collect())
    }
}
