//! The words that Slack documents, of incoming webhooks and of the Web API, and what to do about them.

pub(crate) enum Meaning {
    /// Not so fast.
    Patience,
    /// Not taken, and may be taken later.
    Later,
    /// Slack broke off: part of it may have been done.
    Unsure,
    /// Will never be taken as it is.
    Never(Option<&'static str>),
}

pub(crate) fn meaning(word: &str) -> Meaning {
    match word {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" | "accesslimited" => Meaning::Patience,
        "service_unavailable" | "request_timeout" | "team_added_to_org" | "rollup_error" => Meaning::Later,
        "internal_error" | "fatal_error" => Meaning::Unsure,
        word => Meaning::Never(hint(word)),
    }
}

fn hint(word: &str) -> Option<&'static str> {
    match word {
        "no_service" | "no_service_id" | "no_active_hooks" | "invalid_token" | "no_team"
        | "team_disabled" => {
            Some("the webhook was removed or disabled; make a new one and put its URL into the secret")
        }
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => Some(
            "the token is not valid any more; install the app again and put its bot token into the secret",
        ),
        "not_allowed_token_type" => Some("this takes a bot token, which begins with `xoxb-`"),
        "missing_scope" => {
            Some("add the scope to the app and install it again; `chat:write` posts, `files:write` uploads")
        }
        "channel_not_found" => Some(
            "the channel is gone, or is private and the bot is not in it; write its id and invite the bot",
        ),
        "not_in_channel" => {
            Some("invite the bot to the channel, or give the app the scope `chat:write.public`")
        }
        "channel_is_archived" => Some("unarchive the channel, or make a webhook for another one"),
        "is_archived" => Some("unarchive the channel, or name another one"),
        "action_prohibited"
        | "posting_to_general_channel_denied"
        | "user_not_found"
        | "access_denied"
        | "no_permission"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "restricted_action_thread_locked" => {
            Some("an administrator of the workspace has restricted this; ask for it to be allowed")
        }
        "msg_too_long"
        | "msg_blocks_too_long"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "invalid_attachments"
        | "too_many_attachments"
        | "no_text" => Some("this is the plugin's mistake: use another version of it"),
        _ => None,
    }
}
