//! `healthbook nation`: the synthetic nation as files.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use flate2::{Compression, GzBuilder};
use synthetic_nation::{Nation, Settings};

use crate::cli;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::progress::{Lines, Progress, grouped};

/// Writes a Bundle to each file.
pub fn run(configuration: &Configuration, command: &cli::Nation) -> Result<(), Failure> {
    let today = configuration.time_zone.today();
    let nation = Nation::new(Settings { people: command.people, seed: command.seed, today });
    let folder = &command.out;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let bundles = u64::try_from(nation.bundle_count()).unwrap_or(u64::MAX);
    let progress = Progress::new("nation", bundles, Lines::Plain);
    let (mut files, mut resources) = (0_u64, 0_u64);
    for bundle in nation.bundles() {
        let path = folder.join(format!("{}.json{}", bundle.name, if command.compress { ".gz" } else { "" }));
        write(&path, bundle.json.as_bytes(), command.compress)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let count = u64::try_from(bundle.resources).unwrap_or(0);
        files += 1;
        resources += count;
        progress.advance(1, count);
    }
    progress.finish();
    print(&format!(
        "{} people, {} resources, {} files in {}\n",
        grouped(u64::from(command.people)),
        grouped(resources),
        grouped(files),
        folder.display()
    ))
}

fn write(path: &Path, text: &[u8], compress: bool) -> std::io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    if compress {
        // Without a time in the header: the same nation gives the same bytes.
        let mut writer = GzBuilder::new().mtime(0).write(file, Compression::default());
        writer.write_all(text)?;
        writer.finish()?.flush()
    } else {
        let mut file = file;
        file.write_all(text)?;
        file.flush()
    }
}
