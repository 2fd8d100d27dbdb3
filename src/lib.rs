//! `git lineage`: releases Helm charts so that every release can be proved from a clone, offline.
//!
//! The house has floors, and an arrow never runs up (`tests/tidy.rs` holds this):
//!
//! ```text
//! main → lib → commands ─┬→ pipeline ─→ error ─→ { git, helm, sigstore, registry, github, run, cache } ─→ model
//!                        └→ terminal ─────────────────────────────────────────────────────────────────→ model
//! ```
//!
//! Two ideas carry every verb. **Trace**: contents → evidence → verdict, read by `verify`, `status`,
//! `log`, `bump`, `tag`, `build` and `publish` alike. **Plan, then apply**: a mutating verb first says
//! what it is about to do as a value, then does only what is still needed, so that running it again is
//! always safe; a plan that publishes needs a [`model::Cleared`], which only a complete verdict makes.

pub mod model;

pub mod cache;
pub mod git;
pub mod github;
pub mod helm;
pub mod registry;
pub mod run;
pub mod sigstore;

pub mod error;
pub mod pipeline;

pub mod terminal;

pub mod commands;
