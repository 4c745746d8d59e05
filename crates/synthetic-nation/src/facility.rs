//! Where care is given: a health station in every commune, a regional centre for every ten of them, a general
//! hospital and a private clinic in every province. Codes and staff are invented.
//!
//! Facilities depend on the map alone, not on the seed: two nations in one server share them.

use crate::chance::{Id, Key};
use crate::names::PersonName;
use crate::people::Sex;
use crate::places::Place;

/// What a facility is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum FacilityKind {
    Hospital,
    Clinic,
    Centre,
    Station,
}

impl FacilityKind {
    /// The word for the kind in the demo document.
    pub(crate) fn word(self) -> &'static str {
        match self {
            FacilityKind::Hospital => "general-hospital",
            FacilityKind::Clinic => "private-clinic",
            FacilityKind::Centre => "regional-health-centre",
            FacilityKind::Station => "commune-health-station",
        }
    }

    /// How many people of the staff sign visits.
    pub(crate) fn staff_size(self) -> u64 {
        match self {
            FacilityKind::Hospital => 8,
            FacilityKind::Centre => 4,
            FacilityKind::Clinic | FacilityKind::Station => 2,
        }
    }
}

/// A facility.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facility {
    pub(crate) kind: FacilityKind,
    /// Where its door is.
    pub(crate) place: Place,
    number: usize,
}

/// The facilities that serve a commune.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) station: Facility,
    pub(crate) centre: Facility,
    pub(crate) hospital: Facility,
    pub(crate) clinic: Facility,
}

const WARDS_OF_A_CENTRE: usize = 10;

impl Network {
    /// The facilities that serve the commune.
    pub(crate) fn of(place: Place) -> Network {
        let wards = &place.province.wards;
        let at = |position: usize| Place { ward: wards.get(position).unwrap_or(place.ward), ..place };
        let region = place.ward.position / WARDS_OF_A_CENTRE;
        // The hospital and the clinic stand in the first urban ward of the province.
        let town = wards.iter().position(|ward| ward.is_urban).unwrap_or(0);
        Network {
            station: Facility { kind: FacilityKind::Station, place, number: 500 + place.ward.position },
            centre: Facility {
                kind: FacilityKind::Centre,
                place: at(region * WARDS_OF_A_CENTRE),
                number: 100 + region,
            },
            hospital: Facility { kind: FacilityKind::Hospital, place: at(town), number: 1 },
            clinic: Facility { kind: FacilityKind::Clinic, place: at(town), number: 10 },
        }
    }

    /// All of them, the largest first.
    pub(crate) fn facilities(self) -> [Facility; 4] {
        [self.hospital, self.clinic, self.centre, self.station]
    }
}

/// The organisation that pays: social insurance.
pub(crate) fn payor_id() -> Id {
    facility_root().child("payor", 0).id()
}

fn facility_root() -> Key {
    Key::root(0).child("facilities of Vietnam", 0)
}

/// Somebody who signs visits.
#[derive(Clone, Copy)]
pub(crate) struct StaffMember {
    pub(crate) facility: Facility,
    pub(crate) position: u64,
    key: Key,
}

impl Facility {
    /// Five digits: two of the province, three of the facility.
    pub(crate) fn code(self) -> String {
        format!("{}{:03}", self.place.province.code, self.number)
    }

    pub(crate) fn name(self) -> String {
        let province = self.place.province;
        let is_city = province.name.starts_with("Thành phố");
        match self.kind {
            FacilityKind::Hospital if is_city => {
                format!("Bệnh viện Đa khoa thành phố {}", province.bare_name)
            }
            FacilityKind::Hospital => format!("Bệnh viện Đa khoa tỉnh {}", province.bare_name),
            FacilityKind::Clinic => format!("Phòng khám Đa khoa Bình An {}", province.bare_name),
            FacilityKind::Centre => format!("Trung tâm Y tế khu vực {}", self.place.ward.bare_name),
            FacilityKind::Station => format!("Trạm Y tế {}", self.place.ward.name),
        }
    }

    /// Key of the facility, the same in every nation.
    pub(crate) fn key(self) -> Key {
        facility_root().child(self.place.province.code, self.number as u64)
    }

    /// Id of its Organization.
    pub(crate) fn id(self) -> Id {
        self.key().id()
    }

    /// Id of the one Location that stands for its building.
    pub(crate) fn location_id(self) -> Id {
        self.key().child("location", 0).id()
    }

    /// Who signs as number `position` of the staff.
    pub(crate) fn staff_member(self, position: u64) -> StaffMember {
        let position = position % self.kind.staff_size();
        StaffMember { facility: self, position, key: self.key().child("staff", position) }
    }
}

impl StaffMember {
    pub(crate) fn practitioner_id(self) -> Id {
        self.key.id()
    }

    pub(crate) fn role_id(self) -> Id {
        self.key.child("role", 0).id()
    }

    pub(crate) fn sex(self) -> Sex {
        if self.key.draw("sex").per_thousand(if self.is_doctor() { 480 } else { 850 }) {
            Sex::Female
        } else {
            Sex::Male
        }
    }

    /// The last of every staff is a nurse, the others are doctors.
    pub(crate) fn is_doctor(self) -> bool {
        self.position + 1 < self.facility.kind.staff_size()
    }

    pub(crate) fn name(self) -> PersonName {
        let region = self.facility.place.province.region;
        let family = crate::names::draw_family_name(&mut self.key.draw("family"), "01", region);
        PersonName::draw(self.key, family, "01", self.sex(), 1983)
    }

    /// A practising certificate that no health department has issued: MAU is "sample".
    pub(crate) fn certificate(self) -> String {
        format!("{}{:02}/MAU-CCHN", self.facility.code(), self.position + 1)
    }
}
