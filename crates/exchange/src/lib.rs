//! Messages of the country and their meaning in FHIR (`docs/check-up.md`, `docs/data-axis.md`): pure code, which reads and
//! writes texts and documents and reaches neither store nor network.

pub mod check_up;
pub mod data_axis;
