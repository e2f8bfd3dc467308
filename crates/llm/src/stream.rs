//! An answer as it is written.

use crate::breaker::Permit;
use crate::error::{Error, Outage};
use crate::http::Body;
use crate::reply::Reply;
use crate::settings::Price;
use crate::sse::Decoder;
use crate::wire::Assembly;
use std::fmt;

/// What a stream gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The next words.
    Text(String),
    /// The whole answer, once: the last event.
    End(Reply),
}

/// An answer as it is written. Dropping it ends the request.
pub struct ReplyStream {
    body: Body,
    decoder: Decoder,
    assembly: Assembly,
    price: Option<Price>,
    /// `None` once the last event was given.
    permit: Option<Permit>,
}

impl ReplyStream {
    pub(crate) fn new(body: Body, permit: Permit, price: Option<Price>) -> Self {
        let (decoder, assembly) = (Decoder::default(), Assembly::default());
        Self { body, decoder, assembly, price, permit: Some(permit) }
    }

    /// The next event. The last is [`Event::End`] or an error, and `None` follows it. Nothing is
    /// lost when the caller stops waiting and asks again.
    ///
    /// # Errors
    /// The answer ends before its end; see [`Error`].
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        self.permit.as_ref()?;
        let next = self.advance().await;
        if !matches!(next, Ok(Event::Text(_)))
            && let Some(permit) = self.permit.take()
        {
            permit.record(&next);
        }
        Some(next)
    }

    async fn advance(&mut self) -> Result<Event, Error> {
        loop {
            while let Some(data) = self.decoder.next_data() {
                if data == b"[DONE]" {
                    return self.end();
                }
                let text = self.assembly.add(&data)?;
                if !text.is_empty() {
                    return Ok(Event::Text(text));
                }
            }
            match self.body.chunk().await? {
                Some(bytes) => self.decoder.push(&bytes),
                // Some servers just end.
                None if self.assembly.is_finished() => return self.end(),
                None => return Err(Error::model(Outage::Cut)),
            }
        }
    }

    fn end(&mut self) -> Result<Event, Error> {
        std::mem::take(&mut self.assembly).finish(self.price.as_ref()).map(Event::End)
    }
}

impl fmt::Debug for ReplyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream").finish_non_exhaustive()
    }
}
