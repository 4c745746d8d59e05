//! Who may ask for an act: the kind and role of the caller. Deny by default.

use access::{Actor, Caller, Denied, Identity, OfficerRole, StaffRole};
use fhir::LogicalId;
use interactions::Problem;

/// A citizen who is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Citizen<'c> {
    pub(crate) identity: &'c Identity,
    pub(crate) patient: &'c LogicalId,
}

/// Somebody of a facility, or its system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Staff<'c> {
    pub(crate) identity: &'c Identity,
    pub(crate) organization: &'c LogicalId,
    pub(crate) role: StaffRole,
}

fn identity(caller: &Caller) -> Result<&Identity, Problem> {
    match caller {
        Caller::Authenticated(identity) => Ok(identity),
        Caller::Anonymous => Err(Denied::Unauthenticated.into()),
        // Without sign-in nobody is somebody: there is no one in whose name an act could stand.
        Caller::Unrestricted | Caller::Background { .. } => Err(Denied::Forbidden.into()),
    }
}

/// The citizen.
pub(crate) fn citizen(caller: &Caller) -> Result<Citizen<'_>, Problem> {
    let identity = identity(caller)?;
    match &identity.actor {
        Actor::Citizen { patient } => Ok(Citizen { identity, patient }),
        Actor::Facility { .. } | Actor::Officer { .. } => Err(Denied::Forbidden.into()),
    }
}

/// Staff in one of these roles.
pub(crate) fn staff<'c>(caller: &'c Caller, roles: &[StaffRole]) -> Result<Staff<'c>, Problem> {
    let identity = identity(caller)?;
    match &identity.actor {
        Actor::Facility { organization, role, .. } if roles.contains(role) => {
            Ok(Staff { identity, organization, role: *role })
        }
        _ => Err(Denied::Forbidden.into()),
    }
}

/// An officer in one of these roles.
pub(crate) fn officer<'c>(caller: &'c Caller, roles: &[OfficerRole]) -> Result<&'c Identity, Problem> {
    let identity = identity(caller)?;
    match &identity.actor {
        Actor::Officer { role } if roles.contains(role) => Ok(identity),
        _ => Err(Denied::Forbidden.into()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn id(text: &str) -> LogicalId {
        LogicalId::try_from(text).unwrap()
    }

    pub(crate) fn a_citizen(patient: &str) -> Caller {
        let actor = Actor::Citizen { patient: id(patient) };
        Caller::Authenticated(Identity::new(patient, actor).into())
    }

    pub(crate) fn of_facility(organization: &str, role: StaffRole) -> Caller {
        let actor = Actor::Facility { code: organization.to_owned(), organization: id(organization), role };
        Caller::Authenticated(Identity::new(format!("{organization}-{}", role.code()), actor).into())
    }

    pub(crate) fn an_officer(name: &str, role: OfficerRole) -> Caller {
        Caller::Authenticated(Identity::new(name, Actor::Officer { role }).into())
    }

    #[test]
    fn each_kind_of_caller_is_only_what_it_is() {
        let status = |result: Result<(), Problem>| result.err().map_or(200, |problem| problem.status);
        let callers = [
            (a_citizen("p"), [200, 403, 403]),
            (of_facility("o", StaffRole::Physician), [403, 200, 403]),
            (of_facility("o", StaffRole::Nurse), [403, 403, 403]),
            (an_officer("a", OfficerRole::Administrator), [403, 403, 200]),
            (an_officer("m", OfficerRole::Ministry), [403, 403, 403]),
            (Caller::Anonymous, [401, 401, 401]),
            (Caller::Unrestricted, [403, 403, 403]),
            (Caller::Background { job: "test" }, [403, 403, 403]),
        ];
        for (caller, expected) in callers {
            let found = [
                status(citizen(&caller).map(drop)),
                status(staff(&caller, &[StaffRole::Physician]).map(drop)),
                status(officer(&caller, &[OfficerRole::Administrator]).map(drop)),
            ];
            assert_eq!(found, expected, "{caller:?}");
        }
    }
}
