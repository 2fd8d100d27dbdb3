//! How fast a package is pushed, against `helm push`: run by `tests/benches/push`.

use std::fs;
use std::io::Read as _;
use std::time::{Duration, Instant};

use git_lineage::helm;
use git_lineage::model::{ChartFile, Timestamp};
use git_lineage::registry::{ChartArtifact, Destination};

use super::registries::{Kind, Registry};
use super::sigstore::{built, program};
use crate::world::World;

/// Charts by what they are called in the report, with as many files of four mebibytes that no compressor makes
/// smaller.
const CHARTS: [(&str, usize); 3] = [("small", 0), ("20 MB", 5), ("50 MB", 12)];
const ROUNDS: usize = 9;

#[test]
fn pushing_is_as_fast_as_helm() {
    // A measurement says nothing while other tests run.
    if std::env::var_os("LINEAGE_BENCH").is_none() || !built("helm") {
        return;
    }
    let Some(registry) = Registry::start(Kind::Debian) else { return };
    let mut text = String::new();
    for (name, files) in CHARTS {
        let (ours, theirs, start) = measured(&registry, files);
        let begun = theirs.saturating_sub(start);
        text.push_str(&format!(
            "{name:<10} {:11.1} ms {:11.1} ms {:11.1} ms  {:6.2} x\n",
            ours.as_secs_f64() * 1e3,
            begun.as_secs_f64() * 1e3,
            start.as_secs_f64() * 1e3,
            begun.as_secs_f64() / ours.as_secs_f64()
        ));
        assert!(ours <= begun * 3 / 2, "{text}");
    }
    fs::write(std::env::temp_dir().join("git-lineage-push.txt"), &text).expect("a place for it");
}

/// Our push, Helm's, and how long Helm takes to do nothing.
fn measured(registry: &Registry, files: usize) -> (Duration, Duration, Duration) {
    let world = World::empty();
    let site = world.site(".", None);
    let package = chart(files);
    site.write("large-1.0.0.tgz", &package.tgz);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut ours, mut theirs, mut start) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, each time to a repository of its own, so that nothing is there already.
    for round in 0..ROUNDS {
        let to = format!("oci://127.0.0.1:{}/ours-{files}-{round}", registry.port);
        let destination = Destination::parse(&to, site.dir.as_path()).expect("an address");
        let artifact = ChartArtifact {
            chart: "large",
            tag: "1.0.0",
            config: &package.oci_config,
            layer: &package.tgz,
            manifest: &package.oci_manifest,
        };
        let began = Instant::now();
        runtime.block_on(destination.push(&artifact, &mut |_| {})).expect("it is pushed");
        ours.push(began.elapsed());
        let to = format!("oci://127.0.0.1:{}/theirs-{files}-{round}", registry.port);
        let mut push = site.command(program("helm"));
        push.args(["push", "large-1.0.0.tgz", &to, "--plain-http"]);
        let began = Instant::now();
        site.run(&mut push).succeeds();
        theirs.push(began.elapsed());
        let mut nothing = site.command(program("helm"));
        nothing.args(["push", "--help"]);
        let began = Instant::now();
        site.run(&mut nothing).succeeds();
        start.push(began.elapsed());
    }
    (median(ours), median(theirs), median(start))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn chart(number: usize) -> helm::Package {
    let mut random = fs::File::open("/dev/urandom").expect("a Unix");
    let mut files = vec![ChartFile {
        path: "Chart.yaml".to_owned(),
        bytes: b"apiVersion: v2\nname: large\nversion: 1.0.0\n".to_vec(),
    }];
    for number in 0..number {
        let mut bytes = vec![0; 4 * 1024 * 1024];
        random.read_exact(&mut bytes).expect("it never ends");
        files.push(ChartFile { path: format!("files/{number}"), bytes });
    }
    helm::package("charts/large", files, Timestamp::from_seconds(1_763_700_000)).expect("a chart")
}
