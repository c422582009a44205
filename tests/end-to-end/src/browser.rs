//! A real browser without a window, driven over a pipe by the protocol of its own developer tools: pages are looked at as
//! a person's device shows them, script and all.

use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::eventually;

/// Ends with the test.
pub struct Browser {
    wire: Mutex<Wire>,
    _process: Child,
    _folder: TempDir,
}

/// One page that is open in it.
pub struct Page<'b> {
    browser: &'b Browser,
    target: String,
    session: String,
}

/// What a page is looked at with: its screen in pixels of CSS, and what one points with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    Phone,
    /// As narrow as one may be.
    SmallPhone,
    Desktop,
}

impl Device {
    pub const fn name(self) -> &'static str {
        match self {
            Device::Phone => "phone",
            Device::SmallPhone => "small-phone",
            Device::Desktop => "desktop",
        }
    }

    /// Width and height.
    const fn size(self) -> (u32, u32) {
        match self {
            Device::Phone => (390, 844),
            Device::SmallPhone => (360, 640),
            Device::Desktop => (1280, 800),
        }
    }
}

/// What the device's owner prefers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Light,
    Dark,
}

impl Look {
    pub const BOTH: [Look; 2] = [Look::Light, Look::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Look::Light => "light",
            Look::Dark => "dark",
        }
    }
}

struct Wire {
    to: pipe::Sender,
    from: BufReader<pipe::Receiver>,
    /// The number of the last call.
    calls: u64,
}

impl Browser {
    /// On a device in this time zone.
    pub async fn start(zone: &str) -> Browser {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (asked, said) = (folder.path().join("asked"), folder.path().join("said"));
        let fifos =
            Command::new("mkfifo").args([&asked, &said]).status().await.expect("mkfifo can be started");
        assert!(fifos.success(), "two pipes can be made");
        // Opened for both, so that neither side waits for the other.
        let open = |path: &Path| pipe::OpenOptions::new().read_write(true).open_sender(path);
        let to = open(&asked).expect("a pipe can be opened");
        let from =
            pipe::OpenOptions::new().read_write(true).open_receiver(&said).expect("a pipe can be opened");
        let process = Command::new("sh")
            .arg("-c")
            // The browser reads from descriptor 3 and writes to 4.
            .arg(
                "exec \"$0\" --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-dev-shm-usage --no-first-run \
                 --remote-debugging-pipe --user-data-dir=\"$1/profile\" about:blank 3<\"$1/asked\" 4>\"$1/said\"",
            )
            .arg(crate::servers::program("chromium", &[]))
            .arg(folder.path())
            .env("TZ", zone)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a shell can be started");
        let wire = Wire { to, from: BufReader::new(from), calls: 0 };
        Browser { wire: Mutex::new(wire), _process: process, _folder: folder }
    }

    /// A page of its own.
    pub async fn open(&self, url: &str) -> Page<'_> {
        let target = self.done(None, "Target.createTarget", json!({ "url": url })).await;
        let target = target["targetId"].as_str().expect("the browser names its page").to_owned();
        let attached = json!({ "targetId": target, "flatten": true });
        let session = self.done(None, "Target.attachToTarget", attached).await;
        let session = session["sessionId"].as_str().expect("the browser attaches to its page").to_owned();
        Page { browser: self, target, session }
    }

    async fn done(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.call(session, method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Value> {
        let mut wire = self.wire.lock().await;
        wire.calls += 1;
        let id = wire.calls;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        wire.to.write_all(&bytes).await.expect("the browser listens");
        loop {
            let mut said = Vec::new();
            wire.from.read_until(0, &mut said).await.expect("the browser answers");
            said.pop();
            let said: Value = serde_json::from_slice(&said).expect("the browser speaks JSON");
            // What it tells of its own accord is left aside.
            if said["id"] == id {
                let result = &said["result"];
                return if result.is_null() { Err(said["error"].clone()) } else { Ok(result.clone()) };
            }
        }
    }
}

impl Page<'_> {
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        self.browser.done(Some(&self.session), method, params).await
    }

    /// From now on it is looked at with this device.
    pub async fn on(&self, device: Device) {
        let (width, height) = device.size();
        let is_mobile = match device {
            Device::Phone | Device::SmallPhone => true,
            Device::Desktop => false,
        };
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_mobile });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": is_mobile })).await;
    }

    /// From now on it is looked at by somebody who prefers this, and no motion.
    pub async fn look(&self, look: Look) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": look.name() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// To another page, until it is there, with its pictures.
    pub async fn go(&self, url: &str) {
        self.is("window.isLeft = true").await;
        self.call("Page.navigate", json!({ "url": url })).await;
        self.until("!window.isLeft && document.readyState === 'complete'").await;
    }

    /// All of it as a PNG, as far down as it goes, as it is seen from its top.
    pub async fn picture(&self) -> Vec<u8> {
        self.until("(scrollTo({ top: 0, behavior: 'instant' }), document.readyState === 'complete')").await;
        let size = self.call("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.call("Page.captureScreenshot", params).await;
        let text = shot["data"].as_str().expect("a picture comes as text");
        base64::engine::general_purpose::STANDARD.decode(text).expect("it is base64")
    }

    /// Nobody looks at it any more.
    pub async fn close(self) {
        self.browser.done(None, "Target.closeTarget", json!({ "targetId": self.target })).await;
    }

    /// What an expression of JavaScript is on the page, at this moment.
    pub async fn is(&self, expression: &str) -> Value {
        self.evaluated(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Fails while the page is on its way.
    async fn evaluated(&self, expression: &str) -> Result<Value, Value> {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.browser.call(Some(&self.session), "Runtime.evaluate", params).await?;
        match &result["exceptionDetails"] {
            Value::Null => Ok(result["result"]["value"].clone()),
            exception => Err(exception.clone()),
        }
    }

    /// Waits until it is true.
    pub async fn until(&self, expression: &str) {
        let what = format!("on the page, {expression}");
        eventually(&what, async || (self.evaluated(expression).await == Ok(true.into())).then_some(())).await;
    }
}
