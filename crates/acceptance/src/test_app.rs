//! The harness: `TestApp::start()`, calls, `end()`.

use crate::database::TestDatabase;
use crate::ended::Ended;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use std::time::{Duration, Instant};
use studioconnect_app::onboarding::Opened;
use studioconnect_app::stage::{Stage, StageSettings};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::{Call, Dial, Script, Step};
use studioconnect_simulators::realtime::RealtimeSettings;
use tempfile::TempDir;

/// After the last hang-up nothing of a call is left within this (features, row 46).
const EMPTY_WITHIN: Duration = Duration::from_secs(1);
/// No call of a test lasts longer.
const CALL_LIMIT: Duration = Duration::from_mins(3);

/// What a test changes before the world starts.
pub struct Setup {
    /// The simulated model.
    pub realtime: RealtimeSettings,
    /// Variables of the server.
    pub variables: Vec<(&'static str, String)>,
    /// The business's plan.
    pub plan: PlanCode,
    /// The business's agent.
    pub agent: AgentConfig,
}

impl Default for Setup {
    fn default() -> Self {
        let agent = AgentConfig {
            voice_greeting_message:
                "Thank you for calling {businessName}, this is Mia. How can I help you today?".into(),
            ..AgentConfig::default()
        };
        Self { realtime: RealtimeSettings::default(), variables: Vec::new(), plan: PlanCode::Pro, agent }
    }
}

/// A server with the simulated world around it, and a business on it.
pub struct TestApp {
    /// Server and simulators.
    pub stage: Stage,
    /// The business that is called.
    pub business: Opened,
    database: Option<TestDatabase>,
    folder: TempDir,
}

impl TestApp {
    /// The demo business on PRO, the demo model.
    pub async fn start() -> Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// The same, with changes.
    pub async fn start_with(change: impl FnOnce(&mut Setup)) -> Result<Self> {
        let mut setup = Setup::default();
        change(&mut setup);
        let folder = TempDir::with_prefix("studioconnect-acceptance-")?;
        let mut settings = StageSettings::new(folder.path().to_owned());
        settings.realtime = setup.realtime;
        // This process is a test; the program stands beside it.
        let test = std::env::current_exe()?;
        settings.program = test.parent().and_then(Path::parent).map(|folder| folder.join("studioconnect"));
        let database = TestDatabase::make(&mut settings.variables).await?;
        settings.variables.extend(setup.variables.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let stage = Box::pin(Stage::start(settings)).await?;
        let agent = setup.agent;
        let business = Box::pin(stage.open_business(setup.plan, |config| *config = agent)).await?;
        Ok(Self { stage, business, database, folder })
    }

    /// A call of the demo caller, to be changed before it is made.
    pub fn dial(&self, script: impl Into<Script>) -> Result<Dial> {
        self.stage.dial(script)
    }

    /// Makes a call at real pace and waits for its end.
    pub async fn call(&self, steps: impl IntoIterator<Item = Step>) -> Result<Ended> {
        self.make(self.dial(steps.into_iter().collect::<Vec<_>>())?).await
    }

    /// The same, `speed` times faster. Only for calls in which nothing waits for our own timers.
    pub async fn fast_call(&self, speed: f32, steps: impl IntoIterator<Item = Step>) -> Result<Ended> {
        let dial = self.dial(steps.into_iter().collect::<Vec<_>>())?;
        self.make(Dial { speed, ..dial }).await
    }

    /// Makes a prepared call and waits for its end.
    pub async fn make(&self, dial: Dial) -> Result<Ended> {
        self.finish(self.stage.network.dial(dial)).await
    }

    /// Waits for the end of a call that is under way.
    pub async fn finish(&self, call: Call) -> Result<Ended> {
        let finished = tokio::time::timeout(CALL_LIMIT, call.finish()).await;
        Ended::read(&self.stage, finished.context("the call did not end")?).await
    }

    /// The same after the server has stopped and started again, on the same database.
    pub async fn restart(self) -> Result<Self> {
        let Self { stage, business, database, folder } = self;
        Ok(Self { stage: Box::pin(stage.restart()).await?, business, database, folder })
    }

    /// Where files of this test are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until no call is left anywhere; how long that took.
    pub async fn empty(&self) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let phone = self.stage.server.state.phone.as_ref().context("the phone is off")?;
            let (live, _) = phone.switchboard.count();
            let sessions = self.stage.realtime.live_sessions();
            if live == 0 && sessions == 0 {
                return Ok(began.elapsed());
            }
            ensure!(
                began.elapsed() < 12 * EMPTY_WITHIN,
                "{live} calls and {sessions} model sessions are left"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the test: nothing of a call may be left after a second, and neither the phone network nor the model may have
    /// seen a rule broken.
    pub async fn end(self) -> Result<()> {
        let took = self.empty().await?;
        ensure!(took <= EMPTY_WITHIN, "something of a call was left for {took:?}");
        Box::pin(self.end_dirty()).await
    }

    /// Ends a test in which a socket may stay parked, as nobody comes for it.
    pub async fn end_dirty(self) -> Result<()> {
        let phone = self.stage.network.violations();
        ensure!(phone.is_empty(), "the phone network saw rules broken: {phone:#?}");
        let model = self.stage.realtime.violations();
        ensure!(model.is_empty(), "the model saw rules broken: {model:#?}");
        let rest = self.stage.realtime.rest_violations();
        ensure!(rest.is_empty(), "the model's REST side saw rules broken: {rest:#?}");
        Box::pin(self.end_in_disgrace()).await
    }

    /// Ends a test that broke rules on purpose.
    pub async fn end_in_disgrace(self) -> Result<()> {
        Box::pin(self.stage.stop()).await;
        match self.database {
            Some(database) => database.drop_it().await,
            None => Ok(()),
        }
    }
}
