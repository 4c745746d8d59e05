//! Sessions: how long a cookie is believed, devices, ending one, and the assisted channel.

use record_store::Revoked;

use super::*;

fn from(device: &str) -> Visitor {
    Visitor { arrival: Arrival { device: device.to_owned(), ..Arrival::default() }, ..Visitor::default() }
}

#[test]
fn a_cookie_is_believed_for_an_hour_without_use_and_a_day_at_most() {
    run(|world| async move {
        world.citizen().await;
        let opened = world.opened(later(0)).await;
        let holds = async |now| session_of(world.store(), &opened.cookie, now).await.unwrap().is_some();
        assert!(holds(later(3_599)).await);
        assert!(holds(later(2 * 3_599)).await, "it was used in between");
        assert!(!holds(later(3 * 3_599 + 2)).await);

        let opened = world.opened(later(0)).await;
        let holds = async |now| session_of(world.store(), &opened.cookie, now).await.unwrap().is_some();
        for half_hour in 1..48 {
            assert!(holds(later(half_hour * 1_800)).await, "{half_hour}");
        }
        assert!(!holds(later(48 * 1_800)).await);
        // The tokens of an app go on: the session is still there to be seen and ended.
        let by_id = session_by_id(world.store(), &opened.session.id, later(179 * 24 * 3_600)).await.unwrap();
        assert!(by_id.is_some());
    });
}

#[test]
fn a_new_device_is_told_and_a_session_can_be_ended_by_its_owner_only() {
    run(|world| async move {
        let account = world.citizen().await;
        end_all(&world, &account.id).await;
        let mut opened = Vec::new();
        for (device, seconds) in [("a", 1), ("a", 2), ("b", 3)] {
            let answer = world.sign_in_from(NUMBER, PASSWORD, &from(device), later(seconds)).await;
            let Answer::SignedIn(one, _) = answer else { panic!("{answer:?}") };
            opened.push(one);
        }
        let all = sessions(world.store(), &account.id, later(4)).await.unwrap();
        let new: Vec<_> = all.iter().map(|session| (session.device.as_str(), session.new_device)).collect();
        assert_eq!(new, [("b", true), ("a", false), ("a", false)]);

        let id = &opened[0].session.id;
        let own = &opened[1].session;
        let another = Session { account: "another".to_owned(), ..own.clone() };
        assert!(!end_session(world.store(), &another, id, later(5)).await.unwrap());
        assert!(end_session(world.store(), own, id, later(5)).await.unwrap());
        assert!(!end_session(world.store(), own, id, later(6)).await.unwrap());
        assert!(session_of(world.store(), &opened[0].cookie, later(6)).await.unwrap().is_none());
        assert!(session_of(world.store(), &opened[1].cookie, later(6)).await.unwrap().is_some());
        let revoked = world.store().revocations_since(later(4)).await.unwrap();
        assert!(revoked.contains(&(Revoked::Session(id.clone()), later(5))));
    });
}

async fn end_all(world: &World, account: &str) {
    for session in sessions(world.store(), account, start()).await.unwrap() {
        end_session(world.store(), &session, &session.id, start()).await.unwrap();
    }
}

#[test]
fn blocking_ends_sessions() {
    run(|world| async move {
        let account = world.citizen().await;
        let opened = world.opened(later(1)).await;
        set_status(world.store(), &account.id, AccountStatus::Blocked, later(2)).await.unwrap();
        set_status(world.store(), &account.id, AccountStatus::Active, later(3)).await.unwrap();
        assert!(session_of(world.store(), &opened.cookie, later(4)).await.unwrap().is_none());
    });
}

#[test]
fn staff_of_a_station_open_a_short_session_for_who_is_present() {
    run(|world| async move {
        let account = world.citizen().await;
        let staff = world.staff().await;
        let mut helper = Session {
            id: "s".to_owned(),
            account: staff.id.clone(),
            kind: staff.kind.clone(),
            auth_time: start(),
            acr: "2".to_owned(),
            amr: Vec::new(),
            device: String::new(),
            place: String::new(),
            used: start(),
            assisted_by: None,
            new_device: false,
        };
        let visitor = from("b");
        let ask = async |helper: &Session, number: &str| {
            assist(&world.accounts, helper, number, Presence::Document, &visitor, later(1)).await.unwrap()
        };
        let opened = ask(&helper, NUMBER).await.unwrap();
        let assistant = opened.session.assisted_by.clone().unwrap();
        assert_eq!(assistant.account, staff.id);
        assert_eq!(assistant.organization.as_ref().map(LogicalId::as_str), Some("organization-1"));
        let by_cookie = session_of(world.store(), &opened.cookie, later(2)).await.unwrap().unwrap();
        assert_eq!(by_cookie.assisted_by, Some(assistant), "as it is read again");
        let holds = async |now| session_of(world.store(), &opened.cookie, now).await.unwrap().is_some();
        assert!(holds(later(900)).await && !holds(later(901)).await);
        let listed = sessions(world.store(), &account.id, later(2)).await.unwrap();
        assert!(listed.iter().any(|session| session.assisted_by.is_some()));
        assert!(ask(&helper, "099000000000").await.is_none());
        assert!(ask(&helper, "minh.le").await.is_none(), "only citizens");
        helper.acr = "1".to_owned();
        assert!(ask(&helper, NUMBER).await.is_none());
        helper.acr = "2".to_owned();
        helper.kind = AccountKind::Officer { role: OfficerRole::Administrator };
        assert!(ask(&helper, NUMBER).await.is_none());
        helper.kind = account.kind.clone();
        assert!(ask(&helper, NUMBER).await.is_none());
    });
}
