//! Keys of the matching for people who were stored before there were any: one walk, by the writer, that any process goes on
//! with where another has stopped.

use diesel::sql_types::{BigInt, Binary};
use fhir::ResourceType;

use super::{STEP, sql};
use crate::people::DONE;
use crate::query::{self, MATCH_KEYS};
use crate::store::{Store, select};
use crate::write::Upkeep;
use crate::{StoreError, WriteError};

impl Store {
    /// Gives the keys to the next people who lack them; whether there may be more. Of several processes that try the same
    /// step one succeeds.
    pub(super) async fn index_people(&self) -> Result<bool, WriteError> {
        if self.people_have_keys().await? {
            return Ok(false);
        }
        let found: Vec<(Vec<u8>,)> = select!(self, query::setting(MATCH_KEYS), (Binary,))?;
        let before = found.first().map(|(state,)| state.as_slice());
        let after = match before {
            None => (-1, 0),
            Some(state) => position(state).ok_or(StoreError::Corrupt)?,
        };
        let statement = sql::places(ResourceType::PATIENT, after, STEP);
        let places: Vec<(i64, i64)> = select!(self, statement, (BigInt, BigInt))?;
        let state = match places.last() {
            Some((book, key)) => format!("{book} {key}").into_bytes(),
            None => DONE.to_vec(),
        };
        let upkeep = Upkeep {
            claim: query::claim(MATCH_KEYS, before, state),
            alone: false,
            statements: Vec::new(),
            places,
            reader: None,
        };
        self.upkeep(upkeep).await?;
        Ok(true)
    }
}

fn position(state: &[u8]) -> Option<(i64, i64)> {
    let (book, key) = std::str::from_utf8(state).ok()?.split_once(' ')?;
    Some((book.parse().ok()?, key.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::{Access, Caller, Facts, Interaction, Policy};
    use fhir::{Instant, LogicalId};
    use person_matching::{Person, Query, query_keys};
    use test_support::TestDatabase;

    use super::*;
    use crate::store::{Engine, blocking};
    use crate::{
        Body, Content, Job, Manner, Precondition, Reindexer, Seen, Step, StoreSettings, Write, postgres,
        sqlite,
    };

    fn access(interaction: Interaction) -> Access {
        Policy::built_in().decide(&Caller::Unrestricted, interaction, None, Instant::now()).unwrap()
    }

    /// As a server wrote that knew no keys.
    fn old_write(store: &Store, number: usize) -> Write {
        let text = format!(
            r#"{{"resourceType":"Patient","id":"p{number}","name":[{{"text":"Nguyễn Văn Hùng"}}],"identifier":[{{"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"0990850{number:05}"}}]}}"#
        );
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let registry = store.registry();
        let rows = registry.extract(ResourceType::PATIENT, &node).rows;
        let content = Content {
            resource_type: ResourceType::PATIENT,
            body: Body::from_node(&node).unwrap(),
            rows,
            mark: registry.mark(),
            patient: None,
            facts: Facts::default(),
            manner: Manner::default(),
        };
        Write {
            resource_type: ResourceType::PATIENT,
            id: LogicalId::try_from(format!("p{number}").as_str()).unwrap(),
            precondition: Precondition::None,
            content: Some(content),
            seen: Seen::Unchecked,
        }
    }

    async fn forget_that_all_have_keys(store: &Store) {
        let statement = query::put_setting(MATCH_KEYS, b"-1 0".to_vec());
        match &store.engine {
            Engine::Sqlite(engine) => {
                let engine = Arc::clone(engine);
                blocking(move || {
                    engine.with_extra_writer(|connection| sqlite::execute(connection, statement))
                })
                .await
                .unwrap();
            }
            Engine::Postgres(engine) => {
                postgres::execute(&mut engine.reader().await.unwrap(), statement).await.unwrap();
            }
        };
    }

    async fn found(store: &Store, number: usize) -> usize {
        let text = format!(
            r#"{{"identifier":[{{"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"0990850{number:05}"}}]}}"#
        );
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let query = Query { person: Person::of_query(&node), seen_alive: None };
        let keys = query_keys(store.registry().hasher(), &query);
        store.people_of_keys(&access(Interaction::Read), &keys).await.unwrap().people.len()
    }

    #[test]
    fn a_database_from_before_gets_the_keys_from_whichever_server_walks() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _alone = runtime.block_on(crate::plans_tests::ALONE.lock());
        for database in TestDatabase::each() {
            runtime.block_on(async {
                let settings = StoreSettings::new(database.url());
                let store = Store::open(&settings).await.unwrap();
                let all = access(Interaction::Update);
                let writes = (0..300).map(|number| old_write(&store, number)).collect();
                let _ = store.write(&all, Job { expectations: Vec::new(), writes }).await.unwrap();
                assert_eq!(found(&store, 7).await, 0, "nobody has keys");
                forget_that_all_have_keys(&store).await;
                let (one, other) =
                    (Store::open(&settings).await.unwrap(), Store::open(&settings).await.unwrap());
                assert!(!one.people_have_keys().await.unwrap());
                let mut workers = [Reindexer::new(one.clone()), Reindexer::new(other.clone())];
                let mut steps = 0;
                while !one.people_have_keys().await.unwrap() {
                    let step = workers[steps % 2].step(&all).await.unwrap();
                    assert!(matches!(step, Step::People));
                    steps += 1;
                }
                assert!((3..10).contains(&steps), "300 people, 128 at a time: {steps}");
                assert!(matches!(workers[0].step(&all).await.unwrap(), Step::Idle));
                assert!(other.people_have_keys().await.unwrap());
                for number in [0, 127, 128, 299] {
                    assert!(found(&store, number).await >= 1, "{number}");
                }
                assert!(store.count_people().await.unwrap() >= 300);
            });
        }
    }
}
