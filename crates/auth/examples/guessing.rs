//! Measures guessing: 10,000 wrong passwords over 1,000 accounts, by way of the function that signs in. The clock is in
//! hand, so the throttle lets through what an attacker who waits patiently gets; what it turns away is counted too.
//!
//! `cargo run --release -p healthbook-auth --example guessing`
#![allow(clippy::print_stdout, reason = "a measurement prints")]

use std::time::{Duration, Instant as Clock};

use fhir::{Instant, LogicalId};
use healthbook_auth::account::{
    AccountKind, Accounts, Answer, Attempt, DemoAccount, NoSender, Visitor, Work, make_demo_accounts,
};
use record_store::{Store, StoreSettings};

const ACCOUNTS: usize = 1_000;
const ROUNDS: usize = 10;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn name(number: usize) -> String {
    format!("099{number:09}")
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("healthbook-guessing-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite:{}", folder.join("guessing.db").display());
    let store = Store::open(&StoreSettings::new(url)).await?;
    let places = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let accounts = Accounts::new(store, Work::default(), places, Box::new(NoSender))?;
    let mut wanted = Vec::with_capacity(ACCOUNTS);
    for number in 0..ACCOUNTS {
        let patient = LogicalId::try_from(format!("p-{number}").as_str())?;
        wanted.push(DemoAccount { name: name(number), kind: AccountKind::Citizen { patient } });
    }
    let start = Instant::try_from("2026-11-28T08:00:00+07:00")?;
    make_demo_accounts(&accounts, wanted, start).await?;

    let (mut known, mut unknown, mut impatient) = (Vec::new(), Vec::new(), 0);
    let begun = Clock::now();
    for round in 0..ROUNDS {
        // Ten seconds later the throttle lets the next guess of each name through.
        let seconds = i64::try_from(round * 10)?;
        let now = Instant::from_microseconds(start.microseconds() + seconds * 1_000_000);
        for number in 0..ACCOUNTS {
            // Half of the guesses go to names that nobody has.
            let is_known = (number + round) % 2 == 0;
            let name = name(if is_known { number } else { 500_000 + number });
            let visitor = Visitor::default();
            let password = format!("wrong password {round}");
            let attempt = Attempt { name: &name, password: &password, visitor: &visitor };
            let clock = Clock::now();
            match accounts.sign_in(attempt.clone(), now).await? {
                Answer::Refused if is_known => known.push(clock.elapsed()),
                Answer::Refused => unknown.push(clock.elapsed()),
                other => return Err(format!("{other:?}").into()),
            }
            // Whoever does not wait is turned away from the third failure on.
            if round == ROUNDS - 1 && matches!(accounts.sign_in(attempt, now).await?, Answer::Wait(_)) {
                impatient += 1;
            }
        }
    }
    println!("{} guesses in {:.1} s, none right", known.len() + unknown.len(), begun.elapsed().as_secs_f64());
    println!("median of known names:   {:.2} ms ({})", ms(median(&mut known)), known.len());
    println!("median of unknown names: {:.2} ms ({})", ms(median(&mut unknown)), unknown.len());
    println!("{impatient} of {ACCOUNTS} further guesses at the same second were turned away");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
