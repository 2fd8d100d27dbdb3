//! An [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md): a registry
//! as a directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::artifact::{self, Attachment, BUNDLE, EMPTY_CONFIG, MANIFEST};
use super::{ChartArtifact, Error};
use crate::model::Sha256;

mod pointers;

/// The annotation that names a manifest in the index.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What `oci-layout` says.
const MARKER: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".writing-";

/// How often, and how long between, another writer's lock is waited for: ten seconds.
const PATIENCE: (usize, Duration) = (500, Duration::from_millis(20));

/// A layout, which is made when something is written to it.
pub(super) struct Layout<'a> {
    directory: &'a Path,
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
        // Asked before anything is written, and again under the lock. Readers take none: what they read is whole.
        if self.holds(&self.index()?, &name, wanted)? {
            return Ok(());
        }
        let lock = self.lock().await?;
        for blob in [chart.layer, chart.config, chart.manifest] {
            self.write_blob(blob)?;
        }
        self.change(&lock, |index| {
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
    }

    /// Writes blobs and manifest, and gives the manifest a name that another may have had.
    pub(super) async fn replace(&self, artifact: &ChartArtifact<'_>) -> Result<(), Error> {
        let name = format!("{}:{}", artifact.chart, artifact.tag);
        let lock = self.lock().await?;
        for blob in [artifact.layer, artifact.config, artifact.manifest] {
            self.write_blob(blob)?;
        }
        self.change(&lock, |index| Ok(Some(artifact::renamed(index, REF_NAME, &name, artifact.manifest))))
    }

    /// Writes an attachment and lists it.
    pub(super) async fn attach(&self, attachment: &Attachment) -> Result<(), Error> {
        if self.attached(attachment.subject, Sha256::of(&attachment.bundle))? {
            return Ok(());
        }
        let lock = self.lock().await?;
        for blob in [EMPTY_CONFIG, &attachment.bundle, &attachment.manifest] {
            self.write_blob(blob)?;
        }
        self.change(&lock, |index| Ok(artifact::listed(index, &attachment.descriptor())))
    }

    /// Every bundle that a listed manifest attaches to the subject.
    pub(super) fn bundles(&self, subject: Sha256) -> Result<Vec<String>, Error> {
        let index = self.index()?;
        let manifests = artifact::descriptors(&index).iter().filter_map(artifact::digest_of);
        // What is gone or damaged attaches nothing.
        let layers = manifests.filter_map(|digest| artifact::bundle_layer(&self.blob(digest).ok()?, subject));
        Ok(layers.filter_map(|(layer, _)| String::from_utf8(self.blob(layer).ok()?).ok()).collect())
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
    fn change(&self, _: &Lock, edit: impl Fn(&Value) -> Result<Option<Value>, Error>) -> Result<(), Error> {
        match edit(&self.index()?)? {
            Some(index) => write_whole(&self.directory.join("index.json"), index.to_string().as_bytes()),
            None => Ok(()),
        }
    }

    /// Waits until nobody else writes, and takes away what a writer left behind that was stopped.
    async fn lock(&self) -> Result<Lock, Error> {
        let blobs = self.directory.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(|source| write_error(&blobs, source))?;
        let path = self.directory.join("oci-layout");
        let (tries, pause) = PATIENCE;
        for _ in 0..tries {
            if let Some(mut lock) = Lock::take(&path).map_err(|source| write_error(&path, source))? {
                lock.mark().map_err(|source| write_error(&path, source))?;
                for directory in [self.directory.to_owned(), blobs] {
                    sweep(&directory);
                }
                return Ok(lock);
            }
            tokio::time::sleep(pause).await;
        }
        Err(write_error(&path, io::Error::new(ErrorKind::WouldBlock, "another writer holds it")))
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

/// The lock on a layout: the operating system's on its marker, which ends with the process that holds it, however
/// that ends.
struct Lock(File);

impl Lock {
    /// Writes the marker where it is new.
    fn mark(&mut self) -> io::Result<()> {
        if self.0.metadata()?.len() == MARKER.len() as u64 {
            return Ok(());
        }
        self.0.set_len(0)?;
        self.0.write_all(MARKER)?;
        self.0.sync_all()
    }

    /// The lock, unless somebody else holds it.
    #[cfg(unix)]
    fn take(path: &Path) -> io::Result<Option<Self>> {
        use rustix::fs::{FlockOperation, flock};
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(file))),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(windows)]
    fn take(path: &Path) -> io::Result<Option<Self>> {
        use std::os::windows::fs::OpenOptionsExt as _;
        /// `ERROR_SHARING_VIOLATION`.
        const SHARED: i32 = 32;
        match File::options().create(true).truncate(false).write(true).share_mode(0).open(path) {
            Ok(file) => Ok(Some(Self(file))),
            Err(error) if error.raw_os_error() == Some(SHARED) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Takes away the temporary files of writers that were stopped: nobody writes while the lock is held.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)) {
            // What cannot be taken away is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a file whole or not at all, readable as the umask allows.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let whole = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY);
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
