//! The first notifier of the tutorial: a line and a link, posted to a topic of ntfy.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

#[derive(Config)]
struct Topic {
    /// The topic's address.
    #[config(grants = "http", example = "https://ntfy.sh/my-alerts")]
    url: String,
}

#[notifier(name = "first-notifier", summary = "Posts to a topic of ntfy")]
fn deliver(topic: Topic, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let text = format!("{}\n{}", wording::title(&notification), wording::link_of(&notification));
    match http::post(&topic.url).body(text).send()?.status {
        200..300 => Ok(None),
        status @ (429 | 500..) => Err(DeliveryError::Retryable(format!("status {status}"))),
        status => Err(DeliveryError::Rejected(format!("status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::deliver;
    use watchkeep_sdk::DeliveryError;
    use watchkeep_sdk::http::{FailureKind, Phase};
    use watchkeep_sdk::testing::{Answer, Host, Ran, alert, notification};

    fn posted(answer: Answer) -> Ran<Option<String>, DeliveryError> {
        Host::new().answer("POST https://ntfy.sh/my-alerts", answer).notify(
            deliver,
            r#"{"url": "https://ntfy.sh/my-alerts"}"#,
            notification([alert("shop")]),
        )
    }

    #[test]
    fn posts_what_happened_and_where_to_look() {
        let ran = posted(Answer::status(200));
        assert_eq!(ran.value(), &None);
        assert_eq!(
            String::from_utf8_lossy(&ran.sent[0].body),
            "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms\n\
             https://watch.example.com/checks/shop",
        );
    }

    #[test]
    fn says_whether_another_attempt_may_help() {
        let told = |status| posted(Answer::status(status)).error().clone();
        assert_eq!(told(503), DeliveryError::Retryable("status 503".to_owned()));
        assert_eq!(told(429), DeliveryError::Retryable("status 429".to_owned()));
        assert_eq!(told(403), DeliveryError::Rejected("status 403".to_owned()));
        let lost = posted(Answer::failure(FailureKind::Reset, Phase::Wait, ""));
        assert!(matches!(lost.error(), DeliveryError::Unsure(_)), "{:?}", lost.error());
    }
}
