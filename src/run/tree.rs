//! Writing a tree of files where nothing can lead outside it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::Error;
use crate::model::ChartFile;

/// Writes files below `root`, creating directories: never outside it, links not followed. A file or link
/// that stands at a path already is replaced, never written through. True marks an executable.
///
/// # Errors
/// A path that is absolute, empty or leads upwards, a directory that is a link or a file, a full disk.
pub fn write_tree(root: &Path, files: &[(ChartFile, bool)]) -> Result<(), Error> {
    for (file, executable) in files {
        write_one(root, file, *executable)
            .map_err(|source| Error::Scratch { path: root.join(&file.path).display().to_string(), source })?;
    }
    Ok(())
}

fn write_one(root: &Path, file: &ChartFile, executable: bool) -> io::Result<()> {
    let names = components(&file.path)?;
    let (last, directories) = names.split_last().ok_or_else(|| refused("the path is empty"))?;
    fs::create_dir_all(root)?;
    let mut place = root.to_owned();
    for directory in directories {
        place.push(directory);
        match DirBuilder::new().create(&place) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                if !fs::symlink_metadata(&place)?.is_dir() {
                    return Err(refused(&format!("{} is not a directory", place.display())));
                }
            }
            made => made?,
        }
    }
    place.push(last);
    match fs::remove_file(&place) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    // `create_new` does not follow a link at the path either.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if executable { 0o755 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = executable;
    options.open(&place)?.write_all(&file.bytes)
}

/// The names a `/`-separated path goes through, each of which names an entry of a directory and nothing else.
fn components(path: &str) -> io::Result<Vec<PathBuf>> {
    path.split('/')
        .map(|name| {
            // Asked of the platform, which on Windows knows drives, streams and the other separator.
            let mut parts = Path::new(name).components();
            match (parts.next(), parts.next()) {
                (Some(Component::Normal(part)), None) if part == name && !name.contains('\0') => {
                    Ok(PathBuf::from(name))
                }
                _ => Err(refused(&format!("{path:?} does not stay below the tree"))),
            }
        })
        .collect()
}

fn refused(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why)
}

/// Removes a scratch directory, even where a command took the write permission from its directories.
pub(super) fn remove(scratch: TempDir) {
    let place = scratch.path().to_owned();
    if scratch.close().is_err() {
        allow(&place);
        // Nothing more can be done, and nothing depends on it.
        let _ = fs::remove_dir_all(&place);
    }
}

/// Gives the owner all permissions on the directories below `directory`; links are left alone.
fn allow(directory: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            allow(&entry.path());
        }
    }
}
