//! Two throw-away P-256 key pairs. They sign nothing outside these tests.

/// The key `lineage.toml` of the seeded world trusts, as `ci`.
pub(crate) const CI_PRIVATE: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+qIwk1CF/piZpLfr
5WNrjNSnHzP81exefxQKrbaseI6hRANCAATI1ULn3LPxSBKPXv2c/P2r4h4mFzhx
RlyIOYqM+/Nbl2RY52KrVwR9KrLSBStFjSYw4/2BTERy5FMlLO97Irg/
-----END PRIVATE KEY-----
";

/// Its public half.
pub(crate) const CI_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyNVC59yz8UgSj179nPz9q+IeJhc4
cUZciDmKjPvzW5dkWOdiq1cEfSqy0gUrRY0mMOP9gUxEcuRTJSzveyK4Pw==
-----END PUBLIC KEY-----
";

/// A well-formed key nobody trusts.
pub(crate) const MALLORY_PRIVATE: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBRAaVQZI3Vltx1at
Qt56cpztLr0tN7ACKQvQTJGOJzGhRANCAAQV/WuoUaJUjGLA40psRsDsOO+ne6dz
b63+ug5vaWOyDRt6+CIZoxIDqesmsVC7Ml3UNjbxys2dvVl4Z31p3QuR
-----END PRIVATE KEY-----
";

/// Its public half.
pub(crate) const MALLORY_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFf1rqFGiVIxiwONKbEbA7Djvp3un
c2+t/roOb2ljsg0bevgiGaMSA6nrJrFQuzJd1DY28crNnb1ZeGd9ad0LkQ==
-----END PUBLIC KEY-----
";
