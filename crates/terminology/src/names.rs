//! The names of a concept: of its code system, of supplements, of a value set.

use crate::code_system::{CodeSystem, Concept, Designation, PropertyValue};
use crate::library::Library;
use crate::value_set::Listed;

/// Everything that a concept is called.
#[derive(Debug, Clone)]
pub struct Names<'l> {
    /// The name in the value set, which comes first.
    listed: Option<&'l Listed>,
    /// The language of the first display.
    language: Option<&'l str>,
    concept: Option<&'l Concept>,
    supplements: Vec<(Option<&'l str>, &'l Concept)>,
}

impl<'l> Names<'l> {
    /// The names of a code in a code system; `None` when it does not have it.
    pub fn of(library: &'l Library, system: &'l CodeSystem, code: &str) -> Option<Self> {
        let concept = system.get(code)?;
        Some(Self::found(library, Some(system), Some(concept), None, &system.edition.url, code))
    }

    pub(crate) fn found(
        library: &'l Library,
        system: Option<&'l CodeSystem>,
        concept: Option<&'l Concept>,
        listed: Option<&'l Listed>,
        url: &str,
        code: &str,
    ) -> Self {
        let language = system.and_then(|system| system.edition.language.as_deref());
        let supplements = library
            .supplements(url)
            .iter()
            .filter_map(|supplement| Some((supplement.edition.language.as_deref(), supplement.get(code)?)));
        Self { listed, language, concept, supplements: supplements.collect() }
    }

    /// All names that are marked with a language or a use.
    pub fn designations(&self) -> impl Iterator<Item = &'l Designation> {
        let listed = self.listed.into_iter().flat_map(|listed| &listed.designations);
        let concepts = self.concept.into_iter().chain(self.supplements.iter().map(|(_, concept)| *concept));
        listed.chain(concepts.flat_map(|concept| &concept.designations))
    }

    /// Properties that supplements add.
    pub fn supplied_properties(&self) -> impl Iterator<Item = &'l (Box<str>, PropertyValue)> {
        self.supplements.iter().flat_map(|(_, concept)| &concept.properties)
    }

    fn displays(&self) -> impl Iterator<Item = (Option<&'l str>, &'l str)> {
        let listed = self.listed.and_then(|listed| listed.display.as_deref());
        let own = self.concept.and_then(|concept| concept.display.as_deref());
        let supplied =
            self.supplements.iter().filter_map(|(language, it)| Some((*language, it.display.as_deref()?)));
        let of_system = listed.into_iter().chain(own).map(|display| (self.language, display));
        of_system.chain(supplied)
    }

    /// The name in the first of these languages that there is one in; else the preferred name.
    pub fn display(&self, languages: &[&str]) -> Option<&'l str> {
        for wanted in languages {
            let fits = |language: Option<&str>| language.is_some_and(|language| is_in(language, wanted));
            if let Some((_, display)) = self.displays().find(|(language, _)| fits(*language)) {
                return Some(display);
            }
            let named = || self.designations().filter(|designation| fits(designation.language.as_deref()));
            let preferred = named().find(|it| {
                let usage = it.usage.as_ref().and_then(|usage| usage.code.as_deref());
                matches!(usage, None | Some("display" | "900000000000003001" | "preferredForLanguage"))
            });
            if let Some(designation) = preferred.or_else(|| named().next()) {
                return Some(&designation.value);
            }
        }
        self.displays().next().map(|(_, display)| display)
    }

    /// All names that a display may have; with languages, those that are in one of them or in none that is said.
    pub fn accepted(&self, languages: &[&str]) -> Vec<&'l str> {
        let fits = |language: Option<&str>| match language {
            Some(language) if !languages.is_empty() => languages.iter().any(|wanted| is_in(language, wanted)),
            _ => true,
        };
        let displays = self.displays().filter(|(language, _)| fits(*language)).map(|(_, display)| display);
        let named = self.designations().filter(|it| fits(it.language.as_deref())).map(|it| &*it.value);
        displays.chain(named).collect()
    }

    /// Whether a display is one of [`Names::accepted`]; any is when there are none.
    pub fn accepts(&self, display: &str, languages: &[&str]) -> bool {
        let (accepted, display) = (self.accepted(languages), comparable(display));
        accepted.is_empty() || accepted.iter().any(|name| comparable(name) == display)
    }
}

/// A name as it is compared: white space and case make no other name; marks do, in Vietnamese.
pub fn comparable(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `vi-VN` is in `vi`, and counts for who wants `vi-VN` when it is only `vi`.
fn is_in(language: &str, wanted: &str) -> bool {
    let head = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    head(language) == head(wanted)
}
