//! The 34 provinces and 3,321 communes of Vietnam since July 2025, and where people live.

use std::sync::LazyLock;

use crate::chance::Chance;
use crate::json_text::JsonText;
use crate::systems;
use crate::table::{number, rows};

/// Which of two name customs prevails: Hoàng and Vũ, or Huỳnh and Võ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    North,
    South,
}

/// A province or a city of that rank.
#[derive(Debug)]
pub(crate) struct Province {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// The name without "Tỉnh" or "Thành phố".
    pub(crate) bare_name: &'static str,
    pub(crate) region: Region,
    thousands: u64,
    /// Ethnic groups other than Kinh with their share in a thousand.
    pub(crate) minorities: Vec<(&'static str, u64)>,
    pub(crate) wards: Vec<Ward>,
}

/// A commune, an urban ward or a special zone.
#[derive(Debug)]
pub(crate) struct Ward {
    pub(crate) code: &'static str,
    pub(crate) name: String,
    pub(crate) bare_name: &'static str,
    pub(crate) is_urban: bool,
    /// Place in the list of its province.
    pub(crate) position: usize,
    weight: u64,
}

/// A commune and its province.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) province: &'static Province,
    pub(crate) ward: &'static Ward,
}

static PROVINCES: LazyLock<Vec<Province>> = LazyLock::new(read_provinces);

/// The provinces in the order of their codes.
pub(crate) fn provinces() -> &'static [Province] {
    &PROVINCES
}

/// A commune drawn as people live: provinces by their people, urban wards denser than rural communes.
pub(crate) fn draw_place(chance: &mut Chance) -> Option<Place> {
    let province = chance.weighted(provinces(), |province| province.thousands)?;
    let ward = chance.weighted(&province.wards, |ward| ward.weight)?;
    Some(Place { province, ward })
}

fn read_provinces() -> Vec<Province> {
    let mut provinces: Vec<Province> = rows(include_str!("../data/provinces.csv"), 6)
        .map(|row| Province {
            code: row[0],
            name: row[1],
            bare_name: row[2],
            region: if row[3] == "north" { Region::North } else { Region::South },
            thousands: number(row[4]),
            minorities: row[5]
                .split_whitespace()
                .filter_map(|share| share.split_once(':'))
                .map(|(group, share)| (group, number(share)))
                .collect(),
            wards: Vec::new(),
        })
        .collect();
    let mut current = None;
    for row in rows(include_str!("../data/wards.csv"), 1) {
        match row[..] {
            [province] => current = provinces.iter_mut().find(|known| known.code == province),
            [code, marked_name] => {
                if let Some(province) = current.as_deref_mut() {
                    let position = province.wards.len();
                    province.wards.push(ward(code, marked_name, position));
                }
            }
            _ => {}
        }
    }
    provinces
}

fn ward(code: &'static str, marked_name: &'static str, position: usize) -> Ward {
    // The first letter says the kind of unit; the weights follow the mean numbers of people of each kind.
    let bare_name = marked_name.get(1..).unwrap_or_default();
    let (kind, weight) = match marked_name.as_bytes().first() {
        Some(b'p') => ("Phường", 5),
        Some(b'd') => ("Đặc khu", 1),
        _ => ("Xã", 3),
    };
    Ward {
        code,
        name: format!("{kind} {bare_name}"),
        bare_name,
        is_urban: kind == "Phường",
        position,
        weight,
    }
}

impl Place {
    /// Writes an Address of the two-tier form: no district since July 2025.
    pub(crate) fn write_address(self, json: &mut JsonText, purpose: &str, line: &str) {
        json.list("extension", |json| {
            json.item(|json| {
                json.plain("url", systems::PROVINCE_EXTENSION);
                json.object("valueCoding", |json| {
                    json.coding(systems::PROVINCE, self.province.code, self.province.name);
                });
            });
            json.item(|json| {
                json.plain("url", systems::WARD_EXTENSION);
                json.object("valueCoding", |json| {
                    json.coding(systems::WARD, self.ward.code, &self.ward.name)
                });
            });
        });
        json.plain("use", purpose);
        json.text("text", &format!("{line}, {}, {}", self.ward.name, self.province.name));
        json.list("line", |json| json.text_item(line));
        json.text("city", &self.ward.name);
        json.text("state", self.province.name);
        json.plain("country", "VN");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_units_are_there() {
        assert_eq!(provinces().len(), 34);
        assert_eq!(provinces().iter().map(|province| province.wards.len()).sum::<usize>(), 3321);
        assert!(provinces().iter().all(|province| province.thousands > 500 && !province.wards.is_empty()));
        assert!(provinces().iter().all(|p| p.minorities.iter().map(|share| share.1).sum::<u64>() < 1000));
    }
}
