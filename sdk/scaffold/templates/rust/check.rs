//! Looks for a text on a page.

use watchkeep_sdk::prelude::*;

#[derive(Config)]
struct Page {
    /// The page to check. Writing it into a check grants it.
    #[config(grants = "http")]
    url: String,
    /// The text that it must contain.
    find: String,
}

#[check(name = "{{name}}", summary = "Looks for a text on a page")]
fn run(config: Page, _run: Run) -> Verdict {
    let page = http::get(&config.url).send()?;
    if !page.text().contains(&config.find) {
        return Ok(Report::critical(format!("`{}` is not on the page", config.find)));
    }
    Ok(Report::ok("the page is as it should be").metric("probe_duration_seconds", page.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::run;
    use watchkeep_sdk::State;
    use watchkeep_sdk::testing::{Answer, Host};

    const CONFIG: &str = r#"{"url": "https://shop.example.com/", "find": "Add to cart"}"#;

    #[test]
    fn the_text_is_there() {
        let ran = Host::new()
            .answer("GET https://shop.example.com/", Answer::status(200).body("<button>Add to cart</button>"))
            .check(run, CONFIG);
        assert_eq!(ran.report().state, State::Ok);
    }

    #[test]
    fn says_what_is_not_on_the_page() {
        let ran = Host::new()
            .answer("GET https://shop.example.com/", Answer::status(200).body("Out of order"))
            .check(run, CONFIG);
        assert_eq!(ran.report().state, State::Critical);
        assert_eq!(ran.report().summary, "`Add to cart` is not on the page");
    }
}
