//! Every variable of the environment, with what it is for. The names are fixed by the outer contract.

/// One variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is not set.
    pub default: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Never shown.
    pub is_secret: bool,
}

const fn open(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning, is_secret: false }
}

const fn secret(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning, is_secret: true }
}

/// All of them, in the order in which `check` shows them.
pub const VARIABLES: [Variable; 45] = [
    open("HOST", "127.0.0.1", "address to listen on"),
    open("PORT", "3000", "port to listen on"),
    open("DATA_DIR", "./data", "folder for the SQLite file, generated secrets and mail files"),
    secret("DATABASE_URL", "a SQLite file in DATA_DIR", "sqlite://… or postgres://…"),
    secret(
        "DIRECT_URL",
        "DATABASE_URL",
        "database URL for migrations, where DATABASE_URL leads through a pooler",
    ),
    secret(
        "REDIS_URL",
        "none: sessions in memory",
        "redis://… or rediss://…; checked now, used when there are several replicas",
    ),
    secret(
        "OPENAI_API_KEY",
        "none",
        "key of the model's server; without one at OpenAI's own address callers leave a message",
    ),
    open("OPENAI_BASE_URL", "https://api.openai.com/v1", "any OpenAI-compatible server"),
    open("OPENAI_REALTIME_URL", "wss form of OPENAI_BASE_URL + /realtime", "where calls are spoken"),
    open("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1", "speech model"),
    open("OPENAI_REALTIME_DIALECT", "ga", "ga, or beta for servers that still speak it"),
    open("OPENAI_REALTIME_AUDIO", "pcmu", "pcmu, or pcm24k for servers that know nothing else"),
    open("OPENAI_TRANSCRIPTION_MODEL", "gpt-transcribe", "writes down what callers say"),
    open("OPENAI_CHAT_MODEL", "gpt-6-luna", "text model; used by the chat"),
    open("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small", "used by the knowledge base"),
    open("OPENAI_SPEECH_MODEL", "gpt-4o-mini-tts", "speaks a voice's preview on the voice page"),
    secret("TWILIO_ACCOUNT_SID", "none: phone off", "account that owns the numbers, AC…"),
    secret(
        "TWILIO_AUTH_TOKEN",
        "none: phone off",
        "the account's primary auth token, never an API key's secret",
    ),
    open("TWILIO_PHONE_NUMBER", "none", "number for outgoing calls, +1…"),
    open(
        "TWILIO_WEBHOOK_BASE_URL",
        "http://HOST:PORT",
        "public base URL that Twilio and browsers see; Twilio takes https only",
    ),
    open("TRUSTED_PROXIES", "none", "addresses or networks whose X-Forwarded-For and -Proto are believed"),
    secret("METRICS_TOKEN", "none", "bearer for /metrics"),
    open("ALLOW_PRIVATE_TARGETS", "none", "host:port list that user-given URLs may reach although private"),
    open("TWILIO_API_BASE_URL", "https://api.twilio.com", "Twilio's REST side"),
    secret("SMTP_URL", "none: mail files in DATA_DIR/mail", "smtp://user:password@host:port"),
    secret("SENDGRID_API_KEY", "none", "mail by SendGrid"),
    open("SENDGRID_BASE_URL", "https://api.sendgrid.com", "SendGrid's REST side"),
    open("FROM_EMAIL", "none", "sender of mails"),
    open("SUPPORT_EMAIL", "none", "where people's questions to whoever runs this installation are mailed"),
    secret(
        "JWT_SECRET",
        "generated once into DATA_DIR",
        "signs sessions of people; at least 32 characters; required with PostgreSQL",
    ),
    secret(
        "ENCRYPTION_KEY",
        "generated once into DATA_DIR",
        "seals credentials; 32 bytes in hex or base64; required with PostgreSQL",
    ),
    open("NODE_ENV", "none", "shown in /health"),
    open("WEBSOCKET_PING_INTERVAL", "30000", "ms between pings"),
    open("WEBSOCKET_PONG_TIMEOUT", "5000", "ms for a pong"),
    open("MAX_WEBSOCKET_CONNECTIONS", "100", "most calls at once; further callers leave a message"),
    open("MAX_MEMORY_USAGE_MB", "1536", "above it /health says warning"),
    open("PM_SYNC_INTERVAL", "300", "s between syncs of project tools"),
    open("SEED_MOCK_PROJECTS", "false", "demo projects"),
    open("ASANA_BASE_URL", "https://app.asana.com/api/1.0", "Asana"),
    open("MONDAY_BASE_URL", "https://api.monday.com/v2", "monday.com"),
    open("TRELLO_BASE_URL", "https://api.trello.com/1", "Trello"),
    open("GOOGLE_BASE_URL", "https://www.googleapis.com", "Google Drive"),
    open("ALLOW_SIGNUP", "false", "public sign-up page"),
    open("RUST_LOG", "info", "what is logged"),
    open("LOG_FORMAT", "text", "text or json"),
];

/// Names that other tools read and that merely look like ours.
pub(super) const OTHERS: [&str; 1] = ["OTEL_EXPORTER_OTLP_ENDPOINT"];
