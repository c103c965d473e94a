//! Somebody who answers visitors word by word, when the test lets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use studioconnect_acceptance::TestApp;
use studioconnect_domain::conversation::{Flow, Source};
use studioconnect_web::chat::{Answerer, Asked, By, Piece, Thought};
use tokio::sync::{Semaphore, watch};

/// Answers `You said: …`, a word at a time.
pub(super) struct Script {
    turns: AtomicUsize,
    words: watch::Sender<usize>,
    /// Words that may be said; none are held back once it is closed.
    gate: Semaphore,
}

impl Script {
    /// Answers visitors of this app from now on, and says no word until it may.
    pub(super) fn gated(app: &TestApp) -> Arc<Self> {
        let script = Arc::new(Self {
            turns: AtomicUsize::new(0),
            words: watch::Sender::new(0),
            gate: Semaphore::new(0),
        });
        app.stage.server.state.chat.answer_with(script.answerer());
        script
    }

    /// The same without holding back.
    pub(super) fn free(app: &TestApp) -> Arc<Self> {
        let script = Self::gated(app);
        script.let_go();
        script
    }

    /// Lets so many words out.
    pub(super) fn allow(&self, words: usize) {
        self.gate.add_permits(words);
    }

    /// Holds nothing back any more.
    pub(super) fn let_go(&self) {
        self.gate.close();
    }

    /// Turns that were begun.
    pub(super) fn turns(&self) -> usize {
        self.turns.load(Ordering::SeqCst)
    }

    /// Waits until so many words were said in all.
    pub(super) async fn said(&self, words: usize) {
        self.words.subscribe().wait_for(|said| *said >= words).await.unwrap();
    }

    fn answerer(self: &Arc<Self>) -> Answerer {
        let script = Arc::clone(self);
        Arc::new(move |asked| {
            let script = Arc::clone(&script);
            Box::pin(async move { script.answer(asked).await })
        })
    }

    async fn answer(&self, mut asked: Asked) -> Thought {
        let turn = self.turns.fetch_add(1, Ordering::SeqCst) + 1;
        let text = format!("You said: {}", asked.text);
        for word in text.split_inclusive(' ') {
            // A gate that is closed holds nothing back.
            if let Ok(permit) = self.gate.acquire().await {
                permit.forget();
            }
            (asked.pieces)(Piece::Delta(word.to_owned()));
            self.words.send_modify(|said| *said += 1);
        }
        Thought {
            text,
            flow: Flow::default(),
            quick_replies: Vec::new(),
            sources: vec![Source { title: "Hours".into(), url: None, excerpt: "Open from 8.".into() }],
            lead: None,
            by: By::Rules,
            intent: Some(("ASK_HOURS".into(), 0.9)),
            state: Some(format!("{{\"turn\":{turn}}}")),
            recorded: None,
        }
    }
}
