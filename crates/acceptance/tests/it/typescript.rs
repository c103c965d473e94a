//! Row 21: a program in a typed language against the API, its client made from the document.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use std::path::Path;
use std::process::Output;
use studioconnect_acceptance::{TestApp, typescript};
use studioconnect_domain::lead::LeadStatus;
use studioconnect_simulators::phone::Step;
use tokio::process::Command;

/// What a customer's program may do.
const PROGRAM: &str = r#"
import { Api, Refused } from "./client";
import type { CallAnswer, Hours, Lead, LeadStatus } from "./client";

declare const process: { argv: string[]; exitCode: number };

async function main(base: string, token: string): Promise<void> {
  const api = new Api(base, token);
  const waiting = await api.leadsList({ status: "NEW", limit: 10 });
  const lead: Lead | undefined = waiting.items[0];
  if (lead === undefined) throw new Error("there is no lead");
  const next: LeadStatus = "CONTACTED";
  const changed = await api.leadsChange(lead.id, { version: lead.version, status: next, assignedTo: null });
  const note = await api.leadsAddNote(lead.id, { text: "called back" });
  const question = await api.questionsCreate({ questionText: "How old is the tap?", expectedFormat: "TEXT" });
  const calls = await api.callsList();
  const call: CallAnswer = await api.callsRead(calls.items[0].id);
  const business = await api.businessRead();
  const hours: Hours = { week: [[{ from: "08:00", to: "17:00" }], [], [], [], [], [], []] };
  const open = await api.businessChange({ version: business.version, hours });
  const form = new FormData();
  form.append("file", new Blob(["Park behind the house."]), "parking.txt");
  const file = await api.knowledgeUpload(form);
  let refusal = "";
  try {
    await api.leadsChange(lead.id, { version: 0, status: "WON" });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    refusal = `${problem.status} ${problem.problem.code}`;
  }
  console.log(JSON.stringify({
    status: changed.status,
    note: note.text,
    order: question.order,
    speaker: call.turns[0].speaker,
    live: call.isLive,
    monday: open.hours.week?.[0].length,
    table: (await api.leadsExport()).split("\n").length,
    file: `${file.kind} ${file.title}`,
    refusal,
  }));
}

main(process.argv[2], process.argv[3]).catch((fault) => {
  console.error(fault);
  process.exitCode = 1;
});
"#;

/// Mistakes of whoever writes such a program: what is there, what is written instead, and what the compiler says.
const MISTAKES: [(&str, &str, &str); 6] = [
    ("\"CONTACTED\"", "\"RUNG\"", "TS2322"),
    ("limit: 10", "limit: \"ten\"", "TS2322"),
    ("text: \"called back\"", "txt: \"called back\"", "TS2345"),
    ("questionText: \"How old is the tap?\", ", "", "TS2345"),
    ("changed.status", "changed.state", "TS2339"),
    ("call.turns[0].speaker", "call.turns.speaker", "TS2339"),
];

async fn compile(folder: &Path, programs: &[String], more: &[&str]) -> Result<Output> {
    let mut compiler = Command::new("tsc");
    compiler.args([
        "--strict",
        "--target",
        "es2020",
        "--lib",
        "es2020,dom,dom.iterable",
        "--module",
        "commonjs",
    ]);
    compiler.args(more).args(programs).current_dir(folder);
    compiler.output().await.context("tsc is not installed (Debian: node-typescript)")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Row 21.
#[tokio::test]
async fn a_typed_client_made_from_the_document_compiles_runs_and_catches_mistakes() -> Result<()> {
    // The server starts it to read a file.
    super::commands::program().await?;
    let app = TestApp::start().await?;
    let steps = [
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::SayClip("caller-leak".into()),
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::HangUp,
    ];
    let lead = app.fast_call(3.0, steps).await?.lead.context("the call led to no lead")?;
    let document = app.read_json("/api/openapi.json").await?;
    let folder = app.folder().join("typescript");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("client.ts"), typescript::client(&document)?)?;

    // All in one run: the compiler takes seconds to begin.
    let mut programs = Vec::new();
    for (place, (right, wrong, _)) in MISTAKES.into_iter().enumerate() {
        ensure!(PROGRAM.contains(right), "{right} is not in the program");
        programs.push(format!("mistake{place}.ts"));
        let program = PROGRAM.replacen(right, wrong, 1);
        std::fs::write(folder.join(format!("mistake{place}.ts")), program)?;
    }
    let refused = compile(&folder, &programs, &["--noEmit"]).await?;
    let lines = said(&refused);
    for (place, (_, wrong, code)) in MISTAKES.into_iter().enumerate() {
        let start = format!("mistake{place}.ts(");
        let told: Vec<_> = lines.lines().filter(|line| line.starts_with(&start)).collect();
        assert!(!told.is_empty() && told.iter().all(|line| line.contains(code)), "{wrong}: {lines}");
    }
    assert!(!refused.status.success() && !lines.contains("client.ts("), "{lines}");

    std::fs::write(folder.join("program.ts"), PROGRAM)?;
    let compiled = compile(&folder, &["program.ts".to_owned()], &[]).await?;
    assert!(compiled.status.success(), "{}", said(&compiled));

    let token = app.owner().await?.token.context("no token")?;
    let base = app.stage.url("/")?;
    let mut node = Command::new("node");
    node.args(["program.js", base.as_str(), &token]).current_dir(&folder);
    let ran = node.output().await.context("node is not installed")?;
    assert!(ran.status.success(), "{}", said(&ran));
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
    let expected = json!({
        "status": "CONTACTED", "note": "called back", "order": 4, "speaker": "agent", "live": false, "monday": 1,
        "table": 3, "file": "UPLOAD parking", "refusal": "409 overtaken",
    });
    assert_eq!(told, expected);
    let stored = app.stage.server.state.store.find_lead(lead.business_id, lead.id).await?;
    assert_eq!(stored.context("the lead is gone")?.handling.status, LeadStatus::Contacted);
    app.end().await
}
