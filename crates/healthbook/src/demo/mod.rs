//! The demo: a synthetic nation in the database, and `demo.json` beside it, which names people, facilities and
//! client systems to try.

mod description;
mod load;

use std::path::Path;

use anyhow::Context as _;
use interactions::Service;
use record_store::Store;
use synthetic_nation::{MOST_PEOPLE, Nation, Settings};

pub use description::Description;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::opening;

/// Citizens with a story that `demo.json` names.
const CITIZENS: usize = 100;

/// The demo of a database, if it holds one.
pub async fn find(store: &Store) -> Result<Option<Description>, Failure> {
    let Some(text) = store.demo().await.map_err(Failure::because)? else { return Ok(None) };
    let description =
        Description::parse(&text).context("the description of the demo in the database is broken")?;
    Ok(Some(description))
}

/// Loads the demo that the configuration asks for, unless it is there already.
pub async fn prepare(
    service: &Service,
    configuration: &Configuration,
) -> Result<Option<Description>, Failure> {
    let store = service.store();
    let there = find(store).await?;
    let Some(people) = *configuration.demo else {
        if there.as_ref().is_some_and(|demo| !demo.complete) {
            tracing::warn!(
                "the demo is not complete: its loading was interrupted; start with --demo to complete it"
            );
        }
        return Ok(there);
    };
    let description = match there {
        Some(demo) if demo.complete => {
            if (demo.people, demo.seed) != (people.get(), *configuration.seed) {
                tracing::warn!(
                    people = demo.people,
                    seed = demo.seed,
                    "the database holds another demo already, which stays; for a new one use another database"
                );
            }
            demo
        }
        // The loading was interrupted. Loading the same people again changes nothing of what is there.
        Some(demo) => complete(service, demo).await?,
        None => {
            refuse_other_data(store, configuration).await?;
            if people.get() > MOST_PEOPLE {
                return Err(Failure::usage(anyhow::anyhow!(
                    "key `demo` ({}) can be {MOST_PEOPLE} at most",
                    configuration.demo.source()
                )));
            }
            let today = configuration.time_zone.today();
            let settings = Settings { people: people.get(), seed: *configuration.seed, today };
            complete(service, describe(settings).await?).await?
        }
    };
    write_file(&opening::folder(configuration), &description);
    Ok(Some(description))
}

async fn describe(settings: Settings) -> Result<Description, Failure> {
    let describing = tokio::task::spawn_blocking(move || {
        let demo = Nation::new(settings).demo(CITIZENS);
        Description::new(settings, &demo)
    });
    Ok(describing.await.map_err(Failure::because)?.context("the demo cannot be described")?)
}

/// Loads the people. The mark comes first, so that an interrupted loading is known for what it is.
async fn complete(service: &Service, mut description: Description) -> Result<Description, Failure> {
    let store = service.store();
    let mark = |description: &Description| description.to_json().context("the demo cannot be described");
    store.mark_demo(&mark(&description)?).await.map_err(Failure::because)?;
    load::load(service, description.settings()).await?;
    description.complete = true;
    store.mark_demo(&mark(&description)?).await.map_err(Failure::because)?;
    Ok(description)
}

async fn refuse_other_data(store: &Store, configuration: &Configuration) -> Result<(), Failure> {
    let counts = store.counts().await.map_err(Failure::because)?;
    let resources: u64 = counts.iter().map(|(_, count)| count).sum();
    if resources == 0 {
        return Ok(());
    }
    Err(Failure::saying(format!(
        "{} holds {resources} resources that are no demo, and invented people must not be mixed with others: \
         leave out `demo` ({}) or name another `database`",
        *configuration.database,
        configuration.demo.source()
    )))
}

/// Writes `demo.json`. The description is in the database too, so a folder that cannot be written to is no
/// reason not to start.
fn write_file(folder: &Path, description: &Description) {
    let write = || -> anyhow::Result<()> {
        opening::make_folder(folder).map_err(|_| anyhow::anyhow!("cannot make the folder"))?;
        let (path, new) = (folder.join("demo.json"), folder.join("demo.json.new"));
        std::fs::write(&new, description.to_file()?)?;
        Ok(std::fs::rename(new, path)?)
    };
    if let Err(error) = write() {
        tracing::warn!(folder = %folder.display(), error = %error, "demo.json cannot be written");
    }
}
