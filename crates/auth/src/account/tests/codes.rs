//! The second factor: codes that are sent, and those of an app.

use super::*;
use crate::account::totp;

impl World {
    async fn with_contact(&self) -> Account {
        let account = self.citizen().await;
        set_contact(self.store(), &account.id, "+84900000000", start()).await.unwrap();
        account
    }

    async fn step(&self, now: Instant) -> Step {
        match self.sign_in(NUMBER, PASSWORD, now).await {
            Answer::Second(step) => step,
            other => panic!("{other:?}"),
        }
    }

    async fn code(&self, step: &Step, code: &str, now: Instant) -> Answer {
        self.accounts.second_factor(&step.secret, code, &Visitor::default(), now).await.unwrap()
    }
}

/// Another code than this.
fn other(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn a_code_is_sent_and_holds_once() {
    run(|world| async move {
        world.with_contact().await;
        let step = world.step(later(1)).await;
        assert_eq!(step.factor, Factor::Sent);
        let letter = world.letters.0.lock().unwrap().last().unwrap().clone();
        assert_eq!(letter.to, "+84900000000");
        let code = world.letters.last_code();
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{}", letter.text);
        let answer = world.code(&step, &format!(" {} {} ", &code[..3], &code[3..]), later(2)).await;
        let Answer::SignedIn(opened, _) = answer else { panic!("{answer:?}") };
        assert_eq!((opened.session.acr.as_str(), opened.session.amr.len()), ("2", 3));
        assert!(matches!(world.code(&step, &code, later(3)).await, Answer::Over));
    });
}

#[test]
fn a_code_has_five_tries_ten_minutes_and_one_browser() {
    run(|world| async move {
        world.with_contact().await;
        let step = world.step(later(1)).await;
        let code = world.letters.last_code();
        for guess in 0..5 {
            let answer = world.code(&step, &other(&code), later(10 + 10 * guess)).await;
            assert!(matches!(answer, Answer::Refused), "{guess}: {answer:?}");
        }
        assert!(matches!(world.code(&step, &code, later(100)).await, Answer::Over));
        let late = world.step(later(200)).await;
        let code = world.letters.last_code();
        assert!(matches!(world.code(&late, &code, later(800)).await, Answer::Over));
        let (one, _) = (world.step(later(900)).await, ());
        let code = world.letters.last_code();
        let another = world.step(later(910)).await;
        if world.letters.last_code() != code {
            assert!(matches!(world.code(&another, &code, later(920)).await, Answer::Refused));
        }
        assert!(matches!(world.code(&one, &code, later(930)).await, Answer::SignedIn(..)));
    });
}

#[test]
fn who_knows_the_password_cannot_try_codes_without_end() {
    run(|world| async move {
        world.with_contact().await;
        let mut now = later(1);
        let mut tried = 0;
        for _ in 0..1_000 {
            let step = match world.sign_in(NUMBER, PASSWORD, now).await {
                Answer::Second(step) => step,
                Answer::Wait(seconds) if seconds < 60 => {
                    now = after(now, i64::from(seconds));
                    continue;
                }
                Answer::Wait(_) => break,
                other => panic!("{other:?}"),
            };
            let code = world.letters.last_code();
            match world.code(&step, &other(&code), now).await {
                Answer::Refused => tried += 1,
                Answer::Wait(seconds) => now = after(now, i64::from(seconds)),
                other => panic!("{other:?}"),
            }
        }
        assert!(tried <= 101, "{tried}");
    });
}

#[test]
fn staff_set_up_an_app_and_each_of_its_codes_holds_once() {
    run(|world| async move {
        let account = world.staff().await;
        let code = activation_code(world.store(), &account.id, start()).await.unwrap();
        let visitor = Visitor::default();
        let wish =
            Activation { name: "Minh.Le", code: &code, password: "tám chữ cái", visitor: &visitor };
        let Activated::Enrol(step) = world.accounts.activate(wish, later(1)).await.unwrap() else { panic!() };
        let app = world.accounts.enrolment(&step.secret, later(1)).await.unwrap().unwrap();
        assert!(app.uri.starts_with("otpauth://totp/Healthbook:minh.le?secret="), "{}", app.uri);
        // Until the app works, nothing has changed.
        assert!(matches!(world.sign_in("minh.le", "tám chữ cái", later(2)).await, Answer::Refused));
        let (_, secret) = world.accounts.pending_app(&step.secret, later(3)).await.unwrap().unwrap();
        let shown = |now| {
            (0..1_000_000)
                .map(|n| format!("{n:06}"))
                .find(|text| {
                    totp::matching_step(&secret, text, totp::step_of(now) - 1, now)
                        .is_some_and(|step| step == totp::step_of(now))
                })
                .unwrap()
        };
        let first = shown(later(30));
        let answer = world.code(&step, &first, later(30)).await;
        assert!(matches!(&answer, Answer::SignedIn(opened, _) if opened.session.acr == "2"), "{answer:?}");
        let Answer::Second(step) = world.sign_in("minh.le", "tám chữ cái", later(31)).await else {
            panic!()
        };
        assert_eq!(step.factor, Factor::App);
        assert!(matches!(world.code(&step, &first, later(32)).await, Answer::Refused), "used before");
        let second = shown(later(60));
        assert!(matches!(world.code(&step, &second, later(60)).await, Answer::SignedIn(..)));
        assert!(matches!(world.sign_in("minh.le", PASSWORD, later(90)).await, Answer::Refused));
    });
}
