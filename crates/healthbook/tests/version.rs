//! The program answers. This file also makes `cargo test --workspace` build the program that the black-box tests run.
#![allow(clippy::expect_used, reason = "a broken premise of a test fails the test")]

use std::process::{Command, Output};

fn healthbook(argument: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_healthbook");
    Command::new(program).arg(argument).output().expect("the program was built")
}

#[test]
fn says_its_version() {
    let output = healthbook("--version");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.trim_end(), concat!("healthbook ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn says_what_it_can_do() {
    let output = healthbook("--help");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for command in ["serve", "import", "token", "nation"] {
        assert!(text.contains(command), "{command}: {text}");
    }
}
