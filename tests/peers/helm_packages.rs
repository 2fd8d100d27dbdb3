//! Generated charts, packaged by us from a commit and by real Helm from a checkout: the same tar, byte for
//! byte, or refused by both.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::helm::{helm, python};
use crate::packages::lock;
use crate::world::{Site, World};

/// When every commit here is made, in seconds since 1970.
const EPOCH: &str = "1763700000";
const GENERATED: &str = "2025-11-21T04:40:00Z";

/// A chart below `charts/` of another.
#[derive(Clone, Copy, Debug)]
enum Sub {
    None,
    /// A directory of another name than the chart's.
    Directory,
    /// A package of ours.
    Package,
    /// A package as GNU tar makes it: directories, owners, long names its own way.
    Foreign,
    /// Declared by path, and built by `helm dependency build`.
    Local,
}

#[derive(Clone, Debug)]
struct Spec {
    api: &'static str,
    fields: Vec<&'static str>,
    rules: Vec<&'static str>,
    files: BTreeMap<String, String>,
    with_bom: Vec<usize>,
    links: Vec<(&'static str, &'static str)>,
    sub: Sub,
    locked: bool,
}

/// Lines of Chart.yaml, each valid alone, no two of one key.
const FIELDS: [&str; 16] = [
    "description: \"Ein Körper: # kein Kommentar\"",
    "appVersion: \"1.10\"",
    "home: https://example.org/?a=1&b=<2>",
    "icon: 'https://example.org/i.svg' # a comment",
    "keywords: [yes, \"on\", ~, 1.0, a b]",
    "sources:\n- https://example.org/one\n- https://example.org/two",
    "maintainers:\n- name: Ada\n  email: ada@example.org\n- {name: Böb, url: \"https://example.org\", other: lost}",
    "annotations:\n  y: \"true\"\n  artifacthub.io/changes: |\n    - kind: added\n      description: a `b`\n  z: \"\"\n  10: 0x10",
    "deprecated: true",
    "kubeVersion: \">=1.25.0-0\"",
    "type: application",
    "unknown: {a: [1, 2]}",
    "condition: a.b,c.d",
    "tags: x",
    "# nothing but a comment\n",
    "engine: gotpl",
];

const RULES: [&str; 20] = [
    "*.bak",
    "/README.md",
    "docs/",
    "docs",
    "files/*.txt",
    "a?",
    "[a-c]x",
    "[^a]x",
    "\\#x",
    "# comment",
    "  ci/  ",
    "templates/sub",
    "*/deep",
    "",
    "*.t[xy]t",
    "/files",
    "crds/",
    "x y",
    "!*",
    "tests",
];

const LINKS: [(&str, &str); 4] = [
    ("linked.md", "README.md"),
    ("files/up", "../docs"),
    ("templates/zz.tpl", "_helpers.tpl"),
    ("again", "linked.md"),
];

fn spec() -> impl Strategy<Value = Spec> {
    let path =
        "(templates/|templates/sub/|files/|docs/|docs/deep/|crds/|ci/|)[a-c#]{1,2}[xé -]?(\\.(txt|bak|yaml|tpl))?";
    let sub = select(vec![Sub::None, Sub::None, Sub::Directory, Sub::Package, Sub::Foreign, Sub::Local]);
    (
        select(vec!["apiVersion: v2", "apiVersion: v2", "apiVersion: v1", ""]),
        subsequence(FIELDS.to_vec(), 0..10).prop_shuffle(),
        subsequence(RULES.to_vec(), 0..4).prop_shuffle(),
        btree_map(path, "[ -~é\n]{0,40}", 0..12),
        vec(0..20_usize, 0..3),
        subsequence(LINKS.to_vec(), 0..3),
        sub,
        any::<bool>(),
    )
        .prop_map(|(api, fields, rules, files, with_bom, links, sub, locked)| Spec {
            api,
            fields,
            rules,
            files,
            with_bom,
            links,
            sub,
            locked,
        })
}

/// Writes the chart `c<at>` into the checkout; the charts it needs beside it.
fn write(site: &Site<'_>, at: usize, spec: &Spec, packed_at: &str) {
    let name = format!("c{at}");
    let place = format!("charts/{name}");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for path in ["README.md", "templates/_helpers.tpl", "docs/a.txt", "values.yaml"] {
        files.insert(path.to_owned(), format!("# {path}\n"));
    }
    // A name that is a directory of another file cannot be a file; a trailing space or dot is fine in git.
    let directories: Vec<&str> = spec.files.keys().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    for (path, text) in &spec.files {
        let below = |other: &&str| *other == path || other.starts_with(&format!("{path}/"));
        if !directories.iter().any(below) && !["docs", "files", "ci", "crds"].contains(&path.as_str()) {
            files.insert(path.clone(), text.clone());
        }
    }
    let mut chart = vec![spec.api.to_owned(), format!("name: {name}"), "version: 1.2.3-rc.1+b.2".to_owned()];
    chart.extend(spec.fields.iter().map(|field| (*field).to_owned()));
    if !spec.rules.is_empty() {
        files.insert(".helmignore".to_owned(), spec.rules.join("\n"));
    }
    let range = match spec.sub {
        Sub::Local => ">=0.1.0",
        _ => "0.1.0",
    };
    let repository = if matches!(spec.sub, Sub::Local) { format!("file://../s{at}") } else { String::new() };
    let rows = [(format!("s{at}"), range, "0.1.0", repository)];
    let rows: Vec<_> =
        rows.iter().map(|(name, range, locked, at)| (name.as_str(), *range, *locked, at.as_str())).collect();
    if !matches!(spec.sub, Sub::None) {
        let requirements = crate::packages::requirements(&rows);
        let lock = lock(&rows).replace("2026-01-02T03:04:05Z", GENERATED);
        if spec.api == "apiVersion: v2" {
            chart.push(requirements);
            if spec.locked {
                files.insert("Chart.lock".to_owned(), lock);
            }
        } else {
            files.insert("requirements.yaml".to_owned(), requirements);
            // Where there is none Helm writes one with the time of day.
            if spec.locked || matches!(spec.sub, Sub::Local) {
                files.insert("requirements.lock".to_owned(), lock);
            }
        }
    }
    files.insert("Chart.yaml".to_owned(), chart.join("\n") + "\n");
    for (index, (path, text)) in files.iter().enumerate() {
        let bom = if spec.with_bom.contains(&index) { "\u{feff}" } else { "" };
        site.write(&format!("{place}/{path}"), format!("{bom}{text}"));
    }
    for (link, target) in &spec.links {
        let path = site.dir.join(&place).join(link);
        fs::create_dir_all(path.parent().expect("it has one")).expect("the world is writable");
        let within = path.parent().expect("it has one").join(target);
        // A broken link is refused by both, and is not what this is about.
        if within.exists() && !path.exists() {
            symlink(target, path).expect("the world is writable");
        }
    }
    subchart(site, at, spec, &place, packed_at);
}

/// The chart `s<at>`, where the spec has it; a package of it is dated `packed_at`.
fn subchart(site: &Site<'_>, at: usize, spec: &Spec, place: &str, packed_at: &str) {
    let name = format!("s{at}");
    let below = match spec.sub {
        Sub::None => return,
        Sub::Directory => format!("{place}/charts/another-name"),
        Sub::Package | Sub::Foreign => name.clone(),
        Sub::Local => format!("charts/{name}"),
    };
    site.write(
        &format!("{below}/Chart.yaml"),
        format!("{}\nname: {name}\nversion: 0.1.0\nextra: lost\n", spec.api),
    );
    site.write(&format!("{below}/templates/.hidden"), "kept below charts/ where it is no package\n");
    site.write(&format!("{below}/templates/b/x.yaml"), "x: 1\n");
    site.write(&format!("{below}/templates/b-c.yaml"), "x: 2\n");
    site.write(&format!("{below}/.helmignore"), "*.bak\n");
    site.write(&format!("{below}/x.bak"), "ignored where it is packaged\n");
    let packed = site.dir.join(place).join(format!("charts/{name}-0.1.0.tgz"));
    match spec.sub {
        Sub::Foreign => {
            fs::create_dir_all(packed.parent().expect("it has one")).expect("the world is writable");
            let mut command = site.command("tar");
            let date = format!("--mtime=@{packed_at}");
            drop(site.run(command.arg(date).arg("-czf").arg(&packed).arg(&name)).exits(0));
        }
        Sub::Package => {
            // Packed by ourselves, in a repository of its own.
            let scratch = World::empty();
            let home = scratch.site(".", None);
            home.git(["init", "-q", "-b", "main", "r"]);
            let other = scratch.site("r", None);
            fs::create_dir(other.dir.join("charts")).expect("the world is writable");
            fs::rename(site.dir.join(&name), other.dir.join("charts").join(&name)).expect("one file system");
            commit(&other, packed_at);
            other.lineage(["package", &name]).succeeds();
            fs::create_dir_all(packed.parent().expect("it has one")).expect("the world is writable");
            fs::rename(other.dir.join(format!("{name}-0.1.0.tgz")), &packed).expect("one file system");
        }
        _ => {}
    }
    if site.dir.join(&name).exists() {
        fs::remove_dir_all(site.dir.join(&name)).expect("it was just written");
    }
}

/// Helm's library stamps entries with the files' own times, where the binary takes `SOURCE_DATE_EPOCH`.
const LIBRARY: &str = "\
import os, sys, helm_python
path, out, build, epoch = sys.argv[1], sys.argv[2], sys.argv[3] == 'build', int(sys.argv[4])
def stamp():
    for directory, _, names in os.walk(path + '/..'):
        for name in names:
            if os.path.exists(os.path.join(directory, name)):
                os.utime(os.path.join(directory, name), (epoch, epoch))
stamp()
if build:
    helm_python.dependency_build(path)
    stamp()
os.makedirs(out, exist_ok=True)
helm_python.package(path, destination=out)
";

/// Helm's package of a chart in the checkout; none where it refuses.
fn helms(site: &Site<'_>, name: &str, spec: &Spec, binary: bool) -> Option<Vec<u8>> {
    let place = format!("charts/{name}");
    let build = matches!(spec.sub, Sub::Local);
    let quiet = |command: &mut Command| {
        let output = command.env("SOURCE_DATE_EPOCH", EPOCH).output().expect("Helm was there a moment ago");
        output.status.success()
    };
    let done = if binary {
        (!build || quiet(site.command("helm").args(["dependency", "build", &place])))
            && quiet(site.command("helm").args(["package", &place, "-d", "theirs"]))
    } else {
        let build = if build { "build" } else { "as-it-is" };
        quiet(site.command(python()).args(["-c", LIBRARY, &place, "theirs", build, EPOCH]))
    };
    done.then(|| tar(site, "theirs", name))
}

fn tar(site: &Site<'_>, directory: &str, name: &str) -> Vec<u8> {
    let path = site.dir.join(directory).join(format!("{name}-1.2.3-rc.1+b.2.tgz"));
    let output = site.command("gzip").arg("-dc").arg(path).output().expect("gzip is there");
    assert!(output.status.success(), "{directory} has no readable package of {name}");
    output.stdout
}

/// Commits everything at a time.
fn commit(site: &Site<'_>, seconds: &str) {
    site.git(["add", "-A", "-f"]);
    let mut commit = site.command("git");
    commit.args(["commit", "-q", "-m", "charts"]).env("GIT_COMMITTER_DATE", format!("{seconds} +0000"));
    drop(site.run(&mut commit).exits(0));
}

fn compare(specs: &[Spec], binary: bool) -> Result<(usize, usize), TestCaseError> {
    let world = World::empty();
    world.site(".", None).git(["init", "-q", "-b", "main", "r"]);
    let site = world.site("r", None);
    // The library of Helm 4.2 leaves the times in packages below charts/ as they are, and dates a lock it
    // writes itself with the time of day.
    let packed_at = if binary { "1000000000" } else { EPOCH };
    let mut specs = specs.to_vec();
    for (at, spec) in specs.iter_mut().enumerate() {
        spec.locked |= !binary && matches!(spec.sub, Sub::Local);
        write(&site, at, spec, packed_at);
    }
    commit(&site, EPOCH);
    let (mut packaged, mut refused) = (0, 0);
    for (at, spec) in specs.iter().enumerate() {
        let name = format!("c{at}");
        let output = site.lineage(["package", &name, "-o", "ours"]);
        let ours = (output.code == 0).then(|| tar(&site, "ours", &name));
        let theirs = helms(&site, &name, spec, binary);
        match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => {
                prop_assert!(ours == theirs, "the tars differ: {spec:#?}\n{}", first_difference(ours, theirs));
                packaged += 1;
            }
            (None, None) => refused += 1,
            (None, Some(_)) => prop_assert!(false, "refused by us alone: {}\n{spec:#?}", output.text()),
            (Some(_), None) => prop_assert!(false, "refused by Helm alone: {spec:#?}"),
        }
    }
    Ok((packaged, refused))
}

/// Where two tars part, with what stands there.
fn first_difference(ours: &[u8], theirs: &[u8]) -> String {
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b).unwrap_or(ours.len().min(theirs.len()));
    let near = |bytes: &[u8]| {
        let from = at.saturating_sub(600) / 512 * 512;
        String::from_utf8_lossy(bytes.get(from..(at + 200).min(bytes.len())).unwrap_or_default()).replace('\0', "")
    };
    format!("at byte {at}\n--- ours\n{}\n--- theirs\n{}", near(ours), near(theirs))
}

#[test]
fn w7_6_generated_charts_give_helms_tar() {
    let Some(binary) = helm() else { return };
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let config =
        ProptestConfig { cases, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let counts = std::cell::Cell::new((0, 0));
    let outcome = runner.run(&vec(spec(), 1..8), |specs| {
        let (packaged, refused) = compare(&specs, binary)?;
        let (before, also) = counts.get();
        counts.set((before + packaged, also + refused));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (packaged, refused) = counts.get();
    writeln!(std::io::stderr(), "identical: {packaged}, refused by both: {refused}").expect("stderr takes a line");
    assert!(packaged > refused, "the charts generated are mostly unusable");
}
