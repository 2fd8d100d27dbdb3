//! The provenance file: what Helm's `package --sign` writes beside a package
//! ([Helm provenance](https://helm.sh/docs/topics/provenance/), `pkg/provenance/sign.go`), before and after somebody
//! signs it.

use super::{Error, Package, archive};

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// The message to be signed: the chart's metadata as it stands in the package, and the digest of the package.
///
/// # Errors
/// The package has no Chart.yaml, which one that was made here always has.
pub fn provenance(package: &Package) -> Result<String, Error> {
    let mut budget = archive::LARGEST_CHART;
    let (files, _) = archive::read(&package.tgz, &mut budget).map_err(Error::Archive)?;
    let chartfile = files.into_iter().find(|file| file.path == "Chart.yaml");
    let chartfile = chartfile.ok_or_else(|| Error::NoChartYaml(package.file.clone()))?;
    let metadata = String::from_utf8(chartfile.bytes)
        .map_err(|_| Error::Archive(format!("Chart.yaml of {} is not UTF-8", package.file)))?;
    // `---` would be YAML's own way to part two documents; in a signed message such a line cannot stand.
    Ok(format!("{metadata}\n...\nfiles:\n  {}: sha256:{}\n", package.file, package.tgz_digest))
}

/// Whether a file is one signed message that says exactly `message` (RFC 9580, section 7). The signature itself is
/// not looked at: whose it has to be, only the reader knows.
pub fn is_provenance(signed: &[u8], message: &str) -> bool {
    let Ok(text) = std::str::from_utf8(signed) else { return false };
    let mut lines = text.lines().map(str::trim_end);
    if lines.next() != Some(BEGIN) {
        return false;
    }
    // Armor headers end with an empty line.
    if lines.by_ref().take_while(|line| !line.is_empty()).any(|line| !line.starts_with("Hash: ")) {
        return false;
    }
    let mut said = lines.by_ref().take_while(|line| *line != SIGNATURE);
    let unescaped = |line: &'_ str| line.strip_prefix("- ").unwrap_or(line).to_owned();
    let same = message.lines().all(|line| said.next().map(unescaped).as_deref() == Some(line.trim_end()));
    // Nothing more before the signature, and nothing behind it.
    same && said.next().is_none() && lines.next_back() == Some(END) && lines.all(|line| !line.starts_with("-----"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChartFile, Timestamp};

    fn package() -> Package {
        let yaml = "name: x\nversion: 1.0.0\napiVersion: v2\ndescription: |-\n  one \n  -two\n";
        let files = vec![ChartFile { path: "Chart.yaml".to_owned(), bytes: yaml.as_bytes().to_vec() }];
        super::super::package("charts/x", files, Timestamp::from_seconds(1_700_000_000)).expect("a chart")
    }

    #[test]
    fn the_message_is_metadata_and_digest() {
        let package = package();
        let message = provenance(&package).expect("a message");
        let (metadata, sums) = message.split_once("\n...\n").expect("two parts");
        assert!(metadata.starts_with("apiVersion: v2\n"), "{metadata}");
        assert_eq!(sums, format!("files:\n  x-1.0.0.tgz: sha256:{}\n", package.tgz_digest));
    }

    #[test]
    fn a_signed_message_says_that_and_nothing_else() {
        let message = "name: x\n- one\n\n...\nfiles:\n  x: y\n";
        let signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nname: x\n- - one\n\n...\nfiles:\n  x: y\n\
                      -----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----\n";
        assert!(is_provenance(signed.as_bytes(), message));
        assert!(is_provenance(signed.replace('\n', "\r\n").as_bytes(), message));
        for other in [
            signed.replace("x: y", "x: z"),
            signed.replace("name: x\n", ""),
            signed.replace("  x: y\n", "  x: y\n  a: b\n"),
            signed.replace("Hash: SHA512", "Name: evil"),
            signed.replace("-----END PGP SIGNATURE-----\n", ""),
            format!("more\n{signed}"),
            format!("{signed}more\n"),
            format!("{signed}{signed}"),
            String::new(),
        ] {
            assert!(!is_provenance(other.as_bytes(), message), "{other}");
        }
    }
}
