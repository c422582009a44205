//! What a hand does to a page: it presses keys and points at things, as the device reports it.

use serde_json::{Value, json};

use crate::browser::Page;

/// Where the middle of what a selector finds is, once it is in sight, and what lies on top there.
const FIND: &str = "((selector) => {
    const node = [...document.querySelectorAll(selector)].find((node) => node.getClientRects().length);
    if (!node) return null;
    node.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = node.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    const top = document.elementFromPoint(x, y);
    return { x, y, isOnTop: node.contains(top) || top?.contains(node), top: top?.outerHTML.slice(0, 200) };
})";

impl Page<'_> {
    /// Points at what the selector finds and clicks, as soon as it is there.
    ///
    /// # Panics
    /// If something else lies over it.
    pub async fn click(&self, selector: &str) {
        let find = format!("{FIND}({})", json!(selector));
        self.until(&format!("{find} !== null")).await;
        let place = self.is(&find).await;
        assert_eq!(place["isOnTop"], true, "{selector} lies under {}", place["top"]);
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
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
