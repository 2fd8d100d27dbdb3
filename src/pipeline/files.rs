//! Files the pipeline leaves for people: written whole or not at all, and never over something else.

use std::io::Write as _;
use std::path::Path;

use crate::model::Failure;

/// Reads a file somebody named.
///
/// # Errors
/// It cannot be read (exit 2).
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::usage(format!("could not read {}", path.display())).because(error.to_string()))
}

/// As [`read`], as text.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))
}

/// Whether a file has exactly these bytes.
///
/// # Errors
/// It is there and cannot be read.
pub fn holds(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    match std::fs::read(path) {
        Ok(there) => Ok(there == bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(Failure::undetermined(format!("could not read {}", path.display())).because(error.to_string()))
        }
    }
}

/// Writes a file beside its place and moves it there, so that no reader sees half of it. One that has
/// these bytes already is left alone.
///
/// # Errors
/// The directory cannot be made or the file not written (exit 3: nothing was decided).
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if holds(path, bytes).unwrap_or(false) {
        return Ok(());
    }
    let failed = |error: std::io::Error| {
        Failure::undetermined(format!("could not write {}", path.display()))
            .because(error.to_string())
            .hint("make room or give permission there, then run it again")
    };
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut temporary =
        readable(tempfile::Builder::new()).prefix(TEMPORARY).tempfile_in(directory).map_err(failed)?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// What is taken hold of for as long as this lives, and let go of however the process ends.
#[derive(Debug)]
pub struct Held {
    _directory: Option<std::fs::File>,
}

/// Takes hold of a directory, which is made where there is none; waits for whoever else has it.
///
/// # Errors
/// It cannot be made (exit 3), or somebody has had it for half a minute (exit 4).
pub fn hold(directory: &Path) -> Result<Held, Failure> {
    std::fs::create_dir_all(directory).map_err(|error| {
        Failure::undetermined(format!("could not make {}", directory.display()))
            .because(error.to_string())
            .hint("make room or give permission there, then run it again")
    })?;
    lock(directory)
}

#[cfg(unix)]
fn lock(directory: &Path) -> Result<Held, Failure> {
    use rustix::fs::{FlockOperation, flock};
    const TRIES: u32 = 600;
    let file = std::fs::File::open(directory).map_err(|error| {
        Failure::undetermined(format!("could not open {}", directory.display())).because(error.to_string())
    })?;
    for _ in 0..TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Held { _directory: Some(file) }),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            // Some file systems know no locks. Every file is written whole all the same.
            Err(_) => return Ok(Held { _directory: None }),
        }
    }
    Err(Failure::conflict(format!("somebody else is writing to {}", directory.display()))
        .hint("wait for the other run to end, then run it again"))
}

#[cfg(not(unix))]
fn lock(_: &Path) -> Result<Held, Failure> {
    Ok(Held { _directory: None })
}

/// Adds files to a directory. One that is not there appears with all of them at once, and what an earlier run left
/// unfinished goes. The caller holds the directory above.
///
/// # Errors
/// The directory or a file cannot be written (exit 3).
pub fn complete(directory: &Path, missing: &[(&str, &[u8])]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::undetermined(format!("could not write {}", directory.display()))
            .because(error.to_string())
            .hint("make room or give permission there, then run it again")
    };
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let partial = directory.with_file_name(format!(".{name}.partial"));
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(failed)?;
    }
    if directory.exists() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        return missing.iter().try_for_each(|(name, bytes)| write(&directory.join(name), bytes));
    }
    for (name, bytes) in missing {
        write(&partial.join(name), bytes)?;
    }
    std::fs::rename(&partial, directory).map_err(failed)
}

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".tmp";

/// What is published is for everybody to read; a temporary file is made for its owner alone.
#[cfg(unix)]
fn readable<'a, 'b>(mut builder: tempfile::Builder<'a, 'b>) -> tempfile::Builder<'a, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o644));
    builder
}

#[cfg(not(unix))]
fn readable<'a, 'b>(builder: tempfile::Builder<'a, 'b>) -> tempfile::Builder<'a, 'b> {
    builder
}

#[cfg(test)]
mod tests {
    use super::{complete, hold, holds, write};

    #[test]
    fn a_file_is_written_whole_and_again() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("a/b/x.txt");
        assert!(!holds(&path, b"one").expect("absent is no error"));
        write(&path, b"one").expect("written");
        assert!(holds(&path, b"one").expect("readable"));
        write(&path, b"two").expect("replaced");
        write(&path, b"two").expect("left alone");
        assert_eq!(std::fs::read(&path).expect("there"), b"two");
        assert_eq!(std::fs::read_dir(root.path().join("a/b")).expect("a directory").count(), 1);
    }

    #[test]
    fn a_directory_appears_whole_and_takes_no_leftovers_along() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let (directory, partial) = (root.path().join("v1"), root.path().join(".v1.partial"));
        let _held = hold(root.path()).expect("nobody has it");
        std::fs::create_dir(&partial).expect("made");
        std::fs::write(partial.join("junk"), "half").expect("written");
        complete(&directory, &[("a", b"one"), ("b", b"two")]).expect("written");
        std::fs::write(directory.join(".tmpx"), "half").expect("written");
        complete(&directory, &[("c", b"three")]).expect("written");
        let mut names: Vec<_> = std::fs::read_dir(&directory)
            .expect("a directory")
            .map(|e| e.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(!partial.exists());
    }

    #[test]
    fn a_refused_file_is_named() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(root.path().join("file"), b"").expect("written");
        let failure = write(&root.path().join("file/x.txt"), b"one").expect_err("a file is no directory");
        assert!(failure.what.contains("x.txt"), "{failure:?}");
    }
}
