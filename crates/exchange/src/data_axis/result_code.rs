//! The result codes of the axis (`national/code-lists/data-axis-results.csv`), with their words.

/// What is answered, or has come of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultCode {
    /// `CM_SUCCESS`
    Accepted,
    /// `CM_INVALID_REQUEST`
    InvalidRequest,
    /// `CM_AUTH_ACCOUNT_FAIL`
    AccountFail,
    /// `CM_AUTH_PERMISSION`
    Permission,
    /// `CM_AUTH_EXPIRED`
    Expired,
    /// `PS_DS_RSA_SIGNATURE_INVALID`
    SignatureInvalid,
    /// `PS_DS_RSA_SIGNATURE_MISSING`
    SignatureMissing,
    /// `PS_DS_CA_SIGNATURE_INVALID`
    FileSignatureInvalid,
    /// `PS_DS_CA_SIGNATURE_MISSING`
    FileSignatureMissing,
    /// `PS_DS_VERIFY_SUCCESS`
    Verified,
    /// `PS_DS_VERIFY_FAIL`
    VerifyFail,
    /// `PS_DS_SAVE_SUCCESS`
    Saved,
    /// `PS_DS_SAVE_FAIL`
    SaveFail,
    /// `PS_SYNC_SUCCESS`
    Synchronised,
    /// `PS_SIGNATURE_INVALID`
    OldSignatureInvalid,
}

impl ResultCode {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 15] = [
        Self::Accepted,
        Self::InvalidRequest,
        Self::AccountFail,
        Self::Permission,
        Self::Expired,
        Self::SignatureInvalid,
        Self::SignatureMissing,
        Self::FileSignatureInvalid,
        Self::FileSignatureMissing,
        Self::Verified,
        Self::VerifyFail,
        Self::Saved,
        Self::SaveFail,
        Self::Synchronised,
        Self::OldSignatureInvalid,
    ];

    /// Code, English, Vietnamese.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Accepted => ("CM_SUCCESS", "the request is accepted", "Yêu cầu đã được tiếp nhận"),
            Self::InvalidRequest => (
                "CM_INVALID_REQUEST",
                "the request is not up to the standard",
                "Dữ liệu đầu vào không đúng chuẩn",
            ),
            Self::AccountFail => {
                ("CM_AUTH_ACCOUNT_FAIL", "wrong user or password", "Sai tên đăng nhập hoặc mật khẩu")
            }
            Self::Permission => (
                "CM_AUTH_PERMISSION",
                "the token does not hold, or not for this",
                "Mã truy cập không hợp lệ hoặc không có quyền",
            ),
            Self::Expired => ("CM_AUTH_EXPIRED", "the token is over", "Mã truy cập đã hết hạn"),
            Self::SignatureInvalid => (
                "PS_DS_RSA_SIGNATURE_INVALID",
                "the signature of the checksum does not hold",
                "Chữ ký của mã kiểm tra không hợp lệ",
            ),
            Self::SignatureMissing => (
                "PS_DS_RSA_SIGNATURE_MISSING",
                "the signature of the checksum is missing",
                "Thiếu chữ ký của mã kiểm tra",
            ),
            Self::FileSignatureInvalid => (
                "PS_DS_CA_SIGNATURE_INVALID",
                "the digital signature of the file does not hold",
                "Chữ ký số của tệp không hợp lệ",
            ),
            Self::FileSignatureMissing => {
                ("PS_DS_CA_SIGNATURE_MISSING", "the file is not signed", "Tệp chưa được ký số")
            }
            Self::Verified => {
                ("PS_DS_VERIFY_SUCCESS", "the identity is verified", "Định danh đã được xác thực")
            }
            Self::VerifyFail => (
                "PS_DS_VERIFY_FAIL",
                "the identity is not verified: correct the data and send it again",
                "Chưa xác thực được định danh: đề nghị sửa dữ liệu và gửi lại",
            ),
            Self::Saved => ("PS_DS_SAVE_SUCCESS", "the file is stored", "Tệp đã được lưu trữ thành công"),
            Self::SaveFail => {
                ("PS_DS_SAVE_FAIL", "the file could not be stored", "Lưu trữ tệp không thành công")
            }
            Self::Synchronised => ("PS_SYNC_SUCCESS", "synchronised", "Đồng bộ thành công"),
            Self::OldSignatureInvalid => {
                ("PS_SIGNATURE_INVALID", "the signature does not hold", "Chữ ký không hợp lệ")
            }
        }
    }

    /// The code of the list.
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// For people who read English.
    pub fn english(self) -> &'static str {
        self.words().1
    }

    /// For people who read Vietnamese.
    pub fn vietnamese(self) -> &'static str {
        self.words().2
    }

    /// Whether it is good news.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Accepted | Self::Verified | Self::Saved | Self::Synchronised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_list() {
        let list = include_str!("../../../../national/code-lists/data-axis-results.csv");
        let listed: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(ResultCode::ALL.map(ResultCode::code).to_vec(), listed);
    }
}
