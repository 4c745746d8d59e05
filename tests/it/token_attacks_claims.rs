//! Claims that are almost right, and tokens of another kind: none of them is an access token (RFC 9068, RFC 8725).
//!
//! The server's key is the server's. So each claim set comes in three coats: under the good token's own signature,
//! under a stranger's key that the header brings along, and unsigned. What a valid signature over wrong claims does is
//! tested beside the verifier, where the key is.

use serde_json::{Value, json};

use crate::support::jose::{Key, base64url, claims, header, now, parts, random_text, with};
use crate::support::oauth::{public_app, status_with, system, tokens};
use crate::support::sign_in::sign_in;
use crate::support::{body, text};
use crate::token_attacks::Attack;

/// A claim set that no token of ours has.
fn wrong_claims(attack: &Attack) -> Vec<(String, String)> {
    let good = claims(&attack.good);
    let base = attack.demo.server().base_url().to_owned();
    let stranger = attack.demo.citizen(1).1;
    let (past, future) = (now() - 3600, now() + 3600);
    let changes = [
        ("exp missing", json!({"exp": null})),
        ("exp is over", json!({"exp": past})),
        ("exp is now", json!({"exp": now()})),
        ("exp as text", json!({"exp": future.to_string()})),
        ("exp as text of the past", json!({"exp": past.to_string()})),
        ("exp is a list", json!({"exp": [future]})),
        ("exp is true", json!({"exp": true})),
        ("exp is negative", json!({"exp": -1})),
        ("exp is zero", json!({"exp": 0})),
        ("exp is a fraction", json!({"exp": 4_102_444_800.5})),
        ("exp is in milliseconds", json!({"exp": future * 1000})),
        ("exp is larger than any time", json!({"exp": u64::MAX})),
        ("exp in an object", json!({"exp": {"value": future}})),
        ("nbf is to come", json!({"nbf": future})),
        ("nbf as text", json!({"nbf": "0"})),
        ("nbf is a list", json!({"nbf": []})),
        ("iat is to come", json!({"iat": future, "nbf": past})),
        ("iat as text", json!({"iat": "now"})),
        ("iss missing", json!({"iss": null})),
        ("iss is another", json!({"iss": "https://other.example"})),
        ("iss with a slash", json!({"iss": format!("{base}/")})),
        ("iss begins like ours", json!({"iss": format!("{base}.other.example")})),
        ("iss is a list", json!({"iss": [base]})),
        ("aud missing", json!({"aud": null})),
        ("aud is another", json!({"aud": "https://other.example/fhir"})),
        ("aud is the issuer", json!({"aud": base})),
        ("aud begins like ours", json!({"aud": format!("{base}/fhir2")})),
        ("aud is a list of another", json!({"aud": ["https://other.example/fhir"]})),
        ("aud is an empty list", json!({"aud": []})),
        ("aud is a number", json!({"aud": 1})),
        ("sub missing", json!({"sub": null})),
        ("sub is empty", json!({"sub": ""})),
        ("sub is a number", json!({"sub": 7})),
        ("sub is a list", json!({"sub": [good["sub"], "x"]})),
        ("sub is SQL", json!({"sub": "' OR 1=1 --"})),
        ("another person", json!({"person": stranger, "patient": stranger})),
        ("another kind", json!({"kind": "officer", "role": "administrator"})),
        ("a facility", json!({"kind": "facility", "role": "physician", "facility": "01001"})),
        ("wider scope", json!({"scope": "system/*.cruds user/*.cruds patient/*.cruds"})),
        ("scope is a list", json!({"scope": ["patient/*.cruds"]})),
        ("purpose of an emergency", json!({"purpose": "BTG"})),
        ("sid of nobody", json!({"sid": random_text()})),
        ("sid missing", json!({"sid": null})),
        ("jti missing", json!({"jti": null})),
        ("bound to no key", json!({"cnf": {"jkt": "x"}})),
        (
            "nothing",
            Value::Object(good.as_object().unwrap().keys().map(|it| (it.clone(), Value::Null)).collect()),
        ),
    ];
    let mut sets: Vec<(String, String)> =
        changes.iter().map(|(what, change)| ((*what).to_owned(), with(&good, change).to_string())).collect();
    let text = good.to_string();
    let begin = text.trim_start_matches('{');
    sets.push(("sub twice".to_owned(), format!(r#"{{"sub":"x",{begin}"#)));
    sets.push(("exp twice".to_owned(), format!(r#"{{"exp":{future},{begin}"#)));
    sets.push(("person twice, escaped".to_owned(), format!(r#"{{"p\u0065rson":"{stranger}",{begin}"#)));
    sets.push(("a list".to_owned(), format!("[{text}]")));
    sets.push(("deep".to_owned(), format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500))));
    sets
}

#[test]
fn claims_that_are_not_ours_open_nothing() {
    let attack = Attack::start();
    let key = Key::p256();
    let head = header(&attack.good);
    let with_key = with(&head, &json!({"jwk": key.public()})).to_string();
    let unsigned = base64url(with(&head, &json!({"alg": "none"})).to_string());
    let [own_head, _, own_signature] = parts(&attack.good);
    let sets = wrong_claims(&attack);
    assert!(sets.len() >= 35);
    let mut forms = Vec::new();
    for (what, set) in sets {
        let encoded = base64url(&set);
        forms.push((format!("{what}, our signature"), format!("{own_head}.{encoded}.{own_signature}")));
        forms.push((format!("{what}, a stranger's key"), key.token_of_text(&with_key, &set)));
        forms.push((format!("{what}, unsigned"), format!("{unsigned}.{encoded}.")));
    }
    attack.expect_refused(&forms);
}

/// RFC 9068, 4; RFC 8725, 3.11: each kind of token says of which kind it is.
#[test]
fn other_tokens_are_no_access_tokens() {
    let attack = Attack::start();
    let demo = &attack.demo;
    let app = public_app(demo);
    let mut browser = sign_in(demo, 0);
    let told = tokens(demo, &mut browser, &app);
    assert_eq!(status_with(demo, "Bearer", &text(&told["access_token"])), 200, "the control");
    let key = Key::p384();
    let client = system(demo, &[key.published("1")], "system/*.rs");
    let assertion = key.assertion("1", &crate::support::oauth::assertion_claims(demo, &client));
    let cookie = browser.cookies().values().next().cloned().unwrap_or_default();
    let launder = |typ: &str| {
        let [_, claims, signature] = parts(&attack.good);
        let head = with(&header(&attack.good), &json!({"typ": typ}));
        format!("{}.{claims}.{signature}", base64url(head.to_string()))
    };
    attack.expect_refused(&[
        ("id token".to_owned(), text(&told["id_token"])),
        ("refresh token".to_owned(), text(&told["refresh_token"])),
        ("client assertion".to_owned(), assertion),
        ("cookie of the session".to_owned(), cookie),
        ("client id".to_owned(), client),
        ("typ JWT".to_owned(), launder("JWT")),
        ("typ dpop+jwt".to_owned(), launder("dpop+jwt")),
        ("typ of nothing".to_owned(), launder("")),
    ]);
}

/// docs/sign-in.md, 3: what an access token says, and what it never says.
#[test]
fn a_token_says_what_is_promised_and_no_more() {
    let attack = Attack::start();
    let demo = &attack.demo;
    let base = demo.server().base_url();
    let key = attack.published();
    assert_eq!((&key["kty"], &key["crv"]), (&json!("EC"), &json!("P-256")), "{key}");
    let set = body(&demo.server().client().get("/auth/jwks").expect_status(200));
    for key in set["keys"].as_array().unwrap() {
        for secret in ["d", "p", "q", "k"] {
            assert!(key.get(secret).is_none(), "a private part is published");
        }
    }
    let app = public_app(demo);
    let mut browser = sign_in(demo, 0);
    let [first, second] = [(), ()].map(|()| text(&tokens(demo, &mut browser, &app)["access_token"]));
    for (what, token) in [("to try out", &attack.good), ("of an app", &first)] {
        let (head, said) = (header(token), claims(token));
        assert_eq!((&head["alg"], &head["typ"]), (&json!("ES256"), &json!("at+jwt")), "{what}: {head}");
        assert!(head["kid"].is_string(), "{what}: {head}");
        assert_eq!(
            (&said["kind"], &said["person"]),
            (&json!("citizen"), &json!(demo.citizen(0).1)),
            "{what}"
        );
        for name in ["sub", "client_id", "scope", "sid", "jti"] {
            assert!(said[name].as_str().is_some_and(|value| !value.is_empty()), "{what}: {name}: {said}");
        }
        let time = |name: &str| said[name].as_i64().unwrap_or_else(|| panic!("{what}: {name}: {said}"));
        assert!(time("exp") - time("iat") <= 600, "{what}: lives ten minutes at most");
        assert!(time("nbf") <= time("exp") && time("iat") <= now() + 5, "{what}: {said}");
        let shown = said.to_string();
        assert!(!shown.contains(demo.citizen(0).0), "{what}: the citizen number is in the token");
        let name = demo.description["citizens"][0]["name"].as_str().unwrap_or("-");
        assert!(!shown.contains(name), "{what}: the name is in the token");
    }
    let said = claims(&first);
    assert_eq!((&said["iss"], &said["aud"]), (&json!(base), &json!(format!("{base}/fhir"))));
    assert_eq!(said["client_id"], app.id);
    assert_ne!(claims(&second)["jti"], said["jti"], "each token has its own id");
}
