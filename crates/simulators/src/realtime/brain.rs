//! What the simulated model says: decided by rules, the same every time.

mod demo;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

/// Said when a turn was not understood and no rule applies.
pub(super) const NOT_UNDERSTOOD: &str = "Sorry, I did not catch that.";

/// Said when a turn was understood and no rule applies.
pub(super) const UNDERSTOOD: &str = "I see. Can you tell me a little more about it?";

/// What `call` a reply makes besides, or instead of, speaking.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The tool's name. It must be in the session's `tools`; else the script itself is at fault.
    pub name: String,
    /// The arguments, sent as a JSON string.
    pub arguments: Value,
}

impl ToolCall {
    /// A call of `name` with these arguments.
    pub fn new(name: &str, arguments: Value) -> Self {
        Self { name: name.to_owned(), arguments }
    }
}

/// When a rule applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// The unanswered words of the user contain this (case does not matter).
    Heard(String),
    /// `response.create` carried `instructions` with a sentence in double quotes. That sentence is
    /// said whatever the rule's own `say`; the rule adds its calls.
    Instructed,
    /// Messages were put into the conversation by the client, nothing was heard since, and a
    /// response is asked for: the call goes on in a new session.
    Replayed,
    /// Nothing above applies.
    Otherwise,
}

/// One line of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// When it applies.
    pub when: When,
    /// Tools called in the reply.
    pub calls: Vec<ToolCall>,
    /// Words said in the reply; none when empty.
    pub say: String,
    /// Words said once the tools have answered and a response is asked for.
    pub then_say_after_tools: Option<String>,
    /// Whether the rule stays after it was used. Only [`When::Heard`] rules are used up.
    pub repeat: bool,
}

impl Rule {
    /// On words that contain `words`, says `say`.
    pub fn heard(words: &str, say: &str) -> Self {
        Self::new(When::Heard(words.to_owned()), say)
    }

    /// When a quoted sentence is asked for, says that and calls the tools added to this rule.
    pub fn instructed() -> Self {
        Self::new(When::Instructed, "")
    }

    /// When the client replays a conversation, says `say`.
    pub fn replayed(say: &str) -> Self {
        Self::new(When::Replayed, say)
    }

    /// When nothing else applies, says `say`.
    pub fn otherwise(say: &str) -> Self {
        Self::new(When::Otherwise, say)
    }

    fn new(when: When, say: &str) -> Self {
        let repeat = !matches!(when, When::Heard(_));
        Self { when, calls: Vec::new(), say: say.to_owned(), then_say_after_tools: None, repeat }
    }

    /// Calls a tool as well.
    #[must_use]
    pub fn calling(mut self, name: &str, arguments: Value) -> Self {
        self.calls.push(ToolCall::new(name, arguments));
        self
    }

    /// Says `words` after the tools have answered.
    #[must_use]
    pub fn then_say(mut self, words: &str) -> Self {
        self.then_say_after_tools = Some(words.to_owned());
        self
    }

    /// Applies every time, not once.
    #[must_use]
    pub fn repeat(mut self) -> Self {
        self.repeat = true;
        self
    }
}

/// How replies are decided. Each session starts with a fresh copy.
#[derive(Debug, Clone, PartialEq)]
pub enum Brain {
    /// The first rule that applies.
    Script(Vec<Rule>),
    /// A sentence of this length to any turn, for load and soak.
    Echo(Duration),
}

impl Brain {
    /// Plays the receptionist of Harbor Light Plumbing to the committed recordings.
    pub fn demo() -> Self {
        Self::Script(demo::rules())
    }

    /// Answers any turn with a sentence that plays for about `length`.
    pub fn echo(length: Duration) -> Self {
        Self::Echo(length)
    }
}

/// What a response is made from.
#[derive(Debug, Default)]
pub(super) struct Cue<'a> {
    /// `instructions` of `response.create`.
    pub(super) instructions: Option<&'a str>,
    /// `instructions` of the session, which a client may have put before its own.
    pub(super) session_instructions: &'a str,
    /// Words of the unanswered user items; empty when they were not understood.
    pub(super) heard: Option<&'a str>,
    /// Whether tool outputs came in since the last response.
    pub(super) tools_answered: bool,
    /// Whether the client put messages into the conversation and nothing was heard since.
    pub(super) replayed: bool,
}

/// What is said and called.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub(super) say: String,
    pub(super) calls: Vec<ToolCall>,
}

/// The brain of one session: the rules left and what is still to be said.
#[derive(Debug)]
pub(super) struct Mind {
    brain: Brain,
    after_tools: Option<String>,
}

impl Mind {
    pub(super) fn new(brain: Brain) -> Self {
        Self { brain, after_tools: None }
    }

    /// Decides a reply.
    pub(super) fn reply(&mut self, cue: &Cue<'_>) -> Reply {
        if let Some(sentence) = cue.instructions.and_then(|text| quoted(text, cue.session_instructions)) {
            let calls = self.use_rule(|when| *when == When::Instructed).map(|rule| rule.calls);
            return Reply { say: sentence.to_owned(), calls: calls.unwrap_or_default() };
        }
        if let Brain::Echo(length) = self.brain {
            return Reply { say: sentence_of(length), calls: Vec::new() };
        }
        if cue.tools_answered
            && let Some(say) = self.after_tools.take()
        {
            return Reply { say, calls: Vec::new() };
        }
        let heard = cue.heard.map(str::to_lowercase).filter(|words| !words.is_empty());
        let rule = heard
            .as_ref()
            .and_then(|words| self.use_rule(|when| is_heard(when, words)))
            .or_else(|| if cue.replayed { self.use_rule(|when| *when == When::Replayed) } else { None })
            .or_else(|| self.use_rule(|when| *when == When::Otherwise));
        let Some(rule) = rule else {
            let say = if cue.heard == Some("") { NOT_UNDERSTOOD } else { UNDERSTOOD };
            return Reply { say: say.to_owned(), calls: Vec::new() };
        };
        self.after_tools = rule.then_say_after_tools;
        Reply { say: rule.say, calls: rule.calls }
    }

    /// What was to be said after the tools, when there are none to wait for.
    pub(super) fn take_after_tools(&mut self) -> Option<String> {
        self.after_tools.take()
    }

    fn use_rule(&mut self, applies: impl Fn(&When) -> bool) -> Option<Rule> {
        let Brain::Script(rules) = &mut self.brain else { return None };
        let at = rules.iter().position(|rule| applies(&rule.when))?;
        let keeps = rules.get(at).is_some_and(|rule| rule.repeat);
        if keeps { rules.get(at).cloned() } else { Some(rules.remove(at)) }
    }
}

fn is_heard(when: &When, words: &str) -> bool {
    matches!(when, When::Heard(part) if words.contains(&part.to_lowercase()))
}

impl Cue<'_> {
    /// Whether the reply is dictated: then it answers nobody.
    pub(super) fn is_dictated(&self) -> bool {
        self.instructions.is_some_and(|text| quoted(text, self.session_instructions).is_some())
    }
}

/// The sentence in double quotes that `instructions` ask for. Instructions of a response replace
/// those of the session, so a client may repeat the latter in front: they are skipped.
fn quoted<'a>(instructions: &'a str, session: &str) -> Option<&'a str> {
    let own = instructions.strip_prefix(session).unwrap_or(instructions);
    [('"', '"'), ('“', '”')].into_iter().find_map(|(open, close)| {
        let (_, rest) = own.split_once(open)?;
        let (sentence, _) = rest.split_once(close)?;
        let sentence = sentence.trim();
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// Words that take about `length` to say, at 65 ms a character.
fn sentence_of(length: Duration) -> String {
    const WORDS: [&str; 8] = ["and", "then", "we", "will", "look", "at", "the", "house"];
    let characters = (length.as_millis() / 65) as usize;
    let mut sentence = String::from("Right");
    for word in WORDS.iter().cycle() {
        if sentence.len() + word.len() + 2 > characters {
            break;
        }
        sentence.push(' ');
        sentence.push_str(word);
    }
    sentence.push('.');
    sentence
}
