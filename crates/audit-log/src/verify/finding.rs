//! What can be wrong, in words.

use fhir::Instant;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::tree::TreeHead;

/// Something that is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// The first position that it concerns.
    pub first: u64,
    /// The position behind the last one that it can concern, where that is known. One more than `first` names one
    /// entry; else the wrong entry, or the first of several, is anywhere between.
    pub end: Option<u64>,
    /// The number of the checkpoint that shows it, counted from 0 in the order in which they came.
    pub checkpoint: Option<u64>,
}

impl Finding {
    /// The first position that it concerns. A checkpoint that is not signed concerns none: of it `first` only says where
    /// it stands.
    pub fn position(&self) -> Option<u64> {
        (!matches!(self.kind, Kind::Checkpoint | Kind::GivenUp)).then_some(self.first)
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Kind {
    Entry,
    Form,
    BlockRoot,
    Node,
    Missing,
    OutOfOrder,
    EntryOrder,
    Unreadable,
    Checkpoint,
    GivenUp,
    CheckpointOrder,
    Signed,
    CutOff,
    KnownDiffers,
    RolledBack,
    Unsigned,
    FileForm,
    FileKey,
    NotIncluded,
    Readable,
    NotExtended,
    OtherSize,
}

impl From<CheckpointError> for Kind {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::GivenUp => Self::GivenUp,
            CheckpointError::Form | CheckpointError::OtherLog | CheckpointError::Note(_) => Self::Checkpoint,
        }
    }
}

impl Kind {
    /// In English and in Vietnamese.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Self::Entry => ["an entry is not as it was written", "một mục không còn như khi được ghi"],
            Self::Form => {
                ["a block is not written in the one way", "một khối không đúng dạng chuẩn duy nhất"]
            }
            Self::BlockRoot => [
                "the stored root of a block is not that of its entries",
                "gốc đã lưu của một khối không khớp với các mục của khối",
            ],
            Self::Node => [
                "a stored node does not follow from the entries",
                "một nút đã lưu của cây không khớp với các mục",
            ],
            Self::Missing => ["entries are missing", "thiếu một số mục"],
            Self::OutOfOrder => ["a block stands where it does not belong", "một khối nằm sai vị trí"],
            Self::EntryOrder => [
                "the entry is there twice, or stands behind a later one",
                "mục xuất hiện hai lần hoặc đứng sau một mục muộn hơn",
            ],
            Self::Unreadable => {
                ["the log cannot be read from here on", "không đọc được nhật ký từ vị trí này"]
            }
            Self::Checkpoint => [
                "a checkpoint is not one that the key of the log has signed",
                "một điểm kiểm tra không phải do khóa của nhật ký ký",
            ],
            Self::GivenUp => [
                "a checkpoint was signed by a key that had been given up before: others have that key, or the log was set back",
                "một điểm kiểm tra do một khóa đã bị thay trước đó ký: khóa bị lộ, hoặc nhật ký đã bị lùi lại",
            ],
            Self::CheckpointOrder => [
                "a checkpoint goes back in size or time",
                "một điểm kiểm tra có kích thước nhỏ hơn hoặc thời gian sớm hơn điểm trước đó",
            ],
            Self::Signed => {
                ["the entries are not those that were signed", "các mục không phải là những mục đã được ký"]
            }
            Self::CutOff => [
                "the log ends before the last entry that was signed",
                "nhật ký kết thúc trước mục cuối cùng đã được ký",
            ],
            Self::KnownDiffers => [
                "the log is not the one that was published or shown before",
                "nhật ký không phải là nhật ký đã được công bố hoặc cho xem trước đây",
            ],
            Self::RolledBack => [
                "the log ends before what was published or shown before",
                "nhật ký kết thúc trước phần đã được công bố hoặc cho xem trước đây",
            ],
            Self::Unsigned => [
                "entries of more than ten minutes are in no checkpoint",
                "các mục kéo dài hơn mười phút không thuộc điểm kiểm tra nào",
            ],
            Self::FileForm => [
                "the file is none of a log, or is not written in the one way",
                "tệp không phải là tệp của nhật ký, hoặc không đúng dạng chuẩn duy nhất",
            ],
            Self::FileKey => ["the file names another log or key", "tệp nêu một nhật ký hoặc một khóa khác"],
            Self::NotIncluded => {
                ["the entry is not in the log that was signed", "mục không có trong nhật ký đã được ký"]
            }
            Self::Readable => [
                "the readable text is not that of the entry",
                "phần văn bản đọc được không phải là nội dung của mục",
            ],
            Self::NotExtended => {
                ["the log does not begin with the older one", "nhật ký không bắt đầu bằng nhật ký cũ hơn"]
            }
            Self::OtherSize => [
                "the proof is not for the size of its checkpoint",
                "bằng chứng không dành cho kích thước của điểm kiểm tra đi kèm",
            ],
        }
    }
}

/// An entry that is older than it should be where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Where it is.
    pub position: u64,
    /// When it says that it was.
    pub time: Instant,
    /// The time of the last checkpoint that does not hold it.
    pub checkpoint: Instant,
}

/// What the log says of checkpoints that are known from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownReport {
    /// The log holds these.
    pub held: Vec<Checkpoint>,
    /// The log is another one at their size, or ends before it: there is a finding for it.
    pub refuted: Vec<Checkpoint>,
    /// These were not compared, because entries are missing or damaged there, or the log was not verified from its
    /// beginning on.
    pub not_compared: Vec<Checkpoint>,
    /// As many notes are not such that the key of the log has signed them. That is wrong, but at no position.
    pub unsigned: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were there.
    pub entries: u64,
    /// Checkpoints that the key has signed.
    pub checkpoints: u64,
    /// Checkpoints that are known from elsewhere.
    pub known: KnownReport,
    /// Of the log's own checkpoints, those that were not compared with the entries, because entries are missing or
    /// damaged there.
    pub not_compared: u64,
    /// The entries before this position are those that were signed, but for what `findings` says.
    pub confirmed: u64,
    /// The last checkpoint of the log.
    pub last: Option<Checkpoint>,
    /// All that was there, with what was known to be before it; none where something is missing within.
    pub head: Option<TreeHead>,
    /// Entries behind it, which nothing protects yet.
    pub waiting: u64,
    /// What is wrong, by position; at most [`super::MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Findings that are not listed.
    pub more_findings: u64,
    /// Entries that came late; at most [`super::MOST_FINDINGS`]. That can be honest.
    pub late: Vec<Late>,
    /// Late entries that are not listed.
    pub more_late: u64,
}

impl Report {
    /// Whether nothing is wrong. Late entries are for people to judge.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.known.unsigned == 0
    }

    /// The finding with the first position.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    pub(super) fn add(&mut self, kind: Kind, first: u64, end: Option<u64>, checkpoint: Option<u64>) {
        if self.findings.len() < super::MOST_FINDINGS {
            self.findings.push(Finding { kind, first, end, checkpoint });
        } else {
            self.more_findings += 1;
        }
    }

    pub(super) fn add_late(&mut self, late: Late) {
        if self.late.len() < super::MOST_FINDINGS {
            self.late.push(late);
        } else {
            self.more_late += 1;
        }
    }
}
