//! Where signing in and OAuth meet: assisted sessions, entrusted books, and what ends with an account.

use std::sync::Arc;

use fhir::LogicalId;
use record_store::Revoked;

use super::*;
use crate::account::{AccountStatus, close_subject, end_session, session_by_id, set_status};

const BESIDE: &str = "cookie-of-who-is-assisted";

/// p-1 may open p-7, as long as nobody takes it back.
struct One;

impl EntrustedBooks for One {
    fn of<'a>(&'a self, citizen: &'a LogicalId) -> FindingBooks<'a> {
        Box::pin(async move {
            let patient = LogicalId::try_from("p-7").map_err(|_| crate::AuthError::Books)?;
            let books = vec![EntrustedBook { patient, name: "Trần Văn An".to_owned() }];
            Ok(if citizen.as_str() == "p-1" { books } else { Vec::new() })
        })
    }
}

impl World {
    async fn assisted() -> Self {
        let world = Self::new().await;
        let value = json!({"account": "a-1", "device": "Firefox", "place": "", "used": at(0).microseconds(),
            "acr": "2", "amr": ["user"], "auth_time": at(0).microseconds(), "assisted_by": "a-2"});
        let record = SecurityRecord::new(SecurityKind::Session, session_id(BESIDE), value.to_string());
        world.put(record.of("a-1").until(at(900))).await;
        world
    }

    /// The question about a request, for the session of a cookie.
    async fn asked(&self, changes: &[(&str, &str)], cookie: &str) -> (String, ConsentStep) {
        let to = self.auth.authorize(Self::pairs(changes), Some(cookie), at(0)).await.unwrap();
        let Authorization::Redirect(to) = to else { panic!("{to:?}") };
        let transaction = to.strip_prefix("/auth/consent?continue=").unwrap().to_owned();
        let step = self.auth.consent(&transaction, Some(cookie), at(1)).await.unwrap();
        (transaction, step)
    }

    /// Who is named by a token.
    fn identity(&self, token: &Value, second: i64) -> Arc<access::Identity> {
        match &self.auth.verified(token.as_str().unwrap(), at(second)).unwrap().caller {
            access::Caller::Authenticated(identity) => Arc::clone(identity),
            other => panic!("{other:?}"),
        }
    }

    async fn choose(&self, patient: &str) -> String {
        let (transaction, _) = self.asked(&[], COOKIE).await;
        let form = ConsentForm { patient: patient.to_owned(), ..ConsentForm::default() };
        self.allow(&transaction, COOKIE, form).await
    }
}

#[tokio::test]
async fn from_an_assisted_session_an_app_reads_the_own_book_and_nothing_lasts() {
    let world = World::assisted().await;
    world.auth.ask_for_books(Arc::new(One));
    for (scope, granted) in [
        ("openid offline_access patient/*.cruds", "openid patient/*.rs"),
        ("openid online_access user/*.cruds", "openid patient/*.rs"),
        ("launch/patient patient/Consent.cruds", "launch/patient patient/Consent.rs"),
    ] {
        let (transaction, step) = world.asked(&[("scope", scope)], BESIDE).await;
        let ConsentStep::Ask(question) = step else { panic!("{step:?}") };
        let patients: Vec<&str> = question.patients.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(patients, ["p-1"], "the own book only");
        let shown = scopes::text(&question.scopes, &question.others);
        assert_eq!(shown, granted, "what is shown is what is granted");
        let to = world.allow(&transaction, BESIDE, ConsentForm::default()).await;
        let tokens = world.redeem(&parameter(&to, "code").unwrap(), 3).await.unwrap();
        assert_eq!((&tokens["scope"], &tokens["patient"]), (&json!(granted), &json!("p-1")));
        assert!(tokens.get("refresh_token").is_none());
        assert!(world.believes(&tokens["access_token"], 4));
        let identity = world.identity(&tokens["access_token"], 4);
        let citizen = access::Actor::Citizen { patient: LogicalId::try_from("p-1").unwrap() };
        assert_eq!(identity.actor, citizen, "the gate decides by the citizen");
        let assistant = identity.assisted_by.as_ref().expect("the token says who sits there");
        assert_eq!(
            (assistant.account.as_str(), assistant.reference().as_str()),
            ("a-2", "Practitioner/dr-1")
        );
        assert_eq!(assistant.organization.as_ref().map(LogicalId::as_str), Some("org-1"));
    }
    // The entries of the tokens stand in the citizen's book, by the staff.
    let log = world.auth.store().log_of_person("Patient/p-1", None, 100).await.unwrap().entries;
    let made = log.iter().filter(|(_, entry)| entry.action == audit_log::Action::Token);
    let by: Vec<_> = made.map(|(_, it)| [&*it.agent, &*it.role, &*it.organization, &*it.client]).collect();
    assert_eq!(by, [["Practitioner/dr-1", "assisted", "Organization/org-1", "app"]; 3]);
    let (_, step) = world.asked(&[("scope", "patient/*.cud")], BESIDE).await;
    assert!(matches!(&step, ConsentStep::Redirect(to) if to.contains("error=invalid_scope")), "{step:?}");
    let (transaction, _) = world.asked(&[], BESIDE).await;
    let form = ConsentForm { patient: "p-7".to_owned(), ..ConsentForm::default() };
    let to = world.allow(&transaction, BESIDE, form).await;
    assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"));
}

/// A code that was made before the session was known to be assisted is cut when it is redeemed.
#[tokio::test]
async fn a_code_of_an_assisted_session_is_cut_again_when_it_is_redeemed() {
    let world = World::assisted().await;
    let code = world.code(&[("scope", "openid offline_access patient/*.cruds")]).await;
    let value = json!({"account": "a-1", "device": "Firefox", "place": "", "used": at(0).microseconds(),
        "acr": "2", "amr": ["user"], "auth_time": at(0).microseconds(), "assisted_by": "a-2"});
    let record = SecurityRecord::new(SecurityKind::Session, session_id(COOKIE), value.to_string());
    world.put(record.of("a-1").until(at(900))).await;
    let tokens = world.redeem(&code, 3).await.unwrap();
    assert_eq!(tokens["scope"], "openid patient/*.rs");
    assert!(tokens.get("refresh_token").is_none());
}

#[tokio::test]
async fn an_entrusted_book_can_be_chosen_and_no_other() {
    let world = World::new().await;
    let to = world.choose("p-7").await;
    assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"), "nobody knows of any book");
    world.auth.ask_for_books(Arc::new(One));
    let (_, step) = world.asked(&[], COOKIE).await;
    let ConsentStep::Ask(question) = step else { panic!("{step:?}") };
    let choices: Vec<_> = question.patients.iter().map(|it| (it.value.as_str(), it.label.as_str())).collect();
    assert_eq!(choices, [("p-1", ""), ("p-7", "Trần Văn An")]);
    assert_eq!(question.target, "https://app.example");
    for (patient, chosen) in [("", Some("p-1")), ("p-1", Some("p-1")), ("p-7", Some("p-7")), ("p-9", None)] {
        let to = world.choose(patient).await;
        let Some(code) = parameter(&to, "code") else {
            assert_eq!(chosen, None, "{to}");
            assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"));
            continue;
        };
        let tokens = world.redeem(&code, 3).await.unwrap();
        assert_eq!(tokens["patient"].as_str(), chosen);
        assert_eq!(tokens["need_patient_banner"], patient == "p-7");
    }
}

/// RFC 6749, section 6: a public client need not name itself; who has a key must show it.
#[tokio::test]
async fn a_public_client_refreshes_without_its_name_and_a_confidential_one_does_not() {
    let world = World::new().await;
    let tokens = world.redeem(&world.code(&[]).await, 3).await.unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let nameless = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let second = world.token(&nameless, 40).await.unwrap();
    assert!(world.believes(&second["access_token"], 41));
    let invented = [("grant_type", "refresh_token"), ("refresh_token", "invented")];
    assert_eq!(world.token(&invented, 41).await.unwrap_err().code, "invalid_client");
    // Used again later it ends the family, named or not.
    assert_eq!(world.token(&nameless, 80).await.unwrap_err().code, "invalid_grant");
    assert!(!world.believes(&second["access_token"], 81));
}

/// Blocking, closing and ending a session take codes, families and tokens along; a block that is lifted gives none back.
#[tokio::test]
async fn the_end_of_an_account_or_session_ends_codes_families_and_tokens() {
    for end in ["block", "close", "session"] {
        let world = World::new().await;
        let store = world.auth.store();
        let (code, tokens) = (world.code(&[]).await, world.redeem(&world.code(&[]).await, 3).await.unwrap());
        let sessions = store.security_records(SecurityKind::Session, Some("a-1"), at(4)).await.unwrap();
        let own = sessions.iter().find(|session| session.value.contains("\"An app\"")).unwrap();
        let families =
            store.security_records(SecurityKind::RefreshToken, Some(&own.id), at(4)).await.unwrap();
        assert_eq!(families.len(), 1, "a family belongs to its session");
        match end {
            "block" => {
                set_status(store, "a-1", AccountStatus::Blocked, at(5)).await.unwrap();
                set_status(store, "a-1", AccountStatus::Active, at(6)).await.unwrap();
            }
            "close" => {
                let patient = LogicalId::try_from("p-1").unwrap();
                close_subject(store, &patient, at(5)).await.unwrap();
            }
            _ => {
                let session = session_by_id(store, &own.id, at(4)).await.unwrap().unwrap();
                assert!(end_session(store, &session, &own.id, at(5)).await.unwrap());
            }
        }
        world.auth.read_revocations(at(6)).await.unwrap();
        assert!(!world.believes(&tokens["access_token"], 7), "{end}");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let pairs = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh)];
        assert_eq!(world.token(&pairs, 7).await.unwrap_err().code, "invalid_grant", "{end}");
        let families =
            store.security_records(SecurityKind::RefreshToken, Some(&own.id), at(7)).await.unwrap();
        assert!(families.is_empty(), "{end}");
        if end == "session" {
            // The session of the browser is another one.
            assert!(world.redeem(&code, 8).await.is_ok());
        } else {
            assert_eq!(world.redeem(&code, 8).await.unwrap_err().code, "invalid_grant", "{end}");
            let revoked = store.revocations_since(at(0)).await.unwrap();
            assert!(revoked.contains(&(Revoked::Subject("a-1".to_owned()), at(5))), "{end}");
        }
    }
}
