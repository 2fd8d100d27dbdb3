//! What is read of an image, and what is put in its place.

use super::*;

const FILE: &str = "charts/x/values.yaml";

fn read(values: &str, path: &str) -> Result<ImageValue, String> {
    image_value(FILE, values.as_bytes(), path).map_err(|e| e.to_string())
}

fn value(repository: &str, tag: Option<&str>, digest: Option<&str>) -> ImageValue {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    ImageValue { repository: repository.to_owned(), tag: owned(tag), digest: owned(digest) }
}

#[test]
fn an_image_is_read_in_every_form_charts_have() {
    for (values, found) in [
        ("image:\n  repository: r.example/web\n", value("r.example/web", None, None)),
        (
            "image:\n  repository: r.example/web\n  tag: v1\n  digest: sha256:aa\n",
            value("r.example/web", Some("v1"), Some("sha256:aa")),
        ),
        (
            "image:\n  registry: r.example:5000\n  repository: o/web\n  tag: \"\"\n  digest: \"\"\n",
            value("r.example:5000/o/web", None, None),
        ),
        ("image:\n  repository: web\n  tag: v1@sha256:aa\n", value("web", Some("v1"), Some("sha256:aa"))),
        ("image: r.example:5000/web:v1@sha256:aa\n", value("r.example:5000/web", Some("v1"), Some("sha256:aa"))),
        ("image: r.example:5000/web\n", value("r.example:5000/web", None, None)),
    ] {
        assert_eq!(read(values, "image"), Ok(found), "{values}");
    }
    let nested = "controller:\n  image:\n    repository: web\n";
    assert_eq!(read(nested, "controller.image"), Ok(value("web", None, None)));
}

#[test]
fn what_is_no_image_is_refused() {
    for (values, says) in [
        ("{}\n", "there is no `image`"),
        ("image:\n", "there is no `image`"),
        ("image: {}\n", "has no `repository`"),
        ("image: [a]\n", "is a list"),
        ("image:\n  repository: web\n  tag: 1.10\n", "`image.tag` is a number to YAML: quote it"),
        ("image:\n  repository: web\n  tag: v1@sha256:aa\n  digest: sha256:aa\n", "another beside it"),
        ("image: \"@sha256:aa\"\n", "names no image"),
        ("image: [\n", "not valid YAML"),
    ] {
        let refused = read(values, "image").expect_err(values);
        assert!(refused.contains(FILE) && refused.contains(says), "{values}: {refused}");
    }
}

#[test]
fn tag_and_digest_are_changed_where_they_stand() {
    let digest = Sha256::of("x");
    let set = |values: &str| {
        let bytes = set_image(FILE, values.as_bytes(), "image", "v2", digest).map_err(|e| e.to_string())?;
        String::from_utf8(bytes).map_err(|e| e.to_string())
    };
    for (before, after) in [
        (
            "image:\n  repository: web # ours\n  tag: 'v1'\n  digest: \"\" # by the pipeline\n",
            format!(
                "image:\n  repository: web # ours\n  tag: 'v2'\n  digest: \"sha256:{digest}\" # by the pipeline\n"
            ),
        ),
        (
            "image:\n  digest: sha256:aa\n  repository: web\n  tag: \"\"\n",
            format!("image:\n  digest: sha256:{digest}\n  repository: web\n  tag: \"\"\n"),
        ),
        (
            "image:\n  repository: web\n  tag: v1@sha256:aa\n",
            format!("image:\n  repository: web\n  tag: v2@sha256:{digest}\n"),
        ),
        ("image: r.example:5000/web:v1 # x\n", format!("image: r.example:5000/web:v2@sha256:{digest} # x\n")),
        ("image: \"web@sha256:aa\"\n", format!("image: \"web@sha256:{digest}\"\n")),
    ] {
        assert_eq!(set(before), Ok(after), "{before}");
    }
    for values in ["image:\n  repository: web\n  tag: v1\n", "image:\n  repository: web\n  digest:\n"] {
        let refused = set(values).expect_err(values);
        assert!(refused.contains("no place for a digest"), "{refused}");
    }
}

#[test]
fn an_app_version_keeps_its_quotes_or_gets_some() {
    for (before, after) in [
        ("name: x\nappVersion: \"1.2\" # kept\n", "name: x\nappVersion: \"1.10\" # kept\n"),
        ("appVersion: 1.2.3\nname: x\n", "appVersion: \"1.10\"\nname: x\n"),
    ] {
        let bytes = set_app_version("Chart.yaml", before.as_bytes(), "1.10").unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), after);
    }
    assert!(set_app_version("Chart.yaml", b"name: x\n", "1.10").is_err());
}
