//! The JSON twin of the message: the same names in lower case, the parts as base64 of JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use json::{Node, Value};

use super::table::{self, Part};
use super::{CheckUp, days};

fn object(members: Vec<(String, Node<'static>)>) -> Node<'static> {
    Node::new(Value::Object(members.into_iter().map(|(name, node)| (name.into(), node)).collect()))
}

fn named(name: &str, node: Node<'static>) -> (String, Node<'static>) {
    (name.to_lowercase(), node)
}

fn text(name: &str, text: &str) -> (String, Node<'static>) {
    named(name, Node::string(text.to_owned()))
}

impl CheckUp {
    /// The message of this one check-up as JSON.
    pub fn to_json(&self) -> String {
        let files = self.parts().map(|part| {
            let content = STANDARD.encode(self.part_json(part).to_json());
            object(vec![text("LOAIHOSO", part.name), text("NOIDUNGFILE", &content)])
        });
        let record = object(vec![named("FILEHOSO", Node::new(Value::Array(files.collect())))]);
        let records = object(vec![named("HOSO", Node::new(Value::Array(vec![record])))]);
        let mut about = Vec::new();
        if let Some(day) = self.drawn_up {
            about.push(text("NGAYLAP", &days::write_day(day)));
        }
        about.push(named("SOLUONGHOSO", Node::new(Value::Number("1".into()))));
        about.push(named("DANHSACHHOSO", records));
        let signatures = table::fields_of(table::SIGNATURES)
            .map(|field| text(field.name, self.of(field).unwrap_or_default()))
            .collect();
        let envelope = object(vec![
            named("THONGTINDONVI", object(vec![text("MACSKCB", self.location_number())])),
            named("THONGTINHOSO", object(about)),
            named(table::SIGNATURES, object(signatures)),
        ]);
        object(vec![named("KHAMSUCKHOE", envelope)]).to_json()
    }

    fn part_json(&self, part: &Part) -> Node<'static> {
        let fields = |row| {
            let mut members = Vec::new();
            self.each_field(part, row, |name, value| members.push(text(name, value)));
            object(members)
        };
        let content = if part.name == table::ROWS && self.rows.len() > 1 {
            let rows = (0..self.rows.len()).map(|row| fields(Some(row))).collect();
            let list = object(vec![named("CHI_TIET_CLS", Node::new(Value::Array(rows)))]);
            object(vec![named("DANH_SACH_CLS", list)])
        } else {
            fields(Some(0))
        };
        object(vec![named(part.root, content)])
    }
}
