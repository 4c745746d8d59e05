//! What only the server sets: `resourceType`, `id`, `meta.versionId`, `meta.lastUpdated`.

use json::Node;

use crate::Reason;
use crate::bounds::Bounds;

const VERSION: [&str; 2] = ["versionId", "lastUpdated"];

/// What must not change while a patch is applied.
#[derive(Debug)]
pub(crate) struct Guard {
    identity: [Option<String>; 2],
    version: [Option<String>; 2],
}

impl Guard {
    pub(crate) fn new(document: &Node<'_>) -> Self {
        Self { identity: identity(document), version: version(document) }
    }

    /// Refuses an operation after which something of it differs. `meta` may be removed or replaced as a whole
    /// without its version, which the server sets anyway; but whoever `names` the version itself means to change it.
    pub(crate) fn check(&self, document: &Node<'_>, names: bool, bounds: &mut Bounds) -> Result<(), Reason> {
        bounds.charge(document.members().len())?;
        let version = version(document);
        let same =
            self.version.iter().zip(&version).all(|(before, now)| before == now || (now.is_none() && !names));
        if same && self.identity == identity(document) { Ok(()) } else { Err(Reason::Protected) }
    }
}

/// Whether a path of member names leads to a version, or into it.
pub(crate) fn names_version<'n>(mut path: impl Iterator<Item = &'n str>) -> bool {
    path.next() == Some("meta")
        && path.next().is_some_and(|name| VERSION.contains(&name.strip_prefix('_').unwrap_or(name)))
}

/// As text, so that a number or an object in place of a string is a difference too.
fn identity(document: &Node<'_>) -> [Option<String>; 2] {
    ["resourceType", "id"].map(|name| document.get(name).map(Node::to_json))
}

fn version(document: &Node<'_>) -> [Option<String>; 2] {
    let meta = document.get("meta");
    VERSION.map(|name| meta.and_then(|meta| meta.get(name)).map(Node::to_json))
}
