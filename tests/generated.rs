//! The man pages and completions in the repository are what the command line says today.
//!
//! `UPDATE=1 cargo test generated` writes them anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// What `lineage.toml(5)` is made of is its own business: that page is written by hand.
const WRITTEN_BY_HAND: [&str; 1] = ["lineage.toml.5"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the files are to be written rather than compared.
fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Every page by file name.
fn pages() -> BTreeMap<String, Vec<u8>> {
    let mut command = git_lineage::commands::cli();
    command.build();
    let mut pages = BTreeMap::new();
    collect(&command, "git-lineage", &mut pages);
    pages
}

/// The page of a command and of those below it: `git-lineage-attest-import.1`.
fn collect(command: &clap::Command, name: &str, pages: &mut BTreeMap<String, Vec<u8>>) {
    let below: Vec<&clap::Command> = command.get_subcommands().filter(|sub| !sub.is_hide_set()).collect();
    for sub in &below {
        collect(sub, &format!("{name}-{}", sub.get_name()), pages);
    }
    pages.insert(format!("{name}.1"), page(command, name, &below));
}

/// One page. No date stands in it: the same source gives the same bytes.
fn page(command: &clap::Command, name: &str, below: &[&clap::Command]) -> Vec<u8> {
    let typed = format!("git {}", name.trim_start_matches("git-").replace('-', " "));
    let mut named = command.clone().display_name(name.to_owned()).bin_name(typed).version(None::<&str>);
    let usage = named.render_usage().to_string();
    let man = Man::new(named);
    let mut parts = Vec::new();
    man.render_name_section(&mut parts).unwrap();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for line in usage.trim_start_matches("Usage:").lines() {
        roff.text([roman(line.trim())]);
        roff.control("br", []);
    }
    roff.to_writer(&mut parts).unwrap();
    man.render_description_section(&mut parts).unwrap();
    man.render_options_section(&mut parts).unwrap();
    let mut roff = Roff::new();
    if !below.is_empty() {
        roff.control("SH", ["SUBCOMMANDS"]);
        for sub in below {
            roff.control("TP", []);
            roff.text([bold(format!("{name}-{}", sub.get_name())), roman("(1)")]);
            roff.text([roman(sub.get_about().map(ToString::to_string).unwrap_or_default())]);
        }
    }
    if name == "git-lineage" {
        whole_program(command, &mut roff);
    } else {
        roff.control("SH", ["EXIT STATUS"]);
        roff.text([roman("See "), bold("git-lineage"), roman("(1).")]);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text(see_also(name));
    roff.to_writer(&mut parts).unwrap();
    // Each part opens with the same two lines that define an apostrophe; once is enough. The title is
    // written here because its third field, the date, is to be there and empty.
    let apostrophe = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
    let parts = String::from_utf8(parts).unwrap().replace(apostrophe, "");
    let title = title(name);
    format!("{apostrophe}{title}\n{parts}").into_bytes()
}

/// man(7): name, section, date, source, manual.
fn title(name: &str) -> String {
    let name = name.to_uppercase().replace('-', "\\-");
    let source = concat!("git\\-lineage ", env!("CARGO_PKG_VERSION"));
    format!(".TH \"{name}\" \"1\" \"\" \"{source}\" \"Git Lineage Manual\"")
}

/// What stands in the page of the program alone: exit codes, environment, files.
fn whole_program(command: &clap::Command, roff: &mut Roff) {
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    roff.control("SH", ["EXIT STATUS"]);
    let (codes, rest) = help.split_once("\n\n").expect("the exit codes, an empty line, what holds for all");
    for line in codes.lines().skip(1) {
        let (code, meaning) = line.trim().split_once("  ").expect("a code, two blanks, its meaning");
        roff.control("TP", []);
        roff.text([bold(code)]);
        roff.text([roman(meaning)]);
    }
    roff.control("PP", []);
    roff.text([roman(rest.replace('\n', " "))]);
    roff.text([roman(
        "A reader that closes the pipe early changes nothing about the exit code; a standard output that \
         cannot be written gives 3.",
    )]);
    section(
        roff,
        "ENVIRONMENT",
        &[
            ("LINEAGE_KEY", "The private key to sign with, where --key is not given."),
            (
                "CI",
                "Set to anything but \"false\" or \"0\": build and publish refuse every other LINEAGE_* and \
             GIT_LINEAGE_* variable with exit code 2, since only committed files decide what is built and \
             where it goes.",
            ),
            (
                "GIT_COMMITTER_DATE",
                "The moment this command takes for now, in the forms \"<seconds> <zone>\", \"@<seconds>\" and \
             RFC 3339; any other form is left to git.",
            ),
            ("GITHUB_TOKEN", "The token for GitHub; else that of GH_TOKEN."),
            (
                "LINEAGE_APP_ID, LINEAGE_APP_KEY, LINEAGE_APP_INSTALLATION",
                "The id and the private key (PEM) of a GitHub App to act as instead, and its installation where it is \
             not the one on the repository.",
            ),
            ("GITHUB_API_URL", "Where GitHub's API is, else told by the remote's address."),
            ("GITHUB_REPOSITORY", "The repository on GitHub as owner/name, else told by the remote's address."),
            ("GITHUB_EVENT_NAME", "Of which event the event file is."),
            ("GITHUB_EVENT_PATH", "The pull-request event git lineage guard judges, where --event is not given."),
            (
                "GITHUB_OUTPUT",
                "A file that gets exit, report and, from changed --github-matrix, matrix and count.",
            ),
            ("GITHUB_STEP_SUMMARY", "A file that gets the report as text."),
            ("NO_COLOR", "No colour, unless --color always is given."),
        ],
    );
    section(
        roff,
        "FILES",
        &[
            (
                "lineage.toml",
                "The policy and the configuration, at the top of the repository. See lineage.toml(5).",
            ),
            (
                ".git/lineage/",
                "The pin of this clone, check results not yet signed, and the private key init made.",
            ),
            ("refs/notes/lineage-<chart>", "The ledger of a chart: one record a line."),
            ("refs/lineage/inbox/<chart>/", "Records handed in and not yet folded into the ledger."),
        ],
    );
}

fn section(roff: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, meaning) in entries {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

fn see_also(name: &str) -> Vec<Inline> {
    let mut pages = vec![bold("lineage.toml"), roman("(5), "), bold("git-notes"), roman("(1), "), bold("git-tag")];
    if name != "git-lineage" {
        pages.splice(0..0, [bold("git-lineage"), roman("(1), ")]);
    }
    pages.push(roman("(1)"));
    pages
}

/// Every completion script by file name.
fn completions() -> BTreeMap<String, Vec<u8>> {
    let shells = [
        (Shell::Bash, "git-lineage.bash"),
        (Shell::Zsh, "_git-lineage"),
        (Shell::Fish, "git-lineage.fish"),
        (Shell::Elvish, "git-lineage.elv"),
        (Shell::PowerShell, "git-lineage.ps1"),
    ];
    let script = |shell| {
        let mut out = Vec::new();
        clap_complete::generate(shell, &mut git_lineage::commands::cli(), "git-lineage", &mut out);
        out
    };
    shells.into_iter().map(|(shell, name)| (name.to_owned(), script(shell))).collect()
}

/// Compares a directory with what it should hold, or makes it so.
fn hold(directory: &str, wanted: &BTreeMap<String, Vec<u8>>) {
    let directory = root().join(directory);
    if update() {
        std::fs::create_dir_all(&directory).unwrap();
    }
    let mut wrong = Vec::new();
    for (name, text) in wanted {
        let path = directory.join(name);
        if update() {
            std::fs::write(&path, text).unwrap();
        } else if std::fs::read(&path).ok().as_ref() != Some(text) {
            wrong.push(format!("{} is not what the command line says", path.display()));
        }
    }
    for path in present(&directory) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if wanted.contains_key(&name) || WRITTEN_BY_HAND.contains(&name.as_str()) {
            continue;
        }
        if update() {
            std::fs::remove_file(&path).unwrap();
        } else {
            wrong.push(format!("{} belongs to no command", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nrun `UPDATE=1 cargo test generated`", wrong.join("\n"));
}

fn present(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn man_pages() {
    hold("man", &pages());
}

/// troff reads bytes: a character beyond ASCII comes out as another one where nothing converts it first.
#[test]
fn man_pages_are_plain_text() {
    for (name, page) in pages() {
        let text = String::from_utf8_lossy(&page).into_owned();
        let strange: Vec<&str> = text.lines().filter(|line| !line.is_ascii()).collect();
        assert!(strange.is_empty(), "{name}: {strange:?}");
    }
}

#[test]
fn completion_scripts() {
    hold("completions", &completions());
}

#[test]
fn the_exit_codes_are_in_the_man_page() {
    let pages = pages();
    let page = String::from_utf8_lossy(&pages["git-lineage.1"]);
    let section = page.split(".SH ").find(|section| section.contains("EXIT STATUS")).unwrap_or_default();
    for code in ["\\fB0\\fR", "\\fB1\\fR", "\\fB2\\fR", "\\fB3\\fR", "\\fB4\\fR"] {
        assert!(section.contains(code), "{code} in\n{section}");
    }
}

#[test]
fn every_verb_has_a_page() {
    let pages = pages();
    for verb in git_lineage::commands::cli().get_subcommands() {
        assert!(pages.contains_key(&format!("git-lineage-{}.1", verb.get_name())), "{}", verb.get_name());
    }
}
