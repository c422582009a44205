//! What an operator writes for Slack.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems, Secret, read_url};

use crate::mention::Mention;

pub(crate) const NO_WAY: &str =
    "no way to post to Slack is set; hint: write `webhook_url`, or `token` and `channel`";

/// Posts to a Slack channel: through an incoming webhook (`webhook_url`), or as a bot (`token` and `channel`).
#[derive(watchkeep_sdk::Config)]
#[config(check = Slack::consistent)]
pub struct Slack {
    /// The incoming webhook's URL. The whole URL is a secret: anyone who knows it can post.
    #[config(grants = "http")]
    pub(crate) webhook_url: Option<Secret>,
    /// The bot's token (`xoxb-...`), for Slack's Web API.
    pub(crate) token: Option<Secret>,
    /// The app's own token (`xapp-...`, with `connections:write`), for buttons in messages where the receiver names
    /// `people`. It needs *Socket Mode* and *Interactivity* in the app's settings, the id of each person in `ids`, and
    /// `tcp` to `*.slack.com:443` in `allow`. Without it a link to a page acknowledges.
    pub(crate) app_token: Option<Secret>,
    /// Where the bot posts: the channel's id (`C012AB3CD`), or its name (`#alerts`).
    pub(crate) channel: Option<String>,
    /// The Web API's URL; for GovSlack, `https://slack-gov.com/api`.
    #[config(grants = "http", default = "https://slack.com/api")]
    pub(crate) api_url: String,
    /// Whom to mention when an alert turns critical: `<!here>`, `<!channel>`, `<@U012AB3CD>` or `<!subteam^S012AB3CD>`.
    pub(crate) mention: Option<Mention>,
    /// How long to wait for each answer.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
}

/// One of the two ways there are.
pub(crate) enum Way<'a> {
    Webhook(&'a Secret),
    Bot(Bot<'a>),
}

#[derive(Clone, Copy)]
pub(crate) struct Bot<'a> {
    pub(crate) token: &'a Secret,
    pub(crate) channel: &'a str,
    /// Without a slash at its end.
    pub(crate) api_url: &'a str,
    pub(crate) timeout: Duration,
    pub(crate) buttons: Buttons<'a>,
}

/// What acknowledges from within a message.
#[derive(Clone, Copy)]
pub(crate) enum Buttons<'a> {
    /// Buttons of Slack's, whose presses arrive by way of this token.
    Press(&'a Secret),
    /// Links to a page.
    Link,
}

impl Slack {
    pub(crate) fn way(&self) -> Option<Way<'_>> {
        match (&self.webhook_url, &self.token, &self.channel) {
            (Some(url), None, None) => Some(Way::Webhook(url)),
            (None, Some(token), Some(channel)) => {
                let api_url = self.api_url.trim_end_matches('/');
                let buttons = self.app_token.as_ref().map_or(Buttons::Link, Buttons::Press);
                Some(Way::Bot(Bot { token, channel, api_url, timeout: self.timeout, buttons }))
            }
            (_, _, _) => None,
        }
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let missing = |name: &str, beside: &str| {
            format!("`{name}` is missing beside `{beside}`; hint: a bot needs both")
        };
        let mut told = |place: &Place<'_>, message: &str| {
            problems.add::<()>(place, message);
        };
        match (&self.webhook_url, &self.token, &self.channel) {
            (Some(_), None, None) => {}
            (None, Some(_), Some(channel)) => {
                if !is_channel(channel) {
                    let message = format!(
                        "`{channel}` is not a channel; hint: write its id, such as `C012AB3CD`, or `#alerts`"
                    );
                    told(&place.key("channel"), &message);
                }
            }
            (None, None, None) => told(place, NO_WAY),
            (None, Some(_), None) => {
                told(&place.key("token"), &missing("channel", "token"));
            }
            (None, None, Some(_)) => {
                told(&place.key("channel"), &missing("token", "channel"));
            }
            (Some(_), Some(_), _) => {
                const TWO: &str = "a webhook and a bot are two ways; hint: keep one, or make two receivers";
                told(&place.key("webhook_url"), TWO);
            }
            (Some(_), None, Some(_)) => {
                const FIXED: &str =
                    "a webhook posts to the channel that it was made for; hint: leave `channel` out";
                told(&place.key("channel"), FIXED);
            }
        }
        if self.app_token.is_some() && self.token.is_none() {
            let message = "`app_token` is for a bot; hint: write `token` and `channel` beside it";
            problems.add::<()>(&place.key("app_token"), message);
        }
        read_url(self.api_url.clone(), &place.key("api_url"), problems);
    }
}

fn is_channel(channel: &str) -> bool {
    let name = channel.strip_prefix('#').unwrap_or(channel);
    let foreign = |c: char| c.is_whitespace() || c.is_control() || "<>#&".contains(c);
    !name.is_empty() && !name.contains(foreign)
}
