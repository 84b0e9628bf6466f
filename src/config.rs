//! The configuration: flags, then variables of the environment, then a file, then defaults, read into one checked
//! value. A mistake names file, line and key, and what is allowed; all mistakes are told at once.
//!
//! Each key is declared once, in [`tables`](self) and its neighbours; the example file and the README's table are made
//! from these declarations, and tests hold them together.

#[macro_use]
mod key;
mod example;
mod fault;
mod file;
mod named;
mod policy;
mod reader;
mod tables;
mod value;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use example::{example, reference};
pub use fault::{ConfigError, Fault, Source};
pub use key::{Key, Written};
pub use named::{KeyBinding, Profile};
pub use reader::{Flag, Shown, Variables};
pub(crate) use reader::{likeness, nearest};
pub use tables::{
    Client, DatabaseUrl, Limits, Local, Log, LogFormat, LogLevel, Mail, MailTls, Retention, Server, Theme, Transport,
    Ui,
};

use crate::{domain::Policy, private};

/// The tables of the file.
const TABLES: &[&str] =
    &["client", "profiles", "ui", "local", "server", "policy", "mail", "retention", "limits", "log"];

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "GUESTLIST_CONFIG";

/// All that a person or an operator decides, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Which server, and how often it is asked. With a profile, its server stands here.
    pub client: Client,
    /// Servers by names of one's own.
    pub profiles: BTreeMap<String, Profile>,
    /// The terminal client's looks and manners.
    pub ui: Ui,
    /// Keys that the person has set; that they exist is for the terminal client to say.
    pub keys: Vec<KeyBinding>,
    /// The server inside of the client.
    pub local: Local,
    /// The hosted server.
    pub server: Server,
    /// The rules for invites and registration.
    pub policy: Policy,
    /// How mail leaves.
    pub mail: Mail,
    /// How long addresses are kept.
    pub retention: Retention,
    /// How often one network may try something.
    pub limits: Limits,
    /// What is written down.
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            client: Client::default(),
            profiles: BTreeMap::new(),
            ui: Ui::default(),
            keys: Vec::new(),
            local: Local::default(),
            server: Server::default(),
            policy: Policy::preset(crate::domain::Preset::Band),
            mail: Mail::default(),
            retention: Retention::default(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }
}

impl Config {
    /// The folder for data, key and sessions: the one that was set, else the system's place for the person's data.
    /// `None` where there is no home.
    #[must_use]
    pub fn data_folder(&self) -> Option<PathBuf> {
        let system = || Some(directories::ProjectDirs::from("", "", "guestlist")?.data_dir().to_owned());
        self.local.data.clone().or_else(system)
    }

    /// The profile that a server belongs to, by its origin.
    #[must_use]
    pub fn profile_of(&self, origin: &str) -> Option<&str> {
        let profile = self.profiles.iter().find(|(_, profile)| profile.server.as_deref() == Some(origin));
        profile.map(|(name, _)| name.as_str())
    }
}

/// A configuration with the way it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// Every key with its value and where that is from.
    pub shown: Vec<Shown>,
    /// The file, read or not; `None` where there is no home to look in.
    pub file: Option<PathBuf>,
    /// Whether the file is there.
    pub found: bool,
}

/// The file that is read: the one that was asked for, the one that `GUESTLIST_CONFIG` names, else `config.toml` in the
/// person's folder for configuration. The second part tells whether somebody asked for it.
#[must_use]
pub fn file_path(asked: Option<&Path>, variables: Variables<'_>) -> (Option<PathBuf>, bool) {
    let named = asked
        .map(Path::to_owned)
        .or_else(|| variables(FILE_VARIABLE).filter(|text| !text.is_empty()).map(PathBuf::from));
    if named.is_some() {
        return (named, true);
    }
    let folders = directories::ProjectDirs::from("", "", "guestlist");
    (folders.map(|folders| folders.config_dir().join("config.toml")), false)
}

/// Reads the configuration. `asked` is the file of `--config`; a file that was asked for has to be there.
pub fn load(asked: Option<&Path>, flags: &[Flag], variables: Variables<'_>) -> Result<Loaded, ConfigError> {
    let (path, wanted) = file_path(asked, variables);
    let content = path.as_deref().map(|path| {
        let mut file = std::fs::File::open(path)?;
        let loose = private::is_loose(&file.metadata()?, 0o077);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).map(|_| (text, loose))
    });
    let (text, loose) = match content {
        None => (None, false),
        Some(Ok((text, loose))) => (Some(text), loose),
        Some(Err(error)) if !wanted && error.kind() == std::io::ErrorKind::NotFound => (None, false),
        Some(Err(error)) => {
            let path = path.unwrap_or_default().display().to_string();
            return Err(ConfigError::Unreadable { path, reason: error.to_string() });
        }
    };
    let found = text.is_some();
    let (config, shown) = read(&text.unwrap_or_default(), path.as_deref(), flags, variables)?;
    let by_file = |shown: &Shown| shown.key == "server.database" && matches!(shown.source, Source::File { .. });
    if loose && config.server.database.as_ref().is_some_and(DatabaseUrl::has_password) && shown.iter().any(by_file) {
        return Err(ConfigError::Loose { path: path.unwrap_or_default().display().to_string() });
    }
    Ok(Loaded { config, shown, file: path, found })
}

/// The configuration of a file's text, without touching any file.
fn read(
    text: &str,
    path: Option<&Path>,
    flags: &[Flag],
    variables: Variables<'_>,
) -> Result<(Config, Vec<Shown>), ConfigError> {
    let path = Arc::new(path.map_or_else(PathBuf::new, Path::to_owned));
    let file = file::Table::parse(text, &path).map_err(|fault| ConfigError::Wrong(vec![fault]))?;
    let mut reader = reader::Reader::new(file, path.parent(), variables, flags);
    let mut config = Config {
        client: Client::read(&mut reader),
        profiles: named::profiles(&mut reader),
        ui: Ui::read(&mut reader),
        keys: named::keys(&mut reader),
        local: Local::read(&mut reader),
        server: Server::read(&mut reader),
        policy: policy::read(&mut reader),
        mail: Mail::read(&mut reader),
        retention: Retention::read(&mut reader),
        limits: Limits::read(&mut reader),
        log: Log::read(&mut reader),
    };
    check_mail(&mut reader, &config.mail);
    choose(&mut reader, &mut config);
    if let (None, Some(folder)) = (&config.local.data, config.data_folder()) {
        reader.reveal("local", &[("data", value::Value::Text(folder.display().to_string()).to_string())]);
    }
    reader.finish();
    if reader.faults.is_empty() { Ok((config, reader.shown)) } else { Err(ConfigError::Wrong(reader.faults)) }
}

/// Puts the chosen profile's server in its place. A server that was named goes before a profile that was named in the
/// same way or a weaker one; in the file the profile goes first, since it would mean nothing otherwise.
fn choose(reader: &mut reader::Reader<'_>, config: &mut Config) {
    let Some(name) = &config.client.profile else { return };
    let Some(profile) = config.profiles.get(name) else {
        let names: Vec<_> = config.profiles.keys().map(String::as_str).collect();
        let there = if names.is_empty() { "there is none yet".to_owned() } else { names.join(", ") };
        let near = nearest(name, names.iter().copied());
        let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
        reader.fault("client.profile", &format!("must name a table [profiles.NAME] ({there}), not \"{name}\"{near}"));
        return;
    };
    let strength = |key: &str| match reader.source(key) {
        Source::Default => 0,
        Source::File { .. } => 1,
        Source::Variable(_) => 2,
        Source::Flag(_) => 3,
    };
    let (server, by_profile) = (strength("client.server"), strength("client.profile"));
    if server < by_profile || by_profile == 1 && server == 1 {
        config.client.server.clone_from(&profile.server);
        config.client.insecure_http |= profile.insecure_http;
        reader.stand_for("client.server", &format!("profiles.{name}.server"));
        if profile.insecure_http {
            reader.stand_for("client.insecure_http", &format!("profiles.{name}.insecure_http"));
        }
    }
}

fn check_mail(reader: &mut reader::Reader<'_>, mail: &Mail) {
    let missing: &[(&str, bool)] = match mail.transport {
        Transport::Off => &[],
        Transport::File => &[("directory", mail.directory.is_none()), ("from", mail.from.is_none())],
        Transport::Smtp => &[("host", mail.host.is_none()), ("from", mail.from.is_none())],
    };
    for (name, _) in missing.iter().filter(|(_, missing)| *missing) {
        reader.fault("mail.transport", &format!("is {}, which needs mail.{name} too", mail.transport));
    }
    if mail.transport == Transport::Smtp && mail.tls == MailTls::None {
        let host = mail.host.as_deref().unwrap_or_default();
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !here {
            reader.fault("mail.tls", "must be starttls or tls: only mail to this machine goes unencrypted");
        }
    }
    if mail.username.is_some() != mail.password_file.is_some() {
        let (there, other) =
            if mail.username.is_some() { ("username", "password_file") } else { ("password_file", "username") };
        reader.fault(&format!("mail.{there}"), &format!("needs mail.{other} too"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Hours, Kind, Registration};

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn config(text: &str) -> Result<Config, String> {
        let path = Path::new("/etc/guestlist/config.toml");
        read(text, Some(path), &[], &nothing).map(|(config, _)| config).map_err(|error| error.to_string())
    }

    fn refused(text: &str, says: &[&str]) {
        let error = config(text).unwrap_err();
        assert_eq!(error.lines().collect::<Vec<_>>(), says, "{text}");
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        let config = config("").unwrap();
        assert_eq!(config, Config::default());
        assert_eq!((config.client.poll_seconds, config.local.port), (5, 7_878));
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:7878");
        assert!(config.limits.enabled && config.client.server.is_none());
    }

    #[test]
    fn the_example_file_shows_every_key_as_it_is() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
        if std::env::var_os("GUESTLIST_WRITE").is_some() {
            std::fs::write(&path, example()).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap();
        assert_eq!(shipped, example(), "write it again with GUESTLIST_WRITE=1 cargo test --lib config");
        assert_eq!(config(&shipped), config(""));
    }

    #[test]
    fn the_readme_lists_every_key_as_it_is() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let readme = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = readme.split_once("cargo test --lib config -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end of the keys -->").unwrap();
        let now = format!("{before}cargo test --lib config -->\n\n{}\n<!-- end of the keys -->{after}", reference());
        if std::env::var_os("GUESTLIST_WRITE").is_some() {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert!(readme == now, "write it again with GUESTLIST_WRITE=1 cargo test --lib config");
        }
    }

    #[test]
    fn every_default_in_the_example_is_the_default() {
        for (table, _, keys) in example::ALL {
            for key in *keys {
                let line = format!("[{table}]\n{} = {}\n", key.name, key.written.toml());
                let Ok(read) = config(&line) else {
                    // Not whole without its neighbours: tried together with them below.
                    assert!(matches!(key.written, Written::Example(_)) || key.table == "profiles.NAME", "{line}");
                    continue;
                };
                let same = read == config("").unwrap();
                assert_eq!(same, matches!(key.written, Written::Default(_)), "{line}");
            }
        }
        let uncommented: String = example()
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let whole = config(&uncommented).unwrap();
        assert_eq!(whole.keys[0].action, "copy_link");
        assert_eq!(whole.profiles["work"].server.as_deref(), Some("https://invites.example.com"));
        assert_eq!(whole.client.server, whole.profiles["work"].server);
        assert_eq!((whole.policy, whole.mail.port), (config("").unwrap().policy, 587));
    }

    #[test]
    fn every_key_refuses_what_it_does_not_take_with_its_line_and_name() {
        for key in example::ALL.iter().flat_map(|(_, _, keys)| *keys) {
            let text = format!("\n[{}]\n{} = 1979-05-27\n", key.table, key.name);
            let error = config(&text).unwrap_err();
            let says = format!("/etc/guestlist/config.toml:3: {} must be {}, not a date", key.path(), key.allowed);
            assert!(error.lines().any(|line| line == says), "{error}");
        }
    }

    #[test]
    fn every_variable_is_read_and_named_where_it_is_wrong() {
        for key in example::ALL.iter().flat_map(|(_, _, keys)| *keys).filter(|key| !key.variable.is_empty()) {
            let wrong = |name: &str| (name == key.variable).then(|| "\u{1b}]0;no".repeat(20) + "://");
            let Err(error) = read("", None, &[], &wrong) else {
                assert!(key.allowed.contains("path") || key.allowed == "a text", "{key:?}");
                continue;
            };
            let error = error.to_string();
            assert!(error.starts_with(&format!("{}: {} ", key.variable, key.path())), "{error}");
            assert!(!error.contains('\u{1b}'), "{error:?}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let at = "/etc/guestlist/config.toml";
        refused("[ui]\nthem = \"dark\"\n", &[&format!("{at}:2: ui.them is no key of [ui]: did you mean theme?")]);
        refused(
            "[retention]\nzzz = 1\n",
            &[&format!("{at}:2: retention.zzz is no key of [retention]: allowed are days")],
        );
        refused("[sever]\n", &[&format!("{at}:1: sever is no table of the configuration: did you mean [server]?")]);
        refused("theme = 1\n", &[&format!("{at}:1: theme stands in no table: it belongs under [ui]")]);
        refused(
            "[profiles.home]\nserver = \"localhost:1\"\nport = 2\n",
            &[&format!("{at}:3: profiles.home.port is no key of [profiles.home]: allowed are server, insecure_http")],
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_broken_toml_by_its_line() {
        let error = config("[ui]\ntheme = \"blue\"\nmouse = 1\n[local]\nport = 0\n").unwrap_err();
        assert_eq!(error.lines().count(), 3, "{error}");
        assert!(error.contains(":2: ui.theme must be auto, dark, light or none, not \"blue\""), "{error}");
        assert!(
            config("[ui]\n\ntheme = \n").unwrap_err().starts_with("/etc/guestlist/config.toml:3: this is not TOML")
        );
    }

    #[test]
    fn a_flag_goes_before_a_variable_and_a_variable_before_the_file() {
        let flags = [Flag { key: "server.listen", name: "--listen", value: "127.0.0.1:3".to_owned() }];
        let variables = |name: &str| (name == "GUESTLIST_LISTEN").then(|| "127.0.0.1:2".to_owned());
        let text = "[server]\nlisten = \"127.0.0.1:1\"\n";
        let port = |flags: &[Flag], variables: Variables<'_>| {
            read(text, None, flags, variables).unwrap().0.server.listen.port()
        };
        assert_eq!([port(&flags, &variables), port(&[], &variables), port(&[], &nothing)], [3, 2, 1]);
    }

    #[test]
    fn policy_keys_stand_over_their_preset() {
        let policy =
            config("[policy]\npreset = \"organisation\"\nallow_kinds = [\"link\", \"email\"]\nregistration = \"open\"")
                .unwrap()
                .policy;
        assert_eq!((policy.max_ttl_hours, policy.registration), (Hours(Some(2_160)), Registration::Open));
        assert_eq!(policy.allow_kinds, [Kind::Link, Kind::Email]);
        let error = config("[policy]\npreset = \"room\"\nmax_ttl_hours = 24\n").unwrap_err();
        assert!(error.contains(":3: policy.max_ttl_hours does not fit"), "{error}");
    }

    #[test]
    fn a_profile_brings_its_server_unless_one_is_named_as_strongly() {
        let text = "[client]\nserver = \"https://a.example\"\n[profiles.b]\nserver = \"b.example\"\n";
        let flag = |key, name, value: &str| Flag { key, name, value: value.to_owned() };
        let profile = flag("client.profile", "--profile", "b");
        let server = |flags: &[Flag], variables: Variables<'_>| {
            read(text, None, flags, variables).map(|(config, _)| config.client.server.unwrap())
        };
        assert_eq!(server(std::slice::from_ref(&profile), &nothing).unwrap(), "https://b.example");
        let variables = |name: &str| (name == "GUESTLIST_SERVER").then(|| "https://c.example".to_owned());
        assert_eq!(server(std::slice::from_ref(&profile), &variables).unwrap(), "https://b.example");
        let (_, shown) = read(text, None, std::slice::from_ref(&profile), &nothing).unwrap();
        let shown = shown.iter().find(|shown| shown.key == "client.server").unwrap();
        assert_eq!((shown.value.as_str(), shown.source.to_string().as_str()), ("\"b.example\"", ":4"));
        let both = [profile, flag("client.server", "--server", "d.example")];
        assert_eq!(server(&both, &variables).unwrap(), "https://d.example");
        let error = server(&[flag("client.profile", "--profile", "x")], &nothing).unwrap_err().to_string();
        assert_eq!(error, "--profile: client.profile must name a table [profiles.NAME] (b), not \"x\"");
    }

    #[test]
    fn mail_is_refused_where_it_could_not_leave_or_would_leave_in_clear() {
        for (text, says) in [
            ("transport = \"smtp\"", ":2: mail.transport is smtp, which needs mail.host too"),
            ("transport = \"file\"", ":2: mail.transport is file, which needs mail.directory too"),
            (
                "transport = \"smtp\"\ntls = \"none\"\nhost = \"mail.example.org\"",
                ":3: mail.tls must be starttls or tls",
            ),
            ("username = \"ada\"", ":2: mail.username needs mail.password_file too"),
        ] {
            let error = config(&format!("[mail]\n{text}\n")).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_shown_nowhere() {
        let text = "[server]\ndatabase = \"postgres://ada:secret@db/guestlist\"\n";
        let (config, shown) = read(text, None, &[], &nothing).unwrap();
        assert!(!format!("{config:?}{shown:?}").contains("secret"));
        let wrong = text.replace("postgres:", "postgrs:");
        assert!(!read(&wrong, None, &[], &nothing).unwrap_err().to_string().contains("secret"));
    }

    #[test]
    fn relative_paths_begin_in_the_files_folder() {
        let config = config("[server]\nkey_file = \"key\"\ndatabase = \"sqlite:data/g.db\"\n").unwrap();
        assert_eq!(config.server.key_file.as_deref(), Some(Path::new("/etc/guestlist/key")));
        assert_eq!(config.server.database.unwrap().reveal(), "sqlite:/etc/guestlist/data/g.db");
    }

    #[test]
    fn a_table_can_be_written_in_any_way_that_toml_knows() {
        for text in [
            "[ui]\ntheme = 'dark'",
            "ui.theme = \"dark\"",
            "ui = { theme = \"dark\" }",
            "[\"ui\"]\n\"theme\" = \"dark\"",
        ] {
            assert_eq!(config(text).unwrap().ui.theme, Theme::Dark, "{text}");
        }
        refused(
            "ui.mouse = true\nui.mouse = false",
            &["/etc/guestlist/config.toml:2: this is not TOML: duplicate key"],
        );
    }

    /// Values of every kind, some of which some key takes.
    fn value() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::prop_oneof![
            "\"([ -!#-\\[\\]-~é]|\\\\u202e|\\\\u001b|\\\\n|\\\\\"|\\\\\\\\){0,12}\"",
            "-?[0-9]{1,20}",
            "(true|false|1\\.5|inf|1979-05-27|0x1F|\\{ a = 1 \\}|\\[\\])",
            "\\[(([0-9]{1,4}|\"(link|email|j|ctrl-x|\\\\u0007)\"), ?){0,3}\\]",
            "\"(never|none|auto|dark|open|link|smtp|file|tls|json|debug|sqlite:x|https://a\\.example|127\\.0\\.0\\.1:1|kim@example\\.org|10\\.0\\.0\\.0/8)\"",
        ]
    }

    /// The lines of an error, each with its place and nothing that would do anything to a terminal.
    fn told<'e>(error: &'e str, place: &str) -> Vec<&'e str> {
        assert_eq!(crate::domain::clean_block(error), error);
        let strip = |line: &'e str| line.strip_prefix(place).unwrap_or_else(|| panic!("{line} is not of {place}"));
        error.lines().map(strip).collect()
    }

    proptest::proptest! {
        #[test]
        fn every_key_takes_a_value_or_refuses_it_by_line_and_name(
            chosen in proptest::collection::vec((0_usize..1_000, value()), 1..4), blank in 0_usize..3,
        ) {
            let all: Vec<&Key> = example::ALL.iter().flat_map(|(_, _, keys)| *keys).collect();
            let text: Vec<String> = chosen
                .iter()
                .map(|(key, value)| {
                    let Key { table, name, .. } = all[key % all.len()];
                    format!("{}{}.{name} = {value}\n", "\n".repeat(blank), table.replace("NAME", "work"))
                })
                .collect();
            let text = text.concat();
            match config(&text) {
                // What was read once is read the same again, whatever stood around it.
                Ok(read) => proptest::prop_assert_eq!(config(&format!("# a word\n\n{text}\n")), Ok(read)),
                Err(error) => {
                    for said in told(&error, "/etc/guestlist/config.toml:") {
                        let (line, said) = said.split_once(": ").unwrap();
                        let line = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap_or_default();
                        // Of its table another key can be missing.
                        let table = line.split(" = ").next().and_then(|key| key.rsplit_once('.')).map_or("", |(table, _)| table);
                        assert!(said.starts_with(table) || said.starts_with("this is not TOML"), "{text}{error}");
                    }
                }
            }
        }

        #[test]
        fn every_variable_and_flag_takes_a_text_or_refuses_it_by_its_name(
            chosen in 0_usize..1_000,
            text in proptest::prop_oneof![
                proptest::prelude::any::<String>(), "[0-9]{1,20}", "(https?|postgres|sqlite):[/a-z@:.]{0,12}", "[a-z,]{1,9}",
            ],
        ) {
            let all: Vec<&Key> =
                example::ALL.iter().flat_map(|(_, _, keys)| *keys).filter(|key| !key.variable.is_empty()).collect();
            let key = all[chosen % all.len()];
            let variable = |name: &str| (name == key.variable).then(|| text.clone());
            let path: &'static str = Box::leak(key.path().into_boxed_str());
            let flag = [Flag { key: path, name: "--flag", value: text.clone() }];
            let by_variable = read("", None, &[], &variable).map(|(config, _)| config).map_err(|error| error.to_string());
            let by_flag = read("", None, &flag, &nothing).map(|(config, _)| config).map_err(|error| error.to_string());
            match (by_variable, by_flag) {
                // An empty variable is none at all, an empty flag is a value.
                (Ok(one), Ok(other)) => assert!(one == other || text.is_empty()),
                (Err(one), Err(other)) => {
                    let name = format!("{}: ", key.variable);
                    assert_eq!(told(&one, &name), told(&other, "--flag: "));
                }
                (one, other) => assert!(text.is_empty(), "{key:?} {text:?}: {one:?} {other:?}"),
            }
        }

        #[test]
        fn any_text_is_read_or_refused_by_its_line(text in "(\\[(ui|local|policy|x|profiles\\.a|ui\\.keys)\\]\n|(theme|port|q|server|days) ?= ?(\"\\PC{0,8}\"|-?[0-9]{1,20}|\\[[0-9, ]{0,8}\\]|true|\\{\\})\n|\\PC{0,6}\n){0,8}") {
            if let Err(error) = config(&text) {
                let last = text.lines().count() + 1;
                for line in error.lines() {
                    let place = line.strip_prefix("/etc/guestlist/config.toml:").and_then(|rest| rest.split(':').next());
                    let number: usize = place.unwrap().parse().unwrap();
                    assert!((1..=last).contains(&number), "{line}");
                }
            }
        }
    }
}
