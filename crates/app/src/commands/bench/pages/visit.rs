//! Somebody who is signed in and opens one page after the other.

use super::super::percentile::Histogram;
use super::fill::Filled;
use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};
use std::time::Instant;
use studioconnect_connectors::http::{read_bounded, read_json_bounded};

/// Largest page that is read, in bytes.
const PAGE: usize = 64 << 20;

/// Pages and lists that everybody opens.
const PATHS: [&str; 50] = [
    "/admin/dashboard",
    "/admin/calls",
    "/admin/calls?outcome=voicemail",
    "/admin/calls?q=leaking",
    "/admin/calls?q=oldfield",
    "/admin/leads",
    "/admin/leads?status=NEW",
    "/admin/leads?q=reyes",
    "/admin/leads?q=oldfield",
    "/admin/leads/board",
    "/admin/clients",
    "/admin/clients?q=bakery",
    "/admin/clients?q=oldfield",
    "/admin/lead-questions",
    "/admin/websockets",
    "/admin/voice",
    "/admin/settings",
    "/admin/account",
    "/admin/team",
    "/admin/plan",
    "/admin/support",
    "/api/admin/dashboard",
    "/api/calls",
    "/api/calls?limit=200",
    "/api/calls?status=failed",
    "/api/calls?outcome=voicemail",
    "/api/calls?status=failed&outcome=abandoned",
    "/api/calls?q=leaking",
    "/api/calls?q=nobody+is+called+so",
    "/api/leads",
    "/api/leads?limit=200",
    "/api/leads?status=WON",
    "/api/leads?channel=CHAT",
    "/api/leads?completeness=PARTIAL",
    "/api/leads?channel=CHAT&completeness=COMPLETE",
    "/api/leads?status=NEW&channel=CHAT",
    "/api/leads?q=oldfield",
    "/api/leads?q=nobody+is+called+so",
    "/api/leads?q=oldfield&status=NEW",
    "/api/client",
    "/api/client?limit=200",
    "/api/client?q=oldfield",
    "/api/client?q=nobody+is+called+so",
    "/api/lead-questions",
    "/api/team",
    "/api/team/invitations",
    "/api/plan",
    "/api/business",
    "/api/agent-config",
    "/api/auth/sessions",
];

/// The table of all leads: a file that is made once in a while, so not held to what a page is.
pub(super) const FILE: &str = "/api/leads.csv";

pub(super) struct Visitor {
    client: reqwest::Client,
    base: String,
    token: String,
}

/// One page, opened many times.
pub(super) struct Visited {
    pub(super) path: String,
    bytes: usize,
    packed: usize,
    times: Histogram,
}

impl Visitor {
    pub(super) async fn sign_in(
        client: reqwest::Client,
        base: &str,
        email: &str,
        password: &str,
    ) -> Result<Self> {
        let body = json!({"email": email, "password": password});
        let answer = client.post(format!("{base}/api/login")).json(&body).send().await?;
        ensure!(answer.status().is_success(), "the owner cannot sign in: {}", answer.status());
        let tokens: Value = read_json_bounded(answer, PAGE).await?;
        let token = tokens.get("token").and_then(Value::as_str).context("the login gave no token")?;
        Ok(Self { client, base: base.to_owned(), token: token.to_owned() })
    }

    /// Everything that is visited: also one of each kind, somebody's leads, a week long ago, and the end of the long lists.
    pub(super) async fn paths(&self, filled: &Filled) -> Result<Vec<String>> {
        let mut paths: Vec<String> = PATHS.map(str::to_owned).to_vec();
        let Filled { owner, call, lead, client, week } = filled;
        let day = |at: &DateTime<Utc>| at.format("%Y-%m-%dT00:00:00Z").to_string();
        let dates = format!("since={}&until={}", day(&week.start), day(&week.end));
        paths.extend([
            format!("/admin/leads?assignedTo={owner}"),
            format!("/api/leads?assignedTo={owner}"),
            format!("/api/leads?{dates}"),
            format!("/api/calls?{dates}"),
            format!("/admin/calls/{call}"),
            format!("/api/calls/{call}"),
            format!("/admin/leads/{lead}"),
            format!("/api/leads/{lead}"),
            format!("/api/leads/{lead}/notes"),
            format!("/admin/clients/{client}"),
            format!("/api/client/{client}"),
        ]);
        for list in ["/api/calls", "/api/leads", "/api/client"] {
            paths.push(self.last_page(&format!("{list}?limit=200")).await?);
        }
        Ok(paths)
    }

    /// The address of the last part of a list.
    async fn last_page(&self, list: &str) -> Result<String> {
        let mut next = list.to_owned();
        loop {
            let page: Value = serde_json::from_slice(&self.get(&next, false).await?)?;
            let Some(cursor) = page.get("nextCursor").and_then(Value::as_str) else { return Ok(next) };
            next = format!("{list}&cursor={cursor}");
        }
    }

    /// Opens a page so many times.
    pub(super) async fn visit(&self, path: &str, rounds: usize) -> Result<Visited> {
        let bytes = self.get(path, false).await?.len();
        let (mut packed, mut times) = (0, Histogram::default());
        for _ in 0..rounds {
            let began = Instant::now();
            packed = self.get(path, true).await?.len();
            times.record_ns(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        Ok(Visited { path: name_of(path), bytes, packed, times })
    }

    /// Bytes of the first page with all that it refers to, packed.
    pub(super) async fn first_load(&self) -> Result<usize> {
        const FIRST: &str = "/admin/dashboard";
        let page = String::from_utf8(self.get(FIRST, false).await?)?;
        let mut bytes = self.get(FIRST, true).await?.len();
        let parts: std::collections::BTreeSet<&str> =
            page.split('"').filter(|part| part.starts_with("/assets/")).collect();
        for part in parts {
            bytes += self.get(part, true).await?.len();
        }
        Ok(bytes)
    }

    async fn get(&self, path: &str, packed: bool) -> Result<Vec<u8>> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = if packed { request.header(ACCEPT_ENCODING, "gzip") } else { request };
        let answer = request.send().await?;
        let status = answer.status();
        let kind = answer.headers().get(CONTENT_TYPE).cloned();
        ensure!(status.is_success(), "{path} is answered with {status} ({kind:?})");
        Ok(read_bounded(answer, PAGE).await?)
    }
}

/// The same in every run: ids and places are left out.
fn name_of(path: &str) -> String {
    let path =
        path.split_once("&cursor=").map_or_else(|| path.to_owned(), |(start, _)| format!("{start}&cursor=…"));
    let is_id = |part: &str| part.parse::<uuid::Uuid>().is_ok();
    let is_day = |part: &str| part.parse::<DateTime<Utc>>().is_ok();
    let told = path.split_inclusive(['/', '=', '&', '?']).map(|part| {
        let (word, end) = part.split_at(part.trim_end_matches(['/', '=', '&', '?']).len());
        let word = if is_id(word) {
            "{id}"
        } else if is_day(word) {
            "{day}"
        } else {
            word
        };
        format!("{word}{end}")
    });
    told.collect()
}

impl Visited {
    pub(super) fn p95_ms(&self) -> f64 {
        self.times.quantile_ms(0.95).unwrap_or(f64::INFINITY)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "page": self.path,
            "bytes": self.bytes,
            "packedBytes": self.packed,
            "p50Ms": self.times.quantile_ms(0.5),
            "p95Ms": self.times.quantile_ms(0.95),
            "maxMs": self.times.max_ms(),
        })
    }

    fn row(&self) -> [String; 6] {
        let ms = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
        [
            self.path.clone(),
            format!("{:.1}", self.bytes as f64 / 1_024.0),
            format!("{:.1}", self.packed as f64 / 1_024.0),
            ms(self.times.quantile_ms(0.5)),
            ms(self.times.quantile_ms(0.95)),
            ms(self.times.max_ms()),
        ]
    }
}

/// Headings and a line for each page; names to the left, numbers to the right.
pub(super) fn table(visited: &[Visited]) -> Vec<String> {
    let headings = ["page", "KiB", "packed", "p50 ms", "p95 ms", "max ms"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(headings).chain(visited.iter().map(Visited::row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_their_headings() {
        let mut times = Histogram::default();
        (1..=100).for_each(|ms| times.record_ns(ms * 1_000_000));
        let page =
            |path: &str| Visited { path: path.into(), bytes: 2_048, packed: 512, times: times.clone() };
        let lines = table(&[page("/admin/leads"), page("/api/leads?limit=200&cursor=…")]);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{lines:#?}");
        assert!(
            lines[1].starts_with("/admin/leads ") && lines[1].contains("2.0") && lines[1].ends_with("100.00")
        );
        assert_eq!(name_of("/api/leads/01a2092a-9f16-77f6-a26a-8255fa2d74a5/notes"), "/api/leads/{id}/notes");
        assert_eq!(
            name_of("/api/leads?since=2026-01-04T00:00:00Z&assignedTo=01a2092a-9f16-77f6-a26a-8255fa2d74a5"),
            "/api/leads?since={day}&assignedTo={id}"
        );
        assert_eq!(name_of("/api/leads?limit=2&cursor=abc"), "/api/leads?limit=2&cursor=…");
        assert!((95.0..97.0).contains(&page("/").p95_ms()));
    }
}
