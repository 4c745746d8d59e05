//! What a job rests on is asked again when it is its turn, also where several jobs share a commit and change it for each other.

use access::Author;
use access::Facts;
use healthbook_record_store::{Expectation, Job, Precondition, Seen, Write, WriteError};

use crate::world::*;

/// Commits take what waits, so that which jobs share one differs from round to round.
const ROUNDS: usize = 20;

fn numbered(name: &str, numbers: &[&str]) -> String {
    let all: Vec<String> =
        numbers.iter().map(|number| format!(r#"{{"system":"urn:numbers","value":"{number}"}}"#)).collect();
    format!(r#"{{"resourceType":"Patient","id":"{name}","identifier":[{}]}}"#, all.join(","))
}

/// A job that writes a `Patient` if nobody has one of the numbers, or whatever is there where none is named.
fn job(world: &World, name: &str, numbers: &[&str], nobody_has: &[&str]) -> Job {
    let (id, content) = world.content(&numbered(name, numbers), Facts::default());
    let resource_type = content.resource_type;
    let write = Write {
        resource_type,
        id,
        precondition: Precondition::None,
        content: Some(content),
        seen: Seen::Unchecked,
    };
    let values: Vec<String> = nobody_has.iter().map(|number| format!("urn:numbers|{number}")).collect();
    let criteria = (!values.is_empty()).then(|| format!("Patient?identifier={}", values.join(",")));
    let expectation = |criteria: String| Expectation {
        plan: world.plan(&criteria),
        found: Vec::new(),
        criteria,
        access: everything(Author::Server),
    };
    let expectations = criteria.into_iter().map(expectation).collect();
    Job { expectations, writes: vec![write] }
}

#[test]
fn a_number_goes_from_one_to_the_next_within_a_commit() {
    run(|world| async move {
        let access = everything(Author::Server);
        for round in 0..ROUNDS {
            let (one, two) = (format!("1-{round}"), format!("2-{round}"));
            let (old, new, late, last) = (
                format!("old{round}"),
                format!("new{round}"),
                format!("late{round}"),
                format!("last{round}"),
            );
            world.put(&numbered(&old, &[&one]), Facts::default()).await;
            let write = |job| world.store.write(&access, job);
            let (given_up, taken, refused, other, overlapping) = tokio::join!(
                write(job(&world, &old, &[], &[])),
                write(job(&world, &new, &[&one], &[&one])),
                write(job(&world, &late, &[&one], &[&one])),
                write(job(&world, &last, &[&two], &[&two])),
                write(job(&world, &late, &[&two], &[&one, &two])),
            );
            given_up.unwrap();
            taken.unwrap();
            assert!(matches!(refused, Err(WriteError::ConditionChanged)), "round {round}: {refused:?}");
            other.unwrap();
            assert!(
                matches!(overlapping, Err(WriteError::ConditionChanged)),
                "round {round}: {overlapping:?}"
            );
            for (number, owner) in [(&one, &new), (&two, &last)] {
                let found = world.find(&access, &format!("Patient?identifier=urn:numbers|{number}")).await.0;
                assert_eq!(found, [format!("Patient/{owner}")], "round {round}");
            }
        }
    });
}
