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
    let mut temporary = readable(tempfile::Builder::new()).tempfile_in(directory).map_err(failed)?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

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
    use super::{holds, write};

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
    fn a_refused_file_is_named() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(root.path().join("file"), b"").expect("written");
        let failure = write(&root.path().join("file/x.txt"), b"one").expect_err("a file is no directory");
        assert!(failure.what.contains("x.txt"), "{failure:?}");
    }
}
