//! act plays the workflows we write, on this machine and without a network: a smoke test. It knows nothing of
//! branch filters, permissions and concurrency; those are asserted where the files are made, and which workflow an
//! event starts is told by `events`.

mod act;
mod checks;
mod events;
mod lines;
mod stage;
