//! The result codes, from `definitions/card_result_codes.csv`.

use std::sync::LazyLock;

/// What a result means for who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardClass {
    /// The card is good.
    Valid,
    /// The card is good still, and a new one is there.
    ValidWithNewCard,
    /// The card is no longer good, and a new one is there.
    ExpiredWithNewCard,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Its holder no longer takes part, or takes part elsewhere.
    Reduced,
    /// No such card.
    NotFound,
    /// A field of the question differs.
    Mismatch,
    /// A child who shows no card, and is insured.
    ChildWithoutCard,
    /// Our own question or log-in is at fault.
    Operator,
    /// Their server is at fault.
    Retry,
}

impl CardClass {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "valid" => Self::Valid,
            "valid-with-new-card" => Self::ValidWithNewCard,
            "expired-with-new-card" => Self::ExpiredWithNewCard,
            "expired" => Self::Expired,
            "revoked" => Self::Revoked,
            "reduced" => Self::Reduced,
            "not-found" => Self::NotFound,
            "mismatch" => Self::Mismatch,
            "child-without-card" => Self::ChildWithoutCard,
            "operator" => Self::Operator,
            "retry" => Self::Retry,
            _ => return None,
        })
    }

    /// Whether the fund pays, by this card or by the new one.
    pub fn is_covered(self) -> bool {
        matches!(
            self,
            Self::Valid | Self::ValidWithNewCard | Self::ExpiredWithNewCard | Self::ChildWithoutCard
        )
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardResult {
    /// `maKetQua`.
    pub code: String,
    /// What it means, in Vietnamese.
    pub meaning_vi: String,
    /// In English.
    pub meaning_en: String,
    /// What follows.
    pub class: CardClass,
}

static RESULTS: LazyLock<Vec<CardResult>> = LazyLock::new(|| {
    let text = include_str!("../../definitions/card_result_codes.csv");
    text.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect()
});

fn row(line: &str) -> Option<CardResult> {
    let mut fields = line.split(';').map(str::to_owned);
    let (code, meaning_vi, meaning_en) = (fields.next()?, fields.next()?, fields.next()?);
    Some(CardResult { code, meaning_vi, meaning_en, class: CardClass::named(&fields.next()?)? })
}

/// All results.
pub fn card_results() -> &'static [CardResult] {
    &RESULTS
}

/// The result of a code.
pub(super) fn result_of(code: &str) -> Option<&'static CardResult> {
    RESULTS.iter().find(|result| result.code == code)
}
