//! What each channel points at, held against what is said of it.

use std::collections::BTreeSet;

use super::Desk;
use super::document::{Held, Said, held, recorded};
use crate::model::channels::Pointer;
use crate::model::{Agreement, ChannelLine, ChannelsReport, Failure, Sha256, version};
use crate::pipeline::Context;
use crate::pipeline::trace;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Look {
    /// The charts; none: all that have a release.
    pub charts: Vec<String>,
    /// The channel; none: all.
    pub channel: Option<String>,
}

/// Looks at every channel of every chart. Writes nothing.
///
/// # Errors
/// No policy, no registry, no such chart or channel (exit 2); what cannot be read is in the report.
pub async fn run(cx: &mut Context<'_>, options: &Look) -> Result<ChannelsReport, Failure> {
    let desk = Desk::of(cx)?;
    if let Some(name) = &options.channel {
        desk.channel(name)?;
    }
    let mut channels = Vec::new();
    for chart in desk.charts(cx, &options.charts)? {
        channels.extend(of(cx, &desk, &chart, options.channel.as_deref()).await?);
    }
    Ok(ChannelsReport { channels })
}

/// The channels of one chart.
async fn of(cx: &Context<'_>, desk: &Desk, chart: &str, only: Option<&str>) -> Result<Vec<ChannelLine>, Failure> {
    let document = held(cx, desk, chart).await;
    let said = recorded(cx, desk, chart)?;
    let configured = &desk.ground.config().channels;
    let mut names: BTreeSet<&str> = configured.keys().map(String::as_str).collect();
    if let Ok(Some(held)) = &document {
        names.extend(held.channels.channels.keys().map(String::as_str));
    }
    names.retain(|name| only.is_none_or(|only| only == *name));
    let mut lines = Vec::new();
    for name in names {
        let mut finding = Finding::default();
        if !configured.contains_key(name) {
            finding.gap("lineage.toml has no such channel");
        }
        let digest = match desk.destination.resolve(chart, name).await {
            Ok(digest) => digest,
            Err(error) => {
                finding.unread(error.to_string());
                None
            }
        };
        let pointer = match &document {
            Ok(held) => held.as_ref().and_then(|held| held.channels.channels.get(name)),
            Err(failure) => {
                finding.unread(failure.in_one_line());
                None
            }
        };
        let stood = finding.unknown.is_empty();
        match (digest, pointer) {
            (Some(_), None) if stood => finding.gap("the tag is there, and no document says what it is"),
            (None, Some(pointer)) if stood => {
                finding.gap(&format!("the document says sha256:{}, and there is no such tag", pointer.digest));
            }
            (Some(digest), Some(pointer)) if digest != pointer.digest => {
                finding.gap(&format!("the tag names sha256:{digest}, the document sha256:{}", pointer.digest));
            }
            _ => {}
        }
        if let (Ok(Some(held)), Some(pointer)) = (&document, pointer) {
            finding.signed(held);
            finding.newest(name, pointer, held, &said);
            finding.release(cx, desk, chart, pointer).await?;
        }
        let signature = document.as_ref().ok().and_then(Option::as_ref).and_then(|held| held.signature.as_ref());
        lines.push(ChannelLine {
            chart: chart.to_owned(),
            channel: name.to_owned(),
            digest,
            chart_version: pointer.map(|pointer| pointer.version.clone()),
            tag: pointer.map(|pointer| pointer.tag.clone()),
            previous: pointer.and_then(|pointer| pointer.previous),
            time: pointer.map(|pointer| pointer.time),
            by: pointer.map(|pointer| pointer.by.clone()),
            signer: signature.filter(|_| pointer.is_some()).map(|signature| signature.signer.clone()),
            agreement: finding.agreement(digest.is_none() && pointer.is_none()),
            why: finding.gaps.into_iter().chain(finding.unknown).collect(),
        });
    }
    Ok(lines)
}

/// What is wrong with one channel, and what could not be read of it.
#[derive(Default)]
struct Finding {
    gaps: Vec<String>,
    unknown: Vec<String>,
}

impl Finding {
    fn gap(&mut self, why: &str) {
        self.gaps.push(why.to_owned());
    }

    fn unread(&mut self, why: String) {
        self.unknown.push(why);
    }

    fn agreement(&self, unset: bool) -> Agreement {
        match (self.unknown.is_empty(), self.gaps.is_empty()) {
            (false, _) => Agreement::Unknown,
            (true, false) => Agreement::Disagrees,
            (true, true) if unset => Agreement::Unset,
            (true, true) => Agreement::Agrees,
        }
    }

    fn signed(&mut self, held: &Held) {
        match (&held.signature, &held.unread) {
            (Some(signature), _) if signature.attached => {}
            (_, Some(why)) => self.unread(format!("the document's signatures could not be read: {why}")),
            (Some(_), None) => self.gap("the document's signature is in the ledger, and not attached to it"),
            (None, None) => self.gap("nobody who may publish signed the document"),
        }
    }

    /// Whoever may write to the registry can bring an old document back: it is signed, and it is not the newest.
    fn newest(&mut self, name: &str, pointer: &Pointer, held: &Held, said: &[Said]) {
        let later =
            said.iter().filter(|said| said.claim.channel == name && said.claim.pointer.time > pointer.time);
        if let Some(newest) = later.max_by_key(|said| said.claim.pointer.time)
            && held.channels.channels.get(name) != Some(&newest.claim.pointer)
        {
            let Pointer { version, time, .. } = &newest.claim.pointer;
            self.gap(&format!("the ledger knows a later move, to {version} at {time}"));
        }
    }

    /// The release behind a pointer: its tag here, and its version there.
    async fn release(
        &mut self,
        cx: &Context<'_>,
        desk: &Desk,
        chart: &str,
        pointer: &Pointer,
    ) -> Result<(), Failure> {
        let config = desk.ground.config();
        if config.tag_name(chart, &pointer.version) != pointer.tag {
            self.gap(&format!("{} is no tag of {chart} {}", pointer.tag, pointer.version));
            return Ok(());
        }
        if cx.repo.find_ref(&format!("refs/tags/{}", pointer.tag))?.is_none() {
            self.unread(format!("the tag {} is not here (`git lineage sync`)", pointer.tag));
        } else {
            match trace::resolve_tag(&cx.repo, &pointer.tag)?.payload {
                Ok((payload, _)) if payload.predicted.oci == pointer.digest => {}
                Ok((payload, _)) => {
                    self.gap(&format!("{} has the manifest sha256:{}", pointer.tag, payload.predicted.oci));
                }
                Err(why) => self.gap(&format!("{}: {why}", pointer.tag)),
            }
        }
        let Ok(version) = version::parse(&pointer.version) else { return Ok(()) };
        let tag = version::oci_tag(&version);
        match desk.destination.resolve(chart, &tag).await {
            Ok(there) => self.version(chart, &tag, there, pointer),
            Err(error) => self.unread(error.to_string()),
        }
        Ok(())
    }

    fn version(&mut self, chart: &str, tag: &str, there: Option<Sha256>, pointer: &Pointer) {
        match there {
            Some(there) if there == pointer.digest => {}
            Some(there) => self.gap(&format!("{chart}:{tag} is sha256:{there}")),
            None => self.gap(&format!("{chart}:{tag} is not there any more")),
        }
    }
}
