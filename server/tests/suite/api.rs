pub(crate) mod chat;
mod essentials;
mod health;
mod ingest;
mod lenz;
mod live;
mod openapi;
mod runs;
mod tagged;
