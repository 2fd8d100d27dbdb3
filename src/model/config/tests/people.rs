//! Accounts and addresses: what is refused, and who is whom.

use super::*;

/// The shortest file, with these lines behind `validate` and these at its end.
fn file(required: &str, end: &str) -> String {
    minimal().replace("[\"chart-lint\"]\n", &format!("[\"chart-lint\"]\n{required}\n")) + end
}

fn person(account: &str, addresses: &str) -> String {
    format!("\n[[people]]\naccount = \"{account}\"\naddresses = [{addresses}]\n")
}

#[test]
fn an_address_leads_to_one_account_in_any_case() {
    let text = file("", &(person("1001", "\"Ada@Example.org\", \"a@b\"") + &person("bot", "\"ci@example.org\"")));
    let config = read(&text);
    assert_eq!(config.account_of(" ada@example.ORG "), Some("1001"));
    assert_eq!(config.account_of("ci@example.org"), Some("bot"));
    assert_eq!(config.account_of("eve@example.org"), None);
    assert_eq!(config.account_of(""), None);
}

#[test]
fn a_trusted_identity_with_an_account_is_known_by_its_address() {
    let identity = "\n[[trust.identities]]\nname = \"bob\"\nissuer = \"https://login.example.org\"\n\
                    signer = \"bob@example.org\"\naccount = \"1002\"\n";
    let mut config = read(&file("", &person("1001", "\"a@example.org\"")));
    assert_eq!(config.account_of("Bob@example.org"), None);
    // Held against the structs alone: what an identity has to say besides is checked elsewhere.
    let table: toml::Table = toml::from_str(identity).unwrap();
    config.trust.identities = table["trust"]["identities"].clone().try_into().unwrap();
    assert_eq!(config.account_of("Bob@example.org"), Some("1002"));
    config.trust.identities[0].account = None;
    assert_eq!(config.account_of("Bob@example.org"), None);
}

#[test]
fn reviewers_are_those_named_or_those_with_a_key_of_their_own() {
    let own = file("", "account = \"1002\"\nstages = [\"review\"]\n");
    assert!(read(&own).may_review("1002") && !read(&own).may_review("1001"));
    let named = own.replace("[\"chart-lint\"]\n", "[\"chart-lint\"]\nreviewers = [\"1001\"]\n");
    assert!(read(&named).may_review("1001") && !read(&named).may_review("1002"));
    assert!(read(&own).expressly("ci", crate::model::Role::Review));
    assert!(!read(&minimal()).expressly("ci", crate::model::Role::Review));
}

#[test]
fn what_is_wrong_about_people_is_said_where_it_stands() {
    for (text, why) in [
        (file("", &person("", "\"a@b\"")), "`` is not an account"),
        (file("", &person("10 01", "\"a@b\"")), "`10 01` is not an account"),
        (file("", &(person("1", "\"a@b\"") + &person("1", "\"c@d\""))), "the account `1` is listed twice"),
        (file("", &person("1", "")), "the account `1` has no address"),
        (file("", &person("1", "\"Ada <a@b>\"")), "is not the address of a commit's author"),
        (file("", &person("1", "\"ada\"")), "`ada` is not the address"),
        (file("", &(person("1", "\"a@b\"") + &person("2", "\"A@B\""))), "the address `A@B` is listed twice"),
        (file("", "account = \"a/b\"\n"), "`a/b` is not an account"),
        (file("", "stages = [\"waive\"]\n"), "`ci` may waive, but has no `account`"),
        (file("reviewers = [\"\"]", ""), "`` is not an account"),
        (file("reviewers = [\"1\", \"1\"]", ""), "the reviewer `1` stands there twice"),
        (file("reviews = 1", ""), "1 reviews are required, but only 0 accounts may review"),
        (file("reviews = 2", "account = \"1\"\n"), "2 reviews are required, but only 1 accounts may review"),
        (file("reviews = 18446744073709551615", ""), "but only 0 accounts may review"),
    ] {
        let error = Config::parse("lineage.toml", &text).unwrap_err();
        assert!(error.message.contains(why), "{error}\n{text}");
        assert!(error.line > 1, "{error}");
    }
    for name in ["review", "review-1002", "waive-lint"] {
        let text = file("", &format!("\n[[checks]]\nname = \"{name}\"\ncommand = [\"true\"]\n"));
        let error = Config::parse("lineage.toml", &text).unwrap_err();
        assert!(error.message.contains("the ledger has a record of its own"), "{error}");
    }
    assert_eq!(read(&file("reviews = 1", "account = \"1\"\n")).required.reviews, 1);
}
