//! A repository set up for GitHub, again, and stale.

use super::GitHub;
use crate::model::Exit;
use crate::model::config::{Flow, Forge, SignMode};
use crate::model::workflows;
use crate::pipeline::ground::find_ground;
use crate::pipeline::init::{Options, check, run, stale};
use crate::pipeline::testing::{World, chart};

fn options(world: &World) -> Options {
    Options {
        remote: None,
        repository_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        key: world.path("keys/key.pem"),
        flow: None,
        oci: Some("oci://ghcr.io/octo/charts".to_owned()),
        assets: None,
        rehearsal: false,
        github: Some(GitHub {
            repository: Some("octo/charts".to_owned()),
            repository_id: Some(42),
            owner_id: Some(7),
            app_id: Some(123_456),
            program: Some("https://example.com/git-lineage".to_owned()),
            program_sha256: Some("0".repeat(64)),
        }),
    }
}

fn begun(charts: usize) -> World {
    let world = World::new();
    let texts: Vec<(String, String)> =
        (0..charts).map(|n| (format!("charts/app{n}/Chart.yaml"), chart(&format!("app{n}"), "1.0.0"))).collect();
    let files: Vec<(&str, Option<&str>)> =
        texts.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    world.commit("main", "main", "feat: begin", &files);
    world
}

/// MG-5, MG-12.
#[test]
fn mg_5_a_repository_is_set_up_for_github_once() {
    let world = begun(2);
    let before = world.repo().refs("refs/").expect("refs");
    let planned = world
        .run(|cx| {
            cx.dry_run = true;
            run(cx, &options(&world))
        })
        .expect("a plan");
    assert!(!planned.plan.is_done());
    assert_eq!(world.repo().refs("refs/").expect("refs"), before);

    let report = world.run(|cx| run(cx, &options(&world))).expect("set up");
    assert_eq!(report.plan, planned.plan, "what was planned is what was done");
    let repo = world.repo();
    let ground = find_ground(&repo).expect("readable").expect("set up");
    let config = ground.config();
    assert_eq!(
        (config.forge, config.flow, config.sign.mode),
        (Forge::Github, Flow::Integration, SignMode::Keyless)
    );
    assert_eq!(config.repository.id, "42");
    assert_eq!(config.trust.identities.len(), 6);
    assert!(!world.path("keys").exists(), "no key is made");
    for path in workflows::files(config).expect("files").keys() {
        assert!(repo.file_at(&ground.main, path).expect("readable").is_some(), "{path}");
    }
    let first = ".github/rulesets/1-integration.json";
    assert!(repo.file_at(&ground.main, first).expect("readable").is_some());
    assert!(report.next.iter().any(|next| next.contains("git lineage rulesets apply")), "{:#?}", report.next);
    assert!(report.next.iter().any(|next| next.contains("refs/notes/*")));

    let again = world.run(|cx| run(cx, &options(&world))).expect("set up already");
    assert!(again.plan.is_done(), "{:#?}", again.plan);
    assert!(world.run(check).expect("a report").plan.is_done());
    assert_eq!(stale(&repo, &ground.main, config).expect("readable"), Vec::<String>::new());
}

#[test]
fn what_is_stale_is_said_and_written_for_a_change() {
    let world = begun(1);
    world.run(|cx| run(cx, &options(&world))).expect("set up");
    let repo = world.repo();
    let policy = repo.file_at(&repo.find_ref("refs/heads/main").expect("readable").expect("main"), "lineage.toml");
    let policy = String::from_utf8(policy.expect("readable").expect("there")).expect("text");
    let policy = policy.replace("app-id = 123456", "app-id = 654321");
    let (tag, split) = (workflows::path("6-tag"), workflows::path("2-split"));
    world.commit(
        "main",
        "main",
        "chore: another App",
        &[("lineage.toml", Some(&policy)), (&tag, None), (&split, Some("name: mine\n"))],
    );
    let ground = find_ground(&world.repo()).expect("readable").expect("set up");
    let said = stale(&world.repo(), &ground.main, ground.config()).expect("readable");
    let about = |path: &str| said.iter().find(|said| said.starts_with(path)).cloned().unwrap_or_default();
    assert!(about(&tag).contains("is missing"), "{said:#?}");
    assert!(about(&split).contains("somebody changed it"), "{said:#?}");
    assert!(about(&workflows::path("4-propose")).contains("lineage.toml changed since"), "{said:#?}");
    assert!(about(".github/rulesets/1-integration.json").contains("stale"), "{said:#?}");
    assert!(about(&workflows::path("1-validate")).is_empty() || said.len() > 8);
    let report = world.run(check).expect("a report");
    assert!(!report.plan.is_done());
}

/// RS-4, and that nothing is half done.
#[test]
fn what_is_not_said_is_asked_for_before_anything_is_written() {
    let world = begun(1);
    let before = world.repo().refs("refs/").expect("refs");
    let without: [fn(&mut GitHub); 6] = [
        |github| github.repository = None,
        |github| github.repository_id = None,
        |github| github.owner_id = None,
        |github| github.app_id = None,
        |github| github.program = None,
        |github| github.program_sha256 = Some("abc".to_owned()),
    ];
    for (number, change) in without.into_iter().enumerate() {
        let mut options = options(&world);
        options.github.iter_mut().for_each(change);
        let failure = world.run(|cx| run(cx, &options)).expect_err("something is missing");
        assert_eq!(failure.exit, Exit::Usage, "{number}: {failure:?}");
    }
    assert_eq!(world.repo().refs("refs/").expect("refs"), before);
    let local = Options { github: None, ..options(&world) };
    world.run(|cx| run(cx, &local)).expect("without GitHub");
    let failure = world.run(|cx| run(cx, &options(&world))).expect_err("the forge is local");
    assert!(failure.what.contains("forge = \"local\""), "{failure:?}");
}

#[test]
fn many_charts_without_integration_are_released_directly() {
    let world = begun(12);
    world.run(|cx| run(cx, &options(&world))).expect("set up");
    let ground = find_ground(&world.repo()).expect("readable").expect("set up");
    assert_eq!(ground.config().flow, Flow::Direct);
    let there = |stem| world.repo().file_at(&ground.main, &workflows::path(stem)).expect("readable").is_some();
    assert!(there("1-validate") && !there("2-split"));
}
