//! The functions of the language: their names and how many arguments they take.

/// A function. What each does is in the `evaluate` modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Aggregate,
    All,
    AllFalse,
    AllTrue,
    AnyFalse,
    AnyTrue,
    Ceiling,
    Children,
    Combine,
    Comparable,
    ConformsTo,
    Contains,
    ConvertsToBoolean,
    ConvertsToDate,
    ConvertsToDateTime,
    ConvertsToDecimal,
    ConvertsToInteger,
    ConvertsToQuantity,
    ConvertsToString,
    ConvertsToTime,
    Count,
    Decode,
    Descendants,
    Distinct,
    Empty,
    Encode,
    EndsWith,
    Escape,
    Exclude,
    Exists,
    Exp,
    Extension,
    First,
    Floor,
    GetValue,
    HasValue,
    HighBoundary,
    HtmlChecks,
    Iif,
    IndexOf,
    Intersect,
    IsDistinct,
    Join,
    Last,
    LastIndexOf,
    Length,
    Ln,
    Log,
    LowBoundary,
    Lower,
    Matches,
    MatchesFull,
    MemberOf,
    Not,
    Now,
    Power,
    Precision,
    Repeat,
    Replace,
    ReplaceMatches,
    Resolve,
    Round,
    Select,
    Single,
    Skip,
    Sort,
    Split,
    Sqrt,
    StartsWith,
    SubsetOf,
    Substring,
    SupersetOf,
    Tail,
    Take,
    TimeOfDay,
    ToBoolean,
    ToChars,
    ToDate,
    ToDateTime,
    ToDecimal,
    ToInteger,
    ToQuantity,
    ToString,
    ToTime,
    Today,
    Trace,
    Trim,
    Truncate,
    Type,
    Unescape,
    Union,
    Upper,
    Where,
}

/// Name, function, fewest and most arguments.
type Row = (&'static str, Function, u8, u8);

const FUNCTIONS: [Row; 94] = [
    ("abs", Function::Abs, 0, 0),
    ("aggregate", Function::Aggregate, 1, 2),
    ("all", Function::All, 1, 1),
    ("allFalse", Function::AllFalse, 0, 0),
    ("allTrue", Function::AllTrue, 0, 0),
    ("anyFalse", Function::AnyFalse, 0, 0),
    ("anyTrue", Function::AnyTrue, 0, 0),
    ("ceiling", Function::Ceiling, 0, 0),
    ("children", Function::Children, 0, 0),
    ("combine", Function::Combine, 1, 1),
    ("comparable", Function::Comparable, 1, 1),
    ("conformsTo", Function::ConformsTo, 1, 1),
    ("contains", Function::Contains, 1, 1),
    ("convertsToBoolean", Function::ConvertsToBoolean, 0, 0),
    ("convertsToDate", Function::ConvertsToDate, 0, 0),
    ("convertsToDateTime", Function::ConvertsToDateTime, 0, 0),
    ("convertsToDecimal", Function::ConvertsToDecimal, 0, 0),
    ("convertsToInteger", Function::ConvertsToInteger, 0, 0),
    ("convertsToQuantity", Function::ConvertsToQuantity, 0, 1),
    ("convertsToString", Function::ConvertsToString, 0, 0),
    ("convertsToTime", Function::ConvertsToTime, 0, 0),
    ("count", Function::Count, 0, 0),
    ("decode", Function::Decode, 1, 1),
    ("descendants", Function::Descendants, 0, 0),
    ("distinct", Function::Distinct, 0, 0),
    ("empty", Function::Empty, 0, 0),
    ("encode", Function::Encode, 1, 1),
    ("endsWith", Function::EndsWith, 1, 1),
    ("escape", Function::Escape, 1, 1),
    ("exclude", Function::Exclude, 1, 1),
    ("exists", Function::Exists, 0, 1),
    ("exp", Function::Exp, 0, 0),
    ("extension", Function::Extension, 1, 1),
    ("first", Function::First, 0, 0),
    ("floor", Function::Floor, 0, 0),
    ("getValue", Function::GetValue, 0, 0),
    ("hasValue", Function::HasValue, 0, 0),
    ("highBoundary", Function::HighBoundary, 0, 1),
    ("htmlChecks", Function::HtmlChecks, 0, 0),
    ("iif", Function::Iif, 2, 3),
    ("indexOf", Function::IndexOf, 1, 1),
    ("intersect", Function::Intersect, 1, 1),
    ("isDistinct", Function::IsDistinct, 0, 0),
    ("join", Function::Join, 0, 1),
    ("last", Function::Last, 0, 0),
    ("lastIndexOf", Function::LastIndexOf, 1, 1),
    ("length", Function::Length, 0, 0),
    ("ln", Function::Ln, 0, 0),
    ("log", Function::Log, 1, 1),
    ("lowBoundary", Function::LowBoundary, 0, 1),
    ("lower", Function::Lower, 0, 0),
    ("matches", Function::Matches, 1, 1),
    ("matchesFull", Function::MatchesFull, 1, 1),
    ("memberOf", Function::MemberOf, 1, 1),
    ("not", Function::Not, 0, 0),
    ("now", Function::Now, 0, 0),
    ("power", Function::Power, 1, 1),
    ("precision", Function::Precision, 0, 0),
    ("repeat", Function::Repeat, 1, 1),
    ("replace", Function::Replace, 2, 2),
    ("replaceMatches", Function::ReplaceMatches, 2, 2),
    ("resolve", Function::Resolve, 0, 0),
    ("round", Function::Round, 0, 1),
    ("select", Function::Select, 1, 1),
    ("single", Function::Single, 0, 0),
    ("skip", Function::Skip, 1, 1),
    ("sort", Function::Sort, 0, 16),
    ("split", Function::Split, 1, 1),
    ("sqrt", Function::Sqrt, 0, 0),
    ("startsWith", Function::StartsWith, 1, 1),
    ("subsetOf", Function::SubsetOf, 1, 1),
    ("substring", Function::Substring, 1, 2),
    ("supersetOf", Function::SupersetOf, 1, 1),
    ("tail", Function::Tail, 0, 0),
    ("take", Function::Take, 1, 1),
    ("timeOfDay", Function::TimeOfDay, 0, 0),
    ("toBoolean", Function::ToBoolean, 0, 0),
    ("toChars", Function::ToChars, 0, 0),
    ("toDate", Function::ToDate, 0, 0),
    ("toDateTime", Function::ToDateTime, 0, 0),
    ("toDecimal", Function::ToDecimal, 0, 0),
    ("toInteger", Function::ToInteger, 0, 0),
    ("toQuantity", Function::ToQuantity, 0, 1),
    ("toString", Function::ToString, 0, 0),
    ("toTime", Function::ToTime, 0, 0),
    ("today", Function::Today, 0, 0),
    ("trace", Function::Trace, 1, 2),
    ("trim", Function::Trim, 0, 0),
    ("truncate", Function::Truncate, 0, 0),
    ("type", Function::Type, 0, 0),
    ("unescape", Function::Unescape, 1, 1),
    ("union", Function::Union, 1, 1),
    ("upper", Function::Upper, 0, 0),
    ("where", Function::Where, 1, 1),
];

impl Function {
    /// The function of that name with the range of its argument count.
    pub fn named(name: &str) -> Option<&'static Row> {
        FUNCTIONS.iter().find(|(known, ..)| *known == name)
    }

    /// The name in the language. The table stands in the order of the functions.
    pub fn name(self) -> &'static str {
        FUNCTIONS.get(self as usize).map_or("", |(name, ..)| name)
    }

    /// Whether the result depends on the order of the input.
    pub fn needs_order(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::Tail | Self::Skip | Self::Take)
    }

    /// Whether the order of the result is not defined by the language.
    pub fn loses_order(self) -> bool {
        matches!(self, Self::Children | Self::Descendants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_functions() {
        for (name, function, fewest, most) in &FUNCTIONS {
            assert_eq!(function.name(), *name);
            assert!(fewest <= most);
        }
    }
}
