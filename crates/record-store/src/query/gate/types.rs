//! The test of a row's type.

use access::TypeSet;
use fhir::ResourceType;

use crate::statement::Statement;
use crate::stored::type_number;

/// Types that are listed; of more each is a bit of a number.
const LISTED: usize = 2;
/// Types of one number: none of its bits is the sign.
const BITS: i16 = 62;

/// Appends that a type is of a set: part of the text, for the sets are the policy's and no values. SQLite builds a table of a
/// list of more than two each time that a statement runs, which for most of the types takes longer than what they are asked of.
pub(super) fn is_one_of(statement: &mut Statement, kind: &str, types: &TypeSet) {
    let numbers: Vec<i16> = types.iter().map(type_number).collect();
    if numbers.is_empty() {
        statement.sql("1 = 0");
        return;
    }
    if numbers.len() <= LISTED {
        statement.pieces_of(&[kind, " IN ("]);
        for (index, number) in numbers.iter().enumerate() {
            statement.text(format_args!("{}{number}", if index > 0 { "," } else { "" }));
        }
        statement.sql(")");
        return;
    }
    let count = ResourceType::all().map(type_number).max().unwrap_or_default() / BITS + 1;
    statement.sql("(CASE");
    for part in 0..count {
        let first = part * BITS;
        let of_part = numbers.iter().filter(|number| **number / BITS == part);
        let mask = of_part.fold(0_i64, |mask, number| mask | 1 << (number - first));
        let next = first + BITS;
        let when = format_args!(" WHEN {kind} < {next} THEN CAST({mask} AS BIGINT) >> ({kind} - {first})");
        statement.text(when);
    }
    statement.sql(" ELSE 0 END & 1) = 1");
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::SmallInt;
    use test_support::TestDatabase;

    use super::*;
    use crate::plans_tests::ALONE;
    use crate::store::select;
    use crate::{Store, StoreSettings};

    #[tokio::test(flavor = "multi_thread")]
    async fn each_type_is_of_a_set_or_not_as_the_set_says() {
        let _alone = ALONE.lock().await;
        let all: Vec<ResourceType> = ResourceType::all().collect();
        let every = |step: usize| all.iter().copied().step_by(step).collect::<TypeSet>();
        let but = |one: usize| TypeSet::ALL.without(&[all[one]].into_iter().collect());
        let few = |count: usize| all.iter().rev().copied().take(count).collect::<TypeSet>();
        let mut sets =
            vec![TypeSet::NONE, TypeSet::ALL, every(2), every(7), every(61), few(1), few(2), few(3)];
        // On both sides of where one number ends and the next begins.
        sets.extend([0, 61, 62, 123, 124, all.len() - 1].map(but));
        for database in TestDatabase::each() {
            let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
            for (set, not) in sets.iter().flat_map(|set| [(set, false), (set, true)]) {
                let mut statement = Statement::new("SELECT v.kind FROM (");
                for (index, kind) in all.iter().enumerate() {
                    let union = if index > 0 { " UNION ALL " } else { "" };
                    statement
                        .text(format_args!("{union}SELECT CAST({} AS SMALLINT) AS kind", type_number(*kind)));
                }
                statement.sql(if not { ") v WHERE NOT " } else { ") v WHERE 1 = 1 AND " });
                is_one_of(&mut statement, "v.kind", set);
                statement.sql(" ORDER BY v.kind");
                let rows: Result<Vec<(i16,)>, crate::StoreError> =
                    async { select!(store, statement, (SmallInt,)) }.await;
                let found: Vec<i16> = rows.unwrap().into_iter().map(|(kind,)| kind).collect();
                let expected = all.iter().filter(|kind| set.contains(**kind) != not);
                assert_eq!(
                    found,
                    expected.map(|kind| type_number(*kind)).collect::<Vec<_>>(),
                    "{set:?}, {not}"
                );
            }
            store.close().await;
        }
    }
}
