//! The configuration as people meet it: the commands that look at it, and what a wrong one says.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn guestlist(home: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(args)
        .env_clear()
        .envs(crate::measured::told())
        .env("HOME", home)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A home with this configuration where it is looked for.
fn home(configuration: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let asked = guestlist(home.path(), &[], &["config", "path"]);
    let path = String::from_utf8(asked.stdout).unwrap();
    let path = Path::new(path.trim_end());
    assert!(path.starts_with(home.path()), "{}", path.display());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, configuration).unwrap();
    home
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_wrong_configuration_is_wrong_usage_for_every_command() {
    let home = home("[ui]\ntheme = \"blue\"\n");
    for args in [&["config", "check"][..], &["config", "show"], &["whoami"]] {
        let output = guestlist(home.path(), &[], args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?} {error}");
        assert!(error.contains("config.toml:2: ui.theme must be auto, dark, light or none, not \"blue\""), "{error}");
    }
    assert!(guestlist(home.path(), &[], &["config", "path"]).status.success());
    assert!(guestlist(home.path(), &[], &["config", "example"]).status.success());
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() {
    let home = home("[server]\nlisten = \"here\"\n[ui]\ntheme = \"blue\"\n[client]\npoll_secs = 5\nserver = \"x y\"\n");
    let output = guestlist(home.path(), &[("GUESTLIST_LOCAL_PORT", "many")], &["config", "check"]);
    let error = text(&output.stderr);
    let at = ["GUESTLIST_LOCAL_PORT:", ".toml:2:", ".toml:4:", ".toml:6:", ".toml:7:"];
    let at = at.map(|place| error.find(place).unwrap_or_else(|| panic!("{place} {error}")));
    assert!(at.is_sorted(), "{error}");
}

#[test]
#[cfg(unix)]
fn a_path_in_a_variable_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = tempfile::tempdir().unwrap();
    for (name, value) in [("GUESTLIST_DATA", &b"data\xff"[..]), ("GUESTLIST_DATABASE", b"sqlite:data\xff/guestlist.db")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(["config", "check"])
            .env_clear()
            .envs(crate::measured::told())
            .env("HOME", home.path())
            .env(name, std::ffi::OsStr::from_bytes(value))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn who_uses_a_profile_is_told_to_sign_in_to_it() {
    let home = home("[profiles.work]\nserver = \"https://invites.example.org\"\n");
    let output = guestlist(home.path(), &[], &["--profile", "work", "whoami"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("guestlist login NAME --profile work"), "{}", text(&output.stderr));
}

#[test]
fn a_file_that_was_asked_for_has_to_be_there() {
    let home = tempfile::tempdir().unwrap();
    let output = guestlist(home.path(), &[], &["config", "check"]);
    assert!(output.status.success());
    let nowhere = home.path().join("nowhere.toml");
    let output = guestlist(home.path(), &[], &["config", "check", "--config", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nowhere.toml cannot be read"), "{}", text(&output.stderr));
}

#[test]
fn every_value_is_shown_with_where_it_is_from() {
    let home = home("[local]\nport = 7000\n");
    let output = guestlist(
        home.path(),
        &[("GUESTLIST_POLL_SECONDS", "9")],
        &["config", "show", "--json", "--server", "a.example"],
    );
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |key: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
    };
    assert!(of("local.port").1.ends_with("config.toml:2"));
    assert_eq!(of("local.port").0, "7000");
    assert_eq!(of("client.poll_seconds"), ("\"9\"".to_owned(), "GUESTLIST_POLL_SECONDS".to_owned()));
    assert_eq!(of("client.server"), ("\"a.example\"".to_owned(), "--server".to_owned()));
    assert_eq!(of("ui.theme"), ("\"auto\"".to_owned(), "default".to_owned()));
}

#[test]
fn a_profile_picks_its_server() {
    let home = home("[client]\nserver = \"http://127.0.0.1:1\"\n[profiles.two]\nserver = \"http://127.0.0.1:2\"\n");
    let asked = |args: &[&str]| text(&guestlist(home.path(), &[], args).stderr);
    assert!(asked(&["whoami"]).contains("not signed in to http://127.0.0.1:1"));
    assert!(asked(&["whoami", "--profile", "two"]).contains("not signed in to http://127.0.0.1:2"));
    assert!(asked(&["whoami", "--profile", "tow"]).contains("--profile: client.profile must name a table"));
}

#[test]
fn the_environments_token_goes_to_the_environments_server_alone() {
    let home = tempfile::tempdir().unwrap();
    let token = guestlist::domain::SessionToken::from_random(&[7; 32]);
    let variables = [("GUESTLIST_TOKEN", token.reveal()), ("GUESTLIST_SERVER", "http://127.0.0.1:1")];
    assert_eq!(guestlist(home.path(), &variables, &["whoami"]).status.code(), Some(4));
    let elsewhere = guestlist(home.path(), &variables, &["whoami", "--server", "http://127.0.0.1:2"]);
    assert_eq!(elsewhere.status.code(), Some(3), "{}", text(&elsewhere.stderr));
}

#[test]
fn a_token_of_the_environment_without_its_server_says_what_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let token = guestlist::domain::SessionToken::from_random(&[7; 32]);
    for args in [&[][..], &["whoami"]] {
        let refused = guestlist(home.path(), &[("GUESTLIST_TOKEN", token.reveal())], args);
        let says = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{args:?}: {says}");
        assert!(says.contains("no server is given") && says.contains("--server"), "{args:?}: {says}");
    }
    let variables = [("GUESTLIST_TOKEN", "rubbish"), ("GUESTLIST_SERVER", "http://127.0.0.1:1")];
    let refused = guestlist(home.path(), &variables, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("GUESTLIST_TOKEN must be a session token"));
}

#[test]
#[cfg(unix)]
fn a_file_with_a_password_is_refused_while_others_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = |database: &str, mode: u32| {
        let home = home(&format!("[server]\ndatabase = \"{database}\"\n"));
        let path = text(&guestlist(home.path(), &[], &["config", "path"]).stdout).trim_end().to_owned();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (home, path)
    };
    for database in ["postgres://ada:secret@db/guestlist", "postgres://ada@db/guestlist?password=secret"] {
        let (home, path) = file(database, 0o644);
        let refused = guestlist(home.path(), &[], &["config", "check"]);
        let says = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{says}");
        assert!(says.contains(&format!("chmod 600 '{path}'")) && !says.contains("secret"), "{says}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(guestlist(home.path(), &[], &["config", "check"]).status.success());
    }
    let (home, _) = file("postgres://ada@db:5432/guestlist", 0o644);
    assert!(guestlist(home.path(), &[], &["config", "check"]).status.success(), "there is nothing to hide in it");
}

#[cfg(feature = "server")]
#[test]
fn an_address_of_a_database_that_no_server_takes_is_refused_by_the_check_as_well() {
    let home = tempfile::tempdir().unwrap();
    for (address, says) in [
        ("postgres://ada:sekrit@db:99999/guestlist", "`port`"),
        ("postgres://ada:sekrit@", "no host is named"),
        ("postgres://ada:sekrit@/guestlist", "no host is named"),
        ("postgres://ada:sekrit@db/guestlist?sslmode=some", "`sslmode`"),
        ("postgres://ada:a@db?sekrit=1", "an option that is not known"),
        ("sqlite::memory:", ":memory: is none"),
        ("sqlite:file:data.db?mode=memory", ":memory: is none"),
    ] {
        for words in [&["config", "check"][..], &["serve", "--listen", "127.0.0.1:0"], &["admin", "check"]] {
            let output = guestlist(home.path(), &[("GUESTLIST_DATABASE", address)], words);
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{address} {words:?} {error}");
            assert!(error.contains(says) && error.contains("sqlite:PATH"), "{address} {words:?} {error}");
            assert!(!error.contains("sekrit"), "{error}");
        }
    }
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("memory")), "{left:?}");
    for address in
        ["postgres://ada@db:5432/guestlist", "postgres:///guestlist?host=/run/postgresql", "sqlite:my file.db"]
    {
        let output = guestlist(home.path(), &[("GUESTLIST_DATABASE", address)], &["config", "check"]);
        assert!(output.status.success(), "{address} {}", text(&output.stderr));
    }
}

#[cfg(feature = "server")]
/// A process that does not outlive its test.
struct Ended(std::process::Child);

#[cfg(feature = "server")]
impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(feature = "server")]
#[tokio::test]
async fn serve_reads_its_file_and_logs_as_it_says() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("guestlist.toml");
    let lines = "[server]\nname = \"The Hall\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"sqlite:hall.db\"\nkey_file = \"key\"\n\
                 [policy]\nregistration = \"closed\"\n[log]\nformat = \"json\"\n[retention]\ndays = 30\n";
    std::fs::write(&file, lines).unwrap();
    let server = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["serve", "--config", file.to_str().unwrap()])
        .env_clear()
        .envs(crate::measured::told())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ended = Ended(server);
    let server = &mut ended.0;
    let mut greeting = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    let greeting: serde_json::Value = serde_json::from_str(&greeting).unwrap();
    let origin = greeting["listening"].as_str().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let site: serde_json::Value = {
        let text = http.get(format!("{origin}/api/v1/site")).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!((site["name"].as_str(), site["registration"].as_str()), (Some("The Hall"), Some("closed")));
    let token = guestlist::domain::Token::from_random(&[7; 32]);
    let url = format!("{origin}/api/v1/invites/{}/info", token.reveal());
    assert_eq!(http.get(url).send().await.unwrap().status(), 404);
    assert!(folder.path().join("hall.db").exists() && folder.path().join("key").exists());
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0), "{log}");
    assert!(!log.contains(&token.reveal()[4..]), "{log}");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect(line);
    }
    assert!(log.contains("without mail no address can be verified"), "{log}");
}

#[test]
fn a_list_in_a_variable_is_refused_in_the_form_that_a_variable_takes() {
    let home = home("[server]\ntrusted_proxies = [\"nowhere\"]\n");
    let said = |variables: &[(&str, &str)]| text(&guestlist(home.path(), variables, &["config", "check"]).stderr);
    assert!(said(&[]).contains("such as [\"10.0.0.0/8\", \"::1\"], not [\"nowhere\"]"), "{}", said(&[]));
    let by_variable = said(&[("GUESTLIST_TRUSTED_PROXIES", "10.0.0.0/8, nowhere")]);
    assert!(by_variable.contains("such as \"10.0.0.0/8, ::1\", not \"10.0.0.0/8, nowhere\""), "{by_variable}");
    assert_eq!(said(&[("GUESTLIST_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]), "");
}
