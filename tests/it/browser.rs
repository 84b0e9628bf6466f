//! The pages in a real browser: headless Chromium, driven by the `WebDriver` protocol (W3C).

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    postgres::skip,
    proof::code,
    world::{Mail, PASSWORD, World, settings, with_mail},
};

/// A browser of one's own; it ends with this value.
struct Browser {
    driver: Child,
    session: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

/// How long a page may take to come: far longer than it needs on any machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// The key that goes to the next control, as `WebDriver` writes it.
const TAB: &str = "\u{e004}";
/// The key that sends a form.
const ENTER: &str = "\u{e007}";
/// By what `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// `None` where Chromium or its driver is not installed.
    async fn start() -> Option<Self> {
        let found = |names: &[&'static str]| names.iter().copied().find(|name| Path::new(name).exists());
        let browser = found(&["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]);
        let driver = found(&["/usr/bin/chromedriver", "/usr/lib/chromium-browser/chromedriver"]);
        let (Some(browser), Some(driver)) = (browser, driver) else {
            skip("no browser: Chromium and its driver are not installed (apt-get install chromium chromium-driver)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut driver =
            Command::new(driver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let said =
            lines.find_map(|line| line.unwrap().split_once("successfully on port ").map(|(_, end)| end.to_owned()));
        let port: u16 = said.unwrap().trim_end_matches('.').parse().unwrap();
        // A connection that the driver is about to close is never taken for the next question.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", folder.path().display()),
        ];
        let wish = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": browser, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let origin = format!("http://127.0.0.1:{port}/session");
        let answer: Value = http.post(&origin).json(&wish).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}"));
        Some(Self { driver, session: format!("{origin}/{id}"), http, _folder: folder })
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.session)).json(&body).send().await.unwrap();
        let (status, answer): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].clone()
    }

    async fn open(&self, address: &str) {
        self.ask("/url", json!({ "url": address })).await;
    }

    /// What the script returns.
    async fn run(&self, script: &str) -> Value {
        self.ask("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Asks Chromium itself, by its own protocol.
    async fn tell(&self, command: &str, params: Value) -> Value {
        self.ask("/goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.ask("/element", json!({ "using": "css selector", "value": selector })).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.ask(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// Writes, presses Enter, and waits for the page that comes of it.
    async fn enter(&self, selector: &str, text: &str) {
        self.leave().await;
        self.write(selector, &format!("{text}{ENTER}")).await;
        self.arrive(selector).await;
    }

    /// Presses a button, and waits for the page that comes of it.
    async fn press(&self, selector: &str) {
        self.leave().await;
        self.click(selector).await;
        self.arrive(selector).await;
    }

    /// Marks the open page, to be told from the one that comes.
    async fn leave(&self) {
        self.run("window.isLeft = false").await;
    }

    /// Waits for a page that is not marked: neither a key nor a click waits for it reliably.
    async fn arrive(&self, selector: &str) {
        let arrived = "return window.isLeft === undefined && document.readyState === 'complete'";
        let asked = json!({ "script": arrived, "args": [] });
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            // In between there is no page that could be asked.
            let answer = self.http.post(format!("{}/execute/sync", self.session)).json(&asked).send().await.unwrap();
            if answer.json::<Value>().await.unwrap()["value"] == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no page comes of {selector}");
    }

    async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.ask(&format!("/element/{element}/click"), json!({})).await;
    }

    async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// What the browser complains of: what the page's own rules forbid, what could not be loaded.
    async fn complaints(&self) -> Vec<String> {
        let log = self.ask("/se/log", json!({ "type": "browser" })).await;
        let said = log.as_array().unwrap().iter().map(|line| line["message"].to_string());
        // It notes each answer of 4xx, and asks every site for a picture to put beside the title.
        said.filter(|line| !line.contains("the server responded with a status of 4")).collect()
    }

    /// Every control that cannot be told by its name from the accessibility tree.
    async fn nameless(&self) -> Vec<String> {
        let tree = self.tell("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().unwrap();
        let controls = ["textbox", "button", "combobox", "link", "image", "DisclosureTriangle", "heading"];
        let is_nameless = |node: &&Value| {
            node["ignored"] == false
                && controls.contains(&node["role"]["value"].as_str().unwrap_or_default())
                && node["name"]["value"].as_str().is_none_or(|name| name.trim().is_empty())
        };
        assert!(nodes.iter().any(|node| node["role"]["value"] == "textbox") || !self.has_input().await);
        nodes.iter().filter(is_nameless).map(Value::to_string).collect()
    }

    async fn has_input(&self) -> bool {
        self.run("return document.querySelector('input') !== null").await == true
    }

    /// What axe-core finds against the guidelines for what everyone can use (WCAG 2.2, A and AA), in the light and in the
    /// dark; nothing where it is not there.
    async fn axe(&self) -> Value {
        let Ok(axe) = std::fs::read_to_string(AXE) else {
            skip("no axe-core: target/axe-core/axe.min.js is not there (.ci/run fetches it with npm)");
            return json!([]);
        };
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            self.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
            // By Chromium itself: the page's own rules let no script in.
            self.tell("Runtime.evaluate", json!({ "expression": axe })).await;
            let said = self
                .tell("Runtime.evaluate", json!({ "expression": AXE_RUN, "awaitPromise": true, "returnByValue": true }))
                .await;
            let said = said["result"]["value"].as_array().unwrap_or_else(|| panic!("{said}")).clone();
            found.extend(said);
        }
        Value::Array(found)
    }

    /// Text whose contrast to what lies behind it is below what everyone can read (WCAG 2, AA).
    async fn faint(&self) -> Value {
        self.run(CONTRAST).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its browser goes with it.
        let _ = std::process::Command::new("pkill").args(["-P", &self.driver.id().to_string()]).status();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where axe-core is.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/axe-core/axe.min.js");
/// Gives what axe-core finds.
const AXE_RUN: &str =
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(found => found.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html)]))";

/// Returns the texts whose contrast is below 4.5 to 1, with colours and ratio.
const CONTRAST: &str = r"
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
const ground = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
const behind = element => { if (!element) return ground;
  return over(rgba(getComputedStyle(element).backgroundColor), behind(element.parentElement)); };
const opacity = element => element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const faint = [];
for (const element of document.body.querySelectorAll('*')) {
  const words = [...element.childNodes].filter(n => n.nodeType === 3 && n.data.trim()).map(n => n.data.trim()).join(' ');
  if (!words || !element.checkVisibility()) continue;
  const under = behind(element), colour = rgba(getComputedStyle(element).color);
  colour[3] *= opacity(element);
  const [a, b] = [light(over(colour, under)), light(under)].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) faint.push([words, getComputedStyle(element).color, under, ratio]);
}
return faint;";

/// Returns the controls that the Tab key comes to before one that stands above them.
const OUT_OF_ORDER: &str = r"
const controls = [...document.querySelectorAll('a[href], button, input, select, summary')].filter(e => e.checkVisibility());
const tops = controls.map(e => e.getBoundingClientRect().top);
return controls.filter((e, i) => e.tabIndex > 0 || tops.slice(i + 1).some(top => top < tops[i])).map(e => e.outerHTML);";

/// Looks at the open page as people with all kinds of eyes, hands and screens do.
async fn check(browser: &Browser) {
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(browser.nameless().await, Vec::<String>::new());
    for scheme in ["light", "dark"] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        assert_eq!(browser.faint().await, json!([]), "{scheme}");
    }
    for width in [320, 390, 1280] {
        let size = json!({ "width": width, "height": 700, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.tell("Emulation.setDeviceMetricsOverride", size).await;
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.run(overflow).await, 0, "{width} wide");
    }
    assert_eq!(browser.axe().await, json!([]));
    assert_eq!(browser.run(OUT_OF_ORDER).await, json!([]));
    assert_ne!(browser.run("return document.title").await, "");
    assert_eq!(browser.run("return document.cookie").await, "");
    assert_eq!(browser.run("return document.documentElement.lang").await, "en");
    assert_eq!(browser.run("return document.querySelectorAll('h1').length").await, 1);
}

/// The names of the controls in the order in which the Tab key comes to them.
async fn tab_order(browser: &Browser) -> Vec<String> {
    let mut order = Vec::new();
    let mut at = "body".to_owned();
    for _ in 0..12 {
        browser.write(&at, TAB).await;
        let now = browser
            .run(
                "const e = document.activeElement; if (e === document.body) return '';
                 document.querySelectorAll('[data-at]').forEach(o => o.removeAttribute('data-at'));
                 e.setAttribute('data-at', ''); return e.name ? e.value && e.tagName === 'BUTTON' ? e.value : e.name : e.tagName",
            )
            .await;
        let now = now.as_str().unwrap().to_owned();
        if now.is_empty() {
            break;
        }
        order.push(now);
        "[data-at]".clone_into(&mut at);
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_reads_joins_and_declines_in_a_browser() {
    let world = World::sqlite_with(settings()).await;
    let Some(browser) = Browser::start().await else { return };
    let (ada, sam) = (world.account("ada").await, world.account("sam").await);
    let band = ada.band("The Night Owls").await;
    let wish = json!({ "message": "Come on Friday.\n<i>Bring</i> your horn, 楽器を持って来て 🎺" });
    let (_, token) = ada.invite(&band, wish).await;
    browser.open(&format!("{}/invite/{token}", world.origin)).await;
    check(&browser).await;
    let text = browser.text().await;
    assert!(text.contains("ada invites you to The Night Owls") && text.contains("<i>Bring</i> your horn"), "{text}");
    let order = tab_order(&browser).await;
    let expected = [
        "username",
        "password",
        "join",
        "username",
        "password",
        "email",
        "display_name",
        "register",
        "SUMMARY",
        "SUMMARY",
    ];
    assert_eq!(order, expected.map(str::to_owned));

    // What is refused is said where it was typed, and nothing typed is lost but the password.
    browser.write("#register-username", "kim").await;
    browser.write("#register-password", "short").await;
    browser.write("#register-email", "kim@example.org").await;
    browser.enter("#register-email", "").await;
    check(&browser).await;
    let invalid = browser.run("return [...document.querySelectorAll('[aria-invalid]')].map(e => e.id)").await;
    assert_eq!(invalid, json!(["register-password"]));
    assert_eq!(browser.run("return document.querySelector('#register-email').value").await, "kim@example.org");
    // Enter does what the form is for.
    browser.enter("#register-password", PASSWORD).await;
    check(&browser).await;
    assert!(browser.text().await.contains("You are in The Night Owls"), "{}", browser.text().await);
    let members = ada.get(&format!("/bands/{band}/members")).await.1;
    assert_eq!(members["total"], 2);

    // Another invite, declined for good.
    let (id, token) = ada.invite(&band, json!({ "username": sam.username })).await;
    browser.open(&format!("{}/invite/{token}", world.origin)).await;
    browser.click("summary").await;
    browser.write("#decline-username", "sam").await;
    browser.write("#decline-password", PASSWORD).await;
    browser.write("#decline-reason", "No time").await;
    browser.click("#block option[value=inviter]").await;
    check(&browser).await;
    browser.press("button[value=decline]").await;
    assert!(browser.text().await.contains("You have declined"), "{}", browser.text().await);
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], "rejected");
    assert_eq!(sam.get("/me/blocks").await.1["blocks"].as_array().map(Vec::len), Some(1));

    // What has ended, and what there never was.
    for (token, words) in [(token.as_str(), "This invite was declined"), ("inv_AAAA", "There is nothing here")] {
        browser.open(&format!("{}/invite/{token}", world.origin)).await;
        assert!(browser.text().await.contains(words), "{}", browser.text().await);
        check(&browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_new_joins_by_a_mailed_invite_in_one_sitting() {
    let world = World::sqlite_with(with_mail()).await;
    let Some(browser) = Browser::start().await else { return };
    let ada = world.account("ada").await;
    let band = ada.band("The Night Owls").await;
    let _ = world.codes().await;
    let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
    browser.open(&format!("{}/invite/{token}", world.origin)).await;
    browser.write("#register-username", "kim").await;
    browser.write("#register-password", PASSWORD).await;
    browser.enter("#register-email", "kim@example.org").await;
    let text = browser.text().await;
    assert!(text.contains("A code was mailed to kim@example.org"), "{text}");
    check(&browser).await;
    assert_eq!(browser.run("return document.querySelector('#verify-username').value").await, "kim");
    assert_eq!(tab_order(&browser).await, ["username", "code", "password", "join", "code"].map(str::to_owned));
    browser.write("#verify-password", PASSWORD).await;
    browser.enter("#verify-code", &code(&world).await).await;
    let text = browser.text().await;
    assert!(text.contains("You are in The Night Owls"), "{text}");
    // By a link for anyone the address is verified afterwards, on the page that comes.
    let (_, token) = ada.invite(&band, json!({})).await;
    browser.open(&format!("{}/invite/{token}", world.origin)).await;
    browser.write("#register-username", "lee").await;
    browser.write("#register-password", PASSWORD).await;
    browser.enter("#register-email", "lee@example.org").await;
    check(&browser).await;
    browser.write("#verify-password", PASSWORD).await;
    browser.enter("#verify-code", &code(&world).await).await;
    assert!(browser.text().await.contains("Your address is verified"), "{}", browser.text().await);
    check(&browser).await;
    // The pages behind the links of mails, and those that no link leads to.
    let link = |mails: &[Mail], part: &str| {
        let begin = format!("{}/{part}/", world.origin);
        mails.iter().find(|mail| mail.text.contains(&begin)).unwrap().word(&begin).to_owned()
    };
    ada.invite(&band, json!({ "email": "sam@example.org" })).await;
    let opt_out = link(&world.mails().await, "opt-out");
    browser.open(&format!("{}/reset", world.origin)).await;
    check(&browser).await;
    browser.enter("#forgot-username", "lee").await;
    assert!(browser.text().await.contains("Look into your mail"), "{}", browser.text().await);
    check(&browser).await;
    let reset = link(&world.mails().await, "reset");
    let own = ["/verify", "/", "/nowhere", "/invite/%ff"].map(|path| format!("{}{path}", world.origin));
    for address in own.into_iter().chain([opt_out, reset.clone()]) {
        browser.open(&address).await;
        check(&browser).await;
    }
    browser.open(&reset).await;
    browser.write("#password", PASSWORD).await;
    browser.enter("#again", "something else").await;
    assert!(browser.text().await.contains("is not what stands above"), "{}", browser.text().await);
    check(&browser).await;
    browser.write("#password", "another long pass-phrase").await;
    browser.enter("#again", "another long pass-phrase").await;
    assert!(browser.text().await.contains("Your new password is set"), "{}", browser.text().await);
    check(&browser).await;
}

/// The height and width of a sheet of paper, in inches.
const PAPER: [(&str, f64, f64); 2] = [("A4", 11.69, 8.27), ("letter", 11.0, 8.5)];

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_printed_ten_on_a_sheet_whole_on_either_paper() {
    let world = World::sqlite_with(settings()).await;
    let Some(browser) = Browser::start().await else { return };
    let ada = world.account("ada").await;
    let folder = tempfile::tempdir().unwrap();
    for (name, count, sheets) in [
        ("Choir", 1, 1),
        ("Das Sinfonische Blasorchester der Freiwilligen Feuerwehr am Hafen", 13, 2),
        ("楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団楽団", 10, 1),
        ("Brass & Bone", 100, 10),
    ] {
        let band = ada.band(&name.chars().take(64).collect::<String>()).await;
        let wish = json!({ "count": count, "name": "For the door", "ttl_hours": 72, "max_uses": null });
        let made = ada.post(&format!("/bands/{band}/codes"), wish).await.1;
        let sheet = ada.fetch(&format!("/campaigns/{}/codes/sheet", made["campaign"]["id"].as_str().unwrap())).await;
        let file = folder.path().join("cards.html");
        std::fs::write(&file, sheet.text().await.unwrap()).unwrap();
        browser.open(&format!("file://{}", file.display())).await;
        // Nothing of a card is cut off but the end of a very long name.
        let parts = if name.is_ascii() { ".card, h2" } else { ".card" };
        let cut = browser
            .run(&format!(
                "return [...document.querySelectorAll('{parts}')].filter(part => part.scrollHeight > part.clientHeight + 1
                     || part.scrollWidth > part.clientWidth).length"
            ))
            .await;
        assert_eq!(cut, 0, "{name}");
        for (paper, height, width) in PAPER {
            let wish = json!({ "paperHeight": height, "paperWidth": width, "printBackground": false });
            let pdf = browser.tell("Page.printToPDF", wish).await["data"].as_str().unwrap().to_owned();
            let pdf = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, pdf).unwrap();
            let pages = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
            assert_eq!(pages, sheets, "{name} on {paper}");
        }
    }
}
