//! `subject`, `package`, `build` and `attest import`: contents, packages and their digests.

use super::Page;
use super::flow::{outcome, plan};
use super::page::{Span, faint, plain, strong};
use crate::model::{BuildReport, Dependency, ImportReport, Outcome, PackageReport, Sized, SubjectReport};

/// `subject`: the listing to the byte, so that `sha256sum -c` can check it and `sha256sum` of it is the
/// content digest.
pub fn subject(report: &SubjectReport, page: &mut Page) {
    page.verbatim(&report.listing);
}

/// `package`.
pub fn package(report: &PackageReport, page: &mut Page) {
    let size = |sized: &Sized| faint(format!("{} bytes", sized.size));
    // Nothing was written where only the digests were asked for.
    let written = !report.path.as_os_str().is_empty();
    page.line([strong(if written { report.path.display().to_string() } else { report.file.clone() })]);
    page.table(
        2,
        &[
            vec![plain("tar"), plain(format!("sha256:{}", report.tar.sha256)), size(&report.tar)],
            vec![plain("tgz"), plain(format!("sha256:{}", report.tgz.sha256)), size(&report.tgz)],
            vec![plain("oci"), plain(&report.oci.manifest), faint("manifest")],
        ],
    );
    let with = |one: &Dependency| {
        let (what, digest) = (format!("with {} {}", one.name, one.version), format!("sha256:{}", one.sha256));
        vec![plain(what), plain(digest), faint(&one.repository)]
    };
    page.table(2, &report.dependencies.iter().map(with).collect::<Vec<_>>());
}

/// `build`.
pub fn build(report: &BuildReport, page: &mut Page) {
    plan(&report.plan, page);
    page.line([
        strong(&report.tag),
        plain("  "),
        outcome(report.outcome, page),
        plain("  "),
        plain(report.path.display().to_string()),
    ]);
    page.table(
        2,
        &[digest("tar", report.package.tar), digest("tgz", report.package.tgz), digest("oci", report.package.oci)],
    );
}

fn digest(what: &str, digest: crate::model::Sha256) -> Vec<Span> {
    vec![plain(what), plain(format!("sha256:{digest}"))]
}

/// `attest import`.
pub fn import(report: &ImportReport, page: &mut Page) {
    for line in &report.recorded {
        page.line([
            strong(&line.chart),
            plain("  "),
            outcome(line.outcome, page),
            plain(format!("  {} ({}) on {}", line.name, line.id, line.on.short())),
        ]);
    }
    for refused in &report.refused {
        page.line([strong(&refused.from), plain("  "), outcome(Outcome::Refused, page)]);
        page.line([plain(format!("  {}", refused.why))]);
        for cause in &refused.causes {
            page.line([plain(format!("  {cause}"))]);
        }
        if let Some(hint) = &refused.hint {
            page.line([faint(format!("  hint: {hint}"))]);
        }
    }
}
