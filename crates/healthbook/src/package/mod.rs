//! `healthbook package`: profiles and terminology of a database, changed while its servers run.

mod arguments;
mod choice;
mod files;
mod list;

use access::{Access, Caller, Interaction};
use interactions::{PackageChange, Service, ServiceSettings, planned_definitions};
use record_store::{Added, Demand, NewPackage, PackageName, Store};
use tokio::task::spawn_blocking;
use validation::{CodeTable, Package as ReadPackage, PackageReading};

use self::choice::{Chosen, choose};
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{logging, opening};

pub use arguments::{Package, PackageCommand};

/// Runs one of the commands.
pub async fn run(configuration: Configuration, command: Package) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = match &command.command {
        // These may be the first thing that is done with a database.
        PackageCommand::Add(_) | PackageCommand::Codes(_) => opening::open(&configuration).await?,
        _ => opening::open_existing(&configuration).await?,
    };
    let result = run_on(&store, command.command).await;
    store.close().await;
    result
}

async fn run_on(store: &Store, command: PackageCommand) -> Result<(), Failure> {
    // The packages in use are not loaded: one that cannot be must not keep anybody from stopping it.
    let service = Service::new(store.clone(), ServiceSettings::default());
    let access = service
        .decide(&Caller::Background { job: "package" }, Interaction::Update, None)
        .map_err(Failure::because)?;
    let operator = Operator { service, access };
    match command {
        PackageCommand::Add(command) => logged(store, "package add", operator.add(command)).await,
        PackageCommand::Use(command) => logged(store, "package use", operator.take_into_use(command)).await,
        PackageCommand::Stop(command) => logged(store, "package stop", operator.stop(command)).await,
        PackageCommand::List(_) => operator.list().await,
        PackageCommand::Remove(command) => logged(store, "package remove", operator.remove(command)).await,
        PackageCommand::Codes(command) => logged(store, "package codes", operator.codes(command)).await,
        PackageCommand::Demand(command) => logged(store, "package demand", operator.demand(command)).await,
    }
}

/// Who changes packages.
struct Operator {
    service: Service,
    access: Access,
}

impl Operator {
    fn store(&self) -> &Store {
        self.service.store()
    }

    async fn add(&self, command: arguments::Add) -> Result<(), Failure> {
        let reading = spawn_blocking(move || -> Result<_, Failure> {
            let archive = files::archive(&command.path)?;
            let PackageReading { package, ignored, mut faults } =
                ReadPackage::read(&archive).map_err(Failure::because)?;
            faults.extend(package.check());
            Ok((archive, package, ignored, faults))
        });
        let (archive, package, ignored, faults) = reading.await.map_err(Failure::because)??;
        if !faults.is_empty() {
            let mut text = format!("{} is not added:\n", package.name());
            faults.iter().for_each(|fault| text.push_str(&format!("  {fault}\n")));
            print(&text)?;
            return Err(Failure::Reported);
        }
        let note = if ignored > 0 { format!("; {ignored} other files are left out") } else { String::new() };
        self.put(archive, &package, &note).await
    }

    async fn codes(&self, command: arguments::Codes) -> Result<(), Failure> {
        let making = spawn_blocking(move || -> Result<_, Failure> {
            let arguments::Codes { system, version, name, language, from, until, .. } = command;
            let table =
                CodeTable { system, version, name, language, complete: !command.fragment, from, until };
            let archive = match table.archive(&files::text(&command.file)?) {
                Ok(archive) => archive,
                Err(error) => {
                    print(&format!("{} is not added:\n{error}\n", command.file.display()))?;
                    return Err(Failure::Reported);
                }
            };
            let package = ReadPackage::from_archive(&archive).map_err(Failure::because)?;
            Ok((archive, package))
        });
        let (archive, package) = making.await.map_err(Failure::because)??;
        self.put(archive, &package, "").await
    }

    /// Stores a package that was found to be good.
    async fn put(&self, archive: Vec<u8>, package: &ReadPackage, note: &str) -> Result<(), Failure> {
        let (name, full) = (package.name(), name_of(package));
        let built_in = spawn_blocking(ReadPackage::national).await.map_err(Failure::because)?;
        if built_in.map_err(Failure::because)?.is_some_and(|built_in| name_of(&built_in) == full) {
            return Err(Failure::saying(format!("{name} is part of the program already")));
        }
        let new = NewPackage { name: full, sha256: package.sha256, archive };
        let said = match self.store().add_package(&self.access, new).await.map_err(Failure::because)? {
            Added::New => "is added",
            Added::Known => "was there already",
            Added::Taken => {
                return Err(Failure::saying(format!(
                    "{name} is there with another content, which stays: remove it first, or give the new one another version"
                )));
            }
        };
        print(&format!(
            "{name} {said}: {}{note}\nIt is in use after: healthbook package use {name}\n",
            list::counts(package)
        ))
    }

    async fn take_into_use(&self, command: arguments::Named) -> Result<(), Failure> {
        let chosen = choose(self, &command).await?;
        let planned = planned_definitions(&self.service, Some(chosen.change(true))).await;
        let planned = planned.map_err(Failure::because)?;
        let changed = self.change(&chosen, true).await?;
        let name = chosen.name();
        let said = if changed { "is in use" } else { "was in use already" };
        let mut text = format!("{name} {said}; servers that run follow within seconds\n");
        let package = planned.packages.iter().find(|package| name_of(package) == *chosen.full_name());
        let parameters = package.map_or(0, |package| package.of_type("SearchParameter").count());
        if parameters > 0 {
            text.push_str(&format!(
                "It has {parameters} search parameters, which are in force after: healthbook reindex\n"
            ));
        }
        print(&text)
    }

    async fn stop(&self, command: arguments::Named) -> Result<(), Failure> {
        let chosen = choose(self, &command).await?;
        match planned_definitions(&self.service, Some(chosen.change(false))).await {
            Ok(planned) => {
                if let Some(unmet) = planned.unmet_demand() {
                    let demand = list::demand(unmet);
                    let said =
                        format!("its profile is demanded: take that back first, with `--not` ({demand})");
                    return Err(Failure::saying(said));
                }
            }
            // Where nothing could be loaded before either, taking packages out of use is the way to mend it.
            Err(error) => {
                if planned_definitions(&self.service, None).await.is_ok() {
                    return Err(Failure::because(error));
                }
                tracing::warn!(error = %error, "what stays in use cannot be loaded either");
            }
        }
        let changed = self.change(&chosen, false).await?;
        let said = if changed { "is no longer in use" } else { "was not in use" };
        print(&format!("{} {said}; servers that run follow within seconds\n", chosen.name()))
    }

    async fn change(&self, chosen: &Chosen, in_use: bool) -> Result<bool, Failure> {
        let (store, access) = (self.store(), &self.access);
        match chosen {
            Chosen::Stored(name) => {
                store.set_package_in_use(access, name, in_use).await.map_err(Failure::because)
            }
            Chosen::BuiltIn(_) => {
                let before = store.built_in_package_in_use(access).await.map_err(Failure::because)?;
                if before != in_use {
                    store.set_built_in_package_in_use(access, in_use).await.map_err(Failure::because)?;
                }
                Ok(before != in_use)
            }
        }
    }

    async fn remove(&self, command: arguments::Named) -> Result<(), Failure> {
        let chosen = choose(self, &command).await?;
        let name = chosen.name();
        let Chosen::Stored(full) = &chosen else {
            return Err(Failure::saying(format!("{name} is part of the program: it can be stopped only")));
        };
        if self.store().remove_package(&self.access, full).await.map_err(Failure::because)? {
            return print(&format!("{name} is removed\n"));
        }
        Err(Failure::saying(format!("{name} is in use: stop it first")))
    }

    async fn demand(&self, command: arguments::Demand) -> Result<(), Failure> {
        let arguments::Demand { resource_type, profile, facility, not, .. } = command;
        let demand = Demand { resource_type, profile, facility };
        if !not {
            let definitions = planned_definitions(&self.service, None).await.map_err(Failure::because)?;
            if !definitions.can_demand(&demand) {
                let Demand { profile, resource_type, .. } = &demand;
                let said = format!("no package in use has {profile} as a profile of {resource_type}");
                return Err(Failure::saying(said));
            }
        }
        let store = self.store();
        let changed = if not {
            store.remove_demand(&self.access, &demand).await
        } else {
            store.set_demand(&self.access, &demand).await
        };
        let said = match (not, changed.map_err(Failure::because)?) {
            (false, true) => "is demanded",
            (false, false) => "was demanded already",
            (true, true) => "is no longer demanded",
            (true, false) => "was not demanded",
        };
        print(&format!("{} {said}; servers that run follow within seconds\n", list::demand(&demand)))
    }
}

/// The name of a package as the database has it.
fn name_of(package: &ReadPackage) -> PackageName {
    PackageName {
        id: package.id.clone(),
        version: package.version.clone(),
        canonical: package.canonical.clone(),
    }
}

impl Chosen {
    fn change(&self, in_use: bool) -> PackageChange<'_> {
        match self {
            Self::Stored(name) => PackageChange::Stored(name, in_use),
            Self::BuiltIn(_) => PackageChange::BuiltIn(in_use),
        }
    }
}
