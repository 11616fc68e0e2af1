//! Alerts: claims with a life of their own ([`rule`]), what of it is worth a call ([`policy`]), the words for it
//! ([`message`]), and whoever is called ([`notify`]).

mod command;
pub mod message;
pub mod notify;
pub mod policy;
pub mod rule;
pub mod trouble;
mod webhook;
