//! Loading a synthetic nation into the database of this process.

use std::time::Duration;

use access::Caller;
use exchange::check_up::{Format, Places, Raw};
use interactions::{Problem, Service, import_bundle};
use synthetic_nation::{Nation, NationBundle, NationCheckUp, Settings};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::progress::{Lines, Progress};

/// Bundles that are loaded at one time: they share the syncs of the database.
const AT_ONCE: usize = 24;

/// Bundles that are made ahead.
const MADE_AHEAD: usize = 32;

/// Years of check-ups that come as messages, one a year for each person.
const CHECK_UP_YEARS: u32 = 4;

/// Most messages of check-ups: the first households have them, so that a demo starts as fast as before.
const MOST_CHECK_UPS: u32 = 400;

/// How often a Bundle is tried while the database is busy.
const TRIES: u32 = 6;

/// Loads the nation.
pub async fn load(service: &Service, settings: Settings) -> Result<(), Failure> {
    let nation = Nation::new(settings);
    let check_ups = (settings.people / 2).clamp(CHECK_UP_YEARS * 6, MOST_CHECK_UPS);
    let bundles =
        u64::try_from(nation.bundle_count()).unwrap_or(u64::MAX).saturating_add(u64::from(check_ups));
    let progress = Progress::new("loading the demo", bundles, Lines::Log);
    let (sender, mut receiver) = mpsc::channel::<NationBundle>(MADE_AHEAD);
    // Ends by itself when the receiver is gone.
    tokio::task::spawn_blocking(move || {
        let check_ups = nation.check_ups(CHECK_UP_YEARS).take(usize::try_from(check_ups).unwrap_or(0));
        for bundle in nation.bundles().chain(check_ups.map(|made| check_up_bundle(&made))) {
            if sender.blocking_send(bundle).is_err() {
                break;
            }
        }
    });
    let mut running = JoinSet::new();
    let mut facilities = true;
    let mut resources = 0;
    while let Some(bundle) = receiver.recv().await {
        // Households refer to facilities: those must be there first.
        let households_begin = facilities && !is_facilities(&bundle);
        facilities = is_facilities(&bundle);
        while running.len() >= AT_ONCE || (households_begin && !running.is_empty()) {
            resources += finish_one(&mut running, &progress).await?;
        }
        running.spawn(load_one(service.clone(), bundle));
    }
    while !running.is_empty() {
        resources += finish_one(&mut running, &progress).await?;
    }
    progress.finish();
    let milliseconds = u64::try_from(progress.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(people = settings.people, resources, milliseconds, "the demo is loaded");
    Ok(())
}

/// The transaction of a check-up, with the message that it came as.
fn check_up_bundle(made: &NationCheckUp) -> NationBundle {
    let message = made.check_up.to_xml();
    let places = Places {
        patient: Some(format!("Patient/{}", made.patient)),
        organization: Some(format!("Organization/{}", made.organization)),
        former: Vec::new(),
    };
    let raw = Raw::of(message.as_bytes(), Format::Xml, std::slice::from_ref(&made.check_up));
    let bundle = made.check_up.transaction(&places, Some(&raw));
    let resources = bundle.get("entry").map_or(0, |entries| entries.items().len());
    NationBundle {
        name: format!("check-up-{}", made.check_up.composition_id()),
        json: bundle.to_json(),
        resources,
    }
}

fn is_facilities(bundle: &NationBundle) -> bool {
    bundle.name.starts_with("facilities")
}

async fn finish_one(
    running: &mut JoinSet<Result<u64, Failure>>,
    progress: &Progress,
) -> Result<u64, Failure> {
    let Some(done) = running.join_next().await else { return Ok(0) };
    let resources = done.map_err(Failure::because)??;
    progress.advance(1, resources);
    Ok(resources)
}

async fn load_one(service: Service, bundle: NationBundle) -> Result<u64, Failure> {
    let caller = Caller::Background { job: "demo" };
    let mut pause = Duration::from_millis(20);
    let mut tries = 1;
    loop {
        let problem = match import_bundle(&service, &caller, bundle.json.clone().into_bytes()).await {
            Ok(mut outcome) => match outcome.failed.pop() {
                None => return Ok(u64::try_from(bundle.resources).unwrap_or(0)),
                Some((_, problem)) => problem,
            },
            Err(problem) => problem,
        };
        if !problem.is_transient() || tries == TRIES {
            return Err(Failure::saying(format!(
                "the demo cannot be loaded: {}: {}",
                bundle.name,
                text(&problem)
            )));
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
        tries += 1;
    }
}

fn text(problem: &Problem) -> String {
    problem.issues.first().map_or_else(|| problem.to_string(), |issue| issue.fault.english())
}
