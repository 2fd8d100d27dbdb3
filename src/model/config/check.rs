//! What the types of the configuration cannot say: what has to hold between its values.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{count, is_ref_name};
use super::parse::{Document, Fault, guess, listed};
use super::{CheckDefinition, Config, github, identities, images, signing, trust};

/// Names a check cannot have: the ledger has records of its own under them.
const RESERVED: [&str; 5] = ["overall", "semver", "semver-bump", "attestation-verify", "review"];

/// What the names of further records of the ledger's own begin with: waivers and reviews.
const RESERVED_STARTS: [&str; 2] = ["waive-", "review-"];

/// Checks the whole configuration; the first fault is returned.
pub(super) fn check(config: &Config, document: &Document<'_>) -> Result<(), Fault> {
    let faults = Faults { document };
    if config.version == 0 {
        return faults.fail(&["version"], "there is no version 0; write `version = 1`");
    }
    prefix(config, &faults)?;
    repository(config, &faults)?;
    charts(config, &faults)?;
    tag(config, &faults)?;
    branches(config, &faults)?;
    checks(config, &faults)?;
    required(config, &faults)?;
    keys(config, &faults)?;
    signing::check(config, &faults)?;
    identities::check(config, &faults)?;
    identities::revoked(config, &faults)?;
    images::check(config, &faults)?;
    if let Some((path, message)) = super::people::fault(config) {
        return faults.fail(&path.iter().map(String::as_str).collect::<Vec<_>>(), message);
    }
    super::publish::check(config, &faults)?;
    super::channels::check(config, &faults)?;
    github::check(config, &faults)
}

pub(super) struct Faults<'a> {
    document: &'a Document<'a>,
}

impl Faults<'_> {
    pub(super) fn fail<T>(&self, path: &[&str], message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault::at(self.document.find(path), message))
    }

    /// Fails with `message` unless `good`.
    pub(super) fn unless(&self, good: bool, path: &[&str], message: impl Into<String>) -> Result<(), Fault> {
        if good { Ok(()) } else { self.fail(path, message) }
    }
}

fn prefix(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let prefix = &config.predicate_prefix;
    let path = ["predicate-prefix"];
    let good = prefix.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && rest.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}?#".contains(c))
    });
    faults.unless(
        good,
        &path,
        format!("`{prefix}` is not an absolute URI such as `https://example.com/lineage/`"),
    )?;
    faults.unless(prefix.ends_with('/'), &path, format!("`{prefix}` must end in `/`"))
}

fn repository(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let id = &config.repository.id;
    let good = !id.is_empty() && id.chars().all(|c| c.is_ascii_graphic());
    faults.unless(
        good,
        &["repository", "id"],
        "the repository's id must be a word: the UUID that `init` writes, or the forge's number",
    )?;
    let remote = &config.repository.remote;
    // A remote is handed to git as an argument.
    faults.unless(
        is_ref_name(remote),
        &["repository", "remote"],
        format!("`{remote}` is not the name of a remote"),
    )
}

fn charts(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    faults.unless(
        !config.charts.roots.is_empty(),
        &["charts", "roots"],
        "there is no root to look for charts in",
    )?;
    for (index, root) in config.charts.roots.iter().enumerate() {
        relative(root, &["charts", "roots", &index.to_string()], faults)?;
    }
    twice(&config.charts.roots, &["charts", "roots"], "the root", faults)?;
    let mut names = BTreeMap::new();
    for (directory, name) in &config.charts.aliases {
        let path = ["charts", "aliases", directory.as_str()];
        let single = !directory.contains('/');
        faults.unless(
            single,
            &path,
            format!("`{directory}` is a path; an alias is for a directory's last part"),
        )?;
        relative(directory, &path, faults)?;
        let good = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        faults.unless(good && !name.is_empty(), &path, format!("`{name}` is not the name of a chart"))?;
        if let Some(other) = names.insert(name, directory) {
            return faults
                .fail(&path, format!("`{other}` and `{directory}` are both said to be the chart `{name}`"));
        }
    }
    Ok(())
}

/// A path from the repository's root that stays inside it.
pub(super) fn relative(path: &str, place: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    let printable = !path.chars().any(|c| c.is_control() || c == '\\');
    faults.unless(
        printable,
        place,
        format!("`{}` is not a path with `/` between its parts", path.escape_debug()),
    )?;
    let plain = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    faults.unless(
        plain,
        place,
        format!("`{path}` is not a relative path from the repository's root without `.`, `..` and doubled or closing `/`"),
    )
}

fn tag(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let template = &config.tag.template;
    let path = ["tag", "template"];
    for placeholder in ["{chart}", "{version}"] {
        once(template, placeholder, &path, faults)?;
    }
    name_with(&template.replace("{chart}", "x").replace("{version}", "1.2.3"), template, "tag", &path, faults)
}

fn branches(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let branches = &config.branches;
    let plain = [("main", &branches.main), ("integration", &branches.integration), ("release", &branches.release)];
    for (key, name) in plain {
        name_with(name, name, "branch", &["branches", key], faults)?;
    }
    for (key, template, placeholder) in
        [("chart", &branches.chart, "{chart}"), ("promote", &branches.promote, "{tag}")]
    {
        let path = ["branches", key];
        once(template, placeholder, &path, faults)?;
        name_with(&template.replace(placeholder, "x"), template, "branch", &path, faults)?;
    }
    Ok(())
}

fn once(template: &str, placeholder: &str, path: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    let times = match count(template, placeholder) {
        1 => return Ok(()),
        0 => "does not hold".to_owned(),
        more => format!("holds {more} times"),
    };
    faults.fail(path, format!("`{template}` {times} `{placeholder}`; it must stand there exactly once"))
}

fn name_with(filled: &str, shown: &str, what: &str, path: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    if let Some((_, rest)) = filled.split_once('{')
        && let Some((word, _)) = rest.split_once('}')
    {
        return faults.fail(path, format!("`{shown}` holds `{{{word}}}`, which is no placeholder of this key"));
    }
    faults.unless(
        is_ref_name(filled),
        path,
        format!("`{shown}` cannot be the name of a {what} (git-check-ref-format)"),
    )
}

/// A word that can stand in a record's name.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn checks(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    let mut keys = BTreeMap::new();
    for (index, check) in config.checks.iter().enumerate() {
        let at = index.to_string();
        let path = |key: &'static str| ["checks".to_owned(), at.clone(), key.to_owned()];
        let fail = |key: &'static str, message: String| {
            let path = path(key);
            faults.fail::<()>(&path.each_ref().map(String::as_str), message)
        };
        let name = &check.name;
        if !is_word(name) {
            fail("name", format!("`{}` is not a name of letters, digits, `-`, `_` and `.`", name.escape_debug()))?;
        }
        if RESERVED.contains(&name.as_str()) || RESERVED_STARTS.iter().any(|start| name.starts_with(start)) {
            fail(
                "name",
                format!("`{name}` cannot be a check: the ledger has a record of its own under that name"),
            )?;
        }
        if !names.insert(name) {
            fail("name", format!("the check `{name}` is defined twice"))?;
        }
        definition(check, &fail)?;
        for key in keys_of(check) {
            if let Some(other) = keys.insert(key.clone(), name) {
                fail("name", format!("the checks `{other}` and `{name}` both have the key `{key}`"))?;
            }
        }
    }
    Ok(())
}

/// The keys of a defined check.
pub(super) fn keys_of(check: &CheckDefinition) -> Vec<String> {
    if check.variants.is_empty() {
        return vec![check.key(None)];
    }
    check.variants.iter().map(|variant| check.key(Some(variant))).collect()
}

fn definition(
    check: &CheckDefinition,
    fail: &impl Fn(&'static str, String) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = &check.name;
    let built_in = CheckDefinition::BUILT_IN.contains(&name.as_str());
    match (built_in, check.command.as_slice()) {
        (true, [_, ..]) => fail("command", format!("`{name}` is built in and takes no command"))?,
        (false, []) => {
            let near = guess(name, &CheckDefinition::BUILT_IN);
            let built_in = listed(&CheckDefinition::BUILT_IN);
            fail(
                "command",
                format!(
                    "the check `{name}` needs a `command`, since it is not one of the built-in {built_in}{near}"
                ),
            )?;
        }
        (_, command) => {
            if command.first().is_some_and(String::is_empty) {
                fail("command", format!("the command of `{name}` names no program"))?;
            }
            if check.variants.is_empty() && command.iter().any(|argument| argument.contains("{variant}")) {
                fail(
                    "command",
                    format!("the command of `{name}` holds `{{variant}}`, but the check has no `variants`"),
                )?;
            }
        }
    }
    if built_in && !check.variants.is_empty() {
        fail("variants", format!("`{name}` is built in and has no variants"))?;
    }
    for variant in &check.variants {
        if !is_word(variant) {
            let variant = variant.escape_debug();
            fail(
                "variants",
                format!("the variant `{variant}` is not a word of letters, digits, `-`, `_` and `.`"),
            )?;
        }
    }
    let unique: BTreeSet<_> = check.variants.iter().collect();
    if unique.len() != check.variants.len() {
        fail("variants", format!("the check `{name}` names a variant twice"))?;
    }
    for input in &check.inputs {
        let inside = !input.is_empty() && input.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !inside || input.chars().any(|c| c.is_control() || c == '\\') {
            let input = input.escape_debug();
            fail(
                "inputs",
                format!("`{input}` is not a relative path from the repository's root without `.` and `..`"),
            )?;
        }
    }
    let mut charts = BTreeSet::new();
    for exclusion in &check.excluded {
        let chart = &exclusion.chart;
        if chart.trim().is_empty() || exclusion.reason.trim().is_empty() {
            fail("excluded", format!("an exclusion from `{name}` needs a chart and a reason"))?;
        }
        if !charts.insert(chart) {
            fail("excluded", format!("the chart `{chart}` is excluded from `{name}` twice"))?;
        }
    }
    if check.timeout == 0 {
        fail("timeout", format!("the check `{name}` would have no time to run"))?;
    }
    Ok(())
}

fn required(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let required = &config.required;
    // Nothing to verify is not success (acceptance P-23).
    faults.unless(
        !required.validate.is_empty(),
        &["required", "validate"],
        "`required.validate` names no check: a policy that requires nothing proves nothing",
    )?;
    known(config, &required.validate, &["required", "validate"], faults)?;
    known(config, &required.bump, &["required", "bump"], faults)?;
    for (chart, keys) in &required.accept_excluded {
        known(config, keys, &["required", "accept-excluded", chart], faults)?;
    }
    Ok(())
}

/// Every key must be that of a check that is defined or built in.
fn known(config: &Config, keys: &[String], path: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    for (index, key) in keys.iter().enumerate() {
        if config.check(key).is_some() {
            continue;
        }
        let at = index.to_string();
        let mut place = path.to_vec();
        place.push(&at);
        let mut all: Vec<String> = config.checks.iter().flat_map(keys_of).collect();
        all.extend(CheckDefinition::BUILT_IN.map(str::to_owned));
        let variants = config.checks.iter().find(|check| check.name == *key).map(keys_of);
        let hint = match variants {
            Some(keys) => format!("; it has variants: {}", listed(&keys)),
            None => guess(key, &all),
        };
        return faults.fail(&place, format!("no check has the key `{key}`{hint}"));
    }
    twice(keys, path, "the check", faults)
}

fn twice(items: &[String], path: &[&str], what: &str, faults: &Faults<'_>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(item) {
            let at = index.to_string();
            let mut place = path.to_vec();
            place.push(&at);
            return faults.fail(&place, format!("{what} `{item}` stands there twice"));
        }
    }
    Ok(())
}

fn keys(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    faults.unless(
        !config.trust.keys.is_empty() || !config.trust.identities.is_empty(),
        &["trust", "keys"],
        "no key and no identity is trusted: nothing could ever be proved",
    )?;
    let mut names = BTreeSet::new();
    let mut known: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
    for (index, key) in config.trust.keys.iter().enumerate() {
        let at = index.to_string();
        let name = &key.name;
        let place = ["trust", "keys", &at, "name"];
        let good = !name.trim().is_empty() && !name.chars().any(char::is_control);
        faults.unless(good, &place, "a trusted key needs a name to be shown by")?;
        faults.unless(names.insert(name), &place, format!("two trusted keys are called `{name}`"))?;
        let place = ["trust", "keys", &at, "public"];
        match trust::spki(&key.public) {
            Err(why) => return faults.fail(&place, format!("the key `{name}` {why}")),
            // One key under two names would be two people, or a person and a machine.
            Ok(der) => {
                if let Some(other) = known.insert(der, name) {
                    return faults.fail(&place, format!("the key `{name}` is the key `{other}` once more"));
                }
            }
        }
        identities::account(key.account.as_deref(), &["trust", "keys", &at, "account"], faults)?;
    }
    Ok(())
}
