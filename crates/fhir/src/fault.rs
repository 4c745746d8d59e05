//! The catalogue of everything this server can find wrong: code, kind, and the text in English and
//! Vietnamese. No text carries a value of a record; names that come from the caller are cut and cleaned.

use crate::fault_macro::catalogue;
use crate::{CatalogueEntry, IssueType};

impl Fault {
    /// The code system of the catalogue.
    pub const SYSTEM: &'static str = "urn:healthbook:fault";
}

/// A name that may come from the caller, made safe to be shown.
fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

catalogue! {
    /// Nothing is wrong.
    AllOk = "all-ok", Informational, "everything is in order", "mọi thứ đều hợp lệ";

    // The body as JSON.
    /// Not JSON.
    InvalidJson { rule, place } = "invalid-json", Structure,
        "the body is not valid JSON: {rule} ({place})", "nội dung không phải JSON hợp lệ: {rule} ({place})";
    /// No body.
    EmptyBody = "empty-body", Required, "the body is empty", "nội dung gửi lên trống";
    /// The body is not an object.
    NotAnObject = "not-an-object", Structure, "a resource is a JSON object", "tài nguyên phải là một đối tượng JSON";

    // The structure of a resource.
    /// `resourceType` is missing.
    NoResourceType = "resource-type-missing", Required, "resourceType is missing", "thiếu resourceType";
    /// `resourceType` is not of R4.
    UnknownResourceType { name } = "resource-type-unknown", NotSupported,
        "{name} is not a resource type of FHIR R4", "{name} không phải loại tài nguyên của FHIR R4";
    /// Another type than the URL says.
    WrongResourceType { expected } = "resource-type-mismatch", Invalid,
        "the resource must be of type {expected}", "tài nguyên phải thuộc loại {expected}";
    /// An element that the type does not have.
    UnknownElement { name } = "unknown-element", Structure,
        "the element {name} does not exist here", "phần tử {name} không tồn tại ở đây";
    /// Another JSON type than the element has.
    WrongJsonType { expected } = "wrong-json-type", Structure,
        "expected {expected}", "kiểu JSON sai, cần {expected}";
    /// A repeating element that is not an array.
    NotAnArray = "array-expected", Structure,
        "the element repeats: it must be an array", "phần tử lặp lại: phải là một mảng";
    /// A single element that is an array.
    UnexpectedArray = "array-unexpected", Structure,
        "the element does not repeat: it must not be an array", "phần tử không lặp lại: không được là mảng";
    /// An empty array, object or string, or null.
    EmptyValue = "empty-value", Structure,
        "an element may not be empty or null", "phần tử không được rỗng hoặc null";
    /// A required element is missing.
    MissingElement { name } = "required-element", Required,
        "the required element {name} is missing", "thiếu phần tử bắt buộc {name}";
    /// Two forms of one choice element.
    RepeatedChoice { name } = "choice-repeated", Structure,
        "only one of {name}[x] is allowed", "chỉ được dùng một dạng của {name}[x]";
    /// A primitive that does not follow its type.
    InvalidPrimitive { expected } = "primitive-format", Value,
        "the value does not have the format of {expected}", "giá trị không đúng định dạng {expected}";
    /// Extensions of another number of values.
    UnpairedExtensions = "primitive-extensions", Structure,
        "the array of extensions does not fit the array of values", "mảng phần mở rộng không khớp với mảng giá trị";
    /// Two contained resources with one id.
    RepeatedContained = "contained-repeated", Duplicate,
        "two contained resources have the same id", "hai tài nguyên chứa bên trong trùng id";
    /// A contained resource that contains others (R4 invariant dom-2).
    NestedContained = "contained-nested", Structure,
        "a contained resource may not contain others", "tài nguyên chứa bên trong không được chứa tài nguyên khác";
    /// An extension with value and extensions, or with neither (R4 invariant ext-1).
    ExtensionValue = "extension-value", Structure,
        "an extension has either a value or extensions", "phần mở rộng phải có hoặc giá trị, hoặc phần mở rộng con";
    /// XHTML that is not well-formed, or has what R4 does not allow (R4 invariants txt-1, txt-2).
    Narrative { rule } = "narrative", Invalid,
        "the narrative is not the XHTML that FHIR allows: {rule}", "phần diễn giải không phải XHTML mà FHIR cho phép: {rule}";

    // Validity beyond the structure.
    /// A reference to a type that the element does not allow.
    ReferenceTarget { allowed } = "reference-target", Value,
        "the reference must lead to {allowed}", "tham chiếu phải trỏ tới {allowed}";
    /// A text that is not a reference.
    ReferenceFormat = "reference-format", Value,
        "a reference is Type/id, an absolute url, a urn or #id", "tham chiếu phải là Loại/id, url tuyệt đối, urn hoặc #id";
    /// `#id` without a contained resource of that id.
    ContainedUnresolved = "contained-unresolved", NotFound,
        "no contained resource has this id", "không có tài nguyên chứa bên trong nào mang id này";
    /// A contained resource that nothing refers to (R4 invariant dom-3).
    ContainedUnused = "contained-unused", Invariant,
        "nothing refers to this contained resource", "không có gì tham chiếu tới tài nguyên chứa bên trong này";
    /// A contained resource with versions or security labels (R4 invariants dom-4, dom-5).
    ContainedMeta = "contained-meta", Invariant,
        "a contained resource has no meta.versionId, meta.lastUpdated or meta.security",
        "tài nguyên chứa bên trong không được có meta.versionId, meta.lastUpdated hay meta.security";
    /// A code outside of the value set of a required binding.
    CodeNotInValueSet { value_set } = "code-not-in-value-set", CodeInvalid,
        "the code is not in the value set {value_set}", "mã không thuộc tập giá trị {value_set}";
    /// A text without a code where a value set is required.
    CodeRequired { value_set } = "code-required", CodeInvalid,
        "a code of the value set {value_set} is required", "cần một mã thuộc tập giá trị {value_set}";
    /// A code that its code system does not have.
    CodeUnknown { system } = "code-unknown", CodeInvalid,
        "the code system {system} does not have this code", "hệ mã {system} không có mã này";
    /// A code that only holds others.
    CodeAbstract { system } = "code-abstract", CodeInvalid,
        "the code of {system} only groups others and is not to be chosen", "mã của {system} chỉ để gom nhóm, không được chọn";
    /// A code that may or may not be one: its system is not complete here.
    CodeUncertain { system } = "code-uncertain", CodeInvalid,
        "{system} is not complete here: it cannot be told whether it has this code",
        "{system} không đầy đủ ở đây: không thể biết có mã này hay không";
    /// A display that is not one of the code.
    DisplayWrong { system } = "display-differs", Invalid,
        "the display is not one of the code in {system}", "tên hiển thị không khớp với mã trong {system}";
    /// A rule of R4 or of a profile. The text of one language is printed with no width in the other.
    Invariant { key, english, vietnamese } = "invariant", Invariant,
        "rule {key}: {english}{vietnamese:.0}", "quy tắc {key}: {vietnamese}{english:.0}";
    /// An extension that changes the meaning and that no loaded package defines.
    ModifierUnknown = "modifier-unknown", NotSupported,
        "this modifier extension is not known here, so the meaning of the element is not",
        "không hiểu phần mở rộng thay đổi nghĩa này, nên không rõ nghĩa của phần tử";
    /// A claimed or wanted profile that is not loaded.
    ProfileUnknown { profile } = "profile-unknown", NotFound,
        "the profile {profile} is not loaded here and was not checked", "profile {profile} chưa được nạp nên không được kiểm tra";
    /// A profile of another type.
    ProfileType { profile } = "profile-type", Invalid,
        "the profile {profile} is for another type of resource", "profile {profile} dành cho loại tài nguyên khác";
    /// Fewer values than a profile demands.
    TooFew { name, least, profile } = "too-few", Required,
        "{name}: at least {least} needed (profile {profile})", "{name}: thiếu, cần ít nhất {least} (profile {profile})";
    /// More values than a profile allows.
    TooMany { name, most, profile } = "too-many", Structure,
        "{name}: at most {most} allowed (profile {profile})", "{name}: nhiều nhất {most} (profile {profile})";
    /// A type that a profile does not allow.
    TypeNotAllowed { allowed } = "type-not-allowed", Value,
        "the value must be of type {allowed}", "giá trị phải thuộc kiểu {allowed}";
    /// Another value than a profile fixes.
    FixedValue { wanted, profile } = "fixed-value", Value,
        "the value must be {wanted} (profile {profile})", "giá trị phải là {wanted} (profile {profile})";
    /// A value without what the pattern of a profile demands.
    PatternValue { wanted, profile } = "pattern-value", Value,
        "the value must contain {wanted} (profile {profile})", "giá trị phải chứa {wanted} (profile {profile})";
    /// A value that fits no slice where the profile closes the slicing, or that is out of order.
    SliceClosed { name, profile } = "slice-closed", Structure,
        "the value fits no allowed slice of {name} (profile {profile})", "giá trị không khớp lát cắt nào của {name} (profile {profile})";
    /// A text longer than a profile allows.
    TextTooLong { most } = "too-long", TooLong,
        "the text has more than {most} characters", "văn bản dài hơn {most} ký tự";
    /// A value below or above what a profile allows.
    ValueRange { profile } = "value-range", Value,
        "the value is outside of the range of the profile {profile}", "giá trị nằm ngoài khoảng cho phép của profile {profile}";
    /// An extension whose value is not what its definition says.
    ExtensionType { url, allowed } = "extension-type", Structure,
        "the value of the extension {url} must be of type {allowed}", "giá trị của phần mở rộng {url} phải thuộc kiểu {allowed}";
    /// An extension at a place where its definition does not allow it.
    ExtensionContext { url } = "extension-context", Structure,
        "the extension {url} is not allowed on this element", "phần mở rộng {url} không được dùng ở phần tử này";
    /// A resource whose judgement would take too long.
    JudgedTooCostly = "validation-too-costly", TooCostly,
        "the resource is too large or too entangled to be judged: divide it", "tài nguyên quá lớn hoặc quá rối để kiểm tra: hãy chia nhỏ";
    /// An identifier that does not have the format of its system.
    IdentifierFormat { rule, english, vietnamese } = "identifier-format", Value,
        "rule {rule}: {english}{vietnamese:.0}", "quy tắc {rule}: {vietnamese}{english:.0}";
    /// A reference in a Bundle that leads to no entry of it.
    BundleReference = "bundle-reference", NotFound,
        "the reference leads to no entry of the Bundle", "tham chiếu không trỏ tới mục nào trong Bundle";
    /// An entry of a document that nothing leads to.
    BundleUnreached = "bundle-unreached", Informational,
        "nothing in the document leads to this entry", "không có gì trong tài liệu dẫn tới mục này";
    /// A fullUrl that does not fit its resource, or none.
    BundleFullUrl = "bundle-full-url", Invalid,
        "the fullUrl is missing or is not the url of the resource", "thiếu fullUrl hoặc fullUrl không phải url của tài nguyên";

    // XML, patch, terminology, packages.
    /// Not XML, or not FHIR in XML.
    InvalidXml { rule, place } = "invalid-xml", Structure,
        "the body is not valid FHIR XML: {rule} ({place})", "nội dung không phải FHIR XML hợp lệ: {rule} ({place})";
    /// A patch that cannot be read.
    PatchFormat { rule } = "patch-format", Structure,
        "the patch cannot be read: {rule}", "không đọc được bản vá: {rule}";
    /// A patch whose path leads nowhere, or to more than one place.
    PatchPath = "patch-path", Processing,
        "the path of the operation does not lead to exactly one place", "đường dẫn của thao tác không dẫn tới đúng một chỗ";
    /// A position outside of the list.
    PatchPosition = "patch-position", Processing,
        "the position of the operation is outside of the list", "vị trí của thao tác nằm ngoài danh sách";
    /// A `test` that does not hold.
    PatchTest = "patch-test", Processing,
        "the test of the patch does not hold", "phép thử trong bản vá không đúng";
    /// A patch of what only the server sets.
    PatchProtected = "patch-protected", NotSupported,
        "the type, the id and the version of a resource cannot be patched", "không được vá loại, id và phiên bản của tài nguyên";
    /// An element that is added a second time.
    PatchExists { name } = "patch-exists", Processing,
        "the element {name} is there already and does not repeat", "phần tử {name} đã có và không được lặp lại";
    /// A patch that would take too much.
    PatchTooLarge = "patch-too-large", TooCostly,
        "the patch has too many operations, or makes the resource too large",
        "bản vá có quá nhiều thao tác, hoặc làm tài nguyên quá lớn";
    /// Content type of a patch.
    PatchContentType = "patch-content-type", NotSupported,
        "a patch must be application/json-patch+json, or Parameters as application/fhir+json or +xml",
        "bản vá phải là application/json-patch+json, hoặc Parameters dạng application/fhir+json hay +xml";
    /// A code system that is not here.
    CodeSystemUnknown { name } = "code-system-unknown", NotFound,
        "the code system {name} is not here", "không có hệ mã {name} ở đây";
    /// A concept map that is not here.
    ConceptMapUnknown { name } = "concept-map-unknown", NotFound,
        "the concept map {name} is not here", "không có bảng chuyển mã {name} ở đây";
    /// A code that is asked for and does not exist.
    CodeNotFound { system } = "code-not-found", NotFound,
        "the code system {system} does not have this code", "hệ mã {system} không có mã này";
    /// A parameter of an operation that is missing.
    OperationParameterMissing { name } = "operation-parameter-missing", Required,
        "the parameter {name} is missing", "thiếu tham số {name}";
    /// A parameter of an operation that cannot be read.
    OperationParameterValue { name } = "operation-parameter-value", Value,
        "the value of the parameter {name} cannot be read", "không đọc được giá trị của tham số {name}";
    /// An expansion that is too large, or that needs what is not here.
    ExpansionImpossible { name } = "expansion-impossible", TooCostly,
        "the value set {name} cannot be listed here: filter it, or load what it needs",
        "không liệt kê được tập giá trị {name}: hãy lọc, hoặc nạp phần nó cần";

    /// More issues were found than are shown.
    MoreIssues { count } = "more-issues", Informational,
        "{count} more issues are not shown", "còn {count} lỗi khác không hiển thị";

    // Ids, versions, references.
    /// Not a logical id.
    InvalidId = "id-format", Value,
        "an id has 1 to 64 of the characters A-Z a-z 0-9 - .", "id gồm 1 đến 64 ký tự A-Z a-z 0-9 - .";
    /// No id in a resource that is to be updated.
    MissingId = "id-missing", Required, "the resource must carry the id of the URL", "tài nguyên phải mang id của URL";
    /// Another id than the URL says.
    WrongId = "id-mismatch", Invalid,
        "the id of the resource is not the id of the URL", "id của tài nguyên khác id trong URL";
    /// A reference to nothing.
    DanglingReference = "reference-unresolved", NotFound,
        "the reference leads to no entry of the Bundle", "tham chiếu không trỏ tới mục nào trong Bundle";
    /// A conditional reference with no match.
    ConditionalReferenceNone = "reference-no-match", NotFound,
        "the conditional reference matches nothing", "tham chiếu có điều kiện không khớp tài nguyên nào";
    /// A conditional reference with several matches.
    ConditionalReferenceMany = "reference-many-matches", MultipleMatches,
        "the conditional reference matches more than one resource", "tham chiếu có điều kiện khớp nhiều tài nguyên";
    /// A conditional reference outside a transaction.
    ConditionalReferenceHere = "reference-conditional", NotSupported,
        "a conditional reference is allowed in a transaction only", "tham chiếu có điều kiện chỉ dùng trong transaction";

    // What is asked for.
    /// Not there, or not for this caller.
    NotFound = "not-found", NotFound, "the resource does not exist", "không có tài nguyên này";
    /// Deleted.
    Gone = "deleted", Deleted, "the resource was deleted", "tài nguyên đã bị xóa";
    /// No such version.
    NoSuchVersion = "version-not-found", NotFound, "the version does not exist", "không có phiên bản này";
    /// No such path.
    UnknownPath = "unknown-path", NotSupported, "nothing is at this path", "không có gì tại đường dẫn này";
    /// No such interaction on this path.
    WrongMethod { allowed } = "method-not-allowed", NotSupported,
        "the method is not allowed here; allowed: {allowed}", "phương thức không được phép; cho phép: {allowed}";
    /// No such operation.
    UnknownOperation { name } = "operation-unknown", NotSupported,
        "the operation {name} does not exist here", "không có thao tác {name} ở đây";
    /// Content type of the body.
    WrongContentType = "content-type", NotSupported,
        "the body must be application/fhir+json or application/fhir+xml",
        "nội dung phải là application/fhir+json hoặc application/fhir+xml";
    /// The parameters of a `POST _search`.
    WrongFormType = "form-type", NotSupported,
        "the parameters must be application/x-www-form-urlencoded in UTF-8",
        "tham số phải là application/x-www-form-urlencoded, mã UTF-8";
    /// The body ended in the middle.
    BodyBroken = "body-broken", Structure,
        "the body did not arrive whole", "nội dung không đến trọn vẹn";
    /// Content coding of the body.
    WrongContentEncoding = "content-encoding", NotSupported,
        "the body may be uncompressed or compressed with gzip", "nội dung chỉ được nén bằng gzip hoặc không nén";
    /// The compressed body cannot be read.
    BrokenCompression = "compression-broken", Structure,
        "the compressed body cannot be read", "không đọc được nội dung nén";
    /// Nothing acceptable can be answered.
    NotAcceptable = "not-acceptable", NotSupported,
        "the answer can be application/fhir+json or application/fhir+xml only",
        "chỉ trả lời được dạng application/fhir+json hoặc application/fhir+xml";
    /// A document that XML cannot hold.
    NotInXml = "not-in-xml", NotSupported,
        "this content cannot be written as XML: ask for JSON", "không viết được nội dung này thành XML: hãy dùng JSON";
    /// The body is larger than the limit.
    BodyTooLarge { limit } = "body-too-large", TooLong,
        "the body is larger than {limit} bytes", "nội dung lớn hơn {limit} byte";
    /// The body came too slowly.
    BodyTooSlow = "body-too-slow", Timeout, "the body did not arrive in time", "nội dung không đến kịp thời hạn";
    /// The query part of the URL is not percent-encoded UTF-8.
    InvalidQuery = "query-encoding", Value,
        "the parameters are not percent-encoded UTF-8", "tham số không được mã hóa phần trăm theo UTF-8";
    /// A header that cannot be read.
    InvalidHeader { name } = "header-format", Value,
        "the header {name} cannot be read", "không đọc được tiêu đề {name}";

    // Preconditions and conditional interactions.
    /// `If-Match` names another version.
    VersionConflict { current } = "version-conflict", Conflict,
        "the current version is {current}: read it and try again", "phiên bản hiện tại là {current}: hãy đọc lại rồi thử lại";
    /// `If-Match` for a resource that does not exist.
    NothingToMatch = "version-conflict-none", Conflict,
        "the resource does not exist, so no version can match", "tài nguyên không tồn tại nên không có phiên bản nào khớp";
    /// The id of a resource that the criteria do not match is in use.
    IdTaken = "id-taken", Conflict,
        "the criteria match nothing, but the id of the resource is in use by another one",
        "điều kiện không khớp tài nguyên nào, nhưng id của tài nguyên đã thuộc về tài nguyên khác";
    /// Criteria with several matches.
    MultipleMatches = "multiple-matches", MultipleMatches, "the criteria match more than one resource", "điều kiện khớp nhiều tài nguyên";
    /// Criteria that select nothing.
    NoCriteria = "criteria-missing", Required,
        "a conditional interaction needs at least one search parameter that is understood",
        "tương tác có điều kiện cần ít nhất một tham số tìm kiếm hiểu được";
    /// Others changed the answer to the criteria all the time.
    ConditionUnstable = "condition-unstable", Conflict,
        "others keep changing what the criteria match: try again", "dữ liệu khớp điều kiện đang thay đổi: hãy thử lại";
    /// A request whose first sending still runs.
    RequestRunning = "request-running", Conflict,
        "a request with this Idempotency-Key is still running", "yêu cầu mang Idempotency-Key này vẫn đang chạy";
    /// A key that was used for something else.
    IdempotencyKeyReused = "idempotency-key-reused", Invalid,
        "this Idempotency-Key was used for another request", "Idempotency-Key này đã dùng cho một yêu cầu khác";

    // Searching.
    /// An unknown parameter.
    UnknownParameter { name } = "search-parameter-unknown", NotSupported,
        "the search parameter {name} does not exist here", "không có tham số tìm kiếm {name} ở đây";
    /// A parameter of a kind that cannot be searched yet.
    UnsupportedParameter { name, kind } = "search-parameter-unsupported", NotSupported,
        "the search parameter {name} of type {kind} is not supported", "chưa hỗ trợ tham số tìm kiếm {name} loại {kind}";
    /// A modifier that the parameter does not have.
    UnsupportedModifier { name, modifier } = "search-modifier", NotSupported,
        "the modifier :{modifier} of {name} is not supported", "không hỗ trợ bổ ngữ :{modifier} của {name}";
    /// A value that cannot be read.
    InvalidSearchValue { name } = "search-value", Value,
        "the value of {name} cannot be read", "không đọc được giá trị của {name}";
    /// A parameter that was ignored.
    IgnoredParameter { name } = "search-parameter-ignored", NotSupported,
        "the parameter {name} was not understood and was ignored", "tham số {name} không hiểu được nên bị bỏ qua";
    /// A page link that is not ours.
    InvalidPageLink = "page-link", Value,
        "the page link is not valid: search again", "liên kết trang không hợp lệ: hãy tìm lại";
    /// A parameter without a value (R4 `search.html`: it is ignored).
    EmptyParameter { name } = "search-parameter-empty", Value,
        "the parameter {name} has no value and was ignored", "tham số {name} không có giá trị nên bị bỏ qua";
    /// More parameters, or longer ones, than a query may have.
    QueryTooLong { parameters, bytes } = "query-too-long", TooCostly,
        "a query may have at most {parameters} parameters and {bytes} bytes",
        "một truy vấn có tối đa {parameters} tham số và {bytes} byte";
    /// `$lastn` must say whose Observations are meant.
    WhoseObservations = "lastn-patient", Required,
        "say whose Observations are meant: patient or subject", "hãy nêu của ai: tham số patient hoặc subject";
    /// A search that would have to look at too much.
    SearchTooCostly = "search-too-costly", TooCostly,
        "this search would have to read too many resources: narrow it, for example to one patient",
        "lượt tìm này phải đọc quá nhiều tài nguyên: hãy thu hẹp, ví dụ theo một người bệnh";
    /// A walk through sorted pages that cannot be continued.
    WalkEnded = "page-walk-ended", Conflict,
        "too much has changed since the first page: search again", "dữ liệu đã thay đổi quá nhiều từ trang đầu: hãy tìm lại";
    /// A ValueSet that a search names is not here, or its codes cannot be listed here.
    ValueSetUnknown { name } = "value-set-unknown", NotFound,
        "the ValueSet that {name} names is not here or cannot be expanded here",
        "không có ValueSet mà {name} nêu, hoặc không khai triển được ở đây";
    /// More included resources than fit.
    IncludesCut = "includes-cut", TooCostly,
        "not all included resources are shown", "không hiển thị hết tài nguyên kèm theo";
    /// A description by which nobody can be looked up.
    MatchTooLittle = "match-too-little", Required,
        "give a name with birth date or commune, or a number", "hãy nêu họ tên kèm ngày sinh hoặc xã, hoặc một số giấy tờ";
    /// A description that fits too many people.
    MatchTooWide = "match-too-wide", TooCostly,
        "too many people fit: add a number, the whole birth date or the whole name",
        "quá nhiều người phù hợp: hãy thêm số giấy tờ, ngày sinh đầy đủ hoặc họ tên đầy đủ";
    /// People from before there were keys do not have theirs yet.
    MatchNotReady = "match-not-ready", Transient,
        "the keys of the matching are being made: try again later", "khóa đối chiếu đang được tạo: hãy thử lại sau";

    // Own search parameters.
    /// A SearchParameter that lacks something.
    ParameterIncomplete { name } = "own-parameter-incomplete", Required,
        "{name} is not used: a url, a code of letters and digits, a type, resource types as base and an expression are needed",
        "không dùng {name}: cần url, code gồm chữ và số, type, base là loại tài nguyên, và expression";
    /// A SearchParameter of a type that cannot be own.
    ParameterKind { name } = "own-parameter-type", NotSupported,
        "{name} is not used: composite and special parameters cannot be added",
        "không dùng {name}: không thêm được tham số loại composite hoặc special";
    /// A SearchParameter with an expression that cannot be used.
    ParameterExpression { name } = "own-parameter-expression", Value,
        "{name} is not used: its expression is not FHIRPath that this server reads, or does not begin at a base",
        "không dùng {name}: expression không phải FHIRPath mà máy chủ đọc được, hoặc không bắt đầu từ base";
    /// A SearchParameter with a name of R4.
    ParameterTaken { name } = "own-parameter-taken", Duplicate,
        "{name} is not used: FHIR R4 defines a parameter with its code",
        "không dùng {name}: FHIR R4 đã có tham số với code này";
    /// Two SearchParameters of one url, or with one code for one type.
    ParameterTwice { name } = "own-parameter-twice", Duplicate,
        "{name} is not used: another SearchParameter has its url, or its code for the same type",
        "không dùng {name}: SearchParameter khác đã có url này, hoặc code này cho cùng loại tài nguyên";
    /// More SearchParameters than fit.
    ParameterTooMany { name } = "own-parameter-too-many", TooCostly,
        "{name} is not used: its type has as many parameters as fit",
        "không dùng {name}: loại tài nguyên đã đủ số tham số tối đa";
    /// A second reindex.
    ReindexRunning = "reindex-running", Conflict,
        "a reindex is running already: GET [base]/$reindex shows how far it is",
        "đang lập chỉ mục lại: GET [base]/$reindex cho biết tiến độ";

    // Bundles.
    /// Not batch or transaction.
    WrongBundleType = "bundle-type", Value,
        "the Bundle must be of type batch or transaction", "Bundle phải thuộc loại batch hoặc transaction";
    /// An entry without a request.
    NoRequest = "bundle-request-missing", Required, "the entry has no request", "mục không có request";
    /// An entry's method or URL.
    InvalidRequest = "bundle-request", Value,
        "method and URL of the entry do not name an interaction of this server",
        "phương thức và URL của mục không chỉ tới tương tác nào của máy chủ";
    /// An entry without a resource.
    NoEntryResource = "bundle-resource-missing", Required, "the entry needs a resource", "mục cần có resource";
    /// Two entries change one resource.
    RepeatedIdentity = "bundle-identity-repeated", Duplicate,
        "two entries of the transaction change the same resource", "hai mục của transaction cùng thay đổi một tài nguyên";
    /// Two entries have one fullUrl.
    RepeatedFullUrl = "bundle-full-url-repeated", Duplicate, "two entries have the same fullUrl", "hai mục trùng fullUrl";
    /// Too many entries.
    TooManyEntries { limit } = "bundle-too-large", TooCostly,
        "the Bundle has more than {limit} entries", "Bundle có hơn {limit} mục";
    /// The answers of a Bundle are larger than they may be.
    AnswersTooLarge { limit } = "bundle-answers-too-large", TooCostly,
        "the answers are larger than {limit} bytes: ask in several Bundles", "câu trả lời lớn hơn {limit} byte: hãy chia thành nhiều Bundle";
    /// An interaction inside a batch or transaction that is not possible there.
    NotInBundle = "bundle-interaction", NotSupported, "this interaction cannot stand in a Bundle", "tương tác này không được đặt trong Bundle";

    // Who asks.
    /// Nobody signed in.
    LoginRequired = "login-required", Login, "an access token is required", "cần có mã truy cập";
    /// A token that does not hold.
    InvalidToken = "token-invalid", Login,
        "the access token is not valid or has expired", "mã truy cập không hợp lệ hoặc đã hết hạn";
    /// Not allowed.
    Forbidden = "forbidden", Forbidden, "the caller may not do this", "người gọi không được phép làm việc này";
    /// A consent that would be half obeyed.
    ConsentNotEnforceable = "consent-not-enforceable", NotSupported,
        "this cannot be enforced as it stands here, so the consent is not taken",
        "không thể thực thi nội dung này, nên sự đồng ý không được nhận";
    /// A rule of the acts that open and close books. The text of one language is printed with no width in the other.
    Sharing { rule, english, vietnamese } = "sharing", Processing,
        "rule {rule}: {english}{vietnamese:.0}", "quy tắc {rule}: {vietnamese}{english:.0}";
    /// An id that the caller chose.
    ClientIdRefused = "client-id-refused", NotSupported,
        "the server chooses the ids: use POST", "máy chủ tự cấp id: hãy dùng POST";
    /// An element that only the server changes.
    FieldOwned { name } = "field-owned", Forbidden,
        "only the server changes {name}", "chỉ máy chủ được thay đổi {name}";
    /// A citizen number that somebody else than the registry gives.
    RegistryOwned = "registry-owned", Processing,
        "a citizen number belongs to the population registry: ask it by POST Patient/$registry-lookup",
        "số định danh thuộc về cơ sở dữ liệu dân cư: hãy tra cứu bằng POST Patient/$registry-lookup";
    /// A write of a verified person that names no version.
    VersionRequired = "if-match-required", Required,
        "the version must be named with If-Match", "phải nêu phiên bản bằng If-Match";
    /// The registry does not answer, and nothing usable is known.
    RegistryUnavailable = "registry-unavailable", Transient,
        "the population registry or social insurance does not answer: try again in a moment",
        "cơ sở dữ liệu dân cư hoặc bảo hiểm xã hội không trả lời: hãy thử lại sau giây lát";

    /// A number that somebody else in the books has.
    PersonKnown = "person-known", Duplicate,
        "somebody with this citizen number has a book already: link the two instead of giving the number twice",
        "người mang số định danh này đã có sổ: hãy liên kết hai sổ thay vì gắn số hai lần";
    /// A number that is not of this person.
    NotThisPerson { name } = "person-differs", Value,
        "{name} of this person is not what the registry has under the number", "{name} của người này không khớp với dữ liệu dân cư của số này";
    /// A book of somebody who died.
    BookClosed = "book-closed", Processing,
        "the person has died: the book takes only what happened before",
        "người này đã mất: sổ chỉ nhận những gì xảy ra trước đó";

    // The server.
    /// The queue is full.
    Busy = "busy", Transient,
        "the server is busy: try again in a moment", "máy chủ đang bận: hãy thử lại sau giây lát";
    /// A time limit passed.
    Timeout = "timeout", Timeout,
        "the time limit of the request passed", "yêu cầu vượt quá thời hạn";
    /// Something broke.
    Internal = "internal", Exception,
        "the server failed; the request id leads to the log", "máy chủ gặp lỗi; mã yêu cầu dẫn tới nhật ký";
}
