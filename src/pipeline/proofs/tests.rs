//! Bundles looked at once, side by side, and what is kept of it.

use super::*;
use crate::model::{Predicate, Subject};
use crate::pipeline::ground::parse_policy;
use crate::pipeline::record;
use crate::pipeline::testing::World;
use crate::sigstore::PrivateKey;

/// A policy that trusts one key; `words` is all that differs otherwise.
fn policy(key: &PrivateKey, words: &str) -> Policy {
    let text = format!(
        "# {words}\nversion = 1\n[repository]\nid = \"r\"\n[[checks]]\nname = \"lint\"\ncommand = [\"true\"]\n\
         [required]\nvalidate = [\"lint\"]\n[[trust.keys]]\nname = \"ci\"\npublic = \"\"\"\n{}\"\"\"\n",
        key.public().pem
    );
    parse_policy("lineage.toml", text.as_bytes()).expect("a policy")
}

fn records(key: &PrivateKey, policy: &Policy, count: usize) -> Vec<Record> {
    let one = |number: usize| {
        let subject = vec![Subject::new("charts/x", Sha256::of(number.to_string()))];
        let statement = record::statement(&policy.config, Predicate::Check, subject, &number).expect("written");
        Record::new(number.to_string(), &key.sign(&statement).expect("signed")).expect("a record")
    };
    (0..count).map(one).collect()
}

fn proven(examined: &[(Sha256, Examined)]) -> usize {
    examined.iter().filter(|(_, (_, proof))| matches!(proof, Proof::Key { .. })).count()
}

#[test]
fn many_bundles_come_back_in_their_order() {
    let world = World::new();
    let key = PrivateKey::generate(&world.path("key.pem")).expect("a key");
    let policy = policy(&key, "one");
    let mut all = records(&key, &policy, 40);
    // A bundle without a signature between two good ones.
    all.insert(7, Record::new("7b", "{}").expect("a record"));
    let asked: Vec<&Record> = all.iter().collect();
    for threads in [Threads::Cores, Threads::Alone] {
        let examined = world.run(|cx| {
            cx.threads = threads;
            Bench::of(cx, &policy).expect("a bench").examine(&asked)
        });
        let digests: Vec<Sha256> = examined.iter().map(|(digest, _)| *digest).collect();
        assert_eq!(digests, all.iter().map(Record::bundle_digest).collect::<Vec<_>>());
        assert_eq!(proven(&examined), 40);
        assert!(examined[7].1.0.is_err());
    }
}

#[test]
fn what_is_found_holds_for_the_same_keys_alone() {
    let world = World::new();
    let key = PrivateKey::generate(&world.path("key.pem")).expect("a key");
    let other = PrivateKey::generate(&world.path("other.pem")).expect("a key");
    let (one, two, three) = (policy(&key, "one"), policy(&key, "two"), policy(&other, "one"));
    let all = records(&key, &one, 3);
    let asked: Vec<&Record> = all.iter().collect();
    world.run(|cx| {
        let looked = |policy: &Policy| proven(&Bench::of(cx, policy).expect("a bench").examine(&asked));
        assert_eq!((looked(&one), looked(&two), looked(&three)), (3, 3, 0));
        // Found for one, kept for both: each policy has a file of its own.
        cx.proofs.write();
        assert_eq!(std::fs::read_dir(cx.cache.path("cache")).expect("kept").count(), 2);
    });
}
