//! Credentials, where Docker and Helm keep them.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use docker_credential::{DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;

/// The credentials for a host: Docker's file first (`DOCKER_CONFIG`, or `~/.docker/config.json`, with its
/// helpers), then the one that `helm registry login` writes (`HELM_REGISTRY_CONFIG`, or
/// `~/.config/helm/registry/config.json`); anonymous where neither has any.
pub(super) fn find(host: &str) -> RegistryAuth {
    first(host, &files())
}

fn files() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    let docker = variable("DOCKER_CONFIG").or_else(|| Some(home.as_ref()?.join(".docker")));
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let docker = docker.map(|directory| directory.join("config.json"));
    let helm = variable("HELM_REGISTRY_CONFIG").or_else(|| Some(config?.join("helm/registry/config.json")));
    docker.into_iter().chain(helm).collect()
}

/// The first file's credentials that a registry takes. A file that is not there or has none for the host
/// is passed over; so is an identity token, which only a registry's own login could trade in.
fn first(host: &str, files: &[PathBuf]) -> RegistryAuth {
    // Docker keeps its own registry under the address it had first.
    let names: &[&str] = match host {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => &[host, "https://index.docker.io/v1/"],
        _ => &[host],
    };
    let places = files.iter().flat_map(|path| names.iter().map(move |name| (path, *name)));
    places
        .filter_map(|(path, name)| get_credential_from_reader(BufReader::new(File::open(path).ok()?), name).ok())
        .find_map(|credential| match credential {
            DockerCredential::UsernamePassword(user, password) => Some(RegistryAuth::Basic(user, password)),
            DockerCredential::IdentityToken(_) => None,
        })
        .unwrap_or(RegistryAuth::Anonymous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_with_credentials_for_the_host_counts() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        // base64 of ada:secret and of bob:hidden.
        let docker = write("docker.json", r#"{"auths":{"registry.example":{"auth":"YWRhOnNlY3JldA=="}}}"#);
        let helm = write(
            "helm.json",
            r#"{"auths":{"registry.example":{"auth":"Ym9iOmhpZGRlbg=="},"other.example":{"auth":"Ym9iOmhpZGRlbg=="}}}"#,
        );
        let broken = write("broken.json", "{");
        let files = [directory.path().join("absent.json"), broken, docker, helm];
        let basic = |user: &str, password: &str| RegistryAuth::Basic(user.to_owned(), password.to_owned());
        assert_eq!(first("registry.example", &files), basic("ada", "secret"));
        assert_eq!(first("other.example", &files), basic("bob", "hidden"));
        assert_eq!(first("third.example", &files), RegistryAuth::Anonymous);
    }
}
