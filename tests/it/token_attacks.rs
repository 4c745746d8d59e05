//! Access tokens that are almost right: signature, algorithm and key. Each is refused as RFC 6750 says, and nothing
//! that a token names is ever fetched.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::jose::{Key, base64url, from_base64url, header, hmac_token, parts, with};
use crate::support::program::Demo;
use crate::support::sink::Sink;
use crate::support::{body, expect_refusal};

/// A demo, a good token of its first citizen, and the read that the token is good for.
pub struct Attack {
    pub demo: Demo,
    pub good: String,
    pub path: String,
}

impl Attack {
    pub fn start() -> Self {
        let demo = Demo::start(TestDatabase::sqlite());
        let good = demo.token(&["--citizen", demo.citizen(0).0]);
        let path = format!("/fhir/Patient/{}", demo.citizen(0).1);
        let attack = Self { demo, good, path };
        attack.expect_good();
        attack
    }

    pub fn get(&self, headers: &[(&str, &str)]) -> Response {
        self.demo.server().client().request("GET", &self.path, headers, b"")
    }

    /// The control: a good token still opens the book, or every refusal would be worth nothing.
    #[track_caller]
    pub fn expect_good(&self) {
        let authorization = format!("Bearer {}", self.good);
        let _ = self.get(&[("Authorization", &authorization)]).expect_status(200);
    }

    /// RFC 6750, 3.1: 401 with `invalid_token`.
    #[track_caller]
    pub fn expect_refused(&self, tokens: &[(String, String)]) {
        let mut wrong = Vec::new();
        for (what, token) in tokens {
            let authorization = format!("Bearer {token}");
            let answer = self.get(&[("Authorization", &authorization)]);
            let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
            // A head that is too large may be refused before anybody looks for a token in it.
            let is_large = token.len() > 8192 && matches!(answer.status, 400 | 401 | 413 | 431);
            let is_right = answer.status == 401
                && challenge.starts_with("Bearer")
                && challenge.contains("error=\"invalid_token\"");
            if !is_right && !is_large {
                wrong.push(format!("{what}: {} {challenge:?}", answer.status));
            }
            let told = String::from_utf8_lossy(&answer.body).into_owned();
            if told.contains("resourceType\":\"Patient") || (token.len() > 40 && told.contains(&token[..40]))
            {
                wrong.push(format!("{what}: tells too much"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tokens.len(), wrong.join("\n"));
        self.expect_good();
    }

    /// The published key that signed the good token.
    pub fn published(&self) -> Value {
        let set = body(&self.demo.server().client().get("/auth/jwks").expect_status(200));
        let kid = header(&self.good)["kid"].clone();
        let keys = set["keys"].as_array().expect("keys").clone();
        keys.into_iter().find(|key| key["kid"] == kid).expect("the key that signs is published")
    }
}

fn named(name: impl Into<String>, token: String) -> (String, String) {
    (name.into(), token)
}

#[test]
fn a_signature_that_is_not_exactly_ours_is_none() {
    let attack = Attack::start();
    let [head, claims, signature] = parts(&attack.good);
    let bytes = from_base64url(&signature);
    assert_eq!(bytes.len(), 64, "ES256: RFC 7518, 3.4");
    let signed = |signature: &[u8]| format!("{head}.{claims}.{}", base64url(signature));
    let mut forms = vec![
        named("no signature", format!("{head}.{claims}.")),
        named("no third part", format!("{head}.{claims}")),
        named("one part", head.clone()),
        named("four parts", format!("{}.{signature}", attack.good)),
        named("five parts", format!("{head}.{claims}.{signature}.{claims}.{signature}")),
        named("no claims", format!("{head}..{signature}")),
        named("no header", format!(".{claims}.{signature}")),
        named("only dots", "..".to_owned()),
        named("claims and signature exchanged", format!("{head}.{signature}.{claims}")),
        named("padded", format!("{}==", attack.good)),
        named("a letter that is not of the alphabet", format!("{head}.{claims}.{}!", &signature[..85])),
        named("a newline within", format!("{head}.{claims}.{}%0A", signature)),
        named("zeros", signed(&[0; 64])),
        named("ones", signed(&[0xff; 64])),
        named("one byte", signed(&[1])),
        named("cut", signed(&bytes[..63])),
        named("half", signed(&bytes[..32])),
        named("longer", signed(&[&bytes[..], &[0]].concat())),
        named("twice", signed(&[&bytes[..], &bytes[..]].concat())),
        named("r and s exchanged", signed(&[&bytes[32..], &bytes[..32]].concat())),
        named("r is zero", signed(&[&[0; 32], &bytes[32..]].concat())),
        named("s is zero", signed(&[&bytes[..32], &[0; 32]].concat())),
        named("the order of the curve", signed(&[ORDER, ORDER].concat())),
        named("DER", signed(&der(&bytes))),
    ];
    for (byte, bit) in [(0, 7), (0, 0), (15, 3), (31, 0), (32, 7), (40, 4), (63, 1), (63, 0)] {
        let mut flipped = bytes.clone();
        flipped[byte] ^= 1 << bit;
        forms.push(named(format!("bit {bit} of byte {byte}"), signed(&flipped)));
    }
    let other = attack.demo.token(&["--citizen", attack.demo.citizen(1).0]);
    let [other_head, other_claims, other_signature] = parts(&other);
    forms.push(named("another's signature", format!("{head}.{claims}.{other_signature}")));
    forms.push(named("another's claims", format!("{head}.{other_claims}.{signature}")));
    forms.push(named("another's header and signature", format!("{other_head}.{claims}.{other_signature}")));
    attack.expect_refused(&forms);
}

/// The order of P-256 (FIPS 186-4, D.1.2.3).
const ORDER: &[u8] = &[
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The signature as X9.62 writes it.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let sign: &[u8] = if bytes[0] < 0x80 { &[] } else { &[0] };
        let length = u8::try_from(bytes.len() + sign.len()).unwrap();
        [&[2, length], sign, bytes].concat()
    };
    let inside = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, u8::try_from(inside.len()).unwrap()], &inside[..]].concat()
}

#[test]
fn no_other_algorithm_is_obeyed() {
    let attack = Attack::start();
    let [_, claims, signature] = parts(&attack.good);
    let head = header(&attack.good);
    let mut forms = Vec::new();
    let names =
        ["none", "None", "NONE", "nOnE", "none ", "", "ES256K", "ES384", "ES512", "EdDSA", "RS256", "PS256"];
    for name in names {
        let changed = base64url(with(&head, &json!({"alg": name})).to_string());
        forms.push(named(format!("{name:?} unsigned"), format!("{changed}.{claims}.")));
        forms.push(named(format!("{name:?} with our signature"), format!("{changed}.{claims}.{signature}")));
    }
    for wrong in [json!(null), json!(0), json!(["ES256"]), json!(["none"]), json!({"ES256": 1}), json!(false)]
    {
        // `with` takes a null out, so this one is put in.
        let mut changed = head.clone();
        changed["alg"] = wrong.clone();
        let changed = base64url(changed.to_string());
        forms.push(named(format!("alg {wrong}"), format!("{changed}.{claims}.{signature}")));
    }
    let without = base64url(with(&head, &json!({"alg": null})).to_string());
    forms.push(named("alg missing", format!("{without}.{claims}.{signature}")));
    let alone = base64url(r#"{"alg":"none"}"#);
    forms.push(named("alg none alone", format!("{alone}.{claims}.")));
    let twice = base64url(r#"{"alg":"ES256","alg":"none","typ":"at+jwt"}"#);
    forms.push(named("alg twice", format!("{twice}.{claims}.")));
    attack.expect_refused(&forms);
}

#[test]
fn what_everybody_knows_is_no_key() {
    let attack = Attack::start();
    let [_, claims, _] = parts(&attack.good);
    let claims = String::from_utf8(from_base64url(&claims)).unwrap();
    let (head, key) = (header(&attack.good), attack.published());
    let point =
        [vec![4], from_base64url(key["x"].as_str().unwrap()), from_base64url(key["y"].as_str().unwrap())];
    let point = point.concat();
    let der = [SPKI_OF_P256, &point].concat();
    let pem = pem(&der);
    let set = attack.demo.server().client().get("/auth/jwks");
    let secrets: [(&str, Vec<u8>); 14] = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM without the last newline", pem.trim_end().into()),
        ("DER", der),
        ("point", point.clone()),
        ("point without its mark", point[1..].to_vec()),
        ("x", from_base64url(key["x"].as_str().unwrap())),
        ("x as text", key["x"].as_str().unwrap().into()),
        ("the key as JSON", key.to_string().into_bytes()),
        ("the set", set.body.clone()),
        ("kid", key["kid"].as_str().unwrap().into()),
        ("nothing", Vec::new()),
        ("secret", b"secret".to_vec()),
        ("zeros", vec![0; 32]),
        ("the address", attack.demo.server().base_url().into()),
    ];
    let mut forms = Vec::new();
    for algorithm in ["HS256", "HS384", "HS512"] {
        for (name, secret) in &secrets {
            let token = hmac_token(algorithm, &head, &claims, secret);
            forms.push(named(format!("{algorithm} under {name}"), token));
        }
    }
    attack.expect_refused(&forms);
}

/// The head of a SubjectPublicKeyInfo of P-256 (RFC 5480).
const SPKI_OF_P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[test]
fn a_token_does_not_say_by_which_key_it_is_judged() {
    let attack = Attack::start();
    let (sink, key, rsa) = (Sink::open(), Key::p256(), Key::rsa());
    let claims = crate::support::jose::claims(&attack.good);
    let head = header(&attack.good);
    let kid = head["kid"].clone();
    let url = sink.url();
    let certificate = "MIIBszCCAVmgAwIBAgIUYw";
    let headers = [
        ("a stranger's key under our name", json!({})),
        ("jwk", json!({"jwk": key.public()})),
        ("jwk with our name", json!({"jwk": key.published(kid.as_str().unwrap())})),
        ("jwk without kid", json!({"jwk": key.public(), "kid": null})),
        ("jku", json!({"jku": url})),
        ("jku and a new kid", json!({"jku": url, "kid": "1"})),
        ("jku in our name", json!({"jku": format!("{}/auth/jwks@{url}", attack.demo.server().base_url())})),
        (
            "jku that we send on",
            json!({"jku": format!("{}/auth/authorize?redirect_uri={url}", attack.demo.server().base_url())}),
        ),
        ("x5u", json!({"x5u": url})),
        ("x5u without kid", json!({"x5u": url, "kid": null})),
        ("x5c", json!({"x5c": [certificate]})),
        ("x5t", json!({"x5t": "AAAA", "kid": null})),
        ("iss and jku", json!({"jku": url, "iss": url})),
        ("kid is an address", json!({"kid": url})),
        ("kid is a path", json!({"kid": "../../../../../dev/null"})),
        ("kid is an absolute path", json!({"kid": "/proc/sys/kernel/randomize_va_space"})),
        ("kid is SQL", json!({"kid": "x' UNION SELECT 'AAAA' --"})),
        ("kid is SQL that waits", json!({"kid": "x'; SELECT pg_sleep(10); --"})),
        ("kid is a command", json!({"kid": "|curl 127.0.0.1"})),
        ("kid with a zero", json!({"kid": "a\u{0}b"})),
        ("kid with newlines", json!({"kid": "a\r\nX-Evil: 1"})),
        ("kid is empty", json!({"kid": ""})),
        ("kid is a number", json!({"kid": 1})),
        ("kid is a list", json!({"kid": [kid]})),
        ("kid is an object", json!({"kid": {"$ne": null}})),
        ("kid in other letters", json!({"kid": kid.as_str().unwrap().to_uppercase() + "x"})),
        ("kid is long", json!({"kid": "k".repeat(4000)})),
        ("no kid", json!({"kid": null})),
        ("crit", json!({"crit": ["exp"]})),
        ("crit of an unknown name", json!({"crit": ["urn:x"], "urn:x": 1})),
        ("b64", json!({"b64": false, "crit": ["b64"]})),
        ("zip", json!({"zip": "DEF"})),
        ("cty", json!({"cty": "JWT"})),
    ];
    let mut forms: Vec<_> = headers
        .iter()
        .map(|(what, changes)| named(*what, key.token(&with(&head, changes), &claims)))
        .collect();
    for algorithm in ["RS256", "RS384", "PS384"] {
        let changes = json!({"alg": algorithm, "jwk": rsa.public()});
        forms.push(named(algorithm, rsa.token(&with(&head, &changes), &claims)));
    }
    attack.expect_refused(&forms);
    sink.expect_no_visit();
}

#[test]
fn other_shapes_of_a_token_are_none() {
    let attack = Attack::start();
    let [head, claims, signature] = parts(&attack.good);
    let text = |part: &str| String::from_utf8(from_base64url(part)).unwrap();
    let (head_text, claims_text) = (text(&head), text(&claims));
    let general = json!({"payload": claims, "signatures": [{"protected": head, "signature": signature}]});
    let flat = json!({"payload": claims, "protected": head, "signature": signature});
    let spaced = base64url(format!(" {head_text}"));
    let marked = base64url(format!("\u{feff}{claims_text}"));
    let forms = [
        named("flattened JSON", flat.to_string()),
        named("general JSON", general.to_string()),
        named("a space in the header", format!("{spaced}.{claims}.{signature}")),
        named("a byte order mark", format!("{head}.{marked}.{signature}")),
        named("header is no JSON", format!("{}.{claims}.{signature}", base64url("alg:ES256"))),
        named("header is a list", format!("{}.{claims}.{signature}", base64url("[]"))),
        named("header is null", format!("{}.{claims}.{signature}", base64url("null"))),
        named("header is deep", format!("{}.{claims}.{signature}", base64url("[".repeat(3000)))),
        named("claims are no JSON", format!("{head}.{}.{signature}", base64url("sub=me"))),
        named("claims are not UTF-8", format!("{head}.{}.{signature}", base64url([0xff, 0xfe, 0x7b]))),
        named("not base64url", "%%%.%%%.%%%".to_owned()),
        named("long", format!("{head}.{}.{signature}", "A".repeat(9000))),
        named("very long", "A".repeat(60_000)),
    ];
    attack.expect_refused(&forms);
}

/// RFC 6750, 2: only the `Authorization` header; RFC 9700, 4.3.2: not the address.
#[test]
fn a_token_elsewhere_is_no_token() {
    let attack = Attack::start();
    let good = &attack.good;
    let client = attack.demo.server().client();
    for name in ["access_token", "token", "bearer", "jwt", "authorization", "id_token"] {
        let answer = client.get(&format!("{}?{name}={good}", attack.path));
        assert!(matches!(answer.status, 400 | 401), "{name} in the address: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).contains(&good[..40]), "{name}: told back");
    }
    let bearer = format!("Bearer {good}");
    let cookies = ["access_token", "token", "Authorization", "session", "__Host-session"];
    for cookie in cookies.map(|name| format!("{name}={good}")) {
        expect_refusal("cookie", &attack.get(&[("Cookie", &cookie)]), 401);
    }
    let others = [
        "X-Authorization",
        "X-Forwarded-Authorization",
        "X-Access-Token",
        "X-Auth-Token",
        "Proxy-Authorization",
        "X-Forwarded-User",
        "X-Remote-User",
        "X-Original-Authorization",
        "Token",
    ];
    for name in others {
        expect_refusal(name, &attack.get(&[(name, &bearer)]), 401);
    }
    let schemes =
        ["Basic", "Token", "JWT", "Digest", "Bearer:", "Bearer,", "DPoP", "MAC", "Negotiate", "Bearer=x"];
    for scheme in schemes {
        let value = format!("{scheme} {good}");
        expect_refusal(scheme, &attack.get(&[("Authorization", &value)]), 401);
    }
    let form = format!("access_token={good}");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = client.request("POST", "/fhir/Patient/_search", &[kind], form.as_bytes());
    expect_refusal("in a form", &answer, 401);
    let two = [("Authorization", bearer.as_str()), ("Authorization", "Bearer x.y.z")];
    let answer = attack.get(&two);
    assert!(matches!(answer.status, 400 | 401), "two headers: {}", answer.status);
    let listed = format!("{bearer}, {bearer}");
    expect_refusal("a list", &attack.get(&[("Authorization", &listed)]), 401);
    attack.expect_good();
}
