//! The contribution of another image, told to people.

use super::{PullText, TITLE_LIMIT, code, one_line, without_comments};
use crate::model::change;
use crate::model::image::PinnedImage;

/// What `bump --image` contributes.
#[derive(Debug)]
pub struct Deploys<'a> {
    /// `Chart.yaml:name`.
    pub chart: &'a str,
    /// The image, and what people call its repository.
    pub image: &'a PinnedImage,
    pub called: &'a str,
    /// What changes: where, from what, to what.
    pub changes: &'a [(String, String, String)],
}

/// Title: a conventional commit of at most 72 characters (`fix(web): image r/web v1.2.4`), which is the commit's
/// subject as well. Body: the image by digest, and what changes for it.
pub fn image(deploys: &Deploys<'_>) -> PullText {
    let Deploys { chart, image, called, changes } = deploys;
    let mut lines = vec![
        format!("## {}\n\nDeploys {}.\n", without_comments(chart), code(&image.to_string())),
        "| | Before | After |\n|---|---|---|".to_owned(),
    ];
    lines.extend(
        changes
            .iter()
            .map(|(place, before, after)| format!("| {} | {} | {} |", code(place), code(before), code(after))),
    );
    lines.push(
        "\nNothing else changes. It is checked, and its version decided, as for every other contribution.\n\n---\nWritten by \
         `git lineage bump --image`.\n"
            .to_owned(),
    );
    PullText { title: title(chart, image, called), body: lines.join("\n") }
}

/// The first wording that is short enough.
fn title(chart: &str, image: &PinnedImage, called: &str) -> String {
    let scope = one_line(chart).to_lowercase();
    let last = image.name.repository().rsplit('/').next().unwrap_or_default();
    let names = [called, image.name.repository(), last];
    let whole = names.into_iter().map(|name| format!("fix({scope}): image {name} {}", image.tag));
    let fits = |title: &String| {
        title.chars().count() <= TITLE_LIMIT && !change::validate(title, &[]).iter().any(|finding| finding.fatal)
    };
    whole
        .chain([format!("fix({scope}): another image")])
        .find(fits)
        .unwrap_or_else(|| "fix: another image".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sha256;

    #[test]
    fn the_title_is_a_commit_that_the_checks_let_pass() {
        let digest = Sha256::of("x");
        let titled = |chart: &str, name: &str, tag: &str| {
            let image = PinnedImage::parse(&format!("{name}:{tag}@sha256:{digest}")).unwrap();
            let text = super::image(&Deploys { chart, image: &image, called: name, changes: &[] });
            assert!(change::validate(&text.title, &[]).is_empty(), "{}", text.title);
            assert!(text.title.chars().count() <= TITLE_LIMIT, "{}", text.title);
            text.title
        };
        assert_eq!(titled("web", "r/web", "v1.2.4"), "fix(web): image r/web v1.2.4");
        assert_eq!(titled("Web", "r/web", "V1.2.4-RC"), "fix(web): image r/web V1.2.4-RC");
        let long = format!("registry.example/{}/web", "o".repeat(60));
        assert_eq!(titled("web", &long, "v1"), "fix(web): image web v1");
        assert_eq!(titled("web", "r/web", &"1".repeat(100)), "fix(web): another image");
        assert_eq!(titled(&"w".repeat(90), "r/web", "v1"), "fix: another image");
        assert_eq!(titled("web", "r/web", "v1."), "fix(web): another image");
    }

    #[test]
    fn no_cell_ends_early() {
        let image = PinnedImage::parse(&format!("r/web:v1@sha256:{}", Sha256::of("x"))).unwrap();
        let changes = [("image.tag".to_owned(), "a|b`<!-- x -->".to_owned(), "v1".to_owned())];
        let body = super::image(&Deploys { chart: "web", image: &image, called: "r/web", changes: &changes }).body;
        let row = body.lines().find(|line| line.contains("image.tag")).unwrap();
        assert_eq!(row.matches('|').count(), 4, "{row}");
        assert!(!body.contains("<!--"), "{body}");
    }
}
