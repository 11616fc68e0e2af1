//! The words all others speak.
