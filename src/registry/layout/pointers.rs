//! Names that move, in a layout: under the lock, by whoever knows what the name stood for before.

use crate::model::Sha256;
use crate::registry::Error;
use crate::registry::artifact;
use crate::registry::pointers::{Document, different, layer};

use super::{Layout, REF_NAME, protocol};

impl Layout<'_> {
    /// As [`crate::registry::Destination::point`].
    pub(in crate::registry) async fn point(
        &self,
        chart: &str,
        tag: &str,
        from: Option<Sha256>,
        to: Sha256,
    ) -> Result<(), Error> {
        let name = format!("{chart}:{tag}");
        // Read before anything is changed: a name for what is not there, or is damaged, leads nowhere.
        let manifest = self.blob(to)?;
        let lock = self.lock().await?;
        self.change(&lock, |index| {
            let there = self.named(index, &name)?;
            if there == Some(to) {
                return Ok(None);
            }
            if there != from {
                let place = format!("{name} in oci-layout:{}", self.directory.display());
                return Err(different(&place, there, from));
            }
            Ok(Some(artifact::renamed(index, REF_NAME, &name, &manifest)))
        })
    }

    /// Writes a document's blobs, listed under no name.
    pub(in crate::registry) async fn keep(&self, document: &Document) -> Result<(), Error> {
        let _lock = self.lock().await?;
        document.parts().into_iter().try_for_each(|bytes| self.write_blob(bytes))
    }

    /// The bytes of a document.
    pub(in crate::registry) fn document(&self, digest: Sha256, artifact_type: &str) -> Result<Vec<u8>, Error> {
        let manifest = self.blob(digest)?;
        let (layer, _) = layer(&manifest, artifact_type).map_err(|why| protocol(&self.blob_path(digest), why))?;
        self.blob(layer)
    }
}
