//! Which files come first: Bundles of type batch, for others refer to what they hold.

use tokio::task::JoinSet;

use super::peek::peek;
use super::source::{Kind, Source};
use super::unpack;
use crate::failure::Failure;

/// How much of a file is looked at. Behind it a Bundle counts as one that comes later.
const HEAD: usize = 4_096;

/// Splits the files into those that come first and the rest; each part keeps its order.
pub async fn order(sources: Vec<Source>, jobs: usize) -> Result<(Vec<Source>, Vec<Source>), Failure> {
    if sources.len() < 2 {
        return Ok((Vec::new(), sources));
    }
    let mut verdicts = vec![false; sources.len()];
    let mut running: JoinSet<(usize, bool)> = JoinSet::new();
    let mut take = |done: Option<Result<(usize, bool), tokio::task::JoinError>>| -> Result<(), Failure> {
        if let Some(done) = done {
            let (index, first) = done.map_err(Failure::because)?;
            if let Some(verdict) = verdicts.get_mut(index) {
                *verdict = first;
            }
        }
        Ok(())
    };
    for (index, source) in sources.iter().enumerate() {
        while running.len() >= jobs {
            take(running.join_next().await)?;
        }
        let source = source.clone();
        running.spawn_blocking(move || (index, comes_first(&source)));
    }
    while !running.is_empty() {
        take(running.join_next().await)?;
    }
    let mut parts = (Vec::new(), Vec::new());
    for (source, first) in sources.into_iter().zip(verdicts) {
        if first { parts.0.push(source) } else { parts.1.push(source) }
    }
    Ok(parts)
}

fn comes_first(source: &Source) -> bool {
    if source.kind != Kind::Document {
        return false;
    }
    // Synthea names what its patients refer to; a look into the file would tell the same and costs more.
    let name = source.name();
    if name.contains("hospitalInformation") || name.contains("practitionerInformation") {
        return true;
    }
    // A file that cannot be read is reported when its turn comes.
    unpack::read_head(&source.path, HEAD)
        .is_ok_and(|head| peek(&head).bundle_type.as_deref() == Some("batch"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::source::collect;

    #[tokio::test]
    async fn batches_come_first() {
        let folder = test_support::TemporaryDirectory::new();
        for (name, text) in [
            ("a.json", r#"{"resourceType":"Bundle","type":"transaction"}"#),
            ("b.json", r#"{"resourceType":"Bundle","type":"batch"}"#),
            ("c.ndjson", "{}"),
            ("d.json", "no json"),
            ("e-hospitalInformation1.json", "{}"),
            ("f.json", r#"{"resourceType":"Bundle","type":"batch"}"#),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let sources = collect(&[folder.path().to_owned()]).unwrap();
        let (first, then) = order(sources, 2).await.unwrap();
        let names = |sources: &[Source]| sources.iter().map(Source::name).collect::<Vec<_>>();
        assert_eq!(names(&first), ["b.json", "e-hospitalInformation1.json", "f.json"]);
        assert_eq!(names(&then), ["a.json", "c.ndjson", "d.json"]);
    }
}
