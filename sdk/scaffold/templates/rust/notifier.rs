//! Posts one line of text for each notification.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

#[derive(Config)]
struct Topic {
    /// Where to post. Writing it into a receiver grants it.
    #[config(grants = "http")]
    url: String,
}

#[notifier(name = "{{name}}", summary = "Posts one line of text")]
fn deliver(config: Topic, notification: Notification) -> Result<Option<String>, DeliveryError> {
    // `?` decides by how far a failed call came whether the message may have arrived.
    let answer = http::post(&config.url).body(wording::title(&notification)).send()?;
    match answer.status {
        200..300 => Ok(answer.header("x-message-id").map(str::to_owned)),
        429 | 500..600 => Err(DeliveryError::Retryable(format!("answered {}", answer.status))),
        status => Err(DeliveryError::Rejected(format!("answered {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::deliver;
    use watchkeep_sdk::DeliveryError;
    use watchkeep_sdk::testing::{Answer, Host, alert, notification};

    const CONFIG: &str = r#"{"url": "https://push.example.com/shop"}"#;

    #[test]
    fn posts_the_first_line_and_keeps_the_services_id() {
        let ran = Host::new()
            .answer("POST https://push.example.com/shop", Answer::status(200).header("X-Message-Id", "m7"))
            .notify(deliver, CONFIG, notification([alert("shop")]));
        assert_eq!(ran.value().as_deref(), Some("m7"));
        assert!(ran.sent[0].body.starts_with(b"CRITICAL: shop:"));
    }

    #[test]
    fn a_service_that_fails_is_tried_again() {
        let ran = Host::new()
            .answer("POST https://push.example.com/shop", Answer::status(503))
            .notify(deliver, CONFIG, notification([alert("shop")]));
        assert!(matches!(ran.error(), DeliveryError::Retryable(_)));
    }
}
