//! The first notifier of the tutorial: a line for each alert, posted to a topic of ntfy.

use watchkeep_sdk::prelude::*;

#[derive(Config)]
struct Topic {
    /// The topic's address.
    #[config(grants = "http", example = "https://ntfy.sh/my-alerts")]
    url: String,
}

#[notifier(name = "first-notifier", summary = "Posts alerts to a topic of ntfy")]
fn deliver(topic: Topic, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let lines: Vec<String> =
        notification.alerts.iter().map(|alert| format!("{}: {}", alert.check, alert.summary)).collect();
    let answer =
        http::post(&topic.url).header("title", &notification.reason).body(lines.join("\n")).send()?;
    match answer.status {
        200..300 => Ok(None),
        429 | 500.. => Err(DeliveryError::Retryable(format!("status {}", answer.status))),
        status => Err(DeliveryError::Rejected(format!("status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::deliver;
    use watchkeep_sdk::DeliveryError;
    use watchkeep_sdk::testing::{Answer, Host, alert, notification};

    const TOPIC: &str = r#"{"url": "https://ntfy.sh/my-alerts"}"#;

    fn answered(status: u16) -> Host {
        Host::new().answer("POST https://ntfy.sh/my-alerts", Answer::status(status))
    }

    #[test]
    fn posts_a_line_for_each_alert() {
        let ran = answered(200).notify(deliver, TOPIC, notification([alert("shop"), alert("api")]));
        assert_eq!(ran.value(), &None);
        assert_eq!(
            String::from_utf8_lossy(&ran.sent[0].body),
            "shop: connection refused by 192.0.2.1:443 after 3 ms\n\
             api: connection refused by 192.0.2.1:443 after 3 ms",
        );
    }

    #[test]
    fn tries_again_only_where_it_may_help() {
        let later = answered(503).notify(deliver, TOPIC, notification([alert("shop")]));
        assert_eq!(later.error(), &DeliveryError::Retryable("status 503".to_owned()));
        let never = answered(403).notify(deliver, TOPIC, notification([alert("shop")]));
        assert_eq!(never.error(), &DeliveryError::Rejected("status 403".to_owned()));
    }
}
