//! To every member of the cluster: members tell one another what was sent to people, not what fires. One that takes it
//! is enough, as for Prometheus; the others are named in the log.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

use crate::config::Alertmanager;

/// Where a member asks for patience and does not say how much.
const PATIENCE_MS: u64 = 5_000;

pub(crate) fn tell(config: &Alertmanager, alerts: &str) -> Result<(), DeliveryError> {
    let mut taken = 0;
    let mut worst: Option<DeliveryError> = None;
    for url in &config.url.0 {
        match tell_one(config, url, alerts) {
            Ok(()) => taken += 1,
            Err(error) => {
                log::warn(&format!("`{url}` was not told: {}", sentence(&error)));
                let known = worst.as_ref().map_or(0, weight);
                if weight(&error) > known {
                    worst = Some(error);
                }
            }
        }
    }
    match worst {
        Some(error) if taken == 0 => Err(error),
        Some(_) | None => Ok(()),
    }
}

fn tell_one(config: &Alertmanager, url: &str, alerts: &str) -> Result<(), DeliveryError> {
    let mut request = http::post(format!("{}/api/v2/alerts", url.trim_end_matches('/')))
        .json(alerts)
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(4 << 10);
    if let Some(bearer) = &config.bearer {
        request = request.bearer(bearer);
    }
    if let Some(basic) = &config.basic {
        request = request.basic(&basic.user, &basic.password);
    }
    judge(&request.send()?)
}

fn judge(answer: &Response) -> Result<(), DeliveryError> {
    match answer.status {
        200..300 => Ok(()),
        429 => {
            let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            let span = seconds.map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000));
            Err(DeliveryError::RetryAfter(span))
        }
        408 | 425 | 500..600 => Err(DeliveryError::Retryable(said(answer))),
        401 | 403 => {
            let hint = "set `bearer` or `basic`, and bind the secret to this address";
            Err(DeliveryError::Rejected(format!("{}; hint: {hint}", said(answer))))
        }
        404 => {
            let hint = "`url` is the address of Alertmanager with its path prefix, without `/api`";
            Err(DeliveryError::Rejected(format!("{}; hint: {hint}", said(answer))))
        }
        _ => Err(DeliveryError::Rejected(said(answer))),
    }
}

fn said(answer: &Response) -> String {
    let text: String = answer.text().chars().filter(|c| !c.is_control()).take(200).collect();
    match text.trim() {
        "" => format!("Alertmanager answered {}", answer.status),
        text => format!("Alertmanager answered {}: {text}", answer.status),
    }
}

/// The same alert sent twice is one, so what may have been taken is no worse than what was not; a refusal for good
/// counts only if all refuse.
const fn weight(error: &DeliveryError) -> u8 {
    match error {
        DeliveryError::Rejected(_) => 1,
        DeliveryError::RetryAfter(_) => 2,
        DeliveryError::Retryable(_) => 3,
        DeliveryError::Unsure(_) => 4,
    }
}

fn sentence(error: &DeliveryError) -> String {
    match error {
        DeliveryError::RetryAfter(millis) => format!("it asks to wait {millis} ms"),
        DeliveryError::Retryable(said) | DeliveryError::Unsure(said) | DeliveryError::Rejected(said) => {
            said.clone()
        }
    }
}
