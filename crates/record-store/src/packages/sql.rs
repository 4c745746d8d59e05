//! The statements about packages.

use super::{Demand, NewPackage, PackageName};
use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// Name of the setting that says whether the pack of the program is in use.
pub(super) const BUILT_IN: &str = "built-in-package";

/// The packages without their archives: id, version, canonical, hash, in use, added.
pub(super) fn packages() -> Statement {
    Statement::new("SELECT p.id, p.version, p.canonical, p.sha256, p.in_use, p.added_at FROM package p")
}

/// The archive of a package.
pub(super) fn archive(name: &PackageName) -> Statement {
    let mut statement = Statement::new("SELECT p.archive FROM package p");
    named(&mut statement, name);
    statement
}

/// Adds a package that is not in use; changes nothing when there is one of that name.
pub(super) fn add(package: NewPackage, added_at: i64) -> Statement {
    let NewPackage { name, sha256, archive } = package;
    let mut statement = Statement::new(
        "INSERT INTO package (id, version, canonical, sha256, in_use, added_at, archive) VALUES (",
    );
    for text in [name.id, name.version, name.canonical] {
        statement.bind(Bind::Text(text)).sql(",");
    }
    statement.bind(Bind::Bytes(sha256.to_vec())).sql(",0,").big(added_at).sql(",").bind(Bind::Bytes(archive));
    statement.sql(") ON CONFLICT (id, version, canonical) DO NOTHING");
    statement
}

/// Changes whether a package is in use; changes nothing when that is so already.
pub(super) fn set_in_use(name: &PackageName, in_use: bool) -> Statement {
    let mut statement = Statement::new("UPDATE package SET in_use = ");
    statement.small(i16::from(in_use));
    named(&mut statement, name);
    statement.sql(" AND in_use <> ").small(i16::from(in_use));
    statement
}

/// Removes a package that is not in use.
pub(super) fn remove(name: &PackageName) -> Statement {
    let mut statement = Statement::new("DELETE FROM package");
    named(&mut statement, name);
    statement.sql(" AND in_use = 0");
    statement
}

fn named(statement: &mut Statement, name: &PackageName) {
    statement.sql(" WHERE id = ").bind(Bind::Text(name.id.clone()));
    statement.sql(" AND version = ").bind(Bind::Text(name.version.clone()));
    statement.sql(" AND canonical = ").bind(Bind::Text(name.canonical.clone()));
}

/// The profiles that are demanded: type, profile, facility.
pub(super) fn demands() -> Statement {
    Statement::new("SELECT d.resource_type, d.profile, d.facility FROM profile_demand d")
}

/// Adds a demand; changes nothing when it is there.
pub(super) fn set_demand(demand: &Demand) -> Statement {
    let mut statement =
        Statement::new("INSERT INTO profile_demand (resource_type, profile, facility) VALUES (");
    statement.small(type_number(demand.resource_type)).sql(",").bind(Bind::Text(demand.profile.clone()));
    statement
        .sql(",")
        .bind(Bind::Text(facility(demand)))
        .sql(") ON CONFLICT (resource_type, profile, facility) DO NOTHING");
    statement
}

/// Takes a demand back.
pub(super) fn remove_demand(demand: &Demand) -> Statement {
    let mut statement = Statement::new("DELETE FROM profile_demand WHERE resource_type = ");
    statement
        .small(type_number(demand.resource_type))
        .sql(" AND profile = ")
        .bind(Bind::Text(demand.profile.clone()));
    statement.sql(" AND facility = ").bind(Bind::Text(facility(demand)));
    statement
}

fn facility(demand: &Demand) -> String {
    demand.facility.clone().unwrap_or_default()
}

/// The generation.
pub(super) fn generation() -> Statement {
    Statement::new("SELECT g.generation FROM package_generation g WHERE g.id = 1")
}

/// The next generation. Its row is locked until the end of the transaction, so generations become visible in order.
pub(super) fn next_generation() -> Statement {
    Statement::new("UPDATE package_generation SET generation = generation + 1 WHERE id = 1")
}
