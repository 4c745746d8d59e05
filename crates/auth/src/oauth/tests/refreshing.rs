//! Refresh tokens: rotation, the lost answer, reuse.

use super::*;

impl World {
    async fn refresh(&self, token: &str, seconds: i64) -> Result<Value, OAuthError> {
        let pairs = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)];
        self.token(&pairs, seconds).await
    }

    async fn first(&self) -> String {
        let tokens = self.redeem(&self.code(&[]).await, 3).await.unwrap();
        text(&tokens)
    }
}

fn text(tokens: &Value) -> String {
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_token_is_for_one_use_and_has_a_successor() {
    let world = World::new().await;
    let first = world.first().await;
    let tokens = world.refresh(&first, 100).await.unwrap();
    let second = text(&tokens);
    assert_ne!(first, second);
    assert_eq!((&tokens["scope"], &tokens["patient"]), (&json!(SCOPE), &json!("p-1")));
    assert!(world.refresh(&second, 200).await.is_ok());
}

#[tokio::test]
async fn who_lost_the_answer_gets_the_same_successor_for_half_a_minute() {
    let world = World::new().await;
    let first = world.first().await;
    let second = text(&world.refresh(&first, 100).await.unwrap());
    assert_eq!(text(&world.refresh(&first, 130).await.unwrap()), second);
    // The successor holds still.
    let third = text(&world.refresh(&second, 131).await.unwrap());
    // Once it is used, the first is a token of long ago, also within the half minute.
    assert_eq!(world.refresh(&first, 132).await.unwrap_err().code, "invalid_grant");
    assert_eq!(world.refresh(&third, 133).await.unwrap_err().code, "invalid_grant", "the family is dead");
}

#[tokio::test]
async fn a_token_that_is_used_again_later_ends_the_family_and_its_access_tokens() {
    let world = World::new().await;
    let first = world.first().await;
    let tokens = world.refresh(&first, 100).await.unwrap();
    assert!(world.believes(&tokens["access_token"], 101));
    assert_eq!(world.refresh(&first, 131).await.unwrap_err().code, "invalid_grant");
    assert_eq!(world.refresh(&text(&tokens), 132).await.unwrap_err().code, "invalid_grant");
    assert!(!world.believes(&tokens["access_token"], 132));
}

#[tokio::test]
async fn of_many_who_refresh_at_once_all_get_the_same_successor() {
    let world = World::new().await;
    let first = world.first().await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (auth, token) = (world.auth.clone(), first.clone());
        running.spawn(async move {
            let pairs =
                [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token.as_str())];
            text(&auth.token(&request(&pairs), at(100)).await.unwrap())
        });
    }
    let mut successors = running.join_all().await;
    successors.dedup();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn tokens_of_others_and_invented_ones_are_refused_and_harm_nobody() {
    let world = World::new().await;
    world.client("other", None).await;
    let first = world.first().await;
    let pairs = [("grant_type", "refresh_token"), ("client_id", "other"), ("refresh_token", first.as_str())];
    assert_eq!(world.token(&pairs, 50).await.unwrap_err().code, "invalid_grant");
    // The generation of a token cannot be changed by its holder.
    let mut bytes = crate::secret::decode(&first).unwrap();
    bytes[35] = 7;
    for invented in
        [encode(&bytes), String::new() + "a", "é".to_owned(), "A".repeat(1_000), first.to_lowercase()]
    {
        assert_eq!(world.refresh(&invented, 51).await.unwrap_err().code, "invalid_grant");
    }
    assert!(world.refresh(&first, 52).await.is_ok());
}

#[tokio::test]
async fn scopes_get_narrower_and_never_wider() {
    let world = World::new().await;
    let first = world.first().await;
    let with = |token: String, scope: &'static str| {
        [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", "app".to_owned()),
            ("refresh_token", token),
            ("scope", scope.to_owned()),
        ]
    };
    for scope in ["patient/*.cruds", "user/*.rs", "openid online_access", "system/*.rs"] {
        let pairs = with(first.clone(), scope);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(world.token(&pairs, 50).await.unwrap_err().code, "invalid_scope", "{scope}");
    }
    let pairs = with(first, "patient/Observation.rs");
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tokens = world.token(&pairs, 51).await.unwrap();
    assert_eq!(tokens["scope"], "patient/Observation.rs");
    assert_eq!(world.refresh(&text(&tokens), 52).await.unwrap()["scope"], SCOPE);
}

#[tokio::test]
async fn the_end_of_account_session_client_or_time_ends_refreshing() {
    let day = 86_400;
    let world = World::new().await;
    let first = world.first().await;
    assert_eq!(
        world.refresh(&first, 31 * day).await.unwrap_err().code,
        "invalid_grant",
        "30 days without use"
    );
    world.account("a-1", "blocked").await;
    assert_eq!(world.refresh(&first, 50).await.unwrap_err().code, "invalid_grant");
    world.account("a-1", "active").await;
    world.auth.block_client("app", at(50)).await.unwrap();
    assert_eq!(world.refresh(&first, 51).await.unwrap_err().code, "invalid_client");
    world.auth.approve_client("app", crate::Approval::default(), at(52)).await.unwrap();
    let mut token = first;
    for days in [29, 58, 87, 116, 145, 174] {
        token = text(&world.refresh(&token, days * day).await.unwrap());
    }
    assert_eq!(world.refresh(&token, 181 * day).await.unwrap_err().code, "invalid_grant", "180 days in all");
    // A grant is a session of its own, which can be ended.
    let other = World::new().await;
    let first = other.first().await;
    let sessions =
        other.auth.store().security_records(SecurityKind::Session, Some("a-1"), at(10)).await.unwrap();
    let own = sessions.iter().find(|session| session.value.contains("\"An app\"")).unwrap();
    let end = SecurityChange::Remove(SecurityKind::Session, own.id.clone());
    assert!(other.auth.change(end, Vec::new(), at(10)).await.unwrap());
    assert_eq!(other.refresh(&first, 11).await.unwrap_err().code, "invalid_grant");
}

#[tokio::test]
async fn revoking_and_introspecting_is_for_the_own_tokens() {
    let world = World::new().await;
    world.client("other", None).await;
    let tokens = world.redeem(&world.code(&[]).await, 3).await.unwrap();
    let refresh = text(&tokens);
    let of = |client: &'static str, token: &str| request(&[("client_id", client), ("token", token)]);
    for token in [refresh.as_str(), tokens["access_token"].as_str().unwrap()] {
        assert_eq!(world.auth.introspect(&of("app", token), at(4)).await.unwrap()["active"], true);
        assert_eq!(
            world.auth.introspect(&of("other", token), at(4)).await.unwrap(),
            json!({"active": false})
        );
        world.auth.revoke(&of("other", token), at(4)).await.unwrap();
        assert_eq!(world.auth.introspect(&of("app", token), at(4)).await.unwrap()["active"], true);
    }
    world.auth.revoke(&of("app", &refresh), at(5)).await.unwrap();
    assert_eq!(world.auth.introspect(&of("app", &refresh), at(6)).await.unwrap(), json!({"active": false}));
    assert!(!world.believes(&tokens["access_token"], 6));
    assert_eq!(world.refresh(&refresh, 7).await.unwrap_err().code, "invalid_grant");
    assert!(world.auth.revoke(&of("app", "unknown"), at(8)).await.is_ok());
}
