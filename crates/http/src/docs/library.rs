//! The documents that are served: the same files as in the repository.

use ::web::DocumentLink;

/// A document with its text.
pub(super) struct Document {
    pub(super) link: DocumentLink,
    text: &'static str,
}

macro_rules! document {
    ($name:literal, $file:literal, $vietnamese:literal, $english:literal) => {
        Document {
            link: DocumentLink { name: $name, vietnamese: $vietnamese, english: $english },
            text: include_str!(concat!("../../../../docs/", $file)),
        }
    };
}

/// The guide to clients, and the clients themselves as they are tested.
const CLIENTS: &str = concat!(
    include_str!("../../../../docs/guides/clients.md"),
    "\n## curl\n\n```sh\n",
    include_str!("../../../../tests/clients/visit.sh"),
    "```\n\n## fhirpy\n\n```python\n",
    include_str!("../../../../tests/clients/visit.py"),
    "```\n\n## fhir-kit-client\n\n```ts\n",
    include_str!("../../../../tests/clients/visit_fhir_kit_client.mts"),
    "```\n\n## fhirclient\n\n```ts\n",
    include_str!("../../../../tests/clients/visit_fhirclient.mts"),
    "```\n",
);

/// A page each, for whoever begins.
pub(super) const GUIDES: &[Document] = &[
    document!("start", "guides/start.md", "Bắt đầu trong năm phút", "A start in five minutes"),
    document!("find-a-person", "guides/find-a-person.md", "Tìm một người", "Find a person"),
    document!("read-a-book", "guides/read-a-book.md", "Đọc một cuốn sổ", "Read a book"),
    document!("write-a-visit", "guides/write-a-visit.md", "Ghi một lượt khám", "Write a visit"),
    document!("citizen", "guides/citizen.md", "Đăng nhập với tư cách người dân", "Sign in as a citizen"),
    document!("system", "guides/system.md", "Đăng nhập với tư cách hệ thống", "Sign in as a system"),
    document!("retries", "guides/retries.md", "Thử lại và xử lý lỗi", "Retries and errors"),
    Document {
        link: DocumentLink {
            name: "clients",
            vietnamese: "Chương trình mẫu chạy được",
            english: "Clients that work",
        },
        text: CLIENTS,
    },
    document!("operating", "guides/operating.md", "Vận hành máy chủ", "Operating a server"),
    document!("versioning", "guides/versioning.md", "Phiên bản của giao diện", "Versions of the contract"),
];

/// What is promised, topic by topic.
pub(super) const PROMISES: &[Document] = &[
    document!("contract", "contract.md", "Giao diện", "The contract"),
    document!("search", "search.md", "Tìm kiếm", "Search"),
    document!("validation", "validation.md", "Kiểm tra tính hợp lệ", "Validity"),
    document!("sign-in", "sign-in.md", "Đăng nhập", "Signing in"),
    document!("access", "access.md", "Quyền truy cập", "Access"),
    document!("permission-matrix", "permission-matrix.md", "Bảng quyền", "The permission matrix"),
    document!("sharing", "sharing.md", "Chia sẻ", "Sharing"),
    document!(
        "station-pages",
        "station-pages.md",
        "Các trang của trạm y tế",
        "The pages of a health station"
    ),
    document!("book-pages", "book-pages.md", "Các trang của sổ", "The pages of the book"),
    document!("access-log", "access-log.md", "Nhật ký truy cập", "The log of accesses"),
    document!("notices", "notices.md", "Thông báo", "Notices"),
    document!("provenance", "provenance.md", "Nguồn gốc", "Provenance"),
];

const ERRORS: &str = include_str!("../../../../docs/errors.md");

/// The text of a document.
pub(super) fn text(name: &str) -> Option<&'static str> {
    if name == "errors" {
        return Some(ERRORS);
    }
    GUIDES.iter().chain(PROMISES).find(|it| it.link.name == name).map(|it| it.text)
}
