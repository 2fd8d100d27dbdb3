//! Setting up, and setting up again.

use super::{Options, run};
use crate::model::config::Flow;
use crate::model::{Exit, StepKind};
use crate::pipeline::ground::find_ground;
use crate::pipeline::testing::{World, chart};

fn options(world: &World) -> Options {
    Options {
        remote: None,
        repository_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        key: world.path("keys/key.pem"),
        flow: None,
        oci: None,
        assets: None,
        rehearsal: false,
        github: None,
    }
}

fn begun() -> World {
    let world = World::new();
    let (app, olm) = (chart("app", "1.0.0"), chart("holmes", "1.0.0"));
    let files = [("charts/app/Chart.yaml", Some(app.as_str())), ("charts/olm/Chart.yaml", Some(olm.as_str()))];
    let commit = world.commit("main", "main", "feat: begin", &files);
    world.tag("app-1.0.0", &commit);
    world
}

#[test]
fn a_plan_changes_nothing_and_a_second_run_has_nothing_to_do() {
    let world = begun();
    let before = world.repo().refs("refs/").expect("refs");
    let planned = world.run(|cx| {
        cx.dry_run = true;
        run(cx, &options(&world))
    });
    assert!(planned.is_ok_and(|report| report.plan.0.iter().all(|step| step.state == StepKind::Needed)));
    assert_eq!(world.repo().refs("refs/").expect("refs"), before);
    assert!(!world.path("keys").exists());

    world.run(|cx| run(cx, &options(&world))).expect("set up");
    let repo = world.repo();
    let ground = find_ground(&repo).expect("readable").expect("set up");
    let config = ground.config();
    assert_eq!(config.repository.id, options(&world).repository_id);
    assert_eq!(config.flow, Flow::Integration);
    assert_eq!(config.tag.template, "{chart}-{version}");
    assert_eq!(config.charts.aliases.get("olm").map(String::as_str), Some("holmes"));
    assert_eq!(config.required.validate.len(), 3);
    let main = repo.find_ref("refs/heads/main").expect("readable");
    for branch in ["integration", "release"] {
        assert_eq!(repo.find_ref(&format!("refs/heads/{branch}")).expect("readable"), main, "{branch}");
    }

    let after = repo.refs("refs/").expect("refs");
    let again = world.run(|cx| run(cx, &options(&world))).expect("set up already");
    assert!(again.plan.is_done(), "{:#?}", again.plan);
    assert_eq!(world.repo().refs("refs/").expect("refs"), after);
}

#[test]
fn what_is_in_the_way_is_found_before_anything_is_written() {
    let world = begun();
    world.commit("chart", "main", "chore: in the way", &[("x", Some("x"))]);
    let before = world.repo().refs("refs/").expect("refs");
    let failure = world.run(|cx| run(cx, &options(&world))).expect_err("chart/app cannot be made");
    assert_eq!(failure.exit, Exit::Conflict);
    assert_eq!(world.repo().refs("refs/").expect("refs"), before);
    assert!(!world.path("keys").exists(), "no key was made");

    let world = begun();
    world.commit("integration", "main", "chore: one", &[("x", Some("x"))]);
    world.commit("main", "main", "chore: two", &[("y", Some("y"))]);
    let failure = world.run(|cx| run(cx, &options(&world))).expect_err("integration diverged");
    assert_eq!(failure.exit, Exit::Conflict);
    assert!(failure.what.contains("diverged"), "{failure:?}");

    let direct = Options { flow: Some("direct".to_owned()), ..options(&world) };
    world.run(|cx| run(cx, &direct)).expect("without integration it does not matter");

    let unknown = Options { flow: Some("trunk".to_owned()), ..options(&world) };
    let failure = world.run(|cx| run(cx, &unknown)).expect_err("no such flow");
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn nothing_to_set_up() {
    let world = World::new();
    let failure = world.run(|cx| run(cx, &options(&world))).expect_err("no commit yet");
    assert_eq!(failure.exit, Exit::Usage);
}
