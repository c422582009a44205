//! A notifier that tells what it got of the picture that its config names, or of the first one.

use watchkeep::plugin::pictures;
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::notifier!("picture-reader", |told| {
    let first = told.alerts.iter().flat_map(|alert| &alert.pictures).next();
    let id = match field(&told.config, "id") {
        "" => first.map_or(String::new(), |picture| picture.id.clone()),
        id => id.to_owned(),
    };
    let size_max = field(&told.config, "max").parse().unwrap_or(u64::MAX);
    Ok(Some(match pictures::read(&id, size_max) {
        Ok(bytes) => format!("{} bytes: {}", bytes.len(), String::from_utf8_lossy(&bytes)),
        Err(error) => format!("{error:?}"),
    }))
});
