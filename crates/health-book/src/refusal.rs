//! Why an act was refused: the rules of sharing, with their status and their text in two languages.

use fhir::Fault;
use interactions::Problem;

/// A rule that an act broke. The code is part of the contract (`docs/sharing.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A code that does not hold, for whatever reason.
    WrongCode,
    /// Too many living codes.
    TooManyCodes,
    /// The citizen has closed the book to this facility.
    Blocked,
    /// Too many tries.
    Throttled,
    /// The new end is not an earlier one.
    NotShorter,
    /// The new end is too far away.
    TooLong,
    /// This kind of relation has a fixed end.
    NotExtendable,
    /// An emergency access was renewed as often as it may be.
    NoRenewal,
    /// The review is done.
    Reviewed,
    /// No person has this number and birth date.
    NoSuchPerson,
    /// This person cannot be the other side.
    NotPossible,
    /// Too many delegations live.
    TooManyDelegations,
    /// The second officer must be another one.
    SecondOfficer,
    /// The facility is not known.
    NoSuchFacility,
    /// The person is replaced already.
    AlreadyMerged,
    /// The two are not one person now.
    NotMerged,
    /// A verified person is replaced by the registry's word only.
    RegistryOnly,
    /// One of the two is under the location shield.
    ShieldDiffers,
    /// Nothing is proposed yet.
    NothingProposed,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::WrongCode,
        Self::TooManyCodes,
        Self::Blocked,
        Self::Throttled,
        Self::NotShorter,
        Self::TooLong,
        Self::NotExtendable,
        Self::NoRenewal,
        Self::Reviewed,
        Self::NoSuchPerson,
        Self::NotPossible,
        Self::TooManyDelegations,
        Self::SecondOfficer,
        Self::NoSuchFacility,
        Self::AlreadyMerged,
        Self::NotMerged,
        Self::RegistryOnly,
        Self::ShieldDiffers,
        Self::NothingProposed,
    ];

    /// Status, code, English and Vietnamese text.
    fn parts(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::WrongCode => (
                404,
                "wrong-code",
                "the code does not hold: wrong, used, or over",
                "mã không có hiệu lực: sai, đã dùng hoặc đã hết hạn",
            ),
            Self::TooManyCodes => (
                409,
                "too-many-codes",
                "too many codes live: use one or wait until they are over",
                "đang có quá nhiều mã còn hiệu lực: hãy dùng hoặc đợi mã hết hạn",
            ),
            Self::Blocked => (
                409,
                "blocked",
                "the citizen has closed the book to this facility and must lift that first",
                "người dân đã chặn cơ sở này xem sổ và cần gỡ chặn trước",
            ),
            Self::Throttled => {
                (429, "throttled", "too many tries: wait some minutes", "thử quá nhiều lần: hãy đợi ít phút")
            }
            Self::NotShorter => (
                422,
                "not-shorter",
                "the new end must be later than now and earlier than the present one",
                "thời điểm kết thúc mới phải sau hiện tại và sớm hơn thời điểm đang có",
            ),
            Self::TooLong => (
                422,
                "too-long",
                "the end must be later than now, later than the start, and within the limit",
                "thời điểm kết thúc phải sau hiện tại, sau lúc bắt đầu và trong giới hạn",
            ),
            Self::NotExtendable => (
                422,
                "not-extendable",
                "a relation of this kind cannot be extended",
                "quan hệ loại này không gia hạn được",
            ),
            Self::NoRenewal => (
                409,
                "no-renewal",
                "the emergency access was renewed as often as it may be",
                "quyền truy cập cấp cứu đã gia hạn đủ số lần cho phép",
            ),
            Self::Reviewed => (409, "reviewed", "the review is done already", "việc rà soát đã hoàn tất"),
            Self::NoSuchPerson => (
                404,
                "no-such-person",
                "no person has this number and this birth date",
                "không có người nào mang số và ngày sinh này",
            ),
            Self::NotPossible => (
                422,
                "not-possible",
                "the rules do not allow this for this person",
                "quy định không cho phép việc này với người này",
            ),
            Self::TooManyDelegations => (
                409,
                "too-many-delegations",
                "as many delegations live as may: end one first",
                "đã đủ số ủy quyền tối đa: hãy kết thúc một ủy quyền trước",
            ),
            Self::SecondOfficer => (
                409,
                "second-officer",
                "another officer must confirm what the first one asked for",
                "người xác nhận phải là cán bộ khác với người đề nghị",
            ),
            Self::NoSuchFacility => (
                422,
                "no-such-facility",
                "the facility is not in the directory",
                "cơ sở không có trong danh bạ",
            ),
            Self::AlreadyMerged => (
                409,
                "already-merged",
                "the person is replaced by another already",
                "hồ sơ người này đã được thay bằng hồ sơ khác",
            ),
            Self::NotMerged => (
                409,
                "not-merged",
                "the two are not merged now, or not in this direction",
                "hai hồ sơ hiện không được gộp, hoặc không theo chiều này",
            ),
            Self::RegistryOnly => (
                422,
                "registry-only",
                "a person with a verified number is merged and parted by the population registry only",
                "người đã xác thực số định danh chỉ được gộp hoặc tách theo cơ sở dữ liệu dân cư",
            ),
            Self::ShieldDiffers => (
                409,
                "shield-differs",
                "the two must agree about the location shield first",
                "trước hết hai hồ sơ phải giống nhau về chế độ che nơi ở",
            ),
            Self::NothingProposed => (
                409,
                "nothing-proposed",
                "a decision must be proposed before another officer confirms it",
                "phải có đề nghị trước khi cán bộ khác xác nhận",
            ),
        }
    }

    /// The code.
    pub fn code(self) -> &'static str {
        self.parts().1
    }
}

impl From<Rule> for Problem {
    fn from(rule: Rule) -> Self {
        let (status, code, english, vietnamese) = rule.parts();
        let [rule, english, vietnamese] = [code, english, vietnamese].map(str::to_owned);
        Self::new(status, Fault::Sharing { rule, english, vietnamese })
    }
}

/// A member of the body that is missing.
pub(crate) fn missing(name: &str) -> Problem {
    Problem::new(422, Fault::OperationParameterMissing { name: name.to_owned() })
}

/// A member of the body that cannot be what it says.
pub(crate) fn wrong(name: &str) -> Problem {
    Problem::new(422, Fault::OperationParameterValue { name: name.to_owned() })
}

/// What must not happen.
pub(crate) fn internal() -> Problem {
    Problem::new(500, Fault::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_code_of_its_own_and_both_languages() {
        let mut codes: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            let problem = Problem::from(rule);
            assert!((400..500).contains(&problem.status), "{rule:?}");
            let fault = &problem.issues[0].fault;
            assert!(fault.english().contains(rule.code()) && fault.vietnamese().contains(rule.code()));
            assert_ne!(fault.english(), fault.vietnamese());
        }
    }
}
