//! Container images of somebody else's: what a tag names now, and which signatures there are of it.
//!
//! Nothing is written here, and no signature is believed: whoever asks holds them against keys and identities.

use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};

use super::artifact;
use super::classic::Signature;
use super::exchange::Answer;
use super::remote::Remote;
use super::{Error, RegistryOperation};
use crate::model::Sha256;
use crate::model::image::ImageName;

/// The forms of manifests that Docker wrote before there was a specification. Without them a registry may answer with
/// the image for one platform in place of the index that the tag names.
const OF_DOCKER: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What a registry says of an image.
#[derive(Clone, Debug)]
pub struct ImageSeen {
    /// What the tag names; none: there is no such tag.
    pub tag: Option<Sha256>,
    /// Whether what was wanted is one platform's part of the index that the tag names.
    pub is_platform: bool,
    /// The Sigstore bundles attached to the digest that was wanted; empty unless the tag names it.
    pub bundles: Vec<String>,
    /// The signatures that lie beside it as cosign laid them before bundles; likewise.
    pub signatures: Vec<Signature>,
    /// Why there may be more bundles: not every list could be read.
    pub unread: Option<String>,
}

/// Asks for an image by its tag, and for the signatures of a digest if that is what the tag names. The callers are
/// synchronous, and some of them are called by something that waits already: this waits on a thread of its own.
///
/// # Errors
/// The registry cannot be reached, lets nobody in, or answers what the specification does not allow.
pub fn image_seen(name: &ImageName, tag: &str, wanted: Sha256) -> Result<ImageSeen, Error> {
    let stopped = |why: String| Error::Unreachable(format!("oci://{name}"), why);
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| stopped(format!("could not start what waits for it: {e}")))?;
        runtime.block_on(seen(name, tag, wanted))
    };
    std::thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|_| Err(stopped("what waits for it stopped".to_owned())))
}

async fn seen(name: &ImageName, tag: &str, wanted: Sha256) -> Result<ImageSeen, Error> {
    let remote = Remote::connect(name.host(), "", name.repository(), RegistryOperation::Pull).await?;
    let found = remote.image(tag).await?;
    let mut seen =
        ImageSeen { tag: found, is_platform: false, bundles: Vec::new(), signatures: Vec::new(), unread: None };
    match found {
        Some(found) if found == wanted => {
            // Where one list cannot be read, what is in the other may do.
            match remote.bundles(wanted).await {
                Ok((bundles, unread)) => (seen.bundles, seen.unread) = (bundles, unread),
                Err(error) => seen.unread = Some(error.to_string()),
            }
            match remote.classic_signatures(wanted).await {
                Ok(signatures) => seen.signatures = signatures,
                Err(error) => seen.unread = seen.unread.or_else(|| Some(error.to_string())),
            }
        }
        Some(found) => seen.is_platform = remote.lists(found, wanted).await,
        None => {}
    }
    Ok(seen)
}

impl Remote {
    /// The digest of what a tag names, of whatever kind.
    async fn image(&self, tag: &str) -> Result<Option<Sha256>, Error> {
        let path = self.path("manifests", tag);
        for method in [Method::HEAD, Method::GET] {
            let answer = self.ask_for_any(method.clone(), &path).await?;
            match answer.status {
                StatusCode::NOT_FOUND => return Ok(None),
                StatusCode::OK => {}
                _ => return Err(self.refusal(&answer, &format!("{method} {path}")).into_error()),
            }
            match answer.header(super::remote::DIGEST) {
                _ if method == Method::GET => return Ok(Some(Sha256::of(&answer.body))),
                None => {}
                Some(digest) => {
                    let unreadable =
                        || Error::Protocol(self.tagged(tag), format!("its digest {digest:?} is no sha256"));
                    return artifact::parse_digest(digest).map(Some).ok_or_else(unreadable);
                }
            }
        }
        Ok(None)
    }

    /// Whether an index lists a manifest. It only makes a sentence better, so that not knowing is no.
    async fn lists(&self, index: Sha256, wanted: Sha256) -> bool {
        let path = self.path("manifests", &format!("sha256:{index}"));
        let Ok(answer) = self.ask_for_any(Method::GET, &path).await else { return false };
        let Ok(index) = serde_json::from_slice::<serde_json::Value>(&answer.body) else { return false };
        artifact::descriptors(&index).iter().any(|entry| artifact::digest_of(entry) == Some(wanted))
    }

    async fn ask_for_any(&self, method: Method, path: &str) -> Result<Answer, Error> {
        self.ask(method, path, &OF_DOCKER.map(|kind| (ACCEPT, kind))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::remote_tests::push;
    use super::super::stub::{Fault, Stub};
    use super::*;

    fn image(stub: &Stub) -> (ImageName, Sha256) {
        push(stub).unwrap();
        let digest = stub.with(|state| Sha256::of(&state.manifests["1.0.0"].1));
        (ImageName::parse(&format!("{}/charts/app", stub.host)).unwrap(), digest)
    }

    #[test]
    fn a_tag_names_a_digest_or_another_or_none() {
        let stub = Stub::start();
        let (name, digest) = image(&stub);
        let seen = image_seen(&name, "1.0.0", digest).unwrap();
        assert_eq!((seen.tag, seen.bundles.len(), seen.signatures.len()), (Some(digest), 0, 0));
        let other = image_seen(&name, "1.0.0", Sha256::of("other")).unwrap();
        assert_eq!((other.tag, other.is_platform), (Some(digest), false));
        assert_eq!(image_seen(&name, "2.0.0", digest).unwrap().tag, None);
        // Who does not say the digest is asked for the manifest.
        stub.fail("HEAD", "/manifests/1.0.0", 1, Fault::Without("Docker-Content-Digest"));
        assert_eq!(image_seen(&name, "1.0.0", digest).unwrap().tag, Some(digest));
    }

    #[test]
    fn one_platform_of_an_index_is_told() {
        let stub = Stub::start();
        let (name, digest) = image(&stub);
        let index = serde_json::json!({
            "schemaVersion": 2,
            "manifests": [{ "digest": format!("sha256:{digest}"), "size": 1 }],
        });
        let bytes = index.to_string().into_bytes();
        let whole = Sha256::of(&bytes);
        stub.with(|state| {
            for key in ["v1".to_owned(), format!("sha256:{whole}")] {
                state.manifests.insert(key, (OF_DOCKER[0].to_owned(), bytes.clone()));
            }
        });
        let seen = image_seen(&name, "v1", digest).unwrap();
        assert_eq!((seen.tag, seen.is_platform), (Some(whole), true));
        assert_eq!(image_seen(&name, "v1", whole).unwrap().tag, Some(whole));
    }

    #[test]
    fn what_the_registry_does_not_say_is_not_known() {
        let stub = Stub::start();
        let (name, digest) = image(&stub);
        for (status, times) in [(500, 9), (401, 9), (403, 9)] {
            stub.fail("HEAD", "/manifests/1.0.0", times, Fault::Answer(status, "", ""));
            assert!(image_seen(&name, "1.0.0", digest).is_err(), "{status}");
        }
        let stub = Stub::start();
        let (name, digest) = image(&stub);
        stub.fail("GET", ".sig", 9, Fault::Answer(500, "", ""));
        assert!(image_seen(&name, "1.0.0", digest).unwrap().unread.is_some());
        let nobody = ImageName::parse("127.0.0.1:1/o/web").unwrap();
        assert!(matches!(image_seen(&nobody, "v1", digest), Err(Error::Unreachable(..))));
    }
}
