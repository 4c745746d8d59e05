//! Equality of JSON values as RFC 6902, section 4.6 defines it: numbers by value, objects without regard to order.

use std::collections::HashMap;

use json::{Node, Value};

use crate::number::same_number;

/// Above this many members names are looked up in a table.
const FEW: usize = 16;

/// Whether two values are equal. The work is proportional to the smaller one.
pub(crate) fn equal(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => true,
        (Value::Boolean(one), Value::Boolean(other)) => one == other,
        (Value::Number(one), Value::Number(other)) => same_number(one, other),
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(members), Value::Object(others)) => {
            if members.len() != others.len() {
                return false;
            }
            if members.len() <= FEW {
                return members
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)));
            }
            let others: HashMap<&str, &Node<'_>> =
                others.iter().map(|(name, value)| (name.as_ref(), value)).collect();
            members
                .iter()
                .all(|(name, value)| others.get(name.as_ref()).is_some_and(|other| equal(value, other)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_digits_do_not_count_but_types_do() {
        let parse = |text: &'static str| json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        for (one, other, same) in [
            (r#"{"a":1,"b":[1.0,"x"]}"#, r#"{"b":[1,"x"],"a":1.00}"#, true),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, false),
            (r#"{"a":1}"#, r#"{"b":1}"#, false),
            ("[1,2]", "[2,1]", false),
            ("null", "false", false),
            ("1", "\"1\"", false),
            ("[]", "{}", false),
            ("\"\\u0111\"", "\"đ\"", true),
        ] {
            assert_eq!(equal(&parse(one), &parse(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn large_objects_are_compared_too() {
        let text = |names: &mut dyn Iterator<Item = usize>| {
            let members: Vec<String> = names.map(|name| format!("\"m{name}\":{name}")).collect();
            format!("{{{}}}", members.join(","))
        };
        let (up, down) = (text(&mut (0..1000)), text(&mut (0..1000).rev()));
        let other = text(&mut (1..1001));
        let [up, down, other] =
            [&up, &down, &other].map(|text| json::parse(text.as_bytes(), &json::Limits::default()).unwrap());
        assert!(equal(&up, &down));
        assert!(!equal(&up, &other));
    }
}
