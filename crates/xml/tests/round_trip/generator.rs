//! Resources made from R4's element table: full ones, and random ones.

use std::borrow::Cow;
use std::collections::BTreeSet;

use fhir::{Element, Kind, ResourceType, TypeId};
use json::{Member, Node, Value};

use crate::random::Random;

const DIV: &str = "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang='vi'>\n<p title='a\"b'>Phở &amp; &#160;<br/></p><!-- c --></div>";

fn object(members: Vec<Member<'static>>) -> Node<'static> {
    Node::new(Value::Object(members))
}

fn member(name: &str, node: Node<'static>) -> Member<'static> {
    (Cow::Owned(name.to_owned()), node)
}

fn extension(value: &'static str) -> Node<'static> {
    object(vec![
        member("url", Node::string("http://example.org/e")),
        member("valueString", Node::string(value)),
    ])
}

/// With a value, or with another extension: never both.
fn nested_extension(variant: usize) -> Node<'static> {
    if variant.is_multiple_of(2) {
        return extension("y");
    }
    object(vec![
        member("id", Node::string("e")),
        member("url", Node::string("http://example.org/n")),
        member("extension", Node::new(Value::Array(vec![extension("z")]))),
    ])
}

fn member_name(element: &Element, type_id: TypeId) -> String {
    if !element.choice {
        return element.name.to_owned();
    }
    let (first, rest) = type_id.name().split_at(1);
    format!("{}{}{rest}", element.name, first.to_uppercase())
}

/// A value that has the format of its type.
fn primitive(type_name: &str, turn: usize) -> Node<'static> {
    let pick = |values: &[&'static str]| values[turn % values.len()];
    let number = |values: &[&'static str]| Node::new(Value::Number(pick(values).into()));
    match type_name {
        "boolean" => Node::new(Value::Boolean(turn.is_multiple_of(2))),
        "decimal" => number(&["1.50", "-0.0", "1E-22", "12345678901234567890.10"]),
        "integer" => number(&["-5", "0"]),
        "unsignedInt" => number(&["0", "7"]),
        "positiveInt" => number(&["1", "2147483647"]),
        "string" | "markdown" => Node::string(pick(&[
            "Nguyễn Thị \"Bưởi\"",
            " hai dòng\n\tvà & < > ' \r\n ",
            "\u{1F600}\u{FFFD}\u{A0}]]>",
            "<b>&amp;</b>",
        ])),
        "code" => Node::string(pick(&["a", "a b", "<"])),
        "id" => Node::string(pick(&["a-1.B"])),
        "uri" | "url" | "canonical" => Node::string(pick(&["http://example.org/a?b=c&d='e'", "urn:x"])),
        "oid" => Node::string("urn:oid:1.2.840.0"),
        "uuid" => Node::string("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
        "date" => Node::string(pick(&["2026", "2026-11", "2026-11-25"])),
        "dateTime" => Node::string(pick(&["2026", "2026-11-25T10:00:00.10+07:00"])),
        "instant" => Node::string("2026-11-25T10:00:00.10Z"),
        "time" => Node::string("10:00:00.5"),
        "base64Binary" => Node::string(pick(&["QUJD", "QUJD REVG\nQQ=="])),
        "xhtml" => Node::string(DIV),
        _ => panic!("no value of type {type_name}"),
    }
}

/// Makes resources with every element that fits.
pub struct Full<'a> {
    variant: usize,
    seen: &'a mut BTreeSet<(TypeId, &'static str)>,
    within: Vec<TypeId>,
}

impl<'a> Full<'a> {
    /// `variant` chooses the form of choices; what is made is noted in `seen`.
    pub fn new(variant: usize, seen: &'a mut BTreeSet<(TypeId, &'static str)>) -> Self {
        Self { variant, seen, within: Vec::new() }
    }

    pub fn resource(&mut self, resource_type: ResourceType) -> Node<'static> {
        self.object(TypeId::of_resource(resource_type))
    }

    /// A `Basic` whose one extension has a value of the type that the variant chooses.
    pub fn basic_with_extension(&mut self) -> Node<'static> {
        let extension = TypeId::named("Extension").unwrap();
        let value = extension.element("value").unwrap();
        let kind = value.types[self.variant].type_id;
        let node = if kind.kind() == Kind::Primitive {
            primitive(kind.name(), self.variant)
        } else {
            self.object(kind)
        };
        let members = vec![
            member("url", Node::string("http://example.org/e")),
            member(&member_name(value, kind), node),
        ];
        object(vec![
            member("resourceType", Node::string("Basic")),
            member("extension", Node::new(Value::Array(vec![object(members)]))),
            member("code", object(vec![member("text", Node::string("x"))])),
        ])
    }

    fn object(&mut self, type_id: TypeId) -> Node<'static> {
        let mut members = Vec::new();
        if type_id.kind() == Kind::Resource {
            members.push(member("resourceType", Node::string(type_id.name())));
        }
        self.within.push(type_id);
        for element in type_id.elements() {
            self.element(type_id, element, &mut members);
        }
        self.within.pop();
        object(members)
    }

    fn element(&mut self, owner: TypeId, element: &'static Element, members: &mut Vec<Member<'static>>) {
        let kind = element.types[self.variant % element.types.len()].type_id;
        let name = member_name(element, kind);
        if kind.kind() == Kind::Primitive {
            self.seen.insert((owner, element.name));
            // The id of a resource has a format; an id that is an attribute can have no extensions.
            let is_resource_id = element.name == "id" && owner.kind() == Kind::Resource;
            let kind_name = if is_resource_id { "id" } else { kind.name() };
            let is_attribute = element.name == "id" && !is_resource_id;
            let with_shadow = !is_attribute && kind_name != "xhtml" && self.within.len() < 3;
            let shadow = || {
                object(vec![
                    member("id", Node::string("s")),
                    member("extension", Node::new(Value::Array(vec![extension("x")]))),
                ])
            };
            if element.many {
                let (one, other) =
                    (primitive(kind_name, self.variant), primitive(kind_name, self.variant + 1));
                let null = || Node::new(Value::Null);
                let values = vec![one, null(), other];
                let shadows = vec![null(), shadow(), shadow()];
                members.push(member(&name, Node::new(Value::Array(values))));
                members.push(member(&format!("_{name}"), Node::new(Value::Array(shadows))));
            } else {
                members.push(member(&name, primitive(kind_name, self.variant)));
                if with_shadow {
                    members.push(member(&format!("_{name}"), shadow()));
                }
            }
            return;
        }
        let node = match kind.name() {
            // What may stand in itself stands in itself once, if it is a part of a resource.
            _ if element.min == 0
                && self.within.iter().filter(|outer| **outer == kind).count()
                    > usize::from(kind.kind() == Kind::Backbone) =>
            {
                return;
            }
            "Extension" => nested_extension(self.variant),
            "Resource" if self.within.len() > 1 && owner.kind() == Kind::Resource => return,
            "Resource" => object(vec![
                member("resourceType", Node::string("Basic")),
                member("id", Node::string("c")),
                member("code", object(vec![member("text", Node::string("z"))])),
            ]),
            _ => self.object(kind),
        };
        self.seen.insert((owner, element.name));
        let node = match element.many {
            // Two contained resources would have one id; further inside one is enough.
            true if element.name == "contained" || self.within.len() > 1 => {
                Node::new(Value::Array(vec![node]))
            }
            true => Node::new(Value::Array(vec![node.clone(), node])),
            false => node,
        };
        members.push(member(&name, node));
    }
}

/// A resource with some of its elements, its members in any order.
pub fn random_resource(random: &mut Random, resource_type: ResourceType) -> Node<'static> {
    random_object(random, TypeId::of_resource(resource_type), 0)
}

fn random_object(random: &mut Random, type_id: TypeId, depth: usize) -> Node<'static> {
    let mut members = Vec::new();
    if type_id.kind() == Kind::Resource {
        members.push(member("resourceType", Node::string(type_id.name())));
    }
    let share = if depth == 0 { 40 } else { 25 };
    let with_extensions = random.chance(50);
    for element in type_id.elements() {
        let excluded = type_id.name() == "Extension"
            && match element.name {
                "extension" => !with_extensions || depth >= 4,
                "value" => with_extensions && depth < 4,
                _ => false,
            };
        let wanted = random.chance(share)
            && (depth < 4 || element.types.iter().all(|kind| kind.type_id.kind() == Kind::Primitive));
        let needed = element.min > 0
            || (type_id.name() == "Extension" && matches!(element.name, "extension" | "value"));
        if excluded || !(wanted || needed) {
            continue;
        }
        let mut kind = element.types[random.below(element.types.len())].type_id;
        if depth >= 4 && type_id.name() == "Extension" && element.name == "value" {
            kind = TypeId::named("string").unwrap();
        }
        random_element(random, type_id, element, kind, depth, &mut members);
    }
    // Nothing may be empty: every type has an id.
    if members.is_empty() {
        members.push(member("id", Node::string("x")));
    }
    for at in (1..members.len()).rev() {
        members.swap(at, random.below(at + 1));
    }
    object(members)
}

fn random_element(
    random: &mut Random,
    owner: TypeId,
    element: &'static Element,
    kind: TypeId,
    depth: usize,
    members: &mut Vec<Member<'static>>,
) {
    let name = member_name(element, kind);
    let count = if element.many { 1 + random.below(3) } else { 1 };
    if kind.kind() != Kind::Primitive {
        let mut items: Vec<Node<'static>> = Vec::new();
        for index in 0..count {
            let mut item = match kind.name() {
                "Resource" => random_object(random, TypeId::of_resource(ResourceType::PATIENT), 4),
                _ => random_object(random, kind, depth + 1),
            };
            if element.name == "contained" {
                // Ids of contained resources are told apart, and nothing is contained in them.
                if let Value::Object(members) = &mut item.value {
                    members.retain(|(name, _)| name != "id" && name != "_id" && name != "contained");
                    members.push(member("id", Node::string(format!("c{index}"))));
                }
            }
            items.push(item);
        }
        let node = if element.many { Node::new(Value::Array(items)) } else { items.remove(0) };
        members.push(member(&name, node));
        return;
    }
    let is_resource_id = element.name == "id" && owner.kind() == Kind::Resource;
    let kind_name = if is_resource_id { "id" } else { kind.name() };
    let is_attribute =
        (element.name == "id" && !is_resource_id) || (owner.name() == "Extension" && element.name == "url");
    let plain = is_attribute || kind_name == "xhtml" || depth > 3;
    let (mut values, mut shadows) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let form = if plain { 0 } else { random.below(6) };
        let value = || Node::new(Value::Null);
        values.push(if form == 5 { value() } else { primitive(kind_name, random.below(12)) });
        shadows.push(match form {
            4 => object(vec![member("id", Node::string("s"))]),
            5 => object(vec![member("extension", Node::new(Value::Array(vec![extension("x")])))]),
            _ => value(),
        });
    }
    for (name, nodes) in [(name.clone(), values), (format!("_{name}"), shadows)] {
        if nodes.iter().all(|node| node.value == Value::Null) {
            continue;
        }
        let node = if element.many { Some(Node::new(Value::Array(nodes))) } else { nodes.into_iter().next() };
        members.extend(node.map(|node| member(&name, node)));
    }
}
