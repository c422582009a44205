//! What a hand does to a page: it presses keys and points at things, as the device reports it.

use serde_json::{Value, json};

use crate::browser::Page;
use crate::eventually_seeing;

/// Where the middle of what a selector finds is, once it is in sight, and what lies on top there. The next press is watched:
/// whether it hits.
const FIND: &str = "((selector) => {
    const find = () => [...document.querySelectorAll(selector)].find((node) => node.getClientRects().length);
    const isHit = (node, top) => Boolean(node && top && (node.contains(top) || top.contains(node)));
    const node = find();
    if (!node) return null;
    node.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = node.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    const top = document.elementFromPoint(x, y);
    window.handHit = null;
    window.addEventListener('mousedown', (event) => { window.handHit = isHit(find(), event.target); }, { capture: true, once: true });
    return { x, y, isOnTop: isHit(node, top), top: top?.outerHTML.slice(0, 200) };
})";

impl Page<'_> {
    /// Points at what the selector finds and clicks, as soon as it is there. A page that is live may move it away between the
    /// look and the press: then the hand looks again.
    ///
    /// # Panics
    /// If something else lies over it, and stays there.
    pub async fn click(&self, selector: &str) {
        let place = self.press_on(selector).await;
        self.mouse("mouseReleased", &place).await;
    }

    /// The same without letting go; where it is held is handed back.
    ///
    /// # Panics
    /// If something else lies over it, and stays there.
    pub async fn press_on(&self, selector: &str) -> Value {
        let find = format!("{FIND}({})", json!(selector));
        let missed = json!({ "x": 0, "y": 0 });
        eventually_seeing(&format!("{selector} is pressed"), async || {
            let place = self.is(&find).await;
            if place.is_null() {
                return Err("nothing of it is shown".to_owned());
            }
            // Something lies over it: for good, or while the page changes.
            if place["isOnTop"] != true {
                return Err(format!("it lies under {}", place["top"]));
            }
            self.mouse("mousePressed", &place).await;
            if self.is("window.handHit").await == true {
                return Ok(place);
            }
            // Let go elsewhere, which clicks nothing.
            self.mouse("mouseReleased", &missed).await;
            Err("it moved away before it was pressed".to_owned())
        })
        .await
    }

    /// Something that a mouse does at a place.
    pub async fn mouse(&self, kind: &str, place: &Value) {
        let event =
            json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event).await;
    }

    /// Presses a key: a letter or sign, or `Enter`, `Tab`, `Escape`; `Shift+Tab` goes back.
    pub async fn press(&self, key: &str) {
        let (shift, name) = key.strip_prefix("Shift+").map_or((0, key), |name| (8, name));
        let (code, text): (u32, &str) = match name {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            " " => (32, " "),
            sign => (sign.to_ascii_uppercase().bytes().next().map_or(0, u32::from), sign),
        };
        let event = |kind: &str| -> Value {
            let mut event =
                json!({ "type": kind, "key": name, "modifiers": shift, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            event
        };
        self.call("Input.dispatchKeyEvent", event("keyDown")).await;
        self.call("Input.dispatchKeyEvent", event("keyUp")).await;
    }

    /// Types a text, key by key, to wherever the focus is.
    pub async fn write(&self, text: &str) {
        for letter in text.chars() {
            self.press(&letter.to_string()).await;
        }
    }
}
