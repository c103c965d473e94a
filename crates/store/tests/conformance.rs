//! What the store promises, on every engine: SQLite always, PostgreSQL when `TEST_DATABASE_URL` names a server.

#[cfg(test)]
mod conformance {
    mod accounts;
    mod batches;
    mod businesses;
    mod calls;
    mod conflicts;
    mod contacts;
    mod conversations;
    mod faults;
    mod handling;
    mod hostile;
    mod incidents;
    mod knowledge;
    mod leads;
    mod migration;
    mod model_use;
    mod numbers;
    mod older_rows;
    mod outbox;
    mod samples;
    mod second_factor;
    mod site;
    mod tenants;
    mod transcripts;
    mod widget;
}
