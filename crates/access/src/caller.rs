//! Who asks.

use fhir::LogicalId;

/// Who asks, as far as authentication could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody signed in.
    Anonymous,
    /// The server runs with `--auth off`: everybody on the loopback interface may do everything.
    Unrestricted,
    /// A bearer token that this server issued.
    Authenticated {
        /// Client or citizen, as the token names it.
        subject: String,
        /// What the subject is.
        role: Role,
    },
    /// A job of the server itself, for example the import of a file by the operator.
    Background {
        /// The named purpose of the job.
        job: &'static str,
    },
}

/// What an authenticated caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A citizen who reads the own book.
    Citizen {
        /// The citizen's `Patient`.
        patient: LogicalId,
    },
    /// The system of a facility (cơ sở khám bệnh, chữa bệnh).
    ClientSystem {
        /// Code of the facility, if the client is bound to one.
        facility: Option<String>,
    },
}
