//! The throttle: by name and by address, the same for names that nobody has.

use super::*;

#[test]
fn guesses_wait_longer_and_longer_then_until_the_next_day() {
    run(|world| async move {
        world.citizen().await;
        for name in [NUMBER, "099000000000"] {
            let mut now = later(10);
            let mut waits = Vec::new();
            let mut failures = 0;
            while failures < 101 {
                match world.sign_in(name, "wrong", now).await {
                    Answer::Refused => failures += 1,
                    Answer::Wait(seconds) => {
                        waits.push((failures, seconds));
                        now = after(now, i64::from(seconds));
                    }
                    other => panic!("{other:?}"),
                }
            }
            let first = |from: usize| waits.iter().find(|(failures, _)| *failures >= from).unwrap().1;
            assert_eq!((waits[0], first(9), first(25), first(100)), ((3, 1), 3, 5, 10), "{name}");
            let Answer::Wait(seconds) = world.sign_in(name, PASSWORD, after(now, 3_600)).await else {
                panic!("{name}")
            };
            assert!(seconds > 10 * 3_600, "{name}: {seconds}");
            // The right password counts again on the next day, which begins 16 hours after the start.
            let next_day = later(16 * 3_600);
            let answer = world.sign_in(name, PASSWORD, next_day).await;
            assert_eq!(matches!(answer, Answer::SignedIn(..)), name == NUMBER, "{answer:?}");
        }
    });
}

#[test]
fn who_is_right_is_free_again() {
    run(|world| async move {
        world.citizen().await;
        for round in 0..5 {
            let now = later(100 * round);
            for _ in 0..2 {
                assert!(matches!(world.sign_in(NUMBER, "wrong", now).await, Answer::Refused));
            }
            assert!(matches!(world.sign_in(NUMBER, PASSWORD, now).await, Answer::SignedIn(..)));
        }
    });
}

#[test]
fn many_names_from_one_address_are_slowed_down_and_nobody_is_locked_out() {
    run(|world| async move {
        world.citizen().await;
        let visitor = |address: &str| Visitor { address: address.parse().ok(), ..Visitor::default() };
        let bad = visitor("2001:db8::1");
        for guess in 0..30 {
            let answer = world.sign_in_from(&format!("09900000{guess:04}"), "wrong", &bad, later(1)).await;
            assert!(matches!(answer, Answer::Refused), "{guess}: {answer:?}");
        }
        // The whole network counts as one, another one does not.
        let answer = world.sign_in_from(NUMBER, PASSWORD, &visitor("2001:db8::2"), later(1)).await;
        assert!(matches!(answer, Answer::Wait(1)), "{answer:?}");
        let answer = world.sign_in_from(NUMBER, PASSWORD, &visitor("2001:db8:0:1::2"), later(1)).await;
        assert!(matches!(answer, Answer::SignedIn(..)), "{answer:?}");
        let answer = world.sign_in_from(NUMBER, PASSWORD, &bad, later(2)).await;
        assert!(matches!(answer, Answer::SignedIn(..)), "{answer:?}");
    });
}

#[test]
fn guesses_at_the_same_moment_are_counted_too() {
    run(|world| async move {
        world.citizen().await;
        let guesses: Vec<_> = (0..12)
            .map(|_| {
                let accounts = world.accounts.clone();
                tokio::spawn(async move {
                    let visitor = Visitor::default();
                    let attempt = Attempt { name: NUMBER, password: "wrong", visitor: &visitor };
                    accounts.sign_in(attempt, later(1)).await.unwrap()
                })
            })
            .collect();
        let mut refused = 0;
        for guess in guesses {
            refused += usize::from(matches!(guess.await.unwrap(), Answer::Refused));
        }
        assert!(refused <= 3, "{refused} guesses were looked at");
    });
}

#[test]
fn a_blocked_account_looks_like_a_wrong_password() {
    run(|world| async move {
        let account = world.citizen().await;
        set_status(world.store(), &account.id, AccountStatus::Blocked, later(1)).await.unwrap();
        assert!(matches!(world.sign_in(NUMBER, PASSWORD, later(2)).await, Answer::Refused));
        set_status(world.store(), &account.id, AccountStatus::Active, later(3)).await.unwrap();
        assert!(matches!(world.sign_in(NUMBER, PASSWORD, later(4)).await, Answer::SignedIn(..)));
    });
}
