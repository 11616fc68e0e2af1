//! What the commands `train` and `evaluate` share: labelled repositories, the candidates that a scan finds in them, the fit,
//! and the count of what is right. It judges nothing itself: all of that is the library's.

pub(crate) mod count;
pub(crate) mod data;
pub(crate) mod draw;
pub(crate) mod gather;
pub(crate) mod lesson;
pub(crate) mod taught;
pub(crate) mod tokens;
