//! The server inside of the client: one process of a person runs it, the others attach, and one takes over.

use std::path::Path;

use guestlist::{
    api::{CreateBand, Login, Register},
    client::{Client, Origin, PlainHttp, here},
    config::{Config, load},
    local::{Local, Running},
};

use crate::world::PASSWORD;

fn config(home: &Path) -> Config {
    let data = home.join("data").display().to_string();
    // A port of its own for every test: the first start takes any free one, and the next ones want it again.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let variables = |name: &str| match name {
        "GUESTLIST_DATA" => Some(data.clone()),
        "GUESTLIST_LOCAL_PORT" => Some(port.clone()),
        "GUESTLIST_CONFIG" => Some("/dev/null".to_owned()),
        _ => None,
    };
    load(None, &[], &variables).unwrap().config
}

fn client(running: &Running) -> Client {
    Client::new(Origin::parse(&running.origin, PlainHttp::LoopbackOnly).unwrap(), None).unwrap()
}

async fn start(local: &std::sync::Arc<Local>) -> Running {
    let local = std::sync::Arc::clone(local);
    tokio::task::spawn_blocking(move || local.start().unwrap()).await.unwrap()
}

fn ada() -> Register {
    Register {
        username: "ada".to_owned(),
        display_name: None,
        email: "ada@example.org".to_owned(),
        password: PASSWORD.to_owned(),
        invite: None,
        accept: None,
    }
}

fn local(config: &Config) -> std::sync::Arc<Local> {
    std::sync::Arc::new(Local::new(config.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_process_that_started_the_server_makes_the_first_account() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let (first, second) = (local(&config), local(&config));
    assert!(!first.has_data());
    let running = start(&first).await;
    assert!(running.first_run && running.founder.is_some() && first.has_data());
    let attached = start(&second).await;
    assert_eq!((attached.origin.as_str(), attached.founder.as_deref()), (running.origin.as_str(), None));
    let refused = client(&attached).register(&ada(), Some("a guess")).await.unwrap_err();
    assert!(refused.to_string().contains("in the program that started it"), "{refused}");
    let made = client(&running).register(&ada(), running.founder.as_deref()).await.unwrap();
    assert!(made.account.site_admin);
    let kim = Register { username: "kim".to_owned(), email: "kim@example.org".to_owned(), ..ada() };
    assert!(!client(&attached).register(&kim, None).await.unwrap().account.site_admin);
    tokio::task::spawn_blocking(move || first.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_takes_over_at_the_same_place_when_the_first_ends() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let (first, second) = (local(&config), local(&config));
    let running = start(&first).await;
    let session = client(&running).register(&ada(), running.founder.as_deref()).await.unwrap().session;
    let token = guestlist::domain::SessionToken::parse(&session.token);
    let band = CreateBand { name: "The Night Owls".to_owned(), ..CreateBand::default() };
    client(&running).with_session(token.clone()).create_band(&band).await.unwrap();
    assert_eq!(start(&second).await, Running { founder: None, first_run: false, ..running.clone() });

    tokio::task::spawn_blocking(move || drop(first)).await.unwrap();
    assert_eq!(here::running(&config.data_folder().unwrap()).unwrap(), None);
    let after = start(&second).await;
    assert_eq!((after.origin.as_str(), after.first_run), (running.origin.as_str(), false));
    let me = client(&after).with_session(token).me().await.unwrap();
    assert_eq!(me.username, "ada");
    assert_eq!(start(&second).await, after, "asked again, it is the same one");
    tokio::task::spawn_blocking(move || drop(second)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_leads_to_a_free_one() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let _taken = std::net::TcpListener::bind(("127.0.0.1", config.local.port)).unwrap();
    let local = local(&config);
    let running = start(&local).await;
    assert!(!running.origin.ends_with(&format!(":{}", config.local.port)));
    client(&running).site().await.unwrap();
    tokio::task::spawn_blocking(move || drop(local)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_leaves_is_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let first = local(&config);
    let running = start(&first).await;
    client(&running).register(&ada(), running.founder.as_deref()).await.unwrap();
    // All that the disk holds at this instant, the lock without its holder: what a killed process leaves.
    let left = tempfile::tempdir().unwrap();
    std::fs::create_dir(left.path().join("data")).unwrap();
    for entry in std::fs::read_dir(home.path().join("data")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), left.path().join("data").join(entry.file_name())).unwrap();
    }
    let lock = std::fs::read_to_string(left.path().join("data/local.lock")).unwrap();
    assert_eq!(lock, format!("at {}", running.origin));
    let config = Config {
        local: guestlist::config::Local { data: Some(left.path().join("data")), ..config.local.clone() },
        ..config
    };
    let second = local(&config);
    let recovered = start(&second).await;
    assert!(recovered.origin != running.origin && !recovered.first_run);
    let login = Login { login: "ada".to_owned(), password: PASSWORD.to_owned() };
    assert_eq!(client(&recovered).login(&login).await.unwrap().account.username, "ada");
    tokio::task::spawn_blocking(move || drop((first, second))).await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_it_keeps_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let local = local(&config);
    start(&local).await;
    let folder = home.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    tokio::task::spawn_blocking(move || drop(local)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_find_the_server_of_this_machine_while_it_runs_and_say_so_when_it_does_not() {
    use std::{io::Write as _, process};
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    let local = local(&config);
    let running = start(&local).await;
    client(&running).register(&ada(), running.founder.as_deref()).await.unwrap();
    let run = |args: &[&str]| {
        let mut child = process::Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(args)
            .env_clear()
            .envs(crate::measured::told())
            .env("HOME", home.path())
            .env("GUESTLIST_DATA", home.path().join("data"))
            .stdin(process::Stdio::piped())
            .stdout(process::Stdio::piped())
            .stderr(process::Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), text)
    };
    assert_eq!(run(&["login", "ada", "--server", &running.origin]).0, 0);
    let (code, text) = run(&["whoami"]);
    assert!(code == 0 && text.contains(&running.origin), "{text}");
    tokio::task::spawn_blocking(move || drop(local)).await.unwrap();
    // Whoever listens on the port now gets no session.
    let (code, text) = run(&["whoami"]);
    assert!(code == 4 && text.contains("while a guestlist is open"), "{text}");
}
