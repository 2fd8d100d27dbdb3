//! The one test binary. Everything here drives the built `git-lineage` from outside, in a world of its
//! own (`world`), and says in its name which scenario of the acceptance page it covers.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its snapshots so")]

// The house: what the source tree has to look like, and what is generated from it.
mod generated;
mod tidy;

// A world for each test, and the line driven through it.
mod world;

// A Sigstore of our own, for bundles with every virtue and every defect.
mod own_sigstore;
mod sigstore;

// A GitHub of our own, and the room that speaks to it.
mod github;
mod github_room;
mod on_github;

// A registry of our own, with every defect.
mod registry;

// The line from contribution to release.
mod again;
mod artifacthub;
mod before_lineage;
mod bump_image;
mod bump_stage;
mod channel;
mod channel_attacks;
mod charts;
mod contributions;
mod direct;
mod failing;
mod image_digest;
mod index;
mod index_repair;
mod ledger;
mod pipeline;
mod prune;
mod publish;
mod publish_races;
mod rehearse;
mod repositories;
mod workflows;

mod packages;
mod splits;

// What a verdict rests on.
mod all_releases;
mod certificates;
mod elsewhere;
mod every_byte;
mod false_tags;
mod identities;
mod imports;
mod junk;
mod keyless;
mod keyless_imports;
mod keyless_secrets;
mod offline;
mod people;
mod policy_change;
mod reviews;
mod revocations;
mod rotation;
mod slsa;
mod surroundings;
mod tampering;
mod trust;
mod trust_change;
mod verify;
mod verify_bundle;
mod waiver_attacks;
mod waivers;

// Whole lineages, honest and forged, for any tool.
mod conformance;

// What people do by mistake.
mod bad_input;
mod bad_places;

// Other people's tools on what we wrote.
mod peers;
