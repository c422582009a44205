//! Who presses a button: Slack tells it over a WebSocket that the plugin opens (Socket Mode), so that the host needs no
//! address that Slack could reach.

use serde_json::{Value, json};
use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::replies::{self, Listener, Listening};
use watchkeep_sdk::websocket::{self, Event, Socket, Wrong};

use crate::answer::{Trouble, of_api};
use crate::config::{Bot, Buttons, Slack, Way};
use crate::message::PRESS;

/// What is left of a stretch when nothing more is waited for.
const RESERVE: Duration = Duration::from_secs(10);
/// Slack shows no more of a word to one person.
const SAID_CHARS_MAX: usize = 500;
/// An address of Slack's with a ticket in it.
const ANSWER_BYTES_MAX: u64 = 16 << 10;

impl Listener for Slack {
    /// Two receivers of one app have one stream of presses.
    fn source(&self) -> Option<String> {
        match self.way() {
            Some(Way::Bot(Bot { buttons: Buttons::Press(token), .. })) => Some(token.name().to_owned()),
            Some(Way::Bot(_) | Way::Webhook(_)) | None => None,
        }
    }

    fn listen(self, _: Listening) -> Result<(), Fault> {
        let Some(Way::Bot(bot @ Bot { buttons: Buttons::Press(token), .. })) = self.way() else {
            return Ok(());
        };
        let mut socket = websocket::open(&address(&bot, token)?, bot.timeout).map_err(fault)?;
        loop {
            let left = clock::remaining().saturating_sub(RESERVE);
            if left.is_zero() {
                // Slack sends what comes from now on over the next one.
                let _ = socket.close();
                return Ok(());
            }
            match socket.next(clock::monotonic() + left) {
                Ok(Event::Text(said)) => {
                    if let Next::Reopen = heard(&bot, &mut socket, &said)? {
                        return Ok(());
                    }
                }
                Ok(Event::Binary(_) | Event::Pong(_)) | Err(Wrong::Late) => {}
                // Slack renews connections now and then.
                Err(Wrong::Closed | Wrong::Ended(_)) => return Ok(()),
                Err(wrong) => return Err(fault(wrong)),
            }
        }
    }
}

enum Next {
    Listen,
    Reopen,
}

/// The address for one connection.
fn address(bot: &Bot<'_>, token: &Secret) -> Result<String, Fault> {
    let method = "apps.connections.open";
    let answer = http::post(format!("{}/{method}", bot.api_url))
        .bearer(token)
        .header("content-type", "application/x-www-form-urlencoded")
        .timeout(bot.timeout)
        .redirects_max(0)
        .body_bytes_max(ANSWER_BYTES_MAX)
        .send()
        .map_err(|failure| Fault::Other(failure.sentence()))?;
    let told = of_api(method, &answer).map_err(|trouble| Fault::Other(of_opening(trouble)))?;
    match told["url"].as_str() {
        Some(url) => Ok(url.to_owned()),
        None => Err(Fault::Other(format!("{method}: the answer has no address"))),
    }
}

fn of_opening(trouble: Trouble) -> String {
    let hint = match trouble.says(&["invalid_auth", "not_allowed_token_type", "missing_scope", "not_authed"])
    {
        true => "; hint: `app_token` is the app's own token, `xapp-...` with `connections:write`",
        false => "",
    };
    format!("{}{hint}", trouble.sentence())
}

fn heard(bot: &Bot<'_>, socket: &mut Socket, said: &str) -> Result<Next, Fault> {
    let envelope: Value = serde_json::from_str(said).unwrap_or_default();
    match envelope["type"].as_str() {
        Some("disconnect") if envelope["reason"] == "link_disabled" => {
            let why = "Socket Mode is switched off; hint: switch it on in the app's settings";
            Err(Fault::Other(why.to_owned()))
        }
        Some("disconnect") => Ok(Next::Reopen),
        _ => {
            // Whatever it is: Slack sends again what nobody has acknowledged.
            if let Some(id) = envelope["envelope_id"].as_str() {
                socket.send_text(&text(&json!({ "envelope_id": id }))).map_err(fault)?;
            }
            press(bot, &envelope["payload"]);
            Ok(Next::Listen)
        }
    }
}

fn press(bot: &Bot<'_>, payload: &Value) {
    let Some(person) = payload["user"]["id"].as_str() else { return };
    let actions = payload["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for action in actions {
        let is_ours = action["action_id"].as_str().is_some_and(|id| id.starts_with(PRESS));
        let Some(token) = action["value"].as_str().filter(|_| is_ours) else { continue };
        let said = replies::take(token, person).unwrap_or_else(|refusal| refusal);
        let said: String = said.chars().take(SAID_CHARS_MAX).collect();
        let channel = payload["channel"]["id"].as_str().unwrap_or(bot.channel);
        // Only who pressed sees it; everybody sees the message change.
        let body = json!({ "channel": channel, "user": person, "text": crate::mrkdwn::escape(&said, SAID_CHARS_MAX) });
        if let Err(trouble) = bot.call("chat.postEphemeral", &body) {
            log::warn(&format!("whoever pressed was not told: {}", trouble.sentence()));
        }
    }
}

fn fault(wrong: Wrong) -> Fault {
    match wrong {
        Wrong::Fault(fault) => fault,
        Wrong::Said(sentence) => Fault::Other(format!("Slack's WebSocket: {sentence}")),
        Wrong::Late => Fault::Other("Slack's WebSocket does not answer".to_owned()),
        Wrong::Closed => Fault::Other("Slack closes the WebSocket without a word".to_owned()),
        Wrong::Ended(goodbye) => Fault::Other(format!("Slack closes the WebSocket with {}", goodbye.words())),
    }
}
