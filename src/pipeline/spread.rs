//! Work spread over the machine's cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::Context;
use super::proofs::Threads;
use crate::git;
use crate::model::{Event, Failure};

/// How many pieces of work are worth a thread of their own, which opens the repository anew.
const WORTH_IT: usize = 4;

/// Does `count` pieces of work and gives their results in order. Each worker reads the repository by itself;
/// what it has to tell a person is told by this thread.
pub fn spread<R: Send>(
    cx: &mut Context<'_>,
    count: usize,
    work: impl Fn(&mut Context<'_>, usize) -> Result<R, Failure> + Sync,
) -> Vec<Result<R, Failure>> {
    let workers = workers(cx, count);
    if workers < 2 {
        return (0..count).map(|piece| work(cx, piece)).collect();
    }
    over(workers, &Seed::of(cx), count, work, cx.on)
}

/// As [`spread`], for work that has nothing to tell.
pub fn spread_quietly<R: Send>(
    cx: &Context<'_>,
    count: usize,
    work: impl Fn(&Context<'_>, usize) -> Result<R, Failure> + Sync,
) -> Vec<Result<R, Failure>> {
    let workers = workers(cx, count);
    if workers < 2 {
        return (0..count).map(|piece| work(cx, piece)).collect();
    }
    over(workers, &Seed::of(cx), count, |cx, piece| work(cx, piece), &mut |_| {})
}

fn workers(cx: &Context<'_>, count: usize) -> usize {
    match cx.threads {
        Threads::Cores if count / WORTH_IT > 1 => {
            thread::available_parallelism().map_or(1, usize::from).min(count / WORTH_IT)
        }
        Threads::Cores | Threads::Alone => 1,
    }
}

fn over<R: Send>(
    workers: usize,
    seed: &Seed,
    count: usize,
    work: impl Fn(&mut Context<'_>, usize) -> Result<R, Failure> + Sync,
    on: &mut dyn FnMut(Event),
) -> Vec<Result<R, Failure>> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<Result<R, Failure>>> = (0..count).map(|_| None).collect();
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for _ in 0..workers {
            let (tell, next, work) = (tell.clone(), &next, &work);
            scope.spawn(move || {
                let say = tell.clone();
                let mut on = move |event| drop(say.send(Told::Event(event)));
                let mut cx = seed.context(&mut on);
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= count {
                        break;
                    }
                    let result = match &mut cx {
                        Ok(cx) => work(cx, piece),
                        Err(failure) => Err(failure.clone()),
                    };
                    drop(tell.send(Told::Result(piece, result)));
                }
            });
        }
        drop(tell);
        for told in told {
            match told {
                Told::Event(event) => on(event),
                Told::Result(piece, result) => {
                    if let Some(place) = results.get_mut(piece) {
                        *place = Some(result);
                    }
                }
            }
        }
    });
    let lost = || Err(Failure::undetermined("a worker ended before its work did"));
    results.into_iter().map(|result| result.unwrap_or_else(lost)).collect()
}

enum Told<R> {
    Event(Event),
    Result(usize, Result<R, Failure>),
}

/// What a context is made of, in another thread.
struct Seed {
    repo: git::Handle,
    cache: crate::cache::Cache,
    now: crate::model::Timestamp,
    key: Option<std::path::PathBuf>,
    roots: Arc<crate::sigstore::Roots>,
    signing: Arc<super::signing::Signing>,
    hub: Arc<super::hub::Hub>,
    proofs: Arc<super::proofs::Proven>,
    ci: bool,
    dry_run: bool,
}

impl Seed {
    fn of(cx: &Context<'_>) -> Self {
        Self {
            repo: cx.repo.handle(),
            cache: cx.cache.clone(),
            now: cx.now,
            key: cx.key.clone(),
            roots: Arc::clone(&cx.roots),
            signing: Arc::clone(&cx.signing),
            hub: Arc::clone(&cx.hub),
            proofs: Arc::clone(&cx.proofs),
            ci: cx.ci,
            dry_run: cx.dry_run,
        }
    }

    fn context<'a>(&self, on: &'a mut dyn FnMut(Event)) -> Result<Context<'a>, Failure> {
        Ok(Context {
            repo: self.repo.open()?,
            cache: self.cache.clone(),
            now: self.now,
            key: self.key.clone(),
            roots: Arc::clone(&self.roots),
            signing: Arc::clone(&self.signing),
            hub: Arc::clone(&self.hub),
            proofs: Arc::clone(&self.proofs),
            threads: Threads::Alone,
            ci: self.ci,
            dry_run: self.dry_run,
            on,
        })
    }
}
