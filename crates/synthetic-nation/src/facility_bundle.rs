//! The resources of the facilities: Organization, Location, Practitioner and PractitionerRole.

use crate::NationBundle;
use crate::bundle::BundleText;
use crate::facility::{Facility, StaffMember, payor_id};
use crate::systems;

/// The bundle with what all others lean on: the payor.
pub(crate) fn national_bundle() -> NationBundle {
    let mut bundle = BundleText::new();
    bundle.resource("Organization", payor_id(), |json| {
        json.test_data_mark();
        json.number("active", true);
        json.concepts("type", systems::ORGANIZATION_TYPE, "pay", "Payer", "Cơ quan bảo hiểm xã hội");
        json.text("name", "Bảo hiểm xã hội Việt Nam");
    });
    bundle.finish("facilities-00".to_owned())
}

/// The bundle of facilities of one province.
pub(crate) fn province_bundle(province: &str, facilities: &[Facility]) -> NationBundle {
    let mut bundle = BundleText::new();
    for facility in facilities {
        write_organization(&mut bundle, *facility);
        for position in 0..facility.kind.staff_size() {
            write_staff_member(&mut bundle, facility.staff_member(position));
        }
    }
    bundle.finish(format!("facilities-{province}"))
}

fn address_line(facility: Facility) -> String {
    format!("Số {}, đường Sức Khỏe", facility.key().draw("address").between(1, 200))
}

fn write_organization(bundle: &mut BundleText, facility: Facility) {
    let name = facility.name();
    bundle.resource("Organization", facility.id(), |json| {
        json.test_data_mark();
        json.list_of_one("identifier", |json| json.identifier(systems::FACILITY_CODE, facility.code()));
        json.number("active", true);
        json.concepts("type", systems::ORGANIZATION_TYPE, "prov", "Healthcare Provider", "");
        json.text("name", &name);
        json.list_of_one("address", |json| {
            facility.place.write_address(json, "work", &address_line(facility));
        });
    });
    bundle.resource("Location", facility.location_id(), |json| {
        json.plain("status", "active");
        json.text("name", &name);
        json.plain("mode", "instance");
        json.object("address", |json| facility.place.write_address(json, "work", &address_line(facility)));
        json.reference("managingOrganization", "Organization", facility.id());
    });
}

fn write_staff_member(bundle: &mut BundleText, staff: StaffMember) {
    // SNOMED CT concepts of occupations, with the Vietnamese title.
    let (code, display, title) = match staff.is_doctor() {
        true => ("309343006", "Physician", "Bác sĩ"),
        false => ("224535009", "Registered nurse", "Điều dưỡng"),
    };
    bundle.resource("Practitioner", staff.practitioner_id(), |json| {
        json.test_data_mark();
        json.list_of_one("identifier", |json| {
            json.identifier(systems::PRACTISING_CERTIFICATE, staff.certificate());
        });
        json.number("active", true);
        json.list_of_one("name", |json| staff.name().write(json));
        json.plain("gender", staff.sex().code());
    });
    bundle.resource("PractitionerRole", staff.role_id(), |json| {
        json.number("active", true);
        json.reference("practitioner", "Practitioner", staff.practitioner_id());
        json.reference("organization", "Organization", staff.facility.id());
        json.concepts("code", systems::SNOMED, code, display, title);
        json.list_of_one("location", |json| {
            json.reference_members("Location", staff.facility.location_id());
        });
    });
}
