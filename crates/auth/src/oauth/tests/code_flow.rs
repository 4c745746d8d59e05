//! Authorization and codes.

use super::*;

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&crate::secret::decode(&part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_citizen_lets_an_app_in() {
    let world = World::new().await;
    let tokens = world.redeem(&world.code(&[]).await, 3).await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(tokens["patient"], "p-1");
    assert_eq!(tokens["scope"], SCOPE);
    let access = claims(&tokens["access_token"]);
    assert_eq!(
        (&access["kind"], &access["person"], &access["patient"]),
        (&json!("citizen"), &json!("p-1"), &json!("p-1"))
    );
    assert_eq!(
        (&access["purpose"], &access["client_id"], &access["sub"]),
        (&json!("PATRQT"), &json!("app"), &json!("a-1"))
    );
    let id = claims(&tokens["id_token"]);
    assert_eq!(
        (&id["nonce"], &id["aud"], &id["iss"]),
        (&json!("n-1"), &json!("app"), &json!("https://book.example"))
    );
    assert_eq!(id["fhirUser"], "https://book.example/fhir/Patient/p-1");
    assert_eq!((&id["acr"], &id["auth_time"]), (&json!("2"), &json!(NOW)));
    let hash = sha256(tokens["access_token"].as_str().unwrap());
    assert_eq!(id["at_hash"], encode(&hash[..16]));
    // The ID token is none for access.
    assert!(!world.believes(&tokens["id_token"], 4) && world.believes(&tokens["access_token"], 4));
}

#[tokio::test]
async fn before_client_and_redirect_are_right_nothing_is_redirected() {
    let world = World::new().await;
    for changes in [
        &[("client_id", "")][..],
        &[("client_id", "other")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/")],
        &[("redirect_uri", "https://app.example/callback")],
        &[("redirect_uri", "https://app.example/callback?kept=1&more=2")],
        &[("redirect_uri", "https://app.example/callback?kept=1#a")],
        &[("redirect_uri", "https://APP.example/callback?kept=1")],
        &[("redirect_uri", "http://app.example/callback?kept=1")],
        &[("redirect_uri", "https://app.example@evil.example/callback?kept=1")],
    ] {
        let answer = world.auth.authorize(World::pairs(changes), Some(COOKIE), at(0)).await.unwrap();
        assert!(matches!(answer, Authorization::Page(_)), "{changes:?}: {answer:?}");
    }
    for name in ["client_id", "redirect_uri"] {
        let mut pairs = World::pairs(&[]);
        pairs.push((name.to_owned(), "https://evil.example/".to_owned()));
        let answer = world.auth.authorize(pairs, Some(COOKIE), at(0)).await.unwrap();
        assert!(matches!(answer, Authorization::Page(_)), "{name}");
    }
    world.auth.block_client("app", at(0)).await.unwrap();
    let answer = world.auth.authorize(World::pairs(&[]), Some(COOKIE), at(0)).await.unwrap();
    assert!(matches!(answer, Authorization::Page(_)));
}

#[tokio::test]
async fn a_request_that_is_wrong_goes_back_with_the_error_of_the_rfc() {
    let world = World::new().await;
    for (changes, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("aud", "https://other.example/fhir")], "invalid_request"),
        (&[("aud", "")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "system/*.rs")], "invalid_scope"),
        (&[("scope", "patient/*.rs user/*.rs")], "invalid_scope"),
        (&[("scope", "patient/*.sr")], "invalid_scope"),
        (&[("request", "a.b.c")], "request_not_supported"),
        (&[("request_uri", "https://evil.example")], "request_uri_not_supported"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "none")], "consent_required"),
        (&[("purpose", "FUN")], "invalid_request"),
        (&[("launch", "unknown")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
    ] {
        let answer = world.auth.authorize(World::pairs(changes), Some(COOKIE), at(0)).await.unwrap();
        let Authorization::Redirect(to) = answer else { panic!("{changes:?}: {answer:?}") };
        assert!(to.starts_with("https://app.example/callback?kept=1&"), "{to}");
        assert_eq!(parameter(&to, "error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(parameter(&to, "state").as_deref(), Some("a state&more"));
        // RFC 9207: against mix-up.
        assert_eq!(parameter(&to, "iss").as_deref(), Some("https://book.example"));
        assert_eq!(parameter(&to, "code"), None);
    }
    let mut twice = World::pairs(&[]);
    twice.push(("scope".to_owned(), "openid".to_owned()));
    let Authorization::Redirect(to) = world.auth.authorize(twice, Some(COOKIE), at(0)).await.unwrap() else {
        panic!()
    };
    assert_eq!(parameter(&to, "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn who_is_not_signed_in_or_must_sign_in_again_is_asked_to() {
    let world = World::new().await;
    let asked = |to: &Authorization| matches!(to, Authorization::Redirect(to) if to.starts_with("/auth/sign-in?continue="));
    for (changes, cookie) in [
        (&[][..], None),
        (&[], Some("another")),
        (&[("prompt", "login")], Some(COOKIE)),
        (&[("max_age", "5")], Some(COOKIE)),
    ] {
        let to = world.auth.authorize(World::pairs(changes), cookie, at(10)).await.unwrap();
        assert!(asked(&to), "{changes:?}: {to:?}");
    }
    let to = world.auth.authorize(World::pairs(&[("prompt", "none")]), None, at(10)).await.unwrap();
    assert!(matches!(to, Authorization::Redirect(to) if to.contains("error=login_required")));
    world.account("a-1", "blocked").await;
    assert!(asked(&world.auth.authorize(World::pairs(&[]), Some(COOKIE), at(10)).await.unwrap()));
}

#[tokio::test]
async fn a_code_works_once_for_its_client_its_redirect_its_verifier_and_a_minute() {
    let world = World::new().await;
    world.client("other", None).await;
    let code = world.code(&[]).await;
    for (name, value) in [
        ("client_id", "other"),
        ("redirect_uri", "https://app.example/other"),
        ("code_verifier", "another-verifier-of-forty-three-characters-0000"),
        ("code_verifier", "short"),
        ("code", "unknown"),
    ] {
        let pairs = redemption(&code).map(|(known, old)| (known, if known == name { value } else { old }));
        assert_eq!(world.token(&pairs, 3).await.unwrap_err().code, "invalid_grant", "{name}");
    }
    // What only the challenge is, is no verifier.
    let challenge = encode(sha256(VERIFIER));
    let pairs =
        redemption(&code).map(|(name, old)| (name, if name == "code_verifier" { &challenge } else { old }));
    assert_eq!(world.token(&pairs, 3).await.unwrap_err().code, "invalid_grant");
    assert_eq!(world.redeem(&code, 63).await.unwrap_err().code, "invalid_grant", "too late");
    assert!(world.redeem(&code, 3).await.is_ok());
}

#[tokio::test]
async fn the_second_use_of_a_code_ends_what_came_of_the_first() {
    let world = World::new().await;
    let code = world.code(&[]).await;
    let tokens = world.redeem(&code, 3).await.unwrap();
    assert!(world.believes(&tokens["access_token"], 4));
    assert_eq!(world.redeem(&code, 5).await.unwrap_err().code, "invalid_grant");
    assert!(!world.believes(&tokens["access_token"], 6));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let pairs = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh)];
    assert_eq!(world.token(&pairs, 7).await.unwrap_err().code, "invalid_grant");
}

#[tokio::test]
async fn of_many_who_redeem_a_code_at_once_at_most_one_gets_tokens() {
    let world = World::new().await;
    let code = world.code(&[]).await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (auth, request) = (world.auth.clone(), request(&redemption(&code)));
        running.spawn(async move { auth.token(&request, at(3)).await.is_ok() });
    }
    let won = running.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn who_is_blocked_or_signed_out_meanwhile_gets_nothing() {
    let world = World::new().await;
    let code = world.code(&[]).await;
    world.account("a-1", "blocked").await;
    assert_eq!(world.redeem(&code, 3).await.unwrap_err().code, "invalid_grant");
    world.account("a-1", "active").await;
    let gone = SecurityChange::Remove(SecurityKind::Session, session_id(COOKIE));
    assert!(world.auth.change(gone, Vec::new(), at(3)).await.unwrap());
    assert_eq!(world.redeem(&code, 4).await.unwrap_err().code, "invalid_grant");
}

#[tokio::test]
async fn a_form_of_another_page_and_a_denial_give_no_code() {
    let world = World::new().await;
    let Authorization::Redirect(to) =
        world.auth.authorize(World::pairs(&[]), Some(COOKIE), at(0)).await.unwrap()
    else {
        panic!()
    };
    let transaction = to.strip_prefix("/auth/consent?continue=").unwrap();
    let form = ConsentForm {
        decision: "allow".to_owned(),
        form_token: "wrong".to_owned(),
        ..ConsentForm::default()
    };
    let step = world.auth.decide(transaction, Some(COOKIE), &form, at(1)).await.unwrap();
    assert!(matches!(step, ConsentStep::Page(error) if error.status == 403));
    let ConsentStep::Ask(question) = world.auth.consent(transaction, Some(COOKIE), at(1)).await.unwrap()
    else {
        panic!()
    };
    // A token of the form belongs to one session.
    let stolen = ConsentForm { form_token: question.form_token.clone(), role: "nurse".to_owned(), ..form };
    let step = world.auth.decide(transaction, Some(STAFF), &stolen, at(1)).await.unwrap();
    assert!(matches!(step, ConsentStep::Page(error) if error.status == 403));
    // Somebody else's book is not offered, so it cannot be chosen.
    let deny = ConsentForm {
        form_token: question.form_token,
        decision: "deny".to_owned(),
        ..ConsentForm::default()
    };
    let step = world.auth.decide(transaction, Some(COOKIE), &deny, at(1)).await.unwrap();
    assert!(matches!(&step, ConsentStep::Redirect(to) if to.contains("error=access_denied")), "{step:?}");
    let step = world.auth.consent(transaction, Some(COOKIE), at(2)).await.unwrap();
    assert!(matches!(step, ConsentStep::Page(_)), "the transaction is over");
}

#[tokio::test]
async fn staff_work_in_a_role_that_they_have_with_the_patient_of_the_launch() {
    let world = World::new().await;
    let actor = access::Actor::Facility {
        code: "01001".to_owned(),
        organization: fhir::LogicalId::try_from("org-1").unwrap(),
        role: access::StaffRole::System,
    };
    let caller = access::Caller::Authenticated(access::Identity::new("his", actor).into());
    let launch = world.auth.launch(&caller, br#"{"patient":"p-9","encounter":"e-9"}"#, at(0)).await.unwrap();
    let changes = [("launch", launch.launch.as_str()), ("scope", "openid fhirUser launch patient/*.rs")];
    for (role, fits) in [("physician", false), ("", false), ("nurse", true)] {
        let Authorization::Redirect(to) =
            world.auth.authorize(World::pairs(&changes), Some(STAFF), at(0)).await.unwrap()
        else {
            panic!()
        };
        let transaction = to.strip_prefix("/auth/consent?continue=").unwrap();
        let to = world
            .allow(transaction, STAFF, ConsentForm { role: role.to_owned(), ..ConsentForm::default() })
            .await;
        assert_eq!(parameter(&to, "code").is_some(), fits, "{role}: {to}");
        let Some(code) = parameter(&to, "code") else { continue };
        let tokens = world.redeem(&code, 3).await.unwrap();
        assert_eq!((&tokens["patient"], &tokens["encounter"]), (&json!("p-9"), &json!("e-9")));
        let access = claims(&tokens["access_token"]);
        assert_eq!(
            (&access["role"], &access["organization"], &access["facility"]),
            (&json!("nurse"), &json!("org-1"), &json!("01001"))
        );
        assert_eq!(access["purpose"], "TREAT");
    }
    // A launch is followed once, and never by a citizen.
    let answer = world.auth.authorize(World::pairs(&changes), Some(STAFF), at(3)).await.unwrap();
    assert!(matches!(answer, Authorization::Redirect(to) if to.contains("error=invalid_request")));
}
