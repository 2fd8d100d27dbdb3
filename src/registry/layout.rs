//! An [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md): a registry
//! as a directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::artifact::{self, Attachment, BUNDLE, EMPTY_CONFIG, MANIFEST};
use super::{ChartArtifact, Error};
use crate::model::Sha256;

/// The annotation that names a manifest in the index.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What `oci-layout` says.
const MARKER: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// How often, and how long between, another writer's lock is waited for: ten seconds.
const PATIENCE: (usize, Duration) = (500, Duration::from_millis(20));

/// A layout, which is made when something is written to it.
pub(super) struct Layout<'a> {
    directory: &'a Path,
}

/// The lock on an index, as git locks its files: the new content is written to `index.json.lock`, which only
/// one writer can create, and becomes the index by being renamed. Dropped before that, it is taken away.
struct Lock {
    path: PathBuf,
    file: File,
    held: bool,
}

impl Lock {
    fn commit(mut self, bytes: &[u8], target: &Path) -> Result<(), Error> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| fs::rename(&self.path, target));
        self.held = written.is_err();
        written.map_err(|source| write_error(target, source))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.held {
            // Left behind, the next writer says what to do about it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl<'a> Layout<'a> {
    /// The layout in this directory.
    pub(super) fn at(directory: &'a Path) -> Self {
        Self { directory }
    }

    /// The digest that a chart's tag names.
    pub(super) fn resolve(&self, chart: &str, tag: &str) -> Result<Option<Sha256>, Error> {
        self.named(&self.index()?, &format!("{chart}:{tag}"))
    }

    /// Writes blobs and manifest, and names the manifest.
    pub(super) async fn push(&self, chart: &ChartArtifact<'_>) -> Result<(), Error> {
        let name = format!("{}:{}", chart.chart, chart.tag);
        let wanted = Sha256::of(chart.manifest);
        // Asked before anything is written, and again under the lock.
        if self.holds(&self.index()?, &name, wanted)? {
            return Ok(());
        }
        self.start()?;
        for blob in [chart.layer, chart.config, chart.manifest] {
            self.write_blob(blob)?;
        }
        self.change(|index| {
            if self.holds(index, &name, wanted)? {
                return Ok(None);
            }
            let mut descriptor = artifact::descriptor(MANIFEST, chart.manifest);
            descriptor["annotations"] = json!({ REF_NAME: name });
            // Not sorted in: one manifest may go by several names.
            let mut changed = index.clone();
            if let Some(entries) = changed.get_mut("manifests").and_then(Value::as_array_mut) {
                entries.push(descriptor);
            }
            Ok(Some(changed))
        })
        .await
    }

    /// Writes an attachment and lists it.
    pub(super) async fn attach(&self, attachment: &Attachment) -> Result<(), Error> {
        if self.attached(attachment.subject, Sha256::of(&attachment.bundle))? {
            return Ok(());
        }
        self.start()?;
        for blob in [EMPTY_CONFIG, &attachment.bundle, &attachment.manifest] {
            self.write_blob(blob)?;
        }
        self.change(|index| Ok(artifact::listed(index, &attachment.descriptor()))).await
    }

    /// Whether a listed manifest attaches the bundle to the subject.
    pub(super) fn attached(&self, subject: Sha256, bundle: Sha256) -> Result<bool, Error> {
        for entry in artifact::descriptors(&self.index()?) {
            let carries = entry.get("artifactType").is_some_and(|kind| kind == BUNDLE);
            let Some(digest) = artifact::digest_of(entry).filter(|_| carries) else { continue };
            // A manifest that is gone or damaged attaches nothing.
            if let Ok(manifest) = self.blob(digest)
                && artifact::attaches(&manifest, subject, bundle)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The chart layer of a manifest.
    pub(super) fn pull(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let manifest = self.blob(digest)?;
        let (layer, _) = artifact::chart_layer(&manifest).map_err(|why| protocol(&self.blob_path(digest), why))?;
        self.blob(layer)
    }

    /// Whether the index has this name for this digest; another digest is `Different`.
    fn holds(&self, index: &Value, name: &str, wanted: Sha256) -> Result<bool, Error> {
        match self.named(index, name)? {
            None => Ok(false),
            Some(found) if found == wanted => Ok(true),
            Some(found) => Err(Error::Different {
                reference: format!("{name} in oci-layout:{}", self.directory.display()),
                found: format!("sha256:{found}"),
                wanted: format!("sha256:{wanted}"),
            }),
        }
    }

    fn named(&self, index: &Value, name: &str) -> Result<Option<Sha256>, Error> {
        let mut entries = artifact::descriptors(index).iter().filter(|entry| {
            entry.get("annotations").and_then(|all| all.get(REF_NAME)).is_some_and(|it| it == name)
        });
        let Some(entry) = entries.next() else { return Ok(None) };
        let path = self.directory.join("index.json");
        let digest =
            artifact::digest_of(entry).ok_or_else(|| protocol(&path, format!("{name} has no sha256 digest")))?;
        if entries.any(|other| artifact::digest_of(other) != Some(digest)) {
            return Err(protocol(&path, format!("{name} names several manifests")));
        }
        Ok(Some(digest))
    }

    fn index(&self) -> Result<Value, Error> {
        let path = self.directory.join("index.json");
        match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(artifact::empty_index()),
            Err(e) => Err(protocol(&path, e.to_string())),
            Ok(bytes) => artifact::parse_index(&bytes).map_err(|why| protocol(&path, why)),
        }
    }

    /// Changes the index under its lock; none: nothing to change.
    async fn change(&self, edit: impl Fn(&Value) -> Result<Option<Value>, Error>) -> Result<(), Error> {
        let lock = self.lock().await?;
        match edit(&self.index()?)? {
            Some(index) => lock.commit(index.to_string().as_bytes(), &self.directory.join("index.json")),
            None => Ok(()),
        }
    }

    async fn lock(&self) -> Result<Lock, Error> {
        let path = self.directory.join("index.json.lock");
        let (tries, pause) = PATIENCE;
        for _ in 0..tries {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Lock { path, file, held: true }),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => tokio::time::sleep(pause).await,
                Err(source) => return Err(write_error(&path, source)),
            }
        }
        let why = "another writer holds it; if there is none, remove it";
        Err(write_error(&path, io::Error::new(ErrorKind::AlreadyExists, why)))
    }

    /// Makes the layout's directories and its marker.
    fn start(&self) -> Result<(), Error> {
        let blobs = self.directory.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(|source| write_error(&blobs, source))?;
        let marker = self.directory.join("oci-layout");
        if marker.exists() { Ok(()) } else { write_whole(&marker, MARKER) }
    }

    fn blob_path(&self, digest: Sha256) -> PathBuf {
        self.directory.join("blobs/sha256").join(digest.to_string())
    }

    /// A blob, whose bytes have its digest.
    fn blob(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let path = self.blob_path(digest);
        let bytes = fs::read(&path).map_err(|e| protocol(&path, e.to_string()))?;
        let found = Sha256::of(&bytes);
        if found == digest {
            Ok(bytes)
        } else {
            Err(protocol(&path, format!("what lies there is sha256:{found}")))
        }
    }

    fn write_blob(&self, bytes: &[u8]) -> Result<(), Error> {
        let digest = Sha256::of(bytes);
        // A damaged one is written again.
        if self.blob(digest).is_ok() { Ok(()) } else { write_whole(&self.blob_path(digest), bytes) }
    }
}

/// Writes a file whole or not at all, readable as the umask allows.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let whole = || {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|e| e.error)
    };
    whole().map_err(|source| write_error(path, source))
}

fn write_error(path: &Path, source: io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}

fn protocol(path: &Path, why: String) -> Error {
    Error::Protocol(path.display().to_string(), why)
}
