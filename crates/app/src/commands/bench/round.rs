//! One round: so many calls ring, talk for a while, and hang up together.

use super::board::{Board, Faults, Phase, Scene, locked};
use super::child::Server;
use super::outcome::{Latency, Outcome};
use super::percentile::Histogram;
use super::phone::{self, Report};
use super::process::{Usage, rss_kib, usage};
use super::sequence::{Arrivals, Losses};
use super::world::World;
use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Nobody gets 100 calls in one instant, and a call's first second costs more than the others.
const RING_EVERY: Duration = Duration::from_millis(25);
/// Time for a model's socket to open after a call rang.
const DIAL_LIMIT: Duration = Duration::from_secs(3);
/// Time for everybody to hear the greeting.
const GREETING_LIMIT: Duration = Duration::from_secs(10);
/// Talk that is not measured, at the beginning.
const WARM_UP: Duration = Duration::from_secs(3);
/// What is under way arrives within this, or counts as lost.
const SETTLE_LEAST: Duration = Duration::from_millis(400);
const SETTLE_MOST: Duration = Duration::from_secs(5);
/// Time for the server to let go of all calls.
const END_LIMIT: Duration = Duration::from_secs(10);
/// Memory is looked at this long after the last call.
const IDLE_AFTER: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(10);
const SAMPLE_EVERY: Duration = Duration::from_millis(500);

/// What a round needs.
pub(super) struct Round<'a> {
    pub(super) server: &'a Server,
    pub(super) world: &'a World,
    pub(super) client: &'a reqwest::Client,
    pub(super) calls: usize,
    pub(super) number: usize,
    pub(super) talk: Duration,
    pub(super) scene: Arc<Scene>,
}

struct Call {
    board: Arc<Board>,
    phone: JoinHandle<Result<Report>>,
}

/// What the processes did while it was measured.
struct Measured {
    cpu_ms: u64,
    own_cpu_ms: u64,
    lasted: Duration,
    rss_kib: u64,
    usage: Usage,
}

impl Round<'_> {
    /// Plays it. Errors only when the server itself is gone.
    pub(super) async fn play(&self) -> Result<Outcome> {
        let idle_before_kib = rss_kib(self.server.pid())?;
        let mut failures = Vec::new();
        let mut calls = Vec::with_capacity(self.calls);
        for number in 0..self.calls {
            match self.ring(number as u32).await {
                Ok(call) => calls.push(call),
                Err(fault) => failures.push(format!("call {number}: {fault:#}")),
            }
            tokio::time::sleep(RING_EVERY).await;
        }
        wait(GREETING_LIMIT, || calls.iter().all(|call| call.board.is_live.load(Ordering::Acquire))).await;
        tokio::time::sleep(WARM_UP).await;
        let measured = self.measure().await?;
        self.scene.enter(Phase::Settle);
        tokio::time::sleep(SETTLE_LEAST).await;
        let arrived =
            |call: &Call| call.board.got.load(Ordering::Acquire) >= call.board.sent.load(Ordering::Acquire);
        wait(SETTLE_MOST, || calls.iter().all(|call| call.phone.is_finished() || arrived(call))).await;
        let faulty_frames = self.server.health("/webSocket/faultyFrames").await?;
        self.scene.enter(Phase::HangUp);
        let end_ms = self.wait_for_nobody().await?;
        let mut sums = Sums { failures, ..Sums::default() };
        for call in calls {
            sums.add(call).await;
        }
        self.world.forget_expected();
        sums.strangers = self.world.take_strangers();
        tokio::time::sleep(IDLE_AFTER).await;
        Ok(self.outcome(
            &measured,
            sums,
            end_ms,
            [idle_before_kib, rss_kib(self.server.pid())?],
            faulty_frames,
        ))
    }

    async fn ring(&self, number: u32) -> Result<Call> {
        let board = Arc::new(Board::new(number));
        self.world.expect(&self.scene, &board);
        let rang = phone::ring(self.client, &self.server.url(""), number).await;
        let dialled = tokio::time::timeout(DIAL_LIMIT, board.connected.notified()).await;
        if rang.is_err() || dialled.is_err() {
            // The next call must not get this one's place at the model.
            self.world.forget_expected();
        }
        let invitation = rang?;
        anyhow::ensure!(dialled.is_ok(), "the server did not open the model's socket");
        let (scene, seen) = (self.scene.clone(), board.clone());
        let phone = tokio::spawn(async move { phone::call(&invitation, &scene, &seen).await });
        Ok(Call { board, phone })
    }

    async fn measure(&self) -> Result<Measured> {
        let pid = self.server.pid();
        let (before, own_before, since) = (usage(pid)?, usage(std::process::id())?, Instant::now());
        self.scene.measure(true);
        let mut samples = Vec::new();
        while since.elapsed() < self.talk {
            tokio::time::sleep(SAMPLE_EVERY.min(self.talk.saturating_sub(since.elapsed()))).await;
            samples.push(rss_kib(pid)?);
        }
        self.scene.measure(false);
        let (after, own_after, lasted) = (usage(pid)?, usage(std::process::id())?, since.elapsed());
        Ok(Measured {
            cpu_ms: after.cpu_ms - before.cpu_ms,
            own_cpu_ms: own_after.cpu_ms - own_before.cpu_ms,
            lasted,
            rss_kib: samples.iter().sum::<u64>() / (samples.len() as u64).max(1),
            usage: after,
        })
    }

    /// How long it takes until no call is live any more, in ms; none when it takes too long.
    async fn wait_for_nobody(&self) -> Result<Option<u64>> {
        let since = Instant::now();
        while since.elapsed() < END_LIMIT {
            if self.server.health("/sessions/activeVoiceSessions").await? == 0 {
                return Ok(Some(since.elapsed().as_millis() as u64));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(None)
    }

    fn outcome(
        &self,
        measured: &Measured,
        sums: Sums,
        end_ms: Option<u64>,
        [idle_before_kib, idle_after_kib]: [u64; 2],
        faulty_frames: u64,
    ) -> Outcome {
        let call_seconds = self.calls as f64 * measured.lasted.as_secs_f64();
        let mut faults = sums.faults;
        if sums.strangers > 0 {
            faults.count += sums.strangers;
            faults.told.push(format!("{} sockets at the model that no call explains", sums.strangers));
        }
        if faulty_frames > 0 {
            faults.told.push(format!("the server counts {faulty_frames} faulty frames since its start"));
        }
        Outcome {
            calls: self.calls,
            round: self.number,
            failed: sums.failures.len(),
            failures: sums.failures,
            cpu_ms_per_call_second: measured.cpu_ms as f64 / call_seconds,
            bench_cpu_ms_per_call_second: measured.own_cpu_ms as f64 / call_seconds,
            rss_kib: measured.rss_kib,
            idle_before_kib,
            idle_after_kib,
            threads: measured.usage.threads,
            added_in: Latency::of(&sums.latency_in),
            added_out: Latency::of(&sums.latency_out),
            barge_in: Latency::of(&sums.reaction),
            frames_in: sums.sent_in,
            frames_out: sums.sent_out,
            lost: sums.losses.lost,
            duplicated: sums.losses.duplicated,
            reordered: sums.losses.reordered,
            interruptions: sums.interruptions,
            missed: sums.missed,
            faults: faults.count + faulty_frames,
            told: faults.told,
            end_to_zero_ms: end_ms,
        }
    }
}

#[derive(Default)]
struct Sums {
    failures: Vec<String>,
    losses: Losses,
    latency_in: Histogram,
    latency_out: Histogram,
    reaction: Histogram,
    sent_in: u64,
    sent_out: u64,
    interruptions: u64,
    missed: u64,
    strangers: u64,
    faults: Faults,
}

impl Sums {
    async fn add(&mut self, call: Call) {
        let board = call.board;
        let closed = tokio::time::timeout(END_LIMIT, board.closed.notified()).await;
        if closed.is_err() {
            board.fault("the server kept the model's socket");
        }
        match call.phone.await {
            Ok(Ok(report)) => self.add_report(&board, &report),
            Ok(Err(fault)) => self.failures.push(format!("call {}: {fault:#}", board.number)),
            Err(fault) => self.failures.push(format!("call {}: {fault}", board.number)),
        }
        let faults = board.faults();
        self.faults.count += faults.count;
        self.faults.told.extend(faults.told);
    }

    fn add_report(&mut self, board: &Board, report: &Report) {
        let heard = locked(&board.heard);
        let sent = board.sent.load(Ordering::Acquire);
        self.sent_in += u64::from(sent);
        self.losses.add(heard.arrivals.losses(sent, false));
        for (index, reply) in heard.replies.iter().enumerate() {
            let nothing = Arrivals::default();
            let received = report.received.get(index).unwrap_or(&nothing);
            self.sent_out += u64::from(reply.sent);
            self.losses.add(received.losses(reply.sent, reply.is_cancelled));
        }
        self.latency_in.merge(&heard.latency);
        self.latency_out.merge(&report.latency);
        self.reaction.merge(&report.reaction);
        self.interruptions += report.interruptions;
        self.missed += report.missed;
    }
}

async fn wait(limit: Duration, is_done: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_done() && since.elapsed() < limit {
        tokio::time::sleep(POLL).await;
    }
}
