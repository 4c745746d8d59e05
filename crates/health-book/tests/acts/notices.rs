//! Notices about accesses on a store of each kind: what `docs/notices.md` promises, with entries and a clock of the tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::StaffRole;
use audit_log::{Action, Entry, LogName, SigningKey};
use fhir::Instant;
use healthbook_health_book::{
    Channel, Courier, Follower, HealthBook, RuleSettings, Sending, emergency, patterns, preferences,
    send_due, store_due,
};
use serde_json::{Value, json};

use crate::world::{DAY, HOUR, World, at, body, citizen, on_each, refusal, staff};

/// Remembers what was sent; refuses the first tries.
#[derive(Default)]
struct Post {
    sent: Mutex<Vec<[String; 3]>>,
    refused: Mutex<u32>,
}

impl Post {
    fn take(&self, to: &str, one: &str, other: &str) -> Sending<'_> {
        let mut refused = self.refused.lock().unwrap();
        let is_taken = *refused == 0;
        *refused = refused.saturating_sub(1);
        if is_taken {
            self.sent.lock().unwrap().push([to, one, other].map(str::to_owned));
        }
        Box::pin(async move { is_taken })
    }
}

impl Courier for Post {
    fn has_mail(&self) -> bool {
        true
    }

    fn may_ask(&self, url: &str) -> bool {
        url.starts_with("https://")
    }

    fn mail<'a>(&'a self, to: &'a str, subject: &'a str, text: &'a str) -> Sending<'a> {
        self.take(to, subject, text)
    }

    fn post<'a>(&'a self, url: &'a str, body: &'a str, signature: &'a str) -> Sending<'a> {
        self.take(url, body, signature)
    }
}

struct Log {
    key: SigningKey,
}

impl Log {
    fn new() -> Self {
        let pkcs8 = SigningKey::generate().unwrap();
        Self { key: SigningKey::from_pkcs8(LogName::new("test.example").unwrap(), &pkcs8).unwrap() }
    }

    async fn sequence(&self, world: &World) {
        let store = world.service().store();
        while store.sequence(&self.key, Duration::from_secs(1), Instant::now()).await.unwrap().more {}
    }

    /// Entries get their positions.
    async fn add(&self, world: &World, entries: Vec<Entry<'static>>) {
        world.service().store().append_to_log(entries).await.unwrap();
        self.sequence(world).await;
    }
}

fn read(patient: &str, agent: &str, role: &str, time: Instant) -> Entry<'static> {
    Entry {
        salt: *uuid::Uuid::new_v4().as_bytes(),
        time,
        action: Action::Read,
        agent: agent.to_owned().into(),
        agent_name: "Trần Minh An".into(),
        role: role.to_owned().into(),
        organization: "Organization/clinic".into(),
        organization_name: "Clinic".into(),
        patient: format!("Patient/{patient}").into(),
        resource: format!("Patient/{patient}").into(),
        purpose: "TREAT".into(),
        shown: 1,
        ..Entry::default()
    }
}

async fn follow(book: &HealthBook, follower: &mut Follower, now: Instant) -> usize {
    loop {
        let step = follower.step(now).await.unwrap_or_else(|problem| panic!("{}", problem.outcome()));
        if !step.more {
            break;
        }
    }
    store_due(book, now).await.unwrap()
}

async fn notices(world: &World, patient: &str) -> Vec<(String, Value)> {
    let found = world.find("Communication", &[("patient", patient), ("_count", "100")]).await;
    let mut found: Vec<(String, Value)> = found
        .into_iter()
        .map(|notice| (notice["topic"]["coding"][0]["code"].as_str().unwrap().to_owned(), notice))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

async fn codes(world: &World, patient: &str) -> Vec<String> {
    notices(world, patient).await.into_iter().map(|(code, _)| code).collect()
}

#[test]
fn a_new_facility_is_told_once_with_the_entry_that_caused_it() {
    on_each(|world| async move {
        let log = Log::new();
        log.sequence(&world).await;
        let mut follower = Follower::new(world.book.clone(), RuleSettings::default());
        assert_eq!(follow(&world.book, &mut follower, at(0)).await, 0);
        log.add(
            &world,
            vec![read("hoa", "Device/d", "system", at(0)), read("hoa", "Device/d", "system", at(1))],
        )
        .await;
        assert_eq!(follow(&world.book, &mut follower, at(2)).await, 1);
        let told = notices(&world, "hoa").await;
        let [(code, notice)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(code, "new-facility");
        assert_eq!(notice["topic"]["coding"][0]["system"], "urn:healthbook:act");
        assert_eq!(notice["sender"]["reference"], "Organization/clinic");
        assert_eq!(notice["sent"], at(0).to_string());
        let payload = notice["payload"].to_string();
        assert!(payload.contains("Clinic") && payload.contains("28/11/2026 12:00"), "{payload}");
        let about = notice["about"][0]["reference"].as_str().unwrap();
        let position = about.strip_prefix("AuditEvent/log-").unwrap().parse().unwrap();
        let entry = world.service().store().log_entry(position).await.unwrap().unwrap();
        assert_eq!((&*entry.patient, entry.time), ("Patient/hoa", at(0)));
        assert_eq!(world.told.0.lock().unwrap().len(), 1);
        assert_eq!(world.book.figures().all_stored().get("new-facility"), Some(&1));
        // Later, and by another server that starts now: known.
        log.add(&world, vec![read("hoa", "Practitioner/a", "physician", at(DAY))]).await;
        let mut other = Follower::new(world.book.clone(), RuleSettings::default());
        assert_eq!(follow(&world.book, &mut other, at(DAY)).await, 0);
        assert_eq!(follow(&world.book, &mut follower, at(DAY)).await, 0);
        assert_eq!(codes(&world, "hoa").await, ["new-facility"]);
    });
}

#[test]
fn a_crash_after_a_step_loses_nothing_and_tells_nothing_twice() {
    on_each(|world| async move {
        let log = Log::new();
        log.add(&world, vec![read("hoa", "Device/d", "system", at(0))]).await;
        let mut first = Follower::new(world.book.clone(), RuleSettings::default());
        while first.step(at(1)).await.unwrap().more {}
        drop(first);
        assert_eq!(codes(&world, "hoa").await, [""; 0], "put down, not stored");
        let (one, two) = tokio::join!(store_due(&world.book, at(2)), store_due(&world.book, at(2)));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        assert_eq!(codes(&world, "hoa").await, ["new-facility"]);
        let versions = notices(&world, "hoa").await[0].1["meta"]["versionId"].clone();
        assert_eq!(versions, "1");
    });
}

#[test]
fn what_is_old_counts_as_seen_and_is_told_to_nobody() {
    on_each(|world| async move {
        let log = Log::new();
        log.add(&world, vec![read("hoa", "Device/d", "system", at(0))]).await;
        let mut follower = Follower::new(world.book.clone(), RuleSettings::default());
        assert_eq!(follow(&world.book, &mut follower, at(8 * DAY)).await, 0);
        log.add(&world, vec![read("hoa", "Device/d", "system", at(8 * DAY))]).await;
        assert_eq!(follow(&world.book, &mut follower, at(8 * DAY)).await, 0);
    });
}

#[test]
fn relatives_and_colleagues_are_told() {
    on_each(|world| async move {
        let number =
            |number: &str| json!([{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": number}]);
        let name = |family: &str, middle: &str| json!([{"family": family, "given": [middle, "An"]}]);
        for (id, family, middle, its) in
            [("a", "Đặng", "Minh", "099000000101"), ("b", "Nguyễn", "Thị", "099000000102")]
        {
            world
                .put(json!({"resourceType": "Practitioner", "id": id, "name": name(family, middle),
                    "identifier": number(its)}))
                .await;
            world
                .put(json!({"resourceType": "PractitionerRole", "id": format!("r{id}"),
                    "practitioner": {"reference": format!("Practitioner/{id}")},
                    "organization": {"reference": "Organization/clinic"}}))
                .await;
        }
        for (id, family, middle, its) in [
            ("relative", "Đặng", "Minh", "099000000103"),
            ("stranger", "Nguyễn", "Thị", "099000000104"),
            ("colleague", "Lê", "Hữu", "099000000102"),
        ] {
            world
                .put(json!({"resourceType": "Patient", "id": id, "name": name(family, middle),
                    "identifier": number(its), "gender": "female", "birthDate": "1980-01-01"}))
                .await;
        }
        let log = Log::new();
        let mut entries = Vec::new();
        for patient in ["relative", "stranger", "colleague"] {
            entries.push(read(patient, "Practitioner/a", "physician", at(0)));
            entries.push(read(patient, "Practitioner/b", "nurse", at(1)));
            entries.push(read(patient, "Practitioner/a", "physician", at(2)));
        }
        log.add(&world, entries).await;
        let mut follower = Follower::new(world.book.clone(), RuleSettings::default());
        follow(&world.book, &mut follower, at(3)).await;
        assert_eq!(codes(&world, "relative").await, ["new-facility", "same-family"]);
        assert_eq!(codes(&world, "stranger").await, ["new-facility"]);
        // By a; that b reads the own book is nobody else's access.
        assert_eq!(codes(&world, "colleague").await, ["colleague", "new-facility"]);
        // A month later again.
        log.add(&world, vec![read("relative", "Practitioner/a", "physician", at(5 * DAY))]).await;
        follow(&world.book, &mut follower, at(5 * DAY)).await;
        assert_eq!(codes(&world, "relative").await, ["new-facility", "same-family", "same-family"]);
    });
}

#[test]
fn a_night_without_a_visit_is_told_to_the_citizen_and_the_officer() {
    on_each(|world| async move {
        let visit = |status: &str| {
            json!({"resourceType": "Encounter", "id": "v", "status": status,
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
                "subject": {"reference": "Patient/lan"}, "serviceProvider": {"reference": "Organization/clinic"}})
        };
        world.put(visit("in-progress")).await;
        let log = Log::new();
        let night = at(12 * HOUR);
        log.add(
            &world,
            vec![
                read("hoa", "Account/r", "registrar", night),
                read("lan", "Account/r", "registrar", night),
                read("minh", "Account/p", "physician", night),
                read("hoa", "Account/r", "registrar", at(13 * HOUR)),
            ],
        )
        .await;
        let mut follower = Follower::new(world.book.clone(), RuleSettings::default());
        follow(&world.book, &mut follower, at(13 * HOUR)).await;
        assert_eq!(codes(&world, "hoa").await, ["new-facility", "night"]);
        assert_eq!(codes(&world, "lan").await, ["new-facility"], "a visit is in progress");
        assert_eq!(codes(&world, "minh").await, ["new-facility"], "physicians work at night");
        world.put(visit("finished")).await;
        log.add(&world, vec![read("lan", "Account/r", "registrar", at(14 * HOUR))]).await;
        follow(&world.book, &mut follower, at(14 * HOUR)).await;
        assert_eq!(codes(&world, "lan").await, ["new-facility", "night"]);

        let officer = staff("clinic", StaffRole::FacilityOfficer);
        let listed = patterns::list(&world.book, &officer, at(15 * HOUR)).await.unwrap();
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "one for a person and night: {listed}");
        assert_eq!((&items[0]["rule"], &items[0]["agent"]), (&json!("night"), &json!("Account/r")));
        assert!(items[0]["entries"][0].as_str().unwrap().starts_with("AuditEvent/log-"));
        assert!(!listed.to_string().contains("hoa"), "no person is named");
        let other = staff("hospital", StaffRole::FacilityOfficer);
        let listed = patterns::list(&world.book, &other, at(15 * HOUR)).await.unwrap();
        assert_eq!(listed["items"], json!([]));
        let physician = staff("clinic", StaffRole::Physician);
        assert_eq!(refusal(patterns::list(&world.book, &physician, at(0)).await).0, 403);
        let later = patterns::list(&world.book, &officer, at(91 * DAY)).await.unwrap();
        assert_eq!(later["items"], json!([]));
    });
}

#[test]
fn many_books_are_counted_over_a_restart() {
    on_each(|world| async move {
        let rules = RuleSettings { many_books: 2, ..RuleSettings::default() };
        let log = Log::new();
        let by = |patient: &str, second: i64| read(patient, "Account/p", "physician", at(second));
        log.add(&world, vec![by("hoa", 0), by("lan", 1)]).await;
        let mut first = Follower::new(world.book.clone(), rules.clone());
        follow(&world.book, &mut first, at(2)).await;
        assert_eq!(codes(&world, "hoa").await, ["new-facility"]);
        log.add(&world, vec![by("minh", 3)]).await;
        let mut second = Follower::new(world.book.clone(), rules);
        follow(&world.book, &mut second, at(4)).await;
        for patient in ["hoa", "lan", "minh"] {
            assert_eq!(codes(&world, patient).await, ["many-books", "new-facility"], "{patient}");
        }
        let officer = staff("clinic", StaffRole::FacilityOfficer);
        let listed = patterns::list(&world.book, &officer, at(5)).await.unwrap();
        assert_eq!(listed["items"][0]["entries"].as_array().unwrap().len(), 3, "{listed}");
        // Another hour, another day of the same: told again only then.
        log.add(&world, vec![by("teen", HOUR + 10)]).await;
        follow(&world.book, &mut second, at(HOUR + 10)).await;
        assert_eq!(codes(&world, "teen").await, ["new-facility"]);
    });
}

#[test]
fn messages_say_that_there_is_a_notice_and_nothing_else() {
    on_each(|world| async move {
        let post = Arc::new(Post::default());
        let book = world.book.clone().sending(post.clone());
        let log = Log::new();
        let wanted =
            json!({"email": "me@example.vn", "webhook": "https://me.example/hook", "off": ["night"]});
        let hoa = citizen("hoa");
        let set = preferences::put(&book, &hoa, body(wanted), at(0)).await.unwrap();
        let secret = set["webhook_secret"].as_str().unwrap().to_owned();
        assert_eq!(preferences::get(&book, &hoa, at(0)).await.unwrap(), set);
        let physician = staff("clinic", StaffRole::Physician);
        let request =
            json!({"reason": "unconscious", "text": "found in the street", "citizen_number": "099000000001"});
        emergency::open(&book, &physician, body(request), at(0)).await.unwrap();
        log.add(
            &world,
            vec![
                read("hoa", "Account/r", "registrar", at(12 * HOUR)),
                read("lan", "Account/r", "registrar", at(12 * HOUR)),
            ],
        )
        .await;
        let mut follower = Follower::new(book.clone(), RuleSettings::default());
        let now = Instant::now();
        follow(&book, &mut follower, at(12 * HOUR)).await;
        assert_eq!(codes(&world, "hoa").await, ["emergency-access", "new-facility"], "night is off");
        // What was stored is in the log, too.
        log.sequence(&world).await;
        follow(&book, &mut follower, at(12 * HOUR)).await;
        *post.refused.lock().unwrap() = 1;
        let soon = now.max(at(13 * HOUR));
        for channel in [Channel::Mail, Channel::Webhook] {
            send_due(&book, channel, soon).await.unwrap();
        }
        assert_eq!(post.sent.lock().unwrap().len(), 3, "one of four was refused, and is tried later");
        send_due(&book, Channel::Mail, soon).await.unwrap();
        assert_eq!(post.sent.lock().unwrap().len(), 3, "not at once");
        let later = Instant::from_microseconds(soon.microseconds() + 120_000_000);
        send_due(&book, Channel::Mail, later).await.unwrap();
        let sent = post.sent.lock().unwrap().clone();
        assert_eq!(sent.len(), 4);
        let ids: Vec<String> = notices(&world, "hoa")
            .await
            .iter()
            .map(|(_, it)| it["id"].as_str().unwrap().to_owned())
            .collect();
        for [to, one, other] in &sent {
            // The whole number: three digits of it may stand in an id or a signature.
            for telling in [
                "hoa",
                "Clinic",
                "clinic",
                "unconscious",
                "emergency",
                "099000000001",
                "new-facility",
                "Trần",
            ] {
                assert!(!one.contains(telling) && !other.contains(telling), "{telling}: {one} {other}");
            }
            assert!(ids.iter().any(|id| one.contains(id) || other.contains(id)), "where: {one} {other}");
            assert!(to == "me@example.vn" || to == "https://me.example/hook");
        }
        let hook = sent.iter().find(|it| it[0].starts_with("https")).unwrap();
        let (seconds, tag) = hook[2].strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
        let expected = aws_lc_rs::hmac::sign(&key, format!("{seconds}.{}", hook[1]).as_bytes());
        let expected: String = expected.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(tag, expected);
        assert_eq!(book.figures().all_messages().get(&("mail", "retried")), Some(&1));
        assert_eq!(book.figures().all_messages().get(&("mail", "sent")), Some(&2));
    });
}

#[test]
fn preferences_are_the_citizens_own_and_emergencies_stay() {
    on_each(|world| async move {
        let post = Arc::new(Post::default());
        let book = world.book.clone().sending(post);
        let put = async |request: Value| {
            preferences::put(&book, &citizen("hoa"), body(request), at(0)).await.map(drop)
        };
        for wrong in [
            json!({"off": ["emergency-access"]}),
            json!({"off": ["majority"]}),
            json!({"off": ["everything"]}),
            json!({"off": ["night", "night", "night", "night", "night", "night"]}),
            json!({"email": "no address"}),
            json!({"webhook": "http://me.example/hook"}),
        ] {
            assert_eq!(refusal(put(wrong.clone()).await).0, 422, "{wrong}");
        }
        put(json!({"off": ["night"]})).await.unwrap();
        let own = preferences::get(&book, &citizen("hoa"), at(0)).await.unwrap();
        let other = preferences::get(&book, &citizen("lan"), at(0)).await.unwrap();
        assert_eq!((&own["off"], &other["off"]), (&json!(["night"]), &json!([])));
        assert_ne!(own["webhook_secret"], other["webhook_secret"]);
        let physician = staff("clinic", StaffRole::Physician);
        assert_eq!(refusal(preferences::get(&book, &physician, at(0)).await).0, 403);
        // Without a gateway there is no mail.
        let request = body(json!({"email": "me@example.vn"}));
        let plain = preferences::put(&world.book, &citizen("hoa"), request, at(0)).await;
        assert_eq!(refusal(plain).0, 422);
    });
}
