//! The print of the permission matrix in `docs` is that of the policy of the program.
#![allow(clippy::unwrap_used, reason = "a broken premise of a test fails the test")]

use healthbook_access::Policy;

#[test]
fn the_printed_matrix_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permission-matrix.md");
    let matrix = Policy::built_in().matrix();
    if std::env::var_os("HEALTHBOOK_WRITE_MATRIX").is_some() {
        std::fs::write(path, &matrix).unwrap();
    }
    let printed = std::fs::read_to_string(path).unwrap();
    assert!(
        printed == matrix,
        "stale: HEALTHBOOK_WRITE_MATRIX=1 cargo test -p healthbook-access --test matrix"
    );
}
