//! What a check-up finds: plausible values by age, body and the illnesses that somebody lives with.

use crate::check_up_message::Form;
use crate::people::Sex;

const NORMAL: &str = "Bình thường";

/// The findings of a small child that are told by 0 and 1; the decision does not say more of them.
const INFANT: [&str; 12] = [
    "MAU_SAC_DA",
    "LONG_BAN_TAY",
    "THOP",
    "HINH_DANG_DAU",
    "VAN_DONG_CO",
    "LAC_MAT",
    "DONG_TU",
    "HONG",
    "NGHE_PHOI",
    "TIENG_TIM",
    "KHOP_HANG",
    "QUAN_SAT_DANG_DI",
];

/// One decimal.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// A check-up of a child below 6 (form 01).
pub(crate) fn write_child(form: &mut Form<'_>) {
    let drawn = form.chance.between(36, 41).to_string();
    form.put("XML1", "TUAN_THAI", drawn);
    form.put("XML1", "SINH_NON", "0");
    form.put("XML1", "TSBT_MAC_BENH", "0");
    form.put("XML1", "TS_TIEP_XUC_LAO", "0");
    let drawn = tenths(36.6 + form.chance.bell() * 0.2);
    form.put("XML3", "NHIET_DO", drawn);
    form.put("XML3", "DGDHST_NHIET_DO", "1");
    let drawn = form.chance.between(95, 130).to_string();
    form.put("XML3", "MACH", drawn);
    form.put("XML3", "DGDHST_MACH", "1");
    let drawn = form.chance.between(22, 34).to_string();
    form.put("XML3", "NHIP_THO", drawn);
    form.put("XML3", "DGDHST_NHIP_THO", "1");
    form.put("XML4", "CHIEU_DAI", tenths(form.centimetres()));
    form.put("XML4", "CHIEU_DAI_TUOI_SD", tenths(form.person.key.draw("height").bell()));
    form.put("XML4", "CAN_NANG", tenths(form.kilograms()));
    form.put("XML4", "CAN_NANG_TUOI_SD", tenths(form.person.key.draw("weight").bell()));
    let drawn = tenths(44.0 + form.chance.part() * 6.0);
    form.put("XML4", "VONG_DAU", drawn);
    form.put("XML4", "DGDD_BINH_THUONG", "1");
    for field in ["PHU_DINH_DUONG", "DGDD_THIEU_MAU", "DGDD_COI_XUONG", "SUY_DINH_DUONG", "THUA_CAN_BEO_PHI"]
    {
        form.put("XML4", field, "0");
    }
    form.put("XML5", "PT_TTBT_THEO_DO_TUOI", "1");
    form.put("XML5", "PT_VDBT_THEO_DO_TUOI", "1");
    form.put("XML5", "NGUY_CO_TU_KY", "0");
    form.put("XML6", "TIEM_CHUNG_BCG_SS", "1");
    form.put("XML6", "TIEM_CHUNG_VGB_SS_MUI1", "1");
    let complete = if form.chance.per_thousand(850) { "1" } else { "99" };
    form.put("XML6", "TIEM_CHUNG_DAY_DU_THEO_DO_TUOI", complete);
    for field in INFANT {
        form.put("XML7", field, "1");
    }
    let has_problem = form.chance.per_thousand(120);
    form.put("XML8", "BINH_THUONG", if has_problem { "0" } else { "1" });
    form.put("XML8", "NGUY_CO_MAC_LAO", "0");
    form.put("XML8", "VAN_DE_SUC_KHOE", if has_problem { "1" } else { "0" });
    if has_problem {
        form.put("XML8", "KET_LUAN_BENH", "J06.9");
        form.put("XML8", "GHI_RO_VAN_DE_SUC_KHOE", "Nhiễm khuẩn hô hấp trên");
    }
    form.put("XML8", "CHUYEN_CSKCB", "0");
    form.put("XML12", "PHAN_LOAI_SK", if has_problem { "2" } else { "1" });
}

/// A check-up of a pupil (form 02).
pub(crate) fn write_pupil(form: &mut Form<'_>) {
    for field in ["NHI_KHOA_TUAN_HOAN", "NHI_KHOA_HO_HAP", "NHI_KHOA_TIEU_HOA", "NHI_KHOA_THAN_KINH"] {
        form.put("XML7", field, NORMAL);
    }
    let short_sighted = form.person.key.draw("short-sighted").per_thousand(300);
    write_eyes(form, short_sighted);
    let caries = form.chance.per_thousand(350);
    if caries {
        form.put("XML7", "BENH_RANG_HAM_MAT", "Sâu răng");
    }
    form.put("XML9", "TSGD_MAC_BENH", "0");
    form.put("XML9", "SAN_KHOA", "0");
    for field in
        ["TIEM_CHUNG_BCG", "TIEM_CHUNG_BH_HG_UV", "TIEM_CHUNG_SOI", "TIEM_CHUNG_BAI_LIET", "TIEM_CHUNG_VGB"]
    {
        form.put("XML9", field, "1");
    }
    let drawn = if form.chance.per_thousand(800) { "1" } else { "99" };
    form.put("XML9", "TIEM_CHUNG_VNNB_B", drawn);
    form.put("XML9", "TSBT_MAC_BENH", "0");
    write_body(form);
    let pulse = form.chance.between(72, 96);
    form.put("XML10", "MACH", pulse.to_string());
    let systolic = form.chance.between(94, 116);
    form.put("XML10", "HUYET_AP", format!("{systolic}/{}", systolic - 36));
    let codes: Vec<&str> = [(short_sighted, "H52.1"), (caries, "K02.9")]
        .into_iter()
        .filter(|(has, _)| *has)
        .map(|(_, code)| code)
        .collect();
    form.put("XML12", "PHAN_LOAI_SK", if codes.is_empty() { "1" } else { "2" });
    form.put("XML12", "KET_LUAN_BENH", codes.join(";"));
    if !codes.is_empty() {
        form.put("XML12", "CAC_VAN_DE_SUC_KHOE", if short_sighted { "Cận thị" } else { "Sâu răng" });
    }
}

fn write_eyes(form: &mut Form<'_>, short_sighted: bool) {
    let sight = if short_sighted { form.chance.between(3, 7) } else { form.chance.between(9, 10) };
    form.put("XML7", "KHONG_KINH_MAT_PHAI", format!("{sight}/10"));
    form.put("XML7", "KHONG_KINH_MAT_TRAI", format!("{sight}/10"));
    if short_sighted {
        form.put("XML7", "CO_KINH_MAT_PHAI", "10/10");
        form.put("XML7", "CO_KINH_MAT_TRAI", "10/10");
        form.put("XML7", "BENH_KHAC_MAT", "Cận thị");
    }
}

/// Height, weight and what follows of both, as they are written.
fn write_body(form: &mut Form<'_>) -> f64 {
    let (centimetres, kilograms) = (form.centimetres().round(), (form.kilograms() * 10.0).round() / 10.0);
    let index = kilograms / (centimetres / 100.0) / (centimetres / 100.0);
    form.put("XML10", "CHIEU_CAO", format!("{centimetres:.0}"));
    form.put("XML10", "CAN_NANG", tenths(kilograms));
    form.put("XML10", "CHI_SO_BMI", tenths(index));
    index
}

/// A check-up of an adult (form 03).
pub(crate) fn write_adult(form: &mut Form<'_>, years: i64) {
    let (person, date) = (form.person, form.date);
    let has = |code: &str| person.has(code, date);
    let (pressure, sugar) = (has("I10"), has("E11.9"));
    write_systems(form, pressure);
    let older = form.chance.between(0, 2) + (years - 40).max(0) / 12;
    write_eyes(form, older > 2);
    form.put("XML7", "KHAM_MAT_PL", if older > 2 { "2" } else { "1" });
    form.put("XML7", "TAI_TRAI_NOI_THUONG", "5");
    form.put("XML7", "TAI_PHAI_NOI_THUONG", "5");
    form.put("XML7", "KHAM_TAI_MUI_HONG_PL", "1");
    let drawn = if form.chance.per_thousand(400) { "2" } else { "1" };
    form.put("XML7", "KHAM_RANG_HAM_MAT_PL", drawn);
    let own: Vec<&str> =
        person.illnesses.iter().filter(|long| long.since <= date).map(|long| long.illness.code).collect();
    let is_ill = !own.is_empty();
    for (field, yes) in [
        ("TSBT_BENH_TRONG_5_NAM_QUA", is_ill),
        ("TSBT_TANG_HUYET_AP", pressure),
        ("TSBT_DAI_THAO_DUONG", sugar),
        ("TSBT_BENH_TIM", has("I25.9")),
        ("TSBT_BENH_PHOI", has("J44.9") || has("J45.9")),
        ("TSBT_DANG_DIEU_TRI_BENH", is_ill),
    ] {
        form.put("XML9", field, if yes { "1" } else { "0" });
    }
    form.put("XML9", "TSBT_MA_BENH", own.join(";"));
    let index = write_body(form);
    let systolic = 112 + (years - 18).max(0) / 4 + form.chance.between(-8, 8) + if pressure { 18 } else { 0 };
    let drawn = form.chance.between(62, 88).to_string();
    form.put("XML10", "MACH", drawn);
    form.put("XML10", "HUYET_AP", format!("{systolic}/{}", systolic * 2 / 5 + 32));
    let physique = if (18.5..25.0).contains(&index) { "1" } else { "2" };
    form.put("XML10", "KHAM_THE_LUC_PL", physique);
    let glucose = 5.1 + form.chance.bell() * 0.4 + if sugar { 2.4 } else { 0.0 };
    form.result(
        "23.0075.1494",
        "GLU",
        format!("{glucose:.2}"),
        "mmol/L",
        if glucose > 6.4 { "Tăng" } else { NORMAL },
    );
    if years >= 40 {
        let fat = 4.6 + form.chance.bell() * 0.6;
        form.result(
            "23.0041.1506",
            "CHOL",
            format!("{fat:.2}"),
            "mmol/L",
            if fat > 5.2 { "Tăng" } else { NORMAL },
        );
        form.result("18.0119.0028", "", String::new(), "", "Hình ảnh tim phổi bình thường");
    }
    let class = match own.len() {
        0 => physique,
        1 => "3",
        _ => "4",
    };
    form.put("XML12", "PHAN_LOAI_SK", class);
    form.put("XML12", "KET_LUAN_BENH", own.join(";"));
    let names: Vec<&str> =
        person.illnesses.iter().filter(|long| long.since <= date).map(|long| long.illness.name).collect();
    form.put("XML12", "CAC_BENH_TAT_NEU_CO", names.join("; "));
}

fn write_systems(form: &mut Form<'_>, pressure: bool) {
    let systems = [
        ("NOI_KHOA_TUAN_HOAN", "NOI_KHOA_TUAN_HOAN_PL"),
        ("NOI_KHOA_HO_HAP", "NOI_KHOA_HO_HAP_PL"),
        ("NOI_KHOA_TIEU_HOA", "NOI_KHOA_TIEU_HOA_PL"),
        ("NOI_KHOA_THAN_KINH", "NOI_KHOA_THAN_KINH_PL"),
    ];
    for (number, (field, class)) in systems.into_iter().enumerate() {
        let is_ill = number == 0 && pressure;
        form.put("XML7", field, if is_ill { "Tăng huyết áp" } else { NORMAL });
        form.put("XML7", class, if is_ill { "3" } else { "1" });
    }
    form.put("XML7", "KET_QUA_KHAM_NGOAI_KHOA", NORMAL);
    form.put("XML7", "KHAM_NGOAI_KHOA_PL", "1");
    form.put("XML7", "KET_QUA_KHAM_DA_LIEU", NORMAL);
    form.put("XML7", "KHAM_DA_LIEU_PL", "1");
    if form.person.sex == Sex::Female {
        form.put("XML7", "KET_QUA_KHAM_SAN_PHU_KHOA", NORMAL);
        form.put("XML7", "KHAM_SAN_PHU_KHOA_PL", "1");
    }
}
