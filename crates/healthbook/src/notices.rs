//! Notices about accesses: the rules by the configuration, and the ways by which they leave.

use std::sync::Arc;

use access::{Assistant, StaffRole};
use health_book::{OutboundCourier, RuleSettings};
use outbound::Outbound;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::sign_in::may_be_asked;

/// The rules.
pub fn rules(configuration: &Configuration) -> Result<RuleSettings, Failure> {
    let roles = configuration.notice_day_roles.0.split(',').map(str::trim).filter(|role| !role.is_empty());
    let day_roles: Vec<String> = roles.map(str::to_owned).collect();
    let is_known = |role: &String| role == Assistant::ROLE || StaffRole::from_code(role).is_some();
    if !day_roles.iter().all(is_known) {
        return Err(Failure::saying(
            "key `notice_day_roles`: a role that the policy does not know".to_owned(),
        ));
    }
    Ok(RuleSettings {
        many_books: configuration.notice_many_books.get(),
        window: i64::try_from(configuration.notice_window.as_micros()).unwrap_or(i64::MAX),
        day_roles,
        ..RuleSettings::default()
    })
}

/// The way out.
pub fn courier(configuration: &Configuration, local_peers: bool) -> Result<Arc<OutboundCourier>, Failure> {
    let outbound = Arc::new(Outbound::new(local_peers));
    let gateway = configuration.notice_mail_gateway.as_ref().map(|url| url.0.clone());
    if let Some(url) = &gateway {
        may_be_asked(&outbound, "notice_mail_gateway", url)?;
    }
    Ok(Arc::new(OutboundCourier::new(outbound, gateway)))
}
