//! What the first `lineage.toml` says about GitHub: who signs, and what rulesets and workflows need.

use super::GitHub;
use crate::model::config::{Flow, TrustedIdentity};
use crate::model::{Failure, workflows};

/// Where GitHub's tokens for jobs come from.
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// The names that stand in identities.
pub(in crate::pipeline::init) struct Names<'a> {
    pub(in crate::pipeline::init) flow: Flow,
    pub(in crate::pipeline::init) main: &'a str,
    /// The tags' template.
    pub(in crate::pipeline::init) tag: &'a str,
}

/// `[sign]`, `[[trust.identities]]` and `[github]`, and the repository's id.
///
/// # Errors
/// Exit 2: something is not said that cannot be known from here.
pub(in crate::pipeline::init) fn section(asked: &GitHub, names: &Names<'_>) -> Result<(String, String), Failure> {
    let say = |flag: &str, what: &str, hint: &str| {
        Failure::usage(format!("{what} is not said: {flag}")).hint(hint.to_owned())
    };
    let ids = "`gh api repos/OWNER/NAME --jq '.id, .owner.id'` prints the two numbers";
    let repository = asked
        .repository
        .as_deref()
        .ok_or_else(|| say("--repository", "the repository", "give it as OWNER/NAME"))?;
    let id = asked.repository_id.ok_or_else(|| say("--repository-id", "the repository's number", ids))?;
    let owner = asked.owner_id.ok_or_else(|| say("--owner-id", "the number of the repository's owner", ids))?;
    let app = asked.app_id.ok_or_else(|| {
        say(
            "--app-id",
            "the App's number",
            "make an App with Contents and Pull requests: write; its page shows the number",
        )
    })?;
    let pinned = "give the address of a git-lineage program for the runners, and its sha256";
    let url = asked
        .program
        .as_deref()
        .ok_or_else(|| say("--program", "where the jobs take the program from", pinned))?;
    let sha256 =
        asked.program_sha256.as_deref().ok_or_else(|| say("--program-sha256", "the program's sha256", pinned))?;
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !repository.split_once('/').is_some_and(|(owner, name)| word(owner) && word(name)) {
        return Err(Failure::usage(format!("`{}` is not OWNER/NAME", repository.escape_debug())));
    }
    let quoted = super::super::template::quoted;
    let mut text = String::from(
        "\n[sign]\nmode = \"keyless\"\n\n# The workflows that sign, each for its stages, at the refs its runs are started at.\n",
    );
    for (stem, reference, stage) in signers(names) {
        let signer = format!("https://github.com/{repository}/{}@{reference}", workflows::path(stem));
        // Who approved a contribution is told where its checks are signed.
        let stages = if stage == "validate" { "\"validate\", \"review\"".to_owned() } else { quoted(stage) };
        let event = TrustedIdentity::EVENTS[0];
        text.push_str(&format!(
            "[[trust.identities]]\nname = \"{stage}\"\nissuer = \"{ISSUER}\"\nsigner = {}\nrepository-id = \"{id}\"\n\
             owner-id = \"{owner}\"\nrefs = [{}]\nevents = [\"{event}\"]\nrunner = \"github-hosted\"\nstages = [{stages}]\n\n",
            quoted(&signer),
            quoted(&reference),
        ));
    }
    text.push_str(&format!(
        "# Workflows and rulesets are written from this by `git lineage init --github`.\n\
         [github]\n# The App that alone moves per-chart branches, the release branch and tags.\napp-id = {app}\n\n\
         [github.program]\nurl = {}\nsha256 = {}\n",
        quoted(url),
        quoted(sha256)
    ));
    Ok((id.to_string(), text))
}

/// Workflow, ref and stage of everything that signs.
fn signers(names: &Names<'_>) -> Vec<(&'static str, String, &'static str)> {
    let main = format!("refs/heads/{}", names.main);
    let tags = format!("refs/tags/{}", names.tag.replace("{chart}", "*").replace("{version}", "*"));
    let mut signers = match names.flow {
        Flow::Integration => {
            let integration = "refs/heads/integration".to_owned();
            vec![
                ("1-validate", integration.clone(), "validate"),
                ("2-split", integration, "split"),
                ("5-bump", "refs/heads/chart/*".to_owned(), "bump"),
            ]
        }
        Flow::Direct => vec![("1-validate", main.clone(), "validate"), ("5-bump", main.clone(), "bump")],
    };
    signers.extend([("6-tag", main, "tag"), ("7-build", tags.clone(), "build"), ("8-publish", tags, "publish")]);
    signers
}
