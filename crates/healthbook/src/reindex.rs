//! `healthbook reindex`: the same as `POST [base]/$reindex`, without a server.

use std::time::Duration;

use access::{Access, Caller, Interaction};
use audit_log::Action;
use interactions::{Service, ServiceSettings, begin_reindex, reindex_issues};
use record_store::{Begun, Deed, Reindexer, Step, Store};

use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::progress::{Lines, Progress, grouped};
use crate::{logging, opening};

/// Pause while another process works.
const PAUSE: Duration = Duration::from_millis(500);

/// Reindexes and says what came of it.
pub async fn run(configuration: Configuration) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let result = store.logged(|| Deed::new(Action::Background, "reindex"), reindex(&store)).await;
    store.close().await;
    result
}

async fn reindex(store: &Store) -> Result<(), Failure> {
    let service = opening::service(store.clone(), ServiceSettings::default()).await?;
    let access = service
        .decide(&Caller::Background { job: "reindex" }, Interaction::Update, None)
        .map_err(Failure::because)?;
    let mut done = 0;
    loop {
        match begin_reindex(&service, &access).await.map_err(Failure::because)? {
            // What was begun before may know other parameters: it is finished first.
            Begun::Running(_) => done += work(store, &access).await?,
            Begun::Started(_) => {
                done += work(store, &access).await?;
                break;
            }
            Begun::Nothing => break,
        }
    }
    report(&service, done).await
}

/// Works until there is nothing to do; gives the number of resources that were walked over.
async fn work(store: &Store, access: &Access) -> Result<u64, Failure> {
    let mut reindexer = Reindexer::new(store.clone());
    let mut progress: Option<(Progress, u64)> = None;
    let mut done = 0;
    loop {
        let (state, elsewhere) = match reindexer.step(access).await.map_err(Failure::because)? {
            Step::Idle => break,
            Step::People => continue,
            Step::Done(state) => (state, false),
            Step::Elsewhere(state) => (state, true),
        };
        let (bar, before) =
            progress.get_or_insert_with(|| (Progress::new("reindex", state.total.max(1), Lines::Plain), 0));
        let more = state.done.saturating_sub(*before);
        bar.advance(more, more);
        *before += more;
        done = *before;
        if elsewhere {
            tokio::time::sleep(PAUSE).await;
        }
    }
    if let Some((bar, _)) = progress {
        bar.finish();
    }
    Ok(done)
}

async fn report(service: &Service, done: u64) -> Result<(), Failure> {
    let state = service.store().reindex().await.map_err(Failure::because)?;
    let issues = state.as_ref().map(reindex_issues).unwrap_or_default();
    let mut text = format!("{} resources indexed\n", grouped(done));
    for parameter in service.store().registry().custom() {
        text.push_str(&format!(
            "  {} of {}: {}\n",
            parameter.code,
            parameter.bases.join(", "),
            parameter.url
        ));
    }
    for issue in &issues {
        text.push_str(&format!("  {}: {}\n", issue.fault.code(), issue.fault.english()));
    }
    print(&text)?;
    if issues.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}
