//! A transaction Bundle of updates with known ids: sent twice, it changes nothing the second time.

use crate::NationBundle;
use crate::chance::Id;
use crate::json_text::JsonText;

/// A Bundle that grows by one resource at a time.
pub(crate) struct BundleText {
    json: JsonText,
    resources: usize,
}

impl BundleText {
    /// A Bundle without entries.
    pub(crate) fn new() -> BundleText {
        BundleText {
            json: JsonText::starting_with(r#"{"resourceType":"Bundle","type":"transaction","entry":["#),
            resources: 0,
        }
    }

    /// Adds a resource; `content` writes the members after `id`.
    pub(crate) fn resource(&mut self, kind: &str, id: Id, content: impl FnOnce(&mut JsonText)) {
        self.resources += 1;
        self.json.item(|json| {
            json.plain("fullUrl", format_args!("urn:uuid:{id}"));
            json.object("resource", |json| {
                json.plain("resourceType", kind);
                json.plain("id", id);
                content(json);
            });
            json.object("request", |json| {
                json.plain("method", "PUT");
                json.plain("url", format_args!("{kind}/{id}"));
            });
        });
    }

    /// The finished Bundle under the name of its file.
    pub(crate) fn finish(mut self, name: String) -> NationBundle {
        self.json.raw("]}");
        NationBundle { name, json: self.json.finish(), resources: self.resources }
    }
}
