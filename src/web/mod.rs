//! The review page: a web application on this machine, in which a person works off the review queue.
//!
//! This is the only room with a socket. A server shows what a run published for one audience: the tables of one folder,
//! and the judgements that this audience may see. It never resolves or analyses a run. `docs/review-page.md` describes
//! the screens, the keys and the protection.
//!
//! | File | Contents |
//! |---|---|
//! | `server` | start, stop, and the table of routes |
//! | `secrets` | token, session and the value in each form |
//! | `security` | checks of every request, and headers of every response |
//! | `judging` | verdicts and withdrawals: appended, flushed to disk, then answered |
//! | `judgements` | judgements that the audience may see |
//! | `flags` | flags of the run with the judgements made since |
//! | `cards` | cards of the run, compressed |
//! | `card_features` | features of the candidates that have a card |
//! | `queue`, `flag`, `similar` | the queue and the card of a flag |
//! | `pairs` | the second queue: pairs of entities that wait for a judgement |
//! | `screens`, `pages` | the other screens |
//! | `data` | indices over the published tables |

mod card_features;
mod cards;
pub mod data;
mod flag;
mod flags;
mod judgements;
mod judging;
mod pages;
mod pairs;
mod queue;
mod respond;
mod screens;
mod secrets;
mod security;
mod server;
mod similar;
mod state;

pub use server::{Server, WebError, bind};
pub use state::Options;
