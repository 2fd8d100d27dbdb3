//! `[publish]`: where packages go, and where they are listed.

use serde::Deserialize;

use super::check::Faults;
use super::parse::Fault;
use super::{Config, Forge};
use crate::model::link::{SignKey, Stated};

/// Where packages go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Publish {
    /// `oci://host[:port]/path` or `oci-layout:DIR`.
    pub oci: Option<String>,
    /// A directory (from the repository's root, or absolute) that takes one directory of assets per tag.
    pub assets: Option<String>,
    /// Whether each tag gets a release on the forge, with the assets as its files.
    pub release: bool,
    /// Whether the registry shows its packages only to those who log in.
    pub private: bool,
    /// The PGP key that signs a provenance file beside each package: what `gpg --local-user` takes.
    pub pgp_key: Option<String>,
    /// The index of an HTTP chart repository, on the release branch.
    pub index: Option<HttpIndex>,
    /// What Artifact Hub is told.
    pub artifact_hub: Option<ArtifactHub>,
}

/// The index of an HTTP chart repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HttpIndex {
    /// Where it lies on the release branch.
    pub path: String,
    /// Where a package is, with `{chart}`, `{version}`, `{tag}` and `{file}`.
    pub url: Option<String>,
    /// A directory beside the index that takes the packages themselves; `.` is the index's own.
    pub packages: Option<String>,
}

impl Default for HttpIndex {
    fn default() -> Self {
        Self { path: "index.yaml".to_owned(), url: None, packages: None }
    }
}

/// What Artifact Hub is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ArtifactHub {
    /// The repository's metadata file, from the root.
    pub repository: Option<String>,
    /// Whether a bump writes the changes into `Chart.yaml`.
    pub changes: bool,
    /// Whether a bump writes there that a version is a pre-release.
    pub prerelease: bool,
    /// Where the public key of the provenance files is: a bump writes it there, with the key's fingerprint.
    pub sign_key: Option<String>,
}

impl Publish {
    /// What every release has to say of itself in its annotations, changes aside.
    pub fn stated(&self) -> Stated {
        let Some(hub) = &self.artifact_hub else { return Stated::default() };
        let fingerprint = self.pgp_key.as_deref().and_then(fingerprint);
        let sign_key =
            fingerprint.zip(hub.sign_key.clone()).map(|(fingerprint, url)| SignKey { fingerprint, url });
        Stated { prerelease: hub.prerelease, sign_key }
    }
}

impl HttpIndex {
    /// The directory the index lies in, with a slash at its end; empty for the root.
    pub fn directory(&self) -> &str {
        self.path.rfind('/').and_then(|slash| self.path.get(..=slash)).unwrap_or_default()
    }

    /// Where a package lies on the release branch, if it is to lie there.
    pub fn package_path(&self, file: &str) -> Option<String> {
        let packages = self.packages.as_deref()?;
        let below = if packages == "." { String::new() } else { format!("{packages}/") };
        Some(format!("{}{below}{file}", self.directory()))
    }

    /// The URL an entry gives: from the template, or from where the index is to where the package is.
    pub fn url_of(&self, chart: &str, version: &str, tag: &str, file: &str) -> String {
        let Some(template) = &self.url else {
            let packages = self.packages.as_deref().filter(|packages| *packages != ".");
            let below = packages.map(|packages| format!("{}/", escaped(packages))).unwrap_or_default();
            return format!("{below}{}", escaped(file));
        };
        let (version, tag) = if template.starts_with("oci://") {
            // A registry's tag has no `+`; Helm writes `_` for it.
            (version.replace('+', "_"), tag.replace('+', "_"))
        } else {
            (escaped(version), escaped(tag))
        };
        template
            .replace("{chart}", chart)
            .replace("{version}", &version)
            .replace("{tag}", &tag)
            .replace("{file}", &escaped(file))
    }
}

/// A part of a path as it stands in a URL. A `+` is escaped although it need not be, because some servers
/// read a space there.
fn escaped(text: &str) -> String {
    let mut url = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// A PGP key's whole fingerprint, in capitals: 40 digits, or 64 for a key of version 6 (RFC 9580, section 5.5.4).
/// None where `pgp-key` names a key in another way.
fn fingerprint(key: &str) -> Option<String> {
    let digits = key.strip_prefix("0x").unwrap_or(key);
    let whole = [40, 64].contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| digits.to_ascii_uppercase())
}

/// Looks through the section.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let publish = &config.publish;
    if let Some(oci) = &publish.oci {
        let path = ["publish", "oci"];
        let rest = oci.strip_prefix("oci://").or_else(|| oci.strip_prefix("oci-layout:"));
        let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.chars().any(|c| c.is_control() || c == ' '));
        faults.unless(good, &path, format!("`{oci}` is neither `oci://host[:port]/path` nor `oci-layout:DIR`"))?;
    }
    if let Some(assets) = &publish.assets {
        let good = !assets.is_empty() && !assets.chars().any(char::is_control);
        faults.unless(good, &["publish", "assets"], format!("`{}` is not a directory", assets.escape_debug()))?;
    }
    faults.unless(
        !publish.release || config.forge == Forge::Github,
        &["publish", "release"],
        "releases are made on a forge: set `forge = \"github\"`, or `assets` to a directory",
    )?;
    if let Some(key) = &publish.pgp_key {
        let good = !key.is_empty() && !key.starts_with('-') && !key.chars().any(char::is_control);
        faults.unless(good, &["publish", "pgp-key"], format!("`{}` names no key", key.escape_debug()))?;
        let somewhere = publish.assets.is_some()
            || publish.release
            || publish.index.as_ref().is_some_and(|index| index.packages.is_some());
        faults.unless(
            somewhere,
            &["publish", "pgp-key"],
            "a provenance file lies beside a package: set `assets`, `release`, or `packages` under [publish.index]",
        )?;
    }
    if let Some(index) = &publish.index {
        http_index(config, index, faults)?;
    }
    match &publish.artifact_hub {
        Some(hub) => artifact_hub(publish, hub, faults),
        None => Ok(()),
    }
}

fn artifact_hub(publish: &Publish, hub: &ArtifactHub, faults: &Faults<'_>) -> Result<(), Fault> {
    if let Some(file) = &hub.repository {
        super::check::relative(file, &["publish", "artifact-hub", "repository"], faults)?;
    }
    let Some(url) = &hub.sign_key else { return Ok(()) };
    let path = ["publish", "artifact-hub", "sign-key"];
    let host =
        url.strip_prefix("https://").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    let plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    faults.unless(host && plain, &path, format!("`{}` is not an `https://` address", url.escape_debug()))?;
    let named = publish.pgp_key.as_deref().and_then(fingerprint).is_some();
    faults.unless(
        named,
        &path,
        "which key that is, `pgp-key` under [publish] says with the key's whole fingerprint",
    )
}

fn http_index(config: &Config, index: &HttpIndex, faults: &Faults<'_>) -> Result<(), Fault> {
    let path = ["publish", "index", "path"];
    super::check::relative(&index.path, &path, faults)?;
    let named = index.path.rsplit('/').next() == Some("index.yaml");
    faults.unless(
        named,
        &path,
        format!("`{}` is not called index.yaml, which is what Helm asks for", index.path),
    )?;
    let packages = ["publish", "index", "packages"];
    if let Some(directory) = index.packages.as_ref().filter(|directory| *directory != ".") {
        super::check::relative(directory, &packages, faults)?;
    }
    // What lies in a chart's directory is the chart's content, which nothing but a release changes.
    for root in &config.charts.roots {
        let inside = |path: &str| {
            let below = path.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
            below.is_some_and(|below| below.contains('/'))
        };
        faults.unless(!inside(&index.path), &path, format!("`{}` lies in a chart's directory", index.path))?;
        let package = index.package_path("x.tgz").filter(|package| inside(package));
        faults.unless(package.is_none(), &packages, "packages would lie in a chart's directory")?;
    }
    let at = ["publish", "index", "url"];
    let Some(url) = &index.url else {
        return faults.unless(
            index.packages.is_some(),
            &["publish", "index"],
            "where packages are is not said: set `url`, or `packages` to keep them beside the index",
        );
    };
    let scheme = ["https://", "http://", "oci://"].iter().any(|scheme| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
    });
    faults.unless(scheme, &at, format!("`{url}` is not an `https://`, `http://` or `oci://` address"))?;
    let mut rest = url.clone();
    for placeholder in ["{chart}", "{version}", "{tag}", "{file}"] {
        rest = rest.replace(placeholder, "");
    }
    let plain = !rest.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c));
    faults.unless(
        plain,
        &at,
        format!(
            "`{}` has a sign that no URL has; placeholders are {{chart}}, {{version}}, {{tag}} and {{file}}",
            url.escape_debug()
        ),
    )?;
    let own = ["{version}", "{tag}", "{file}"].iter().any(|placeholder| url.contains(placeholder));
    faults.unless(
        own,
        &at,
        format!("`{url}` is the same for every version: put {{file}} or {{version}} into it"),
    )?;
    let tagged = !url.starts_with("oci://") || url.rsplit('/').next().is_some_and(|last| last.contains(':'));
    faults.unless(
        tagged,
        &at,
        format!("`{url}` ends without a tag; write `oci://host/path/{{chart}}:{{version}}`"),
    )
}
