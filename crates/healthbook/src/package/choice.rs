//! Which package ID#VERSION means.

use record_store::PackageName;
use tokio::task::spawn_blocking;
use validation::Package;

use super::arguments::Named;
use super::{Operator, name_of};
use crate::failure::Failure;

/// A package that a command names.
pub enum Chosen {
    /// One of the database.
    Stored(PackageName),
    /// The one that is part of the program.
    BuiltIn(PackageName),
}

impl Chosen {
    /// Its whole name.
    pub fn full_name(&self) -> &PackageName {
        match self {
            Self::Stored(name) | Self::BuiltIn(name) => name,
        }
    }

    /// `id#version`
    pub fn name(&self) -> String {
        let PackageName { id, version, .. } = self.full_name();
        format!("{id}#{version}")
    }
}

/// The package that a command names.
pub(super) async fn choose(operator: &Operator, command: &Named) -> Result<Chosen, Failure> {
    let (id, version) = &command.name;
    let built_in = spawn_blocking(Package::national).await.map_err(Failure::because)?;
    // One that cannot be read can still be stopped: it is the only one that is not in the database.
    let built_in = built_in.ok().flatten().map(|package| Chosen::BuiltIn(name_of(&package)));
    let stored = operator.store().packages(&operator.access).await.map_err(Failure::because)?;
    let all = built_in.into_iter().chain(stored.into_iter().map(|package| Chosen::Stored(package.name)));
    let is_meant = |chosen: &Chosen| {
        let name = chosen.full_name();
        let canonical = command.canonical.as_ref().is_none_or(|canonical| *canonical == name.canonical);
        name.id == *id && name.version == *version && canonical
    };
    let mut found: Vec<Chosen> = all.filter(is_meant).collect();
    match (found.pop(), found.is_empty()) {
        (Some(chosen), true) => Ok(chosen),
        (None, _) => Err(Failure::saying(format!("there is no package {id}#{version} here"))),
        (Some(last), false) => {
            found.push(last);
            let urls: Vec<&str> = found.iter().map(|chosen| chosen.full_name().canonical.as_str()).collect();
            Err(Failure::saying(format!(
                "there are several packages {id}#{version}: say which with --canonical: {}",
                urls.join(", ")
            )))
        }
    }
}
