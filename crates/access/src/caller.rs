//! Who asks.

use std::sync::Arc;

use fhir::LogicalId;

use crate::{ScopeContext, Scopes};

/// Who asks, as far as authentication could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody signed in.
    Anonymous,
    /// The server runs with `--auth off`: everybody on the loopback interface may do everything.
    Unrestricted,
    /// Somebody whom an access token of this server names.
    Authenticated(Arc<Identity>),
    /// A job of the server itself, for example the import of a file by the operator.
    Background {
        /// The named purpose of the job.
        job: &'static str,
    },
}

impl Caller {
    /// The server when it writes what a message of a facility tells: whom such a message names is entitled to nothing by it.
    pub const MESSAGE: Self = Self::Background { job: "message" };

    /// The account or client that asks.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Authenticated(identity) => Some(&identity.subject),
            Self::Anonymous | Self::Unrestricted | Self::Background { .. } => None,
        }
    }
}

/// Whom an access token names, and within which limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account or, of a system without a user, the client.
    pub subject: String,
    /// The OAuth client through which the caller asks.
    pub client: String,
    /// The session to which the token belongs: revoking it ends the token.
    pub session: String,
    /// What the subject is.
    pub actor: Actor,
    /// What for.
    pub purpose: Purpose,
    /// What the client was allowed of what the subject may.
    pub scopes: Scopes,
    /// The patient of the launch context: `patient/` scopes reach nobody else.
    pub patient: Option<LogicalId>,
    /// The `Practitioner` of staff, where there is one: the log of accesses names people by it.
    pub practitioner: Option<LogicalId>,
    /// Who sits there instead of a citizen. The gate decides by the citizen; the log of accesses names who sits there.
    pub assisted_by: Option<Assistant>,
}

/// Staff in a session that they opened for a citizen who is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assistant {
    /// The account.
    pub account: String,
    /// The `Practitioner`, where there is one.
    pub practitioner: Option<LogicalId>,
    /// The `Organization` of the facility; `None` where the account is gone.
    pub organization: Option<LogicalId>,
}

impl Assistant {
    /// The role of such staff in the log of accesses. No rule of the policy is about it.
    pub const ROLE: &'static str = "assisted";

    /// Who it is, as a reference.
    pub fn reference(&self) -> String {
        match &self.practitioner {
            Some(practitioner) => format!("Practitioner/{practitioner}"),
            None => format!("Account/{}", self.account),
        }
    }
}

impl Identity {
    /// Somebody with the whole reach of what the actor is, for the purpose that is usual for it.
    pub fn new(subject: impl Into<String>, actor: Actor) -> Self {
        let subject = subject.into();
        let (purpose, context) = match &actor {
            Actor::Citizen { .. } => (Purpose::PatientRequest, ScopeContext::User),
            Actor::Facility { role: StaffRole::System, .. } => (Purpose::Treatment, ScopeContext::System),
            Actor::Facility { .. } => (Purpose::Treatment, ScopeContext::User),
            Actor::Officer { .. } => (Purpose::Operations, ScopeContext::User),
        };
        Self {
            client: subject.clone(),
            subject,
            session: String::new(),
            actor,
            purpose,
            scopes: Scopes::everything(context),
            patient: None,
            practitioner: None,
            assisted_by: None,
        }
    }
}

/// What an authenticated caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A citizen, for the own book and for those that are entrusted to this citizen.
    Citizen {
        /// The citizen's `Patient`.
        patient: LogicalId,
    },
    /// Staff or the system of a facility (cơ sở khám bệnh, chữa bệnh).
    Facility {
        /// Code of the facility.
        code: String,
        /// Its `Organization`.
        organization: LogicalId,
        /// In which role.
        role: StaffRole,
    },
    /// Somebody with a public office.
    Officer {
        /// Which.
        role: OfficerRole,
    },
}

/// In which role somebody works at a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StaffRole {
    /// Physician (bác sĩ).
    Physician,
    /// Nurse (điều dưỡng).
    Nurse,
    /// Pharmacist (dược sĩ).
    Pharmacist,
    /// Laboratory and imaging (xét nghiệm, chẩn đoán hình ảnh).
    Laboratory,
    /// Registrar at the reception desk (tiếp đón).
    Registrar,
    /// Head of a commune health station (trưởng trạm y tế xã).
    StationHead,
    /// Who answers for data protection at the facility (cán bộ phụ trách dữ liệu).
    FacilityOfficer,
    /// The facility's system itself, without a user.
    System,
}

impl StaffRole {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Physician,
        Self::Nurse,
        Self::Pharmacist,
        Self::Laboratory,
        Self::Registrar,
        Self::StationHead,
        Self::FacilityOfficer,
        Self::System,
    ];

    /// The name in tokens, policies and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Nurse => "nurse",
            Self::Pharmacist => "pharmacist",
            Self::Laboratory => "laboratory",
            Self::Registrar => "registrar",
            Self::StationHead => "station-head",
            Self::FacilityOfficer => "facility-officer",
            Self::System => "system",
        }
    }

    /// The role of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A public office. None of them reads clinical content by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfficerRole {
    /// Ministry of Health.
    Ministry,
    /// Auditor.
    Auditor,
    /// Operator of this installation.
    Operator,
    /// Administrator of clients, staff accounts and policy.
    Administrator,
}

impl OfficerRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ministry, Self::Auditor, Self::Operator, Self::Administrator];

    /// The name in tokens, policies and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Purpose of use: codes of HL7 v3 `ActReason`, as the national consent purposes name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// `PATRQT`: the citizen asks, or who acts for the citizen.
    PatientRequest,
    /// `TREAT`: care (khám chữa bệnh).
    Treatment,
    /// `BTG`: breaking the glass in an emergency (cấp cứu).
    BreakTheGlass,
    /// `HPAYMT`: payment by the health insurance (thanh toán BHYT).
    Payment,
    /// `PUBHLTH`: public health (y tế công cộng).
    PublicHealth,
    /// `ERESRCH`: research (nghiên cứu y học), as the national code list names it.
    Research,
    /// `HOPERAT`: running the facility or the service.
    Operations,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PatientRequest,
        Self::Treatment,
        Self::BreakTheGlass,
        Self::Payment,
        Self::PublicHealth,
        Self::Research,
        Self::Operations,
    ];

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::PatientRequest => "PATRQT",
            Self::Treatment => "TREAT",
            Self::BreakTheGlass => "BTG",
            Self::Payment => "HPAYMT",
            Self::PublicHealth => "PUBHLTH",
            Self::Research => "ERESRCH",
            Self::Operations => "HOPERAT",
        }
    }

    /// The purpose of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }

    /// The number that stands for it in databases: it never changes; 0 stands for every purpose.
    pub fn number(self) -> i16 {
        match self {
            Self::PatientRequest => 1,
            Self::Treatment => 2,
            Self::BreakTheGlass => 3,
            Self::Payment => 4,
            Self::PublicHealth => 5,
            Self::Research => 6,
            Self::Operations => 7,
        }
    }
}
