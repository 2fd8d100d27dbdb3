//! The way to a repository, for another thread to open it by itself.

use std::path::PathBuf;

use super::{Error, Repo, deaf_options};

/// How a repository was found. Unlike the open repository, it can go to another thread.
#[derive(Clone)]
pub struct Handle {
    dir: PathBuf,
    options: gix::open::Options,
    ambient: bool,
}

impl Repo {
    /// The way to this repository.
    pub fn handle(&self) -> Handle {
        let options = if self.ambient { self.inner.open_options().clone() } else { deaf_options() };
        Handle {
            dir: self.inner.git_dir().to_owned(),
            options: options.open_path_as_is(true),
            ambient: self.ambient,
        }
    }
}

impl Handle {
    /// Opens the same repository once more.
    ///
    /// # Errors
    /// It is no longer there, or cannot be read.
    pub fn open(&self) -> Result<Repo, Error> {
        gix::open_opts(&self.dir, self.options.clone()).map(|found| Repo::around(found, self.ambient)).map_err(
            |source| Error::Read {
                what: format!("the repository at {}", self.dir.display()),
                source: source.into(),
            },
        )
    }
}
